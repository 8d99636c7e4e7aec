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
        super::list,
        super::declare,
        super::one,
        super::timeline,
        super::command,
        super::command_anywhere,
        super::export,
        super::verify,
        super::situations,
        super::outbox,
        super::outbox_retry,
        super::outbox_drop,
    ),
    tags((name = "incidents"), (name = "commands"), (name = "alerts"), (name = "outbox"))
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
    #[test]
    fn the_published_description_of_the_api_is_as_reviewed() {
        insta::assert_snapshot!("openapi", super::text());
    }
}
