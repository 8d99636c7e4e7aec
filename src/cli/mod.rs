//! cli

pub mod drill;
