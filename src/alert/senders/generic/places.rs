//! Where customary keys are looked for: in a body, in what it is wrapped in, and in what stands around it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::alert::body::text_of;
use crate::alert::mapping::customary::{Joint, WRAPPERS, WRAPPERS_DEEP, WRAPPERS_MAX, plain};

/// Most members of a list that `*` looks at.
const MEMBERS_MAX: usize = 64;
/// Longest text that is taken from around the members of a list, in bytes: each of them takes it.
pub(super) const AROUND_MAX_BYTES: usize = 1_000;

/// One object, by its keys as the tables write them. A null is as good as absent.
pub(super) struct Place<'v> {
    /// The wrapper's key; empty for the body itself.
    name: &'static str,
    members: BTreeMap<String, &'v Value>,
}

impl<'v> Place<'v> {
    fn of(name: &'static str, value: &'v Value) -> Option<Self> {
        let mut members = BTreeMap::new();
        for (key, value) in value.as_object()?.iter().filter(|(_, value)| !value.is_null()) {
            members.entry(plain(key)).or_insert(value);
        }
        Some(Place { name, members })
    }

    /// What stands around the members of a list and holds for each of them: texts that are short, numbers, bools.
    pub fn around(value: &'v Value) -> Option<Self> {
        let mut place = Place::of("", value)?;
        place.members.retain(|_, value| match value {
            Value::String(text) => text.len() <= AROUND_MAX_BYTES,
            Value::Number(_) | Value::Bool(_) => true,
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        });
        Some(place)
    }

    /// The text at the end of a path, unless it is blank.
    fn text(&self, path: &str) -> Option<String> {
        let (key, rest) = split(path);
        let value = self.members.get(key)?;
        let text = match rest {
            None => text_of(value),
            Some(rest) => text_under(value, rest),
        };
        text.filter(|text| !text.trim().is_empty())
    }
}

/// The objects of one alert, the body itself first, and what stands around it.
pub(super) struct Places<'a, 'v> {
    own: Vec<Place<'v>>,
    around: &'a [Place<'v>],
}

impl<'a, 'v> Places<'a, 'v> {
    pub fn of(one: &'v Value, around: &'a [Place<'v>]) -> Self {
        let mut own = Vec::new();
        let mut level: Vec<Place<'v>> = Place::of("", one).into_iter().collect();
        for _ in 0..WRAPPERS_DEEP {
            let mut next = Vec::new();
            for place in &level {
                for &wrapper in WRAPPERS {
                    let inner = place.members.get(wrapper).copied();
                    next.extend(inner.and_then(|value| Place::of(wrapper, value)));
                }
            }
            next.truncate(WRAPPERS_MAX);
            own.append(&mut level);
            level = next;
        }
        own.append(&mut level);
        Places { own, around }
    }

    /// Every text under these keys: in the body itself by their order, then in each wrapper, then around it.
    pub fn texts(&self, paths: &[&str]) -> impl Iterator<Item = String> {
        let places = self.own.iter().chain(self.around);
        places.flat_map(move |place| paths.iter().filter_map(move |path| place.text(path)))
    }

    /// The first of these texts.
    pub fn text(&self, paths: &[&str]) -> Option<String> {
        self.texts(paths).next()
    }

    /// The first text under these keys that is the alert's own, not of what stands around it.
    pub fn own_text(&self, paths: &[&str]) -> Option<String> {
        self.own.iter().find_map(|place| paths.iter().find_map(|path| place.text(path)))
    }

    /// The first text under these keys in the body itself.
    pub fn top_text(&self, paths: &[&str]) -> Option<String> {
        self.own.first().and_then(|place| paths.iter().find_map(|path| place.text(path)))
    }

    /// The first text under these keys in wrappers of these names.
    pub fn text_in(&self, wrappers: &[&str], paths: &[&str]) -> Option<String> {
        let mut places = self.own.iter().filter(|place| wrappers.contains(&place.name));
        places.find_map(|place| paths.iter().find_map(|path| place.text(path)))
    }

    /// What two texts say together.
    pub fn joint(&self, joints: &[Joint]) -> Option<String> {
        joints.iter().find_map(|(first, between, second)| {
            let (first, second) = (self.own_text(first)?, self.own_text(second)?);
            Some(format!("{}{between}{}", first.trim(), second.trim()))
        })
    }

    /// The texts under keys that end so, if what stands before the end speaks of none of the `others`.
    pub fn texts_by_end(&self, ends: &[&str], others: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for end in ends {
            for (key, value) in self.own.iter().flat_map(|place| &place.members) {
                let stem = key.strip_suffix(*end).unwrap_or_default();
                if !stem.is_empty() && !others.iter().any(|other| stem.contains(*other)) && !value.is_array()
                {
                    found.extend(text_of(value).filter(|text| !text.trim().is_empty()));
                }
            }
        }
        found
    }

    /// What stands under this key, of whatever kind.
    pub fn value(&self, key: &str) -> Option<&'v Value> {
        self.own.iter().find_map(|place| place.members.get(key).copied())
    }

    /// The objects in which a list of alerts may stand, the body itself first.
    pub fn lists(&self, key: &str) -> impl Iterator<Item = &'v [Value]> {
        self.own.iter().filter_map(move |place| match place.members.get(key).copied() {
            Some(Value::Array(list)) => Some(list.as_slice()),
            _ => None,
        })
    }
}

/// The first key of a path, and what follows it.
fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)))
}

fn text_under(value: &Value, path: &str) -> Option<String> {
    let (key, rest) = split(path);
    let text = |value: &Value| match rest {
        None => text_of(value),
        Some(rest) => text_under(value, rest),
    };
    match value {
        Value::Object(map) => text(look(map, key)?),
        Value::Array(list) if key == "*" => {
            let texts = list.iter().take(MEMBERS_MAX).filter_map(text);
            let texts: Vec<String> = texts.filter(|text| !text.trim().is_empty()).collect();
            (!texts.is_empty()).then(|| texts.join("\n"))
        }
        Value::Array(list) => text(list.get(key.parse::<usize>().ok()?)?),
        _ => None,
    }
}

fn look<'v>(map: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    map.iter().find(|(name, value)| !value.is_null() && plain(name) == key).map(|(_, value)| value)
}
