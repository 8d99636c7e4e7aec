//! Pasted secrets: nothing of them is on disk, whichever way they came.

use std::collections::BTreeMap;

use commandpost::{
    desk::{Along, Caller, Settings, words},
    incident::{
        command::{Command, SituationFacts},
        kind::Kind,
    },
    journal::rows::{Quoted, SituationFilter},
};

use crate::support::{
    courier::{Scripted, pump},
    house::{House, alert, caller, declare, note, person},
};

/// Put together here, so that no file holds a key by its shape.
fn canary(n: u8) -> String {
    format!("ghp_{}CANARY{n}", "Ab1".repeat(10))
}

#[tokio::test]
async fn that_a_secret_stands_in_a_message_of_the_chat_is_told_after_a_crash_too_and_once() {
    let house = House::open(Settings { chats: vec!["chat".into()], ..Settings::default() }).await;
    let id = house.incident().await;
    let put_there = async |house: &House, message: &str, text: &str| {
        let quoted = Quoted { at: "room".into(), message: message.into(), whom: vec!["bo".into()] };
        let caller = Caller::person(person("Ada"), "chat").quoting(Some(quoted));
        let along = Along { once: Some(format!("pin/{message}")), ..Along::default() };
        house.desk.submit(caller, id, note(text), along).await.unwrap();
    };
    let leak = format!("it runs with {}", canary(1));
    put_there(&house, "m1", &leak).await;
    put_there(&house, "m2", "it runs").await;
    // What is said to the bot is answered, and that is enough.
    house.say("Ada", id, note(format!("mine is {}", canary(2)))).await;
    let house = house.restarted();
    // It is heard again, as nobody knows whether it was done.
    put_there(&house, "m1", &leak).await;
    let chat = Scripted::new("chat");
    for _ in 0..2 {
        pump(&house.desk, &[&chat]).await;
    }
    let asked = chat.asked();
    let told: Vec<&String> = asked.iter().filter(|asked| asked.contains("/secret/")).collect();
    assert!(matches!(told.as_slice(), [one] if one.ends_with("GitHub token in room m1")), "{asked:#?}");
}

#[tokio::test]
async fn a_pasted_secret_is_on_no_timeline_in_no_answer_kept_for_repeats_and_not_in_the_file() {
    let house = House::open(Settings { chats: vec!["chat".into()], ..Settings::default() }).await;
    let id = house.incident().await;
    let said = |line: String| {
        let (desk, once) = (house.desk.clone(), Some(format!("key/{}", line.len())));
        async move { desk.say(caller("Ada"), Some(id), words::Words::Text(line), once, &words::by_name()).await }
    };
    let answer = said(format!("note the deploy used {} by mistake", canary(1))).await.unwrap();
    assert!(answer.text.starts_with("Noted."), "{}", answer.text);
    assert!(answer.text.contains("(GitHub token)") && answer.text.contains("revoke it"), "{}", answer.text);
    let again = said(format!("note the deploy used {} by mistake", canary(1))).await.unwrap();
    assert_eq!(again, answer, "a repeat gets the same answer");
    for line in [
        format!("can {} all down | {} | {}", canary(2), canary(3), canary(4)),
        format!("link {} https://ada:{}@grafana.example/d/7", canary(5), canary(6)),
        format!("task add --in 10m revoke {}", canary(7)),
        format!("update draft --title {} We look at {}", canary(8), canary(9)),
        format!("sev1 {}", canary(10)),
        format!("action --risky use {}", canary(11)),
        format!("propose {}", canary(12)),
    ] {
        let answer = said(line.clone()).await.unwrap();
        assert!(answer.text.contains("A secret was masked"), "{line}: {}", answer.text);
        assert!(!answer.text.contains("CANARY"), "{line}: {}", answer.text);
    }
    let refused = said(format!("correct 99 {}", canary(13))).await.unwrap_err();
    assert!(!refused.to_string().contains("CANARY"), "{refused}");
    let pinned = format!("Bo: {} (https://chat.example/1)", canary(14));
    house.desk.submit(caller("Bo"), id, note(pinned), Along::default()).await.unwrap();
    let title = format!("login with {} fails", canary(15));
    let opened =
        house.desk.declare(caller("Cy"), declare(&title, Kind::Real), Along::default()).await.unwrap();
    assert!(opened.text.contains("A secret was masked"), "{}", opened.text);

    let mut noisy = alert(&format!("group {}", canary(16)), &format!("db1 {}", canary(17)));
    noisy.annotations = BTreeMap::from([("command".into(), format!("curl -H {}", canary(18)))]);
    noisy.labels = BTreeMap::from([("url".into(), format!("https://u:{}@db1", canary(19)))]);
    house.desk.take_alerts(vec![noisy.clone()]).await.unwrap();
    house.desk.take_alerts(vec![noisy]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    let rows = house.journal.situations(SituationFilter::Recent { limit: 9 }).await.unwrap();
    assert_eq!(rows.len(), 1, "masked, the same alert is still the same");
    let alerts = house.journal.alerts_of(rows[0].id, 9).await.unwrap();
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].alert.notes.join(" ").contains("Masked"), "{:?}", alerts[0].alert.notes);
    // What belongs to no incident keeps its answers as well.
    for (n, line) in [
        format!("alert mark S-1 noise it is {}", canary(20)),
        format!("ack S-1 {}", canary(21)),
        format!("silence S-1 2h {}", canary(22)),
        format!("unsilence S-1 {}", canary(23)),
        format!("maintenance add \"db {}\" for 2h match service={}", canary(24), canary(25)),
        format!("change --service {} rotated {}", canary(26), canary(27)),
    ]
    .into_iter()
    .enumerate()
    {
        for here in [None, Some(id)].into_iter().skip(usize::from(!line.starts_with("change"))) {
            let (desk, once) = (&house.desk, Some(format!("alone/{n}/{here:?}")));
            let words = words::Words::Text(line.clone());
            let answer = desk.say(caller("Ada"), here, words, once, &words::by_name()).await.unwrap();
            assert!(answer.text.contains("A secret was masked"), "{line}: {}", answer.text);
            assert!(!answer.text.contains("CANARY"), "{line}: {}", answer.text);
        }
    }
    house
        .desk
        .submit(
            caller("Ada"),
            id,
            Command::LinkSituation { situation: 1, facts: None::<SituationFacts> },
            Along::default(),
        )
        .await
        .unwrap();

    for file in std::fs::read_dir(house.dir()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|six| six == b"CANARY"), "{}", path.display());
    }
}
