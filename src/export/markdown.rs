//! The review document.

use std::{collections::HashMap, fmt::Write};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{
    Source,
    escape::{cell, fenced, line, link},
    facts::{self, Facts, Held},
    time::{local, source as clock, utc},
};
use crate::{
    incident::{
        chain::GENESIS,
        kind::Kind,
        state::{ObjectiveState, Origin, Post},
        timeline::Line,
    },
    post::{ComponentState, Impact},
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

    fn head(&mut self, lines: &HashMap<u64, &Line>, facts: &Facts<'_>) {
        let incident = self.source.incident;
        let _ = write!(self.out, "# {}: {}\n\n", incident.id, line(&incident.title));
        if !incident.summary.trim().is_empty() {
            let _ = write!(self.out, "{}\n\n", cell(&incident.summary));
        }
        let kind = match incident.kind() {
            Kind::Real => "real incident",
            Kind::Drill => "drill (an exercise: nothing of it was real)",
            Kind::Test => "test of the installation",
            Kind::Planned => "planned work",
        };
        let last = self.source.entries.last();
        let head = last.map_or(GENESIS, |sealed| &sealed.hash);
        let mut items = vec![("Kind", kind.to_owned())];
        let names = self.source.shown.names;
        let severity = names.severity_of(incident.kind(), incident.severity);
        items.extend(severity.map(|severity| ("Severity", severity)));
        if let Some(plan) = &incident.plan {
            let (from, until) = (self.at(plan.span.from), self.at(plan.span.until));
            items.push(("Planned", format!("{from} until {until}")));
            if !plan.services.is_empty() {
                items.push(("Services", line(&plan.services.join(", "))));
            }
        }
        items.push(("Phase", names.phase(incident.phase).to_owned()));
        items.push(("Opened by", line(&incident.opened_by.name)));
        if let Some(name) = &incident.incident_type {
            items.push(("Type", line(name)));
        }
        if let Some(parent) = incident.parent {
            items.push(("Part of", parent.to_string()));
        }
        if !incident.children.is_empty() {
            let children: Vec<String> = incident.children.keys().map(ToString::to_string).collect();
            items.push(("Sub-incidents", children.join(", ")));
        }
        if let Some(scenario) = &incident.scenario {
            items.push(("Scenario", line(scenario)));
        }
        items.push(("Time zone", format!("{}; the offset stands beside each time", self.tz().name())));
        items.push(("Entries", self.source.entries.len().to_string()));
        if let Some(last) = last.and_then(|sealed| lines.get(&sealed.seq)) {
            items.push(("Last entry", format!("{} ({})", self.at(last.recorded_at), utc(last.recorded_at))));
        }
        items.push(("Chain head", format!("`{}`", line(head))));
        items.push(("Written by", format!("commandpost {}", line(self.source.exported_by_version))));
        for (name, value) in items {
            let _ = writeln!(self.out, "- {name}: {value}");
        }
        for (name, known) in &incident.fields {
            let _ = writeln!(self.out, "- {}: {}", line(name), line(&known.value));
        }
        if facts.redacted > 0 {
            let entries =
                if facts.redacted == 1 { "1 entry is" } else { &format!("{} entries are", facts.redacted) };
            let _ = write!(
                self.out,
                "\n{entries} redacted: the words are hidden here, the seal in the chain stays.\n"
            );
        }
        if facts.unreadable > 0 {
            let _ = write!(
                self.out,
                "\n**{} of the entries cannot be read; the chain does not verify. Run `commandpost check`.**\n",
                facts.unreadable
            );
        }
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
        let to = held.to.map_or_else(|| "–".to_owned(), |to| self.at(to));
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
                rows.push([name.clone(), id.clone(), seen.clone(), "–".to_owned(), "–".to_owned()]);
            }
            for stay in &participant.stays {
                let at = |at: Option<DateTime<Utc>>| at.map_or_else(|| "–".to_owned(), |at| self.at(at));
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
                let at = |at: Option<DateTime<Utc>>| at.map_or_else(|| "–".to_owned(), |at| self.at(at));
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

    fn posts(&mut self, posts: &[Post]) {
        self.heading("What the public was told");
        if posts.is_empty() {
            self.out.push_str("Nothing.\n");
        }
        for (i, post) in posts.iter().enumerate() {
            if i > 0 {
                self.out.push('\n');
            }
            self.post(post);
        }
    }

    fn post(&mut self, post: &Post) {
        let state = match (&post.published, &post.dropped, &post.approval) {
            (Some(_), _, _) => "published",
            (None, Some(_), _) => "dropped, never public",
            (None, None, Some(_)) => "approved, not published",
            (None, None, None) => "draft, not published",
        };
        let phase = post.draft.phase.title();
        let _ = write!(self.out, "### Update {}: {phase} ({state})\n\n", post.n);
        let mut items = vec![
            format!("Title: {}", line(&post.draft.title)),
            format!("Impact: {}", impact(post.draft.impact)),
            format!("Written by {}, {}", line(&post.author.name), self.at(post.drafted_at)),
        ];
        if let Some(approval) = &post.approval {
            let alone =
                approval.alone.as_deref().map(|why| format!(", alone: {}", line(why))).unwrap_or_default();
            items.push(format!("Approved by {}, {}{alone}", line(&approval.by.name), self.at(approval.at)));
        }
        if let Some(n) = post.draft.corrects {
            items.push(format!("Corrects update {n}"));
        }
        for (name, state) in &post.draft.components {
            items.push(format!("Component {}: {}", line(name), component(*state)));
        }
        if let Some(reason) = &post.dropped {
            items.push(format!("Dropped: {}", line(reason)));
        }
        if let Some(published) = &post.published {
            items.push(format!("Published by {}, {}", line(&published.by.name), self.at(published.at)));
            if let Some(next) = published.next_update_at {
                items.push(format!("Next update promised for {}", self.at(next)));
            }
            for (destination, settled) in &published.destinations {
                let fate = match settled {
                    None => "on its way".to_owned(),
                    Some(Ok(None)) => "delivered".to_owned(),
                    Some(Ok(Some(url))) => format!("delivered, {}", link(url, url)),
                    Some(Err(why)) => format!("failed: {}", line(why)),
                };
                items.push(format!("{}: {fate}", line(destination)));
            }
        }
        for item in items {
            let _ = writeln!(self.out, "- {item}");
        }
        let _ = write!(self.out, "\n{}\n", fenced(&post.draft.text));
        for (destination, text) in post.draft.texts.iter().filter(|(_, text)| **text != post.draft.text) {
            let _ = write!(self.out, "\nWorded for {}:\n\n{}\n", line(destination), fenced(text));
        }
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
                    task.due_at.map_or_else(|| "–".to_owned(), |at| self.at(at)),
                    task.state.word().to_owned(),
                    cell(task.result.as_deref().unwrap_or("–")),
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
                let against = if hazard.mitigation.is_empty() { "–" } else { &hazard.mitigation };
                let state = hazard.cleared_at.map(|at| format!("cleared {}", self.at(at)));
                [
                    hazard.n.to_string(),
                    cell(&hazard.text),
                    cell(against),
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
        let _ = write!(out, " (corrected by entry {seq}{was})");
    }
    if let Some(seq) = line.redacted_by {
        let _ = write!(out, " (by entry {seq})");
    }
    out
}

fn impact(impact: Impact) -> &'static str {
    match impact {
        Impact::None => "none",
        Impact::Minor => "minor",
        Impact::Major => "major",
        Impact::Critical => "critical",
    }
}

fn component(state: ComponentState) -> &'static str {
    match state {
        ComponentState::Operational => "operational",
        ComponentState::DegradedPerformance => "degraded performance",
        ComponentState::PartialOutage => "partial outage",
        ComponentState::MajorOutage => "major outage",
        ComponentState::UnderMaintenance => "under maintenance",
    }
}
