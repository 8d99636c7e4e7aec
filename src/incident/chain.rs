//! The hash chain that makes a timeline verifiable.
//!
//! Each entry is sealed with the hash of the one before it:
//!
//! ```text
//! body_hash = SHA-256( salt ‖ body )                       salt: 16 random bytes; body: the stored JSON, byte for byte
//! hash      = SHA-256( prev_hash "\n" incident "\n" seq "\n" body_hash )      hashes as lower-case hex, numbers decimal
//! ```
//!
//! The first entry's `prev_hash` is 64 zeros. The body carries id, times, actor and event, so a changed byte anywhere
//! shows. The salt lets a body be erased later (a request for privacy) without breaking the chain and without leaving
//! a hash from which a short text could be guessed.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{event::Entry, id::IncidentId};

/// `prev_hash` of a first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An entry as it stands in the journal: the exact bytes and their seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    pub incident: IncidentId,
    pub seq: u64,
    /// The stored JSON of the [`Entry`].
    pub body: String,
    /// 32 hex digits.
    pub salt: String,
    pub body_hash: String,
    pub prev_hash: String,
    pub hash: String,
}

/// Where a chain breaks, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error(
        "{incident} entry {seq}: the stored text was changed (its SHA-256 is {found}, sealed was {sealed})"
    )]
    Body { incident: IncidentId, seq: u64, found: String, sealed: String },
    #[error("{incident} entry {seq}: its hash does not fit its contents (computed {found}, stored {stored})")]
    Hash { incident: IncidentId, seq: u64, found: String, stored: String },
    #[error(
        "{incident} entry {seq}: does not follow entry {before} (its previous hash is {prev}, the entry before it has {expected})"
    )]
    Link { incident: IncidentId, seq: u64, before: u64, prev: String, expected: String },
    #[error("{incident}: entry {expected} is missing, entry {found} comes next")]
    Gap { incident: IncidentId, expected: u64, found: u64 },
    #[error("{incident} entry {seq}: the stored text is no entry: {why}")]
    Unreadable { incident: IncidentId, seq: u64, why: String },
    #[error("{incident} entry {seq}: the text says it is {says}")]
    Misplaced { incident: IncidentId, seq: u64, says: String },
}

fn body_hash(salt: &str, body: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(salt.as_bytes());
    hash.update(body.as_bytes());
    hex::encode(hash.finalize())
}

fn link_hash(prev_hash: &str, incident: &str, seq: u64, body_hash: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{prev_hash}\n{incident}\n{seq}\n{body_hash}").as_bytes());
    hex::encode(hash.finalize())
}

/// Seals a body as entry `seq`, after the entry whose hash is `prev_hash`.
pub fn seal(incident: IncidentId, seq: u64, body: String, salt: String, prev_hash: &str) -> Sealed {
    let body_hash = body_hash(&salt, &body);
    let hash = link_hash(prev_hash, &incident.to_string(), seq, &body_hash);
    Sealed { incident, seq, body, salt, body_hash, prev_hash: prev_hash.to_owned(), hash }
}

/// Checks entries one after another. Start with [`Verifier::new`], feed every entry in order.
#[derive(Debug, Clone)]
pub struct Verifier {
    incident: IncidentId,
    /// Entries verified so far.
    pub seq: u64,
    /// The hash of the last one: the head of the chain.
    pub head: String,
}

impl Verifier {
    pub fn new(incident: IncidentId) -> Self {
        Self { incident, seq: 0, head: GENESIS.to_owned() }
    }

    /// Checks the next entry and reads it.
    ///
    /// # Errors
    /// What is wrong with it. The verifier goes on after the broken entry, so that every break is found.
    pub fn next(&mut self, sealed: &Sealed) -> Result<Entry, Broken> {
        let (incident, seq) = (self.incident, sealed.seq);
        let expected_seq = self.seq + 1;
        let expected_prev = std::mem::replace(&mut self.head, sealed.hash.clone());
        self.seq = seq;
        if seq != expected_seq {
            return Err(Broken::Gap { incident, expected: expected_seq, found: seq });
        }
        let found = body_hash(&sealed.salt, &sealed.body);
        if found != sealed.body_hash {
            return Err(Broken::Body { incident, seq, found, sealed: sealed.body_hash.clone() });
        }
        let found = link_hash(&sealed.prev_hash, &incident.to_string(), seq, &sealed.body_hash);
        if found != sealed.hash {
            return Err(Broken::Hash { incident, seq, found, stored: sealed.hash.clone() });
        }
        if sealed.prev_hash != expected_prev {
            return Err(Broken::Link {
                incident,
                seq,
                before: expected_seq - 1,
                prev: sealed.prev_hash.clone(),
                expected: expected_prev,
            });
        }
        let entry: Entry = serde_json::from_str(&sealed.body).map_err(|e| Broken::Unreadable {
            incident,
            seq,
            why: e.to_string(),
        })?;
        if entry.incident != incident || entry.seq != seq {
            let says = format!("{} entry {}", entry.incident, entry.seq);
            return Err(Broken::Misplaced { incident, seq, says });
        }
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{
        event::{Actor, Event, TimeSource},
        kind::Kind,
    };
    use crate::people::Person;

    fn chain() -> Vec<Sealed> {
        let incident = IncidentId::new(Kind::Real, 1);
        let mut head = GENESIS.to_owned();
        (1..=4)
            .map(|seq| {
                let entry = Entry {
                    incident,
                    seq,
                    id: uuid::Uuid::from_u128(u128::from(seq)),
                    occurred_at: "2026-01-02T03:04:05Z".parse().unwrap(),
                    time_source: TimeSource::House,
                    recorded_at: "2026-01-02T03:04:05Z".parse().unwrap(),
                    actor: Actor { person: Person::named("Ada").unwrap(), role: None, via: "cli".into() },
                    event: Event::Noted { text: format!("note {seq}"), until: None, is_mark: false },
                };
                let body = serde_json::to_string(&entry).unwrap();
                let sealed = seal(incident, seq, body, format!("{seq:032x}"), &head);
                head = sealed.hash.clone();
                sealed
            })
            .collect()
    }

    fn breaks(chain: &[Sealed]) -> Vec<Broken> {
        let mut verifier = Verifier::new(IncidentId::new(Kind::Real, 1));
        chain.iter().filter_map(|sealed| verifier.next(sealed).err()).collect()
    }

    #[test]
    fn an_untouched_timeline_verifies() {
        assert_eq!(breaks(&chain()), vec![]);
    }

    #[test]
    fn any_changed_byte_is_found_and_named() {
        for at in 0..4 {
            let mut changed = chain();
            changed[at].body = changed[at].body.replace("note", "nite");
            assert!(
                breaks(&changed)
                    .iter()
                    .any(|b| matches!(b, Broken::Body { seq, .. } if *seq == at as u64 + 1))
            );
            let mut changed = chain();
            changed[at].hash.replace_range(0..1, "x");
            assert!(
                breaks(&changed)
                    .iter()
                    .any(|b| matches!(b, Broken::Hash { seq, .. } if *seq == at as u64 + 1))
            );
            let mut changed = chain();
            changed[at].salt.replace_range(0..1, "x");
            assert!(!breaks(&changed).is_empty());
            let mut changed = chain();
            changed[at].prev_hash.replace_range(0..1, "x");
            assert!(!breaks(&changed).is_empty());
        }
    }

    #[test]
    fn a_missing_or_swapped_or_reforged_entry_is_found() {
        let mut missing = chain();
        missing.remove(1);
        assert!(breaks(&missing)[0].to_string().contains("entry 2 is missing"));
        let mut swapped = chain();
        swapped.swap(1, 2);
        assert!(!breaks(&swapped).is_empty());
        // Someone rewrites entry 2 with a fitting seal of its own: entry 3 gives it away.
        let mut forged = chain();
        let body = forged[1].body.replace("note 2", "nothing");
        forged[1] = seal(forged[1].incident, 2, body, forged[1].salt.clone(), &forged[0].hash);
        assert!(matches!(breaks(&forged)[0], Broken::Link { seq: 3, .. }));
    }
}
