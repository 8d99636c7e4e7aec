//! Files: those that people share, and those that the app puts into a channel in three steps.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Shared,
    api::{Args, Refusal},
    methods::{Done, inside, needed},
    world::{Message, World},
};
use crate::config::secret::Secret;

/// Characters of what a file shows, in words.
const ALT_CHARS_MAX: usize = 1_000;

/// A file that is on its way into a channel.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    name: String,
    length: usize,
    bytes: Option<Vec<u8>>,
}

/// `files.getUploadURLExternal`
pub(super) fn place(w: &mut World, args: &Args) -> Done {
    let (name, length) = (needed(args, "filename")?, needed(args, "length")?);
    let length = length.parse().ok().filter(|length| *length > 0);
    let length = length.ok_or(Refusal::Error("invalid_arguments"))?;
    if args.get("alt_txt").is_some_and(|text| text.chars().count() > ALT_CHARS_MAX) {
        return Err(Refusal::Error("alt_txt_too_large"));
    }
    let id = w.id('F');
    w.uploads.insert(id.clone(), Upload { name, length, bytes: None });
    Ok(json!({"upload_url": format!("{}/upload/v1/{id}", w.url), "file_id": id}))
}

/// The address that the app was given: whoever has it needs no token.
pub(super) async fn put(State(shared): State<Shared>, Path(id): Path<String>, body: Bytes) -> Response {
    let mut world = shared.world();
    match world.uploads.get_mut(&id) {
        Some(upload) if upload.length == body.len() => {
            upload.bytes = Some(body.to_vec());
            format!("OK - {}", body.len()).into_response()
        }
        Some(_) => (StatusCode::BAD_REQUEST, "wrong length").into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `files.completeUploadExternal`
pub(super) fn show(w: &mut World, args: &Args) -> Done {
    let mut args = args.clone();
    args.insert("channel".into(), needed(&args, "channel_id")?);
    let channel = inside(w, &args)?;
    let files: Vec<Value> =
        serde_json::from_str(&needed(&args, "files")?).map_err(|_| Refusal::Error("invalid_arguments"))?;
    let mut shown = vec![];
    for file in files {
        let id = file["id"].as_str().unwrap_or_default();
        let there = w.uploads.remove(id).and_then(|upload| Some((upload.name, upload.bytes?)));
        let (name, bytes) = there.ok_or(Refusal::Error("file_not_found"))?;
        let user = w.bot_user.clone();
        shown.push(w.new_file(&user, id.to_owned(), &name, &bytes));
    }
    let (ts, user) = (w.ts(), w.bot_user.clone());
    let thread = args.get("thread_ts").cloned();
    let message = Message { ts, thread, user, is_bots: true, files: shown.clone(), ..Message::default() };
    let found = w.channels.get_mut(&channel).ok_or(Refusal::Error("channel_not_found"))?;
    found.messages.push(message.clone());
    w.tell_of(&channel, &message);
    Ok(json!({"files": shown}))
}

impl World {
    /// A file as messages show it.
    pub(super) fn new_file(&mut self, user: &str, id: String, name: &str, bytes: &[u8]) -> Value {
        let file = json!({
            "id": id, "name": name, "size": bytes.len(), "user": user,
            "permalink": format!("https://demo.slack.com/files/{user}/{id}/{name}"),
            "url_private": format!("{}/files-pri/{id}/{name}", self.url),
        });
        self.files.insert(id, bytes.to_vec());
        file
    }
}

/// A file, for whoever shows the bot's token; anybody else is sent to where one logs in.
pub(super) async fn read(
    State(shared): State<Shared>,
    Path((id, _)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let world = shared.world();
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).map(Secret::new);
    let may = token.is_some_and(|token| token == world.bot_token) && world.scopes.contains("files:read");
    match world.files.get(&id) {
        Some(bytes) if may => bytes.clone().into_response(),
        Some(_) => (StatusCode::FOUND, [("location", "https://demo.slack.com/")]).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
