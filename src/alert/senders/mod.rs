//! The senders, by name. A new one is a file here and a line in [`named`].

use super::Sender;
use super::mapping::Mapping;

pub mod alertmanager;
mod alertmanager_wire;
pub mod generic;
pub mod kept;

/// The names that [`named`] knows.
pub const NAMES: [&str; 2] = ["alertmanager", "generic"];

/// What a hook's configuration tells its sender.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The hook's name, the source of its alerts. Empty: the sender's own name.
    pub source: String,
    /// Where a generic body holds what; only the generic sender asks.
    pub mapping: Mapping,
}

impl Settings {
    fn source_or(&self, name: &str) -> String {
        if self.source.is_empty() { name.to_owned() } else { self.source.clone() }
    }
}

/// The sender of this name, or `None` if there is none ([`NAMES`] lists them).
pub fn named(name: &str, settings: &Settings) -> Option<Box<dyn Sender>> {
    let source = settings.source_or(name);
    Some(match name {
        "alertmanager" => Box::new(alertmanager::Alertmanager::new(source)),
        "generic" => Box::new(generic::Generic::new(source, settings.mapping.clone())),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_sender_exists_and_carries_the_name_of_its_hook() {
        for name in NAMES {
            assert_eq!(named(name, &Settings::default()).unwrap().name(), name);
            let settings = Settings { source: "shop".into(), ..Settings::default() };
            assert_eq!(named(name, &settings).unwrap().name(), "shop");
        }
        assert!(named("carrier-pigeon", &Settings::default()).is_none());
    }
}
