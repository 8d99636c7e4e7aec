//! Does what is asked, and tells the asker alone what came of it: with the acknowledgement when that is quick enough,
//! later otherwise. Slack waits three seconds for an acknowledgement, whatever happens behind.

use std::{future::ready, sync::Arc};

use serde_json::{Value, json};

use super::{
    NAME, SlackDoor,
    heard::{Heard, Says, Way},
    render::{self, read_out, told},
    text,
    trouble::Trouble,
    typed_in,
};
use crate::{
    chat::{
        Words,
        ask::{Reply, in_time},
        picture::show_later,
        theirs::{is_read_out, ours, told_to},
        trouble::insist,
        words::{as_said, in_words},
    },
    desk::{Answer, Caller},
    incident::{id::IncidentId, refusal::Refusal},
};

pub(super) const ELSEWHERE: &str =
    "This commandpost serves another workspace. Use it there, in the incident's channel or the command post.";
/// In a channel that is shared with another firm.
pub(super) const STRANGER: &str = "This commandpost serves the people of another workspace than yours, so nothing was done. Ask one of them \
     to say it.";
pub(super) const WHOSE: &str = "This channel is shared with another workspace, and Slack does not tell now of which of them you are, so \
     nothing was done. Say it again in a minute, or use the console.";
pub(super) const NOBODY_KNOWS: &str = "Slack has not yet told this commandpost which workspace it serves, and does not answer it now, so \
     nothing was done. Say it again in a minute, or use the console.";
/// People looked up for one command.
const NAMED_MAX: usize = 3;

/// What goes back to Slack with the acknowledgement.
pub(super) struct Ack {
    pub body: Value,
    /// What the asker is told by it; if it does not get through, it is said another way.
    pub told: Option<(Heard, String)>,
}

impl Ack {
    pub(super) fn empty() -> Self {
        Self { body: json!({}), told: None }
    }
}

impl SlackDoor {
    /// Something came in. Returns within two seconds; `takes_answer` says whether an answer may go with the
    /// acknowledgement.
    pub(super) async fn hear(self: &Arc<Self>, way: Way, payload: &Value, takes_answer: bool) -> Ack {
        let Some(heard) = Heard::read(way, payload) else {
            tracing::debug!(?way, kind = payload["type"].as_str(), "something came that is not for us");
            return Ack::empty();
        };
        if !self.seen.is_first(&heard.once) {
            tracing::debug!(?way, "it came twice and is done once");
            return Ack::empty();
        }
        let (door, asked) = (self.clone(), heard.clone());
        let (later, whom) = (self.clone(), heard.clone());
        let done = in_time(async move { door.act(asked).await }, move |done| async move {
            later.tell_later(&whom, done.unwrap_or_else(broke_down)).await;
        });
        let Some(done) = done.await else { return Ack::empty() };
        let reply = done.unwrap_or_else(broke_down);
        match (&heard.says, &reply) {
            (Says::Slash { .. }, Reply::Words(text)) if takes_answer => Ack {
                body: json!({"response_type": "ephemeral", "text": text}),
                told: Some((heard.clone(), text.clone())),
            },
            (Says::Form(_), Reply::Refused { first, why }) if takes_answer => {
                let mut errors = serde_json::Map::new();
                errors.insert(first.clone(), json!(render::told_plainly(why)));
                Ack {
                    body: json!({"response_action": "errors", "errors": errors}),
                    told: Some((heard.clone(), told(why))),
                }
            }
            (_, Reply::Nothing) => Ack::empty(),
            _ => {
                let door = self.clone();
                tokio::spawn(async move { door.tell_later(&heard, reply).await });
                Ack::empty()
            }
        }
    }

    async fn tell_later(&self, heard: &Heard, reply: Reply) {
        match reply {
            Reply::Words(text) => self.later_answer(heard, &text).await,
            Reply::Refused { why, .. } => self.later_answer(heard, &told(&why)).await,
            Reply::Nothing => {}
        }
    }

    async fn act(self: Arc<Self>, heard: Heard) -> Reply {
        if let Some(why) = self.why_not_here(&heard).await {
            return match heard.says {
                Says::Pin { .. } | Says::Changed { .. } | Says::Gone { .. } => Reply::Nothing,
                _ => Reply::Words(told(why)),
            };
        }
        match heard.says.clone() {
            Says::Slash { text } => self.slash(&heard, &text).await,
            Says::Press { button, chosen } => self.pressed(&heard, &button, chosen.as_deref()).await,
            Says::Form(form) => self.filled(&heard, &form).await,
            Says::Declare => self.open_declaration(&heard, "").await,
            Says::DeclareFrom { message } => {
                let said = message["text"].as_str().unwrap_or_default();
                let said = text::shown(said, &self.settings.people);
                self.open_declaration(&heard, said.lines().next().unwrap_or_default()).await
            }
            Says::NoteMessage { message } => self.note_message(&heard, message).await,
            Says::Pin { message } => self.put_on_timeline(&heard, &message).await,
            Says::Changed { message } => self.follow_edit(&heard, &message).await,
            Says::Gone { message } => self.follow_deletion(&heard, &message).await,
            Says::Mention { text } => self.spoken_to(&heard, &text).await,
        }
    }

    /// Why nothing is done here for whoever said it: it was in another workspace than the bot's, or they are of another one, or
    /// nobody knows yet which that is. Slack's signature is the app's, which may be installed in several; and a channel may be
    /// shared with another firm.
    async fn why_not_here(&self, heard: &Heard) -> Option<&'static str> {
        if heard.teams.is_empty() && heard.home.is_none() {
            return None;
        }
        let Some(team) = self.team().await else {
            tracing::warn!("nothing is done for Slack: it has not told yet which workspace the bot's is");
            return Some(NOBODY_KNOWS);
        };
        if !heard.teams.is_empty() && !heard.teams.contains(&team) {
            return Some(ELSEWHERE);
        }
        match self.is_ours(heard, &team).await {
            Some(true) => None,
            Some(false) => Some(STRANGER),
            None => Some(WHOSE),
        }
    }

    /// Whether whoever said it is of the workspace that is served, or of the organization around it; `None`: Slack does not tell
    /// now.
    async fn is_ours(&self, heard: &Heard, team: &str) -> Option<bool> {
        if let Some(is_ours) = heard.is_from(team) {
            return Some(is_ours);
        }
        let homes = self.homes_of(&heard.user).await?;
        Some(homes.iter().any(|home| heard.is_within(team, home)))
    }

    /// `@commandpost note it is back`: in a thread no slash command works.
    async fn spoken_to(self: &Arc<Self>, heard: &Heard, said: &str) -> Reply {
        let Some(me) = self.me().await else {
            tracing::warn!("nothing is done of what the bot was told: Slack has not said yet who it is");
            return Reply::Words(told(NOBODY_KNOWS));
        };
        let Some((_, after)) = said.split_once(&format!("<@{me}")) else { return Reply::Nothing };
        let words = text::typed(after.split_once('>').map_or("", |(_, words)| words), &self.settings.people);
        let words = if words.trim().is_empty() { "help".to_owned() } else { words.trim().to_owned() };
        let incident = self.incident_here(heard).await;
        self.do_words(heard, incident, Words::Text(words)).await
    }

    /// Has the words done in the name of who said them.
    pub(super) async fn do_words(
        self: &Arc<Self>,
        heard: &Heard,
        incident: Option<IncidentId>,
        words: Words,
    ) -> Reply {
        let said = as_said(&words);
        let done = self.done(heard, incident, words).await;
        let words = self.told_of(heard, &said, incident, &done).await;
        Reply::Words(if is_read_out(&said, &done) { read_out(&words) } else { told(&words) })
    }

    /// What came of what somebody said, for them. `here`: the incident of the place.
    pub(super) async fn told_of(
        &self,
        heard: &Heard,
        said: &str,
        here: Option<IncidentId>,
        done: &Result<Answer, Refusal>,
    ) -> String {
        let typed = typed_in(heard.thread.as_deref());
        told_to(&self.desk, typed, said, &said, ready(here), Some(done)).await
    }

    pub(super) async fn done(
        self: &Arc<Self>,
        heard: &Heard,
        incident: Option<IncidentId>,
        words: Words,
    ) -> Result<Answer, Refusal> {
        match &words {
            Words::Text(text) => self.meet_named(text).await,
            Words::Argv(argv) => self.meet_named(&argv.join(" ")).await,
        }
        let caller = Caller::person(self.person(&heard.user, &heard.name).await, NAME);
        let done = (self.say)(caller, incident, words, Some(format!("{NAME}:{}", heard.once))).await;
        let (door, heard) = (self.clone(), heard.clone());
        show_later(&done, move |picture| async move { door.show(&heard, picture).await });
        done
    }

    /// Whoever is named is known by name when the words are read.
    pub(super) async fn meet_named(&self, said: &str) {
        for user in text::mentioned(said).take(NAMED_MAX) {
            self.person(user, "").await;
        }
    }

    /// The incident of the place where it was said.
    pub(super) async fn incident_here(&self, heard: &Heard) -> Option<IncidentId> {
        let channel = heard.channel.as_deref()?;
        self.bindings.incident_at(channel, heard.thread.as_deref()).await
    }

    /// Tells the asker alone: where the command says, else in the channel for their eyes, else in a message to them.
    pub(super) async fn later_answer(&self, heard: &Heard, text: &str) {
        if let Some(url) = &heard.response_url {
            let mut body = json!({"response_type": "ephemeral", "replace_original": false, "text": text});
            if let Some(thread) = &heard.thread {
                body["thread_ts"] = json!(thread);
            }
            match insist(|| self.rest.respond(url, &body)).await {
                Ok(()) => return,
                Err(trouble) => {
                    tracing::info!(why = trouble.why(), "the asker's place for the answer is gone")
                }
            }
        }
        let (channel, thread) = (heard.channel.as_deref(), heard.thread.as_deref());
        if let Err(trouble) = self.whisper(&heard.user, channel, thread, text).await {
            let why = trouble.why();
            tracing::warn!(why, "an answer did not reach its asker; the timeline has what was done");
            self.standing.error(why);
        }
    }

    /// Tells somebody alone: in the channel for their eyes, else in a message to them.
    pub(super) async fn whisper(
        &self,
        user: &str,
        channel: Option<&str>,
        thread: Option<&str>,
        text: &str,
    ) -> Result<(), Trouble> {
        if let Some(channel) = channel {
            let mut args =
                vec![("channel", channel.to_owned()), ("user", user.to_owned()), ("text", text.to_owned())];
            args.extend(thread.map(|thread| ("thread_ts", thread.to_owned())));
            if insist(|| self.rest.tell("chat.postEphemeral", &args)).await.is_ok() {
                return Ok(());
            }
        }
        // The bot or that person is not in the channel, or there is none.
        let args = [("channel", user.to_owned()), ("text", text.to_owned()), ("parse", "none".to_owned())];
        insist(|| self.rest.post(user, &args)).await.map(drop)
    }
}

/// Our own words, for whoever said this.
pub(super) fn own(heard: &Heard, text: &str) -> String {
    told(&ours(text, typed_in(heard.thread.as_deref())))
}

fn broke_down() -> Reply {
    Reply::Words(told(&in_words(None)))
}
