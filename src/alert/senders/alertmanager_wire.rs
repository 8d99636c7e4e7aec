//! Alertmanager's webhook body as it comes off the wire, borrowed from it where nothing is escaped.
//!
//! The shape is Alertmanager's `template.Data` with `version`, `groupKey` and `truncatedAlerts`
//! (prometheus.io/docs/alerting/latest/configuration, "webhook_config"); version 3 had a number for a group key
//! and no fingerprints. Grafana's unified alerting sends the same with `dashboardURL`, `panelURL` and
//! `silenceURL`. Hand-written and relayed bodies are read leniently: a null is as good as absent, a number or a
//! bool where a text belongs is its text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::alert::intake::ALERTS_MAX;

/// Most labels read of one alert; what comes after is only counted.
pub const PAIRS_READ_MAX: usize = 512;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Body<'a> {
    #[serde(borrow)]
    pub status: Text<'a>,
    #[serde(borrow)]
    pub receiver: Text<'a>,
    #[serde(borrow)]
    pub group_key: Text<'a>,
    #[serde(borrow)]
    pub group_labels: Pairs<'a>,
    #[serde(borrow)]
    pub common_labels: Pairs<'a>,
    #[serde(borrow)]
    pub common_annotations: Pairs<'a>,
    #[serde(borrow)]
    pub alerts: Option<Members<'a>>,
    #[serde(borrow)]
    pub truncated_alerts: Text<'a>,
    /// Where Prometheus' own list of alerts has them (`/api/v1/alerts`).
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

/// Prometheus' own list of alerts (prometheus.io/docs/prometheus/latest/querying/api, "Alerts").
#[derive(Debug, serde::Deserialize)]
pub struct Data<'a> {
    #[serde(borrow)]
    pub alerts: Members<'a>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Member<'a> {
    #[serde(borrow)]
    pub status: Text<'a>,
    #[serde(borrow)]
    pub labels: Pairs<'a>,
    #[serde(borrow)]
    pub annotations: Pairs<'a>,
    #[serde(borrow)]
    pub starts_at: Text<'a>,
    #[serde(borrow)]
    pub ends_at: Text<'a>,
    /// As Prometheus' own list of alerts has it (`/api/v1/alerts`), in the place of `status` and `startsAt`.
    #[serde(borrow)]
    pub state: Text<'a>,
    #[serde(borrow)]
    pub active_at: Text<'a>,
    #[serde(rename = "generatorURL", borrow)]
    pub generator_url: Text<'a>,
    #[serde(borrow)]
    pub fingerprint: Text<'a>,
    #[serde(rename = "dashboardURL", borrow)]
    pub dashboard_url: Text<'a>,
    #[serde(rename = "panelURL", borrow)]
    pub panel_url: Text<'a>,
    #[serde(rename = "silenceURL", borrow)]
    pub silence_url: Text<'a>,
}

/// A text, empty if absent or null.
#[derive(Debug, Default)]
pub struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(v)))
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.to_owned())))
            }
            fn visit_string<E: Error>(self, v: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v)))
            }
            fn visit_u64<E: Error>(self, v: u64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.to_string())))
            }
            fn visit_i64<E: Error>(self, v: i64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.to_string())))
            }
            fn visit_f64<E: Error>(self, v: f64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.to_string())))
            }
            fn visit_bool<E: Error>(self, v: bool) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(if v { "true" } else { "false" })))
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Text::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Names with values, sorted by name, of each name the last value.
#[derive(Debug, Default)]
pub struct Pairs<'a> {
    pub list: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// How many came after the first [`PAIRS_READ_MAX`].
    pub unread: usize,
}

impl Pairs<'_> {
    /// The value of a name, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.list.binary_search_by(|(n, _)| n.as_ref().cmp(name)).ok()?;
        self.list.get(at).map(|(_, v)| v.as_ref()).filter(|v| !v.trim().is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of texts")
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Pairs::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Pairs { list: Vec::with_capacity(8), unread: 0 };
                while let Some(name) = map.next_key::<Text>()? {
                    if pairs.list.len() < PAIRS_READ_MAX {
                        pairs.list.push((name.0, map.next_value::<Text>()?.0));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        pairs.unread += 1;
                    }
                }
                // Alertmanager writes them sorted; then this is one comparison each.
                pairs.list.sort_by(|a, b| a.0.cmp(&b.0));
                pairs.list.dedup_by(|later, kept| {
                    let same = later.0 == kept.0;
                    if same {
                        std::mem::swap(later, kept);
                    }
                    same
                });
                Ok(pairs)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// The alerts of a body. Past the limit they are counted, not built.
#[derive(Debug, Default)]
pub struct Members<'a> {
    pub list: Vec<Member<'a>>,
    pub found: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of alerts")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while members.list.len() < ALERTS_MAX {
                    let Some(member) = seq.next_element()? else { break };
                    members.list.push(member);
                }
                members.found = members.list.len();
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    members.found += 1;
                }
                Ok(members)
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}
