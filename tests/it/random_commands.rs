//! Whatever anybody says in whatever order: what must hold of an incident holds.

mod holds;
mod said;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use commandpost::{
    desk::policy::again,
    incident::{
        command::{Command, Declare, DrillStart, PlanText, StatedTime, TimerKind},
        decide::{self, Happened, Policy, Scene, Target},
        event::{Actor, DrillClock, Entry, Event, TimeSource},
        id::IncidentId,
        kind::Kind,
        paging::{Calls, Escalation, Means, Step, Target as Calling},
        play::Playbook,
        severity::Severity,
        state::Incident,
        taxonomy::{Field, FieldKind, IncidentType, RequiredAt, Taxonomy},
    },
    journal::rows::TimerRow,
    people::Person,
};
use proptest::prelude::*;
use uuid::Uuid;

use said::{said, stated};

struct Played {
    incident: Option<Incident>,
    entries: Vec<Entry>,
    policy: Policy,
    now: DateTime<Utc>,
    chats: Vec<String>,
    /// What decisions have planned, by name: set anew, it is the later one.
    timers: BTreeMap<String, TimerRow>,
}

/// Timers that may go off in one moment: more than a story sets, so a timer that never ends is one that fails.
const AT_ONCE_MAX: usize = 1_000;

impl Played {
    /// Does a command; what is refused says why, and what would work.
    fn does(&mut self, by: &Person, is_house: bool, command: &Command) {
        let incident = self.incident.as_ref().unwrap();
        let target = match command {
            Command::Correct { target, .. } | Command::Redact { target, .. } | Command::Pin { target } => {
                self.entries.iter().find(|entry| entry.seq == *target).map(|entry| Target {
                    seq: *target,
                    name: entry.event.name(),
                    author: entry.actor.person.clone(),
                    is_correctable: entry.event.is_correctable(),
                    is_redactable: entry.event.is_redactable(),
                    is_redacted: self.entries.iter().any(
                        |one| matches!(one.event, Event::EntryRedacted { target: hidden, .. } if hidden == *target),
                    ),
                    is_followed: true,
                })
            }
            _ => None,
        };
        let (id, at) = (incident.id, incident.time_at(self.now));
        let scene = Scene {
            person: by,
            is_house,
            is_admin: by.name == "Di",
            now: at,
            policy: &self.policy,
            target: target.as_ref(),
        };
        match decide::decide(incident, command, &scene) {
            Ok(decision) => {
                if !decision.events.is_empty() {
                    self.write(id, by, at, decision.events);
                    self.check_state();
                } else if let Command::Timer(kind) = command {
                    let timer = again(incident, kind, &self.policy, self.now);
                    self.plan(timer.into_iter().collect());
                }
            }
            Err(refusal) => {
                assert!(!refusal.why.is_empty() && !refusal.instead.is_empty(), "{command:?}");
            }
        }
    }

    /// Keeps what is planned for this incident.
    fn plan(&mut self, timers: Vec<TimerRow>) {
        let own = self.incident.as_ref().unwrap().id;
        let timers = timers.into_iter().filter(|timer| timer.incident == own);
        self.timers.extend(timers.map(|timer| (timer.id.clone(), timer)));
    }

    /// Whatever is due by now goes off, the earliest first, as the desk has it.
    fn fire_due(&mut self) {
        for _ in 0..AT_ONCE_MAX {
            let due = self.timers.values().filter(|timer| timer.due_at <= self.now);
            let Some(id) = due.min_by_key(|timer| timer.due_at).map(|timer| timer.id.clone()) else { return };
            let Some(timer) = self.timers.remove(&id) else { return };
            let command = match timer.kind {
                TimerKind::PageNext { n, step, round } => {
                    let people = vec![Person::named("Ada").unwrap()];
                    let calls = Calls { people, pagers: vec!["pd".into()], missed: vec![] };
                    Command::PageNext { n, step, round, calls }
                }
                kind => Command::Timer(kind),
            };
            self.does(&Person::house(), true, &command);
        }
        panic!("timers without an end: {:?}", self.timers);
    }

    fn write(&mut self, id: IncidentId, by: &Person, occurred: DateTime<Utc>, events: Vec<Happened>) {
        let first = self.entries.len();
        for happened in events {
            let before = self.incident.clone();
            let (occurred_at, time_source) = happened.at.unwrap_or((occurred, TimeSource::House));
            let seq = self.entries.len() as u64 + 1;
            let entry = Entry {
                incident: id,
                seq,
                id: Uuid::from_u128(u128::from(seq)),
                occurred_at,
                time_source,
                recorded_at: self.now,
                actor: Actor {
                    person: by.clone(),
                    role: before.as_ref().and_then(|i| i.roles_of(by).into_iter().next()),
                    via: "test".into(),
                },
                event: happened.event,
            };
            let stored = serde_json::to_string(&entry).unwrap();
            assert_eq!(serde_json::from_str::<Entry>(&stored).unwrap(), entry, "{stored}");
            let named: serde_json::Value = serde_json::from_str(&stored).unwrap();
            assert_eq!(named["type"], entry.event.name(), "{stored}");
            match &mut self.incident {
                None => self.incident = Incident::open(&entry),
                Some(incident) => incident.apply(&entry),
            }
            if let Some(before) = &before {
                self.check_entry(before, &entry);
            }
            self.entries.push(entry);
        }
        let planned = self.check_consequences(&self.entries[first..]);
        self.plan(planned);
    }
}

/// Two types; one asks for a field before it is closed.
fn taxonomy() -> Taxonomy {
    let of = |name: &str, fields: &[&str]| IncidentType {
        name: name.into(),
        description: String::new(),
        severity: None,
        fields: fields.iter().map(|one| (*one).to_owned()).collect(),
    };
    let field = |name: &str, required_at| Field {
        name: name.into(),
        description: String::new(),
        kind: FieldKind::Text,
        choices: vec![],
        required_at,
    };
    Taxonomy {
        types: vec![of("security", &["ticket"]), of("outage", &[])],
        fields: vec![field("region", None), field("ticket", Some(RequiredAt::Close))],
    }
}

/// SEV2, as which everything is declared, calls Ada and a service, then Bo.
fn means() -> Means {
    let step = |to: Vec<Calling>| Step { to, after_minutes: 5 };
    let person = |name: &str| Calling::Person(Person::named(name).unwrap());
    let by =
        |id: &str, pagers: &[&str]| (id.to_owned(), pagers.iter().map(|one| (*one).to_owned()).collect());
    Means {
        escalations: vec![Escalation {
            name: "usual".into(),
            severities: vec![Severity::Sev2],
            steps: vec![step(vec![person("Ada"), Calling::Pager("pd".into())]), step(vec![person("Bo")])],
            rounds: 2,
            again_minutes: 5,
        }],
        reach: [by("ada", &["safe", "sms"]), by("bo", &["sms"]), by("di", &["safe"])].into(),
        safe_for_drills: ["safe".to_owned()].into(),
        ..Means::default()
    }
}

/// One that begins with everything, and one by hand; of one step id in both.
fn playbooks() -> Vec<Playbook> {
    let all = serde_json::json!([
        {"id": "usual", "title": "Usual", "severity": "sev2", "steps": [
            {"id": "P1", "role": "ic", "text": "Say so", "say": "command take"},
            {"id": "P2", "role": "pio", "text": "Tell them", "approve": "pio", "when": {"severity": "sev2"}},
            {"id": "P3", "role": "ops", "text": "Report", "every_minutes": 5},
        ]},
        {"id": "hand", "title": "By hand", "steps": [{"id": "P1", "role": "sme:db", "text": "Look"}]},
    ]);
    serde_json::from_value(all).unwrap()
}

fn play(
    kind: Kind,
    triage: bool,
    by_house: bool,
    two_person: bool,
    course: (Option<StatedTime>, Option<StatedTime>),
    story: Vec<(Option<Person>, Command, i64)>,
) {
    let house = Person::house();
    let start: DateTime<Utc> = "2026-01-02T12:00:00Z".parse().unwrap();
    let policy = Policy {
        two_person,
        destinations: vec!["x".into(), "statuspage".into()],
        silence_minutes: [3; 5],
        exec_update_minutes: [5; 5],
        can_minutes: [4; 5],
        roles_minutes: [6; 5],
        executives: ["di".to_owned()].into(),
        taxonomy: taxonomy(),
        paging: means(),
        playbooks: playbooks(),
        ..Policy::default()
    };
    let drill = (kind == Kind::Drill).then(|| DrillStart {
        scenario: "s".into(),
        sha256: "0".into(),
        clock: DrillClock { started_real: start, started_virtual: start, speed: 10.0 },
    });
    let (began, ended) = course;
    let plan = (kind == Kind::Planned).then(|| PlanText { minutes: Some(30), ..PlanText::default() });
    let severity = (kind != Kind::Planned).then_some(Severity::Sev2);
    let declare =
        Declare { triage, drill, began, ended, plan, ..Declare::new("Payments fail", severity, kind) };
    let opener = if by_house { house.clone() } else { Person::named("Ada").unwrap() };
    let scene = Scene {
        person: &opener,
        is_house: by_house,
        is_admin: false,
        now: start,
        policy: &policy,
        target: None,
    };
    let opened = match decide::open(&declare, &scene) {
        Ok(opened) => opened,
        Err(refusal) => {
            let is_of_now = kind == Kind::Planned && triage;
            assert!(began.is_some() || ended.is_some() || is_of_now, "{refusal}");
            return;
        }
    };
    let chats = vec!["discord".to_owned()];
    let timers = BTreeMap::new();
    let mut played =
        Played { incident: None, entries: vec![], policy: policy.clone(), now: start, chats, timers };
    let id = IncidentId::new(kind, 1);
    played.write(id, &opener, start, opened.events);
    played.check_state();
    for (who, command, seconds) in story {
        played.now += Duration::seconds(seconds);
        played.fire_due();
        let is_house = who.is_none();
        played.does(&who.unwrap_or_else(|| house.clone()), is_house, &command);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_said_there_is_one_commander_and_nothing_unapproved_is_published(
        kind in prop::sample::select(&Kind::ALL[..]),
        triage in any::<bool>(),
        by_house in prop::bool::weighted(0.2),
        two_person in prop::bool::weighted(0.8),
        began in prop_oneof![3 => Just(None), 1 => stated()],
        ended in prop_oneof![3 => Just(None), 1 => stated()],
        story in prop::collection::vec(said(), 1..60),
    ) {
        play(kind, triage, by_house, two_person, (began, ended), story);
    }
}
