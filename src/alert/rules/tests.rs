//! Rules, tried on alerts.

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::{
    template::{fill, title},
    *,
};
use crate::alert::{
    Alert, AlertSeverity, Status,
    explain::Explanation,
    situation::{Situation, changes, fold},
    testing::alert,
    text::TITLE_MAX_BYTES,
};
use crate::wall::{Day, TimeOfDay};

#[derive(Deserialize)]
struct File {
    rules: Vec<Rule>,
}

fn rules(toml: &str) -> Vec<Rule> {
    toml::from_str::<File>(toml).unwrap().rules
}

fn book(toml: &str) -> Rulebook {
    Rulebook::new(rules(toml))
}

fn situation_of(alert: &Alert) -> Situation {
    fold(None, &changes([alert], |_| None), DateTime::from_timestamp(0, 0).unwrap(), "S1").unwrap()
}

fn open(ids: &[&str]) -> Open {
    let incidents = ids.iter().map(|id| OpenIncident {
        id: (*id).into(),
        title: "Checkout is slow".into(),
        ..OpenIncident::default()
    });
    Open { incidents: incidents.collect(), ..Open::default() }
}

fn with(name: &str, value: &str) -> Alert {
    let mut a = alert("db1");
    a.labels.insert(name.into(), value.into());
    a
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
    assert_eq!(check(&rules(HOUSE)), []);
    let house = book(HOUSE);
    let mut no_service = alert("db1");
    no_service.labels.clear();
    let table = [
        ("staging", with("env", "staging-eu"), open(&["INC-1"])),
        ("checkout", alert("db1"), open(&[])),
        ("muted label present", with("muted", "yes"), open(&["INC-1"])),
        ("not severe enough", Alert { severity: AlertSeverity::Warning, ..alert("db1") }, open(&[])),
        ("several incidents", with("service", "search"), open(&["INC-1", "INC-2"])),
        ("resolved", Alert { status: Status::Resolved, ..alert("db1") }, open(&[])),
        ("no rule", no_service, open(&["INC-1"])),
    ];
    let mut out = String::new();
    for (case, alert, open) in &table {
        let d = house.decide(&situation_of(alert), alert, open);
        let title = match &d.action {
            Action::Declare(declaring) => declaring.title.clone().unwrap(),
            _ => d.incident.unwrap_or_default(),
        };
        out.push_str(&format!("{case}: {} {title} | {}\n", d.action.word(), d.reason));
    }
    insta::assert_snapshot!(out, @r"
    staging: record  | The rule “staging” matched: it is only recorded.
    checkout: declare checkout: Disk full on db1 | The rule “checkout” matched: an incident of severity 2.
    muted label present: attach INC-1 | The rule “the rest that has a service” matched and INC-1 is the only open incident.
    not severe enough: card  | The rule “the rest that has a service” matched, but there is no open incident to join: a card.
    several incidents: card  | The rule “the rest that has a service” matched, but there are 2 open incidents to join: a card, to choose by hand.
    resolved: card  | The rule “checkout” matched, but a resolved alert declares nothing: a card.
    no rule: card  | No rule matched: a card.
    ");
}

#[test]
fn a_situation_never_declares_twice_while_its_incident_is_open() {
    let a = alert("db1");
    let situation = Situation { incident: Some("INC-7".into()), ..situation_of(&a) };
    let during = book(HOUSE).decide(&situation, &a, &open(&["INC-6", "INC-7"]));
    assert_eq!((during.action, during.incident.as_deref()), (Action::Attach, Some("INC-7")));
    let after = book(HOUSE).decide(&situation, &a, &open(&["INC-6"]));
    assert!(matches!(after.action, Action::Declare(_)), "{after:?}");
}

#[test]
fn an_alert_joins_the_open_incident_of_its_service_and_declares_where_there_is_none() {
    let house = book(
        r#"
        [[rules]]
        name = "disks"
        when = { title = "Disk*" }
        then = { attach_to = { same = "service" } }
        [[rules]]
        name = "the rest"
        then = { declare = { severity = 1, unless_same = "service", type = "outage", fields = { region = "{label.region}" } } }
    "#,
    );
    let mut going_on = open(&["INC-1", "INC-2"]);
    let compared = house.compared();
    going_on.incidents[1].is_of(&compared, &with("host", "db1").labels);
    assert_eq!(going_on.incidents[1].values.len(), 1, "what no rule compares is not kept");
    let ask = |alert: &Alert, open: &Open| {
        let d = house.decide(&situation_of(alert), alert, open);
        format!("{} {} | {}", d.action.word(), d.incident.unwrap_or_default(), d.reason)
    };
    let other = Alert { title: "Errors".into(), ..with("service", "search") };
    let same = Alert { title: "Errors".into(), ..alert("db1") };
    let mut twice = going_on.clone();
    twice.incidents[0].is_of(&compared, &alert("db1").labels);
    let told = [
        ask(&alert("db1"), &going_on),
        ask(&with("service", "search"), &going_on),
        ask(&alert("db1"), &twice),
        ask(&same, &going_on),
        ask(&other, &going_on),
    ];
    insta::assert_snapshot!(told.join("\n"), @r"
    attach INC-2 | The rule “disks” matched and INC-2 is the open incident of “service” “checkout”.
    card  | The rule “disks” matched, but no open incident has alerts or a field of “service” “search”: a card.
    card  | The rule “disks” matched, but 2 open incidents are of “service” “checkout”, to choose from by hand: a card.
    attach INC-2 | The rule “the rest” matched and INC-2 is the open incident of “service” “checkout”.
    declare  | The rule “the rest” matched: an incident of severity 1.
    ");
    let Action::Declare(declared) = house.decide(&situation_of(&other), &other, &going_on).action else {
        panic!("it declares");
    };
    assert!(declared.fields.is_empty(), "what the alert has not is not filled in");
    assert_eq!(declared.incident_type.as_deref(), Some("outage"));
}

#[test]
fn a_rule_that_pages_says_whom_and_opens_nothing_beside_what_is_open_for_the_same() {
    let house = book(
        r#"
        [[rules]]
        name = "search"
        when = { labels = { service = "search" } }
        then = { page = { to = "service", severity = 2 } }
        [[rules]]
        name = "the rest"
        then = { page = { to = "roster:web", title = "{label.service}: {title}", unless_same = "service" } }
    "#,
    );
    assert_eq!(house.compared(), ["service"].into());
    let mut going_on = open(&["INC-1", "INC-2"]);
    going_on.incidents[1].is_of(&house.compared(), &with("service", "cart").labels);
    let resolved = Alert { status: Status::Resolved, ..with("service", "search") };
    let mut told = String::new();
    for (alert, open) in [
        (with("service", "search"), &going_on),
        (alert("db1"), &going_on),
        (with("service", "cart"), &going_on),
        (resolved, &going_on),
    ] {
        let decision = house.decide(&situation_of(&alert), &alert, open);
        let would = crate::alert::explain::outcome(&decision.action);
        told.push_str(&format!("{} | {} | {would}\n", decision.action.word(), decision.reason));
    }
    insta::assert_snapshot!(told, @r"
    page | The rule “search” matched: whom the alert's service names is paged. | SEV2 «Disk full on db1» would be in triage, and whom the alert's service names paged until somebody answers.
    page | The rule “the rest” matched: roster:web is paged. | SEV3 «checkout: Disk full on db1» would be in triage, and roster:web paged until somebody answers.
    attach | The rule “the rest” matched and INC-2 is the open incident of “service” “cart”. | It would join the open incident.
    card | The rule “search” matched, but a resolved alert pages nobody: a card. | It would be a card, from which a person may declare.
    ");
}

#[test]
fn of_several_alerts_that_fire_the_one_that_asks_most_of_people_decides() {
    use AlertSeverity::{Critical, Warning};
    let house = book(
        r#"
        [[rules]]
        name = "staging"
        when = { labels = { env = "staging*" } }
        then = "record"
        [[rules]]
        name = "checkout"
        when = { severity = "critical", labels = { service = "checkout*" } }
        then = { declare = { severity = 1, title = "{label.service}: {title}" } }
        [[rules]]
        name = "disks"
        when = { title = "Disk*" }
        then = { page = { to = "roster:web" } }
    "#,
    );
    let of = |title: &str, severity, labels: &[(&str, &str)]| Alert {
        title: title.into(),
        severity,
        labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..alert("db1")
    };
    let staging = of("Errors in staging", Critical, &[("env", "staging-2"), ("service", "checkout")]);
    let production = of("Errors", Critical, &[("env", "prod"), ("service", "checkout")]);
    let slow = of("Slow", Critical, &[("env", "prod"), ("service", "checkout")]);
    let (disk, host) = (of("Disk full", Warning, &[]), of("Host down", Critical, &[]));
    let judge = |alerts: &[&Alert]| {
        let situation = situation_of(&staging);
        let (by, decision) = house.judge(&situation, alerts.iter().copied(), &open(&[])).unwrap();
        let title = match &decision.action {
            Action::Declare(declaring) => declaring.title.clone(),
            _ => None,
        };
        (decision.action.word(), by.title.clone(), title.unwrap_or_default())
    };
    let declared = |by: &str| ("declare", by.to_owned(), format!("checkout: {by}"));
    // What is only written down hides nothing, whichever is the newest; nor does what is worse and asks for less.
    assert_eq!(judge(&[&staging, &production]), declared("Errors"));
    assert_eq!(judge(&[&host, &disk]), ("page", "Disk full".into(), String::new()));
    assert_eq!(judge(&[&host, &staging, &disk, &production]), declared("Errors"));
    // Of the same, the first: the worst, and of several the newest.
    assert_eq!(judge(&[&slow, &production]), declared("Slow"));
    assert_eq!(judge(&[&staging]), ("record", "Errors in staging".into(), String::new()));
    assert_eq!(house.judge(&situation_of(&staging), [], &open(&[])), None);
}

#[test]
fn the_title_of_an_incident_holds_no_count_of_alerts() {
    let (one, two) = (alert("db1"), alert("db2"));
    let now = DateTime::from_timestamp(0, 0).unwrap();
    let situation = fold(None, &changes([&one, &two], |_| None), now, "S1").unwrap();
    assert!(situation.title.ends_with("(+1 more)"), "{}", situation.title);
    for (template, title) in [("{title}", two.title.clone()), ("{label.nothing}", two.title.clone())] {
        assert_eq!(super::template::title(template, &situation, &two), title, "{template}");
    }
}

#[test]
fn a_label_that_is_missing_at_the_beginning_of_a_template_leaves_no_separator_behind() {
    let (bare, host) = (alert("db1"), with("host", "web-7"));
    let filled = |template: &str, alert: &Alert| fill(template, &situation_of(alert), alert);
    for template in ["{label.host}: {title}", "{label.host} – {title}", "{label.host}/{label.zone}: {title}"]
    {
        assert_eq!(filled(template, &bare), bare.title, "{template}");
    }
    assert_eq!(filled("{label.host}: {title}", &host), format!("web-7: {}", host.title));
    assert_eq!(filled("{label.host}/{label.zone}: {title}", &host), format!("web-7/: {}", host.title));
    // What somebody wrote themselves stays.
    assert_eq!(filled("-> {title}{label.host}", &bare), format!("-> {}", bare.title));
    assert_eq!(title("{label.host}: ", &situation_of(&bare), &bare), bare.title);
}

#[test]
fn every_rule_that_does_not_match_says_with_which_value() {
    let house = book(
        r#"
        rules = [
          { name = "1", when = { severity = "critical", labels = { env = "prod" } }, then = "card" },
          { name = "2", when = { source = "pingdom" }, then = "card" },
          { name = "3", when = { labels = { env = "prod" } }, then = "card" },
          { name = "4", when = { labels = { region = "eu*" } }, then = "card" },
          { name = "5", when = { title = "CPU*" }, then = "card" },
          { name = "6", when = { annotations = { runbook = "*" } }, then = "card" },
          { name = "7", when = { firing = 3 }, then = "card" },
          { name = "8", when = { not = [{ labels = { env = "dev" } }, { title = "Disk*" }] }, then = "card" },
          { name = "9", when = { during = { days = ["sat", "sun"], zone = "Asia/Tokyo" } }, then = "card" },
          { name = "10", then = "record" },
          { name = "11", then = "record" },
        ]
    "#,
    );
    let alert = Alert { severity: AlertSeverity::Warning, ..with("env", "staging") };
    let situation = situation_of(&alert);
    let now: DateTime<Utc> = "2026-11-20T14:59:00Z".parse().unwrap();
    let looked = house.looked(&situation, &alert, now);
    let told: Vec<String> = looked
        .iter()
        .map(|one| {
            let why = one.miss.as_ref().map_or("matches".to_owned(), ToString::to_string);
            format!("{}: {why}", one.rule.name)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    1: severity is warning, below critical
    2: source is “alertmanager”, not “pingdom”
    3: label “env” is “staging”, not “prod”
    4: label “region” is not there, and “eu*” is wanted
    5: title is “Disk full on db1”, not “CPU*”
    6: annotation “runbook” is not there, and “*” is wanted
    7: 1 firing, fewer than 3
    8: it is what entry 2 of `not` names
    9: it is Fri 23:59 Asia/Tokyo, outside Sat, Sun 00:00 to 00:00 Asia/Tokyo
    10: matches
    ");
    assert_eq!(house.first(&situation, &alert, now).unwrap().name, "10");
    let later = now + chrono::Duration::minutes(1);
    assert_eq!(house.first(&situation, &alert, later).unwrap().name, "9", "it is Saturday there");
}

#[test]
fn hours_go_over_midnight_and_follow_the_clock_of_their_zone() {
    let hours = |days: Vec<Day>, from: &str, to: &str, zone: &str| Hours {
        days,
        from: from.into(),
        to: to.into(),
        zone: zone.into(),
    };
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let night = hours(vec![Day::Fri], "22:00", "06:00", "Europe/Berlin");
    // Friday, 20 November 2026, one hour ahead of UTC.
    for (moment, yes) in [
        ("2026-11-20T20:59:00Z", false),
        ("2026-11-20T21:00:00Z", true),
        ("2026-11-21T04:59:00Z", true),
        ("2026-11-21T05:00:00Z", false),
        ("2026-11-21T22:00:00Z", false),
        ("2026-11-20T04:00:00Z", false),
    ] {
        assert_eq!(night.holds(at(moment)), yes, "{moment}");
    }
    let day = hours(vec![], "09:00", "17:00", "Europe/Berlin");
    // Summer and winter: nine is nine on the wall.
    assert!(day.holds(at("2026-07-01T07:00:00Z")) && !day.holds(at("2026-12-01T07:00:00Z")));
    assert!(day.holds(at("2026-12-01T08:00:00Z")));
    for wrong in ["24:00", "12:60", "12", "", "12:00:00", "+1:00"] {
        assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
    }
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
        when = { not = [{}] }
        then = { declare = { severity = 1, title = "{label.} {", playbook = "" } }
        [[rules]]
        name = "same"
        then = { attach_to = { same = "" } }
        [[rules]]
        name = "pages"
        then = { page = { severity = 0, title = "{label}", unless_same = " " } }
    "#,
    );
    let told: Vec<String> =
        check(&house).iter().map(|f| format!("{}: {}. {}", f.key, f.what, f.hint)).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    [1].name: rule 1 is called “all” as well. Give each a name of its own.
    [1]: the rule is never reached: “all” before it matches every alert. Put the one that matches every alert last.
    [1].then.declare.severity: 9 is no severity. Severities are 1 (worst) to 5.
    [1].then.declare.title: nothing is called “titel” that could stand in it. There are {title}, {source}, {severity}, {firing}, {total} and {label.NAME}.
    [2].name: the rule has no name. Give it one, for the reason that responders read.
    [2]: the rule is never reached: “all” before it matches every alert. Put the one that matches every alert last.
    [2].when.not[0]: this entry says nothing, so that the rule matches no alert. Say what it must not be.
    [2].then.declare.title: a brace of the template “{label.} {” has no partner (`{{` is a brace itself). Write `{{` where a brace is meant.
    [2].then.declare.playbook: this is no name of a playbook of at most 300 bytes. Write its name, or its web address.
    [3]: the rule is never reached: “all” before it matches every alert. Put the one that matches every alert last.
    [3].then.attach_to.same: the label has no name. Write the name of a label: `service`.
    [4]: the rule is never reached: “all” before it matches every alert. Put the one that matches every alert last.
    [4].then.page.unless_same: the label has no name. Write the name of a label: `service`.
    [4].then.page.severity: 0 is no severity. Severities are 1 (worst) to 5.
    [4].then.page.title: nothing is called “label” that could stand in it. There are {title}, {source}, {severity}, {firing}, {total} and {label.NAME}.
    ");
}

#[test]
fn a_misspelt_word_of_a_rule_is_refused() {
    for wrong in [
        "[[rules]]\nname='a'\nthen='delcare'",
        "[[rules]]\nname='a'\nwehn={}\nthen='card'",
        "[[rules]]\nname='a'\nwhen={label={}}\nthen='card'",
        "[[rules]]\nname='a'\nthen={declare={severity=1,titel='x'}}",
        "[[rules]]\nname='a'\nthen={page={who='roster:web'}}",
        "[[rules]]\nname='a'\nwhen={severity='bad'}\nthen='card'",
        "[[rules]]\nname='a'\nwhen={not=[{firing=3}]}\nthen='card'",
        "[[rules]]\nname='a'\nwhen={during={days=['sonntag']}}\nthen='card'",
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

#[test]
fn of_a_thousand_rules_by_patterns_few_are_looked_at_whatever_they_have_in_common() {
    fn rules(when: impl Fn(usize) -> Matchers) -> Vec<Rule> {
        let rule = |n: usize| Rule { name: n.to_string(), when: when(n), then: Action::Record };
        (100..1_100).map(rule).collect()
    }
    let labelled = |name: &str, pattern: String| Matchers {
        labels: [(name.to_owned(), pattern)].into(),
        ..Matchers::default()
    };
    let titled = |title: String| Matchers { title: Some(title), ..Matchers::default() };
    let alert = Alert { title: "HighErrorRate: errors of shop-500".into(), ..with("team", "payments-500") };
    let of_one_house = |n: usize| Matchers {
        title: Some(format!("*of shop-{n}")),
        ..labelled("team", "payments-500".into())
    };
    let of_other_labels = |n: usize| labelled(&format!("label-{n}"), "production".into());
    for (case, rules) in [
        ("a label's pattern", rules(|n| labelled("team", format!("pay*-{n}")))),
        ("a title's pattern", rules(|n| titled(format!("*errors of nothing-{n}*")))),
        ("a beginning that all share", rules(|n| titled(format!("HighErrorRate: *-{n}")))),
        ("a value that all share", rules(of_one_house)),
        ("labels of their own", rules(of_other_labels)),
        (
            "an annotation's pattern",
            rules(|n| Matchers {
                annotations: [("runbook".to_owned(), format!("*/{n}/*"))].into(),
                ..Matchers::default()
            }),
        ),
    ] {
        let looked_at = Rulebook::new(rules).looked_at(&alert);
        assert!(looked_at <= 2, "{case}: {looked_at}");
    }
}

#[test]
fn the_longest_patterns_and_the_most_rules_are_arranged_in_little_room() {
    // All that the settings take: each as long as it may be, and none like another.
    let pattern = |n: usize| format!("*{}ü{n}*", "ab".repeat(140));
    let rule = |n: usize| {
        let when = match n % 2 {
            0 => Matchers { annotations: [(format!("a{n}"), pattern(n))].into(), ..Matchers::default() },
            _ => Matchers { title: Some(pattern(n)), ..Matchers::default() },
        };
        Rule { name: n.to_string(), when, then: Action::Record }
    };
    let rules: Vec<Rule> = (0..super::RULES_MAX).map(rule).collect();
    assert_eq!(check(&rules), []);
    let book = Rulebook::new(rules);
    let bytes = book.sought_bytes();
    assert!(bytes < 16 * 1024 * 1024, "{bytes}");
    let alert = Alert { title: format!("x{}ü17", "ab".repeat(140)), ..alert("db1") };
    assert_eq!(book.looked_at(&alert), 2, "those that end in 1 and 17");
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]", "[ab]\\*", "[ab*]{3,6}", "[abä?*]{0,9}", Just("*".to_owned()), Just(String::new())]
}

fn traits() -> impl Strategy<Value = Traits> {
    let labels = proptest::collection::btree_map("[xy]", pattern(), 1..2);
    (labels, proptest::option::of(pattern())).prop_map(|(labels, title)| Traits {
        labels,
        title,
        ..Traits::default()
    })
}

fn any_rule() -> impl Strategy<Value = Matchers> {
    let pairs = || proptest::collection::btree_map("[xy]", pattern(), 0..3);
    let title = proptest::option::of("[abä*?]{3,8}");
    let not = proptest::collection::vec(traits(), 0..2);
    (pairs(), pairs(), proptest::option::of(pattern()), title, proptest::option::of(0u32..3), not).prop_map(
        |(labels, annotations, source, title, firing, not)| Matchers {
            labels,
            annotations,
            source,
            title,
            firing,
            not,
            ..Matchers::default()
        },
    )
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
        let (one, other) = (title(&template, &situation_of(&a), &a), fill(&template, &situation_of(&a), &a));
        prop_assert!(!one.is_empty());
        for text in [one, other] {
            prop_assert!(text.len() <= TITLE_MAX_BYTES && !text.contains('\n'));
        }
    }

    #[test]
    fn the_arranged_rules_decide_and_explain_as_reading_them_one_by_one_does(
        wanted in proptest::collection::vec(any_rule(), 0..12),
        labels in proptest::collection::btree_map("[xyz]", "[abä]{0,6}", 0..3),
        annotations in proptest::collection::btree_map("[xyz]", "[abä]{0,6}", 0..3),
        source in "[ab]{1,4}",
        title in "[abä]{0,12}",
    ) {
        let rules: Vec<Rule> = wanted
            .into_iter()
            .enumerate()
            .map(|(n, when)| Rule { name: n.to_string(), when, then: Action::Card })
            .collect();
        let alert = Alert { labels, annotations, source, title, ..alert("db1") };
        let (situation, now) = (situation_of(&alert), DateTime::UNIX_EPOCH);
        let read = rules.iter().find(|rule| rule.when.miss(&situation, &alert, now).is_none()).cloned();
        let (book, plain) = (Rulebook::new(rules.clone()), Rulebook::unarranged(rules));
        prop_assert_eq!(book.first(&situation, &alert, now), read.as_ref());
        let open = Open { now, ..open(&["INC-1"]) };
        prop_assert_eq!(book.decide(&situation, &alert, &open), plain.decide(&situation, &alert, &open));
        let told = |book: &Rulebook| Explanation::of(book, "S-1", &situation, &alert, &open);
        prop_assert_eq!(told(&book), told(&plain));
        let last = book.looked(&situation, &alert, now).pop();
        let matched = last.filter(|last| last.miss.is_none()).map(|last| last.rule.clone());
        prop_assert_eq!(matched, read);
    }
}
