//! A person filling in a modal and sending it.

use serde_json::{Map, Value, json};

use super::{
    people::{Impossible, impossible},
    question::Interaction,
    server::Discord,
};

impl Discord {
    /// The person fills in the modal that `opened_by` brought up and sends it. `fields` is an object of
    /// `custom_id` and text (or a list of values for a select); what is left out keeps its preset text.
    ///
    /// # Errors
    /// When no modal is open, a field is unknown, or a text does not fit its field.
    pub fn submit_modal(&self, opened_by: &Interaction, fields: Value) -> Result<Interaction, Impossible> {
        let id = self.service.with(|w| {
            let Some(asked) = w.asked.get(&opened_by.id).cloned() else {
                return impossible("nothing was asked");
            };
            let Some(modal) = asked.answer.filter(|a| a.kind == 9).map(|a| a.data) else {
                return impossible("no modal is open");
            };
            let empty = Map::new();
            let mut left = fields.as_object().unwrap_or(&empty).clone();
            let mut filled = Vec::new();
            for component in modal["components"].as_array().map_or(&[][..], Vec::as_slice) {
                if component["type"] == 18 {
                    let inner = fill(&component["component"], &mut left)?;
                    filled.push(json!({"type": 18, "id": filled.len() * 2 + 1, "component": inner}));
                } else if component["type"] == 1 {
                    let inner = fill(&component["components"][0], &mut left)?;
                    filled.push(json!({"type": 1, "id": filled.len() * 2 + 1, "components": [inner]}));
                }
            }
            if let Some(unknown) = left.keys().next() {
                return impossible(format!("the modal has no field {unknown:?}"));
            }
            let data = json!({"custom_id": modal["custom_id"], "components": filled});
            Ok(w.ask(5, asked.user, asked.channel, asked.source, data))
        })?;
        Ok(Interaction { discord: self.clone(), id })
    }
}

fn fill(input: &Value, left: &mut Map<String, Value>) -> Result<Value, Impossible> {
    let custom_id = input["custom_id"].as_str().unwrap_or_default();
    let given = left.remove(custom_id);
    if input["type"] != 4 {
        let values = given.unwrap_or_else(|| json!([]));
        return Ok(json!({"type": input["type"], "custom_id": custom_id, "values": values}));
    }
    let given = given.unwrap_or_else(|| input["value"].clone());
    let text = given.as_str().unwrap_or_default();
    let n = text.chars().count() as u64;
    if text.is_empty() && input["required"] != false {
        return impossible(format!("the field {custom_id:?} is required"));
    }
    let min = input["min_length"].as_u64().unwrap_or(0);
    let max = input["max_length"].as_u64().unwrap_or(4000);
    if !text.is_empty() && (n < min || n > max) {
        return impossible(format!("the field {custom_id:?} takes {min} to {max} characters, not {n}"));
    }
    Ok(json!({"type": 4, "custom_id": custom_id, "value": text}))
}
