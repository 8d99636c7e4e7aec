use super::*;
use crate::alert::{change, service::testing::shop, testing::alert};
use proptest::prelude::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_205_600 + second, 0).unwrap()
}

fn named(source: &str, title: &str, labels: &[(&str, &str)]) -> Alert {
    Alert {
        source: source.into(),
        fingerprint: title.into(),
        title: title.into(),
        labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        starts_at: None,
        ..alert("x")
    }
}

#[test]
fn an_alert_is_what_users_feel_or_why_by_its_service_its_sender_or_its_name_and_says_by_which() {
    let shop = shop();
    let mut out = String::new();
    for (source, title, labels) in [
        ("alertmanager", "Queue is long", &[("service", "checkout")][..]),
        ("alertmanager", "5xx on the replica", &[("instance", "db1:9100")]),
        ("nagios", "strange", &[("layer", "infra")]),
        ("pingdom", "Shop is DOWN", &[]),
        ("my-uptime-kuma", "db is down", &[]),
        ("alertmanager", "x", &[("alertname", "HTTPErrorRateHigh")]),
        ("alertmanager", "Latency of api", &[("alertname", "PostgresSlowQueries"), ("service", "api")]),
        ("alertmanager", "x", &[("alertname", "ProbeFailed"), ("instance", "host1")]),
        ("alertmanager", "x", &[("alertname", "ErrorBudgetBurn")]),
        ("monit", "nginx on web1: process is not running", &[]),
        ("alertmanager", "x", &[("alertname", "NodeFilesystemAlmostOutOfSpace")]),
        ("alertmanager", "x", &[("alertname", "KubePodCrashLooping")]),
        ("nagios", "disk on db1 is CRITICAL", &[]),
        ("generic", "It is broken", &[]),
    ] {
        let clue = Clue::read(1, &named(source, title, labels), at(0), &shop);
        out.push_str(&format!("{} – {} ({source}, {title}, {labels:?})\n", clue.side.word(), clue.because));
    }
    insta::assert_snapshot!(out);
}

fn clue(situation: i64, source: &str, title: &str, labels: &[(&str, &str)], began: i64) -> Clue {
    Clue::read(situation, &named(source, title, labels), at(began), &shop())
}

fn told(story: &Story) -> String {
    story
        .evidence
        .iter()
        .map(|one| format!("{}: S-{} {}\n", one.side.word(), one.situation, one.line()))
        .collect()
}

#[test]
fn what_stands_first_and_why_follows_by_the_service_graph_then_by_time_with_a_reason_each() {
    let clues = [
        clue(1, "alertmanager", "Load is high on web7", &[("instance", "web7")], -20),
        clue(2, "alertmanager", "Disk full on db1", &[("instance", "db1")], -40),
        clue(3, "alertmanager", "Errors of the API", &[("service", "api"), ("tier", "backend")], 90),
        clue(4, "pingdom", "Checkout is DOWN", &[("service", "checkout")], 12),
        clue(4, "alertmanager", "Checkout fails", &[("service", "checkout")], 0),
        clue(5, "alertmanager", "Disk full on nas", &[("instance", "nas")], -7_300),
        clue(6, "generic", "It is broken", &[], 5),
        clue(7, "alertmanager", "Redis is down", &[("service", "cache")], 0),
    ];
    insta::assert_snapshot!(told(&weigh(&clues, &shop(), None)), @"
    what: S-4 Checkout fails: checkout is a front service
    what: S-4 Checkout is DOWN: checkout is a front service
    why: S-3 Errors of the API: began 90 s after, so perhaps a consequence; checkout depends on api
    why: S-7 Redis is down: began at the same moment and checkout depends on cache by api
    why: S-2 Disk full on db1: began 40 s before and checkout depends on db by api
    why: S-1 Load is high on web7: began 20 s before and its name contains «load»
    why: S-5 Disk full on nas: began 2 h before and its name contains «disk»
    unclear: S-6 It is broken: began 5 s after, and neither its service nor its name tells what it is about
    ");
}

#[test]
fn what_a_broken_service_needs_may_be_why_and_what_needs_it_is_a_consequence_never_a_cause() {
    let one = |name: &str, below: &[&str]| crate::alert::service::Service {
        name: name.into(),
        depends_on: below.iter().map(|name| (*name).into()).collect(),
        ..Default::default()
    };
    // Reports are made by the login, and the login keeps its accounts in a store.
    let services =
        Services::new(vec![one("reports", &["login"]), one("login", &["store"]), one("store", &[])]);
    let of = |situation: i64, name: &str, service: &str, began: i64| {
        let alert = named("alertmanager", name, &[("alertname", name), ("service", service)]);
        Clue::read(situation, &alert, at(began), &services)
    };
    let (reports, login, store) = (
        of(1, "QueueLag", "reports", -30),
        of(2, "LoginLatency", "login", 0),
        of(3, "DiskFull", "store", -60),
    );
    insta::assert_snapshot!(told(&weigh(&[reports.clone(), login, store.clone()], &services, None)), @"
    what: S-2 LoginLatency: its name contains «login»
    why: S-3 DiskFull: began 60 s before and login depends on store
    consequence: S-1 QueueLag: began 30 s before and reports depends on login
    ");
    insta::assert_snapshot!(told(&weigh(&[reports, store], &services, None)), @"
    why: S-3 DiskFull: its name contains «disk»
    consequence: S-1 QueueLag: reports depends on store by login
    ");
}

#[test]
fn a_body_that_nobody_could_read_tells_neither_what_nor_why_whoever_sent_it() {
    for source in ["thousandeyes", "updown", "alertmanager"] {
        let kept = crate::alert::senders::kept::keep(source, b"{", &crate::alert::Rejected::Empty);
        let clue = Clue::read(1, &kept.alerts[0], at(0), &shop());
        assert_eq!(
            (clue.side, clue.because.as_str()),
            (Side::Unclear, "its body could not be read"),
            "{source}"
        );
    }
}

#[test]
fn of_what_nothing_is_known_of_a_few_are_told_and_first_what_is_of_one_place_with_the_others() {
    let mut clues = vec![
        clue(1, "pingdom", "Checkout is DOWN", &[("service", "checkout")], 0),
        clue(2, "monit", "Load is high", &[("host", "web7")], -20),
        clue(3, "generic", "Strange", &[("host", "web7")], 1_200),
    ];
    clues.extend((0..9).map(|n| clue(10 + n, "generic", &format!("Thing {n}"), &[("host", "nas")], 10 + n)));
    let lists = weigh(&clues, &shop(), None).lists();
    let (_, lines) = lists.iter().find(|(title, _)| *title == "Unclear").unwrap();
    assert_eq!(
        *lines,
        [
            "S-3 Strange: began 20 min after and is of host web7, as others here are",
            "S-10 Thing 0: began 10 s after, and neither its service nor its name tells what it is about",
            "S-11 Thing 1: began 11 s after, and neither its service nor its name tells what it is about",
            "… and 7 more of which nothing is known",
        ]
    );
}

#[test]
fn alerts_of_one_rule_and_service_are_one_piece_of_evidence_that_counts_them() {
    let clues: Vec<Clue> = (0..40)
        .map(|n| {
            let pod = format!("pod-{n}");
            clue(
                9,
                "alertmanager",
                &format!("Restarts of {pod}"),
                &[("alertname", "PodRestarts"), ("pod", &pod)],
                n,
            )
        })
        .collect();
    let story = weigh(&clues, &shop(), None);
    assert_eq!((story.evidence.len(), story.evidence[0].more, story.evidence[0].began), (1, 39, at(0)));
    assert!(
        story.evidence[0].line().starts_with("Restarts of pod-0 (+39 more): "),
        "{}",
        story.evidence[0].line()
    );
}

#[test]
fn an_alert_that_came_again_is_not_counted_as_one_more() {
    let again = |began| clue(1, "alertmanager", "Disk full on db1", &[("alertname", "DiskFull")], began);
    let story = weigh(&[again(0), again(60), again(120)], &shop(), None);
    assert_eq!((story.evidence.len(), story.evidence[0].more), (1, 0));
    let other = clue(1, "alertmanager", "Disk full on db2", &[("alertname", "DiskFull")], 90);
    let story = weigh(&[again(0), again(60), other], &shop(), None);
    assert_eq!((story.evidence.len(), story.evidence[0].more), (1, 1));
}

#[test]
fn without_anything_that_users_feel_no_reason_speaks_of_an_impact() {
    let story = weigh(&[clue(1, "monit", "disk on web1", &[], 0)], &Services::default(), None);
    assert_eq!(told(&story), "why: S-1 disk on web1: its name contains «disk»\n");
    assert_eq!(weigh(&[], &shop(), None), Story::default());
}

#[test]
fn a_stated_begin_of_the_impact_is_believed_over_the_alerts() {
    let clues = [clue(1, "pingdom", "Shop is DOWN", &[], 300), clue(2, "monit", "disk on web1", &[], -60)];
    let story = weigh(&clues, &shop(), Some(at(0)));
    assert_eq!(story.impact, Some(at(0)));
    assert!(story.evidence[1].reason.starts_with("began 60 s before"), "{}", told(&story));
}

#[test]
fn changes_of_the_services_in_question_and_of_what_they_stand_on_come_first_with_how_long_before() {
    let one =
        |service: &str, title: &str, minutes: i64| change::testing::change(service, title, at(-60 * minutes));
    let changes = [
        one("db", "Schema 12", 50),
        one("billing", "Billing 3", 2),
        one("checkout", "Checkout 1.2.3", 10),
        one("billing", "Billing 2", 30),
        one("checkout", "Checkout 1.2.2", 200),
        one("checkout", "after", -1),
    ];
    let story =
        weigh(&[clue(1, "alertmanager", "Checkout fails", &[("service", "checkout")], 0)], &shop(), None);
    let story = with_changes(story, &changes, &shop(), 3, Duration::minutes(120));
    let told: Vec<String> = story.changes.iter().map(Picked::line).collect();
    assert_eq!(
        told,
        [
            "Checkout 1.2.3, succeeded (10 min before, of checkout)",
            "Schema 12, succeeded (50 min before, of db)",
            "Billing 3, succeeded (2 min before, of billing, which is not among the services in question)",
        ]
    );
}

fn any_clue() -> impl Strategy<Value = Clue> {
    let titles = ["Disk full on db1", "Checkout fails", "It is broken", "Latency", "Pod restarts"];
    let services = ["checkout", "api", "db", "nobody", ""];
    (0usize..5, 0usize..5, -5_000i64..5_000, 0i64..4, 0usize..5).prop_map(
        move |(title, service, began, situation, severity)| {
            let labels = [("service", services[service])];
            let labels = if services[service].is_empty() { &labels[..0] } else { &labels[..] };
            let alert = Alert {
                severity: AlertSeverity::ALL[severity],
                ..named("alertmanager", titles[title], labels)
            };
            Clue::read(situation, &alert, at(began), &shop())
        },
    )
}

proptest! {
    /// The same alerts tell the same story, in whatever order they came; and no sentence claims to be certain.
    #[test]
    fn the_order_in_which_alerts_came_changes_nothing(clues in prop::collection::vec(any_clue(), 0..20), seed in any::<u64>()) {
        let mut other = clues.clone();
        other.sort_by_key(|clue| (clue.began.timestamp() as u64).wrapping_mul(seed | 1));
        let (one, two) = (weigh(&clues, &shop(), None), weigh(&other, &shop(), None));
        prop_assert_eq!(&one, &two);
        let sides: Vec<Side> = one.evidence.iter().map(|one| one.side).collect();
        prop_assert!(sides.is_sorted());
        for evidence in &one.evidence {
            prop_assert!(!evidence.reason.is_empty() && !evidence.reason.contains("because of") && !evidence.reason.contains("caused"));
        }
        let alerts: usize = one.evidence.iter().map(|one| one.more + 1).sum();
        let known: BTreeSet<&str> = clues.iter().map(|clue| clue.fingerprint.as_str()).collect();
        prop_assert!((known.len()..=clues.len()).contains(&alerts));
    }
}
