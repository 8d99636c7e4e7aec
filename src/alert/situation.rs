//! A situation: the alerts of one group, counted.
//!
//! Alerts come in any order, repeated, resolved before they fired. So nothing is counted from what an observation
//! says alone, but from what it changes: the journal tells what it knew of an alert before ([`Known`]), and the
//! count moves by the difference. An observation that was overtaken ([`order`]) moves no count; it still says when an alert began
//! and how bad it was.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::flapping::Clearings;
use super::text::{TITLE_MAX_BYTES, cut};
use super::{Alert, AlertSeverity, Key, Status, order};

/// Sources that are named of a situation.
const SOURCES_MAX: usize = 8;

/// The state of an alert, as one situation knew it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Known {
    pub status: Status,
    pub severity: AlertSeverity,
    /// It fires, and somebody has said at the sender that they are on it.
    #[serde(default)]
    pub acknowledged: bool,
}

impl Known {
    pub fn of(alert: &Alert) -> Known {
        let acknowledged = alert.acknowledged && alert.status == Status::Firing;
        Known { status: alert.status, severity: alert.severity, acknowledged }
    }

    fn fires(self) -> bool {
        self.status == Status::Firing
    }
}

/// What one observation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    /// The alert as it is now.
    pub alert: &'a Alert,
    /// What *this situation* knew of the alert's key before; `None` if nothing. One alert may come through two
    /// routes of its sender with two group keys, and is then counted in two situations.
    pub before: Option<Known>,
    /// What was known before holds still: see [`order::is_overtaken`].
    pub is_overtaken: bool,
}

impl Change<'_> {
    /// Whether the observation may say anything new.
    pub fn is_news(&self) -> bool {
        self.before != Some(Known::of(self.alert))
    }
}

/// The changes that a list of observations of one group makes, in their order. An alert that comes twice in
/// the list is known the second time. `known` answers for what came before the list.
pub fn changes<'a>(
    alerts: impl IntoIterator<Item = &'a Alert>,
    mut known: impl FnMut(&Key) -> Option<Known>,
) -> Vec<Change<'a>> {
    let mut seen: HashMap<Key, &Alert> = HashMap::new();
    alerts
        .into_iter()
        .map(|alert| {
            let key = alert.key();
            let earlier = seen.get(&key).copied();
            let is_overtaken = earlier.is_some_and(|earlier| order::is_overtaken(alert, earlier));
            let before = earlier.map(Known::of).or_else(|| known(&key));
            if !is_overtaken {
                seen.insert(key, alert);
            }
            Change { alert, before, is_overtaken }
        })
        .collect()
}

/// The alerts of one group, as one thing to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Situation {
    pub id: String,
    /// Where its alerts come from, the first few sources with commas between.
    pub source: String,
    /// What they have in common: the sender's own word, or `service=checkout` of a group of the settings.
    pub group_key: String,
    /// The name of that group; `None` as the sender groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouped_by: Option<String>,
    /// The title of the group's first alert, with how many more there are, or how many times it came.
    pub title: String,
    /// The worst that fires now; when none does, the worst there was.
    pub severity: AlertSeverity,
    /// How many alerts fire now.
    pub firing: u32,
    /// How many alerts there have been, by key.
    pub total: u32,
    /// How many of those that fire somebody at the sender is on.
    #[serde(default)]
    pub acknowledged: u32,
    pub opened_at: DateTime<Utc>,
    /// When a count, the severity or the title last changed. A repeat changes nothing.
    pub updated_at: DateTime<Utc>,
    /// The incident that it belongs to, if any.
    pub incident: Option<String>,
    /// The title of the group's first alert: of those that fired the one that began first, by the sender's clock.
    pub lead: String,
    /// When that one began, and whether it was only ever heard to be over.
    #[serde(default)]
    pub lead_began: Option<DateTime<Utc>>,
    #[serde(default)]
    pub lead_is_over: bool,
    /// The fingerprint of all of its alerts, as long as they are of one: then it is the same that comes again. None where that was not
    /// written down either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The worst severity there was.
    pub worst: AlertSeverity,
    /// How many fire now, by severity in the order of [`AlertSeverity::ALL`].
    pub firing_by_severity: [u32; AlertSeverity::ALL.len()],
    /// When its alerts cleared.
    #[serde(default, skip_serializing_if = "Clearings::is_empty")]
    pub clearings: Clearings,
}

impl Situation {
    /// Whether nothing of it fires any more.
    pub fn is_over(&self) -> bool {
        self.firing == 0
    }

    fn open(id: &str, first: &Alert, now: DateTime<Utc>) -> Situation {
        Situation {
            id: id.to_owned(),
            source: first.source.clone(),
            group_key: first.group_key.clone(),
            grouped_by: None,
            title: first.title.clone(),
            severity: first.severity,
            firing: 0,
            total: 0,
            acknowledged: 0,
            opened_at: now,
            updated_at: now,
            incident: None,
            lead: first.title.clone(),
            lead_began: first.starts_at,
            lead_is_over: first.status == Status::Resolved,
            fingerprint: Some(first.fingerprint.clone()),
            worst: AlertSeverity::Unknown,
            firing_by_severity: [0; AlertSeverity::ALL.len()],
            clearings: Clearings::default(),
        }
    }

    fn apply(&mut self, change: &Change, at: DateTime<Utc>) {
        let now = Known::of(change.alert);
        self.hear(change.alert);
        if !now.fires() {
            self.clearings.add(change.alert, change.before.is_none_or(Known::fires), at);
        }
        if change.is_overtaken {
            return;
        }
        match change.before {
            None => self.total = self.total.saturating_add(1),
            Some(before) if before.fires() => {
                let slot = self.slot(before.severity);
                *slot = slot.saturating_sub(1);
                self.acknowledged = self.acknowledged.saturating_sub(u32::from(before.acknowledged));
            }
            Some(_) => {}
        }
        if now.fires() {
            let slot = self.slot(now.severity);
            *slot = slot.saturating_add(1);
            self.acknowledged = self.acknowledged.saturating_add(u32::from(now.acknowledged));
        }
    }

    /// What holds of an observation whatever came after it.
    fn hear(&mut self, alert: &Alert) {
        self.worst = self.worst.max(alert.severity);
        if self.source != alert.source || self.fingerprint.as_ref() != Some(&alert.fingerprint) {
            self.fingerprint = None;
        }
        let is_over = alert.status == Status::Resolved;
        let leads = match (self.lead_is_over, is_over) {
            (true, false) => true,
            (false, true) => false,
            _ => match (self.lead_began, alert.starts_at) {
                (Some(lead), Some(other)) => (other, &alert.title) < (lead, &self.lead),
                (None, Some(_)) => true,
                (_, None) => false,
            },
        };
        if leads {
            self.lead = alert.title.clone();
            self.lead_began = alert.starts_at;
            self.lead_is_over = is_over;
        }
        if self.source != alert.source {
            let mut sources: BTreeSet<&str> = self.source.split(", ").collect();
            if sources.len() < SOURCES_MAX && sources.insert(&alert.source) {
                self.source = sources.into_iter().collect::<Vec<_>>().join(", ");
            }
        }
    }

    fn slot(&mut self, severity: AlertSeverity) -> &mut u32 {
        let [unknown, info, warning, error, critical] = &mut self.firing_by_severity;
        match severity {
            AlertSeverity::Unknown => unknown,
            AlertSeverity::Info => info,
            AlertSeverity::Warning => warning,
            AlertSeverity::Error => error,
            AlertSeverity::Critical => critical,
        }
    }

    fn settle(&mut self) {
        self.firing = self.firing_by_severity.iter().fold(0, |sum: u32, n| sum.saturating_add(*n));
        // One that fired before this situation could count it is still one of its alerts.
        self.total = self.total.max(self.firing);
        self.severity = AlertSeverity::ALL
            .into_iter()
            .zip(self.firing_by_severity)
            .filter(|(_, n)| *n > 0)
            .map(|(severity, _)| severity)
            .max()
            .unwrap_or(self.worst);
        self.title = match self.total {
            0 | 1 => self.lead.clone(),
            n => {
                let more = match self.fingerprint {
                    Some(_) => format!(" ({n} times)"),
                    None => format!(" (+{} more)", n - 1),
                };
                format!("{}{more}", cut(&self.lead, TITLE_MAX_BYTES.saturating_sub(more.len())))
            }
        };
    }
}

/// The situation after `changes`, which are all of its group; `None` if there was none and nothing came.
///
/// `id` names a situation that has to be opened. Whether a situation that was over is continued or another
/// opened, the caller says by what it gives as `existing`. Equal to `existing` if the changes were no news.
pub fn fold(
    existing: Option<&Situation>,
    changes: &[Change],
    now: DateTime<Utc>,
    id: &str,
) -> Option<Situation> {
    let mut situation = match (existing, changes.first()) {
        (Some(existing), _) => existing.clone(),
        (None, Some(first)) => Situation::open(id, first.alert, now),
        (None, None) => return None,
    };
    for change in changes {
        situation.apply(change, now);
    }
    situation.settle();
    if existing.is_some_and(|before| *before != situation) {
        situation.updated_at = now;
    }
    Some(situation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::alert;
    use proptest::prelude::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_205_600 + second, 0).unwrap()
    }

    /// Observes one alert at a time, as a journal would that remembers what it knew.
    fn observe(observations: &[Alert]) -> Option<Situation> {
        let mut known: HashMap<Key, &Alert> = HashMap::new();
        let mut situation = None;
        for (second, alert) in observations.iter().enumerate() {
            let before = known.get(&alert.key()).copied();
            let is_overtaken = before.is_some_and(|before| order::is_overtaken(alert, before));
            let change = Change { alert, before: before.map(Known::of), is_overtaken };
            situation = fold(situation.as_ref(), &[change], at(100_000 + second as i64), "S1");
            if !is_overtaken {
                known.insert(alert.key(), alert);
            }
        }
        situation
    }

    fn seen(fingerprint: &str, status: Status, severity: AlertSeverity) -> Alert {
        Alert { status, severity, ..alert(fingerprint) }
    }

    #[test]
    fn a_group_counts_its_alerts_and_shows_the_worst_that_fires() {
        use AlertSeverity::{Critical, Warning};
        let mut story = vec![seen("db1", Status::Firing, Warning)];
        assert_eq!(observe(&story).unwrap().title, "Disk full on db1");

        story.push(seen("db2", Status::Firing, Critical));
        let two = observe(&story).unwrap();
        assert_eq!((two.firing, two.total, two.severity), (2, 2, Critical));
        assert_eq!(two.title, "Disk full on db1 (+1 more)");

        story.push(seen("db2", Status::Resolved, Critical));
        let one = observe(&story).unwrap();
        assert_eq!((one.firing, one.total, one.severity), (1, 2, Warning));

        story.push(seen("db1", Status::Resolved, Warning));
        let none = observe(&story).unwrap();
        assert_eq!((none.firing, none.total, none.severity), (0, 2, Critical));
        assert!(none.is_over());
    }

    #[test]
    fn a_repeat_changes_nothing_not_even_the_time() {
        let first = observe(&[alert("db1")]).unwrap();
        let again = alert("db1");
        let changes = changes([&again], |_| Some(Known::of(&again)));
        assert!(changes.iter().all(|c| !c.is_news()));
        assert_eq!(fold(Some(&first), &changes, at(99), "S2"), Some(first));
    }

    #[test]
    fn a_new_start_of_the_same_alert_is_another_alert() {
        let again = Alert { starts_at: Some(at(0)), ..alert("db1") };
        assert_eq!(observe(&[alert("db1"), again]).unwrap().total, 2);
    }

    #[test]
    fn the_same_alert_again_is_said_to_come_again_and_not_to_be_one_more() {
        let again = Alert { starts_at: Some(at(60)), ..alert("db1") };
        let mut story = vec![alert("db1"), again];
        let twice = observe(&story).unwrap();
        assert_eq!(twice.title, "Disk full on db1 (2 times)");
        // Another one stands beside it, of whatever source.
        for other in [alert("db2"), Alert { source: "grafana".into(), ..alert("db1") }] {
            story.push(other);
            assert_eq!(observe(&story).unwrap().title, "Disk full on db1 (+2 more)");
            story.pop();
        }
        // What was written down by an earlier version says what it said.
        let mut written = serde_json::to_value(&twice).unwrap();
        written.as_object_mut().unwrap().remove("fingerprint");
        let before: Situation = serde_json::from_value(written).unwrap();
        let repeat = changes([&story[0]], |_| Some(Known::of(&story[0])));
        let after = fold(Some(&before), &repeat, at(99), "S1").unwrap();
        assert_eq!(after.title, "Disk full on db1 (+1 more)");
    }

    #[test]
    fn a_resolution_nobody_saw_begin_counts_as_seen_and_not_as_firing() {
        let situation = observe(&[seen("db1", Status::Resolved, AlertSeverity::Error)]).unwrap();
        assert_eq!((situation.firing, situation.total), (0, 1));
    }

    #[test]
    fn one_body_that_names_an_alert_twice_counts_it_once() {
        let twice = [alert("db1"), alert("db1"), seen("db1", Status::Resolved, AlertSeverity::Critical)];
        let situation = fold(None, &changes(&twice, |_| None), at(0), "S1").unwrap();
        assert_eq!((situation.firing, situation.total), (0, 1));
    }

    #[test]
    fn nothing_makes_no_situation() {
        assert_eq!(fold(None, &[], at(0), "S1"), None);
    }

    #[test]
    fn a_long_title_keeps_its_count_within_the_limit() {
        let long = |f: &str| Alert { title: "ä".repeat(TITLE_MAX_BYTES), ..alert(f) };
        let title = observe(&[long("a"), long("b")]).unwrap().title;
        assert!(title.len() <= TITLE_MAX_BYTES && title.ends_with("… (+1 more)"), "{title}");
    }

    fn observation() -> impl Strategy<Value = Alert> {
        (0u8..6, 0i64..3, any::<bool>(), 0usize..5).prop_map(|(name, start, fires, severity)| Alert {
            starts_at: Some(at(start)),
            severity: AlertSeverity::ALL[severity],
            status: if fires { Status::Firing } else { Status::Resolved },
            ..alert(&format!("db{name}"))
        })
    }

    /// What a situation says that does not depend on which alert came first, or when.
    fn counts(s: &Situation) -> (u32, u32, [u32; 5], AlertSeverity) {
        (s.firing, s.total, s.firing_by_severity, s.severity)
    }

    /// An outbreak as its sender tells it: when it began, whether it was told again that it fires, when it was over.
    fn outbreak() -> impl Strategy<Value = Vec<Alert>> {
        let times = (0i64..5, proptest::option::of(1i64..40), proptest::option::of(1i64..40));
        (0u8..4, times, 0usize..5).prop_map(|(name, (start, again, end), severity)| {
            let name = format!("db{name}");
            let began = Alert {
                starts_at: Some(at(start * 100)),
                severity: AlertSeverity::ALL[severity],
                ..alert(&name)
            };
            let mut told = vec![began.clone()];
            // Odd seconds for what fires again, even ones for ends: two things at once have no order.
            told.extend(again.map(|s| {
                let changed = at(start * 100 + 2 * s + 1).to_rfc3339();
                Alert { annotations: [(order::CHANGED_AT.to_owned(), changed)].into(), ..began.clone() }
            }));
            told.extend(end.map(|s| Alert {
                status: Status::Resolved,
                ends_at: Some(at(start * 100 + 2 * s)),
                title: format!("{name} is back"),
                ..began.clone()
            }));
            told
        })
    }

    /// The same outbreak is told in one way only.
    fn night() -> impl Strategy<Value = Vec<Alert>> {
        proptest::collection::vec(outbreak(), 1..12).prop_map(|outbreaks| {
            let mut keys = BTreeSet::new();
            outbreaks.into_iter().filter(|told| keys.insert(told[0].key())).flatten().collect()
        })
    }

    proptest! {
        #[test]
        fn any_order_and_repetition_of_the_same_messages_ends_in_the_same_situation(
            night in night(),
            noise in proptest::collection::vec(any::<proptest::sample::Index>(), 0..60),
            seed in any::<u64>(),
        ) {
            let mut other: Vec<Alert> = noise.iter().map(|i| i.get(&night).clone()).collect();
            let mut shuffled = night.clone();
            shuffled.sort_by_key(|a| {
                let times = format!("{:?}{:?}{:?}", a.key(), a.ends_at, a.annotations);
                times.bytes().fold(seed, |h, b| (h ^ u64::from(b)).wrapping_mul(1_099_511_628_211))
            });
            other.extend(shuffled);
            let (one, two) = (observe(&night).unwrap(), observe(&other).unwrap());
            let ends = |s: Situation| Situation { opened_at: at(0), updated_at: at(0), ..s };
            prop_assert_eq!(ends(one.clone()), ends(two));
            // And in one body all at once.
            let at_once = fold(None, &changes(&other, |_| None), at(100_000), "S1").unwrap();
            prop_assert_eq!(ends(one), ends(at_once));
        }

        /// The last observation of each key decides, in whatever order the keys come and however often.
        #[test]
        fn order_and_repetition_do_not_change_the_counts(
            story in proptest::collection::vec(observation(), 1..40),
            noise in proptest::collection::vec(any::<proptest::sample::Index>(), 0..40),
            seed in any::<u64>(),
        ) {
            // Another telling: earlier observations repeated anywhere, then each key's last in another order.
            let mut last: Vec<Alert> = Vec::new();
            for a in story.iter().rev() {
                if !last.iter().any(|l| l.key() == a.key()) {
                    last.push(a.clone());
                }
            }
            last.sort_by_key(|a| {
                a.key().iter().fold(seed, |h, b| (h ^ u64::from(*b)).wrapping_mul(1_099_511_628_211))
            });
            let mut other: Vec<Alert> = noise.iter().map(|i| i.get(&story).clone()).collect();
            other.extend(story.iter().rev().cloned());
            other.extend(last.iter().cloned());

            let one = observe(&story).unwrap();
            let two = observe(&other).unwrap();
            prop_assert_eq!(counts(&one), counts(&two));
            let firing = last.iter().filter(|a| a.status == Status::Firing).count();
            prop_assert_eq!((one.firing as usize, one.total as usize), (firing, last.len()));

            // And in one body all at once.
            let at_once = fold(None, &changes(&story, |_| None), at(0), "S1").unwrap();
            prop_assert_eq!(counts(&one), counts(&at_once));
        }

        /// Even a caller that remembers wrongly gets no count below nothing, and never more firing than there are.
        #[test]
        fn wrong_memories_never_make_a_count_negative(
            story in proptest::collection::vec((observation(), proptest::option::of((any::<bool>(), 0usize..5))), 0..40),
        ) {
            let changes: Vec<Change> = story.iter().map(|(alert, before)| Change {
                alert,
                before: before.map(|(fires, s)| Known {
                    status: if fires { Status::Firing } else { Status::Resolved },
                    severity: AlertSeverity::ALL[s],
                    acknowledged: fires,
                }),
                is_overtaken: false,
            }).collect();
            if let Some(s) = fold(None, &changes, at(0), "S1") {
                prop_assert!(s.firing <= s.total && s.firing as usize <= story.len());
            }
        }
    }
}
