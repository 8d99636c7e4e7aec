//! What is typed at the desk: whose names it knows, and which incident it asks for.

use commandpost::{
    desk::{
        Settings,
        words::{Words, by_name},
    },
    incident::{command::Command, id::IncidentId, refusal::Refusal},
};

use crate::support::house::{House, caller, person};

async fn says(house: &House, here: Option<IncidentId>, words: &str) -> Result<String, Refusal> {
    let words = Words::Text(words.to_owned());
    house.desk.say(caller("Ada"), here, words, None, &by_name()).await.map(|answer| answer.text)
}

#[tokio::test]
async fn a_task_goes_to_whoever_of_the_settings_or_of_the_incident_has_a_name_of_several_words() {
    let zed = person("Zed Van Dam");
    let people = [(zed.id.clone(), zed.clone())].into();
    let house = House::open(Settings { people, ..Settings::default() }).await;
    let id = house.incident().await;
    house.say("Ben Bo", id, Command::CheckIn { who: None, note: String::new() }).await;
    let told = says(&house, None, "task add @Ben Bo 10m look at lb").await.unwrap();
    assert!(told.contains("Task #1 for Ben Bo: «look at lb». Report back by"), "{told}");
    let told = says(&house, Some(id), "task add @zed van dam drain node 4").await.unwrap();
    assert!(told.contains("«drain node 4»"), "{told}");
    let tasks = house.desk.incident(id).await.unwrap().tasks;
    let owners: Vec<String> = tasks.iter().filter_map(|task| Some(task.owner.as_ref()?.id.clone())).collect();
    assert_eq!(owners, [person("Ben Bo").id, zed.id]);
}

#[tokio::test]
async fn where_several_are_open_it_is_asked_of_which_one_the_verb_was_meant() {
    let house = House::open(Settings::default()).await;
    let (one, _) = (house.incident().await, house.incident().await);
    for (words, meant) in [("note db is slow", "note …"), ("log", "log"), ("task add look", "task add …")]
    {
        let refusal = says(&house, None, words).await.unwrap_err();
        assert!(refusal.why.starts_with("Several incidents are open:"), "{refusal}");
        let first = refusal.instead.strip_prefix("Say which: `").unwrap_or_default();
        assert!(first.ends_with(&format!(" {meant}`.")), "{refusal}");
    }
    assert!(says(&house, Some(one), "log").await.is_ok());
}
