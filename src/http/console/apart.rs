//! What tells the alerts of one situation apart: the labels in which they differ.

use std::collections::BTreeSet;

use crate::alert::{Alert, text::cut};

/// Labels shown of one alert at most.
const LABELS_MAX: usize = 3;
/// Longest value, in bytes: it stands in one line with the others.
const VALUE_MAX_BYTES: usize = 60;
/// Labels that say where it is, the most telling first; any other comes after them, by its name.
const WHERE: [&str; 14] = [
    "host",
    "hostname",
    "instance",
    "node",
    "pod",
    "container",
    "device",
    "mountpoint",
    "interface",
    "service",
    "namespace",
    "cluster",
    "zone",
    "region",
];
/// Labels that say what stands on the line already.
const SAID: [&str; 2] = ["alertname", "severity"];

/// A label's name and its value.
pub type Label = (String, String);

/// For each of these alerts, in their order, the fewest labels that tell it from the others.
pub fn labels(alerts: &[&Alert]) -> Vec<Vec<Label>> {
    let names: BTreeSet<&str> =
        alerts.iter().flat_map(|alert| alert.labels.keys()).map(String::as_str).collect();
    let mut names: Vec<&str> = names.into_iter().filter(|name| tells(alerts, name)).collect();
    // Those of one rank stay in the order of their names.
    names.sort_by_key(|name| rank(name));
    let mut chosen: Vec<&str> = Vec::new();
    for name in names {
        let apart = kinds(alerts, &chosen);
        if chosen.len() == LABELS_MAX || apart == alerts.len() {
            break;
        }
        let with: Vec<&str> = chosen.iter().copied().chain([name]).collect();
        if kinds(alerts, &with) > apart {
            chosen = with;
        }
    }
    alerts.iter().map(|alert| chosen.iter().filter_map(|name| label(alert, name)).collect()).collect()
}

fn rank(name: &str) -> usize {
    WHERE.iter().position(|known| *known == name).unwrap_or(WHERE.len())
}

fn label(alert: &Alert, name: &str) -> Option<Label> {
    let value = alert.labels.get(name).filter(|value| !value.is_empty())?;
    Some((name.to_owned(), cut(value, VALUE_MAX_BYTES).into_owned()))
}

/// Whether a label says something that the titles do not.
fn tells(alerts: &[&Alert], name: &str) -> bool {
    let is_news = |alert: &&Alert| alert.labels.get(name).is_some_and(|value| !alert.title.contains(value));
    !SAID.contains(&name) && alerts.iter().any(is_news)
}

/// How many of the alerts these labels, and the titles, tell from each other.
fn kinds(alerts: &[&Alert], names: &[&str]) -> usize {
    let of = |alert: &&Alert| -> Vec<String> {
        let values = names.iter().map(|name| alert.labels.get(*name).cloned().unwrap_or_default());
        values.chain([alert.title.clone()]).collect()
    };
    alerts.iter().map(of).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::alert;

    fn told(alerts: &[(&str, &[(&str, &str)])]) -> Vec<String> {
        let of = |(title, labels): &(&str, &[(&str, &str)])| Alert {
            title: (*title).into(),
            labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            ..alert("x")
        };
        let alerts: Vec<Alert> = alerts.iter().map(of).collect();
        let shown = labels(&alerts.iter().collect::<Vec<_>>());
        let line = |labels: Vec<Label>| labels.into_iter().map(|(name, value)| format!("{name} {value}"));
        shown.into_iter().map(|labels| line(labels).collect::<Vec<_>>().join(", ")).collect()
    }

    #[test]
    fn alerts_of_one_title_are_told_apart_by_where_they_are() {
        let hosts: [&[(&str, &str)]; 3] = [
            &[("alertname", "CpuHigh"), ("env", "prod"), ("host", "h1"), ("instance", "h1:9100")],
            &[("alertname", "CpuHigh"), ("env", "prod"), ("host", "h2"), ("instance", "h2:9100")],
            &[("alertname", "CpuHigh"), ("env", "dev"), ("host", "h3"), ("instance", "h3:9100")],
        ];
        assert_eq!(told(&hosts.map(|labels| ("CpuHigh", labels))), ["host h1", "host h2", "host h3"]);
        let disks: [&[(&str, &str)]; 3] = [
            &[("device", "sda"), ("host", "h1")],
            &[("device", "sdb"), ("host", "h1")],
            &[("device", "sda"), ("host", "h2")],
        ];
        assert_eq!(
            told(&disks.map(|labels| ("Disk full", labels))),
            ["host h1, device sda", "host h1, device sdb", "host h2, device sda"]
        );
    }

    #[test]
    fn what_the_titles_say_already_is_not_said_again() {
        let titled: [(&str, &[(&str, &str)]); 2] =
            [("Disk full on h1", &[("host", "h1")]), ("Disk full on h2", &[("host", "h2")])];
        assert_eq!(told(&titled), ["", ""]);
        assert_eq!(told(&[("Down", &[("host", "h1")])]), [""], "one alone");
    }
}
