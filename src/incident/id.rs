//! Incident numbers that people say: `INC-1`, `DRILL-7`.

use serde::{Deserialize, Serialize};

use super::kind::Kind;

/// `INC-1`, `DRILL-7`, `TEST-2`. Also the name of the incident's stream in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IncidentId {
    pub kind: Kind,
    pub number: u32,
}

impl IncidentId {
    pub fn new(kind: Kind, number: u32) -> Self {
        Self { kind, number }
    }
}

impl std::fmt::Display for IncidentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.kind.prefix(), self.number)
    }
}

impl From<IncidentId> for String {
    fn from(id: IncidentId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for IncidentId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for IncidentId {
    type Err = String;
    /// Reads `INC-1`, `inc-1` and `#inc-1`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let shown: String = text.chars().take(40).collect();
            format!("«{shown}» is no incident number. Write INC-1 or DRILL-1.")
        };
        let (prefix, number) = text.trim().trim_start_matches('#').split_once('-').ok_or_else(wrong)?;
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.prefix().eq_ignore_ascii_case(prefix))
            .ok_or_else(wrong)?;
        // No leading zeros or plus signs: one incident has one spelling.
        if number.is_empty() || number.starts_with('0') || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        Ok(Self { kind, number: number.parse().map_err(|_| wrong())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_as_they_are_written() {
        for text in ["INC-1", "DRILL-42", "TEST-7"] {
            assert_eq!(text.parse::<IncidentId>().unwrap().to_string(), text);
        }
        assert_eq!("#inc-3".parse::<IncidentId>().unwrap().to_string(), "INC-3");
    }

    #[test]
    fn what_is_no_number_is_refused_with_a_sentence() {
        for text in ["", "INC", "INC-", "INC-0", "INC-01", "INC-+1", "FOO-1", "INC-99999999999", "INC-1\0"] {
            assert!(text.parse::<IncidentId>().unwrap_err().contains("no incident number"), "{text}");
        }
    }
}
