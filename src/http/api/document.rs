//! The OpenAPI document, made from the handlers themselves.

use axum::{Json, response::IntoResponse};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "commandpost",
        description = "Declare and run incidents, read their timelines, see what waits to be said. On loopback with \
            nothing configured, `X-Commandpost-Person: NAME` says who asks; elsewhere `Authorization: Bearer TOKEN`."
    ),
    paths(
        super::incidents::list,
        super::incidents::declare,
        super::incidents::one,
        super::timeline::timeline,
        super::commands::command,
        super::commands::command_anywhere,
        super::export::export,
        super::incidents::verify,
        super::alerts::why_incident,
        super::alerts::situations,
        super::alerts::why_situation,
        super::alerts::marks,
        super::alerts::mark,
        super::alerts::report,
        super::alerts::changes,
        super::alerts::add_change,
        super::arrange::acknowledge,
        super::arrange::silence,
        super::arrange::unsilence,
        super::arrange::arranged,
        super::arrange::add_window,
        super::arrange::end_window,
        super::heartbeats::heartbeats,
        super::oncall::oncall,
        super::alerts::explain,
        super::outbox::outbox,
        super::outbox::outbox_retry,
        super::outbox::outbox_drop,
        super::reload::reload,
        super::drills::play_drill,
        super::drills::end_drill,
    ),
    tags((name = "incidents"), (name = "commands"), (name = "alerts"), (name = "oncall"), (name = "outbox"), (name = "drills"), (name = "settings"))
)]
struct Document;

/// The document as JSON text, the same at every run.
pub fn text() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

pub(super) async fn serve() -> impl IntoResponse {
    Json(Document::openapi())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let document: serde_json::Value = serde_json::from_str(&super::text()).unwrap();
        let described: BTreeSet<String> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        let served = super::super::routes().iter().map(|r| format!("{} {}", r.method, r.path)).collect();
        assert_eq!(described, served);
    }

    #[test]
    fn the_published_description_of_the_api_is_as_reviewed() {
        insta::assert_snapshot!("openapi", super::text());
    }
}
