//! The head of the review document: what it is about, and how whole the record is.

use std::{collections::HashMap, fmt::Write};

use super::Page;
use crate::{
    export::{
        escape::{cell, line},
        facts::Facts,
        time::utc,
    },
    incident::{chain::GENESIS, id::IncidentId, kind::Kind, timeline::Line},
};

impl Page<'_> {
    pub(super) fn head(&mut self, lines: &HashMap<u64, &Line>, facts: &Facts<'_>) {
        let incident = self.source.incident;
        let _ = write!(self.out, "# {}: {}\n\n", incident.id, line(&incident.title));
        if !incident.summary.trim().is_empty() {
            let _ = write!(self.out, "{}\n\n", cell(&incident.summary));
        }
        for (name, value) in self.about(lines) {
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

    /// What stands below the title, each with its name.
    fn about(&self, lines: &HashMap<u64, &Line>) -> Vec<(&'static str, String)> {
        let incident = self.source.incident;
        let kind = match incident.kind() {
            Kind::Real => "real incident",
            Kind::Drill => "drill (an exercise: nothing of it was real)",
            Kind::Test => "test of the installation",
            Kind::Planned => "planned work",
        };
        let mut items = vec![("Kind", kind.to_owned())];
        if let Some(people) = incident.circle_people() {
            let names: Vec<&str> = people.iter().map(|one| one.name.as_str()).collect();
            items.push(("Restricted", format!("only for {}", line(&names.join(", ")))));
        }
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
        items.extend(incident.parent.map(|parent| ("Part of", parent.to_string())));
        items.extend(named("Sub-incidents", incident.children.keys()));
        items.extend(named("Merged in", &incident.merged_in));
        items.extend(incident.merged_into.map(|into| ("Goes on as", into.to_string())));
        if let Some(scenario) = &incident.scenario {
            items.push(("Scenario", line(scenario)));
        }
        items.push(("Time zone", format!("{}; the offset stands beside each time", self.tz().name())));
        let last = self.source.entries.last();
        let head = last.map_or(GENESIS, |sealed| &sealed.hash);
        items.push(("Entries", self.source.entries.len().to_string()));
        if let Some(last) = last.and_then(|sealed| lines.get(&sealed.seq)) {
            items.push(("Last entry", format!("{} ({})", self.at(last.recorded_at), utc(last.recorded_at))));
        }
        items.push(("Chain head", format!("`{}`", line(head))));
        items.push(("Written by", format!("commandpost {}", line(self.source.exported_by_version))));
        items
    }
}

/// Other incidents, if there are any.
fn named<'a>(
    what: &'static str,
    ids: impl IntoIterator<Item = &'a IncidentId>,
) -> Option<(&'static str, String)> {
    let ids: Vec<String> = ids.into_iter().map(ToString::to_string).collect();
    (!ids.is_empty()).then(|| (what, ids.join(", ")))
}
