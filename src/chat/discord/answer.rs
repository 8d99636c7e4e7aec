//! Hears interactions and answers them: within Discord's three seconds whatever happens behind, for the asker's eyes.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    DiscordDoor, TYPED,
    asked::{Asked, Kind},
    render::CONTENT_MAX,
    rest::{Trouble, hushed},
    text::{cap, escape, moment, pieces, soften},
};
use crate::{
    chat::{
        BoxFuture, Unproven, Words,
        complete::completions,
        picture::show_later,
        text::{in_readers_zone, set},
        theirs::{is_read_out, ours, told_to},
        words::{self, in_words},
    },
    desk::{Answer, Caller},
    grammar,
    incident::{id::IncidentId, refusal::Refusal},
};

/// An answer that is not there by now is announced and given later. Half of Discord's three seconds is left for the
/// way there and for another try.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Choices that are not there by now are not offered.
const PATIENCE_WITH_CHOICES: Duration = Duration::from_millis(1_500);
/// A command that says nothing for this long is given up by the door; what it did stands on the timeline.
const LONGEST: Duration = Duration::from_secs(20 * 60);
const FIRST_ANSWER_TRIES: u32 = 3;
const LATER_ANSWER_TRIES: u32 = 6;
/// Messages that one answer may take. A list that is longer is better read in the console, or filtered.
const MESSAGES_MAX: usize = 4;
/// What everybody reads where an answer was for one.
pub(super) const UNSHOWN: &str = "An answer could not be shown to you alone. What was done stands on the timeline; ask again for the rest.";
pub(super) const ELSEWHERE: &str =
    "This commandpost serves another server. Use it there, in the incident's channel or the command post.";
/// Seen by the asker alone.
pub(super) const EPHEMERAL: u64 = 1 << 6;
const ALREADY_ACKNOWLEDGED: u64 = 40060;
pub(super) const UNKNOWN_WEBHOOK: u64 = 10015;

/// Words that are still being found: what a press stands for is looked up first.
pub(super) type Finding = BoxFuture<'static, Result<(Option<IncidentId>, Words), Refusal>>;

impl DiscordDoor {
    /// An interaction came in by the gateway.
    pub(super) async fn hear(self: Arc<Self>, event: Value) {
        if let Ok(asked) = self.take_up(&event) {
            self.act(asked).await;
        }
    }

    /// An interaction that is for us and did not come before.
    pub(super) fn take_up(&self, event: &Value) -> Result<Asked, Unproven> {
        let Some(asked) = Asked::read(event, &self.settings.people) else {
            self.standing.counters.unknown_events.fetch_add(1, Relaxed);
            tracing::warn!(
                kind = event["type"].as_u64(),
                "an interaction came that this version does not know"
            );
            return Err(Unproven::Unreadable);
        };
        if !self.seen.is_first(&asked.id) {
            self.standing.counters.repeats.fetch_add(1, Relaxed);
            return Err(Unproven::Repeated);
        }
        self.standing.counters.interactions.fetch_add(1, Relaxed);
        Ok(asked)
    }

    /// Does what was asked and answers it, by whichever way it came.
    pub(super) async fn act(self: Arc<Self>, asked: Asked) {
        if asked.guild != self.settings.guild_id {
            if asked.kind == Kind::Typing {
                return self.first_answer(&asked, &json!({"type": 8, "data": {"choices": []}})).await;
            }
            return self.first_answer(&asked, &told(ELSEWHERE)).await;
        }
        match asked.kind {
            Kind::Typing => self.offer(&asked).await,
            Kind::Slash => {
                let (door, said) = (self.clone(), asked.clone());
                let finding = async move {
                    let argv = said.with_names(grammar::from_discord(&said.data["options"])?);
                    Ok((door.bindings.incident_of(&said.channel).await, Words::Argv(argv)))
                };
                self.do_and_answer(asked, Box::pin(finding)).await;
            }
            Kind::MessageMenu => {
                let doing = self.clone().put_on_timeline(asked.clone());
                self.answer_when_done(asked, Box::pin(doing)).await;
            }
            Kind::Press => self.pressed(asked).await,
            Kind::Form => self.filled(asked).await,
        }
    }

    async fn offer(&self, asked: &Asked) {
        let (path, options) = asked.verb();
        let focused = options.iter().find(|option| option["focused"] == true);
        let name = focused.and_then(|option| option["name"].as_str()).unwrap_or_default();
        let typed = focused.map(|option| match &option["value"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let is_number = focused.is_some_and(|option| matches!(option["type"].as_u64(), Some(4 | 10)));
        let chosen = options.iter().find(|option| option["name"] == "incident" && option["focused"] != true);
        let chosen = chosen.and_then(|option| option["value"].as_str()?.parse().ok());
        let knowing = async {
            let incident = match chosen {
                Some(id) => Some(id),
                None => self.bindings.incident_of(&asked.channel).await,
            };
            completions(&self.desk, &asked.person, incident, &self.settings.components).await
        };
        let known = tokio::time::timeout(PATIENCE_WITH_CHOICES, knowing).await.unwrap_or_default();
        let choices: Vec<Value> = grammar::autocomplete(&path, name, &typed.unwrap_or_default(), &known)
            .into_iter()
            .filter_map(|(label, value)| {
                let value = if is_number { json!(value.parse::<u64>().ok()?) } else { json!(value) };
                Some(json!({"name": label, "value": value}))
            })
            .collect();
        self.first_answer(asked, &json!({"type": 8, "data": {"choices": choices}})).await;
    }

    /// Does what was asked in a task of its own, and tells the asker what came of it, now or later.
    pub(super) async fn do_and_answer(self: Arc<Self>, asked: Asked, finding: Finding) {
        let (door, caller) = (self.clone(), Caller::person(asked.person.clone(), super::NAME));
        let once = format!("{}:{}", super::NAME, asked.id);
        let doing = async move {
            let (incident, words) = finding.await?;
            (door.say)(caller, incident, words, Some(once)).await
        };
        self.answer_when_done(asked, Box::pin(doing)).await;
    }

    async fn answer_when_done(
        self: Arc<Self>,
        asked: Asked,
        doing: BoxFuture<'static, Result<Answer, Refusal>>,
    ) {
        let (door, whose) = (self.clone(), asked.clone());
        let mut doing = tokio::spawn(async move {
            let done = doing.await;
            let told = door.told_of(&whose, &done).await;
            (done, told)
        });
        let in_parts = |told: Option<Parted>| told.unwrap_or_else(|| parted(&in_words(None), soften));
        let (done, rest) = if let Ok(done) = tokio::time::timeout(PATIENCE, &mut doing).await {
            let (done, told) = done.ok().unzip();
            let (first, rest) = in_parts(told);
            self.first_answer(&asked, &alone(&first)).await;
            (done, rest)
        } else {
            self.first_answer(&asked, &json!({"type": 5, "data": {"flags": EPHEMERAL}})).await;
            let (done, told) = tokio::time::timeout(LONGEST, doing).await.ok().and_then(Result::ok).unzip();
            let (first, rest) = in_parts(told);
            self.later_answer(&asked, &first).await;
            (done, rest)
        };
        // Later than the answer, which may go back with the very request that waits for this.
        if !rest.is_empty() {
            let (door, asked) = (self.clone(), asked.clone());
            tokio::spawn(async move { door.go_on(&asked, &rest).await });
        }
        if let Some(done) = done {
            show_later(&done, move |picture| async move { self.show(&asked, picture).await });
        }
    }

    /// What came of a command, for the asker.
    async fn told_of(&self, asked: &Asked, done: &Result<Answer, Refusal>) -> Parted {
        let (verb, options) = asked.verb();
        if done.is_ok()
            && let Some(help) = self.help(&verb, options)
        {
            return parted(&help, soften);
        }
        let named = options.iter().find(|option| option["name"] == "incident");
        let named = named.and_then(|option| option["value"].as_str()).unwrap_or_default();
        let said = format!("{named} {}", verb.join(" "));
        let here = self.bindings.incident_of(&asked.channel);
        let told = told_to(&self.desk, &TYPED, &said, &asked.data, here, Some(done)).await;
        parted(&told, if is_read_out(&said, done) { read_out } else { soften })
    }

    /// The help in Discord's own words. `None`: something else was asked.
    fn help(&self, path: &[&str], options: &[Value]) -> Option<String> {
        if path != ["help"] {
            return None;
        }
        let verb = options.iter().find(|option| option["name"] == "verb");
        let verb = verb.and_then(|option| option["value"].as_str());
        grammar::discord_help(verb, (&self.desk.settings().policy).into())
    }

    /// The first answer, which must be there within three seconds.
    pub(super) async fn first_answer(&self, asked: &Asked, body: &Value) {
        let path = format!("/interactions/{}/{}/callback", asked.id, asked.token);
        if let Some(awaited) = &asked.awaited
            && awaited.answer(hushed(&path, body.clone()))
        {
            return;
        }
        for try_number in 1..=FIRST_ANSWER_TRIES {
            match self.rest.post(&path, body.clone()).await {
                Ok(_) => return,
                // An earlier try got through, and its answer was lost.
                Err(trouble) if trouble.code() == ALREADY_ACKNOWLEDGED => return,
                Err(Trouble::Refused { status, code, message }) => {
                    self.standing.counters.late_answers.fetch_add(1, Relaxed);
                    tracing::warn!(
                        status,
                        code,
                        message,
                        "Discord did not take the answer to an interaction"
                    );
                    // Choices and forms are of no use any more; that there was an answer is said where it was asked.
                    if body["type"] == 4 {
                        self.say_openly(asked).await;
                    }
                    return;
                }
                Err(trouble) => {
                    tracing::info!(
                        try_number,
                        why = trouble.why(),
                        "the answer to an interaction did not get through"
                    );
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
        self.standing.counters.late_answers.fetch_add(1, Relaxed);
        if body["type"] == 4 {
            self.say_openly(asked).await;
        }
    }

    /// Takes the place of "thinking"; when Discord no longer takes answers (15 minutes), everybody is told that there was one.
    async fn later_answer(&self, asked: &Asked, text: &str) {
        let path = format!("/webhooks/{}/{}/messages/@original", self.settings.application_id, asked.token);
        for try_number in 0..LATER_ANSWER_TRIES {
            match self.rest.patch(&path, json!({"content": text})).await {
                Ok(_) => return,
                // Discord may be reading the announcement still that went back with its own request.
                Err(trouble) if trouble.code() == UNKNOWN_WEBHOOK && asked.awaited.is_some() => {
                    tokio::time::sleep(Duration::from_millis(300 << try_number)).await;
                }
                Err(Trouble::Refused { status, code, .. }) => {
                    tracing::info!(status, code, "the asker's place for the answer is gone");
                    break;
                }
                Err(Trouble::Wait(after)) => tokio::time::sleep(after.min(Duration::from_secs(60))).await,
                Err(_) => tokio::time::sleep(Duration::from_secs(1 << try_number)).await,
            }
        }
        self.say_openly(asked).await;
    }

    /// An answer could not be given to the asker alone. Others are not to read it: it may be a code, or of something that is not
    /// for them.
    async fn say_openly(&self, asked: &Asked) {
        let content = cap(&format!("**{}** {UNSHOWN}", escape(&asked.person.name)), CONTENT_MAX);
        let once = super::render::nonce(&format!("answer/{}", asked.id));
        let body = json!({"content": content, "nonce": once, "enforce_nonce": true});
        if let Err(trouble) = self.rest.post(&format!("/channels/{}/messages", asked.channel), body).await {
            tracing::warn!(
                why = trouble.why(),
                "an answer did not reach its asker; the timeline has what was done"
            );
        }
    }
}

/// The message that answers, and those that follow when it is too long for one.
type Parted = (String, Vec<String>);

fn parted(text: &str, harmless: fn(&str) -> String) -> Parted {
    let mut pieces = pieces(
        &words::told(text, |text| in_readers_zone(&harmless(text), |at| moment(at, 'f'))),
        CONTENT_MAX,
        MESSAGES_MAX,
    );
    (pieces.remove(0), pieces)
}

/// What people wrote, read out to whoever asked for it: word for word, and as code what they put between backticks.
fn read_out(text: &str) -> String {
    set(text, escape, |code| Some(code.to_owned()), |code| format!("`{}`", soften(code)))
}

/// A first answer with words of our own.
pub(super) fn told(text: &str) -> Value {
    alone(&parted(&ours(text, &TYPED), soften).0)
}

/// For the asker's eyes.
fn alone(content: &str) -> Value {
    json!({"type": 4, "data": {"content": content, "flags": EPHEMERAL}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeline_is_read_out_as_people_wrote_it_with_its_times_by_each_readers_clock() {
        let line = "12 – 2026-03-29 01:28 UTC, Ada: **bold**, `rm a_b` and @here";
        let (shown, _) = parted(line, read_out);
        let as_written = "12 – <t:1774747680:f>, Ada: \\*\\*bold\\*\\*, `rm a_b` and @\u{200b}here";
        assert_eq!(shown, as_written);
        assert_eq!(parted("**EXERCISE** done", soften).0, "**EXERCISE** done", "our own");
    }
}
