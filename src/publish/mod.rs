//! The public destinations outside: each folder is one [`Publisher`](crate::outbox::port::Publisher). And `upstream`, the way
//! back to the senders of alerts.
//!
//! They know HTTP, the provider's words and its failures; the outbox knows when to try, reconcile and give up.
//! Time and chance come in through [`Now`] and [`Nonce`].

pub mod statuspage;
pub mod upstream;
pub mod x;

use std::sync::Arc;

use chrono::{DateTime, Utc};

/// What time it is.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;
/// A text that was never given before: letters and digits, 16 to 64 of them, from a good source of chance.
pub type Nonce = Arc<dyn Fn() -> String + Send + Sync>;
