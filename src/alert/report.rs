//! Every alert requires action: which rules cry wolf, what was never acted on, what first told of each incident and what
//! should have, what came late. Worked out from what fired, from the marks of responders, and from the incidents.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    AlertSeverity,
    cause::span,
    judgement::{Judgement, Subject, Verdict},
};

/// A rule that nobody acted on in so many situations cries wolf without anybody's mark. Many alerts of one situation are one
/// occasion: nobody may have come to it yet.
const WOLF_SITUATIONS: u64 = 3;
/// An unlinked alert within this time before a declaration could have told of it.
pub const SHOULD_HAVE_MINUTES: i64 = 60;
/// Rules named as what should have told.
const SHOULD_HAVE_MAX: usize = 3;

/// One firing of one alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fired {
    pub situation: i64,
    pub source: String,
    pub rule: String,
    pub severity: AlertSeverity,
    pub first_seen: DateTime<Utc>,
    pub last_seen: DateTime<Utc>,
    pub is_firing: bool,
    /// Somebody said that they were on it, at the sender or here.
    pub is_acknowledged: bool,
    /// Its situation belongs to an incident.
    pub is_linked: bool,
}

/// An incident, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    pub id: String,
    pub title: String,
    pub declared_at: DateTime<Utc>,
    /// When it began, where that is known.
    pub began_at: Option<DateTime<Utc>>,
    pub situations: BTreeSet<i64>,
}

/// One rule, and what came of its alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    pub source: String,
    pub rule: String,
    pub fired: u64,
    /// In so many situations.
    pub situations: u64,
    /// Linked to an incident, acknowledged, or marked actionable.
    pub acted_on: u64,
    pub actionable: u64,
    pub noise: u64,
    pub late: u64,
    pub last_fired: DateTime<Utc>,
    pub severity: AlertSeverity,
    pub cries_wolf: bool,
    /// What that rests on, in a sentence without its end.
    pub why: String,
}

/// What first told of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum First {
    Alert {
        source: String,
        rule: String,
        at: DateTime<Utc>,
    },
    /// Somebody noticed before any alert that belongs to it.
    Person,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    pub incident: String,
    pub title: String,
    pub declared_at: DateTime<Utc>,
    pub first: First,
    /// Rules that fired for it too late, or beside it; empty: there is none that could have told.
    pub should_have: Vec<String>,
    /// All of it, in a sentence.
    pub sentence: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Late {
    pub subject: String,
    pub rules: Vec<String>,
    pub by: String,
    pub at: DateTime<Utc>,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub fired: u64,
    pub acted_on: u64,
    /// Those that cry wolf first, then by how often nobody acted.
    pub rules: Vec<RuleLine>,
    /// Newest first.
    pub incidents: Vec<Told>,
    pub late: Vec<Late>,
    /// Older firings were left out: more than are read.
    pub is_cut: bool,
}

impl Report {
    pub fn wolves(&self) -> impl Iterator<Item = &RuleLine> {
        self.rules.iter().filter(|line| line.cries_wolf)
    }

    /// Rules of which nothing was ever acted on.
    pub fn never_acted_on(&self) -> impl Iterator<Item = &RuleLine> {
        self.rules.iter().filter(|line| line.acted_on == 0)
    }
}

/// What one mark counts for: the last on each subject.
fn standing(marks: &[Judgement]) -> (BTreeMap<i64, &Judgement>, BTreeMap<&str, &Judgement>) {
    let (mut situations, mut rules) = (BTreeMap::new(), BTreeMap::new());
    let mut sorted: Vec<&Judgement> = marks.iter().collect();
    sorted.sort_by_key(|mark| (mark.at, mark.id));
    for mark in sorted {
        match &mark.subject {
            Subject::Situation(id) => drop(situations.insert(*id, mark)),
            Subject::Rule(name) => drop(rules.insert(name.as_str(), mark)),
        }
    }
    (situations, rules)
}

/// The report over a time.
pub fn report(
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    fired: &[Fired],
    marks: &[Judgement],
    incidents: &[Declared],
) -> Report {
    let (by_situation, by_rule) = standing(marks);
    let mut lines: BTreeMap<(&str, &str), RuleLine> = BTreeMap::new();
    let mut seen: BTreeSet<(&str, &str, i64)> = BTreeSet::new();
    for one in fired {
        let line = lines.entry((&one.source, &one.rule)).or_insert_with(|| RuleLine {
            source: one.source.clone(),
            rule: one.rule.clone(),
            fired: 0,
            situations: 0,
            acted_on: 0,
            actionable: 0,
            noise: 0,
            late: 0,
            last_fired: one.first_seen,
            severity: one.severity,
            cries_wolf: false,
            why: String::new(),
        });
        let mark = by_situation.get(&one.situation).map(|mark| mark.verdict);
        line.fired += 1;
        line.acted_on += u64::from(one.is_linked || one.is_acknowledged || mark == Some(Verdict::Actionable));
        line.last_fired = line.last_fired.max(one.first_seen);
        line.severity = line.severity.max(one.severity);
        // A situation counts once, and is marked once, however many alerts of the rule it holds.
        let is_first = seen.insert((&one.source, &one.rule, one.situation));
        line.situations += u64::from(is_first);
        if let Some(verdict) = mark.filter(|_| is_first) {
            match verdict {
                Verdict::Actionable => line.actionable += 1,
                Verdict::Noise => line.noise += 1,
                Verdict::Late => line.late += 1,
            }
        }
    }
    let mut rules: Vec<RuleLine> = lines.into_values().collect();
    for line in &mut rules {
        (line.cries_wolf, line.why) = verdict(line, by_rule.get(line.rule.as_str()).copied());
    }
    rules.sort_by(|a, b| {
        let key = |line: &RuleLine| (!line.cries_wolf, std::cmp::Reverse(line.fired - line.acted_on));
        key(a).cmp(&key(b)).then_with(|| (&a.source, &a.rule).cmp(&(&b.source, &b.rule)))
    });
    let mut told: Vec<Told> = incidents.iter().map(|incident| first_told(incident, fired)).collect();
    told.sort_by(|a, b| (b.declared_at, &b.incident).cmp(&(a.declared_at, &a.incident)));
    Report {
        since,
        until,
        fired: fired.len() as u64,
        acted_on: rules.iter().map(|line| line.acted_on).sum(),
        rules,
        incidents: told,
        late: late(fired, by_situation.into_values().chain(by_rule.into_values())),
        is_cut: false,
    }
}

fn times(n: u64) -> String {
    if n == 1 { "once".to_owned() } else { format!("{n} times") }
}

fn verdict(line: &RuleLine, mark: Option<&Judgement>) -> (bool, String) {
    match mark {
        Some(mark) if mark.verdict == Verdict::Noise => return (true, format!("marked {}", mark.words())),
        Some(mark) if mark.verdict == Verdict::Actionable => {
            return (false, format!("marked {}", mark.words()));
        }
        _ => {}
    }
    if line.noise > line.actionable {
        return (true, format!("fired {}, marked noise {}", times(line.fired), times(line.noise)));
    }
    if line.acted_on == 0 && line.situations >= WOLF_SITUATIONS {
        return (true, format!("fired {}, and nobody ever acted on it", times(line.fired)));
    }
    let acted = if line.acted_on == 0 {
        "not acted on".to_owned()
    } else {
        format!("acted on {}", times(line.acted_on))
    };
    (false, format!("fired {}, {acted}", times(line.fired)))
}

/// Names of rules, each once, in order, at most so many.
fn names<'a>(of: impl Iterator<Item = &'a Fired>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for one in of {
        if names.len() < SHOULD_HAVE_MAX && !names.contains(&one.rule) {
            names.push(one.rule.clone());
        }
    }
    names
}

fn first_told(incident: &Declared, fired: &[Fired]) -> Told {
    let declared = incident.declared_at;
    let mut own: Vec<&Fired> =
        fired.iter().filter(|one| incident.situations.contains(&one.situation)).collect();
    own.sort_by_key(|one| (one.first_seen, &one.rule));
    let first = own.first().filter(|one| one.first_seen <= declared);
    let told = |first, should_have, sentence| Told {
        incident: incident.id.clone(),
        title: incident.title.clone(),
        declared_at: declared,
        first,
        should_have,
        sentence,
    };
    if let Some(one) = first {
        let after = incident.began_at.filter(|began| *began < one.first_seen);
        let after = after.map(|began| format!(", {} after it began", span(one.first_seen - began)));
        let sentence = format!(
            "{} ({}) told first, {} before the declaration{}.",
            one.rule,
            one.source,
            span(declared - one.first_seen),
            after.unwrap_or_default()
        );
        let by = First::Alert { source: one.source.clone(), rule: one.rule.clone(), at: one.first_seen };
        return told(by, vec![], sentence);
    }
    if let Some(one) = own.first() {
        let late = span(one.first_seen - declared);
        let should_have = names(own.iter().copied());
        let sentence = format!(
            "A person told first; {} came {late} after the declaration and should have told.",
            one.rule
        );
        return told(First::Person, should_have, sentence);
    }
    let from = declared - chrono::Duration::minutes(SHOULD_HAVE_MINUTES);
    let mut beside: Vec<&Fired> = fired
        .iter()
        .filter(|one| !one.is_linked && one.first_seen >= from && one.first_seen <= declared)
        .collect();
    beside.sort_by_key(|one| (std::cmp::Reverse(one.severity), std::cmp::Reverse(one.first_seen), &one.rule));
    let should_have = names(beside.into_iter());
    let sentence = match should_have.as_slice() {
        [] => "A person told first, and no alert fired: there is none that could have told.".to_owned(),
        names => format!(
            "A person told first; {} fired within the hour before, and nobody took it up.",
            names.join(", ")
        ),
    };
    told(First::Person, should_have, sentence)
}

fn late<'a>(fired: &[Fired], marks: impl Iterator<Item = &'a Judgement>) -> Vec<Late> {
    let mut late: Vec<Late> = marks
        .filter(|mark| mark.verdict == Verdict::Late)
        .map(|mark| Late {
            subject: mark.subject.to_string(),
            rules: match &mark.subject {
                Subject::Situation(id) => names(fired.iter().filter(|one| one.situation == *id)),
                Subject::Rule(name) => vec![name.clone()],
            },
            by: mark.by.to_string(),
            at: mark.at,
            reason: mark.reason.clone(),
        })
        .collect();
    late.sort_by(|a, b| (b.at, &a.subject).cmp(&(a.at, &b.subject)));
    late
}

#[cfg(test)]
mod tests;
