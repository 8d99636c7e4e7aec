//! The place of an incident: a room of its own, or a thread below its card in the command post.
//!
//! A room is made under an alias that only this installation gives, so that one whose answer was lost is found again.

use reqwest::Method;
use serde_json::{Value, json};

use super::{MatrixDoor, render, rest::part};
pub(super) use crate::chat::thread::parts_of as room_of;
use crate::{
    chat::{
        bindings::Spot,
        bring::{Halt, Place, Step, incident},
        space::{self, Home, invited, keep, not_invited},
    },
    config::MatrixSpace,
    incident::state::Incident,
    outbox::port::Outcome,
};

impl Home for MatrixDoor {
    fn post_name(&self) -> &str {
        &self.settings.room
    }
    async fn post(&self) -> Step<String> {
        Ok(self.stand().await?.room.clone())
    }
    fn has_own_places(&self) -> bool {
        self.settings.space == MatrixSpace::Room
    }
    async fn open_place(&self, incident: &Incident, former: &str, _is_retry: bool) -> Step<String> {
        let stand = self.stand().await?;
        // Whoever is in the command post may come in without an invitation.
        let rule = json!({"join_rule": "restricted",
            "allow": [{"type": "m.room_membership", "room_id": stand.room}]});
        let alias = render::alias(incident.id, &stand.tag, former);
        let powers = json!({"notifications": {"room": 100}});
        self.open_room(incident, &alias, rule, "shared", powers, false).await
    }
    async fn say_where(&self, post: &str, incident: &Incident, space: &str, _is_retry: bool) -> Step<String> {
        let key = format!("announcement/{}", incident.id);
        self.say_once(post, self.announcement(incident, space), &key, &format!("{key}/{space}")).await
    }
    /// An edit leaves the words in what the homeserver keeps, so of a redacted title nothing is left, and it is announced again.
    async fn say_anew(
        &self,
        post: &str,
        message: &str,
        incident: &Incident,
        space: &str,
        is_taken_back: bool,
    ) -> Step<String> {
        let (key, content) = (format!("announcement/{}", incident.id), self.announcement(incident, space));
        if is_taken_back {
            self.unsay_versions(post, message, true, &key).await?;
            return self.say_once(post, content, &key, &format!("{key}/{space}/{message}")).await;
        }
        let short = content["body"].as_str().unwrap_or_default().to_owned();
        let once = format!("edit/{message}/{key}/{}", incident.seq);
        let content = render::in_place_of(content, message, &short);
        self.say_once(post, content, &format!("edit/{key}"), &once).await?;
        Ok(message.to_owned())
    }
}

impl MatrixDoor {
    fn announcement(&self, incident: &Incident, room: &str) -> Value {
        let link = format!("https://matrix.to/#/{}?via={}", part(room), part(&self.server()));
        render::announcement(incident, &link, &self.desk.settings().policy.names)
    }

    /// Makes a room under `alias`, that people come into by `join_rule` and in which they have `powers`. `history`: who reads
    /// what was said while they were not in it (`m.room.history_visibility`). `is_encrypted`: from its beginning on.
    pub(super) async fn open_room(
        &self,
        incident: &Incident,
        alias: &str,
        join_rule: Value,
        history: &str,
        powers: Value,
        is_encrypted: bool,
    ) -> Step<String> {
        let stand = self.stand().await?;
        let mut state = vec![
            json!({"type": "m.room.join_rules", "state_key": "", "content": join_rule}),
            json!({"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "forbidden"}}),
            json!({"type": "m.room.history_visibility", "state_key": "",
                "content": {"history_visibility": history}}),
        ];
        if is_encrypted {
            state.push(json!({"type": "m.room.encryption", "state_key": "",
                "content": {"algorithm": "m.megolm.v1.aes-sha2"}}));
        }
        let body = json!({
            "name": render::room_name(incident),
            "topic": render::topic(incident, &self.desk.settings().policy.names),
            "room_alias_name": alias,
            "preset": "private_chat",
            "visibility": "private",
            "invite": [],
            "initial_state": state,
            "power_level_content_override": powers,
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
        if self.is_unreadable(&room).await? {
            let why = format!(
                "The homeserver makes new rooms encrypted (here {room}), and the bot cannot read those. Switch off \
                 `encryption_enabled_by_default_for_room_type` there, or set `matrix.incident_space = \"thread\"`."
            );
            return Err(Outcome::Failed { why }.into());
        }
        self.until_the_proxy_encrypts(&room).await?;
        Ok(room)
    }

    /// Name and topic of the incident's room, and those who take part in it. Nothing fails for these: what does not go
    /// through now is done with the next change.
    pub(super) async fn keep_room(&self, spot: Spot, room: &str) -> Step<()> {
        let (subject, incident) = (spot.to_string(), incident(&self.desk, spot).await?);
        let name = render::room_name(&incident);
        self.keep_state(&subject, room, "m.room.name", json!({"name": name}), "name", &name).await?;
        let topic = render::topic(&incident, &self.desk.settings().policy.names);
        self.keep_state(&subject, room, "m.room.topic", json!({"topic": topic}), "topic", &topic).await?;
        if spot.is_private {
            return Ok(());
        }
        space::keep_announcement(self, &incident, room).await?;
        let id = spot.id;
        let accounts = space::accounts(&incident, |person| self.settings.account_of(person));
        for account in not_invited(&self.bindings, &subject, room, accounts).await? {
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
            self.bindings.bind(&subject, &invited(&account), room).await?;
        }
        Ok(())
    }

    /// Has the room called as its incident is now; where that is restricted, the one for everybody by its number alone.
    pub(super) async fn rename(&self, spot: Spot, room: &str, incident: &Incident) -> Step<()> {
        let is_hidden = !spot.is_private && incident.restricted.is_some();
        let name = if is_hidden { incident.id.to_string() } else { render::room_name(incident) };
        let (subject, value) = (spot.to_string(), format!("{room} {name}"));
        if self.bindings.bound(&subject, "name").await?.as_ref() == Some(&value) {
            return Ok(());
        }
        let path = format!("/rooms/{}/state/m.room.name/", part(room));
        match self.rest.put(&path, json!({"name": name})).await {
            Ok(_) => self.bindings.bind(&subject, "name", &value).await,
            Err(trouble) if trouble.is_forbidden() && self.is_gone(room).await => Err(Halt::SpaceGone),
            Err(trouble) => Err(trouble.outcome("rename", room).into()),
        }
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
        let path = format!("/rooms/{}/state/{kind}/", part(room));
        let attempt = async {
            match self.rest.patiently(Method::PUT, &path, content).await {
                Ok(_) => true,
                Err(trouble) if !trouble.code().is_empty() => {
                    let why = trouble.why();
                    tracing::warn!(subject, why, "the {name} of the incident's room stays as it was");
                    true
                }
                Err(_) => false,
            }
        };
        // Another room has not been told yet.
        keep(&self.bindings, subject, name, &format!("{room} {value}"), attempt).await
    }

    /// A room that the bot is no longer in, and cannot come back into, is gone.
    pub(super) async fn is_gone(&self, room: &str) -> bool {
        match self.rest.post(&format!("/rooms/{}/join", part(room)), json!({})).await {
            Ok(_) => false,
            Err(trouble) => trouble.is_forbidden() || trouble.is_not_found(),
        }
    }
}

/// What a person is told when a room of the settings is gone.
pub(super) fn gone(room: &str) -> Outcome {
    let why = format!(
        "The bot is not in the room {room}, and may not come in. Invite it, or set another in the settings \
         (`matrix.room`, `matrix.alerts_room`) and start again; it is tried again by itself."
    );
    Outcome::Forbidden { why }
}
