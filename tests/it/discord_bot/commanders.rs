//! The role of whoever commands.

use commandpost::model::discord::Id;
use serde_json::json;

use super::{House, house::Bot};

/// A house that gives a role to whoever commands.
async fn with_role() -> (House, Bot, Id) {
    let mut house = House::new().await;
    let role = house.discord.role("Incident Commander", 0);
    house.commander_role = Some(role);
    let bot = house.start().await;
    (house, bot, role)
}

impl House {
    async fn has_role(&self, role: Id, people: &[Id]) {
        let found = || (self.discord.having(role) == people).then_some(());
        self.eventually(&format!("the role of {people:?}"), found).await;
    }

    async fn hand_over(&self, place: Id, to: Id, by: Id) {
        self.ask(by, place, "command offer", json!({"to": to})).await;
        self.ask(to, place, "command accept", json!({})).await;
    }
}

#[tokio::test]
async fn whoever_commands_an_open_incident_has_the_role_and_whoever_hands_over_the_last_loses_it() {
    let (house, bot, role) = with_role().await;
    let (first, _) = house.declare("Checkout fails").await;
    house.has_role(role, &[house.ada]).await;
    let (second, _) = house.declare("Search is slow").await;
    house.hand_over(first.id, house.bob, house.ada).await;
    house.has_role(role, &[house.ada, house.bob]).await;
    house.hand_over(second.id, house.bob, house.ada).await;
    house.has_role(role, &[house.bob]).await;
    // While nobody is there to see it.
    house.quiet().await;
    house.stop(bot).await;
    house.discord.recorder().clear();
    let bot = house.start().await;
    for place in [first.id, second.id] {
        house.ask(house.bob, place, "resolve", json!({"reason": "rolled back"})).await;
    }
    house.quiet().await;
    assert_eq!(house.discord.having(role), [house.bob], "an incident is open until it is closed");
    let asked = house.discord.requests().iter().filter(|r| r.path.contains("/roles/")).count();
    assert_eq!(asked, 0, "what was given is not given again");
    for place in [first.id, second.id] {
        house.ask(house.bob, place, "close", json!({"reason": "done"})).await;
    }
    house.has_role(role, &[]).await;
    house.end(bot, "commanders").await;
}

#[tokio::test]
async fn nobody_has_the_role_for_a_restricted_incident_or_an_exercise() {
    let (house, bot, role) = with_role().await;
    let secret = json!({"title": "a customer is named", "restricted": true});
    house.ask(house.ada, house.post, "declare", secret).await;
    house.ask(house.ada, house.post, "declare", json!({"title": "A check", "test": true})).await;
    let (thread, _) = house.declare("Checkout fails").await;
    house.has_role(role, &[house.ada]).await;
    house.ask(house.ada, thread.id, "crew restrict", json!({})).await;
    house.has_role(role, &[]).await;
    house.end(bot, "nobody's role").await;
}

#[tokio::test]
async fn a_role_that_the_bot_may_not_give_is_said_in_plain_words_and_holds_up_no_card() {
    let (house, bot, role) = with_role().await;
    house.discord.raise_role(role);
    let (thread, card) = house.declare("Checkout fails").await;
    let said = |what: &'static str| bot.door.health().last_error.filter(|why| why.contains(what));
    let why = house.eventually("the sentence", || said("Manage Roles")).await;
    assert!(why.contains(&role.to_string()) && why.contains("above that one"), "{why}");
    house.ask(house.ada, thread.id, "severity", json!({"severity": "sev1"})).await;
    house.quiet().await;
    let card = house.discord.message(card.id).expect("the card");
    assert_eq!(super::field(&card, "Severity"), "SEV1");
    assert_eq!(house.discord.having(role), []);
    // Put in its place, it is given with the next change.
    house.discord.raise_bot();
    house.ask(house.ada, thread.id, "note", json!({"text": "mended"})).await;
    house.ask(house.ada, thread.id, "severity", json!({"severity": "sev2"})).await;
    house.has_role(role, &[house.ada]).await;
    house.end(bot, "a role too high").await;
}
