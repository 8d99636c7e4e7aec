//! Plain text, and letters: the first line, or the subject, is the title, the rest says more.
//!
//! It fires, unless its first line says otherwise in a way that monitors use. What is recognised, in any case:
//!
//! - in brackets before it: `[FIRING:1]`, `[RESOLVED]`, `[Alerting]`, `[OK]`, `[No data]`, `[PROBLEM]`, `[RECOVERY]`,
//!   `[ACKNOWLEDGEMENT]`, `[P1]`, `[SEV2]`, `[ALERT - Critical]`, and Datadog's `[Triggered on {host:web1}]`, whose scope
//!   belongs to the identity and becomes labels. Other brackets are part of the title;
//! - as words before it, with `:`, ` - ` or ` | ` behind them: `RESOLVED: x`, `CRITICAL - x`, `UP | x`, `Problem: x`,
//!   `Resolved in 3m 2s: x`, `Monitor is DOWN: x`, `DOWN alert: x`, `** RECOVERY Service Alert: x is OK **`. They count only
//!   if no other word stands among them: «OK button: broken» fires;
//! - at its end: `x is down`, `x is back up`, `x has recovered`, Checkmk's `x OK -> CRIT`. It is over so only if what stands
//!   before is the name of a thing: «nobody knows if it is OK» fires;
//! - as a sign before it: 🔴 🚨 ❌ and their like, 🟡 ⚠ for a warning, ✅ 🟢 when it is over;
//! - the subjects of Monit (`monit alert -- EVENT SERVICE`) and of Uptime Kuma (`[x] [🔴 Down] why`).
//!
//! What is said outright goes before a sign, a sign before the end of the line, and all of them before `ALERT` or a
//! severity. `Re:` and `Fwd:` are nothing. What fires and what ends it are one alert by what is left without all that.

use super::{monit, uptime_kuma};
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::intake::body_text;
use crate::alert::text::digest;
use crate::alert::{AlertSeverity, Intake, Rejected, Sender};

/// Reads a body as text.
#[derive(Debug)]
pub struct Text {
    source: String,
}

impl Text {
    pub fn new(source: String) -> Self {
        Text { source }
    }
}

/// Most marks before a title, one after the other.
const MARKS_MAX: usize = 8;
/// Most words of a mark.
const WORDS_MAX: usize = 6;
/// Most words of the name of a thing; what is longer is a sentence.
const THING_WORDS_MAX: usize = 8;
/// Words that stand in a sentence and not in the name of a thing: they may turn the sense of its end.
const SENTENCE: &str = "if not no nobody none nothing never neither nor cannot without whether unless until till when \
    while once before after because since although though but and or that which who what why how where only just barely \
    hardly half less few fewer zero except is are was were think hope know knows says said seems unclear maybe perhaps \
    down offline unreachable failed fails failing broken lost";
/// What is up when it has risen.
const MEASURES: &str = "rate rates latency latencies usage utilization utilisation load error errors failures count time \
    times traffic cost costs spending temperature lag delay loss consumption pressure";
/// Most bytes of a first line that are searched: no subject is longer, and some bodies are one line of megabytes.
const LINE_MAX_BYTES: usize = 4_000;

impl Sender for Text {
    fn name(&self) -> &str {
        &self.source
    }

    fn read(&self, body: &[u8], _content_type: Option<&str>) -> Result<Intake, Rejected> {
        let text = body_text(body)?.trim();
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let mut first = first.trim();
        while let Some(after) = forwarded(first) {
            first = after.trim();
        }
        let mut out = Reading::new("text", &self.source, body);
        let line = if first.len() <= LINE_MAX_BYTES {
            of_monit(first, rest).or_else(|| of_kuma(first)).unwrap_or_else(|| Headline::read(first))
        } else {
            Headline { title: first.to_owned(), subject: first.to_owned(), ..Headline::default() }
        };
        if line.is_no_change {
            out.no_alert(format!("{}: no change of its state.", line.title));
            return Ok(out.done());
        }
        let mut alert = Draft::new(digest(line.subject.as_bytes()), line.title);
        alert.says(line.said);
        alert.severity(line.severity);
        for (name, value) in line.labels {
            alert.label(name, value);
        }
        alert.describe(rest);
        out.alert(alert);
        Ok(out.done())
    }
}

/// What a line says, and of what.
#[derive(Debug, Default)]
struct Headline {
    said: Said,
    /// A word for it, if there is one.
    severity: String,
    title: String,
    /// What it is about: the same when it fires and when it is over.
    subject: String,
    labels: Vec<(String, String)>,
    is_marked: bool,
    /// What its marks say, without its end.
    outright: Option<Said>,
    /// It tells of something that neither fires nor ends: a planned downtime.
    is_no_change: bool,
}

const SIGNS_OF_FIRING: [char; 8] = ['🔴', '🟥', '❌', '🚨', '🔥', '⛔', '🆘', '🛑'];

/// What the marks before a title say that stands in a body of its own.
#[derive(Debug)]
pub(super) struct Marks {
    pub said: Option<Said>,
    /// A word for it; empty if there is none.
    pub severity: String,
    /// What it is about: the same when it fires and when it is over.
    pub subject: String,
}

/// What the marks before a title of one line say, if there are some. Its end says nothing.
pub(super) fn marks(title: &str) -> Option<Marks> {
    if title.len() > LINE_MAX_BYTES || title.contains('\n') {
        return None;
    }
    let line = Headline::read(title.trim());
    let (said, severity, subject) = (line.outright, line.severity, line.subject);
    line.is_marked.then_some(Marks { said, severity, subject })
}

/// What a word of a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    State(Said),
    /// It fires, and so bad, if nothing else says more.
    Severity,
    /// It fires, if nothing else says more.
    Weak,
    /// Neither fires nor ends.
    NoChange,
    /// Nothing by itself.
    Filler,
}

/// What marks came to.
#[derive(Debug, Default)]
struct Found {
    state: Option<Said>,
    sign: Option<(Said, &'static str)>,
    is_no_change: bool,
    severity: String,
    scope: String,
    /// A state that the title is poorer without: `DOWN: x` is `x is down`.
    spoken: &'static str,
}

impl Headline {
    fn read(line: &str) -> Headline {
        let (mut found, mut names, mut rest) = (Found::default(), Vec::new(), line);
        let mut is_marked = false;
        for _ in 0..MARKS_MAX {
            // `** … **` of Nagios.
            rest = rest.trim_start_matches(['*', ' ', '\t']);
            let after = found.sign(rest).or_else(|| found.bracket(rest)).or_else(|| found.words(rest));
            if let Some(after) = after {
                (rest, is_marked) = (after, true);
                continue;
            }
            match named(rest) {
                Some((name, after)) => {
                    names.push(name);
                    rest = after;
                }
                None => break,
            }
        }
        if !is_marked {
            // Nothing stands before it: as it came.
            (rest, names) = (line, Vec::new());
        }
        let bare = if is_marked { rest.trim_end_matches(['*', ' ', '\t']) } else { rest.trim() };
        let prefix = names.join(" ");
        let ending = Ending::read(bare);
        let subject = ending.as_ref().map_or(bare, |ending| ending.subject);
        let is_said = found.spoken.is_empty() || ending.is_some();
        // `✅ web1 ❌ web2`.
        let is_mixed = bare.contains(SIGNS_OF_FIRING);
        let signed = found.sign.map(|(said, _)| if is_mixed { Said::Firing } else { said });
        let outright = found.state.or(signed);
        let said = outright.or(ending.as_ref().map(|ending| ending.said));
        let ended = ending.map(|ending| ending.severity).unwrap_or_default();
        let painted = found.sign.map(|(_, severity)| severity).unwrap_or_default();
        let severities = [found.severity.as_str(), &ended, painted];
        let severity = severities.into_iter().find(|word| !word.is_empty()).unwrap_or_default().to_owned();
        let on = if found.scope.is_empty() { String::new() } else { format!("on {}", found.scope) };
        let spoken = if is_said { "" } else { found.spoken };
        Headline {
            said: said.unwrap_or_default(),
            severity,
            title: joined(" ", &[&prefix, bare, &on, spoken]),
            subject: joined(" ", &[&prefix, subject, &on]),
            labels: labels(&found.scope),
            is_marked,
            outright,
            is_no_change: found.is_no_change,
        }
    }
}

impl Found {
    /// What stands behind a sign.
    fn sign<'l>(&mut self, line: &'l str) -> Option<&'l str> {
        let first = line.chars().next()?;
        let sign = match first {
            sign if SIGNS_OF_FIRING.contains(&sign) => (Said::Firing, ""),
            '🟠' | '🟡' | '\u{26a0}' => (Said::Firing, "warning"),
            '✅' | '🟢' | '🟩' | '💚' | '\u{2714}' | '\u{2611}' | '🆗' => (Said::Resolved, ""),
            _ => return None,
        };
        // Some are followed by U+FE0F, which asks for their picture.
        let after = left(line.get(first.len_utf8()..)?.trim_start_matches('\u{fe0f}'))?;
        self.sign.get_or_insert(sign);
        Some(after)
    }

    /// What stands behind brackets that hold a mark.
    fn bracket<'l>(&mut self, line: &'l str) -> Option<&'l str> {
        let (inside, after) = line.strip_prefix('[')?.split_once(']')?;
        let after = left(after)?;
        let mut scope = "";
        let mut all = Vec::new();
        match inside.split_once(" on ") {
            Some((head, of)) if words(head).is_some() => {
                all = words(head)?;
                scope = of.trim().trim_matches(['{', '}']).trim();
            }
            _ => {
                for part in inside.split([',', ':', '|']).flat_map(|part| part.split(" - ")) {
                    let plain = part.trim_matches(|c: char| !c.is_alphanumeric());
                    // How many of them: `FIRING:2`.
                    if !plain.bytes().all(|b| b.is_ascii_digit()) {
                        all.extend(words(plain)?);
                    }
                }
            }
        }
        if !is_mark(&all) {
            return None;
        }
        self.hear(all);
        if !scope.is_empty() {
            self.scope = scope.to_owned();
        }
        Some(after)
    }

    /// What stands behind words that are a mark, and what divides it from them.
    fn words<'l>(&mut self, line: &'l str) -> Option<&'l str> {
        let places = [":", " - ", " – ", " — ", " | "].into_iter();
        let (at, divider) = places.filter_map(|divider| Some((line.find(divider)?, divider))).min()?;
        let head = line.get(..at)?;
        // `Resolved in 3m 2s`.
        let head = head.split_once(" in ").filter(|(_, span)| is_span(span)).map_or(head, |(head, _)| head);
        let all = words(head)?;
        let after = left(line.get(at + divider.len()..)?)?;
        let is_over = all.iter().any(|(word, _)| *word == Word::State(Said::Resolved));
        if !is_mark(&all) || (is_over && is_denied(after)) {
            return None;
        }
        self.hear(all);
        Some(after)
    }

    fn hear(&mut self, all: Vec<(Word, String)>) {
        let is_firing = all.iter().any(|(word, _)| *word == Word::State(Said::Firing));
        for (word, text) in all {
            match word {
                // Of a group, some fire and some do not.
                Word::State(_) if is_firing => {
                    self.state.get_or_insert(Said::Firing);
                }
                Word::State(said) => {
                    self.state.get_or_insert(said);
                }
                Word::Severity if self.severity.is_empty() => self.severity.clone_from(&text),
                Word::NoChange => self.is_no_change = true,
                Word::Severity | Word::Weak | Word::Filler => {}
            }
            if self.spoken.is_empty() {
                self.spoken = match text.as_str() {
                    "down" => "is down",
                    "up" => "is up",
                    "offline" => "is offline",
                    "online" => "is online",
                    "unreachable" | "unreach" => "is unreachable",
                    "failed" | "failure" => "failed",
                    _ => "",
                };
            }
        }
    }
}

/// What a word of a mark, in small letters, says; none, if it is none.
fn word(plain: &str) -> Option<Word> {
    Some(match plain {
        "firing" | "alerting" | "triggered" | "re-triggered" | "retriggered" | "problem" | "alarm"
        | "down" | "unreachable" | "unreach" | "offline" | "failed" | "failure" | "failing" | "open"
        | "opened" | "no data" | "nodata" | "insufficient_data" => Word::State(Said::Firing),
        "resolved" | "ok" | "recovery" | "recover" | "recovered" | "up" | "normal" | "clear" | "cleared"
        | "closed" | "fixed" | "healthy" | "passed" | "success" | "succeeded" | "online" => {
            Word::State(Said::Resolved)
        }
        "acknowledgement" | "acknowledgment" | "acknowledged" | "ack" => Word::State(Said::Acknowledged),
        "flappingstart" | "flappingstop" | "flappingend" | "flappingdisabled" | "downtimestart"
        | "downtimeend" | "downtimeremoved" | "downtimecancelled" => Word::NoChange,
        "alert" | "incident" | "unknown" | "unkn" => Word::Weak,
        "monitor" | "is" | "notification" | "updated" | "new" => Word::Filler,
        "page" | "none" => return None,
        other if AlertSeverity::read(other) != AlertSeverity::Unknown => Word::Severity,
        _ => return None,
    })
}

/// The words of a mark, each with its text in small letters; `None` if another stands among them.
fn words(text: &str) -> Option<Vec<(Word, String)>> {
    let plain = text.trim_matches(['*', '!', ' ', '\t']).to_lowercase();
    if let Some(one) = word(&plain) {
        return Some(vec![(one, plain)]);
    }
    let texts: Vec<&str> = plain.split_whitespace().take(WORDS_MAX + 1).collect();
    if texts.len() > WORDS_MAX {
        return None;
    }
    let each = texts.iter().enumerate().map(|(at, text)| {
        let is_kind = matches!(*text, "service" | "host") && texts.get(at + 1) == Some(&"alert");
        let one = if is_kind { Some(Word::Filler) } else { word(text) };
        one.map(|one| (one, (*text).to_owned()))
    });
    each.collect()
}

/// Whether words say something.
fn is_mark(words: &[(Word, String)]) -> bool {
    words.iter().any(|(word, _)| *word != Word::Filler)
}

/// A time that something took: `3m 2s`, `1d 4h`.
fn is_span(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_digit()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    text.split_whitespace().count() > 0 && text.split_whitespace().all(is_part)
}

/// Whether what stands behind a word for its being over takes that back: `success: false`, `OK: 12, CRITICAL: 1`.
fn is_denied(after: &str) -> bool {
    let plain = after.trim().trim_end_matches(['.', '!']).to_lowercase();
    if matches!(plain.as_str(), "no" | "false" | "never" | "none" | "nothing" | "not yet" | "unknown" | "0") {
        return true;
    }
    let texts: Vec<&str> =
        plain.split(|c: char| !c.is_alphanumeric()).filter(|text| !text.is_empty()).collect();
    let count = |at: usize| texts.get(at).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let is_some_wrong = |(at, text): (usize, &&str)| {
        let is_wrong = matches!(word(text), Some(Word::State(Said::Firing) | Word::Severity));
        let number = count(at + 1).or_else(|| count(at.checked_sub(1)?));
        is_wrong && number.is_some_and(|number| number.bytes().any(|b| b != b'0'))
    };
    count(0).is_some() && texts.iter().enumerate().any(is_some_wrong)
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

/// What stands behind a mark, if that is a title: a mark alone is one itself.
fn left(after: &str) -> Option<&str> {
    (!after.trim_matches(['*', ' ', '\t']).is_empty()).then_some(after)
}

/// What stands behind the mark of an answer or of a forwarded letter.
fn forwarded(line: &str) -> Option<&str> {
    let (mark, rest) = line.split_once(':')?;
    let is_one = matches!(mark.trim_end().to_ascii_lowercase().as_str(), "re" | "fwd" | "fw" | "aw" | "wg");
    if is_one { left(rest) } else { None }
}

/// Brackets that hold no mark, and what stands behind them.
fn named(line: &str) -> Option<(&str, &str)> {
    let at = line.strip_prefix('[')?.find(']')? + 2;
    let (name, after) = line.split_at_checked(at)?;
    Some((name, left(after)?))
}

/// What the end of a line says.
#[derive(Debug)]
struct Ending<'l> {
    subject: &'l str,
    said: Said,
    severity: String,
}

impl<'l> Ending<'l> {
    fn read(line: &'l str) -> Option<Ending<'l>> {
        let bare = line.trim_end_matches(['!', '.', ' ', '\t']);
        Ending::arrow(bare).or_else(|| Ending::words(bare)).filter(|ending| !ending.subject.is_empty())
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

/// `host:web1,env:prod` as labels.
fn labels(scope: &str) -> Vec<(String, String)> {
    let pairs = scope.split(',').filter_map(|pair| pair.split_once([':', '=']));
    let pairs = pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    pairs.filter(|(name, value)| !name.is_empty() && !value.is_empty()).collect()
}

/// Monit's own letters: `monit alert -- Connection failed nginx`, and the host in the text.
fn of_monit(line: &str, text: &str) -> Option<Headline> {
    let told = line.strip_prefix("monit alert --")?.trim();
    if ["Monit instance", "Action done"].iter().any(|own| told.starts_with(own)) {
        return Some(Headline { title: told.to_owned(), is_no_change: true, ..Headline::default() });
    }
    let ends = told.match_indices(' ').map(|(at, _)| at).take(2 * WORDS_MAX);
    // The longest event that is one: the service is the rest.
    let (event, about, said, service) = ends
        .filter_map(|at| {
            let (event, service) = told.split_at_checked(at)?;
            let (about, said) = monit::meaning(&event.to_lowercase())?;
            Some((event, about, said, service.trim()))
        })
        .last()?;
    let host = text.lines().find_map(|line| line.trim().strip_prefix("Host:")).unwrap_or_default().trim();
    let title = format!("{}: {}", joined(" on ", &[service, host]), event.to_lowercase());
    let subject = joined("/", &["monit", host, service, &about]);
    let labels =
        [("host", host), ("service", service)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(Headline { said, title, subject, labels: labels.into(), ..Headline::default() })
}

/// Uptime Kuma's letters: `[Shop] [🔴 Down] timeout`.
fn of_kuma(line: &str) -> Option<Headline> {
    let (name, said, word) = uptime_kuma::told(line)?;
    let title = format!("{name} is {word}");
    let labels = vec![("monitor".to_owned(), name.to_owned())];
    Some(Headline { said, title, subject: format!("[{name}]"), labels, ..Headline::default() })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] =
    &["PROBLEM: disk is full on db1\n/data has 1% left", "RESOLVED: disk is full on db1"];

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use crate::alert::senders::testing::read;
    use crate::alert::{Alert, Sender, Status};

    fn told(text: &str) -> Alert {
        let mut alerts = read("text", text).alerts;
        assert_eq!(alerts.len(), 1, "{text}");
        alerts.remove(0)
    }

    /// What fires, and what ends it, as the programs write it that can only send letters.
    const PAIRS: [(&str, &str); 36] = [
        ("[FIRING:1] MailCPU (web1)", "[RESOLVED] MailCPU (web1)"),
        ("[FIRING:2, RESOLVED:1] MailCPU (web1)", "[RESOLVED:3] MailCPU (web1)"),
        ("[Alerting] CPU is high", "[OK] CPU is high"),
        ("[No data] CPU is high", "[Recovered] CPU is high"),
        ("ALARM: \"disk\" in EU (Ireland)", "OK: \"disk\" in EU (Ireland)"),
        ("INSUFFICIENT_DATA: \"disk\" in EU (Ireland)", "OK: \"disk\" in EU (Ireland)"),
        (
            "** PROBLEM Service Alert: web1/HTTP is CRITICAL **",
            "** RECOVERY Service Alert: web1/HTTP is OK **",
        ),
        ("** PROBLEM Host Alert: web1 is DOWN **", "** RECOVERY Host Alert: web1 is UP **"),
        ("Problem: disk is full on db1", "Resolved in 3m 2s: disk is full on db1"),
        ("Updated problem in 1d 2h: disk is full on db1", "Resolved: disk is full on db1"),
        ("High: disk is full on db1", "OK: disk is full on db1"),
        ("Monitor is DOWN: Shop", "Monitor is UP: Shop"),
        ("🔴 Monitor is DOWN: Shop", "🟢 Monitor is UP: Shop"),
        ("DOWN alert: Shop (shop.example) is DOWN", "UP alert: Shop (shop.example) is UP"),
        ("[Triggered] CPU", "[Recovered] CPU"),
        ("[Triggered on {host:web1,env:prod}] CPU", "[Recovered on {host:web1,env:prod}] CPU"),
        ("[P1] [Triggered] CPU", "[P1] [Recovered] CPU"),
        ("DOWN: Shop", "UP: Shop"),
        ("DOWN | nightly backup", "UP | nightly backup"),
        ("CRITICAL - disk on db1", "OK - disk on db1"),
        ("WARNING: disk on db1", "NORMAL: disk on db1"),
        ("Shop is down", "Shop is up"),
        ("Shop is down", "Shop is back up!"),
        ("Shop is down.", "Shop has recovered"),
        ("CPU load on web1 is critical", "CPU load on web1 is normal"),
        ("ALERT: [web1] [port] down", "RECOVER: [web1] [port] down"),
        ("CPU is critical", "CPU is back to normal"),
        ("[PROBLEM] HTTP on web1 is CRITICAL!", "[RECOVERY] HTTP on web1 is OK!"),
        ("[PROBLEM] Host web1 is DOWN!", "[RECOVERY] Host web1 is UP!"),
        ("Check_MK: web1/CPU load OK -> CRIT", "Check_MK: web1/CPU load CRIT -> OK"),
        ("🚨 disk is full", "✅ disk is full"),
        ("\u{26a0}\u{fe0f} disk is full", "\u{2714}\u{fe0f} disk is full"),
        ("[prod] CRITICAL: disk is full", "[prod] RESOLVED: disk is full"),
        ("[ALERT - Critical] CPU on web1", "[RESOLVED - Critical] CPU on web1"),
        (
            "monit alert --  Does not exist nginx\n\tHost:        web1",
            "monit alert --  Exists nginx\n\tHost:        web1",
        ),
        ("[Shop] [🔴 Down] timeout of 48000ms exceeded", "[Shop] [✅ Up] 200 - OK"),
    ];

    #[test]
    fn what_fires_is_ended_by_the_line_that_its_program_writes_when_it_is_over() {
        for (wrong, well) in PAIRS {
            let (fired, over) = (told(wrong), told(well));
            assert_eq!(fired.status, Status::Firing, "{wrong}");
            assert_eq!(over.status, Status::Resolved, "{well}");
            assert_eq!(fired.key(), over.key(), "{wrong}, {well}");
            assert_eq!(fired.group_key, over.group_key, "{wrong}");
            let answered = told(&format!("Re: Fwd: {wrong}"));
            assert_eq!((answered.key(), answered.status), (fired.key(), Status::Firing), "{wrong}");
        }
    }

    #[test]
    fn a_title_says_what_is_told_and_a_severity_how_bad_it_is() {
        let mut out = String::new();
        for line in [
            "disk is full on db1",
            "PROBLEM: disk is full on db1",
            "DOWN: Shop",
            "UP: Shop",
            "Failed: backup of db1",
            "[FIRING:1] MailCPU (web1)",
            "[Triggered on {host:web1}] CPU",
            "[P1] CPU",
            "[SEV2] CPU",
            "[prod] CRITICAL: disk is full",
            "** ACKNOWLEDGEMENT Service Alert: web1/HTTP is CRITICAL **",
            "\u{26a0}\u{fe0f} disk is nearly full",
            "\u{26a0}\u{fe0f} CRITICAL: disk is full",
            "Check_MK: web1/CPU load OK -> WARN",
            "Alert: Shop is UP",
        ] {
            let alert = told(line);
            let ack = if alert.acknowledged { ", acknowledged" } else { "" };
            let (status, severity) = (alert.status.word(), alert.severity.word());
            writeln!(out, "{status}{ack} {severity}: {}", alert.title).unwrap();
        }
        insta::assert_snapshot!(out, @"
        firing unknown: disk is full on db1
        firing unknown: disk is full on db1
        firing unknown: Shop is down
        resolved unknown: Shop is up
        firing unknown: backup of db1 failed
        firing unknown: MailCPU (web1)
        firing unknown: CPU on host:web1
        firing critical: CPU
        firing error: CPU
        firing critical: [prod] disk is full
        firing, acknowledged critical: web1/HTTP is CRITICAL
        firing warning: disk is nearly full
        firing critical: disk is full
        firing warning: Check_MK: web1/CPU load OK -> WARN
        resolved unknown: Shop is UP
        ");
    }

    #[test]
    fn a_scope_in_a_mark_is_part_of_what_it_is_about() {
        let (one, other) = (told("[Triggered on {host:web1}] CPU"), told("[Triggered on {host:web2}] CPU"));
        assert_ne!(one.key(), other.key());
        assert_eq!(one.labels.get("host").map(String::as_str), Some("web1"));
    }

    #[test]
    fn a_word_that_is_no_mark_where_it_stands_says_nothing() {
        for line in [
            "OK button is broken",
            "OK button: broken",
            "the button OK",
            "up to 5 disks are full",
            "Resolver: no answer",
            "recovery of db1 does not start",
            "the link to db2 is not up",
            "[web1] disk is full",
            "Monitor: what is it",
            "a -> b",
            "OK",
            "RESOLVED:",
            "[OK]",
            "✅",
            "http://shop.example/?state=ok",
        ] {
            let alert = told(line);
            assert_eq!((alert.status, alert.title.as_str()), (Status::Firing, line));
        }
    }

    #[test]
    fn a_sentence_that_ends_well_and_a_word_that_is_taken_back_still_fire() {
        for line in [
            "nobody knows if it is OK",
            "web1 has not recovered",
            "db1 never recovered",
            "the backup of db1 failed, db2 is up",
            "web1 is down and web2 is up",
            "the disk is full. Shop is up",
            "I don't think that the shop is online",
            "only one replica is up",
            "1 of 3 replicas is up",
            "1/3 replicas is up",
            "half the cluster is healthy",
            "the error rate is up",
            "CPU load on web1 is up!",
            "restart the shop until the queue is back to normal",
            "success: false",
            "Resolved: no",
            "Passed: 10, failed: 2",
            "OK: 12, CRITICAL: 1, WARNING: 0",
            "UP: 5 DOWN: 1",
            "✅ web1 ❌ web2",
        ] {
            let alert = told(line);
            assert_eq!(alert.status, Status::Firing, "{line}");
            assert!(line.ends_with(&alert.title) || alert.title == line, "{line}: {}", alert.title);
        }
        for line in ["Passed: 10, failed: 0", "RESOLVED: 500 errors at high load", "web1 in rack 3 is up"] {
            assert_eq!(told(line).status, Status::Resolved, "{line}");
        }
    }

    #[test]
    fn what_neither_fires_nor_ends_is_no_alert() {
        for line in [
            "** DOWNTIMESTART Host Alert: web1 is UP **",
            "[FLAPPINGSTART] HTTP on web1 is OK!",
            "monit alert --  Monit instance changed web1",
        ] {
            assert!(read("text", line).alerts.is_empty(), "{line}");
        }
    }

    const PLAIN: [&str; 8] = ["disk", "full", "db1", "the", "backup", "took", "hours", "again"];
    const MARKS: [&str; 8] = ["OK", "RESOLVED", "down", "up", "CRITICAL", "recovery", "is", "[OK]"];

    proptest! {
        #[test]
        fn words_amid_a_title_do_not_end_it(
            first in prop::sample::select(PLAIN.to_vec()),
            amid in prop::collection::vec(prop::sample::select(MARKS.to_vec()), 0..5),
            last in prop::sample::select(PLAIN.to_vec()),
        ) {
            let line = format!("{first} {} {last}", amid.join(" "));
            let alert = told(&line);
            prop_assert_eq!((alert.status, alert.title.as_str()), (Status::Firing, line.as_str()));
        }

        #[test]
        fn no_text_at_all_is_too_much_for_it(
            text in "(Re: |\\[|\\]|\\*\\* |OK|: | - |[a-z]{1,3}|is |down|->|🔴|\u{fe0f}|ü|monit alert --|\\PC|\n){0,20}",
        ) {
            if let Ok(intake) = super::Text::new("text".to_owned()).read(text.as_bytes(), None) {
                prop_assert!(intake.alerts.len() + intake.notes.len() == 1);
            }
        }
    }
}
