//! Discord's snowflakes: 64-bit ids that carry their birth time, written as decimal strings in JSON.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// 2015-01-01T00:00:00Z in milliseconds, where snowflakes begin to count.
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

/// A snowflake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u64);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Id {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Makes ids that only grow, even when the clock stands still or is set back.
#[derive(Debug, Default)]
pub(super) struct IdMaker(u64);

impl IdMaker {
    pub fn next(&mut self, now: DateTime<Utc>) -> Id {
        let ms = u64::try_from(now.timestamp_millis() - DISCORD_EPOCH_MS).unwrap_or(0);
        self.0 = (self.0 + 1).max(ms << 22);
        Id(self.0)
    }
}
