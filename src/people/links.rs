//! One person behind the accounts of several chats, as they proved it themselves: a code that they were given in one place and
//! said in another.
//!
//! A code is short, since people type it: its first characters say which one is meant, the others are what nobody can guess
//! in the few tries that there are.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};

use super::Person;

/// Without those that look like others: 0 and O, 1 and I and L, U and V.
const LETTERS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARS: usize = 8;
/// Characters of a code that say which one it is.
const NAME_CHARS: usize = 3;
const MINUTES: i64 = 10;
/// Wrong tries after which a code holds no more.
const TRIES_MAX: u8 = 5;
/// Codes at one time at most; the oldest goes first.
const CODES_MAX: usize = 1_000;

/// Who was given a code, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub person: Person,
    pub via: String,
    until: DateTime<Utc>,
    secret: [u8; 32],
    tries: u8,
}

/// Why a code joins nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCode {
    Unknown,
    /// It was tried wrongly too often.
    Void,
}

/// Which account is whose, and the codes that were given.
#[derive(Debug, Default)]
pub struct Links {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By the account, as a stranger's id has it: `slack:U0123`.
    linked: HashMap<String, Person>,
    given: HashMap<String, Given>,
    /// What somebody is told with their next answer in a place.
    news: HashMap<(String, String), String>,
}

fn read(code: &str) -> String {
    code.chars().filter(|c| *c != '-' && !c.is_whitespace()).collect::<String>().to_uppercase()
}

fn parts(code: &str) -> (String, [u8; 32]) {
    let name = code.chars().take(NAME_CHARS).collect();
    (name, Sha256::digest(code).into())
}

impl Links {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom an account was linked to.
    pub fn person(&self, account: &str) -> Option<Person> {
        self.lock().linked.get(account).cloned()
    }

    /// The accounts that were linked to a person.
    pub fn accounts(&self, person: &str) -> Vec<String> {
        let inner = self.lock();
        let of = inner.linked.iter().filter(|(_, one)| one.id == person).map(|(account, _)| account.clone());
        let mut accounts: Vec<String> = of.collect();
        accounts.sort();
        accounts
    }

    pub fn link(&self, account: String, person: Person) {
        self.lock().linked.insert(account, person);
    }

    pub fn unlink(&self, account: &str) {
        self.lock().linked.remove(account);
    }

    /// A code for somebody; an earlier one of theirs holds no more. `salt` is what nobody can guess.
    pub fn give(&self, person: &Person, via: &str, salt: &str, now: DateTime<Utc>) -> String {
        let mut number = [0; 16];
        number.copy_from_slice(&Sha256::digest(salt)[..16]);
        let mut number = u128::from_be_bytes(number);
        let mut code = String::new();
        for _ in 0..CODE_CHARS {
            code.push(char::from(LETTERS[(number % LETTERS.len() as u128) as usize]));
            number /= LETTERS.len() as u128;
        }
        let (name, secret) = parts(&code);
        let mut inner = self.lock();
        inner.given.retain(|_, given| given.until > now && given.person.id != person.id);
        if inner.given.len() >= CODES_MAX {
            let oldest =
                inner.given.iter().min_by_key(|(_, given)| given.until).map(|(name, _)| name.clone());
            oldest.map(|name| inner.given.remove(&name));
        }
        let until = now + Duration::minutes(MINUTES);
        let given = Given { person: person.clone(), via: via.to_owned(), until, secret, tries: 0 };
        inner.given.insert(name, given);
        code.insert(CODE_CHARS / 2, '-');
        code
    }

    /// Who was given this code. A wrong try of one counts against it.
    ///
    /// # Errors
    /// It is none that holds.
    pub fn look_up(&self, code: &str, now: DateTime<Utc>) -> Result<Given, NoCode> {
        let (name, secret) = parts(&read(code));
        let mut inner = self.lock();
        inner.given.retain(|_, given| given.until > now);
        let given = inner.given.get_mut(&name).ok_or(NoCode::Unknown)?;
        if given.tries >= TRIES_MAX {
            return Err(NoCode::Void);
        }
        if given.secret != secret {
            given.tries += 1;
            return Err(if given.tries >= TRIES_MAX { NoCode::Void } else { NoCode::Unknown });
        }
        Ok(given.clone())
    }

    /// Takes the code that somebody was given out of the world; false, if it is gone already.
    pub fn use_up(&self, given: &Given) -> bool {
        let mut inner = self.lock();
        let before = inner.given.len();
        inner.given.retain(|_, one| one.secret != given.secret);
        inner.given.len() < before
    }

    /// Keeps a word for somebody's next answer in a place.
    pub fn tell(&self, person: &str, via: &str, text: String) {
        let mut inner = self.lock();
        if inner.news.len() >= CODES_MAX {
            inner.news.clear();
        }
        inner.news.insert((person.to_owned(), via.to_owned()), text);
    }

    pub fn news(&self, person: &str, via: &str) -> Option<String> {
        let mut inner = self.lock();
        if inner.news.is_empty() {
            return None;
        }
        inner.news.remove(&(person.to_owned(), via.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Person {
        Person { id: "slack:U1".into(), name: "Ada".into() }
    }

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_355_200 + 60 * minute, 0).unwrap()
    }

    #[test]
    fn a_code_is_typed_as_people_type_and_holds_ten_minutes() {
        let links = Links::default();
        let code = links.give(&ada(), "slack", "salt", at(0));
        assert_eq!(code.len(), CODE_CHARS + 1);
        assert!(code.bytes().all(|b| b == b'-' || LETTERS.contains(&b)), "{code}");
        for typed in [code.to_lowercase(), code.replace('-', ""), code.replace('-', " ")] {
            assert_eq!(links.look_up(&typed, at(9)).unwrap().person, ada());
        }
        assert_eq!(links.look_up(&code, at(10)), Err(NoCode::Unknown));
    }

    #[test]
    fn a_code_is_used_once_and_a_newer_one_takes_its_place() {
        let links = Links::default();
        let first = links.give(&ada(), "slack", "one", at(0));
        let code = links.give(&ada(), "slack", "two", at(1));
        assert!(links.look_up(&first, at(1)).is_err());
        let given = links.look_up(&code, at(1)).unwrap();
        assert!(links.use_up(&given) && !links.use_up(&given));
        assert_eq!(links.look_up(&code, at(1)), Err(NoCode::Unknown));
    }

    #[test]
    fn after_five_wrong_tries_the_right_code_is_void_too_and_nobody_elses() {
        let links = Links::default();
        let code = links.give(&ada(), "slack", "one", at(0));
        let bo = Person { id: "slack:U2".into(), name: "Bo".into() };
        let other = links.give(&bo, "slack", "two", at(0));
        let last = if code.ends_with('2') { '3' } else { '2' };
        let wrong: String = code.chars().take(CODE_CHARS).chain([last]).collect();
        for _ in 1..TRIES_MAX {
            assert_eq!(links.look_up(&wrong, at(1)), Err(NoCode::Unknown));
        }
        assert_eq!(links.look_up(&wrong, at(1)), Err(NoCode::Void));
        assert_eq!(links.look_up(&code, at(1)), Err(NoCode::Void));
        assert_eq!(links.look_up(&other, at(1)).unwrap().person, bo);
    }
}
