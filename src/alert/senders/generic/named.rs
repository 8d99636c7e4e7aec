//! By what a body is called, and by what it is known again.

use std::collections::BTreeMap;

use super::places::Places;
use super::status::{names_what_happened, stem};
use crate::alert::mapping::customary::{
    DESCRIPTION, EVENT, FINGERPRINT, FINGERPRINT_BESIDE, HOST, ID, NAMES_OF_OTHERS, OF_THE_ALERT,
    OF_THE_MESSAGE, TITLE, TITLE_ELSE, TITLE_ENDS, TITLE_OF_THE_BODY, TITLE_OF_TWO, TITLE_OF_TWO_ELSE,
    TITLE_OF_TWO_OBJECTS, WATCHED, WATCHED_BY_EVENT,
};

/// What a body is called.
pub(super) struct Title {
    pub text: String,
    /// What there is to say of it, where it is none that the body itself calls so.
    pub note: Option<&'static str>,
    /// Whether it says what it is about, so that another of the same title and labels is the same alert.
    pub tells_apart: bool,
}

/// The title that the customary keys give.
pub(super) fn title(places: &Places<'_, '_>) -> Option<String> {
    places
        .top_text(TITLE)
        .or_else(|| places.joint(TITLE_OF_TWO_OBJECTS))
        .or_else(|| places.joint(TITLE_OF_TWO))
        .or_else(|| places.top_text(TITLE_OF_THE_BODY))
        .or_else(|| places.own_text(TITLE))
        .or_else(|| places.joint(TITLE_OF_TWO_ELSE))
        .or_else(|| places.text(TITLE_ELSE))
        .or_else(|| places.text(TITLE))
}

/// What stands for a title where there is none.
pub(super) fn instead_of_a_title(
    places: &Places<'_, '_>,
    labels: &BTreeMap<String, String>,
    source: &str,
) -> Title {
    const NONE: &str = "No title was found.";
    const LINE: &str = "No title was found; the first line of the text stands for it.";
    const BY_END: &str = "No title was found; what is named like one stands for it.";
    let title =
        |text: String, note: &'static str, tells_apart: bool| Title { text, note: Some(note), tells_apart };

    let label =
        |names: &[&str]| names.iter().find_map(|name| labels.get(*name)).filter(|v| !v.trim().is_empty());
    let what = label(&["check", "service", "component"]);
    let host = label(&["host", "hostname", "instance"]);
    if let (Some(what), Some(host)) = (what, host) {
        return title(format!("{what} on {host}"), NONE, true);
    }
    let line = |text: String| text.lines().map(str::trim).find(|l| !l.is_empty()).map(str::to_owned);
    if let Some(text) = places.texts(DESCRIPTION).find_map(line) {
        return title(text, LINE, true);
    }
    if let Some(text) = places.texts_by_end(TITLE_ENDS, NAMES_OF_OTHERS).into_iter().next() {
        return title(text, BY_END, false);
    }
    if let Some(one) = what.or(host) {
        return title(one.clone(), NONE, true);
    }
    let event = places.own_text(EVENT).filter(|event| names_what_happened(event));
    title(event.unwrap_or_else(|| format!("Alert from {source}")), NONE, false)
}

/// The identity that the customary keys give: what is meant as one, then the alert's own, then what is watched, then
/// what may as well be that of the message.
pub(super) fn identity(places: &Places<'_, '_>) -> Option<String> {
    places
        .own_text(FINGERPRINT)
        .or_else(|| {
            let mut both = FINGERPRINT_BESIDE.iter();
            both.find_map(|(key, beside)| places.own_text(&[*beside]).and_then(|_| places.own_text(&[*key])))
        })
        .or_else(|| places.text_in(OF_THE_ALERT, ID))
        .or_else(|| watched(places))
        .or_else(|| places.top_text(ID))
        .or_else(|| places.text_in(OF_THE_MESSAGE, ID))
}

/// What is watched, with the host where there is one: a check may look after many.
fn watched(places: &Places<'_, '_>) -> Option<String> {
    let together = |keys: &&[&str]| {
        let texts: Option<Vec<String>> = keys.iter().map(|key| places.own_text(&[*key])).collect();
        texts.map(|texts| texts.join("/"))
    };
    if let Some(watched) = WATCHED.iter().find_map(together) {
        let host = places.own_text(HOST).filter(|host| watched.split('/').all(|part| part != host));
        return Some(host.map_or_else(|| watched.clone(), |host| format!("{watched}/{host}")));
    }
    let watched = places.own_text(WATCHED_BY_EVENT)?;
    Some(format!("{watched} {}", stem(&places.own_text(EVENT)?)))
}
