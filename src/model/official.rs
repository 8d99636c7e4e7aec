//! Holds recorded requests against a service's official OpenAPI description: path, method, query, body.

use serde_json::Value;

use super::recorder::Recorded;

/// The description, or `None` (said aloud) where the specifications are not at hand.
pub fn description(test: &str, file: &str) -> Option<Value> {
    let text = std::fs::read_to_string(crate::specs::find(test, file)?).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// What is wrong with the requests; `prefix` is the path of the description's server.
pub fn violations(doc: &Value, prefix: &str, requests: &[Recorded]) -> Vec<String> {
    requests
        .iter()
        .flat_map(|r| one(doc, prefix, r).into_iter().map(|v| format!("{} {}: {v}", r.method, r.path)))
        .collect()
}

fn one(doc: &Value, prefix: &str, request: &Recorded) -> Vec<String> {
    let path = request.path.strip_prefix(prefix).unwrap_or(&request.path);
    let paths = doc["paths"].as_object().unwrap();
    // A path without variables goes before one with: `/users/me` before `/users/{id}`.
    let mut fitting: Vec<&String> = paths.keys().filter(|template| fits(template, path)).collect();
    fitting.sort_by_key(|template| template.matches('{').count());
    let Some(template) = fitting.first() else { return vec!["no such path".to_owned()] };
    let Some(operation) = paths[*template].get(request.method.to_lowercase()) else {
        return vec!["no such method".to_owned()];
    };
    let mut wrong = Vec::new();
    let parameters: Vec<Value> =
        operation["parameters"].as_array().into_iter().flatten().map(|p| inlined(doc, p)).collect();
    for (segment, name) in path.split('/').zip(template.split('/')).filter(|(_, t)| t.starts_with('{')) {
        let name = name.trim_matches(['{', '}']);
        if let Some(p) = parameters.iter().find(|p| p["in"] == "path" && p["name"] == name) {
            wrong.extend(value(name, segment, &p["schema"]));
        }
    }
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
    for (name, text) in &query {
        match parameters.iter().find(|p| p["in"] == "query" && p["name"] == name.as_str()) {
            None => wrong.push(format!("no query parameter {name}")),
            Some(p) => wrong.extend(value(name, text, &p["schema"])),
        }
    }
    for p in parameters.iter().filter(|p| p["in"] == "query" && p["required"] == true) {
        if !query.iter().any(|(name, _)| p["name"] == name.as_str()) {
            wrong.push(format!("query parameter {} is missing", p["name"]));
        }
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    match (schema.is_null(), request.json()) {
        (true, None) => {}
        (true, Some(_)) => wrong.push("a body that is not described".to_owned()),
        (false, None) => wrong.push("no JSON body".to_owned()),
        (false, Some(body)) => {
            if request.header("content-type") != Some("application/json") {
                wrong.push("the body is not called JSON".to_owned());
            }
            wrong.extend(invalid(&inlined(doc, schema), &body));
        }
    }
    wrong
}

fn fits(template: &str, path: &str) -> bool {
    template.split('/').count() == path.split('/').count()
        && template.split('/').zip(path.split('/')).all(|(t, p)| t.starts_with('{') || t == p)
}

fn value(name: &str, text: &str, schema: &Value) -> Vec<String> {
    let value = match schema["type"].as_str() {
        Some("integer") => text.parse::<i64>().map_or(Value::from(text), Value::from),
        Some("array") => text.split(',').map(Value::from).collect(),
        _ => Value::from(text),
    };
    invalid(schema, &value).into_iter().map(|v| format!("{name}: {v}")).collect()
}

fn invalid(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    validator.iter_errors(value).map(|e| format!("{e} at {}", e.instance_path())).collect()
}

/// The schema with every reference replaced by what it names, and without the sample values that OpenAPI allows.
fn inlined(doc: &Value, schema: &Value) -> Value {
    match schema {
        Value::Object(all) => match all.get("$ref").and_then(Value::as_str) {
            Some(reference) => inlined(doc, doc.pointer(reference.trim_start_matches('#')).unwrap()),
            None => all.iter().map(|(k, v)| (k.clone(), inlined(doc, v))).collect(),
        },
        Value::Array(all) => all.iter().map(|v| inlined(doc, v)).collect(),
        other => other.clone(),
    }
}

/// A clock to be set and moved by hand.
pub mod clock {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    };

    use chrono::{DateTime, Utc};

    use crate::publish::{Nonce, Now};

    /// 2026-11-20 12:00:00 UTC
    pub const START_S: i64 = 1_795_176_000;

    #[derive(Clone)]
    pub struct Clock(Arc<AtomicI64>);

    impl Clock {
        pub fn new() -> Self {
            Self(Arc::new(AtomicI64::new(START_S)))
        }
        pub fn forward(&self, seconds: i64) {
            self.0.fetch_add(seconds, Ordering::Relaxed);
        }
        pub fn time(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(self.0.load(Ordering::Relaxed), 0).unwrap()
        }
        pub fn now(&self) -> Now {
            let clock = self.clone();
            Arc::new(move || clock.time())
        }
    }

    pub fn nonces() -> Nonce {
        let count = AtomicU64::new(0);
        Arc::new(move || format!("nonce{:020}", count.fetch_add(1, Ordering::Relaxed)))
    }
}

/// A first post of `INC-1`, approved when the clock starts.
pub fn first_post() -> crate::post::PostView {
    crate::post::PostView {
        id: "INC-1/p1".into(),
        incident: "INC-1".into(),
        title: "API slow".into(),
        phase: crate::post::PublicPhase::Investigating,
        impact: crate::post::Impact::Major,
        text: "Answers of the API are slow; <we> look into it & report.".into(),
        texts: Default::default(),
        components: Vec::new(),
        next_update_at: None,
        planned: None,
        approved_at: chrono::DateTime::from_timestamp(clock::START_S, 0).unwrap(),
        is_first: true,
        corrects: None,
        page_url: Some("https://status.example.com/incidents/INC-1".into()),
    }
}

/// A later post of the same incident.
pub fn later_post(number: usize, text: &str) -> crate::post::PostView {
    crate::post::PostView {
        id: format!("INC-1/p{number}"),
        phase: crate::post::PublicPhase::Monitoring,
        text: text.into(),
        is_first: false,
        ..first_post()
    }
}

pub fn client() -> reqwest::Client {
    let limit = std::time::Duration::from_secs(60);
    reqwest::Client::builder().connect_timeout(limit).timeout(limit).build().unwrap()
}

mod tests {
    use super::*;

    #[test]
    fn a_request_that_the_description_does_not_know_is_noticed() {
        let test = "a_request_that_the_description_does_not_know_is_noticed";
        let Some(doc) = description(test, "x/openapi.json") else { return };
        let wrong = |method: &str, path: &str, query: &str, body: &str| {
            let request = Recorded {
                method: method.into(),
                path: path.into(),
                query: query.into(),
                headers: vec![("content-type".into(), "application/json".into())],
                body: body.to_owned().into(),
                status: 200,
            };
            violations(&doc, "", &[request]).len()
        };
        assert_eq!(wrong("POST", "/2/tweets", "", r#"{"text":"a","reply":{"in_reply_to_tweet_id":"1"}}"#), 0);
        assert_eq!(wrong("POST", "/2/tweets", "", r#"{"text":"a","reply":{"in_reply_to_tweet_id":"x"}}"#), 1);
        assert_eq!(wrong("POST", "/2/tweets", "", r#"{"text":1}"#), 1);
        assert_eq!(wrong("POST", "/2/tweets", "", r#"{"status":"a"}"#), 1);
        assert_eq!(wrong("PUT", "/2/tweets", "", r#"{"text":"a"}"#), 1);
        assert_eq!(wrong("GET", "/2/users/1/tweets", "max_results=100&post.fields=entities", ""), 0);
        assert_eq!(wrong("GET", "/2/users/1/tweets", "max_results=1&tweet.fields=x", ""), 2);
        assert_eq!(wrong("GET", "/2/nothing", "", ""), 1);
    }
}
