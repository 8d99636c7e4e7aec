//! Holds recorded requests against an OpenAPI 3.0 or 3.1 document: paths, parameters and JSON bodies, both ways.

use std::{cell::RefCell, collections::HashMap, path::Path, rc::Rc};

use commandpost::model::recorder::Recorded;
use jsonschema::{Draft, Validator};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::schema::{Way, modern};

/// A message longer than this says no more.
const MESSAGE_CHARS_MAX: usize = 600;

/// An API's description, and where it is mounted.
pub struct OpenApi {
    document: Value,
    prefix: String,
    validators: RefCell<HashMap<String, Rc<Validator>>>,
}

/// The operation that a request falls under.
struct Operation<'a> {
    template: &'a str,
    item: &'a Value,
    operation: &'a Value,
    /// Names and values of the path parameters.
    captured: Vec<(String, String)>,
}

/// The field `payload_json` of a form with files.
fn payload_beside_files(request: &Recorded) -> Option<Value> {
    let form = String::from_utf8_lossy(&request.body);
    let (_, rest) = form.split_once("name=\"payload_json\"\r\n\r\n")?;
    let mut message: Value = serde_json::from_str(rest.split("\r\n--").next()?).ok()?;
    // Files of the request itself go by number, which Discord's pages write as one and its description calls a text:
    // <https://docs.discord.com/developers/reference#uploading-files>.
    for file in message["attachments"].as_array_mut().into_iter().flatten() {
        if let Some(n) = file["id"].as_u64() {
            file["id"] = json!(n.to_string());
        }
    }
    Some(message)
}

impl OpenApi {
    /// `prefix` is what the requests' paths have before the document's paths, such as `/api/v10`.
    pub fn new(document: Value, prefix: &str) -> Self {
        Self { document, prefix: prefix.to_owned(), validators: RefCell::default() }
    }
    /// Reads a JSON document.
    ///
    /// # Panics
    /// When it cannot be read: the test cannot go on.
    pub fn read(file: &Path, prefix: &str) -> Self {
        let text = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let document = serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        Self::new(document, prefix)
    }

    /// What is wrong with these requests, in words. Empty is well.
    pub fn violations(&self, requests: &[Recorded]) -> Vec<String> {
        requests.iter().flat_map(|r| self.request_violations(r)).collect()
    }

    fn request_violations(&self, request: &Recorded) -> Vec<String> {
        let name = format!("{} {}", request.method, request.path);
        let Some(found) = self.operation(&request.method, &request.path) else {
            return vec![format!("{name}: the description has no such operation")];
        };
        let mut wrong = self.parameters(&found, request);
        wrong.extend(self.body(&found, request));
        wrong.into_iter().map(|w| format!("{name}: {w}")).collect()
    }

    /// What is wrong with an answer to such a request, in words.
    pub fn answer_violations(&self, method: &str, path: &str, status: u16, body: &Value) -> Vec<String> {
        let name = format!("{method} {path} -> {status}");
        let Some(found) = self.operation(method, path) else {
            return vec![format!("{name}: the description has no such operation")];
        };
        let responses = &found.operation["responses"];
        let class = format!("{}XX", status / 100);
        let keys = [status.to_string(), class, "default".to_owned()];
        let Some(key) = keys.iter().find(|k| responses.get(k.as_str()).is_some()) else {
            return vec![format!("{name}: the description has no such status")];
        };
        let response = self.resolve(&responses[key.as_str()]);
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            return if body.is_null() { Vec::new() } else { vec![format!("{name}: no body is described")] };
        }
        let cache = format!("{method} {} {key}", found.template);
        let wrong = self.check(&cache, schema, Way::Answer, body);
        wrong.into_iter().map(|w| format!("{name}: {w}")).collect()
    }

    /// The operations whose JSON body is described in words that cannot be used for checking.
    pub fn unusable(&self) -> Vec<String> {
        let paths = self.document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| {
            item.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
        });
        let mut wrong = Vec::new();
        for (path, method, operation) in operations {
            let schema = &self.resolve(&operation["requestBody"])["content"]["application/json"]["schema"];
            if !schema.is_null()
                && let Err(why) = self.build(schema, Way::Request)
            {
                wrong.push(format!("{method} {path}: {why}"));
            }
        }
        wrong
    }

    /// Follows a `$ref` at the top of a value.
    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|r| self.document.pointer(r.trim_start_matches('#'))) {
            Some(target) => self.resolve(target),
            None => value,
        }
    }

    fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let path = path.strip_prefix(self.prefix.as_str())?;
        let method = method.to_ascii_lowercase();
        let mut best: Option<(Vec<bool>, Operation<'_>)> = None;
        for (template, item) in self.document["paths"].as_object()? {
            let Some(operation) = item.get(&method) else { continue };
            let Some((literal, captured)) = fit(template, path) else { continue };
            if best.as_ref().is_none_or(|(b, _)| literal > *b) {
                best = Some((literal, Operation { template, item, operation, captured }));
            }
        }
        best.map(|(_, operation)| operation)
    }

    fn parameters(&self, found: &Operation<'_>, request: &Recorded) -> Vec<String> {
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
        let mut wrong = Vec::new();
        let mut known = Vec::new();
        for list in [&found.item["parameters"], &found.operation["parameters"]] {
            for parameter in list.as_array().into_iter().flatten() {
                let parameter = self.resolve(parameter);
                let name = parameter["name"].as_str().unwrap_or_default();
                let values: Vec<&str> = match parameter["in"].as_str() {
                    Some("query") => {
                        known.push(name.to_owned());
                        query.iter().filter(|(n, _)| base(n) == base(name)).map(|(_, v)| v.as_str()).collect()
                    }
                    Some("path") => {
                        found.captured.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
                    }
                    Some("header") => request.header(&name.to_ascii_lowercase()).into_iter().collect(),
                    _ => continue,
                };
                let place = parameter["in"].as_str().unwrap_or_default();
                if values.is_empty() {
                    if parameter["required"] == true && place != "header" {
                        wrong.push(format!("the {place} parameter {name} is missing"));
                    }
                    continue;
                }
                let value = self.typed(&parameter["schema"], &values);
                let cache = format!("{place} {name} {} {}", request.method, found.template);
                let errors = self.check(&cache, &parameter["schema"], Way::Request, &value);
                wrong.extend(errors.into_iter().map(|e| format!("the {place} parameter {name}: {e}")));
            }
        }
        for (name, _) in &query {
            if !known.iter().any(|k| base(k) == base(name)) {
                wrong.push(format!("the query parameter {name} is not described"));
            }
        }
        wrong
    }

    /// The text of a parameter as the type that its schema names.
    fn typed(&self, schema: &Value, values: &[&str]) -> Value {
        let schema = self.resolve(schema);
        let first = values.first().copied().unwrap_or_default();
        let is = |kind: &str| match &schema["type"] {
            Value::String(t) => t == kind,
            Value::Array(all) => all.iter().any(|t| t == kind),
            _ => false,
        };
        if is("integer") || is("number") || is("boolean") {
            serde_json::from_str(first).unwrap_or_else(|_| json!(first))
        } else if is("array") {
            let parts = values.iter().flat_map(|v| v.split(','));
            parts.map(|p| self.typed(&schema["items"], &[p])).collect()
        } else {
            json!(first)
        }
    }

    fn body(&self, found: &Operation<'_>, request: &Recorded) -> Vec<String> {
        let described = self.resolve(&found.operation["requestBody"]);
        if request.body.is_empty() {
            let needed = described["required"] == true;
            return if needed { vec!["the body is missing".to_owned()] } else { Vec::new() };
        }
        if described.is_null() {
            return vec!["a body was sent where none is described".to_owned()];
        }
        let kind = request.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let media = described["content"].get(kind).or_else(|| described["content"].get("*/*"));
        let Some(media) = media else {
            return vec![format!("a body of type {kind:?} is not described")];
        };
        let cache = format!("{} {}", request.method, found.template);
        // Discord: beside files, the message is JSON all the same.
        let beside = (kind == "multipart/form-data").then(|| payload_beside_files(request)).flatten();
        let json = &described["content"]["application/json"]["schema"];
        if let Some(body) = beside {
            return self.check(&cache, json, Way::Request, &body);
        }
        if !(kind == "application/json" || kind.ends_with("+json")) {
            return Vec::new();
        }
        let Some(body) = request.json() else { return vec!["the body is not JSON".to_owned()] };
        self.check(&cache, &media["schema"], Way::Request, &body)
    }

    fn check(&self, cache: &str, schema: &Value, way: Way, value: &Value) -> Vec<String> {
        if schema.is_null() {
            return Vec::new();
        }
        let known = self.validators.borrow().get(cache).cloned();
        let validator = match known {
            Some(validator) => validator,
            None => match self.build(schema, way) {
                Ok(validator) => Rc::new(validator),
                Err(why) => return vec![format!("the description itself cannot be used: {why}")],
            },
        };
        self.validators.borrow_mut().insert(cache.to_owned(), Rc::clone(&validator));
        let say = |error: jsonschema::ValidationError<'_>| {
            let text = format!("at {:?}: {error}", error.instance_path().to_string());
            text.chars().take(MESSAGE_CHARS_MAX).collect()
        };
        validator.iter_errors(value).map(say).collect()
    }

    fn build(&self, schema: &Value, way: Way) -> Result<Validator, String> {
        let mut needed = Map::new();
        self.gather(schema, way, &mut needed);
        let root = json!({"allOf": [modern(schema, way)], "components": {"schemas": needed}});
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        options.should_ignore_unknown_formats(true).build(&root).map_err(|e| e.to_string())
    }

    /// Collects the component schemas that `value` leads to, so that no other one need be compiled.
    fn gather(&self, value: &Value, way: Way, needed: &mut Map<String, Value>) {
        match value {
            Value::Object(map) => {
                if let Some(name) = map.get("$ref").and_then(Value::as_str).and_then(component)
                    && !needed.contains_key(name)
                {
                    let schema = &self.document["components"]["schemas"][name];
                    needed.insert(name.to_owned(), modern(schema, way));
                    self.gather(schema, way, needed);
                }
                map.values().for_each(|v| self.gather(v, way, needed));
            }
            Value::Array(list) => list.iter().for_each(|v| self.gather(v, way, needed)),
            _ => {}
        }
    }
}

fn component(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/")
}

/// `a[b]` is a part of the parameter `a`.
fn base(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}

/// Which segments were literal, and what the parameters were.
type Fit = (Vec<bool>, Vec<(String, String)>);

/// How a path fits a template, if it does.
fn fit(template: &str, path: &str) -> Option<Fit> {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let (mut literal, mut captured) = (Vec::new(), Vec::new());
    for (want, have) in wanted.into_iter().zip(given) {
        let have = percent_decode_str(have).decode_utf8_lossy().into_owned();
        let parameter = want.split_once('{').and_then(|(before, rest)| {
            let (name, after) = rest.split_once('}')?;
            Some((before, name, after))
        });
        match parameter {
            None if want == have => literal.push(true),
            None => return None,
            Some((before, name, after)) => {
                let inner = have.strip_prefix(before)?.strip_suffix(after)?;
                if inner.is_empty() {
                    return None;
                }
                captured.push((name.to_owned(), inner.to_owned()));
                literal.push(false);
            }
        }
    }
    Some((literal, captured))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api() -> OpenApi {
        let document = json!({
            "openapi": "3.0.0",
            "paths": {
                "/things/{id}.json": {
                    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
                    "patch": {
                        "parameters": [{"name": "force", "in": "query", "required": true, "schema": {"type": "boolean"}}],
                        "requestBody": {"required": true, "content": {"application/json": {"schema": {
                            "$ref": "#/components/schemas/Thing"}}}},
                        "responses": {"200": {"content": {"application/json": {"schema": {
                            "$ref": "#/components/schemas/Thing"}}}}},
                    },
                },
                "/things/all.json": {"patch": {"responses": {}}},
            },
            "components": {"schemas": {"Thing": {
                "type": "object", "required": ["name", "made"],
                "properties": {
                    "name": {"type": "string", "nullable": true},
                    "made": {"type": "string", "readOnly": true},
                    "inner": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/Thing"}]},
                    "count": {"type": "integer", "minimum": 0, "exclusiveMinimum": true},
                },
            }}},
        });
        OpenApi::new(document, "/v1")
    }

    fn sent(path: &str, query: &str, body: &Value) -> Vec<String> {
        api().violations(&[Recorded {
            method: "PATCH".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: if body.is_null() { String::new() } else { body.to_string() }.into(),
            status: 200,
        }])
    }

    #[test]
    fn a_request_as_described_has_no_violations() {
        let body = json!({"name": null, "inner": {"name": "x", "inner": null}, "count": 1});
        assert_eq!(sent("/v1/things/7.json", "force=true", &body), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_violation_is_named() {
        let good = json!({"name": "x"});
        for (path, query, body, word) in [
            ("/v1/nothing", "", &good, "no such operation"),
            ("/things/7.json", "force=true", &good, "no such operation"),
            ("/v1/things/7.json", "", &good, "parameter force is missing"),
            ("/v1/things/7.json", "force=yes", &good, "parameter force"),
            ("/v1/things/seven.json", "force=true", &good, "parameter id"),
            ("/v1/things/7.json", "force=true&more=1", &good, "more is not described"),
            ("/v1/things/7.json", "force=true", &Value::Null, "body is missing"),
            ("/v1/things/7.json", "force=true", &json!({}), "name"),
            ("/v1/things/7.json", "force=true", &json!({"name": 5}), "name"),
            ("/v1/things/7.json", "force=true", &json!({"name": "x", "count": 0}), "count"),
            ("/v1/things/7.json", "force=true", &json!({"name": "x", "inner": {}}), "inner"),
            ("/v1/things/all.json", "", &good, "where none is described"),
        ] {
            let wrong = sent(path, query, body);
            assert_eq!(wrong.len(), 1, "{path}?{query} {body}: {wrong:?}");
            assert!(wrong[0].contains(word), "{wrong:?} should say {word:?}");
        }
    }

    #[test]
    fn the_descriptions_of_discord_x_and_statuspage_can_all_be_used() {
        for file in ["discord/openapi.json", "x/openapi.json", "statuspage/swagger.json"] {
            let Some(file) = crate::support::specs::find("usable descriptions", file) else { return };
            assert_eq!(OpenApi::read(&file, "").unusable(), Vec::<String>::new(), "{}", file.display());
        }
    }

    #[test]
    fn a_body_that_discord_does_not_take_is_found_out() {
        let Some(file) = crate::support::specs::find("a bad body", "discord/openapi.json") else { return };
        let request = |body: Value| Recorded {
            method: "POST".to_owned(),
            path: "/api/v10/channels/123/messages".to_owned(),
            query: String::new(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into(),
            status: 200,
        };
        let button = |style: Value| {
            json!([{"type": 1, "components": [
            {"type": 2, "style": style, "label": "x", "custom_id": "x"}]}])
        };
        let api = OpenApi::read(&file, "/api/v10");
        assert_eq!(api.violations(&[request(json!({"components": button(json!(1))}))]), Vec::<String>::new());
        for bad in [
            json!({"content": 5}),
            json!({"components": button(json!("blue"))}),
            json!({"nonce": "n".repeat(26)}),
        ] {
            assert_eq!(api.violations(&[request(bad.clone())]).len(), 1, "{bad}");
        }
    }

    #[test]
    fn an_answer_must_have_what_only_answers_have() {
        let wrong = api().answer_violations("PATCH", "/v1/things/7.json", 200, &json!({"name": "x"}));
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains("made"), "{wrong:?}");
    }
}
