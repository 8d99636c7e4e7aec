//! The settings of the roles that a team has besides those of the catalogue.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Config;
use super::format::nearest;
use super::report::Report;
use super::shape::in_order;
use crate::incident::role::{CATALOGUE, IC, OwnRole, Role, Roles, cannot_lead, defined};
use crate::people::Person;

/// Own roles at most: more is an organization that nobody has in their head at night.
const ROLES_MAX: usize = 50;
/// Own roles one above the other at most.
const STEPS_MAX: usize = 5;
/// Steps of a checklist at most: it is read in the middle of an incident.
const CHECKLIST_MAX: usize = 12;
/// Characters of an id, of a title and of any other text at most.
const ID_CHARS_MAX: usize = 32;
const TITLE_CHARS_MAX: usize = 60;
const TEXT_CHARS_MAX: usize = 300;

/// `[[role]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<TeamRole>)]
pub struct TeamRole {
    /// The word by which people name it: lower-case letters, digits, `-` and `_`; each once, and none of the catalogue's.
    #[schemars(extend("format" = "name", "x-example" = "runbook"))]
    pub id: String,
    /// What whoever holds it is called.
    #[schemars(extend("format" = "name", "x-example" = "Runbook Keeper"))]
    pub title: String,
    /// What they are called where `command.vocabulary` is `it`; left out, the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Runbooks"))]
    pub it_title: Option<String>,
    /// The role that it reports to: the word of one of the catalogue that takes no name, or the `id` of another `[[role]]`.
    #[schemars(extend("format" = "name", "x-example" = "ops"))]
    pub reports_to: String,
    /// The word of the catalogue's role whose rights it has; any but `ic`: command is handed over, not given out.
    #[schemars(extend("format" = "name", "x-example" = "scribe"))]
    pub like: String,
    /// What it does, in a sentence.
    #[serde(default)]
    #[schemars(extend("x-example" = "Finds the runbook that fits, reads it out, and ticks off its steps."))]
    pub does: String,
    /// What it must not, in a sentence.
    #[serde(default)]
    #[schemars(extend("x-example" = "Improvise."))]
    pub must_not: String,
    /// What whoever takes it is told to do, step by step.
    #[serde(default)]
    pub checklist: Vec<String>,
    /// How many may hold it at one time; left out, any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 500), extend("x-example" = 1))]
    pub holders_max: Option<u32>,
    /// Who is next in line for it, as in `[alternates]`.
    #[serde(default)]
    #[schemars(extend("x-item-format" = "name"))]
    pub alternates: Vec<String>,
}

/// Those who are next in line for each role, by its word.
pub(super) fn alternates(config: &Config) -> BTreeMap<String, Vec<Person>> {
    let known = config.roles();
    let own = config.role.iter().map(|one| (&one.id, &one.alternates));
    let mut all: BTreeMap<String, Vec<Person>> = BTreeMap::new();
    for (role, ids) in own.chain(&config.alternates) {
        let Ok(role) = known.find(role) else { continue };
        let line = all.entry(role.slug().to_owned()).or_default();
        let people = ids.iter().filter_map(|id| config.person(id));
        line.extend(people.map(|one| Person { id: one.id.clone(), name: one.name.clone() }));
    }
    all.retain(|_, line| !line.is_empty());
    all
}

/// Each line is of people whom the settings know, for a role that there is.
pub(super) fn check_alternates(config: &Config, report: &mut Report<'_>) {
    let known = config.roles();
    for role in config.alternates.keys() {
        if let Err(why) = known.find(role) {
            let (what, hint) = why.split_once(". ").unwrap_or((why.trim_end_matches('.'), ""));
            report.at(&format!("alternates.{role}"), what, hint);
        }
    }
    let own =
        config.role.iter().enumerate().map(|(n, one)| (format!("role[{n}].alternates"), &one.alternates));
    let lines = config.alternates.iter().map(|(role, line)| (format!("alternates.{role}"), line));
    for (key, line) in own.chain(lines) {
        for (index, id) in line.iter().enumerate().filter(|(_, id)| config.person(id).is_none()) {
            let hint = match nearest(id, config.person.iter().map(|person| person.id.as_str())) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Write the `id` of a [[person]], or add one.".to_owned(),
            };
            report.at(&format!("{key}[{index}]"), format!("there is no person `{id}`"), hint);
        }
    }
}

/// All of them, as the rules read them.
pub fn roles(team: &[TeamRole]) -> Roles {
    Roles::new(team.iter().map(|one| own(one, team, STEPS_MAX)).collect())
}

/// `steps`: how many of the team's own may stand above it. What is wrong there has been told by [`check`].
fn own(one: &TeamRole, team: &[TeamRole], steps: usize) -> OwnRole {
    let above = team.iter().find(|other| other.id == one.reports_to);
    let reports_to = match above {
        Some(above) if steps > 0 => Role::of(own(above, team, steps - 1)),
        Some(_) => Role::ic(),
        None => one.reports_to.parse().unwrap_or_else(|_| Role::ic()),
    };
    OwnRole {
        slug: one.id.clone(),
        title: one.title.clone(),
        it_title: one.it_title.clone(),
        reports_to,
        like: one.like.clone(),
        does: one.does.clone(),
        must_not: one.must_not.clone(),
        checklist: one.checklist.clone(),
        holders_max: one.holders_max.map(|max| max as usize),
    }
}

/// Each is named by words of its own, has the rights of a role that there is, and the way up from it ends at the commander.
pub(super) fn check(team: &[TeamRole], report: &mut Report<'_>) {
    if team.len() > ROLES_MAX {
        let what = format!("{} roles are more than {ROLES_MAX}", team.len());
        report.at(&format!("role[{ROLES_MAX}]"), what, "Leave out what nobody takes.");
    }
    for (index, one) in team.iter().enumerate() {
        let at = |key: &str| format!("role[{index}].{key}");
        let is_word = one.id.starts_with(|c: char| c.is_ascii_lowercase())
            && one.id.len() <= ID_CHARS_MAX
            && one.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
        if !is_word {
            let what = format!("`{}` is no word for a role", one.id);
            let hint = format!(
                "Use lower-case letters, digits, `-` and `_`, a letter first, at most {ID_CHARS_MAX}: people type it."
            );
            report.at(&at("id"), what, hint);
        }
        names(team, index, report);
        texts(one, &at, report);
        if one.like == IC {
            let hint = "Write `deputy` for nearly all of a commander's rights: command is handed over, and one has it.";
            report.at(&at("like"), "a role cannot be like `ic`", hint);
        } else if defined(&one.like).is_none() {
            let what = format!("the catalogue has no role `{}`", one.like);
            report.at(&at("like"), what, meant(&one.like, &[]));
        }
        above(team, index, report);
    }
}

/// Nothing that people type means two roles.
fn names(team: &[TeamRole], index: usize, report: &mut Report<'_>) {
    fn of(one: &TeamRole) -> Vec<(&'static str, &str)> {
        let it_title = one.it_title.as_deref().map(|title| ("it_title", title));
        [("id", one.id.as_str()), ("title", one.title.as_str())].into_iter().chain(it_title).collect()
    }
    let Some(one) = team.get(index) else { return };
    for (key, name) in of(one) {
        let lower = name.trim().to_lowercase();
        let of_catalogue = CATALOGUE.iter().find(|def| {
            [def.slug, def.title, def.it_title].iter().any(|known| known.to_lowercase() == lower)
        });
        let key = format!("role[{index}].{key}");
        if let Some(def) = of_catalogue {
            let what = format!("`{name}` is a role of the catalogue already (`{}`)", def.slug);
            report.at(&key, what, "Choose another: what people type must mean one role.");
            continue;
        }
        let earlier = team
            .iter()
            .take(index)
            .position(|other| of(other).iter().any(|(_, known)| known.trim().to_lowercase() == lower));
        if let Some(earlier) = earlier {
            let place = report.in_words(&report.place_of(&format!("role[{earlier}].id")));
            let what = format!("`{name}` is there already ({place})");
            report.at(&key, what, "Choose another: what people type must mean one role.");
        }
    }
}

fn texts(one: &TeamRole, at: &impl Fn(&str) -> String, report: &mut Report<'_>) {
    let mut text = |key: String, text: &str, max: usize| {
        let chars = text.chars().count();
        if chars > max {
            report.at(&key, format!("this has {chars} characters"), format!("Write at most {max}."));
        }
    };
    text(at("title"), &one.title, TITLE_CHARS_MAX);
    text(at("it_title"), one.it_title.as_deref().unwrap_or_default(), TITLE_CHARS_MAX);
    text(at("does"), &one.does, TEXT_CHARS_MAX);
    text(at("must_not"), &one.must_not, TEXT_CHARS_MAX);
    for (n, step) in one.checklist.iter().enumerate() {
        text(format!("{}[{n}]", at("checklist")), step, TEXT_CHARS_MAX);
    }
    if one.checklist.len() > CHECKLIST_MAX {
        let what = format!("the checklist has {} steps", one.checklist.len());
        report.at(
            &at("checklist"),
            what,
            format!("Give it at most {CHECKLIST_MAX}: it is read in the night."),
        );
    }
}

/// The role that it reports to is there, can lead, and does not come round to itself.
fn above(team: &[TeamRole], index: usize, report: &mut Report<'_>) {
    let Some(one) = team.get(index) else { return };
    let key = format!("role[{index}].reports_to");
    let next = |id: &str| team.iter().find(|other| other.id == id);
    let Some(mut at) = next(&one.reports_to) else {
        match defined(&one.reports_to) {
            None => {
                let what = format!("there is no role `{}`", one.reports_to);
                report.at(&key, what, meant(&one.reports_to, team));
            }
            Some(def) => {
                if let Some(why) = cannot_lead(def) {
                    let what = format!("nobody can report to `{}`: {why}", def.slug);
                    report.at(&key, what, "Write `ops`, or another that leads.");
                }
            }
        }
        return;
    };
    let mut way = vec![one.id.as_str()];
    loop {
        if at.id == one.id {
            way.push(&one.id);
            let what = format!("this goes round in a circle: {}", way.join(", "));
            return report.at(&key, what, "Have one of them report to a role of the catalogue.");
        }
        // A circle further up is told where it is.
        if way.contains(&at.id.as_str()) {
            return;
        }
        way.push(&at.id);
        match next(&at.reports_to) {
            Some(above) => at = above,
            None => break,
        }
    }
    if way.len() > STEPS_MAX {
        let what = format!("{} roles of the team stand one above the other: {}", way.len(), way.join(", "));
        report.at(&key, what, format!("Have at most {STEPS_MAX} in a row."));
    }
}

fn meant(typed: &str, team: &[TeamRole]) -> String {
    let known = || CATALOGUE.iter().map(|def| def.slug).chain(team.iter().map(|one| one.id.as_str()));
    match nearest(typed, known()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Known here: {}.", known().collect::<Vec<_>>().join(", ")),
    }
}
