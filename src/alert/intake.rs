//! Reading one delivery: what comes out, what is refused, and the limits.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::text::quote;
use super::{Alert, Status, change::Draft};

/// Largest body that a sender reads, in bytes: as much as `http.body_bytes_max` can be, so that it alone is the limit.
pub const BODY_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most alerts in one body: those of Alertmanager fill the usual `http.body_bytes_max` before. Many small ones are a few
/// kilobytes of memory each, and all of them are there at once.
pub const ALERTS_MAX: usize = 20_000;
/// Most labels kept on one alert, and as many annotations; the rest are left out with a note.
pub const LABELS_MAX: usize = 64;
/// Deepest nesting of a JSON body: the limit of serde_json, which has no way to set another.
pub const DEPTH_MAX: usize = 128;

/// What one delivery held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intake {
    /// In the order of the body.
    pub alerts: Vec<Alert>,
    /// What changed, of a sender of changes.
    pub changes: Vec<Draft>,
    /// What the sender says of the whole group, if it says so. A firing group may hold resolved alerts.
    pub group_status: Option<Status>,
    /// How many more alerts the sender had and did not send.
    pub truncated: u64,
    /// No status was said, and what has an end is over from then on.
    pub is_over_by_end: bool,
    /// What was odd about the delivery as a whole, in a sentence each.
    pub notes: Vec<String>,
    /// An address that a person opens once, so that the sender goes on sending. Nothing here follows it.
    pub open_once: Option<String>,
}

impl Intake {
    /// As it is to be taken at this time: where ends stand for a status, what has not come to its end fires, and has none.
    #[must_use]
    pub fn as_of(mut self, now: DateTime<Utc>) -> Intake {
        if self.is_over_by_end {
            for alert in &mut self.alerts {
                match alert.ends_at {
                    Some(end) if end <= now => alert.status = Status::Resolved,
                    _ => alert.ends_at = None,
                }
            }
        }
        self
    }
}

/// A program that posts alerts, and how its bodies read.
pub trait Sender: fmt::Debug + Send + Sync {
    /// The hook's name, which every alert of it carries as its source.
    fn name(&self) -> &str;

    /// Reads one body.
    ///
    /// # Errors
    /// [`Rejected`] if the body is not what this sender sends. Nothing is read by halves: a refusal says that no
    /// alert of the body was taken. What is merely odd is taken, and noted.
    fn read(&self, body: &[u8], content_type: Option<&str>) -> Result<Intake, Rejected>;
}

/// Why a body was not read. Its words are for whoever set up the hook.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejected {
    #[error("The body is empty. Send the alert as JSON in the body of a POST.")]
    Empty,
    #[error(
        "The body is packed in a way that is not read here (Content-Encoding: {how}). Send it as it is, or with `Content-Encoding: gzip`."
    )]
    PackedOtherwise { how: String },
    #[error(
        "The body is not the gzip that its header Content-Encoding says: {why}. Send it as it is, without that header, or packed whole."
    )]
    NotGzip { why: String },
    #[error("The body has {bytes} bytes, the limit is {limit}. Send fewer alerts in one delivery.")]
    TooLarge { bytes: usize, limit: usize },
    #[error("The body is not UTF-8: byte {at} begins no character. Send the text as UTF-8.")]
    NotUtf8 { at: usize },
    #[error(
        "The body is not JSON: {why} (line {line}, column {column}). Check what the sender's template writes there."
    )]
    NotJson { line: usize, column: usize, why: String },
    #[error(
        "The JSON of the body is nested deeper than {limit} levels (line {line}, column {column}). Send a flatter body."
    )]
    TooDeep { line: usize, column: usize, limit: usize },
    #[error(
        "The body holds {found} alerts, the limit is {limit}. Let the sender send fewer in one delivery (in Alertmanager: `max_alerts` of the webhook)."
    )]
    TooMany { found: usize, limit: usize },
    #[error(
        "The body is JSON, but the sender `{sender}` cannot read it: {why} (line {line}, column {column}). Check that the right program posts to this hook."
    )]
    NotTheShape { sender: String, line: usize, column: usize, why: String },
    #[error(
        "The body is JSON, but the sender `{sender}` cannot read it: {field} is missing. Check that the right program posts to this hook."
    )]
    Missing { sender: String, field: String },
    #[error(
        "The body is JSON, but the sender `{sender}` cannot read it: alert {number} of it is not an object. Check that the right program posts to this hook."
    )]
    NotAnObject { sender: String, number: usize },
}

impl Rejected {
    /// From a reader's error, for a body read as `sender`'s.
    pub(crate) fn from_json(sender: &str, error: &serde_json::Error) -> Rejected {
        let (line, column) = (error.line(), error.column());
        let full = error.to_string();
        // The place is said in our own words.
        let why = full.rsplit_once(" at line ").map_or(full.as_str(), |(why, _)| why);
        if why == "recursion limit exceeded" {
            return Rejected::TooDeep { line, column, limit: DEPTH_MAX };
        }
        let why = quote(why).trim_matches(['“', '”']).to_owned();
        if error.is_data() {
            Rejected::NotTheShape { sender: sender.to_owned(), line, column, why }
        } else {
            Rejected::NotJson { line, column, why }
        }
    }
}

/// The body as text, if it is within the limits and UTF-8. A byte order mark at its head is left out.
///
/// # Errors
/// [`Rejected::TooLarge`], [`Rejected::NotUtf8`], [`Rejected::Empty`].
pub fn body_text(body: &[u8]) -> Result<&str, Rejected> {
    if body.len() > BODY_MAX_BYTES {
        return Err(Rejected::TooLarge { bytes: body.len(), limit: BODY_MAX_BYTES });
    }
    let text = std::str::from_utf8(body).map_err(|e| Rejected::NotUtf8 { at: e.valid_up_to() })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Rejected::Empty);
    }
    Ok(text)
}

/// Whether a content type is `wanted` (`type/subtype`), parameters and case aside.
pub fn is_content_type(content_type: Option<&str>, wanted: &str) -> bool {
    content_type
        .and_then(|c| c.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case(wanted))
}

/// Labels or annotations of one alert: cleaned, cut, at most [`LABELS_MAX`].
pub(crate) fn pairs<'a>(
    what: &str,
    raw: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    max_bytes: usize,
    notes: &mut Vec<String>,
) -> std::collections::BTreeMap<String, String> {
    use super::text::{NAME_MAX_BYTES, block, is_plain, line, note};
    let mut kept = std::collections::BTreeMap::new();
    let mut left_out = 0usize;
    for (name, value) in raw {
        if kept.len() >= LABELS_MAX {
            left_out += 1;
            continue;
        }
        let fits = name.len() <= NAME_MAX_BYTES && value.len() <= max_bytes;
        if fits && is_plain(&name) && is_plain(&value) {
            kept.insert(name.into_owned(), value.into_owned());
        } else {
            let shown = format!("{what} {}", quote(&name));
            let name = line(&format!("name of the {shown}"), &name, NAME_MAX_BYTES, notes);
            kept.insert(name, block(&shown, &value, max_bytes, notes));
        }
    }
    if left_out > 0 {
        note(notes, || format!("More than {LABELS_MAX} {what}s; {left_out} were left out."));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_where_and_what_to_do() {
        let error = serde_json::from_str::<serde_json::Value>("{\"a\":\n tru}").unwrap_err();
        insta::assert_snapshot!(Rejected::from_json("alertmanager", &error), @"The body is not JSON: expected ident (line 2, column 5). Check what the sender's template writes there.");
        let error = serde_json::from_str::<u8>("\"x\"").unwrap_err();
        insta::assert_snapshot!(Rejected::from_json("alertmanager", &error), @r#"The body is JSON, but the sender `alertmanager` cannot read it: invalid type: string "x", expected u8 (line 1, column 3). Check that the right program posts to this hook."#);
        let error = serde_json::from_str::<serde_json::Value>(&"[".repeat(200)).unwrap_err();
        insta::assert_snapshot!(Rejected::from_json("alertmanager", &error), @"The JSON of the body is nested deeper than 128 levels (line 1, column 128). Send a flatter body.");
        insta::assert_snapshot!(body_text(b"{\"a\": \"\xff\"}").unwrap_err(), @"The body is not UTF-8: byte 7 begins no character. Send the text as UTF-8.");
        insta::assert_snapshot!(body_text(b" \n").unwrap_err(), @"The body is empty. Send the alert as JSON in the body of a POST.");
        insta::assert_snapshot!(body_text(&vec![b' '; BODY_MAX_BYTES + 1]).unwrap_err(), @"The body has 67108865 bytes, the limit is 67108864. Send fewer alerts in one delivery.");
    }

    #[test]
    fn a_byte_order_mark_is_no_fault() {
        assert_eq!(body_text(b"\xef\xbb\xbf{}"), Ok("{}"));
    }

    #[test]
    fn content_types_are_compared_without_their_parameters() {
        assert!(is_content_type(Some("Application/JSON; charset=utf-8"), "application/json"));
        assert!(!is_content_type(Some("application/jsonx"), "application/json"));
        assert!(!is_content_type(None, "application/json"));
    }
}
