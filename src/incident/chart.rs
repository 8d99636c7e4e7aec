//! The organization chart of an incident as text, after ICS 207: who reports to whom, who holds what.

use super::{
    role::{CATALOGUE, Role, RoleDef, Words, commander},
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
    draw(&below(incident, &own(incident), commander().slug, words), "", &mut out);
    for (id, to) in &incident.reports_to {
        let who = incident.participants.get(id).map_or(id.as_str(), |part| part.person.name.as_str());
        out.push_str(&format!("\n{who} reports to {to}"));
    }
    out
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

fn below(incident: &Incident, own: &[Role], slug: &str, words: Words) -> Vec<Node> {
    let reports = CATALOGUE.iter().filter(|def| def.reports_to == Some(slug));
    let mut all: Vec<Node> = reports.flat_map(|def| nodes(incident, own, def, words)).collect();
    for role in own.iter().filter(|role| role.reports_to().is_some_and(|up| up.slug() == slug)) {
        let below = below(incident, own, role.slug(), words);
        all.push(match incident.given(role.slug()).next() {
            Some(_) => held(incident, role, below, words),
            None => vacant(incident, role, below, words),
        });
    }
    all
}

fn held(incident: &Incident, role: &Role, below: Vec<Node>, words: Words) -> Node {
    let by: Vec<Person> = incident.given(role.slug()).cloned().collect();
    Node { line: format!("{}: {}", role.shown(words), and(&by)), below }
}

fn vacant(incident: &Incident, role: &Role, below: Vec<Node>, words: Words) -> Node {
    let by: Vec<Person> = incident.holders(role).into_iter().cloned().collect();
    Node { line: format!("{}: vacant, {} does it", role.head(words), and(&by)), below }
}

/// A family has a node for each of its members; only its catalogue slug has positions below it.
fn nodes(incident: &Incident, own: &[Role], def: &'static RoleDef, words: Words) -> Vec<Node> {
    let roles = incident.roles_of_family(def.slug);
    let mut below = below(incident, own, def.slug, words);
    if roles.is_empty() {
        let between = def.slug.parse().ok().filter(|_| !below.is_empty());
        return between.map(|role| vacant(incident, &role, below, words)).into_iter().collect();
    }
    let mut nodes: Vec<Node> = roles.into_iter().map(|role| held(incident, role, vec![], words)).collect();
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
