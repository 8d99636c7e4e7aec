//! Cards: what the bot shows, in a neutral shape. One pure function a message.
//!
//! Each chat renders a [`Card`] with what it does best and edits its earlier one in place. A button is a command that
//! somebody presses, a form is a command with blanks. Texts are plain: escaping belongs to the chat that shows them.

pub mod arranged;
mod awaited;
pub mod chart;
mod evidence;
mod planned;
mod said;
#[cfg(test)]
pub mod testing;

use std::{borrow::Cow, collections::BTreeSet};

use chrono::{DateTime, Utc};

pub(crate) use said::aside;
#[cfg(test)]
pub(crate) use said::beside;
pub use said::{Missed, Said};

use crate::{
    alert::{flapping::Flaps, situation::Situation},
    incident::{
        briefing,
        id::IncidentId,
        names::{Names, Shown},
        phase::Phase,
        role::{self, Role},
        sentence::ended,
        severity::Severity,
        state::{ActionState, Incident, Play},
    },
    people::Person,
    wall::dated,
};

/// How loud a card is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Critical,
    Warning,
    Calm,
    Good,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// A moment; each reader sees it in their own zone where the chat can do that.
    Time(DateTime<Utc>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub value: Value,
    /// Short enough to stand beside others.
    pub is_short: bool,
}

/// A blank of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blank {
    /// Id within the form.
    pub name: &'static str,
    pub label: &'static str,
    pub placeholder: &'static str,
    pub is_long: bool,
    pub is_required: bool,
}

/// One of the things that a menu offers. Chosen, it says `command` in the name of who chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Stable id in this menu: `sev1`.
    pub id: &'static str,
    pub label: String,
    /// When to choose it.
    pub meaning: String,
    pub command: String,
    /// It holds already.
    pub is_now: bool,
}

/// A button. Pressed, it says `command` in the name of who pressed it; with blanks, they are asked first and put in
/// place of `{name}` in the command. With choices it is a menu of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Stable id on this card: `note`, `take`.
    pub id: Cow<'static, str>,
    pub label: Cow<'static, str>,
    pub command: String,
    pub blanks: Vec<Blank>,
    pub choices: Vec<Choice>,
    pub is_primary: bool,
}

impl Button {
    /// A choice as a menu offers it: what holds now is all that is seen of a menu that is closed, and says what it is for.
    pub fn offered(&self, choice: &Choice) -> String {
        if choice.is_now { format!("{} {}", self.label, choice.label) } else { choice.label.clone() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// For the eyes of those who see a restricted incident, and for nobody else's.
    pub is_private: bool,
    /// What the card is about: `INC-1` or `S-3`. One card of each in a chat.
    pub subject: String,
    pub incident: Option<IncidentId>,
    /// `EXERCISE EXERCISE EXERCISE`, or empty.
    pub banner: &'static str,
    pub title: String,
    pub tone: Tone,
    pub text: String,
    pub fields: Vec<Field>,
    pub buttons: Vec<Button>,
    pub footer: String,
}

fn short(name: &'static str, value: impl Into<String>) -> Field {
    Field { name, value: Value::Text(value.into()), is_short: true }
}

fn long(name: &'static str, value: impl Into<String>) -> Field {
    Field { name, value: Value::Text(value.into()), is_short: false }
}

fn blank(name: &'static str, label: &'static str, placeholder: &'static str, is_long: bool) -> Blank {
    Blank { name, label, placeholder, is_long, is_required: true }
}

/// `command` is what a press says; with blanks, their answers follow it.
fn button(
    id: impl Into<Cow<'static, str>>,
    label: impl Into<Cow<'static, str>>,
    command: &str,
    blanks: Vec<Blank>,
    is_primary: bool,
) -> Button {
    Button {
        id: id.into(),
        label: label.into(),
        command: command.to_owned(),
        blanks,
        choices: vec![],
        is_primary,
    }
}

/// How bad it is, to be chosen.
fn severities(now: Severity, names: &Names) -> Button {
    let choice = |severity: Severity| Choice {
        id: severity.word(),
        label: names.severity(severity),
        meaning: names.meaning(severity).to_owned(),
        command: format!("severity {}", severity.word()),
        is_now: severity == now,
    };
    let choices = names.offered(Some(now)).map(choice).collect();
    Button { choices, ..button("severity", "How bad is it?", "severity {severity}", vec![], false) }
}

fn counted(n: u64, one: &str, several: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { several })
}

/// Five of them, and how many more.
fn some_of(lines: &mut Vec<String>) -> String {
    let more = lines.len().saturating_sub(5);
    lines.truncate(5);
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    lines.join("\n")
}

/// What stands in place of a restricted incident's card where others read: that there is one, for whoever was told before.
pub fn cover(incident: &Incident) -> Card {
    Card {
        is_private: false,
        subject: incident.id.to_string(),
        incident: Some(incident.id),
        banner: incident.kind().banner(),
        title: format!("{} is restricted", incident.id),
        tone: Tone::Calm,
        text: "It goes on where only those who see it can read.".into(),
        fields: vec![],
        buttons: vec![],
        footer: "restricted".into(),
    }
}

impl Card {
    /// With a word on how one of its alerts flaps.
    pub fn flapping(mut self, flaps: Option<Flaps>) -> Card {
        self.fields.extend(flaps.map(|flaps| long("Flapping", flaps.in_words())));
        self
    }

    /// Without the incident that it belongs to, which not everybody may know of.
    pub fn unlinked(mut self) -> Card {
        self.incident = None;
        self.fields.retain(|field| field.name != "Incident");
        self
    }
}

/// The status card of an incident: who commands, how bad, what is open, when the public hears next.
pub fn incident<'a>(incident: &Incident, shown: impl Into<Shown<'a>>) -> Card {
    let Shown { words, names } = shown.into();
    let tone = match (incident.phase, incident.severity) {
        (Phase::Resolved | Phase::Review | Phase::Closed | Phase::Completed, _) => Tone::Good,
        (Phase::Cancelled | Phase::Merged | Phase::Monitoring | Phase::Scheduled, _) => Tone::Calm,
        (_, Severity::Sev1 | Severity::Sev2) => Tone::Critical,
        _ => Tone::Warning,
    };
    let mut fields = Vec::new();
    let severity = names.severity_of(incident.kind(), incident.severity);
    fields.extend(severity.map(|severity| short("Severity", severity)));
    if let Some(plan) = &incident.plan {
        fields.push(Field { name: "From", value: Value::Time(plan.span.from), is_short: true });
        fields.push(Field { name: "Until", value: Value::Time(plan.span.until), is_short: true });
    }
    fields.push(short("Phase", names.phase(incident.phase)));
    fields.push(short(incident.command_title(words), incident.command_words()));
    if let Some(plan) = incident.plan.as_ref().filter(|plan| !plan.services.is_empty()) {
        fields.push(short("Services", plan.services.join(", ")));
    }
    if let Some(name) = &incident.incident_type {
        fields.push(short("Type", name.clone()));
    }
    if let Some(offer) = &incident.command_offer {
        fields.push(short("Command offered to", offer.to.to_string()));
    }
    if let Some(question) = &incident.executive_question {
        let asked = format!(
            "{}: do you wish to take command? Yes: `command take`. No: `command decline`.",
            question.to
        );
        fields.push(long("Asked", asked));
    }
    if let Some(offer) = &incident.unify_offer {
        fields.push(short("Asked to join command", offer.whom()));
    }
    if !incident.offers.is_empty() {
        let offered = incident.offers.iter().map(|one| format!("{} to {}", one.role.shown(words), one.to));
        fields.push(short("Role offered", offered.collect::<Vec<_>>().join("; ")));
    }
    for slug in ["pio", "ops", "deputy", "scribe"] {
        let names: Vec<_> = incident.given(slug).map(Person::to_string).collect();
        if let Some(def) = role::defined(slug).filter(|_| !names.is_empty()) {
            fields.push(short(def.shown(words), names.join(", ")));
        }
    }
    let own: BTreeSet<&Role> =
        incident.roles.iter().map(|held| &held.role).filter(|role| role.own().is_some()).collect();
    if !own.is_empty() {
        let told = own.into_iter().map(|role| {
            let names: Vec<_> = incident.given(role.slug()).map(Person::to_string).collect();
            format!("{}: {}", role.shown(words), names.join(", "))
        });
        fields.push(long("Roles of the team", told.collect::<Vec<_>>().join("; ")));
    }
    if let Some(at) = incident.milestones.declared {
        fields.push(Field { name: "Declared", value: Value::Time(at), is_short: true });
    }
    if incident.phase.is_active() || incident.next_update_due.is_some() {
        match (incident.last_published(), incident.next_update_due) {
            (None, _) => fields.push(short("Public", "not told yet")),
            (Some(_), Some(due)) => {
                fields.push(Field { name: "Next public update", value: Value::Time(due), is_short: true });
            }
            (Some(post), None) => fields.push(short("Public", format!("told: {}", post.draft.phase.shown()))),
        }
    }
    if let Some(paging) = incident.open_pagings().last() {
        let mut named: Vec<String> = paging.people.iter().map(Person::to_string).collect();
        named.extend(paging.pagers.iter().cloned());
        if !named.is_empty() {
            fields.push(short("Paged, no answer yet", named.join(", ")));
        }
    }
    if let Some(call) = &incident.roll_call {
        let answered = call.asked.len() - incident.unaccounted().len().min(call.asked.len());
        fields.push(short("Roll call", format!("{answered} of {} – are you here?", call.asked.len())));
    }
    if let Some(period) = &incident.period {
        // That its time is over is an entry of its own.
        let name = if period.is_over(incident.updated_at) { "Period over since" } else { "Period ends" };
        fields.push(Field { name, value: Value::Time(period.ends_at), is_short: true });
    }
    let is_clear = incident.phase.is_active() && !incident.situations.is_empty() && incident.firing() == 0;
    if incident.firing() > 0 {
        fields.push(short("Alerts firing", incident.firing().to_string()));
    } else if is_clear {
        fields.push(long("Alerts", "All alerts of this incident have stopped. Is it mended? `resolve HOW`."));
    }
    let mut flapping: Vec<String> = incident
        .situations
        .values()
        .filter(|situation| situation.is_flapping)
        .map(|situation| format!("S-{} {}", situation.id, situation.title))
        .collect();
    if !flapping.is_empty() {
        fields.push(long("Flapping", some_of(&mut flapping)));
    }
    // Of two that are restricted, somebody may see one and not the other.
    let is_told = incident.restricted.is_none();
    if let Some(parent) = incident.parent.filter(|_| is_told) {
        fields.push(short("Part of", parent.to_string()));
    }
    if !incident.children.is_empty() && is_told {
        let told = |(child, phase): (&IncidentId, &Phase)| {
            let state = if phase.is_over() { names.phase(*phase) } else { "open" };
            format!("{child} ({state})")
        };
        let children: Vec<String> = incident.children.iter().map(told).collect();
        fields.push(long("Sub-incidents", children.join(", ")));
    }
    if let Some(into) = incident.merged_into {
        fields.push(short("Merged into", into.to_string()));
    }
    if !incident.merged_in.is_empty() {
        let merged: Vec<String> = incident.merged_in.iter().map(ToString::to_string).collect();
        fields.push(short("Merged in", merged.join(", ")));
    }
    let mut filled: Vec<String> =
        incident.fields.iter().map(|(name, known)| format!("{name}: {}", known.value)).collect();
    if !filled.is_empty() {
        fields.push(long("Fields", some_of(&mut filled)));
    }
    if let Some(stop) = incident.standing_stop() {
        fields.push(long(
            "STOPPED",
            format!(
                "by {}: {} Nobody changes anything until it is lifted: `resume`.",
                stop.by,
                ended(&stop.reason)
            ),
        ));
    }
    if let Some(hazards) = briefing::hazards(incident) {
        fields.push(long("Hazards", hazards));
    }
    let mut waiting: Vec<String> = incident
        .open_actions()
        .filter(|action| action.is_risky || action.state != ActionState::Going)
        .map(|action| {
            format!("{} {} ({}, {})", action.n, action.text, action.by, incident.standing_of(action))
        })
        .collect();
    if !waiting.is_empty() {
        fields.push(long("Actions", some_of(&mut waiting)));
    }
    let mut proposed: Vec<String> = incident
        .open_proposals()
        .map(|one| format!("{} {} To object: `object {} WHY`.", one.n, ended(&one.text), one.n))
        .collect();
    if !proposed.is_empty() {
        fields.push(long("Proposed", some_of(&mut proposed)));
        if let Some(first) = incident.open_proposals().map(|one| one.ends_at).min() {
            fields.push(Field { name: "Objections until", value: Value::Time(first), is_short: true });
        }
    }
    if !incident.plays.is_empty() {
        let told = |play: &Play| {
            format!("{}: {} of {} steps settled", play.playbook.title, play.settled(), play.progress.len())
        };
        let told: Vec<String> = incident.plays.iter().map(told).collect();
        fields.push(long("Playbooks", told.join("\n")));
    }
    let tasks: Vec<_> = incident
        .open_tasks()
        .take(5)
        .map(|task| {
            let due = task.due_at.map(|at| format!(", due {}", dated(at)));
            format!("#{} {} ({}{})", task.n, task.text, task.standing(), due.unwrap_or_default())
        })
        .collect();
    if !tasks.is_empty() {
        let more = incident.open_tasks().count().saturating_sub(tasks.len());
        let more = if more > 0 { format!("\n… and {more} more") } else { String::new() };
        fields.push(long("Open tasks", format!("{}{more}", tasks.join("\n"))));
    }
    let buttons = if incident.phase.is_over() {
        vec![]
    } else if incident.plan.is_some() {
        planned::buttons(incident)
    } else {
        vec![
            button(
                "note",
                "Note",
                "note {text}",
                vec![blank("text", "What happened?", "database failed over", true)],
                false,
            ),
            button("take", "Take command", "command take", vec![], false),
            button(
                "update",
                "Public update",
                "update draft {text}",
                vec![blank(
                    "text",
                    "What do customers see?",
                    "We are investigating errors at checkout.",
                    true,
                )],
                true,
            ),
            button(
                "task",
                "Task",
                "task add {text}",
                vec![blank("text", "Who does what, by when?", "@ada 10m check the replicas", false)],
                false,
            ),
            button(
                "resolve",
                "Resolve",
                "resolve {text}",
                vec![blank("text", "How was it mended?", "rolled back the deploy", true)],
                is_clear,
            ),
            button("next", "What is due?", "next", vec![], false),
            button(
                "action",
                "I am about to …",
                "action announce {text}",
                vec![blank("text", "What will you do?", "restart db1", false)],
                false,
            ),
            button(
                "assist",
                "Help me",
                "crew assist {text}",
                vec![Blank {
                    is_required: false,
                    ..blank("text", "What about?", "which replica leads?", false)
                }],
                false,
            ),
            severities(incident.severity, names),
        ]
    };
    let mut buttons = buttons;
    if !incident.phase.is_over() {
        buttons.splice(0..0, awaited::buttons(incident));
    }
    if incident.open_pagings().next().is_some() {
        buttons.insert(0, button("ack", "I have it", "pager ack", vec![], true));
    }
    if incident.roll_call.is_some() {
        buttons.insert(0, button("here", "I am here", "crew here", vec![], true));
    }
    Card {
        is_private: incident.restricted.is_some(),
        subject: incident.id.to_string(),
        incident: Some(incident.id),
        banner: incident.kind().banner(),
        title: format!("{} {}", incident.id, incident.title),
        tone,
        text: incident.summary.clone(),
        fields,
        buttons,
        footer: counted(incident.seq, "entry on the timeline", "entries on the timeline"),
    }
}

/// The card of an alert situation that nobody has taken up, or that belongs to an incident.
pub fn situation(
    id: i64,
    situation: &Situation,
    linked: Option<IncidentId>,
    alerts: &[crate::alert::Alert],
) -> Card {
    let tone = if situation.firing == 0 {
        Tone::Good
    } else if situation.severity >= crate::alert::AlertSeverity::Error {
        Tone::Critical
    } else {
        Tone::Warning
    };
    let mut fields = vec![
        short("Severity", situation.severity.word()),
        short("Firing", format!("{} of {}", situation.firing, situation.total)),
        short("From", situation.source.clone()),
        Field { name: "Since", value: Value::Time(situation.opened_at), is_short: true },
    ];
    if let Some(incident) = linked {
        fields.push(short("Incident", incident.to_string()));
    }
    let shown: Vec<_> =
        alerts.iter().take(5).map(|alert| format!("{} {}", alert.status.word(), alert.title)).collect();
    if alerts.len() > 1 {
        fields.push(long("Alerts", shown.join("\n")));
    }
    let text = alerts.first().map(|alert| alert.description.clone()).unwrap_or_default();
    let buttons = if linked.is_none() && situation.firing > 0 {
        vec![
            button("declare", "Declare incident", &format!("declare --from S-{id}"), vec![], true),
            button(
                "link",
                "Link to incident",
                &format!("{{incident}} link S-{id}"),
                vec![blank("incident", "Which incident?", "INC-1", false)],
                false,
            ),
        ]
    } else {
        vec![]
    };
    Card {
        is_private: false,
        subject: format!("S-{id}"),
        incident: linked,
        banner: "",
        title: situation.title.clone(),
        tone,
        text,
        fields,
        buttons,
        footer: counted(situation.total.into(), "alert", "alerts"),
    }
}
