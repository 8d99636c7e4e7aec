//! What an alert must be for a rule to match, and why it is not.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hours, glob};
use crate::alert::{Alert, AlertSeverity, situation::Situation, text::quote};

/// What an alert must be to match: all that is said. In patterns `*` stands for any run of characters, `?` for
/// one; everything else for itself, case included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Matchers {
    /// Pattern of the hook's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// At least this severe. An unknown severity is below all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<AlertSeverity>,
    /// Pattern of the alert's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Patterns of labels, by the label's name. A label that is not there matches only the empty pattern, so
    /// that `*` means "has this label".
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Patterns of annotations, by name, as of labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// At least so many alerts of the situation fire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firing: Option<u32>,
    /// The hours in which it is looked at: `{ days = ["sat", "sun"], from = "08:00", to = "20:00", zone = "Europe/Berlin" }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub during: Option<Hours>,
    /// What it must not be: a list of tables with `source`, `severity`, `title`, `labels`, `annotations`. An alert that is all that
    /// one of them says does not match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not: Vec<Traits>,
}

/// What an alert is by itself. In patterns `*` stands for any run of characters, `?` for one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Traits {
    /// Pattern of the hook's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// At least this severe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<AlertSeverity>,
    /// Pattern of the alert's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Patterns of labels, by the label's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Patterns of annotations, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// The first thing in which an alert is not what was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss<'a> {
    Source {
        is: &'a str,
        wanted: &'a str,
    },
    Severity {
        is: AlertSeverity,
        least: AlertSeverity,
    },
    Title {
        is: &'a str,
        wanted: &'a str,
    },
    Pair {
        what: &'static str,
        name: &'a str,
        is: Option<&'a str>,
        wanted: &'a str,
    },
    Firing {
        are: u32,
        least: u32,
    },
    Hours {
        now: DateTime<Utc>,
        hours: &'a Hours,
    },
    /// It is what the entry of `not` of this number, from 1, names.
    Named(usize),
}

impl fmt::Display for Miss<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Miss::Source { is, wanted } => write!(f, "source is {}, not {}", quote(is), quote(wanted)),
            Miss::Severity { is, least } => {
                write!(f, "severity is {}, below {}", is.word(), least.word())
            }
            Miss::Title { is, wanted } => write!(f, "title is {}, not {}", quote(is), quote(wanted)),
            Miss::Pair { what, name, is: Some(is), wanted } => {
                write!(f, "{what} {} is {}, not {}", quote(name), quote(is), quote(wanted))
            }
            Miss::Pair { what, name, is: None, wanted } => {
                write!(f, "{what} {} is not there, and {} is wanted", quote(name), quote(wanted))
            }
            Miss::Firing { are, least } => write!(f, "{are} firing, fewer than {least}"),
            Miss::Hours { now, hours } => write!(f, "it is {}, outside {hours}", hours.seen(*now)),
            Miss::Named(n) => write!(f, "it is what entry {n} of `not` names"),
        }
    }
}

/// Where a pattern is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place<'a> {
    Source,
    Title,
    Label(&'a str),
    Annotation(&'a str),
}

/// What no alert lacks that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Need<'a> {
    /// A label has exactly this value.
    Value { label: &'a str, value: &'a str },
    /// This run of characters stands there.
    Run { place: Place<'a>, run: &'a str },
}

/// A shorter run of characters is in too many texts to tell anything.
const RUN_BYTES_MIN: usize = 3;
/// Of a longer one the end is looked for: what is looked for stays small, however long the patterns are.
const RUN_BYTES_MAX: usize = 64;

/// The runs of characters that a text has which a pattern fits.
fn runs(pattern: &str) -> impl Iterator<Item = &str> {
    let runs = pattern.split(['*', '?']).filter(|run| run.len() >= RUN_BYTES_MIN);
    runs.map(|run| run.get(run.ceil_char_boundary(run.len().saturating_sub(RUN_BYTES_MAX))..).unwrap_or(run))
}

/// The part that matchers and what they leave out have in common.
struct Wanted<'a> {
    source: Option<&'a str>,
    severity: Option<AlertSeverity>,
    title: Option<&'a str>,
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
}

impl<'a> Wanted<'a> {
    fn miss(&self, alert: &'a Alert) -> Option<Miss<'a>> {
        if let Some(least) = self.severity
            && alert.severity < least
        {
            return Some(Miss::Severity { is: alert.severity, least });
        }
        if let Some(wanted) = self.source
            && !glob(wanted, &alert.source)
        {
            return Some(Miss::Source { is: &alert.source, wanted });
        }
        if let Some(miss) = pairs("label", self.labels, &alert.labels) {
            return Some(miss);
        }
        if let Some(wanted) = self.title
            && !glob(wanted, &alert.title)
        {
            return Some(Miss::Title { is: &alert.title, wanted });
        }
        pairs("annotation", self.annotations, &alert.annotations)
    }
}

fn pairs<'a>(
    what: &'static str,
    wanted: &'a BTreeMap<String, String>,
    there: &'a BTreeMap<String, String>,
) -> Option<Miss<'a>> {
    wanted.iter().find_map(|(name, wanted)| {
        let is = there.get(name).map(String::as_str);
        let fits = match is {
            Some(value) => glob(wanted, value),
            None => wanted.is_empty(),
        };
        (!fits).then_some(Miss::Pair { what, name, is, wanted })
    })
}

impl Matchers {
    /// The first thing in which an alert of a situation is not what is said here; `None` if it is all of it.
    pub fn miss<'a>(
        &'a self,
        situation: &Situation,
        alert: &'a Alert,
        now: DateTime<Utc>,
    ) -> Option<Miss<'a>> {
        let wanted = Wanted {
            source: self.source.as_deref(),
            severity: self.severity,
            title: self.title.as_deref(),
            labels: &self.labels,
            annotations: &self.annotations,
        };
        if let Some(miss) = wanted.miss(alert) {
            return Some(miss);
        }
        if let Some(least) = self.firing
            && situation.firing < least
        {
            return Some(Miss::Firing { are: situation.firing, least });
        }
        if let Some(named) = self.not.iter().position(|traits| traits.fit(alert)) {
            return Some(Miss::Named(named + 1));
        }
        self.during.as_ref().filter(|hours| !hours.holds(now)).map(|hours| Miss::Hours { now, hours })
    }

    /// What no alert lacks that matches; each alone is reason enough to look at no other alert.
    pub(super) fn needs(&self) -> impl Iterator<Item = Need<'_>> {
        let is_exact = |pattern: &str| !pattern.is_empty() && !pattern.contains(['*', '?']);
        let (exact, patterns): (Vec<_>, Vec<_>) =
            self.labels.iter().partition(|(_, pattern)| is_exact(pattern));
        let values = exact.into_iter().map(|(label, value)| Need::Value { label, value });
        let source = self.source.iter().map(|pattern| (Place::Source, pattern));
        let title = self.title.iter().map(|pattern| (Place::Title, pattern));
        let labels = patterns.into_iter().map(|(name, pattern)| (Place::Label(name), pattern));
        let annotations = self.annotations.iter().map(|(name, pattern)| (Place::Annotation(name), pattern));
        let texts = source.chain(title).chain(labels).chain(annotations);
        values
            .chain(texts.flat_map(|(place, pattern)| runs(pattern).map(move |run| Need::Run { place, run })))
    }

    pub(super) fn is_everything(&self) -> bool {
        *self == Matchers::default()
    }

    /// Every pattern, with where it stands.
    pub(super) fn patterns(&self) -> Vec<(String, &str)> {
        let Matchers { source, title, labels, annotations, not, .. } = self;
        let mut all = written("", source, title, labels, annotations);
        for (n, traits) in not.iter().enumerate() {
            all.extend(traits.patterns(&format!("not[{n}].")));
        }
        all
    }
}

impl Traits {
    /// Whether an alert is all that is said here.
    pub fn fit(&self, alert: &Alert) -> bool {
        let wanted = Wanted {
            source: self.source.as_deref(),
            severity: self.severity,
            title: self.title.as_deref(),
            labels: &self.labels,
            annotations: &self.annotations,
        };
        wanted.miss(alert).is_none()
    }

    /// Every pattern, with where it stands.
    pub(crate) fn patterns(&self, under: &str) -> Vec<(String, &str)> {
        let Traits { source, title, labels, annotations, .. } = self;
        written(under, source, title, labels, annotations)
    }
}

fn written<'a>(
    under: &str,
    source: &'a Option<String>,
    title: &'a Option<String>,
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
) -> Vec<(String, &'a str)> {
    let one = |name: &str, pattern: &'a Option<String>| {
        pattern.as_deref().map(|pattern| (format!("{under}{name}"), pattern))
    };
    let mut all: Vec<_> = one("source", source).into_iter().chain(one("title", title)).collect();
    for (what, pairs) in [("labels", labels), ("annotations", annotations)] {
        all.extend(pairs.iter().map(|(name, pattern)| (format!("{under}{what}.{name}"), pattern.as_str())));
    }
    all
}
