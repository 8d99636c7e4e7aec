//! What the team calls things, for who draws them by themselves: everything else in this API is the id.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::incident::{decide::Policy, names::Names, phase::Phase, role::Words, severity::Severity};

/// What the team calls severities and statuses, by the id; what is not here has no other name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TeamNames {
    pub severities: BTreeMap<String, String>,
    pub phases: BTreeMap<String, String>,
    /// `nims` or `it`: the words in which roles are shown.
    #[schema(value_type = String)]
    pub vocabulary: Words,
}

impl From<&Policy> for TeamNames {
    fn from(policy: &Policy) -> Self {
        let names = &policy.names;
        let severity = |one: Severity| {
            let shown = names.severity(one);
            let (_, name) = shown.split_once(' ')?;
            Some((one.word().to_owned(), name.to_owned()))
        };
        let phases = Phase::ALL.into_iter().filter_map(|one| Some((one, names.name_of(one)?)));
        Self {
            severities: Severity::ALL.into_iter().filter_map(severity).collect(),
            phases: phases.map(|(one, name)| (one.word().to_owned(), name.to_owned())).collect(),
            vocabulary: policy.words,
        }
    }
}

impl From<&TeamNames> for Names {
    fn from(told: &TeamNames) -> Self {
        let names = Severity::ALL.into_iter().fold(Names::default(), |names, one| {
            names.severity_named(one, told.severities.get(one.word()).cloned())
        });
        Phase::ALL
            .into_iter()
            .fold(names, |names, one| names.phase_named(one, told.phases.get(one.word()).cloned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_the_names_calls_things_as_the_house_does() {
        let names = Names::default()
            .severity_named(Severity::Sev1, Some("Very bad".into()))
            .phase_named(Phase::Monitoring, Some("Watching".into()));
        let policy = Policy { names: names.clone(), words: Words::It, ..Policy::default() };
        let told = TeamNames::from(&policy);
        let json = serde_json::json!(told);
        let wanted = serde_json::json!({
            "severities": { "sev1": "Very bad" }, "phases": { "monitoring": "Watching" }, "vocabulary": "it",
        });
        assert_eq!(json, wanted);
        assert_eq!(Names::from(&told), names);
    }
}
