use super::*;
use crate::{
    desk::{Along, Caller, Settings, clock::System},
    incident::{
        command::{Command, Declare},
        kind::Kind,
        severity::Severity,
    },
    journal::sqlite::SqliteJournal,
    people::Person,
};

fn ada() -> Caller {
    Caller::person(Person::named("Ada").unwrap(), "test")
}

#[tokio::test]
async fn a_line_that_waits_for_its_turn_is_not_said_in_the_open_once_its_incident_is_restricted() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).await.unwrap();
    let desk = Desk::new(Arc::new(journal), Arc::new(System), Settings::default());
    let declare = Declare::new("Payments fail", Severity::Sev2, Kind::Real);
    let declared = desk.declare(ada(), declare, Along::default()).await.unwrap();
    let spot = Spot::open(declared.incident.unwrap());
    let said = while_seen_by(&desk, spot, async { Ok(7) }).await;
    assert!(matches!(said, Ok(7)));

    let waiting = while_seen_by(&desk, spot, std::future::pending::<Step<()>>());
    let restrict = Command::Restrict { reason: String::new() };
    let restricting = desk.submit(ada(), spot.id, restrict, Along::default());
    let (halted, restricted) = tokio::join!(waiting, restricting);
    restricted.unwrap();
    // It may have been said the moment before: it is looked for, and not just said again.
    assert!(matches!(halted, Err(Halt::Outcome(Outcome::Unknown { .. }))));
    // In the place of those who see it, it is said.
    let said = while_seen_by(&desk, Spot::private(spot.id), async { Ok(7) }).await;
    assert!(matches!(said, Ok(7)));
}

#[test]
fn what_a_right_is_missing_for_is_tried_again_soon_and_then_once_a_minute() {
    let after = |attempts| {
        let refused = Outcome::Retry { after: Some(AFTER_FORBIDDEN), why: "no right".into() };
        let Outcome::Retry { after, .. } = sooner_at_first(refused, attempts) else { panic!("tried again") };
        after.map(|after| after.as_secs())
    };
    assert_eq!([0, 1, 2, 3, 4, 99].map(after), [5, 10, 20, 40, 60, 60].map(Some));
    // The time for which a chat asks is its own.
    let asked = Outcome::Retry { after: Some(Duration::from_secs(60)), why: "slowly".into() };
    let Outcome::Retry { after, .. } = sooner_at_first(asked, 0) else { panic!("tried again") };
    assert_eq!(after, Some(Duration::from_secs(60)));
}
