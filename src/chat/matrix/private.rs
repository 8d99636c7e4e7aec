//! The private place of a restricted incident: a room into which nobody comes without the bot's invitation.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{MatrixDoor, rest::part};
use crate::{
    chat::{
        bindings::Spot,
        bring::{Halt, Step},
        private::Private,
    },
    incident::state::Incident,
    outbox::port::Outcome,
};

const TAKE_OUT: &str = "take people out of";

impl Private for MatrixDoor {
    fn account_of(&self, person: &str) -> Option<String> {
        self.settings.account_of(person)
    }

    async fn open_private(&self, incident: &Incident, former: &str, _is_retry: bool) -> Step<String> {
        let subject = Spot::private(incident.id).to_string();
        // Whoever knows an alias learns that its room is there: this one nobody guesses.
        let name = format!("alias/{former}");
        let alias = match self.bindings.bound(&subject, &name).await? {
            Some(alias) => alias,
            None => self.desk.world.salt(),
        };
        self.bindings.bind(&subject, &name, &alias).await?;
        let powers = json!({"invite": 100, "notifications": {"room": 100}});
        // Where the command post is encrypted, what few may see is not told to the homeserver.
        let is_encrypted = self.is_encrypting().await?;
        let rule = json!({"join_rule": "invite"});
        // In a room of «shared» history, who was taken out reads on.
        self.open_room(incident, &alias, rule, "invited", powers, is_encrypted).await
    }

    async fn members(&self, at: &str) -> Step<Option<BTreeSet<String>>> {
        let me = &self.stand().await?.me;
        let listed = match self.rest.get(&format!("/rooms/{}/members", part(at))).await {
            Ok(listed) => listed,
            Err(trouble) if trouble.is_forbidden() && self.is_gone(at).await => return Err(Halt::SpaceGone),
            Err(trouble) => return Err(trouble.outcome("look into", at).into()),
        };
        let is_in =
            |event: &&Value| matches!(event["content"]["membership"].as_str(), Some("join" | "invite"));
        let events = listed["chunk"].as_array().into_iter().flatten().filter(is_in);
        let accounts = events.filter_map(|event| event["state_key"].as_str());
        Ok(Some(accounts.filter(|account| account != me).map(str::to_owned).collect()))
    }

    async fn let_in(&self, at: &str, account: &str) -> Step<Option<String>> {
        let path = format!("/rooms/{}/invite", part(at));
        match self.rest.patiently(Method::POST, &path, json!({"user_id": account})).await {
            Ok(_) => Ok(None),
            Err(trouble) if !trouble.code().is_empty() => Ok(Some(trouble.why())),
            Err(trouble) => Err(trouble.outcome("invite people to", at).into()),
        }
    }

    /// In a room of the history «invited» nobody reads what was said before they were called.
    async fn hide_card(&self, at: &str, message: &str) -> Step<bool> {
        match self.redact(at, message, "it is posted anew for whoever was let in", "let-in").await {
            Err(Halt::Outcome(Outcome::Failed { why })) => {
                tracing::warn!(room = at, why, "whoever was let in does not see the card");
                Ok(false)
            }
            done => done.map(|_| true),
        }
    }

    async fn take_out(&self, at: &str, account: &str) -> Step<()> {
        let path = format!("/rooms/{}/kick", part(at));
        match self.rest.patiently(Method::POST, &path, json!({"user_id": account})).await {
            Ok(_) => Ok(()),
            Err(trouble) => Err(trouble.outcome(TAKE_OUT, at).into()),
        }
    }
}
