//! What a user relies on, tried from outside the library. One binary for all.

mod discord_bot;
mod discord_gateway;
mod discord_limits;
mod discord_model;
mod discord_serenity;
mod publishers;
mod support;
mod web;
