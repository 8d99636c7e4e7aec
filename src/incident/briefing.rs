//! What an incoming commander must know: a briefing after ICS 201, made from the incident itself; and the status in a
//! few lines for who has just come.

use chrono::{DateTime, Utc};

use super::{
    decide::when,
    role::{Role, Words},
    state::{Incident, ObjectiveState},
};

/// Sections of the transfer-of-command briefing (ICS 201 and the NIMS transfer list).
pub const SECTIONS: u8 = 11;

/// The sections by name, with what the incident has for each; `None` where there is nothing.
pub fn sections(incident: &Incident, now: DateTime<Utc>) -> Vec<(&'static str, Option<String>)> {
    let lines = |lines: Vec<String>| (!lines.is_empty()).then(|| lines.join("\n"));
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let objectives: Vec<_> = incident
        .objectives
        .iter()
        .filter(|o| o.state == ObjectiveState::Open)
        .map(|o| format!("{}. {}", o.n, o.text))
        .collect();
    let tasks: Vec<_> = incident
        .open_tasks()
        .map(|task| {
            let due = task.due_at.map(|due| format!(", due {}", when(Some(due)))).unwrap_or_default();
            format!("#{} {} ({}, {}{due})", task.n, task.text, task.owner, task.state.word())
        })
        .collect();
    let cans: Vec<_> = incident
        .cans
        .iter()
        .map(|(service, can)| format!("{service} at {}: {}", when(Some(can.at)), can.conditions))
        .collect();
    let actions: Vec<_> = incident
        .cans
        .iter()
        .filter(|(_, can)| !can.actions.is_empty())
        .map(|(service, can)| format!("{service}: {}", can.actions))
        .collect();
    let needs: Vec<_> = incident
        .cans
        .iter()
        .filter(|(_, can)| !can.needs.is_empty())
        .map(|(service, can)| format!("{service} needs {}", can.needs))
        .collect();
    let organization: Vec<_> = std::iter::once(format!("Incident Commander: {}", incident.commander))
        .chain(incident.roles.iter().map(|held| format!("{}: {}", held.role, held.person)))
        .collect();
    let people: Vec<_> = incident
        .participants
        .values()
        .filter(|p| p.checked_in.is_some() && p.checked_out.is_none())
        .map(|p| p.person.to_string())
        .collect();
    let alerts: Vec<_> = incident
        .situations
        .values()
        .map(|s| format!("S-{} {}: {} firing of {}", s.id, s.title, s.firing, s.total))
        .collect();
    let links: Vec<_> = incident.links.iter().map(|link| format!("{}: {}", link.label, link.url)).collect();
    let public = match (incident.last_published(), incident.next_update_due) {
        (None, _) => None,
        (Some(post), due) => Some(format!(
            "Update {} ({}) is public; next update {}",
            post.n,
            post.draft.phase.word(),
            due.map_or_else(
                || "not promised".to_owned(),
                |due| {
                    let late = if due < now { " (overdue)" } else { "" };
                    format!("promised for {}{late}", when(Some(due)))
                }
            )
        )),
    };
    vec![
        (
            "Incident history",
            Some(format!(
                "{} ({}), {}, {} since {}. {} entries on the timeline.",
                incident.title,
                incident.id,
                incident.severity,
                incident.phase,
                when(incident.milestones.declared),
                incident.seq
            )),
        ),
        ("Situation summary", text(&incident.summary).or_else(|| lines(cans))),
        ("Priorities and objectives", lines(objectives)),
        ("Current plan and tasks", lines(tasks)),
        ("Actions under way", lines(actions)),
        ("Organization", lines(organization)),
        ("Resources here", lines(people)),
        ("Resources needed", lines(needs)),
        ("Communications and links", lines(links)),
        ("Public information", public),
        ("Alerts and outlook", lines(alerts)),
    ]
}

/// How many of the sections have content.
pub fn sections_filled(incident: &Incident, now: DateTime<Utc>) -> u8 {
    u8::try_from(sections(incident, now).iter().filter(|(_, text)| text.is_some()).count())
        .unwrap_or(SECTIONS)
}

/// The briefing as text, empty sections named as such.
pub fn text(incident: &Incident, now: DateTime<Utc>) -> String {
    let mut out = format!("Briefing for {} at {}\n", incident.id, when(Some(now)));
    for (n, (name, text)) in sections(incident, now).into_iter().enumerate() {
        let text = text.unwrap_or_else(|| "– nothing recorded".to_owned());
        out.push_str(&format!("{}. {name}: {}\n", n + 1, text.replace('\n', "\n   ")));
    }
    out.trim_end().to_owned()
}

/// The state in a few lines.
pub fn status(incident: &Incident, now: DateTime<Utc>, words: Words) -> String {
    let mut out =
        vec![format!("{} {} – {}, {}", incident.id, incident.title, incident.severity, incident.phase)];
    if !incident.kind().banner().is_empty() {
        out.insert(0, incident.kind().banner().to_owned());
    }
    out.push(format!("{}: {}", Role::ic().shown(words), incident.commander));
    for held in &incident.roles {
        out.push(format!("{}: {}", held.role.shown(words), held.person));
    }
    if !incident.summary.is_empty() {
        out.push(format!("Summary: {}", incident.summary));
    }
    if incident.firing() > 0 {
        out.push(format!("Alerts firing: {}", incident.firing()));
    }
    let open = incident.open_tasks().count();
    if open > 0 {
        out.push(format!("Open tasks: {open}"));
    }
    out.push(match incident.last_published() {
        None => "The public has not been told anything yet.".to_owned(),
        Some(post) => format!("Public: update {} ({})", post.n, post.draft.phase.word()),
    });
    if let Some(due) = incident.next_update_due {
        let late = if due < now { " – OVERDUE" } else { "" };
        out.push(format!("Next public update: {}{late}", when(Some(due))));
    }
    out.join("\n")
}
