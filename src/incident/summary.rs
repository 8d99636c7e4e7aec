//! How it stands, for whoever was not there and decides nothing in it: a summary that can be forwarded as it is. Words of the
//! trade stay out of it; what people reported is said in their words.

use chrono::{DateTime, Duration, Utc};

use super::{
    decide::{Policy, when},
    phase::Phase,
    sentence::ended,
    severity::Severity,
    state::{Can, Incident, Span},
};
use crate::{incident::milestone::Milestone, people::Person, wall::dated};

/// Characters of one text of somebody's; the whole stands on the timeline.
const TEXT_CHARS_MAX: usize = 300;
/// Services that are named; who wants all of them reads `status`.
const SERVICES_MAX: usize = 8;

/// What somebody wrote, in one line, without the mark at its end.
fn said(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(TEXT_CHARS_MAX).collect();
    if short.len() < line.len() {
        format!("{short}…")
    } else {
        short.trim_end_matches(['.', ';']).to_owned()
    }
}

/// A CAN report in one line: `checkout: half of all payments fail; under way: rolling back 4.2; needed: somebody who knows db1`.
pub fn report(service: &str, can: &Can) -> String {
    let parts = [("", &can.conditions), ("under way: ", &can.actions), ("needed: ", &can.needs)];
    let parts = parts.into_iter().filter(|(_, text)| !text.trim().is_empty());
    let parts: Vec<String> = parts.map(|(what, text)| format!("{what}{}", said(text))).collect();
    format!("{service}: {}", parts.join("; "))
}

/// How bad it is, without its number.
fn impact(severity: Severity) -> &'static str {
    match severity {
        Severity::Sev1 => "Critical: down, or data in danger, for most customers.",
        Severity::Sev2 => "Major: many customers cannot do something important.",
        Severity::Sev3 => "Minor: few customers notice, but it could get worse.",
        Severity::Sev4 | Severity::Sev5 => "Slight: hardly a customer notices.",
    }
}

fn standing(phase: Phase) -> &'static str {
    match phase {
        Phase::Triage => "We do not know yet whether it is a real problem.",
        Phase::Investigating => "We are looking for the cause.",
        Phase::Identified => "The cause is known; we are mending it.",
        Phase::Monitoring => "It is mended; we are watching whether it holds.",
        Phase::Resolved | Phase::Review => "It is over.",
        Phase::Closed => "It is over and closed.",
        Phase::Cancelled => "It turned out to be nothing.",
        Phase::Merged => "It is a part of another one, and goes on there.",
        Phase::Scheduled => "It is planned, and has not begun.",
        Phase::InProgress => "The planned work goes on.",
        Phase::Completed => "The planned work is done.",
    }
}

/// Since when, and for how long.
fn duration(incident: &Incident, now: DateTime<Utc>) -> String {
    let reached = &incident.milestones;
    let Some(from) = reached.impact_started.or(reached.detected).or(reached.declared) else {
        return String::new();
    };
    let until = reached.resolved.filter(|_| !incident.phase.is_active());
    let seconds = (until.unwrap_or(now) - from).num_seconds().max(0);
    let words = Span { name: "", from: Milestone::Began, to: Milestone::Resolved, seconds }.words();
    match until {
        Some(until) => format!(" It lasted {words}, from {} until {}.", dated(from), dated(until)),
        None => format!(" It has lasted {words}, since {}.", dated(from)),
    }
}

fn public(incident: &Incident, now: DateTime<Utc>) -> String {
    let Some(post) = incident.last_published() else {
        return "The public has not been told anything yet.".to_owned();
    };
    let at = post.published.as_ref().map(|published| published.at);
    let next = match incident.next_update_due {
        Some(due) if due < now => format!("The next word was promised for {} and is late.", dated(due)),
        Some(due) => format!("The next word is promised for {}.", dated(due)),
        None => "No further word is promised.".to_owned(),
    };
    format!("The public was told on {}: «{}». {next}", when(at), said(&post.draft.text))
}

/// When executives hear again: as often as the settings say, counted from the last summary.
fn next(
    incident: &Incident,
    policy: &Policy,
    last: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<String> {
    let minutes = policy.exec_update_minutes(incident.severity);
    if minutes == 0 || !incident.phase.is_active() || incident.phase == Phase::Triage {
        return None;
    }
    // One that was not given on time is followed by the next, not by a moment that has passed.
    let due = (last? + Duration::minutes(i64::from(minutes))).max(now);
    let due = if due == now { "now".to_owned() } else { format!("by {}", dated(due)) };
    Some(format!("Next summary: {due}."))
}

/// The summary. `now` is the incident's own time.
pub fn text(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> String {
    let last = incident.summarized_at.or(incident.milestones.declared);
    written(incident, policy, last, now)
}

/// The same as it is brought to whoever forwards it: with it executives have heard, and the next comes after as long again.
pub fn to_forward(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> String {
    written(incident, policy, Some(now), now)
}

fn written(incident: &Incident, policy: &Policy, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    let mut lines = vec![format!("{} ({}), as of {}", incident.title, incident.id, dated(now))];
    if !incident.kind().banner().is_empty() {
        lines.insert(0, incident.kind().banner().to_owned());
    }
    let summary = if incident.summary.trim().is_empty() {
        String::new()
    } else {
        format!(" {}", ended(&said(&incident.summary)))
    };
    match &incident.plan {
        None => lines.push(format!("Impact: {}{summary}", impact(incident.severity))),
        Some(plan) => {
            let (from, until) = (dated(plan.span.from), dated(plan.span.until));
            lines.push(format!("Planned from {from} until {until}.{summary}"));
        }
    }
    lines.push(format!("{}{}", standing(incident.phase), duration(incident, now)));
    let mut reports: Vec<_> = incident.cans.iter().collect();
    reports.sort_by_key(|(_, can)| std::cmp::Reverse(can.at));
    let more = reports.len().saturating_sub(SERVICES_MAX);
    reports.truncate(SERVICES_MAX);
    for (service, can) in &reports {
        let without_needs = Can { needs: String::new(), ..(*can).clone() };
        lines.push(ended(&format!("- {}, at {}", report(service, &without_needs), dated(can.at))));
    }
    if more > 0 {
        lines.push(format!("- and {more} more services."));
    }
    let needs: Vec<String> = reports
        .iter()
        .filter(|(_, can)| !can.needs.trim().is_empty())
        .map(|(service, can)| format!("{} ({service})", said(&can.needs)))
        .collect();
    if !needs.is_empty() && incident.phase.is_active() {
        lines.push(format!("Needed: {}.", needs.join("; ")));
    }
    lines.push(public(incident, now));
    if incident.commander.id == Person::house().id {
        lines.push("Nobody leads it yet.".to_owned());
    } else {
        let is = if incident.phase.is_active() { "is" } else { "was" };
        lines.push(format!("It {is} led by {}.", incident.command_words()));
    }
    lines.extend(next(incident, policy, last, now));
    lines.join("\n")
}
