//! What people are reminded of from time to time, and the first word to the public: when, by the settings.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::timer;
use crate::{
    incident::{
        command::TimerKind,
        decide::Policy,
        event::{Entry, Event, Owed},
        owed,
        phase::Phase,
        severity::Severity,
        state::{Incident, Place},
    },
    journal::rows::TimerRow,
};

/// The longest time from one reminder of roles to the next.
const ROLES_MINUTES_MAX: i64 = 120;

/// The reminders that an entry sets, or sets anew.
pub(super) fn of_entry(incident: &Incident, entry: &Entry, policy: &Policy) -> Vec<TimerRow> {
    let is_owed = is_untold(incident) && incident.phase.is_active();
    let first_update = is_owed.then(|| first_update_due(entry, incident.severity, policy)).flatten();
    // From the first moment of an active phase on; it is set again whenever it goes off, and ends with the phase.
    let listens_anew = match &entry.event {
        Event::Declared { .. } | Event::SeverityChanged { .. } | Event::Nudged { .. } => true,
        Event::PhaseChanged { to, .. } => *to == Phase::Investigating,
        _ => false,
    };
    let nudge = || nudge_due(incident, policy, incident.time_at(entry.recorded_at));
    let silence = listens_anew.then(nudge).flatten().map(|due| silence(incident, due));
    let recurring = recurring(incident, entry, policy);
    let recurring = recurring.into_iter().map(|(name, kind, due)| timer(incident, name, kind, due));
    let first_update = first_update.map(|due| first_update_at(incident, due));
    first_update.into_iter().chain(silence).chain(recurring).collect()
}

/// The reminders of an incident, set as if these settings had held whenever it was counted anew. `entries` are all that it has. What
/// should have gone off by now does so at once, and finds out whether there is anything to say.
pub fn reminders(
    incident: &Incident,
    entries: &[Entry],
    policy: &Policy,
    now: DateTime<Utc>,
) -> Vec<TimerRow> {
    let mut last = BTreeMap::new();
    for (name, kind, due) in entries.iter().flat_map(|entry| recurring(incident, entry, policy)) {
        last.insert(name, timer(incident, name, kind, due));
    }
    let silence = nudge_due(incident, policy, incident.time_at(now)).map(|due| silence(incident, due));
    let first_update =
        first_update_unsaid(incident, entries, policy).map(|due| first_update_at(incident, due));
    last.into_values().chain(silence).chain(first_update).collect()
}

/// A timer that went off and found that it is not time yet: when it is.
pub fn again(incident: &Incident, kind: &TimerKind, policy: &Policy, now: DateTime<Utc>) -> Option<TimerRow> {
    let (name, due) = match kind {
        TimerKind::Silence => ("silence".to_owned(), nudge_due(incident, policy, incident.time_at(now))?),
        // In the quiet that somebody asked for nothing opens again.
        TimerKind::StepDue { playbook, step } if incident.phase.is_active() => {
            let due = after_quiet(incident, opens_again(incident, playbook, step)?);
            (format!("step/{playbook}/{step}"), due)
        }
        TimerKind::ExecutiveDue if incident.phase.is_active() => (
            "executive".to_owned(),
            incident.silence.quiet_until.filter(|_| policy.exec_update_minutes(incident.severity) > 0)?,
        ),
        TimerKind::ReportsDue if incident.phase.is_active() => {
            ("reports".to_owned(), after_quiet(incident, next_report(incident, policy, now)?))
        }
        TimerKind::RolesDue if incident.phase.is_active() => {
            let minutes = policy.roles_minutes(incident.severity);
            let is_owed = minutes > 0 && !owed::roles(incident, policy).is_empty();
            let due = incident.time_at(now) + Duration::minutes(i64::from(minutes));
            let quiet = incident.silence.quiet_until.filter(|until| *until > incident.time_at(now));
            ("roles".to_owned(), is_owed.then(|| quiet.unwrap_or(due))?)
        }
        _ => return None,
    };
    let again = timer(incident, &name, kind.clone(), due);
    (again.due_at > now).then_some(again)
}

/// Whether the public is to be told of it, now or once it goes on again, and has heard nothing yet.
fn is_untold(incident: &Incident) -> bool {
    incident.kind().is_clocked()
        && incident.phase != Phase::Triage
        && !incident.phase.is_over()
        && incident.posts.iter().all(|post| post.published.is_none())
}

/// Each deadline has its own name, so that a later one never puts off one that was set before.
fn first_update_at(incident: &Incident, due: DateTime<Utc>) -> TimerRow {
    timer(incident, &format!("first-update/{}", due.timestamp()), TimerKind::FirstUpdateDue, due)
}

/// When the public should have heard of it by this entry, which left it at that severity.
fn first_update_due(entry: &Entry, severity: Severity, policy: &Policy) -> Option<DateTime<Utc>> {
    let begins = match &entry.event {
        // What was over when it was declared is owed to nobody.
        Event::Declared { triage, ended, .. } => !triage && ended.is_none(),
        Event::PhaseChanged { from: Phase::Triage, to: Phase::Investigating, .. } => true,
        // Worse than it was declared: as soon as if it had been declared so now.
        Event::SeverityChanged { from, to, .. } => to.worse_than(*from),
        _ => false,
    };
    let minutes = policy.first_post_minutes(severity);
    (begins && minutes > 0).then(|| entry.occurred_at + Duration::minutes(i64::from(minutes)))
}

/// The first deadline for a word to the public since somebody was last reminded of it, as if these settings had always held.
fn first_update_unsaid(incident: &Incident, entries: &[Entry], policy: &Policy) -> Option<DateTime<Utc>> {
    if !is_untold(incident) {
        return None;
    }
    let (mut severity, mut first) = (incident.severity, None::<DateTime<Utc>>);
    for entry in entries {
        match &entry.event {
            Event::Declared { severity: declared, .. } => severity = *declared,
            Event::SeverityChanged { to, .. } => severity = *to,
            // Whoever was reminded by other settings is not reminded of the same a second time.
            event if event.reminds_of(Owed::FirstWord) => first = None,
            _ => {}
        }
        if let Some(due) = first_update_due(entry, severity, policy) {
            // What was triage until now was owed nothing.
            let goes_on = matches!(entry.event, Event::SeverityChanged { .. });
            first = first.filter(|earlier| goes_on && *earlier < due).or(Some(due));
        }
    }
    first
}

/// The reminders of reports, of roles and of executives that an event sets anew, each one timer, and when they are due.
fn recurring(
    incident: &Incident,
    entry: &Entry,
    policy: &Policy,
) -> Vec<(&'static str, TimerKind, DateTime<Utc>)> {
    if !incident.phase.is_active() || incident.phase == Phase::Triage || !incident.kind().is_clocked() {
        return vec![];
    }
    let begins = match &entry.event {
        Event::Declared { triage, ended, .. } => !triage && ended.is_none(),
        Event::PhaseChanged { to: Phase::Investigating, .. } | Event::SeverityChanged { .. } => true,
        _ => false,
    };
    let again = |owed| entry.event.reminds_of(owed);
    let freed = match &entry.event {
        Event::RoleRelieved { role, .. } | Event::RoleReleased { role, .. } => Some(role.slug()),
        // Who comes to have command is nobody's deputy any more.
        Event::CommandEstablished { .. } | Event::CommandTransferred { .. } | Event::CommandJoined { .. } => {
            Some("deputy")
        }
        _ => None,
    };
    // Where another role is free too, it is looked at already.
    let is_free = freed.is_some_and(
        |slug| matches!(owed::roles(incident, policy).as_slice(), [role] if role.slug() == slug),
    );
    let reports = i64::from(policy.can_minutes(incident.severity));
    let roles = i64::from(policy.roles_minutes(incident.severity));
    let executive = i64::from(policy.exec_update_minutes(incident.severity));
    let after = |minutes| entry.occurred_at + Duration::minutes(minutes);
    let mut all = Vec::new();
    if reports > 0 && (begins || again(Owed::Reports)) {
        all.push(("reports", TimerKind::ReportsDue, after(reports)));
    }
    // Counted from the last summary, or from the last reminder.
    let tells = matches!(entry.event, Event::Summarized { .. } | Event::Reminded { executive: true, .. });
    if executive > 0 && (begins || tells) {
        all.push(("executive", TimerKind::ExecutiveDue, after(executive)));
    }
    if roles > 0 && again(Owed::Roles) {
        // Twice as long after each, as the time since it began doubles.
        let age = incident.milestones.declared.map_or(0, |at| (entry.occurred_at - at).num_minutes());
        let minutes = age.clamp(roles, ROLES_MINUTES_MAX.max(roles));
        all.push(("roles", TimerKind::RolesDue, after(minutes)));
    } else if roles > 0 && (begins || is_free) {
        all.push(("roles", TimerKind::RolesDue, after(roles)));
    }
    all
}

fn silence(incident: &Incident, due: DateTime<Utc>) -> TimerRow {
    timer(incident, "silence", TimerKind::Silence, due)
}

/// At least as often as a silence is brought up first: somebody may be heard meanwhile, and fall silent anew.
fn nudge_due(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let minutes = policy.silence_minutes(incident.severity);
    let is_listening = minutes > 0 && incident.phase.is_active() && incident.kind().is_clocked();
    let look = now + Duration::minutes(i64::from(minutes));
    is_listening.then(|| incident.silence.next_nudge(minutes).min(look))
}

/// When this step of a playbook, which was done, is to be done again.
pub(super) fn opens_again(incident: &Incident, playbook: &str, step: &str) -> Option<DateTime<Utc>> {
    let is_it = |place: &Place<'_>| place.play.playbook.id == playbook && place.step.id == step;
    incident.steps().find(is_it)?.progress.again_at
}

/// When the next report is owed; where none is yet, it is looked again after as long as one may take.
fn next_report(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let minutes = policy.can_minutes(incident.severity);
    let now = incident.time_at(now);
    let look = now + Duration::minutes(i64::from(minutes));
    let owed = owed::reports(incident, minutes).into_iter().map(|one| one.due_at);
    let next = owed.fold(look, DateTime::min);
    // What is due already and was not asked for now is not asked for at every look.
    (minutes > 0).then(|| if next > now { next } else { now + Duration::minutes(1) })
}

fn after_quiet(incident: &Incident, due: DateTime<Utc>) -> DateTime<Utc> {
    incident.silence.quiet_until.map_or(due, |until| until.max(due))
}
