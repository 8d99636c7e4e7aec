//! What the head of an export says: who commanded when, what the severity was, who was there, what the public read.
//!
//! Taken from the entries in one pass; texts that a redaction hid are left out here already, so that no format can
//! show them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Source;
use crate::{
    incident::{
        event::{Entry, Event},
        matrix::Rated,
        milestone,
        role::Role,
        severity::Severity,
        state::{Milestones, ObjectiveState, Origin, Post, Replaced, Span, TaskState},
        sum::Sum,
        timeline::Line,
    },
    people::Person,
};

/// Shown in the place of words that a redaction hid.
const REDACTED: &str = "[redacted]";

#[derive(Debug, Serialize)]
pub struct Milestone<'a> {
    pub name: &'static str,
    pub at: DateTime<Utc>,
    /// Where the time comes from.
    #[serde(flatten)]
    pub origin: Option<&'a Origin>,
    /// The times that corrections replaced, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<&'a Replaced>,
}

#[derive(Debug, Serialize)]
pub struct SeverityChange {
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub severity: Severity,
    pub reason: String,
    pub by: Person,
}

#[derive(Debug, Serialize)]
pub struct Held {
    pub role: Role,
    pub person: Person,
    /// Whose commander they were in Unified Command; empty where it was not said. `None`: they held the role alone, or spoke for all and
    /// no organization was ever named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    pub from: DateTime<Utc>,
    /// `None`: to the end.
    pub to: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
pub struct Stay {
    pub checked_in: Option<DateTime<Utc>>,
    pub checked_out: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
pub struct Participant {
    pub person: Person,
    pub first_seen: DateTime<Utc>,
    pub stays: Vec<Stay>,
}

#[derive(Debug, Serialize)]
pub struct Alert {
    pub situation: i64,
    pub source: String,
    pub fingerprint: String,
    pub title: String,
    pub starts_at: Option<DateTime<Utc>>,
    /// The timeline's time of the entry that told of its end.
    pub ends_at: Option<DateTime<Utc>>,
    pub firing: bool,
    pub url: Option<String>,
    #[serde(skip)]
    seen: u64,
}

#[derive(Debug, Serialize)]
pub struct Said {
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub by: Person,
    pub text: String,
}

#[derive(Debug, Serialize)]
pub struct Objective<'a> {
    pub n: u32,
    pub text: &'a str,
    pub state: ObjectiveState,
}

/// An operational period.
#[derive(Debug, Serialize)]
pub struct Period {
    pub n: u32,
    pub seq: u64,
    pub from: DateTime<Utc>,
    /// As it was planned when it began.
    pub planned_until: DateTime<Utc>,
    /// `None`: it ran to the end.
    pub ended_at: Option<DateTime<Utc>>,
    /// What the commander laid stress on; empty where nothing was said.
    pub emphasis: String,
    /// The objectives that it began with, by their numbers.
    pub objectives: Vec<u32>,
}

#[derive(Debug, Serialize)]
pub struct Task<'a> {
    pub n: u32,
    pub seq: u64,
    pub text: String,
    /// `None`: nobody had it at the end.
    pub owner: Option<&'a Person>,
    pub assigned_by: &'a Person,
    pub due_at: Option<DateTime<Utc>>,
    pub state: TaskState,
    pub result: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Hazard {
    pub n: u32,
    pub seq: u64,
    pub text: String,
    /// What is done against it; empty where nothing was said.
    pub mitigation: String,
    pub by: Person,
    pub cleared_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
pub struct Link {
    pub seq: u64,
    pub label: String,
    pub url: String,
    /// Of a file: what it was when it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<Sum>,
}

#[derive(Debug, Serialize)]
pub struct Facts<'a> {
    pub milestones: Vec<Milestone<'a>>,
    pub durations: Vec<Span>,
    pub severities: Vec<SeverityChange>,
    pub commanders: Vec<Held>,
    pub roles: Vec<Held>,
    pub participants: Vec<Participant>,
    pub alerts: Vec<Alert>,
    pub posts: &'a [Post],
    pub decisions: Vec<Said>,
    pub objectives: Vec<Objective<'a>>,
    pub periods: Vec<Period>,
    pub tasks: Vec<Task<'a>>,
    pub hazards: Vec<Hazard>,
    pub links: Vec<Link>,
    /// Entries whose words are hidden, and entries of the journal that could not be read.
    pub redacted: u64,
    pub unreadable: u64,
}

/// Lines by number, for entries in whatever order the lines are.
pub fn lines_by_seq<'a>(source: &Source<'a>) -> HashMap<u64, &'a Line> {
    source.lines.iter().map(|line| (line.seq, line)).collect()
}

/// Why a severity is what it is: by what it was found, and in whose words.
fn found(rated: Option<Rated>, reason: String) -> String {
    match rated {
        None => reason,
        Some(rated) if reason.trim().is_empty() => rated.to_string(),
        Some(rated) => format!("{rated}: {reason}"),
    }
}

/// What one pass over the entries gathers.
#[derive(Default)]
struct Reading {
    severities: Vec<SeverityChange>,
    /// Commanders beside the holder of the token.
    joined: Vec<Held>,
    /// The organization of whoever holds the token now; empty where it was not said.
    organization: String,
    /// Those organizations, by who took the token when.
    organizations: HashMap<(String, DateTime<Utc>), String>,
    roles: Vec<Held>,
    /// Places in `roles` that nobody has left.
    open_roles: Vec<usize>,
    stays: HashMap<String, Vec<Stay>>,
    alerts: BTreeMap<(i64, String, String), Alert>,
    cleared: HashMap<i64, (u64, DateTime<Utc>)>,
    decisions: Vec<Said>,
    periods: Vec<Period>,
    hazards: Vec<Hazard>,
    links: Vec<Link>,
    /// The entry in which each task was assigned or reported, where its words are hidden.
    hidden_tasks: HashMap<u32, Hidden>,
}

#[derive(Default)]
struct Hidden {
    text: bool,
    result: bool,
}

pub fn gather<'a>(source: &Source<'a>, lines: &HashMap<u64, &Line>) -> Facts<'a> {
    let mut reading = Reading::default();
    let (mut redacted, mut unreadable) = (0, 0);
    for sealed in source.entries {
        let line = lines.get(&sealed.seq).copied();
        let shown = line.filter(|line| line.redacted_by.is_none());
        redacted += u64::from(shown.is_none());
        match serde_json::from_str::<Entry>(&sealed.body) {
            Ok(mut entry) => {
                if shown.is_none()
                    && let Some(act) = entry.event.without_words()
                {
                    entry.event = act;
                }
                reading.read(entry, shown);
            }
            Err(_) => unreadable += 1,
        }
    }
    reading.facts(source, redacted, unreadable)
}

fn milestones(known: &Milestones) -> Vec<Milestone<'_>> {
    let row = |(milestone, at): (milestone::Milestone, _)| Milestone {
        name: milestone.title(),
        at,
        origin: known.origins.get(&milestone),
        replaced: known.replaced(milestone).collect(),
    };
    known.reached().map(row).collect()
}

impl Reading {
    fn leave(&mut self, at: DateTime<Utc>, whether: impl Fn(&Held) -> bool) {
        let roles = &mut self.roles;
        self.open_roles.retain(|&i| match roles.get_mut(i) {
            Some(held) if whether(held) => {
                held.to = Some(at);
                false
            }
            held => held.is_some(),
        });
    }

    fn join(&mut self, person: Person, organization: String, at: DateTime<Utc>) {
        let organization = Some(organization);
        self.joined.push(Held { role: Role::ic(), person, organization, from: at, to: None });
    }

    /// Whose commander they were; `None`: they had not joined.
    fn separate(&mut self, person: &Person, at: DateTime<Utc>) -> Option<String> {
        let open = self.joined.iter_mut().find(|held| held.to.is_none() && held.person.id == person.id)?;
        open.to = Some(at);
        open.organization.clone()
    }

    /// Whoever joined and now speaks for all changes places with who did; each keeps their organization.
    fn pass_token(&mut self, from: Person, to: Person, at: DateTime<Utc>) {
        let theirs = self.separate(&to, at);
        let before = std::mem::replace(&mut self.organization, theirs.clone().unwrap_or_default());
        if theirs.is_some() {
            self.join(from, before, at);
        }
        if !self.organization.is_empty() {
            self.organizations.insert((to.id, at), self.organization.clone());
        }
    }

    fn end_period(&mut self, at: DateTime<Utc>) {
        for period in self.periods.iter_mut().filter(|period| period.ended_at.is_none()) {
            period.ended_at = Some(at);
        }
    }

    fn take_command(&mut self, person: &Person, at: DateTime<Utc>) {
        // The commander is no one's deputy.
        self.leave(at, |held| held.role.slug() == "deputy" && held.person.id == person.id);
    }

    fn read(&mut self, entry: Entry, shown: Option<&Line>) {
        let (seq, at) = (entry.seq, entry.occurred_at);
        let by = entry.actor.person;
        match entry.event {
            Event::Declared { severity, rated, .. } => {
                let reason = found(rated, String::new());
                self.severities.push(SeverityChange { seq, at, severity, reason, by });
            }
            Event::SeverityChanged { to, reason, rated, .. } => {
                let reason = found(rated, reason);
                self.severities.push(SeverityChange { seq, at, severity: to, reason, by });
            }
            Event::CommandEstablished { by } => self.take_command(&by, at),
            Event::CommandTransferred { from, to, .. } => {
                self.take_command(&to, at);
                self.pass_token(from, to, at);
            }
            Event::CommandJoined { by, organization } => {
                self.take_command(&by, at);
                self.join(by, organization, at);
            }
            Event::CommandSeparated { who, .. } => {
                self.separate(&who, at);
            }
            Event::RoleAccepted { role, by } => {
                let alone = role.holders_max() == Some(1);
                self.leave(at, |held| held.role == role && (alone || held.person.id == by.id));
                self.open_roles.push(self.roles.len());
                self.roles.push(Held { role, person: by, organization: None, from: at, to: None });
            }
            Event::RoleRelieved { role, person, .. } | Event::RoleReleased { role, person } => {
                self.leave(at, |held| held.role == role && held.person.id == person.id);
            }
            Event::CheckedIn { who, .. } => {
                self.stays.entry(who.id).or_default().push(Stay { checked_in: Some(at), checked_out: None });
            }
            Event::CheckedOut { who, .. } => {
                let stays = self.stays.entry(who.id).or_default();
                match stays.last_mut() {
                    Some(stay) if stay.checked_out.is_none() => stay.checked_out = Some(at),
                    _ => stays.push(Stay { checked_in: None, checked_out: Some(at) }),
                }
            }
            Event::AlertsLinked { situation, alerts, .. } => {
                self.see_alerts(situation, alerts, seq, at);
            }
            Event::AlertsChanged { situation, alerts, .. } => self.see_alerts(situation, alerts, seq, at),
            Event::AlertsCleared { situation, .. } => {
                self.cleared.insert(situation, (seq, at));
            }
            Event::PeriodStarted { n, ends_at, emphasis, objectives } => {
                self.end_period(at);
                let planned_until = ends_at;
                self.periods.push(Period {
                    n,
                    seq,
                    from: at,
                    planned_until,
                    ended_at: None,
                    emphasis,
                    objectives,
                });
            }
            Event::PeriodEnded { .. } => self.end_period(at),
            Event::DecisionRecorded { .. } => {
                if let Some(line) = shown {
                    let text = line.text.strip_prefix("Decision: ").unwrap_or(&line.text);
                    let text = format!("{text}{}", line.whose());
                    self.decisions.push(Said { seq, at: line.occurred_at, by, text });
                }
            }
            Event::HazardNamed { n, text, mitigation, by: named } => {
                let by = named.unwrap_or(by);
                let (text, mitigation) = match shown {
                    Some(_) => (text, mitigation),
                    None => (REDACTED.to_owned(), String::new()),
                };
                self.hazards.push(Hazard { n, seq, text, mitigation, by, cleared_at: None });
            }
            Event::HazardCleared { n, .. } => {
                for hazard in self.hazards.iter_mut().filter(|hazard| hazard.n == n) {
                    hazard.cleared_at = Some(at);
                }
            }
            Event::LinkAdded { label, url, sum } if shown.is_some_and(|line| line.corrected_by.is_none()) => {
                self.links.push(Link { seq, label, url, sum });
            }
            Event::TaskAssigned { n, .. } => self.hidden_tasks.entry(n).or_default().text |= shown.is_none(),
            Event::TaskReported { n, .. } => {
                // The last report is the one that counts: a task may have been opened again.
                self.hidden_tasks.entry(n).or_default().result = shown.is_none()
            }
            _ => {}
        }
    }

    fn see_alerts(
        &mut self,
        situation: i64,
        alerts: Vec<crate::incident::event::AlertRef>,
        seq: u64,
        at: DateTime<Utc>,
    ) {
        for alert in alerts {
            let key = (situation, alert.source.clone(), alert.fingerprint.clone());
            let known = self.alerts.entry(key).or_insert_with(|| Alert {
                situation,
                source: alert.source,
                fingerprint: alert.fingerprint,
                title: String::new(),
                starts_at: None,
                ends_at: None,
                firing: false,
                url: None,
                seen: seq,
            });
            known.title = alert.title;
            known.starts_at = known.starts_at.or(alert.starts_at);
            known.url = alert.url.or(known.url.take());
            known.ends_at = if alert.firing { None } else { known.ends_at.or(Some(at)) };
            known.firing = alert.firing;
            known.seen = seq;
        }
    }

    fn facts<'a>(mut self, source: &Source<'a>, redacted: u64, unreadable: u64) -> Facts<'a> {
        let incident = source.incident;
        let until = incident.commanders.iter().skip(1).map(|(_, at)| Some(*at)).chain([None]);
        let commanders = incident
            .commanders
            .iter()
            .zip(until)
            .map(|((person, from), to)| Held {
                role: Role::ic(),
                person: person.clone(),
                organization: self.organizations.remove(&(person.id.clone(), *from)),
                from: *from,
                to,
            })
            .chain(std::mem::take(&mut self.joined))
            .collect();
        let participants = incident
            .participants
            .values()
            .map(|participant| Participant {
                person: participant.person.clone(),
                first_seen: participant.first_seen,
                stays: self.stays.remove(&participant.person.id).unwrap_or_default(),
            })
            .collect();
        let tasks = incident
            .tasks
            .iter()
            .map(|task| {
                let hidden = self.hidden_tasks.remove(&task.n).unwrap_or(Hidden { text: true, result: true });
                let unless =
                    |hidden: bool, text: &str| if hidden { REDACTED.to_owned() } else { text.to_owned() };
                Task {
                    n: task.n,
                    seq: task.seq,
                    text: unless(hidden.text, &task.text),
                    owner: task.owner.as_ref(),
                    assigned_by: &task.assigned_by,
                    due_at: task.due_at,
                    state: task.state,
                    result: task.result.as_deref().map(|result| unless(hidden.result, result)),
                }
            })
            .collect();
        let objectives = incident
            .objectives
            .iter()
            .map(|objective| Objective { n: objective.n, text: &objective.text, state: objective.state })
            .collect();
        let cleared = self.cleared;
        let mut alerts: Vec<_> = self.alerts.into_values().collect();
        for alert in &mut alerts {
            if let Some((_, at)) = cleared.get(&alert.situation).filter(|(seq, _)| *seq > alert.seen) {
                alert.firing = false;
                alert.ends_at = alert.ends_at.or(Some(*at));
            }
        }
        Facts {
            milestones: milestones(&incident.milestones),
            durations: incident.milestones.spans(),
            severities: self.severities,
            commanders,
            roles: self.roles,
            participants,
            alerts,
            posts: &incident.posts,
            decisions: self.decisions,
            objectives,
            periods: self.periods,
            tasks,
            hazards: self.hazards,
            links: self.links,
            redacted,
            unreadable,
        }
    }
}
