//! What is written in a chat: where it need not be said again, and when it was.

use chrono::{DateTime, Utc};
use commandpost::{
    desk::{
        Along, Answer, Caller, Settings,
        words::{Words, by_name},
    },
    incident::{
        command::{Command, StatedTime},
        event::TimeSource,
        id::IncidentId,
        severity::Severity,
    },
};

use crate::support::{
    courier::{Scripted, pump},
    house::{House, alert, at, note, pasted_key, person},
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

#[tokio::test]
async fn a_report_that_is_heard_late_was_observed_when_it_was_written_and_hides_no_later_one() {
    let house = House::open(settings()).await;
    let id = house.incident().await;
    let ada = Caller::person(person("Ada"), "chat").standing_with(Some(id));
    let report = |service: &str, conditions: &str| Command::Can {
        service: service.into(),
        conditions: conditions.into(),
        actions: String::new(),
        needs: String::new(),
    };
    let now = writes(&house, &ada, id, report("pay", "half of it fails"), "now").await;
    assert!(!now.is_plain && !now.text.contains("late entry"), "{now:?}");
    let written = ada.written(Some(at(-600)));
    for (service, stands) in [("pay", "half of it fails"), ("db", "all of it fails")] {
        let answer = writes(&house, &written, id, report(service, "all of it fails"), service).await;
        assert!(!answer.is_plain && answer.text.contains("It is a late entry for"), "{answer:?}");
        let line = house.desk.timeline(id, answer.seq.unwrap()).await.unwrap().remove(0);
        assert_eq!((line.time_source, line.occurred_at), (TimeSource::Chat, at(-600)), "{service}");
        let incident = house.desk.incident(id).await.unwrap();
        assert_eq!(incident.cans[service].conditions, stands, "{service}");
    }
}

#[tokio::test]
async fn what_is_done_by_a_line_is_answered_told_and_dated_when_it_is_heard_also_where_a_note_comes_of_it() {
    let house = House::open(settings()).await;
    let id = house.incident().await;
    house.desk.take_alerts(vec![alert("db", "db1")]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let there = Caller::person(person("Ada"), "chat").standing_with(Some(id)).written(Some(at(-600)));
    let says = async |words: &str| {
        let said = Words::Text(words.to_owned());
        house.desk.say(there.clone(), Some(id), said, Some(words.to_owned()), &by_name()).await.unwrap()
    };
    says("link S-1").await;
    let number = |list: String| list.split(' ').next().unwrap().to_owned();
    let mut acts = Vec::new();
    for line in ["change turned off the cache", "ack S-1 it is mine", "alert mark S-1 noise it cleans itself"]
    {
        acts.push((says(line).await, line));
    }
    let list = number(says("change list").await.text);
    acts.push((says(&format!("change withdraw {list} that was staging")).await, "withdrawn"));
    let chat = Scripted::new("chat");
    pump(&house.desk, &[&chat]).await;
    // What a restricted incident keeps to itself is no less done.
    house.say("Ada", id, Command::Restrict { reason: String::new() }).await;
    let leak = format!("change the token is {}", pasted_key());
    let secret = says(&leak).await;
    assert!(secret.text.contains("GitHub token"), "{secret:?}");
    acts.push((secret, "the token is"));
    for (answer, what) in &acts {
        assert!(!answer.is_plain && !answer.text.contains("late entry"), "{what}: {answer:?}");
        let line = house.desk.timeline(id, answer.seq.unwrap()).await.unwrap().remove(0);
        assert_eq!((line.time_source, line.occurred_at), (TimeSource::House, at(0)), "{what}: {line:?}");
    }
    let asked = chat.asked();
    for words in ["turned off the cache", "it is mine", "it cleans itself", "is withdrawn: that was staging"]
    {
        let is_told = asked.iter().any(|one| one.starts_with("deliver INC-") && one.contains(words));
        assert!(is_told, "{words}: {asked:#?}");
    }
}

#[tokio::test]
async fn an_executive_whose_order_is_refused_reads_so_and_so_does_everybody() {
    let mut settings = settings();
    settings.policy.executives = ["vera".to_owned()].into();
    let house = House::open(settings).await;
    let id = house.incident().await;
    let vera = Caller::person(person("Vera"), "chat").standing_with(Some(id)).written(Some(at(-600)));
    let order = |to| Command::Severity { to, reason: String::new() };
    writes(&house, &vera, id, order(Severity::Sev4), "asked").await;
    let again = writes(&house, &vera, id, order(Severity::Sev3), "noted").await;
    assert!(!again.is_plain && again.text.starts_with("Nothing was done."), "{again:?}");
    let line = house.desk.timeline(id, again.seq.unwrap()).await.unwrap().remove(0);
    assert_eq!((line.time_source, line.occurred_at), (TimeSource::House, at(0)), "{line:?}");
    let chat = Scripted::new("chat");
    pump(&house.desk, &[&chat]).await;
    let asked = chat.asked();
    assert!(asked.iter().any(|one| one.contains("Vera has no role here and wants to")), "{asked:#?}");
}
