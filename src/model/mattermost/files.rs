//! Files: uploaded first, then named by a message.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Shared,
    api::{Refusal, answer, forbidden, refuse},
    world::World,
};
use crate::model::multipart;

/// Of one message.
const FILES_MAX: usize = 10;

pub(super) async fn put(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parts = multipart::boundary(kind).map(|boundary| multipart::parts(&body, boundary));
    let parts = parts.unwrap_or_default();
    let channel = parts.iter().find(|part| part.name == "channel_id");
    let channel = channel.map(|part| String::from_utf8_lossy(&part.bytes).into_owned()).unwrap_or_default();
    let mut w = shared.world();
    let may = w.channels.get(&channel).is_some_and(|found| found.members.contains(&w.bot));
    if !may || !w.permissions.contains("upload_file") {
        return answer(StatusCode::OK, Err(forbidden()));
    }
    let mut infos = vec![];
    for part in parts.into_iter().filter(|part| part.name == "files") {
        let (id, name) = (w.id('f'), part.filename.unwrap_or_default());
        infos.push(json!({"id": id, "user_id": w.bot, "name": name, "size": part.bytes.len()}));
        w.files.insert(id, (String::new(), name, part.bytes.to_vec()));
    }
    if infos.is_empty() {
        let why = "Unable to upload a file without one.";
        return answer(StatusCode::OK, Err(refuse(400, "api.file.upload_file.no_files", why)));
    }
    answer(StatusCode::CREATED, Ok(json!({"file_infos": infos, "client_ids": []})))
}

/// The files that a message is to have: they are there, and no other message has them.
pub(super) fn of_post(w: &World, ids: &Value) -> Result<Vec<String>, Refusal> {
    let all = ids.as_array().map(Vec::as_slice).unwrap_or_default();
    let why = "Invalid file ids.";
    if all.len() > FILES_MAX {
        return Err(refuse(400, "model.post.is_valid.file_ids.app_error", why));
    }
    let free = |id: &Value| {
        let id = id.as_str().filter(|id| w.files.get(*id).is_some_and(|(of, ..)| of.is_empty()));
        id.map(str::to_owned).ok_or_else(|| refuse(400, "model.post.is_valid.file_ids.app_error", why))
    };
    all.iter().map(free).collect()
}

impl World {
    pub(super) fn give_file(&mut self, file: &str, post: &str) {
        if let Some((of, ..)) = self.files.get_mut(file) {
            post.clone_into(of);
        }
    }
}

pub(super) async fn read(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let world = shared.world();
    match world.files.get(&id) {
        Some((.., bytes)) => bytes.clone().into_response(),
        None => {
            let why = "Unable to get the file.";
            answer(StatusCode::OK, Err(refuse(404, "app.file_info.get.app_error", why)))
        }
    }
}
