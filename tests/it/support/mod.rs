//! What the tests share.

pub mod alertmanager;
pub mod clock;
pub mod courier;
pub mod daemon;
pub mod discord;
pub mod faulty;
pub mod house;
pub mod mattermost_api;
pub mod openapi;
pub mod program;
pub mod python;
mod schema;
pub mod slack_api;
pub mod specs;
pub mod synapse;
