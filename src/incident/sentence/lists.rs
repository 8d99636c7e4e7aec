//! Several people or things in one sentence, and so many minutes.

use crate::people::Person;

/// Names in a list at most; who else is there is counted.
pub(super) const NAMED_MAX: usize = 5;

fn joined(mut names: Vec<String>, last: &str) -> String {
    match names.pop() {
        Some(only) if names.is_empty() => only,
        Some(end) => format!("{} {last} {end}", names.join(", ")),
        None => "nobody".to_owned(),
    }
}

fn listed(people: &[Person]) -> Vec<String> {
    let mut names: Vec<String> = people.iter().take(NAMED_MAX).map(Person::to_string).collect();
    match people.len().saturating_sub(NAMED_MAX) {
        0 => {}
        1 => names.push("1 other".to_owned()),
        others => names.push(format!("{others} others")),
    }
    names
}

/// `Ada, Bo and Cy`.
pub(in crate::incident) fn and(people: &[Person]) -> String {
    joined(listed(people), "and")
}

/// `Ada, Bo and whoever is let in`.
pub(super) fn and_also(people: &[Person], also: &str) -> String {
    let mut names = listed(people);
    names.push(also.to_owned());
    joined(names, "and")
}

/// `db, checkout and web`: all of them.
pub(super) fn and_things(things: &[String]) -> String {
    joined(things.to_vec(), "and")
}

/// `Ada, Bo or Cy`.
pub(in crate::incident) fn either(people: &[Person]) -> String {
    joined(listed(people), "or")
}

/// The first of them, and how many others there are: `task #1`, `task #2`, `3 more`.
pub(in crate::incident) fn some_of(all: impl Iterator<Item = String>, max: usize) -> Vec<String> {
    let mut named: Vec<String> = all.collect();
    let more = named.len().saturating_sub(max);
    named.truncate(max);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named
}

/// `1 minute`, `5 minutes`.
pub(in crate::incident) fn so_many_minutes(minutes: u32) -> String {
    if minutes == 1 { "1 minute".to_owned() } else { format!("{minutes} minutes") }
}

/// `every minute`, `every 5 minutes`.
pub(in crate::incident) fn every(minutes: u32) -> String {
    if minutes == 1 { "every minute".to_owned() } else { format!("every {minutes} minutes") }
}
