//! The severity of an alert, in the five words that the senders' many words come down to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad the sender says it is. In order, so that the worst is the maximum; a sender that says nothing, or
/// a word we do not know, stands lowest: a rule that asks for a severity must not match by accident.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AlertSeverity {
    #[default]
    Unknown,
    Info,
    Warning,
    Error,
    Critical,
}

impl AlertSeverity {
    /// Lowest first.
    pub const ALL: [AlertSeverity; 5] = [
        AlertSeverity::Unknown,
        AlertSeverity::Info,
        AlertSeverity::Warning,
        AlertSeverity::Error,
        AlertSeverity::Critical,
    ];

    pub fn word(self) -> &'static str {
        match self {
            AlertSeverity::Unknown => "unknown",
            AlertSeverity::Info => "info",
            AlertSeverity::Warning => "warning",
            AlertSeverity::Error => "error",
            AlertSeverity::Critical => "critical",
        }
    }

    /// Reads a sender's word, in any case and with blanks around it.
    ///
    /// The words are those of Prometheus rules in the wild (`page` is in Prometheus' own examples), syslog
    /// (RFC 5424), Nagios, Zabbix, and the P1 and SEV1 ladders. A bare number is unknown: for some senders 1
    /// is the worst, for others the best.
    pub fn read(word: &str) -> AlertSeverity {
        const WORDS: [(AlertSeverity, &[&str]); 4] = [
            (
                AlertSeverity::Critical,
                &[
                    "critical",
                    "crit",
                    "page",
                    "fatal",
                    "emergency",
                    "emerg",
                    "panic",
                    "alert",
                    "disaster",
                    "blocker",
                    "highest",
                    "urgent",
                    "p0",
                    "p1",
                    "sev0",
                    "sev1",
                    "sev-1",
                ],
            ),
            (AlertSeverity::Error, &["error", "err", "high", "major", "severe", "p2", "sev2", "sev-2"]),
            (
                AlertSeverity::Warning,
                &["warning", "warn", "average", "medium", "moderate", "minor", "p3", "sev3", "sev-3"],
            ),
            (
                AlertSeverity::Info,
                &[
                    "info",
                    "information",
                    "informational",
                    "notice",
                    "low",
                    "lowest",
                    "debug",
                    "trivial",
                    "none",
                    "ok",
                    "p4",
                    "p5",
                    "sev4",
                    "sev5",
                    "sev-4",
                    "sev-5",
                ],
            ),
        ];
        let word = word.trim();
        WORDS
            .iter()
            .find(|(_, words)| words.iter().any(|w| w.eq_ignore_ascii_case(word)))
            .map_or(AlertSeverity::Unknown, |(severity, _)| *severity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_read_in_any_case() {
        for (word, severity) in [
            ("critical", AlertSeverity::Critical),
            (" Page ", AlertSeverity::Critical),
            ("P1", AlertSeverity::Critical),
            ("SEV-2", AlertSeverity::Error),
            ("Average", AlertSeverity::Warning),
            ("warning", AlertSeverity::Warning),
            ("info", AlertSeverity::Info),
            ("1", AlertSeverity::Unknown),
            ("", AlertSeverity::Unknown),
            ("purple", AlertSeverity::Unknown),
        ] {
            assert_eq!(AlertSeverity::read(word), severity, "{word}");
        }
    }

    #[test]
    fn every_severity_reads_back_from_its_own_word_and_unknown_is_the_lowest() {
        for severity in AlertSeverity::ALL {
            assert_eq!(AlertSeverity::read(severity.word()), severity);
        }
        assert!(AlertSeverity::ALL.is_sorted());
    }
}
