//! The sender of a hook: one of those that `alert::senders` lists, by its name.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::alert::senders::{self, ALL, CHANGES, Listed};

#[derive(Debug, Clone, Copy)]
pub struct HookSender(&'static Listed);

impl HookSender {
    pub fn named(name: &str) -> Option<Self> {
        senders::listed(name).map(HookSender)
    }

    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().chain(CHANGES).map(HookSender)
    }

    pub fn listed(self) -> &'static Listed {
        self.0
    }

    pub fn name(self) -> &'static str {
        self.0.name
    }
}

impl Serialize for HookSender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for HookSender {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        HookSender::named(&name).ok_or_else(|| de::Error::custom(format!("there is no sender `{name}`")))
    }
}

impl JsonSchema for HookSender {
    fn schema_name() -> Cow<'static, str> {
        "HookSender".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<_> = ALL
            .iter()
            .chain(CHANGES)
            .map(|listed| json_schema!({"type": "string", "const": listed.name, "description": listed.about}))
            .collect();
        json_schema!({"oneOf": words})
    }
}
