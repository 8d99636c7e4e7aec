//! What a body says of its state.
//!
//! A body fires unless something that is meant as a status says otherwise: a word in a text for people never does, but
//! for the marks before a title.

use super::places::Places;
use crate::alert::AlertSeverity;
use crate::alert::draft::Said;
use crate::alert::mapping::customary::{
    ACKNOWLEDGED, ANSWERS, ENDED, EVENT, EVENT_AROUND, EVENT_BEGUN, EVENT_GOOD, EVENT_MAX_BYTES, EVENT_OVER,
    EVENT_SEVERITY, EVENT_WELL, EXIT_CODES, FAILURES, FIRING, FLAGS_OF_FIRING, FLAGS_OF_FIRING_ALONE,
    FLAGS_OF_RESOLVED, FLAGS_OF_SUCCESS, RESOLVED, RESOLVED_ALONE, RESULTS, SEVERITY_BEFORE,
    SEVERITY_OR_OVER, SEVERITY_OVER, SEVERITY_USUAL, STATUS, STATUS_ENDS, STATUS_OF_OTHERS, TIMES_OF,
};
use crate::alert::mapping::{StatusWords, folded};
use crate::alert::text::quote;

/// What was found.
pub(super) struct Found {
    pub said: Said,
    /// The sender's word; empty if there was none.
    pub word: String,
    /// What is not sure of it, as a note.
    pub doubt: Option<String>,
}

impl Found {
    fn sure(said: Said, word: String) -> Found {
        Found { said, word, doubt: None }
    }

    fn unknown(word: String) -> Found {
        let doubt = format!("The status {} is unknown; it is taken to be firing.", quote(&word));
        Found { said: Said::Firing, word, doubt: Some(doubt) }
    }

    fn ended_badly(word: String) -> Found {
        let doubt =
            format!("The status {} says only that it ended, and another key that it failed.", quote(&word));
        Found { said: Said::Firing, word, doubt: Some(doubt) }
    }

    fn over_by_severity(word: String) -> Found {
        let doubt =
            format!("No status was found; its severity {} was taken to say that it is over.", quote(&word));
        Found { said: Said::Resolved, word, doubt: Some(doubt) }
    }

    /// Where nothing else says it, what is marked before the title.
    pub fn or_marked(self, marked: Option<Said>) -> Found {
        match marked {
            Some(said) if self.is_nothing() => Found::sure(said, String::new()),
            _ => self,
        }
    }

    /// Whether nothing was found that says it.
    pub fn is_nothing(&self) -> bool {
        self.word.is_empty() && self.doubt.is_some()
    }

    /// Where only a time says it at which it ends.
    pub fn by_end(self) -> Found {
        let doubt = "No status was found; it is over when its end is past.".to_owned();
        Found { doubt: Some(doubt), ..self }
    }

    fn nothing() -> Found {
        let doubt = "No status was found; it is taken to be firing.".to_owned();
        Found { said: Said::Firing, word: String::new(), doubt: Some(doubt) }
    }
}

/// What the word means that a hook's mapping points at: by its own lists first, then as customary.
pub(super) fn mapped(words: &StatusWords, word: Option<String>) -> Found {
    let Some(word) = word else { return Found::nothing() };
    let plain = folded(&word);
    if words.resolved.contains(&plain) {
        Found::sure(Said::Resolved, word)
    } else if words.acknowledged.contains(&plain) {
        Found::sure(Said::Acknowledged, word)
    } else if words.firing.contains(&plain) {
        Found::sure(Said::Firing, word)
    } else {
        match meaning(&word) {
            Some(said) => Found::sure(said, word),
            None => Found::unknown(word),
        }
    }
}

/// What the customary keys say; `severity_may_tell`: whether a severity such as `ok` may end it.
pub(super) fn customary(places: &Places<'_, '_>, severity_may_tell: bool) -> Found {
    let mut number = None;
    for word in places.texts(STATUS) {
        match meaning(&word) {
            Some(Said::Resolved) if is_answer(&word, places) => {}
            Some(Said::Resolved) if is_end(&word) && failed(places) => return Found::ended_badly(word),
            Some(said) => return Found::sure(said, word),
            // A number may be an answer of HTTP, an exit code or anything else.
            None if word.trim().parse::<f64>().is_ok() => number = number.or(Some(word)),
            None => return Found::unknown(word),
        }
    }
    for (code, beside) in EXIT_CODES {
        if places.top_text(&[*beside]).is_some()
            && let Some(word) = places.top_text(&[*code])
        {
            match word.trim() {
                "0" => return Found::sure(Said::Resolved, word),
                "1" | "2" | "3" => return Found::sure(Said::Firing, word),
                _ => {}
            }
        }
    }
    let (mut named, mut good) = (None, None);
    for word in places.texts(EVENT) {
        match event(&word) {
            Some(said) => return Found::sure(said, word),
            // `alert`, `critical`: what it is, and not that it still is.
            None if FIRING.contains(&folded(&word).as_str()) => named = named.or(Some(word)),
            None if EVENT_GOOD.contains(&folded(&word).as_str()) => good = good.or(Some(word)),
            None => {}
        }
    }
    if let Some(said) = flags(places) {
        return Found::sure(said, String::new());
    }
    if let Some(word) = good {
        return Found::sure(Said::Resolved, word);
    }
    if severity_may_tell && let Some(word) = places.texts(SEVERITY_OR_OVER).find(|word| is_over(word, places))
    {
        return Found::over_by_severity(word);
    }
    if let Some(said) = ends(places) {
        return Found::sure(said, String::new());
    }
    match (named, number) {
        (Some(word), _) => Found::sure(Said::Firing, word),
        (None, Some(word)) => Found::unknown(word),
        (None, None) => Found::nothing(),
    }
}

/// Whether it may be how an API answers, and not the status of the alert: `{"status": "ok", "data": {"state": "firing"}}`.
fn is_answer(word: &str, places: &Places<'_, '_>) -> bool {
    let fires =
        || places.text_in(TIMES_OF, STATUS).is_some_and(|inner| meaning(&inner) == Some(Said::Firing));
    ANSWERS.contains(&folded(word).as_str()) && (places.own_text(STATUS).is_none() || fires())
}

/// Whether a severity without a status says that it is over.
fn is_over(severity: &str, places: &Places<'_, '_>) -> bool {
    let word = folded(severity);
    let was_worse = || {
        let before = places.texts(SEVERITY_BEFORE).map(|before| AlertSeverity::read(&before));
        before.max().is_some_and(|before| before > AlertSeverity::Info)
    };
    SEVERITY_OVER.contains(&word.as_str()) || (word == SEVERITY_USUAL && was_worse())
}

fn is_end(word: &str) -> bool {
    ENDED.contains(&folded(word).as_str())
}

/// Whether what ended did not go well, as keys beside the status say: `{"status": "completed", "success": false}`.
fn failed(places: &Places<'_, '_>) -> bool {
    let is_none = |word: &str| matches!(word, "0" | "false" | "no" | "none" | "null");
    places.texts(FLAGS_OF_SUCCESS).any(|text| is_none(&folded(&text)))
        || places.texts(FAILURES).any(|text| !is_none(&folded(&text)))
        || places.texts(RESULTS).any(|text| meaning(&text) != Some(Said::Resolved))
}

/// Whether one of the flags says so; of several, one that fires.
fn flags(places: &Places<'_, '_>) -> Option<Said> {
    let says = |flags: &[&str], wanted: &str| places.texts(flags).any(|text| folded(&text) == wanted);
    let alone = || {
        let text = places.top_text(FLAGS_OF_FIRING_ALONE);
        let text = text.or_else(|| places.text_in(TIMES_OF, FLAGS_OF_FIRING_ALONE))?;
        match folded(&text).as_str() {
            "true" => Some(Said::Firing),
            "false" => Some(Said::Resolved),
            _ => None,
        }
    };
    if says(FLAGS_OF_FIRING, "true") || says(FLAGS_OF_RESOLVED, "false") {
        Some(Said::Firing)
    } else if says(FLAGS_OF_RESOLVED, "true") || says(FLAGS_OF_FIRING, "false") {
        Some(Said::Resolved)
    } else {
        alone()
    }
}

/// What the keys say that end as a status does; of several, the one that fires. That something is up or well is not that
/// something is over: `{"title": "Disk is full", "db_state": "online"}`.
fn ends(places: &Places<'_, '_>) -> Option<Said> {
    let found = places.texts_by_end(STATUS_ENDS, STATUS_OF_OTHERS);
    let told =
        found.iter().filter(|word| !words(word).iter().any(|word| EVENT_WELL.contains(&word.as_str())));
    let said: Vec<Said> = told.filter_map(|word| event(word)).collect();
    said.iter().find(|said| **said != Said::Resolved).or(said.first()).copied()
}

/// What a word means as a status.
pub(in crate::alert) fn meaning(raw: &str) -> Option<Said> {
    let word = folded(raw);
    let spaced = word.replace(['_', '-'], " ");
    let alone = |word: &str| {
        if RESOLVED.contains(&word) || RESOLVED_ALONE.contains(&word) {
            Some(Said::Resolved)
        } else if ACKNOWLEDGED.contains(&word) {
            Some(Said::Acknowledged)
        } else if FIRING.contains(&word) {
            Some(Said::Firing)
        } else {
            None
        }
    };
    alone(&word).or_else(|| alone(&spaced)).or_else(|| event(raw))
}

/// What the name of an event says, `check.down` or `uptimeCheckRecoveredNotification`. It is over only if every other
/// word of it is one that cannot turn the sense.
fn event(raw: &str) -> Option<Said> {
    if raw.len() > EVENT_MAX_BYTES {
        return None;
    }
    let words = words(raw);
    let any = |of: &[&str]| words.iter().any(|word| of.contains(&word.as_str()));
    let only = |of: &[&str]| {
        words.iter().all(|word| of.contains(&word.as_str()) || EVENT_AROUND.contains(&word.as_str()))
    };
    let last = |of: &[&str]| words.iter().rposition(|word| of.contains(&word.as_str()));
    // `ok_to_critical`, `OK -> WARNING`, `critical, ok`; but `CLOSE_CRITICAL` is over.
    let is_change = raw.contains(['>', '→']) || words.iter().any(|word| word == "to");
    let is_list = raw.contains([',', ';', '|', '&', '+']);
    let is_worse = (is_list && any(EVENT_SEVERITY))
        || ((any(EVENT_WELL) || is_change) && last(EVENT_SEVERITY) > last(EVENT_OVER));
    let is_past = any(EVENT_WELL) && words.iter().any(|word| word == "was");
    if any(EVENT_BEGUN) {
        Some(Said::Firing)
    } else if is_worse || is_past {
        None
    } else if any(EVENT_OVER) && only(EVENT_OVER) {
        Some(Said::Resolved)
    } else if any(ACKNOWLEDGED) && only(ACKNOWLEDGED) {
        Some(Said::Acknowledged)
    } else {
        None
    }
}

/// Whether it is the name of an event that says what began or is over, and not only that something did.
pub(super) fn names_what_happened(raw: &str) -> bool {
    event(raw).is_some() && !stem(raw).is_empty()
}

/// The name of an event without what says whether it began or is over: the same for both.
pub(super) fn stem(raw: &str) -> String {
    let tells = |word: &String| EVENT_BEGUN.contains(&word.as_str()) || EVENT_OVER.contains(&word.as_str());
    let mut words = words(raw);
    words.retain(|word| !tells(word));
    words.join(" ")
}

/// The words of a name, in lower case, also where only capitals part them: `monitorDown`.
fn words(raw: &str) -> Vec<String> {
    let (mut words, mut word, mut was_small) = (Vec::new(), String::new(), false);
    for c in raw.chars() {
        let is_border = !c.is_alphanumeric() || (c.is_uppercase() && was_small);
        if is_border && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
