//! A source's share of what all sources use together, so that one that screams starves no other.
//!
//! Of the memory for bodies, and for the alerts that were read from them, a source may hold as much as it leaves free (Choudhury and
//! Hahne's dynamic threshold): alone half, with another that screams a third, and there is always room for one that is quiet. Of the
//! alerts on their way to the disk it may have [`ALERTS_MAX`]; what else it brings waits here, in a line of its own, so that what a quiet
//! source brings has no more than that before it. Where there is room, neither costs a lock. Of its bodies of many alerts one is read at a
//! time. Of the connections an address has its share, too.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{Notify, OwnedMutexGuard};

/// Some half a second of the disk's work.
pub const ALERTS_MAX: usize = 16_384;
/// Most bodies are no larger: they pass beside the large ones of their own source.
const SMALL_KIB: usize = 64;

#[derive(Debug, Default)]
pub struct Share {
    /// Of its bodies under way, and of their alerts, in KiB.
    held_kib: AtomicUsize,
    /// On their way to the disk.
    alerts: AtomicUsize,
    left: Notify,
    /// One of its bodies of many alerts is read at a time.
    large_reading: Arc<tokio::sync::Mutex<()>>,
}

/// A part of the memory, until it is dropped.
#[derive(Debug)]
pub struct Part {
    share: Arc<Share>,
    kib: usize,
}

/// Alerts on their way to the disk, until it is dropped.
#[derive(Debug)]
pub struct Turn<'s> {
    share: &'s Share,
    alerts: usize,
}

impl Share {
    /// A part of the memory, if the source leaves as much free as it then holds; a small part, if it leaves a third of that.
    /// `free_kib` is what nobody holds.
    pub fn part(self: &Arc<Self>, kib: usize, free_kib: usize) -> Option<Part> {
        let held = self.held_kib.fetch_add(kib, Ordering::Relaxed) + kib;
        let part = Part { share: self.clone(), kib };
        let most = if kib <= SMALL_KIB { free_kib.saturating_mul(3) } else { free_kib };
        (held <= most).then_some(part)
    }

    /// Waits until none of its bodies of many alerts is read.
    pub async fn large_reading(&self) -> OwnedMutexGuard<()> {
        self.large_reading.clone().lock_owned().await
    }

    /// Waits for its turn to hand so many alerts to the disk.
    pub async fn turn(&self, alerts: usize) -> Turn<'_> {
        let mut has_waited = false;
        loop {
            // Asked for before looking, so that what leaves between the look and the wait still wakes.
            let left = self.left.notified();
            // However many it brings at once: when nothing else of it is under way, they go.
            let fits = |under_way: usize| {
                (under_way == 0 || under_way + alerts <= ALERTS_MAX).then_some(under_way + alerts)
            };
            if self.alerts.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_ok() {
                if has_waited {
                    // There may be room for the next in the line as well.
                    self.left.notify_one();
                }
                return Turn { share: self, alerts };
            }
            left.await;
            has_waited = true;
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.share.held_kib.fetch_sub(self.kib, Ordering::Relaxed);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.share.alerts.fetch_sub(self.alerts, Ordering::Relaxed);
        self.share.left.notify_one();
    }
}

/// Connections by address: one address may have no more than it leaves free.
#[derive(Debug, Default)]
pub struct Places(Mutex<HashMap<IpAddr, usize>>);

/// A connection's place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    /// A place for one more of this address; `free` is what nobody has.
    pub fn take(self: &Arc<Self>, address: IpAddr, free: usize) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.entry(address).or_default();
        if *own > free {
            return None;
        }
        *own += 1;
        Some(Place { places: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    /// The turn, if it comes at once.
    fn at_once(share: &Share, alerts: usize) -> Option<Turn<'_>> {
        match pin!(share.turn(alerts)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => Some(turn),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_source_that_screams_waits_in_its_own_line_and_another_does_not() {
        let (loud, quiet) = (Share::default(), Share::default());
        let mut under_way = Vec::new();
        while let Some(turn) = at_once(&loud, 100) {
            under_way.push(turn);
        }
        assert_eq!(under_way.len(), ALERTS_MAX / 100);
        assert!(at_once(&quiet, 1).is_some());
        let mut waiting = pin!(loud.turn(100));
        let mut context = Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        under_way.pop();
        assert!(waiting.as_mut().poll(&mut context).is_ready(), "as soon as there is room");
    }

    #[test]
    fn more_than_a_share_in_one_request_goes_when_nothing_else_of_the_source_is_under_way() {
        let share = Share::default();
        let first = at_once(&share, ALERTS_MAX + 1);
        assert!(first.is_some() && at_once(&share, 1).is_none());
        drop(first);
        assert!(at_once(&share, 1).is_some());
    }

    #[test]
    fn when_much_leaves_at_once_all_that_fit_go_and_not_one_after_the_other() {
        let share = Share::default();
        let large = at_once(&share, ALERTS_MAX);
        let mut context = Context::from_waker(Waker::noop());
        let mut line: Vec<_> = (0..3).map(|_| Box::pin(share.turn(1))).collect();
        assert!(line.iter_mut().all(|one| one.as_mut().poll(&mut context).is_pending()));
        drop(large);
        let polled: Vec<_> = line.iter_mut().map(|one| one.as_mut().poll(&mut context)).collect();
        assert!(polled.iter().all(Poll::is_ready));
    }

    #[tokio::test]
    async fn everybody_in_a_line_gets_a_turn() {
        let share = Arc::new(Share::default());
        let all: Vec<_> = (0..200)
            .map(|_| {
                let share = share.clone();
                tokio::spawn(async move {
                    let turn = share.turn(ALERTS_MAX / 2 + 1).await;
                    tokio::task::yield_now().await;
                    drop(turn);
                })
            })
            .collect();
        for one in all {
            one.await.unwrap();
        }
    }

    #[test]
    fn an_address_has_no_more_connections_than_it_leaves_free() {
        let (places, all) = (Arc::new(Places::default()), 100);
        let (loud, quiet) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut open = Vec::new();
        while let Some(place) = places.take(loud, all - open.len()) {
            open.push(place);
        }
        assert_eq!(open.len(), all / 2 + 1);
        assert!(places.take(quiet, all - open.len()).is_some());
        open.pop();
        assert!(places.take(loud, all - open.len()).is_some());
        open.clear();
        assert!(places.0.lock().unwrap().is_empty(), "nothing is remembered of who is gone");
    }

    #[test]
    fn of_the_memory_a_source_holds_no_more_than_it_leaves_free() {
        let (loud, quiet, all) = (Arc::new(Share::default()), Arc::new(Share::default()), 100_000);
        let free = |held: &[Part]| all - held.iter().map(|part| part.kib).sum::<usize>();
        let mut held: Vec<Part> = Vec::new();
        while let Some(part) = loud.part(1_000, free(&held)) {
            held.push(part);
        }
        assert_eq!(free(&held), all / 2);
        while let Some(part) = loud.part(50, free(&held)) {
            held.push(part);
        }
        assert_eq!(free(&held), all / 4, "small ones pass beside the large");
        assert!(quiet.part(10_000, free(&held)).is_some());
        held.clear();
        assert!(loud.part(all, all).is_some(), "one alone may have all of it");
    }
}
