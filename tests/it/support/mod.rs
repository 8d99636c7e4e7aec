//! What the tests share.

pub mod discord;
pub mod openapi;
pub mod program;
mod schema;
pub mod specs;
