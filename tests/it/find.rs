//! Search finds what a reader could read, and nothing else.

use commandpost::{
    desk::{
        Along, Caller, Settings,
        words::{Words, by_name},
    },
    incident::{command::Command, kind::Kind},
};

use crate::support::house::{House, caller, declare, note};

async fn find(house: &House, who: Caller, words: &str) -> String {
    let words = Words::Text(format!("find {words}"));
    house.desk.say(who, None, words, None, &by_name()).await.unwrap().text
}

#[tokio::test]
async fn a_search_reads_the_current_text_of_every_timeline_and_never_what_was_redacted() {
    let house = House::open(Settings::default()).await;
    let (first, second) = (house.incident().await, house.incident().await);
    house.say("Ada", first, note("Replica db3 lags behind")).await;
    house.say("Ada", second, note("replica lag is normal")).await;
    let wrong = house.say("Ada", second, note("the walrus is full")).await.seq.unwrap();
    let secret = house.say("Ada", second, note("the walrus has a password")).await.seq.unwrap();
    let both = find(&house, caller("Bo"), "REPLICA lag").await;
    assert!(both.contains(&first.to_string()) && both.contains(&second.to_string()), "{both}");
    assert_eq!(both.lines().count(), 2);
    house
        .say(
            "Ada",
            second,
            Command::Correct { target: wrong, text: "db1 is full".into(), at: None, reason: "typo".into() },
        )
        .await;
    house.say("Ada", second, Command::Redact { target: secret, reason: "a secret".into() }).await;
    assert!(find(&house, caller("Bo"), "walrus").await.starts_with("Nothing"));
    assert_eq!(find(&house, caller("Bo"), "db1 full").await.lines().count(), 1, "once, where it stands");
    let one = Words::Text(format!("{first} find replica"));
    let one = house.desk.say(caller("Bo"), None, one, None, &by_name()).await.unwrap().text;
    assert!(one.contains("db3") && one.lines().count() == 1, "{one}");
}

#[tokio::test]
async fn a_restricted_timeline_is_found_by_nobody_who_may_not_see_it_and_in_no_room() {
    let house = House::open(Settings::default()).await;
    let closed = commandpost::incident::command::Declare {
        restricted: true,
        ..declare("The zanzibar leak", Kind::Real)
    };
    let id = house.desk.declare(caller("Ada"), closed, Along::default()).await.unwrap().incident.unwrap();
    house.say("Ada", id, note("zanzibar again")).await;
    assert_eq!(find(&house, caller("Ada"), "zanzibar").await.lines().count(), 2);
    assert!(find(&house, caller("Bo"), "zanzibar").await.starts_with("Nothing"));
    assert!(find(&house, caller("Ada").overheard(), "zanzibar").await.starts_with("Nothing"));
    let there = Words::Text(format!("{id} find zanzibar"));
    let never = Words::Text("INC-99 find zanzibar".into());
    let refused =
        async |words| house.desk.say(caller("Bo"), None, words, None, &by_name()).await.unwrap_err();
    let (there, never) = (refused(there).await, refused(never).await);
    assert_eq!(there.to_string().replace("INC-1", "INC-99"), never.to_string(), "as if it had never been");
}
