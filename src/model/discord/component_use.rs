//! A person pressing a button or choosing from a select menu.

use serde_json::{Value, json};

use super::{
    Id, Message,
    people::{Impossible, impossible},
    question::Interaction,
    server::Discord,
    world::World,
};

impl Discord {
    /// The person presses the button with this `custom_id`.
    ///
    /// # Errors
    /// When the message has no such button, it is disabled, or the person cannot see it.
    pub fn press(&self, person: Id, message: Id, custom_id: &str) -> Result<Interaction, Impossible> {
        self.use_component(person, message, custom_id, |_, component| match component["type"].as_u64() {
            Some(2) => Ok(json!({"component_type": 2})),
            _ => impossible(format!("{custom_id:?} is not a button")),
        })
    }
    /// The person presses a button of a message as they saw it: their client was not told yet that it was changed.
    ///
    /// # Errors
    /// When the message had no such button, or the person cannot see the channel.
    pub fn press_seen(&self, person: Id, seen: &Message, custom_id: &str) -> Result<Interaction, Impossible> {
        let Some(component) = seen.component(custom_id) else {
            return impossible(format!("the message had no {custom_id:?}"));
        };
        let data = json!({"component_type": 2, "custom_id": custom_id, "id": component["id"]});
        let id = self.service.with(|w| {
            w.require(seen.channel, person, 0)?;
            Ok::<Id, Impossible>(w.ask(3, person, seen.channel, Some(seen.id), data))
        })?;
        Ok(Interaction { discord: self.clone(), id })
    }
    /// The person chooses these values: option values, or ids as text in a user, role or channel select.
    ///
    /// # Errors
    /// As [`Discord::press`], and when the select does not offer them.
    pub fn select(
        &self,
        person: Id,
        message: Id,
        custom_id: &str,
        values: &[&str],
    ) -> Result<Interaction, Impossible> {
        self.use_component(person, message, custom_id, |w, component| pick(w, message, component, values))
    }

    fn use_component(
        &self,
        person: Id,
        message: Id,
        custom_id: &str,
        data: impl FnOnce(&World, &Value) -> Result<Value, Impossible>,
    ) -> Result<Interaction, Impossible> {
        let id = self.service.with(|w| {
            let Some(found) = w.messages.get(&message) else { return impossible("the message is gone") };
            let channel = found.channel;
            w.require(channel, person, 0)?;
            let asker = found.interaction.and_then(|i| w.asked.get(&i)).map(|a| a.user);
            if found.is_ephemeral() && asker != Some(person) {
                return impossible("the message is for somebody else's eyes");
            }
            let Some(component) = found.component(custom_id) else {
                let there = found.custom_ids().join(", ");
                return impossible(format!("the message has no {custom_id:?}; it has: {there}"));
            };
            if component["disabled"] == true {
                return impossible(format!("{custom_id:?} is greyed out"));
            }
            let mut data = data(w, &component)?;
            data["custom_id"] = json!(custom_id);
            data["id"] = component["id"].clone();
            Ok(w.ask(3, person, channel, Some(message), data))
        })?;
        Ok(Interaction { discord: self.clone(), id })
    }
}

fn pick(w: &World, message: Id, select: &Value, values: &[&str]) -> Result<Value, Impossible> {
    let kind = select["type"].as_u64().unwrap_or(0);
    let count = values.len() as u64;
    let (min, max) = (select["min_values"].as_u64().unwrap_or(1), select["max_values"].as_u64().unwrap_or(1));
    if count < min || count > max {
        return impossible(format!("between {min} and {max} values are to be chosen, not {count}"));
    }
    let mut data = json!({"component_type": kind, "values": values});
    match kind {
        3 => {
            let options = select["options"].as_array().map_or(&[][..], Vec::as_slice);
            if let Some(absent) = values.iter().find(|v| !options.iter().any(|o| o["value"] == **v)) {
                return impossible(format!("{absent:?} is not among the options"));
            }
        }
        5..=8 => {
            let ids: Vec<Id> = values.iter().filter_map(|v| v.parse().ok()).collect();
            let channel = w.messages.get(&message).map_or(w.guild, |m| m.channel);
            data["resolved"] = w.resolved(channel, &ids);
        }
        _ => return impossible("this is not a select menu"),
    }
    Ok(data)
}
