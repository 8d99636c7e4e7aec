//! From triage to closed: what it is called, how bad it is, how far.

use super::declare::{found, in_use};
use super::*;
use crate::{
    incident::{
        briefing,
        id::IncidentId,
        matrix::Rated,
        sentence::{and, ended, some_of},
        state::Post,
        taxonomy::RequiredAt,
    },
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
    if to.worse_than(from) {
        events.extend(called_for_now(incident, to, scene));
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

/// Whom to wake and what to go by, as it is worse now.
pub(super) fn called_for_now(incident: &Incident, to: Severity, scene: &Scene<'_>) -> Vec<Event> {
    if !incident.phase.is_active() || incident.phase == Phase::Triage {
        return vec![];
    }
    let mut events: Vec<Event> =
        super::paging::called_for_now(incident, to, scene.policy).into_iter().collect();
    events.extend(super::playbook::called_for_now(incident, to, [], scene.policy));
    events
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
    let (passed, command) = commanded(incident, scene);
    events.extend(passed);
    events.extend(super::paging::called_for_now(incident, severity, scene.policy));
    events.extend(super::playbook::called_for_now(incident, severity, [], scene.policy));
    Ok(Decision::many(
        events,
        format!("{} is declared as {}. {command}", incident.id, scene.policy.names.severity(severity)),
    ))
}

/// Who commands what was in triage, now that it is an incident: to lift it to one is to declare it. Whoever noticed it goes on only
/// where they might have declared it, or may have command without.
pub(super) fn commanded(incident: &Incident, scene: &Scene<'_>) -> (Option<Event>, String) {
    let (me, now, reserved) = (scene.person, &incident.commander, &scene.policy.reserved);
    if now.id == Person::house().id {
        let take = if rights::may_take_command(incident, me, scene) { ": `take`" } else { "" };
        return (None, format!("Nobody is in command{take}."));
    }
    let may_declare = reserved.check(Verb::Declare, now, incident.kind()).is_ok();
    let is_named = reserved.command.as_ref().is_some_and(|members| members.contains(&now.id));
    if now.id == me.id || now.id != incident.opened_by.id || may_declare || is_named {
        return (None, format!("{now} has command."));
    }
    let event = Event::CommandTransferred {
        from: now.clone(),
        to: me.clone(),
        briefing_sections: briefing::sections_filled(incident, scene.now),
        without_outgoing_brief: true,
        reason: format!("{now} is in none of the groups that may declare an incident"),
    };
    let told = format!(
        "{me} has command: {now}, who noticed it, is in none of the groups that may declare an incident. `next` says what \
         is due.{}{}",
        roles::steps(&Role::ic()),
        roles::heirs(incident, scene)
    );
    (Some(event), told)
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

/// What is said to go to a phase. `None`: nobody goes there by a word.
fn leading_to(phase: Phase) -> Option<&'static str> {
    let said = match phase {
        Phase::Investigating => "`reopen REASON`",
        Phase::Identified => "`phase identify WHAT`",
        Phase::Monitoring => "`phase mitigate HOW`",
        Phase::Resolved => "`resolve HOW`",
        Phase::Review => "`phase review`",
        Phase::Closed => "`close`",
        Phase::Cancelled => "`cancel REASON`",
        Phase::InProgress => "`maintenance start`",
        Phase::Completed => "`maintenance complete HOW IT ENDED`",
        Phase::Triage | Phase::Merged | Phase::Scheduled => return None,
    };
    Some(said)
}

/// A resolved incident that breaks again within this many hours is the same incident.
const RELAPSE_HOURS_MAX: i64 = 24;

pub(super) fn enter(incident: &Incident, to: Phase, reason: &str, scene: &Scene<'_>) -> Ruling {
    go(incident, to, reason, false, scene)
}

/// It was merged into one that is cancelled now, so nobody looks after it there. That one is not named: who reads here may not be
/// among those who see it.
pub(super) fn reopen_merged(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    let id = incident.id;
    if incident.phase != Phase::Merged {
        return enter(incident, Phase::Investigating, reason, scene);
    }
    let reason = optional_text("reason", reason, scene)?;
    if reason.is_empty() {
        return Err(Refusal::invalid("No reason was given.", "Say why it goes on: `reopen REASON`."));
    }
    Ok(Decision::one(
        Event::PhaseChanged { from: Phase::Merged, to: Phase::Investigating, reason },
        format!(
            "{id} is open again, and goes on by itself. {} is in command.{}{}",
            incident.commander,
            alerts_left(incident),
            parts_left(incident)
        ),
    ))
}

/// Alerts or parts that an answer names, at most.
const NAMED_MAX: usize = 5;

/// How the alerts that went along come back.
fn alerts_left(incident: &Incident) -> String {
    if incident.situations.is_empty() {
        return String::new();
    }
    // What came again meanwhile may be in other situations than it knew.
    " Its alerts went along: `alerts` shows what fires, and `link S-N` has it back.".to_owned()
}

/// How the parts that went along come back.
fn parts_left(incident: &Incident) -> String {
    let (Some(id), into) = (incident.parts_gone.first(), incident.id) else { return String::new() };
    let parts = some_of(incident.parts_gone.iter().map(ToString::to_string), NAMED_MAX);
    format!(
        " Sub-incidents that went along stay where they are: {}. To have one back that is open still: `{id} sub leave`, then `{id} under {into}`.",
        parts.join(", ")
    )
}

/// What was left to an incident that is cancelled: those that were merged into it, and the parts of it that go on.
fn left_behind(incident: &Incident) -> String {
    let merged = incident.merged_in.first().map(|id| {
        let merged = some_of(incident.merged_in.iter().map(ToString::to_string), NAMED_MAX).join(", ");
        format!(
            " Merged into it: {merged}. What of that is an incident all the same is opened again: `{id} reopen REASON`."
        )
    });
    let open: Vec<IncidentId> = incident.open_children().collect();
    let parts = open.first().map(|id| {
        let parts = some_of(open.iter().map(ToString::to_string), NAMED_MAX).join(", ");
        format!(" Sub-incidents that go on under it: {parts}. To take one out: `{id} sub leave`.")
    });
    merged.into_iter().chain(parts).collect()
}

/// Its parts go on by themselves.
pub(super) fn close_leaving_subs(incident: &Incident, reason: &str, scene: &Scene<'_>) -> Ruling {
    go(incident, Phase::Closed, reason, true, scene)
}

/// Whether the last that the public read says that it goes on.
pub(super) fn leaves_readers_hanging(incident: &Incident) -> bool {
    incident.last_published().is_some_and(|post| !post.draft.phase.is_last())
}

/// All that is in the way of a close is told together, so that nobody is sent back twice.
fn check_closes(incident: &Incident, leaves_subs: bool, scene: &Scene<'_>) -> Result<(), Refusal> {
    let subs = if leaves_subs { Ok(()) } else { super::relations::check_closed(incident) };
    let checks = [
        subs,
        super::taxonomy::check(incident, RequiredAt::Close, scene),
        check_nothing_open(incident),
        check_posts_arrived(incident),
        check_last_word(incident),
    ];
    let (mut why, mut instead) = (vec![], vec![]);
    for refusal in checks.into_iter().filter_map(Result::err) {
        why.push(refusal.why);
        instead.push(refusal.instead);
    }
    if why.is_empty() {
        return Ok(());
    }
    why.extend(left_open(incident));
    Err(Refusal::conflict(why.join(" "), instead.join(" ")))
}

/// What no close waits for, and nobody should leave behind unseen: open hazards, and a roll call that goes on.
fn left_open(incident: &Incident) -> Vec<String> {
    let hazards = briefing::hazards(incident)
        .map(|hazards| format!("Hazards still open (`hazard clear N REASON`): {}", ended(&hazards)));
    let roll = incident.roll_call.as_ref().map(|call| {
        let missing: Vec<Person> = incident.unaccounted().into_iter().cloned().collect();
        format!("The roll call of {} goes on; missing: {}.", call.by, and(&missing))
    });
    hazards.into_iter().chain(roll).collect()
}

/// The same, once it is closed over it.
fn was_left_open(incident: &Incident) -> String {
    let hazards =
        briefing::hazards(incident).map(|hazards| format!(" Hazards were left open: {}", ended(&hazards)));
    let roll = incident.roll_call.as_ref().map(|_| {
        let missing: Vec<Person> = incident.unaccounted().into_iter().cloned().collect();
        format!(" The roll call ended with it; missing: {}.", and(&missing))
    });
    hazards.into_iter().chain(roll).collect()
}

fn check_posts_arrived(incident: &Incident) -> Result<(), Refusal> {
    let is_under_way = |post: &&Post| {
        let published = post.published.as_ref();
        post.dropped.is_none() && published.is_some_and(|p| p.destinations.values().any(Option::is_none))
    };
    let under_way: Vec<String> =
        incident.posts.iter().filter(is_under_way).map(|post| post.n.to_string()).collect();
    let (updates, their) = match under_way.as_slice() {
        [] => return Ok(()),
        [one] => (format!("Public update {one} is"), "its"),
        some => (format!("Public updates {} are", some.join(", ")), "their"),
    };
    Err(Refusal::conflict(
        format!("{updates} still on {their} way to {their} destinations."),
        "Wait until it has arrived, or see `commandpost outbox`.",
    ))
}

fn check_last_word(incident: &Incident) -> Result<(), Refusal> {
    last_word_due(incident).map_or(Ok(()), |instead| {
        Err(Refusal::conflict("What the public read last says that it goes on.", instead))
    })
}

/// What brings the public the end of it, where it has not read that; `None`: it has, or reads nothing of it.
pub(in crate::incident) fn last_word_due(incident: &Incident) -> Option<String> {
    if incident.kind() == Kind::Drill || !leaves_readers_hanging(incident) {
        return None;
    }
    let is_waiting =
        |post: &&Post| post.published.is_none() && post.dropped.is_none() && post.draft.phase.is_last();
    Some(match incident.posts.iter().rfind(is_waiting) {
        Some(Post { n, approval: Some(_), .. }) => format!("Publish the last update: `update publish {n}`."),
        Some(Post { n, .. }) => {
            format!("Update {n}, which says so, waits: `update approve {n}`, then `update publish {n}`.")
        }
        None if incident.kind() == Kind::Planned => {
            "Publish a last update first: `update draft --phase completed TEXT`.".to_owned()
        }
        None => "Publish a last update first: `update draft --phase resolved TEXT`.".to_owned(),
    })
}

/// Tasks and actions that are open.
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

fn go(incident: &Incident, to: Phase, reason: &str, leaves_subs: bool, scene: &Scene<'_>) -> Ruling {
    let (from, names) = (incident.phase, &scene.policy.names);
    let reason = optional_text("reason", reason, scene)?;
    if from == to {
        return Err(Refusal::conflict(
            format!("{} is {} already.", incident.id, names.standing(to)),
            "Nothing to do.",
        ));
    }
    let ahead = next(incident.kind(), from);
    let is_of_work = matches!(to, Phase::InProgress | Phase::Completed);
    if is_of_work && incident.kind() != Kind::Planned && !ahead.contains(&to) {
        return Err(super::planned::no_work(incident));
    }
    if from == Phase::Triage && !ahead.contains(&to) {
        return Err(Refusal::conflict(
            format!("{} is in triage: nobody has said yet that it is an incident.", incident.id),
            "If it is one: `confirm`. If not: `cancel REASON`.",
        ));
    }
    if !ahead.contains(&to) {
        let could: Vec<String> = ahead
            .iter()
            .filter_map(|phase| Some(format!("{} ({})", names.phase(*phase), leading_to(*phase)?)))
            .collect();
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
                    // What it was merged into is not cancelled: else it would be opened again.
                    Some(into) if to == Phase::Investigating => {
                        format!("It was merged into {into}: say it there.")
                    }
                    Some(into) => format!(
                        "It was merged into {into}: say it there; or, where that was cancelled, open this one again: \
                         `reopen REASON`."
                    ),
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
        Phase::Closed => check_closes(incident, leaves_subs, scene)?,
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
            let open: String = left_open(incident).iter().map(|one| format!(" {one}")).collect();
            format!("{} is resolved. Publish the last update, check out, then `close`.{open}", incident.id)
        }
        Phase::Closed => {
            let (id, left) = (incident.id, was_left_open(incident));
            format!("{id} is closed.{left} `commandpost export {id}` prints the timeline.")
        }
        Phase::Completed => {
            format!("{} is completed. Tell the public if it was told, then `close`.", incident.id)
        }
        Phase::Investigating if from == Phase::Resolved || from.is_over() => {
            format!("{} is open again.", incident.id)
        }
        Phase::Cancelled => format!("{} is {}.{}", incident.id, names.standing(to), left_behind(incident)),
        _ => format!("{} is {}.", incident.id, names.standing(to)),
    };
    Ok(Decision::one(Event::PhaseChanged { from, to, reason }, reply))
}
