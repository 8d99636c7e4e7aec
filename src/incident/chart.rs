//! The organization chart of an incident as text, after ICS 207: who reports to whom, who holds what.

use super::{
    role::{CATALOGUE, Role, RoleDef, Words},
    sentence::and,
    state::Incident,
};
use crate::people::Person;

/// One position as it stands in the chart, with those below it.
struct Node {
    line: String,
    below: Vec<Node>,
}

/// The chart: positions that are held, and what is between them and the commander.
pub fn text(incident: &Incident, words: Words) -> String {
    let mut out = format!("{}: {}", incident.command_title(words), incident.command_words());
    draw(&below(incident, Role::ic().slug(), words), "", &mut out);
    for (id, to) in &incident.reports_to {
        let who = incident.participants.get(id).map_or(id.as_str(), |part| part.person.name.as_str());
        out.push_str(&format!("\n{who} reports to {to}"));
    }
    out
}

fn below(incident: &Incident, slug: &str, words: Words) -> Vec<Node> {
    let reports = CATALOGUE.iter().filter(|def| def.reports_to == Some(slug));
    reports.flat_map(|def| nodes(incident, def, words)).collect()
}

/// A family has a node for each of its members; only its catalogue slug has positions below it.
fn nodes(incident: &Incident, def: &'static RoleDef, words: Words) -> Vec<Node> {
    let mut roles: Vec<&Role> =
        incident.roles.iter().map(|held| &held.role).filter(|role| role.def().slug == def.slug).collect();
    roles.sort();
    roles.dedup();
    let mut below = below(incident, def.slug, words);
    if roles.is_empty() {
        if below.is_empty() {
            return vec![];
        }
        let by = def.slug.parse::<Role>().map(|role| incident.holders(&role).into_iter().cloned().collect());
        let by: Vec<Person> = by.unwrap_or_default();
        return vec![Node { line: format!("{}: vacant, {} does it", def.shown(words), and(&by)), below }];
    }
    let mut nodes: Vec<Node> = roles
        .into_iter()
        .map(|role| {
            let held: Vec<Person> = incident.given(role.slug()).cloned().collect();
            Node { line: format!("{}: {}", role.shown(words), and(&held)), below: vec![] }
        })
        .collect();
    if let Some(first) = nodes.first_mut() {
        first.below.append(&mut below);
    }
    nodes
}

fn draw(nodes: &[Node], indent: &str, out: &mut String) {
    for (n, node) in nodes.iter().enumerate() {
        let is_last = n + 1 == nodes.len();
        let (branch, next) = if is_last { ("└ ", "  ") } else { ("├ ", "│ ") };
        out.push_str(&format!("\n{indent}{branch}{}", node.line));
        draw(&node.below, &format!("{indent}{next}"), out);
    }
}
