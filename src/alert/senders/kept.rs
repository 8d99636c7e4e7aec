//! A body that nobody understood, kept whole.
//!
//! The fallback of a hook whose configuration says `keep_unreadable = true`: a monitor that shouts something
//! unreadable is still a monitor that shouts. One alert holds it, or several one part each: so nothing is left out, and
//! whatever shows an alert has no more of it at once than of any other.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::alert::text::{TITLE_MAX_BYTES, acts, digest, line};
use crate::alert::{Alert, AlertSeverity, Intake, Rejected, Status};
use crate::mask::Masked;

/// Most of a body in one alert, in bytes of its written form.
pub const PART_MAX_BYTES: usize = 256 * 1024;

/// The body as a firing alert of unknown severity, with `why` it was not read; a long one as several, a part in each.
///
/// Bytes that are not UTF-8 and characters that act on a screen are written as `\x1b` and `\u{202e}`, so that
/// nothing is lost and nothing acts. The same body again is a repeat. All unread bodies of a source are one
/// group.
pub fn keep(source: &str, body: &[u8], why: &Rejected) -> Intake {
    whole(source, body, why, written(body), "as it came")
}

/// The same of a body that came packed, and in a way that could not be undone: where it is no text, in Base64.
pub fn keep_packed(source: &str, body: &[u8], why: &Rejected) -> Intake {
    match std::str::from_utf8(body) {
        Ok(_) => keep(source, body, why),
        Err(_) => whole(source, body, why, STANDARD.encode(body), "as it came, in Base64"),
    }
}

/// `text` is what stands for the body, and `how` says so.
fn whole(source: &str, body: &[u8], why: &Rejected, mut text: String, how: &str) -> Intake {
    let mut masked = Masked::default();
    // Before it is parted: a secret across a border would be two halves that nobody knows for one.
    masked.mask(&mut text);
    let but = if masked.is_empty() { "" } else { " but for what was masked" };
    let (parts, identity) = (parts(&text), digest(body));
    let count = parts.len();
    let alert = |number: usize, part: &str| {
        let mut notes = vec![why.to_string()];
        let mut labels = BTreeMap::new();
        let mut fingerprint = identity.clone();
        if count == 1 {
            notes.push(format!("The body was kept {how}{but}."));
        } else {
            notes.push(format!(
                "The body was kept {how}{but}, {} bytes in {count} alerts; this is part {number}.",
                body.len()
            ));
            labels.insert("part".to_owned(), format!("{number} of {count}"));
        }
        if number > 1 {
            fingerprint.push_str(&format!("/{number}"));
        }
        if !masked.is_empty() {
            notes.push(format!("Masked, as it looks secret: {}.", masked.kinds()));
        }
        let title = format!("A body from {source} that could not be read");
        Alert {
            source: source.to_owned(),
            fingerprint,
            status: Status::Firing,
            acknowledged: false,
            severity: AlertSeverity::Unknown,
            severity_text: String::new(),
            title: line("title", &title, TITLE_MAX_BYTES, &mut notes),
            description: part.to_owned(),
            starts_at: None,
            ends_at: None,
            labels,
            annotations: BTreeMap::new(),
            links: Vec::new(),
            group_key: "unreadable".to_owned(),
            notes,
        }
    };
    // The first part last: of alerts that came together the last is shown on top.
    let alerts = parts.into_iter().enumerate().rev().map(|(at, part)| alert(at + 1, part)).collect();
    Intake { alerts, ..Intake::default() }
}

/// The text in its order, each part at most [`PART_MAX_BYTES`].
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > PART_MAX_BYTES {
        let (part, after) = rest.split_at(rest.floor_char_boundary(PART_MAX_BYTES));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

fn written(body: &[u8]) -> String {
    let mut out = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        for c in chunk.valid().chars() {
            let plain = matches!(c, '\n' | '\t') || !acts(c);
            if plain {
                out.push(c);
            } else {
                out.extend(c.escape_unicode());
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
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
    fn a_huge_body_is_kept_whole_in_parts_of_which_the_first_is_shown_first() {
        let mut body: Vec<u8> = (0..60_000).flat_map(|n: u32| format!("line {n} ä\n").into_bytes()).collect();
        body.extend([0xff, 0x1b]);
        let alerts = keep("legacy", &body, &Rejected::Empty).alerts;
        assert!(alerts.len() > 2 && alerts.iter().all(|alert| alert.description.len() <= PART_MAX_BYTES));
        let whole: String = alerts.iter().rev().map(|alert| alert.description.as_str()).collect();
        assert_eq!(whole, written(&body));
        assert!(whole.starts_with("line 0 ä\n") && whole.ends_with("line 59999 ä\n\\xff\\u{1b}"));
        let keys: std::collections::BTreeSet<_> = alerts.iter().map(Alert::key).collect();
        assert_eq!(keys.len(), alerts.len());
        let first = alerts.last().unwrap();
        assert_eq!(first.labels["part"], format!("1 of {}", alerts.len()));
        let note =
            format!("kept as it came, {} bytes in {} alerts; this is part 1.", body.len(), alerts.len());
        assert!(first.notes.last().unwrap().ends_with(&note), "{:?}", first.notes);
    }

    #[test]
    fn a_packed_body_is_kept_so_that_it_can_be_had_back_and_one_that_is_text_so_that_it_can_be_read() {
        let packed: Vec<u8> = [0x1f, 0x8b].into_iter().chain((0..=255).cycle().take(500_000)).collect();
        let why = Rejected::NotGzip { why: "corrupt deflate stream".into() };
        let alerts = keep_packed("legacy", &packed, &why).alerts;
        assert!(alerts.len() > 1 && alerts.iter().all(|alert| alert.description.len() <= PART_MAX_BYTES));
        let whole: String = alerts.iter().rev().map(|alert| alert.description.as_str()).collect();
        assert_eq!(STANDARD.decode(whole).unwrap(), packed);
        assert!(alerts[0].notes[0].contains("corrupt deflate stream"));
        assert!(alerts[0].notes[1].starts_with("The body was kept as it came, in Base64, 500002 bytes in"));
        let plain = keep_packed("legacy", b"the disk is full", &why).alerts.remove(0);
        assert_eq!(plain.description, "the disk is full");
        assert_eq!(plain.notes[1], "The body was kept as it came.");
    }

    #[test]
    fn a_secret_on_the_border_of_two_parts_is_in_neither() {
        let secret = format!("ghp_{}", "Ab1".repeat(12));
        let words = "the disk is full ".repeat(PART_MAX_BYTES / 10);
        for before in [1, 4, 20, secret.len() - 1] {
            let filled = words.get(..PART_MAX_BYTES - before - 1).unwrap();
            let body = format!("{filled} {secret} is the token");
            let alerts = keep("legacy", body.as_bytes(), &Rejected::Empty).alerts;
            let whole: String = alerts.iter().rev().map(|alert| alert.description.as_str()).collect();
            assert!(!whole.contains("Ab1Ab1") && whole.ends_with(" is the token"), "{before}");
            let is_told = |alert: &Alert| alert.notes.concat().contains("Masked, as it looks secret");
            assert!(alerts.iter().all(is_told), "{before}");
        }
    }

    #[test]
    fn a_body_of_which_a_secret_was_masked_is_not_said_to_be_as_it_came() {
        let body = b"monitor=web1&token=abcdef12345&status=Down&host=db1&reason=timeout";
        let alert = keep("legacy", body, &Rejected::Empty).alerts.remove(0);
        assert_eq!(
            alert.description,
            "monitor=web1&token=[masked:password]&status=Down&host=db1&reason=timeout"
        );
        let mut again = alert.clone();
        again.mask();
        assert_eq!(again, alert, "it is said once");
        assert_eq!(
            alert.notes[1..],
            [
                "The body was kept as it came but for what was masked.",
                "Masked, as it looks secret: password."
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_kept(body: Vec<u8>) {
            let intake = keep("legacy", &body, &Rejected::Empty);
            prop_assert_eq!(intake.alerts.len(), 1);
        }
    }
}
