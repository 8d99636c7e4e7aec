//! A listening port that can be shut, reopened on the same port, and made to accept without ever speaking.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, response::Response};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::fault::Unsent;

/// So often, and so far apart, a port that was shut is tried again: somebody's connection may have it for a moment.
const TRIES_MAX: u32 = 200;
const TRY_EVERY: Duration = Duration::from_millis(50);

/// The handler asked for the connection to be dropped.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut on purpose")]
struct CutOnPurpose;

#[derive(Debug)]
struct Open {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// One port and the router behind it.
#[derive(Debug)]
pub(super) struct Door {
    addr: SocketAddr,
    router: Router,
    silent: Arc<AtomicBool>,
    open: Mutex<Option<Open>>,
}

impl Door {
    /// Serves `router` on `listener` from now on.
    ///
    /// # Errors
    /// When the listener has no local address.
    pub fn open(listener: TcpListener, router: Router) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let silent = Arc::new(AtomicBool::new(false));
        let door = Self { addr, router, silent, open: Mutex::new(None) };
        door.serve(listener);
        Ok(door)
    }
    fn serve(&self, listener: TcpListener) {
        let stop = CancellationToken::new();
        let task =
            tokio::spawn(accept(listener, self.router.clone(), Arc::clone(&self.silent), stop.clone()));
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(Open { stop, task });
    }
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
    /// Accept TCP connections and say nothing on them.
    pub fn set_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }
    /// Stops listening and cuts every connection; returns once the port is free.
    pub async fn shut(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Open { stop, task }) = open {
            stop.cancel();
            // The only error is that the task was aborted, which frees the port as well.
            let _ = task.await;
        }
    }
    /// Listens again on the same port.
    ///
    /// # Errors
    /// When another process took the port meanwhile, and keeps it.
    pub async fn reopen(&self) -> io::Result<()> {
        self.shut().await;
        let mut tries = 1;
        let listener = loop {
            match TcpListener::bind(self.addr).await {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < TRIES_MAX => {
                    tries += 1;
                    tokio::time::sleep(TRY_EVERY).await;
                }
                bound => break bound?,
            }
        };
        self.serve(listener);
        Ok(())
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(open) = self.open.lock().unwrap_or_else(PoisonError::into_inner).take() {
            open.stop.cancel();
        }
    }
}

async fn accept(listener: TcpListener, router: Router, silent: Arc<AtomicBool>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    let mut held = Vec::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                if silent.load(Ordering::SeqCst) {
                    held.push(stream);
                } else {
                    connections.spawn(converse(stream, router.clone()));
                }
            }
        }
    }
}

async fn converse(stream: TcpStream, router: Router) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let router = router.clone();
        async move {
            let answered: Result<Response, Infallible> = router.oneshot(request.map(Body::new)).await;
            let Ok(response) = answered;
            match response.extensions().get::<Unsent>() {
                None => Ok(response),
                Some(Unsent::Cut) => Err(CutOnPurpose),
                Some(Unsent::Silence) => std::future::pending().await,
            }
        }
    });
    // Errors are the peer's hanging up or our own cuts: both are what a model is for.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}
