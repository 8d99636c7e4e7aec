//! What leaves the house.
//!
//! A delivery is written in the same transaction as the events that caused it; a runner takes it from there.
pub mod port;
