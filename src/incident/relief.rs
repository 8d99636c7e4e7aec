//! What helps somebody to whom more people report than one can lead: who could stand between.

use super::{
    role::{CATALOGUE, IC, Role, RoleDef, Words, defined},
    state::{Assignment, Incident},
};
use crate::people::Person;

/// What helps somebody to whom many report: a section that nobody leads and some of them belong to, else a deputy or the lead of a
/// sub-team whom some of them are told to report to.
pub(super) fn relief(incident: &Incident, to: &Person, words: Words) -> String {
    if !incident.has_command(to) {
        let directs = incident.roles_of(to).iter().any(|role| matches!(role.rights(), "ops" | "branch"));
        let is_free = directs && incident.roles_of_family("lead").is_empty();
        return match defined("lead").filter(|_| is_free) {
            Some(lead) => format!(
                "A {} can take some of them: `role offer lead:alpha NAME`, then `role report NAME --to NAME`.",
                lead.shown(words)
            ),
            None => "Some of them can report to one of them: `role report NAME --to NAME`.".to_owned(),
        };
    }
    if let Some((n, section)) = free_section(incident, to) {
        let (slug, title) = (section.slug(), section.shown(words));
        return format!("{n} of them would report to the {title}: `role offer {slug} NAME`.");
    }
    match incident.given("deputy").next() {
        Some(deputy) => format!(
            "Some of them can report to {deputy}, or to whoever leads their section: `role report NAME --to NAME`."
        ),
        None => "A deputy can take some of them: `role offer deputy NAME`, then `role report NAME --to NAME`. Units \
                 can report to whoever leads their section."
            .to_owned(),
    }
}

/// The section that nobody leads to which most of those belong who report straight to somebody, and how many they are: more than
/// the one who then reports for all of them.
fn free_section(incident: &Incident, to: &Person) -> Option<(usize, Role)> {
    let now = incident.reports_of(to);
    let led = |def: &'static RoleDef| {
        let role = def.role();
        let mut then = incident.clone();
        // An id that nobody has: a chat's begins with the name of the chat.
        let person = Person { id: format!("{}:lead", def.slug), name: String::new() };
        then.roles.push(Assignment { role: role.clone(), person, since: incident.commander_since });
        let moved = (now + 1).saturating_sub(then.reports_of(to));
        (moved > 1).then_some((moved, role))
    };
    let is_free = |def: &&RoleDef| {
        def.reports_to == Some(IC) && def.holders_max == Some(1) && incident.given(def.slug).next().is_none()
    };
    let free = CATALOGUE.iter().filter(is_free).filter_map(led);
    free.reduce(|most, one| if one.0 > most.0 { one } else { most })
}
