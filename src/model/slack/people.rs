//! What the people of the workspace do.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    SlackModel,
    world::{Message, OpenView, Whisper, World},
};

/// How long a person waits before the test fails; the model's own clock decides about Slack's three seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// A person cannot do that in Slack, or waited in vain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Impossible(pub String);

fn impossible<T>(why: impl Into<String>) -> Result<T, Impossible> {
    Err(Impossible(why.into()))
}

/// Something that a person asked of the app.
pub struct Asked<'a> {
    model: &'a SlackModel,
    pub(super) told: String,
    user: String,
    /// What this person had seen before.
    seen: usize,
}

impl Asked<'_> {
    async fn wait<T>(&self, what: &str, find: impl FnMut(&SlackModel) -> Option<T>) -> Result<T, Impossible> {
        match self.model.wait_for(PATIENCE, find).await {
            Some(found) => Ok(found),
            None => impossible(format!("waited in vain for {what}")),
        }
    }
    /// The acknowledgement's payload.
    ///
    /// # Errors
    /// When there is none in time.
    pub async fn acknowledged(&self) -> Result<Value, Impossible> {
        self.wait("an acknowledgement", |m| {
            m.with(|w| w.told.get(&self.told).and_then(|told| told.ack.clone()))
        })
        .await
    }
    /// What the person gets to see in answer.
    ///
    /// # Errors
    /// When nothing comes.
    pub async fn answer(&self) -> Result<Whisper, Impossible> {
        self.wait("an answer", |m| m.whispers(&self.user).into_iter().nth(self.seen)).await
    }
    /// The form that opens.
    ///
    /// # Errors
    /// When none opens.
    pub async fn form(&self) -> Result<OpenView, Impossible> {
        self.wait("a form", |m| m.with(|w| w.views.iter().rev().find(|open| open.user == self.user).cloned()))
            .await
    }
}

impl SlackModel {
    fn asked(&self, user: &str, kind: &'static str, payload: impl FnOnce(&mut World) -> Value) -> Asked<'_> {
        let seen = self.whispers(user).len();
        let told = self.tell(kind, payload);
        Asked { model: self, told, user: user.to_owned(), seen }
    }
    fn joins(&self, user: &str, channel: &str) -> Result<(), Impossible> {
        self.with(|w| {
            let found = w.channels.get_mut(channel).filter(|found| found.is_seen_by(user));
            let Some(found) = found else {
                return impossible("there is no such channel");
            };
            found.members.insert(user.to_owned());
            Ok(())
        })
    }
    fn message(&self, channel: &str, ts: &str) -> Result<Message, Impossible> {
        let found = self.messages(channel).into_iter().find(|message| message.ts == ts);
        found.ok_or_else(|| Impossible("there is no such message".into()))
    }

    /// `/incident text`
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn slash(&self, user: &str, channel: &str, text: &str) -> Result<Asked<'_>, Impossible> {
        self.joins(user, channel)?;
        Ok(self.asked(user, "slash_commands", |w| w.slash_json(user, channel, text)))
    }
    /// Presses the button of this name.
    ///
    /// # Errors
    /// When the message has none.
    pub fn press(&self, user: &str, channel: &str, ts: &str, button: &str) -> Result<Asked<'_>, Impossible> {
        let message = self.message(channel, ts)?;
        self.press_seen(user, channel, &message, button)
    }
    /// Presses a button of a message as this person saw it: their client was not told yet that it was changed.
    ///
    /// # Errors
    /// When the message had none.
    pub fn press_seen(
        &self,
        user: &str,
        channel: &str,
        message: &Message,
        button: &str,
    ) -> Result<Asked<'_>, Impossible> {
        self.uses(user, channel, message, button, |action| match action["type"] == "button" {
            true => Ok(action.clone()),
            false => impossible(format!("{button} is a menu")),
        })
    }
    /// Chooses this value in the menu of this name.
    ///
    /// # Errors
    /// When the message has no such menu, or the menu does not offer that.
    pub fn choose(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        menu: &str,
        value: &str,
    ) -> Result<Asked<'_>, Impossible> {
        let message = self.message(channel, ts)?;
        self.uses(user, channel, &message, menu, |action| {
            let mut options = action["options"].as_array().into_iter().flatten();
            let Some(chosen) = options.find(|option| option["value"] == value) else {
                return impossible(format!("{menu} does not offer {value}"));
            };
            let mut action = action.clone();
            action["selected_option"] = chosen.clone();
            if let Some(action) = action.as_object_mut() {
                action.remove("options");
            }
            Ok(action)
        })
    }
    fn uses(
        &self,
        user: &str,
        channel: &str,
        message: &Message,
        name: &str,
        act: impl FnOnce(&Value) -> Result<Value, Impossible>,
    ) -> Result<Asked<'_>, Impossible> {
        self.joins(user, channel)?;
        let mut elements =
            message.blocks.iter().flat_map(|block| block["elements"].as_array().into_iter().flatten());
        let Some(element) = elements.find(|element| element["action_id"] == name) else {
            return impossible(format!("there is no {name}; there are {:?}", message.buttons()));
        };
        let action = act(element)?;
        Ok(self.asked(user, "interactive", |w| w.press_json(user, channel, message, &action)))
    }
    /// The global shortcut.
    pub fn shortcut(&self, user: &str, callback: &str) -> Asked<'_> {
        self.asked(user, "interactive", |w| w.shortcut_json(user, callback))
    }
    /// A shortcut in a message's menu.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn message_action(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        callback: &str,
    ) -> Result<Asked<'_>, Impossible> {
        self.joins(user, channel)?;
        let message = self.message(channel, ts)?;
        Ok(self.asked(user, "interactive", |w| w.message_action_json(user, channel, &message, callback)))
    }
    /// Sends the form that is open before this person; `answers` by the name of the question. It closes unless it is
    /// shown again: then what stands below its questions is returned as the error.
    ///
    /// # Errors
    /// When no form is open, an answer does not fit, or the form is shown again.
    pub async fn submit(&self, user: &str, answers: Value) -> Result<Asked<'_>, Impossible> {
        let open = self.with(|w| w.views.iter().rev().find(|open| open.user == user).cloned());
        let Some(open) = open else { return impossible("no form is open") };
        let values = state(&open.view, &answers)?;
        let asked =
            self.asked(user, "interactive", |w| w.submission_json(user, &open.id, &open.view, values));
        let ack = asked.acknowledged().await?;
        if ack["response_action"] == "errors" {
            return impossible(ack["errors"].to_string());
        }
        self.with(|w| w.views.retain(|one| one.id != open.id));
        Ok(asked)
    }
    /// Says something, in Slack's own writing.
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn say(
        &self,
        user: &str,
        channel: &str,
        thread: Option<&str>,
        text: &str,
    ) -> Result<(String, Asked<'_>), Impossible> {
        self.says(user, channel, thread, text, |_| vec![])
    }
    /// Says something with a file of this name.
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn share(
        &self,
        user: &str,
        channel: &str,
        text: &str,
        (name, bytes): (&str, &[u8]),
    ) -> Result<String, Impossible> {
        let files = |w: &mut World| {
            let id = w.id('F');
            vec![w.new_file(user, id, name, bytes)]
        };
        Ok(self.says(user, channel, None, text, files)?.0)
    }
    fn says(
        &self,
        user: &str,
        channel: &str,
        thread: Option<&str>,
        text: &str,
        files: impl FnOnce(&mut World) -> Vec<Value>,
    ) -> Result<(String, Asked<'_>), Impossible> {
        self.joins(user, channel)?;
        let seen = self.whispers(user).len();
        let (ts, mut told, bot) = self.with(|w| {
            let ts = w.ts();
            let message = Message {
                ts: ts.clone(),
                thread: thread.map(str::to_owned),
                user: user.to_owned(),
                text: text.to_owned(),
                files: files(w),
                ..Message::default()
            };
            if let Some(found) = w.channels.get_mut(channel) {
                found.messages.push(message.clone());
            }
            (ts, w.tell_of(channel, &message), w.bot_user.clone())
        });
        if text.contains(&format!("<@{bot}")) {
            let mut event = json!({
                "type": "app_mention", "user": user, "text": text, "ts": ts, "channel": channel, "event_ts": ts,
            });
            if let Some(thread) = thread {
                event["thread_ts"] = json!(thread);
            }
            told = self.tell("events_api", |w| w.event_json(event));
        }
        self.shared.send_all();
        Ok((ts, Asked { model: self, told, user: user.to_owned(), seen }))
    }
    /// Gives a message other words.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn edit(&self, user: &str, channel: &str, ts: &str, text: &str) -> Result<Asked<'_>, Impossible> {
        let before = self.message(channel, ts)?;
        let after = Message { text: text.to_owned(), is_edited: true, ..before.clone() };
        Ok(self.changed(user, channel, &before, &after))
    }
    /// Writes a message anew, with another file in place of those that it had.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn edit_file(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        text: &str,
        (name, bytes): (&str, &[u8]),
    ) -> Result<Asked<'_>, Impossible> {
        let before = self.message(channel, ts)?;
        let files = self.with(|w| {
            let id = w.id('F');
            vec![w.new_file(user, id, name, bytes)]
        });
        let after = Message { text: text.to_owned(), is_edited: true, files, ..before.clone() };
        Ok(self.changed(user, channel, &before, &after))
    }
    /// Slack shows below a message what the page that it names is about. It stays as edited as it was.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn preview(&self, channel: &str, ts: &str) -> Result<Asked<'_>, Impossible> {
        let message = self.message(channel, ts)?;
        Ok(self.changed(&message.user, channel, &message, &message))
    }
    fn changed(&self, user: &str, channel: &str, before: &Message, after: &Message) -> Asked<'_> {
        let seen = self.whispers(user).len();
        let told = self.with(|w| {
            let messages = w.channels.get_mut(channel).map(|found| &mut found.messages);
            let message = messages.and_then(|all| all.iter_mut().find(|message| message.ts == after.ts));
            message.into_iter().for_each(|message| message.clone_from(after));
            w.tell_of_change(channel, before, after)
        });
        self.shared.send_all();
        Asked { model: self, told, user: user.to_owned(), seen }
    }
    /// Puts an emoji on a message, by its name.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn react(&self, user: &str, channel: &str, ts: &str, emoji: &str) -> Result<Asked<'_>, Impossible> {
        self.joins(user, channel)?;
        let message = self.message(channel, ts)?;
        let event = json!({
            "type": "reaction_added", "user": user, "reaction": emoji, "item_user": message.user,
            "item": {"type": "message", "channel": channel, "ts": ts}, "event_ts": ts,
        });
        Ok(self.asked(user, "events_api", |w| w.event_json(event)))
    }
    /// Slack says something again, as it does when an acknowledgement was lost on the way.
    pub fn say_again(&self, asked: &Asked<'_>) {
        self.repeat(&asked.told);
    }
}

/// The answers as a form's state.
fn state(view: &Value, answers: &Value) -> Result<Map<String, Value>, Impossible> {
    let mut values = Map::new();
    let blocks = view["blocks"].as_array().map_or(&[][..], Vec::as_slice);
    let mut known = 0;
    for block in blocks.iter().filter(|block| block["type"] == "input") {
        let (name, element) = (block["block_id"].as_str().unwrap_or_default(), &block["element"]);
        let answer = &answers[name];
        known += usize::from(!answer.is_null());
        if answer.is_null() && block["optional"] != true {
            return impossible(format!("{name} is required"));
        }
        let options = element["options"].as_array().map_or(&[][..], Vec::as_slice);
        let chosen = options.iter().find(|option| option["value"] == *answer).cloned();
        let kind = element["type"].as_str().unwrap_or_default();
        let mut value = json!({"type": kind});
        match kind {
            "users_select" => value["selected_user"] = answer.clone(),
            "checkboxes" => value["selected_options"] = chosen.into_iter().collect(),
            "static_select" => {
                if !answer.is_null() && chosen.is_none() {
                    return impossible(format!("{answer} is not among the choices of {name}"));
                }
                value["selected_option"] =
                    chosen.or_else(|| element.get("initial_option").cloned()).unwrap_or_default();
            }
            _ => {
                let max = element["max_length"].as_u64().unwrap_or(3_000);
                if answer.as_str().is_some_and(|text| text.chars().count() as u64 > max) {
                    return impossible(format!("{name} is too long"));
                }
                value["value"] = answer.clone();
            }
        }
        let mut inner = Map::new();
        inner.insert(element["action_id"].as_str().unwrap_or_default().to_owned(), value);
        values.insert(name.to_owned(), Value::Object(inner));
    }
    if known < answers.as_object().map_or(0, Map::len) {
        return impossible(format!("the form does not ask for all of {answers}"));
    }
    Ok(values)
}
