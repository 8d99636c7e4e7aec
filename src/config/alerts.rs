//! The settings of what alerts lead to: rules, groups, flapping; here, or in a file of their own.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::format::nearest;
use super::report::Report;
use super::shape::{Shape, in_order};
use super::{Config, Problem, document, load};
use crate::{
    alert::{
        flapping::Flapping,
        group::{self, Group},
        rules::{self, Action, Calling, Fault, Rule},
    },
    roster::{self, ON_CALL},
};

/// `[alerts]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Alerts>)]
pub struct Alerts {
    /// A file with more rules and groups, `[[rule]]` and `[[group]]` in it; those here are looked at first. A relative path is seen from
    /// this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "rules.toml"))]
    pub rules_file: Option<PathBuf>,
    /// What counts as flapping: what it does from then on is told once it was steady again.
    pub flapping: Flapping,
    /// What an alert leads to, one `[[alerts.rule]]` each; the first that fits decides.
    pub rule: Vec<Rule>,
    /// Which alerts of several senders are one situation, one `[[alerts.group]]` each; the first that fits decides. An alert that none
    /// fits is grouped as its sender does.
    pub group: Vec<Group>,
}

/// A file of rules.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RulesFile {
    /// What an alert leads to, one `[[rule]]` each; the first that fits decides.
    pub rule: Vec<Rule>,
    /// Which alerts are one situation, one `[[group]]` each.
    pub group: Vec<Group>,
}

impl RulesFile {
    /// Reads a file of rules, and holds it against the people, roles, types and fields of the settings.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub fn load(path: &Path, config: &Config) -> Result<RulesFile, Vec<Problem>> {
        match load::read_file(path, "rules file") {
            Ok(text) => RulesFile::of(path, &text, config),
            Err((what, hint)) => {
                let name = path.display().to_string();
                let mut report = Report::new(&name, "");
                report.at("", what, hint);
                Err(report.finish())
            }
        }
    }

    fn of(path: &Path, text: &str, config: &Config) -> Result<RulesFile, Vec<Problem>> {
        let (name, shape) = (path.display().to_string(), Shape::of_rules());
        let mut report = Report::new(&name, text);
        if document::read(text, &shape, &mut report) {
            match load::whole::<RulesFile>(text, &shape, &mut report) {
                Ok(file) => {
                    check(&file.rule, &file.group, "", config, &mut report);
                    if report.is_clean() {
                        return Ok(file);
                    }
                }
                Err(what) if report.is_clean() => report.at("", what, ""),
                Err(_) => {}
            }
        }
        Err(report.finish())
    }
}

/// Puts the rules of the file in their place. What is wrong in that file comes back; what is wrong with naming it is reported.
pub(super) fn resolve(config: &mut Config, base: &Path, report: &mut Report<'_>) -> Vec<Problem> {
    let Some(file) = &config.alerts.rules_file else { return vec![] };
    // Held against what is itself in question, everything in the file would be told to be wrong.
    let named = ["alerts", "person", "role", "incident_type", "incident_field"];
    if named.into_iter().any(|section| report.is_spoilt(section)) {
        return vec![];
    }
    let path = base.join(file);
    let text = match load::read_file(&path, "rules file") {
        Ok(text) => text,
        Err((what, hint)) => {
            report.at("alerts.rules_file", what, hint);
            return vec![];
        }
    };
    match RulesFile::of(&path, &text, config) {
        Ok(RulesFile { rule, group }) => {
            config.alerts.rule.extend(rule);
            config.alerts.group.extend(group);
            vec![]
        }
        Err(problems) => problems,
    }
}

/// Reports what is wrong with the rules and groups that stand below `under`.
pub(super) fn check(rules: &[Rule], groups: &[Group], under: &str, config: &Config, report: &mut Report<'_>) {
    let mut tell = |list: &str, faults: Vec<Fault>| {
        for Fault { key, what, hint } in faults {
            report.at(&format!("{under}{list}{key}"), what, hint);
        }
    };
    tell("rule", rules::check(rules));
    tell("group", group::check(groups));
    for (i, rule) in rules.iter().enumerate() {
        let key = format!("{under}rule[{i}].then");
        match &rule.then {
            Action::Declare(declaring) => {
                Named { key: format!("{key}.declare"), config, report }.check(declaring);
            }
            Action::Page(calling) => calls(&format!("{key}.page"), calling.to.as_deref(), config, report),
            _ => {}
        }
    }
}

/// Whom a rule pages.
fn calls(key: &str, to: Option<&str>, config: &Config, report: &mut Report<'_>) {
    match to {
        Some(to) if to != Calling::SERVICE => paged(&format!("{key}.to"), to, config, report),
        // What is wrong with an escalation itself is told where it stands.
        _ if config.escalation.is_empty() && !report.is_spoilt("escalation") => {
            let hint = "Write `to = \"roster:NAME\"`, or add an [[escalation]].";
            report.at(key, "there is no [[escalation]] that could be meant", hint);
        }
        _ => {}
    }
}

/// Reports what nobody can be paged by.
pub(super) fn paged(key: &str, to: &str, config: &Config, report: &mut Report<'_>) {
    let hint = "Write `roster:NAME`, `person:ID` or `escalation:NAME`.";
    match to.split_once(':') {
        Some(("escalation", name)) => {
            let known = config.escalation.iter().map(|one| one.name.as_str());
            if !report.is_spoilt("escalation") && known.clone().all(|one| one != name) {
                none_such(report, key, name, "escalation", known);
            }
        }
        Some(("person", id)) => {
            if !report.is_spoilt("person") && config.person(id).is_none() {
                none_such(report, key, id, "person", config.person.iter().map(|one| one.id.as_str()));
            }
        }
        Some(("roster", named)) => {
            let rosters = config.rosters();
            if !report.is_spoilt("roster") && roster::find(&rosters, named).is_err() {
                let known = roster::names(&rosters);
                none_such(report, key, named, "roster", known.iter().map(String::as_str));
            }
        }
        _ => report.at(key, format!("`{to}` is nobody who could be paged"), hint),
    }
}

/// What a declaration names that the settings must have.
struct Named<'a, 't> {
    key: String,
    config: &'a Config,
    report: &'a mut Report<'t>,
}

impl Named<'_, '_> {
    fn check(mut self, declaring: &rules::Declaring) {
        let config = self.config;
        if let Some(name) = &declaring.incident_type {
            self.one("type", name, "type", config.incident_type.iter().map(|one| one.name.as_str()));
        }
        for field in declaring.fields.keys() {
            let known = config.incident_field.iter().map(|one| one.name.as_str());
            self.one(&format!("fields.{field}"), field, "field", known);
        }
        offers(&format!("{}.roles", self.key), &declaring.roles, config, self.report);
    }

    fn one<'n>(&mut self, key: &str, name: &str, what: &str, known: impl Iterator<Item = &'n str> + Clone) {
        if known.clone().any(|one| one == name) {
            return;
        }
        none_such(self.report, &format!("{}.{key}", self.key), name, what, known);
    }
}

fn none_such<'n>(
    report: &mut Report<'_>,
    key: &str,
    name: &str,
    what: &str,
    known: impl Iterator<Item = &'n str>,
) {
    let hint = match nearest(name, known) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("The settings name none such: add the {what}, or take this away."),
    };
    report.at(key, format!("there is no {what} `{name}`"), hint);
}

/// Reports roles that are none, and people and rosters that nobody knows, among those who are offered something.
pub(super) fn offers(key: &str, offers: &BTreeMap<String, String>, config: &Config, report: &mut Report<'_>) {
    let roles = config.roles();
    for (role, to) in offers {
        let key = format!("{key}.{role}");
        if let Err(why) = roles.find(role) {
            let (what, hint) = why.split_once(". ").unwrap_or((why.trim_end_matches('.'), ""));
            report.at(&key, what, hint);
        }
        match to.strip_prefix(ON_CALL) {
            Some(named) => {
                let rosters = config.paging().rosters;
                // What is wrong with a roster itself is told where it stands.
                if !report.is_spoilt("roster") && roster::find(&rosters, named).is_err() {
                    let known = roster::names(&rosters);
                    none_such(report, &key, named, "roster", known.iter().map(String::as_str));
                }
            }
            None if config.person(to).is_some() => {}
            None => none_such(report, &key, to, "person", config.person.iter().map(|one| one.id.as_str())),
        }
    }
}
