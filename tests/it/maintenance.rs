//! Windows and silences: what matches is told with the window's name, or kept until it ends; all else comes through.

mod planned;

use chrono::Duration;
use commandpost::{
    alert::{
        Alert,
        rules::{Action, Declaring, Matchers, Rule},
        window::{Effect, Time, Window},
    },
    desk::{Answer, Settings, words, words::Words},
    incident::refusal::Refusal,
    journal::rows::{ArrangementFilter, DeliveryFilter, IncidentFilter, SituationFilter, What},
    outbox::port::Outcome,
    publish::upstream::{self, Recall, UpstreamSettings},
    wall::Day,
};

use crate::support::{
    courier::{Scripted, pump},
    house::{House, alert, caller, person, resolved},
};

fn of(service: &str, name: &str) -> Alert {
    Alert { labels: [("service".to_owned(), service.to_owned())].into(), ..alert(service, name) }
}

async fn house(settings: Settings) -> House {
    House::open(Settings { chats: vec!["chat".into()], ..settings }).await
}

async fn try_say(house: &House, who: &str, text: &str) -> Result<Answer, Refusal> {
    house.desk.say(caller(who), None, Words::Text(text.into()), None, &words::by_name()).await
}

async fn say(house: &House, who: &str, text: &str) -> String {
    try_say(house, who, text).await.unwrap_or_else(|refusal| panic!("{text}: {refusal}")).text
}

async fn take(house: &House, alerts: Vec<Alert>) {
    house.desk.take_alerts(alerts).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
}

/// The situations whose cards wait to be shown.
async fn told(house: &House) -> Vec<i64> {
    let open = house.journal.deliveries(DeliveryFilter::Open).await.unwrap();
    open.into_iter()
        .filter_map(|delivery| match delivery.what {
            What::Situation { id } => Some(id),
            _ => None,
        })
        .collect()
}

/// What a reader of the card sees, line by line.
async fn card(house: &House, id: i64) -> String {
    let row = house.journal.situations(SituationFilter::One(id)).await.unwrap().remove(0);
    let card = house.desk.situation_card(&row).await.unwrap();
    let fields = card.fields.iter().map(|field| format!("{}: {:?}\n", field.name, field.value));
    let buttons = card.buttons.iter().map(|button| format!("[{}] {}\n", button.label, button.command));
    fields.chain(buttons).collect()
}

#[tokio::test]
async fn an_alert_within_a_window_is_told_with_its_name_and_in_the_incident_that_a_rule_declares() {
    let when = Matchers::default();
    let then = Action::Declare(Declaring { severity: 2, ..Declaring::default() });
    let rules = vec![Rule { name: "all".into(), when, then }];
    let house = house(Settings { rules, ..Settings::default() }).await;
    let planned =
        say(&house, "Ada", "maintenance add \"db upgrade\" from 11:59 to 16:00 match service=db").await;
    assert!(planned.contains("from 2026-01-03 11:59 UTC"), "a time of day is the next one: {planned}");
    say(&house, "Ada", "maintenance end 1 meant today").await;
    let planned = say(&house, "Ada", "maintenance add \"db upgrade\" to 16:00 match service=db").await;
    assert_eq!(
        planned,
        "Planned: window 2 «db upgrade», open until 2026-01-02 16:00 UTC: alerts with service=db are told with its name, by Ada."
    );
    take(&house, vec![of("db", "db1"), of("web", "web1")]).await;
    let ids: Vec<_> =
        house.desk.list(IncidentFilter::all(9)).await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), 2, "a window mutes nothing by itself");
    let mut linked = Vec::new();
    for id in ids {
        linked.extend(
            house.texts(id).await.into_iter().filter(|text| text.contains("belong to this incident now")),
        );
    }
    linked.sort();
    assert_eq!(
        linked,
        [
            "Alerts S-1 «Disk full on db1» from alertmanager belong to this incident now: 1 of 1 firing; within the maintenance window \
             «db upgrade», until 2026-01-02 16:00 UTC. The rule “all” matched: an incident of severity 2.",
            "Alerts S-2 «Disk full on web1» from alertmanager belong to this incident now: 1 of 1 firing. The rule “all” matched: an \
             incident of severity 2.",
        ]
    );
    let shown = card(&house, 1).await;
    assert!(
        shown.contains("within the maintenance window «db upgrade», until 2026-01-02 16:00 UTC"),
        "{shown}"
    );
    assert!(!card(&house, 2).await.contains("maintenance"));
    house.world.later(Duration::hours(4));
    assert!(!card(&house, 1).await.contains("maintenance"), "it ends by itself");
    assert_eq!(say(&house, "Bo", "maintenance list").await.lines().count(), 1);
}

#[tokio::test]
async fn a_window_that_records_tells_what_still_fires_when_it_ends_and_lets_through_what_does_not_match() {
    let windows = vec![Window {
        name: "backup".into(),
        matching: Matchers { labels: [("service".into(), "db".into())].into(), ..Matchers::default() },
        effect: Effect::Record,
        time: Time::Weekly {
            days: vec![Day::Fri],
            from: chrono::NaiveTime::from_hms_opt(11, 0, 0).unwrap(),
            until: chrono::NaiveTime::from_hms_opt(13, 0, 0).unwrap(),
            zone: chrono_tz::UTC,
        },
    }];
    let mut house = house(Settings { windows, ..Settings::default() }).await;
    let gone = of("db", "db2");
    let passing = Alert { group_key: "passing".into(), ..gone };
    take(&house, vec![of("db", "db1"), of("web", "web1"), passing.clone()]).await;
    assert_eq!(told(&house).await, [2], "what does not match comes through");
    take(&house, vec![of("db", "db3"), resolved(&passing)]).await;
    assert_eq!(told(&house).await, [2], "it is counted, and not told");
    house = house.restarted();
    house.world.later(Duration::minutes(59));
    take(&house, vec![]).await;
    assert_eq!(told(&house).await, [2]);
    house.world.later(Duration::minutes(1));
    take(&house, vec![]).await;
    assert_eq!(told(&house).await, [2, 1], "what still fires, and not what came and went");
    let row = house.journal.situations(SituationFilter::One(1)).await.unwrap().remove(0);
    assert_eq!(row.situation.firing, 2);
    assert_eq!(row.decided.as_deref(), Some("card"), "the rules have looked at it");
}

#[tokio::test]
async fn a_silence_counts_and_does_not_tell_and_ends_by_itself_after_a_restart_too() {
    let mut house = house(Settings { silence_hours_max: 8, ..Settings::default() }).await;
    let chat = Scripted::new("chat");
    take(&house, vec![of("db", "db1")]).await;
    pump(&house.desk, &[&chat]).await;
    for (text, why) in [
        ("silence S-1 9h why", "from a minute to 8 hours"),
        ("silence S-7 1h why", "There is no group of alerts S-7"),
        ("unsilence S-1", "S-1 is not silenced"),
    ] {
        let refusal = try_say(&house, "Ada", text).await.unwrap_err();
        assert!(refusal.why.contains(why), "{text}: {refusal}");
    }
    assert!(
        try_say(&house, "Ada", "silence S-1 1h").await.is_err(),
        "without a reason nobody knows why at night"
    );
    let answer = say(&house, "Ada", "silence S-1 for 2h \"the disk is being replaced @everyone\"").await;
    assert_eq!(
        answer,
        "S-1 is silenced until 2026-01-02 14:00 UTC: the disk is being replaced @everyone. alertmanager is not told: nothing in \
         [senders] reaches it. What comes is counted. `unsilence S-1` ends it earlier."
    );
    assert_eq!(told(&house).await, [1], "the card says that it is silenced");
    pump(&house.desk, &[&chat]).await;
    let shown = card(&house, 1).await;
    assert!(shown.contains("by Ada until 2026-01-02 14:00 UTC: the disk is being replaced"), "{shown}");
    assert!(shown.contains("[Unsilence] alert unsilence S-1") && !shown.contains("[Silence]"), "{shown}");

    take(&house, vec![of("db", "db2")]).await;
    assert_eq!(told(&house).await, Vec::<i64>::new());
    take(&house, vec![of("web", "web1")]).await;
    assert_eq!(told(&house).await, [2], "another group is told");
    pump(&house.desk, &[&chat]).await;
    house = house.restarted();
    house.world.later(Duration::minutes(121));
    take(&house, vec![]).await;
    assert_eq!(told(&house).await, [1]);
    assert!(!card(&house, 1).await.contains("Silenced"));

    say(&house, "Bo", "silence S-1 1h again").await;
    take(&house, vec![of("db", "db3")]).await;
    pump(&house.desk, &[&chat]).await;
    assert_eq!(say(&house, "Bo", "unsilence S-1 \"done\"").await, "S-1 is silenced no more: done.");
    take(&house, vec![]).await;
    assert_eq!(told(&house).await, [1]);
}

#[tokio::test]
async fn what_belongs_to_a_restricted_incident_is_arranged_by_those_who_see_it_and_anything_else_in_any_room()
{
    let house = house(Settings::default()).await;
    take(&house, vec![of("db", "db1")]).await;
    let incident = house.incident().await;
    say(&house, "Ada", "link S-1").await;
    let room = |who: &str, text: &str| {
        let (desk, caller, words) = (house.desk.clone(), caller(who).overheard(), Words::Text(text.into()));
        async move { desk.say(caller, None, words, None, &words::by_name()).await }
    };
    assert!(room("Bo", "silence S-1 1h it is known").await.is_ok(), "where others read along");
    say(&house, "Ada", "restrict a customer's data").await;
    for refused in [try_say(&house, "Bo", "unsilence S-1").await, room("Ada", "unsilence S-1").await] {
        let why = refused.unwrap_err().why;
        assert!(why == "Somebody is on S-1 already." && !why.contains(&incident.to_string()), "{why}");
    }
    assert!(house.desk.seen_by(&person("Bo")).arrangements(live(&house)).await.unwrap().is_empty());
    assert_eq!(house.desk.seen_by(&person("Ada")).arrangements(live(&house)).await.unwrap().len(), 1);
    say(&house, "Ada", "unsilence S-1").await;
}

fn live(house: &House) -> ArrangementFilter {
    ArrangementFilter::Live { now: house.desk.world.now() }
}

/// An Alertmanager that has been up for a while and has these alerts.
async fn alertmanager(fingerprints: &'static [&'static str]) -> (String, tokio::task::JoinHandle<()>) {
    use axum::{Json, Router, routing::get};
    use serde_json::json;
    let all: Vec<_> = fingerprints.iter().map(|print| json!({ "fingerprint": print })).collect();
    let router = Router::new()
        .route("/api/v2/status", get(|| async { Json(json!({ "uptime": "2026-01-01T12:00:00.000Z" })) }))
        .route("/api/v2/alerts", get(|| async { Json(all) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (url, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

#[tokio::test]
async fn what_clears_while_alertmanager_is_silent_about_it_is_learnt_by_asking() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let (url, server) = alertmanager(&["db2"]).await;
    let upstream = [("alertmanager".to_owned(), upstream::takes("alertmanager", false))].into();
    let house = house(Settings { upstream, ..Settings::default() }).await;
    let settings = UpstreamSettings {
        hook: "alertmanager".into(),
        sender: "alertmanager".into(),
        url: Some(url.parse().unwrap()),
        ..UpstreamSettings::default()
    };
    let recall = Recall::of(&settings, house.desk.clone()).unwrap().unwrap();
    let incident = house.incident().await;
    take(&house, vec![of("db", "db1"), of("db", "db2")]).await;
    say(&house, "Ada", "link S-1").await;
    recall.look().await.unwrap();
    assert_eq!(
        house.desk.incident(incident).await.unwrap().firing(),
        2,
        "it is only asked while it is silent"
    );
    say(&house, "Ada", "ack S-1").await;
    pump(&house.desk, &[&Scripted::new("sender/alertmanager")]).await;
    recall.look().await.unwrap();
    take(&house, vec![]).await;
    assert_eq!(
        house.texts(incident).await.last().unwrap(),
        "Alerts S-1 «Disk full on db1 (+1 more)»: 1 of 2 firing now."
    );
    server.abort();
}

#[tokio::test]
async fn an_acknowledgement_names_who_is_on_it_and_a_repeat_under_its_key_is_answered_as_before() {
    let house = house(Settings::default()).await;
    take(&house, vec![of("db", "db1")]).await;
    let ack = |key: &str| {
        let (desk, key) = (house.desk.clone(), key.to_owned());
        async move {
            let words = Words::Text("ack S-1 I look at db1".into());
            desk.say(caller("Ada"), None, words, Some(key), &words::by_name()).await
        }
    };
    let first = ack("k1").await.unwrap();
    assert_eq!(ack("k1").await.unwrap(), first);
    assert!(ack("k2").await.unwrap_err().why.contains("Ada acknowledged S-1 at 2026-01-02 12:00 UTC"));
    let shown = card(&house, 1).await;
    assert!(
        shown.contains("by Ada, 2026-01-02 12:00 UTC: I look at db1") && !shown.contains("[Acknowledge]"),
        "{shown}"
    );

    // One that the sender brings is news too, and is not news twice.
    let incident = house.incident().await;
    say(&house, "Ada", "link S-1").await;
    let on_it = Alert { acknowledged: true, ..of("db", "db1") };
    take(&house, vec![on_it.clone()]).await;
    take(&house, vec![on_it]).await;
    let texts = house.texts(incident).await;
    let news: Vec<_> = texts.iter().filter(|text| text.contains("acknowledged at the sender")).collect();
    assert_eq!(news, ["Alerts S-1 «Disk full on db1»: 1 of 1 firing now, 1 acknowledged at the sender."]);
    take(&house, vec![resolved(&of("db", "db1"))]).await;
    assert!(house.texts(incident).await.last().is_some_and(|text| text.contains("cleared")));
    assert!(try_say(&house, "Bo", "ack S-1").await.is_err());
}

#[tokio::test]
async fn who_acknowledges_here_has_acted_on_it_and_the_report_counts_that() {
    let house = house(Settings::default()).await;
    take(&house, vec![of("db", "db1"), of("web", "web1")]).await;
    say(&house, "Ada", "ack S-1 I look at db1").await;
    let since = house.desk.world.now() - Duration::days(1);
    let report = house.desk.alert_report(&person("Bo"), since).await.unwrap();
    let never: Vec<_> = report.never_acted_on().map(|line| line.rule.as_str()).collect();
    assert_eq!((report.fired, report.acted_on, never), (2, 1, vec!["Disk full on web1"]));
}

#[tokio::test]
async fn another_takes_an_acknowledgement_over_and_what_stands_for_it_at_the_sender_is_theirs_without_a_gap()
{
    let upstream = [("alertmanager".to_owned(), upstream::takes("alertmanager", false))].into();
    let house = house(Settings { upstream, ..Settings::default() }).await;
    let sender = Scripted::new("sender/alertmanager");
    take(&house, vec![of("db", "db1")]).await;
    assert_eq!(
        say(&house, "Ada", "ack S-1").await,
        "S-1 is acknowledged by Ada. It is being passed on to alertmanager."
    );
    pump(&house.desk, &[&sender]).await;
    house.world.later(Duration::minutes(5));
    assert_eq!(
        say(&house, "Bo", "ack S-1 mine").await,
        "S-1 is acknowledged by Bo, and no more by Ada: mine. It is being passed on to alertmanager."
    );
    pump(&house.desk, &[&sender]).await;
    let asked = sender.asked();
    let asked: Vec<_> = asked.iter().filter_map(|one| one.split(": ").last()).collect();
    assert_eq!(asked, ["acknowledge S-1", "acknowledge S-1", "unsilence S-1"]);
    let shown = card(&house, 1).await;
    assert!(shown.contains("by Bo, 2026-01-02 12:05 UTC: mine") && !shown.contains("by Ada"), "{shown}");
    let refused = try_say(&house, "Bo", "ack S-1 again").await.unwrap_err();
    assert_eq!(refused.why, "Bo acknowledged S-1 at 2026-01-02 12:05 UTC.");
}

#[tokio::test]
async fn an_acknowledgement_is_taken_back_here_and_where_that_can_be_and_what_stays_at_a_sender_is_said() {
    for (takes, stays, told) in [
        (
            "alertmanager",
            " It is being taken back at alertmanager.",
            vec!["acknowledge S-1", "unsilence S-1"],
        ),
        ("icinga2", " It is being taken back at alertmanager.", vec!["acknowledge S-1", "unacknowledge S-1"]),
        ("pagerduty", " It stays acknowledged at alertmanager: end it there.", vec!["acknowledge S-1"]),
    ] {
        let upstream = [("alertmanager".to_owned(), upstream::takes(takes, false))].into();
        let house = house(Settings { upstream, ..Settings::default() }).await;
        let sender = Scripted::new("sender/alertmanager");
        take(&house, vec![of("db", "db1")]).await;
        say(&house, "Ada", "ack S-1").await;
        pump(&house.desk, &[&sender]).await;
        assert_eq!(
            say(&house, "Bo", "unack S-1 it is the network").await,
            format!("S-1 is acknowledged by nobody any more: it is the network.{stays}")
        );
        pump(&house.desk, &[&sender]).await;
        let asked = sender.asked();
        let asked: Vec<_> = asked.iter().filter_map(|one| one.split(": ").last()).collect();
        assert_eq!(asked, told);
        let shown = card(&house, 1).await;
        assert!(shown.contains("[Acknowledge]") && !shown.contains("by Ada"), "{shown}");
        let report = house.desk.alert_report(&person("Bo"), house.desk.world.now()).await.unwrap();
        assert_eq!(report.acted_on, 0);
        assert!(
            try_say(&house, "Bo", "unack S-1").await.unwrap_err().why.contains("Nobody has acknowledged")
        );
        assert!(say(&house, "Cy", "ack S-1").await.starts_with("S-1 is acknowledged by Cy."));
    }
}

#[tokio::test]
async fn who_takes_over_what_is_acknowledged_at_the_sender_does_not_open_it_there() {
    let upstream = [("alertmanager".to_owned(), upstream::takes("nagios", false))].into();
    let house = house(Settings { upstream, ..Settings::default() }).await;
    let sender = Scripted::new("sender/alertmanager");
    take(&house, vec![of("db", "db1")]).await;
    for who in ["Ada", "Bo"] {
        say(&house, who, "ack S-1").await;
        pump(&house.desk, &[&sender]).await;
    }
    // The sender tells of the acknowledgement, and nobody of its end.
    take(&house, vec![Alert { acknowledged: true, ..of("db", "db1") }]).await;
    say(&house, "Bo", "unack S-1 it is the network").await;
    pump(&house.desk, &[&sender]).await;
    let asked = sender.asked();
    let asked: Vec<_> = asked.iter().filter_map(|one| one.split(": ").last()).collect();
    assert_eq!(asked, ["acknowledge S-1", "acknowledge S-1", "unacknowledge S-1"]);
    take(&house, vec![]).await;
    let row = house.journal.situations(SituationFilter::One(1)).await.unwrap().remove(0);
    assert_eq!((row.situation.firing, row.situation.acknowledged), (1, 0));
}

#[tokio::test]
async fn an_acknowledgement_that_the_sender_does_not_take_is_told_with_why_in_the_list_of_alerts() {
    let upstream = [("alertmanager".to_owned(), upstream::takes("alertmanager", false))].into();
    let house = house(Settings { upstream, ..Settings::default() }).await;
    let why = "it answered 401".to_owned();
    let sender = Scripted::with("sender/alertmanager", [Outcome::Failed { why }], []);
    take(&house, vec![of("db", "db1")]).await;
    say(&house, "Ada", "ack S-1").await;
    pump(&house.desk, &[&sender]).await;
    let listed = say(&house, "Bo", "alerts").await;
    let told = "acknowledged by Ada (could not be passed on to alertmanager: it answered 401)";
    assert!(listed.contains(told), "{listed}");
    assert!(card(&house, 1).await.contains("NOT passed on to alertmanager: it answered 401"));
}

#[tokio::test]
async fn alerts_that_fire_still_are_listed_also_when_their_incident_is_resolved() {
    let house = house(Settings::default()).await;
    take(&house, vec![of("db", "db1"), of("web", "web1")]).await;
    let incident = house.incident().await;
    say(&house, "Ada", "link S-1").await;
    let listed = say(&house, "Bo", "alerts").await;
    let (free, linked) = listed.split_once("\nOf incidents, and firing still:\n").unwrap();
    assert!(free.starts_with("S-2 ") && !free.contains("S-1 "), "{listed}");
    assert!(linked.starts_with("S-1 ") && linked.contains(&format!("; belongs to {incident}, ")), "{listed}");
    say(&house, "Ada", "resolve the disk was replaced").await;
    let listed = say(&house, "Bo", "alerts").await;
    assert!(listed.contains(&format!("; belongs to {incident}, resolved")), "{listed}");
    take(&house, vec![resolved(&of("db", "db1"))]).await;
    assert!(!say(&house, "Bo", "alerts").await.contains("belongs to"));
}

#[tokio::test]
async fn what_fires_in_an_incident_that_is_damaged_keeps_nobody_from_the_list_of_alerts() {
    let (house, faulty) = House::faulty(Settings::default()).await;
    take(&house, vec![of("db", "db1"), of("web", "web1"), of("mail", "mail1")]).await;
    let (broken, other) = (house.incident().await, house.incident().await);
    say(&house, "Ada", &format!("{broken} link S-1")).await;
    say(&house, "Ada", &format!("{other} link S-2")).await;
    let listed = say(&house, "Bo", "alerts").await;
    assert!(
        listed.contains(&format!("belongs to {broken}")) && listed.contains(&format!("belongs to {other}"))
    );
    let house = house.restarted();
    faulty.damage(broken);
    let listed = say(&house, "Bo", "alerts").await;
    assert!(listed.starts_with("S-3 ") && listed.contains(&format!("belongs to {other}")), "{listed}");
    assert!(!listed.contains("S-1 "), "{listed}");
    // What has cleared is burning no more.
    take(&house, vec![resolved(&of("web", "web1"))]).await;
    let burning = SituationFilter::Burning { limit: 9 };
    let burning = house.journal.situations(burning).await.unwrap();
    assert_eq!(burning.iter().map(|row| row.id).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_mark_on_alerts_is_no_acknowledgement_of_their_incident() {
    let then = Action::Declare(Declaring { severity: 2, ..Declaring::default() });
    let rules = vec![Rule { name: "all".into(), when: Matchers::default(), then }];
    let house = house(Settings { rules, ..Settings::default() }).await;
    take(&house, vec![of("db", "db1")]).await;
    let id = "INC-1".parse().unwrap();
    let acknowledged = || async { house.desk.incident(id).await.unwrap().milestones.acknowledged };
    say(&house, "Bo", "alert mark S-1 noise the disk cleans itself").await;
    let last = house.texts(id).await.pop().unwrap();
    assert!(last.starts_with("Marked S-1 (") && last.contains(") as noise: the disk"), "{last}");
    assert_eq!(acknowledged().await, None);
    say(&house, "Bo", "INC-1 note I look at db1").await;
    assert!(acknowledged().await.is_some());
    house.sound(id).await;
}

#[tokio::test]
async fn a_window_is_told_by_both_clocks_and_times_that_may_be_the_wrong_way_round_are_asked_about() {
    let berlin = chrono_tz::Europe::Berlin;
    let house = house(Settings { time_zone: berlin, ..Settings::default() }).await;
    let planned = say(&house, "Ada", "maintenance add \"local\" from 15:00 to 16:00 match service=db").await;
    let when = "from 2026-01-02 15:00 UTC (16:00 CET) to 2026-01-02 16:00 UTC (17:00 CET)";
    assert!(planned.contains(when), "{planned}");
    assert!(say(&house, "Bo", "maintenance list").await.contains(when));
    let asked = try_say(&house, "Ada", "maintenance add \"turned\" from 15:00 to 14:00").await.unwrap_err();
    assert_eq!(
        asked.why,
        "Is the end before the beginning? From 2026-01-02 15:00 UTC (16:00 CET) to the next time it is that late, \
         2026-01-03 14:00 UTC (15:00 CET), are 23 hours."
    );
    assert!(asked.instead.contains("`to 2026-01-03T14:00Z`"), "{asked}");
    assert!(
        try_say(&house, "Ada", "maintenance add \"over\" to 11:00").await.is_err(),
        "it was eleven before"
    );
    let night = say(&house, "Ada", "maintenance add \"night\" from 23:00 to 04:00").await;
    assert!(night.contains("from 2026-01-02 23:00 UTC (2026-01-03 00:00 CET)"), "{night}");
    say(&house, "Ada", "maintenance add \"meant\" from 15:00 to 2026-01-03T14:00Z").await;
}
