//! A delivery: what a run sends of the spool, in which order and with which token, and what becomes of it.

use std::{
    collections::{BTreeMap, HashSet},
    io::ErrorKind,
    path::Path,
};

use chrono::TimeDelta;
use reqwest::StatusCode;

use super::{
    door::{Answer, Door},
    spool::{self, Message, REFUSED_HOURS_MAX},
};
use crate::{
    cli::{Failure, Outcome, printable, show},
    config::Secret,
    desk::clock::{System, World},
};

/// When the messages of so many hooks got no answer, the rest is left to the next run: whoever started this one waits for its end.
const UNANSWERED_HOOKS_MAX: usize = 2;

/// What a run delivers with.
#[derive(Debug)]
pub struct Run<'r> {
    pub url: &'r str,
    pub token: Option<&'r Secret>,
    /// The hook that it is for; a flush may be for all.
    pub hook: Option<&'r str>,
    pub is_flush: bool,
    /// After so long nothing more is begun; as long as it takes, where there is none.
    pub time_max: Option<TimeDelta>,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Delivered {
    pub sent: usize,
    /// What is still there, by its hook.
    held: BTreeMap<String, Held>,
    /// What others kept in a spool that is shared, and only they may read.
    of_others: usize,
    /// Hooks that gave no answer.
    unanswered: usize,
    /// Why nothing more was tried.
    ended: Option<String>,
}

#[derive(Debug, Default)]
struct Held {
    count: usize,
    /// What its door said; empty, if it is for a run with another token.
    why: String,
}

/// Delivers what the run may; what others keep meanwhile, too.
///
/// # Errors
/// The spool cannot be read.
pub async fn deliver(spool: &Path, run: &Run<'_>) -> Result<Delivered, Failure> {
    let mut delivered = Delivered::default();
    let Some(_turn) = spool::turn(spool).await? else {
        delivered.ended = Some("another run is sending from there".to_owned());
        return Ok(delivered);
    };
    spool::clear(spool, System.now());
    let (door, begun, mut seen) = (Door::new(run.url)?, System.now(), HashSet::new());
    loop {
        let mut messages = in_turn(spool, run)?;
        messages.retain(|message| seen.insert(message.file.clone()));
        if messages.is_empty() {
            return Ok(delivered);
        }
        for message in messages {
            if run.time_max.is_some_and(|max| System.now() - begun >= max) {
                delivered.ended = Some("this run has taken its time".to_owned());
            }
            if delivered.ended.is_some() {
                return Ok(delivered);
            }
            delivered.send(&door, run, &message).await;
        }
    }
}

/// Messages in the order in which a run sends them: oldest first, those of its own hook before others, for which it need not wait.
fn in_turn(spool: &Path, run: &Run<'_>) -> std::io::Result<Vec<Message>> {
    let mut messages = spool::messages(spool)?;
    messages.retain(|message| !run.is_flush || run.hook.is_none_or(|hook| hook == message.hook));
    messages.sort_by_key(|message| run.hook != Some(message.hook.as_str()));
    Ok(messages)
}

/// Delivers a message that could not be kept: the full disk may be what it tells of. Then what was kept before, which may be why.
pub async fn at_once(spool: &Path, run: &Run<'_>, hook: &str, body: Vec<u8>, why: &str) -> Outcome {
    match Door::new(run.url)?.post(hook, run.token, None, body).await {
        Answer::Taken => {}
        Answer::Nobody(said) | Answer::Nothing(said) | Answer::Refused { why: said, .. } => {
            return Err(Failure(format!("it could neither be kept nor delivered: {why} {said}")));
        }
    }
    eprintln!("commandpost: not kept before it was delivered: {}", printable(why));
    let mut delivered = deliver(spool, run).await.unwrap_or_default();
    delivered.sent += 1;
    show(&delivered.summary());
    Ok(())
}

impl Message {
    /// The token that a run shows with it, if it is the run's to send.
    ///
    /// A run for its hook sends it, with whatever token it has, which may have been changed since; one for another hook, or for
    /// all, only if it has the token with which it was kept. What was kept without a token needs none of another hook's.
    fn token<'r>(&self, run: &Run<'r>) -> Option<Option<&'r Secret>> {
        let is_of_hook = run.hook == Some(self.hook.as_str());
        match (&self.mark, run.token) {
            (None, token) => Some(token.filter(|_| is_of_hook || run.hook.is_none())),
            (Some(_), None) => None,
            (Some(kept), Some(token)) => {
                (is_of_hook || *kept == spool::mark(&self.id, token)).then_some(Some(token))
            }
        }
    }
}

impl Delivered {
    /// Sends a message, unless one before it of its hook is held.
    async fn send(&mut self, door: &Door<'_>, run: &Run<'_>, message: &Message) {
        if let Some(held) = self.held.get_mut(&message.hook) {
            held.count += 1;
            return;
        }
        let Some(token) = message.token(run) else { return self.hold(message, String::new()) };
        let body = match message.body() {
            Ok(body) => body,
            // Somebody took it away by hand.
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                self.of_others += 1;
                return;
            }
            // In a spool that is shared somebody put it there, or made it another thing: it is no message, and holds up none.
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return self.set_aside(message, error.to_string());
            }
            Err(error) => {
                return self.hold(message, format!("{} cannot be read: {error}", message.file.display()));
            }
        };
        match door.post(&message.hook, token, Some(&message.id), body).await {
            Answer::Taken => {
                self.sent += 1;
                if let Err(error) = std::fs::remove_file(&message.file) {
                    let file = message.file.display();
                    self.hold(message, format!("{file} was delivered, and cannot be removed: {error}"));
                }
            }
            Answer::Nobody(why) => self.ended = Some(why),
            Answer::Nothing(why) => {
                self.hold(message, why);
                self.unanswered += 1;
                if self.unanswered == UNANSWERED_HOOKS_MAX {
                    self.ended = Some("the rest was not tried any more".to_owned());
                }
            }
            Answer::Refused { status, why, is_ours } => self.refused(run, message, status, why, is_ours),
        }
    }

    /// What the server itself cannot read is set aside at once. Anything else somebody may be setting right: a token, a hook, a proxy
    /// that answers in the server's place.
    fn refused(&mut self, run: &Run<'_>, message: &Message, status: StatusCode, why: String, is_ours: bool) {
        if is_ours && is_unreadable(status) {
            return self.set_aside(message, why);
        }
        // A wrong token of another hook's run says nothing of the message.
        let is_its_token = run.hook.is_none_or(|hook| hook == message.hook) || message.mark.is_some();
        let is_refused = status == StatusCode::NOT_FOUND
            || is_unreadable(status)
            || is_its_token && matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        if is_refused && message.is_old(System.now()) {
            let since =
                format!("for {REFUSED_HOURS_MAX} hours. To send it all the same, let its name end in .msg");
            self.set_aside(message, format!("{why} It was tried {since}."));
        } else {
            self.hold(message, why);
        }
    }

    fn set_aside(&mut self, message: &Message, why: String) {
        if let Err(error) = message.set_aside(&why) {
            self.hold(message, format!("{why} It cannot be set aside: {error}"));
        }
    }

    /// Leaves a message, and with it those of its hook that come after it.
    fn hold(&mut self, message: &Message, why: String) {
        self.held.insert(message.hook.clone(), Held { count: 1, why });
    }

    pub fn summary(&self) -> String {
        let left = self.held.iter().filter(|(_, held)| held.why.is_empty());
        let left: Vec<String> = left.map(|(hook, held)| format!("{} of {hook}", held.count)).collect();
        let mut summary = format!("{} delivered", self.sent);
        if !left.is_empty() {
            summary.push_str(&format!("; left to a run with their token: {}", left.join(", ")));
        }
        if self.of_others > 0 {
            summary.push_str(&format!("; left to who kept them: {}", self.of_others));
        }
        summary + "."
    }

    /// Why what is still there was not taken; empty, if the doors took what they were given.
    pub fn refusals(&self) -> String {
        let refused = self.held.iter().filter(|(_, held)| !held.why.is_empty());
        let refused = refused.map(|(hook, held)| format!("{} of {hook}, for {}", held.count, held.why));
        refused.chain(self.ended.clone()).collect::<Vec<_>>().join("; ")
    }
}

/// Whether a status says, where the server says it, that the message will never be taken, whoever brings it.
fn is_unreadable(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    )
}

#[cfg(test)]
mod tests;
