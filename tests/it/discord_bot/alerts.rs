//! Alerts that belong to no incident yet: their card, and what is pressed on it.

use commandpost::alert::{Alert, AlertSeverity, Status};
use serde_json::{Value, json};

use super::{button, field, house::House};

fn alert(fingerprint: &str, status: Status) -> Alert {
    Alert {
        source: "prometheus".into(),
        fingerprint: fingerprint.into(),
        status,
        acknowledged: false,
        severity: AlertSeverity::Critical,
        severity_text: "page".into(),
        title: "Checkout errors @everyone".into(),
        description: "[look](https://evil.example) <@&1> ```".into(),
        starts_at: None,
        ends_at: None,
        labels: [].into(),
        annotations: [].into(),
        links: vec![],
        group_key: "checkout".into(),
        notes: vec![],
    }
}

#[tokio::test]
async fn alerts_have_one_card_in_their_channel_from_which_an_incident_is_declared() {
    let house = House::new().await;
    let bot = house.start().await;
    house.desk.take_alerts(vec![alert("a", Status::Firing)]).await.expect("taken");
    house.desk.follow_once().await.expect("followed");
    let card = house.eventually("the card", || house.cards(house.alerts).pop()).await;
    house.desk.take_alerts(vec![alert("b", Status::Firing)]).await.expect("taken");
    house.desk.follow_once().await.expect("followed");
    house.quiet().await;
    let card = house.discord.message(card.id).expect("the same card");
    assert_eq!(field(&card, "Firing"), "2 of 2");
    assert_eq!(house.cards(house.alerts).len(), 1);
    let link = button(&card, "link");
    let pressed = house.discord.press(house.bob, card.id, &link).expect("a button");
    pressed.modal().await.expect("a form");
    let refused = house.discord.submit_modal(&pressed, json!({"incident": "INC-1 close"})).expect("it fits");
    assert!(refused.message().await.expect("an answer").content.contains("no incident number"));

    let pressed = house.discord.press(house.bob, card.id, &button(&card, "declare")).expect("a button");
    let form = pressed.answer().await.expect("an answer");
    assert_ne!(form.kind, 9, "it has no blanks");
    let told = pressed.message().await.expect("an answer");
    house.quiet().await;
    let card = house.discord.message(card.id).expect("the same card");
    if told.content.contains("INC-1") {
        assert_eq!(field(&card, "Incident"), "INC-1");
        let left: Vec<&Value> =
            card.components.iter().flat_map(|row| row["components"].as_array()).flatten().collect();
        let left: Vec<&str> = left.iter().filter_map(|button| button["label"].as_str()).collect();
        assert_eq!(left, ["It was right", "Noise", "Too late"], "nothing else is left to press");
    } else {
        panic!("{}", told.content);
    }
    house.end(bot, "alerts").await;
}
