//! What may be said after the first answer: the original response and follow-ups, by the interaction's token.

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};

use super::{Reply, empty, ok};
use crate::model::discord::{
    error::ApiError,
    form::{At, Form},
    id::Id,
    service::Service,
};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/webhooks/{app}/{token}", post(follow_up))
        .route("/webhooks/{app}/{token}/messages/{message}", get(read).patch(edit).delete(remove))
}

async fn follow_up(State(service): State<Service>, At((app, token)): At<(Id, String)>, form: Form) -> Reply {
    ok(service.with(|w| {
        let asked = w.by_token(app, &token)?.clone();
        // The first follow-up after "thinking" takes the place of the waiting message, as Discord does it.
        if let Some(waiting) = asked.original.filter(|id| w.messages.get(id).is_some_and(|m| m.is_loading()))
        {
            return w.rewrite(waiting, &form.body, form.files).map(|m| w.message_json(&m));
        }
        let mut message = w.draft(asked.channel, w.bot, &form.body, form.files)?;
        message.interaction = Some(asked.id);
        message.reply_to = asked.original.map(|id| (asked.channel, id));
        let message = w.publish(message);
        if let Some(asked) = w.asked.get_mut(&asked.id) {
            asked.followups.push(message.id);
        }
        Ok::<_, ApiError>(w.message_json(&message))
    })?)
}

async fn read(State(service): State<Service>, At((app, token, which)): At<(Id, String, String)>) -> Reply {
    ok(service.look(|w| {
        let asked = w.by_token(app, &token)?;
        w.message_of(asked, &which).map(|m| w.message_json(&m))
    })?)
}

async fn edit(
    State(service): State<Service>,
    At((app, token, which)): At<(Id, String, String)>,
    form: Form,
) -> Reply {
    ok(service.with(|w| {
        let asked = w.by_token(app, &token)?.clone();
        let message = w.message_of(&asked, &which)?;
        w.rewrite(message.id, &form.body, form.files).map(|m| w.message_json(&m))
    })?)
}

async fn remove(State(service): State<Service>, At((app, token, which)): At<(Id, String, String)>) -> Reply {
    service.with(|w| {
        let asked = w.by_token(app, &token)?.clone();
        let message = w.message_of(&asked, &which)?;
        w.remove(&message);
        Ok::<(), ApiError>(())
    })?;
    empty()
}
