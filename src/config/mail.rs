//! `[mail]`: e-mail in.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::in_order;
use super::text;

/// `[mail]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Mail>)]
pub struct Mail {
    /// Address and port to listen on, by SMTP. Elsewhere than on loopback only hooks with a token take letters.
    #[serde(serialize_with = "text::serialize", deserialize_with = "text::deserialize")]
    #[schemars(with = "String", extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// The name by which it greets.
    #[schemars(extend("format" = "name"))]
    pub host: String,
    /// The largest letter that is taken, in bytes.
    #[schemars(range(min = 1024, max = 33_554_432))]
    pub letter_bytes_max: u64,
}

impl Default for Mail {
    fn default() -> Self {
        Mail {
            listen: SocketAddr::from(([127, 0, 0, 1], 2525)),
            host: "commandpost".to_owned(),
            letter_bytes_max: 1024 * 1024,
        }
    }
}
