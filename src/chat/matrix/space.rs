//! The place of an incident: a room of its own, or a thread below its card in the command post.
//!
//! A room is made under an alias that only this installation gives, so that one whose answer was lost is found again.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    MatrixDoor, NAME,
    render::{self, card_key},
    rest::part,
};
pub(super) use crate::chat::thread::{parts_of as room_of, thread_space};
use crate::{
    card,
    chat::bring::{Halt, Space, Step},
    config::MatrixSpace,
    incident::{id::IncidentId, state::Incident},
    outbox::port::Outcome,
};

/// Accounts invited with one change of the card: homeservers allow few at once.
const INVITES_MAX: usize = 10;

impl MatrixDoor {
    pub(super) async fn space_of(&self, id: IncidentId) -> Step<Space> {
        let subject = id.to_string();
        if let Some(space) = self.bindings.bound(&subject, "space").await? {
            if room_of(&space).1.is_none() {
                self.announce(&self.incident(id).await?, &space).await?;
            }
            return Ok(Space { id: space, is_new: false });
        }
        let incident = self.incident(id).await?;
        let former = self.bindings.bound(&subject, "former").await?.unwrap_or_default();
        let made = match self.settings.space {
            MatrixSpace::Room => self.open_room(&incident, &former).await?,
            MatrixSpace::Thread => self.open_thread(&incident, &former).await?,
        };
        // At once: whatever happens next must not make a second one.
        self.bindings.bind(&subject, "space", &made).await?;
        tracing::info!(incident = %id, space = made, "the incident has its place in Matrix");
        if room_of(&made).1.is_none() {
            self.announce(&incident, &made).await?;
        }
        Ok(Space { id: made, is_new: true })
    }

    async fn incident(&self, id: IncidentId) -> Step<Incident> {
        self.desk
            .incident(id)
            .await
            .map_err(|refusal| Outcome::Retry { after: None, why: refusal.to_string() }.into())
    }

    /// The thread hangs below the incident's card.
    async fn open_thread(&self, incident: &Incident, former: &str) -> Step<String> {
        let subject = incident.id.to_string();
        let room = self.stand().await?.room.clone();
        let card = card::incident(incident, self.desk.settings.policy.words);
        let content = render::card(&card, &self.settings.prefix, self.settings.tz);
        let key = card_key(&subject);
        let root = self.say_once(&room, content, &key, &format!("{key}/{room}/{former}")).await?;
        self.bindings.bind(&subject, "card", &root).await?;
        Ok(thread_space(&room, &root))
    }

    async fn open_room(&self, incident: &Incident, former: &str) -> Step<String> {
        let stand = self.stand().await?;
        let alias = render::alias(incident.id, &stand.tag, former);
        let body = json!({
            "name": render::room_name(incident),
            "topic": render::topic(incident),
            "room_alias_name": alias,
            "preset": "private_chat",
            "visibility": "private",
            "invite": [],
            // Whoever is in the command post may come in without an invitation.
            "initial_state": [
                {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "restricted",
                    "allow": [{"type": "m.room_membership", "room_id": stand.room}]}},
                {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": "shared"}},
            ],
            "power_level_content_override": {"notifications": {"room": 100}},
        });
        let doing = "make a room below";
        let room = match self.rest.post("/createRoom", body).await {
            Ok(made) => made["room_id"].as_str().map(str::to_owned),
            // An earlier attempt made it, and its answer was lost.
            Err(trouble) if trouble.code() == "M_ROOM_IN_USE" => {
                let whole = format!("#{alias}:{}", stand.server);
                let found = self.rest.get(&format!("/directory/room/{}", part(&whole))).await;
                let found = found.map_err(|trouble| trouble.outcome(doing, &stand.room))?;
                found["room_id"].as_str().map(str::to_owned)
            }
            Err(trouble) => return Err(trouble.outcome(doing, &stand.room).into()),
        };
        let unread =
            || Outcome::Retry { after: None, why: "Matrix's answer to a new room could not be read.".into() };
        let room = room.ok_or_else(unread)?;
        if self.is_encrypted(&room).await? {
            let why = format!(
                "The homeserver makes new rooms encrypted (here {room}), and the bot cannot read those. Switch off \
                 `encryption_enabled_by_default_for_room_type` there, or set `matrix.incident_space = \"thread\"`."
            );
            return Err(Outcome::Failed { why }.into());
        }
        Ok(room)
    }

    /// Whether the room is encrypted, by its state.
    pub(super) async fn is_encrypted(&self, room: &str) -> Step<bool> {
        match self.rest.get(&format!("/rooms/{}/state/m.room.encryption", part(room))).await {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.is_not_found() => Ok(false),
            Err(trouble) => Err(trouble.outcome("look into", room).into()),
        }
    }

    /// Says in the command post where the incident is worked on, once.
    async fn announce(&self, incident: &Incident, space: &str) -> Step<()> {
        let subject = incident.id.to_string();
        if self.bindings.bound(&subject, "announcement").await?.is_some() {
            return Ok(());
        }
        let stand = self.stand().await?;
        let link = format!("https://matrix.to/#/{}?via={}", part(space), part(&stand.server));
        let content = render::announcement(incident, &link);
        let key = format!("announcement/{subject}");
        let event = self.say_once(&stand.room, content, &key, &format!("{key}/{space}")).await?;
        self.bindings.bind(&subject, "announcement", &event).await
    }

    /// Name and topic of the incident's room, and those who take part in it. Nothing fails for these: what does not go
    /// through now is done with the next change.
    pub(super) async fn keep_room(&self, id: IncidentId, room: &str) -> Step<()> {
        let (subject, incident) = (id.to_string(), self.incident(id).await?);
        let name = render::room_name(&incident);
        self.keep_state(&subject, room, "m.room.name", json!({"name": name}), "name", &name).await?;
        let topic = render::topic(&incident);
        self.keep_state(&subject, room, "m.room.topic", json!({"topic": topic}), "topic", &topic).await?;
        let known = self.desk.journal.bound(NAME, &subject).await.unwrap_or_default();
        let people = incident.participants.values().map(|one| &one.person);
        let offered = incident.offers.iter().chain(&incident.command_offer).map(|offer| &offer.to);
        let held = incident.roles.iter().map(|held| &held.person);
        let mut accounts: Vec<String> =
            people.chain(offered).chain(held).filter_map(|one| self.settings.account_of(&one.id)).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts.retain(|account| {
            let invited = format!("invited/{account}");
            !known.iter().any(|(name, into)| *name == invited && into == room)
        });
        for account in accounts.into_iter().take(INVITES_MAX) {
            let path = format!("/rooms/{}/invite", part(room));
            match self.rest.patiently(Method::POST, &path, json!({"user_id": account})).await {
                Ok(_) => tracing::info!(incident = %id, account, "invited to the incident's room"),
                // Who is in the room already cannot be invited.
                Err(trouble) if !trouble.code().is_empty() => {
                    tracing::debug!(incident = %id, account, why = trouble.why(), "not invited");
                }
                Err(trouble) => {
                    tracing::info!(incident = %id, account, why = trouble.why(), "invited with the next change");
                    break;
                }
            }
            self.bindings.bind(&subject, &format!("invited/{account}"), room).await?;
        }
        Ok(())
    }

    async fn keep_state(
        &self,
        subject: &str,
        room: &str,
        kind: &str,
        content: Value,
        name: &str,
        value: &str,
    ) -> Step<()> {
        // Another room has not been told yet.
        let value = &format!("{room} {value}");
        if self.bindings.bound(subject, name).await?.as_ref() == Some(value) {
            return Ok(());
        }
        let path = format!("/rooms/{}/state/{kind}/", part(room));
        match self.rest.patiently(Method::PUT, &path, content).await {
            Ok(_) => {}
            Err(trouble) if !trouble.code().is_empty() => {
                tracing::warn!(
                    subject,
                    why = trouble.why(),
                    "the {name} of the incident's room stays as it was"
                );
            }
            Err(_) => return Ok(()),
        }
        self.bindings.bind(subject, name, value).await
    }

    /// A room that the bot is no longer in, and cannot come back into, is gone.
    pub(super) async fn is_gone(&self, room: &str) -> bool {
        match self.rest.post(&format!("/rooms/{}/join", part(room)), json!({})).await {
            Ok(_) => false,
            Err(trouble) => trouble.is_forbidden() || trouble.is_not_found(),
        }
    }

    /// What is said where nothing can be read.
    pub(super) fn cannot_read(&self, room: &str) -> String {
        format!(
            "The room {room} is encrypted, and this bot reads no encrypted rooms: it would not hear your commands. \
             Encryption cannot be switched off again. Make another room without it, and name that in the settings \
             (`matrix.room`)."
        )
    }
}

/// A place that was never made has nothing to forget.
pub(super) fn whole(halt: Halt, room: &str) -> Outcome {
    match halt {
        Halt::Outcome(outcome) => outcome,
        Halt::SpaceGone => gone(room),
    }
}

/// What a person is told when a room of the settings is gone.
pub(super) fn gone(room: &str) -> Outcome {
    let why = format!(
        "The bot is not in the room {room}, and may not come in. Invite it, or set another in the settings \
         (`matrix.room`, `matrix.alerts_room`) and start again; it is tried again by itself."
    );
    Outcome::Retry { after: Some(crate::chat::bring::AFTER_FORBIDDEN), why }
}
