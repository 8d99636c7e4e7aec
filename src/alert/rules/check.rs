//! What is wrong with rules, before any alert meets them.

use std::collections::BTreeSet;

use super::{Action, PATTERN_MAX_BYTES, RULES_MAX, Rule, title};
use crate::alert::text::quote;

/// What is wrong with the rules, in a sentence each; empty if nothing is. For the check of a configuration.
pub fn check(rules: &[Rule]) -> Vec<String> {
    let mut faults = Vec::new();
    if rules.len() > RULES_MAX {
        faults.push(format!("There are {} rules, the limit is {RULES_MAX}.", rules.len()));
    }
    let mut names = BTreeSet::new();
    let mut everything: Option<&str> = None;
    for (i, rule) in rules.iter().enumerate() {
        let which = format!("Rule {} ({})", i + 1, quote(&rule.name));
        if rule.name.trim().is_empty() {
            faults.push(format!(
                "Rule {} has no name; give it one, for the reason that responders read.",
                i + 1
            ));
        } else if !names.insert(rule.name.as_str()) {
            faults.push(format!("{which} has the name of a rule before it."));
        }
        if let Some(before) = everything {
            faults
                .push(format!("{which} is never reached: {} before it matches every alert.", quote(before)));
        } else if rule.when.is_everything() {
            everything = Some(&rule.name);
        }
        let patterns = rule.when.source.iter().chain(rule.when.labels.values());
        for pattern in patterns.filter(|p| p.len() > PATTERN_MAX_BYTES) {
            faults.push(format!(
                "{which}: the pattern {} is longer than {PATTERN_MAX_BYTES} bytes.",
                quote(pattern)
            ));
        }
        if let Action::Declare { severity, title } = &rule.then {
            if !(1..=5).contains(severity) {
                faults.push(format!("{which} declares severity {severity}; severities are 1 (worst) to 5."));
            }
            faults.extend(title.as_deref().and_then(title::fault).map(|why| format!("{which}: {why}.")));
        }
    }
    faults
}
