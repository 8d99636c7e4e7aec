//! All rules in force, arranged so that deciding costs little however many there are.

use std::collections::{BTreeMap, HashMap};

use aho_corasick::AhoCorasick;
use chrono::{DateTime, Utc};

use super::{Miss, Rule, matchers::Place};
use crate::alert::{Alert, situation::Situation};

/// The rules in their order. One that wants a label of one exact value is looked at only for alerts that have it; one with a
/// pattern only where some run of characters that the pattern needs is found.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    rules: Vec<Rule>,
    /// By name and value of the label: which rules, in their order.
    by_label: HashMap<String, HashMap<String, Vec<usize>>>,
    /// By where a pattern is held against.
    by_text: Vec<(Place, Sought)>,
    /// Those that may match any alert.
    others: Vec<usize>,
}

/// Runs of characters that are looked for all at once, and the rule that needs each.
#[derive(Debug, Clone)]
struct Sought {
    runs: AhoCorasick,
    rules: Vec<usize>,
}

impl Sought {
    fn found_in<'s>(&'s self, text: &'s str) -> impl Iterator<Item = usize> + 's {
        let runs = self.runs.find_overlapping_iter(text);
        runs.filter_map(|run| self.rules.get(run.pattern().as_usize()).copied())
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
        let mut by_text: BTreeMap<Place, Vec<(usize, &str)>> = BTreeMap::new();
        for (at, rule) in rules.iter().enumerate() {
            if let Some((name, value)) = rule.when.exact_label() {
                let values = book.by_label.entry(name.to_owned()).or_default();
                values.entry(value.to_owned()).or_default().push(at);
            } else if let Some((place, run)) = rule.when.needed_run() {
                by_text.entry(place).or_default().push((at, run));
            } else {
                book.others.push(at);
            }
        }
        for (place, needed) in by_text {
            let rules = needed.iter().map(|(at, _)| *at);
            match AhoCorasick::new(needed.iter().map(|(_, run)| run)) {
                Ok(runs) => book.by_text.push((place, Sought { runs, rules: rules.collect() })),
                // Longer than it can be built for: each is then looked at.
                Err(_) => book.others.extend(rules),
            }
        }
        book.others.sort_unstable();
        book.rules = rules;
        book
    }

    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub fn named(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// The first rule that matches.
    pub fn first(&self, situation: &Situation, alert: &Alert, now: DateTime<Utc>) -> Option<&Rule> {
        let labelled = alert.labels.iter().filter_map(|(name, value)| self.by_label.get(name)?.get(value));
        let texts = self.by_text.iter().filter_map(|(place, sought)| Some((place.of(alert)?, sought)));
        let mut found: Vec<usize> = texts.flat_map(|(text, sought)| sought.found_in(text)).collect();
        found.sort_unstable();
        let mut first: Option<usize> = None;
        for list in labelled.chain([&found, &self.others]) {
            let before = list.iter().copied().take_while(|at| first.is_none_or(|first| *at < first));
            let mut before = before.filter_map(|at| Some((at, self.rules.get(at)?)));
            let found = before.find(|(_, rule)| rule.when.miss(situation, alert, now).is_none());
            first = found.map(|(at, _)| at).or(first);
        }
        self.rules.get(first?)
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
