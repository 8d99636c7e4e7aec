//! Several people or things in one sentence, and so many minutes.

use crate::{people::Person, post};

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

/// `the status page, X and Statuspage`.
pub(in crate::incident) fn places(destinations: &[String]) -> String {
    joined(destinations.iter().map(|one| the_place(one)).collect(), "and")
}

/// A destination within a sentence: `the status page`, `X`.
pub(super) fn the_place(destination: &str) -> String {
    match destination {
        "page" | "sandbox" => format!("the {}", post::place(destination)),
        other => post::place(other).to_owned(),
    }
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

/// `1 minute`, `90 minutes`.
pub(in crate::incident) fn so_many_minutes(minutes: u32) -> String {
    so_many(minutes, "minute")
}

/// `7 days`, `4 hours`, `30 minutes`: in the greatest unit that has it whole.
pub(in crate::incident) fn so_long(minutes: u32) -> String {
    match minutes {
        0 => so_many(0, "minute"),
        days if days.is_multiple_of(24 * 60) => so_many(days / (24 * 60), "day"),
        hours if hours.is_multiple_of(60) => so_many(hours / 60, "hour"),
        minutes => so_many(minutes, "minute"),
    }
}

fn so_many(count: u32, unit: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{s}")
}

/// `every minute`, `every 5 minutes`.
pub(in crate::incident) fn every(minutes: u32) -> String {
    if minutes == 1 { "every minute".to_owned() } else { format!("every {minutes} minutes") }
}
