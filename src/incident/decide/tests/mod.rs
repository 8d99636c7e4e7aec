//! The rules as tables: who asks what of which incident, what comes of it, and the sentence with which it is refused.
//!
//! Each table keeps the refusals that it met; the snapshots beside this file are made to be read aloud.

mod access;
mod accountability;
mod actions;
mod aid;
mod alternates;
mod command;
mod consent;
mod executive;
mod hazards;
mod lifecycle;
mod log;
mod merge;
mod milestones;
mod names;
mod paging;
mod pins;
mod planned;
mod playbook;
mod posts;
mod relations;
mod reminders;
mod rights;
mod roles;
mod summary;
mod taxonomy;
mod unified;
mod work;

use uuid::Uuid;

use super::*;
use crate::incident::{
    event::{Actor, Entry},
    id::IncidentId,
    play::Playbook,
    refusal::Because,
    taxonomy::Taxonomy,
};

/// An incident on which people act, one after another, by a clock that stands still until it is moved.
pub(super) struct Stage {
    pub incident: Incident,
    pub now: DateTime<Utc>,
    pub policy: Policy,
    /// Where it goes on, it is known which entries have the words of those here.
    pub is_followed: bool,
    entries: Vec<Entry>,
    refused: Vec<String>,
}

pub(super) const HOUSE: &str = "the house";

pub(super) fn who(name: &str) -> Person {
    if name == HOUSE { Person::house() } else { Person::named(name).unwrap() }
}

pub(super) fn role(slug: &str) -> Role {
    slug.parse().unwrap()
}

pub(super) fn start() -> DateTime<Utc> {
    "2026-01-02T12:00:00Z".parse().unwrap()
}

impl Stage {
    /// An incident that `by` has declared.
    pub fn of(by: &str, kind: Kind, triage: bool) -> Stage {
        let declare = Declare { triage, ..Declare::new("Payments fail", Severity::Sev2, kind) };
        Stage::declared(by, &declare).unwrap()
    }

    /// As declared here, or why not.
    pub fn declared(by: &str, declare: &Declare) -> Result<Stage, Refusal> {
        Stage::declared_under(
            Policy { components: vec!["Checkout".into()], ..Policy::default() },
            by,
            declare,
        )
    }

    pub fn declared_under(policy: Policy, by: &str, declare: &Declare) -> Result<Stage, Refusal> {
        let person = who(by);
        let scene = Scene {
            person: &person,
            is_house: by == HOUSE,
            is_admin: false,
            now: start(),
            policy: &policy,
            target: None,
        };
        let decision = open(declare, &scene)?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut incident: Option<Incident> = None;
        for happened in decision.events {
            let entry = entry(IncidentId::new(declare.kind, 1), &entries, &person, start(), happened);
            match &mut incident {
                None => incident = Incident::open(&entry),
                Some(incident) => incident.apply(&entry),
            }
            entries.push(entry);
        }
        let incident = incident.unwrap();
        Ok(Stage { incident, now: start(), policy, is_followed: true, entries, refused: vec![] })
    }

    /// A real incident in Ada's command.
    pub fn new() -> Stage {
        Stage::of("Ada", Kind::Real, false)
    }

    /// The same again from its beginning; the refusals heard so far are kept.
    pub fn again(self) -> Stage {
        let (by, kind) = (self.incident.opened_by.name.clone(), self.incident.kind());
        Stage { refused: self.refused, ..Stage::of(&by, kind, false) }
    }

    pub fn later(&mut self, minutes: i64) {
        self.now += Duration::minutes(minutes);
    }

    pub fn ask(&self, by: &str, command: &Command) -> Ruling {
        let person = who(by);
        let target = match command {
            Command::Correct { target, .. } | Command::Redact { target, .. } | Command::Pin { target } => {
                self.target(*target)
            }
            _ => None,
        };
        let scene = Scene {
            person: &person,
            is_house: by == HOUSE,
            is_admin: by == "Root",
            now: self.now,
            policy: &self.policy,
            target: target.as_ref(),
        };
        decide(&self.incident, command, &scene)
    }

    fn target(&self, seq: u64) -> Option<Target> {
        let entry = self.entries.iter().find(|entry| entry.seq == seq)?;
        Some(Target {
            seq,
            name: entry.event.name(),
            author: entry.actor.person.clone(),
            is_correctable: entry.event.is_correctable(),
            is_redactable: entry.event.is_redactable(),
            is_redacted: self
                .entries
                .iter()
                .any(|e| matches!(e.event, Event::EntryRedacted { target, .. } if target == seq)),
            is_followed: self.is_followed,
        })
    }

    /// It is done; the events that it made.
    pub fn ok(&mut self, by: &str, command: Command) -> Vec<Event> {
        let decision = self.ask(by, &command).unwrap_or_else(|no| panic!("{by}: {command:?}: {no}"));
        let person = who(by);
        let mut events = Vec::new();
        for happened in decision.events {
            events.push(happened.event.clone());
            let entry = entry(self.incident.id, &self.entries, &person, self.now, happened);
            self.incident.apply(&entry);
            self.entries.push(entry);
        }
        events
    }

    /// What it says, for a reading.
    pub fn reads(&self, by: &str, command: Command) -> String {
        let decision = self.ask(by, &command).unwrap();
        assert!(decision.events.is_empty(), "{command:?} is no reading");
        decision.reply
    }

    /// It is refused, with both sentences; nothing is changed.
    pub fn no(&mut self, by: &str, command: Command) -> Because {
        let refusal = match self.ask(by, &command) {
            Ok(decision) => panic!("{by}: {command:?} is not refused: {}", decision.reply),
            Err(refusal) => refusal,
        };
        for sentence in [&refusal.why, &refusal.instead] {
            assert!(sentence.trim().len() > 5 && sentence.ends_with('.'), "{command:?}: «{sentence}»");
        }
        let mut asked = format!("{by}: {command:?}");
        if asked.chars().count() > 160 {
            asked = asked.chars().take(160).chain(['…']).collect();
        }
        self.refused
            .push(format!("{asked}\n  {:?}: {}\n  -> {}", refusal.because, refusal.why, refusal.instead));
        refusal.because
    }

    /// The last entry's number.
    pub fn last(&self) -> u64 {
        self.entries.last().unwrap().seq
    }

    /// The refusals that a table met.
    pub fn aloud(&self, table: &str) {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(format!("refusals_{table}"), self.refused.join("\n\n"));
        });
    }
}

fn entry(
    incident: IncidentId,
    before: &[Entry],
    person: &Person,
    now: DateTime<Utc>,
    happened: Happened,
) -> Entry {
    let (occurred_at, time_source) = happened.at.unwrap_or((now, TimeSource::House));
    let seq = before.len() as u64 + 1;
    Entry {
        incident,
        seq,
        id: Uuid::from_u128(u128::from(seq)),
        occurred_at,
        time_source,
        recorded_at: now,
        actor: Actor { person: person.clone(), role: None, via: "test".into() },
        event: happened.event,
    }
}
