//! config
pub mod secret;
