//! The callback: the bot's first answer to an interaction.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Query, State},
    routing::post,
};
use serde_json::{Value, json};

use super::{Reply, empty, ok};
use crate::model::discord::{
    error::ApiError,
    form::{At, Form},
    id::Id,
    interaction::{Answer, Asked},
    limits::{check_choices, check_modal},
    service::Service,
    world::{Message, World},
};

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/interactions/{id}/{token}/callback", post(callback))
}

async fn callback(
    State(service): State<Service>,
    At((id, token)): At<(Id, String)>,
    Query(query): Query<HashMap<String, String>>,
    form: Form,
) -> Reply {
    let json = service.with(|w| {
        let asked = w.awaiting(id, &token)?.clone();
        answer(w, asked, form)
    })?;
    if query.get("with_response").is_some_and(|v| v == "true" || v == "1") { ok(json) } else { empty() }
}

fn refuse_type() -> ApiError {
    ApiError::form("type", "INTERACTION_RESPONSE_TYPE_INVALID", "Interaction response type is invalid")
}

pub(in crate::model::discord) fn answer(
    w: &mut World,
    mut asked: Asked,
    form: Form,
) -> Result<Value, ApiError> {
    let kind = form.body["type"]
        .as_u64()
        .ok_or_else(|| ApiError::form("type", "BASE_TYPE_REQUIRED", "This field is required"))?;
    let data = form.body.get("data").cloned().unwrap_or(Value::Null);
    let from_message = asked.source.is_some();
    match (kind, asked.kind) {
        (8, 4) => check_choices(&data)?,
        (_, 4) | (8, _) => return Err(refuse_type()),
        (4, _) => {
            let mut message = w.draft(asked.channel, w.bot, &data, form.files)?;
            (message.kind, message.interaction) = (answer_kind(&asked), Some(asked.id));
            asked.original = Some(w.publish(message).id);
        }
        (5, _) => {
            let mut message =
                w.draft(asked.channel, w.bot, &json!({"content": "…", "flags": data["flags"]}), vec![])?;
            (message.kind, message.interaction) = (answer_kind(&asked), Some(asked.id));
            message.content.clear();
            message.flags |= Message::LOADING;
            asked.original = Some(w.publish(message).id);
        }
        (6, 3 | 5) if from_message => asked.original = asked.source,
        (7, 3 | 5) if from_message => {
            asked.original = asked.source;
            let source = asked.source.ok_or_else(refuse_type)?;
            w.rewrite(source, &data, form.files)?;
        }
        (9, 2 | 3) => check_modal(&data)?,
        _ => return Err(refuse_type()),
    }
    asked.answer = Some(Answer { kind, data });
    let json = told(w, &asked, kind);
    w.asked.insert(asked.id, asked);
    Ok(json)
}

/// 20 for the answer to a command; a component's or modal's answer is a reply of its own kind.
fn answer_kind(asked: &Asked) -> u8 {
    if asked.kind == 2 { 20 } else { 0 }
}

/// The interaction callback object, for those who asked `with_response`.
fn told(w: &World, asked: &Asked, kind: u64) -> Value {
    let mut json = json!({"interaction": {"id": asked.id, "type": asked.kind}});
    let Some(message) = asked.original.and_then(|id| w.messages.get(&id)) else { return json };
    json["interaction"]["response_message_id"] = json!(message.id);
    json["interaction"]["response_message_loading"] = json!(message.is_loading());
    json["interaction"]["response_message_ephemeral"] = json!(message.is_ephemeral());
    let mut message_json = w.message_json(message);
    if let Some(source) = message_json.get_mut("interaction_metadata") {
        source["type"] = json!(asked.kind);
    }
    json["resource"] = json!({"type": kind, "message": message_json});
    json
}
