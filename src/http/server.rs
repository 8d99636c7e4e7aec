//! The HTTP server: one listener, the layers in front of the doors, and an orderly end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
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
    share::Places,
};
use crate::desk::clock::World;

/// Connections open at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 4_096;
/// Request heads must be whole within this time (slow clients cannot hold a connection).
const HEAD_SECONDS_MAX: u64 = 10;
/// An orderly end waits this long for requests under way.
const DRAIN_SECONDS_MAX: u64 = 10;

const CROWDED: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A request as it came, its body unread.
pub type Incoming = hyper::Request<hyper::body::Incoming>;

/// What is answered before any routing: ready-made bytes, and what a storm brings by the thousand.
pub type FastPath = Arc<dyn Fn(Incoming) -> Fast + Send + Sync>;

/// What becomes of a request before any routing.
pub enum Fast {
    Ready(Response),
    Later(BoxFuture<'static, Response>),
    /// It is the router's.
    Routed(Incoming),
}

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

impl Guard {
    /// Where a request comes from, for the log.
    pub fn client<B>(&self, request: &hyper::Request<B>) -> String {
        self.client_at(request.extensions().get::<Peer>(), request.headers())
    }

    /// The same, of a request that was taken apart.
    pub fn client_at(&self, peer: Option<&Peer>, headers: &HeaderMap) -> String {
        match peer {
            Some(Peer(peer)) => self.proxies.client(peer.ip(), headers).to_string(),
            None => "unknown".to_owned(),
        }
    }

    /// Hooks prove themselves by their tokens; on an open house a browser must still not be made to post there.
    pub fn hook<B>(&self, request: &hyper::Request<B>) -> Result<(), Box<Response>> {
        if self.auth.is_open() { self.same_site(request) } else { Ok(()) }
    }

    fn same_site<B>(&self, request: &hyper::Request<B>) -> Result<(), Box<Response>> {
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

/// Sentences in refusals that would have none, and the headers that every answer carries.
async fn harden(request: Request, next: Next) -> Response {
    let is_for_programs = request.uri().path().starts_with("/api/");
    hardened(reply::in_sentences(next.run(request).await, is_for_programs).await)
}

fn hardened(mut response: Response) -> Response {
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
    let places = Arc::new(Places::default());
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
        let Some(place) = places.take(peer.ip(), room.available_permits()) else {
            // An address with as many open as there is room left for others; a sender tries again.
            drop(stream.try_write(CROWDED));
            continue;
        };
        let (router, fast) = (router.clone(), fast.clone());
        let service = hyper::service::service_fn(move |mut request: Incoming| {
            request.extensions_mut().insert(Peer(peer));
            let (answer, router) = (fast(request), router.clone());
            async move {
                Ok::<_, std::convert::Infallible>(match answer {
                    Fast::Ready(response) => response,
                    Fast::Later(response) => hardened(response.await),
                    Fast::Routed(request) => router.oneshot(request.map(Body::new)).await.into_response(),
                })
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
            drop((permit, place));
        });
    }
    drop(listener);
    if tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS_MAX), graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = DRAIN_SECONDS_MAX, "some requests did not end in time");
    }
}
