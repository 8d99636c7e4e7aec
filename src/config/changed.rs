//! Settings over settings in force: what differs, in words, and what of it only a start takes over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::report::Report;
use super::{Alerts, Config, Hook, Problem, Severities, check, secrets};

/// By what the parts of a list are named.
const NAMES: [&str; 2] = ["id", "name"];

/// Settings that were read while others are in force.
#[derive(Debug, Clone)]
pub struct Changed {
    /// What is in force from now on: the new ones, with what only a start takes over as it was.
    pub config: Config,
    /// What becomes another: `hooks: grafana added`.
    pub now: Vec<String>,
    /// What waits for a start.
    pub at_start: Vec<String>,
}

impl Config {
    /// These settings, taken over by a house that runs on others.
    ///
    /// # Errors
    /// Where they do not fit together with what only a start takes over.
    pub fn over(self, running: &Config) -> Result<Changed, Vec<Problem>> {
        let read = Parts::of(&self);
        let config = self.kept_where_built(running);
        let mut report = Report::new("", "");
        check::check(&config, &mut report);
        if !report.is_clean() {
            return Err(report.finish());
        }
        let holds = Parts::of(&config);
        Ok(Changed { now: holds.since(&Parts::of(running)), at_start: read.since(&holds), config })
    }

    /// With what only a start takes over as it is in the others: what the house is built of, its doors and destinations.
    fn kept_where_built(self, running: &Config) -> Config {
        let old = running.clone();
        let mut command = self.command;
        command.vocabulary = old.command.vocabulary;
        let mut person = self.person;
        for one in &mut person {
            let before = old.person.iter().find(|before| before.id == one.id);
            // Who they are in a chat is known to its door.
            one.discord = before.and_then(|before| before.discord.clone());
            one.matrix = before.and_then(|before| before.matrix.clone());
            one.mattermost = before.and_then(|before| before.mattermost.clone());
            one.slack = before.and_then(|before| before.slack.clone());
        }
        // Discord shows the names in its menus, which are laid down at a start.
        let severity = Severities { used: old.severity.used, ..self.severity };
        Config {
            command,
            person,
            severity,
            names: old.names,
            severity_matrix: old.severity_matrix,
            hooks: with_mailboxes_of(&old.hooks, self.hooks),
            alerts: Alerts { group: old.alerts.group, ..self.alerts },
            organization: old.organization,
            http: old.http,
            auth: old.auth,
            storage: old.storage,
            mail: old.mail,
            senders: old.senders,
            pagers: old.pagers,
            status_page: old.status_page,
            discord: old.discord,
            matrix: old.matrix,
            mattermost: old.mattermost,
            slack: old.slack,
            x: old.x,
            statuspage: old.statuspage,
            log: old.log,
            ..self
        }
    }
}

/// These hooks with the mailboxes of the others: what reads a mailbox runs from the start on, and hands its letters to the hook as it
/// was then.
fn with_mailboxes_of(
    running: &BTreeMap<String, Hook>,
    mut hooks: BTreeMap<String, Hook>,
) -> BTreeMap<String, Hook> {
    for (name, hook) in &mut hooks {
        hook.mailbox = None;
        if let Some(before) = running.get(name).filter(|before| before.mailbox.is_some()) {
            (hook.mailbox, hook.sender) = (before.mailbox.clone(), before.sender);
            // A mapping goes with the sender that it is for.
            hook.mapping = before.mapping.clone();
        }
    }
    for (name, before) in running.iter().filter(|(_, before)| before.mailbox.is_some()) {
        hooks.entry(name.clone()).or_insert_with(|| before.clone());
    }
    hooks
}

/// Settings in parts that can be compared: of each section the whole, or what is named in it.
struct Parts(BTreeMap<String, BTreeMap<String, String>>);

impl Parts {
    fn of(config: &Config) -> Parts {
        let secrets = secrets::fingerprints(config);
        let of_section = |section: &str| -> Vec<(&str, &str)> {
            let is_of = |key: &str| key.split(['.', '[']).next() == Some(section);
            secrets.iter().filter(|(key, _)| is_of(key)).map(|(k, v)| (k.as_str(), v.as_str())).collect()
        };
        let Value::Object(sections) = config.redacted() else { return Parts(BTreeMap::new()) };
        let parts = sections.into_iter().map(|(section, value)| {
            let parts = parts(&section, &value, &of_section(&section));
            (section, parts)
        });
        Parts(parts.collect())
    }

    /// What is another than it was: a line for each section.
    fn since(&self, before: &Parts) -> Vec<String> {
        let sections: BTreeSet<&String> = self.0.keys().chain(before.0.keys()).collect();
        let none = BTreeMap::new();
        let told = sections.into_iter().filter_map(|section| {
            let (new, old) = (self.0.get(section).unwrap_or(&none), before.0.get(section).unwrap_or(&none));
            let names: BTreeSet<&String> = new.keys().chain(old.keys()).collect();
            let changes = names.into_iter().filter_map(|name| {
                let how = match (new.get(name), old.get(name)) {
                    (new, old) if new == old => return None,
                    (Some(_), None) => "added",
                    (None, Some(_)) => "removed",
                    _ => "changed",
                };
                Some(if name.is_empty() { how.to_owned() } else { format!("{name} {how}") })
            });
            let changes: Vec<String> = changes.collect();
            (!changes.is_empty()).then(|| format!("{section}: {}", changes.join(", ")))
        });
        told.collect()
    }
}

/// The parts of a section by their names, each with the fingerprints of its secrets. What has no names is one part without one.
fn parts(section: &str, value: &Value, secrets: &[(&str, &str)]) -> BTreeMap<String, String> {
    let with = |place: &str, value: &Value| {
        let is_of = |key: &str| {
            key.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let secrets: Vec<_> = secrets
            .iter()
            .filter(|(key, _)| is_of(key))
            .map(|(key, digest)| (key.strip_prefix(place).unwrap_or(key), digest))
            .collect();
        format!("{value} {secrets:?}")
    };
    match value {
        Value::Array(items) => {
            let named = items.iter().enumerate().map(|(n, item)| {
                let name = NAMES.iter().find_map(|name| item.get(name)?.as_str());
                let name = name.map_or_else(|| (n + 1).to_string(), str::to_owned);
                (name, with(&format!("{section}[{n}]"), item))
            });
            named.collect()
        }
        Value::Object(items) => items
            .iter()
            .map(|(name, item)| (name.clone(), with(&format!("{section}.{name}"), item)))
            .collect(),
        Value::Null => BTreeMap::new(),
        other => [(String::new(), with(section, other))].into(),
    }
}
