//! Rules, tried on alerts.

use chrono::DateTime;
use proptest::prelude::*;

use super::{title::fill, *};
use crate::alert::{
    Alert, AlertSeverity, Status,
    situation::{Situation, changes, fold},
    testing::alert,
    text::TITLE_MAX_BYTES,
};

#[derive(Deserialize)]
struct File {
    rules: Vec<Rule>,
}

fn rules(toml: &str) -> Vec<Rule> {
    toml::from_str::<File>(toml).unwrap().rules
}

fn situation_of(alert: &Alert) -> Situation {
    fold(None, &changes([alert], |_| None), DateTime::from_timestamp(0, 0).unwrap(), "S1").unwrap()
}

fn open(ids: &[&str]) -> Open {
    let incidents =
        ids.iter().map(|id| OpenIncident { id: (*id).into(), title: "Checkout is slow".into() }).collect();
    Open { incidents, declares_left: None }
}

const HOUSE: &str = r#"
    [[rules]]
    name = "staging"
    when = { labels = { env = "staging*" } }
    then = "record"

    [[rules]]
    name = "checkout"
    when = { source = "alert*", severity = "error", labels = { service = "checkout", muted = "" } }
    then = { declare = { severity = 2, title = "{label.service}: {title}" } }

    [[rules]]
    name = "the rest that has a service"
    when = { labels = { service = "*" } }
    then = "attach"
"#;

#[test]
fn the_first_rule_that_matches_decides_and_says_why() {
    let house = rules(HOUSE);
    assert_eq!(check(&house), Vec::<String>::new());
    let with = |name: &str, value: &str| {
        let mut a = alert("db1");
        a.labels.insert(name.into(), value.into());
        a
    };
    let mut no_service = alert("db1");
    no_service.labels.clear();
    let table = [
        ("staging", with("env", "staging-eu"), open(&["INC-1"])),
        ("checkout", alert("db1"), open(&[])),
        ("muted label present", with("muted", "yes"), open(&["INC-1"])),
        ("not severe enough", Alert { severity: AlertSeverity::Warning, ..alert("db1") }, open(&[])),
        ("several incidents", with("service", "search"), open(&["INC-1", "INC-2"])),
        ("resolved", Alert { status: Status::Resolved, ..alert("db1") }, open(&[])),
        ("limit reached", alert("db1"), Open { declares_left: Some(0), ..open(&[]) }),
        ("no rule", no_service, open(&["INC-1"])),
    ];
    let mut out = String::new();
    for (case, alert, open) in &table {
        let d = decide(&house, &situation_of(alert), alert, open);
        out.push_str(&format!("{case}: {:?} {} | {}\n", d.action, d.incident.unwrap_or_default(), d.reason));
    }
    insta::assert_snapshot!(out, @r#"
    staging: Record  | The rule “staging” matched: it is only recorded.
    checkout: Declare { severity: 2, title: Some("checkout: Disk full on db1") }  | The rule “checkout” matched: an incident of severity 2.
    muted label present: Attach INC-1 | The rule “the rest that has a service” matched and INC-1 is the only open incident.
    not severe enough: Card  | The rule “the rest that has a service” matched, but there is no open incident to join: a card.
    several incidents: Card  | The rule “the rest that has a service” matched, but there are 2 open incidents to join: a card, to choose by hand.
    resolved: Card  | The rule “checkout” matched, but a resolved alert declares nothing: a card.
    limit reached: Card  | The rule “checkout” matched, but alerts have declared as many incidents as they may for now: a card.
    no rule: Card  | No rule matched: a card.
    "#);
}

#[test]
fn a_situation_never_declares_twice_while_its_incident_is_open() {
    let a = alert("db1");
    let situation = Situation { incident: Some("INC-7".into()), ..situation_of(&a) };
    let during = decide(&rules(HOUSE), &situation, &a, &open(&["INC-6", "INC-7"]));
    assert_eq!((during.action, during.incident.as_deref()), (Action::Attach, Some("INC-7")));
    let after = decide(&rules(HOUSE), &situation, &a, &open(&["INC-6"]));
    assert!(matches!(after.action, Action::Declare { .. }), "{after:?}");
}

#[test]
fn rules_that_cannot_work_are_told_at_load() {
    let house = rules(
        r#"
        [[rules]]
        name = "all"
        then = "card"
        [[rules]]
        name = "all"
        when = { firing = 3 }
        then = { declare = { severity = 9, title = "{titel}" } }
        [[rules]]
        name = " "
        then = { declare = { severity = 1, title = "{label.} {" } }
    "#,
    );
    insta::assert_snapshot!(check(&house).join("\n"), @"
    Rule 2 (“all”) has the name of a rule before it.
    Rule 2 (“all”) is never reached: “all” before it matches every alert.
    Rule 2 (“all”) declares severity 9; severities are 1 (worst) to 5.
    Rule 2 (“all”): the title asks for “titel”; there are {title}, {source}, {severity}, {firing}, {total} and {label.NAME}.
    Rule 3 has no name; give it one, for the reason that responders read.
    Rule 3 (“ ”) is never reached: “all” before it matches every alert.
    Rule 3 (“ ”): a brace of the template “{label.} {” has no partner (`{{` is a brace itself).
    ");
}

#[test]
fn a_misspelt_word_of_a_rule_is_refused() {
    for wrong in [
        "[[rules]]\nname='a'\nthen='delcare'",
        "[[rules]]\nname='a'\nwehn={}\nthen='card'",
        "[[rules]]\nname='a'\nwhen={label={}}\nthen='card'",
        "[[rules]]\nname='a'\nthen={declare={severity=1,titel='x'}}",
        "[[rules]]\nname='a'\nwhen={severity='bad'}\nthen='card'",
    ] {
        assert!(toml::from_str::<File>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn patterns_know_the_star_and_the_question_mark() {
    for (pattern, text, yes) in [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("a*c", "abbc", true),
        ("a*c", "abcd", false),
        ("*b*b", "abab", true),
        ("?", "ä", true),
        ("?", "", false),
        ("checkout", "Checkout", false),
        ("a**b", "ab", true),
        ("*.example.org", "db1.example.org", true),
    ] {
        assert_eq!(glob(pattern, text), yes, "{pattern} {text}");
    }
    assert!(!glob(&"*a".repeat(100), &"a".repeat(99)), "no exponential time");
}

proptest! {
    #[test]
    fn a_pattern_agrees_with_its_plain_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
        fn plain(p: &[u8], t: &[u8]) -> bool {
            match (p, t) {
                ([], []) => true,
                ([b'*', rest @ ..], _) => plain(rest, t) || (!t.is_empty() && plain(p, &t[1..])),
                ([b'?', p @ ..], [_, t @ ..]) => plain(p, t),
                ([a, p @ ..], [b, t @ ..]) => a == b && plain(p, t),
                _ => false,
            }
        }
        prop_assert_eq!(glob(&pattern, &text), plain(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn whatever_the_template_says_the_title_is_one_short_line(template in "\\PC{0,40}|[{}a-z.]{0,30}") {
        let a = alert("db1");
        let title = fill(&template, &situation_of(&a), &a);
        prop_assert!(!title.is_empty() && title.len() <= TITLE_MAX_BYTES && !title.contains('\n'));
    }
}
