//! commandpost: the incident command post of a team chat.
//!
//! The rooms stand on floors; a room imports only from floors below its own
//! (`tests/it/floors.rs` keeps it so). ARCHITECTURE.md has the map.

// Floor 0: what the words mean. Pure: no clock, no I/O, no async.
pub mod alert;
pub mod drill;
pub mod incident;
pub mod legible;
pub mod mask;
pub mod people;
pub mod playbook;
pub mod post;
pub mod roster;
pub mod signature;
pub mod wall;

// Floor 1: languages: in, out, on paper, of settings.
pub mod card;
pub mod config;
pub mod export;
pub mod grammar;

// Floor 2: durability.
pub mod journal;
pub mod outbox;

// Floor 3: the only write path.
pub mod desk;

// Floor 4: the doors; no door knows another.
pub mod chat;
pub mod http;
pub mod mail;
pub mod pager;
pub mod publish;

// Floor 5: the command line, and the modelled services behind `--demo`.
pub mod cli;
pub mod model;

#[cfg(any(test, fuzzing))]
pub mod probe;

#[cfg(test)]
mod golden;

#[cfg(test)]
#[path = "../tests/it/support/specs.rs"]
mod specs;
