//! An approved post on its way to X and Statuspage, through the port that the outbox uses.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use commandpost::{
    config::secret::Secret,
    incident::{
        event::{Actor, Draft, Entry, Event, TimeSource},
        id::IncidentId,
        kind::{Drill, Kind, Real},
        severity::Severity,
        state::Incident,
    },
    model::{
        fault::Fault,
        statuspage::StatuspageModel,
        x::{Account, XModel},
    },
    outbox::port::{Outcome, Publisher, Reconciled},
    people::Person,
    post::{Approved, ComponentState, Impact, PublicPhase, basis},
    publish::{Nonce, Now, statuspage::StatuspagePublisher, x::XPublisher},
};
use uuid::Uuid;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_176_000, 0).unwrap()
}

fn now() -> Now {
    Arc::new(|| start() + TimeDelta::minutes(1))
}

fn nonces() -> Nonce {
    let count = AtomicU64::new(0);
    Arc::new(move || format!("nonce{:020}", count.fetch_add(1, Ordering::Relaxed)))
}

/// An incident with two published posts.
fn incident(kind: Kind) -> Incident {
    let id = IncidentId::new(kind, 1);
    let entry = |seq: u64, event: Event| Entry {
        incident: id,
        seq,
        id: Uuid::from_u128(seq.into()),
        occurred_at: start(),
        time_source: TimeSource::House,
        recorded_at: start(),
        actor: Actor { person: Person::named("Ada").unwrap(), role: None, via: "cli".into() },
        event,
    };
    let declared = Event::Declared {
        title: "INTERNAL: db-7 is on fire".into(),
        kind,
        severity: Severity::Sev2,
        triage: false,
        drill_clock: None,
        began: None,
        ended: None,
        rated: None,
    };
    let mut incident = Incident::open(&entry(1, declared)).unwrap();
    let mut seq = 1;
    let mut happen = |incident: &mut Incident, event: Event| {
        seq += 1;
        incident.apply(&entry(seq, event));
    };
    for (n, text) in [(1, "The API answers slowly."), (2, "Answers are back to normal speed.")] {
        let draft = Draft {
            title: "Slow API".into(),
            phase: PublicPhase::Investigating,
            impact: Impact::Major,
            text: text.into(),
            components: vec![("API".into(), ComponentState::DegradedPerformance)],
            next_update_minutes: None,
            corrects: None,
            texts: Default::default(),
        };
        let basis = basis(&incident, &draft);
        happen(&mut incident, Event::UpdateDrafted { n, draft });
        let expires_at = start() + TimeDelta::hours(1);
        happen(&mut incident, Event::UpdateApproved { n, basis, expires_at, alone: None });
        let destinations = vec!["x".into(), "statuspage".into()];
        let published =
            Event::UpdatePublished { n, approved_at: start(), next_update_at: None, destinations };
        happen(&mut incident, published);
    }
    incident
}

fn post(n: u32) -> Approved<Real> {
    Approved::published(&incident(Kind::Real), n, Some("https://status.example.com/i/INC-1".into())).unwrap()
}

/// First post, its answer lost, found again; second post in the same place. Returns the external id.
async fn through_a_lost_answer(publisher: &dyn Publisher, lose: impl Fn()) -> String {
    let (first, second) = (post(1), post(2));
    publisher.check(&first).unwrap();
    lose();
    assert!(matches!(publisher.publish(&first, &first.id, None).await, Outcome::Unknown { .. }));
    let Reconciled::Arrived { external_id: Some(id), .. } =
        publisher.reconcile(&first, &first.id, None).await
    else {
        panic!("the post is not found")
    };
    assert_eq!(publisher.reconcile(&second, &second.id, Some(&id)).await, Reconciled::Absent);
    assert!(matches!(publisher.publish(&second, &second.id, Some(&id)).await, Outcome::Sent { .. }));
    assert!(matches!(publisher.reconcile(&second, &second.id, Some(&id)).await, Reconciled::Arrived { .. }));
    id
}

#[tokio::test]
async fn an_approved_post_reaches_x_once_even_if_the_answer_is_lost() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let account = Account {
        id: "1".into(),
        username: "acme".into(),
        name: "ACME".into(),
        api_key: "a".into(),
        api_key_secret: "b".into(),
        access_token: "c".into(),
        access_token_secret: "d".into(),
        bearer_token: Secret::default(),
        can_write: true,
    };
    let model = XModel::start(vec![account], now()).await.unwrap();
    let x = XPublisher::new(&model.settings(), now(), nonces()).unwrap();
    assert_eq!(x.name(), "x");
    let id = through_a_lost_answer(&x, || model.faults().next_writes(1, Fault::LoseAnswer)).await;
    let posts = model.posts();
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[1].reply_to.map(|id| id.to_string()), Some(id));
    assert!(posts.iter().all(|p| !p.text.contains("db-7")), "the internal title stays inside");
}

#[tokio::test]
async fn an_approved_post_reaches_statuspage_once_even_if_the_answer_is_lost() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let model = StatuspageModel::start("page1", "ACME", "key".into(), &["API"], now()).await.unwrap();
    let page = StatuspagePublisher::new(&model.settings()).unwrap();
    assert_eq!(page.name(), "statuspage");
    let id = through_a_lost_answer(&page, || model.faults().next_writes(1, Fault::LoseAnswer)).await;
    let incidents = model.incidents();
    assert_eq!(incidents.len(), 1);
    assert_eq!((incidents[0].id.as_str(), incidents[0].name.as_str()), (id.as_str(), "Slow API"));
    assert_eq!(incidents[0].updates.len(), 2);
    assert_eq!(model.components()[0].state, ComponentState::DegradedPerformance);
}

#[test]
fn a_drill_has_nothing_that_a_publisher_takes() {
    let drill = incident(Kind::Drill);
    assert!(Approved::<Real>::published(&drill, 1, None).is_err());
    // It is approved, but as another type: `publisher.publish(&exercise, …)` does not compile.
    assert!(Approved::<Drill>::published(&drill, 1, None).is_ok());
}
