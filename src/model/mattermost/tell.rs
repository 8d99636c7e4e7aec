//! Telling the app over HTTP: slash commands, presses, forms. Its answer is shown to whoever asked.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    MattermostModel,
    world::{Hook, Trigger, Whisper, World},
};

/// `ServiceSettings.OutgoingIntegrationRequestsTimeout`
const ANSWER_SECONDS: u64 = 30;
/// What a person is shown in place of an answer.
pub(super) const NO_ANSWER: &str = "Command with a trigger of '/incident' failed.";

/// How a body is written.
pub(super) enum Body {
    Form(Value),
    Json(Value),
}

impl World {
    /// What opens a form for this person, within three seconds.
    pub(super) fn trigger(&mut self, user: &str, channel: &str) -> String {
        let id = self.id('g');
        let trigger = Trigger { user: user.to_owned(), channel: channel.to_owned(), at: self.now };
        self.triggers.insert(id.clone(), trigger);
        id
    }
    pub(super) fn username(&self, user: &str) -> String {
        self.users.get(user).map(|found| found.username.clone()).unwrap_or_default()
    }
    fn channel_name(&self, channel: &str) -> String {
        self.channels.get(channel).map(|found| found.name.clone()).unwrap_or_default()
    }

    pub(super) fn slash_form(&mut self, user: &str, channel: &str, root: Option<&str>, text: &str) -> Value {
        let hook = self.id('h');
        let asked = Hook {
            user: user.to_owned(),
            channel: channel.to_owned(),
            root: root.map(str::to_owned),
            at: self.now,
            uses: 0,
        };
        self.hooks.insert(hook.clone(), asked);
        json!({
            "token": self.command_token.expose(), "team_id": self.team, "team_domain": "example", "channel_id": channel,
            "channel_name": self.channel_name(channel), "user_id": user, "user_name": self.username(user),
            "command": "/incident", "text": text, "trigger_id": self.trigger(user, channel),
            "root_id": root.unwrap_or_default(),
            // The address that people know, not the one by which the app knows the server.
            "response_url": format!("https://chat.example.org/hooks/commands/{hook}"),
        })
    }
    pub(super) fn press_json(&mut self, user: &str, channel: &str, post: &str, action: &Value) -> Value {
        json!({
            "user_id": user, "user_name": self.username(user), "channel_id": channel,
            "channel_name": self.channel_name(channel), "team_id": self.team, "team_domain": "example", "post_id": post,
            "trigger_id": self.trigger(user, channel), "type": "button", "data_source": "",
            "context": action["integration"]["context"],
        })
    }

    /// What the app says to a slash command.
    pub(super) fn answered(&mut self, user: &str, channel: &str, root: Option<String>, answer: &Value) {
        let text = answer["text"].as_str().unwrap_or_default();
        // Whatever is not for the asker alone would be said in their name.
        let is_private = matches!(answer["response_type"].as_str(), None | Some("ephemeral"));
        if !text.is_empty() && is_private && answer["skip_slack_parsing"] == true {
            self.whisper(user, channel, root, text);
        }
    }
    pub(super) fn whisper(&mut self, user: &str, channel: &str, root: Option<String>, text: &str) {
        let (user, channel, text) = (user.to_owned(), channel.to_owned(), text.to_owned());
        self.whispers.push(Whisper { user, channel, root, text });
    }
}

impl MattermostModel {
    /// Tells the app something; `answered` gets what it says, `None` if nothing comes.
    pub(super) fn tell(
        &self,
        url: String,
        body: Body,
        answered: impl FnOnce(&mut World, Option<Value>) + Send + 'static,
    ) {
        let shared = self.shared.clone();
        tokio::spawn(async move {
            let answer = send(&url, body).await;
            let mut world = shared.world();
            world.now = (shared.now)();
            world.answers += usize::from(answer.is_some());
            answered(&mut world, answer);
        });
    }
}

/// The app's answer, if it is 200 and JSON, or empty.
async fn send(url: &str, body: Body) -> Option<Value> {
    let limit = Duration::from_secs(ANSWER_SECONDS);
    let client = reqwest::Client::builder().connect_timeout(limit).timeout(limit).build().ok()?;
    let request = match body {
        Body::Json(body) => client.post(url).json(&body),
        Body::Form(fields) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields.as_object().into_iter().flatten() {
                form.append_pair(name, value.as_str().unwrap_or_default());
            }
            client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form.finish())
        }
    };
    let response = request.send().await.ok().filter(|response| response.status().as_u16() == 200)?;
    let bytes = response.bytes().await.ok()?;
    if bytes.is_empty() { Some(json!({})) } else { serde_json::from_slice(&bytes).ok() }
}
