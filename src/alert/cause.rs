//! What and why: of alerts that came together, those that tell what users feel, and those that may tell why.
//!
//! After Rob Ewaschuk's distinction of symptoms and causes. A guess from services, senders and names, with a sentence
//! that says what it rests on; nothing here is certain, and no sentence says so.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::{
    Alert, AlertSeverity, Status,
    change::{Change, Picked},
    judgement::rule_of,
    service::Services,
    text::cut,
};

mod side;

/// Situations that began within this time of each other may tell of one thing.
pub const CLOSE_MINUTES: i64 = 30;
/// Longest title in a piece of evidence, in bytes: it stands in one line with its reason.
const TITLE_MAX_BYTES: usize = 80;
/// Lines of what nothing is known of: more of them help nobody.
const UNCLEAR_MAX: usize = 3;
/// Labels by which alerts are of one place.
const PLACES: [&str; 9] =
    ["host", "hostname", "instance", "node", "pod", "container", "deployment", "namespace", "cluster"];

/// What an alert tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What users feel.
    What,
    /// What may be the reason.
    Why,
    /// What stands on something that is broken, and may be so only for that.
    Consequence,
    /// Nothing says which.
    Unclear,
}

impl Side {
    pub fn word(self) -> &'static str {
        match self {
            Side::What => "what",
            Side::Why => "why",
            Side::Consequence => "consequence",
            Side::Unclear => "unclear",
        }
    }

    /// As it heads a list.
    pub fn title(self) -> &'static str {
        match self {
            Side::What => "What users feel",
            Side::Why => "Likely why",
            Side::Consequence => "Likely a consequence",
            Side::Unclear => "Unclear",
        }
    }
}

/// An alert, read for what it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clue {
    pub situation: i64,
    pub source: String,
    /// By which it is known again when it comes anew.
    pub fingerprint: String,
    pub rule: String,
    pub title: String,
    pub severity: AlertSeverity,
    pub is_firing: bool,
    pub began: DateTime<Utc>,
    pub service: Option<String>,
    /// Where it is, by its labels: `host db1`.
    pub places: BTreeSet<String>,
    pub side: Side,
    /// What the side rests on: `checkout is a front service`.
    pub because: String,
}

impl Clue {
    /// Reads an alert of a situation; `first_seen` stands in where its sender names no start.
    pub fn read(situation: i64, alert: &Alert, first_seen: DateTime<Utc>, services: &Services) -> Clue {
        let service = services.of(&alert.labels);
        let (side, because) = side::of(alert, service, services);
        Clue {
            situation,
            source: alert.source.clone(),
            fingerprint: alert.fingerprint.clone(),
            rule: rule_of(alert),
            title: cut(&alert.title, TITLE_MAX_BYTES).into_owned(),
            severity: alert.severity,
            is_firing: alert.status == Status::Firing,
            began: alert.starts_at.unwrap_or(first_seen),
            service: service.map(str::to_owned),
            places: places(alert),
            side,
            because,
        }
    }
}

fn places(alert: &Alert) -> BTreeSet<String> {
    let named = PLACES.iter().filter_map(|label| Some((label, alert.labels.get(*label)?)));
    named
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| format!("{label} {}", cut(value, TITLE_MAX_BYTES)))
        .collect()
}

/// Alerts of one rule and one service, beside the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub situation: i64,
    pub side: Side,
    /// The title of the first of them.
    pub title: String,
    /// How many more there are of the same rule and service; one that came again is no other.
    pub more: usize,
    pub source: String,
    pub service: Option<String>,
    pub severity: AlertSeverity,
    pub is_firing: bool,
    pub began: DateTime<Utc>,
    /// Why it stands where it stands, in a sentence without its end.
    pub reason: String,
}

impl Evidence {
    /// `HighErrorRate checkout (+2 more): its name contains «error rate»`
    pub fn line(&self) -> String {
        let more = if self.more > 0 { format!(" (+{} more)", self.more) } else { String::new() };
        format!("{}{more}: {}", self.title, self.reason)
    }
}

/// What is known of a situation or an incident besides its alerts' titles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Story {
    /// When users began to feel it, as far as alerts or people say.
    pub impact: Option<DateTime<Utc>>,
    /// What first, then why, the likeliest first, then what may only follow from it.
    pub evidence: Vec<Evidence>,
    /// What changed before, the likeliest first.
    pub changes: Vec<Picked>,
}

impl Story {
    pub fn of_side(&self, side: Side) -> impl Iterator<Item = &Evidence> {
        self.evidence.iter().filter(move |one| one.side == side)
    }

    /// Its lists, each with its head; empty ones are left out. Of what nothing is known of, the first few stand for all.
    pub fn lists(&self) -> Vec<(&'static str, Vec<String>)> {
        let changes = ("Changed before", self.changes.iter().map(Picked::line).collect());
        let of = |side: Side| {
            let lines = self.of_side(side).map(|one| format!("S-{} {}", one.situation, one.line()));
            (side.title(), lines.collect())
        };
        let (head, mut unclear): (&'static str, Vec<String>) = of(Side::Unclear);
        let more = unclear.len().saturating_sub(UNCLEAR_MAX);
        if more > 0 {
            unclear.truncate(UNCLEAR_MAX);
            unclear.push(format!("… and {more} more of which nothing is known"));
        }
        let all = [changes, of(Side::What), of(Side::Why), of(Side::Consequence), (head, unclear)];
        all.into_iter().filter(|(_, lines): &(_, Vec<String>)| !lines.is_empty()).collect()
    }
}

/// Puts clues in order: what users feel, by time; then why, by the way in the service graph, by the time before the
/// impact, by severity; then what stands on something that is broken, and so may only follow from it; then what nothing is known of,
/// what is of one place with any of the others first. `stated` is when the impact began where somebody has said so.
pub fn weigh(clues: &[Clue], services: &Services, stated: Option<DateTime<Utc>>) -> Story {
    let felt = clues.iter().filter(|clue| clue.side == Side::What).map(|clue| clue.began).min();
    let impact = stated.or(felt).or_else(|| clues.iter().map(|clue| clue.began).min());
    let fronts: Vec<&str> =
        clues.iter().filter(|c| c.side == Side::What).filter_map(|c| c.service.as_deref()).collect();
    let known = clues.iter().filter(|clue| clue.side != Side::Unclear);
    let broken: BTreeSet<&str> = known.clone().filter_map(|clue| clue.service.as_deref()).collect();
    let known: BTreeSet<&str> = known.flat_map(|clue| &clue.places).map(String::as_str).collect();
    let mut groups: BTreeMap<(Side, Option<&str>, &str, i64), Vec<&Clue>> = BTreeMap::new();
    for clue in clues {
        let group = (clue.side, clue.service.as_deref(), clue.rule.as_str(), clue.situation);
        groups.entry(group).or_default().push(clue);
    }
    let mut ranked: Vec<(Rank, Evidence)> = groups
        .into_values()
        .filter_map(|mut group| {
            group.sort_by(|a, b| (!a.is_firing, a.began, &a.title).cmp(&(!b.is_firing, b.began, &b.title)));
            let first = *group.first()?;
            let began = group.iter().map(|clue| clue.began).min()?;
            let (side, way) = stands(first, &fronts, &broken, services);
            let places = group.iter().flat_map(|clue| &clue.places).map(String::as_str);
            let alerts: BTreeSet<_> = group.iter().map(|clue| (&clue.source, &clue.fingerprint)).collect();
            let place = match side {
                Side::Unclear => places.filter(|place| known.contains(place)).min(),
                Side::What | Side::Why | Side::Consequence => None,
            };
            let evidence = Evidence {
                situation: first.situation,
                side,
                title: first.title.clone(),
                more: alerts.len().saturating_sub(1),
                source: first.source.clone(),
                service: first.service.clone(),
                severity: group.iter().map(|clue| clue.severity).max()?,
                is_firing: group.iter().any(|clue| clue.is_firing),
                began,
                reason: reason(
                    side,
                    &first.because,
                    began,
                    impact.filter(|_| felt.is_some() || stated.is_some()),
                    way.as_deref(),
                    place,
                ),
            };
            Some((rank(&evidence, impact, way.as_deref(), place), evidence))
        })
        .collect();
    ranked.sort_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| (&a.1.title, a.1.situation).cmp(&(&b.1.title, b.1.situation)))
    });
    Story {
        impact,
        evidence: ranked.into_iter().map(|(_, evidence)| evidence).collect(),
        changes: Vec::new(),
    }
}

/// Side, steps in the graph, whether it shares no place, whether it came after, how far from the impact, severity.
type Rank = (Side, usize, bool, bool, i64, Reverse<AlertSeverity>);

fn rank(of: &Evidence, impact: Option<DateTime<Utc>>, way: Option<&[&str]>, place: Option<&str>) -> Rank {
    let worst = Reverse(of.severity);
    let after = impact.map_or(0, |impact| (of.began - impact).num_milliseconds());
    match of.side {
        Side::What => (Side::What, 0, false, false, of.began.timestamp_millis(), worst),
        side => {
            let steps = way.map_or(usize::MAX, <[&str]>::len);
            (side, steps, place.is_none(), after > 0, after.abs(), worst)
        }
    }
}

/// On which side a clue stands beside the others, and its way in the service graph: down to it from what users feel, or, where none
/// leads there, from it down to something else that is broken. A cause lies below; what lies above may only follow.
fn stands<'a>(
    clue: &'a Clue,
    fronts: &[&'a str],
    broken: &BTreeSet<&'a str>,
    services: &'a Services,
) -> (Side, Option<Vec<&'a str>>) {
    let down_to_it = nearest_way(clue.service.as_deref(), fronts, services);
    if clue.side != Side::Why || down_to_it.is_some() {
        return (clue.side, down_to_it);
    }
    let own = clue.service.as_deref();
    // In a circle nothing is below.
    let is_below = |one: &&str| own.is_some_and(|own| services.way(one, own).is_none());
    let ways = broken.iter().copied().filter(is_below).filter_map(|one| services.way(own?, one));
    match ways.min_by_key(Vec::len) {
        Some(way) => (Side::Consequence, Some(way)),
        None => (Side::Why, None),
    }
}

/// The shortest way down to this service from any that users feel.
fn nearest_way<'a>(
    service: Option<&'a str>,
    fronts: &[&'a str],
    services: &'a Services,
) -> Option<Vec<&'a str>> {
    let service = service?;
    let ways = fronts.iter().filter_map(|front| match front.eq_ignore_ascii_case(service) {
        true => Some(vec![service]),
        false => services.way(front, service),
    });
    ways.min_by_key(Vec::len)
}

/// `impact` only where users feel something, or somebody has said so.
fn reason(
    side: Side,
    because: &str,
    began: DateTime<Utc>,
    impact: Option<DateTime<Utc>>,
    way: Option<&[&str]>,
    place: Option<&str>,
) -> String {
    if side == Side::What {
        return because.to_owned();
    }
    let related = match way {
        Some([one]) => Some(format!("is of {one} itself")),
        Some([front, below]) => Some(format!("{front} depends on {below}")),
        Some([front, between @ .., below]) => {
            Some(format!("{front} depends on {below} by {}", between.join(", ")))
        }
        Some([]) | None => None,
    };
    let Some(impact) = impact else {
        return related.or(place.map(shared)).unwrap_or_else(|| because.to_owned());
    };
    let apart = began - impact;
    let seconds = apart.num_seconds();
    let when = match seconds {
        ..=-1 => format!("began {} before", span(-apart)),
        0 => "began at the same moment".to_owned(),
        1.. => format!("began {} after", span(apart)),
    };
    match (side, related) {
        // What nothing is known of is called no consequence either.
        (Side::Unclear, None) => match place {
            Some(place) => format!("{when} and {}", shared(place)),
            None => format!("{when}, and {because}"),
        },
        (_, related) => {
            let related = related.unwrap_or_else(|| because.to_owned());
            let is_late = seconds > 0 && side != Side::Consequence;
            let and = if is_late { ", so perhaps a consequence; " } else { " and " };
            format!("{when}{and}{related}")
        }
    }
}

/// Why something that says nothing itself is shown beside the others.
fn shared(place: &str) -> String {
    format!("is of {place}, as others here are")
}

/// `40 s`, `12 min`, `3 h`.
pub fn span(of: Duration) -> String {
    match of.num_seconds() {
        seconds @ ..=119 => format!("{seconds} s"),
        seconds @ 120..=7_199 => format!("{} min", seconds / 60),
        seconds @ 7_200..=172_799 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// Adds the changes that came before the impact, those of the services in question first.
pub fn with_changes(
    mut story: Story,
    changes: &[Change],
    services: &Services,
    most: usize,
    within: Duration,
) -> Story {
    let in_question = story.evidence.iter().filter(|one| one.side != Side::Consequence);
    let touched = services.with_all_below(in_question.filter_map(|one| one.service.as_deref()));
    if let Some(impact) = story.impact {
        story.changes = Picked::before(changes, impact, &touched, most, within);
    }
    story
}

#[cfg(test)]
mod tests;
