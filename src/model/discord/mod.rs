//! Discord: REST API v10 and gateway v10 over WebSocket, with one guild in it.
//!
//! [`Discord::start`] opens both on loopback. Tests and the demo act as the people of the guild through
//! [`Discord`]'s methods; the bot under test talks to it as it would talk to Discord.

mod clock;
mod command_use;
mod component_use;
mod door;
mod error;
mod fault;
mod form;
mod gateway;
mod id;
mod interaction;
mod knobs;
mod limits;
mod marks;
mod modal_use;
mod over_http;
mod people;
mod permission;
mod post;
mod question;
mod ratelimit;
mod rest;
mod rules;
mod server;
mod service;
mod session;
mod shape;
mod world;

pub use self::{
    clock::{Clock, ManualClock},
    fault::{Fault, Faults},
    id::Id,
    interaction::Answer,
    knobs::GatewayKnobs,
    people::Impossible,
    question::{Interaction, Unanswered},
    ratelimit::{Budget, RateLimits},
    server::Discord,
    world::{Attachment, Channel, Command, Member, Message, Overwrite, Role, Thread, User},
};

/// Permission bits, for roles and overwrites in tests.
pub mod permissions {
    pub use super::permission::{
        ADD_REACTIONS, ADMINISTRATOR, ATTACH_FILES, CREATE_PRIVATE_THREADS, CREATE_PUBLIC_THREADS,
        EMBED_LINKS, MANAGE_CHANNELS, MANAGE_MESSAGES, MANAGE_ROLES, MANAGE_THREADS, MENTION_EVERYONE,
        PIN_MESSAGES, READ_MESSAGE_HISTORY, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS,
        USE_APPLICATION_COMMANDS, VIEW_CHANNEL,
    };
}
