//! What Slack takes as blocks and as a form, after <https://docs.slack.dev/reference/block-kit/blocks> and
//! <https://docs.slack.dev/reference/views/modal-views>.

use std::collections::BTreeSet;

use serde_json::Value;

const MESSAGE_BLOCKS_MAX: usize = 50;
const VIEW_BLOCKS_MAX: usize = 100;

/// What is wrong with the blocks of a message.
pub(super) fn of_message(blocks: &Value) -> Result<Vec<Value>, String> {
    let Some(all) = blocks.as_array() else { return Err("must be an array".into()) };
    if all.len() > MESSAGE_BLOCKS_MAX {
        return Err("no more than 50 items allowed [json-pointer:/blocks]".into());
    }
    each(all, &["header", "section", "actions", "context", "divider"])?;
    Ok(all.clone())
}

/// What is wrong with a form.
pub(super) fn of_view(view: &Value) -> Result<(), String> {
    if view["type"] != "modal" {
        return Err("unsupported type [json-pointer:/view/type]".into());
    }
    for (name, max) in [("title", 24), ("submit", 24), ("close", 24)] {
        if view[name].is_object() {
            plain(&view[name], max).map_err(|why| format!("{why} [json-pointer:/view/{name}]"))?;
        }
    }
    text(&view["title"]["text"], 24)?;
    for (name, max) in [("private_metadata", 3_000), ("callback_id", 255)] {
        if view[name].as_str().is_some_and(|text| text.chars().count() > max) {
            return Err(format!("must be less than {} characters [json-pointer:/view/{name}]", max + 1));
        }
    }
    let all = view["blocks"].as_array().ok_or("missing required field: blocks")?;
    if all.is_empty() || all.len() > VIEW_BLOCKS_MAX {
        return Err("must provide from 1 to 100 blocks [json-pointer:/view/blocks]".into());
    }
    if all.iter().any(|block| block["type"] == "input") && !view["submit"].is_object() {
        return Err("missing required field: submit".into());
    }
    each(all, &["header", "section", "actions", "context", "divider", "input"])
}

fn each(all: &[Value], types: &[&str]) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    for (i, block) in all.iter().enumerate() {
        one(block, types).map_err(|why| format!("{why} [json-pointer:/blocks/{i}]"))?;
        if let Some(id) = block["block_id"].as_str()
            && (id.chars().count() > 255 || !ids.insert(id.to_owned()))
        {
            return Err(format!("`block_id` is too long or there twice [json-pointer:/blocks/{i}/block_id]"));
        }
    }
    Ok(())
}

fn one(block: &Value, types: &[&str]) -> Result<(), String> {
    let kind = block["type"].as_str().unwrap_or_default();
    if !types.contains(&kind) {
        return Err(format!("unsupported type: {kind}"));
    }
    match kind {
        "header" => plain(&block["text"], 150),
        "section" => {
            let fields = block["fields"].as_array();
            if block["text"].is_object() {
                any_text(&block["text"], 3_000)?;
            } else if fields.is_none() {
                return Err("missing required field: text or fields".into());
            }
            if fields.is_some_and(|fields| fields.is_empty() || fields.len() > 10) {
                return Err("no more than 10 items allowed: fields".into());
            }
            fields.into_iter().flatten().try_for_each(|field| any_text(field, 2_000))
        }
        "context" => {
            let elements = list(block, 10)?;
            elements.iter().try_for_each(|element| any_text(element, 3_000))
        }
        "actions" => {
            let mut ids = BTreeSet::new();
            for element in list(block, 25)? {
                match element["type"].as_str().unwrap_or_default() {
                    "button" => plain(&element["text"], 75)?,
                    "static_select" => self::element(element)?,
                    _ => return Err("unsupported element".into()),
                }
                text(&element["action_id"], 255)?;
                if !ids.insert(element["action_id"].to_string()) {
                    return Err("`action_id` already exists".into());
                }
                if !matches!(element["style"].as_str(), None | Some("primary" | "danger")) {
                    return Err("invalid style".into());
                }
            }
            Ok(())
        }
        "input" => {
            plain(&block["label"], 2_000)?;
            element(&block["element"])
        }
        _ => Ok(()),
    }
}

fn element(element: &Value) -> Result<(), String> {
    if element["placeholder"].is_object() {
        plain(&element["placeholder"], 150)?;
    }
    match element["type"].as_str().unwrap_or_default() {
        "plain_text_input" => {
            let max = element["max_length"].as_u64().unwrap_or(3_000);
            if !(1..=3_000).contains(&max) {
                return Err("max_length must be from 1 to 3000".into());
            }
            let given = element["initial_value"].as_str().unwrap_or_default().chars().count();
            if given as u64 > max { Err("initial_value is too long".into()) } else { Ok(()) }
        }
        "number_input" if element["is_decimal_allowed"].is_boolean() => Ok(()),
        "users_select" => Ok(()),
        "static_select" | "checkboxes" => {
            let max = if element["type"] == "checkboxes" { 10 } else { 100 };
            let options = element["options"].as_array().map_or(&[][..], Vec::as_slice);
            if options.is_empty() || options.len() > max {
                return Err("wrong number of options".into());
            }
            for option in options {
                plain(&option["text"], 75)?;
                text(&option["value"], 150)?;
                if option["description"].is_object() {
                    plain(&option["description"], 75)?;
                }
            }
            let initial = &element["initial_option"];
            if initial.is_null() || options.contains(initial) {
                Ok(())
            } else {
                Err("initial_option is not among the options".into())
            }
        }
        other => Err(format!("unsupported element: {other}")),
    }
}

fn list(block: &Value, max: usize) -> Result<&[Value], String> {
    let elements = block["elements"].as_array().map_or(&[][..], Vec::as_slice);
    if elements.is_empty() || elements.len() > max {
        return Err(format!("must have from 1 to {max} elements"));
    }
    Ok(elements)
}

fn text(value: &Value, max: usize) -> Result<(), String> {
    match value.as_str().map(|text| text.chars().count()) {
        Some(chars) if (1..=max).contains(&chars) => Ok(()),
        Some(0) => Err("must be more than 0 characters".into()),
        Some(_) => Err(format!("must be less than {} characters", max + 1)),
        None => Err("missing required field: text".into()),
    }
}

fn plain(value: &Value, max: usize) -> Result<(), String> {
    if value["type"] != "plain_text" || !value["verbatim"].is_null() {
        return Err("must be plain_text".into());
    }
    text(&value["text"], max)
}

fn any_text(value: &Value, max: usize) -> Result<(), String> {
    match value["type"].as_str() {
        Some("mrkdwn") if value["emoji"].is_null() => text(&value["text"], max),
        Some("plain_text") => plain(value, max),
        _ => Err("must be mrkdwn or plain_text".into()),
    }
}
