//! Roles: the positions that people hold, of the catalogue and of the team's own.

mod catalogue;
mod own;
mod sheet;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use catalogue::called;
pub use catalogue::{CATALOGUE, Category, IC, RoleDef, Words, commander, defined};
use own::Stored;
pub use own::{OwnRole, Roles, by_name, cannot_lead};

use crate::alert::text::one_line;

/// Characters of the name of a family's role at most: it stands in charts and titles.
const NAME_CHARS_MAX: usize = 40;
/// Characters of a word that is no role, as a refusal repeats it.
const SHOWN_CHARS_MAX: usize = 40;

/// A position somebody can hold: of the catalogue, with a name for the families (`sme:db`), or of the team's own. Two with the
/// same slug are the same role, whatever the settings said of it at which time.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Role {
    slug: String,
    def: Def,
}

#[derive(Clone)]
enum Def {
    Catalogue(&'static RoleDef),
    Own(Arc<OwnRole>),
}

impl Role {
    /// Whoever has command.
    pub fn ic() -> Role {
        commander().role()
    }
    /// Whoever tells the public.
    pub fn pio() -> Role {
        Self::placed("pio")
    }
    /// Whoever keeps executives informed.
    pub(super) fn lno() -> Role {
        Self::placed("lno")
    }
    /// Whoever directs the work.
    pub(super) fn ops() -> Role {
        Self::placed("ops")
    }
    /// Whoever thinks ahead.
    pub(super) fn planning() -> Role {
        Self::placed("planning")
    }
    /// The position of this slug; where the catalogue has none, that of whoever has command, who answers for all of them.
    fn placed(slug: &str) -> Role {
        defined(slug).map_or_else(Role::ic, RoleDef::role)
    }
    /// One of the team's own.
    pub fn of(own: OwnRole) -> Role {
        Role { slug: own.slug.clone(), def: Def::Own(Arc::new(own)) }
    }
    pub fn slug(&self) -> &str {
        &self.slug
    }
    /// The slug without the name: `sme` of `sme:db`.
    pub fn family(&self) -> &str {
        match &self.def {
            Def::Catalogue(def) => def.slug,
            Def::Own(_) => &self.slug,
        }
    }
    /// What the team says of it; `None` for a role of the catalogue.
    pub fn own(&self) -> Option<&OwnRole> {
        match &self.def {
            Def::Catalogue(_) => None,
            Def::Own(own) => Some(own),
        }
    }
    /// The slug of the catalogue role whose rights it has: its own, or the one that the team chose.
    pub fn rights(&self) -> &'static str {
        match &self.def {
            Def::Catalogue(def) => def.slug,
            Def::Own(own) => own.like(),
        }
    }
    pub fn reports_to(&self) -> Option<Role> {
        match &self.def {
            Def::Catalogue(def) => def.reports_to.and_then(|up| up.parse().ok()),
            Def::Own(own) => Some(own.reports_to.clone()),
        }
    }
    /// Holders at one time; `None` is any number.
    pub fn holders_max(&self) -> Option<usize> {
        match &self.def {
            Def::Catalogue(def) => def.holders_max,
            Def::Own(own) => own.holders_max,
        }
    }
    pub fn does(&self) -> &str {
        match &self.def {
            Def::Catalogue(def) => def.does,
            Def::Own(own) => &own.does,
        }
    }
    pub fn must_not(&self) -> &str {
        match &self.def {
            Def::Catalogue(def) => def.must_not,
            Def::Own(own) => &own.must_not,
        }
    }
    pub fn checklist(&self) -> Vec<&str> {
        match &self.def {
            Def::Catalogue(def) => def.checklist.to_vec(),
            Def::Own(own) => own.checklist.iter().map(String::as_str).collect(),
        }
    }
    /// The place in the organization, the commander first: whatever it reports to comes before it.
    pub fn rank(&self) -> (usize, usize) {
        match &self.def {
            Def::Catalogue(def) => {
                (CATALOGUE.iter().position(|one| one.slug == def.slug).unwrap_or(CATALOGUE.len()), 0)
            }
            Def::Own(own) => {
                let (place, steps) = own.reports_to.rank();
                (place, steps + 1)
            }
        }
    }
    /// `Public Information Officer`, `Technical Specialist (db)`.
    pub fn title(&self) -> String {
        self.shown(Words::Nims)
    }
    /// The title in the words chosen: `Communications lead`.
    pub fn shown(&self, words: Words) -> String {
        let title = self.head(words);
        match self.slug.split_once(':') {
            Some((_, name)) => format!("{title} ({name})"),
            None => title.to_owned(),
        }
    }
    /// The title without the name.
    pub fn head(&self, words: Words) -> &str {
        match (&self.def, words) {
            (Def::Catalogue(def), words) => def.shown(words),
            (Def::Own(own), Words::It) => own.it_title.as_deref().unwrap_or(&own.title),
            (Def::Own(own), Words::Nims) => &own.title,
        }
    }
    /// The role that a trainee learns: `ops` of `trainee:ops`; none where the name means none.
    pub fn learns(&self, roles: &Roles) -> Option<Role> {
        let (_, name) = self.slug.split_once(':').filter(|_| self.family() == "trainee")?;
        roles.find(name).ok().filter(|role| role.family() != "trainee")
    }
    pub fn is_command(&self) -> bool {
        self.slug == IC
    }
}

impl PartialEq for Role {
    fn eq(&self, other: &Role) -> bool {
        self.slug == other.slug
    }
}

impl Eq for Role {}

impl PartialOrd for Role {
    fn partial_cmp(&self, other: &Role) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Role {
    fn cmp(&self, other: &Role) -> std::cmp::Ordering {
        self.slug.cmp(&other.slug)
    }
}

impl std::hash::Hash for Role {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.slug.hash(state);
    }
}

impl From<Role> for Stored {
    fn from(role: Role) -> Stored {
        match role.def {
            Def::Catalogue(_) => Stored::Slug(role.slug),
            Def::Own(own) => Stored::Own(own),
        }
    }
}

impl TryFrom<Stored> for Role {
    type Error = String;
    fn try_from(stored: Stored) -> Result<Self, String> {
        match stored {
            Stored::Slug(text) => text.parse(),
            Stored::Own(own) => Ok(Role { slug: own.slug.clone(), def: Def::Own(own) }),
        }
    }
}

impl std::fmt::Debug for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Role").field(&self.slug).finish()
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title())
    }
}

impl std::str::FromStr for Role {
    type Err = String;
    /// Reads a slug of the catalogue (`pio`), a family with a name (`sme:db`), a title, an IT name or its short form (`comms`).
    fn from_str(text: &str) -> Result<Self, String> {
        read(text, &[])
    }
}

fn read(text: &str, own: &[Role]) -> Result<Role, String> {
    let lower = text.trim().to_lowercase();
    if let Some(role) = own.iter().find(|role| role.own().is_some_and(|own| own.is_called(&lower))) {
        return Ok(role.clone());
    }
    let (family, name) = match lower.split_once(':') {
        Some((family, name)) => (family, Some(name)),
        None => (lower.as_str(), None),
    };
    let Some(def) = called(family) else {
        let shown = one_line(text, SHOWN_CHARS_MAX);
        let slugs: Vec<_> = CATALOGUE.iter().map(|def| def.slug).chain(own.iter().map(Role::slug)).collect();
        return Err(format!("«{shown}» is no role. The roles: {}.", slugs.join(", ")));
    };
    let role = |slug: String| Ok(Role { slug, def: Def::Catalogue(def) });
    match (def.is_family, name) {
        (false, None) => role(def.slug.into()),
        (true, None) if def.slug == "trainee" => role(def.slug.into()),
        // In IT, whoever has command is the lead.
        (true, None) if family == "lead" => {
            Err("«lead» means two things. Whoever leads the incident takes command or is \
             offered it: `command take`, `command offer NAME`. Whoever leads a sub-team has a name: lead:db."
                .into())
        }
        (true, Some(name)) if is_name(name) => role(format!("{}:{name}", def.slug)),
        (true, Some(name)) if !name.is_empty() => Err(no_name(def, text, name)),
        (true, _) => Err(format!(
            "The role {slug} needs a name of letters, digits, - _ . after a colon: {slug}:db.",
            slug = def.slug
        )),
        (false, Some(_)) => Err(format!("The role {slug} takes no name: write {slug}.", slug = def.slug)),
    }
}

fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.chars().count())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Why that cannot be the name of a family's role.
fn no_name(def: &RoleDef, text: &str, name: &str) -> String {
    let (shown, chars) = (one_line(text, SHOWN_CHARS_MAX), name.chars().count());
    if chars > NAME_CHARS_MAX {
        return format!(
            "The name in «{shown}» has {chars} characters; the role {slug} takes one of at most {NAME_CHARS_MAX}, such as {slug}:db.",
            slug = def.slug
        );
    }
    format!(
        "«{shown}» names no role: the role {slug} takes a name of letters, digits, - _ . alone, such as {slug}:db.",
        slug = def.slug
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_is_the_role_that_its_slug_means_and_those_called_by_name_are_there() {
        for def in CATALOGUE {
            let role = def.role();
            assert_eq!(role.slug().parse::<Role>().as_ref(), Ok(&role));
            assert_eq!(role.family(), def.slug);
        }
        let called = [Role::ic(), Role::pio(), Role::lno(), Role::ops(), Role::planning()];
        assert_eq!(called.map(|role| role.slug().to_owned()), ["ic", "pio", "lno", "ops", "planning"]);
    }

    #[test]
    fn a_name_that_a_role_cannot_have_is_refused_with_what_is_wrong_with_it() {
        let refused = |text: &str| text.parse::<Role>().unwrap_err();
        assert_eq!(
            refused(&format!("lead:{}", "x".repeat(500))),
            format!(
                "The name in «lead:{}…» has 500 characters; the role lead takes one of at most 40, such as lead:db.",
                "x".repeat(34)
            )
        );
        assert!("lead:".parse::<Role>().is_err());
        assert!(format!("lead:{}", "x".repeat(40)).parse::<Role>().is_ok());
        assert_eq!(
            refused("sme:a/b"),
            "«sme:a/b» names no role: the role sme takes a name of letters, digits, - _ . alone, such as \
             sme:db."
        );
    }

    #[test]
    fn people_may_write_slug_title_or_the_it_name() {
        for text in ["pio", "Public Information Officer", "communications lead", "PIO", "comms", "Comms Lead"]
        {
            assert_eq!(text.parse::<Role>().unwrap().slug(), "pio", "{text}");
        }
        assert!("incident lead".parse::<Role>().unwrap().is_command());
        let lead = "lead".parse::<Role>().unwrap_err();
        assert!(lead.contains("`command take`") && lead.contains("lead:db"), "{lead}");
        assert_eq!("lead:db".parse::<Role>().unwrap().slug(), "lead:db");
        assert_eq!("sme:db".parse::<Role>().unwrap().title(), "Technical Specialist (db)");
        assert!("sme".parse::<Role>().unwrap_err().contains("sme:db"));
        assert!("pio:x".parse::<Role>().is_err());
        assert!("boss".parse::<Role>().unwrap_err().contains("ic, deputy, pio"));
    }

    fn keeper() -> OwnRole {
        OwnRole {
            slug: "runbook".into(),
            title: "Runbook Keeper".into(),
            it_title: Some("Runbooks".into()),
            reports_to: "planning".parse().unwrap(),
            like: "scribe".into(),
            does: "Finds the runbook.".into(),
            must_not: "Improvise.".into(),
            checklist: vec!["Open the runbook.".into()],
            holders_max: Some(2),
        }
    }

    #[test]
    fn a_role_of_the_teams_own_is_named_as_those_of_the_catalogue_are() {
        let roles = Roles::new(vec![keeper()]);
        for text in ["runbook", "Runbook keeper", "RUNBOOKS"] {
            assert_eq!(roles.find(text).unwrap().slug(), "runbook");
        }
        assert_eq!(roles.find("sme:db").unwrap(), "sme:db".parse().unwrap());
        assert!(roles.find("boss").unwrap_err().ends_with("observer, runbook."));
        let role = roles.find("runbook").unwrap();
        assert_eq!((role.rights(), role.shown(Words::It)), ("scribe", "Runbooks".to_owned()));
        assert!(
            role.rank() > role.reports_to().unwrap().rank()
                && role.rank() < "demob".parse::<Role>().unwrap().rank()
        );
    }

    #[test]
    fn a_role_that_is_held_can_be_named_where_the_settings_do_so_no_longer() {
        let (pio, held) = (Role::pio(), Role::of(keeper()));
        let none = Roles::default();
        assert_eq!(none.with_held([&pio]), None);
        assert_eq!(Roles::new(vec![keeper()]).with_held([&held]), None);
        assert_eq!(none.with_held([&pio, &held, &held]).unwrap().find("runbook keeper").unwrap(), held);
    }

    #[test]
    fn what_is_stored_of_a_role_tells_all_of_it_where_the_settings_know_it_no_longer() {
        let above = Role::of(keeper());
        let below = Role::of(OwnRole { slug: "pages".into(), reports_to: above.clone(), ..keeper() });
        let stored = serde_json::to_string(&below).unwrap();
        let read: Role = serde_json::from_str(&stored).unwrap();
        assert_eq!(read.own(), below.own());
        assert_eq!(read.reports_to().unwrap().own(), above.own());
        assert_eq!(serde_json::to_string(&read).unwrap(), stored);
        assert_eq!(serde_json::to_string(&"sme:db".parse::<Role>().unwrap()).unwrap(), "\"sme:db\"");
    }

    #[test]
    fn a_role_like_one_that_is_not_there_has_the_fewest_rights() {
        let read: Role = serde_json::from_str(r#"{"slug":"x","title":"X","like":"emperor"}"#).unwrap();
        assert_eq!(read.rights(), "observer");
        assert_eq!(read.reports_to(), Some(Role::ic()));
    }
}
