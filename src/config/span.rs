//! A length of time among the settings: `90s`, `5m`, `1h30m`, `7d`.

use std::{borrow::Cow, fmt, str::FromStr};

use chrono::Duration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::wall::lasting;

/// The longest that is taken.
const DAYS_MAX: i64 = 366;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

impl Span {
    pub const fn minutes(minutes: i64) -> Self {
        Self(Duration::minutes(minutes))
    }

    pub fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span = lasting(text).filter(|span| *span <= Duration::days(DAYS_MAX));
        span.map(Span).ok_or_else(|| format!("`{text}` is not a length of time"))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0.num_seconds();
        if left == 0 {
            return f.write_str("0s");
        }
        for (sign, seconds) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
            if left >= seconds {
                write!(f, "{}{sign}", left / seconds)?;
                left %= seconds;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "span"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_reads_as_it_is_written() {
        for (text, seconds) in
            [("90s", "1m30s"), ("5m", "5m"), ("1h30m", "1h30m"), ("1w", "7d"), ("0s", "0s")]
        {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), seconds);
        }
        for text in
            ["", "5", "m", "5 m", "-5m", "53w", "367d", "99999999999999999999d", "9223372036854775807s"]
        {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
