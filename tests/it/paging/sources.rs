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
