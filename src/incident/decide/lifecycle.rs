//! From triage to closed: what it is called, how bad it is, how far.

use super::declare::{found, in_use};
use super::*;
use crate::{
    incident::{matrix::Rated, state::Post, taxonomy::RequiredAt},
    post::standing_approval,
};

const TITLE_CHARS_MAX: usize = 200;

pub(super) fn title(title: &str) -> Result<String, Refusal> {
    Ok(text_within("title", title, TITLE_CHARS_MAX)?.replace(['\n', '\t'], " "))
}

pub(super) fn retitle(incident: &Incident, new: &str, _: &Scene<'_>) -> Ruling {
    let new = title(new)?;
    if new == incident.title {
        return Err(Refusal::conflict("That is the title already.", "Nothing to do."));
    }
    Ok(Decision::one(Event::Retitled { title: new.clone() }, format!("{} is now «{new}».", incident.id)))
}

pub(super) fn summarize(new: &str, scene: &Scene<'_>) -> Ruling {
    let new = text("summary", new, scene)?;
    Ok(Decision::one(Event::Summarized { text: new }, "The situation summary is updated."))
}

pub(super) fn severity(
    incident: &Incident,
    to: Severity,
    rated: Option<&Rated>,
    reason: &str,
    scene: &Scene<'_>,
) -> Ruling {
    if incident.kind() == Kind::Planned {
        return Err(Refusal::conflict(
            "Planned work has no severity.",
            format!("If it broke something: `declare WHAT --under {id}`.", id = incident.id),
        ));
    }
    let (from, names) = (incident.severity, &scene.policy.names);
    if from == to {
        return Err(Refusal::conflict(
            format!("{} is {} already{}.", incident.id, names.severity(to), found(rated)),
            "Nothing to do.",
        ));
    }
    let to = in_use(to, true, scene)?;
    let reason = optional_text("reason", reason, scene)?;
    let verb = if to.worse_than(from) { "raised" } else { "lowered" };
    let mut events = vec![Event::SeverityChanged { from, to, reason, rated: rated.cloned() }];
    if to.worse_than(from) && incident.phase.is_active() && incident.phase != Phase::Triage {
        events.extend(super::paging::called_for_now(incident, to, scene.policy));
        events.extend(super::playbook::called_for_now(incident, to, [], scene.policy));
    }
    let is_approved = |post: &Post| {
        post.published.is_none()
            && post.dropped.is_none()
            && standing_approval(incident, post, scene.now).is_ok()
    };
    let void = if incident.posts.iter().any(is_approved) { " Approvals given before are void." } else { "" };
    Ok(Decision::many(
        events,
        format!(
            "Severity {verb} from {} to {}{}.{void}",
            names.severity(from),
            names.severity(to),
            found(rated)
        ),
    ))
}

pub(super) fn confirm(incident: &Incident, severity: Option<Severity>, scene: &Scene<'_>) -> Ruling {
    if incident.phase != Phase::Triage {
        return Err(Refusal::conflict(
            format!(
                "{} is {}: it is declared already.",
                incident.id,
                scene.policy.names.standing(incident.phase)
            ),
            "To change how bad it is: `severity sev1`.",
        ));
    }
    let severity = severity.map(|severity| in_use(severity, true, scene)).transpose()?;
    let mut events =
        vec![Event::PhaseChanged { from: Phase::Triage, to: Phase::Investigating, reason: String::new() }];
    if let Some(to) = severity.filter(|to| *to != incident.severity) {
        events.push(Event::SeverityChanged {
            from: incident.severity,
            to,
            reason: String::new(),
            rated: None,
        });
    }
    let severity = severity.unwrap_or(incident.severity);
    events.extend(super::paging::called_for_now(incident, severity, scene.policy));
    events.extend(super::playbook::called_for_now(incident, severity, [], scene.policy));
    Ok(Decision::many(events, format!("{} is declared.", incident.id)))
}

/// The phases that one can go to from each. Planned work that is closed is over for good: its time has passed.
pub(super) fn next(kind: Kind, from: Phase) -> &'static [Phase] {
    use Phase::*;
    match from {
        Closed if kind == Kind::Planned => &[],
        // To an incident it is lifted by `confirm`, which wakes people and begins playbooks.
        Triage => &[Cancelled],
        Investigating => &[Identified, Monitoring, Resolved, Cancelled],
        Identified => &[Investigating, Monitoring, Resolved],
        Monitoring => &[Investigating, Identified, Resolved],
        Resolved => &[Investigating, Review, Closed],
        Review => &[Closed, Investigating],
        Closed => &[Investigating],
        Cancelled | Merged => &[],
        Scheduled => &[InProgress, Cancelled],
        InProgress => &[Completed, Cancelled],
        Completed => &[Closed, InProgress],
    }
}

/// A resolved incident that breaks again within this many hours is the same incident.
const RELAPSE_HOURS_MAX: i64 = 24;

pub(super) fn enter(incident: &Incident, to: Phase, reason: &str, scene: &Scene<'_>) -> Ruling {
    if to == Phase::Closed && next(incident.kind(), incident.phase).contains(&to) {
        super::relations::check_closed(incident)?;
    }
    go(incident, to, reason, scene)
}

/// Its parts go on by themselves.
pub(super) fn close_leaving_subs(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    go(incident, Phase::Closed, reason, scene)
}

/// Whether the last that the public read says that it goes on.
pub(super) fn leaves_readers_hanging(incident: &Incident) -> bool {
    incident.last_published().is_some_and(|post| !post.draft.phase.is_last())
}

/// Tasks and actions that are open are told together, so that nobody is sent back twice.
fn check_nothing_open(incident: &Incident) -> Result<(), Refusal> {
    let tasks: Vec<_> = incident.open_tasks().map(|task| format!("#{} ({})", task.n, task.whose())).collect();
    let actions: Vec<_> =
        incident.open_actions().map(|action| format!("{} ({})", action.n, action.by)).collect();
    let (mut why, mut instead) = (vec![], vec![]);
    if !tasks.is_empty() {
        why.push(format!("Open tasks: {}.", tasks.join(", ")));
        instead.push("Tasks: report them (`task done N RESULT`) or cancel them (`task cancel N REASON`).");
    }
    if !actions.is_empty() {
        why.push(format!("Open actions: {}.", actions.join(", ")));
        instead.push("Actions: report them (`action done N RESULT`) or drop them (`action drop N REASON`).");
    }
    if why.is_empty() { Ok(()) } else { Err(Refusal::conflict(why.join(" "), instead.join(" "))) }
}

fn go(incident: &Incident, to: Phase, reason: &str, scene: &Scene<'_>) -> Ruling {
    let (from, names) = (incident.phase, &scene.policy.names);
    let reason = optional_text("reason", reason, scene)?;
    if from == to {
        return Err(Refusal::conflict(
            format!("{} is {} already.", incident.id, names.standing(to)),
            "Nothing to do.",
        ));
    }
    let ahead = next(incident.kind(), from);
    if from == Phase::Triage && !ahead.contains(&to) {
        return Err(Refusal::conflict(
            format!("{} is in triage: nobody has said yet that it is an incident.", incident.id),
            "If it is one: `confirm`. If not: `cancel REASON`.",
        ));
    }
    if !ahead.contains(&to) {
        let could: Vec<_> = ahead.iter().map(|phase| names.phase(*phase)).collect();
        return Err(Refusal::conflict(
            format!(
                "{} is {}; from there it cannot go to {}.",
                incident.id,
                names.standing(from),
                names.phase(to)
            ),
            match could.as_slice() {
                [] if incident.kind() == Kind::Planned => "Plan it anew: `maintenance schedule`.".into(),
                [] => match incident.merged_into {
                    Some(into) => format!("It goes on as {into}: say it there."),
                    None => "Declare a new incident.".into(),
                },
                some => format!("From {} it can go to: {}.", names.phase(from), some.join(", ")),
            },
        ));
    }
    match to {
        Phase::Resolved if from == Phase::Investigating && reason.is_empty() => {
            return Err(Refusal::invalid(
                "No cause is identified, and nothing is being monitored.",
                "Say why it is over all the same: `resolve REASON`.",
            ));
        }
        Phase::Resolved => super::taxonomy::check(incident, RequiredAt::Resolve, scene)?,
        Phase::Closed => {
            super::taxonomy::check(incident, RequiredAt::Close, scene)?;
            check_nothing_open(incident)?;
            if let Some(post) = incident.posts.iter().find(|p| {
                p.dropped.is_none()
                    && p.published.as_ref().is_some_and(|p| p.destinations.values().any(Option::is_none))
            }) {
                return Err(Refusal::conflict(
                    format!("Public update {} is still on its way to its destinations.", post.n),
                    "Wait for it, or see `commandpost outbox`.",
                ));
            }
            if incident.kind() != Kind::Drill && leaves_readers_hanging(incident) {
                return Err(Refusal::conflict(
                    "What the public read last says that it goes on.",
                    match incident.kind() {
                        Kind::Planned => {
                            "Publish a last update first: `update draft --phase completed TEXT`."
                        }
                        _ => "Publish a last update first: `update draft --phase resolved TEXT`.",
                    },
                ));
            }
        }
        Phase::Investigating if from == Phase::Resolved || from == Phase::Closed || from == Phase::Review => {
            let resolved = incident.milestones.resolved.or(incident.milestones.closed);
            if let Some(resolved) = resolved
                && scene.now - resolved > Duration::hours(RELAPSE_HOURS_MAX)
            {
                return Err(Refusal::conflict(
                    format!(
                        "{} was resolved {}, more than {RELAPSE_HOURS_MAX} hours ago.",
                        incident.id,
                        dated(resolved)
                    ),
                    format!("Declare a new incident and note {} in it.", incident.id),
                ));
            }
            if reason.is_empty() {
                return Err(Refusal::invalid(
                    "No reason was given.",
                    "Say what broke again: `reopen REASON`.",
                ));
            }
        }
        Phase::Cancelled => {
            if reason.is_empty() {
                return Err(Refusal::invalid("No reason was given.", "Say why it is none: `cancel REASON`."));
            }
            if incident.kind() == Kind::Planned && leaves_readers_hanging(incident) {
                return Err(Refusal::conflict(
                    "The public was told of it.",
                    if from == Phase::InProgress {
                        "Say how it ended: `maintenance complete HOW IT ENDED`; then publish the last update."
                    } else {
                        "Publish first that it does not take place: `update draft --phase completed TEXT`."
                    },
                ));
            }
            if is_real(incident) && incident.posts.iter().any(|post| post.published.is_some()) {
                return Err(Refusal::conflict(
                    "The public was told of it.",
                    "Resolve it and publish a last update, so that readers are not left hanging.",
                ));
            }
        }
        _ => {}
    }
    let reply = match to {
        Phase::Resolved => {
            format!("{} is resolved. Publish the last update, check out, then `close`.", incident.id)
        }
        Phase::Closed => {
            format!("{} is closed. `commandpost export {}` prints the timeline.", incident.id, incident.id)
        }
        Phase::Completed => {
            format!("{} is completed. Tell the public if it was told, then `close`.", incident.id)
        }
        Phase::Investigating if from == Phase::Resolved || from.is_over() => {
            format!("{} is open again.", incident.id)
        }
        _ => format!("{} is {}.", incident.id, names.standing(to)),
    };
    Ok(Decision::one(Event::PhaseChanged { from, to, reason }, reply))
}
