//! The end of a line: whether the thing that it is about is well.

use super::words::{Word, word};
use crate::alert::draft::Said;

/// Most words of the name of a thing; what is longer is a sentence.
const THING_WORDS_MAX: usize = 8;
/// Most words of a state: `No Data`.
const STATE_WORDS_MAX: usize = 2;
/// Words that stand in a sentence and not in the name of a thing: they may turn the sense of its end.
const SENTENCE: &str = "if not no nobody none nothing never neither nor cannot without whether unless until till when \
    while once before after because since although though but and or that which who what why how where only just barely \
    hardly half less few fewer zero except is are was were think hope know knows says said seems unclear maybe perhaps \
    down offline unreachable failed fails failing broken lost";
/// What is up when it has risen.
const MEASURES: &str = "rate rates latency latencies usage utilization utilisation load error errors failures count time \
    times traffic cost costs spending temperature lag delay loss consumption pressure";

/// What the end of a line says.
#[derive(Debug)]
pub(super) struct Ending<'l> {
    pub subject: &'l str,
    pub said: Said,
    pub severity: String,
}

impl<'l> Ending<'l> {
    pub fn read(line: &'l str) -> Option<Ending<'l>> {
        let bare = line.trim_end_matches(['!', '.', ' ', '\t']);
        let read = Ending::arrow(bare).or_else(|| Ending::transition(bare)).or_else(|| Ending::words(bare));
        read.filter(|ending| !ending.subject.is_empty())
    }

    /// Checkmk's `web1/CPU load OK -> CRIT`.
    fn arrow(line: &'l str) -> Option<Ending<'l>> {
        let (before, to) = line.rsplit_once(" -> ")?;
        let (subject, from) = before.rsplit_once(' ')?;
        let (from, to) = (from.to_lowercase(), to.to_lowercase());
        word(&from)?;
        let (said, severity) = match word(&to)? {
            Word::State(said) => (said, String::new()),
            Word::Severity => (Said::Firing, to),
            Word::Weak => (Said::Firing, String::new()),
            Word::NoChange | Word::Filler => return None,
        };
        Some(Ending { subject: subject.trim(), said, severity })
    }

    /// Elastic Beanstalk's `x has transitioned from Ok to Severe. 100.0 % of the requests fail`.
    fn transition(line: &'l str) -> Option<Ending<'l>> {
        let (subject, states) = line.split_once(" has transitioned from ")?;
        let (from, to) = states.split_once(" to ")?;
        if from.split_whitespace().count() > STATE_WORDS_MAX {
            return None;
        }
        let to = to.split(['.', ',', ';', '(']).next().unwrap_or_default().trim().to_lowercase();
        let subject = subject.trim();
        let is_over = matches!(to.as_str(), "ok" | "green") && is_thing(subject);
        let said = if is_over { Said::Resolved } else { Said::Firing };
        let severity = match to.as_str() {
            "degraded" | "red" => "error",
            "yellow" => "warning",
            known if word(known) == Some(Word::Severity) => known,
            _ => "",
        };
        Some(Ending { subject, said, severity: severity.to_owned() })
    }

    /// `x is down`, `x is back to normal`, `x has recovered`.
    fn words(line: &'l str) -> Option<Ending<'l>> {
        // Of ASCII only, so that every letter stays where it is.
        let plain = line.to_ascii_lowercase();
        for over in [" has recovered", " has been resolved", " recovered"] {
            if let Some(subject) = plain.strip_suffix(over) {
                let subject = line.get(..subject.len())?.trim();
                let said = if is_thing(subject) { Said::Resolved } else { Said::Firing };
                return Some(Ending { subject, said, severity: String::new() });
            }
        }
        let at = plain.rfind(" is ")?;
        let mut state = plain.get(at + " is ".len()..)?.trim();
        for between in ["now ", "currently ", "back "] {
            state = state.strip_prefix(between).unwrap_or(state);
        }
        let said = match state {
            "down" | "offline" | "unreachable" | "unhealthy" | "failing" | "firing" | "alerting"
            | "critical" | "warning" | "unknown" => Said::Firing,
            "up" | "online" | "reachable" | "healthy" | "ok" | "okay" | "normal" | "to normal"
            | "recovered" | "resolved" => Said::Resolved,
            _ => return None,
        };
        let severity = if matches!(state, "critical" | "warning") { state.to_owned() } else { String::new() };
        let subject = line.get(..at)?.trim();
        let is_risen = state == "up" && is_measure(subject);
        let said = if is_risen || !is_thing(subject) { Said::Firing } else { said };
        Some(Ending { subject, said, severity })
    }
}

/// Whether a text is the name of a thing, of which its end may say that it is well, and not the rest of a sentence.
fn is_thing(text: &str) -> bool {
    let plain = text.to_lowercase();
    let words: Vec<&str> = plain.split_whitespace().take(THING_WORDS_MAX + 1).collect();
    let turns = words.iter().enumerate().any(|(at, word)| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let is_share = bare.split_once('/').is_some_and(|(some, all)| is_number(some) && is_number(all));
        let is_some_of = is_number(bare) && matches!(words.get(at + 1), Some(&("of" | "out")));
        SENTENCE.split(' ').any(|known| known == bare)
            || ["n't", "n’t"].iter().any(|no| bare.ends_with(*no))
            || word.ends_with([',', ';', '.', '?', '!', '…'])
            || is_share
            || is_some_of
    });
    words.len() <= THING_WORDS_MAX && !turns
}

/// Whether it is a number that rises and falls: `CPU load on web1`.
fn is_measure(text: &str) -> bool {
    let plain = text.to_lowercase();
    let place = [" on ", " of ", " in ", " for ", " at "].iter().filter_map(|at| plain.find(*at)).min();
    let what = plain.get(..place.unwrap_or(plain.len())).unwrap_or_default();
    what.split_whitespace().last().is_some_and(|word| MEASURES.split(' ').any(|known| known == word))
}
