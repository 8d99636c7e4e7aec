//! `link me`: one person behind the accounts of several chats, by their own word.
//!
//! Nobody gains by it what they did not have: both accounts must be proven by their doors, two people whom the settings know stay
//! two, and what was done under an account before stays under it. Whoever is checked in under the name that goes is so under the
//! other from then on, once.

use std::sync::Arc;

use super::{Along, Caller, Desk, refuse};
use crate::{
    grammar::Linking,
    incident::{command::Command, id::IncidentId, refusal::Refusal, state::Incident},
    journal::rows::IncidentFilter,
    people::{
        Person, door,
        links::{Given, NoCode},
    },
};

/// Where the journal keeps them.
const DESTINATION: &str = "people";
const SUBJECT: &str = "links";

impl Desk {
    /// Reads what was linked before; at the start, before any door opens.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn remember_links(&self) -> Result<(), Refusal> {
        for (account, kept) in self.journal.bound(DESTINATION, SUBJECT).await.map_err(refuse)? {
            match serde_json::from_str::<Person>(&kept) {
                Ok(person) => self.links.link(account, person),
                // Unlinked again.
                Err(_) if kept.is_empty() => {}
                Err(error) => {
                    tracing::warn!(%account, %error, "whom this account was linked to cannot be read")
                }
            }
        }
        Ok(())
    }

    pub(super) async fn link(self: &Arc<Self>, caller: &Caller, linking: Linking) -> Result<String, Refusal> {
        let me = &caller.person;
        if caller.is_house || !self.proves(&caller.via) {
            return Err(Refusal::forbidden(
                "Whoever comes by this way is taken at their word, so nothing can be linked from here.",
                "Say `link me` in a chat, or come with a token: `[[auth.token]]` in the settings.",
            ));
        }
        match linking {
            Linking::Begin if caller.is_overheard => Err(Refusal::forbidden(
                "A code that is given here could be read, and used, by everybody in this room.",
                "Say `link me` where the answer is for your eyes alone (a slash command, where the chat has those, or the \
                 console with a token), and bring the code here: `link me CODE`.",
            )),
            Linking::Begin => {
                let code = self.links.give(me, &caller.via, &self.world.salt(), self.world.now());
                let in_discord = match self.settings().chats.iter().any(|chat| chat == "discord") {
                    true => format!(" (in Discord: `/record link label:me {code}`)"),
                    false => String::new(),
                };
                Ok(format!(
                    "Your code: {code}\nSay «link me {code}» in the other place, as commands are typed there{in_discord}, within \
                     10 minutes; it works once. Show it to nobody: whoever says it becomes one person with you."
                ))
            }
            Linking::With(code) => self.join(caller, &code).await,
            Linking::End => self.part(caller).await,
            Linking::List => Ok(self.linked(me)),
        }
    }

    /// Whether a door knows who somebody is.
    fn proves(&self, via: &str) -> bool {
        let settings = self.settings();
        settings.has_tokens || settings.chats.iter().any(|chat| chat == via)
    }

    async fn join(self: &Arc<Self>, caller: &Caller, code: &str) -> Result<String, Refusal> {
        let again = "For a new one, say `link me` again where you got this one.";
        let given = self.links.look_up(code, self.world.now()).map_err(|no| match no {
            NoCode::Unknown => {
                Refusal::not_found("That code is wrong or too old (they last 10 minutes).", again)
            }
            NoCode::Void => Refusal::forbidden("That code was tried wrongly five times and is void.", again),
        })?;
        let (stays, goes) = self.which_of(&given, caller)?;
        let here = self.holds_nothing(caller, &stays, &goes).await?;
        if !self.links.use_up(&given) {
            return Err(Refusal::not_found("That code was used a moment ago.", again));
        }
        self.hand_over(&here, (&stays, given.via.as_str()), (&goes, caller.via.as_str())).await?;
        let mut accounts = self.links.accounts(&goes.id);
        accounts.push(goes.id.clone());
        let kept = serde_json::to_string(&stays).map_err(|e| Refusal::unavailable(e.to_string(), again))?;
        for account in accounts {
            self.journal.bind(DESTINATION, SUBJECT, &account, &kept).await.map_err(refuse)?;
            self.links.link(account, stays.clone());
        }
        tracing::info!(account = goes.id, person = stays.id, "two accounts are one person now");
        let crew = if here.is_empty() {
            String::new()
        } else {
            format!(" Where {goes} was checked in, {stays} is so now.")
        };
        let done = format!(
            "This account and {} on {} count as one person now: {stays}.{crew} What was done as {goes} before stays on its \
             timelines under that account. `link me off` takes it back.",
            given.person,
            door(&given.via)
        );
        let news = format!(
            "The code that you were given here was used on {}: {goes} there and you are one person now, {stays}. If that was \
             not you, say `link me off` at once.",
            door(&caller.via)
        );
        self.links.tell(&stays.id, &given.via, news);
        Ok(done)
    }

    /// Who of the two stays, and who becomes a name of theirs.
    fn which_of(&self, given: &Given, caller: &Caller) -> Result<(Person, Person), Refusal> {
        let (first, second) = (&given.person, &caller.person);
        if first.id == second.id {
            return Err(Refusal::conflict(
                format!("You are {second} in both places already."),
                "Nothing to do.",
            ));
        }
        if given.via == caller.via {
            return Err(Refusal::invalid(
                format!("That code was given on {} as well.", door(&given.via)),
                "Say it in the other chat: two accounts of one chat are not linked.",
            ));
        }
        let settings = self.settings();
        let is_known = |person: &Person| settings.known_people.contains(&person.id);
        match (is_known(first), is_known(second)) {
            (true, true) => Err(Refusal::forbidden(
                format!(
                    "The settings know {first} and {second} as two people, each with rights of their own."
                ),
                "If they are one, an admin writes both accounts into one [[person]].",
            )),
            // Whoever talks somebody into saying a code of theirs must not become that person.
            (false, true) => Err(Refusal::forbidden(
                format!(
                    "The settings know you as {second}, and this code was given to {first}, whom they do not know."
                ),
                "If that is you, say `link me` here and bring the code there. If it is not, somebody tried to become you.",
            )),
            _ => Ok((first.clone(), second.clone())),
        }
    }

    /// Nobody loses command or a part by being linked: under the old name, they would hold it no more. The incidents in which they
    /// are checked in and nothing else.
    async fn holds_nothing(
        &self,
        caller: &Caller,
        stays: &Person,
        goes: &Person,
    ) -> Result<Vec<IncidentId>, Refusal> {
        let mut here = Vec::new();
        for row in self.list(IncidentFilter::open()).await? {
            let incident = self.incident(row.id).await?;
            // Whoever reads along must not learn of it.
            let is_hidden = incident.restricted.is_some() && caller.is_overheard_on(row.id);
            let place = if is_hidden { "a restricted incident".to_owned() } else { row.id.to_string() };
            if let Some(part) = part_of(goes, &incident) {
                return Err(Refusal::conflict(
                    format!("{goes} is {part} in {place}, and would be so no more under the other name."),
                    "Hand that over or give it up first, or link yourself when the incident is closed.",
                ));
            }
            if incident.unaccounted().iter().any(|one| one.id == goes.id) {
                return Err(Refusal::conflict(
                    format!("The roll is being called in {place}, and {goes} has not answered yet."),
                    "Say `here` there first, then `link me CODE` again.",
                ));
            }
            if is_let_in(goes, &incident) {
                // Under the other name they would lose sight of it, and whoever puts that one out would leave this one in.
                let first =
                    if incident.may_see(stays) { "" } else { "Have the other account let in there. " };
                return Err(Refusal::conflict(
                    format!("{goes} was let in to {place} under this name."),
                    format!(
                        "{first}Have this one put out there (`crew expel`), then `link me CODE` again; or link yourself when it is closed."
                    ),
                ));
            }
            if is_present(goes, &incident) {
                here.push(row.id);
            }
        }
        Ok(here)
    }

    /// Where somebody is checked in under the name that goes, they are under the other from now on: nobody is counted twice, or
    /// called by a name that answers no more. Each with the door by which they came.
    async fn hand_over(
        self: &Arc<Self>,
        here: &[IncidentId],
        (stays, stays_via): (&Person, &str),
        (goes, goes_via): (&Person, &str),
    ) -> Result<(), Refusal> {
        for id in here {
            if !is_present(stays, &self.incident(*id).await?) {
                let note = format!("was here as {goes} until now");
                let checks_in = Command::CheckIn { who: None, note };
                self.submit(Caller::person(stays.clone(), stays_via), *id, checks_in, Along::default())
                    .await?;
            }
            let note = format!("counts as {stays} from now on");
            let checks_out = Command::CheckOut { who: None, note };
            self.submit(Caller::person(goes.clone(), goes_via), *id, checks_out, Along::default()).await?;
        }
        Ok(())
    }

    async fn part(&self, caller: &Caller) -> Result<String, Refusal> {
        let ended = self.links.accounts(&caller.person.id);
        if ended.is_empty() {
            return Err(Refusal::conflict(
                "No account of yours was linked by a code.",
                "What the settings say of accounts is for an admin to change.",
            ));
        }
        for account in &ended {
            self.journal.bind(DESTINATION, SUBJECT, account, "").await.map_err(refuse)?;
            self.links.unlink(account);
        }
        tracing::info!(accounts = ended.join(", "), person = caller.person.id, "accounts are linked no more");
        Ok(format!("Linked no more: {}. Who did what until now stays as it is.", ended.join(", ")))
    }

    fn linked(&self, me: &Person) -> String {
        match self.links.accounts(&me.id).as_slice() {
            [] => format!(
                "You are {me} ({}). No other account is linked by a code. `link me` gives one.",
                me.id
            ),
            accounts => format!("You are {me} ({}), and also {}.", me.id, accounts.join(", ")),
        }
    }
}

/// What somebody has in an incident that is theirs under this name alone.
fn part_of(person: &Person, incident: &Incident) -> Option<String> {
    if let Some(role) = incident.roles_of(person).first() {
        return Some(role.to_string());
    }
    if incident.open_tasks().any(|task| task.is_of(person)) {
        return Some("the owner of an open task".to_owned());
    }
    if incident.open_actions().any(|action| action.by.id == person.id) {
        return Some("the one who has announced an open action".to_owned());
    }
    incident
        .offers
        .iter()
        .chain(&incident.command_offer)
        .any(|offer| offer.to.id == person.id)
        .then(|| "the one to whom something is on offer".to_owned())
}

/// Whether somebody sees a restricted incident by being let in under this very name.
fn is_let_in(person: &Person, incident: &Incident) -> bool {
    incident.restricted.as_ref().is_some_and(|circle| circle.people.contains_key(&person.id))
}

fn is_present(person: &Person, incident: &Incident) -> bool {
    incident.present().iter().any(|one| one.id == person.id)
}
