//! The doors that speak HTTP.

pub mod console;
pub mod page;
