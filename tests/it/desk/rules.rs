//! What rules do besides showing a card: whom an alert joins, what an incident is given along, how it ends; flapping; why.

use std::collections::BTreeMap;

use chrono::Duration;
use commandpost::{
    alert::{
        Alert, AlertSeverity, Status,
        flapping::Flapping,
        rules::{Action, Declaring, Matchers, OnClear, Rule, Same},
    },
    desk::Settings,
    incident::{
        command::Command,
        decide::Policy,
        id::IncidentId,
        kind::Kind,
        phase::Phase,
        taxonomy::{Field, FieldKind, IncidentType, Taxonomy},
    },
    journal::rows::{DeliveryFilter, IncidentFilter, SituationFilter, SituationRow, What},
    people::Person,
    roster::{Layer, Override, Roster},
};

use crate::support::house::{House, alert, at, person, resolved};

fn rule(name: &str, when: Matchers, then: Action) -> Rule {
    Rule { name: name.into(), when, then }
}

fn declares(more: Declaring) -> Action {
    Action::Declare(Declaring { severity: 1, ..more })
}

async fn house(rules: Vec<Rule>) -> House {
    let taxonomy = Taxonomy {
        types: vec![IncidentType {
            name: "outage".into(),
            description: String::new(),
            severity: None,
            fields: vec![],
        }],
        fields: vec![Field {
            name: "region".into(),
            description: String::new(),
            kind: FieldKind::Choice,
            choices: vec!["eu".into(), "us".into()],
            required_at: None,
        }],
    };
    let people = ["ada", "bo"].map(|id| (id.to_owned(), Person { id: id.into(), ..person(id) }));
    House::open(Settings {
        chats: vec!["chat".into()],
        rules,
        people: people.into(),
        policy: Policy { taxonomy, ..Policy::default() },
        ..Settings::default()
    })
    .await
}

async fn follow(house: &House) {
    while house.desk.follow_once().await.unwrap() > 0 {}
}

async fn situation(house: &House, id: i64) -> SituationRow {
    house.journal.situations(SituationFilter::One(id)).await.unwrap().remove(0)
}

async fn incidents(house: &House) -> Vec<IncidentId> {
    house.desk.list(IncidentFilter::all(100)).await.unwrap().into_iter().map(|row| row.id).collect()
}

async fn cards(house: &House) -> usize {
    let open = house.journal.deliveries(DeliveryFilter::Open).await.unwrap();
    open.into_iter().filter(|d| matches!(d.what, What::Situation { .. })).count()
}

fn of(group: &str, name: &str, labels: &[(&str, &str)]) -> Alert {
    let labels: BTreeMap<String, String> =
        labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Alert { labels, ..alert(group, name) }
}

#[tokio::test]
async fn what_a_rule_gives_along_is_there_with_the_incident_or_not_at_all() {
    let given = Declaring {
        title: Some("{label.service} is down".into()),
        incident_type: Some("outage".into()),
        fields: [("region".to_owned(), "{label.region}".to_owned())].into(),
        roles: [("ic".to_owned(), "ada".to_owned()), ("ops".to_owned(), "bo".to_owned())].into(),
        playbook: Some("https://wiki.example.org/checkout".into()),
        ..Declaring::default()
    };
    let house = house(vec![rule("checkout", Matchers::default(), declares(given))]).await;
    let down = of("g", "db1", &[("service", "checkout"), ("region", "eu")]);
    house.desk.take_alerts(vec![down]).await.unwrap();
    follow(&house).await;
    let id = incidents(&house).await[0];
    let state = house.desk.incident(id).await.unwrap();
    assert_eq!(state.title, "checkout is down");
    assert_eq!(state.incident_type.as_deref(), Some("outage"));
    assert_eq!(state.fields["region"].value, "eu");
    assert_eq!(state.command_offer.as_ref().map(|offer| offer.to.id.as_str()), Some("ada"));
    let texts = house.texts(id).await.join("\n");
    for part in [
        "The rule “checkout” matched: an incident of severity 1.",
        "https://wiki.example.org/checkout",
        "bo was asked to be Operations Section Chief",
    ] {
        assert!(texts.contains(part), "{part}: {texts}");
    }
    // Each takes it, or not, as from anybody.
    let ada = Person { id: "ada".into(), ..person("ada") };
    let caller = commandpost::desk::Caller::person(ada, "test");
    house.desk.submit(caller, id, Command::AcceptCommand, Default::default()).await.unwrap();
    assert_eq!(house.desk.incident(id).await.unwrap().commander.id, "ada");

    // A value that the field does not take keeps nothing from being declared.
    let odd = of("h", "db2", &[("service", "search"), ("region", "moon")]);
    house.desk.take_alerts(vec![odd]).await.unwrap();
    follow(&house).await;
    let ids = incidents(&house).await;
    assert_eq!(ids.len(), 2);
    let state = house.desk.incident(ids[0].max(ids[1])).await.unwrap();
    assert!(state.fields.is_empty() && state.incident_type.is_none());
}

#[tokio::test]
async fn an_alert_joins_the_incident_of_its_service_among_several() {
    let same = || Same { same: "service".into() };
    let first = Declaring { unless_same: Some("service".into()), ..Declaring::default() };
    let critical = Matchers { severity: Some(AlertSeverity::Critical), ..Matchers::default() };
    let house = house(vec![
        rule("critical", critical, declares(first)),
        rule("the rest", Matchers::default(), Action::AttachTo(same())),
    ])
    .await;
    for (group, service) in [("a", "checkout"), ("b", "search")] {
        house.desk.take_alerts(vec![of(group, group, &[("service", service)])]).await.unwrap();
    }
    follow(&house).await;
    assert_eq!(incidents(&house).await.len(), 2, "two services, two incidents");
    let search = situation(&house, 2).await.incident;
    house.desk.take_alerts(vec![of("c", "c", &[("service", "search")])]).await.unwrap();
    let mild = Alert { severity: AlertSeverity::Warning, ..of("d", "d", &[("service", "search")]) };
    house.desk.take_alerts(vec![mild]).await.unwrap();
    let stray = Alert { severity: AlertSeverity::Warning, ..of("e", "e", &[("service", "mail")]) };
    house.desk.take_alerts(vec![stray]).await.unwrap();
    follow(&house).await;
    assert_eq!(incidents(&house).await.len(), 2);
    assert_eq!(situation(&house, 3).await.incident, search);
    assert_eq!(situation(&house, 4).await.incident, search);
    assert_eq!(situation(&house, 5).await.decided.as_deref(), Some("card"));
}

#[tokio::test]
async fn the_last_alert_that_clears_asks_once_and_only_a_rule_that_says_so_resolves() {
    for (on_clear, phase) in [(OnClear::Propose, Phase::Investigating), (OnClear::Resolve, Phase::Resolved)] {
        let then = declares(Declaring { on_clear, ..Declaring::default() });
        let first = Matchers { title: Some("Disk full on a".into()), ..Matchers::default() };
        let house =
            house(vec![rule("disk", first, then), rule("rest", Matchers::default(), Action::Attach)]).await;
        let (a, b) = (alert("g", "a"), alert("h", "b"));
        house.desk.take_alerts(vec![a.clone(), b.clone()]).await.unwrap();
        follow(&house).await;
        let id = incidents(&house).await[0];
        assert_eq!(house.desk.incident(id).await.unwrap().firing(), 2);
        house.desk.take_alerts(vec![resolved(&a)]).await.unwrap();
        follow(&house).await;
        assert_eq!(house.desk.incident(id).await.unwrap().phase, Phase::Investigating, "one fires still");
        house.desk.take_alerts(vec![resolved(&b)]).await.unwrap();
        let house = house.restarted();
        follow(&house).await;
        follow(&house).await;
        assert_eq!(house.desk.incident(id).await.unwrap().phase, phase);
        let texts = house.texts(id).await;
        let asked = texts.iter().filter(|text| text.contains("Is it mended?")).count();
        assert_eq!(asked, usize::from(on_clear == OnClear::Propose), "{texts:?}");
        let by_rule = texts.iter().any(|text| text.contains("the rule «disk» ends it"));
        assert_eq!(by_rule, on_clear == OnClear::Resolve, "{texts:?}");
    }
}

#[tokio::test]
async fn what_is_over_before_anybody_was_told_is_only_recorded_until_something_fires() {
    let house = house(vec![rule("all", Matchers::default(), declares(Declaring::default()))]).await;
    let (db1, db2) = (alert("g", "db1"), alert("g", "db2"));
    house.desk.take_alerts(vec![resolved(&db1)]).await.unwrap();
    follow(&house).await;
    assert_eq!((cards(&house).await, incidents(&house).await.len()), (0, 0));
    assert_eq!(situation(&house, 1).await.situation.total, 1, "it is in the list");
    // What it began with comes late, and changes nothing.
    house.desk.take_alerts(vec![db1]).await.unwrap();
    follow(&house).await;
    assert_eq!((situation(&house, 1).await.situation.firing, cards(&house).await), (0, 0));
    house.desk.take_alerts(vec![db2]).await.unwrap();
    follow(&house).await;
    assert_eq!(incidents(&house).await.len(), 1, "now the rules look");
}

#[tokio::test]
async fn a_situation_that_gets_worse_is_decided_anew() {
    let many = Matchers { firing: Some(3), ..Matchers::default() };
    let house = house(vec![
        rule("many", many, declares(Declaring::default())),
        rule("few", Matchers::default(), Action::Card),
    ])
    .await;
    for name in ["a", "b"] {
        house.desk.take_alerts(vec![alert("g", name)]).await.unwrap();
        follow(&house).await;
    }
    assert_eq!(situation(&house, 1).await.decided.as_deref(), Some("card"));
    house.desk.take_alerts(vec![alert("g", "c")]).await.unwrap();
    follow(&house).await;
    let row = situation(&house, 1).await;
    assert_eq!((row.decided.as_deref(), row.incident.is_some()), (Some("declare"), true));
    assert_eq!(row.verdict.unwrap().rule.as_deref(), Some("many"));
}

#[tokio::test]
async fn what_flaps_is_said_once_and_then_when_it_is_steady() {
    let house = house(vec![rule("all", Matchers::default(), declares(Declaring::default()))]).await;
    let flap = |n: i64| {
        let fires = Alert { starts_at: Some(at(n * 60)), ..alert("g", "db1") };
        let clears = Alert { status: Status::Resolved, ends_at: Some(at(n * 60 + 30)), ..fires.clone() };
        [fires, clears]
    };
    for n in 0..8 {
        for told in flap(n) {
            house.world.later(Duration::seconds(30));
            house.desk.take_alerts(vec![told]).await.unwrap();
            follow(&house).await;
        }
    }
    let id = incidents(&house).await[0];
    let texts = house.texts(id).await;
    let flapping: Vec<_> = texts.iter().filter(|text| text.contains("flapping")).collect();
    // Once when it is known, once more because it fires again; not five times.
    assert_eq!(flapping.len(), 2, "{texts:?}");
    assert!(flapping[0].contains("cleared 3 times in 2 min"), "{flapping:?}");
    let before = texts.len();
    let again = house.restarted();
    follow(&again).await;
    assert_eq!(again.texts(id).await.len(), before);
    // Nothing moves any more; when it was steady for the window, what holds is said.
    again.world.later(Duration::minutes(i64::from(Flapping::default().within_minutes) + 1));
    follow(&again).await;
    let texts = again.texts(id).await;
    assert!(texts.last().unwrap().contains("cleared: all"), "{texts:?}");
    assert_eq!(texts.len(), before + 1);
    follow(&again).await;
    assert_eq!(again.texts(id).await.len(), before + 1);
    assert_eq!(again.desk.incident(id).await.unwrap().firing(), 0);
}

#[tokio::test]
async fn an_explanation_says_which_rules_were_looked_at_and_what_became_of_it() {
    let house = house(vec![
        rule("pingdom", Matchers { source: Some("pingdom".into()), ..Matchers::default() }, Action::Record),
        rule("disks", Matchers { title: Some("Disk*".into()), ..Matchers::default() }, Action::Attach),
        rule("never", Matchers::default(), Action::Card),
    ])
    .await;
    let id = house.incident().await;
    house.desk.take_alerts(vec![alert("g", "db1")]).await.unwrap();
    follow(&house).await;
    let told = house.desk.explain(1, &person("Ada")).await.unwrap();
    insta::assert_snapshot!(told.to_string(), @"
    S-1 Disk full on db1 – critical, 1 firing of 1, from alertmanager
    Grouped as alertmanager groups: “g”
    Judged by its alert «Disk full on db1»
        1  “pingdom”  no: source is “alertmanager”, not “pingdom”
        2  “disks”  matches
           The one after it is not looked at.
    Now: The rule “disks” matched; its situation belongs to INC-1 already.
    What became of it: attach, INC-1. The rule “disks” matched and INC-1 is the only open incident.
    ");
    assert_eq!(
        house.desk.explain(7, &person("Ada")).await.unwrap_err().why,
        "There is no group of alerts S-7."
    );
    // Restricted, it is not told to whom it is not for: neither that it is there nor why.
    house.say("Ada", id, Command::Restrict { reason: "a customer's data".into() }).await;
    let outside = house.desk.explain(1, &person("Mallory")).await.unwrap();
    assert!(!serde_json::to_string(&outside).unwrap().contains("INC-1"), "{outside}");
    assert!(house.desk.explain(1, &person("Ada")).await.unwrap().to_string().contains("INC-1"));
}

#[tokio::test]
async fn whoever_is_on_call_at_that_moment_is_offered_the_role() {
    let mut settings = Settings {
        people: [("ada".to_owned(), Person { id: "ada".into(), ..person("Ada") })].into(),
        ..Settings::default()
    };
    let layer = Layer { name: "primary".into(), rotations: vec![] };
    let roster = |name: &str| Roster {
        name: name.into(),
        tz: chrono_tz::Tz::UTC,
        layers: vec![layer.clone()],
        is_fetched: false,
    };
    settings.policy.paging.rosters = vec![roster("web"), roster("db")];
    let shift = |name: &str, from: i64, until: i64| Override {
        roster: "web".into(),
        layer: "primary".into(),
        person: person(name),
        from: at(from),
        until: at(until),
        said_by: None,
    };
    settings.overrides = vec![shift("Bo", -60, 600), shift("Cy", 600, 1_200)];
    let offers = [("ops", "roster:web"), ("scribe", "roster:db"), ("pio", "ada")];
    settings.offers[1] = offers.map(|(role, to)| (role.to_owned(), to.to_owned())).into();
    let by_rule = Declaring {
        severity: 2,
        roles: [("ops".to_owned(), "ada".to_owned()), ("ic".to_owned(), "roster:web".to_owned())].into(),
        ..Declaring::default()
    };
    settings.rules = vec![rule("checkout", Matchers::default(), Action::Declare(by_rule))];
    let house = House::open(settings).await;
    let offered = async |id| {
        let state = house.desk.incident(id).await.unwrap();
        assert!(state.roles.is_empty(), "an offer, nothing more");
        let offers = state.offers.iter().chain(state.command_offer.as_ref());
        offers.map(|offer| format!("{} {}", offer.role.slug(), offer.to)).collect::<Vec<_>>()
    };
    let id = house.incident().await;
    assert_eq!(offered(id).await, ["ops Bo", "pio Ada"], "nobody is on call for the database");
    house.world.later(Duration::minutes(11));
    let id = house.incident().await;
    assert_eq!(offered(id).await, ["ops Cy", "pio Ada"]);
    // What is no real incident, or is over, asks nobody.
    assert_eq!(offered(house.declared(Kind::Test).await).await, Vec::<String>::new());
    // A rule says it otherwise, for its own roles.
    house.desk.take_alerts(vec![of("g", "db1", &[])]).await.unwrap();
    follow(&house).await;
    let real = incidents(&house).await.into_iter().filter(|id| id.kind == Kind::Real);
    let by_rule = real.max_by_key(|id| id.number).unwrap();
    let mut all = offered(by_rule).await;
    all.sort();
    assert_eq!(all, ["ic Cy", "ops Ada", "pio Ada"]);
}
