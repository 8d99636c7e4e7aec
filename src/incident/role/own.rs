//! Roles that a team adds to the catalogue in its settings.
//!
//! What is stored of one tells all of it: a timeline reads as it did when the settings name it no longer, or otherwise.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{CATALOGUE, Role, RoleDef, defined};

/// A role of the team's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRole {
    pub slug: String,
    pub title: String,
    /// The name in IT shops, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub it_title: Option<String>,
    #[serde(default = "Role::ic")]
    pub reports_to: Role,
    /// The slug of the catalogue role whose rights it has.
    #[serde(default = "least")]
    pub like: String,
    #[serde(default)]
    pub does: String,
    #[serde(default)]
    pub must_not: String,
    /// The job aid shown when somebody takes the role.
    #[serde(default)]
    pub checklist: Vec<String>,
    /// Holders at one time; `None` is any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holders_max: Option<usize>,
}

/// The catalogue role with the fewest rights.
const LEAST: &str = "observer";

fn least() -> String {
    LEAST.to_owned()
}

impl OwnRole {
    /// The catalogue role whose rights it has; one that is not there gives none.
    pub(super) fn like(&self) -> &'static str {
        defined(&self.like).map_or(LEAST, |def| def.slug)
    }

    pub(super) fn is_called(&self, lower: &str) -> bool {
        self.slug == lower
            || self.title.to_lowercase() == lower
            || self.it_title.as_ref().is_some_and(|title| title.to_lowercase() == lower)
    }
}

/// Why a role of the catalogue cannot stand above one of the team's own; `None` where it can.
pub fn cannot_lead(def: &RoleDef) -> Option<&'static str> {
    match def.slug {
        LEAST => Some("it only reads along"),
        _ if def.is_family => Some("it takes a name, so there may be several"),
        _ => None,
    }
}

/// A role as it is stored: of the catalogue by its slug, of the team's own with all that it is.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Stored {
    Slug(String),
    Own(Arc<OwnRole>),
}

/// Name and title alone, for who did something: a note need not tell its author's checklist.
pub fn by_name<S: serde::Serializer>(role: &Option<Role>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Named<'a> {
        slug: &'a str,
        title: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        it_title: Option<&'a str>,
    }
    match role.as_ref().and_then(Role::own) {
        Some(own) => Named { slug: &own.slug, title: &own.title, it_title: own.it_title.as_deref() }
            .serialize(serializer),
        None => role.serialize(serializer),
    }
}

/// The roles that can be named: those of the catalogue, and the team's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles(Vec<Role>);

impl Roles {
    pub fn new(own: Vec<OwnRole>) -> Roles {
        Roles(own.into_iter().map(Role::of).collect())
    }

    /// These, and besides those of the team's own that people hold and the settings name no longer; `None` where there are none.
    pub fn with_held<'r>(&self, held: impl IntoIterator<Item = &'r Role>) -> Option<Roles> {
        let mut all = self.0.clone();
        for role in held.into_iter().filter(|role| role.own().is_some()) {
            if !all.contains(role) {
                all.push(role.clone());
            }
        }
        (all.len() > self.0.len()).then_some(Roles(all))
    }

    /// The team's own.
    pub fn own(&self) -> &[Role] {
        &self.0
    }

    /// The words of all of them, those of the catalogue first.
    pub fn slugs(&self) -> Vec<&str> {
        CATALOGUE.iter().map(|def| def.slug).chain(self.0.iter().map(Role::slug)).collect()
    }

    /// Reads a slug, a title or an IT name; a family of the catalogue takes a name (`sme:db`).
    ///
    /// # Errors
    /// In a sentence, why that is no role, and what would be.
    pub fn find(&self, text: &str) -> Result<Role, String> {
        super::read(text, &self.0)
    }
}
