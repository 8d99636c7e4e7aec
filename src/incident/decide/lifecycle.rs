//! From triage to closed: who opens, how bad, how far.

use super::*;
use crate::{
    incident::{
        command::{Luggage, MergeFacts, SituationFacts},
        id::IncidentId,
        matrix::Rated,
        state::{Post, Task},
        taxonomy::RequiredAt,
    },
    post::standing_approval,
};

const TITLE_CHARS_MAX: usize = 200;
/// Of a declaration that names none, and no type that has one.
const SEVERITY_UNSAID: Severity = Severity::Sev2;

pub(super) fn open(declare: &Declare, scene: &Scene<'_>) -> Ruling {
    if declare.kind == Kind::Planned {
        return super::planned::open(declare, scene);
    }
    let title = title(&declare.title)?;
    let (began, ended) = course(declare, scene)?;
    let (put_under, circle) = super::relations::declared(declare, scene)?;
    let (classified, usual) = super::taxonomy::declared(declare, scene)?;
    let severity = declare.severity.or(usual).unwrap_or(SEVERITY_UNSAID);
    let is_said = declare.severity.is_some() && declare.drill.is_none();
    let severity = in_use(severity, is_said, scene)?;
    let names = &scene.policy.names;
    let mut events: Vec<Happened> = vec![
        Event::Declared {
            title: title.clone(),
            kind: declare.kind,
            severity,
            triage: declare.triage,
            drill_clock: declare.drill.as_ref().map(|drill| drill.clock),
            began,
            ended,
            rated: declare.rated.clone(),
        }
        .into(),
    ];
    if let Some(drill) = &declare.drill {
        let (scenario, sha256) = (drill.scenario.clone(), drill.sha256.clone());
        events.push(Event::Startex { scenario, sha256 }.into());
    }
    events.push(Event::CommandEstablished { by: scene.person.clone() }.into());
    if let Some(people) = &circle {
        events.push(Event::Restricted { people: people.clone(), reason: String::new() }.into());
    }
    events.extend(put_under.map(Happened::from));
    events.extend(classified.into_iter().map(Happened::from));
    if let Some(facts) = &declare.situation {
        events.push(linked(facts).into());
    }
    let given = super::rule::given(declare, &events, scene);
    let begun = if ended.is_none() && !declare.triage {
        begun_with(declare, &given, severity, scene)
    } else {
        vec![]
    };
    events.extend(given.into_iter().chain(begun).map(Happened::from));
    let seen = match circle.as_deref() {
        None => "",
        Some([_]) => " Only you see it; `admit NAME` lets somebody in.",
        Some(_) => " Only those who see the greater one see it; `admit NAME` lets somebody in.",
    };
    let person = scene.person;
    if ended.is_none() && !declare.triage {
        let page = super::paging::called_for(&[], severity, declare.kind, circle.is_some(), scene.policy);
        events.extend(page.map(Happened::from));
    }
    if declare.triage && declare.kind == Kind::Real && circle.is_none() {
        let page = declare.page.as_ref().and_then(|page| super::paging::called_by_rule(page, scene.policy));
        events.extend(page.map(Happened::from));
    }
    if declare.triage {
        let reply = format!(
            "{title} is noticed (triage, {}{} for now). Is it an incident? `confirm`; if not: `cancel REASON`.{seen}",
            names.severity(severity),
            found(declare.rated.as_ref())
        );
        return Ok(Decision::many(events, reply));
    }
    let Some(ended) = ended else {
        let began = began.map(|at| format!(", begun {}", when(Some(at)))).unwrap_or_default();
        // What a rule declares, nobody of flesh and blood commands yet.
        let steps = if scene.is_house { String::new() } else { roles::steps(&Role::ic()) };
        let reply = format!(
            "{title} is declared as {}{}{began}. {person} has command as {} and holds every role that is not given \
             out.{seen}{steps}",
            names.severity(severity),
            found(declare.rated.as_ref()),
            Role::ic().shown(scene.policy.words)
        );
        return Ok(Decision::many(events, reply));
    };
    let over = Event::PhaseChanged {
        from: Phase::Investigating,
        to: Phase::Resolved,
        reason: "it was over when it was declared".into(),
    };
    events.push(Happened { event: over, at: Some((ended, TimeSource::Stated)) });
    let reply = format!(
        "{title} is declared as {} for the record: it was over {}. {person} has command. `note --at 09:12 TEXT` puts \
         what happened at its time; `close` when nothing is left to say.{seen}",
        names.severity(severity),
        when(Some(ended))
    );
    Ok(Decision::many(events, reply))
}

/// The severity, or the nearest that is used here. A person who says one that is not used is told so; an alert's rule, a type and
/// a drill are not stopped by it.
fn in_use(severity: Severity, is_said: bool, scene: &Scene<'_>) -> Result<Severity, Refusal> {
    if is_said && !scene.is_house {
        scene.policy.names.check_used(severity)?;
    }
    Ok(scene.policy.names.nearest_used(severity))
}

/// ` (by impact wide × urgency now)`
fn found(rated: Option<&Rated>) -> String {
    rated.map(|rated| format!(" ({rated})")).unwrap_or_default()
}

/// The playbooks that begin with it, besides the one that a rule names.
fn begun_with(declare: &Declare, given: &[Event], severity: Severity, scene: &Scene<'_>) -> Vec<Event> {
    let begun = given.iter().filter_map(|event| match event {
        Event::PlaybookBegun { playbook } => Some(playbook.id.as_str()),
        _ => None,
    });
    let begun: Vec<&str> = begun.collect();
    let titles: Vec<&str> = declare.situation.iter().flat_map(super::playbook::titles_of).collect();
    super::playbook::called_for(&begun, severity, &titles, declare.kind, scene.policy)
}

/// When it began and when it was over, as far as whoever declares it says so.
type Course = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

fn course(declare: &Declare, scene: &Scene<'_>) -> Result<Course, Refusal> {
    let began = declare.began.map(|at| stated(at, scene.now)).transpose()?;
    let ended = declare.ended.map(|at| stated(at, scene.now)).transpose()?;
    if ended.is_some() && declare.triage {
        return Err(Refusal::invalid(
            "What is over is no suspicion any more.",
            "Leave `--triage` out, or `--ended`.",
        ));
    }
    match (began, ended) {
        (Some(began), Some(ended)) if ended < began => Err(Refusal::invalid(
            format!("It would be over {}, before it began {}.", when(Some(ended)), when(Some(began))),
            "Give an end after the beginning, with the dates if it went past midnight: \
             `declare TITLE --began 2026-11-19T23:50Z --ended 2026-11-20T00:40Z`.",
        )),
        course => Ok(course),
    }
}

pub(super) fn linked(facts: &SituationFacts) -> Event {
    Event::AlertsLinked {
        situation: facts.id,
        title: facts.title.clone(),
        source: facts.source.clone(),
        firing: facts.firing,
        total: facts.total,
        alerts: facts.alerts.clone(),
        within: facts.within.clone(),
        because: facts.because.clone(),
    }
}

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
fn next(kind: Kind, from: Phase) -> &'static [Phase] {
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
fn leaves_readers_hanging(incident: &Incident) -> bool {
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
                        when(Some(resolved))
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

/// The incident ends as a duplicate; its timeline stays, and what is open goes along.
pub(super) fn merge(
    incident: &Incident,
    into: IncidentId,
    other: Option<&MergeFacts>,
    reason: &str,
    scene: &Scene<'_>,
) -> Ruling {
    let id = incident.id;
    if into == id {
        return Err(Refusal::invalid(
            format!("{id} cannot be merged into itself."),
            "Say it in the one that goes on: `merge INC-2`.",
        ));
    }
    let Some(other) = other else {
        return Err(Refusal::not_found(format!("There is no {into}."), "`list` has those that are open."));
    };
    if into.kind == Kind::Planned {
        return Err(Refusal::conflict(
            format!("{into} is planned work, and merges with nothing."),
            format!("What it broke is a part of it: `{id} under {into}`."),
        ));
    }
    if into.kind != id.kind {
        return Err(Refusal::conflict(
            format!("{id} and {into} are not of one kind."),
            "Only two of one kind are merged: nothing of an exercise becomes real.",
        ));
    }
    if other.phase.is_over() {
        return Err(Refusal::conflict(
            format!("{into} is {}.", scene.policy.names.standing(other.phase)),
            match next(incident.kind(), other.phase).contains(&Phase::Investigating) {
                true => format!("Merge into one that goes on, or open it again: `{into} reopen REASON`."),
                false => "Merge into one that goes on; `list` shows them.".into(),
            },
        ));
    }
    if other.is_restricted != incident.restricted.is_some() {
        let (why, instead) = if other.is_restricted {
            (format!("{into} is restricted and {id} is not."), format!("`{id} restrict` or `{into} open up`"))
        } else {
            (format!("{id} is restricted and {into} is not."), format!("`{into} restrict` or `{id} open up`"))
        };
        return Err(Refusal::conflict(
            why,
            format!("Only what the same people may see is merged: {instead} first."),
        ));
    }
    let strangers = match (&other.seen_by, incident.seen_by()) {
        (Some(there), Some(here)) => there.difference(&here).count(),
        _ => 0,
    };
    if strangers > 0 {
        return Err(Refusal::conflict(
            format!("Of those who see {into}, {strangers} may not see {id}."),
            format!("Only what the same people may see is merged: `{id} admit NAME` first."),
        ));
    }
    if is_real(incident) && leaves_readers_hanging(incident) {
        return Err(Refusal::conflict(
            format!("The public reads of {id}."),
            format!("Publish a last update there first: `{id} update draft --phase resolved TEXT`."),
        ));
    }
    let reason = optional_text("reason", reason, scene)?;
    let left: Vec<_> =
        incident.open_actions().map(|action| format!("{} ({})", action.n, action.by)).collect();
    let left = if left.is_empty() {
        String::new()
    } else {
        format!(" Open actions do not go along: {}. Announce them there.", left.join(", "))
    };
    Ok(Decision::many(
        vec![
            Event::MergedInto { into, reason },
            Event::PhaseChanged { from: incident.phase, to: Phase::Merged, reason: format!("it is {into}") },
        ],
        format!(
            "{id} is merged into {into}, where its alerts, open tasks and hazards go on. {} is in command there.{left}",
            other.commander
        ),
    ))
}

/// Whose a task is that came along: what nobody had is for whoever gives out the work here, or gave it out there.
fn heir<'a>(task: &'a Task, incident: &'a Incident) -> &'a Person {
    let givers = [&incident.commander, &task.assigned_by];
    let heirs = task.owner.iter().chain(givers);
    heirs.into_iter().find(|one| one.id != Person::house().id).unwrap_or(&incident.commander)
}

/// In the incident that goes on.
pub(super) fn merged_in(incident: &Incident, luggage: &Luggage) -> Ruling {
    let mut events = vec![Event::MergedIn {
        from: luggage.from,
        title: luggage.title.clone(),
        severity: luggage.severity,
        entries: luggage.entries,
    }];
    if incident.merged_in.contains(&luggage.from) {
        return Ok(Decision::read(""));
    }
    if !incident.phase.is_over() {
        let alerts = luggage.situations.iter().filter(|one| !incident.situations.contains_key(&one.id));
        events.extend(alerts.map(|one| Event::AlertsLinked {
            situation: one.id,
            title: one.title.clone(),
            source: one.source.clone(),
            firing: one.firing,
            total: one.total,
            alerts: vec![],
            within: None,
            because: String::new(),
        }));
        let first = incident.tasks.iter().map(|task| task.n).max().unwrap_or(0) + 1;
        events.extend((first..).zip(&luggage.tasks).map(|(n, task)| Event::TaskAssigned {
            n,
            text: task.text.clone(),
            owner: heir(task, incident).clone(),
            due_at: task.due_at,
        }));
        let first = incident.hazards.iter().map(|hazard| hazard.n).max().unwrap_or(0) + 1;
        events.extend((first..).zip(&luggage.hazards).map(|(n, hazard)| Event::HazardNamed {
            n,
            text: hazard.text.clone(),
            mitigation: hazard.mitigation.clone(),
            by: Some(hazard.by.clone()),
        }));
    }
    Ok(Decision::many(events, format!("{} was merged into {}.", luggage.from, incident.id)))
}
