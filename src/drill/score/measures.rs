//! The metrics one by one. Targets are those of PagerDuty's and Google's published practice for a SEV1.

use super::*;
use crate::{
    drill::{action::is_persons, metric::KEY_ROLES},
    incident::{briefing, severity::Severity},
    people::Person,
};

/// A public update that comes this much after its time is still in time.
const GRACE: Duration = Duration::minutes(2);

pub(super) fn take(metric: Metric, scenario: &Scenario, view: &View<'_>, expected: &[Expected]) -> Measure {
    match metric {
        Metric::D3 => reaction(view),
        Metric::C1 => command(view),
        Metric::C2 => key_roles(view),
        Metric::C4 => checked_in(view),
        Metric::M1 => {
            let first = view.first(|event| matches!(event, Event::CanReported { .. }));
            timed(metric, Duration::minutes(10), view, view.declared, first, "none")
        }
        Metric::M2 => {
            let first = view.first(|event| matches!(event, Event::UpdatePublished { .. }));
            timed(
                metric,
                first_post(scenario.severity),
                view,
                view.declared,
                first,
                "none; the public was told nothing",
            )
        }
        Metric::M4 => cadence(scenario.severity, view),
        Metric::M5 => promises(view),
        Metric::H1 => hand_overs(view),
        Metric::T1 => well_formed_tasks(view),
        Metric::T2 => tasks_in_time(view),
        Metric::T3 => {
            let decided: Vec<_> = expected.iter().filter(|e| e.outcome != Outcome::Open).collect();
            let done = decided.iter().filter(|e| matches!(e.outcome, Outcome::Done { .. })).count();
            share(metric, done, decided.len(), 1.0, "all")
        }
    }
}

fn first_post(severity: Severity) -> Duration {
    Duration::minutes(if severity == Severity::Sev1 { 5 } else { 10 })
}

fn between_posts(severity: Severity) -> Duration {
    Duration::minutes(match severity {
        Severity::Sev1 => 20,
        Severity::Sev2 => 30,
        _ => 60,
    })
}

/// A time from one entry to another; what never came counts nothing, or is left out if its time was not over.
fn timed(
    metric: Metric,
    target: Duration,
    view: &View<'_>,
    from: &Entry,
    to: Option<&Entry>,
    none: &str,
) -> Measure {
    let (value, mark) = match to {
        Some(to) => {
            let took = to.occurred_at - from.occurred_at;
            (time::words(took), Some(falling(took, target)))
        }
        None => (none.to_owned(), (view.ended - from.occurred_at >= target).then_some(0.0)),
    };
    let target = format!("within {}", time::words(target));
    Measure { metric, value, target, mark, from: Some(from.seq), to: to.map(|to| to.seq) }
}

fn nothing(metric: Metric, value: &str, target: &str) -> Measure {
    Measure { metric, value: value.into(), target: target.into(), mark: None, from: None, to: None }
}

/// So many of so many; full marks from `enough` (0 to 1) on.
fn share(metric: Metric, part: usize, whole: usize, enough: f64, target: &str) -> Measure {
    if whole == 0 {
        return nothing(metric, "there were none", target);
    }
    let mark = (part as f64 / whole as f64 / enough).min(1.0);
    Measure { mark: Some(mark), ..nothing(metric, &format!("{part} of {whole}"), target) }
}

fn reaction(view: &View<'_>) -> Measure {
    let target = Duration::minutes(5);
    let Some(alert) = view.first(|event| matches!(event, Event::AlertsLinked { .. })) else {
        return nothing(Metric::D3, "there was no alert", &format!("within {}", time::words(target)));
    };
    let reaction = view.entries.iter().find(|entry| entry.seq > alert.seq && is_persons(entry));
    timed(Metric::D3, target, view, alert, reaction, "nobody reacted")
}

/// Time until a person has command, and the time in which nobody had it.
fn command(view: &View<'_>) -> Measure {
    let target = Duration::minutes(5);
    let house = Person::house().id;
    let (mut without, mut empty_since, mut first) = (Duration::zero(), Some(view.declared.occurred_at), None);
    for entry in view.entries {
        let holder = match &entry.event {
            Event::CommandEstablished { by } => by,
            Event::CommandTransferred { to, .. } => to,
            _ => continue,
        };
        if holder.id == house {
            empty_since = empty_since.or(Some(entry.occurred_at));
        } else if let Some(since) = empty_since.take() {
            without += entry.occurred_at - since;
            first = first.or(Some(entry));
        }
    }
    if let Some(since) = empty_since {
        without += view.ended - since;
    }
    let mut measure = timed(Metric::C1, target, view, view.declared, first, "nobody took command");
    measure.value = format!("{}; {} without a commander", measure.value, time::words(without));
    measure.target = format!("{}, never without", measure.target);
    measure
}

fn key_roles(view: &View<'_>) -> Measure {
    let target = Duration::minutes(10);
    let taken: Vec<&Entry> = KEY_ROLES
        .iter()
        .filter_map(|slug| {
            view.first(|event| matches!(event, Event::RoleAccepted { role, .. } if role.slug() == *slug))
        })
        .collect();
    let in_time = taken.iter().filter(|entry| view.since_declared(entry) <= target).count();
    let marks: f64 = taken.iter().map(|entry| falling(view.since_declared(entry), target)).sum();
    // A role that was not given out counts once its time is over.
    let asked = if view.ended - view.declared.occurred_at < target { taken.len() } else { KEY_ROLES.len() };
    let late = taken.len() - in_time;
    let late = if late > 0 { format!(", {late} more later") } else { String::new() };
    Measure {
        metric: Metric::C2,
        value: format!("{in_time} of {}{late}", KEY_ROLES.len()),
        target: format!("all within {}", time::words(target)),
        mark: (asked > 0).then(|| marks / asked as f64),
        from: Some(view.declared.seq),
        to: taken.iter().map(|entry| entry.seq).max(),
    }
}

fn checked_in(view: &View<'_>) -> Measure {
    let mut seen: Vec<&str> = view
        .entries
        .iter()
        .filter(|entry| is_persons(entry))
        .map(|entry| entry.actor.person.id.as_str())
        .collect();
    seen.sort_unstable();
    seen.dedup();
    let is_in = |id: &&&str| {
        view.first(|event| matches!(event, Event::CheckedIn { who, .. } if who.id == **id)).is_some()
    };
    let checked = seen.iter().filter(is_in).count();
    let last = view.entries.iter().rev().find(|entry| matches!(entry.event, Event::CheckedIn { .. }));
    Measure {
        to: last.map(|entry| entry.seq),
        ..share(Metric::C4, checked, seen.len(), 1.0, "everybody who took part")
    }
}

/// The share of the waits between public updates that were no longer than they should be, the wait for the end
/// among them.
fn cadence(severity: Severity, view: &View<'_>) -> Measure {
    let most = between_posts(severity);
    let target = format!("9 of 10 waits within {}", time::words(most));
    let published: Vec<&Entry> =
        view.entries.iter().filter(|entry| matches!(entry.event, Event::UpdatePublished { .. })).collect();
    let until = view.resolved.unwrap_or(view.ended).min(view.ended);
    let (Some(first), Some(last)) = (published.first(), published.last()) else {
        let silence = until - view.declared.occurred_at;
        let value = format!("no update; silence of {}", time::words(silence));
        return Measure {
            mark: (silence >= most).then_some(0.0),
            from: Some(view.declared.seq),
            ..nothing(Metric::M4, &value, &target)
        };
    };
    let times = published.iter().map(|entry| entry.occurred_at);
    let waits: Vec<Duration> =
        times.clone().zip(times.skip(1).chain([until])).map(|(a, b)| (b - a).max(Duration::zero())).collect();
    let in_time = waits.iter().filter(|wait| **wait <= most + GRACE).count();
    let longest = waits.iter().max().copied().unwrap_or_default();
    let mut measure = share(Metric::M4, in_time, waits.len(), 0.9, &target);
    measure.value = format!("{}; longest silence {}", measure.value, time::words(longest));
    (measure.from, measure.to) = (Some(first.seq), Some(last.seq));
    measure
}

fn promises(view: &View<'_>) -> Measure {
    let mut promised = 0;
    let mut kept = 0;
    let mut seqs = Vec::new();
    for entry in view.entries {
        let Event::UpdatePublished { next_update_at: Some(due), .. } = &entry.event else { continue };
        let next = view
            .entries
            .iter()
            .find(|e| e.seq > entry.seq && matches!(e.event, Event::UpdatePublished { .. }));
        let is_kept =
            next.is_some_and(|next| next.occurred_at <= *due) || view.resolved.is_some_and(|at| at <= *due);
        // A promise for a time after the end binds nobody.
        if is_kept || next.is_some() || *due <= view.ended {
            promised += 1;
            kept += usize::from(is_kept);
            seqs.push(entry.seq);
        }
    }
    let mut measure = share(Metric::M5, kept, promised, 1.0, "all");
    (measure.from, measure.to) = (seqs.first().copied(), seqs.last().copied());
    measure
}

/// Hand-overs between people: how much of the briefing was there, and whether it was given at all.
fn hand_overs(view: &View<'_>) -> Measure {
    let target = format!("{0} of {0} sections", briefing::SECTIONS);
    let house = Person::house().id;
    let mut filled = Vec::new();
    let mut seqs = Vec::new();
    for entry in view.entries {
        if let Event::CommandTransferred { from, briefing_sections, without_outgoing_brief, .. } =
            &entry.event
            && from.id != house
        {
            filled.push(if *without_outgoing_brief { 0 } else { *briefing_sections });
            seqs.push(entry.seq);
        }
    }
    let Some(least) = filled.iter().min() else {
        return nothing(Metric::H1, "command was not handed over", &target);
    };
    let whole = f64::from(briefing::SECTIONS) * filled.len() as f64;
    Measure {
        mark: Some((filled.iter().map(|n| f64::from(*n)).sum::<f64>() / whole).min(1.0)),
        from: seqs.first().copied(),
        to: seqs.last().copied(),
        ..nothing(Metric::H1, &format!("{least} of {} sections", briefing::SECTIONS), &target)
    }
}

fn well_formed_tasks(view: &View<'_>) -> Measure {
    /// A task as it was given last: to whom, whether with a time, and whether they said that they have it.
    struct Given {
        seq: u64,
        is_timed: bool,
        is_read: bool,
    }
    let mut tasks = std::collections::BTreeMap::new();
    for entry in view.entries {
        match &entry.event {
            Event::TaskAssigned { n, owner, due_at, .. } | Event::TaskGiven { n, owner, due_at } => {
                // Who gives a task to themselves has read it.
                let is_read = owner.id == entry.actor.person.id;
                tasks.insert(*n, Given { seq: entry.seq, is_timed: due_at.is_some(), is_read });
            }
            // Whoever had it knows what it is about, and is to hear that it is not done.
            Event::TaskReopened { n, owner, due_at, .. } => {
                let is_read = owner.as_ref().is_some_and(|owner| owner.id == entry.actor.person.id);
                tasks.insert(*n, Given { seq: entry.seq, is_timed: due_at.is_some(), is_read });
            }
            Event::TaskUnderstood { n } => {
                if let Some(task) = tasks.get_mut(n) {
                    task.is_read = true;
                }
            }
            Event::TaskExtended { n, .. } => {
                if let Some(task) = tasks.get_mut(n) {
                    task.is_timed = true;
                }
            }
            _ => {}
        }
    }
    let good = tasks.values().filter(|task| task.is_timed && task.is_read).count();
    let mut measure = share(Metric::T1, good, tasks.len(), 0.9, "9 of 10");
    let seqs = tasks.values().map(|task| task.seq);
    (measure.from, measure.to) = (seqs.clone().min(), seqs.max());
    measure
}

fn tasks_in_time(view: &View<'_>) -> Measure {
    let mut due = std::collections::BTreeMap::new();
    let mut reported = std::collections::BTreeMap::new();
    for entry in view.entries {
        match &entry.event {
            Event::TaskAssigned { n, due_at: Some(at), .. } | Event::TaskExtended { n, due_at: at } => {
                due.insert(*n, *at);
            }
            // What was reported was not so. Its time box is the new one, or none; so it is of what is somebody else's.
            Event::TaskReopened { n, due_at, .. } | Event::TaskGiven { n, due_at, .. } => {
                reported.remove(n);
                match due_at {
                    Some(at) => due.insert(*n, *at),
                    None => due.remove(n),
                };
            }
            Event::TaskReported { n, .. } => {
                reported.insert(*n, entry);
            }
            Event::TaskCancelled { n, .. } => {
                due.remove(n);
            }
            _ => {}
        }
    }
    // A task whose time was not over at the end counts only if it was reported.
    due.retain(|n, at| reported.contains_key(n) || *at <= view.ended);
    let in_time =
        due.iter().filter(|(n, at)| reported.get(n).is_some_and(|entry| entry.occurred_at <= **at)).count();
    let last = reported.values().map(|entry| entry.seq).max();
    Measure { to: last, ..share(Metric::T2, in_time, due.len(), 0.8, "8 of 10") }
}
