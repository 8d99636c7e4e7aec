//! What and why, what was changed, and marks on alerts: written once, there after a crash, shown on cards, and for nobody
//! whom they do not concern.

use std::collections::BTreeMap;

use chrono::Duration;
use commandpost::{
    alert::{
        Alert,
        change::{Draft, Kind, Outcome},
        judgement::{Subject, Verdict},
        service::{Service, Services, Tier},
    },
    desk::{Caller, Settings, evidence::EvidenceSettings, words},
    incident::{command::Command, id::IncidentId, kind::Kind as IncidentKind, refusal::Because},
    journal::rows::{ChangeFilter, DeliveryFilter, JudgementFilter, SituationFilter, What},
};

use crate::support::house::{House, alert, at, caller, declare, person};

fn settings() -> Settings {
    let one = |name: &str, tier, below: &[&str]| Service {
        name: name.into(),
        tier: Some(tier),
        depends_on: below.iter().map(|name| (*name).into()).collect(),
        ..Service::default()
    };
    let services = Services::new(vec![one("checkout", Tier::Front, &["db"]), one("db", Tier::Back, &[])]);
    let evidence = EvidenceSettings { services, ..EvidenceSettings::default() };
    Settings { chats: vec!["chat".into()], evidence, ..Settings::default() }
}

fn of(service: &str, title: &str, seconds: i64) -> Alert {
    Alert {
        title: title.into(),
        starts_at: Some(at(seconds)),
        labels: BTreeMap::from([("service".into(), service.into()), ("alertname".into(), title.into())]),
        ..alert(title, title)
    }
}

fn deploy(id: &str, title: &str, minutes_ago: i64, outcome: Outcome) -> Draft {
    let mut draft = Draft::new(Kind::Deploy, id, title).sent_by("github");
    draft.outcome(outcome);
    draft.service("checkout");
    draft.began(at(-60 * minutes_ago).to_rfc3339());
    draft
}

async fn say(
    house: &House,
    who: &str,
    line: &str,
) -> Result<String, commandpost::incident::refusal::Refusal> {
    let words = words::Words::Text(line.into());
    house.desk.say(caller(who), None, words, None, &words::by_name()).await.map(|answer| answer.text)
}

#[tokio::test]
async fn the_card_of_an_alert_says_what_users_feel_why_and_what_was_changed_before() {
    let house = House::open(settings()).await;
    house.desk.take_changes(vec![deploy("1", "Checkout 1.2.3", 10, Outcome::Succeeded)]).await.unwrap();
    house.desk.take_alerts(vec![of("db", "DiskFull", -100), of("checkout", "ErrorRate", -60)]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let row = house.journal.situations(SituationFilter::One(2)).await.unwrap().remove(0);
    let card = house.desk.situation_card(&row).await.unwrap();
    let fields: Vec<String> = card
        .fields
        .iter()
        .filter(|field| !field.is_short)
        .map(|field| format!("{}: {:?}", field.name, field.value))
        .collect();
    insta::assert_snapshot!(fields.join("\n"), @r#"
    Changed before: Text("Checkout 1.2.3, succeeded (9 min before, of checkout)")
    What users feel: Text("S-2 ErrorRate: checkout is a front service")
    Likely why: Text("S-1 DiskFull: began 40 s before and checkout depends on db")
    "#);
    let buttons: Vec<&str> = card.buttons.iter().map(|button| button.command.as_str()).collect();
    assert_eq!(
        buttons,
        [
            "declare --from S-2",
            "{incident} link S-2",
            "alert ack S-2",
            "alert silence S-2 {duration} {reason}",
            "alert mark S-2 actionable",
            "alert mark S-2 noise",
            "alert mark S-2 late"
        ]
    );
    say(&house, "Ada", "declare --from S-2").await.unwrap();
    say(&house, "Ada", "INC-1 link S-1").await.unwrap();
    insta::assert_snapshot!(say(&house, "Bo", "alert why").await.unwrap(), @"
    INC-1 ErrorRate: since 2026-01-02 11:59 UTC, as far as is known.
    Changed before:
      Checkout 1.2.3, succeeded (9 min before, of checkout)
    What users feel:
      S-2 ErrorRate: checkout is a front service
    Likely why:
      S-1 DiskFull: began 40 s before and checkout depends on db
    ");
    assert_eq!(
        say(&house, "Bo", "INC-1 alert why").await.unwrap(),
        say(&house, "Bo", "alert why").await.unwrap()
    );
}

#[tokio::test]
async fn an_incident_declared_of_alerts_has_no_count_of_them_in_its_title() {
    let house = House::open(settings()).await;
    let alerts = vec![of("checkout", "ErrorRate", -60), of("checkout", "ErrorRate", -50)];
    house.desk.take_alerts(alerts).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let row = house.journal.situations(SituationFilter::One(1)).await.unwrap().remove(0);
    assert_eq!(row.situation.title, "ErrorRate (2 times)");
    let answer = house
        .desk
        .say(caller("Ada"), None, words::Words::Text("declare --from S-1".into()), None, &words::by_name())
        .await
        .unwrap();
    let declared = house.desk.incident(answer.incident.unwrap()).await.unwrap();
    assert_eq!(declared.title, "ErrorRate");
}

#[tokio::test]
async fn a_change_told_again_in_any_order_is_one_change_also_after_a_restart_and_is_forgotten_in_time() {
    let house = House::open(settings()).await;
    let all = ChangeFilter { since: at(-90_000), until: at(0), limit: 10 };
    for outcome in [Outcome::Succeeded, Outcome::Began, Outcome::Succeeded] {
        house.desk.take_changes(vec![deploy("1", "Checkout 1.2.3", 10, outcome)]).await.unwrap();
    }
    let house = house.restarted();
    house.desk.take_changes(vec![deploy("2", "Checkout 1.2.4", 5, Outcome::Began)]).await.unwrap();
    let told = |changes: &[commandpost::alert::change::Change]| -> Vec<String> {
        changes.iter().map(|c| c.line()).collect()
    };
    let changes = house.journal.changes(all.clone()).await.unwrap();
    assert_eq!(told(&changes), ["Checkout 1.2.4, began", "Checkout 1.2.3, succeeded"]);
    assert_eq!(house.journal.forget_changes(at(-360)).await.unwrap(), 1);
    assert_eq!(told(&house.journal.changes(all).await.unwrap()), ["Checkout 1.2.4, began"]);
}

#[tokio::test]
async fn a_change_that_is_told_late_draws_the_cards_anew_that_it_belongs_on() {
    let house = House::open(settings()).await;
    house.desk.take_alerts(vec![of("checkout", "ErrorRate", -60)]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let open = house.journal.deliveries(DeliveryFilter::Open).await.unwrap();
    for delivery in house.journal.claim("chat", at(1), 9).await.unwrap() {
        house
            .journal
            .settle(commandpost::outbox::plan::after_attempt(
                &delivery,
                commandpost::outbox::port::Outcome::Sent { external_id: None, url: None },
                at(1),
                0.0,
                Duration::zero(),
            ))
            .await
            .unwrap();
    }
    house.desk.take_changes(vec![deploy("old", "a week ago", 9_000, Outcome::Succeeded)]).await.unwrap();
    assert_eq!(house.journal.deliveries(DeliveryFilter::Open).await.unwrap(), [], "too old for any card");
    house.desk.take_changes(vec![deploy("1", "Checkout 1.2.3", 10, Outcome::Succeeded)]).await.unwrap();
    let again = house.journal.deliveries(DeliveryFilter::Open).await.unwrap();
    assert_eq!(again.iter().map(|d| &d.what).collect::<Vec<_>>(), [&What::Situation { id: 1 }]);
    assert_ne!(again[0].key, open[0].key, "another edit, not a repeat of the first");
}

#[tokio::test]
async fn a_person_tells_of_a_change_and_in_an_incident_it_stands_on_the_timeline() {
    let house = House::open(settings()).await;
    let id = house.declared(IncidentKind::Real).await;
    say(&house, "Ada", "change --at 10m rolled out 1.2.3 service:checkout env:production").await.unwrap();
    say(&house, "Ada", "INC-1 change turned off the cache").await.unwrap();
    let changes = house.desk.last_changes(at(-3_600), 9).await.unwrap();
    let told: Vec<String> = changes
        .iter()
        .map(|c| format!("{} {:?} {:?} {:?}", c.title, c.service, c.environment, c.by))
        .collect();
    assert_eq!(
        told,
        [
            r#"turned off the cache None None Some("Ada")"#,
            r#"rolled out 1.2.3 Some("checkout") Some("production") Some("Ada")"#
        ]
    );
    assert_eq!(changes[1].at, at(-600));
    let lines = house.desk.timeline(id, 1).await.unwrap();
    assert_eq!(lines.iter().filter(|line| line.text.contains("Change: turned off the cache")).count(), 1);
    assert_eq!(lines.iter().filter(|line| line.text.contains("rolled out")).count(), 0);
    let refused = say(&house, "Ada", "change service:checkout").await.unwrap_err();
    assert_eq!(refused.because, Because::Invalid);
}

#[tokio::test]
async fn a_change_that_was_reported_by_mistake_is_struck_and_not_deleted() {
    let house = House::open(settings()).await;
    let id = house.declared(IncidentKind::Real).await;
    say(&house, "Ada", "change --at 10m rolled out 1.2.3 service:checkout").await.unwrap();
    say(&house, "Ada", "INC-1 change turned off the cache").await.unwrap();
    let told = async |line: &str| say(&house, "Bo", line).await.unwrap();
    let list = told("change list").await;
    let number = |title: &str| {
        let line = list.lines().find(|line| line.contains(title)).unwrap();
        line.split(' ').next().unwrap().to_owned()
    };
    let (cache, rollout) = (number("turned off the cache"), number("rolled out 1.2.3 (checkout, Ada)"));
    assert!(list.ends_with("`change withdraw N REASON`."), "{list}");
    assert!(told("INC-1 change list").await.contains("rolled out 1.2.3"));

    // Bo has no part in it yet.
    let refused = say(&house, "Bo", &format!("change withdraw {cache} that was staging")).await.unwrap_err();
    assert_eq!(refused.because, Because::Forbidden, "{refused}");
    told("INC-1 note that cache is on a test system").await;
    let answer = told(&format!("change withdraw {cache} that was the staging system")).await;
    assert_eq!(
        answer,
        format!("Change {cache} is withdrawn; it stays on record as such: turned off the cache.")
    );
    let list = told("change list").await;
    assert!(
        list.contains("turned off the cache – withdrawn by Bo: that was the staging system (Ada)"),
        "{list}"
    );
    let lines = house.desk.timeline(id, 1).await.unwrap();
    let said = lines.iter().find(|line| line.text.contains("Change: turned off the cache")).unwrap();
    let last = lines.last().unwrap();
    let entry =
        format!("The change of entry {} was reported by mistake and is withdrawn: that was", said.seq);
    assert!(last.text.contains(&entry), "{}", last.text);
    let again = say(&house, "Bo", &format!("change withdraw {cache} really")).await.unwrap_err();
    assert_eq!(again.because, Because::Conflict);
    // The reason is shown as long as the entry that has it.
    house.say("Ada", id, Command::Redact { target: last.seq, reason: "a customer's name".into() }).await;
    let house = house.restarted();
    let told = async |line: &str| say(&house, "Bo", line).await.unwrap();
    let list = told("change list").await;
    assert!(list.contains("turned off the cache – withdrawn by Bo (Ada)"), "{list}");
    assert!(!list.contains("staging"), "{list}");

    told(&format!("change withdraw {rollout} it was put off")).await;
    assert_eq!(house.desk.last_changes(at(-3_600), 9).await.unwrap().len(), 2, "both are kept");
    let none = say(&house, "Bo", "change withdraw 1 never was").await.unwrap_err();
    assert_eq!(none.because, Because::NotFound);
}

#[tokio::test]
async fn what_no_incident_has_is_withdrawn_by_whoever_said_it_and_by_those_who_may_declare() {
    let mut settings = settings();
    settings.policy.reserved.declare = Some(["cy".to_owned()].into());
    let house = House::open(settings).await;
    house.desk.take_changes(vec![deploy("1", "Checkout 1.2.3", 10, Outcome::Succeeded)]).await.unwrap();
    say(&house, "Ada", "change turned off the cache").await.unwrap();
    let list = say(&house, "Bo", "change list").await.unwrap();
    let withdraw = async |who: &str, title: &str| {
        let line = list.lines().find(|line| line.contains(title)).unwrap();
        let number = line.split(' ').next().unwrap();
        say(&house, who, &format!("change withdraw {number} a mistake")).await
    };
    for (who, title) in [("Bo", "cache"), ("Bo", "Checkout"), ("Ada", "Checkout")] {
        assert_eq!(withdraw(who, title).await.unwrap_err().because, Because::Forbidden, "{who}: {title}");
    }
    for (who, title) in [("Ada", "cache"), ("Cy", "Checkout")] {
        withdraw(who, title).await.unwrap();
    }
}

#[tokio::test]
async fn of_two_changes_that_share_a_number_none_is_withdrawn_by_it() {
    let house = House::open(settings()).await;
    // Five digits run out: sooner or later two changes have the same ones.
    let mut known = BTreeMap::new();
    let (one, other) = (0..)
        .find_map(|n| {
            let number = deploy(&n.to_string(), "x", 10, Outcome::Succeeded).taken(at(0)).number();
            known.insert(number, n).map(|before| (before, n))
        })
        .unwrap();
    let told = [(one, "Checkout 1.2.3"), (other, "Billing 7")];
    let told = told.map(|(n, title)| deploy(&n.to_string(), title, 10, Outcome::Succeeded));
    let number = told[0].clone().taken(at(0)).number();
    house.desk.take_changes(told.to_vec()).await.unwrap();
    let refused = say(&house, "Ada", &format!("change withdraw {number} a mistake")).await.unwrap_err();
    assert_eq!(refused.because, Because::Conflict);
    assert!(refused.why.contains("«Checkout 1.2.3»") && refused.why.contains("«Billing 7»"), "{refused}");
    let list = say(&house, "Ada", "change list").await.unwrap();
    assert!(!list.contains("withdrawn by"), "{list}");
}

#[tokio::test]
async fn a_mark_is_kept_with_who_and_why_once_for_each_press_and_the_last_one_holds() {
    let house = House::open(settings()).await;
    house.desk.take_alerts(vec![of("checkout", "ErrorRate", -60)]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let press = |verdict, once: &str| {
        let (desk, once) = (house.desk.clone(), Some(once.to_owned()));
        async move {
            let subject = Subject::Situation(1);
            desk.mark(caller("Ada"), subject, verdict, "the disk cleans itself".into(), once).await
        }
    };
    let first = press(Verdict::Noise, "k1").await.unwrap();
    assert_eq!(press(Verdict::Noise, "k1").await.unwrap(), first, "a repeat gets the first answer");
    house.world.later(Duration::minutes(1));
    press(Verdict::Late, "k2").await.unwrap();
    let since = JudgementFilter::Since { at: at(-60), limit: 9 };
    let house = house.restarted();
    let marks = house.journal.judgements(since).await.unwrap();
    assert_eq!(
        marks.iter().map(|mark| mark.words()).collect::<Vec<_>>(),
        ["late (Ada: the disk cleans itself)", "noise (Ada: the disk cleans itself)"]
    );
    let row = house.journal.situations(SituationFilter::One(1)).await.unwrap().remove(0);
    let card = house.desk.situation_card(&row).await.unwrap();
    assert!(card.fields.iter().any(|field| field.name == "Marked"));
    assert!(card.buttons.iter().all(|button| button.id != "late"), "what holds already is not offered");

    assert_eq!(say(&house, "Ada", "alert mark S-9 noise").await.unwrap_err().because, Because::NotFound);
    let unknown = say(&house, "Ada", "alert mark ErorRate noise").await.unwrap_err();
    assert!(unknown.why.contains("«ErorRate»"), "{unknown}");
    say(&house, "Ada", "alert mark ErrorRate noise it flaps").await.unwrap();
    let report = say(&house, "Bo", "alert report --since 1d").await.unwrap();
    assert!(report.contains("ErrorRate (alertmanager): marked noise (Ada: it flaps)"), "{report}");
}

#[tokio::test]
async fn what_is_said_of_an_alert_or_a_change_is_kept_whole_and_legible_or_refused() {
    let house = House::open(settings()).await;
    house.desk.take_alerts(vec![of("checkout", "ErrorRate", -60)]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let long = "x".repeat(10_000);
    for (line, why) in [
        (format!("alert mark S-1 noise {long}"), "A reason has at most 500 characters."),
        ("alert mark S-1 noise \u{200b}".to_owned(), "The reason is empty."),
        (format!("alert silence S-1 1h {long}"), "A reason has at most 500 characters."),
        ("alert silence S-1 1h \u{2060}".to_owned(), "The reason is empty."),
        ("maintenance add \"\u{200b}\" for 1h match service=db".to_owned(), "The name is empty."),
        ("change \u{200b}".to_owned(), "The change is empty."),
    ] {
        let refused = say(&house, "Ada", &line).await.unwrap_err();
        assert_eq!(refused.why, why, "{}", line.chars().take(60).collect::<String>());
    }
    let turned = "ev\u{202e}il\u{9d}";
    for line in [
        format!("alert mark S-1 noise {turned}"),
        format!("alert silence S-1 1h {turned}"),
        format!("maintenance add \"{turned}\" for 1h match service=db"),
        format!("change {turned}"),
    ] {
        let said = say(&house, "Ada", &line).await.unwrap();
        assert!(said.contains("ev\u{FFFD}il\u{FFFD}"), "{said:?}");
    }
    for line in [
        format!("alert mark \"Err{turned}{long}\" noise"),
        format!("oncall {turned}{long}"),
        format!("oncall override {turned}{long} @Bo 4h"),
    ] {
        let refused = say(&house, "Ada", &line).await.unwrap_err().to_string();
        assert!(!refused.contains(['\u{202e}', '\u{9d}']), "{refused:?}");
        assert!(refused.chars().count() < 500, "{refused}");
    }
}

#[tokio::test]
async fn a_mark_on_alerts_of_an_incident_stands_on_its_timeline_and_of_a_restricted_one_for_nobody_else() {
    let house = House::open(settings()).await;
    house.desk.take_alerts(vec![of("checkout", "ErrorRate", -60), of("db", "DiskFull", -90)]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let id: IncidentId = house
        .desk
        .declare(caller("Ada"), declare("zanzibar leaks", IncidentKind::Real), Default::default())
        .await
        .unwrap()
        .incident
        .unwrap();
    for situation in [1, 2] {
        house.say("Ada", id, Command::LinkSituation { situation, facts: None }).await;
    }
    house.say("Ada", id, Command::Restrict { reason: "a customer".into() }).await;
    say(&house, "Ada", "alert mark S-1 late zanzibar called first").await.unwrap();
    let lines = house.desk.timeline(id, 1).await.unwrap();
    assert!(
        lines.iter().any(|line| line.text.contains("Marked S-1 (ErrorRate) as late: zanzibar called first"))
    );

    // Who is not in it sees the mark without its words, and of the alerts those that they ask for.
    let outside = say(&house, "Bo", "alert report").await.unwrap();
    assert!(!outside.contains("zanzibar") && !outside.contains("INC-1"), "{outside}");
    assert!(say(&house, "Ada", "alert report").await.unwrap().contains("zanzibar"));
    let why = say(&house, "Bo", "alert why S-1").await.unwrap();
    assert!(why.contains("ErrorRate") && !why.contains("DiskFull") && !why.contains("zanzibar"), "{why}");
    assert_eq!(say(&house, "Bo", "INC-1 alert why").await.unwrap_err().because, Because::NotFound);
    let row = house.journal.situations(SituationFilter::One(1)).await.unwrap().remove(0);
    let card = format!("{:?}", house.desk.situation_card(&row).await.unwrap());
    assert!(!card.contains("zanzibar") && !card.contains("DiskFull") && !card.contains("INC-1"), "{card}");
    let overheard = Caller::person(person("Ada"), "test").overheard();
    let line = words::Words::Text("alert report".into());
    let told = house.desk.say(overheard, None, line, None, &words::by_name()).await.unwrap().text;
    assert!(!told.contains("zanzibar") && !told.contains("INC-1"), "{told}");
}

#[tokio::test]
async fn an_incident_that_is_damaged_keeps_its_changes_to_itself_and_the_cards_of_others_are_drawn() {
    let (house, faulty) = House::faulty(settings()).await;
    let (broken, other) = (house.incident().await, house.incident().await);
    say(&house, "Ada", "change --at 10m rolled out 1.2.3 service:checkout").await.unwrap();
    say(&house, "Ada", &format!("{broken} change turned off the cache service:checkout")).await.unwrap();
    house.world.later(Duration::minutes(1));
    house.desk.take_alerts(vec![of("checkout", "ErrorRate", 60)]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    say(&house, "Ada", &format!("{other} link S-1")).await.unwrap();
    let card = |house: &House| {
        let desk = house.desk.clone();
        async move { format!("{:?}", desk.incident_card(other).await.unwrap().fields) }
    };
    assert!(card(&house).await.contains("turned off the cache"));
    let house = house.restarted();
    faulty.damage(broken);
    let shown = card(&house).await;
    assert!(shown.contains("rolled out 1.2.3") && !shown.contains("turned off the cache"), "{shown}");
    let row = house.journal.situations(SituationFilter::One(1)).await.unwrap().remove(0);
    let shown = format!("{:?}", house.desk.situation_card(&row).await.unwrap().fields);
    assert!(shown.contains("rolled out 1.2.3") && !shown.contains("turned off the cache"), "{shown}");
}

#[tokio::test]
async fn changes_that_are_hidden_take_no_place_of_older_ones() {
    let house = House::open(settings()).await;
    let id = house.incident().await;
    say(&house, "Ada", "change --at 10m rolled out 1.2.3 service:checkout").await.unwrap();
    for n in 0..20 {
        say(&house, "Ada", &format!("{id} change flag {n} turned on")).await.unwrap();
        if n % 7 == 0 {
            house.world.later(Duration::seconds(1));
        }
    }
    let titles = async |limit| {
        let changes = house.desk.last_changes(at(-3_600), limit).await.unwrap();
        changes.into_iter().map(|change| change.title).collect::<Vec<_>>()
    };
    assert_eq!(titles(3).await.len(), 3);
    house.say("Ada", id, Command::Restrict { reason: String::new() }).await;
    assert_eq!(titles(3).await, ["rolled out 1.2.3"]);
    house.say("Ada", id, Command::OpenUp { reason: String::new() }).await;
    assert_eq!(titles(3).await.len(), 3, "no more than were asked for");
}
