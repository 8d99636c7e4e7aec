//! Holds recorded requests against Mattermost's official description of its API (OpenAPI 3.0, of 2023), and looks for calls
//! to people in them.

use std::{cell::OnceCell, rc::Rc};

use commandpost::model::recorder::Recorded;
use serde_json::{Value, json};

use super::{openapi::OpenApi, specs};

const FILE: &str = "mattermost/mattermost-openapi-v4.2023.yaml";

thread_local! {
    /// Read once: it is long.
    static READ: OnceCell<Option<Rc<OpenApi>>> = const { OnceCell::new() };
}

/// The description, or `None` (said aloud) where the specifications are not at hand.
pub fn description(test: &str) -> Option<Rc<OpenApi>> {
    let file = specs::find(test, FILE)?;
    let read = || {
        let text = std::fs::read_to_string(&file).expect("readable");
        let mut document: Value = serde_saphyr::from_str(&text).expect("YAML");
        // It calls the props of a patch a text; the server takes what it takes when a message is made:
        // <https://github.com/mattermost/mattermost>, `PostPatch` in server/public/model/post.go.
        let patch =
            "/paths/~1api~1v4~1posts~1{post_id}~1patch/put/requestBody/content/application~1json/schema";
        document.pointer_mut(patch).expect("described")["properties"]["props"] = json!({"type": "object"});
        Some(Rc::new(OpenApi::new(document, "")))
    };
    READ.with(|known| known.get_or_init(read).clone())
}

/// The requests call nobody, and are as Mattermost describes them.
pub fn as_described(requests: &[Recorded], test: &str) {
    requests.iter().for_each(calls_nobody);
    let Some(api) = description(test) else { return };
    assert_eq!(api.violations(&of_api(requests)), Vec::<String>::new());
}

/// Those that the description speaks of: not the answers to slash commands.
pub fn of_api(requests: &[Recorded]) -> Vec<Recorded> {
    requests.iter().filter(|request| request.path.starts_with("/api/")).cloned().collect()
}

/// Nothing in the request calls a person, a group or a channel: whatever follows an `@` is cut off from it.
///
/// # Panics
/// When it does.
pub fn calls_nobody(request: &Recorded) {
    let Some(body) = request.json() else { return };
    walk(&body, "", &mut |name, text| {
        let is_shown = matches!(
            name,
            "message" | "text" | "title" | "value" | "footer" | "fallback" | "pretext" | "header"
        );
        if is_shown {
            let mut pieces = text.split('@').skip(1);
            let calls = pieces.any(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
            assert!(!calls, "{} {}: {text}", request.method, request.path);
        }
    });
}

fn walk(value: &Value, name: &str, visit: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| walk(one, name, visit)),
        Value::Object(all) => all.iter().for_each(|(name, one)| walk(one, name, visit)),
        Value::String(text) => visit(name, text),
        _ => {}
    }
}

#[test]
fn a_request_that_mattermost_does_not_describe_is_found_out() {
    let Some(api) = description("a_request_that_mattermost_does_not_describe_is_found_out") else { return };
    let wrong = |method: &str, path: &str, query: &str, body: Value| {
        let request = Recorded {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: if body.is_null() { String::new() } else { body.to_string() }.into(),
            status: 200,
        };
        api.violations(&[request])
    };
    let post = json!({"channel_id": "c", "message": "x"});
    assert_eq!(wrong("POST", "/api/v4/posts", "", post.clone()), Vec::<String>::new());
    assert_eq!(wrong("GET", "/api/v4/channels/c/posts", "since=1", Value::Null), Vec::<String>::new());
    for (method, path, query, body) in [
        ("POST", "/api/v4/posts", "", json!({"message": "x"})),
        ("POST", "/api/v4/posts", "", json!({"channel_id": 7, "message": "x"})),
        ("PATCH", "/api/v4/posts", "", post),
        ("GET", "/api/v4/channels/c/posts", "since=soon", Value::Null),
        ("GET", "/api/v4/channels/c/posts", "newest=1", Value::Null),
    ] {
        assert_eq!(wrong(method, path, query, body).len(), 1, "{method} {path} {query}");
    }
}
