//! All rules in force, arranged so that deciding costs little however many there are.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Miss, Rule};
use crate::alert::{Alert, situation::Situation};

/// The rules in their order. One that wants a label of one exact value is looked at only for alerts that have it.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    rules: Vec<Rule>,
    /// By name and value of the label: which rules, in their order.
    by_label: HashMap<String, HashMap<String, Vec<usize>>>,
    /// Those that may match any alert.
    others: Vec<usize>,
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
        for (at, rule) in rules.iter().enumerate() {
            match rule.when.exact_label() {
                Some((name, value)) => {
                    let values = book.by_label.entry(name.to_owned()).or_default();
                    values.entry(value.to_owned()).or_default().push(at);
                }
                None => book.others.push(at),
            }
        }
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
        let mut first: Option<usize> = None;
        for list in labelled.chain([&self.others]) {
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
