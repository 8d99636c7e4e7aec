//! What follows from events: timers to set, things to say outside. Pure; written in the same transaction.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use crate::{
    incident::{
        command::{Luggage, TimerKind},
        decide::{EXECUTIVE_ANSWER_WITHIN, PUBLIC_HEARD_NOTHING, Policy},
        event::{Entry, Event, Owed},
        id::IncidentId,
        owed,
        paging::{Act, Means},
        phase::Phase,
        severity::Severity,
        state::{Incident, Paging, PagingState, Place},
    },
    journal::{
        Mark,
        rows::{IncidentRow, NewDelivery, Quoted, TimerRow, What},
    },
    people::Person,
};

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
        deliveries(incident, entry, !is_told_with(entry, entries), chats, now, &mut out);
        hush(incident, entry, &policy.paging, now, &mut out);
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
        for chat in chats {
            out.deliveries.push(card(incident, chat, now));
        }
    }
    out
}

/// Two incidents, two streams: what one leaves to the other is a timer of the other, written with the entry that ends the
/// one, so that it comes once, whatever happens between.
fn hand_over(incident: &Incident, into: IncidentId, now: DateTime<Utc>) -> TimerRow {
    let luggage = Luggage {
        from: incident.id,
        title: incident.title.clone(),
        severity: incident.severity,
        entries: incident.seq,
        situations: incident.situations.values().take(LUGGAGE_MAX).cloned().collect(),
        tasks: incident.open_tasks().take(LUGGAGE_MAX).cloned().collect(),
        hazards: incident.open_hazards().take(LUGGAGE_MAX).cloned().collect(),
    };
    TimerRow {
        id: format!("{into}/merged/{}", incident.id),
        incident: into,
        kind: TimerKind::MergedIn(Box::new(luggage)),
        due_at: now,
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
        out.timers.push(hand_over(incident, into, entry.recorded_at));
    }
    out.timers.extend(tell_parent(incident, entry));
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
            if let Some(at) = opens_again(incident, playbook, step) {
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
    if owes_first_update(incident)
        && let Some(due) = first_update_due(entry, incident.severity, policy)
    {
        set(first_update_name(due), TimerKind::FirstUpdateDue, due);
    }
    // From the first moment of an active phase on; it is set again whenever it goes off, and ends with the phase.
    let listens_anew = match &entry.event {
        Event::Declared { .. } | Event::SeverityChanged { .. } | Event::Nudged { .. } => true,
        Event::PhaseChanged { to, .. } => *to == Phase::Investigating,
        _ => false,
    };
    if listens_anew && let Some(due) = nudge_due(incident, policy, incident.time_at(entry.recorded_at)) {
        set("silence".into(), TimerKind::Silence, due);
    }
    for (name, kind, due) in recurring(incident, entry, policy) {
        set(name.into(), kind, due);
    }
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

/// Whether the public is to be told of it and has heard nothing yet.
fn owes_first_update(incident: &Incident) -> bool {
    incident.kind().is_clocked()
        && incident.phase.is_active()
        && incident.phase != Phase::Triage
        && incident.posts.iter().all(|post| post.published.is_none())
}

/// Each deadline has its own name, so that a later one never puts off one that was set before.
fn first_update_name(due: DateTime<Utc>) -> String {
    format!("first-update/{}", due.timestamp())
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

/// The first deadline for a word to the public that nobody was reminded of, as if these settings had always held.
fn first_update_unsaid(incident: &Incident, entries: &[Entry], policy: &Policy) -> Option<DateTime<Utc>> {
    if !owes_first_update(incident) {
        return None;
    }
    let (mut severity, mut first) = (incident.severity, None::<DateTime<Utc>>);
    for entry in entries {
        match &entry.event {
            Event::Declared { severity: declared, .. } => severity = *declared,
            Event::SeverityChanged { to, .. } => severity = *to,
            Event::Reminded { what, .. } if what.contains(PUBLIC_HEARD_NOTHING) => {
                first = first.filter(|due| *due > entry.occurred_at);
            }
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

/// What people are reminded of from time to time, and the first word to the public, set as if these settings had held whenever it
/// was counted anew. `entries` are all of the incident's. What should have gone off by now does so at once, and finds out whether
/// there is anything to say.
pub fn reminders(
    incident: &Incident,
    entries: &[Entry],
    policy: &Policy,
    now: DateTime<Utc>,
) -> Vec<TimerRow> {
    let mut last = BTreeMap::new();
    for (name, kind, due) in entries.iter().flat_map(|entry| recurring(incident, entry, policy)) {
        last.insert(name, (kind, due));
    }
    if let Some(due) = nudge_due(incident, policy, incident.time_at(now)) {
        last.insert("silence", (TimerKind::Silence, due));
    }
    let first_update = first_update_unsaid(incident, entries, policy)
        .map(|due| timer(incident, &first_update_name(due), TimerKind::FirstUpdateDue, due));
    let last = last.into_iter().map(|(name, (kind, due))| timer(incident, name, kind, due));
    last.chain(first_update).collect()
}

/// The longest time from one reminder of roles to the next.
const ROLES_MINUTES_MAX: i64 = 120;

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
    let again = |owed| matches!(&entry.event, Event::Reminded { of, .. } if of.contains(&owed));
    let is_free = matches!(entry.event, Event::RoleRelieved { .. } | Event::RoleReleased { .. });
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

/// At least as often as a silence is brought up first: somebody may be heard meanwhile, and fall silent anew.
fn nudge_due(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let minutes = policy.silence_minutes(incident.severity);
    let is_listening = minutes > 0 && incident.phase.is_active() && incident.kind().is_clocked();
    let look = now + Duration::minutes(i64::from(minutes));
    is_listening.then(|| incident.silence.next_nudge(minutes).min(look))
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

/// When this step of a playbook, which was done, is to be done again.
fn opens_again(incident: &Incident, playbook: &str, step: &str) -> Option<DateTime<Utc>> {
    let is_it = |place: &Place<'_>| place.play.playbook.id == playbook && place.step.id == step;
    incident.steps().find(is_it)?.progress.again_at
}

/// When the next report is owed; where none is yet, it is looked again after as long as one may take.
fn next_report(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let minutes = policy.can_minutes(incident.severity);
    let now = incident.time_at(now);
    let look = now + Duration::minutes(i64::from(minutes));
    let owed = owed::reports(incident, minutes).into_iter().map(|one| one.due_at);
    (minutes > 0).then(|| owed.fold(look, DateTime::min).max(now + Duration::minutes(1)))
}

fn after_quiet(incident: &Incident, due: DateTime<Utc>) -> DateTime<Utc> {
    incident.silence.quiet_until.map_or(due, |until| until.max(due))
}

/// What a reader of the chat is told line by line; the rest stands on the card.
pub fn is_said(event: &Event) -> bool {
    !matches!(
        event,
        Event::Declared { .. }
            | Event::CommandEstablished { .. }
            | Event::AlertsChanged { flapping: None, .. }
            | Event::UpdateDelivered { .. }
            | Event::Startex { .. }
    )
}

/// Whether a reminder beside it names what became overdue, or is due again.
fn is_told_with(entry: &Entry, entries: &[Entry]) -> bool {
    let names_it =
        |other: &Entry| matches!(&other.event, Event::Reminded { of, .. } if of.contains(&Owed::Late));
    matches!(
        entry.event,
        Event::TaskOverdue { .. } | Event::ActionOverdue { .. } | Event::StepReopened { .. }
    ) && entries.iter().any(names_it)
}

fn lane(incident: &Incident, destination: &str) -> String {
    format!("{destination}/{}", incident.id)
}

fn card(incident: &Incident, chat: &str, now: DateTime<Utc>) -> NewDelivery {
    NewDelivery {
        key: format!("{}/card/{}", incident.id, incident.seq),
        destination: chat.to_owned(),
        lane: lane(incident, chat),
        incident: Some(incident.id),
        what: What::Card,
        same: Some(format!("card/{}", incident.id)),
        at: now,
    }
}

fn deliveries(
    incident: &Incident,
    entry: &Entry,
    has_line: bool,
    chats: &[String],
    now: DateTime<Utc>,
    out: &mut Consequences,
) {
    // A chat that is away is told how long it was, and what it missed, when it is back.
    let absent = match &entry.event {
        Event::ChatLost { chat, .. } | Event::ChatBack { chat, .. } => Some(chat),
        _ => None,
    };
    if has_line && is_said(&entry.event) {
        for chat in chats.iter().filter(|chat| absent != Some(*chat)) {
            out.deliveries.push(NewDelivery {
                key: format!("{}/{}", incident.id, entry.seq),
                destination: chat.clone(),
                lane: lane(incident, chat),
                incident: Some(incident.id),
                what: What::Say { seq: entry.seq },
                same: None,
                at: now,
            });
        }
    }
    pages(incident, entry, now, out);
    if let Event::UpdatePublished { n, destinations, .. } = &entry.event {
        // The built-in page and the sandbox of a drill are written with the entry itself.
        for destination in destinations.iter().filter(|d| !matches!(d.as_str(), "page" | "sandbox")) {
            out.deliveries.push(NewDelivery {
                key: format!("{}/p{n}", incident.id),
                destination: destination.clone(),
                lane: lane(incident, destination),
                incident: Some(incident.id),
                what: What::Post { n: *n },
                same: None,
                at: now,
            });
        }
    }
}

/// The card of an incident that did not change itself, wherever cards are shown.
pub fn incident_cards(row: &IncidentRow, now: DateTime<Utc>, chats: &[String]) -> Vec<NewDelivery> {
    chats
        .iter()
        .map(|chat| NewDelivery {
            key: format!("{}/card/{}/{}", row.id, row.seq, now.timestamp_millis()),
            destination: chat.clone(),
            lane: format!("{chat}/{}", row.id),
            incident: Some(row.id),
            what: What::Card,
            same: Some(format!("card/{}", row.id)),
            at: now,
        })
        .collect()
}

/// The word to those who can take a secret out of a message that was put on the timeline; it was masked in the entries up to `seq`.
pub fn secret(
    incident: IncidentId,
    seq: u64,
    chat: &str,
    kinds: String,
    of: &Quoted,
    now: DateTime<Utc>,
) -> NewDelivery {
    let key = format!("{incident}/secret/{seq}");
    NewDelivery {
        // Nothing that waits keeps it waiting.
        lane: format!("{chat}/{key}"),
        key,
        destination: chat.to_owned(),
        incident: Some(incident),
        what: What::Secret { kinds, of: of.clone() },
        same: None,
        at: now,
    }
}

/// Whom a step calls; and, to the services that were called, that it is answered or over.
fn pages(incident: &Incident, entry: &Entry, now: DateTime<Utc>, out: &mut Consequences) {
    let mut page = |n: u32, which: String, to: Option<&Person>, pager: &str, act: Act| {
        let whom = to.map_or("", |person| person.id.as_str());
        let destination = format!("{}{pager}", super::paging::PAGER);
        out.deliveries.push(NewDelivery {
            key: format!("{}/page/{n}/{which}/{whom}", incident.id),
            lane: format!("{destination}/{}/{whom}", incident.id),
            destination,
            incident: Some(incident.id),
            what: What::Page { n, to: to.cloned(), act },
            same: None,
            at: now,
        });
    };
    let mut tell = |pagings: &mut dyn Iterator<Item = &Paging>, act: Act| {
        for paging in pagings {
            for pager in &paging.pagers {
                page(paging.n, entry.seq.to_string(), None, pager, act);
            }
        }
    };
    match &entry.event {
        Event::Paged { n, step, round, called, pagers, .. } => {
            let which = format!("{round}.{step}");
            for (one, pager) in called.iter().flat_map(|one| one.by.iter().map(move |pager| (one, pager))) {
                page(*n, which.clone(), Some(&one.person), pager, Act::Trigger);
            }
            for pager in pagers {
                page(*n, which.clone(), None, pager, Act::Trigger);
            }
        }
        Event::PageAcknowledged { pagings, .. } => {
            tell(&mut incident.pagings.iter().filter(|one| pagings.contains(&one.n)), Act::Acknowledge);
        }
        Event::PagingStopped { pagings, .. } => {
            tell(&mut incident.pagings.iter().filter(|one| pagings.contains(&one.n)), Act::Resolve);
        }
        Event::PhaseChanged { from, to, .. } if from.is_active() && !to.is_active() => {
            tell(&mut incident.pagings.iter(), Act::Resolve);
        }
        _ => {}
    }
}

/// What rings on at those who were called is told that somebody has it, or that it is over: behind their page, in its lane.
fn hush(incident: &Incident, entry: &Entry, means: &Means, now: DateTime<Utc>, out: &mut Consequences) {
    let act = match &entry.event {
        Event::PageAcknowledged { .. } => Act::Acknowledge,
        Event::PagingStopped { .. } | Event::PhaseChanged { .. } => Act::Resolve,
        _ => return,
    };
    let is_meant = |paging: &Paging| match &entry.event {
        Event::PageAcknowledged { pagings, .. } | Event::PagingStopped { pagings, .. } => {
            pagings.contains(&paging.n)
        }
        // What was answered is quiet already.
        Event::PhaseChanged { from, to, .. } => {
            from.is_active() && !to.is_active() && !matches!(paging.state, PagingState::Acknowledged { .. })
        }
        _ => false,
    };
    for paging in incident.pagings.iter().filter(|paging| is_meant(paging)) {
        for person in &paging.people {
            let reach = means.reach.get(&person.id).into_iter().flatten();
            out.deliveries.extend(reach.filter(|pager| means.ring_on.contains(*pager)).map(|pager| {
                let destination = format!("{}{pager}", super::paging::PAGER);
                NewDelivery {
                    key: format!("{}/page/{}/{}/{}", incident.id, paging.n, entry.seq, person.id),
                    lane: format!("{destination}/{}/{}", incident.id, person.id),
                    destination,
                    incident: Some(incident.id),
                    what: What::Page { n: paging.n, to: Some(person.clone()), act },
                    same: None,
                    at: now,
                }
            }));
        }
    }
}

/// The card of a situation, wherever cards are shown.
pub fn situation_cards(id: i64, revision: i64, chats: &[String], now: DateTime<Utc>) -> Vec<NewDelivery> {
    chats
        .iter()
        .map(|chat| NewDelivery {
            key: format!("S-{id}/{revision}"),
            destination: chat.clone(),
            lane: format!("{chat}/S-{id}"),
            incident: None,
            what: What::Situation { id },
            same: Some(format!("S-{id}")),
            at: now,
        })
        .collect()
}
