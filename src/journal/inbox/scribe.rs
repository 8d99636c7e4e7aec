//! The thread that writes what is offered to the inbox, and answers when it is on disk: all that came while it wrote the
//! last is written next, under one sync.

use std::sync::{
    Arc, Condvar, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use tokio::sync::{mpsc, oneshot};

use super::{Held, News, Offer, WAITING_MAX, log};
use crate::journal::{
    AlertReceipt, JournalError,
    alerts::Prepared,
    writer::{BATCH_MAX, Gauges, tell_all},
};

/// What the scribe needs to know of placing.
pub(super) struct Room {
    /// Alerts that are on disk and not placed.
    waiting: Mutex<usize>,
    freed: Condvar,
    placed: AtomicI64,
}

impl Room {
    pub fn new(placed: i64) -> Room {
        Room { waiting: Mutex::new(0), freed: Condvar::new(), placed: AtomicI64::new(placed) }
    }

    pub fn holds(&self, alerts: usize) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = alerts;
        self.freed.notify_one();
    }

    /// What came up to `id` is placed, and on disk so: it is needed no more.
    pub fn placed_upto(&self, id: i64) {
        self.placed.fetch_max(id, Ordering::Release);
    }

    /// Returns when there is room for more.
    fn wait(&self) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |waiting: &mut usize| *waiting >= WAITING_MAX;
        drop(self.freed.wait_while(waiting, is_full).unwrap_or_else(PoisonError::into_inner));
    }
}

type Answer = oneshot::Sender<Result<AlertReceipt, JournalError>>;

pub(in crate::journal) struct Scribe {
    log: log::Log,
    offers: mpsc::Receiver<Offer>,
    clerk: mpsc::UnboundedSender<News>,
    gauges: Arc<Gauges>,
    room: Arc<Room>,
    /// The id of the next record.
    next: i64,
    is_closing: bool,
}

impl Scribe {
    pub(super) fn new(
        log: log::Log,
        offers: mpsc::Receiver<Offer>,
        clerk: mpsc::UnboundedSender<News>,
        gauges: Arc<Gauges>,
        room: Arc<Room>,
        next: i64,
    ) -> Scribe {
        Scribe { log, offers, clerk, gauges, room, next, is_closing: false }
    }

    /// Until [`Offer::Close`], or until nobody is left who could offer. Blocks its thread.
    pub fn run(mut self) {
        while !self.is_closing
            && let Some(first) = self.offers.blocking_recv()
        {
            let mut batches = Vec::new();
            let mut settling = Vec::new();
            let mut offer = Some(first);
            while let Some(one) = offer {
                match one {
                    Offer::Take(batch, answer) => batches.push((batch, answer)),
                    Offer::Settle(answer) => settling.push((batches.len() as i64, answer)),
                    Offer::Close => self.is_closing = true,
                }
                let has_room = batches.len() < BATCH_MAX && !self.is_closing;
                offer = has_room.then(|| self.offers.try_recv().ok()).flatten();
            }
            let before = self.next;
            if !batches.is_empty() {
                self.room.wait();
                self.take(batches);
            }
            for (after, answer) in settling {
                drop(self.clerk.send(News::Settle(before - 1 + after, answer)));
            }
        }
        self.offers.close();
        drop(self.clerk.send(News::Close));
        // Until the clerk has placed the rest; what it could not place stays.
        tokio::runtime::Handle::current().block_on(self.clerk.closed());
        self.log.close(self.room.placed.load(Ordering::Acquire));
    }

    /// Writes them, under one sync, and answers.
    fn take(&mut self, batches: Vec<(Box<Prepared>, Answer)>) {
        let mut buffer = log::Buffer::new();
        for (id, (batch, _)) in (self.next..).zip(&batches) {
            let at = batch.now().timestamp_millis();
            buffer.add(id, batch.receipt(), at, |to| batch.write_stored(to));
        }
        let from = self.next;
        self.next += batches.len() as i64;
        match self.log.write(&mut buffer, self.room.placed.load(Ordering::Acquire)) {
            Ok(()) => {
                let (held, answers): (Vec<_>, Vec<_>) = (from..)
                    .zip(batches)
                    .map(|(id, (batch, answer))| {
                        let receipt = batch.waits();
                        (Held { id, batch: *batch }, move || drop(answer.send(Ok(receipt))))
                    })
                    .unzip();
                tell_all(answers);
                drop(self.clerk.send(News::Written(held)));
            }
            Err(error) => {
                tracing::warn!(%error, requests = batches.len(), "alerts could not be taken; their senders try again");
                for (batch, answer) in batches {
                    self.gauges.alerts.fetch_sub(batch.len(), Ordering::Relaxed);
                    drop(answer.send(Err(JournalError::Unavailable(error.to_string()))));
                }
            }
        }
    }
}
