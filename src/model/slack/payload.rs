//! What the app is told, as Slack writes it.

use serde_json::{Map, Value, json};

use super::world::{Hook, Message, World};

impl World {
    /// What shows a form to this person, within three seconds.
    pub(super) fn trigger(&mut self, user: &str) -> String {
        let trigger = format!("{}.{}.x", self.now.timestamp(), self.count());
        self.triggers.insert(trigger.clone(), (user.to_owned(), self.now));
        trigger
    }
    /// Where the answers to one command go.
    pub(super) fn hook(&mut self, user: &str, channel: &str) -> String {
        let id = self.id('H');
        let hook = Hook { user: user.to_owned(), channel: channel.to_owned(), at: self.now, uses: 0 };
        self.hooks.insert(id.clone(), hook);
        format!("{}/commands/{id}", self.url)
    }
    fn name(&self, user: &str) -> String {
        self.users.get(user).map(|found| found.name.clone()).unwrap_or_default()
    }
    fn user_json(&self, user: &str) -> Value {
        let name = self.name(user);
        json!({"id": user, "username": name, "name": name, "team_id": self.team})
    }
    fn team_json(&self) -> Value {
        json!({"id": self.team, "domain": "example"})
    }
    fn channel_named(&self, channel: &str) -> Value {
        let name = self.channels.get(channel).map(|found| found.name.clone());
        json!({"id": channel, "name": name})
    }

    /// Text as Slack sends it where `should_escape` is set.
    pub(super) fn escaped(&self, text: &str) -> String {
        let mut text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        for user in self.users.values() {
            text = text.replace(&format!("@{}", user.name), &format!("<@{}|{}>", user.id, user.name));
        }
        text
    }

    pub(super) fn slash_json(&mut self, user: &str, channel: &str, text: &str) -> Value {
        json!({
            "token": "legacy", "team_id": self.team, "team_domain": "example", "channel_id": channel,
            "channel_name": self.channel_named(channel)["name"], "user_id": user, "user_name": self.name(user),
            "command": "/incident", "text": self.escaped(text), "api_app_id": "A0000000001",
            "is_enterprise_install": "false", "response_url": self.hook(user, channel), "trigger_id": self.trigger(user),
        })
    }
    pub(super) fn press_json(
        &mut self,
        user: &str,
        channel: &str,
        message: &Message,
        action: &Value,
    ) -> Value {
        let mut container = json!({
            "type": "message", "message_ts": message.ts, "channel_id": channel, "is_ephemeral": false,
        });
        if let Some(thread) = &message.thread {
            container["thread_ts"] = json!(thread);
        }
        let mut action = action.clone();
        action["action_ts"] = json!(message.ts);
        json!({
            "type": "block_actions", "user": self.user_json(user), "api_app_id": "A0000000001", "token": "legacy",
            "container": container, "trigger_id": self.trigger(user), "team": self.team_json(), "enterprise": null,
            "channel": self.channel_named(channel), "message": self.message_json(message), "state": {"values": {}},
            "response_url": self.hook(user, channel), "actions": [action],
        })
    }
    pub(super) fn shortcut_json(&mut self, user: &str, callback: &str) -> Value {
        json!({
            "type": "shortcut", "token": "legacy", "action_ts": "1.2", "team": self.team_json(),
            "user": self.user_json(user), "is_enterprise_install": false, "enterprise": null, "callback_id": callback,
            "trigger_id": self.trigger(user),
        })
    }
    pub(super) fn message_action_json(
        &mut self,
        user: &str,
        channel: &str,
        message: &Message,
        callback: &str,
    ) -> Value {
        json!({
            "type": "message_action", "token": "legacy", "action_ts": "1.2", "team": self.team_json(),
            "user": self.user_json(user), "channel": self.channel_named(channel), "is_enterprise_install": false,
            "callback_id": callback, "trigger_id": self.trigger(user), "response_url": self.hook(user, channel),
            "message_ts": message.ts, "message": self.message_json(message),
        })
    }
    pub(super) fn submission_json(
        &mut self,
        user: &str,
        id: &str,
        view: &Value,
        values: Map<String, Value>,
    ) -> Value {
        let mut view = view.clone();
        view["id"] = json!(id);
        view["hash"] = json!("1.x");
        view["state"] = json!({"values": values});
        json!({
            "type": "view_submission", "team": self.team_json(), "user": self.user_json(user),
            "api_app_id": "A0000000001", "token": "legacy", "trigger_id": self.trigger(user), "view": view,
            "response_urls": [], "is_enterprise_install": false, "enterprise": null,
        })
    }
    pub(super) fn event_json(&mut self, event: Value) -> Value {
        let (id, bot) = (format!("Ev{}", self.count()), self.bot_user.clone());
        json!({
            "token": "legacy", "team_id": self.team, "api_app_id": "A0000000001", "event": event,
            "type": "event_callback", "event_id": id, "event_time": self.now.timestamp(),
            "authorizations": [{"enterprise_id": null, "team_id": self.team, "user_id": bot, "is_bot": true,
                "is_enterprise_install": false}],
            "is_ext_shared_channel": false, "event_context": "4-x",
        })
    }
}
