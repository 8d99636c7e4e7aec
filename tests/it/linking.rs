//! `link me`: somebody in two chats says themselves that they are one person.

use std::{collections::HashMap, sync::Arc};

use chrono::Duration;
use commandpost::{
    chat::people::People,
    desk::{
        Answer, Caller, Desk, Settings,
        words::{Words, by_name},
    },
    incident::{decide::Policy, decide::Reserved, refusal::Refusal},
    people::Person,
};

use crate::support::house::House;

/// A house with two chats, as its doors know people there.
struct Chats {
    house: House,
    desk: Arc<Desk>,
    slack: People,
    discord: People,
}

fn settings() -> Settings {
    let oncall = || Some(["ada".to_owned()].into());
    Settings {
        chats: vec!["slack".into(), "discord".into()],
        known_people: ["ada".to_owned(), "bo".to_owned()].into(),
        policy: Policy {
            reserved: Reserved { declare: oncall(), ..Reserved::default() },
            ..Policy::default()
        },
        ..Settings::default()
    }
}

fn known(id: &str, account: &str) -> HashMap<String, Person> {
    HashMap::from([(account.to_owned(), Person { id: id.into(), name: id.into() })])
}

fn doors(desk: &Arc<Desk>) -> (People, People) {
    let (slack, discord) =
        (People::new("slack", known("ada", "UADA")), People::new("discord", known("bo", "1")));
    slack.follow(desk.links.clone());
    discord.follow(desk.links.clone());
    (slack, discord)
}

impl Chats {
    async fn open() -> Chats {
        let house = House::open(settings()).await;
        let (slack, discord) = doors(&house.desk);
        Chats { desk: house.desk.clone(), house, slack, discord }
    }

    /// The same house after a restart.
    async fn again(self) -> Chats {
        let desk = Desk::new(self.house.journal.clone(), self.house.world.clone(), settings());
        desk.remember_links().await.unwrap();
        let (slack, discord) = doors(&desk);
        Chats { desk, slack, discord, ..self }
    }

    async fn said(&self, caller: Caller, text: &str) -> Result<Answer, Refusal> {
        self.desk.say(caller, None, Words::Text(text.into()), None, &by_name()).await
    }

    async fn slack(&self, account: &str, text: &str) -> Result<String, Refusal> {
        let person = self.slack.meet(account, &format!("{account} of Slack"));
        self.said(Caller::person(person, "slack"), text).await.map(|answer| answer.text)
    }

    async fn discord(&self, account: &str, text: &str) -> Result<String, Refusal> {
        let person = self.discord.meet(account, &format!("{account} of Discord"));
        self.said(Caller::person(person, "discord"), text).await.map(|answer| answer.text)
    }

    fn who(&self) -> (String, String) {
        (self.slack.meet("UADA", "").id, self.discord.meet("7", "").id)
    }
}

fn code(answer: &str) -> String {
    answer.lines().find_map(|line| line.strip_prefix("Your code: ")).unwrap().to_owned()
}

#[tokio::test]
async fn two_accounts_become_one_person_in_both_places_and_stay_so_over_a_restart() {
    let chats = Chats::open().await;
    chats.discord("7", "declare nothing yet").await.unwrap_err();
    let code = code(&chats.slack("UADA", "link me").await.unwrap());
    let told = chats.discord("7", &format!("link me {}", code.to_lowercase())).await.unwrap();
    assert!(told.contains(" on Slack count as one person now: ada"), "{told}");
    assert_eq!(chats.who(), ("ada".into(), "ada".into()));
    let told = chats.slack("UADA", "list").await.unwrap();
    assert!(told.contains("was used on Discord") && told.contains("No incident is open."), "{told}");
    assert_eq!(chats.slack("UADA", "list").await.unwrap(), "No incident is open.", "it is told once");
    assert_eq!(chats.discord.account("ada").as_deref(), Some("7"), "and asked to come there");

    let chats = chats.again().await;
    assert_eq!(chats.who(), ("ada".into(), "ada".into()));
    chats.discord("7", "declare checkout is down").await.unwrap();
    assert!(chats.slack("UADA", "link me list").await.unwrap().contains("and also discord:7"));
    assert!(chats.discord("7", "link me off").await.unwrap().contains("discord:7"));
    assert_eq!(chats.who(), ("ada".into(), "discord:7".into()));
    assert_eq!(chats.again().await.who(), ("ada".into(), "discord:7".into()));
}

#[tokio::test]
async fn a_code_holds_once_and_for_ten_minutes_and_stands_nowhere_but_in_its_answer() {
    let chats = Chats::open().await;
    chats.slack("UADA", "declare checkout is down").await.unwrap();
    let first = code(&chats.slack("UADA", "link me").await.unwrap());
    chats.discord("8", &format!("link me {first}")).await.unwrap();
    let refused = chats.discord("7", &format!("link me {first}")).await.unwrap_err();
    assert!(refused.why.contains("wrong or too old"), "{refused}");
    assert_eq!(refused.instead, "For a new one, say `link me` again where you got this one.");
    let late = code(&chats.slack("UADA", "link me").await.unwrap());
    chats.house.world.later(Duration::minutes(10));
    assert!(chats.discord("7", &format!("link me {late}")).await.is_err());
    let copy = tempfile::tempdir().unwrap();
    let file = copy.path().join("copy.db");
    chats.house.journal.backup(&file).await.unwrap();
    let stored = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    assert!(stored.contains("discord:8"), "who is linked is kept");
    for code in [first, late] {
        assert!(!stored.contains(&code) && !stored.contains(&code.replace('-', "")));
    }
}

#[tokio::test]
async fn linking_gives_nobody_a_right_that_an_admin_did_not_give() {
    let chats = Chats::open().await;
    // Two whom the settings know stay two.
    let ada = code(&chats.slack("UADA", "link me").await.unwrap());
    let refused = chats.discord("1", &format!("link me {ada}")).await.unwrap_err();
    assert!(refused.instead.contains("an admin writes both accounts into one [[person]]"), "{refused}");
    // Two strangers have together what each had.
    let stranger = code(&chats.slack("U2", "link me").await.unwrap());
    chats.discord("7", &format!("link me {stranger}")).await.unwrap();
    assert_eq!(chats.discord.meet("7", "").id, "slack:U2");
    chats.discord("7", "declare checkout is down").await.unwrap_err();
    // Nor does a stranger become somebody whom they talk into saying their code.
    let theirs = code(&chats.discord("9", "link me").await.unwrap());
    let refused = chats.slack("UADA", &format!("link me {theirs}")).await.unwrap_err();
    assert!(refused.instead.contains("somebody tried to become you"), "{refused}");
    assert_eq!(chats.discord.meet("9", "").id, "discord:9");
    // A name that is typed proves nobody, and a room hears what is said there.
    let typed = Caller::person(Person::named("ada").unwrap(), "console");
    assert!(chats.said(typed, "link me").await.unwrap_err().why.contains("at their word"));
    let aloud = Caller::person(chats.slack.meet("UADA", ""), "slack").overheard();
    assert!(chats.said(aloud, "link me").await.unwrap_err().why.contains("everybody in this room"));
    // Two accounts of one chat, and oneself.
    let again = code(&chats.slack("U2", "link me").await.unwrap());
    assert!(
        chats.slack("U3", &format!("link me {again}")).await.unwrap_err().why.contains("on Slack as well")
    );
    assert!(
        chats
            .discord("7", &format!("link me {again}"))
            .await
            .unwrap_err()
            .why
            .contains("in both places already")
    );
}

#[tokio::test]
async fn whoever_holds_a_part_hands_it_over_before_they_take_another_name() {
    let chats = Chats::open().await;
    chats.slack("UADA", "declare checkout is down").await.unwrap();
    chats.discord("7", "role take ops").await.unwrap();
    let code = code(&chats.slack("UADA", "link me").await.unwrap());
    let refused = chats.discord("7", &format!("link me {code}")).await.unwrap_err();
    assert!(refused.why.contains("is Operations Section Chief in INC-1"), "{refused}");
    chats.discord("7", "role release ops").await.unwrap();
    chats.discord("7", &format!("link me {code}")).await.unwrap();
    let timeline = chats.desk.timeline("INC-1".parse().unwrap(), 1).await.unwrap();
    assert!(timeline.iter().any(|line| line.actor.id == "discord:7"), "who did what stays readable");
}

/// Those in the crew, as the list begins each line.
fn crew(list: &str) -> Vec<&str> {
    list.lines().map(|line| line.split([',', '–']).next().unwrap_or_default().trim()).collect()
}

#[tokio::test]
async fn whoever_was_checked_in_under_two_names_is_one_of_the_crew_once_they_are_linked() {
    let chats = Chats::open().await;
    chats.slack("UADA", "declare checkout is down").await.unwrap();
    chats.discord("7", "crew checkin").await.unwrap();
    assert_eq!(crew(&chats.slack("UADA", "crew list").await.unwrap()).len(), 2);
    let ada = code(&chats.slack("UADA", "link me").await.unwrap());
    chats.discord("7", &format!("link me {ada}")).await.unwrap();
    // The first answer tells the news.
    chats.slack("UADA", "list").await.unwrap();
    let list = chats.slack("UADA", "crew list").await.unwrap();
    assert_eq!(crew(&list), ["ada"], "{list}");
    let called = chats.slack("UADA", "crew roll-call").await.unwrap_err();
    assert!(called.why.contains("Nobody else is checked in"), "{called}");
    let timeline = chats.desk.timeline("INC-1".parse().unwrap(), 1).await.unwrap();
    let gone = timeline.iter().find(|line| line.name == "checkout").unwrap();
    assert!(gone.actor.id == "discord:7" && gone.text.contains("counts as ada"), "{gone:?}");
}

#[tokio::test]
async fn whoever_was_checked_in_under_the_name_that_goes_stays_checked_in_under_the_other() {
    let chats = Chats::open().await;
    chats.slack("UADA", "declare checkout is down").await.unwrap();
    chats.discord("7", "crew checkin").await.unwrap();
    let stranger = code(&chats.slack("U2", "link me").await.unwrap());
    chats.discord("7", &format!("link me {stranger}")).await.unwrap();
    let incident = chats.desk.incident("INC-1".parse().unwrap()).await.unwrap();
    let here: Vec<&str> = incident.present().iter().map(|one| one.id.as_str()).collect();
    assert_eq!(here, ["ada", "slack:U2"]);
    chats.discord("7", "crew checkout").await.unwrap();
}

#[tokio::test]
async fn whoever_is_called_by_a_roll_answers_it_before_they_take_another_name() {
    let chats = Chats::open().await;
    chats.slack("UADA", "declare checkout is down").await.unwrap();
    chats.discord("7", "crew checkin").await.unwrap();
    let ada = code(&chats.slack("UADA", "link me").await.unwrap());
    chats.slack("UADA", "crew roll-call").await.unwrap();
    let refused = chats.discord("7", &format!("link me {ada}")).await.unwrap_err();
    assert!(refused.why.contains("The roll is being called in INC-1"), "{refused}");
    assert!(refused.instead.contains("`here`"), "{refused}");
    chats.discord("7", "here").await.unwrap();
    // The same code still holds.
    chats.discord("7", &format!("link me {ada}")).await.unwrap();
    chats.slack("UADA", "list").await.unwrap();
    assert_eq!(crew(&chats.slack("UADA", "crew list").await.unwrap()), ["ada"]);
}

#[tokio::test]
async fn nobody_leaves_a_restricted_incident_unseen_by_being_linked() {
    let chats = Chats::open().await;
    chats.slack("UADA", "declare a leak").await.unwrap();
    chats.discord("7", "crew checkin").await.unwrap();
    chats.slack("UADA", "crew restrict").await.unwrap();
    let stranger = code(&chats.slack("U2", "link me").await.unwrap());
    let refused = chats.discord("7", &format!("link me {stranger}")).await.unwrap_err();
    assert!(refused.why.contains("was let in to INC-1 under this name"), "{refused}");
    // Nor where both were: whoever puts the one out would leave the other in.
    chats.slack("UADA", "crew admit @ada").await.ok();
    let ada = code(&chats.slack("UADA", "link me").await.unwrap());
    let refused = chats.discord("7", &format!("link me {ada}")).await.unwrap_err();
    assert!(refused.instead.starts_with("Have this one put out there"), "{refused}");
    let aloud = Caller::person(chats.discord.meet("7", ""), "discord").overheard();
    let refused = chats.said(aloud, &format!("link me {stranger}")).await.unwrap_err();
    assert!(refused.why.contains("a restricted incident") && !refused.why.contains("INC-1"), "{refused}");
}
