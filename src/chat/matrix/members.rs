//! Those of a room whom a command names by a bare name (`@zed`), and whom the bot has not met yet.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    MatrixDoor,
    heard::{self, bare, is_account_of, is_id, is_shown_as},
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
/// Nobody is called by a longer word.
const NAME_BYTES_MAX: usize = 64;
/// So long a room is not asked for its members again, whether it told them or not; whoever comes in meanwhile is met by that.
const KEPT: TimeDelta = TimeDelta::minutes(1);
/// Rooms whose members are remembered; then all are forgotten.
const ROOMS_MAX: usize = 8;

/// Accounts, and what they are shown as.
type Listed = Arc<Vec<(String, Option<String>)>>;

/// Who is in a room, as it was told a moment ago.
#[derive(Debug, Default)]
pub(super) struct Members(Mutex<HashMap<String, (DateTime<Utc>, Listed)>>);

impl Members {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (DateTime<Utc>, Listed)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, room: &str, now: DateTime<Utc>) -> Option<Listed> {
        let known = self.lock().get(room).cloned();
        known.filter(|(told_at, _)| now - *told_at < KEPT).map(|(_, listed)| listed)
    }

    fn keep(&self, room: &str, listed: Listed, now: DateTime<Utc>) {
        let mut known = self.lock();
        known.retain(|_, (told_at, _)| now - *told_at < KEPT);
        if known.len() >= ROOMS_MAX {
            known.clear();
        }
        known.insert(room.to_owned(), (now, listed));
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
    /// Meets whoever a command takes by a bare name of which no account of our homeserver is known here: among the members of this
    /// room and of the command post. Anybody may show any name, so that counts only where no account of either is called so.
    pub(super) async fn meet_named(&self, room: &str, words: &str) {
        let (people, server) = (&self.settings.people, self.server());
        let is_unknown = |name: &&str| people.of(&format!("@{}:{server}", name.to_lowercase())).is_none();
        let named = people_in(words, &self.desk.settings().policy);
        let names = named.iter().filter_map(|name| bare(name));
        let names = names.filter(|name| name.len() <= NAME_BYTES_MAX).filter(is_unknown);
        let unknown: Vec<&str> = names.take(NAMED_MAX).collect();
        if unknown.is_empty() {
            return;
        }
        let mut members = self.members_of(room).await.to_vec();
        if let Some(post) = self.stand.get().map(|stand| &stand.room).filter(|post| *post != room) {
            members.extend_from_slice(&self.members_of(post).await);
        }
        for name in unknown {
            let is_account = |one: &&(String, Option<String>)| is_account_of(name, &one.0);
            let is_shown = |one: &&(String, Option<String>)| {
                one.1.as_deref().is_some_and(|shown| is_shown_as(name, shown))
            };
            let mut called: Vec<_> = members.iter().filter(is_account).collect();
            if called.is_empty() {
                called = members.iter().filter(is_shown).collect();
            }
            for (account, shown) in called {
                heard::meet(people, account, shown.as_deref());
            }
        }
    }

    /// Nobody, where the homeserver does not tell.
    async fn members_of(&self, room: &str) -> Listed {
        let now = self.desk.world.now();
        if let Some(listed) = self.members.of(room, now) {
            return listed;
        }
        let listed = Arc::new(self.ask_members(room).await);
        self.members.keep(room, listed.clone(), now);
        listed
    }

    async fn ask_members(&self, room: &str) -> Vec<(String, Option<String>)> {
        let path = format!("/rooms/{}/joined_members", part(room));
        let told = match tokio::time::timeout(PATIENCE, self.rest.get(&path)).await {
            Ok(Ok(told)) => told,
            Ok(Err(trouble)) => {
                tracing::info!(why = trouble.why(), room, "its members are not known");
                return vec![];
            }
            Err(_) => {
                tracing::info!(room, "its members are not known in time");
                return vec![];
            }
        };
        let members = told["joined"].as_object().into_iter().flatten();
        let members = members.filter(|(account, _)| is_id(account, '@'));
        members
            .map(|(account, member)| (account.clone(), member["display_name"].as_str().map(str::to_owned)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        homeserver::{House, ROOM},
        mentioned,
    };

    #[tokio::test]
    async fn the_members_of_a_room_are_asked_for_where_a_command_takes_somebody_unknown_and_not_for_each() {
        let house = House::open(false).await;
        let door = house.start(false).await;
        let asked = async |words: &str| {
            door.meet_named(ROOM, words).await;
            house.asked("joined_members")
        };
        let long = format!("role offer ops @{}", "n".repeat(65));
        let texts = ["note cc @everyone", "stop we lose writes, says @nobody", "nonsense @nobody", "status"];
        for text in texts.into_iter().chain([long.as_str()]) {
            assert_eq!(asked(text).await, 0, "{text}");
        }
        assert_eq!(asked("role offer ops @nobody").await, 1);
        for again in ["role offer ops @nobody", "command offer @Noone", "task add @zed look at it"] {
            assert_eq!(asked(again).await, 1, "the same minute: {again}");
        }
        let zed = mentioned(&door.settings.people, "@zed").unwrap().unwrap();
        assert_eq!((zed.id.as_str(), zed.name.as_str()), ("matrix:@zed:s", "Zed Zulu"));
    }

    #[tokio::test]
    async fn whoever_shows_the_name_of_somebody_elses_account_is_not_taken_for_them() {
        let house = House::open(false).await;
        let door = house.start(false).await;
        let people = &door.settings.people;
        crate::chat::matrix::heard::meet(people, "@mallory:t", Some("Ada"));
        door.meet_named("!incident:s", "role offer ops @ada").await;
        assert_eq!(mentioned(people, "@ada").unwrap().unwrap().id, "matrix:@ada:s");
        door.meet_named("!incident:s", "role offer ops @zoë").await;
        assert_eq!(mentioned(people, "@zoë").unwrap().unwrap().id, "matrix:@zoe:t");
        assert_eq!(house.asked("joined_members"), 2, "once for each room");
    }
}
