//! The rules for application commands: names, lengths, nesting, order of options.
//! <https://discord.com/developers/docs/interactions/application-commands>

use serde_json::Value;

use super::error::{ApiError, FormErrors};

/// Slash commands at most, in one place.
const COMMANDS_MAX: usize = 100;
/// Characters at most in names, descriptions and choice values of one command together.
const COMMAND_CHARS_MAX: usize = 8_000;

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn is_name(name: &str) -> bool {
    (1..=32).contains(&name.chars().count())
        && name.chars().all(|c| c == '-' || c == '_' || c == '\'' || c.is_alphanumeric())
        && name.to_lowercase() == name
}

/// Checks a whole set of commands, as given to a bulk overwrite.
///
/// # Errors
/// Code 30032 above 100 commands, 50035 for anything else.
pub(super) fn check_commands(commands: &[Value]) -> Result<(), ApiError> {
    if commands.iter().filter(|c| c["type"].as_u64().unwrap_or(1) == 1).count() > COMMANDS_MAX {
        return Err(ApiError::bad(30032, "Maximum number of application commands reached (100)"));
    }
    let mut errors = FormErrors::default();
    let mut seen = Vec::new();
    for (i, command) in commands.iter().enumerate() {
        let key = (text(command, "name"), command["type"].as_u64().unwrap_or(1));
        if seen.contains(&key) {
            errors.add(
                &format!("{i}.name"),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            );
        }
        seen.push(key);
        check_command(command, &i.to_string(), &mut errors);
    }
    errors.done()
}

/// # Errors
/// Code 50035.
pub(super) fn check_one(command: &Value) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    check_command(command, "", &mut errors);
    errors.done()
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn check_command(command: &Value, path: &str, errors: &mut FormErrors) {
    let kind = command["type"].as_u64().unwrap_or(1);
    if kind == 1 {
        check_name(command, path, errors);
        check_options(list(command, "options"), path, 0, errors);
        if size(command) > COMMAND_CHARS_MAX {
            errors.add(
                path,
                "APPLICATION_COMMAND_TOO_LARGE",
                format!("Command exceeds maximum size ({COMMAND_CHARS_MAX})"),
            );
        }
    } else {
        errors.length(&join(path, "name"), text(command, "name"), 1, 32);
        if !text(command, "description").is_empty() {
            errors.add(
                &join(path, "description"),
                "APPLICATION_COMMAND_INVALID_DESCRIPTION",
                "Context menu commands cannot have description",
            );
        }
    }
}

fn size(command: &Value) -> usize {
    let own = text(command, "name").chars().count() + text(command, "description").chars().count();
    let values: usize = list(command, "choices")
        .iter()
        .map(|c| text(c, "name").chars().count() + text(c, "value").chars().count())
        .sum();
    own + values + list(command, "options").iter().map(size).sum::<usize>()
}

fn check_name(item: &Value, path: &str, errors: &mut FormErrors) {
    if !is_name(text(item, "name")) {
        errors.add(&join(path, "name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
    errors.length(&join(path, "description"), text(item, "description"), 1, 100);
}

fn check_options(options: &[Value], path: &str, depth: usize, errors: &mut FormErrors) {
    errors.count(&join(path, "options"), options.len(), 0, 25);
    let mut seen = Vec::new();
    let mut optional_before = false;
    for (i, option) in options.iter().enumerate() {
        let at = join(path, &format!("options.{i}"));
        check_name(option, &at, errors);
        let name = text(option, "name");
        if seen.contains(&name) {
            errors.add(&at, "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED", "Option name is already used");
        }
        seen.push(name);
        let kind = option["type"].as_u64().unwrap_or(0);
        let nested = matches!(kind, 1 | 2);
        if !(1..=11).contains(&kind) || (nested && depth + kind as usize > 2) {
            errors.add(
                &join(&at, "type"),
                "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
                "Sub-command and sub-command group option types are mutually exclusive to all other types",
            );
        }
        if nested {
            check_options(list(option, "options"), &at, depth + 1, errors);
            continue;
        }
        let required = option["required"] == true;
        if required && optional_before {
            errors.add(
                &at,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            );
        }
        optional_before |= !required;
        check_choices(option, &at, errors);
    }
    let nested = options.iter().filter(|o| matches!(o["type"].as_u64(), Some(1 | 2))).count();
    if nested != 0 && nested != options.len() {
        errors.add(
            &join(path, "options"),
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "Sub-command and sub-command group option types are mutually exclusive to all other types",
        );
    }
}

fn check_choices(option: &Value, path: &str, errors: &mut FormErrors) {
    let choices = list(option, "choices");
    errors.count(&join(path, "choices"), choices.len(), 0, 25);
    if option["autocomplete"] == true && !choices.is_empty() {
        errors.add(
            path,
            "APPLICATION_COMMAND_AUTOCOMPLETE_NO_CHOICES",
            "Autocomplete options may not specify choices",
        );
    }
    for (i, choice) in choices.iter().enumerate() {
        let at = join(path, &format!("choices.{i}"));
        errors.length(&join(&at, "name"), text(choice, "name"), 1, 100);
        match option["type"].as_u64() {
            Some(3) => errors.length(&join(&at, "value"), text(choice, "value"), 1, 100),
            _ if choice["value"].is_number() => {}
            _ => errors.add(&join(&at, "value"), "NUMBER_TYPE_COERCE", "Value is not a number."),
        }
    }
}
