//! What Discord's documentation shows of what it sends: interactions, and what the gateway says. Each is taken or refused with
//! a sentence, or it is none of ours; which, stands here.

use std::{collections::HashMap, path::PathBuf};

use serde_json::{Value, json};
use serenity::all::{Event, GatewayEvent};

use super::{NAME, asked::Asked, read_through};
use crate::chat::people::People;

fn examples(test: &str) -> Vec<(String, Value)> {
    let Some(folder) = crate::specs::find(test, "discord/examples") else { return vec![] };
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Some((name, serde_json::from_slice(&std::fs::read(file).unwrap()).ok()?))
    };
    files.iter().filter_map(read).collect()
}

/// What becomes of an interaction, before anybody is asked.
fn told(event: &Value) -> Option<String> {
    let asked = Asked::read(event, &People::new(NAME, HashMap::new()))?;
    let words = match read_through(event)? {
        Ok(argv) => format!("says {argv:?}"),
        Err(refusal) => format!("is refused: {refusal}"),
    };
    Some(format!("{:?} by {} in {} of {} {words}", asked.kind, asked.person, asked.channel, asked.guild))
}

#[test]
fn of_all_that_discord_is_documented_to_send_it_is_listed_what_is_taken_and_nothing_breaks_the_reading() {
    let all = examples("examples of Discord");
    if all.is_empty() {
        return;
    }
    assert!(all.len() > 50, "{} examples", all.len());
    let mut taken = Vec::new();
    for (name, event) in &all {
        let by_hand = told(event);
        // By the gateway: read by its client, or, where that cannot, as it came.
        let dispatched = json!({"op": 0, "s": 1, "t": "INTERACTION_CREATE", "d": event});
        let by_gateway = match serde_json::from_value(dispatched) {
            Ok(GatewayEvent::Dispatch(_, Event::InteractionCreate(event))) => {
                let mut value = serde_json::to_value(&event.interaction).unwrap();
                value["type"] = u8::from(event.interaction.kind()).into();
                told(&value)
            }
            Ok(GatewayEvent::Dispatch(_, Event::Unknown(event))) => told(&event.value),
            _ => by_hand.clone(),
        };
        assert_eq!(by_gateway, by_hand, "{name}: the same by either way");
        taken.extend(by_hand.map(|told| format!("{name}: {told}")));
    }
    println!("{} examples of Discord: {} are taken as interactions", all.len(), taken.len());
    insta::assert_snapshot!(taken.join("\n"));
}

#[test]
fn what_the_gateway_is_documented_to_say_is_read_by_its_client_and_nothing_breaks_that() {
    let mut read = Vec::new();
    for (name, said) in examples("the gateway of Discord") {
        let text = said.to_string();
        if let (true, Ok(event)) = (said["op"].is_u64(), serde_json::from_str::<GatewayEvent>(&text)) {
            let what = format!("{event:?}");
            read.push(format!("{name}: {}", what.split(['(', ' ']).next().unwrap_or_default()));
        }
    }
    if !read.is_empty() {
        insta::assert_snapshot!(read.join("\n"));
    }
}
