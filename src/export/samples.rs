//! Journals made by hand, for tests: entries folded, sealed and read as the house does it.

use chrono::{DateTime, Duration, Utc};

use chrono_tz::Europe::Berlin;

use super::{Source, time::local};
use crate::{
    alert::cause::Story,
    incident::{
        chain::{GENESIS, Sealed, seal},
        event::{Actor, AlertRef, Draft, DrillClock, Entry, Event, TimeSource},
        id::IncidentId,
        kind::Kind,
        phase::Phase,
        role::{Role, Words},
        sentence::Knowing,
        severity::Severity,
        state::Incident,
        timeline::{Line, lines},
    },
    people::Person,
    post::{ComponentState, Impact, PublicPhase},
};

pub struct Journal {
    id: IncidentId,
    pub at: DateTime<Utc>,
    pub plain: Vec<Entry>,
}

/// A journal on paper: what a [`Source`] borrows.
pub struct Paper {
    pub incident: Incident,
    pub entries: Vec<Sealed>,
    pub lines: Vec<Line>,
    pub story: Story,
}

/// As a journal may have them, of whatever version it is.
pub fn person(name: &str) -> Person {
    Person::named(name).unwrap_or_else(|_| Person { id: name.to_lowercase(), name: name.to_owned() })
}

pub fn role(slug: &str) -> Role {
    slug.parse().unwrap()
}

pub fn note(text: &str) -> Event {
    Event::Noted { text: text.into(), until: None, is_mark: false }
}

pub fn correction(target: u64, text: &str) -> Event {
    Event::EntryCorrected {
        target,
        text: text.into(),
        occurred_at: None,
        reason: "misread".into(),
        can: None,
    }
}

pub fn redaction(target: u64) -> Event {
    Event::EntryRedacted { target, reason: "a customer's name".into() }
}

impl Journal {
    /// Declared by Ada, SEV2, at a moment.
    pub fn declared(kind: Kind, title: &str, at: &str) -> Journal {
        let mut journal = Journal { id: IncidentId::new(kind, 1), at: at.parse().unwrap(), plain: vec![] };
        journal.say("Ada", Some("ic"), declaration(kind, title));
        journal
    }

    fn push(&mut self, who: Person, held: Option<&str>, event: Event) -> &mut Entry {
        let seq = self.plain.len() as u64 + 1;
        let via = if who == Person::house() { "timer" } else { "discord" };
        self.plain.push(Entry {
            incident: self.id,
            seq,
            id: uuid::Uuid::from_u128(u128::from(seq)),
            occurred_at: self.at,
            time_source: TimeSource::House,
            recorded_at: self.at,
            actor: Actor { person: who, role: held.map(role), via: via.into() },
            event,
        });
        self.at += Duration::seconds(20);
        self.plain.last_mut().unwrap()
    }

    pub fn say(&mut self, who: &str, held: Option<&str>, event: Event) -> u64 {
        self.push(person(who), held, event).seq
    }

    pub fn house(&mut self, event: Event) -> u64 {
        self.push(Person::house(), None, event).seq
    }

    pub fn late(&mut self, who: &str, minutes_ago: i64, event: Event) -> u64 {
        let entry = self.push(person(who), None, event);
        entry.occurred_at -= Duration::minutes(minutes_ago);
        entry.time_source = TimeSource::Stated;
        entry.seq
    }

    pub fn paper(&self) -> Paper {
        let mut incident = Incident::open(&self.plain[0]).unwrap();
        let mut head = GENESIS.to_owned();
        let mut entries = Vec::new();
        for entry in &self.plain {
            if entry.seq > 1 {
                incident.apply(entry);
            }
            let body = serde_json::to_string(entry).unwrap();
            let sealed = seal(self.id, entry.seq, body, format!("{:032x}", entry.seq), &head);
            head.clone_from(&sealed.hash);
            entries.push(sealed);
        }
        let lines = lines(self.plain.iter().cloned(), &Knowing(&|at| local(at, Berlin), &incident));
        Paper { incident, entries, lines, story: Story::default() }
    }
}

impl Paper {
    pub fn source(&self, tz: chrono_tz::Tz) -> Source<'_> {
        Source {
            incident: &self.incident,
            entries: &self.entries,
            lines: &self.lines,
            story: &self.story,
            shown: Words::Nims.into(),
            tz,
            exported_by_version: "1.2.3",
        }
    }
}

fn declaration(kind: Kind, title: &str) -> Event {
    let drill_clock = (kind == Kind::Drill).then_some(DrillClock {
        started_real: DateTime::UNIX_EPOCH,
        started_virtual: DateTime::UNIX_EPOCH,
        speed: 1.0,
    });
    Event::Declared {
        title: title.into(),
        kind,
        severity: Severity::Sev2,
        triage: false,
        drill_clock,
        began: None,
        ended: None,
        rated: None,
    }
}

pub fn alert(title: &str, firing: bool) -> AlertRef {
    AlertRef {
        source: "alertmanager".into(),
        fingerprint: "5ca1ab1e".into(),
        title: title.into(),
        firing,
        starts_at: Some("2026-03-29T00:52:10Z".parse().unwrap()),
        url: Some("https://prom.example.com/graph?g0.expr=up&g0.tab=1".into()),
    }
}

pub fn draft(text: &str) -> Draft {
    Draft {
        title: "Checkout errors".into(),
        phase: PublicPhase::Investigating,
        impact: Impact::Major,
        text: text.into(),
        components: vec![("Checkout".into(), ComponentState::PartialOutage)],
        next_update_minutes: Some(30),
        corrects: None,
        texts: Default::default(),
    }
}

/// A night in March: the clocks go forward in Berlin while the checkout is down.
pub fn checkout() -> Journal {
    let mut j = Journal::declared(Kind::Real, "Checkout fails with 502", "2026-03-29T00:55:00Z");
    let ic = Some("ic");
    j.say("Ada", ic, Event::CommandEstablished { by: person("Ada") });
    j.house(Event::AlertsLinked {
        situation: 4,
        title: "checkout 5xx".into(),
        source: "alertmanager".into(),
        firing: 1,
        total: 1,
        alerts: vec![alert("HighErrorRate checkout", true)],
        within: None,
        because: String::new(),
    });
    let expires_at = j.at + Duration::minutes(10);
    j.say("Ada", ic, Event::RoleOffered { role: role("pio"), to: person("Cleo"), expires_at });
    j.say("Cleo", None, Event::RoleAccepted { role: role("pio"), by: person("Cleo") });
    j.say("Bo", None, Event::CheckedIn { who: person("Bo"), note: "on the bridge".into() });
    j.say("Ada", ic, Event::ObjectiveSet { n: 1, text: "Customers can pay again".into() });
    let due_at = Some(j.at + Duration::minutes(10));
    j.say(
        "Ada",
        ic,
        Event::TaskAssigned { n: 1, text: "Roll back release 412".into(), owner: person("Bo"), due_at },
    );
    j.say("Bo", None, Event::TaskUnderstood { n: 1 });
    j.say(
        "Cleo",
        Some("pio"),
        Event::UpdateDrafted { n: 1, draft: draft("Some payments fail.\nWe are looking into it.") },
    );
    let expires_at = j.at + Duration::minutes(10);
    j.say("Ada", ic, Event::UpdateApproved { n: 1, basis: "ab".repeat(32), expires_at, alone: None });
    let (approved_at, next) = (j.at, Some(j.at + Duration::minutes(30)));
    let destinations = vec!["page".into(), "statuspage".into()];
    j.say(
        "Cleo",
        Some("pio"),
        Event::UpdatePublished { n: 1, approved_at, next_update_at: next, destinations },
    );
    let url = Some("https://status.example.com/incidents/p31zjtct2jer".into());
    j.house(Event::UpdateDelivered { n: 1, destination: "page".into(), url: None });
    j.house(Event::UpdateDelivered { n: 1, destination: "statuspage".into(), url });
    j.at = "2026-03-29T01:02:00Z".parse().unwrap();
    j.say(
        "Bo",
        None,
        Event::CanReported {
            service: "checkout".into(),
            conditions: "4 of 10 payments fail".into(),
            actions: "rolling back".into(),
            needs: String::new(),
        },
    );
    let wrong = j.say("Bo", None, note("The release went out at 00:30 UTC, 3 | 4 nodes"));
    j.late("Cleo", 12, note("First customer called support"));
    j.say("Bo", None, correction(wrong, "The release went out at 00:50 UTC, on 3 of 4 nodes"));
    let secret = j.say("Cleo", Some("pio"), note("The customer is Jane Roe, +1 555 0100"));
    j.say("Ada", ic, redaction(secret));
    j.say("Ada", ic, Event::DecisionRecorded { text: "Roll back rather than fix forward".into() });
    let (from, to) = (Phase::Investigating, Phase::Monitoring);
    j.say("Ada", ic, Event::PhaseChanged { from, to, reason: "rolled back".into() });
    j.say("Bo", None, Event::TaskReported { n: 1, result: "rolled back at 01:04 UTC".into() });
    j.say(
        "Ada",
        ic,
        Event::SeverityChanged {
            from: Severity::Sev2,
            to: Severity::Sev3,
            reason: "payments work".into(),
            rated: None,
        },
    );
    j.say(
        "Ada",
        ic,
        Event::CommandTransferred {
            from: person("Ada"),
            to: person("Bo"),
            briefing_sections: 7,
            without_outgoing_brief: false,
            reason: String::new(),
        },
    );
    j.say(
        "Bo",
        ic,
        Event::LinkAdded {
            label: "Dashboard".into(),
            url: "https://g.example.com/d/1?from=0&to=1".into(),
            sum: None,
        },
    );
    j.house(Event::AlertsCleared {
        situation: 4,
        title: "checkout 5xx".into(),
        total: 1,
        asks: false,
        in_triage: false,
    });
    j.say("Bo", ic, Event::PhaseChanged { from: to, to: Phase::Resolved, reason: String::new() });
    j.say("Bo", ic, Event::ObjectiveMet { n: 1 });
    j.say("Cleo", Some("pio"), Event::RoleReleased { role: role("pio"), person: person("Cleo") });
    j.say("Bo", ic, Event::CheckedOut { who: person("Bo"), note: String::new() });
    j.say("Bo", ic, Event::PhaseChanged { from: Phase::Resolved, to: Phase::Closed, reason: String::new() });
    j
}
