//! What a team has words of its own for, besides the language: roles, severities, statuses, impacts and urgencies.

use std::sync::LazyLock;

use clap::Arg;

use super::tree::value_name;
use crate::{
    incident::{
        decide::Policy,
        matrix::Matrix,
        names::Names,
        phase::Phase,
        role::{Roles, Words},
        severity::Severity,
    },
    people::Person,
};

/// The team's words, as the settings have them.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub roles: Roles,
    /// In which of their two titles roles are shown.
    pub words: Words,
    pub names: Names,
    pub matrix: Matrix,
}

/// A view of them.
#[derive(Debug, Clone, Copy)]
pub struct Lexicon<'a> {
    /// Those that can be named.
    pub roles: &'a Roles,
    pub words: Words,
    pub names: &'a Names,
    pub matrix: &'a Matrix,
    /// Whose name may be of several words where another blank follows it.
    pub people: &'a [Person],
}

static USUAL: LazyLock<Known> = LazyLock::new(Known::default);

impl Lexicon<'static> {
    /// Without a word of a team.
    pub fn usual() -> Self {
        Lexicon::from(&*USUAL)
    }
}

impl<'a> From<&'a Roles> for Lexicon<'a> {
    fn from(roles: &'a Roles) -> Self {
        Lexicon { roles, ..Lexicon::usual() }
    }
}

impl<'a> From<&'a Known> for Lexicon<'a> {
    fn from(known: &'a Known) -> Self {
        Lexicon {
            roles: &known.roles,
            words: known.words,
            names: &known.names,
            matrix: &known.matrix,
            people: &[],
        }
    }
}

impl<'a> From<&'a Policy> for Lexicon<'a> {
    fn from(policy: &'a Policy) -> Self {
        Lexicon {
            roles: &policy.roles,
            words: policy.words,
            names: &policy.names,
            matrix: &policy.matrix,
            people: &[],
        }
    }
}

impl Lexicon<'_> {
    /// The words of a blank that the team may choose from: the value, and how it is shown. `None`: the blank is of another kind.
    pub(super) fn choices(&self, arg: &Arg) -> Option<Vec<(String, String)>> {
        let same = |words: &[String]| words.iter().map(|word| (word.clone(), word.clone())).collect();
        match value_name(arg) {
            "SEVERITY" => {
                Some(self.names.used().map(|one| (one.word().to_owned(), self.told(one))).collect())
            }
            "IMPACT" if arg.get_possible_values().is_empty() => Some(same(self.matrix.impacts())),
            "URGENCY" => Some(same(self.matrix.urgencies())),
            _ => None,
        }
    }

    /// `sev2 – major: …` where the team has no name for it, else `sev2 Major – …`.
    fn told(&self, severity: Severity) -> String {
        let name = self.names.severity(severity);
        let name = name.split_once(' ').map_or(String::new(), |(_, name)| format!(" {name}"));
        format!("{}{name} – {}", severity.word(), self.names.meaning(severity))
    }

    /// What help adds for a verb that takes a severity.
    pub(super) fn severities(&self) -> String {
        let told = self.names.used().map(|one| format!("  {}\n", self.told(one)));
        format!("Severities:\n{}", told.collect::<String>())
    }

    pub(super) fn rated(&self) -> String {
        let lines = self.matrix.lines(|severity| self.names.severity(severity));
        let told = lines.into_iter().map(|line| format!("  {line}\n"));
        format!("Severity by impact and urgency:\n{}", told.collect::<String>())
    }

    /// The names of statuses, where the team gave some.
    pub(super) fn statuses(&self) -> String {
        let named = Phase::ALL.into_iter().filter_map(|phase| Some((phase, self.names.name_of(phase)?)));
        let told: String = named.map(|(phase, name)| format!("  {} – {name}\n", phase.word())).collect();
        if told.is_empty() { told } else { format!("Statuses:\n{told}") }
    }
}
