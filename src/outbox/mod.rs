//! What leaves the house.
//!
//! A delivery is written in the same transaction as the entries that caused it; the desk's runner takes it from there
//! and hands it to the [`port::Courier`] of its destination. [`plan`] says what comes after an attempt, [`wire`]
//! is the one HTTP call that every destination makes.

pub mod plan;
pub mod port;
pub mod wire;
