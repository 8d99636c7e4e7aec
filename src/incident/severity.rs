//! Severity: how much it hurts. SEV1 is the worst. Type (how much organization it needs) is another axis.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::post::Impact;

/// SEV1 (critical, public notice) to SEV5 (cosmetic). The ladder of PagerDuty's incident response documentation.
/// Order: a greater value is a *worse* severity, so `Sev1 > Sev2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Sev1,
    Sev2,
    Sev3,
    Sev4,
    Sev5,
}

impl Severity {
    pub const ALL: [Severity; 5] = [Self::Sev1, Self::Sev2, Self::Sev3, Self::Sev4, Self::Sev5];

    /// 1 to 5.
    pub fn level(self) -> u8 {
        match self {
            Self::Sev1 => 1,
            Self::Sev2 => 2,
            Self::Sev3 => 3,
            Self::Sev4 => 4,
            Self::Sev5 => 5,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Sev1 => "sev1",
            Self::Sev2 => "sev2",
            Self::Sev3 => "sev3",
            Self::Sev4 => "sev4",
            Self::Sev5 => "sev5",
        }
    }

    /// One line that says when to use it, for forms and autocomplete.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Sev1 => "critical: many customers, public notice, executives told",
            Self::Sev2 => "major: a service is down or badly slow for many",
            Self::Sev3 => "minor customer impact, or stability at risk",
            Self::Sev4 => "a small fault, fix it in working hours",
            Self::Sev5 => "cosmetic",
        }
    }

    pub fn worse_than(self, other: Severity) -> bool {
        self.level() < other.level()
    }

    /// The impact that the public is shown unless the Public Information Officer says otherwise.
    pub fn impact(self) -> Impact {
        match self {
            Self::Sev1 => Impact::Critical,
            Self::Sev2 => Impact::Major,
            Self::Sev3 => Impact::Minor,
            Self::Sev4 | Self::Sev5 => Impact::None,
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SEV{}", self.level())
    }
}

impl std::str::FromStr for Severity {
    type Err = String;
    /// Reads `sev1`, `SEV-1`, `s1`, `1`.
    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_lowercase();
        let digits = lower.trim_start_matches("sev").trim_start_matches('s').trim_start_matches(['-', ' ']);
        Self::ALL.into_iter().find(|s| s.level().to_string() == digits).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!("«{shown}» is no severity. Use sev1 (critical) to sev5 (cosmetic).")
        })
    }
}
