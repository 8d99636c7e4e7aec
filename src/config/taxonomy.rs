//! The settings of what incidents are told apart by: their types, and the fields that are asked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::in_order;
use crate::incident::{
    severity::Severity,
    taxonomy::{self, FieldKind, RequiredAt, Taxonomy},
};

/// `[[incident_type]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<IncidentType>)]
pub struct IncidentType {
    /// The word by which people name it: letters, digits, `-`, `_` and `.`; each once.
    #[schemars(extend("format" = "name", "x-example" = "security"))]
    pub name: String,
    /// When it is this one, in a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Somebody is where they should not be, or data is"))]
    pub description: Option<String>,
    /// The severity that a declaration of this type takes unless it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "sev1"))]
    pub severity: Option<Severity>,
    /// The names of the `[[incident_field]]` that incidents of this type have. A field that no type names belongs to all.
    #[serde(default)]
    #[schemars(extend("x-item-format" = "name"))]
    pub fields: Vec<String>,
}

/// `[[incident_field]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<IncidentField>)]
pub struct IncidentField {
    /// The word by which people name it: letters, digits, `-`, `_` and `.`; each once.
    #[schemars(extend("format" = "name", "x-example" = "region"))]
    pub name: String,
    /// What belongs there, in a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Where customers feel it"))]
    pub description: Option<String>,
    /// What it takes.
    #[schemars(extend("x-example" = "text"))]
    pub kind: FieldKind,
    /// For the kind `choice`: what can be chosen.
    #[serde(default)]
    #[schemars(extend("x-item-format" = "name"))]
    pub choices: Vec<String>,
    /// The step that is refused while it is empty; left out, none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "close"))]
    pub required_at: Option<RequiredAt>,
}

/// Both, as the rules read them.
pub fn taxonomy(types: &[IncidentType], fields: &[IncidentField]) -> Taxonomy {
    Taxonomy {
        types: types
            .iter()
            .map(|one| taxonomy::IncidentType {
                name: one.name.clone(),
                description: one.description.clone().unwrap_or_default(),
                severity: one.severity,
                fields: one.fields.clone(),
            })
            .collect(),
        fields: fields
            .iter()
            .map(|one| taxonomy::Field {
                name: one.name.clone(),
                description: one.description.clone().unwrap_or_default(),
                kind: one.kind,
                choices: one.choices.clone(),
                required_at: one.required_at,
            })
            .collect(),
    }
}
