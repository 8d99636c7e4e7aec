//! All integration tests, in one binary.

mod discord_gateway;
mod discord_limits;
mod discord_model;
mod discord_serenity;
mod support;
