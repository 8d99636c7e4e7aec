//! The services of the house: which of them users touch, and what each stands on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::rules::glob;

/// Labels by which monitors say of which service an alert is, the surest first.
const NAMING: [&str; 8] = [
    "service",
    "service_name",
    "app",
    "application",
    "app.kubernetes.io/name",
    "component",
    "project",
    "job",
];

/// Whether users touch a service, or only other services do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    Front,
    Back,
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    pub name: String,
    pub tier: Option<Tier>,
    /// Names of the services that it cannot do without.
    pub depends_on: Vec<String>,
    /// Patterns of labels that are its own, all of them; none: its name in one of the customary labels.
    pub labels: BTreeMap<String, String>,
    /// Whom a rule pages for it: `roster:web`, `person:ada`, `escalation:default`.
    pub on_call: Option<String>,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Services(Vec<Service>);

impl Services {
    pub fn new(services: Vec<Service>) -> Services {
        Services(services)
    }

    pub fn named(&self, name: &str) -> Option<&Service> {
        self.0.iter().find(|service| service.name.eq_ignore_ascii_case(name))
    }

    /// The name of the service that these labels speak of, known here or not.
    pub fn of<'a>(&'a self, labels: &'a BTreeMap<String, String>) -> Option<&'a str> {
        let fits = |service: &&Service| {
            !service.labels.is_empty()
                && service
                    .labels
                    .iter()
                    .all(|(name, pattern)| labels.get(name).is_some_and(|value| glob(pattern, value)))
        };
        if let Some(service) = self.0.iter().find(fits) {
            return Some(&service.name);
        }
        let names = || NAMING.iter().filter_map(|name| labels.get(*name)).map(String::as_str);
        let known = names().find_map(|name| self.named(name)).map(|service| service.name.as_str());
        known.or_else(|| own(labels))
    }

    /// Every name by which somebody may mean the service of these labels: that which is known here, and their own.
    pub fn names<'a>(&'a self, labels: &'a BTreeMap<String, String>) -> impl Iterator<Item = &'a str> {
        self.of(labels).into_iter().chain(own(labels))
    }

    /// The shortest way from a service down to one that it stands on, both ends included.
    pub fn way(&self, from: &str, to: &str) -> Option<Vec<&str>> {
        let start = self.named(from)?;
        let mut before: BTreeMap<&str, &str> = BTreeMap::new();
        let mut waiting = VecDeque::from([start.name.as_str()]);
        while let Some(at) = waiting.pop_front() {
            if at.eq_ignore_ascii_case(to) {
                let mut way = vec![at];
                let mut at = at;
                while let Some(above) = before.get(at) {
                    way.push(above);
                    at = above;
                }
                way.reverse();
                return Some(way);
            }
            for below in self.below(at) {
                if below != start.name && !before.contains_key(below) {
                    before.insert(below, at);
                    waiting.push_back(below);
                }
            }
        }
        None
    }

    /// These services, and all that they stand on.
    pub fn with_all_below<'a>(&'a self, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let mut waiting: Vec<&str> = names.into_iter().collect();
        let mut all = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            if all.insert(name.to_lowercase()) {
                waiting.extend(self.below(name));
            }
        }
        all
    }

    fn below(&self, name: &str) -> impl Iterator<Item = &str> {
        let below = self.named(name).map(|service| service.depends_on.as_slice()).unwrap_or_default();
        // As it is written where it is declared.
        below.iter().map(|name| self.named(name).map_or(name.as_str(), |service| &service.name))
    }
}

/// The service that labels name themselves, known or not.
fn own(labels: &BTreeMap<String, String>) -> Option<&str> {
    // `job` is Prometheus' word for what is scraped, so it names a service only where one is known by it.
    NAMING.iter().filter(|name| **name != "job").find_map(|name| labels.get(*name)).map(String::as_str)
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// The shop stands on the checkout and the search, the checkout on an API, both on one database.
    pub fn shop() -> Services {
        let one = |name: &str, tier, below: &[&str]| Service {
            name: name.into(),
            tier,
            depends_on: below.iter().map(|name| (*name).into()).collect(),
            ..Service::default()
        };
        Services::new(vec![
            one("checkout", Some(Tier::Front), &["api"]),
            one("search", Some(Tier::Front), &["index"]),
            one("api", None, &["db", "cache"]),
            Service {
                labels: BTreeMap::from([("instance".into(), "db*".into())]),
                ..one("db", Some(Tier::Back), &[])
            },
            one("cache", Some(Tier::Back), &["api"]),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::shop, *};

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn an_alert_is_of_the_service_whose_labels_it_has_or_that_it_names() {
        let shop = shop();
        for (given, found) in [
            (labels(&[("instance", "db1:9100"), ("job", "node")]), Some("db")),
            (labels(&[("service", "Checkout")]), Some("checkout")),
            (labels(&[("job", "api")]), Some("api")),
            (labels(&[("job", "node")]), None),
            (labels(&[("app", "billing")]), Some("billing")),
            (labels(&[]), None),
        ] {
            assert_eq!(shop.of(&given), found, "{given:?}");
        }
    }

    #[test]
    fn the_way_down_is_the_shortest_and_a_circle_does_not_hold_it() {
        let shop = shop();
        assert_eq!(shop.way("checkout", "db"), Some(vec!["checkout", "api", "db"]));
        assert_eq!(shop.way("checkout", "checkout"), Some(vec!["checkout"]));
        assert_eq!(shop.way("db", "checkout"), None);
        assert_eq!(shop.way("cache", "db"), Some(vec!["cache", "api", "db"]));
        assert_eq!(shop.way("nobody", "db"), None);
        let below: Vec<String> = shop.with_all_below(["checkout", "billing"]).into_iter().collect();
        assert_eq!(below, ["api", "billing", "cache", "checkout", "db"]);
    }
}
