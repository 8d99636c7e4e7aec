//! Rosters that are read from elsewhere: whose answer holds, and for how long.

use std::sync::Arc;

use chrono::Duration;
use commandpost::{config::Config, incident::kind::Kind, model::fault::Fault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::Night;
use crate::support::{house::House, program::until};

#[tokio::test]
async fn what_a_source_hears_after_another_took_its_place_is_not_kept() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (file, calendar) = (dir.path().join("commandpost.toml"), dir.path().join("calendar"));
    std::fs::write(&calendar, format!("http://{}/calendar.ics", listener.local_addr().unwrap())).unwrap();
    let source = "[[roster]]\nname = \"db\"\n[roster.source]\nkind = \"ical\"\n";
    std::fs::write(&file, format!("{source}calendar_file = \"{}\"\n", calendar.display())).unwrap();
    let config = Config::load(Some(&file), std::iter::empty())
        .unwrap_or_else(|all| panic!("{}", all.iter().map(|one| one.render()).collect::<String>()));
    let source = Arc::new(commandpost::pager::source::Source::all(&config).unwrap().remove(0));
    let house = House::open(commandpost::desk::Settings::default()).await;
    for is_replaced in [true, false] {
        let stop = CancellationToken::new();
        let asking = tokio::spawn(source.clone().keep_fresh(house.desk.clone(), stop.clone()));
        let (mut asked, _) = listener.accept().await.unwrap();
        let mut head = [0; 1_024];
        assert!(asked.read(&mut head).await.unwrap() > 0);
        if is_replaced {
            stop.cancel();
        }
        let body = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260102T080000Z\r\n\
                    DTEND:20260103T080000Z\r\nSUMMARY:Cy\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let answer =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        // Whoever asked may have hung up.
        drop(asked.write_all(answer.as_bytes()).await);
        if is_replaced {
            asking.await.unwrap();
            assert!(house.journal.fetched().await.unwrap().is_empty());
        } else {
            let is_kept = || async { !house.journal.fetched().await.unwrap().is_empty() };
            until(10, "that it is kept", is_kept).await;
            stop.cancel();
            asking.await.unwrap();
        }
    }
}

#[tokio::test]
async fn of_a_time_that_the_other_system_was_not_asked_about_nobody_is_not_said_to_be_on_call() {
    let night = Night::with(|settings| settings).await;
    night.model.write_calendar(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20251220T080000Z\r\nDTEND:20251227T080000Z\r\n\
         SUMMARY:Cy\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\nDTSTART:20260103T080000Z\r\nDTEND:20260104T080000Z\r\n\
         SUMMARY:Cy\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    commandpost::pager::source::Source::all(&night.config)
        .unwrap()
        .remove(0)
        .refresh(&night.house.desk)
        .await;
    for moment in ["2025-12-24T18:00Z", "2026-03-01T18:00Z"] {
        let told = night.type_in("Ann", &format!("oncall db --at {moment}")).await.unwrap();
        assert!(told.starts_with("db/primary: not known – as of Fri 2026-01-02 12:0"), "{told}");
        assert!(told.contains(": it was asked from 2025-12-31 12:0") && told.ends_with(" only"), "{told}");
    }
    let told = night.type_in("Ann", "oncall db --at 2026-01-02T18:00Z").await.unwrap();
    assert_eq!(told, "db/primary: nobody until Sat 2026-01-03 08:00 UTC, then Cy");
    let plan = night.type_in("Ann", "oncall db --until 2026-03-01T18:00Z").await.unwrap();
    assert!(plan.ends_with(": before and after, nobody means not known."), "{plan}");
}

#[tokio::test]
async fn a_calendar_says_who_is_woken_and_its_last_answer_holds_while_it_is_away() {
    let night = Night::with(|settings| {
        settings.replace("to = [\"roster:web\", \"pager:pd\"]", "to = [\"roster:db\"]")
    })
    .await;
    let source = commandpost::pager::source::Source::all(&night.config).unwrap().remove(0);
    let say = async |night: &Night| {
        let rows = night.house.desk.on_call(Some("db"), night.house.desk.world.now()).await.unwrap();
        (rows[0].person.as_ref().map(|one| one.name.clone()), rows[0].trouble.clone())
    };
    assert_eq!(say(&night).await, (None, Some("it was never read yet".to_owned())));
    night.model.write_calendar(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260102T080000Z\r\nDTEND:20260103T080000Z\r\n\
         SUMMARY:On-Call (GoAlert: DB) Cy\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    source.refresh(&night.house.desk).await;
    assert_eq!(say(&night).await, (Some("Cy".to_owned()), None));
    night.model.faults().next_reads(1, Fault::Break);
    source.refresh(&night.house.desk).await;
    night.model.write_calendar("<html>log in</html>");
    let night = night.restarted().await;
    assert_eq!(say(&night).await, (Some("Cy".to_owned()), Some("the calendar answered 500".to_owned())));
    source.refresh(&night.house.desk).await;
    let (who, trouble) = say(&night).await;
    assert_eq!((who.as_deref(), trouble.unwrap().contains("it is no calendar")), (Some("Cy"), true));
    night.declare(Kind::Real).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung(), ["twilio +491701234567"]);
}
