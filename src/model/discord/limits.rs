//! The limits on messages, modals and choices, refused as Discord refuses them (code 50035).
//! <https://discord.com/developers/docs/resources/message#create-message> and the component reference.

use serde_json::Value;

use super::{
    error::{ApiError, FormErrors},
    world::{Message, walk},
};

const CONTENT_MAX: usize = 2_000;
const EMBEDS_MAX: usize = 10;
const EMBED_CHARS_MAX: usize = 6_000;
const FIELDS_MAX: usize = 25;
const ROWS_MAX: usize = 5;
const CUSTOM_ID_MAX: usize = 100;
const COMPONENTS_V2_MAX: usize = 40;
const TEXT_V2_MAX: usize = 4_000;

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// Checks what a message would say.
///
/// # Errors
/// Code 50035 with the tree of what is wrong.
pub(super) fn check_message(body: &Value, flags: u64) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    match &body["content"] {
        Value::Null => {}
        Value::String(content) => errors.length("content", content, 0, CONTENT_MAX),
        _ => errors.add("content", "STRING_TYPE_CONVERT", "Could not interpret value as string."),
    }
    check_embeds(list(body, "embeds"), &mut errors);
    let components = list(body, "components");
    if flags & Message::COMPONENTS_V2 == 0 {
        check_rows(components, &mut errors);
    } else {
        if !text(body, "content").is_empty() {
            errors.add(
                "content",
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            );
        }
        if !list(body, "embeds").is_empty() {
            errors.add(
                "embeds",
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                "The 'embeds' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            );
        }
        check_v2(components, &mut errors);
    }
    check_custom_ids(components, &mut errors);
    check_mentions(&body["allowed_mentions"], &mut errors);
    match &body["nonce"] {
        Value::String(nonce) => errors.length("nonce", nonce, 0, 25),
        Value::Null | Value::Number(_) => {}
        _ => errors.add("nonce", "NONCE_TYPE_COERCE", "Value is not a valid nonce."),
    }
    errors.done()
}

fn check_mentions(allowed: &Value, errors: &mut FormErrors) {
    let parse = list(allowed, "parse");
    for kind in ["users", "roles"] {
        if parse.iter().any(|p| p == kind) && !list(allowed, kind).is_empty() {
            errors.add(
                "allowed_mentions",
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                format!("parse:[\"{kind}\"] and {kind}: [ids...] are mutually exclusive."),
            );
        }
        errors.count(&format!("allowed_mentions.{kind}"), list(allowed, kind).len(), 0, 100);
    }
}

fn check_embeds(embeds: &[Value], errors: &mut FormErrors) {
    errors.count("embeds", embeds.len(), 0, EMBEDS_MAX);
    let mut total = 0;
    for (i, embed) in embeds.iter().enumerate() {
        let at = |key: &str| format!("embeds.{i}.{key}");
        for (path, value, max) in [
            ("title", &embed["title"], 256),
            ("description", &embed["description"], 4096),
            ("footer.text", &embed["footer"]["text"], 2048),
            ("author.name", &embed["author"]["name"], 256),
        ] {
            let value = value.as_str().unwrap_or_default();
            total += value.chars().count();
            errors.length(&at(path), value, 0, max);
        }
        let fields = list(embed, "fields");
        errors.count(&at("fields"), fields.len(), 0, FIELDS_MAX);
        for (j, field) in fields.iter().enumerate() {
            for (key, max) in [("name", 256), ("value", 1024)] {
                let path = at(&format!("fields.{j}.{key}"));
                let value = text(field, key);
                total += value.chars().count();
                if value.is_empty() {
                    errors.required(&path);
                } else {
                    errors.length(&path, value, 0, max);
                }
            }
        }
    }
    if total > EMBED_CHARS_MAX {
        let last = embeds.len().saturating_sub(1);
        errors.add(
            &format!("embeds.{last}"),
            "MAX_EMBED_SIZE_EXCEEDED",
            format!("Embed size exceeds maximum size of {EMBED_CHARS_MAX}"),
        );
    }
}

fn check_rows(rows: &[Value], errors: &mut FormErrors) {
    errors.count("components", rows.len(), 0, ROWS_MAX);
    for (i, row) in rows.iter().enumerate() {
        let path = format!("components.{i}");
        if row["type"] != 1 {
            errors.choices(&format!("{path}.type"), "1");
            continue;
        }
        check_row(row, &path, errors);
    }
}

fn check_row(row: &Value, path: &str, errors: &mut FormErrors) {
    let items = list(row, "components");
    let width: usize = items.iter().map(|c| if c["type"] == 2 { 1 } else { 5 }).sum();
    if items.is_empty() {
        errors.count(&format!("{path}.components"), 0, 1, 5);
    } else if width > 5 {
        errors.add(
            path,
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            "The specified component exceeds the maximum width",
        );
    }
    for (j, item) in items.iter().enumerate() {
        check_item(item, &format!("{path}.components.{j}"), errors);
    }
}

fn check_item(item: &Value, path: &str, errors: &mut FormErrors) {
    match item["type"].as_u64() {
        Some(2) => check_button(item, path, errors),
        Some(3 | 5..=8) => check_select(item, path, errors),
        _ => errors.choices(&format!("{path}.type"), "2, 3, 5, 6, 7, 8"),
    }
}

fn check_button(button: &Value, path: &str, errors: &mut FormErrors) {
    let at = |key: &str| format!("{path}.{key}");
    errors.length(&at("label"), text(button, "label"), 0, 80);
    match button["style"].as_u64() {
        Some(1..=4) => {
            if text(button, "custom_id").is_empty() {
                errors.add(
                    &at("custom_id"),
                    "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED",
                    "A custom id is required",
                );
            }
            if text(button, "label").is_empty() && button["emoji"].is_null() {
                errors.add(path, "BUTTON_COMPONENT_INVALID_EMPTY", "A label or emoji is required");
            }
        }
        Some(5) => {
            let url = text(button, "url");
            if !(url.starts_with("https://") || url.starts_with("http://") || url.starts_with("discord://")) {
                errors.add(
                    &at("url"),
                    "BASE_TYPE_BAD_URL",
                    "Scheme must be one of ('http', 'https', 'discord').",
                );
            }
            errors.length(&at("url"), url, 0, 512);
            if !button["custom_id"].is_null() {
                errors.add(
                    path,
                    "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                    "A custom id and url cannot both be specified",
                );
            }
        }
        Some(6) => {}
        _ => errors.choices(&at("style"), "1, 2, 3, 4, 5, 6"),
    }
}

fn check_select(select: &Value, path: &str, errors: &mut FormErrors) {
    let at = |key: &str| format!("{path}.{key}");
    errors.length(&at("placeholder"), text(select, "placeholder"), 0, 150);
    if text(select, "custom_id").is_empty() {
        errors.required(&at("custom_id"));
    }
    if select["type"] != 3 {
        return;
    }
    let options = list(select, "options");
    errors.count(&at("options"), options.len(), 1, 25);
    let mut seen = Vec::new();
    for (i, option) in options.iter().enumerate() {
        let path = at(&format!("options.{i}"));
        errors.length(&format!("{path}.label"), text(option, "label"), 1, 100);
        errors.length(&format!("{path}.value"), text(option, "value"), 1, 100);
        errors.length(&format!("{path}.description"), text(option, "description"), 0, 100);
        if seen.contains(&text(option, "value")) {
            errors.add(
                &format!("{path}.value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            );
        }
        seen.push(text(option, "value"));
    }
}

fn check_v2(components: &[Value], errors: &mut FormErrors) {
    let (mut count, mut chars) = (0, 0);
    walk(components, &mut |c| {
        count += 1;
        if c["type"] == 10 {
            chars += text(c, "content").chars().count();
        }
    });
    if count > COMPONENTS_V2_MAX {
        errors.add(
            "components",
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            format!("The total number of components cannot exceed {COMPONENTS_V2_MAX}"),
        );
    }
    if chars > TEXT_V2_MAX {
        errors.add(
            "components",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            format!("The total size of displayable text cannot exceed {TEXT_V2_MAX}"),
        );
    }
    for (i, component) in components.iter().enumerate() {
        let path = format!("components.{i}");
        match component["type"].as_u64() {
            Some(1) => check_row(component, &path, errors),
            Some(9 | 10 | 12 | 13 | 14) => {}
            Some(17) => {
                for (j, inner) in list(component, "components").iter().enumerate() {
                    if inner["type"] == 1 {
                        check_row(inner, &format!("{path}.components.{j}"), errors);
                    }
                }
            }
            _ => errors.choices(&format!("{path}.type"), "1, 9, 10, 12, 13, 14, 17"),
        }
    }
}

fn check_custom_ids(components: &[Value], errors: &mut FormErrors) {
    let mut seen: Vec<String> = Vec::new();
    walk(components, &mut |c| {
        let Some(id) = c["custom_id"].as_str() else { return };
        errors.length("components.custom_id", id, 1, CUSTOM_ID_MAX);
        if seen.iter().any(|s| s == id) {
            errors.add(
                "components",
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            );
        }
        seen.push(id.to_owned());
    });
}

/// Checks a modal: at most five components, texts within their limits.
///
/// # Errors
/// Code 50035.
pub(super) fn check_modal(modal: &Value) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    errors.length("data.title", text(modal, "title"), 1, 45);
    errors.length("data.custom_id", text(modal, "custom_id"), 1, CUSTOM_ID_MAX);
    let components = list(modal, "components");
    errors.count("data.components", components.len(), 1, 5);
    for (i, component) in components.iter().enumerate() {
        let path = format!("data.components.{i}");
        match component["type"].as_u64() {
            Some(1) => {
                let inputs = list(component, "components");
                errors.count(&format!("{path}.components"), inputs.len(), 1, 1);
                for input in inputs {
                    errors.length(&format!("{path}.components.0.label"), text(input, "label"), 1, 45);
                    check_input(input, &format!("{path}.components.0"), &mut errors);
                }
            }
            Some(18) => {
                errors.length(&format!("{path}.label"), text(component, "label"), 1, 45);
                errors.length(&format!("{path}.description"), text(component, "description"), 0, 100);
                let inner = &component["component"];
                if inner["type"] == 4 {
                    check_input(inner, &format!("{path}.component"), &mut errors);
                } else {
                    check_select(inner, &format!("{path}.component"), &mut errors);
                }
            }
            Some(10) => {}
            _ => errors.choices(&format!("{path}.type"), "1, 10, 18"),
        }
    }
    check_custom_ids(components, &mut errors);
    errors.done()
}

fn check_input(input: &Value, path: &str, errors: &mut FormErrors) {
    let at = |key: &str| format!("{path}.{key}");
    if input["type"] != 4 {
        errors.choices(&at("type"), "4");
        return;
    }
    if !matches!(input["style"].as_u64(), Some(1 | 2)) {
        errors.choices(&at("style"), "1, 2");
    }
    errors.length(&at("placeholder"), text(input, "placeholder"), 0, 100);
    errors.length(&at("value"), text(input, "value"), 0, 4000);
    let (min, max) = (input["min_length"].as_u64(), input["max_length"].as_u64());
    if min.is_some_and(|n| n > 4000) {
        errors.add(&at("min_length"), "NUMBER_TYPE_MAX", "int value should be less than or equal to 4000.");
    }
    if max.is_some_and(|n| n == 0 || n > 4000) {
        errors.add(&at("max_length"), "NUMBER_TYPE_MAX", "int value should be between 1 and 4000.");
    }
}

/// Checks the choices of an autocomplete answer: at most 25, names of 1 to 100 characters.
///
/// # Errors
/// Code 50035.
pub(super) fn check_choices(data: &Value) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    if !data["choices"].is_array() {
        errors.required("data.choices");
    }
    let choices = list(data, "choices");
    errors.count("data.choices", choices.len(), 0, 25);
    for (i, choice) in choices.iter().enumerate() {
        errors.length(&format!("data.choices.{i}.name"), text(choice, "name"), 1, 100);
        match &choice["value"] {
            Value::String(value) => errors.length(&format!("data.choices.{i}.value"), value, 1, 100),
            Value::Number(_) => {}
            _ => errors.required(&format!("data.choices.{i}.value")),
        }
    }
    errors.done()
}
