//! The HTTP server: one listener, the layers in front of the doors, and an orderly end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{
    auth::{Auth, check_origin, presented},
    proxies::{Peer, Proxies},
    reply,
};
use crate::desk::clock::World;

/// Connections open at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 4_096;
/// Request heads must be whole within this time (slow clients cannot hold a connection).
const HEAD_SECONDS_MAX: u64 = 10;
/// An orderly end waits this long for requests under way.
const DRAIN_SECONDS_MAX: u64 = 10;

/// What answers a request from ready-made bytes, before any routing; `None` leaves it to the router.
pub type FastPath = Arc<dyn Fn(&hyper::Request<hyper::body::Incoming>) -> Option<Response> + Send + Sync>;

/// What stands in front of every private door.
pub struct Guard {
    pub auth: Arc<Auth>,
    pub world: Arc<dyn World>,
    /// `127.0.0.1:8911`, `localhost:8911`: the names of this house.
    pub hosts: Vec<String>,
    /// Proxies that are believed when they say who is behind them.
    pub proxies: Proxies,
}

/// Lets in who is known; the API and the outbox are behind this.
pub async fn api_guard(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    if let Err(response) = guard.same_site(&request) {
        return *response;
    }
    let now = guard.world.now();
    match guard.auth.who(request.headers(), now) {
        Some(who) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        // Reading an open house needs no name; writing takes the name «api».
        None if guard.auth.is_open() && !request.headers().contains_key("x-commandpost-person") => {
            let person = crate::people::Person { id: "api".into(), name: "api".into() };
            request.extensions_mut().insert(super::auth::Who { person, is_admin: true, may_write: true });
            next.run(request).await
        }
        None => {
            if presented(request.headers()).is_some() {
                let (client, path) = (guard.client(&request), request.uri().path());
                tracing::warn!(client, path, "a token was refused");
            }
            reply::unauthorized(guard.auth.is_open())
        }
    }
}

/// Lets a browser in: the same site only, and logged in where tokens are configured. On an open house the console asks
/// for a name itself.
pub async fn console_guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if let Err(response) = guard.same_site(&request) {
        return *response;
    }
    let is_open_door =
        request.uri().path() == "/login" || request.uri().path().ends_with("/assets/console.css");
    if !is_open_door && super::login::is_needed(&guard.auth, request.headers(), guard.world.now()) {
        return axum::response::Redirect::to("/login").into_response();
    }
    // A token that may only read is known here as well, and still changes nothing.
    let is_open_house = guard.auth.is_open();
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_open_house && !matches!(request.uri().path(), "/login" | "/logout") {
        let who = guard.auth.who(request.headers(), guard.world.now());
        if !who.is_some_and(|who| who.may_write) {
            return reply::error(
                StatusCode::FORBIDDEN,
                "forbidden",
                "This token may only read.",
                "Use a token with `scope = \"api\"`.",
            );
        }
    }
    next.run(request).await
}

/// Hooks prove themselves by their tokens; on an open house a browser must still not be made to post there.
pub async fn hook_guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if guard.auth.is_open()
        && let Err(response) = guard.same_site(&request)
    {
        return *response;
    }
    // What follows the hook's name is its token.
    let hook = request.uri().path().split('/').nth(2).unwrap_or_default().to_owned();
    let client = guard.client(&request);
    let response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        tracing::warn!(client, path = format!("/hooks/{hook}"), "a token was refused");
    }
    response
}

impl Guard {
    /// Where a request comes from, for the log.
    pub fn client(&self, request: &Request) -> String {
        match request.extensions().get::<Peer>() {
            Some(Peer(peer)) => self.proxies.client(peer.ip(), request.headers()).to_string(),
            None => "unknown".to_owned(),
        }
    }

    fn same_site(&self, request: &Request) -> Result<(), Box<Response>> {
        let mut headers = std::borrow::Cow::Borrowed(request.headers());
        // Never on an open house: there only its own names keep a rebound one out.
        if !self.auth.is_open()
            && let Some(Peer(peer)) = request.extensions().get::<Peer>()
            && let Some(host) = self.proxies.host(peer.ip(), request.headers())
        {
            headers.to_mut().insert(header::HOST, host.clone());
        }
        check_origin(request.method(), &headers, &self.hosts, self.auth.is_open()).map_err(|foreign| {
            Box::new(reply::error(
                StatusCode::FORBIDDEN,
                "forbidden",
                foreign.0,
                "Open the console at its own address; programs send no Origin.",
            ))
        })
    }
}

/// Headers that every answer carries, and sentences in refusals that would have none.
async fn harden(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_for_programs = path.starts_with("/api/") || path.starts_with("/hooks/");
    let mut response = reply::in_sentences(next.run(request).await, is_for_programs).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    response
}

/// Serves until `stop`; then takes no more, lets what is under way end, and returns.
pub async fn serve(listener: TcpListener, router: Router, fast: FastPath, stop: CancellationToken) {
    let router = router
        .fallback(|| async {
            reply::error(
                StatusCode::NOT_FOUND,
                "not_found",
                "There is nothing at this address.",
                "Try /console or /status.",
            )
        })
        .layer(axum::middleware::from_fn(harden));
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            permit = room.clone().acquire_owned() => match permit {
                Ok(permit) => permit,
                Err(_) => break,
            },
        };
        let (stream, peer): (_, SocketAddr) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: what is open goes on, the next one waits.
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let (router, fast) = (router.clone(), fast.clone());
        let service =
            hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(Peer(peer));
                let answer = match fast(&request) {
                    Some(response) => Ok(response),
                    None => Err(router.clone().oneshot(request.map(Body::new))),
                };
                async move {
                    match answer {
                        Ok(response) => Ok::<_, std::convert::Infallible>(response),
                        Err(routed) => Ok(routed.await.into_response()),
                    }
                }
            });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX))
            .max_headers(64)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%error, "a connection ended");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS_MAX), graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = DRAIN_SECONDS_MAX, "some requests did not end in time");
    }
}
