//! What is offered while somebody types a value.

use clap::Command;

use super::{
    discord::{INCIDENT, option_name},
    tree::{self, Blank, tree, value_name},
    value,
};
use crate::incident::role::{CATALOGUE, Role};

/// Discord's limits on what is offered.
const OFFERED_MAX: usize = 25;
const CHARS_MAX: usize = 100;

/// What the place knows, as (label, value) pairs, most wanted first. Values are what the reader takes: a slug, a
/// name, a number, `S-3`, `INC-1`, a component's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completions {
    /// Roles beyond the catalogue: `sme:db`, and the team's own.
    pub roles: Vec<(String, String)>,
    pub people: Vec<(String, String)>,
    pub tasks: Vec<(String, String)>,
    pub updates: Vec<(String, String)>,
    pub objectives: Vec<(String, String)>,
    pub hazards: Vec<(String, String)>,
    /// Open ones, what waits first.
    pub actions: Vec<(String, String)>,
    pub proposals: Vec<(String, String)>,
    /// Timeline entries that can be corrected or redacted.
    pub entries: Vec<(String, String)>,
    pub situations: Vec<(String, String)>,
    pub incidents: Vec<(String, String)>,
    pub components: Vec<(String, String)>,
    /// Types of incidents.
    pub types: Vec<(String, String)>,
    /// The fields that the incident has.
    pub fields: Vec<(String, String)>,
    /// Open steps of playbooks first, then the others.
    pub steps: Vec<(String, String)>,
    /// Those that can be begun.
    pub playbooks: Vec<(String, String)>,
    /// Rosters, and escalations, of the settings.
    pub rosters: Vec<(String, String)>,
    pub escalations: Vec<(String, String)>,
    /// Those whom a page reaches, or a roster may have: `@ada`.
    pub on_call: Vec<(String, String)>,
}

/// What fits `typed` in the option `focused` of the verb at `path`: at most 25 pairs of a label (at most 100
/// characters) and a value. Nothing for an unknown path or option. The values of a Discord integer option are digits.
pub fn autocomplete(path: &[&str], focused: &str, typed: &str, ctx: &Completions) -> Vec<(String, String)> {
    let Some(verb) = path.iter().try_fold(tree(), |at, word| at.find_subcommand(word)) else { return vec![] };
    let typed: String = typed.trim().chars().take(CHARS_MAX).collect();
    let offered = if focused == INCIDENT {
        ctx.incidents.clone()
    } else {
        candidates(path, verb, focused, &typed, ctx)
    };
    fitting(offered, &typed.to_lowercase())
}

fn candidates(
    path: &[&str],
    verb: &Command,
    focused: &str,
    typed: &str,
    ctx: &Completions,
) -> Vec<(String, String)> {
    let Some(arg) = verb.get_arguments().find(|arg| option_name(arg) == focused) else { return vec![] };
    if Blank::of(arg) != Blank::Switch && !arg.get_possible_values().is_empty() {
        return arg
            .get_possible_values()
            .iter()
            .map(|value| {
                let name = value.get_name().to_owned();
                (value.get_help().map_or(name.clone(), |help| format!("{name} – {help}")), name)
            })
            .collect();
    }
    match value_name(arg) {
        "ROLE" => roles(typed, ctx),
        "NAME" => ctx.people.clone(),
        "N" => match path.first() {
            Some(&"task") => ctx.tasks.clone(),
            Some(&"update") => ctx.updates.clone(),
            Some(&"objective") => ctx.objectives.clone(),
            Some(&"action") => ctx.actions.clone(),
            Some(&"hazard") => ctx.hazards.clone(),
            // Numbered by themselves, whatever the incident.
            Some(&"change") => vec![],
            Some(&"decision") => ctx.proposals.clone(),
            _ => ctx.entries.clone(),
        },
        "SITUATION" | "ALERT" | "LABEL" => ctx.situations.clone(),
        "INCIDENT" => ctx.incidents.clone(),
        "COMPONENT" => components(typed, ctx),
        "TYPE" => ctx.types.clone(),
        "FIELD" => ctx.fields.clone(),
        "STEP" => ctx.steps.clone(),
        "PLAYBOOK" => ctx.playbooks.clone(),
        "ROSTER" => ctx.rosters.clone(),
        "WHO" if path.first() == Some(&"roster") => ctx.on_call.clone(),
        "WHO" => [&ctx.escalations, &ctx.rosters, &ctx.on_call].into_iter().flatten().cloned().collect(),
        "DURATION" => ["5m", "10m", "15m", "20m", "30m", "1h", "2h"].map(same).to_vec(),
        "VERB" => {
            let verbs = tree::leaves().into_iter().map(|(path, _)| same(&path.join(" ")));
            [same("all"), same("verbs")].into_iter().chain(verbs).collect()
        }
        _ => vec![],
    }
}

fn same(word: &str) -> (String, String) {
    (word.to_owned(), word.to_owned())
}

fn roles(typed: &str, ctx: &Completions) -> Vec<(String, String)> {
    let mut all = ctx.roles.clone();
    // A family's member that nobody has been yet.
    if let Ok(role) = typed.parse::<Role>()
        && role.slug().contains(':')
        && !all.iter().any(|(_, value)| value == role.slug())
    {
        all.push((format!("{} – {role}", role.slug()), role.slug().to_owned()));
    }
    let offered: Vec<_> = CATALOGUE
        .iter()
        .map(|def| {
            let slug = if def.is_family { format!("{}:", def.slug) } else { def.slug.to_owned() };
            (format!("{slug} – {} ({})", def.title, def.it_title), slug)
        })
        .filter(|(_, slug)| !all.iter().any(|(_, value)| value == slug))
        .collect();
    all.extend(offered);
    all
}

/// A component's name first, then its states.
fn components(typed: &str, ctx: &Completions) -> Vec<(String, String)> {
    let (before, last) = match typed.rsplit_once(';') {
        Some((before, last)) => (format!("{before};"), last.trim_start()),
        None => (String::new(), typed),
    };
    let lower = last.to_lowercase();
    let name = lower.rsplit_once('=').map_or(lower.as_str(), |(name, _)| name);
    ctx.components
        .iter()
        .filter(|(_, value)| value.to_lowercase().contains(name))
        .flat_map(|(_, value)| {
            value::component_states()
                .map(|state| same(&format!("{before}{value}={state}")))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Those that begin with what was typed, then those that have it somewhere.
fn fitting(offered: Vec<(String, String)>, typed: &str) -> Vec<(String, String)> {
    let mut ranked: Vec<(u8, (String, String))> = offered
        .into_iter()
        .filter(|(_, value)| !value.is_empty() && value.chars().count() <= CHARS_MAX)
        .filter_map(|(label, value)| {
            let (label_lower, value_lower) = (label.to_lowercase(), value.to_lowercase());
            let rank = if value_lower.starts_with(typed) {
                0
            } else if label_lower.starts_with(typed) {
                1
            } else if label_lower.contains(typed) || value_lower.contains(typed) {
                2
            } else {
                return None;
            };
            Some((rank, (cut(&label), value)))
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, pair)| pair).take(OFFERED_MAX).collect()
}

fn cut(label: &str) -> String {
    let label = label.replace(['\n', '\r', '\t'], " ");
    if label.chars().count() <= CHARS_MAX {
        return label;
    }
    label.chars().take(CHARS_MAX - 1).chain(['…']).collect()
}
