//! Names that people type, and who is meant by them.

use std::collections::BTreeSet;

use commandpost::{
    desk::{
        Caller, Settings,
        words::{Words, by_name},
    },
    people::Person,
};

use crate::support::house::{House, caller, note, person};

#[tokio::test]
async fn what_goes_to_a_stranger_says_so_and_what_goes_to_everybody_is_refused() {
    let known_people = BTreeSet::from(["cy".to_owned()]);
    let house = House::open(Settings { known_people, ..Settings::default() }).await;
    let id = house.incident().await;
    house.say("Bo", id, note("I look")).await;
    let said = async |line: &str| {
        let words = Words::Text(line.to_owned());
        house.desk.say(caller("Ada"), Some(id), words, None, &by_name()).await
    };
    for (who, line) in [
        ("Grace", "role offer ops @Grace"),
        ("Hugo", "task add @Hugo 10m look"),
        ("Ivy", "command offer @Ivy"),
    ] {
        let answer = said(line).await.unwrap().text;
        let told = format!("\nNobody known here is called {who}; whoever comes by that name has it.");
        assert!(answer.ends_with(&told), "{line}: {answer}");
    }
    for line in ["role offer pio @Bo", "task add @Cy look", "task add @Ada look", "task add look"] {
        let answer = said(line).await.unwrap().text;
        assert!(!answer.contains("Nobody known"), "{line}: {answer}");
    }
    for line in
        ["role offer lno @everyone", "command offer @here", "task add @all look", "role offer lno room"]
    {
        let refused = said(line).await.unwrap_err().to_string();
        assert!(refused.contains("calls whoever reads along"), "{line}: {refused}");
        assert!(refused.contains("such as @ada"), "{line}: {refused}");
    }
}

#[tokio::test]
async fn nothing_is_offered_to_a_name_that_nobody_sees_or_that_turns_a_line() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    for (line, why) in [
        ("role offer sme:db \"\u{200b}\"", "needs a name"),
        ("command offer \"\u{3164}\"", "needs a name"),
        ("command offer \"a\u{202e}b\"", "direction of writing"),
        ("crew admit \"a\u{2066}b\"", "direction of writing"),
    ] {
        let words = Words::Text(line.to_owned());
        let refused = house.desk.say(caller("Ada"), Some(id), words, None, &by_name()).await.unwrap_err();
        let refused = refused.to_string();
        assert!(refused.contains(why), "{line:?}: {refused:?}");
        assert!(!refused.contains(['\u{202e}', '\u{2066}']), "{refused:?}");
    }
}

#[tokio::test]
async fn only_somebody_who_is_known_is_let_in_or_kept_out() {
    let known_people = BTreeSet::from(["cy".to_owned()]);
    let house = House::open(Settings { known_people, ..Settings::default() }).await;
    let id = house.incident().await;
    let said = async |who: &str, line: &str| {
        let words = Words::Text(line.to_owned());
        house.desk.say(caller(who), Some(id), words, None, &by_name()).await
    };
    said("Ada", "restrict a leak").await.unwrap();
    for line in ["admit @zed", "admit nobodyatall", "expel @zed let in by mistake"] {
        let refused = said("Ada", line).await.unwrap_err().to_string();
        assert!(refused.contains("is known here"), "{line}: {refused}");
    }
    let refused = said("Ada", "admit @Adda").await.unwrap_err().to_string();
    assert!(refused.contains("Did you mean Ada?"), "{refused}");
    let refused = said("Bo", "admit @zed").await.unwrap_err().to_string();
    assert!(refused.contains(&format!("There is no {id}.")), "{refused}");
    let admitted = said("Ada", "admit @Cy").await.unwrap().text;
    assert!(admitted.starts_with("Cy may see"), "{admitted}");
    let expelled = said("Ada", "expel @Cy let in by mistake").await.unwrap().text;
    assert!(expelled.starts_with("Cy no longer sees"), "{expelled}");
}

#[tokio::test]
async fn where_the_settings_name_nobody_whoever_comes_by_a_name_has_it() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    let said = async |line: &str| {
        let words = Words::Text(line.to_owned());
        house.desk.say(caller("Ada"), Some(id), words, None, &by_name()).await
    };
    said("restrict a leak").await.unwrap();
    assert!(said("admit @Grace Hopper").await.unwrap().text.starts_with("Grace Hopper may see"));
    let expelled = said("expel Grace Hopper let in by mistake").await.unwrap().text;
    assert!(expelled.starts_with("Grace Hopper no longer sees"), "{expelled}");
}

#[tokio::test]
async fn whoever_takes_part_is_meant_by_their_name_though_only_a_chat_knows_them() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    let ada = |number: u32| Person { id: format!("discord:{number}"), name: "Ada Lovelace".into() };
    let say = async |who: Person, line: &str| {
        let words = Words::Text(line.to_owned());
        house.desk.say(Caller::person(who, "test"), Some(id), words, None, &by_name()).await
    };
    say(ada(1), "role take sme:db").await.unwrap();
    say(person("Bo"), "role take sme:db").await.unwrap();
    let relieved = say(person("Ada"), "role relieve sme:db Ada Lovelace too tired").await.unwrap();
    assert!(relieved.text.starts_with("Ada Lovelace is relieved"), "{}", relieved.text);
    let given = say(person("Ada"), "task add @Ada Lovelace look at lb").await.unwrap();
    assert!(!given.text.contains("Nobody known"), "{}", given.text);
    let tasks = say(ada(1), "next").await.unwrap().text;
    assert!(tasks.contains("Task #1 is yours"), "{tasks}");
    say(ada(2), "role take sme:web").await.unwrap();
    let refused = say(person("Ada"), "role relieve sme:web Ada Lovelace").await.unwrap_err().to_string();
    assert!(refused.contains("Several here are called Ada Lovelace"), "{refused}");
}

#[tokio::test]
async fn whoever_is_not_known_in_matrix_is_let_in_by_their_account_at_the_house_s_own_server() {
    let house = House::open(Settings { chats: vec!["matrix".into()], ..Settings::default() }).await;
    let ada = Person { id: "matrix:@ada:chat.acme.example".into(), name: "Ada".into() };
    let said = async |here, line: &str| {
        let words = Words::Text(line.to_owned());
        house.desk.say(Caller::person(ada.clone(), "matrix"), here, words, None, &by_name()).await
    };
    let id = said(None, "declare --restricted a leak").await.unwrap().incident;
    let refused = said(id, "admit @zed").await.unwrap_err();
    let expected = "Say their whole account, such as `@zed:chat.acme.example`, or let them write in the command post once, and say it again.";
    assert_eq!(refused.instead, expected);
}
