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
mod demo;
mod desk;
mod discord_bot;
mod discord_gateway;
mod discord_limits;
mod discord_model;
mod discord_py;
mod discord_serenity;
mod doors;
mod dovecot_real;
mod faults;
mod find;
mod floors;
mod icinga_real;
mod journal_contract;
mod linking;
mod mail;
mod maintenance;
mod matrix_synapse;
mod mattermost_bot;
mod migrations;
mod monit_real;
mod nagios_real;
mod notify;
mod oncall_calendar;
mod paging;
mod prometheus_real;
mod publishers;
mod random_commands;
mod reload;
mod restricted;
mod route_roles;
mod same_words;
mod senders;
mod settings_at_work;
mod silences;
mod slack_bot;
mod storm;
mod support;
mod terminal_console;
mod torture;
mod two_chats;
mod upstream;
mod web;
