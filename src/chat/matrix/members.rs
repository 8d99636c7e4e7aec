//! Those of a room whom a command names by a bare name (`@zed`), and whom the bot has not met yet.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    MatrixDoor,
    heard::{self, bare, is_called, is_id, meant},
    rest::part,
};
use crate::{
    grammar::{self, Spoken},
    incident::decide::Policy,
    people::Person,
};

/// A command waits no longer for the members of a room.
const PATIENCE: Duration = Duration::from_secs(2);
/// People looked up for one command.
const NAMED_MAX: usize = 3;
/// Whom nobody was found to be is not looked for again for so long; whoever comes in meanwhile is met by that.
const NOBODY: TimeDelta = TimeDelta::minutes(10);
/// The same, where the members were not told.
const UNTOLD: TimeDelta = TimeDelta::minutes(1);
/// Misses that are remembered; then all are forgotten.
const MISSES_MAX: usize = 1_000;

/// Names that nobody was found for, by room and name, and until when they are not looked for.
#[derive(Debug, Default)]
pub(super) struct Misses(Mutex<HashMap<(String, String), DateTime<Utc>>>);

impl Misses {
    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), DateTime<Utc>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, room: &str, name: &str, now: DateTime<Utc>) -> bool {
        let known = self.lock().get(&(room.to_owned(), name.to_lowercase())).copied();
        known.is_some_and(|until| now < until)
    }

    fn add(&self, room: &str, name: &str, until: DateTime<Utc>) {
        let mut known = self.lock();
        if known.len() >= MISSES_MAX {
            known.clear();
        }
        known.insert((room.to_owned(), name.to_lowercase()), until);
    }
}

/// The names by which a command takes people; those in a text are none.
fn people_in(words: &str, policy: &Policy) -> Vec<String> {
    let named = RefCell::new(Vec::new());
    let note = |name: &str| {
        named.borrow_mut().push(name.to_owned());
        Ok(Person { id: name.to_owned(), name: name.to_owned() })
    };
    let spoken = grammar::parse(words, &note, policy);
    let mut named = named.into_inner();
    // What a step says is read when it is run.
    if let Ok(Spoken::RunStep { words, .. }) = spoken {
        named.extend(words.split_whitespace().map(str::to_owned));
    }
    named
}

impl MatrixDoor {
    /// Meets whoever a command takes by a bare name that nobody known here has: among the members of this room, else of the command
    /// post.
    pub(super) async fn meet_named(&self, room: &str, words: &str) {
        let (people, now) = (&self.settings.people, self.desk.world.now());
        let is_unknown = |name: &&str| meant(people, name).is_empty();
        let named = people_in(words, &self.desk.settings().policy);
        let names = named.iter().filter_map(|name| bare(name)).filter(is_unknown);
        let names = names.filter(|name| !self.misses.has(room, name, now));
        let mut unknown: Vec<&str> = names.take(NAMED_MAX).collect();
        let post = self.stand.get().map(|stand| stand.room.as_str()).filter(|post| *post != room);
        let mut is_told = true;
        for at in std::iter::once(room).chain(post) {
            if unknown.is_empty() {
                return;
            }
            is_told &= self.meet_members(at, &unknown).await;
            unknown.retain(is_unknown);
        }
        for name in unknown {
            self.misses.add(room, name, now + if is_told { NOBODY } else { UNTOLD });
        }
    }

    /// Returns whether the homeserver told who they are.
    async fn meet_members(&self, room: &str, names: &[&str]) -> bool {
        let path = format!("/rooms/{}/joined_members", part(room));
        let told = match tokio::time::timeout(PATIENCE, self.rest.get(&path)).await {
            Ok(Ok(told)) => told,
            Ok(Err(trouble)) => {
                tracing::info!(why = trouble.why(), room, "its members are not known");
                return false;
            }
            Err(_) => {
                tracing::info!(room, "its members are not known in time");
                return false;
            }
        };
        for (account, member) in told["joined"].as_object().into_iter().flatten() {
            let shown = member["display_name"].as_str();
            let is_named = names.iter().any(|name| is_called(name, account, shown.unwrap_or_default()));
            if is_named && is_id(account, '@') {
                heard::meet(&self.settings.people, account, shown);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::homeserver::{House, ROOM};

    #[tokio::test]
    async fn the_members_of_a_room_are_asked_for_where_a_command_takes_somebody_unknown_and_not_for_each() {
        let house = House::open(false).await;
        let door = house.start(false).await;
        let asked = async |words: &str| {
            door.meet_named(ROOM, words).await;
            house.asked("joined_members")
        };
        for text in ["note cc @everyone", "stop we lose writes, says @nobody", "nonsense @nobody", "status"] {
            assert_eq!(asked(text).await, 0, "{text}");
        }
        assert_eq!(asked("role offer ops @nobody").await, 1);
        for again in ["role offer ops @nobody", "command offer @Nobody", "role offer ops @nobody,"] {
            assert_eq!(asked(again).await, 1, "{again}");
        }
        assert_eq!(asked("task add @zed look at it").await, 2);
        let zed = crate::chat::matrix::mentioned(&door.settings.people, "@zed").unwrap().unwrap();
        assert_eq!((zed.id.as_str(), zed.name.as_str()), ("matrix:@zed:s", "Zed Zulu"));
        assert_eq!(asked("role offer ops @zed").await, 2, "known by now");
    }
}
