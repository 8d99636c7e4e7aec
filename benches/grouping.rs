//! What it costs to decide one alert: its place among 10,000 open groups, and its fate under 1,000 rules. Nothing of it waits for a
//! disk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::{collections::HashMap, hint::black_box, time::Instant};

use chrono::{DateTime, Duration, Utc};
use commandpost::alert::{
    Alert, AlertSeverity, Status,
    group::{Group, Grouping, Joins},
    replay::{Fate, Past, Replay},
    rules::{Action, Declaring, Matchers, Open, OpenIncident, Rule, Rulebook},
    situation::{Change, Situation, fold},
};
use support::table;

const RULES: usize = 1_000;
const GROUPS: usize = 10_000;
const DECISIONS: usize = 50_000;
const REPLAYED: usize = 1_000_000;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_205_588, 0).expect("a time")
}

/// As Prometheus would send it, with ten labels.
fn alert(n: usize) -> Alert {
    let mut labels: std::collections::BTreeMap<String, String> = [
        ("alertname", "HighErrorRate"),
        ("cluster", "prod-eu-1"),
        ("env", "prod"),
        ("instance", "10.0.3.17:9090"),
        ("job", "node"),
        ("namespace", "shop"),
        ("severity", "critical"),
        ("team", "payments"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    labels.insert("service".into(), format!("service-{}", n % GROUPS));
    labels.insert("pod".into(), format!("service-{n}-7d9f8"));
    Alert {
        source: "alertmanager".into(),
        fingerprint: format!("{n:016x}"),
        status: Status::Firing,
        acknowledged: false,
        severity: AlertSeverity::Critical,
        severity_text: "critical".into(),
        title: format!("HighErrorRate: errors of service-{n}"),
        description: "More than one in ten requests fails.".into(),
        starts_at: Some(start()),
        ends_at: None,
        labels,
        annotations: Default::default(),
        links: vec![],
        group_key: format!("{{}}:{{service=\"service-{n}\"}}"),
        notes: vec![],
    }
}

/// Rules of which none but the last matches.
fn rules(when: impl Fn(usize) -> Matchers) -> Rulebook {
    let declare = || Action::Declare(Declaring { severity: 2, ..Declaring::default() });
    let rule = |n: usize| Rule { name: format!("rule {n}"), when: when(n), then: declare() };
    let last = Rule { name: "the rest".into(), when: Matchers::default(), then: Action::Card };
    Rulebook::new((0..RULES - 1).map(rule).chain([last]).collect())
}

fn labelled(name: &str, pattern: String) -> Matchers {
    Matchers { labels: [(name.to_owned(), pattern)].into(), ..Matchers::default() }
}

fn situation(alert: &Alert) -> Situation {
    let change = Change { alert, before: None, is_overtaken: false };
    fold(None, &[change], start(), "S-1").expect("a situation")
}

/// Microseconds of each decision, sorted.
fn decide(book: &Rulebook, open: &HashMap<[u8; 16], (i64, DateTime<Utc>)>) -> Vec<f64> {
    let groups = vec![Group {
        name: "one service".into(),
        when: Default::default(),
        by: vec!["service|app".into()],
        within_minutes: 10,
    }];
    let grouping = Grouping::new(groups);
    let incidents = (0..20).map(|n| OpenIncident { id: format!("INC-{n}"), ..OpenIncident::default() });
    let going_on = Open { incidents: incidents.collect(), now: start() };
    let mut times = Vec::with_capacity(DECISIONS);
    for n in 0..DECISIONS {
        let alert = alert(n);
        let state = situation(&alert);
        let now = start() + Duration::seconds(5);
        let begun = Instant::now();
        let spot = grouping.spot(black_box(&alert));
        let joins = spot.joins(open.get(&spot.hash).copied(), now);
        let decision = book.decide(&state, &alert, &going_on);
        times.push(begun.elapsed().as_secs_f64() * 1e6);
        assert!(matches!(joins, Joins::Situation(_)));
        black_box(decision);
    }
    times.sort_by(f64::total_cmp);
    times
}

fn row(what: &str, times: &[f64]) -> Vec<String> {
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    vec![what.to_owned(), format!("{:.1}", at(0.5)), format!("{:.1}", at(0.99)), format!("{:.1}", at(0.999))]
}

/// Seconds to lead a million alerts through two sets of rules, without the disk that they come from.
fn replayed() -> f64 {
    let book = || rules(|n| labelled("team", format!("team-{n}")));
    let side = || (book(), Grouping::default());
    let mut replay = Replay::new(side(), side(), &[], 100);
    let begun = Instant::now();
    for n in 0..REPLAYED {
        replay.feed(&Past {
            situation: n as i64 / 20,
            at: start() + Duration::milliseconds(n as i64 * 100),
            until: Some(start() + Duration::milliseconds(n as i64 * 100 + 60_000)),
            never_fired: false,
            alert: alert(n),
            then: Some(Fate::Card),
        });
    }
    assert_eq!(replay.finish().differ, 0);
    begun.elapsed().as_secs_f64()
}

fn main() {
    let grouping = Grouping::new(vec![Group {
        name: "one service".into(),
        when: Default::default(),
        by: vec!["service|app".into()],
        within_minutes: 10,
    }]);
    let open: HashMap<_, _> =
        (0..GROUPS).map(|n| (grouping.spot(&alert(n)).hash, (n as i64, start()))).collect();
    assert_eq!(open.len(), GROUPS);
    support::headline(
        &format!("One alert among {GROUPS} open groups, under {RULES} rules of which the last matches"),
        "grouping",
    );
    let exact = rules(|n| labelled("team", format!("team-{n}")));
    let patterns = rules(|n| labelled("team", format!("pay*-{n}")));
    let titles =
        rules(|n| Matchers { title: Some(format!("*errors of nothing-{n}*")), ..Matchers::default() });
    table(
        &["µs a decision; rules by", "p50", "p99", "p99.9"],
        &[
            row("a label's value", &decide(&exact, &open)),
            row("a label's pattern", &decide(&patterns, &open)),
            row("a title's pattern", &decide(&titles, &open)),
        ],
    );
    println!("{DECISIONS} decisions of each kind, one after another.\n");
    println!(
        "A million alerts led through two sets of {RULES} rules: {:.1} s, without the disk.",
        replayed()
    );
}
