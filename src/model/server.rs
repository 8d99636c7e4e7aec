//! The HTTP server under a model: on loopback, on a free port, gone with the model; it can cut a connection.

use std::{io, net::SocketAddr};

use axum::{Router, body::Body, http, response::Response};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tower::ServiceExt;

/// Marks an answer that is not to arrive.
#[derive(Clone)]
struct Cut;

/// The connection breaks in place of this answer.
pub fn cut(mut response: Response) -> Response {
    response.extensions_mut().insert(Cut);
    response
}

/// Stops, with all its connections, when it is dropped.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// # Errors
    /// If no port on loopback can be had.
    pub async fn start(router: Router) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        if let Ok((stream, _)) = accepted {
                            connections.spawn(connection(stream, router.clone()));
                        }
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self { address, task })
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
        let router = router.clone();
        async move {
            let Ok(response) = router.oneshot(request.map(Body::new)).await;
            if response.extensions().get::<Cut>().is_some() {
                return Err(io::Error::other("cut as asked"));
            }
            Ok(response)
        }
    });
    // A connection that breaks, cut by us or left by the client, is no event in a model.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

/// What a page for people is sent with: it runs nothing and loads nothing.
pub async fn public_headers(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        "content-security-policy",
        http::HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    headers.insert("x-content-type-options", http::HeaderValue::from_static("nosniff"));
    response
}
