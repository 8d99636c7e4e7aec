//! Interactions: what a person asked of the bot, and how far the bot has got with answering.
//! <https://discord.com/developers/docs/interactions/receiving-and-responding>

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    error::ApiError,
    id::Id,
    permission,
    world::{Message, World},
};

/// Time for the first answer.
const FIRST_ANSWER: TimeDelta = TimeDelta::seconds(3);
/// Time in which the token may be used after that.
const TOKEN_LIFE: TimeDelta = TimeDelta::minutes(15);

/// Interactions remembered; far more than fifteen minutes of them.
const ASKED_KEPT_MAX: usize = 5_000;

/// The bot's first answer: the callback's type and data as sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// 4 message, 5 deferred message, 6 deferred update, 7 update, 8 choices, 9 modal.
    pub kind: u64,
    pub data: Value,
}

/// One interaction.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub id: Id,
    pub token: String,
    /// 2 command, 3 component, 4 autocomplete, 5 modal submit.
    pub kind: u64,
    pub user: Id,
    pub channel: Id,
    pub created_at: DateTime<Utc>,
    /// The message whose component was used.
    pub source: Option<Id>,
    pub answer: Option<Answer>,
    /// What `@original` stands for.
    pub original: Option<Id>,
    pub followups: Vec<Id>,
}

impl World {
    /// Writes down an interaction and tells the bot of it.
    pub fn ask(&mut self, kind: u64, user: Id, channel: Id, source: Option<Id>, data: Value) -> Id {
        let id = self.id();
        let token = URL_SAFE_NO_PAD.encode(format!("interaction:{id}:{:>120}", id.0 ^ 0x5bd1_e995));
        let asked = Asked {
            id,
            token,
            kind,
            user,
            channel,
            created_at: self.now,
            source,
            answer: None,
            original: None,
            followups: Vec::new(),
        };
        let event = self.interaction_event(&asked, data);
        self.asked.insert(id, asked);
        while self.asked.len() > ASKED_KEPT_MAX {
            self.asked.pop_first();
        }
        match &self.endpoint {
            // It is posted by a task of its own.
            Some(endpoint) => drop(endpoint.send((id, event))),
            None => self.dispatch("INTERACTION_CREATE", Some(channel), &event),
        }
        id
    }

    fn interaction_event(&self, asked: &Asked, data: Value) -> Value {
        let mut event = json!({
            "id": asked.id, "application_id": self.application, "type": asked.kind, "token": asked.token,
            "version": 1, "data": data, "channel_id": asked.channel, "locale": "en-US", "entitlements": [],
            "attachment_size_limit": 10_485_760,
        });
        let Some(channel) = self.channels.get(&asked.channel) else { return event };
        event["app_permissions"] = json!(self.permissions_in(channel, self.bot).to_string());
        event["channel"] = self.channel_json(channel);
        event["channel"]["permissions"] = json!(self.permissions_in(channel, asked.user).to_string());
        if channel.kind == 1 {
            event["user"] = self.users.get(&asked.user).map_or(Value::Null, super::shape::user);
            event["authorizing_integration_owners"] = json!({"0": "0"});
            event["context"] = json!(1);
        } else {
            event["guild_id"] = json!(self.guild);
            event["guild"] = json!({"id": self.guild, "locale": "en-US", "features": []});
            event["guild_locale"] = json!("en-US");
            event["authorizing_integration_owners"] = json!({"0": self.guild});
            event["context"] = json!(0);
            if let Some(member) = self.members.get(&asked.user) {
                event["member"] = self.member_json(member);
                event["member"]["permissions"] = json!(self.permissions_in(channel, asked.user).to_string());
            }
        }
        if let Some(message) = asked.source.and_then(|id| self.messages.get(&id)) {
            event["message"] = self.message_json(message);
        }
        event
    }

    /// The interaction that may still get its first answer.
    ///
    /// # Errors
    /// 10062 when unknown or too late, 40060 when answered already.
    pub fn awaiting(&self, id: Id, token: &str) -> Result<&Asked, ApiError> {
        let asked = self.asked.get(&id).filter(|a| a.token == token).ok_or(ApiError::UNKNOWN_INTERACTION)?;
        if asked.answer.is_some() {
            return Err(ApiError::ALREADY_ACKNOWLEDGED);
        }
        if self.now - asked.created_at > FIRST_ANSWER {
            return Err(ApiError::UNKNOWN_INTERACTION);
        }
        Ok(asked)
    }

    /// The answered interaction behind a webhook token.
    ///
    /// # Errors
    /// 10015 for another application or an interaction without its first answer, 50027 for an unknown or
    /// expired token.
    pub fn by_token(&self, application: Id, token: &str) -> Result<&Asked, ApiError> {
        if application != self.application {
            return Err(ApiError::UNKNOWN_WEBHOOK);
        }
        let asked = self.asked.values().find(|a| a.token == token).ok_or(ApiError::INVALID_TOKEN)?;
        if self.now - asked.created_at > TOKEN_LIFE {
            return Err(ApiError::INVALID_TOKEN);
        }
        if asked.answer.is_none() {
            return Err(ApiError::UNKNOWN_WEBHOOK);
        }
        Ok(asked)
    }

    /// The user, member, role and channel objects that values refer to.
    pub fn resolved(&self, channel: Id, ids: &[Id]) -> Value {
        let mut all = json!({});
        for id in ids {
            let key = id.to_string();
            if let Some(user) = self.users.get(id) {
                all["users"][&key] = super::shape::user(user);
            }
            if let Some(member) = self.members.get(id) {
                let mut json = self.member_json(member);
                if let Some(map) = json.as_object_mut() {
                    map.remove("user");
                    map.remove("deaf");
                    map.remove("mute");
                }
                let place = self.channels.get(&channel);
                json["permissions"] = json!(place.map_or(0, |c| self.permissions_in(c, *id)).to_string());
                all["members"][&key] = json;
            }
            if let Some(role) = self.roles.get(id) {
                all["roles"][&key] = super::shape::role(role);
            }
            if let Some(found) = self.channels.get(id) {
                let mut json = self.channel_json(found);
                json["permissions"] = json!(permission::EVERYONE.to_string());
                all["channels"][&key] = json;
            }
        }
        all
    }

    /// The message that `@original` or an id stands for, within this interaction.
    ///
    /// # Errors
    /// Unknown message (10008).
    pub fn message_of(&self, asked: &Asked, which: &str) -> Result<Message, ApiError> {
        let id = match which {
            "@original" => asked.original,
            other => {
                other.parse().ok().filter(|id| asked.original == Some(*id) || asked.followups.contains(id))
            }
        };
        id.and_then(|id| self.messages.get(&id)).cloned().ok_or(ApiError::UNKNOWN_MESSAGE)
    }
}
