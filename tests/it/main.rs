//! What a user relies on, tried from outside the library. One binary for all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by failing"
)]

mod alert_rules;
mod alertmanager_real;
mod bad_input;
mod desk;
mod discord_bot;
mod discord_gateway;
mod discord_limits;
mod discord_model;
mod discord_py;
mod discord_serenity;
mod faults;
mod find;
mod floors;
mod journal_contract;
mod linking;
mod matrix_synapse;
mod mattermost_bot;
mod migrations;
mod notify;
mod publishers;
mod random_commands;
mod restricted;
mod route_roles;
mod same_words;
mod senders;
mod settings_at_work;
mod slack_bot;
mod support;
mod terminal_console;
mod torture;
mod web;
