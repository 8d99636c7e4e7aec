//! The outbox: leased in order, known as unknown after a crash, handled by people.

use std::path::Path;

use commandpost::journal::{Append, Handle, Journal, rows::*};

use super::{Open, inc};
use crate::support::house::at;

pub(super) fn delivery(lane: &str, key: &str, same: Option<&str>) -> NewDelivery {
    NewDelivery {
        key: key.into(),
        destination: "chat".into(),
        lane: lane.into(),
        incident: Some(inc(1)),
        what: What::Card,
        same: same.map(str::to_owned),
        at: at(0),
    }
}

pub(super) async fn queue(journal: &dyn Journal, deliveries: Vec<NewDelivery>) {
    journal.append(Append { deliveries, ..Append::default() }).await.unwrap();
}

pub(super) fn settlement(delivery: &Delivery, state: DeliveryState, next: i64) -> Settlement {
    Settlement {
        n: delivery.n,
        state,
        attempts: delivery.attempts + 1,
        next_at: at(next),
        external_id: (state == DeliveryState::Sent).then(|| format!("x{}", delivery.n)),
        url: None,
        error: (state != DeliveryState::Sent).then(|| "no".to_owned()),
        now: at(next),
    }
}

pub(super) async fn claim(journal: &dyn Journal, second: i64) -> Vec<Delivery> {
    journal.claim("chat", at(second), 10).await.unwrap()
}

pub(super) fn keys(claimed: &[Delivery]) -> Vec<&str> {
    claimed.iter().map(|delivery| delivery.key.as_str()).collect()
}

pub(super) async fn a_lane_is_in_order_and_lanes_do_not_wait_for_each_other(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    queue(
        &*journal,
        vec![
            delivery("a", "a1", None),
            delivery("a", "a2", None),
            delivery("b", "b1", None),
            delivery("b", "b2", None),
        ],
    )
    .await;
    assert_eq!(journal.claim("other", at(0), 10).await.unwrap(), []);
    assert_eq!(claim(&*journal, -1).await, [], "not due");
    let claimed = claim(&*journal, 0).await;
    assert_eq!(keys(&claimed), ["a1", "b1"]);
    assert_eq!(claimed[0].state, DeliveryState::Pending, "as it was before");
    assert_eq!(claim(&*journal, 0).await, [], "leased");
    // b goes on while a waits for its next attempt, and a's second waits behind its first.
    journal.settle(settlement(&claimed[1], DeliveryState::Sent, 0)).await.unwrap();
    journal.settle(settlement(&claimed[0], DeliveryState::Pending, 60)).await.unwrap();
    assert_eq!(keys(&claim(&*journal, 0).await), ["b2"]);
    assert_eq!(journal.next_delivery_at("chat").await.unwrap(), Some(at(60)), "a2 is due but waits its turn");
    let again = claim(&*journal, 60).await;
    assert_eq!((keys(&again), again[0].attempts), (vec!["a1"], 1));
    // Unknown goes before its lane, and is known as unknown when it comes back.
    journal.settle(settlement(&again[0], DeliveryState::Unknown, 90)).await.unwrap();
    assert_eq!(claim(&*journal, 89).await, []);
    let unknown = claim(&*journal, 90).await;
    assert_eq!((keys(&unknown), unknown[0].state), (vec!["a1"], DeliveryState::Unknown));
    // What has failed for good is out of the way.
    journal.settle(settlement(&unknown[0], DeliveryState::Failed, 90)).await.unwrap();
    assert_eq!(keys(&claim(&*journal, 90).await), ["a2"]);
    let sent = journal.deliveries(DeliveryFilter::One(claimed[1].n)).await.unwrap().remove(0);
    assert_eq!((sent.state, sent.external_id.as_deref()), (DeliveryState::Sent, Some("x3")));
    assert!(sent.settled_at.is_some());
    // A limit is a limit.
    queue(&*journal, (0..20).map(|n| delivery(&format!("l{n}"), "k", None)).collect()).await;
    assert_eq!(journal.claim("chat", at(100), 7).await.unwrap().len(), 7);
}

pub(super) async fn what_was_being_sent_at_a_crash_is_unknown(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    queue(&*journal, vec![delivery("a", "a1", Some("card")), delivery("b", "b1", None)]).await;
    claim(&*journal, 0).await;
    queue(&*journal, vec![delivery("a", "a2", Some("card"))]).await;
    assert_eq!(journal.orphans_to_unknown().await.unwrap(), 2);
    assert_eq!(journal.orphans_to_unknown().await.unwrap(), 0);
    let claimed = claim(&*journal, 0).await;
    assert_eq!(keys(&claimed), ["a1", "b1"]);
    assert!(claimed.iter().all(|delivery| delivery.state == DeliveryState::Unknown));
}

pub(super) async fn a_person_retries_or_drops_what_waits(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    queue(&*journal, vec![delivery("a", "a1", None), delivery("b", "b1", None), delivery("c", "c1", None)])
        .await;
    let claimed = claim(&*journal, 0).await;
    let drop_it = || Handle::Drop { reason: "dropped by Ada: old".into() };
    for how in [Handle::Retry, drop_it()] {
        assert!(!journal.handle(claimed[0].n, how, at(0)).await.unwrap(), "it is being sent right now");
    }
    assert!(!journal.handle(99, Handle::Retry, at(0)).await.unwrap());
    journal.settle(settlement(&claimed[0], DeliveryState::Failed, 0)).await.unwrap();
    journal.settle(settlement(&claimed[1], DeliveryState::Unknown, 500)).await.unwrap();
    journal.settle(settlement(&claimed[2], DeliveryState::Pending, 500)).await.unwrap();
    assert!(journal.handle(claimed[0].n, Handle::Retry, at(1)).await.unwrap());
    assert!(journal.handle(claimed[1].n, Handle::Retry, at(1)).await.unwrap());
    let again = claim(&*journal, 1).await;
    assert_eq!(
        again.iter().map(|d| d.state).collect::<Vec<_>>(),
        [DeliveryState::Pending, DeliveryState::Unknown],
        "an unknown one is looked up, not sent again"
    );
    assert!(journal.handle(claimed[2].n, drop_it(), at(1)).await.unwrap());
    assert!(!journal.handle(claimed[2].n, Handle::Retry, at(1)).await.unwrap(), "dropped is dropped");
    journal.settle(settlement(&claimed[2], DeliveryState::Sent, 2)).await.unwrap();
    let row = journal.deliveries(DeliveryFilter::One(claimed[2].n)).await.unwrap().remove(0);
    assert_eq!((row.state, row.error.as_deref()), (DeliveryState::Dropped, Some("dropped by Ada: old")));
}

pub(super) async fn of_cards_that_wait_one_is_enough(open: Open, dir: &Path) {
    let journal = open(dir.to_owned()).await.journal;
    for n in 0..5 {
        queue(
            &*journal,
            vec![delivery("a", &format!("card{n}"), Some("card")), delivery("a", &format!("say{n}"), None)],
        )
        .await;
    }
    let open = journal.deliveries(DeliveryFilter::Open).await.unwrap();
    assert_eq!(keys(&open), ["card0", "say0", "say1", "say2", "say3", "say4"]);
    // Once it is on its way, what changes then wants another.
    let claimed = claim(&*journal, 0).await;
    queue(&*journal, vec![delivery("a", "card5", Some("card"))]).await;
    journal.settle(settlement(&claimed[0], DeliveryState::Pending, 0)).await.unwrap();
    assert_eq!(journal.deliveries(DeliveryFilter::Open).await.unwrap().len(), 7);
}
