//! The settings of what the team calls severities and statuses, and of severity by impact and urgency.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::Report;
use super::shape::in_order;
use super::{Config, Severities};
use crate::{
    grammar::taken,
    incident::{
        matrix::Matrix,
        names::{self, MEANING_CHARS_MAX, NAME_CHARS_MAX, NAME_WORDS_MAX, no_name},
        phase::Phase,
        severity::Severity,
    },
};

/// Impacts, and urgencies, of a matrix at most: each is a choice in a menu that somebody reads at night.
const RATED_MAX: usize = 10;

/// `[names]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Names>)]
pub struct Names {
    /// A name for each severity: `sev1 = "Critical"` is shown as «SEV1 Critical».
    pub severities: OfSeverities,
    /// When it is that severity, in one line: it stands in menus, forms and help.
    pub meanings: Meanings,
    /// A name for each status, shown in its place.
    pub statuses: OfStatuses,
}

/// `[names.severities]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<OfSeverities>)]
pub struct OfSeverities {
    /// What SEV1 is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Critical"))]
    pub sev1: Option<String>,
    /// What SEV2 is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Major"))]
    pub sev2: Option<String>,
    /// What SEV3 is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Minor"))]
    pub sev3: Option<String>,
    /// What SEV4 is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Low"))]
    pub sev4: Option<String>,
    /// What SEV5 is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Cosmetic"))]
    pub sev5: Option<String>,
}

/// `[names.meanings]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Meanings>)]
pub struct Meanings {
    /// When it is SEV1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "customers cannot pay"))]
    pub sev1: Option<String>,
    /// When it is SEV2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "many customers are held up"))]
    pub sev2: Option<String>,
    /// When it is SEV3.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "few customers notice"))]
    pub sev3: Option<String>,
    /// When it is SEV4.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "a nuisance with a way around it"))]
    pub sev4: Option<String>,
    /// When it is SEV5.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "a typing mistake"))]
    pub sev5: Option<String>,
}

/// `[names.statuses]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<OfStatuses>)]
pub struct OfStatuses {
    /// It was seen, and may be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "New"))]
    pub triage: Option<String>,
    /// The cause is being looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Working"))]
    pub investigating: Option<String>,
    /// The cause is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Fixing"))]
    pub identified: Option<String>,
    /// Customers are served again, and it is watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Watching"))]
    pub monitoring: Option<String>,
    /// It is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Fixed"))]
    pub resolved: Option<String>,
    /// It is looked back upon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Learning"))]
    pub review: Option<String>,
    /// Nothing is left to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Done"))]
    pub closed: Option<String>,
    /// It was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "False alarm"))]
    pub cancelled: Option<String>,
    /// It is another one, and goes on there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Duplicate"))]
    pub merged: Option<String>,
    /// Of planned work: its time has not come.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Planned"))]
    pub scheduled: Option<String>,
    /// Of planned work: it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "At work"))]
    pub in_progress: Option<String>,
    /// Of planned work: it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Finished"))]
    pub completed: Option<String>,
}

/// `[severity_matrix]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<SeverityMatrix>)]
pub struct SeverityMatrix {
    /// How many or how much is hit: one word each, the greatest first.
    #[schemars(extend("x-item-format" = "name"))]
    pub impacts: Vec<String>,
    /// How soon it must be mended: one word each, the soonest first.
    #[schemars(extend("x-item-format" = "name"))]
    pub urgencies: Vec<String>,
    /// For each impact its row: a severity for each urgency, in the order of `urgencies`: `wide = ["sev1", "sev2"]`.
    pub table: BTreeMap<String, Vec<Severity>>,
}

impl OfSeverities {
    fn all(&self) -> [(Severity, &Option<String>); 5] {
        let [one, two, three, four, five] = Severity::ALL;
        [(one, &self.sev1), (two, &self.sev2), (three, &self.sev3), (four, &self.sev4), (five, &self.sev5)]
    }
}

impl Meanings {
    fn all(&self) -> [(Severity, &Option<String>); 5] {
        let [one, two, three, four, five] = Severity::ALL;
        [(one, &self.sev1), (two, &self.sev2), (three, &self.sev3), (four, &self.sev4), (five, &self.sev5)]
    }
}

impl OfStatuses {
    fn all(&self) -> [(Phase, &Option<String>); Phase::ALL.len()] {
        [
            (Phase::Triage, &self.triage),
            (Phase::Investigating, &self.investigating),
            (Phase::Identified, &self.identified),
            (Phase::Monitoring, &self.monitoring),
            (Phase::Resolved, &self.resolved),
            (Phase::Review, &self.review),
            (Phase::Closed, &self.closed),
            (Phase::Cancelled, &self.cancelled),
            (Phase::Merged, &self.merged),
            (Phase::Scheduled, &self.scheduled),
            (Phase::InProgress, &self.in_progress),
            (Phase::Completed, &self.completed),
        ]
    }
}

/// The names, as the rules read them.
pub fn names(settings: &Names, severities: &Severities) -> names::Names {
    let mut all = names::Names::default().using(&severities.used);
    for (severity, name) in settings.severities.all() {
        all = all.severity_named(severity, name.clone());
    }
    for (severity, meaning) in settings.meanings.all() {
        all = all.severity_meaning(severity, meaning.as_deref().map(|text| text.trim().to_owned()));
    }
    for (phase, name) in settings.statuses.all() {
        all = all.phase_named(phase, name.clone());
    }
    all
}

/// The matrix, as the rules read it. Where the settings write none it is ITIL's, with the nearest in use for a severity that is not.
pub fn matrix(settings: &SeverityMatrix, names: &names::Names) -> Matrix {
    if *settings == SeverityMatrix::default() {
        return Matrix::default().map(|severity| names.nearest_used(severity));
    }
    let row = |impact: &String| settings.table.get(impact).cloned().unwrap_or_default();
    let rows = settings.impacts.iter().map(row).collect();
    Matrix::new(settings.impacts.clone(), settings.urgencies.clone(), rows)
}

/// A name fits its place, and means one thing.
pub(super) fn check(config: &Config, report: &mut Report<'_>) {
    let of_severities: Vec<(String, &str)> = config
        .names
        .severities
        .all()
        .into_iter()
        .filter_map(|(severity, name)| Some((severity.word().to_owned(), name.as_deref()?)))
        .collect();
    for (index, (word, name)) in of_severities.iter().enumerate() {
        let key = format!("names.severities.{word}");
        let earlier = of_severities.get(..index).unwrap_or_default();
        if !fits(&key, name, report) {
            continue;
        }
        if name.parse::<Severity>().is_ok() {
            let what = format!("`{name}` is a severity by itself");
            report.at(&key, what, "Choose another word: SEV1 to SEV5 keep their own.");
        } else if let Some((other, _)) = earlier.iter().find(|(_, other)| is_same(other, name)) {
            let what = format!("`{name}` is the name of {other} too");
            report.at(&key, what, "Give each its own name: people type it.");
        } else if let Some(own) = taken::over_severity(name) {
            tell_taken(&key, &name.to_lowercase(), &own, report);
        }
    }
    let of_statuses: Vec<(Phase, &str)> = config
        .names
        .statuses
        .all()
        .into_iter()
        .filter_map(|(phase, name)| Some((phase, name.as_deref()?)))
        .collect();
    for (index, (phase, name)) in of_statuses.iter().enumerate() {
        let key = format!("names.statuses.{}", phase.word());
        let earlier = of_statuses.get(..index).unwrap_or_default();
        if !fits(&key, name, report) {
            continue;
        }
        let by_id = Phase::ALL.into_iter().find(|other| other != phase && is_same(other.word(), name));
        let by_name = earlier.iter().find(|(_, other)| is_same(other, name)).map(|(other, _)| *other);
        if let Some(other) = by_id {
            let what = format!("`{name}` is the id of another status");
            let hint =
                format!("Choose another word: `{}` stays what events and rules call that one.", other.word());
            report.at(&key, what, hint);
        } else if let Some(other) = by_name {
            let what = format!("`{name}` is the name of {} too", other.word());
            report.at(&key, what, "Give each its own name: people type it.");
        } else if let Some(own) = taken::over_status(name, *phase) {
            tell_taken(&key, &format!("phase {}", name.to_lowercase()), &own, report);
        }
    }
    for (severity, meaning) in config.names.meanings.all() {
        let Some(meaning) = meaning else { continue };
        let key = format!("names.meanings.{}", severity.word());
        let chars = meaning.trim().chars().count();
        let is_plain = |c: char| !c.is_control() && !"*_`~|<>@#[]\\".contains(c);
        if chars == 0 {
            report.at(&key, "the meaning is empty", "Write a line, or take it away.");
        } else if chars > MEANING_CHARS_MAX {
            let what = format!("the meaning has {chars} characters");
            report.at(&key, what, format!("Use at most {MEANING_CHARS_MAX}: it is one line of a menu."));
        } else if !meaning.chars().all(is_plain) {
            let what = "the meaning has signs that chats read as markup or as a mention";
            report.at(&key, what, "Use plain words, on one line.");
        }
    }
}

/// What people would type in vain: the language has its `own` words for how it begins.
fn tell_taken(key: &str, typed: &str, own: &str, report: &mut Report<'_>) {
    let what = format!("`{typed}` does something else");
    report.at(key, what, format!("Choose another word: `{own}` is one of the language's own."));
}

fn is_same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn fits(key: &str, name: &str, report: &mut Report<'_>) -> bool {
    let Some(why) = no_name(name) else { return true };
    let shown: String = name.chars().take(40).filter(|c| !c.is_control()).collect();
    let hint = format!(
        "Use one to {NAME_WORDS_MAX} words of letters, digits, `-` and `'`, at most {NAME_CHARS_MAX} characters together."
    );
    report.at(key, format!("the name `{shown}` {why}"), hint);
    false
}

/// Every impact has a severity for every urgency, and nothing else is there.
pub(super) fn check_matrix(config: &Config, report: &mut Report<'_>) {
    let matrix = &config.severity_matrix;
    if *matrix == SeverityMatrix::default() {
        return;
    }
    let is_word = |word: &str| {
        !word.is_empty()
            && word.chars().count() <= NAME_CHARS_MAX
            && !word.starts_with('-')
            && word.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    for (list, words) in [("impacts", &matrix.impacts), ("urgencies", &matrix.urgencies)] {
        let key = format!("severity_matrix.{list}");
        if words.is_empty() || words.len() > RATED_MAX {
            let what = format!("a matrix of one's own has {} {list}", words.len());
            report.at(&key, what, format!("Give one to {RATED_MAX}, the weightiest first."));
        }
        for (index, word) in words.iter().enumerate() {
            let key = format!("{key}[{index}]");
            if !is_word(word) {
                let what = format!("`{word}` is not one word");
                let hint = format!("Use letters, digits and `-`, at most {NAME_CHARS_MAX}: people type it.");
                report.at(&key, what, hint);
            } else if words.iter().take(index).any(|other| is_same(other, word)) {
                report.at(&key, format!("`{word}` is there already"), "Each must be there once.");
            }
        }
    }
    if report.is_spoilt("severity_matrix") {
        return;
    }
    let names = config.names();
    for impact in &matrix.impacts {
        let key = format!("severity_matrix.table.{impact}");
        let Some(row) = matrix.table.get(impact) else {
            let what = format!("the impact `{impact}` has no row");
            let hint = format!(
                "Add `{impact}` to `table`, with a severity for each of: {}.",
                matrix.urgencies.join(", ")
            );
            report.at("severity_matrix.table", what, hint);
            continue;
        };
        if row.len() != matrix.urgencies.len() {
            let what =
                format!("the row has {} severities for {} urgencies", row.len(), matrix.urgencies.len());
            let hint = format!("Give one for each of: {}.", matrix.urgencies.join(", "));
            report.at(&key, what, hint);
        }
        for (index, severity) in row.iter().enumerate().filter(|(_, severity)| !names.is_used(**severity)) {
            let used: Vec<&str> = names.used().map(Severity::word).collect();
            let what = format!("`{}` is not among `severity.used`", severity.word());
            report.at(&format!("{key}[{index}]"), what, format!("Use one of: {}.", used.join(", ")));
        }
    }
    for impact in matrix.table.keys().filter(|impact| !matrix.impacts.contains(impact)) {
        let what = format!("`{impact}` is not among `impacts`");
        report.at(&format!("severity_matrix.table.{impact}"), what, "Add it there, or take its row away.");
    }
}
