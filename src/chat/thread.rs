//! A thread as the space of an incident: named by its place and its root.

/// Between the two; no id has it.
const BETWEEN: char = ' ';

/// The space of a thread.
pub(super) fn thread_space(place: &str, root: &str) -> String {
    format!("{place}{BETWEEN}{root}")
}

/// A space's place and, if it is a thread, its root.
pub(super) fn parts_of(space: &str) -> (&str, Option<&str>) {
    match space.split_once(BETWEEN) {
        Some((place, root)) => (place, Some(root)),
        None => (space, None),
    }
}

/// Where a reply to a message of this space stands: in its thread, or in one that begins with it.
pub(super) fn below(space: &str, message: &str) -> String {
    if parts_of(space).1.is_some() { space.to_owned() } else { thread_space(space, message) }
}
