//! The types of incidents that an organization tells apart, and the fields that it asks for. Both come from its settings;
//! what was set before a setting changed stays readable.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{severity::Severity, state::FieldValue};
use crate::alert::text::{is_blank, one_line};

/// Characters of a field's value at most.
const VALUE_CHARS_MAX: usize = 500;
/// Characters of a wrong one that are said again.
const SHOWN_CHARS_MAX: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentType {
    pub name: String,
    pub description: String,
    /// Taken at the declaration unless another is said.
    pub severity: Option<Severity>,
    /// Names of the fields that belong to it.
    pub fields: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// any words
    Text,
    /// one of `choices`
    Choice,
    /// a number, such as 12 or 0.5
    Number,
    /// a web address
    Url,
    /// a day, such as 2026-11-20
    Date,
}

impl FieldKind {
    /// As it is told to who must give one.
    fn wanted(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Choice => "one of the choices",
            Self::Number => "a number, such as 12 or 0.5",
            Self::Url => "a web address that starts with https:// or http://",
            Self::Date => "a day, such as 2026-11-20",
        }
    }
}

/// The step of an incident that wants a field filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequiredAt {
    /// to be declared by a person
    Declare,
    /// to be resolved
    Resolve,
    /// to be closed
    Close,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub description: String,
    pub kind: FieldKind,
    pub choices: Vec<String>,
    pub required_at: Option<RequiredAt>,
}

impl Field {
    /// The value as it is kept, or in two sentences why it is none and what would be.
    pub fn read(&self, value: &str) -> Result<String, (String, String)> {
        let value = value.trim();
        let shown = one_line(value, SHOWN_CHARS_MAX);
        let kept = match self.kind {
            _ if is_blank(value) || value.chars().count() > VALUE_CHARS_MAX => None,
            FieldKind::Text => Some(value.to_owned()),
            FieldKind::Choice => {
                self.choices.iter().find(|choice| choice.to_lowercase() == value.to_lowercase()).cloned()
            }
            FieldKind::Number => value
                .replace('_', "")
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(|number| number.to_string()),
            FieldKind::Url => (["https://", "http://"].iter().any(|scheme| value.starts_with(scheme))
                && !value.contains(char::is_whitespace))
            .then(|| value.to_owned()),
            FieldKind::Date => value.parse::<NaiveDate>().ok().map(|day| day.to_string()),
        };
        kept.ok_or_else(|| {
            let wanted = match self.kind {
                FieldKind::Choice => format!("Give one of: {}.", self.choices.join(", ")),
                kind => format!("Give {}, of at most {VALUE_CHARS_MAX} characters.", kind.wanted()),
            };
            (format!("«{shown}» is nothing that the field {} takes.", self.name), wanted)
        })
    }

    /// `region (one of: eu, us)`
    pub fn told(&self) -> String {
        let of = match self.kind {
            FieldKind::Choice => format!("one of: {}", self.choices.join(", ")),
            kind => kind.wanted().to_owned(),
        };
        format!("{} ({of})", self.name)
    }
}

/// What the settings say of both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taxonomy {
    pub types: Vec<IncidentType>,
    pub fields: Vec<Field>,
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.trim().to_lowercase()
}

impl Taxonomy {
    pub fn find_type(&self, name: &str) -> Option<&IncidentType> {
        self.types.iter().find(|one| same(&one.name, name))
    }

    pub fn find_field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|one| same(&one.name, name))
    }

    /// The fields of an incident of this type: its own, and those that no type claims.
    pub fn fields_of<'a>(&'a self, incident_type: Option<&'a str>) -> impl Iterator<Item = &'a Field> {
        let own = incident_type.and_then(|name| self.find_type(name)).map_or(&[][..], |one| &one.fields);
        self.fields.iter().filter(move |field| {
            let claims = |names: &[String]| names.iter().any(|name| same(name, &field.name));
            claims(own) || !self.types.iter().any(|one| claims(&one.fields))
        })
    }

    /// The fields that are wanted by this step and still empty.
    pub fn missing<'a>(
        &'a self,
        incident_type: Option<&'a str>,
        filled: &BTreeMap<String, FieldValue>,
        step: RequiredAt,
    ) -> Vec<&'a Field> {
        self.fields_of(incident_type)
            .filter(|field| field.required_at.is_some_and(|wanted| wanted <= step))
            .filter(|field| !filled.contains_key(&field.name))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldKind) -> Field {
        let choices = vec!["eu".to_owned(), "us-east".to_owned()];
        Field { name: "region".into(), description: String::new(), kind, choices, required_at: None }
    }

    #[test]
    fn a_value_is_kept_as_its_kind_writes_it_or_refused_with_what_is_allowed() {
        let kept = |kind, value: &str| field(kind).read(value).map_err(|(_, instead)| instead);
        assert_eq!(kept(FieldKind::Text, " a  b "), Ok("a  b".into()));
        assert_eq!(kept(FieldKind::Choice, "US-East"), Ok("us-east".into()));
        assert_eq!(kept(FieldKind::Number, "1_200.50"), Ok("1200.5".into()));
        assert_eq!(kept(FieldKind::Date, "2026-02-28"), Ok("2026-02-28".into()));
        assert!(kept(FieldKind::Url, "https://a.example/x").is_ok());
        for (kind, value, says) in [
            (FieldKind::Text, "  ", "a text"),
            (FieldKind::Text, "\u{200b}\u{2060}", "a text"),
            (FieldKind::Choice, "asia", "eu, us-east"),
            (FieldKind::Number, "many", "a number"),
            (FieldKind::Number, "inf", "a number"),
            (FieldKind::Url, "javascript:alert(1)", "https://"),
            (FieldKind::Date, "2026-02-30", "2026-11-20"),
        ] {
            assert!(kept(kind, value).unwrap_err().contains(says), "{value}");
        }
    }

    #[test]
    fn a_field_that_no_type_claims_belongs_to_every_incident() {
        let named = |name: &str| Field { name: name.into(), ..field(FieldKind::Text) };
        let of = |name: &str, fields: &[&str]| IncidentType {
            name: name.into(),
            description: String::new(),
            severity: None,
            fields: fields.iter().map(|one| (*one).to_owned()).collect(),
        };
        let taxonomy = Taxonomy {
            types: vec![of("security", &["data"]), of("outage", &[])],
            fields: vec![named("team"), named("data")],
        };
        let names = |of| taxonomy.fields_of(of).map(|one| one.name.as_str()).collect::<Vec<_>>();
        assert_eq!(names(None), ["team"]);
        assert_eq!(names(Some("outage")), ["team"]);
        assert_eq!(names(Some("Security")), ["team", "data"]);
    }
}
