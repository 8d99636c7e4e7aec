//! All rules in force, arranged so that deciding costs little however many there are.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};
use chrono::{DateTime, Utc};

use super::{
    Miss, Rule,
    matchers::{Need, Place},
};
use crate::alert::{Alert, situation::Situation};

/// The rules in their order. One that wants a label of one exact value is looked at only for alerts that have it; one with a
/// pattern only where some run of characters that the pattern needs is found. Of several such needs a rule stands below the
/// one that it shares with the fewest others.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    rules: Vec<Rule>,
    /// By name and value of the label: which rules, in their order.
    by_label: HashMap<String, HashMap<String, Vec<usize>>>,
    by_text: Texts,
    /// Those that may match any alert.
    others: Vec<usize>,
}

/// What is looked for, by where it stands.
#[derive(Debug, Clone, Default)]
struct Texts {
    source: Option<Sought>,
    title: Option<Sought>,
    labels: HashMap<String, Sought>,
    annotations: HashMap<String, Sought>,
}

/// Runs of characters that are looked for all at once, and which rules need each.
#[derive(Debug, Clone)]
struct Sought {
    runs: AhoCorasick,
    rules: Vec<Vec<usize>>,
}

impl Sought {
    fn new(needed: &BTreeMap<&str, Vec<usize>>) -> Result<Sought, BuildError> {
        // Its size grows with the runs alone; a full table would grow with the letters in use as well.
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let runs = AhoCorasick::builder().kind(kind).build(needed.keys())?;
        Ok(Sought { runs, rules: needed.values().cloned().collect() })
    }

    /// The rules that need something of this text, each once.
    fn found_in(&self, text: &str) -> impl Iterator<Item = usize> {
        let mut is_there = vec![false; self.rules.len()];
        for found in self.runs.find_overlapping_iter(text) {
            if let Some(is_there) = is_there.get_mut(found.pattern().as_usize()) {
                *is_there = true;
            }
        }
        let rules = self.rules.iter().zip(is_there).filter(|(_, is_there)| *is_there);
        rules.flat_map(|(rules, _)| rules.iter().copied())
    }
}

impl Texts {
    fn put(&mut self, place: Place<'_>, sought: Sought) {
        match place {
            Place::Source => self.source = Some(sought),
            Place::Title => self.title = Some(sought),
            Place::Label(name) => drop(self.labels.insert(name.to_owned(), sought)),
            Place::Annotation(name) => drop(self.annotations.insert(name.to_owned(), sought)),
        }
    }

    /// The rules that need something of the texts of an alert, in their order.
    fn found_in(&self, alert: &Alert) -> Vec<usize> {
        let source = self.source.iter().map(|sought| (sought, &alert.source));
        let title = self.title.iter().map(|sought| (sought, &alert.title));
        let labels = alert.labels.iter().filter_map(|(name, text)| Some((self.labels.get(name)?, text)));
        let annotations =
            alert.annotations.iter().filter_map(|(name, text)| Some((self.annotations.get(name)?, text)));
        let all = source.chain(title).chain(labels).chain(annotations);
        let mut found: Vec<usize> = all.flat_map(|(sought, text)| sought.found_in(text)).collect();
        found.sort_unstable();
        found
    }
}

/// A rule that was looked at, and why it does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked<'a> {
    /// From 1, in the order of the rules.
    pub n: usize,
    pub rule: &'a Rule,
    pub miss: Option<Miss<'a>>,
}

impl Rulebook {
    pub fn new(rules: Vec<Rule>) -> Rulebook {
        let mut book = Rulebook::default();
        let mut shared: HashMap<Need<'_>, usize> = HashMap::new();
        for need in rules.iter().flat_map(|rule| rule.when.needs()) {
            *shared.entry(need).or_default() += 1;
        }
        let mut by_text: HashMap<Place<'_>, BTreeMap<&str, Vec<usize>>> = HashMap::new();
        for (at, rule) in rules.iter().enumerate() {
            let rarest = rule.when.needs().min_by_key(|need| {
                let length = match need {
                    Need::Value { .. } => None,
                    Need::Run { run, .. } => Some(Reverse(run.len())),
                };
                (shared.get(need).copied(), length)
            });
            match rarest {
                Some(Need::Value { label, value }) => {
                    let values = book.by_label.entry(label.to_owned()).or_default();
                    values.entry(value.to_owned()).or_default().push(at);
                }
                Some(Need::Run { place, run }) => {
                    by_text.entry(place).or_default().entry(run).or_default().push(at);
                }
                None => book.others.push(at),
            }
        }
        for (place, needed) in by_text {
            match Sought::new(&needed) {
                Ok(sought) => book.by_text.put(place, sought),
                // More than it can be built for: each is then looked at.
                Err(_) => book.others.extend(needed.into_values().flatten()),
            }
        }
        book.others.sort_unstable();
        book.rules = rules;
        book
    }

    /// The same rules, each looked at for every alert.
    #[cfg(test)]
    pub(super) fn unarranged(rules: Vec<Rule>) -> Rulebook {
        Rulebook { others: (0..rules.len()).collect(), rules, ..Rulebook::default() }
    }

    /// What is looked for, in memory.
    #[cfg(test)]
    pub(super) fn sought_bytes(&self) -> usize {
        let Texts { source, title, labels, annotations } = &self.by_text;
        let all = source.iter().chain(title).chain(labels.values()).chain(annotations.values());
        all.map(|sought| sought.runs.memory_usage()).sum()
    }

    /// How many rules are looked at for an alert that none matches.
    #[cfg(test)]
    pub(super) fn looked_at(&self, alert: &Alert) -> usize {
        self.labelled(alert).map(Vec::len).sum::<usize>()
            + self.by_text.found_in(alert).len()
            + self.others.len()
    }

    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub fn named(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// The first rule that matches.
    pub fn first(&self, situation: &Situation, alert: &Alert, now: DateTime<Utc>) -> Option<&Rule> {
        let found = self.by_text.found_in(alert);
        let mut first: Option<usize> = None;
        for list in self.labelled(alert).chain([&found, &self.others]) {
            let before = list.iter().copied().take_while(|at| first.is_none_or(|first| *at < first));
            let mut before = before.filter_map(|at| Some((at, self.rules.get(at)?)));
            let found = before.find(|(_, rule)| rule.when.miss(situation, alert, now).is_none());
            first = found.map(|(at, _)| at).or(first);
        }
        self.rules.get(first?)
    }

    /// The rules that want a label of a value that an alert has.
    fn labelled(&self, alert: &Alert) -> impl Iterator<Item = &Vec<usize>> {
        alert.labels.iter().filter_map(|(name, value)| self.by_label.get(name)?.get(value))
    }

    /// Every rule up to the first that matches, with why those before it do not.
    pub fn looked<'a>(
        &'a self,
        situation: &Situation,
        alert: &'a Alert,
        now: DateTime<Utc>,
    ) -> Vec<Looked<'a>> {
        let mut looked = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            let miss = rule.when.miss(situation, alert, now);
            let matched = miss.is_none();
            looked.push(Looked { n: at + 1, rule, miss });
            if matched {
                break;
            }
        }
        looked
    }
}
