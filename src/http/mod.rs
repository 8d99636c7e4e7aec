//! The HTTP doors: hooks for monitoring, the API, the console, the public page.

pub mod acknowledge;
pub mod api;
pub mod auth;
pub mod body;
pub mod calendar;
pub mod console;
pub mod heartbeats;
pub mod hooks;
pub mod inbound;
mod letters;
pub mod login;
pub mod metrics;
pub mod page;
pub mod proxies;
pub mod reply;
pub mod routes;
pub mod server;
pub mod share;
pub mod sns;
pub mod trust;
