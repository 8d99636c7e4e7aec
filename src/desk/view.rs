//! Reading: lists, timelines and whole incidents, as they durably stand.

use std::fmt;

use crate::{
    alert::flapping::Flaps,
    incident::{
        chain::Sealed,
        decide::{Target, when},
        event::{Entry, Event},
        id::IncidentId,
        refusal::Refusal,
        sentence::{InNames, Knowing},
        state::Incident,
        timeline::{self, Line},
    },
    journal::{JournalError, rows::*},
    people::Person,
};

use super::{Desk, no_such, refuse};

/// Entries read per query.
const PAGE: u64 = 2_000;
/// Situations read beyond those of a list: with fewer of them, how many there are is known without counting.
const LOOKED_BEYOND: usize = 200;

/// Open situations that belong to no incident: first what nobody has taken up, then what somebody is on or nobody is to be told of,
/// then what has gone quiet; of each the worst first, of equals the newest.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    pub rows: Vec<SituationRow>,
    /// How each of them stands, in their order.
    pub stands: Vec<Stood>,
    /// Those after the last of these, if there are any.
    pub more: Option<More>,
}

/// What people arranged about a situation, and whether it is steady.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stood {
    /// As it stands after its counts: `; acknowledged by Ada`; empty where nothing is arranged.
    pub words: String,
    pub acknowledged_by: Option<Person>,
    pub is_silenced: bool,
    /// A rule or a window has it recorded, and nobody is told.
    pub is_recorded: bool,
    /// How one of its alerts flaps.
    pub flapping: Option<Flaps>,
}

impl Stood {
    /// Somebody is on it, or nobody is to be told of it.
    pub fn is_taken_up(&self) -> bool {
        self.acknowledged_by.is_some() || self.is_silenced || self.is_recorded
    }
}

/// How many there are besides those of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct More {
    pub count: u64,
    /// There are too many to tell those of incidents from them.
    pub has_incidents: bool,
}

impl fmt::Display for More {
    /// `… and 12 more`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let also = if self.has_incidents { " that are open, with those of incidents" } else { "" };
        write!(f, "… and {} more{also}", self.count)
    }
}

fn read(sealed: &Sealed) -> Result<Entry, JournalError> {
    serde_json::from_str(&sealed.body).map_err(|e| JournalError::Damaged {
        what: format!("{} entry {}", sealed.incident, sealed.seq),
        why: e.to_string(),
    })
}

impl Desk {
    pub async fn list(&self, filter: IncidentFilter) -> Result<Vec<IncidentRow>, Refusal> {
        self.journal.incidents(filter).await.map_err(refuse)
    }

    pub async fn situations(&self, filter: SituationFilter) -> Result<Vec<SituationRow>, Refusal> {
        self.journal.situations(filter).await.map_err(refuse)
    }

    /// The situations that wait for somebody, from one on, counted from 0, and at most so many.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn waiting(&self, from: usize, most: usize) -> Result<Waiting, Refusal> {
        let end = from.saturating_add(most);
        let limit = end.saturating_add(LOOKED_BEYOND);
        let filter = SituationFilter::Recent { limit: u32::try_from(limit).unwrap_or(u32::MAX) };
        let mut rows = self.situations(filter).await?;
        // They come first.
        let free = rows.iter().take_while(|row| row.is_open && row.incident.is_none()).count();
        let more = if free < limit {
            More { count: free.saturating_sub(end) as u64, has_incidents: false }
        } else {
            let open = self.journal.counts().await.map_err(refuse)?.situations_open;
            More { count: open.saturating_sub(end as u64), has_incidents: true }
        };
        rows.truncate(free.min(end));
        let rows: Vec<SituationRow> = rows.into_iter().skip(from).collect();
        let stands = self.stood(&rows).await?;
        Ok(Waiting { rows, stands, more: (more.count > 0).then_some(more) })
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

    /// An incident as its entries make it, and every one of them with its seal: all of one moment, whatever is written meanwhile.
    ///
    /// # Errors
    /// Not found, or the journal does not answer.
    pub async fn record(&self, id: IncidentId) -> Result<(Incident, Vec<Entry>, Vec<Sealed>), Refusal> {
        let sealed = self.sealed(id).await?;
        let entries: Vec<Entry> = sealed.iter().map(read).collect::<Result<_, _>>().map_err(refuse)?;
        let mut rest = entries.iter();
        let mut incident = rest.next().and_then(Incident::open).ok_or_else(|| no_such(id))?;
        rest.for_each(|entry| incident.apply(entry));
        Ok((incident, entries, sealed))
    }

    /// The timeline from entry `from` to its end, corrections and redactions folded in; times in its sentences are
    /// UTC.
    pub async fn timeline(&self, id: IncidentId, from: u64) -> Result<Vec<Line>, Refusal> {
        let entries = self.read_from(id, from).await?;
        let incident = self.incident(id).await?;
        let settings = self.settings();
        let told = InNames(&settings.policy, |at| when(Some(at)));
        Ok(timeline::lines(entries, &Knowing(&told, &incident)))
    }

    /// The entries from `from` to the end.
    pub async fn read_from(&self, id: IncidentId, from: u64) -> Result<Vec<Entry>, Refusal> {
        self.stored_from(id, from).await.map_err(refuse)
    }

    /// The same, for whoever tells what is damaged from what is out of reach.
    pub(super) async fn stored_from(&self, id: IncidentId, from: u64) -> Result<Vec<Entry>, JournalError> {
        let mut entries = Vec::new();
        let mut next = from.max(1);
        loop {
            let page = self.journal.entries(id, next, PAGE).await?;
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

    pub(crate) async fn entry(&self, id: IncidentId, seq: u64) -> Result<Option<Entry>, Refusal> {
        let found = self.journal.entries(id, seq, 1).await.map_err(refuse)?;
        found.first().filter(|sealed| sealed.seq == seq).map(read).transpose().map_err(refuse)
    }

    /// Whether it is known, where this incident goes on, what has the words of its entries: so it is as soon as anything came along of
    /// which that was kept, and as long as all is on its way.
    async fn is_followed(&self, id: IncidentId) -> Result<bool, Refusal> {
        let Some(into) = self.look_at(id, |incident| incident.merged_into).await? else { return Ok(true) };
        let knows = |other: &Incident| {
            !other.merged_in.contains(&id) || other.copies.values().any(|(from, _)| *from == id)
        };
        // Of one that cannot be read, nothing is promised.
        Ok(self.look_at(into, knows).await.unwrap_or(false))
    }

    /// The corrections and redactions of an incident.
    pub(super) async fn changes_of(&self, id: IncidentId) -> Result<Vec<Entry>, Refusal> {
        let changes = self.journal.changing_entries(id).await.map_err(refuse)?;
        changes.iter().map(read).collect::<Result<_, _>>().map_err(refuse)
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
            is_followed: self.is_followed(id).await?,
        }))
    }
}
