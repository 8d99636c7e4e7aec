//! Sub-incidents on the desk: the whole hears of its parts, two at once make no circle, and a restricted one tells nothing.

use commandpost::{
    desk::{Along, Settings},
    incident::{
        command::{Command, Declare},
        id::IncidentId,
        kind::Kind,
        phase::Phase,
        refusal::Because,
    },
};

use crate::support::house::{House, caller, declare};

fn under(parent: IncidentId) -> Command {
    Command::PutUnder { parent, facts: None }
}

fn enter(phase: Phase) -> Command {
    Command::Enter { phase, reason: "it is over".into() }
}

#[tokio::test]
async fn the_whole_hears_of_a_part_once_after_a_restart_too() {
    let house = House::open(Settings::default()).await;
    let whole = house.incident().await;
    let part = Declare { under: Some(whole), ..declare("The replicas lag", Kind::Real) };
    let part = house.desk.declare(caller("Bo"), part, Along::default()).await.unwrap().incident.unwrap();
    let house = house.restarted();
    for _ in 0..2 {
        house.desk.fire_due_timers().await.unwrap();
    }
    let joined = house.names(whole).await.into_iter().filter(|name| *name == "incident.child_joined").count();
    assert_eq!(joined, 1);
    assert_eq!(house.desk.incident(part).await.unwrap().parent, Some(whole));
    house.say("Ada", whole, enter(Phase::Resolved)).await;
    let refused = house.try_say("Ada", whole, enter(Phase::Closed)).await.unwrap_err();
    assert!(refused.why.contains(&part.to_string()), "{refused}");
    house.say("Bo", part, enter(Phase::Resolved)).await;
    house.say("Bo", part, enter(Phase::Closed)).await;
    house.desk.fire_due_timers().await.unwrap();
    house.say("Ada", whole, enter(Phase::Closed)).await;
    house.sound(whole).await;
    house.sound(part).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_put_each_under_the_other_at_once_make_no_circle() {
    let house = House::open(Settings::default()).await;
    let (one, other) = (house.incident().await, house.incident().await);
    let (first, second) =
        tokio::join!(house.try_say("Ada", one, under(other)), house.try_say("Ada", other, under(one)));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    let refused = first.err().or(second.err()).unwrap();
    assert_eq!(refused.because, Because::Conflict);
}

#[tokio::test]
async fn a_restricted_incident_is_no_whole_for_who_may_not_see_it_and_leaves_its_own() {
    let house = House::open(Settings::default()).await;
    let (whole, part) = (house.incident().await, house.incident().await);
    let secret = Declare { restricted: true, ..declare("The zanzibar leak", Kind::Real) };
    let secret = house.desk.declare(caller("Eve"), secret, Along::default()).await.unwrap().incident.unwrap();
    let there = house.try_say("Ada", part, under(secret)).await.unwrap_err();
    let never = house.try_say("Ada", part, under("INC-99".parse().unwrap())).await.unwrap_err();
    assert_eq!(there.to_string().replace(&secret.to_string(), "INC-99"), never.to_string());

    house.say("Ada", part, under(whole)).await;
    house.desk.fire_due_timers().await.unwrap();
    house.say("Ada", part, Command::Restrict { reason: "a customer's data".into() }).await;
    house.desk.fire_due_timers().await.unwrap();
    let before = house.names(whole).await.len();
    house.say("Ada", part, enter(Phase::Resolved)).await;
    house.say("Ada", part, enter(Phase::Closed)).await;
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(house.names(whole).await.len(), before, "where others read, nothing more is told");
    assert!(house.desk.incident(whole).await.unwrap().children.is_empty());
}

#[tokio::test]
async fn what_becomes_restricted_or_open_tells_no_other_circle_of_its_parts() {
    let house = House::open(Settings::default()).await;
    let part_of = |whole| Declare { under: Some(whole), ..declare("The replicas lag", Kind::Real) };
    let open_up = || Command::OpenUp { reason: String::new() };
    // The whole is restricted: its parts, which everybody sees, are parts of nothing any more.
    let whole = house.incident().await;
    let part = house.desk.declare(caller("Bo"), part_of(whole), Along::default()).await.unwrap();
    let part = part.incident.unwrap();
    house.desk.fire_due_timers().await.unwrap();
    house.say("Ada", whole, Command::Restrict { reason: String::new() }).await;
    while house.desk.fire_due_timers().await.unwrap() > 0 {}
    assert_eq!(house.desk.incident(part).await.unwrap().parent, None);
    assert!(house.desk.incident(whole).await.unwrap().children.is_empty());
    // Both are: the whole is not opened over its part, and the part leaves when it is opened.
    let part = house.desk.declare(caller("Ada"), part_of(whole), Along::default()).await.unwrap();
    let part = part.incident.unwrap();
    house.desk.fire_due_timers().await.unwrap();
    let status = house.say("Ada", whole, Command::Status).await.text;
    assert!(!status.contains(&part.to_string()), "{status}");
    let refused = house.try_say("Ada", whole, open_up()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "{whole} has sub-incidents, of which everybody would read here: {part}. `sub leave` there first."
        )
    );
    house.say("Ada", part, open_up()).await;
    while house.desk.fire_due_timers().await.unwrap() > 0 {}
    assert_eq!(house.desk.incident(part).await.unwrap().parent, None);
    house.say("Ada", whole, open_up()).await;
    house.sound(whole).await;
    house.sound(part).await;
}

#[tokio::test]
async fn a_part_that_is_over_can_leave_so_that_the_whole_can_be_opened() {
    let house = House::open(Settings::default()).await;
    let secret = Declare { restricted: true, ..declare("The leak", Kind::Real) };
    let whole = house.desk.declare(caller("Ada"), secret, Along::default()).await.unwrap().incident.unwrap();
    let part = Declare { under: Some(whole), ..declare("The replicas lag", Kind::Real) };
    let part = house.desk.declare(caller("Ada"), part, Along::default()).await.unwrap().incident.unwrap();
    house.say("Ada", part, enter(Phase::Resolved)).await;
    house.say("Ada", part, enter(Phase::Closed)).await;
    house.desk.fire_due_timers().await.unwrap();
    let open_up = || Command::OpenUp { reason: String::new() };
    assert!(house.try_say("Ada", whole, open_up()).await.is_err());
    house.say("Ada", part, Command::LeaveParent { reason: String::new() }).await;
    house.desk.fire_due_timers().await.unwrap();
    house.say("Ada", whole, open_up()).await;
}
