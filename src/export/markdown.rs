//! The review document: its sections in their order.

mod head;
mod posts;

use std::fmt::Write;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{
    Source,
    escape::{cell, line, link},
    facts::{self, Facts, Held},
    time::{local, source as clock, utc},
};
use crate::incident::{
    kind::Kind,
    state::{ObjectiveState, Origin},
    timeline::Line,
};

/// A document in the making. Writing to a String cannot fail, so the results of `write!` are dropped.
struct Page<'a> {
    out: String,
    source: &'a Source<'a>,
}

pub fn write(source: &Source<'_>) -> String {
    let lines = facts::lines_by_seq(source);
    let facts = facts::gather(source, &lines);
    let mut page = Page { out: String::with_capacity(4096 + source.lines.len() * 256), source };
    page.banner();
    page.head(&lines, &facts);
    page.key_moments();
    page.milestones(&facts);
    page.severities(&facts);
    page.command(&facts);
    page.participants(&facts);
    page.story();
    page.alerts(&facts);
    page.posts(facts.posts);
    page.decisions(&facts);
    page.objectives(&facts);
    page.periods(&facts);
    page.tasks(&facts);
    page.hazards(&facts);
    page.links(&facts);
    page.timeline();
    if source.incident.kind() != Kind::Real {
        page.out.push('\n');
        page.banner();
    }
    // A document ends in one line break.
    page.out.truncate(page.out.trim_end().len());
    page.out.push('\n');
    page.out
}

impl Page<'_> {
    fn tz(&self) -> Tz {
        self.source.tz
    }

    fn at(&self, at: DateTime<Utc>) -> String {
        local(at, self.tz())
    }

    fn banner(&mut self) {
        let banner = self.source.incident.kind().banner();
        if !banner.is_empty() {
            let _ = write!(self.out, "**{banner}**\n\n");
        }
    }

    fn heading(&mut self, title: &str) {
        let _ = write!(self.out, "\n## {title}\n\n");
    }

    /// The rows of a table; cells are Markdown already. No rows: one word that says so.
    fn table<const N: usize>(&mut self, columns: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            self.out.push_str("None.\n");
            return;
        }
        let _ = writeln!(self.out, "| {} |", columns.join(" | "));
        let _ = writeln!(self.out, "|{}", " --- |".repeat(N));
        for row in rows {
            self.out.push('|');
            for cell in row {
                let _ = write!(self.out, " {cell} |");
            }
            self.out.push('\n');
        }
    }

    /// The column titles of a time: the reader's zone, and UTC.
    fn zone_title(&self) -> String {
        format!("Time ({})", self.tz().name())
    }

    fn key_moments(&mut self) {
        let source = self.source;
        let pinned: Vec<&Line> = source.lines.iter().filter(|line| line.pinned).collect();
        if pinned.is_empty() {
            return;
        }
        self.heading("Key moments");
        let zone = self.zone_title();
        let rows = pinned.into_iter().map(|line| row(line, source));
        self.table(["Entry", &zone, "UTC", "Who", "What"], rows);
    }

    fn milestones(&mut self, facts: &Facts<'_>) {
        self.heading("Milestones");
        let zone = self.zone_title();
        let rows: Vec<_> = facts
            .milestones
            .iter()
            .map(|milestone| {
                let mut source = milestone.origin.map_or_else(|| "unknown".to_owned(), source_of);
                for before in &milestone.replaced {
                    let _ = write!(source, "; before {}", self.at(before.at));
                    if let Some(origin) = &before.origin {
                        let _ = write!(source, " ({})", source_of(origin));
                    }
                }
                [milestone.name.to_owned(), self.at(milestone.at), utc(milestone.at), source]
            })
            .collect();
        self.table(["Milestone", &zone, "UTC", "Source of the time"], rows);
        if !facts.durations.is_empty() {
            self.out.push('\n');
        }
        for span in &facts.durations {
            let _ = writeln!(self.out, "- {}: {} (from {})", span.name, span.words(), span.from.title());
        }
    }

    fn severities(&mut self, facts: &Facts<'_>) {
        if !self.source.incident.kind().has_severity() {
            return;
        }
        self.heading("Severity");
        let (zone, names) = (self.zone_title(), self.source.shown.names);
        let rows: Vec<_> = facts
            .severities
            .iter()
            .map(|change| {
                let severity = names.severity(change.severity);
                [self.at(change.at), severity, cell(&change.by.name), cell(&change.reason)]
            })
            .collect();
        self.table([&zone, "Severity", "By", "Reason"], rows);
    }

    fn held(&self, held: &Held) -> [String; 4] {
        let to = held.to.map_or_else(none, |to| self.at(to));
        let title = held.role.shown(self.source.shown.words);
        let role = match held.organization.as_deref() {
            None => title,
            Some("") => format!("{title}, Unified Command"),
            Some(organization) => format!("{title}, Unified Command ({organization})"),
        };
        [cell(&role), cell(&held.person.name), self.at(held.from), to]
    }

    fn command(&mut self, facts: &Facts<'_>) {
        self.heading("Command and roles");
        let rows: Vec<_> = facts.commanders.iter().chain(&facts.roles).map(|held| self.held(held)).collect();
        self.table(["Role", "Who", "From", "To"], rows);
    }

    fn participants(&mut self, facts: &Facts<'_>) {
        self.heading("Participants");
        let mut rows = Vec::new();
        for participant in &facts.participants {
            let (name, id) = (cell(&participant.person.name), cell(&participant.person.id));
            let seen = self.at(participant.first_seen);
            if participant.stays.is_empty() {
                rows.push([name.clone(), id.clone(), seen.clone(), none(), none()]);
            }
            for stay in &participant.stays {
                let at = |at: Option<DateTime<Utc>>| at.map_or_else(none, |at| self.at(at));
                rows.push([
                    name.clone(),
                    id.clone(),
                    seen.clone(),
                    at(stay.checked_in),
                    at(stay.checked_out),
                ]);
            }
        }
        self.table(["Who", "Id", "First seen", "Checked in", "Checked out"], rows);
    }

    /// What changed before comes first: a review asks for it first.
    fn story(&mut self) {
        for (title, list) in self.source.story.lists() {
            self.heading(title);
            for one in list {
                let _ = writeln!(self.out, "- {}", line(&one));
            }
        }
    }

    fn alerts(&mut self, facts: &Facts<'_>) {
        self.heading("Alerts");
        for situation in self.source.incident.situations.values() {
            let _ = writeln!(
                self.out,
                "- S-{} {} ({}): {} firing of {}",
                situation.id,
                line(&situation.title),
                line(&situation.source),
                situation.firing,
                situation.total
            );
        }
        if !self.source.incident.situations.is_empty() {
            self.out.push('\n');
        }
        let rows: Vec<_> = facts
            .alerts
            .iter()
            .map(|alert| {
                let at = |at: Option<DateTime<Utc>>| at.map_or_else(none, |at| self.at(at));
                let title = match &alert.url {
                    Some(url) => link(&alert.title, url),
                    None => line(&alert.title),
                };
                let ended = if alert.firing { "still firing".to_owned() } else { at(alert.ends_at) };
                [
                    format!("S-{}", alert.situation),
                    title,
                    cell(&alert.fingerprint),
                    at(alert.starts_at),
                    ended,
                ]
            })
            .collect();
        self.table(["Situation", "Alert", "Fingerprint", "Started", "Seen to end"], rows);
    }

    fn decisions(&mut self, facts: &Facts<'_>) {
        self.heading("Decisions");
        let zone = self.zone_title();
        let rows: Vec<_> = facts
            .decisions
            .iter()
            .map(|said| [said.seq.to_string(), self.at(said.at), cell(&said.by.name), cell(&said.text)])
            .collect();
        self.table(["Entry", &zone, "By", "Decision"], rows);
    }

    fn objectives(&mut self, facts: &Facts<'_>) {
        self.heading("Objectives");
        let state = |state| match state {
            ObjectiveState::Open => "open",
            ObjectiveState::Met => "met",
            ObjectiveState::Dropped => "dropped",
        };
        let rows =
            facts.objectives.iter().map(|o| [o.n.to_string(), cell(o.text), state(o.state).to_owned()]);
        self.table(["No.", "Objective", "State"], rows);
    }

    /// Where none was begun there is no section of them.
    fn periods(&mut self, facts: &Facts<'_>) {
        if facts.periods.is_empty() {
            return;
        }
        self.heading("Operational periods");
        let rows: Vec<_> = facts
            .periods
            .iter()
            .map(|period| {
                let objectives: Vec<String> = period.objectives.iter().map(u32::to_string).collect();
                [
                    period.n.to_string(),
                    self.at(period.from),
                    self.at(period.planned_until),
                    period.ended_at.map_or_else(none, |at| self.at(at)),
                    or_none(&period.emphasis),
                    or_none(&objectives.join(", ")),
                ]
            })
            .collect();
        self.table(["No.", "From", "Planned until", "Ended", "Emphasis", "Objectives"], rows);
    }

    fn tasks(&mut self, facts: &Facts<'_>) {
        self.heading("Tasks");
        let rows: Vec<_> = facts
            .tasks
            .iter()
            .map(|task| {
                [
                    format!("\\#{}", task.n),
                    cell(&task.text),
                    task.owner.map_or_else(|| "nobody".to_owned(), |owner| cell(&owner.name)),
                    task.due_at.map_or_else(none, |at| self.at(at)),
                    task.state.word().to_owned(),
                    or_none(task.result.as_deref().unwrap_or_default()),
                ]
            })
            .collect();
        self.table(["No.", "Task", "Owner", "Due", "State", "Result"], rows);
    }

    /// Where nobody named one there is no section of them.
    fn hazards(&mut self, facts: &Facts<'_>) {
        if facts.hazards.is_empty() {
            return;
        }
        self.heading("Hazards");
        let rows: Vec<_> = facts
            .hazards
            .iter()
            .map(|hazard| {
                let state = hazard.cleared_at.map(|at| format!("cleared {}", self.at(at)));
                [
                    hazard.n.to_string(),
                    cell(&hazard.text),
                    or_none(&hazard.mitigation),
                    cell(&hazard.by.name),
                    state.unwrap_or_else(|| "open".to_owned()),
                ]
            })
            .collect();
        self.table(["No.", "Hazard", "Against it", "Named by", "State"], rows);
    }

    fn links(&mut self, facts: &Facts<'_>) {
        self.heading("Links");
        if facts.links.is_empty() {
            self.out.push_str("None.\n");
        }
        for item in &facts.links {
            let sum = item.sum.as_ref().map(|sum| format!(", {sum}")).unwrap_or_default();
            let _ = writeln!(self.out, "- {} (entry {}{sum})", link(&item.label, &item.url), item.seq);
        }
    }

    fn timeline(&mut self) {
        self.heading("Timeline");
        self.out.push_str(
            "Bold: turning points. «late»: the time was stated afterwards. Struck through: what an entry said before it \
             was corrected.\n\n",
        );
        let zone = self.zone_title();
        let source = self.source;
        let rows = source.lines.iter().map(|line| row(line, source));
        self.table(["Entry", &zone, "UTC", "Who", "What"], rows);
    }
}

/// Stands in a cell where there is nothing to say.
fn none() -> String {
    "–".to_owned()
}

/// A text in a table cell, or that there is none.
fn or_none(text: &str) -> String {
    if text.trim().is_empty() { none() } else { cell(text) }
}

/// The clock that a milestone's time was read from, or who set it; and in which entry.
fn source_of(origin: &Origin) -> String {
    let who = origin.by.as_ref().map(|by| format!(" ({})", cell(&by.name))).unwrap_or_default();
    format!("{}{who}, entry {}", clock(origin.source), origin.seq)
}

/// A line of the timeline, as a row.
fn row(line: &Line, source: &Source<'_>) -> [String; 5] {
    let tz = source.tz;
    let who = match &line.role {
        Some(role) => format!("{}, {}", cell(&line.actor.name), cell(&role.shown(source.shown.words))),
        None => cell(&line.actor.name),
    };
    [line.seq.to_string(), local(line.occurred_at, tz), utc(line.occurred_at), who, what(line, tz)]
}

/// The words of a line, with its marks.
fn what(line: &Line, tz: Tz) -> String {
    let mut out = String::new();
    if line.is_late {
        out.push_str("«late» ");
    }
    if let Some(original) = &line.original {
        let _ = write!(out, "~~{}~~ ", cell(original));
    }
    let text = cell(&line.text);
    if line.important && line.redacted_by.is_none() && !text.is_empty() {
        let _ = write!(out, "**{text}**");
    } else {
        out.push_str(&text);
    }
    if let Some(seq) = line.corrected_by {
        let was = line.original_at.map(|at| format!(", before at {}", local(at, tz))).unwrap_or_default();
        let who = line.reworded_by.as_ref().map(|by| format!("{} in ", cell(&by.name))).unwrap_or_default();
        let _ = write!(out, " (corrected by {who}entry {seq}{was})");
    }
    if let Some(seq) = line.redacted_by {
        let _ = write!(out, " (by entry {seq})");
    }
    out
}
