//! What a user relies on, tried from outside the library. One binary for all.

mod alertmanager_real;
mod discord_gateway;
mod discord_limits;
mod discord_model;
mod discord_serenity;
mod publishers;
mod support;
mod torture;
