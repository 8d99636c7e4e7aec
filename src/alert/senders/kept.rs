//! A body that nobody understood, kept whole as one alert.
//!
//! The fallback of a hook whose configuration says `keep_unreadable = true`: a monitor that shouts something
//! unreadable is still a monitor that shouts.

use std::collections::BTreeMap;

use crate::alert::text::{TITLE_MAX_BYTES, acts, digest, line, note};
use crate::alert::{Alert, AlertSeverity, Intake, Rejected, Status};

/// Most of the body that is kept, in bytes of its written form.
pub const KEPT_MAX_BYTES: usize = 256 * 1024;

/// The body as one firing alert of unknown severity, with `why` it was not read.
///
/// Bytes that are not UTF-8 and characters that act on a screen are written as `\x1b` and `\u{202e}`, so that
/// nothing is lost and nothing acts. The same body again is a repeat. All unread bodies of a source are one
/// group.
pub fn keep(source: &str, body: &[u8], why: &Rejected) -> Intake {
    let mut notes = vec![why.to_string(), "The body was kept as it came.".to_owned()];
    let description = written(body, &mut notes);
    let title =
        line("title", &format!("A body from {source} that could not be read"), TITLE_MAX_BYTES, &mut notes);
    Intake {
        alerts: vec![Alert {
            source: source.to_owned(),
            fingerprint: digest(body),
            status: Status::Firing,
            acknowledged: false,
            severity: AlertSeverity::Unknown,
            severity_text: String::new(),
            title,
            description,
            starts_at: None,
            ends_at: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            links: Vec::new(),
            group_key: "unreadable".to_owned(),
            notes,
        }],
        ..Intake::default()
    }
}

fn written(body: &[u8], notes: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(body.len().min(KEPT_MAX_BYTES));
    for chunk in body.utf8_chunks() {
        for c in chunk.valid().chars() {
            let plain = matches!(c, '\n' | '\t') || !acts(c);
            if plain {
                out.push(c);
            } else {
                out.extend(c.escape_unicode());
            }
            if out.len() > KEPT_MAX_BYTES {
                break;
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
        if out.len() > KEPT_MAX_BYTES {
            out.truncate(out.floor_char_boundary(KEPT_MAX_BYTES));
            note(notes, || {
                format!(
                    "Of its {} bytes ({}) the first {KEPT_MAX_BYTES} were kept.",
                    body.len(),
                    digest(body)
                )
            });
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_unreadable_body_stands_whole_in_one_alert() {
        let body = b"DISK FULL \x1b[31m on db1\n\xff\xfe {not json";
        let intake = keep("legacy", body, &Rejected::NotUtf8 { at: 23 });
        let [alert] = intake.alerts.as_slice() else { panic!("{intake:?}") };
        assert_eq!(alert.description, "DISK FULL \\u{1b}[31m on db1\n\\xff\\xfe {not json");
        assert_eq!(alert.status, Status::Firing);
        assert!(alert.notes.concat().contains("not UTF-8: byte 23"), "{:?}", alert.notes);
    }

    #[test]
    fn the_same_body_again_is_a_repeat_and_another_is_not() {
        let key = |body: &[u8]| keep("legacy", body, &Rejected::Empty).alerts.first().unwrap().key();
        assert_eq!(key(b"a"), key(b"a"));
        assert_ne!(key(b"a"), key(b"b"));
    }

    #[test]
    fn a_huge_body_is_cut_and_its_size_told() {
        let body = vec![b'x'; KEPT_MAX_BYTES + 10];
        let intake = keep("legacy", &body, &Rejected::Empty);
        let alert = intake.alerts.first().unwrap();
        assert_eq!(alert.description.len(), KEPT_MAX_BYTES);
        assert!(alert.notes.last().unwrap().contains(&body.len().to_string()));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_kept(body: Vec<u8>) {
            let intake = keep("legacy", &body, &Rejected::Empty);
            prop_assert_eq!(intake.alerts.len(), 1);
        }
    }
}
