//! Holds recorded requests against Slack's official description of its Web API (OpenAPI 2.0, of 2021): methods, arguments
//! and their types. What came later is listed here, each with where it is documented.

use std::{collections::BTreeMap, path::Path};

use commandpost::model::recorder::Recorded;
use serde_json::{Value, json};

use super::specs;

/// Methods that the description does not have yet, with their arguments: <https://docs.slack.dev/reference/methods>.
fn later_methods(method: &str) -> Option<Value> {
    Some(match method {
        "apps.connections.open" => json!([]),
        "bookmarks.add" => json!([
            {"name": "channel_id", "type": "string", "required": true},
            {"name": "title", "type": "string", "required": true},
            {"name": "type", "type": "string", "required": true},
            {"name": "link", "type": "string"},
        ]),
        "files.getUploadURLExternal" => json!([
            {"name": "filename", "type": "string", "required": true},
            {"name": "length", "type": "integer", "required": true},
            {"name": "alt_txt", "type": "string"},
        ]),
        "files.completeUploadExternal" => json!([
            {"name": "files", "type": "string", "required": true},
            {"name": "channel_id", "type": "string"},
            {"name": "thread_ts", "type": "string"},
        ]),
        _ => return None,
    })
}

/// Arguments that the description does not have yet: <https://docs.slack.dev/messaging/message-metadata>.
const LATER: [(&str, &str); 4] = [
    ("chat.postMessage", "metadata"),
    ("chat.update", "metadata"),
    ("conversations.history", "include_all_metadata"),
    ("conversations.replies", "include_all_metadata"),
];

fn arguments(request: &Recorded) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> =
        url::form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
    all.extend(url::form_urlencoded::parse(&request.body).into_owned());
    all
}

/// The requests call nobody, and are as Slack describes them.
pub fn as_described(requests: &[Recorded], test: &str) {
    requests.iter().for_each(calls_nobody);
    let Some(file) = specs::find(test, "slack/slack_web_openapi_v2.json") else { return };
    assert_eq!(violations(&file, requests), Vec::<String>::new());
}

/// What is wrong with the requests, in words. Empty is well.
pub fn violations(file: &Path, requests: &[Recorded]) -> Vec<String> {
    let doc: Value = serde_json::from_slice(&std::fs::read(file).expect("readable")).expect("JSON");
    let of_api = requests.iter().filter_map(|r| Some((r, r.path.strip_prefix("/api/")?)));
    of_api.flat_map(|(r, method)| one(&doc, r, method)).collect()
}

fn one(doc: &Value, request: &Recorded, method: &str) -> Vec<String> {
    let described = doc["paths"][format!("/{method}")].as_object();
    let parameters = match described.and_then(|verbs| verbs.values().next()) {
        Some(operation) => operation["parameters"].clone(),
        None => match later_methods(method) {
            Some(parameters) => parameters,
            None => return vec![format!("{method}: there is no such method")],
        },
    };
    let given = arguments(request);
    let mut wrong = Vec::new();
    // A method described as GET may be called by POST with the same arguments, not the other way round.
    let reads = described.is_some_and(|verbs| verbs.contains_key("get"));
    if request.method == "GET" && !reads {
        wrong.push("this is called by POST".to_owned());
    }
    if request.method == "POST" && !given.is_empty() {
        let kind = request.header("content-type").unwrap_or_default();
        if kind != "application/x-www-form-urlencoded" {
            wrong.push(format!("the body is called {kind}"));
        }
    }
    if !request.header("authorization").is_some_and(|header| header.starts_with("Bearer x")) {
        wrong.push("there is no token".to_owned());
    }
    let list = parameters.as_array().expect("a list");
    for (name, value) in &given {
        if LATER.contains(&(method, name.as_str())) {
            continue;
        }
        let Some(parameter) = list.iter().find(|one| one["name"] == name.as_str()) else {
            wrong.push(format!("there is no argument {name}"));
            continue;
        };
        let fits = match parameter["type"].as_str().unwrap_or_default() {
            "boolean" => matches!(value.as_str(), "true" | "false"),
            "integer" => value.parse::<i64>().is_ok(),
            "number" => value.parse::<f64>().is_ok(),
            _ => true,
        };
        if !fits {
            wrong.push(format!("{name} is no {}", parameter["type"]));
        }
    }
    for parameter in list.iter().filter(|one| one["required"] == true && one["name"] != "token") {
        if !given.contains_key(parameter["name"].as_str().unwrap_or_default()) {
            wrong.push(format!("{} is missing", parameter["name"]));
        }
    }
    wrong.into_iter().map(|why| format!("{method}: {why}")).collect()
}

/// Nothing in the request calls a channel or a group, and nothing in its texts is looked for names.
///
/// # Panics
/// When it does.
pub fn calls_nobody(request: &Recorded) {
    let given = arguments(request);
    calls_none(given.get("text").map(String::as_str).unwrap_or_default());
    if matches!(request.path.as_str(), "/api/chat.postMessage" | "/api/chat.update") {
        assert_eq!(given.get("parse").map(String::as_str), Some("none"), "{}", request.path);
        assert!(!given.contains_key("link_names"));
    }
    let blocks: Value =
        given.get("blocks").and_then(|blocks| serde_json::from_str(blocks).ok()).unwrap_or_default();
    walk(&blocks, &mut |value| {
        if value["type"] == "mrkdwn" {
            assert_eq!(value["verbatim"], true, "{value}");
            calls_none(value["text"].as_str().unwrap_or_default());
        }
    });
}

fn calls_none(text: &str) {
    for call in ["<!here", "<!channel", "<!everyone", "<!subteam"] {
        assert!(!text.contains(call), "{text}");
    }
}

fn walk(value: &Value, visit: &mut dyn FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(all) => all.iter().for_each(|one| walk(one, visit)),
        Value::Object(all) => all.values().for_each(|one| walk(one, visit)),
        _ => {}
    }
}
