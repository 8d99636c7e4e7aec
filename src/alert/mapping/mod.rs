//! Where a generic body holds what, as its hook's configuration says.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::AlertSeverity;
use super::intake::LABELS_MAX;

pub mod customary;
pub mod path;

use path::{Path, Template};

/// How a generic hook reads its bodies. Every field may be left out; what is left out is looked for under
/// the customary keys.
///
/// A *path* is `$.event.tags[0].name` (the `$.` may be left out), `$["odd.key"]`, or a JSON pointer
/// (`/event/tags/0/name`). A *template* is a path, or a text with paths in braces: `{$.host} is {$.state}`. With
/// `alerts_at`, a path is tried in the one alert first and then in the whole body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GenericMapping {
    /// Path of the array that holds the alerts. Left out: the body is one alert, or an array of alerts.
    pub alerts_at: Option<String>,
    /// Template of the title. Left out: `title`, `summary`, `subject`, `name`, `alertname`, `message`.
    pub title: Option<String>,
    /// Template of the description. Left out: `description`, `details`, `message`, `body`, `text`, `output`.
    pub description: Option<String>,
    /// Whether it fires. Left out: `status`, `state`, by the customary words.
    pub status: Option<StatusMapping>,
    /// How bad it is. Left out: `severity`, `level`, `priority`, `urgency`, by the customary words.
    pub severity: Option<SeverityMapping>,
    /// Template of the identity: the same for the firing and the resolved body of one alert, another for
    /// another alert. Left out: `fingerprint`, `dedup_key`, `key`, `alert_id`, `uid`, `id` and their like, else
    /// worked out from title and labels.
    pub fingerprint: Option<String>,
    /// Template of what situations group by. Left out: the label `service`, else the title.
    pub group: Option<String>,
    /// Template of the time it began: RFC 3339, or a count since 1970 in seconds to nanoseconds. Left out:
    /// `starts_at`, `started_at`, `start_time`. A time of sending does not belong here: it would make every
    /// repeat a new alert.
    pub starts_at: Option<String>,
    /// Template of the time it ended. Left out: `ends_at`, `ended_at`, `resolved_at`, `end_time`.
    pub ends_at: Option<String>,
    /// Labels by name, each a template.
    pub labels: BTreeMap<String, String>,
    /// Path of an object whose entries become labels, or of an array of `name:value` texts. Left out: `labels`,
    /// else `tags`, and `host`, `service`, `environment`, `region` and their like.
    pub labels_at: Option<String>,
    /// Template of the address of the alert at its sender. Left out: `link`, `url`, `html_url` and their like.
    pub link: Option<String>,
}

/// Whether a generic alert fires.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusMapping {
    /// Template of the sender's word.
    #[schemars(extend("x-example" = "$.status"))]
    pub path: String,
    /// Words that mean firing, in any case. A word in no list is read as the customary ones are, and fires if it
    /// is not among them.
    #[serde(default)]
    pub firing: Vec<String>,
    /// Words that mean resolved, in any case.
    #[serde(default)]
    pub resolved: Vec<String>,
    /// Words that mean firing, with somebody on it, in any case.
    #[serde(default)]
    pub acknowledged: Vec<String>,
}

/// How bad a generic alert is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeverityMapping {
    /// Template of the sender's word.
    #[schemars(extend("x-example" = "$.severity"))]
    pub path: String,
    /// Severities by the sender's word, in any case. A word that is not here is read as the customary ones are.
    #[serde(default)]
    pub map: BTreeMap<String, AlertSeverity>,
    /// The severity if the body says none, or a word that nobody knows.
    #[serde(default)]
    pub default: AlertSeverity,
}

/// A field of a mapping that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{field}` of the mapping cannot be used: {why}")]
pub struct MappingFault {
    /// The field's name, as in `labels.host`.
    pub field: String,
    pub why: String,
}

/// A [`GenericMapping`] whose paths are read. The default one looks everything up under the customary keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    pub(crate) alerts_at: Option<Path>,
    pub(crate) title: Option<Template>,
    pub(crate) description: Option<Template>,
    pub(crate) status: Option<StatusWords>,
    pub(crate) severity: Option<SeverityWords>,
    pub(crate) fingerprint: Option<Template>,
    pub(crate) group: Option<Template>,
    pub(crate) starts_at: Option<Template>,
    pub(crate) ends_at: Option<Template>,
    pub(crate) labels: Vec<(String, Template)>,
    pub(crate) labels_at: Option<Path>,
    pub(crate) link: Option<Template>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatusWords {
    pub at: Template,
    pub firing: BTreeSet<String>,
    pub resolved: BTreeSet<String>,
    pub acknowledged: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeverityWords {
    pub at: Template,
    pub map: BTreeMap<String, AlertSeverity>,
    pub default: AlertSeverity,
}

/// How words are compared: without blanks around them and without case.
pub(crate) fn folded(word: &str) -> String {
    word.trim().to_lowercase()
}

impl GenericMapping {
    /// Reads the paths and templates.
    ///
    /// # Errors
    /// Every field that cannot be used, by name, not only the first.
    pub fn compile(&self) -> Result<Mapping, Vec<MappingFault>> {
        let mut faults = Faults(Vec::new());
        let mapping = Mapping {
            alerts_at: faults.path("alerts_at", self.alerts_at.as_deref()),
            title: faults.template("title", self.title.as_deref()),
            description: faults.template("description", self.description.as_deref()),
            status: self.status.as_ref().and_then(|s| faults.status(s)),
            severity: self.severity.as_ref().and_then(|s| {
                let at = faults.template("severity.path", Some(&s.path))?;
                let map = s.map.iter().map(|(word, severity)| (folded(word), *severity)).collect();
                Some(SeverityWords { at, map, default: s.default })
            }),
            fingerprint: faults.template("fingerprint", self.fingerprint.as_deref()),
            group: faults.template("group", self.group.as_deref()),
            starts_at: faults.template("starts_at", self.starts_at.as_deref()),
            ends_at: faults.template("ends_at", self.ends_at.as_deref()),
            labels: self
                .labels
                .iter()
                .filter_map(|(name, t)| {
                    Some((name.clone(), faults.template(&format!("labels.{name}"), Some(t))?))
                })
                .collect(),
            labels_at: faults.path("labels_at", self.labels_at.as_deref()),
            link: faults.template("link", self.link.as_deref()),
        };
        if self.labels.len() > LABELS_MAX {
            faults.add("labels", format!("it has {} entries, the limit is {LABELS_MAX}", self.labels.len()));
        }
        if faults.0.is_empty() { Ok(mapping) } else { Err(faults.0) }
    }
}

struct Faults(Vec<MappingFault>);

impl Faults {
    fn add(&mut self, field: &str, why: String) {
        self.0.push(MappingFault { field: field.to_owned(), why });
    }

    fn path(&mut self, field: &str, text: Option<&str>) -> Option<Path> {
        Path::parse(text?).map_err(|why| self.add(field, why)).ok()
    }

    fn template(&mut self, field: &str, text: Option<&str>) -> Option<Template> {
        Template::parse(text?).map_err(|why| self.add(field, why)).ok()
    }

    fn status(&mut self, status: &StatusMapping) -> Option<StatusWords> {
        let set = |words: &[String]| words.iter().map(|w| folded(w)).collect::<BTreeSet<_>>();
        let (firing, resolved, acknowledged) =
            (set(&status.firing), set(&status.resolved), set(&status.acknowledged));
        for (a, in_a, b, in_b) in [
            ("firing", &firing, "resolved", &resolved),
            ("firing", &firing, "acknowledged", &acknowledged),
            ("acknowledged", &acknowledged, "resolved", &resolved),
        ] {
            for word in in_a.intersection(in_b) {
                self.add("status", format!("the word `{word}` stands under both `{a}` and `{b}`"));
            }
        }
        Some(StatusWords {
            at: self.template("status.path", Some(&status.path))?,
            firing,
            resolved,
            acknowledged,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read_from_a_configuration_file() {
        let mapping: GenericMapping = toml::from_str(
            r#"
            alerts_at = "$.events"
            title = "{$.check} on {$.host}"
            status = { path = "$.state", firing = ["PROBLEM"], resolved = ["RECOVERY"] }
            severity = { path = "$.prio", map = { 1 = "critical", 2 = "warning" } }
            labels = { host = "$.host" }
            "#,
        )
        .unwrap();
        assert!(mapping.compile().is_ok());
        assert_eq!(GenericMapping::default().compile(), Ok(Mapping::default()));
    }

    #[test]
    fn every_fault_of_a_mapping_is_told_by_name() {
        let mapping = GenericMapping {
            alerts_at: Some("$.a[".into()),
            title: Some("{host".into()),
            status: Some(StatusMapping {
                path: "".into(),
                firing: vec!["Up".into()],
                resolved: vec!["up".into()],
                ..StatusMapping::default()
            }),
            labels: BTreeMap::from([("host".into(), "$x".into())]),
            ..GenericMapping::default()
        };
        let faults = mapping.compile().unwrap_err().iter().map(|f| format!("{f}\n")).collect::<String>();
        insta::assert_snapshot!(faults, @"
        `alerts_at` of the mapping cannot be used: a bracket is not closed in the path “$.a[”
        `title` of the mapping cannot be used: a brace of the template “{host” has no partner (`{{` is a brace itself)
        `status` of the mapping cannot be used: the word `up` stands under both `firing` and `resolved`
        `status.path` of the mapping cannot be used: a key is empty in the path “”
        `labels.host` of the mapping cannot be used: `$` is followed by neither `.` nor `[` in the path “$x”
        ");
    }

    #[test]
    fn a_misspelt_field_is_refused_by_name() {
        let error = toml::from_str::<GenericMapping>("titel = \"$.x\"").unwrap_err().to_string();
        assert!(error.contains("titel") && error.contains("title"), "{error}");
    }
}
