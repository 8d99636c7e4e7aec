//! What Mattermost takes as attachments and as a dialog, after its own server: <https://github.com/mattermost/mattermost>,
//! `server/public/model/integration_action.go`, and the pages on interactive messages and dialogs.

use std::collections::BTreeSet;

use serde_json::Value;

const TITLE_BYTES_MAX: usize = 24;
const LABEL_BYTES_MAX: usize = 24;
const NAME_BYTES_MAX: usize = 300;
const HELP_BYTES_MAX: usize = 150;
const LINE_BYTES_MAX: usize = 150;
const TEXT_BYTES_MAX: usize = 3_000;
const STYLES: [&str; 7] = ["", "default", "primary", "success", "good", "warning", "danger"];

fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, String> {
    match &value[name] {
        Value::Null => Ok(""),
        Value::String(text) => Ok(text),
        _ => Err(format!("{name} is no text")),
    }
}

fn list<'v>(value: &'v Value, name: &str) -> Result<&'v [Value], String> {
    match &value[name] {
        Value::Null => Ok(&[]),
        Value::Array(all) => Ok(all),
        _ => Err(format!("{name} is no list")),
    }
}

fn at_most(value: &Value, name: &str, max: usize) -> Result<(), String> {
    let length = text(value, name)?.len();
    if length > max { Err(format!("{name} has {length} bytes of at most {max}")) } else { Ok(()) }
}

fn needed(value: &Value, name: &str, max: usize) -> Result<(), String> {
    if text(value, name)?.is_empty() {
        return Err(format!("{name} is empty"));
    }
    at_most(value, name, max)
}

/// What is wrong with the attachments of a message.
pub(super) fn of_attachments(attachments: &Value) -> Result<(), String> {
    let Some(all) = attachments.as_array() else { return Err("attachments are no list".into()) };
    for attachment in all {
        for name in ["fallback", "color", "pretext", "text", "title", "footer"] {
            text(attachment, name)?;
        }
        for field in list(attachment, "fields")? {
            text(field, "title")?;
            if !(field["short"].is_boolean() || field["short"].is_null()) {
                return Err("short is neither true nor false".into());
            }
        }
        let mut ids = BTreeSet::new();
        for action in list(attachment, "actions")? {
            of_action(action)?;
            let id = text(action, "id")?;
            if !id.is_empty() && !ids.insert(id) {
                return Err(format!("the action {id} is there twice"));
            }
        }
    }
    Ok(())
}

/// What is wrong with a button or a menu.
pub(super) fn of_action(action: &Value) -> Result<(), String> {
    needed(action, "name", TEXT_BYTES_MAX)?;
    // It is a part of a path.
    if !text(action, "id")?.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err("an action's id has only letters and digits".into());
    }
    let style = text(action, "style")?;
    if !STYLES.contains(&style) && !style.starts_with('#') {
        return Err(format!("{style} is no style"));
    }
    let (source, options) = (text(action, "data_source")?, list(action, "options")?);
    match text(action, "type")? {
        "" | "button" if options.is_empty() && source.is_empty() => {}
        "select" if options.is_empty() != source.is_empty() => {}
        "" | "button" | "select" => return Err("its choices do not fit its type".into()),
        other => return Err(format!("{other} is no type of an action")),
    }
    let integration = &action["integration"];
    let url = text(integration, "url")?;
    if !integration.is_object() || !(url.starts_with("http://") || url.starts_with("https://")) {
        return Err("the action leads nowhere".into());
    }
    Ok(())
}

/// What is wrong with a request to open a dialog.
pub(super) fn of_opening(request: &Value) -> Result<(), String> {
    for name in ["url", "trigger_id"] {
        needed(request, name, TEXT_BYTES_MAX)?;
    }
    of_dialog(&request["dialog"])
}

/// What is wrong with a dialog.
fn of_dialog(dialog: &Value) -> Result<(), String> {
    needed(dialog, "title", TITLE_BYTES_MAX)?;
    text(dialog, "state")?;
    let mut names = BTreeSet::new();
    for element in list(dialog, "elements")? {
        of_element(element)?;
        if !names.insert(text(element, "name")?) {
            return Err(format!("the element {} is there twice", element["name"]));
        }
    }
    Ok(())
}

/// What is wrong with a question of a dialog.
pub(super) fn of_element(element: &Value) -> Result<(), String> {
    if !element.is_object() {
        return Err("an element is no object".into());
    }
    needed(element, "display_name", LABEL_BYTES_MAX)?;
    needed(element, "name", NAME_BYTES_MAX)?;
    at_most(element, "help_text", HELP_BYTES_MAX)?;
    let number = |name: &str| element[name].as_i64().unwrap_or_default();
    if number("min_length") < 0 || number("min_length") > number("max_length") {
        return Err("min_length is not below max_length".into());
    }
    let kind = text(element, "type")?;
    if element["multiselect"] == true && kind != "select" {
        return Err("only a select takes several".into());
    }
    match kind {
        "text" | "textarea" => {
            let max = if kind == "text" { LINE_BYTES_MAX } else { TEXT_BYTES_MAX };
            at_most(element, "default", max)?;
            at_most(element, "placeholder", max)?;
            if number("max_length") > i64::try_from(max).unwrap_or(i64::MAX) {
                return Err(format!("a {kind} has at most {max} characters"));
            }
            let known = ["", "text", "email", "number", "tel", "url", "password"];
            if known.contains(&text(element, "subtype")?) { Ok(()) } else { Err("no such subtype".into()) }
        }
        "select" => {
            let options = list(element, "options")?;
            match text(element, "data_source")? {
                "users" | "channels" => Ok(()),
                "dynamic" if options.is_empty() => needed(element, "data_source_url", TEXT_BYTES_MAX),
                "dynamic" => Err("a dynamic select has no options of its own".into()),
                "" => default_fits(element, options),
                other => Err(format!("{other} is no source of choices")),
            }
        }
        "radio" => default_fits(element, list(element, "options")?),
        "bool" => match text(element, "default")? {
            "" | "true" | "false" => at_most(element, "placeholder", LINE_BYTES_MAX),
            _ => Err("its default is neither true nor false".into()),
        },
        "date" | "datetime" => at_most(element, "default", LINE_BYTES_MAX),
        other => Err(format!("{other} is no type of an element")),
    }
}

fn default_fits(element: &Value, options: &[Value]) -> Result<(), String> {
    for option in options {
        text(option, "text")?;
        text(option, "value")?;
    }
    let default = text(element, "default")?;
    let several = default.split(',').filter(|_| element["multiselect"] == true);
    let one = std::iter::once(default).filter(|_| element["multiselect"] != true);
    for value in several.chain(one).map(str::trim).filter(|value| !value.is_empty()) {
        if !options.iter().any(|option| option["value"] == value) {
            return Err(format!("the default {value} is not among the options"));
        }
    }
    Ok(())
}

/// What is wrong with the app's answer to a press.
pub(super) fn of_press_answer(answer: &Value) -> Result<(), String> {
    let is_object = |name: &str| answer[name].is_object() || answer[name].is_null();
    text(answer, "ephemeral_text")?;
    match ["update", "error"].into_iter().find(|name| !is_object(name)) {
        Some(name) => Err(format!("{name} is no object")),
        None => Ok(()),
    }
}

/// What is wrong with the app's answer to a form.
pub(super) fn of_form_answer(answer: &Value) -> Result<(), String> {
    text(answer, "error")?;
    let errors = answer["errors"].as_object();
    if errors.is_some_and(|errors| errors.values().any(|why| !why.is_string())) {
        return Err("an error is no text".into());
    }
    match text(answer, "type")? {
        "" | "ok" | "navigate" if answer["form"].is_null() => {}
        "form" => of_dialog(&answer["form"])?,
        other => return Err(format!("{other} is no type of an answer")),
    }
    let known = ["error", "errors", "type", "form"];
    match answer.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => Err(format!("{name} is no part of an answer to a form")),
        None => Ok(()),
    }
}
