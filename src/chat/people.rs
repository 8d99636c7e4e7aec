//! Who is who in a chat: the configured people, and everybody else by their id there.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use crate::{
    config,
    people::{Person, links::Links, shown_name},
};

/// Strangers remembered at most; whoever speaks again is met again.
const STRANGERS_MAX: usize = 10_000;

/// The people of one chat. Shared by the door, which meets them, and by whoever reads names in commands.
#[derive(Debug)]
pub struct People {
    chat: &'static str,
    configured: HashMap<String, Person>,
    met: Mutex<HashMap<String, Person>>,
    /// Ids by the name that people type, where a chat has such names.
    handles: Mutex<HashMap<String, String>>,
    /// Who said themselves which person they are.
    links: OnceLock<Arc<Links>>,
}

/// The configured people who have an account in a chat, by its id.
pub(super) fn configured(
    people: &[config::Person],
    account: impl Fn(&config::Person) -> Option<&String>,
) -> HashMap<String, Person> {
    let known = people.iter().filter_map(|one| {
        Some((account(one)?.clone(), Person { id: one.id.clone(), name: one.name.clone() }))
    });
    known.collect()
}

/// Their accounts, by the person's id.
pub(super) fn accounts(
    people: &[config::Person],
    account: impl Fn(&config::Person) -> Option<&String>,
) -> HashMap<String, String> {
    people.iter().filter_map(|one| Some((one.id.clone(), account(one)?.clone()))).collect()
}

/// The account of a person in this chat, if it is known.
pub(super) fn account_of(chat: &str, accounts: &HashMap<String, String>, person: &str) -> Option<String> {
    let stranger = person.strip_prefix(chat).and_then(|rest| rest.strip_prefix(':'));
    accounts.get(person).map(String::as_str).or(stranger).map(str::to_owned)
}

impl People {
    /// `chat` is the door's name; `configured` maps ids of the chat to people.
    pub fn new(chat: &'static str, configured: HashMap<String, Person>) -> Self {
        Self { chat, configured, met: Mutex::default(), handles: Mutex::default(), links: OnceLock::new() }
    }

    /// From now on, an account that its owner linked is that person's.
    pub fn follow(&self, links: Arc<Links>) {
        // Who follows one already goes on with it: there is one for the house.
        drop(self.links.set(links));
    }

    /// Whom the settings name, else whom somebody said that they are.
    fn known(&self, id: &str) -> Option<Person> {
        let linked = || self.links.get()?.person(&format!("{}:{id}", self.chat));
        self.configured.get(id).cloned().or_else(linked)
    }

    /// The account here that a person linked.
    pub fn account(&self, person: &str) -> Option<String> {
        let accounts = self.links.get()?.accounts(person);
        accounts.iter().find_map(|one| one.strip_prefix(self.chat)?.strip_prefix(':').map(str::to_owned))
    }

    /// The person with this id in the chat, who is shown there as `name`. Somebody not configured is known as
    /// `discord:ID`.
    pub fn meet(&self, id: &str, name: &str) -> Person {
        if let Some(person) = self.known(id) {
            return person;
        }
        let name = shown_name(name).unwrap_or_else(|| id.to_owned());
        let person = Person { id: format!("{}:{id}", self.chat), name };
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.len() >= STRANGERS_MAX && !met.contains_key(id) {
            met.clear();
        }
        met.insert(id.to_owned(), person.clone());
        person
    }

    /// The person with this id, if configured or met.
    pub fn of(&self, id: &str) -> Option<Person> {
        if let Some(person) = self.known(id) {
            return Some(person);
        }
        self.met.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Remembers who is called so: `ada` for `@ada`.
    pub fn call(&self, id: &str, handle: &str) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if handles.len() >= STRANGERS_MAX && !handles.contains_key(handle) {
            handles.clear();
        }
        handles.insert(handle.to_lowercase(), id.to_owned());
    }

    /// The person who is called so.
    pub fn called(&self, handle: &str) -> Option<Person> {
        let handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        let id = handles.get(&handle.to_lowercase()).cloned();
        drop(handles);
        self.of(&id?)
    }

    /// Those whose id and person fit, with their ids, in the order of these; nobody twice.
    pub fn fitting(&self, is_it: impl Fn(&str, &Person) -> bool) -> Vec<(String, Person)> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = self.configured.iter().chain(met.iter()).filter(|(id, person)| is_it(id, person));
        let mut fits: Vec<(String, Person)> =
            fits.map(|(id, person)| (id.clone(), self.known(id).unwrap_or_else(|| person.clone()))).collect();
        drop(met);
        fits.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut ids = HashSet::new();
        fits.retain(|(_, person)| ids.insert(person.id.clone()));
        fits
    }

    /// The person that a mention as commands carry it (`<@ID>`, `<@!ID>`) means.
    pub fn mentioned(&self, text: &str) -> Option<Person> {
        let id = text.trim().strip_prefix("<@")?.strip_suffix('>')?;
        self.of(id.trim_start_matches('!'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_people_keep_their_own_id_and_strangers_are_known_by_the_chats() {
        let ada = Person { id: "ada".into(), name: "Ada Lovelace".into() };
        let people = People::new("discord", HashMap::from([("1".to_owned(), ada.clone())]));
        assert_eq!(people.meet("1", "whatever"), ada);
        assert_eq!(people.mentioned("<@!1>"), Some(ada));
        assert_eq!(people.mentioned("<@2>"), None, "nobody has met 2 yet");
        let bob = people.meet("2", "Bob\n\u{7}");
        assert_eq!((bob.id.as_str(), bob.name.as_str()), ("discord:2", "Bob"));
        assert_eq!(people.mentioned("<@2>"), Some(bob));
        assert_eq!(people.meet("3", " ").name, "3", "nobody is nameless");
        assert_eq!(people.meet("4", "\u{200b}\u{202e}").name, "4", "nor invisible");
        let turned = people.meet("5", "ev\u{202e}ada").name;
        assert_eq!(turned, "ev\u{FFFD}ada", "the rest of a line stays as it is");
    }
}
