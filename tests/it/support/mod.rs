//! What the tests share.

pub mod discord;
pub mod openapi;
mod schema;
pub mod specs;
