//! Plain text: the first line is the title, the rest says more.
//!
//! `RESOLVED` or `OK` before it (with `:`, or in brackets) ends what the same line raised without.

use crate::alert::draft::{Draft, Reading, Said};
use crate::alert::intake::body_text;
use crate::alert::text::digest;
use crate::alert::{Intake, Rejected, Sender};

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

const MARKS: [(&str, Said); 6] = [
    ("RESOLVED", Said::Resolved),
    ("OK", Said::Resolved),
    ("RECOVERY", Said::Resolved),
    ("FIRING", Said::Firing),
    ("PROBLEM", Said::Firing),
    ("ALERT", Said::Firing),
];

impl Sender for Text {
    fn name(&self) -> &str {
        &self.source
    }

    fn read(&self, body: &[u8], _content_type: Option<&str>) -> Result<Intake, Rejected> {
        let text = body_text(body)?.trim();
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (said, title) = MARKS
            .iter()
            .find_map(|(mark, said)| Some((*said, marked(first.trim(), mark)?)))
            .unwrap_or((Said::Firing, first.trim()));
        let mut alert = Draft::new(digest(title.as_bytes()), title);
        alert.says(said);
        alert.describe(rest);
        let mut out = Reading::new("text", &self.source, body);
        out.alert(alert);
        Ok(out.done())
    }
}

/// What stands behind a mark: `OK: x`, `[OK] x`.
fn marked<'t>(line: &'t str, mark: &str) -> Option<&'t str> {
    let bare = line.strip_prefix('[').unwrap_or(line);
    let rest =
        bare.get(..mark.len()).filter(|lead| lead.eq_ignore_ascii_case(mark)).and(bare.get(mark.len()..))?;
    let closing = if line.starts_with('[') { ']' } else { ':' };
    rest.strip_prefix(closing).map(str::trim).filter(|title| !title.is_empty())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] =
    &["PROBLEM: disk is full on db1\n/data has 1% left", "RESOLVED: disk is full on db1"];
