//! What is written in a chat: where it need not be said again, and when it was.

use chrono::{DateTime, Utc};
use commandpost::{
    desk::{Along, Answer, Caller, Settings},
    incident::{
        command::{Command, StatedTime},
        event::TimeSource,
        id::IncidentId,
    },
};

use crate::support::{
    courier::{Scripted, pump},
    house::{House, at, note, pasted_key, person},
};

fn settings() -> Settings {
    Settings { chats: vec!["chat".into(), "other".into()], ..Settings::default() }
}

async fn writes(house: &House, caller: &Caller, id: IncidentId, command: Command, once: &str) -> Answer {
    let along = Along { once: Some(once.into()), ..Along::default() };
    house.desk.submit(caller.clone(), id, command, along).await.unwrap()
}

#[tokio::test]
async fn what_stands_in_the_incidents_own_room_is_not_said_there_again_but_elsewhere_also_after_a_crash() {
    let house = House::open(settings()).await;
    let (id, other) = (house.incident().await, house.incident().await);
    let there = Caller::person(person("Ada"), "chat").standing_with(Some(id));
    let among_few = there.clone().among(Some(id));
    let first = writes(&house, &there, id, note("db1 swaps"), "1").await;
    assert!(first.is_plain && first.text == "Noted.", "{first:?}");
    let decided = writes(&house, &there, id, Command::Decide { text: "we fail over".into() }, "2").await;
    assert!(decided.is_plain, "{decided:?}");
    // Said with another time, it is answered with it.
    let five = Command::Note { text: "db2 swapped".into(), at: Some(StatedTime::MinutesAgo(5)) };
    assert!(!writes(&house, &there, id, five, "3").await.is_plain);
    // The room does not have it as the timeline does, or is another, or more comes of it than its words.
    let leak = format!("it runs with {}", pasted_key());
    for (n, who, to, command) in [
        (4, &there, id, note(leak)),
        (5, &there, other, note("elsewhere")),
        (6, &among_few, id, note("in a private place that is none")),
        (7, &Caller::person(person("Ada"), "chat"), id, note("for my eyes alone")),
        (8, &there, id, Command::CheckIn { who: None, note: "here".into() }),
    ] {
        let answer = writes(&house, who, to, command, &n.to_string()).await;
        assert!(!answer.is_plain, "{n}: {answer:?}");
    }
    let house = house.restarted();
    assert_eq!(writes(&house, &there, id, note("db1 swaps"), "1").await, first, "heard again");
    let (chat, beside) = (Scripted::new("chat"), Scripted::new("other"));
    pump(&house.desk, &[&chat, &beside]).await;
    let lines = |courier: &Scripted, words: &str| {
        let asked = courier.asked();
        asked.iter().filter(|one| one.starts_with("deliver INC-") && one.contains(words)).count()
    };
    for (words, times) in [
        ("db1 swaps", 0),
        ("we fail over", 0),
        ("db2 swapped", 0),
        ("it runs with", 1),
        ("elsewhere", 1),
        ("none", 1),
        ("for my eyes", 1),
        ("checked in", 1),
    ] {
        assert_eq!((lines(&chat, words), lines(&beside, words)), (times, 1), "{words}: {:#?}", chat.asked());
    }
}

#[tokio::test]
async fn what_is_heard_a_while_after_it_was_written_stands_at_the_time_at_which_it_was_written() {
    let house = House::open(settings()).await;
    let id = house.incident().await;
    let ada = Caller::person(person("Ada"), "chat").standing_with(Some(id));
    let year = 366 * 24 * 3_600;
    for (n, seconds, source) in [
        (1, -600, TimeSource::Chat),
        (2, -50, TimeSource::House),
        // A chat's clock that is wrong.
        (3, 600, TimeSource::House),
        (4, -2 * year, TimeSource::House),
    ] {
        let written = ada.clone().written(Some(at(seconds)));
        let answer = writes(&house, &written, id, note(format!("note {n}")), &n.to_string()).await;
        let is_late = source == TimeSource::Chat;
        assert_eq!(answer.text.contains("It is a late entry for"), is_late, "{n}: {answer:?}");
        assert_eq!(answer.is_plain, !is_late, "{n}");
        let line = house.desk.timeline(id, answer.seq.unwrap()).await.unwrap().remove(0);
        let occurred_at: DateTime<Utc> = if is_late { at(seconds) } else { at(0) };
        assert_eq!(
            (line.time_source, line.occurred_at, line.recorded_at),
            (source, occurred_at, at(0)),
            "{n}"
        );
        assert_eq!(line.is_out_of_order(), is_late, "{n}");
    }
    let written = ada.written(Some(at(-600)));
    // A time that is stated counts; and what is done is done now.
    let five = Command::Note { text: "x".into(), at: Some(StatedTime::MinutesAgo(5)) };
    let stated = writes(&house, &written, id, five, "stated").await.seq.unwrap();
    let done =
        writes(&house, &written, id, Command::CheckIn { who: None, note: String::new() }, "done").await;
    let times: Vec<_> =
        house.desk.timeline(id, stated).await.unwrap().into_iter().map(|line| line.occurred_at).collect();
    assert_eq!(times, [at(-300), at(0)]);
    assert_eq!(done.seq, Some(stated + 1));
}
