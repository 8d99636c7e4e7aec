//! The doors to team chats: one folder a chat, and what they share.
//!
//! A door hears words, knows who said them and of which incident, hands them to [`Say`], and shows the short answer
//! to the asker. What everybody reads (cards, lines of the timeline) comes by the outbox, through the door's
//! [`Courier`](crate::outbox::port::Courier).

mod bindings;
mod bring;
mod button;
pub mod complete;
pub mod discord;
pub mod health;
pub mod matrix;
pub mod people;
mod seen;
pub mod slack;
mod text;
mod thread;
mod wire;
mod words;

use std::sync::Arc;

use crate::{
    desk::{Answer, Caller},
    incident::{id::IncidentId, refusal::Refusal},
};

pub use crate::{desk::words::Words, outbox::port::BoxFuture};

/// Understands words and does them: who says it, the incident of the place it is said in, the words, and a key under
/// which a repeat is answered with the first answer.
pub type Say = Arc<
    dyn Fn(Caller, Option<IncidentId>, Words, Option<String>) -> BoxFuture<'static, Result<Answer, Refusal>>
        + Send
        + Sync,
>;
