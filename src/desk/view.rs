//! Reading: lists, timelines and whole incidents, as they durably stand.

use crate::{
    incident::{
        chain::Sealed,
        decide::{Target, when},
        event::{Entry, Event},
        id::IncidentId,
        refusal::Refusal,
        sentence::InNames,
        timeline::{self, Line},
    },
    journal::{JournalError, rows::*},
};

use super::{Desk, refuse};

/// Entries read per query.
const PAGE: u64 = 2_000;

fn read(sealed: &Sealed) -> Result<Entry, Refusal> {
    serde_json::from_str(&sealed.body).map_err(|e| {
        refuse(JournalError::Damaged {
            what: format!("{} entry {}", sealed.incident, sealed.seq),
            why: e.to_string(),
        })
    })
}

impl Desk {
    pub async fn list(&self, filter: IncidentFilter) -> Result<Vec<IncidentRow>, Refusal> {
        self.journal.incidents(filter).await.map_err(refuse)
    }

    pub async fn situations(&self, filter: SituationFilter) -> Result<Vec<SituationRow>, Refusal> {
        self.journal.situations(filter).await.map_err(refuse)
    }

    /// Every entry of an incident with its seal.
    pub async fn sealed(&self, id: IncidentId) -> Result<Vec<Sealed>, Refusal> {
        let mut all = Vec::new();
        loop {
            let from = all.last().map_or(1, |last: &Sealed| last.seq + 1);
            let page = self.journal.entries(id, from, PAGE).await.map_err(refuse)?;
            let full = page.len() as u64 == PAGE;
            all.extend(page);
            if !full {
                return Ok(all);
            }
        }
    }

    /// The timeline from entry `from` to its end, corrections and redactions folded in; times in its sentences are
    /// UTC.
    pub async fn timeline(&self, id: IncidentId, from: u64) -> Result<Vec<Line>, Refusal> {
        let entries = self.read_from(id, from).await?;
        Ok(timeline::lines(entries, &InNames(&self.settings().policy, |at| when(Some(at)))))
    }

    /// The entries from `from` to the end.
    pub async fn read_from(&self, id: IncidentId, from: u64) -> Result<Vec<Entry>, Refusal> {
        let mut entries = Vec::new();
        let mut next = from.max(1);
        loop {
            let page = self.journal.entries(id, next, PAGE).await.map_err(refuse)?;
            let full = page.len() as u64 == PAGE;
            for sealed in &page {
                next = sealed.seq + 1;
                entries.push(read(sealed)?);
            }
            if !full {
                return Ok(entries);
            }
        }
    }

    pub(super) async fn entry(&self, id: IncidentId, seq: u64) -> Result<Option<Entry>, Refusal> {
        let found = self.journal.entries(id, seq, 1).await.map_err(refuse)?;
        found.first().filter(|sealed| sealed.seq == seq).map(read).transpose()
    }

    /// The corrections and redactions of an incident.
    pub(super) async fn changes_of(&self, id: IncidentId) -> Result<Vec<Entry>, Refusal> {
        self.journal.changing_entries(id).await.map_err(refuse)?.iter().map(read).collect()
    }

    /// What the rules need to know of an entry that a command names.
    pub(super) async fn find_target(&self, id: IncidentId, seq: u64) -> Result<Option<Target>, Refusal> {
        let Some(entry) = self.entry(id, seq).await? else { return Ok(None) };
        let redacted = self
            .changes_of(id)
            .await?
            .iter()
            .any(|change| matches!(change.event, Event::EntryRedacted { target, .. } if target == seq));
        Ok(Some(Target {
            seq,
            name: entry.event.name(),
            author: entry.actor.person.clone(),
            is_correctable: entry.event.is_correctable(),
            is_redactable: entry.event.is_redactable(),
            is_redacted: redacted,
        }))
    }
}
