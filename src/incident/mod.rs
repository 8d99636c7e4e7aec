//! The incident itself. Pure: no clock, no I/O.
pub mod kind;
