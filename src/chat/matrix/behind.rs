//! Answers on their way: what was said is done at once, whether or not the homeserver takes the answers yet.
//!
//! Each room has a lane on which its answers go in order. An answer stands in the journal until it is sent: what one
//! run leaves unsent the next one says, under the same transaction id, without doing anything again.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
};

use super::{MatrixDoor, answer::Reply};
use crate::chat::bring::Step;

/// Answers that wait at most, in all rooms; then nothing more is heard until one is sent.
const WAITING_MAX: usize = 500;
/// By which they stand in the journal: each in a slot, the lowest that is free.
const UNSENT: &str = "unsent";

/// What follows an answer when it is sent.
pub(super) type After = Box<dyn FnOnce() + Send>;

/// An answer as it stands in the journal.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Which of them was given first.
    order: u64,
    reply: Reply,
}

struct Waiting {
    reply: Reply,
    slot: usize,
    after: Option<After>,
    /// Given back when it is sent.
    _permit: Option<OwnedSemaphorePermit>,
}

#[derive(Clone, Default)]
struct Slots(Arc<Mutex<BTreeSet<usize>>>);

impl Slots {
    fn take(&self) -> usize {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = (0..).find(|slot| !taken.contains(slot)).unwrap_or_default();
        taken.insert(slot);
        slot
    }
    fn keep(&self, slot: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(slot);
    }
    fn free(&self, slot: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&slot);
    }
}

/// The lanes of all rooms. They end with it.
pub(super) struct Behind {
    door: Arc<MatrixDoor>,
    lanes: HashMap<String, mpsc::UnboundedSender<Waiting>>,
    tasks: JoinSet<()>,
    space: Arc<Semaphore>,
    slots: Slots,
    order: u64,
    is_recalled: bool,
}

impl Behind {
    pub fn new(door: Arc<MatrixDoor>) -> Behind {
        Behind {
            door,
            lanes: HashMap::new(),
            tasks: JoinSet::new(),
            space: Arc::new(Semaphore::new(WAITING_MAX)),
            slots: Slots::default(),
            order: 0,
            is_recalled: false,
        }
    }

    /// Puts what the last run left unsent on its way, before anything else.
    ///
    /// # Errors
    /// When the journal does not answer; worth another try.
    pub async fn recall(&mut self) -> Step<()> {
        if self.is_recalled {
            return Ok(());
        }
        let kept = self.door.bindings.all(UNSENT).await?;
        let read = |(slot, kept): (String, String)| {
            Some((serde_json::from_str::<Kept>(&kept).ok()?, slot.parse::<usize>().ok()?))
        };
        let mut unsent: Vec<(Kept, usize)> = kept.into_iter().filter_map(read).collect();
        unsent.sort_by_key(|(kept, _)| kept.order);
        self.order = unsent.last().map_or(0, |(kept, _)| kept.order + 1);
        for (kept, slot) in unsent {
            self.slots.keep(slot);
            let permit = self.space.clone().try_acquire_owned().ok();
            self.put(Waiting { reply: kept.reply, slot, after: None, _permit: permit });
        }
        self.is_recalled = true;
        Ok(())
    }

    /// Puts an answer on its way, behind those of its room. Returns when it stands in the journal.
    ///
    /// # Errors
    /// When the journal does not take it.
    pub async fn hand(&mut self, reply: Reply, after: Option<After>) -> Step<()> {
        // Heard again by the next run, which answers.
        if self.door.stop.is_cancelled() {
            return Ok(());
        }
        let permit = self.space.clone().acquire_owned().await.ok();
        let slot = self.slots.take();
        let kept = Kept { order: self.order, reply: reply.masked() };
        let kept = serde_json::to_string(&kept).unwrap_or_default();
        if let Err(halt) = self.door.bindings.bind(UNSENT, &slot.to_string(), &kept).await {
            self.slots.free(slot);
            return Err(halt);
        }
        self.order += 1;
        self.put(Waiting { reply, slot, after, _permit: permit });
        Ok(())
    }

    fn put(&mut self, waiting: Waiting) {
        let room = waiting.reply.room.clone();
        let (door, slots, tasks) = (&self.door, &self.slots, &mut self.tasks);
        let lane = self.lanes.entry(room.clone()).or_insert_with(|| {
            let (lane, answers) = mpsc::unbounded_channel();
            tasks.spawn(say(door.clone(), slots.clone(), answers));
            lane
        });
        if lane.send(waiting).is_err() {
            tracing::warn!(%room, "an answer is said by the next run");
            self.lanes.remove(&room);
        }
    }
}

/// Says the answers of a room, one after the other.
async fn say(door: Arc<MatrixDoor>, slots: Slots, mut answers: mpsc::UnboundedReceiver<Waiting>) {
    while let Some(waiting) = answers.recv().await {
        let is_said = door.send(&waiting.reply).await;
        // Said by the next run.
        if door.stop.is_cancelled() {
            return;
        }
        if let Err(halt) = door.bindings.bind(UNSENT, &waiting.slot.to_string(), "").await {
            tracing::warn!(?halt, "an answer is sent again by the next run");
        }
        slots.free(waiting.slot);
        if let Some(after) = waiting.after.filter(|_| is_said) {
            after();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{
        super::homeserver::{House, said},
        *,
    };
    use crate::desk::Answer;

    async fn until(mut is_so: impl AsyncFnMut() -> bool) {
        let looking = async {
            while !is_so().await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), looking).await.unwrap();
    }

    async fn is_done(door: &MatrixDoor) -> bool {
        door.bindings.all(UNSENT).await.unwrap().is_empty()
    }

    #[tokio::test]
    async fn what_is_done_gets_a_mark_and_where_none_may_be_put_it_is_said() {
        let house = House::open(false).await;
        let plain = Answer { text: "Noted.".into(), is_plain: true, ..Answer::default() };
        let door = house.start_with(false, plain).await;
        let mut behind = Behind::new(door.clone());
        for (event, refused) in [("$1", ""), ("$2", "m.reaction")] {
            house.homeserver.refuses(refused);
            door.do_and_answer(&said(event), "note db1 swaps".into(), &mut behind).await.unwrap();
            until(async || is_done(&door).await).await;
        }
        assert_eq!((house.told("✅"), house.told("Noted.")), (vec!["$1".into()], vec!["$2".into()]));
        assert_eq!(door.health().why, None, "they were answered");
    }

    #[tokio::test]
    async fn a_picture_follows_an_answer_that_is_there_and_none_that_was_refused() {
        let house = House::open(false).await;
        let door = house.start(false).await;
        let (mut behind, shown) = (Behind::new(door.clone()), Arc::new(Mutex::new(vec![])));
        for (event, refused) in [("$1", "send"), ("$2", "")] {
            house.homeserver.refuses(refused);
            let (shows, content) = (shown.clone(), json!({"msgtype": "m.text", "body": "the chart"}));
            let after: After = Box::new(move || shows.lock().unwrap().push(event));
            behind.hand(Reply::answer(&said(event), content), Some(after)).await.unwrap();
            until(async || is_done(&door).await).await;
        }
        until(async || shown.lock().unwrap().contains(&"$2")).await;
        assert_eq!((shown.lock().unwrap().clone(), house.told("the chart")), (vec!["$2"], vec!["$2".into()]));
    }
}
