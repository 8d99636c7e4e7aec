//! Words of the language where somebody is told to type them: the verb that they begin with, and how they stand behind what a chat's
//! commands begin with.

use clap::Command;

use super::{
    tree::{at, short},
    walk::{is_prefix, is_verb_said, usual},
};
use crate::incident::id::IncidentId;

/// How words begin.
pub(super) struct Begun<'s> {
    /// The incident before the verb, as it was said.
    pub target: Option<&'s str>,
    /// What the words stand for, of the tree.
    pub path: Vec<&'static str>,
    /// What comes after the verb, word for word, blanks too.
    pub rest: &'s str,
}

/// `None`: they begin with no verb.
pub(super) fn begun(said: &str) -> Option<Begun<'_>> {
    // A block of several lines is somebody's.
    if said.contains('\n') {
        return None;
    }
    let words: Vec<&str> = said.split_whitespace().collect();
    let (target, words) = match words.split_first() {
        Some((first, rest)) if first.parse::<IncidentId>().is_ok() => (Some(*first), rest),
        _ => (None, words.as_slice()),
    };
    // A setting may be called as a verb is: `page = ["PAGER:ADDRESS"]`.
    if words.get(1) == Some(&"=") {
        return None;
    }
    let (count, path) = match short(words) {
        Some((count, path)) => (count, path.to_vec()),
        None => in_full(words)?,
    };
    let mut rest = said.trim_start();
    for _ in 0..count + usize::from(target.is_some()) {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    Some(Begun { target, path, rest })
}

/// Of how many words a verb of the tree is, and its path. A group is none by itself; with its verbs behind it (`task add|ack`) it is
/// told of all of them.
fn in_full(words: &[&str]) -> Option<(usize, Vec<&'static str>)> {
    let is_verb = |path: &[&str]| at(path).is_some_and(|verb| !verb.has_subcommands());
    // Not by what else they are called.
    let named = |path: &[&str]| -> Vec<&'static str> {
        let verbs = (1..=path.len()).filter_map(|count| at(path.get(..count)?));
        verbs.map(Command::get_name).collect()
    };
    if let Some(count) = (1..=words.len().min(2)).rev().find(|count| is_verb(&words[..*count])) {
        return Some((count, named(&words[..count])));
    }
    let (group, second) = match *words {
        // Alone it asks for its steps.
        ["playbook"] => return Some((1, vec!["playbook", "show"])),
        [group, second, ..] => (group, second),
        _ => return None,
    };
    let is_of_group = |verb: &str| at(&[group, verb]).is_some();
    if let Some((first, _)) = second.split_once('|') {
        return is_of_group(first).then(|| (1, named(&[group])));
    }
    let usual = usual(group).filter(|_| !is_of_group(second))?;
    Some((1, named(&[group, usual])))
}

/// Words of the language behind what a chat's commands begin with: `object 1 REASON` is `/incident object 1 REASON` there. `None`: they
/// begin with no verb.
pub fn said_after(before: &str, said: &str) -> Option<String> {
    begun(said).map(|_| format!("{before} {}", said.trim()))
}

/// Whether words may be meant to open something: no other verb stands at their beginning. What begins with none may be a slip of it.
pub fn may_open(words: &[&str]) -> bool {
    let words = match words {
        [first, rest @ ..] if is_prefix(first) => rest,
        words => words,
    };
    let words = match words {
        [first, rest @ ..] if first.parse::<IncidentId>().is_ok() => rest,
        words => words,
    };
    match begun(&words.join(" ")) {
        Some(begun) => matches!(begun.path.as_slice(), ["declare"] | ["maintenance", "schedule"]),
        None => {
            let is_planned = words.first().is_some_and(|first| first.eq_ignore_ascii_case("maintenance"));
            is_planned || !is_verb_said(words)
        }
    }
}

/// The verb that words begin with, in full: `task list` of `tasks`.
pub fn verb_begun(said: &str) -> Option<String> {
    begun(said).map(|begun| begun.path.join(" "))
}
