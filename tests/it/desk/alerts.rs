//! The follower: what a rule makes of alerts, and what an incident is told of those linked to it.

use chrono::Duration;
use commandpost::{
    alert::{
        Alert, AlertSeverity,
        rules::{Action, Declaring, Matchers, Rule},
    },
    desk::{Along, Settings},
    grammar::Arrange,
    incident::{command::Command, event::Event, id::IncidentId, kind::Kind, phase::Phase, refusal::Because},
    journal::rows::{DeliveryFilter, IncidentFilter, SituationFilter, SituationRow, What},
};

use crate::support::house::{House, alert, at, caller, declare, person, resolved};

async fn house(then: Action) -> House {
    let when = Matchers { severity: Some(AlertSeverity::Critical), ..Matchers::default() };
    let rules = vec![Rule { name: "critical".into(), when, then }];
    House::open(Settings { chats: vec!["chat".into()], rules, ..Settings::default() }).await
}

fn declares() -> Action {
    Action::Declare(Declaring { severity: 1, title: Some("{title}".into()), ..Declaring::default() })
}

async fn situation(house: &House, id: i64) -> SituationRow {
    house.journal.situations(SituationFilter::One(id)).await.unwrap().remove(0)
}

async fn cards(house: &House) -> Vec<What> {
    let open = house.journal.deliveries(DeliveryFilter::Open).await.unwrap();
    open.into_iter().map(|d| d.what).filter(|what| matches!(what, What::Situation { .. })).collect()
}

async fn incidents(house: &House) -> Vec<IncidentId> {
    house.desk.list(IncidentFilter::all(100)).await.unwrap().into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn a_rule_shows_a_card_or_only_records() {
    let shown = house(Action::Card).await;
    shown.desk.take_alerts(vec![alert("g", "db1")]).await.unwrap();
    assert_eq!(shown.desk.follow_once().await.unwrap(), 1);
    assert_eq!(shown.desk.follow_once().await.unwrap(), 0, "told once");
    assert_eq!(cards(&shown).await, [What::Situation { id: 1 }]);
    shown.desk.take_alerts(vec![alert("g", "db1")]).await.unwrap();
    assert_eq!(shown.desk.follow_once().await.unwrap(), 0, "a repeat is no news");

    let recorded = house(Action::Record).await;
    recorded.desk.take_alerts(vec![alert("g", "db1")]).await.unwrap();
    recorded.desk.follow_once().await.unwrap();
    recorded.desk.take_alerts(vec![alert("g", "db2")]).await.unwrap();
    recorded.desk.follow_once().await.unwrap();
    assert_eq!((cards(&recorded).await, incidents(&recorded).await), (vec![], vec![]));
    assert_eq!(situation(&recorded, 1).await.decided.as_deref(), Some("record"));
}

#[tokio::test]
async fn how_a_page_of_situations_stands_is_asked_of_the_journal_once_and_not_for_each() {
    let (house, journal) = House::faulty(Settings::default()).await;
    let groups: Vec<_> = (0..20).map(|n| alert(&format!("g{n}"), &format!("db{n}"))).collect();
    house.desk.take_alerts(groups).await.unwrap();
    for (who, id) in [("Ada", 3), ("Bo", 5), ("Cy", 5), ("Ada", 7)] {
        let asked = Arrange::Acknowledge { situation: id, comment: String::new() };
        house.desk.arrange(caller(who), asked, None).await.unwrap();
    }
    let taken_back = Arrange::Unacknowledge { situation: 7, reason: String::new() };
    house.desk.arrange(caller("Ada"), taken_back, None).await.unwrap();
    let mut rows = house.journal.situations(SituationFilter::Recent { limit: 20 }).await.unwrap();
    rows.sort_by_key(|row| row.id);
    let before = journal.asked_for_arrangements();
    let stood = house.desk.stood(&rows).await.unwrap();
    // For the acknowledgements, and for what stands of silences and windows.
    assert_eq!(journal.asked_for_arrangements() - before, 2);
    let told: Vec<_> = rows
        .iter()
        .zip(&stood)
        .filter(|(_, stood)| !stood.words.is_empty())
        .map(|(row, stood)| (row.id, stood.words.as_str()))
        .collect();
    assert_eq!(told, [(3, "; acknowledged by Ada"), (5, "; acknowledged by Cy")]);
}

#[tokio::test]
async fn a_rule_declares_once_and_the_incident_hears_what_moves() {
    let house = house(declares()).await;
    let (db1, db2) = (alert("g", "db1"), alert("g", "db2"));
    house.desk.take_alerts(vec![db1.clone()]).await.unwrap();
    // A crash between intake and telling: nothing is lost.
    let house = house.restarted();
    house.desk.follow_once().await.unwrap();
    let ids = incidents(&house).await;
    assert_eq!(ids.len(), 1);
    let id = ids[0];
    let state = house.desk.incident(id).await.unwrap();
    assert_eq!(
        (state.severity.level(), state.firing(), state.commander.name.as_str()),
        (1, 1, "commandpost")
    );
    house.say("Ada", id, Command::TakeCommand { force: false, reason: String::new() }).await;

    house.desk.take_alerts(vec![db2.clone()]).await.unwrap();
    let house = house.restarted();
    while house.desk.follow_once().await.unwrap() > 0 {}
    assert_eq!(house.desk.incident(id).await.unwrap().firing(), 2);
    house.desk.take_alerts(vec![db1.clone(), db2.clone()]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    house.desk.take_alerts(vec![resolved(&db1), resolved(&db2)]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    assert_eq!(
        house.names(id).await,
        [
            "incident.declared",
            "command.established",
            "alert.linked",
            "command.transferred",
            "alert.changed",
            "alert.cleared"
        ]
    );
    assert_eq!(incidents(&house).await.len(), 1);

    // Over, then firing again: another situation, and the rule looks anew.
    house.say("Ada", id, Command::Enter { phase: Phase::Resolved, reason: "cleaned up".into() }).await;
    house.say("Ada", id, Command::Enter { phase: Phase::Closed, reason: String::new() }).await;
    let again = Alert { starts_at: Some(at(60)), ..db1 };
    house.desk.take_alerts(vec![again]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    assert_eq!(incidents(&house).await.len(), 2);
    assert_eq!(situation(&house, 2).await.incident.unwrap().number, 2);
}

#[tokio::test]
async fn what_ends_after_the_incident_was_closed_is_written_there() {
    let house = house(declares()).await;
    let db1 = alert("g", "db1");
    house.desk.take_alerts(vec![db1.clone()]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let id = incidents(&house).await[0];
    house.say("Ada", id, Command::TakeCommand { force: false, reason: String::new() }).await;
    house.say("Ada", id, Command::Enter { phase: Phase::Resolved, reason: "silenced".into() }).await;
    house.say("Ada", id, Command::Enter { phase: Phase::Closed, reason: String::new() }).await;
    house.desk.take_alerts(vec![resolved(&db1)]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    assert_eq!(house.names(id).await.last(), Some(&"alert.cleared"));
    assert_eq!(
        (
            incidents(&house).await.len(),
            house.desk.situations(SituationFilter::Recent { limit: 9 }).await.unwrap().len()
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn of_alerts_whose_incident_is_over_it_is_told_whether_they_fire_still_and_what_to_do() {
    let acknowledges = || Arrange::Acknowledge { situation: 1, comment: String::new() };
    let silences = || Arrange::Silence { situation: 1, minutes: 60, reason: "known".into() };
    let house = house(declares()).await;
    let db1 = alert("g", "db1");
    house.desk.take_alerts(vec![db1.clone()]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let id = incidents(&house).await[0];
    house.say("Ada", id, Command::TakeCommand { force: false, reason: String::new() }).await;
    house.say("Ada", id, Command::Enter { phase: Phase::Cancelled, reason: "not ours".into() }).await;
    for asked in [acknowledges(), silences()] {
        let refused = house.desk.arrange(caller("Ada"), asked, None).await.unwrap_err();
        assert!(refused.why.contains("S-1 fires still") && refused.why.contains("INC-1"), "{refused}");
        assert!(refused.why.contains("cancelled") && refused.instead.contains("`link S-1`"), "{refused}");
    }
    // As it says.
    let other = house.incident().await;
    house.say("Ada", other, Command::LinkSituation { situation: 1, facts: None }).await;
    house.desk.arrange(caller("Ada"), acknowledges(), None).await.unwrap();
    house.say("Ada", other, Command::Enter { phase: Phase::Cancelled, reason: "not ours".into() }).await;
    house.desk.take_alerts(vec![resolved(&db1)]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let refused = house.desk.arrange(caller("Ada"), silences(), None).await.unwrap_err();
    assert!(
        refused.why.contains("nothing of it fires any more") && refused.why.contains("INC-2"),
        "{refused}"
    );
    assert!(!refused.instead.contains("link"), "{refused}");
}

#[tokio::test]
async fn a_rule_attaches_to_the_only_open_incident_and_otherwise_shows_a_card() {
    let house = house(Action::Attach).await;
    house.desk.take_alerts(vec![alert("g", "db1")]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    assert_eq!(cards(&house).await.len(), 1, "there is nothing to join");
    let id = house.incident().await;
    house.desk.take_alerts(vec![alert("h", "web")]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    assert_eq!(situation(&house, 2).await.incident, Some(id));
    assert_eq!(house.names(id).await.last(), Some(&"alert.linked"));
    house.incident().await;
    house.desk.take_alerts(vec![alert("i", "mail")]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    assert_eq!(situation(&house, 3).await.incident, None, "two to choose from: a person chooses");
}

#[tokio::test]
async fn a_situation_belongs_to_one_incident() {
    let house = house(Action::Card).await;
    house.desk.take_alerts(vec![alert("g", "db1")]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    let (one, two) = (house.incident().await, house.incident().await);
    let link = || Command::LinkSituation { situation: 1, facts: None };
    house.say("Bo", one, link()).await;
    assert_eq!(house.try_say("Bo", two, link()).await.unwrap_err().because, Because::Conflict);
    assert_eq!(house.try_say("Bo", one, link()).await.unwrap_err().because, Because::Conflict);
    let missing = Command::LinkSituation { situation: 9, facts: None };
    assert_eq!(house.try_say("Bo", one, missing).await.unwrap_err().because, Because::NotFound);
    let row = situation(&house, 1).await;
    let facts = commandpost::incident::command::SituationFacts {
        id: 1,
        title: row.situation.title,
        source: row.situation.source,
        firing: 1,
        total: 1,
        ..Default::default()
    };
    // A rule comes with what it knows; it may have been taken up since.
    let known = Command::LinkSituation { situation: 1, facts: Some(facts.clone()) };
    assert_eq!(house.try_say("Bo", two, known).await.unwrap_err().because, Because::Conflict);
    let mut again = declare("The same", commandpost::incident::kind::Kind::Real);
    again.situation = Some(facts);
    let refused = house.desk.declare(caller("Cy"), again, Along::default()).await.unwrap_err();
    assert!(refused.why.contains("belongs to INC-1"), "{refused}");
}

#[tokio::test]
async fn a_duplicate_hands_its_alerts_and_tasks_over_once_even_over_a_crash() {
    let house = house(Action::Card).await;
    let db1 = alert("g", "db1");
    house.desk.take_alerts(vec![db1.clone()]).await.unwrap();
    let first = house.incident().await;
    let second = house.desk.declare(caller("Bo"), declare("Search is slow", Kind::Real), Along::default());
    let second = second.await.unwrap().incident.unwrap();
    house.say("Bo", second, Command::LinkSituation { situation: 1, facts: None }).await;
    house
        .say("Cy", second, Command::AssignTask { owner: None, text: "Find it".into(), minutes: Some(5) })
        .await;
    let merge = |into| Command::Merge { into, other: None, reason: "the same database".into() };
    let nowhere = IncidentId::new(Kind::Real, 9);
    assert_eq!(house.try_say("Bo", second, merge(nowhere)).await.unwrap_err().because, Because::NotFound);
    house.say("Ada", second, merge(first)).await;
    // A crash before the other one has heard of it.
    let house = house.restarted();
    assert!(!house.names(first).await.contains(&"incident.merged_in"));
    house.desk.fire_due_timers().await.unwrap();
    house.desk.fire_due_timers().await.unwrap();
    let names = house.names(first).await;
    assert_eq!(names[names.len() - 3..], ["incident.merged_in", "alert.linked", "task.assigned"]);
    let entries = house.desk.read_from(first, 1).await.unwrap();
    let merged_by = entries.iter().find_map(|entry| match &entry.event {
        Event::MergedIn { by, .. } => by.clone(),
        _ => None,
    });
    assert_eq!(merged_by, Some(person("Ada")), "the one that goes on knows who wrote");
    assert_eq!(house.names(second).await.last(), Some(&"incident.phase_changed"));
    assert_eq!(house.desk.incident(second).await.unwrap().phase, Phase::Merged);
    assert_eq!(situation(&house, 1).await.incident, Some(first));
    // What the monitoring sends from now on is told to the one that goes on.
    house.desk.take_alerts(vec![alert("g", "db2")]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    assert_eq!(house.names(first).await.last(), Some(&"alert.changed"));
    house.world.later(Duration::minutes(6));
    house.desk.fire_due_timers().await.unwrap();
    assert!(house.names(first).await.contains(&"task.overdue"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_are_merged_into_each_other_one_goes_on() {
    let mut house = house(Action::Card).await;
    let merge = |into| Command::Merge { into, other: None, reason: String::new() };
    for _ in 0..8 {
        let (one, two) = (house.incident().await, house.incident().await);
        // Nothing is at hand: each has to be read, which takes a while.
        house = house.restarted();
        let (first, second) =
            tokio::join!(house.try_say("Ada", one, merge(two)), house.try_say("Ada", two, merge(one)));
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        house.desk.fire_due_timers().await.unwrap();
    }
}

#[tokio::test]
async fn what_a_duplicate_leaves_goes_on_to_where_its_other_one_went() {
    let house = house(Action::Card).await;
    house.desk.take_alerts(vec![alert("g", "db1")]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    let (one, two, three) = (house.incident().await, house.incident().await, house.incident().await);
    house.say("Ada", one, Command::LinkSituation { situation: 1, facts: None }).await;
    house
        .say("Ada", one, Command::AssignTask { owner: None, text: "Find it".into(), minutes: Some(5) })
        .await;
    let merge = |into| Command::Merge { into, other: None, reason: String::new() };
    house.say("Ada", one, merge(two)).await;
    house.say("Ada", two, merge(three)).await;
    while house.desk.fire_due_timers().await.unwrap() > 0 {}
    assert_eq!(house.names(two).await.last(), Some(&"incident.merged_in"));
    let names = house.names(three).await;
    assert_eq!(names.iter().filter(|name| **name == "incident.merged_in").count(), 2);
    assert!(names.contains(&"alert.linked") && names.contains(&"task.assigned"), "{names:?}");
    assert_eq!(situation(&house, 1).await.incident, Some(three));
    house.desk.journal.rebuild().await.unwrap();
    assert_eq!(situation(&house, 1).await.incident, Some(three));
}
