//! What the house itself brings: timers that go off, deliveries that settle, a drill's injects and its end.

use super::*;
use crate::incident::{alternates, command::TimerKind, event::Owed, sentence::every, state::Absence};

/// A timer never assumes: it looks whether what it was set for still holds.
pub(super) fn timer(incident: &Incident, kind: &TimerKind, scene: &Scene<'_>) -> Ruling {
    let nothing = || Ok(Decision::read(""));
    if let TimerKind::MergedIn(luggage) = kind {
        return super::merge::merged_in(incident, luggage, scene);
    }
    if let TimerKind::Child { child, phase } = kind {
        return super::relations::told(incident, *child, *phase);
    }
    if let TimerKind::Parted { parent } = kind {
        return super::relations::parted(incident, *parent);
    }
    if incident.phase.is_over() {
        return nothing();
    }
    let remind = |what: String, of: Vec<Owed>| {
        Ok(Decision::one(Event::Reminded { what: what.clone(), executive: false, of }, what))
    };
    match kind {
        TimerKind::CommandOfferExpires { to } => match &incident.command_offer {
            Some(offer) if offer.to.id == to.id && scene.now >= offer.expires_at => Ok(Decision::one(
                Event::CommandOfferExpired {
                    to: to.clone(),
                    next: alternates::after(incident, scene.policy, &Role::ic(), to).cloned(),
                },
                format!("{to} did not answer; {} stays in command.", incident.commander),
            )),
            _ => nothing(),
        },
        TimerKind::UnifyOfferExpires { to } => super::unified::expired(incident, to, scene),
        TimerKind::ExecutiveSilent { seq } => super::executive::silent(incident, *seq, scene),
        TimerKind::RoleOfferExpires { role, to } => {
            let open = incident
                .offers
                .iter()
                .any(|offer| offer.role == *role && offer.to.id == to.id && scene.now >= offer.expires_at);
            if !open {
                return nothing();
            }
            Ok(Decision::one(
                Event::RoleOfferExpired {
                    role: role.clone(),
                    to: to.clone(),
                    next: alternates::after(incident, scene.policy, role, to).cloned(),
                },
                format!("{to} did not answer; {} is still to be filled.", role.shown(scene.policy.words)),
            ))
        }
        TimerKind::TaskDue { n, due_at } => match incident.task(*n) {
            Some(task)
                if task.state.is_open()
                    && task.state != crate::incident::state::TaskState::Overdue
                    && task.due_at == Some(*due_at)
                    && scene.now >= *due_at =>
            {
                let owner = task.owner.clone();
                let to = super::work::goes_up_to(incident, owner.as_ref());
                Ok(Decision::one(Event::TaskOverdue { n: *n, owner, to }, format!("Task #{n} is late.")))
            }
            _ => nothing(),
        },
        TimerKind::UpdateDue { due_at } => {
            let is_late = incident.next_update_due == Some(*due_at) && scene.now >= *due_at;
            if is_late && incident.phase.is_active() {
                // Without the time: it stands beside the reminder, in the reader's zone.
                let what = format!(
                    "The public was promised an update by now. {}: `update draft`.",
                    incident.who_is(&Role::pio())
                );
                return remind(what, vec![]);
            }
            nothing()
        }
        TimerKind::ActionDue { n, due_at } => super::actions::due(incident, *n, *due_at, scene),
        TimerKind::ProposalEnds { n } => super::consent::ended(incident, *n, scene),
        TimerKind::RollDue { seq } => super::accountability::roll_due(incident, *seq, scene),
        TimerKind::PeriodEnds { n } => super::period::due(incident, *n, scene),
        TimerKind::StepDue { playbook, step } => super::playbook::due(incident, playbook, step, scene),
        TimerKind::Silence => super::aid::silence(incident, scene),
        TimerKind::WorkBegins { at } => super::planned::begins(incident, *at, scene),
        TimerKind::WorkEnds { at } => super::planned::overrun(incident, *at, scene),
        // The desk makes a command of it, with what it knows now.
        TimerKind::PageNext { .. }
        | TimerKind::Regroup { .. }
        | TimerKind::Redacted { .. }
        | TimerKind::MergedIn(_)
        | TimerKind::Child { .. }
        | TimerKind::Parted { .. } => nothing(),
        TimerKind::ExecutiveDue => {
            let minutes = scene.policy.exec_update_minutes(incident.severity);
            let is_quiet = super::reminders::is_quiet(incident, scene.now);
            if is_quiet || minutes == 0 || !incident.phase.is_active() || incident.phase == Phase::Triage {
                return nothing();
            }
            let who = incident.who_is(&Role::lno());
            let what = format!(
                "Executives want to know how things stand, {} at {}. {who}: forward this, or say it anew (`set summary`).\n{}",
                every(minutes),
                incident.severity,
                crate::incident::summary::to_forward(incident, scene.policy, scene.now)
            );
            Ok(Decision::one(Event::Reminded { what: what.clone(), executive: true, of: vec![] }, what))
        }
        TimerKind::ReportsDue => super::reminders::reports(incident, scene),
        TimerKind::RolesDue => super::reminders::roles(incident, scene),
        TimerKind::FirstUpdateDue => {
            let told = incident.posts.iter().any(|post| post.published.is_some());
            let is_asked = scene.policy.first_post_minutes(incident.severity) > 0;
            // Each time that it became worse has set a time of its own.
            let is_said = incident.is_first_word_asked;
            if told || is_said || !is_asked || !incident.phase.is_active() || incident.phase == Phase::Triage
            {
                return nothing();
            }
            let who = match incident.who_is(&Role::pio()) {
                house if house.id == Person::house().id => "Whoever reads this".to_owned(),
                somebody => somebody.to_string(),
            };
            let what = format!(
                "The public has heard nothing yet. {who}: `update draft We are investigating.` is enough."
            );
            remind(what, vec![Owed::FirstWord])
        }
    }
}

pub(super) fn delivered(
    incident: &Incident,
    n: u32,
    destination: &str,
    result: &Result<Option<String>, String>,
) -> Ruling {
    if incident.post(n).is_none() {
        return Err(Refusal::not_found(format!("There is no public update {n}."), "Nothing to do."));
    }
    let destination = destination.to_owned();
    Ok(match result {
        Ok(url) => Decision::one(Event::UpdateDelivered { n, destination, url: url.clone() }, ""),
        Err(why) => Decision::one(Event::UpdateDeliveryFailed { n, destination, why: why.clone() }, ""),
    })
}

/// Said once, however often the house looks.
pub(super) fn chat_lost(incident: &Incident, chat: &str, since: DateTime<Utc>, is_deaf: bool) -> Ruling {
    if incident.away.contains_key(chat) {
        return Ok(Decision::read(""));
    }
    let since = incident.time_at(since);
    Ok(Decision::one(Event::ChatLost { chat: chat.to_owned(), since, is_deaf }, ""))
}

pub(super) fn chat_back(incident: &Incident, chat: &str, at: DateTime<Utc>) -> Ruling {
    let Some(Absence { since, is_deaf }) = incident.away.get(chat) else { return Ok(Decision::read("")) };
    let away = incident.time_at(at) - *since;
    let away_seconds = u64::try_from(away.num_seconds()).unwrap_or(0);
    Ok(Decision::one(Event::ChatBack { chat: chat.to_owned(), away_seconds, was_deaf: *is_deaf }, ""))
}

fn must_be_drill(incident: &Incident) -> Result<(), Refusal> {
    if incident.kind() == Kind::Drill {
        return Ok(());
    }
    Err(Refusal::conflict(
        format!("{} is {}: no inject of an exercise goes into it.", incident.id, incident.kind().word()),
        "Run the drill on its own: `commandpost drill run FILE`.",
    ))
}

pub(super) fn inject(
    incident: &Incident,
    id: &str,
    from: &str,
    to: &str,
    what: &str,
    scene: &Scene<'_>,
) -> Ruling {
    must_be_drill(incident)?;
    let event = Event::Injected {
        id: text_within("inject id", id, 40)?,
        from: text_within("sender", from, 80)?,
        to: text_within("receiver", to, 80)?,
        text: text("inject", what, scene)?,
    };
    Ok(Decision::one(event, ""))
}

pub(super) fn observe(incident: &Incident, what: &str, scene: &Scene<'_>) -> Ruling {
    must_be_drill(incident)?;
    Ok(Decision::one(Event::Observed { text: text("observation", what, scene)? }, ""))
}

pub(super) fn endex(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    must_be_drill(incident)?;
    let mut events = vec![Event::Endex { reason: text("reason", reason, scene)? }];
    if !incident.phase.is_over() {
        let reason = "end of the exercise".to_owned();
        events.push(Event::PhaseChanged { from: incident.phase, to: Phase::Closed, reason });
    }
    Ok(Decision::many(events, "The exercise is over (ENDEX)."))
}
