//! What an incoming commander must know: a briefing after ICS 201, made from the incident itself; and the status in a
//! few lines for who has just come.

use chrono::{DateTime, Utc};

use super::{
    names::{Names, Shown},
    sentence::{and, brief, some_of},
    state::{ActionState, Incident, ObjectiveState, Plan, Post},
    summary,
};
use crate::{people::Person, post, wall::dated};

/// Sections of the transfer-of-command briefing (ICS 201 and the NIMS transfer list).
pub const SECTIONS: u8 = 11;

/// The sections by name, with what the incident has for each; `None` where there is nothing.
pub fn sections<'a>(
    incident: &Incident,
    now: DateTime<Utc>,
    shown: impl Into<Shown<'a>>,
) -> Vec<(&'static str, Option<String>)> {
    let Shown { words, names } = shown.into();
    let lines = |lines: Vec<String>| (!lines.is_empty()).then(|| lines.join("\n"));
    let people: Vec<_> = incident.present().into_iter().map(Person::to_string).collect();
    let links: Vec<_> = incident.links.iter().map(|link| format!("{}: {}", link.label, link.url)).collect();
    let command = format!("{}: {}", incident.command_title(words), incident.command_words());
    let organization: Vec<_> = std::iter::once(command)
        .chain(incident.roles.iter().map(|held| format!("{}: {}", held.role.shown(words), held.person)))
        .collect();
    vec![
        ("Incident history", Some(history(incident, names))),
        ("Situation and last reports", lines(situation(incident))),
        ("Priorities and objectives", lines(objectives(incident, now))),
        ("Current plan and tasks", lines(plan(incident))),
        ("Actions under way", lines(actions(incident))),
        ("Organization", lines(organization)),
        ("Resources here", lines(people)),
        ("Resources needed", lines(needs(incident))),
        ("Risks, safety and outlook", lines(risks(incident))),
        ("Communications and links", lines(links)),
        ("Public information", lines(public(incident, now))),
    ]
}

fn history(incident: &Incident, names: &Names) -> String {
    let reached = |name: &str, at: Option<DateTime<Utc>>| at.map(|at| format!(", {name} {}", dated(at)));
    let milestones = [
        reached("identified", incident.milestones.identified),
        reached("mitigated", incident.milestones.mitigated),
        reached("resolved", incident.milestones.resolved),
    ];
    let declared = match incident.milestones.declared {
        Some(at) => format!("declared {}", dated(at)),
        None => format!("noticed {}", dated(incident.opened_at())),
    };
    let merged: Vec<String> = incident.merged_in.iter().map(ToString::to_string).collect();
    let merged =
        if merged.is_empty() { String::new() } else { format!(" Merged in: {}.", merged.join(", ")) };
    let into = incident
        .merged_into
        .map(|into| format!(" Merged into {into}, where it goes on."))
        .unwrap_or_default();
    format!(
        "{} ({}), {}, {}, {declared}{}. {} in command since {}. {} entries on the timeline.{merged}{into}",
        incident.title,
        incident.id,
        names.how_bad(incident.kind(), incident.severity),
        names.phase(incident.phase),
        milestones.into_iter().flatten().collect::<String>(),
        incident.commander,
        dated(incident.commander_since),
        incident.seq
    )
}

fn situation(incident: &Incident) -> Vec<String> {
    let summary = (!incident.summary.is_empty()).then(|| incident.summary.clone());
    let cans = incident
        .cans
        .iter()
        .map(|(service, can)| format!("{service} at {} ({}): {}", dated(can.at), can.by, can.conditions));
    summary.into_iter().chain(cans).collect()
}

fn objectives(incident: &Incident, now: DateTime<Utc>) -> Vec<String> {
    let open = incident.objectives.iter().filter(|o| o.state == ObjectiveState::Open);
    period(incident, now).into_iter().chain(open.map(|o| format!("{}. {}", o.n, o.text))).collect()
}

/// The operational period that goes on, or whose time is over without another, in a line.
pub fn period(incident: &Incident, now: DateTime<Utc>) -> Option<String> {
    let period = incident.period.as_ref()?;
    let until = if period.is_over(now) { "over since" } else { "until" };
    let stress = if period.emphasis.is_empty() { String::new() } else { format!(": {}", period.emphasis) };
    Some(format!("Operational period {} {until} {}{stress}", period.n, dated(period.ends_at)))
}

fn plan(incident: &Incident) -> Vec<String> {
    let tasks = incident.open_tasks().map(|task| {
        let due = task.due_at.map(|due| format!(", due {}", dated(due))).unwrap_or_default();
        format!("#{} {} ({}{due})", task.n, task.text, task.standing())
    });
    let proposals = incident.open_proposals().map(|proposal| {
        let objections = match proposal.objectors.as_slice() {
            [] => String::new(),
            some => format!("; strong objection of {}", and(some)),
        };
        let (n, text, by) = (proposal.n, &proposal.text, &proposal.by);
        format!("Proposal {n} of {by}, decided {}: {text}{objections}", dated(proposal.ends_at))
    });
    tasks.chain(proposals).collect()
}

fn actions(incident: &Incident) -> Vec<String> {
    let announced = incident.open_actions().map(|action| {
        format!("Action {} {} ({}, {})", action.n, action.text, action.by, incident.standing_of(action))
    });
    let reported = incident
        .cans
        .iter()
        .filter(|(_, can)| !can.actions.is_empty())
        .map(|(service, can)| format!("{service}: {}", can.actions));
    announced.chain(reported).collect()
}

fn needs(incident: &Incident) -> Vec<String> {
    let needs = incident.cans.iter().filter(|(_, can)| !can.needs.is_empty());
    needs.map(|(service, can)| format!("{service} needs {}", can.needs)).collect()
}

fn risks(incident: &Incident) -> Vec<String> {
    let stop = incident.standing_stop();
    let stop = stop.map(|stop| format!("{} stopped every action: {}", stop.by, stop.reason));
    let hazards = incident.open_hazards().map(|hazard| {
        let against = match hazard.mitigation.as_str() {
            "" => "nothing is done against it yet".to_owned(),
            some => format!("against it: {some}"),
        };
        format!("Hazard {}: {} ({}; {against})", hazard.n, hazard.text, hazard.by)
    });
    let risky = incident.open_actions().filter(|action| action.is_risky);
    let risky = risky.map(|action| format!("Risky: action {} {} ({})", action.n, action.text, action.by));
    let held = incident.open_actions().filter(|action| action.state == ActionState::Held && !action.is_risky);
    let held = held.map(|action| format!("Held: action {} {} ({})", action.n, action.text, action.by));
    let alerts = incident
        .situations
        .values()
        .map(|s| format!("S-{} {}: {} firing of {}", s.id, s.title, s.firing, s.total));
    stop.into_iter().chain(hazards).chain(risky).chain(held).chain(alerts).collect()
}

/// Hazards, objectives or drafts that are named at once; the others are counted.
const NAMED_MAX: usize = 3;

/// The open hazards in one short line: `1 db2 may fill up; 2 the backup is of Monday; 2 more`.
pub fn hazards(incident: &Incident) -> Option<String> {
    named(incident.open_hazards().map(|hazard| format!("{} {}", hazard.n, brief(&hazard.text))))
}

fn named(all: impl Iterator<Item = String>) -> Option<String> {
    let named = some_of(all, NAMED_MAX);
    (!named.is_empty()).then(|| named.join("; "))
}

fn public(incident: &Incident, now: DateTime<Utc>) -> Vec<String> {
    let told = incident.last_published().map(|post| {
        let next = match incident.next_update_due {
            None => "not promised".to_owned(),
            Some(due) => {
                let late = if due < now { " (overdue)" } else { "" };
                format!("promised for {}{late}", dated(due))
            }
        };
        format!("Update {} ({}) is public; next update {next}", post.n, post.draft.phase.shown())
    });
    told.into_iter().chain(drafts(incident, now)).collect()
}

/// The updates that are not public yet, each with what it waits for. Of what is over, none goes out any more.
fn drafts(incident: &Incident, now: DateTime<Utc>) -> Vec<String> {
    let line = |draft: &Post| {
        let (n, by) = (draft.n, &draft.author);
        match post::standing_approval(incident, draft, now) {
            Ok(_) => format!("Update {n} of {by} is approved: `update publish {n}`"),
            Err(_) => format!("Update {n} of {by} waits for approval: `update approve {n}`"),
        }
    };
    some_of(incident.open_posts().filter(|_| !incident.phase.is_over()).map(line), NAMED_MAX)
}

/// The words that fill a section which has nothing yet.
fn fills(section: &str) -> &'static str {
    match section {
        "Situation and last reports" => "`set summary TEXT`",
        "Priorities and objectives" => "`objective add TEXT`",
        "Current plan and tasks" => "`task add @NAME TEXT`",
        "Actions under way" => "`action WHAT`",
        "Resources here" => "`checkin`",
        "Communications and links" => "`link LABEL URL`",
        "Risks, safety and outlook" => "`hazard WHAT COULD GO WRONG`",
        "Public information" => "`update draft TEXT`",
        _ => "`can SERVICE CONDITIONS | ACTIONS | NEEDS`",
    }
}

/// Sections without which the next commander does not know where to begin: the first that are filled.
const FIRST: [&str; 3] =
    ["Situation and last reports", "Priorities and objectives", "Risks, safety and outlook"];

/// The sections in which there is nothing yet.
fn empty(incident: &Incident, now: DateTime<Utc>) -> Vec<&'static str> {
    let all = sections(incident, now, Names::plain()).into_iter();
    all.filter(|(_, text)| text.is_none()).map(|(name, _)| name).collect()
}

/// What an outgoing commander could still say, in a line, with the words that say what matters most of it.
pub fn still_empty(incident: &Incident, now: DateTime<Utc>) -> Option<String> {
    let empty = empty(incident, now);
    let named: Vec<String> = empty.iter().map(|name| name.to_lowercase()).collect();
    let mut first: Vec<&str> = FIRST.into_iter().filter(|name| empty.contains(name)).collect();
    if first.is_empty() {
        first.extend(empty.first());
    }
    let words: Vec<&str> = first.into_iter().map(fills).collect();
    (!named.is_empty())
        .then(|| format!("Still empty: {}. First of all: {}.", named.join("; "), words.join(", ")))
}

/// How many of the sections have content.
pub fn sections_filled(incident: &Incident, now: DateTime<Utc>) -> u8 {
    let filled = sections(incident, now, Names::plain());
    u8::try_from(filled.iter().filter(|(_, text)| text.is_some()).count()).unwrap_or(SECTIONS)
}

/// The briefing as text: the sections in which something stands by their numbers, the others in one line.
pub fn text<'a>(incident: &Incident, now: DateTime<Utc>, shown: impl Into<Shown<'a>>) -> String {
    let mut out = format!("Briefing for {} at {}\n", incident.id, dated(now));
    for (n, (name, text)) in sections(incident, now, shown).into_iter().enumerate() {
        if let Some(text) = text {
            out.push_str(&format!("{}. {name}: {}\n", n + 1, text.replace('\n', "\n   ")));
        }
    }
    out.push_str(&format!("{} of {SECTIONS} points are filled in.", sections_filled(incident, now)));
    if let Some(told) = still_empty(incident, now) {
        out.push_str(&format!(" {told}"));
    }
    out
}

/// The state in a few lines.
pub fn status<'a>(incident: &Incident, now: DateTime<Utc>, shown: impl Into<Shown<'a>>) -> String {
    let Shown { words, names } = shown.into();
    let how_bad = names.how_bad(incident.kind(), incident.severity);
    let time = match &incident.plan {
        None => String::new(),
        Some(Plan { span, .. }) => {
            format!(" from {} to {}", dated(span.from), dated(span.until))
        }
    };
    let phase = names.phase(incident.phase);
    let mut out = vec![format!("{} {} – {how_bad}{time}, {phase}", incident.id, incident.title)];
    if !incident.kind().banner().is_empty() {
        out.insert(0, incident.kind().banner().to_owned());
    }
    // Who led, and what was open here, is the other one's now.
    if let Some(into) = incident.merged_into {
        out.push(format!(
            "Merged into {into}, which took its alerts, open tasks and hazards: `{into} status`, for whoever may see it. Where \
             that was cancelled, `reopen REASON` opens this one again."
        ));
        if !incident.summary.is_empty() {
            out.push(format!("Summary: {}", incident.summary));
        }
        return out.join("\n");
    }
    out.push(format!("{}: {}", incident.command_title(words), incident.command_words()));
    for held in &incident.roles {
        out.push(format!("{}: {}", held.role.shown(words), held.person));
    }
    if !incident.summary.is_empty() {
        out.push(format!("Summary: {}", incident.summary));
    }
    out.extend(period(incident, now));
    let open = incident.objectives.iter().filter(|objective| objective.state == ObjectiveState::Open);
    if let Some(open) = named(open.map(|objective| format!("{} {}", objective.n, brief(&objective.text)))) {
        out.push(format!("Objectives: {open}"));
    }
    for (service, can) in &incident.cans {
        let at = dated(can.at);
        out.push(format!("{} ({}, {at})", summary::report(service, can), can.by));
    }
    // Of two that are restricted, somebody may see one and not the other.
    let is_told = incident.restricted.is_none();
    if let Some(parent) = incident.parent.filter(|_| is_told) {
        out.push(format!("Part of: {parent}"));
    }
    let open: Vec<String> = incident.open_children().map(|child| child.to_string()).collect();
    if !open.is_empty() && is_told {
        out.push(format!("Open sub-incidents: {}", open.join(", ")));
    }
    if let Some(name) = &incident.incident_type {
        out.push(format!("Type: {name}"));
    }
    out.extend(incident.fields.iter().map(|(name, known)| format!("{name}: {}", known.value)));
    if incident.firing() > 0 {
        out.push(format!("Alerts firing: {}", incident.firing()));
    }
    if let Some(stop) = incident.standing_stop() {
        out.push(format!("STOPPED by {}: {}", stop.by, stop.reason));
    }
    if let Some(hazards) = hazards(incident) {
        out.push(format!("Hazards: {hazards}"));
    }
    let open = incident.open_actions().count();
    if open > 0 {
        out.push(format!("Open actions: {open}"));
    }
    let open = incident.open_proposals().count();
    if open > 0 {
        out.push(format!("Open proposals: {open}"));
    }
    let open = incident.open_tasks().count();
    if open > 0 {
        let free = incident.open_tasks().filter(|task| task.is_free()).count();
        let free = if free > 0 { format!(", of which nobody has {free}") } else { String::new() };
        out.push(format!("Open tasks: {open}{free}"));
    }
    out.push(match incident.last_published() {
        None => "The public has not been told anything yet.".to_owned(),
        Some(post) => format!("Public: update {} ({})", post.n, post.draft.phase.shown()),
    });
    out.extend(drafts(incident, now));
    if let Some(due) = incident.next_update_due {
        let late = if due < now { " – OVERDUE" } else { "" };
        out.push(format!("Next public update: {}{late}", dated(due)));
    }
    out.join("\n")
}
