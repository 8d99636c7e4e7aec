//! What the people of the team do.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    MattermostModel, checks,
    tell::{Body, NO_ANSWER},
    world::{OpenDialog, Post},
};

/// How long a person waits before the test fails; the model's own clock decides about Mattermost's three seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// A person cannot do that in Mattermost, or waited in vain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Impossible(pub String);

fn impossible<T>(why: impl Into<String>) -> Result<T, Impossible> {
    Err(Impossible(why.into()))
}

/// Something that a person asked of the app.
pub struct Asked<'a> {
    model: &'a MattermostModel,
    user: String,
    /// What this person had seen before.
    seen: usize,
}

impl Asked<'_> {
    async fn wait<T>(
        &self,
        what: &str,
        find: impl FnMut(&MattermostModel) -> Option<T>,
    ) -> Result<T, Impossible> {
        match self.model.wait_for(PATIENCE, find).await {
            Some(found) => Ok(found),
            None => impossible(format!("waited in vain for {what}")),
        }
    }
    /// What the person alone gets to see in answer.
    ///
    /// # Errors
    /// When nothing comes.
    pub async fn answer(&self) -> Result<String, Impossible> {
        self.wait("an answer", |m| m.whispers(&self.user).into_iter().nth(self.seen)).await
    }
    /// The form that opens.
    ///
    /// # Errors
    /// When none opens.
    pub async fn form(&self) -> Result<OpenDialog, Impossible> {
        self.wait("a form", |m| m.dialogs().into_iter().rev().find(|open| open.user == self.user)).await
    }
}

impl MattermostModel {
    fn asks(&self, user: &str) -> Asked<'_> {
        Asked { model: self, user: user.to_owned(), seen: self.whispers(user).len() }
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
    fn found(&self, post: &str) -> Result<Post, Impossible> {
        let found = self.with(|w| w.post(post).filter(|post| post.deleted_at == 0).cloned());
        found.ok_or_else(|| Impossible("there is no such message".into()))
    }

    /// `/incident text`, in a channel or a thread.
    ///
    /// # Errors
    /// When there is no such channel, or no such command.
    pub fn slash(
        &self,
        user: &str,
        channel: &str,
        root: Option<&str>,
        text: &str,
    ) -> Result<Asked<'_>, Impossible> {
        self.joins(user, channel)?;
        let asked = self.asks(user);
        let Some(app) = self.with(|w| w.app_url.clone()) else {
            return impossible("there is no such command");
        };
        let form = self.with(|w| w.slash_form(user, channel, root, text));
        let (user, channel, root) = (user.to_owned(), channel.to_owned(), root.map(str::to_owned));
        self.tell(format!("{app}/commands"), Body::Form(form), move |world, answer| match answer {
            Some(answer) => world.answered(&user, &channel, root, &answer),
            None => world.whisper(&user, &channel, root, NO_ANSWER),
        });
        Ok(asked)
    }

    /// Presses the button of this id.
    ///
    /// # Errors
    /// When the message has none.
    pub fn press(&self, user: &str, post: &str, button: &str) -> Result<Asked<'_>, Impossible> {
        self.uses(user, post, button, None)
    }

    /// Chooses this value in the menu of this id.
    ///
    /// # Errors
    /// When the message has no such menu, or the menu does not offer that.
    pub fn choose(&self, user: &str, post: &str, menu: &str, value: &str) -> Result<Asked<'_>, Impossible> {
        self.uses(user, post, menu, Some(value))
    }

    fn uses(
        &self,
        user: &str,
        post: &str,
        button: &str,
        chosen: Option<&str>,
    ) -> Result<Asked<'_>, Impossible> {
        let post = self.found(post)?;
        self.joins(user, &post.channel)?;
        let Some(action) = post.actions().into_iter().find(|action| action["id"] == button).cloned() else {
            return impossible(format!("there is no {button}; there are {:?}", post.actions()));
        };
        let offered: Vec<&str> = action["options"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["value"].as_str())
            .collect();
        if chosen.is_some_and(|chosen| !offered.contains(&chosen)) || chosen.is_none() != offered.is_empty() {
            return impossible(format!("{button} offers {offered:?}"));
        }
        let asked = self.asks(user);
        let mut body = self.with(|w| w.press_json(user, &post.channel, &post.id, &action));
        if let Some(chosen) = chosen {
            body["type"] = json!("select");
            body["context"]["selected_option"] = json!(chosen);
        }
        let url = action["integration"]["url"].as_str().unwrap_or_default().to_owned();
        let (user, root) = (user.to_owned(), post.root.clone().unwrap_or(post.id));
        self.tell(url, Body::Json(body), move |world, answer| {
            let answer = answer.filter(|answer| checks::of_press_answer(answer).is_ok()).unwrap_or_default();
            let text = answer["ephemeral_text"].as_str().unwrap_or_default();
            if !text.is_empty() && answer["skip_slack_parsing"] == true {
                world.whisper(&user, &post.channel, Some(root), text);
            }
        });
        Ok(asked)
    }

    /// Sends the form that is open before this person; `answers` by the name of the question. It closes unless it is refused:
    /// then what stands below its questions is returned as the error.
    ///
    /// # Errors
    /// When no form is open, an answer does not fit, or the form is refused.
    pub async fn submit(&self, user: &str, answers: Value) -> Result<Asked<'_>, Impossible> {
        let Some(open) = self.dialogs().into_iter().rev().find(|open| open.user == user) else {
            return impossible("no form is open");
        };
        let submission = submission(&open.dialog, &answers)?;
        let team = self.with(|w| w.team.clone());
        let body = json!({
            "type": "dialog_submission", "callback_id": open.dialog["callback_id"], "state": open.dialog["state"],
            "user_id": user, "channel_id": open.channel, "team_id": team, "submission": submission, "cancelled": false,
        });
        let asked = self.asks(user);
        let (tell, told) = tokio::sync::oneshot::channel();
        self.tell(open.url.clone(), Body::Json(body), move |_, answer| drop(tell.send(answer)));
        let answer = match tokio::time::timeout(PATIENCE, told).await {
            Ok(Ok(Some(answer))) => answer,
            _ => return impossible("the form was not taken"),
        };
        checks::of_form_answer(&answer).map_err(Impossible)?;
        if answer["errors"].is_object() || answer["error"].is_string() {
            return impossible(answer.to_string());
        }
        self.with(|w| w.dialogs.retain(|one| *one != open));
        Ok(asked)
    }

    /// Says something in a channel or a thread; returns the message.
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn say(&self, user: &str, channel: &str, root: Option<&str>, text: &str) -> Result<Post, Impossible> {
        self.joins(user, channel)?;
        Ok(self.with(|w| w.say(user, channel, root, text, json!({}))))
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
    ) -> Result<Post, Impossible> {
        let post = self.say(user, channel, None, text)?;
        self.with(|w| {
            let id = w.id('f');
            w.files.insert(id, (post.id.clone(), name.to_owned(), bytes.to_vec()));
        });
        Ok(post)
    }
    /// Writes one's own message anew.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn edit(&self, post: &str, text: &str) -> Result<(), Impossible> {
        self.found(post)?;
        self.with(|w| {
            let at = w.moment();
            let changed = w.post_mut(post).map(|post| {
                (post.text, post.updated_at, post.edited_at) = (text.to_owned(), at, at);
                post.clone()
            });
            if let Some(post) = changed {
                w.tell_of("post_edited", &post);
            }
        });
        Ok(())
    }
    /// Writes one's own message anew, with another file in place of those that it had.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn edit_file(&self, post: &str, text: &str, (name, bytes): (&str, &[u8])) -> Result<(), Impossible> {
        self.found(post)?;
        self.with(|w| {
            w.files.retain(|_, (of, ..)| of.as_str() != post);
            let id = w.id('f');
            w.files.insert(id, (post.to_owned(), name.to_owned(), bytes.to_vec()));
        });
        self.edit(post, text)
    }
    /// Deletes a message.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn delete(&self, post: &str) -> Result<(), Impossible> {
        self.found(post)?;
        self.with(|w| {
            let at = w.moment();
            let changed = w.post_mut(post).map(|post| {
                (post.deleted_at, post.updated_at) = (at, at);
                post.clone()
            });
            if let Some(post) = changed {
                w.tell_of("post_deleted", &post);
            }
        });
        Ok(())
    }
    /// Puts an emoji on a message, by its name.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn react(&self, user: &str, post: &str, emoji: &str) -> Result<(), Impossible> {
        let post = self.found(post)?;
        self.joins(user, &post.channel)?;
        self.with(|w| w.react(user, &post, emoji));
        Ok(())
    }
}

/// The answers as the client sends them.
fn submission(dialog: &Value, answers: &Value) -> Result<Value, Impossible> {
    let mut given = Map::new();
    for element in dialog["elements"].as_array().into_iter().flatten() {
        let name = element["name"].as_str().unwrap_or_default();
        let answer = &answers[name];
        let text = answer.as_str().unwrap_or_default();
        if answer.is_null() {
            if element["optional"] != true && element["type"] != "bool" {
                return impossible(format!("{name} is required"));
            }
            let default = element["default"].as_str().filter(|default| !default.is_empty());
            given.insert(name.to_owned(), default.map_or(Value::Null, |default| json!(default)));
            continue;
        }
        let options = element["options"].as_array().map_or(&[][..], Vec::as_slice);
        let fits = match element["type"].as_str().unwrap_or_default() {
            "select" if !options.is_empty() => options.iter().any(|option| option["value"] == *answer),
            "select" => !text.is_empty(),
            "bool" => answer.is_boolean(),
            _ => text.chars().count() as u64 <= element["max_length"].as_u64().unwrap_or(150),
        };
        if !fits {
            return impossible(format!("{answer} does not fit {name}"));
        }
        given.insert(name.to_owned(), answer.clone());
    }
    if answers.as_object().into_iter().flatten().any(|(name, _)| !given.contains_key(name)) {
        return impossible(format!("the form does not ask for all of {answers}"));
    }
    Ok(Value::Object(given))
}
