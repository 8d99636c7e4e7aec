//! Alerts: what a monitor posts, read into one shape.
//!
//! A [`Sender`] reads the bytes of one delivery into [`Alert`]s; [`situation`] counts the alerts of one group;
//! [`rules`] says what becomes of them; [`cause`] which of them tell what users feel and which why; [`change`] is
//! what was changed before; [`report`] says which rules deserve to wake somebody. Pure: bytes and times come in as
//! arguments, nothing here opens, waits or asks for the time. Texts are kept as they were sent, apart from
//! characters that act on a screen instead of standing on it (see [`text`]); escaping belongs to the doors that
//! show them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::mask::Masked;

pub mod arranged;
mod body;
pub mod cause;
pub mod change;
mod draft;
pub mod explain;
pub mod flapping;
pub mod group;
pub mod heartbeat;
pub mod intake;
pub mod judgement;
pub mod links;
pub mod mapping;
pub mod order;
pub mod replay;
pub mod report;
pub mod rules;
pub mod senders;
pub mod service;
pub mod severity;
pub mod situation;
pub mod text;
pub mod times;
pub mod window;

#[cfg(test)]
mod damage;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod recorded;

pub use intake::{Intake, Rejected, Sender};
pub use links::{Link, LinkKind};
pub use severity::AlertSeverity;

/// Whether the condition holds now, as the sender says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Firing,
    Resolved,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Status::Firing => "firing",
            Status::Resolved => "resolved",
        }
    }
}

/// What an alert is known by.
pub type Key = [u8; 20];

/// One observation of one alert, as a sender reported it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The hook's name: `alertmanager`, `pingdom`, or the name of a configured generic hook.
    pub source: String,
    /// Stable identity within the source. One that is too long or unprintable stands here as its hash.
    pub fingerprint: String,
    pub status: Status,
    /// Somebody has said at the sender that they are on it. The alert still fires.
    pub acknowledged: bool,
    pub severity: AlertSeverity,
    /// The sender's own word for the severity; empty if it said none.
    pub severity_text: String,
    /// One line, never empty.
    pub title: String,
    /// May hold several lines; may be empty.
    pub description: String,
    /// When the condition began, by the sender's clock. `0001-01-01` means "not set" and is `None`.
    pub starts_at: Option<DateTime<Utc>>,
    /// When the condition ended, by the sender's clock; `None` while it is open.
    pub ends_at: Option<DateTime<Utc>>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    /// Only `http` and `https`, without credentials.
    pub links: Vec<Link>,
    /// What a situation groups by within this source.
    pub group_key: String,
    /// What was missing, cut or odd, in a sentence each.
    pub notes: Vec<String>,
}

impl Alert {
    /// Masks secrets in what the monitor sent. An identity that holds one is kept as its hash, so that it stays the same.
    pub fn mask(&mut self) {
        let mut seen = Masked::default();
        for identity in [&mut self.fingerprint, &mut self.group_key] {
            let mut masked = identity.clone();
            seen.mask(&mut masked);
            if masked != *identity {
                *identity = text::digest(identity.as_bytes());
            }
        }
        let texts = [&mut self.severity_text, &mut self.title, &mut self.description]
            .into_iter()
            .chain(self.labels.values_mut())
            .chain(self.annotations.values_mut())
            .chain(self.links.iter_mut().map(|link| &mut link.url))
            .chain(self.notes.iter_mut());
        for text in texts {
            seen.mask(text);
        }
        if !seen.is_empty() {
            text::note(&mut self.notes, || format!("Masked, as it looks secret: {}.", seen.kinds()));
        }
    }

    /// Whether it says no more than how it goes with the alert of its fingerprint.
    pub fn is_mere_word(&self) -> bool {
        self.title == self.fingerprint
            && self.severity == AlertSeverity::Unknown
            && self.description.is_empty()
            && self.labels.is_empty()
    }

    /// The alert that it is a mere word about, as it is now.
    pub fn said_of(&self, before: Alert) -> Alert {
        let mut annotations = before.annotations;
        annotations.extend(self.annotations.clone());
        Alert {
            status: self.status,
            acknowledged: self.acknowledged,
            starts_at: self.starts_at.or(before.starts_at),
            ends_at: self.ends_at,
            annotations,
            ..before
        }
    }

    /// De-duplication key: when it began, in seconds since 1970 (big-endian; 0 for none), then the first 16 bytes of SHA-256
    /// over source, fingerprint and start.
    ///
    /// The same fingerprint with another start is a new alert; with the same start it is a repeat, whatever
    /// its status. Each part is hashed with its length before it, so no two triples share a message. As the start stands
    /// first, what begins at one time is near to each other in an index: a storm touches few pages of it, however many
    /// alerts there have been before.
    pub fn key(&self) -> Key {
        let mut hash = Sha256::new();
        for part in [&self.source, &self.fingerprint] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        match self.starts_at {
            None => hash.update([0]),
            Some(at) => {
                hash.update([1]);
                hash.update(at.timestamp().to_le_bytes());
                hash.update(at.timestamp_subsec_nanos().to_le_bytes());
            }
        }
        let second = self.starts_at.map_or(0, |at| u32::try_from(at.timestamp()).unwrap_or(0));
        let mut key = Key::default();
        for (to, from) in key.iter_mut().zip(second.to_be_bytes().into_iter().chain(hash.finalize())) {
            *to = from;
        }
        key
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A firing alert to vary in tests.
    pub fn alert(fingerprint: &str) -> Alert {
        Alert {
            source: "alertmanager".into(),
            fingerprint: fingerprint.into(),
            status: Status::Firing,
            acknowledged: false,
            severity: AlertSeverity::Critical,
            severity_text: "critical".into(),
            title: format!("Disk full on {fingerprint}"),
            description: String::new(),
            starts_at: DateTime::from_timestamp(1_795_205_588, 0),
            ends_at: None,
            labels: BTreeMap::from([("service".into(), "checkout".into())]),
            annotations: BTreeMap::new(),
            links: Vec::new(),
            group_key: "{}:{alertname=\"DiskFull\"}".into(),
            notes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::alert;
    use super::*;

    #[test]
    fn a_repeat_keeps_the_key_and_a_new_start_is_a_new_alert() {
        let first = alert("db1");
        let resolved = Alert {
            status: Status::Resolved,
            ends_at: DateTime::from_timestamp(1_795_205_700, 0),
            title: "another text".into(),
            ..first.clone()
        };
        assert_eq!(first.key(), resolved.key());

        let again = Alert { starts_at: DateTime::from_timestamp(1_795_205_588, 1), ..first.clone() };
        let no_start = Alert { starts_at: None, ..first.clone() };
        let elsewhere = Alert { source: "grafana".into(), ..first.clone() };
        let keys = [first.key(), again.key(), no_start.key(), elsewhere.key()];
        for (i, a) in keys.iter().enumerate() {
            assert!(keys.iter().skip(i + 1).all(|b| a != b), "{keys:?}");
        }
    }

    #[test]
    fn the_border_between_source_and_fingerprint_is_part_of_the_key() {
        let one = Alert { source: "ab".into(), fingerprint: "c".into(), ..alert("x") };
        let two = Alert { source: "a".into(), fingerprint: "bc".into(), ..alert("x") };
        assert_ne!(one.key(), two.key());
    }

    #[test]
    fn an_alert_survives_being_stored_as_json() {
        let before = alert("db1");
        let stored = serde_json::to_string(&before).unwrap();
        assert_eq!(serde_json::from_str::<Alert>(&stored).unwrap(), before);
    }
}
