//! The organization of an incident, after ICS 207: who reports to whom, who holds what. As text, and as what a picture is drawn of.

use chrono::{DateTime, Utc};

use super::{
    id::IncidentId,
    role::{CATALOGUE, Category, Role, RoleDef, Words, commander, defined},
    sentence::and,
    state::Incident,
};
use crate::people::Person;

/// The organization at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    pub incident: IncidentId,
    pub title: String,
    /// Not for everybody's eyes.
    pub is_restricted: bool,
    /// The operational period that runs.
    pub period: Option<u32>,
    pub at: DateTime<Utc>,
    pub command: Position,
    /// `Di reports to Cy`: what was said beside the positions.
    pub reports: Vec<String>,
}

/// A position, with those below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub title: String,
    /// Who holds it; of one that is vacant, who does its work meanwhile.
    pub by: String,
    pub is_vacant: bool,
    pub category: Category,
    pub below: Vec<Position>,
}

impl Chart {
    /// Positions that are held, and what is between them and the commander.
    pub fn of(incident: &Incident, words: Words, at: DateTime<Utc>) -> Chart {
        let named = |id: &str| {
            let part = incident.participants.get(id);
            part.map_or_else(|| id.to_owned(), |part| part.person.name.clone())
        };
        Chart {
            incident: incident.id,
            title: incident.title.clone(),
            is_restricted: incident.restricted.is_some(),
            period: incident.period.as_ref().map(|_| incident.periods),
            at,
            command: Position {
                title: incident.command_title(words).to_owned(),
                by: incident.command_words(),
                is_vacant: false,
                category: Category::Command,
                below: below(incident, &own(incident), commander().slug, words),
            },
            reports: incident
                .reports_to
                .iter()
                .map(|(id, to)| format!("{} reports to {to}", named(id)))
                .collect(),
        }
    }

    /// One line a position.
    pub fn text(&self) -> String {
        let mut out = self.command.line();
        draw(&self.command.below, "", &mut out);
        for line in &self.reports {
            out.push('\n');
            out.push_str(line);
        }
        out
    }
}

impl Position {
    fn line(&self) -> String {
        let Self { title, by, .. } = self;
        if self.is_vacant { format!("{title}: vacant, {by} does it") } else { format!("{title}: {by}") }
    }
}

/// The team's own roles that are held, and those between them and the catalogue.
fn own(incident: &Incident) -> Vec<Role> {
    let mut own: Vec<Role> = vec![];
    for held in &incident.roles {
        let mut at = Some(held.role.clone());
        while let Some(role) = at.filter(|role| role.own().is_some()) {
            at = role.reports_to();
            if !own.contains(&role) {
                own.push(role);
            }
        }
    }
    own.sort();
    own
}

fn below(incident: &Incident, own: &[Role], slug: &str, words: Words) -> Vec<Position> {
    let reports = CATALOGUE.iter().filter(|def| def.reports_to == Some(slug));
    let mut all: Vec<Position> = reports.flat_map(|def| positions(incident, own, def, words)).collect();
    for role in own.iter().filter(|role| role.reports_to().is_some_and(|up| up.slug() == slug)) {
        let below = below(incident, own, role.slug(), words);
        all.push(match incident.given(role.slug()).next() {
            Some(_) => held_by(incident, role, below, words),
            None => vacant(incident, role, below, words),
        });
    }
    all
}

/// Where it stands in the organization; one of the team's own where the one that it is like does.
fn category(role: &Role) -> Category {
    defined(role.rights()).map_or(Category::Specialist, |def| def.category)
}

fn held_by(incident: &Incident, role: &Role, below: Vec<Position>, words: Words) -> Position {
    let by: Vec<Person> = incident.given(role.slug()).cloned().collect();
    Position { title: role.shown(words), by: and(&by), is_vacant: false, category: category(role), below }
}

fn vacant(incident: &Incident, role: &Role, below: Vec<Position>, words: Words) -> Position {
    let by: Vec<Person> = incident.holders(role).into_iter().cloned().collect();
    Position {
        title: role.head(words).to_owned(),
        by: and(&by),
        is_vacant: true,
        category: category(role),
        below,
    }
}

/// A family has a position for each of its members; only its catalogue slug has positions below it.
fn positions(incident: &Incident, own: &[Role], def: &'static RoleDef, words: Words) -> Vec<Position> {
    let roles = incident.roles_of_family(def.slug);
    let mut below = below(incident, own, def.slug, words);
    if roles.is_empty() {
        let between = def.slug.parse().ok().filter(|_| !below.is_empty());
        return between.map(|role| vacant(incident, &role, below, words)).into_iter().collect();
    }
    let mut held: Vec<Position> =
        roles.into_iter().map(|role| held_by(incident, role, vec![], words)).collect();
    if let Some(first) = held.first_mut() {
        first.below.append(&mut below);
    }
    held
}

fn draw(positions: &[Position], indent: &str, out: &mut String) {
    for (n, position) in positions.iter().enumerate() {
        let is_last = n + 1 == positions.len();
        let (branch, next) = if is_last { ("└ ", "  ") } else { ("├ ", "│ ") };
        out.push_str(&format!("\n{indent}{branch}{}", position.line()));
        draw(&position.below, &format!("{indent}{next}"), out);
    }
}
