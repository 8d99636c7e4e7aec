//! A few nights, led again by other rules.

use chrono::{DateTime, Duration, Utc};

use super::*;
use crate::alert::{
    AlertSeverity,
    group::Group,
    rules::{Action, Calling, Declaring, Matchers, Rule, Same},
    testing::alert,
};

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_205_588, 0).unwrap() + Duration::minutes(minute)
}

fn past(situation: i64, minute: i64, lasts: Option<i64>, service: &str, then: Fate) -> Past {
    Past {
        situation,
        at: at(minute),
        until: lasts.map(|lasts| at(minute + lasts)),
        never_fired: false,
        alert: Alert {
            labels: [("service".to_owned(), service.to_owned())].into(),
            group_key: format!("g{situation}"),
            title: format!("{service} is slow"),
            ..alert(&format!("{situation}/{minute}"))
        },
        then: Some(then),
    }
}

fn rule(name: &str, when: Matchers, then: Action) -> Rule {
    Rule { name: name.into(), when, then }
}

fn service(name: &str) -> Matchers {
    Matchers { labels: [("service".to_owned(), name.to_owned())].into(), ..Matchers::default() }
}

fn declare() -> Action {
    Action::Declare(Declaring { severity: 2, ..Declaring::default() })
}

fn run(in_force: Vec<Rule>, new: Vec<Rule>, groups: Vec<Group>, all: &[Past]) -> Report {
    let (book, grouping) = (Rulebook::new(in_force), Grouping::default());
    let mut replay = Replay::new((book, grouping), (Rulebook::new(new), Grouping::new(groups)), &[], 10);
    all.iter().for_each(|past| replay.feed(past));
    replay.finish()
}

fn tally(declared: u64, attached: u64, carded: u64, recorded: u64) -> Tally {
    Tally { declared, paged: 0, attached, carded, recorded }
}

#[test]
fn a_rule_that_would_have_woken_somebody_is_counted_apart_and_wakes_once() {
    let pages = Action::Page(Calling { unless_same: Some("service".into()), ..Calling::default() });
    let attach = vec![rule("all", Matchers::default(), Action::Attach)];
    let story = [
        past(1, 0, Some(60), "checkout", Fate::Card),
        past(1, 1, Some(60), "checkout", Fate::Card),
        past(2, 2, Some(60), "checkout", Fate::Card),
        past(3, 3, Some(60), "search", Fate::Card),
    ];
    let report = run(attach, vec![rule("wake", service("checkout"), pages)], vec![], &story);
    let new = report.new;
    assert_eq!((new.paged, new.attached, new.carded, new.declared), (1, 1, 1, 0));
    let first = &report.differences[0];
    assert_eq!((first.in_force, first.new), (Fate::Card, Fate::Page));
    assert!(first.why_new.ends_with("is paged. (a new one in triage, number 1)"), "{first:?}");
}

#[test]
fn the_same_rules_make_the_same_of_it() {
    let rules = || vec![rule("checkout", service("checkout"), declare())];
    let night = [
        past(1, 0, Some(5), "checkout", Fate::Declare),
        past(2, 1, None, "search", Fate::Card),
        past(1, 2, Some(5), "checkout", Fate::Declare),
    ];
    let report = run(rules(), rules(), vec![], &night);
    assert_eq!((report.alerts, report.situations, report.differ), (3, 2, 0));
    assert_eq!([report.then, report.in_force, report.new], [tally(1, 0, 1, 0); 3]);
}

#[test]
fn what_other_rules_would_have_done_is_told_with_both_reasons() {
    let in_force = vec![rule("all", Matchers::default(), Action::Card)];
    let new = vec![
        rule("checkout", service("checkout"), declare()),
        rule("the same service", service("*"), Action::AttachTo(Same { same: "service".into() })),
    ];
    let night = [
        past(1, 0, Some(60), "checkout", Fate::Card),
        past(2, 10, Some(5), "search", Fate::Card),
        past(3, 20, Some(5), "checkout", Fate::Card),
    ];
    let report = run(in_force, new, vec![], &night);
    assert_eq!((report.in_force, report.new), (tally(0, 0, 3, 0), tally(2, 0, 1, 0)));
    let told: Vec<String> = report
        .differences
        .iter()
        .map(|one| {
            format!(
                "{} {:?} -> {:?}: {} | {}",
                one.situation, one.in_force, one.new, one.why_in_force, one.why_new
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    S-1 Card -> Declare: The rule “all” matched: a card. | The rule “checkout” matched: an incident of severity 2. (a new incident, number 1)
    S-3 Card -> Declare: The rule “all” matched: a card. | The rule “checkout” matched: an incident of severity 2. (a new incident, number 2)
    ");
}

#[test]
fn with_other_groups_several_situations_would_have_been_one() {
    let rules = || vec![rule("many", Matchers { firing: Some(3), ..Matchers::default() }, declare())];
    let group = Group {
        name: "one service".into(),
        when: Default::default(),
        by: vec!["service".into()],
        within_minutes: 10,
    };
    let night = [
        past(1, 0, Some(60), "checkout", Fate::Card),
        past(2, 5, Some(60), "checkout", Fate::Card),
        past(3, 6, Some(60), "checkout", Fate::Card),
        past(4, 40, Some(60), "checkout", Fate::Card),
    ];
    let report = run(rules(), rules(), vec![group], &night);
    assert_eq!((report.in_force, report.new), (tally(0, 0, 4, 0), tally(1, 0, 1, 0)));
    assert_eq!(report.differ, 3, "the three that are one; the last came too late");
    assert!(report.differences[0].why_new.contains("one of 3 that are one situation"), "{report:?}");
}

#[test]
fn a_situation_that_gets_worse_is_decided_anew_and_only_upwards() {
    let worse = Matchers { severity: Some(AlertSeverity::Critical), ..Matchers::default() };
    let new = vec![rule("critical", worse, declare()), rule("rest", Matchers::default(), Action::Record)];
    let mild = |minute| {
        let mut mild = past(1, minute, None, "checkout", Fate::Card);
        mild.alert.severity = AlertSeverity::Warning;
        mild
    };
    let story = [mild(0), past(1, 5, None, "checkout", Fate::Card), mild(9)];
    assert_eq!(run(vec![], new.clone(), vec![], &story[..1]).new, tally(0, 0, 0, 1));
    assert_eq!(run(vec![], new, vec![], &story).new, tally(1, 0, 0, 0));
}

#[test]
fn an_alert_that_asks_for_nothing_hides_none_of_the_same_situation_from_the_rules() {
    let env = Matchers { labels: [("env".to_owned(), "staging*".to_owned())].into(), ..Matchers::default() };
    let new = vec![
        rule("staging", env, Action::Record),
        rule("two", Matchers { firing: Some(2), ..service("checkout") }, declare()),
    ];
    let mut staging = past(1, 1, Some(60), "checkout", Fate::Card);
    staging.alert.labels.insert("env".into(), "staging-2".into());
    let night = [past(1, 0, Some(60), "checkout", Fate::Card), staging];
    let report = run(vec![], new, vec![], &night);
    assert_eq!((report.in_force, report.new), (tally(0, 0, 1, 0), tally(1, 0, 0, 0)));
}

#[test]
fn what_only_ever_ended_asked_nobody() {
    let over = Past { never_fired: true, ..past(1, 0, Some(0), "checkout", Fate::Record) };
    let report = run(vec![], vec![rule("all", Matchers::default(), declare())], vec![], &[over]);
    assert_eq!((report.new, report.differ), (tally(0, 0, 0, 1), 0));
}

#[test]
fn an_incident_that_a_person_declared_is_there_to_join_while_it_was_open() {
    let attach = || vec![rule("all", Matchers::default(), Action::Attach)];
    let incident = PastIncident {
        id: "INC-1".into(),
        title: "Checkout".into(),
        from: at(10),
        to: Some(at(20)),
        declared_for: vec![],
    };
    let one = || (Rulebook::new(attach()), Grouping::default());
    let mut replay = Replay::new(one(), one(), &[incident], 10);
    for (situation, minute) in [(1, 5), (2, 15), (3, 25)] {
        replay.feed(&past(situation, minute, Some(1), "checkout", Fate::Card));
    }
    assert_eq!(replay.finish().new, tally(0, 1, 2, 0));
}

#[test]
fn what_a_window_or_a_silence_kept_from_the_rules_is_left_out_on_every_side_and_said_to_be() {
    let declare_all = || vec![rule("all", Matchers::default(), declare())];
    let kept_back = |minute| Past { then: None, ..past(2, minute, Some(60), "search", Fate::Record) };
    let night = [past(1, 0, Some(60), "checkout", Fate::Declare), kept_back(1), kept_back(2)];
    let report = run(declare_all(), declare_all(), vec![], &night);
    assert_eq!((report.alerts, report.situations, report.left_out, report.differ), (3, 2, 1, 0));
    assert_eq!([report.then, report.in_force, report.new], [tally(1, 0, 0, 0); 3], "like with like");
}
