use super::*;
use crate::{
    card::testing::said,
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
fn what_is_left_in_the_open_of_a_line_of_a_restricted_incident_says_nothing_of_it() {
    let line = said("[redacted: names ACME's breach]");
    let id = line.incident;
    let text = |spot, is_restricted| left_of(&line, spot, is_restricted).text.clone();
    assert_eq!(text(Spot::open(id), true), [Part::Text("[redacted]".into())]);
    for (spot, is_restricted) in
        [(Spot::open(id), false), (Spot::private(id), true), (Spot::private(id), false)]
    {
        assert_eq!(text(spot, is_restricted), line.text, "{spot} {is_restricted}");
    }
}

#[test]
fn where_a_line_stands_is_known_before_the_chat_has_told_its_own_name() {
    for (then, now, is_same) in [
        ("https://matrix.to/#/%21r%3As/%24e?via=s", "https://matrix.to/#/%21r%3As/%24e?via=", true),
        ("https://matrix.to/#/%21r%3As/%24e?via=s", "https://matrix.to/#/%21other%3As/%24e?via=s", false),
        ("https://acme.slack.com/archives/C1/p2", "https://slack.com/archives/C1/p2", true),
        ("https://acme.slack.com/archives/C1/p2", "https://acme.slack.com/archives/C2/p2", false),
        ("https://acme.slack.com/archives/C1/p2", "https://acme.slack.com/archives/C1/p3", false),
    ] {
        assert_eq!(is_same_place(then, now), is_same, "{then} {now}");
    }
}
