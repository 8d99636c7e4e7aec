//! What is due now for one person, in their role: a few lines, the most urgent first. Made to be read by somebody who is
//! new here and does not know where to begin.

use chrono::{DateTime, Duration, Utc};

use super::{
    alternates,
    command::Verb,
    decide::{Policy, last_word_due},
    owed,
    permission::{Standing, may},
    phase::Phase,
    relief::relief,
    role::Role,
    sentence::{brief, ended, some_of},
    state::{ActionState, Incident, Post, TaskState},
};
use crate::{alert::window::Span, people::Person, post, wall::dated};

/// Lines at most; nobody reads more at three in the morning.
pub const LINES_MAX: usize = 6;
/// A promise is spoken of this long before it is due.
const SOON: Duration = Duration::minutes(5);
/// A report on a service that is older says little, where the settings say nothing else.
const REPORT_STALE: Duration = Duration::minutes(30);

/// Whether somebody's roles carry a right, or without one what anybody may: what only leads to a refusal is not offered.
pub fn allowed(incident: &Incident, me: &Person, verb: Verb) -> bool {
    let roles = incident.roles_of(me);
    if roles.is_empty() {
        return may(Standing::Participant, verb, incident.kind());
    }
    roles.iter().any(|role| may(Standing::Holds(role), verb, incident.kind()))
}

/// The lines, each with the words that do it. `now` is the incident's own time.
pub fn due(incident: &Incident, me: &Person, policy: &Policy, now: DateTime<Utc>) -> Vec<String> {
    if incident.phase.is_over() {
        let standing = policy.names.standing(incident.phase);
        let goes_on = match incident.merged_into {
            Some(into) => format!(
                " It was merged into {into}: `{into} next`. Where that was cancelled: `reopen REASON`."
            ),
            None => String::new(),
        };
        return vec![format!("{} is {standing}. Nothing is due.{goes_on}", incident.id)];
    }
    let mut lines = Vec::new();
    asked_of_me(incident, me, policy, &mut lines);
    my_work(incident, me, &mut lines);
    public(incident, me, policy, now, &mut lines);
    playbook(incident, me, &mut lines);
    period(incident, me, now, &mut lines);
    leading(incident, me, policy, now, &mut lines);
    phase(incident, me, now, &mut lines);
    joining(incident, me, policy, &mut lines);
    lines.truncate(LINES_MAX);
    for role in incident.roles_of(me).into_iter().filter(|role| has_work_left(incident, role)) {
        let room = LINES_MAX.saturating_sub(lines.len());
        let aid = role.checklist().into_iter().enumerate();
        let aid = aid.filter(|(n, _)| !is_evident(incident, me, &role, *n, now - fresh(incident, policy)));
        lines.extend(aid.take(room).map(|(_, item)| format!("{}: {item}", role.head(policy.words))));
        // Who learns a role reads what its holder does.
        let Some(learnt) = role.learns(&policy.roles) else { continue };
        let room = LINES_MAX.saturating_sub(lines.len());
        let head = learnt.head(policy.words);
        lines.extend(learnt.checklist().iter().take(room).map(|item| format!("You learn {head}: {item}")));
    }
    lines
}

/// Whether the job aid of a role still tells what is to be done: once it is resolved, nobody sizes up, clears or reports any more.
fn has_work_left(incident: &Incident, role: &Role) -> bool {
    !incident.phase.is_past_work()
        || matches!(role.rights(), "planning" | "finance" | "intel" | "scribe" | "demob")
}

/// How long a report says something.
fn fresh(incident: &Incident, policy: &Policy) -> Duration {
    match policy.can_minutes(incident.severity) {
        0 => REPORT_STALE,
        minutes => Duration::minutes(i64::from(minutes)),
    }
}

/// Items of a job aid that the incident itself shows to be done.
fn is_evident(incident: &Incident, me: &Person, role: &Role, item: usize, fresh: DateTime<Utc>) -> bool {
    let is_on = |service: &str| {
        role.slug().split_once(':').is_some_and(|(_, name)| name.eq_ignore_ascii_case(service))
    };
    match (role.family(), item) {
        // Who has command has said so.
        ("ic", 0) => true,
        ("ic", 1) => !incident.summary.is_empty(),
        ("ic", 3) => ["ops", "pio"].iter().all(|slug| incident.given(slug).next().is_some()),
        ("ic", 5) => incident.next_update_due.is_some(),
        ("pio", 0) => incident.last_published().is_some(),
        ("sme", 1) => incident.cans.iter().any(|(service, can)| can.by.id == me.id || is_on(service)),
        ("ops", 2) => incident.cans.values().any(|can| can.by.id == me.id && can.at >= fresh),
        _ => false,
    }
}

/// The answer to `next`.
pub fn text(incident: &Incident, me: &Person, policy: &Policy, now: DateTime<Utc>) -> String {
    let roles: Vec<_> = incident.roles_of(me).iter().map(|role| role.shown(policy.words)).collect();
    let role = if roles.is_empty() { "no role yet".to_owned() } else { roles.join(", ") };
    let head = format!(
        "{} {} – {}, {}. You: {role}.",
        incident.id,
        incident.title,
        policy.names.how_bad(incident.kind(), incident.severity),
        policy.names.phase(incident.phase)
    );
    let lines = due(incident, me, policy, now);
    if lines.is_empty() {
        return format!("{head}\nNothing is due for you. Stuck? `help me`.");
    }
    lines.iter().fold(head, |text, line| format!("{text}\n- {line}"))
}

fn asked_of_me(incident: &Incident, me: &Person, policy: &Policy, lines: &mut Vec<String>) {
    if let Some(stop) = incident.standing_stop() {
        lines.push(format!(
            "{} stopped everything: {} Nobody changes anything until it is lifted: `resume`.",
            stop.by,
            ended(&stop.reason)
        ));
    }
    if incident.unaccounted().iter().any(|one| one.id == me.id) {
        lines.push("The roll is called: `here`.".to_owned());
    }
    if let Some(offer) = incident.command_offer.as_ref().filter(|offer| offer.to.id == me.id) {
        lines.push(format!("{} offers you command: `briefing`, then `command accept`.", offer.by));
    }
    if incident.executive_question.as_ref().is_some_and(|question| question.to.id == me.id) {
        lines.push("Do you wish to take command? Yes: `command take`. No: `command decline`.".to_owned());
    }
    if incident.unify_offer.as_ref().is_some_and(|offer| offer.to.id == me.id) {
        lines.push(format!("{} asks you to join command: `command join`.", incident.commander));
    }
    for offer in incident.offers.iter().filter(|offer| offer.to.id == me.id) {
        lines.push(format!(
            "{} asks you to be {}: `role accept {}`.",
            offer.by,
            offer.role.shown(policy.words),
            offer.role.slug()
        ));
    }
    if incident.commander.id == Person::house().id && allowed(incident, me, Verb::TakeCommand) {
        lines.push("Nobody is in command: `take`.".to_owned());
    }
    for action in incident.open_actions().filter(|action| action.state == ActionState::Waiting) {
        let n = action.n;
        if incident.stop.is_none() && incident.who_clears(&action.by).iter().any(|one| one.id == me.id) {
            lines.push(format!(
                "Action {n} of {} waits for your go: {}. `action go {n}` or `action hold {n} REASON`.",
                action.by, action.text
            ));
        }
    }
    for proposal in incident.open_proposals() {
        let n = proposal.n;
        if incident.has_command(me) && !proposal.objectors.is_empty() {
            lines.push(format!("Proposal {n} has a strong objection: `decision now {n}` or `withdraw {n}`."));
        } else if proposal.by.id != me.id && proposal.objectors.iter().all(|one| one.id != me.id) {
            lines.push(format!("Proposal {n}: {} To object: `object {n} WHY`.", ended(&proposal.text)));
        }
    }
}

fn my_work(incident: &Incident, me: &Person, lines: &mut Vec<String>) {
    let mut tasks: Vec<_> = incident.open_tasks().filter(|task| task.is_of(me)).collect();
    tasks.sort_by_key(|task| (task.state != TaskState::Overdue, task.due_at.is_none(), task.due_at));
    for task in tasks {
        let n = task.n;
        let due = task.due_at.map(|at| format!(", due {}", dated(at))).unwrap_or_default();
        lines.push(match task.state {
            TaskState::Overdue => {
                format!("Task #{n} is late: {}. `done {n} RESULT` or `task more {n} 10m`.", task.text)
            }
            TaskState::Assigned => format!("Task #{n} is yours{due}: {}. `ack {n}`.", task.text),
            _ => format!("Task #{n}{due}: {}. `done {n} RESULT`.", task.text),
        });
    }
    let leads = leads(incident, me);
    for task in incident.open_tasks().filter(|task| task.is_free()) {
        if leads || task.assigned_by.id == me.id {
            let n = task.n;
            lines.push(format!("Nobody has task #{n}: {} `task give {n} @NAME`.", ended(&task.text)));
        }
    }
    for action in incident.open_actions().filter(|action| action.by.id == me.id) {
        let n = action.n;
        let text = ended(&action.text);
        lines.push(match action.state {
            ActionState::Waiting if incident.stop.is_some() => {
                format!("Your action {n} waits for a go, and everything is stopped: do not do it yet. {text}")
            }
            ActionState::Waiting => format!("Your action {n} waits for a go: do not do it yet. {text}"),
            ActionState::Going | ActionState::Overdue if incident.stop.is_some() => {
                format!("Your action {n} waits: everything is stopped. Do not do it yet. {text}")
            }
            ActionState::Held => format!("Your action {n} is held: do not do it yet. {text}"),
            _ => format!("Your action {n} is {}: `action done {n} RESULT`.", action.state.word()),
        });
    }
}

fn public(incident: &Incident, me: &Person, policy: &Policy, now: DateTime<Utc>, lines: &mut Vec<String>) {
    let pio = incident.holders(&Role::pio()).iter().any(|one| one.id == me.id);
    let (approved, waiting): (Vec<&Post>, Vec<&Post>) =
        incident.open_posts().partition(|draft| post::standing_approval(incident, draft, now).is_ok());
    let may = |verb| allowed(incident, me, verb) && policy.reserved.leaves(verb, me, incident.kind());
    if let Some(first) = approved.first().filter(|_| may(Verb::PublishPost)) {
        lines.push(format!("Public {} approved: `publish {}`.", updates(&approved, ["is", "are"]), first.n));
    }
    let may_approve = |draft: &&Post| draft.author.id != me.id || !policy.two_person;
    let to_read: Vec<&Post> = waiting.iter().copied().filter(may_approve).collect();
    if let Some(first) = to_read.first().filter(|_| may(Verb::ApprovePost)) {
        let them = if to_read.len() == 1 { "it" } else { "each" };
        let wait = updates(&to_read, ["waits", "wait"]);
        lines.push(format!("Public {wait} for approval: read {them}, then `approve {}`.", first.n));
    }
    if !approved.is_empty() || !waiting.is_empty() {
        return;
    }
    if !pio {
        return;
    }
    match incident.next_update_due {
        Some(at) if at <= now => {
            lines.push("The public update that was promised is late: `draft TEXT`.".to_owned())
        }
        Some(at) if at - now <= SOON => {
            lines.push(format!("The next public update is due at {}: `draft TEXT`.", dated(at)));
        }
        _ => {}
    }
    let is_owed = policy.first_post_minutes(incident.severity) > 0;
    if is_owed
        && incident.phase.is_active()
        && incident.phase != Phase::Triage
        && incident.last_published().is_none()
    {
        lines.push("The public has not been told: `draft We are investigating.` is enough.".to_owned());
    }
}

/// Drafts that are named at once; the others are counted.
const DRAFTS_NAMED_MAX: usize = 4;

/// `update 1 waits`, `updates 1 and 2 wait`.
pub fn updates(drafts: &[&Post], [one, several]: [&str; 2]) -> String {
    let numbers = some_of(drafts.iter().map(|draft| draft.n.to_string()), DRAFTS_NAMED_MAX);
    match drafts.len() {
        1 => format!("update {} {one}", numbers.join("")),
        _ => format!("updates {} {several}", numbers.join(" and ")),
    }
}

/// Steps of playbooks that are told at once.
const STEPS_MAX: usize = 2;

/// The first open steps of one's own roles, and of those that nobody has and one answers for.
fn playbook(incident: &Incident, me: &Person, lines: &mut Vec<String>) {
    let mine = incident.open_steps().filter(|place| incident.answers_for_step(place.step, me));
    for place in mine.take(STEPS_MAX) {
        let name = incident.step_name(&place);
        let text = ended(&brief(&place.step.text));
        lines.push(match (&place.step.say, place.step.has_blank()) {
            (None, _) => format!("{name}: {text} When it is done: `playbook done {name}`."),
            (Some(say), false) => format!("{name}: {text} `playbook run {name}` says «{say}»."),
            (Some(say), true) => format!("{name}: {text} `playbook run {name} WORDS` says «{say}»."),
        });
    }
}

fn leads(incident: &Incident, me: &Person) -> bool {
    incident.roles_of(me).iter().any(|role| matches!(role.rights(), "ic" | "deputy" | "ops"))
}

/// What falls to whoever leads: who is late, what is not known, which roles nobody has.
fn leading(incident: &Incident, me: &Person, policy: &Policy, now: DateTime<Utc>, lines: &mut Vec<String>) {
    if !leads(incident, me) {
        return;
    }
    for task in incident.open_tasks().filter(|task| task.state == TaskState::Overdue && !task.is_of(me)) {
        if let Some(owner) = &task.owner {
            lines.push(format!("{owner}'s task #{} is late: ask them, or give it to somebody else.", task.n));
        }
    }
    let reports = incident.reports_of(me);
    if reports >= policy.span_warn {
        let helps = relief(incident, me, policy.words);
        lines.push(format!("{reports} people report straight to you. {helps}"));
    }
    let is_working = matches!(incident.phase, Phase::Investigating | Phase::Identified);
    let stale = fresh(incident, policy);
    match incident.cans.iter().max_by_key(|(_, can)| can.at) {
        _ if !is_working => {}
        None => lines.push("No report on any service yet: ask for `can SERVICE CONDITIONS`.".to_owned()),
        Some((service, can)) if now - can.at > stale => {
            lines.push(format!("The last report ({service}) is of {}: ask for another.", dated(can.at)));
        }
        Some(_) => {}
    }
    let free = owed::roles(incident, policy);
    if let Some(first) =
        free.first().filter(|_| !incident.roles_of(me).iter().all(|role| role.slug() == "ops"))
    {
        let named = free.iter().map(|role| format!("{} ({})", role.shown(policy.words), role.slug()));
        let named = named.collect::<Vec<_>>().join(", ");
        let (slug, whom) = (first.slug(), alternates::asked(incident, policy, first));
        lines.push(format!("Nobody has yet the role of {named}. `role offer {slug} {whom}`."));
    }
}

/// The end of an operational period is for whoever plans the next.
fn period(incident: &Incident, me: &Person, now: DateTime<Utc>, lines: &mut Vec<String>) {
    let plans = leads(incident, me) || incident.roles_of(me).iter().any(|role| role.rights() == "planning");
    if !plans || !incident.phase.is_active() || !allowed(incident, me, Verb::Period) {
        return;
    }
    if let Some(period) = incident.period.as_ref().filter(|period| period.is_over(now)) {
        lines.push(format!("Operational period {} is over: `period start 2h`.", period.n));
    }
}

fn phase(incident: &Incident, me: &Person, now: DateTime<Utc>, lines: &mut Vec<String>) {
    if !incident.roles_of(me).iter().any(|role| matches!(role.rights(), "ic" | "deputy")) {
        return;
    }
    if incident.phase.is_past_work() {
        lines.extend(before_close(incident, me));
        if let Some(first) = last_word_due(incident) {
            return lines.push(format!("The public reads still that it goes on. {first}"));
        }
    }
    if let Some(plan) = &incident.plan {
        lines.extend(work(incident, plan.span, now));
        return;
    }
    let firing = incident.firing();
    lines.extend(
        match incident.phase {
            Phase::Triage => Some("Is it an incident? `confirm` or `cancel REASON`."),
            Phase::Investigating | Phase::Identified if !incident.situations.is_empty() && firing == 0 => {
                Some("All alerts of this incident have stopped. Are customers served again? `mitigate HOW`.")
            }
            Phase::Monitoring => Some("Watch whether it holds; then `resolve HOW`."),
            Phase::Resolved => Some("Look back while it is fresh: `review`; or `close`."),
            Phase::Review => Some("When the review is done: `close`."),
            _ => None,
        }
        .map(str::to_owned),
    );
}

/// Tasks and actions that are named at once; the others are counted.
const OPEN_NAMED_MAX: usize = 4;

/// What others have open, over which nothing is closed; one's own is told before.
fn before_close(incident: &Incident, me: &Person) -> Option<String> {
    let tasks = incident.open_tasks().filter(|task| !task.is_of(me) && !task.is_free());
    let tasks = tasks.map(|task| format!("task #{} ({})", task.n, task.whose()));
    let actions = incident.open_actions().filter(|action| action.by.id != me.id);
    let actions = actions.map(|action| format!("action {} ({})", action.n, action.by));
    let open = some_of(tasks.chain(actions), OPEN_NAMED_MAX);
    (!open.is_empty()).then(|| format!("Open still, and in the way of `close`: {}.", open.join(", ")))
}

/// What comes next of planned work.
fn work(incident: &Incident, span: Span, now: DateTime<Utc>) -> Option<String> {
    let (id, from, until) = (incident.id, dated(span.from), dated(span.until));
    match incident.phase {
        Phase::Scheduled => Some(format!("It begins by itself {from}. Another time? `maintenance move`.")),
        Phase::InProgress if span.until <= now => Some(format!(
            "It was to be over {until}. Done? `maintenance complete`. More time? `maintenance extend 30m`."
        )),
        Phase::InProgress => Some(format!(
            "When it is done: `maintenance complete`. If it breaks something: `declare WHAT --under {id}`."
        )),
        Phase::Completed => Some("Is the public told that it is over? Then `close`.".to_owned()),
        _ => None,
    }
}

/// Who has no part yet.
fn joining(incident: &Incident, me: &Person, policy: &Policy, lines: &mut Vec<String>) {
    if !incident.roles_of(me).is_empty() {
        return;
    }
    let is_here = incident
        .participants
        .get(&me.id)
        .is_some_and(|part| part.checked_in.is_some() && part.checked_out.is_none());
    if !is_here {
        lines.push("Say that you are here: `checkin`.".to_owned());
    }
    if !incident.summary.is_empty() {
        lines.push(format!("How it stands: {}", ended(&incident.summary)));
    }
    let free = owed::roles(incident, policy);
    let is_mine =
        |role: &&&Role| alternates::of(incident, policy, role).next().is_some_and(|one| one.id == me.id);
    if let Some(role) = free.iter().find(is_mine) {
        let title = role.shown(policy.words);
        lines.push(format!("Nobody is {title} yet, and you are next in line: `role take {}`.", role.slug()));
    } else if let Some(role) = free.first() {
        lines.push(format!("Nobody is {} yet: `role take {}`.", role.shown(policy.words), role.slug()));
    }
    if let Some(task) = incident.open_tasks().find(|task| task.is_free() && task.assigned_by.id != me.id) {
        let n = task.n;
        lines.push(format!("Nobody has task #{n}: {} `task give {n}` takes it.", ended(&task.text)));
    }
    let before = "Before you change anything: `action WHAT`.";
    lines.push(match &incident.commander {
        // It answers nobody.
        house if house.id == Person::house().id => before.to_owned(),
        commander => format!("Ask {commander} what is needed. {before}"),
    });
}
