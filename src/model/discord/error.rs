//! Refusals in Discord's shape: a status, a JSON error code, and for forms the tree of what is wrong where.
//! <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>

use axum::{
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

/// One refusal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ApiError {
    pub status: StatusCode,
    pub code: u32,
    pub message: &'static str,
    pub errors: Option<Value>,
    /// Seconds, for a 429.
    pub retry_after: Option<f64>,
    pub global: bool,
}

impl ApiError {
    const fn new(status: StatusCode, code: u32, message: &'static str) -> Self {
        Self { status, code, message, errors: None, retry_after: None, global: false }
    }
    pub const fn bad(code: u32, message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }
    pub const fn unknown(code: u32, message: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }
    pub const fn forbidden(code: u32, message: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }
    pub const UNAUTHORIZED: Self = Self::new(StatusCode::UNAUTHORIZED, 0, "401: Unauthorized");
    pub const NOT_FOUND: Self = Self::unknown(0, "404: Not Found");
    pub const METHOD_NOT_ALLOWED: Self =
        Self::new(StatusCode::METHOD_NOT_ALLOWED, 0, "405: Method Not Allowed");
    pub const UNKNOWN_APPLICATION: Self = Self::unknown(10002, "Unknown Application");
    pub const UNKNOWN_CHANNEL: Self = Self::unknown(10003, "Unknown Channel");
    pub const UNKNOWN_GUILD: Self = Self::unknown(10004, "Unknown Guild");
    pub const UNKNOWN_MEMBER: Self = Self::unknown(10007, "Unknown Member");
    pub const UNKNOWN_MESSAGE: Self = Self::unknown(10008, "Unknown Message");
    pub const UNKNOWN_ROLE: Self = Self::unknown(10011, "Unknown Role");
    pub const UNKNOWN_USER: Self = Self::unknown(10013, "Unknown User");
    pub const UNKNOWN_WEBHOOK: Self = Self::unknown(10015, "Unknown Webhook");
    pub const UNKNOWN_INTERACTION: Self = Self::unknown(10062, "Unknown interaction");
    pub const UNKNOWN_COMMAND: Self = Self::unknown(10063, "Unknown application command");
    pub const MISSING_ACCESS: Self = Self::forbidden(50001, "Missing Access");
    pub const MISSING_PERMISSIONS: Self = Self::forbidden(50013, "Missing Permissions");
    pub const NOT_YOURS: Self = Self::forbidden(50005, "Cannot edit a message authored by another user");
    pub const NO_DM: Self = Self::forbidden(50007, "Cannot send messages to this user");
    pub const EMPTY_MESSAGE: Self = Self::bad(50006, "Cannot send an empty message");
    pub const NOT_TEXT: Self = Self::bad(50008, "Cannot send messages in a non-text channel");
    pub const WRONG_CHANNEL: Self = Self::bad(50024, "Cannot execute action on this channel type");
    pub const INVALID_TOKEN: Self = Self::new(StatusCode::UNAUTHORIZED, 50027, "Invalid Webhook Token");
    pub const ARCHIVED: Self = Self::bad(50083, "Thread is archived");
    pub const INVALID_JSON: Self = Self::bad(50109, "The request body contains invalid JSON.");
    pub const TOO_MANY_PINS: Self = Self::bad(30003, "Maximum number of pins reached (250)");
    pub const TOO_MANY_CHANNELS: Self = Self::bad(30013, "Maximum number of guild channels reached (500)");
    pub const ALREADY_ACKNOWLEDGED: Self = Self::bad(40060, "Interaction has already been acknowledged.");
    pub const THREAD_EXISTS: Self = Self::bad(160_004, "A thread has already been created for this message");

    pub fn rate_limited(retry_after: f64, global: bool) -> Self {
        Self {
            retry_after: Some(retry_after),
            global,
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, 0, "You are being rate limited.")
        }
    }
    pub fn not_a_snowflake() -> Self {
        let mut errors = FormErrors::default();
        errors.add("id", "NUMBER_TYPE_COERCE", "Value is not snowflake.");
        errors.into_error()
    }
    pub fn form(path: &str, code: &str, message: impl Into<String>) -> Self {
        let mut errors = FormErrors::default();
        errors.add(path, code, message);
        errors.into_error()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = json!({"message": self.message, "code": self.code});
        if let Some(errors) = self.errors {
            body["errors"] = errors;
        }
        let Some(retry_after) = self.retry_after else {
            return (self.status, axum::Json(body)).into_response();
        };
        body["retry_after"] = json!(retry_after);
        body["global"] = json!(self.global);
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, (retry_after.ceil().max(0.0) as u64).into());
        let scope = if self.global { "global" } else { "user" };
        headers.insert("x-ratelimit-scope", axum::http::HeaderValue::from_static(scope));
        if self.global {
            headers.insert("x-ratelimit-global", axum::http::HeaderValue::from_static("true"));
        }
        response
    }
}

/// The `errors` tree of code 50035: `{"embeds": {"0": {"title": {"_errors": [{code, message}]}}}}`.
#[derive(Debug, Default)]
pub(super) struct FormErrors(Map<String, Value>);

impl FormErrors {
    /// `path` is dotted: `embeds.0.title`. An empty path is the whole form.
    pub fn add(&mut self, path: &str, code: &str, message: impl Into<String>) {
        let mut at = &mut self.0;
        for part in path.split('.').filter(|p| !p.is_empty()) {
            let next = at.entry(part).or_insert_with(|| Value::Object(Map::new()));
            match next {
                Value::Object(map) => at = map,
                _ => return,
            }
        }
        let list = at.entry("_errors").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(json!({"code": code, "message": message.into()}));
        }
    }
    /// Text in characters between `min` and `max`.
    pub fn length(&mut self, path: &str, text: &str, min: usize, max: usize) {
        let n = text.chars().count();
        if n > max && min == 0 {
            self.add(path, "BASE_TYPE_MAX_LENGTH", format!("Must be {max} or fewer in length."));
        } else if n < min || n > max {
            self.add(path, "BASE_TYPE_BAD_LENGTH", format!("Must be between {min} and {max} in length."));
        }
    }
    /// A list's number of items between `min` and `max`.
    pub fn count(&mut self, path: &str, n: usize, min: usize, max: usize) {
        if n < min || n > max {
            self.add(path, "BASE_TYPE_BAD_LENGTH", format!("Must be between {min} and {max} in length."));
        }
    }
    pub fn required(&mut self, path: &str) {
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required");
    }
    pub fn choices(&mut self, path: &str, allowed: &str) {
        self.add(path, "BASE_TYPE_CHOICES", format!("Value must be one of {{{allowed}}}."));
    }
    pub fn into_error(self) -> ApiError {
        ApiError { errors: Some(Value::Object(self.0)), ..ApiError::bad(50035, "Invalid Form Body") }
    }
    /// # Errors
    /// Code 50035 if anything was added.
    pub fn done(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }
}
