//! Search: the lines in which all of some words stand, over every timeline that the asker may see.
//!
//! A scan, newest incidents first, that ends after so many entries: what a search costs does not grow with the years. It reads
//! what a reader reads: the current wording of what was corrected, and nothing of what was redacted.

use std::{ops::Range, sync::Arc};

use chrono::{DateTime, Duration, NaiveDateTime, Utc};

use super::{Caller, Desk};
use crate::{
    grammar::{LINES_MAX, Only},
    incident::{id::IncidentId, refusal::Refusal, timeline::Line},
    journal::rows::{IncidentFilter, IncidentRow},
    wall::dated,
};

/// Entries looked at in one search, and lines shown of it.
const ENTRIES_MAX: u64 = 50_000;
const SHOWN_MAX: usize = LINES_MAX as usize;
/// Incidents looked at, the newest of them.
const INCIDENTS_MAX: u32 = 1_000;
const LINE_CHARS_MAX: usize = 160;
/// Of a moment as [`dated`] writes it.
const MOMENT_BYTES: usize = "2026-01-02 03:15 UTC".len();
const WORDS_CHARS_MAX: usize = 200;

/// Whether this line has all of the words. A correction's own line quotes what the corrected one says anyway.
fn has(line: &Line, words: &[String]) -> bool {
    let text = line.text.to_lowercase();
    line.redacted_by.is_none()
        && line.name != "entry.corrected"
        && words.iter().all(|word| text.contains(word.as_str()))
}

impl Only {
    fn takes(&self, line: &Line, now: DateTime<Utc>) -> bool {
        (!self.pinned || line.pinned)
            && self.by.as_ref().is_none_or(|by| by.id == line.actor.id)
            && self.minutes.is_none_or(|m| now - line.occurred_at <= Duration::minutes(m.into()))
    }
}

fn told(id: IncidentId, line: &Line) -> String {
    format!("{id} {}", brief(line))
}

/// `12 – 2026-01-02 03:15 UTC, Ada: the database failed over`
fn brief(line: &Line) -> String {
    let flat = line.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = cut(&flat);
    let at = dated(line.occurred_at);
    format!("{} – {at}, {}: {text}{}", line.seq, line.actor, line.whose())
}

/// The beginning of a line.
fn cut(flat: &str) -> String {
    let Some((mut at, _)) = flat.char_indices().nth(LINE_CHARS_MAX) else { return flat.to_owned() };
    let all = [moments(flat, at), addresses(flat, at), codes(flat, at)].concat();
    // Before one that is cut there may be another that it stands in.
    while let Some(whole) = all.iter().find(|whole| whole.start < at && at < whole.end) {
        at = whole.start;
    }
    let kept = flat.get(..at).unwrap_or(flat);
    format!("{}…", kept.trim_end_matches(|c: char| c.is_whitespace() || c == '('))
}

/// Moments that begin before `until`. Each is left whole, or left out: every reader is shown it by their own clock.
fn moments(flat: &str, until: usize) -> Vec<Range<usize>> {
    let is_moment = |from: usize| {
        let written = flat.get(from..from + MOMENT_BYTES).and_then(|text| text.strip_suffix(" UTC"));
        written.is_some_and(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").is_ok())
    };
    let begins = (until.saturating_sub(MOMENT_BYTES - 1)..until).filter(|from| is_moment(*from));
    begins.map(|from| from..from + MOMENT_BYTES).collect()
}

/// Addresses that begin before `until`: half of one leads nowhere, or elsewhere.
fn addresses(flat: &str, until: usize) -> Vec<Range<usize>> {
    let begins = ["http://", "https://"].into_iter().flat_map(|scheme| flat.match_indices(scheme));
    let begins = begins.map(|(from, _)| from).filter(|from| *from < until);
    let behind = |from: usize| flat.get(from..).and_then(|rest| rest.find(char::is_whitespace));
    begins.map(|from| from..behind(from).map_or(flat.len(), |length| from + length)).collect()
}

/// What stands between backticks and begins before `until`: half of a command does something else.
fn codes(flat: &str, until: usize) -> Vec<Range<usize>> {
    let (mut all, mut from) = (Vec::new(), 0);
    while let Some(begin) = flat.get(from..).and_then(|rest| rest.find('`')).map(|at| from + at)
        && begin < until
    {
        let rest = flat.get(begin..).unwrap_or_default();
        let inside = rest.trim_start_matches('`');
        let ticks = rest.len() - inside.len();
        from = begin + ticks;
        if let Some(length) = rest.get(..ticks).and_then(|mark| inside.find(mark)) {
            from += length + ticks;
            all.push(begin..from);
        }
    }
    all
}

impl Desk {
    /// The answer to `find`; of one incident where `target` names it.
    ///
    /// # Errors
    /// No words, no such incident, or the journal does not answer.
    pub(super) async fn find(
        self: &Arc<Self>,
        caller: &Caller,
        target: Option<IncidentId>,
        typed: &str,
    ) -> Result<String, Refusal> {
        let lower: String = typed.to_lowercase().chars().take(WORDS_CHARS_MAX).collect();
        let words: Vec<String> = lower.split_whitespace().map(str::to_owned).collect();
        if words.iter().all(|word| word.chars().count() < 2) {
            return Err(Refusal::invalid(
                "That is too little to search for.",
                "Give a word or two: `find replica lag`.",
            ));
        }
        let eyes = self.seen_by(&caller.person);
        let mut rows = self.tellable(caller, IncidentFilter::all(INCIDENTS_MAX)).await?;
        if let Some(id) = target {
            rows.retain(|row| row.id == id);
            if rows.is_empty() {
                return Err(Refusal::no_such(id));
            }
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.updated_at));
        let (mut left, mut found, mut unread) = (ENTRIES_MAX, Vec::new(), 0);
        for IncidentRow { id, seq, .. } in &rows {
            if left == 0 {
                unread += 1;
                continue;
            }
            // What changes a line comes after it: the end of a timeline reads as it does within the whole.
            let from = seq.saturating_sub(left - 1).max(1);
            left = left.saturating_sub(*seq);
            let lines = eyes.timeline(*id, from).await?;
            found.extend(lines.iter().rev().filter(|line| has(line, &words)).map(|line| told(*id, line)));
        }
        Ok(answer(found, unread))
    }

    /// The answer to `timeline`: the last lines, in the order of what happened.
    ///
    /// # Errors
    /// No such incident, or the journal does not answer.
    pub(super) async fn last_lines(
        self: &Arc<Self>,
        caller: &Caller,
        id: IncidentId,
        only: &Only,
    ) -> Result<String, Refusal> {
        let (eyes, now) = (self.seen_by(&caller.person), self.world.now());
        let seq = eyes.incident(id).await?.seq;
        let mut lines = eyes.timeline(id, seq.saturating_sub(ENTRIES_MAX - 1).max(1)).await?;
        lines.retain(|line| only.takes(line, now));
        lines.sort_by_key(|line| (line.occurred_at, line.seq));
        let most = only.last.map_or(SHOWN_MAX, usize::from);
        let earlier = lines.len().saturating_sub(most);
        let mut shown: Vec<String> = lines.iter().skip(earlier).map(brief).collect();
        if shown.is_empty() {
            shown.push(format!("No line of {id} is of that kind."));
        }
        if earlier > 0 && only.last.is_none() {
            let lines_are = if earlier == 1 { "line is" } else { "lines are" };
            shown.insert(0, format!("{earlier} earlier {lines_are} left out: the console has them all."));
        }
        Ok(shown.join("\n"))
    }
}

fn answer(mut found: Vec<String>, unread: usize) -> String {
    let more = found.len().saturating_sub(SHOWN_MAX);
    found.truncate(SHOWN_MAX);
    if found.is_empty() {
        found.push("Nothing that you may see has all of these words.".to_owned());
    }
    if more > 0 {
        found.push(format!("… and {more} more. Add a word, or name one incident."));
    }
    if unread > 0 {
        let (incidents_were, name) =
            if unread == 1 { ("incident was", "it") } else { ("incidents were", "one") };
        found.push(format!("{unread} older {incidents_were} not searched: name {name}."));
    }
    found.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_before_a_moment_and_never_within_it() {
        let moment = "2026-01-02 03:15 UTC";
        for before in 0..=LINE_CHARS_MAX {
            let text = cut(&format!("{}{moment}, and on{}", "é".repeat(before), "x".repeat(LINE_CHARS_MAX)));
            let is_whole = before + MOMENT_BYTES <= LINE_CHARS_MAX;
            assert_eq!(text.contains(moment), is_whole, "{text}");
            assert_eq!(text.contains("2026"), is_whole, "{text}");
            assert!(text.ends_with('…') && text.chars().count() <= LINE_CHARS_MAX + 1, "{text}");
        }
        assert_eq!(cut(moment), moment);
    }

    #[test]
    fn a_line_is_cut_before_an_address_or_what_is_to_be_typed_and_never_within_it() {
        let rest = "x".repeat(LINE_CHARS_MAX);
        for whole in [
            "https://grafana.example/d/a_b?from=1&to=2",
            "http://a.example",
            "`rm -rf /var/tmp/cache`",
            "``echo `date` > log``",
            "`curl https://a.example/x`",
        ] {
            let length = whole.chars().count();
            for before in 0..=LINE_CHARS_MAX {
                let text = cut(&format!("{} {whole} {rest}", "é".repeat(before)));
                let is_whole = before + 1 + length <= LINE_CHARS_MAX;
                assert_eq!(text.contains(whole), is_whole, "{text}");
                assert_eq!(text.contains(&whole[..2]), is_whole, "{text}");
                assert!(text.ends_with('…') && text.chars().count() <= LINE_CHARS_MAX + 1, "{text}");
            }
        }
        let linked = cut(&format!("{} (https://a.example/{rest})", "é".repeat(150)));
        assert_eq!(linked, format!("{}…", "é".repeat(150)));
        let open = cut(&format!("a ` that ends nowhere {rest}"));
        assert_eq!(open.chars().count(), LINE_CHARS_MAX + 1, "it is a letter like any other");
        let typed = format!("see `x` and https://a.example{}", " y".repeat(30));
        assert_eq!(cut(&typed), typed);
    }
}
