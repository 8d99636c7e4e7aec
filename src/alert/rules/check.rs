//! What is wrong with rules, before any alert meets them.

use std::collections::BTreeMap;

use super::{Action, PATTERN_MAX_BYTES, RULES_MAX, Rule, template};
use crate::alert::text::quote;

/// A mistake: where it stands, what is wrong, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key within the list: `[3].then.declare.title`.
    pub key: String,
    /// Without a full stop.
    pub what: String,
    /// A sentence.
    pub hint: String,
}

impl Fault {
    pub(crate) fn new(key: String, what: impl Into<String>, hint: impl Into<String>) -> Fault {
        Fault { key, what: what.into(), hint: hint.into() }
    }
}

/// What is wrong with the rules; empty if nothing is.
pub fn check(rules: &[Rule]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if rules.len() > RULES_MAX {
        let what = format!("there are {} rules, the limit is {RULES_MAX}", rules.len());
        faults.push(Fault::new(String::new(), what, "Put several into one, by patterns."));
    }
    let mut names = BTreeMap::new();
    let mut everything: Option<&str> = None;
    for (i, rule) in rules.iter().enumerate() {
        let key = |of: &str| format!("[{i}].{of}");
        if rule.name.trim().is_empty() {
            let hint = "Give it one, for the reason that responders read.";
            faults.push(Fault::new(key("name"), "the rule has no name", hint));
        } else if let Some(before) = names.insert(rule.name.as_str(), i + 1) {
            let what = format!("rule {before} is called {} as well", quote(&rule.name));
            faults.push(Fault::new(key("name"), what, "Give each a name of its own."));
        }
        if let Some(before) = everything {
            let what = format!("the rule is never reached: {} before it matches every alert", quote(before));
            faults.push(Fault::new(format!("[{i}]"), what, "Put the one that matches every alert last."));
        } else if rule.when.is_everything() {
            everything = Some(&rule.name);
        }
        faults.extend(too_long(&key("when."), rule.when.patterns()));
        for (nth, _) in rule.when.not.iter().enumerate().filter(|(_, one)| **one == Default::default()) {
            let what = "this entry says nothing, so that the rule matches no alert";
            faults.push(Fault::new(key(&format!("when.not[{nth}]")), what, "Say what it must not be."));
        }
        action(&rule.then, &key("then"), &mut faults);
    }
    faults
}

/// The patterns that are longer than anybody needs.
pub(crate) fn too_long(under: &str, patterns: Vec<(String, &str)>) -> Vec<Fault> {
    let long = patterns.into_iter().filter(|(_, pattern)| pattern.len() > PATTERN_MAX_BYTES);
    long.map(|(key, _)| {
        let what = format!("the pattern is longer than {PATTERN_MAX_BYTES} bytes");
        Fault::new(format!("{under}{key}"), what, "Shorten it, with `*`.")
    })
    .collect()
}

fn action(action: &Action, key: &str, faults: &mut Vec<Fault>) {
    let mut label = |key: String, name: &str| {
        if name.trim().is_empty() {
            faults.push(Fault::new(key, "the label has no name", "Write the name of a label: `service`."));
        }
    };
    match action {
        Action::AttachTo(same) => label(format!("{key}.attach_to.same"), &same.same),
        Action::Declare(declaring) => {
            let key = format!("{key}.declare");
            if let Some(name) = &declaring.unless_same {
                label(format!("{key}.unless_same"), name);
            }
            severity(&key, declaring.severity, faults);
            let fields = declaring.fields.iter().map(|(name, value)| (format!("fields.{name}"), value));
            let templates = declaring.title.iter().map(|title| ("title".to_owned(), title)).chain(fields);
            for (of, template) in templates {
                if let Some((what, hint)) = template::fault(template) {
                    faults.push(Fault::new(format!("{key}.{of}"), what, hint));
                }
            }
            let too_long = |text: &String| text.trim().is_empty() || text.len() > PATTERN_MAX_BYTES;
            if declaring.playbook.as_ref().is_some_and(too_long) {
                let what = format!("this is no name of a playbook of at most {PATTERN_MAX_BYTES} bytes");
                faults.push(Fault::new(
                    format!("{key}.playbook"),
                    what,
                    "Write its name, or its web address.",
                ));
            }
        }
        Action::Page(calling) => {
            let key = format!("{key}.page");
            if let Some(name) = &calling.unless_same {
                label(format!("{key}.unless_same"), name);
            }
            severity(&key, calling.severity, faults);
            if let Some((what, hint)) = calling.title.as_deref().and_then(template::fault) {
                faults.push(Fault::new(format!("{key}.title"), what, hint));
            }
        }
        Action::Record | Action::Card | Action::Attach => {}
    }
}

fn severity(key: &str, severity: u8, faults: &mut Vec<Fault>) {
    if !(1..=5).contains(&severity) {
        let what = format!("{severity} is no severity");
        faults.push(Fault::new(format!("{key}.severity"), what, "Severities are 1 (worst) to 5."));
    }
}
