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
