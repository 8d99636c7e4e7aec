//! Whom a name means: those of the settings and those who take part go by it, and a slip in it is told.

use std::collections::BTreeSet;

use super::{Caller, Desk, Settings};
use crate::{
    incident::{command::Command, id::IncidentId, refusal::Refusal, state::Incident},
    people::Person,
};

/// Letters of a name from which on it is held against others: of two, one is half.
const NEAR_FROM: usize = 3;

impl Desk {
    /// Whoever asks, by the name that the settings have for them: at some doors people give no more than their id.
    pub(super) fn known_as(&self, mut caller: Caller) -> Caller {
        if let Some(known) = self.settings().people.get(&caller.person.id) {
            caller.person.name.clone_from(&known.name);
        }
        caller
    }

    /// What is said of somebody whom no chat has met, the settings do not name, and who takes no part in the incident. `None`: they
    /// are known.
    pub(super) async fn stranger(&self, person: &Person, id: IncidentId) -> Option<String> {
        let (settings, incident) = (self.settings(), self.incident(id).await.ok());
        let takes_part = |incident: &Incident| incident.participants.contains_key(&person.id);
        if is_met(person, &settings) || incident.as_ref().is_some_and(takes_part) {
            return None;
        }
        let mut told = format!("Nobody known here is called {person}; whoever comes by that name has it.");
        if let Some(meant) = only_near(&person.name, &known_in(&settings, incident)) {
            told.push_str(&format!(" Did you mean {meant}? Then say it again with that name."));
        }
        Some(told)
    }

    /// Whoever is let into a restricted incident, or kept out of it, is somebody: a name that is nobody's lets nobody in.
    ///
    /// # Errors
    /// Nobody known is called so: what to say instead.
    pub(super) async fn check_let_in(
        &self,
        caller: &Caller,
        id: IncidentId,
        command: &Command,
    ) -> Result<(), Refusal> {
        let (Command::Admit { who } | Command::Expel { who, .. }) = command else { return Ok(()) };
        let settings = self.settings();
        // Where the settings name nobody, whoever comes by a name has it, but in a chat everybody has an account.
        let is_by_name = settings.known_people.is_empty() && !settings.chats.contains(&caller.via);
        if is_by_name || is_met(who, &settings) || who.id == caller.person.id {
            return Ok(());
        }
        // To whom it is not shown, it is not there: that is said where it is decided.
        let Ok(incident) = self.seen_by(&caller.person).incident(id).await else { return Ok(()) };
        if incident.restricted.is_none() {
            return Ok(());
        }
        let known = known_in(&settings, Some(incident));
        if known.iter().any(|one| one.id == who.id) {
            return Ok(());
        }
        let mut told = format!("Nobody called {who} is known here.");
        if let Some(meant) = only_near(&who.name, &known) {
            told.push_str(&format!(" Did you mean {meant}?"));
        }
        let instead = if caller.via == "matrix" {
            let server = std::iter::once(&caller.person).chain(&known).find_map(server_of);
            format!(
                "Say their whole account, such as `@{}:{}`, or let them write in the command post once, and say it again.",
                who.id,
                server.unwrap_or("example.org")
            )
        } else {
            "Mention them in the chat, or let them write to the bot once, and say it again.".to_owned()
        };
        Err(Refusal::invalid(told, instead))
    }
}

/// Those of the settings, and whoever takes part in the incident or was let in.
pub(super) fn known_in(settings: &Settings, incident: Option<Incident>) -> Vec<Person> {
    let mut known: Vec<Person> = settings.people.values().cloned().collect();
    if let Some(incident) = incident {
        known.extend(incident.circle_people().unwrap_or_default());
        known.extend(incident.participants.into_values().map(|one| one.person));
    }
    let mut ids = BTreeSet::new();
    known.retain(|one| ids.insert(one.id.clone()));
    known
}

/// Whether a chat has met them, or the settings name them.
fn is_met(person: &Person, settings: &Settings) -> bool {
    is_of_a_chat(person) || settings.known_people.contains(&person.id)
}

/// An account of a chat begins with its name.
fn is_of_a_chat(person: &Person) -> bool {
    person.id.contains(':')
}

/// Where an account is that has its server behind it: `example.org` of `@ada:example.org`.
fn server_of(person: &Person) -> Option<&str> {
    let (_, account) = person.id.split_once(":@")?;
    account.split_once(':').map(|(_, server)| server)
}

/// Of whoever a door found by a name and nobody has met, or where it found several, the one of these people who is called so, if there
/// is one: whoever is known by an account of a chat alone has an id that no name leads to. Anybody else is as the door found them.
///
/// # Errors
/// Several are called so, or as the door says.
pub(super) fn one_of(
    people: &[Person],
    name: &str,
    found: Result<Person, String>,
    settings: &Settings,
) -> Result<Person, String> {
    match &found {
        Ok(one) if is_met(one, settings) || people.iter().any(|known| known.id == one.id) => return found,
        // What is nobody's name.
        Err(_) if Person::named(name).is_err() => return found,
        _ => {}
    }
    let mut called = people.iter().filter(|one| one.is_called(name));
    match (called.next(), called.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(one), Some(_)) => Err(format!("Several here are called {one}. Mention the one in the chat.")),
        (None, _) => found,
    }
}

/// The only one of them whose name, first name or id is a slip or two away from what was typed.
fn only_near<'p>(typed: &str, people: &'p [Person]) -> Option<&'p Person> {
    let typed = typed.to_lowercase();
    let letters = typed.chars().count();
    let is_slip = |name: &str| {
        let shorter = name.chars().count().min(letters);
        shorter >= NEAR_FROM && strsim::damerau_levenshtein(&typed, &name.to_lowercase()) <= 1 + shorter / 4
    };
    let is_near = |one: &&Person| {
        let id = Some(one.id.as_str()).filter(|_| !is_of_a_chat(one));
        let names = [Some(one.name.as_str()), one.name.split_whitespace().next(), id];
        names.into_iter().flatten().any(is_slip)
    };
    let mut near = people.iter().filter(is_near);
    let first = near.next()?;
    near.all(|one| one.id == first.id).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_takes_part_is_meant_by_the_name_of_their_account_too() {
        let zed = Person { id: "matrix:@zed:localhost".into(), name: "Zed Zulu".into() };
        let other = Person { id: "matrix:@zed:elsewhere".into(), name: "Zora".into() };
        let settings = Settings::default();
        let found = |people: &[Person]| one_of(people, "@zed", Person::named("zed"), &settings);
        assert_eq!(found(std::slice::from_ref(&zed)), Ok(zed.clone()));
        assert!(found(&[zed.clone(), other]).is_err(), "which of them?");
        let several = || Err("Several are called @zed.".to_owned());
        let found = |people: &[Person]| one_of(people, "@zed", several(), &settings);
        assert_eq!(found(std::slice::from_ref(&zed)), Ok(zed), "of several, the one who takes part");
        assert_eq!(found(&[]), several());
    }

    #[test]
    fn a_slip_in_a_name_is_told_where_only_one_can_be_meant() {
        let named = |name: &str| Person::named(name).unwrap();
        let of_a_chat = Person { id: "discord:80351110224678912".into(), name: "Grace Hopper".into() };
        let people = [named("Ben"), named("Ada Lovelace"), named("Ben"), of_a_chat, named("Al")];
        let near = |typed: &str| only_near(typed, &people).map(|one| one.name.as_str());
        for (typed, meant) in [
            ("bne", Some("Ben")),
            ("BENN", Some("Ben")),
            ("ad", None),
            ("adda", Some("Ada Lovelace")),
            ("Ada Lovelaec", Some("Ada Lovelace")),
            ("garce", Some("Grace Hopper")),
            ("80351110224678913", None),
            ("zoe", None),
            ("", None),
        ] {
            assert_eq!(near(typed), meant, "{typed}");
        }
        let two = [named("Ben"), named("Bea")];
        assert_eq!(only_near("bei", &two), None, "which of them?");
    }
}
