//! What follows from events: timers to set, things to say outside. Pure; written in the same transaction.

mod deliveries;
mod reminders;

use chrono::{DateTime, Duration, Utc};

use crate::{
    incident::{
        command::{Luggage, TimerKind},
        decide::{EXECUTIVE_ANSWER_WITHIN, Policy},
        event::{Entry, Event},
        id::IncidentId,
        phase::Phase,
        state::{Incident, Wording},
    },
    journal::{
        Mark,
        rows::{NewDelivery, TimerRow},
    },
};
pub use deliveries::{incident_cards, is_said, secret, situation_cards};
pub use reminders::{again, reminders};

/// Situations, tasks and hazards, each, that go along when an incident is merged into another: as many as one can have.
const LUGGAGE_MAX: usize = 1_000;

/// Timers, deliveries and marks that go with some entries.
#[derive(Debug, Default)]
pub struct Consequences {
    pub timers: Vec<TimerRow>,
    pub deliveries: Vec<NewDelivery>,
    pub marks: Vec<Mark>,
}

/// `incident` is the state after `entries`; `now` the house's clock; `chats` the destinations that show cards.
pub fn consequences(
    incident: &Incident,
    entries: &[Entry],
    policy: &Policy,
    chats: &[String],
    now: DateTime<Utc>,
) -> Consequences {
    let mut out = Consequences::default();
    for entry in entries {
        timers(incident, entry, policy, &mut out);
        out.deliveries.extend(deliveries::of_entry(incident, entry, entries, chats, now));
        out.deliveries.extend(deliveries::hushes(incident, entry, &policy.paging, now));
        // Of one that is merged they go on in the other.
        if let Event::PhaseChanged { to, .. } = entry.event
            && to.is_over()
            && to != Phase::Merged
        {
            out.marks.push(Mark::SituationsOver { incident: incident.id });
        }
    }
    if entries.iter().any(|entry| matches!(entry.event, Event::MergedIn { .. })) {
        for entry in entries {
            if let Event::AlertsLinked { situation, .. } = entry.event {
                out.marks.push(Mark::SituationLinked { id: situation, incident: incident.id });
                out.deliveries.extend(situation_cards(situation, -1, chats, now));
            }
        }
    }
    if !entries.is_empty() {
        out.deliveries.extend(deliveries::cards(incident, chats, now));
    }
    out
}

/// Two incidents, two streams: what one leaves to the other is a timer of the other, written with the entry that ends the
/// one, so that it comes once, whatever happens between.
fn hand_over(incident: &Incident, into: IncidentId, entry: &Entry) -> TimerRow {
    let luggage = Luggage {
        by: Some(entry.actor.person.clone()),
        from: incident.id,
        title: incident.title.clone(),
        severity: incident.severity,
        entries: incident.seq,
        situations: incident.situations.values().take(LUGGAGE_MAX).cloned().collect(),
        tasks: incident.open_tasks().take(LUGGAGE_MAX).cloned().collect(),
        hazards: incident.open_hazards().take(LUGGAGE_MAX).cloned().collect(),
        stop: incident.stop.clone(),
        titled_in: incident.entry_of(Wording::Title),
        stopped_in: incident.entry_of(Wording::Stop),
    };
    TimerRow {
        id: format!("{into}/merged/{}", incident.id),
        incident: into,
        kind: TimerKind::MergedIn(Box::new(luggage)),
        due_at: entry.recorded_at,
    }
}

/// What comes to an incident that was itself merged meanwhile goes on to the one that it turned out to be.
pub fn handed_on(incident: &Incident, kind: &TimerKind, now: DateTime<Utc>) -> Option<TimerRow> {
    let TimerKind::MergedIn(luggage) = kind else { return None };
    let next = incident.merged_into.filter(|next| *next != luggage.from)?;
    Some(TimerRow {
        id: format!("{next}/merged/{}", luggage.from),
        incident: next,
        kind: kind.clone(),
        due_at: now,
    })
}

/// The open parts of an incident that is merged are told where it goes on; so is one that came, or goes on again, only after that.
fn regroup(incident: &Incident, entry: &Entry) -> Vec<TimerRow> {
    let Some(into) = incident.merged_into else { return vec![] };
    let parts: Vec<IncidentId> = match &entry.event {
        Event::MergedInto { .. } => incident.open_children().collect(),
        Event::ChildJoined { child, phase } | Event::ChildMoved { child, phase } if !phase.is_over() => {
            vec![*child]
        }
        _ => vec![],
    };
    let told = |part: IncidentId| TimerRow {
        id: format!("{part}/regroup/{}/{}", incident.id, entry.seq),
        incident: part,
        kind: TimerKind::Regroup { was: incident.id, into },
        due_at: entry.recorded_at,
    };
    parts.into_iter().map(told).collect()
}

/// Words that are redacted may stand in two incidents: in one that was merged, and in the one that goes on. Each tells the other.
fn redacted(incident: &Incident, entry: &Entry) -> Vec<TimerRow> {
    let Event::EntryRedacted { target, .. } = entry.event else { return vec![] };
    let told = |incident, of, seq| words_gone(incident, of, seq, entry.recorded_at);
    let origin = incident.copies.get(&target).copied();
    let original = origin.map(|(of, seq)| told(of, of, seq));
    // Where this one goes on they may have come from here, or by way of here.
    let first = incident.merged_into.zip(origin).map(|(into, (of, seq))| told(into, of, seq));
    let copies = incident.merged_into.map(|into| told(into, incident.id, target));
    original.into_iter().chain(first).chain(copies).collect()
}

/// What tells an incident that words were redacted which stood in that entry of that incident first.
pub fn words_gone(incident: IncidentId, of: IncidentId, seq: u64, due_at: DateTime<Utc>) -> TimerRow {
    let id = format!("{incident}/redacted/{of}/{seq}");
    TimerRow { id, incident, kind: TimerKind::Redacted { of, seq }, due_at }
}

/// What the greater one is told of a part of it: a timer of the greater one, as with a merge.
fn tell_parent(incident: &Incident, entry: &Entry) -> Option<TimerRow> {
    let (parent, phase) = match &entry.event {
        Event::PutUnder { parent } => (*parent, Some(incident.phase)),
        Event::LeftParent { parent, .. } => (*parent, None),
        Event::PhaseChanged { from, to, .. } if from.is_over() != to.is_over() => {
            (incident.parent?, Some(*to))
        }
        _ => return None,
    };
    Some(TimerRow {
        id: format!("{parent}/child/{}/{}", incident.id, entry.seq),
        incident: parent,
        kind: TimerKind::Child { child: incident.id, phase },
        due_at: entry.recorded_at,
    })
}

fn timers(incident: &Incident, entry: &Entry, policy: &Policy, out: &mut Consequences) {
    if let Event::MergedInto { into, .. } = entry.event {
        out.timers.push(hand_over(incident, into, entry));
    }
    out.timers.extend(tell_parent(incident, entry));
    out.timers.extend(regroup(incident, entry));
    out.timers.extend(redacted(incident, entry));
    if matches!(entry.event, Event::Restricted { .. }) {
        out.timers.extend(incident.children.keys().map(|child| TimerRow {
            id: format!("{child}/parted/{}/{}", incident.id, entry.seq),
            incident: *child,
            kind: TimerKind::Parted { parent: incident.id },
            due_at: entry.recorded_at,
        }));
    }
    let mut set = |name: String, kind: TimerKind, due: DateTime<Utc>| {
        out.timers.push(timer(incident, &name, kind, due));
    };
    match &entry.event {
        Event::CommandOffered { to, expires_at, .. } => {
            set(
                format!("offer/ic/{}", entry.seq),
                TimerKind::CommandOfferExpires { to: to.clone() },
                *expires_at,
            );
        }
        Event::UnifyOffered { to, expires_at, .. } => {
            set(format!("unify/{}", entry.seq), TimerKind::UnifyOfferExpires { to: to.clone() }, *expires_at)
        }
        Event::ExecutiveAsked { .. } => {
            set(
                format!("executive-answer/{}", entry.seq),
                TimerKind::ExecutiveSilent { seq: entry.seq },
                entry.occurred_at + EXECUTIVE_ANSWER_WITHIN,
            );
        }
        Event::RoleOffered { role, to, expires_at } => set(
            format!("offer/{}/{}", role.slug(), entry.seq),
            TimerKind::RoleOfferExpires { role: role.clone(), to: to.clone() },
            *expires_at,
        ),
        Event::TaskAssigned { n, due_at: Some(due_at), .. }
        | Event::TaskReopened { n, due_at: Some(due_at), .. }
        | Event::TaskGiven { n, due_at: Some(due_at), .. }
        | Event::TaskExtended { n, due_at } => {
            set(format!("task/{n}"), TimerKind::TaskDue { n: *n, due_at: *due_at }, *due_at);
        }
        Event::WorkPlanned { span, .. } => {
            if incident.phase == Phase::Scheduled {
                set("work/begins".into(), TimerKind::WorkBegins { at: span.from }, span.from);
            }
            set("work/ends".into(), TimerKind::WorkEnds { at: span.until }, span.until);
        }
        // Begun again after it was completed, its end is watched again; one that has passed is said at once.
        Event::PhaseChanged { to: Phase::InProgress, .. } => {
            if let Some(plan) = &incident.plan {
                let until = plan.span.until;
                set("work/ends".into(), TimerKind::WorkEnds { at: until }, until.max(entry.occurred_at));
            }
        }
        Event::RollCalled { due_at, .. } => {
            set(format!("roll/{}", entry.seq), TimerKind::RollDue { seq: entry.seq }, *due_at);
        }
        Event::PeriodStarted { n, ends_at, .. } => {
            set(format!("period/{n}"), TimerKind::PeriodEnds { n: *n }, *ends_at);
        }
        Event::StepDone { playbook, step, .. } => {
            if let Some(at) = reminders::opens_again(incident, playbook, step) {
                let kind = TimerKind::StepDue { playbook: playbook.clone(), step: step.clone() };
                set(format!("step/{playbook}/{step}"), kind, at);
            }
        }
        Event::ProposalMade { n, ends_at, .. } => {
            set(format!("proposal/{n}"), TimerKind::ProposalEnds { n: *n }, *ends_at);
        }
        Event::ActionAnnounced { .. } | Event::ActionCleared { .. } | Event::ActionsResumed { .. } => {
            for action in incident.open_actions() {
                if let Some(due_at) = action.due_at {
                    let kind = TimerKind::ActionDue { n: action.n, due_at };
                    set(format!("action/{}", action.n), kind, due_at);
                }
            }
        }
        Event::PagingBegun { n, .. } | Event::Paged { n, .. } => {
            if let Some(paging) = incident.paging(*n).filter(|paging| paging.is_open()) {
                let next = paging.next();
                // Where nobody could be called, the next ones are called at once; but not round and round.
                let at_once = next.step > 0
                    && matches!(&entry.event, Event::Paged { called, pagers, .. } if called.is_empty() && pagers.is_empty());
                let minutes = if at_once { 0 } else { next.after_minutes };
                let kind = TimerKind::PageNext { n: *n, step: next.step, round: next.round };
                set(format!("page/{n}"), kind, entry.occurred_at + Duration::minutes(i64::from(minutes)));
            }
        }
        Event::UpdatePublished { next_update_at: Some(due_at), .. } => {
            set("update".into(), TimerKind::UpdateDue { due_at: *due_at }, *due_at);
        }
        _ => {}
    }
    out.timers.extend(reminders::of_entry(incident, entry, policy));
}

/// What goes off when the incident's own time is `due`.
fn timer(incident: &Incident, name: &str, kind: TimerKind, due: DateTime<Utc>) -> TimerRow {
    TimerRow {
        id: format!("{}/{name}", incident.id),
        incident: incident.id,
        kind,
        // The incident's own time may run faster than ours; a millisecond on top never comes too early.
        due_at: incident.real_time_at(due) + Duration::milliseconds(1),
    }
}
