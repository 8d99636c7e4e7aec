//! What every model over HTTP stands on: its world under a lock, its server, a record of what it was asked, faults.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    response::Response,
};

use super::{
    fault::{Fault, Faults, befall},
    recorder::{Recorded, Recorder, record},
    server::{Server, public_headers},
};
use crate::publish::Now;

const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// The world, and what time it is there.
pub struct Shared<W> {
    world: Arc<Mutex<W>>,
    pub now: Now,
}

impl<W> Clone for Shared<W> {
    fn clone(&self) -> Self {
        Self { world: self.world.clone(), now: self.now.clone() }
    }
}

impl<W> Shared<W> {
    pub fn new(world: W, now: Now) -> Self {
        Self { world: Arc::new(Mutex::new(world)), now }
    }
    pub fn world(&self) -> MutexGuard<'_, W> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running model. It stops when it is dropped.
pub struct Stand<W> {
    server: Server,
    recorder: Recorder,
    faults: Faults,
    shared: Shared<W>,
}

impl<W: Send + 'static> Stand<W> {
    /// `api` is recorded and befallen by faults, which it puts into its own words by `say`; `public` is what anybody
    /// sees.
    ///
    /// # Errors
    /// If no port on loopback can be had.
    pub async fn start(
        shared: Shared<W>,
        api: Router<Shared<W>>,
        public: Router<Shared<W>>,
        say: fn(Fault) -> Response,
    ) -> io::Result<Self> {
        let (recorder, faults) = (Recorder::default(), Faults::default());
        let api = api
            .layer(from_fn_with_state((faults.clone(), say), befall))
            .layer(from_fn_with_state(recorder.clone(), record));
        let router = api.merge(public.layer(from_fn(public_headers)));
        let server = Server::start(router.with_state(shared.clone())).await?;
        Ok(Self { server, recorder, faults, shared })
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }
    /// Every API request so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.recorder.all()
    }
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
    pub(super) fn world(&self) -> MutexGuard<'_, W> {
        self.shared.world()
    }
}

/// Looks at a model until `find` finds something; `None` when patience runs out.
pub(super) async fn look_until<M, T>(
    model: &M,
    patience: Duration,
    mut find: impl FnMut(&M) -> Option<T>,
) -> Option<T> {
    let looking = async {
        loop {
            if let Some(found) = find(model) {
                return found;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    };
    tokio::time::timeout(patience, looking).await.ok()
}
