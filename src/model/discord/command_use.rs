//! A person typing a slash command: only what the registered commands allow, as in Discord's client.

use serde_json::{Map, Value, json};

use super::{
    Id,
    people::{Impossible, impossible},
    permission,
    question::Interaction,
    server::Discord,
    world::{Command, World},
};

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

impl Discord {
    /// The person sends a slash command. `name` has the subcommand in it (`incident declare`); `options` is
    /// an object of option names and values, where people, roles and channels are ids as text.
    ///
    /// # Errors
    /// When the command is not registered, the options do not fit it, or the person may not use it here.
    pub fn slash(
        &self,
        person: Id,
        channel: Id,
        name: &str,
        options: Value,
    ) -> Result<Interaction, Impossible> {
        self.type_command(person, channel, name, &options, None)
    }
    /// The person is typing into `focused` and looks at what is offered. `options` has what is typed so far.
    ///
    /// # Errors
    /// As [`Discord::slash`], and when that option has no autocomplete.
    pub fn autocomplete(
        &self,
        person: Id,
        channel: Id,
        name: &str,
        options: Value,
        focused: &str,
    ) -> Result<Interaction, Impossible> {
        self.type_command(person, channel, name, &options, Some(focused))
    }
    /// The person uses a message command (context menu) on a message.
    ///
    /// # Errors
    /// When there is no such command or message.
    pub fn message_command(&self, person: Id, message: Id, name: &str) -> Result<Interaction, Impossible> {
        let id = self.service.with(|w| {
            let Some(command) = w.commands.iter().find(|c| c.kind() == 3 && c.name() == name).cloned() else {
                return impossible(format!("no message command {name:?} is registered"));
            };
            let Some(found) = w.messages.get(&message).cloned() else {
                return impossible("the message is gone");
            };
            let data = json!({
                "id": command.id, "name": command.name(), "type": 3, "target_id": message,
                "resolved": {"messages": {message.to_string(): w.message_json(&found)}},
            });
            may_use(w, person, found.channel, &command)?;
            Ok(w.ask(2, person, found.channel, None, data))
        })?;
        Ok(Interaction { discord: self.clone(), id })
    }

    fn type_command(
        &self,
        person: Id,
        channel: Id,
        name: &str,
        options: &Value,
        focused: Option<&str>,
    ) -> Result<Interaction, Impossible> {
        let id = self.service.with(|w| {
            let mut words = name.trim_start_matches('/').split_whitespace();
            let first = words.next().unwrap_or_default();
            // A guild's own command hides a global one of the same name.
            let found = w.commands.iter().filter(|c| c.kind() == 1 && c.name() == first);
            let Some(command) = found.max_by_key(|c| c.guild.is_some()).cloned() else {
                return impossible(format!("no slash command {first:?} is registered"));
            };
            may_use(w, person, channel, &command)?;
            let rest: Vec<&str> = words.collect();
            let empty = Map::new();
            let given = options.as_object().unwrap_or(&empty);
            let mut ids = Vec::new();
            let typed = fill(&command.body, &rest, given, focused, &mut ids)?;
            let mut data = json!({"id": command.id, "name": command.name(), "type": 1, "options": typed});
            if let Some(guild) = command.guild {
                data["guild_id"] = json!(guild);
            }
            if !ids.is_empty() {
                data["resolved"] = w.resolved(channel, &ids);
            }
            Ok(w.ask(if focused.is_some() { 4 } else { 2 }, person, channel, None, data))
        })?;
        Ok(Interaction { discord: self.clone(), id })
    }
}

fn may_use(w: &World, person: Id, channel: Id, command: &Command) -> Result<(), Impossible> {
    let place = w.require(channel, person, 0)?;
    if place.kind == 1 {
        return Ok(());
    }
    let has = w.permissions_in(place, person);
    let bits = &command.body["default_member_permissions"];
    let wanted = bits.as_u64().or_else(|| bits.as_str()?.parse().ok());
    if has & permission::USE_APPLICATION_COMMANDS == 0 {
        return impossible("the person may not use application commands here");
    }
    match wanted {
        Some(0) if has & permission::ADMINISTRATOR == 0 => impossible("the command is for administrators"),
        Some(bits) if has & bits != bits => impossible("the command asks for permissions the person lacks"),
        _ => Ok(()),
    }
}

/// The options as Discord sends them, from the registered ones and what the person typed.
fn fill(
    known: &Value,
    words: &[&str],
    given: &Map<String, Value>,
    focused: Option<&str>,
    ids: &mut Vec<Id>,
) -> Result<Vec<Value>, Impossible> {
    let options = list(known, "options");
    let nested = options.iter().any(|o| matches!(o["type"].as_u64(), Some(1 | 2)));
    if let Some((word, rest)) = words.split_first() {
        let Some(inner) = options.iter().find(|o| nested && o["name"] == *word) else {
            return impossible(format!("there is no subcommand {word:?}"));
        };
        let filled = fill(inner, rest, given, focused, ids)?;
        return Ok(vec![json!({"name": word, "type": inner["type"], "options": filled})]);
    }
    if nested {
        return impossible("a subcommand is missing");
    }
    if let Some(unknown) = given.keys().find(|k| !options.iter().any(|o| o["name"] == k.as_str())) {
        return impossible(format!("there is no option {unknown:?}"));
    }
    let mut filled = Vec::new();
    for option in options {
        let name = option["name"].as_str().unwrap_or_default();
        let is_focused = focused == Some(name);
        match given.get(name) {
            Some(value) if is_focused => {
                if option["autocomplete"] != true {
                    return impossible(format!("{name:?} has no autocomplete"));
                }
                filled.push(json!({"name": name, "type": option["type"], "value": value, "focused": true}));
            }
            Some(value) => {
                check(option, value, ids)?;
                filled.push(json!({"name": name, "type": option["type"], "value": value}));
            }
            None if option["required"] == true && focused.is_none() => {
                return impossible(format!("the option {name:?} is required"));
            }
            None => {}
        }
    }
    Ok(filled)
}

/// Whether the client takes this value for this option.
fn check(option: &Value, value: &Value, ids: &mut Vec<Id>) -> Result<(), Impossible> {
    let name = &option["name"];
    let fits = match option["type"].as_u64() {
        Some(3) => value.as_str().is_some_and(|v| {
            let n = v.chars().count() as u64;
            n >= option["min_length"].as_u64().unwrap_or(0)
                && n <= option["max_length"].as_u64().unwrap_or(6000)
        }),
        Some(4 | 10) => value.as_f64().is_some_and(|v| {
            (option["type"] == 10 || value.is_i64())
                && option["min_value"].as_f64().is_none_or(|min| v >= min)
                && option["max_value"].as_f64().is_none_or(|max| v <= max)
        }),
        Some(5) => value.is_boolean(),
        Some(6..=9) => match value.as_str().and_then(|v| v.parse().ok()) {
            Some(id) => {
                ids.push(id);
                true
            }
            None => false,
        },
        _ => false,
    };
    if !fits {
        return impossible(format!("{value} does not fit the option {name}"));
    }
    let choices = list(option, "choices");
    if !choices.is_empty() && !choices.iter().any(|c| c["value"] == *value) {
        return impossible(format!("{value} is not among the choices of {name}"));
    }
    Ok(())
}
