//! Slash commands, buttons, forms and shortcuts. A name is all that a button or form carries: what it stands for is
//! looked up on the card as it is now.

use std::sync::Arc;

use serde_json::Value;

use super::{
    SlackDoor,
    answer::own,
    form,
    heard::Heard,
    render::{read_out, told},
    text,
};
use crate::{
    chat::{
        Words,
        ask::Reply,
        button::{find_button, read_button_name, stale, words_of},
        form::{Filled, Origin, unopened, wanted},
        theirs::is_read_out,
        words::note_of,
    },
    grammar::Form,
    incident::refusal::Refusal,
};

impl SlackDoor {
    /// The words of `/incident …`; a verb without the words it needs opens its form.
    pub(super) async fn slash(self: &Arc<Self>, heard: &Heard, said: &str) -> Reply {
        let words = text::typed(said, &self.settings.people);
        let here = self.incident_here(heard).await;
        if let Some((wanted, origin)) = wanted(&words, Origin { incident: here, ..origin(heard) }) {
            let wanted = wanted.of_team(&self.desk.settings().policy);
            return self.open_form(heard, &form::of_verb(&wanted, "", &origin)).await;
        }
        let words = if words.trim().is_empty() { "help".to_owned() } else { words };
        self.do_words(heard, here, Words::Text(words)).await
    }

    /// The form of a declaration, with a title from a message.
    pub(super) async fn open_declaration(self: &Arc<Self>, heard: &Heard, title: &str) -> Reply {
        let Some(form) = Form::of("declare") else { return Reply::Nothing };
        let form = form.of_team(&self.desk.settings().policy);
        let title = crate::chat::text::cap(&text::one_line(title), 200);
        self.open_form(heard, &form::of_verb(&form, &title, &origin(heard))).await
    }

    /// Opens a form, which Slack takes for three seconds after somebody asked.
    async fn open_form(&self, heard: &Heard, view: &Value) -> Reply {
        let Some(trigger) = heard.trigger.clone() else { return Reply::Nothing };
        match self.rest.tell("views.open", &[("trigger_id", trigger), ("view", view.to_string())]).await {
            Ok(_) => Reply::Nothing,
            Err(trouble) => {
                let why = trouble.why();
                tracing::warn!(why, "a form did not open");
                Reply::Words(told(&unopened(&why)))
            }
        }
    }

    pub(super) async fn pressed(self: &Arc<Self>, heard: &Heard, name: &str, chosen: Option<&str>) -> Reply {
        let by = self.person(&heard.user, &heard.name).await;
        let found = match read_button_name(name) {
            Some((subject, button)) => find_button(&self.desk, &by, subject, button).await,
            None => Err(stale()),
        };
        match found {
            Ok((_, subject, button)) if !button.blanks.is_empty() => {
                self.open_form(heard, &form::of_button(&subject, &button, &origin(heard))).await
            }
            Ok((incident, _, button)) => match words_of(button, chosen) {
                Ok(words) => self.do_words(heard, incident, Words::Text(words)).await,
                Err(refusal) => Reply::Words(own(heard, &refusal.to_string())),
            },
            Err(refusal) => Reply::Words(own(heard, &refusal.to_string())),
        }
    }

    /// A form was sent. Whatever is refused stands below its first question, so that nothing typed is lost.
    pub(super) async fn filled(self: &Arc<Self>, heard: &Heard, form: &Filled) -> Reply {
        let here = self.incident_here(heard).await;
        let by = self.person(&heard.user, &heard.name).await;
        let (said, done) = match form.words(&self.desk, &by, here).await {
            Ok((incident, argv)) => {
                let said = argv.join(" ");
                (said, self.done(heard, incident, Words::Argv(argv)).await)
            }
            Err(refusal) => (String::new(), Err(refusal)),
        };
        let words = self.told_of(heard, &said, form.origin.incident.or(here), &done).await;
        match done {
            Err(_) => Reply::Refused { first: form.first.clone(), why: words },
            Ok(_) if is_read_out(&said, &done) => Reply::Words(read_out(&words)),
            Ok(_) => Reply::Words(told(&words)),
        }
    }

    /// «Add to timeline» in a message's menu.
    pub(super) async fn note_message(self: &Arc<Self>, heard: &Heard, message: Value) -> Reply {
        let (channel, here) = (heard.channel.as_deref().unwrap_or_default(), self.incident_here(heard).await);
        // Whoever asked for it reads what was masked in the answer.
        let author = message["user"].as_str().filter(|author| *author != heard.user);
        let whom = author.map(str::to_owned).into_iter().collect();
        let done = self.pin(heard, channel, here, &message, whom).await;
        let said = message["text"].as_str().unwrap_or_default();
        Reply::Words(told(&self.told_of(heard, &format!("note {said}"), here, &done).await))
    }

    /// A message as a note: who wrote it, what, with which files, and where it stands.
    pub(super) async fn message_as_note(
        &self,
        channel: &str,
        message: &Value,
    ) -> Result<Vec<String>, Refusal> {
        let author = match message["user"].as_str() {
            Some(user) => self.person(user, "").await,
            None => {
                let bot = message["username"].as_str().or(message["bot_profile"]["name"].as_str());
                crate::people::Person::named(bot.unwrap_or("a bot"))
                    .map_err(|why| Refusal::invalid(why, "Write a `note` in your own words."))?
            }
        };
        let said = message["text"].as_str().unwrap_or_default();
        self.meet_named(said).await;
        let files = message["files"].as_array().into_iter().flatten();
        // Of one that was deleted a stone is left.
        let files = files
            .filter(|file| file["mode"] != "tombstone")
            .map(|file| file["name"].as_str().unwrap_or("a file"));
        let said = text::shown(said, &self.settings.people);
        let thread = message["thread_ts"].as_str();
        let link = self.permalink(channel, thread, message["ts"].as_str().unwrap_or_default());
        note_of(&author, &said, files, &link)
    }
}

fn origin(heard: &Heard) -> Origin {
    Origin { channel: heard.channel.clone(), thread: heard.thread.clone(), incident: None }
}
