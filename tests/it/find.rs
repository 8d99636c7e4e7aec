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
            Command::Correct {
                target: wrong,
                text: "db1 is full".into(),
                at: None,
                reason: "typo".into(),
                follows: false,
            },
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

#[tokio::test]
async fn the_last_lines_are_told_by_who_by_how_long_ago_and_by_key_moments() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    for n in 1..=30 {
        house.say("Ada", id, note(format!("step {n}"))).await;
    }
    let key = house.say("Bo", id, note("the disk is full")).await.seq.unwrap();
    house.say("Ada", id, Command::Pin { target: key }).await;
    let ask = async |words: &str| {
        let words = Words::Text(words.to_owned());
        house.desk.say(caller("Bo"), Some(id), words, None, &by_name()).await.unwrap().text
    };
    let all = ask("timeline").await;
    assert!(all.contains("earlier lines are left out") && all.contains("step 30"), "{all}");
    assert_eq!(all.lines().count(), 21);
    let pinned = ask("timeline --pinned").await;
    assert!(pinned.contains("the disk is full") && pinned.lines().count() == 1, "{pinned}");
    let bos = ask("timeline --by @Bo").await;
    assert!(bos.contains("the disk is full") && !bos.contains("step"), "{bos}");
    house.world.later(chrono::Duration::hours(2));
    house.say("Ada", id, note("much later")).await;
    let last = ask("timeline --last 1").await;
    assert_eq!(last.lines().count(), 1, "{last}");
    assert_eq!(ask("timeline").await.lines().last(), Some(last.as_str()));
    let late = ask("timeline --since 1h").await;
    assert!(late.contains("much later") && late.lines().count() == 1, "{late}");
    assert!(ask("timeline --since 1h --pinned").await.starts_with("No line"));
}

#[tokio::test]
async fn one_line_that_is_left_out_is_told_as_one() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    for n in 1..=21 {
        house.say("Bo", id, note(format!("step {n}"))).await;
    }
    let words = Words::Text("timeline --by @Bo".into());
    let told = house.desk.say(caller("Bo"), Some(id), words, None, &by_name()).await.unwrap().text;
    assert!(told.starts_with("1 earlier line is left out: "), "{told}");
}
