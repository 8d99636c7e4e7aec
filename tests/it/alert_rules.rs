//! Rules on alerts in the whole program: a file of its own, groups of several senders, why, and what others would have done; and what
//! they leave to people, in a storm and after the end.

use chrono::Duration;
use commandpost::{
    alert::{
        Alert, Status,
        rules::{Action, Declaring, Matchers, OnClear, Rule},
        severity::AlertSeverity,
    },
    desk::Settings,
    incident::{command::Command, id::IncidentId, phase::Phase},
    journal::rows::{IncidentFilter, SituationFilter},
};
use serde_json::{Value, json};

use crate::support::{
    house::{House, alert, at, person, resolved},
    program::{Program, until},
};

const RULES: &str = "\
[[rule]]
name = \"checkout\"
when = { severity = \"critical\", labels = { service = \"checkout\" } }
then = { declare = { severity = 1, title = \"{label.service} is down\" } }

[[rule]]
name = \"staging\"
when = { labels = { env = \"staging\" } }
then = \"record\"

[[group]]
name = \"one service\"
by = [\"service\"]
";

fn post_with(rules: &str) -> Program {
    let post = Program::new("[alerts]\nrules_file = \"rules.toml\"\n[hooks.other]\nsender = \"generic\"\n");
    std::fs::write(post.home().join("rules.toml"), rules).unwrap();
    post
}

fn out(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn raise(post: &Program, hook: &str, title: &str, more: Value) {
    let mut body = json!({ "title": title, "severity": "critical" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(post.post(&format!("/hooks/{hook}"), &body).await.status, 200);
}

async fn listed(post: &Program) -> Vec<Value> {
    post.document("/api/v1/situations").await["situations"].as_array().unwrap().clone()
}

async fn decided(post: &Program, count: usize) -> Vec<Value> {
    until(20, "every situation is decided", || async {
        let all = listed(post).await;
        all.len() == count && all.iter().all(|one| !one["decided"].is_null())
    })
    .await;
    listed(post).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_of_a_file_decide_say_why_and_are_tried_on_the_past_before_they_are_put_in_force() {
    let mut post = post_with(RULES);
    post.start().await;
    raise(&post, "generic", "answers 500", json!({ "service": "checkout" })).await;
    raise(&post, "other", "probe fails", json!({ "service": "checkout" })).await;
    raise(&post, "generic", "slow", json!({ "labels": { "env": "staging" } })).await;
    raise(&post, "generic", "disk is full", json!({ "labels": { "host": "db1" } })).await;
    let all = decided(&post, 3).await;
    let first = all.iter().find(|one| one["id"] == 1).unwrap();
    assert_eq!((&first["situation"]["firing"], &first["decided"]), (&json!(2), &json!("declare")));
    assert_eq!(first["verdict"]["rule"], "checkout");

    // While the server runs, and with it stopped, the answer is the same.
    let running = out(&post.run(&["alerts", "explain", "S-3"]));
    for part in [
        "S-3 disk is full",
        "“checkout”  no: label “service” is not there, and “checkout” is wanted",
        "“staging”  no: label “env” is not there",
        "Now: No rule matched: a card.",
        "What became of it: card. No rule matched: a card.",
    ] {
        assert!(running.contains(part), "{part}: {running}");
    }
    let told = post.document("/api/v1/situations/S-1/explain").await;
    assert_eq!((&told["rules"][0]["matches"], &told["became"]["incident"]), (&json!(true), &json!("INC-1")));
    assert!(told["grouped"].as_str().unwrap().contains("service=checkout"), "{told}");

    let new = post.home().join("new.toml");
    std::fs::write(
        &new,
        "[[rule]]\nname = \"disks\"\nwhen = { title = \"disk*\" }\nthen = { declare = { severity = 3 } }\n\
         [[rule]]\nname = \"all\"\nthen = \"card\"\n",
    )
    .unwrap();
    let replay = |post: &Program, more: &[&str]| {
        let rules = ["alerts", "replay", "--rules", new.to_str().unwrap()];
        let done = post.run(&[&rules[..], more].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        out(&done)
    };
    let beside = replay(&post, &[]);
    assert!(beside.contains("4 alerts in 3 situations"), "{beside}");
    assert!(beside.contains("new:      declare. The rule “disks” matched"), "{beside}");
    let report: Value = serde_json::from_str(&replay(&post, &["--format", "json"])).unwrap();
    assert_eq!(
        report["then"],
        json!({ "declared": 1, "attached": 0, "paged": 0, "carded": 1, "recorded": 1 })
    );
    assert_eq!(report["in_force"], report["then"]);
    // Without the group, the two alerts of the checkout are one stored situation all the same.
    assert_eq!(
        report["new"],
        json!({ "declared": 1, "attached": 0, "paged": 0, "carded": 2, "recorded": 0 })
    );
    assert_eq!(report["differ"], 3);
    post.stop();
    assert_eq!(out(&post.run(&["alerts", "explain", "S-3"])), running);
    assert_eq!(replay(&post, &[]), beside);
    let none = post.run(&["alerts", "replay", "--rules", "nowhere.toml"]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("nowhere.toml"), "{none:?}");
}

#[test]
fn a_body_is_explained_without_a_server_and_nothing_is_stored() {
    let post = post_with(RULES);
    let body = post.home().join("body.json");
    std::fs::write(&body, r#"{"title": "down", "severity": "critical", "service": "checkout"}"#).unwrap();
    let told = post
        .command()
        .args(["alerts", "explain", "--sender", "generic"])
        .stdin(std::fs::File::open(&body).unwrap())
        .output()
        .unwrap();
    let told = out(&told);
    for part in [
        "“checkout”  matches",
        "The one after it is not looked at",
        "SEV1 «checkout is down» would be declared",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!post.database().exists());
}

#[test]
fn a_mistake_in_the_file_of_rules_is_told_with_its_line_and_column() {
    let post = post_with("[[rule]]\nname = \"all\"\nthen = { delcare = { severity = 1 } }\n");
    let checked = post.run(&["check"]);
    let told = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(!checked.status.success());
    assert!(told.contains("rules.toml:3:10") && told.contains("Did you mean `declare`?"), "{told}");
}

fn declares(name: &str, when: Matchers, on_clear: OnClear) -> Rule {
    let declaring = Declaring { severity: 2, on_clear, ..Declaring::default() };
    Rule { name: name.into(), when, then: Action::Declare(declaring) }
}

async fn follow(house: &House) {
    while house.desk.follow_once().await.unwrap() > 0 {}
}

async fn incidents(house: &House) -> Vec<IncidentId> {
    house.desk.list(IncidentFilter::all(100)).await.unwrap().into_iter().map(|row| row.id).collect()
}

/// Five things at once, each a situation of its own.
fn storm() -> Vec<Alert> {
    (1..=5).map(|n| alert(&format!("g{n}"), &format!("db{n}"))).collect()
}

#[tokio::test]
async fn whatever_rules_declare_a_person_may_declare_too() {
    let house = House::open(Settings {
        rules: vec![declares("all", Matchers::default(), OnClear::Propose)],
        declares_per_minute_max: 2,
        open_incidents_max: 3,
        ..Settings::default()
    })
    .await;
    house.desk.take_alerts(storm()).await.unwrap();
    follow(&house).await;
    assert_eq!(incidents(&house).await.len(), 2, "so many in a minute");
    // Somebody sees something else in the same minute.
    assert_eq!(house.incident().await.number, 3);
    house.world.later(Duration::minutes(1));
    follow(&house).await;
    assert_eq!(incidents(&house).await.len(), 3, "so many at once");
    assert_eq!(house.incident().await.number, 4);
}

#[tokio::test]
async fn what_a_limit_kept_a_rule_from_is_done_when_the_minute_is_over_as_long_as_it_fires() {
    let house = House::open(Settings {
        rules: vec![declares("all", Matchers::default(), OnClear::Propose)],
        declares_per_minute_max: 2,
        ..Settings::default()
    })
    .await;
    house.desk.take_alerts(storm()).await.unwrap();
    follow(&house).await;
    assert_eq!(incidents(&house).await.len(), 2);
    let row = house.journal.situations(SituationFilter::One(5)).await.unwrap().remove(0);
    assert_eq!(row.decided.as_deref(), Some("card"));
    let reason = row.verdict.unwrap().reason;
    assert!(reason.ends_with("is tried again every minute while it fires."), "{reason}");

    // Half a minute later it is the same minute.
    house.world.later(Duration::seconds(30));
    house.desk.take_alerts(vec![resolved(&storm()[3])]).await.unwrap();
    follow(&house).await;
    assert_eq!(incidents(&house).await.len(), 2);
    house.world.later(Duration::seconds(30));
    // By what is written alone.
    let house = house.restarted();
    follow(&house).await;
    assert_eq!(incidents(&house).await.len(), 4, "the two that fire still");
    let row = house.journal.situations(SituationFilter::One(5)).await.unwrap().remove(0);
    assert_eq!((row.decided.as_deref(), row.incident.is_some()), (Some("declare"), true));
    house.world.later(Duration::minutes(2));
    follow(&house).await;
    assert_eq!(incidents(&house).await.len(), 4, "what cleared asks nobody");
}

#[tokio::test]
async fn an_alert_of_staging_hides_none_of_production_in_the_same_situation() {
    let env = Matchers { labels: [("env".to_owned(), "staging*".to_owned())].into(), ..Matchers::default() };
    let house = House::open(Settings {
        rules: vec![
            Rule { name: "staging".into(), when: env, then: Action::Record },
            declares("production", Matchers::default(), OnClear::Propose),
        ],
        ..Settings::default()
    })
    .await;
    let of = |name: &str, env: &str| Alert {
        labels: [("env".to_owned(), env.to_owned())].into(),
        ..alert("checkout", name)
    };
    house.desk.take_alerts(vec![of("shop-1", "prod"), of("shop-2", "staging-1")]).await.unwrap();
    follow(&house).await;
    let id = incidents(&house).await[0];
    assert_eq!(house.desk.incident(id).await.unwrap().title, "Disk full on shop-1");
    let told = house.desk.explain(1, &person("Ada")).await.unwrap();
    assert_eq!(told.judged_by, "Disk full on shop-1");
    assert!(told.rules.last().is_some_and(|rule| rule.matches && rule.name == "production"), "{told}");
}

#[tokio::test]
async fn the_worst_alert_decides_however_many_came_after_it() {
    let critical = Matchers { severity: Some(AlertSeverity::Critical), ..Matchers::default() };
    let rules = vec![declares("critical", critical, OnClear::Propose)];
    let house = House::open(Settings { rules, ..Settings::default() }).await;
    let of = |n: usize| Alert {
        severity: if n == 0 { AlertSeverity::Critical } else { AlertSeverity::Warning },
        ..alert("storage", &format!("db{n}"))
    };
    house.desk.take_alerts((0..60).map(of).collect()).await.unwrap();
    follow(&house).await;
    let id = incidents(&house).await[0];
    assert_eq!(house.desk.incident(id).await.unwrap().title, "Disk full on db0");
    assert_eq!(house.desk.explain(1, &person("Ada")).await.unwrap().judged_by, "Disk full on db0");
}

#[tokio::test]
async fn what_fires_again_goes_on_where_a_rule_had_ended_it_and_is_brought_to_whoever_ended_it_otherwise() {
    let house = House::open(Settings {
        rules: vec![declares("all", Matchers::default(), OnClear::Resolve)],
        ..Settings::default()
    })
    .await;
    let outbreak = |n: i64| Alert { starts_at: Some(at(n * 60)), ..alert("g", "db1") };
    let over = |n: i64| Alert { status: Status::Resolved, ends_at: Some(at(n * 60 + 30)), ..outbreak(n) };
    let take = async |told: Alert| {
        house.world.later(Duration::seconds(30));
        house.desk.take_alerts(vec![told]).await.unwrap();
        follow(&house).await;
    };
    take(outbreak(0)).await;
    let id = incidents(&house).await[0];
    take(over(0)).await;
    assert_eq!(house.desk.incident(id).await.unwrap().phase, Phase::Resolved);
    take(outbreak(1)).await;
    assert_eq!(house.desk.incident(id).await.unwrap().phase, Phase::Investigating);
    let said = house.texts(id).await.pop().unwrap();
    assert!(said.contains("fires again, and the rule «all» had ended it"), "{said}");

    house.say("Ada", id, Command::TakeCommand { force: false, reason: String::new() }).await;
    house.say("Ada", id, Command::Enter { phase: Phase::Resolved, reason: "restarted".into() }).await;
    take(over(1)).await;
    take(outbreak(2)).await;
    assert_eq!(house.desk.incident(id).await.unwrap().phase, Phase::Resolved, "that is theirs to say");
    let said = house.texts(id).await.pop().unwrap();
    assert!(
        said.contains("fires again, but INC-1 is resolved. Ada, is it broken again? Then `reopen"),
        "{said}"
    );
    assert_eq!(incidents(&house).await.len(), 1);
}
