//! The doors to team chats: one folder a chat, and what they share.
//!
//! A door hears words, knows who said them and of which incident, hands them to [`Say`], and shows the short answer
//! to the asker. What everybody reads (cards, lines of the timeline) comes by the outbox, through the door's
//! [`Courier`](crate::outbox::port::Courier).

mod ask;
mod bindings;
mod bring;
mod button;
pub mod complete;
pub mod discord;
mod files;
mod follow;
mod form;
pub mod health;
mod markdown;
pub mod matrix;
pub mod mattermost;
#[cfg(test)]
mod messages;
pub mod people;
mod picture;
mod private;
mod seen;
#[cfg(test)]
mod shown;
pub mod slack;
mod space;
mod text;
mod theirs;
mod thread;
mod trouble;
mod typed;
mod unsay;
mod watch;
mod websocket;
mod wire;
mod words;

use std::sync::Arc;

use crate::{
    desk::{Answer, Caller},
    incident::{id::IncidentId, refusal::Refusal},
};

pub use crate::{desk::words::Words, outbox::port::BoxFuture};

/// Why a request that a chat makes by itself is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// Nothing in it proves that it comes from the chat, or what does is not right.
    Forged,
    /// It is too old, or its clock is wrong.
    Late,
    /// It came before: whoever listened in sends it again.
    Repeated,
    /// Its body is not what the chat sends.
    Unreadable,
    /// Nothing can be done about it yet; said again later it can.
    TooEarly,
}

/// Understands words and does them: who says it, the incident of the place it is said in, the words, and a key under
/// which a repeat is answered with the first answer.
pub type Say = Arc<
    dyn Fn(Caller, Option<IncidentId>, Words, Option<String>) -> BoxFuture<'static, Result<Answer, Refusal>>
        + Send
        + Sync,
>;
