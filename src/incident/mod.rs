//! The incident: what it is, what can be asked of it, what comes of it.
//!
//! Pure. It knows no clock, no database, no chat, no async: time, people and ids are arguments. [`decide::decide`]
//! turns a command into events or a [`refusal::Refusal`]; [`state::Incident::apply`] folds events into the state.

pub mod alternates;
pub mod briefing;
pub mod chain;
pub mod chart;
pub mod command;
pub mod decide;
pub mod event;
mod free_text;
pub mod id;
pub mod kind;
pub mod matrix;
pub mod milestone;
pub mod names;
pub mod next;
pub mod owed;
pub mod paging;
pub mod permission;
pub mod phase;
pub mod play;
pub mod refusal;
mod relief;
pub mod role;
pub mod sentence;
pub mod severity;
pub mod state;
pub mod sum;
pub mod summary;
pub mod taxonomy;
pub mod timeline;
pub mod verb;
