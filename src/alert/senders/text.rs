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
//! - at its end: `x is down`, `x is back up`, `x has recovered`, Checkmk's `x OK -> CRIT`, Elastic Beanstalk's
//!   `x has transitioned from Ok to Severe`. It is over so only if what stands
//!   before is the name of a thing: «nobody knows if it is OK» fires;
//! - as a sign before it: 🔴 🚨 ❌ and their like, 🟡 ⚠ for a warning, ✅ 🟢 when it is over;
//! - the subjects of Monit (`monit alert -- EVENT SERVICE`) and of Uptime Kuma (`[x] [🔴 Down] why`);
//! - the letters of Zabbix, by host and number of the problem in their text.
//!
//! What is said outright goes before a sign, a sign before the end of the line, and all of them before `ALERT` or a
//! severity. `Re:` and `Fwd:` are nothing. What fires and what ends it are one alert by what is left without all that.

mod ending;
mod headline;
mod letters;
#[cfg(test)]
mod tests;
mod words;

use headline::left;
pub(super) use headline::{Headline, marks};
use letters::{of_kuma, of_monit, of_zabbix};

use crate::alert::draft::{Draft, Reading};
use crate::alert::intake::body_text;
use crate::alert::text::digest;
use crate::alert::{Intake, Rejected, Sender};

/// Most bytes of a first line that are searched: no subject is longer, and some bodies are one line of megabytes.
const LINE_MAX_BYTES: usize = 4_000;

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

impl Sender for Text {
    fn name(&self) -> &str {
        &self.source
    }

    fn read(&self, body: &[u8], _content_type: Option<&str>) -> Result<Intake, Rejected> {
        let text = body_text(body)?.trim();
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let mut out = Reading::new("text", &self.source, body);
        read(first, rest, &mut out);
        Ok(out.done())
    }
}

/// A line, or the subject of a letter, and what stands below it.
pub(super) fn read(first: &str, rest: &str, out: &mut Reading<'_>) {
    let line = told(first, rest);
    if line.is_no_change {
        out.no_alert(format!("{}: no change of its state.", line.title));
        return;
    }
    let mut alert = Draft::new(digest(line.subject.as_bytes()), line.title);
    alert.says(line.said);
    alert.severity(line.severity);
    for (name, value) in line.labels {
        alert.label(name, value);
    }
    alert.describe(rest);
    out.alert(alert);
}

/// What a line says, or the subject of a letter, with what stands below it.
pub(super) fn told(first: &str, rest: &str) -> Headline {
    let mut first = first.trim();
    while let Some(after) = forwarded(first) {
        first = after.trim();
    }
    if first.len() > LINE_MAX_BYTES {
        return Headline { title: first.to_owned(), subject: first.to_owned(), ..Headline::default() };
    }
    of_monit(first, rest)
        .or_else(|| of_kuma(first))
        .or_else(|| of_zabbix(first, rest))
        .map_or_else(|| Headline::read(first), |line| Headline { is_told: true, ..line })
}

/// What stands behind the mark of an answer or of a forwarded letter.
fn forwarded(line: &str) -> Option<&str> {
    let (mark, rest) = line.split_once(':')?;
    let is_one = matches!(mark.trim_end().to_ascii_lowercase().as_str(), "re" | "fwd" | "fw" | "aw" | "wg");
    if is_one { left(rest) } else { None }
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] =
    &["PROBLEM: disk is full on db1\n/data has 1% left", "RESOLVED: disk is full on db1"];
