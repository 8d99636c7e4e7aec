//! Grouping: which alerts are one situation.
//!
//! By default a situation is what the sender itself puts together: one source, one group key. A group of the settings joins alerts
//! of different senders that have the same values of some labels and come close in time.
//!
//! ```toml
//! [[alerts.group]]
//! name = "one service"
//! by = ["service|app"]
//! within_minutes = 10
//! ```

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::rules::{Fault, Traits};
use super::text::{identity, quote};
use super::{Alert, rules};

/// Most groups.
const GROUPS_MAX: usize = 500;
/// Most labels of one group.
const LABELS_MAX: usize = 10;

/// Alerts that are one situation, whoever sent them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// A name to find it by.
    #[schemars(extend("format" = "name", "x-example" = "one service"))]
    pub name: String,
    /// Which alerts; left out, every one that has the labels.
    #[serde(default)]
    pub when: Traits,
    /// The labels whose values must be the same. An alert that lacks one of them is not grouped so. `service|app` takes `app` where
    /// there is no `service`.
    #[schemars(extend("x-example" = serde_json::json!(["service"])))]
    pub by: Vec<String>,
    /// Minutes after the last change of a situation within which another alert joins it; later it opens one of its own.
    #[serde(default = "within_minutes")]
    #[schemars(range(min = 1, max = 10_080))]
    pub within_minutes: u32,
}

fn within_minutes() -> u32 {
    10
}

/// All groups in force; the first that fits an alert groups it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grouping(Vec<Group>);

/// Where an alert belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    pub hash: [u8; 16],
    /// The group that says so, and how: `one service`, `service=checkout`; `None` as its sender groups.
    pub group: Option<(String, String)>,
    /// How long after its last change a situation takes one more.
    within: Option<Duration>,
}

/// What becomes of an alert that is in no situation yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joins {
    Situation(i64),
    /// It opens one. The situation that had its place before takes nobody any more.
    Opens {
        instead_of: Option<i64>,
    },
}

impl Grouping {
    pub fn new(groups: Vec<Group>) -> Grouping {
        Grouping(groups)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where an alert belongs.
    pub fn spot(&self, alert: &Alert) -> Spot {
        self.shared(alert).unwrap_or_else(|| Spot::by_sender(sender_hash(&alert.source, &alert.group_key)))
    }

    /// Where a group of the settings puts it.
    pub fn shared(&self, alert: &Alert) -> Option<Spot> {
        self.0.iter().find_map(|group| {
            let key = group.key(alert)?;
            let mut hash = Sha256::new();
            // No source has the length of all there is: no sender's own group is met.
            hash.update(u64::MAX.to_le_bytes());
            hash.update((group.name.len() as u64).to_le_bytes());
            hash.update(&group.name);
            hash.update(&key);
            Some(Spot {
                hash: short(hash),
                group: Some((group.name.clone(), key)),
                within: Some(Duration::minutes(i64::from(group.within_minutes))),
            })
        })
    }
}

impl Group {
    /// What an alert has in common with the others of this group; `None` if it is none of them.
    fn key(&self, alert: &Alert) -> Option<String> {
        if self.by.is_empty() || !self.when.fit(alert) {
            return None;
        }
        let mut key = String::new();
        for names in &self.by {
            let value = |name| alert.labels.get(name).filter(|value| !value.is_empty());
            let value = names.split('|').find_map(|name| value(name.trim()))?;
            let name = names.split('|').next().unwrap_or_default().trim();
            let between = if key.is_empty() { "" } else { ", " };
            key.push_str(&format!("{between}{name}={value}"));
        }
        Some(identity("group key", &key, &mut Vec::new()))
    }
}

impl Spot {
    /// As its sender groups.
    pub fn by_sender(hash: [u8; 16]) -> Spot {
        Spot { hash, group: None, within: None }
    }

    /// Whether the open situation of this place takes an alert that comes now. `open`: it, and when it last changed.
    pub fn joins(&self, open: Option<(i64, DateTime<Utc>)>, now: DateTime<Utc>) -> Joins {
        match open {
            None => Joins::Opens { instead_of: None },
            Some((id, moved)) if self.within.is_none_or(|within| now - moved <= within) => {
                Joins::Situation(id)
            }
            Some((id, _)) => Joins::Opens { instead_of: Some(id) },
        }
    }
}

/// The place of a sender's own group within the open situations.
pub fn sender_hash(source: &str, group_key: &str) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update((source.len() as u64).to_le_bytes());
    hash.update(source);
    hash.update(group_key);
    short(hash)
}

/// The place of a situation that has lost its own: nobody else's, and no alert's.
pub fn own_hash(situation: i64) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update((u64::MAX - 1).to_le_bytes());
    hash.update(situation.to_le_bytes());
    short(hash)
}

fn short(hash: Sha256) -> [u8; 16] {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    short
}

/// What is wrong with the groups; empty if nothing is.
pub fn check(groups: &[Group]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if groups.len() > GROUPS_MAX {
        let what = format!("there are {} groups, the limit is {GROUPS_MAX}", groups.len());
        faults.push(Fault::new(String::new(), what, "Put several into one."));
    }
    let mut names = BTreeSet::new();
    for (i, group) in groups.iter().enumerate() {
        if !names.insert(group.name.as_str()) {
            let what = format!("another group is called {} as well", quote(&group.name));
            faults.push(Fault::new(format!("[{i}].name"), what, "Give each a name of its own."));
        }
        if group.by.is_empty() || group.by.len() > LABELS_MAX {
            let what = format!("the group goes by {} labels", group.by.len());
            let hint = format!("Name one to {LABELS_MAX}: `by = [\"service\"]`.");
            faults.push(Fault::new(format!("[{i}].by"), what, hint));
        }
        for (n, names) in group.by.iter().enumerate() {
            if names.split('|').any(|name| name.trim().is_empty()) {
                let what = format!("{} names no label", quote(names));
                let hint = "Write a label, or several with `|` between: `service|app`.";
                faults.push(Fault::new(format!("[{i}].by[{n}]"), what, hint));
            }
        }
        faults.extend(rules::too_long(&format!("[{i}].when."), group.when.patterns("")));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::alert;

    fn groups(toml: &str) -> Vec<Group> {
        #[derive(Deserialize)]
        struct File {
            group: Vec<Group>,
        }
        toml::from_str::<File>(toml).unwrap().group
    }

    fn labelled(source: &str, labels: &[(&str, &str)]) -> Alert {
        let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Alert { source: source.into(), labels, ..alert("db1") }
    }

    #[test]
    fn alerts_of_several_senders_with_the_same_service_have_one_place() {
        let grouping = Grouping::new(groups(
            "[[group]]\nname = 'staging'\nwhen = { labels = { env = 'staging' } }\nby = ['env']\n\
             [[group]]\nname = 'service'\nby = ['service|app']\n",
        ));
        let prometheus = grouping.spot(&labelled("alertmanager", &[("service", "checkout")]));
        let pingdom = grouping.spot(&labelled("pingdom", &[("app", "checkout"), ("host", "www")]));
        assert_eq!(prometheus, pingdom);
        assert_eq!(prometheus.group, Some(("service".into(), "service=checkout".into())));
        let other = grouping.spot(&labelled("alertmanager", &[("service", "search")]));
        assert_ne!(prometheus.hash, other.hash);
        let staging =
            grouping.spot(&labelled("alertmanager", &[("service", "checkout"), ("env", "staging")]));
        assert_eq!(staging.group, Some(("staging".into(), "env=staging".into())), "the first that fits");
        let bare = labelled("alertmanager", &[("host", "db1")]);
        let bare_spot = grouping.spot(&bare);
        assert_eq!(bare_spot.group, None);
        assert_eq!(bare_spot.hash, sender_hash(&bare.source, &bare.group_key), "as its sender groups");
    }

    #[test]
    fn what_comes_later_than_the_time_between_opens_a_situation_of_its_own() {
        let grouping =
            Grouping::new(groups("[[group]]\nname = 's'\nby = ['service']\nwithin_minutes = 10\n"));
        let at = |minute: i64| DateTime::from_timestamp(minute * 60, 0).unwrap();
        let spot = grouping.spot(&alert("db1"));
        assert_eq!(spot.joins(None, at(0)), Joins::Opens { instead_of: None });
        assert_eq!(spot.joins(Some((7, at(0))), at(10)), Joins::Situation(7));
        assert_eq!(spot.joins(Some((7, at(0))), at(11)), Joins::Opens { instead_of: Some(7) });
        let by_sender = Grouping::default().spot(&alert("db1"));
        assert_eq!(by_sender.joins(Some((7, at(0))), at(9_999)), Joins::Situation(7));
    }

    #[test]
    fn groups_that_cannot_work_are_told_at_load() {
        let wrong = groups("[[group]]\nname = 'a'\nby = []\n[[group]]\nname = 'a'\nby = ['service|', 'x']\n");
        let told: Vec<String> = check(&wrong).iter().map(|f| format!("{}: {}", f.key, f.what)).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        [0].by: the group goes by 0 labels
        [1].name: another group is called “a” as well
        [1].by[0]: “service|” names no label
        ");
    }
}
