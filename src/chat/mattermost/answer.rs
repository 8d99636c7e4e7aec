//! Does what is asked, and tells what came of it: whoever used a slash command, a button or a form alone; whoever wrote a
//! message, by a reply below it, or by a mark on it where there is nothing more to say.

use std::{future::ready, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::json;

use super::{
    MattermostDoor, NAME,
    event::Post,
    heard::Heard,
    render::{self, Message},
    stand::Stand,
    trouble::Trouble,
};
use crate::{
    chat::{
        Words,
        ask::Reply,
        theirs::{Typed, told_to},
        thread::thread_space,
        trouble::insist,
        wire::txn,
        words::in_words,
    },
    desk::{Answer, Caller},
    incident::{id::IncidentId, refusal::Refusal},
};

/// A command that says nothing for this long is given up by the door; what it did stands on the timeline.
const LONGEST: Duration = Duration::from_secs(120);
const FIRST_PAUSE_MS: u64 = 500;
const LONGEST_PAUSE_MS: u64 = 15_000;

/// On what was done where there is nothing more to say: ✅.
const DONE: &str = "white_check_mark";

/// How a message is answered.
#[derive(Clone, Copy)]
enum Shown<'a> {
    /// `key` tells this reply from others below the same message.
    Reply {
        text: &'a str,
        key: &'a str,
    },
    Mark,
}

/// Where a message stands: in a thread, else in its channel.
fn space_of(post: &Post) -> String {
    post.root.as_ref().map_or_else(|| post.channel.clone(), |root| thread_space(&post.channel, root))
}

impl MattermostDoor {
    /// Has the words done in the name of who asked.
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
        let caller = Caller::person(self.person(&heard.user, &heard.handle).await, NAME);
        let done = (self.say)(caller, incident, words, Some(format!("{NAME}:{}", heard.once))).await;
        if let Some(channel) = heard.channel.clone() {
            self.show_later(&done, channel, heard.thread.clone(), heard.once.clone());
        }
        done
    }

    /// What came of what somebody said, for them. `here`: the incident of the place.
    pub(super) async fn told_of(
        &self,
        heard: &Heard,
        said: &str,
        here: Option<IncidentId>,
        done: &Result<Answer, Refusal>,
    ) -> String {
        let slash = heard.command.as_deref().map(Typed::after);
        let typed = slash.as_ref().unwrap_or(&self.typed);
        told_to(&self.desk, typed, said, &said, ready(here), Some(done)).await
    }

    /// Tells the asker alone, who was acknowledged without an answer.
    pub(super) async fn tell_later(&self, heard: &Heard, reply: Reply) {
        let text = match reply {
            Reply::Words(text) => text,
            Reply::Refused { why, .. } => self.told(&why),
            Reply::Nothing => return,
        };
        if let Some(hook) = &heard.hook {
            let body = json!({"response_type": "ephemeral", "text": text, "skip_slack_parsing": true});
            match insist(|| self.rest.respond(hook, &body)).await {
                Ok(()) => return,
                Err(trouble) => {
                    tracing::info!(why = trouble.why(), "the asker's place for the answer is gone");
                }
            }
        }
        self.whisper(heard, &text).await;
    }

    async fn whisper(&self, heard: &Heard, text: &str) {
        let place = heard.channel.as_deref().map(|channel| (channel, heard.thread.as_deref()));
        if let Err(trouble) = self.tell_alone(&heard.user, place, text, &heard.once).await {
            let why = trouble.why();
            tracing::warn!(why, "an answer did not reach its asker; the timeline has what was done");
            self.standing.error(why);
        }
    }

    /// In the channel and thread for that person's eyes, if the bot may do that; else in a direct message, by the key `once`.
    pub(super) async fn tell_alone(
        &self,
        user: &str,
        place: Option<(&str, Option<&str>)>,
        text: &str,
        once: &str,
    ) -> Result<(), Trouble> {
        if let Some((channel, root)) = place {
            let mut post = json!({"channel_id": channel, "message": text});
            if let Some(root) = root {
                post["root_id"] = json!(root);
            }
            let body = json!({"user_id": user, "post": post});
            if insist(|| self.rest.post("/posts/ephemeral", &body)).await.is_ok() {
                return Ok(());
            }
        }
        let Ok(stand) = self.stand().await else {
            return Err(Trouble::NotSent("it has not said yet who the bot is".into()));
        };
        let both = json!([stand.me, user]);
        let direct = insist(|| self.rest.post("/channels/direct", &both)).await?;
        let once = txn(&stand.tag, &format!("whisper/{once}"));
        let body = json!({"channel_id": direct["id"], "message": text, "pending_post_id": once});
        insist(|| self.rest.post("/posts", &body)).await.map(drop)
    }

    /// Does what a message says, and replies. `is_again`: an earlier run may have done so. `written_at`: by our clock.
    pub(super) async fn do_and_answer(
        self: &Arc<Self>,
        post: &Post,
        incident: Option<IncidentId>,
        words: String,
        is_again: bool,
        written_at: Option<DateTime<Utc>>,
    ) {
        self.meet_named(&words).await;
        // Everybody in the channel reads the answer.
        let among = self.bindings.private_of(&post.channel).await;
        let stands_with = self.bindings.incident_of(&space_of(post)).await;
        let caller = Caller::person(self.person(&post.user, "").await, NAME).overheard().among(among);
        let caller = caller.written(written_at).standing_with(stands_with);
        let (door, once, said) = (self.clone(), format!("{NAME}:{}", post.id), words.clone());
        // A task of its own: a command that is under way is seen through.
        let doing =
            tokio::spawn(async move { (door.say)(caller, incident, Words::Text(words), Some(once)).await });
        let done = tokio::time::timeout(LONGEST, doing).await.ok().and_then(Result::ok);
        let is_plain = matches!(&done, Some(Ok(answer)) if answer.is_plain);
        if !(is_plain && self.answer(post, Shown::Mark, is_again).await) {
            let here = ready(incident);
            let told = told_to(&self.desk, &self.typed, &said, &said, here, done.as_ref()).await;
            self.reply(post, &self.told(&told), is_again).await;
        }
        if let Some(done) = done {
            let root = post.root.as_deref().unwrap_or(&post.id).to_owned();
            self.show_later(&done, post.channel.clone(), Some(root), post.id.clone());
        }
    }

    /// Replies below a message.
    pub(super) async fn reply(&self, post: &Post, text: &str, is_again: bool) {
        self.answer(post, Shown::Reply { text, key: &format!("answer/{}", post.id) }, is_again).await;
    }

    /// Says below a message why it, or a change of it, is not put on a timeline; once for each `event` that this comes of.
    pub(super) async fn not_put(&self, post: &Post, event: &str, text: &str) {
        self.answer(post, Shown::Reply { text, key: &format!("not-put/{event}") }, true).await;
    }

    /// Answers a message; as long as Mattermost is not there, waits for it: without it nothing else could be heard. False: it is
    /// refused.
    async fn answer(&self, post: &Post, shown: Shown<'_>, is_again: bool) -> bool {
        let Ok(stand) = self.stand().await else { return true };
        let (mut pause, mut look) = (FIRST_PAUSE_MS, is_again);
        loop {
            let done = match shown {
                Shown::Reply { text, key } => self.reply_once(stand, post, (text, key), look).await,
                Shown::Mark => self.mark_done(stand, post).await,
            };
            let wait = match done {
                Ok(()) => return true,
                // Where no mark may be put, it is said.
                Err(trouble) if trouble.is_refused() && matches!(shown, Shown::Mark) => return false,
                Err(trouble) if trouble.is_refused() => {
                    let why = trouble.why();
                    tracing::warn!(why, "an answer did not reach its asker; the timeline has what was done");
                    self.standing.error(why);
                    return false;
                }
                Err(Trouble::Wait(wait)) => wait,
                Err(_) => {
                    // It may have arrived.
                    look = true;
                    pause = (pause * 2).min(LONGEST_PAUSE_MS);
                    Duration::from_millis(pause)
                }
            };
            tokio::select! {
                // Heard again by the next run, which answers the same.
                () = self.stop.cancelled() => return true,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// A mark that is there already is as good.
    async fn mark_done(&self, stand: &Stand, post: &Post) -> Result<(), Trouble> {
        let mark = json!({"user_id": stand.me, "post_id": post.id, "emoji_name": DONE});
        self.rest.post("/reactions", &mark).await.map(drop)
    }

    async fn reply_once(
        &self,
        stand: &Stand,
        post: &Post,
        (text, key): (&str, &str),
        look: bool,
    ) -> Result<(), Trouble> {
        if look && self.search(stand, &post.channel, key, None).await?.is_some() {
            return Ok(());
        }
        let at = thread_space(&post.channel, post.root.as_deref().unwrap_or(&post.id));
        self.post(stand, &at, &Message::of(text.to_owned()), key, key).await.map(drop)
    }
}

/// What is said where something broke down inside.
pub(super) fn broke_down() -> Reply {
    Reply::Words(render::told(&in_words(None), Tz::UTC))
}
