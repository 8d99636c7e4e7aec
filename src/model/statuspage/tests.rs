//! The publisher to Statuspage and the model of it together: what the public sees, and what happens when things
//! break.

use super::*;
use crate::{
    model::official::{clock::Clock, description, first_post, later_post, violations},
    outbox::port::{Outcome, Publisher, Reconciled},
    post::{ComponentState, PostView, PublicPhase},
    publish::statuspage::StatuspagePublisher,
};

const KEY: &str = "key-89a229ce";

struct Stage {
    clock: Clock,
    model: StatuspageModel,
    page: StatuspagePublisher,
}

async fn stage() -> Stage {
    stage_with(|_| {}).await
}

async fn stage_with(change: impl FnOnce(&mut StatuspageSettings)) -> Stage {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = Clock::new();
    let model =
        StatuspageModel::start("gytm4qzbx9t6", "ACME <status>", KEY.into(), &["API", "Website"], clock.now())
            .await
            .unwrap();
    let mut settings = model.settings();
    change(&mut settings);
    let page = StatuspagePublisher::new(&settings).unwrap();
    Stage { clock, model, page }
}

fn with_api(state: ComponentState, post: PostView) -> PostView {
    PostView { components: vec![("api".into(), state)], ..post }
}

fn sent(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent { external_id: Some(id), .. } => id.clone(),
        other => panic!("not sent: {other:?}"),
    }
}

async fn get(url: String) -> String {
    crate::model::official::client().get(url).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn an_incident_is_created_updated_and_resolved_and_every_request_is_as_described() {
    let s = stage().await;
    let first = with_api(ComponentState::MajorOutage, first_post());
    let id = sent(&s.page.send(&first, "INC-1/p1", None).await);
    assert_eq!(s.model.components()[0].state, ComponentState::MajorOutage);
    let summary: Value = serde_json::from_str(&get(s.model.url() + "/api/v2/summary.json").await).unwrap();
    assert_eq!(summary["status"]["indicator"], "major");
    assert_eq!(summary["incidents"][0]["name"], "API slow");
    assert!(summary["incidents"][0].get("metadata").is_none(), "the public does not see our mark");

    s.clock.forward(60);
    let mut correction = later_post(2, "It is the database.");
    correction.corrects = Some("INC-1/p1".into());
    assert_eq!(sent(&s.page.send(&correction, "INC-1/p2", Some(&id)).await), id);
    let mut done = with_api(ComponentState::Operational, later_post(3, "All is well."));
    done.phase = PublicPhase::Resolved;
    assert_eq!(sent(&s.page.send(&done, "INC-1/p3", Some(&id)).await), id);

    let incidents = s.model.incidents();
    assert_eq!(incidents.len(), 1);
    let bodies: Vec<&str> = incidents[0].updates.iter().map(|u| u.body.as_str()).collect();
    assert_eq!(bodies, [first.text.as_str(), "Correction: It is the database.", "All is well."]);
    assert!(incidents[0].updates.iter().all(|u| u.notified));
    assert_eq!(s.model.components()[0].state, ComponentState::Operational);
    for (post, key) in [(&first, "INC-1/p1"), (&correction, "INC-1/p2"), (&done, "INC-1/p3")] {
        assert!(matches!(s.page.look(post, key, Some(&id)).await, Reconciled::Arrived { .. }), "{key}");
    }
    assert!(matches!(s.page.look(&first, "INC-1/p1", None).await, Reconciled::Arrived { .. }));

    let Some(doc) = description("an_incident_is_created", "statuspage/swagger.json") else { return };
    assert_eq!(s.model.requests().len(), 8);
    assert_eq!(violations(&doc, "/v1", &s.model.requests()), Vec::<String>::new());
}

#[tokio::test]
async fn subscribers_are_left_in_peace_if_the_settings_say_so() {
    let s = stage_with(|settings| settings.notify_subscribers = false).await;
    sent(&s.page.send(&first_post(), "k", None).await);
    assert!(!s.model.incidents()[0].updates[0].notified);
    assert!(StatuspageSettings::default().notify_subscribers);
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_found_and_never_sent_twice() {
    for fault in [Fault::LoseAnswer, Fault::Garble] {
        let s = stage().await;
        s.model.faults().next_writes(1, fault);
        let lost = s.page.send(&first_post(), "INC-1/p1", None).await;
        assert!(
            matches!(lost, Outcome::Unknown { .. } | Outcome::Sent { external_id: None, .. }),
            "{lost:?}"
        );
        let id = match s.page.look(&first_post(), "INC-1/p1", None).await {
            Reconciled::Arrived { external_id: Some(id), url: Some(_) } => id,
            other => panic!("{other:?}"),
        };
        s.model.faults().next_writes(1, fault);
        let update = later_post(2, "We see recovery.");
        s.page.send(&update, "INC-1/p2", Some(&id)).await;
        assert!(matches!(s.page.look(&update, "INC-1/p2", Some(&id)).await, Reconciled::Arrived { .. }));
        assert_eq!(s.model.incidents().len(), 1);
        assert_eq!(s.model.incidents()[0].updates.len(), 2);
    }
}

#[tokio::test]
async fn an_incident_whose_id_was_never_learnt_is_updated_all_the_same() {
    let s = stage().await;
    s.model.faults().next_writes(1, Fault::Garble);
    assert_eq!(
        s.page.send(&first_post(), "INC-1/p1", None).await,
        Outcome::Sent { external_id: None, url: None }
    );
    sent(&s.page.send(&later_post(2, "We see recovery."), "INC-1/p2", None).await);
    assert_eq!(s.model.incidents().len(), 1);
    assert_eq!(s.model.incidents()[0].updates.len(), 2);
}

#[tokio::test]
async fn a_post_that_did_not_arrive_is_absent_and_arrives_at_the_next_try() {
    let s = stage().await;
    let hasty = StatuspageSettings { total_timeout_ms: 300, ..s.model.settings() };
    let hasty = StatuspagePublisher::new(&hasty).unwrap();
    for fault in [Fault::Break, Fault::BlackHole] {
        let mut post = first_post();
        post.incident = format!("{fault:?}");
        post.text = format!("{fault:?}");
        s.model.faults().next_writes(1, fault);
        assert!(matches!(hasty.send(&post, &post.text, None).await, Outcome::Unknown { .. }));
        assert_eq!(s.page.look(&post, &post.text, None).await, Reconciled::Absent);
        let id = sent(&s.page.send(&post, &post.text, None).await);
        let update = later_post(2, "not there");
        assert_eq!(s.page.look(&update, "INC-1/p2", Some(&id)).await, Reconciled::Absent);
    }
    assert_eq!(s.model.incidents().len(), 2);
}

#[tokio::test]
async fn the_same_words_in_another_incident_or_an_earlier_post_are_not_taken_for_ours() {
    let s = stage().await;
    let id = sent(&s.page.send(&first_post(), "INC-1/p1", None).await);
    let other = PostView { incident: "INC-2".into(), ..first_post() };
    assert_eq!(s.page.look(&other, "INC-2/p1", None).await, Reconciled::Absent);
    let mut again = first_post();
    again.is_first = false;
    again.approved_at += chrono::TimeDelta::minutes(2);
    assert_eq!(s.page.look(&again, "INC-1/p2", Some(&id)).await, Reconciled::Absent);
}

#[tokio::test]
async fn while_statuspage_cannot_be_asked_nothing_is_said_of_the_post_and_nothing_is_sent() {
    let s = stage().await;
    for fault in [Fault::Break, Fault::Limit, Fault::LoseAnswer] {
        s.model.faults().next_reads(1, fault);
        assert!(matches!(s.page.look(&first_post(), "k", None).await, Reconciled::CannotTell { .. }));
        s.model.faults().next_reads(1, fault);
        let outcome = s.page.send(&with_api(ComponentState::MajorOutage, first_post()), "k", None).await;
        assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
    }
    assert!(s.model.incidents().is_empty());
}

#[tokio::test]
async fn a_reached_limit_is_waited_for() {
    let s = stage().await;
    s.model.limit(1);
    sent(&s.page.send(&first_post(), "k1", None).await);
    match s.page.send(&later_post(2, "more"), "k2", Some("i1")).await {
        Outcome::Retry { after: Some(after), why } => {
            assert_eq!(after.as_secs(), 60);
            assert!(why.contains("rate limit"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    s.clock.forward(61);
    let id = s.model.incidents()[0].id.clone();
    sent(&s.page.send(&later_post(2, "more"), "k2", Some(&id)).await);
}

#[tokio::test]
async fn a_wrong_key_or_page_is_said_clearly_and_without_the_key() {
    let s = stage_with(|settings| settings.api_key = "wrong-7777".into()).await;
    match s.page.send(&first_post(), "k", None).await {
        Outcome::Failed { why } => {
            assert!(why.contains("refused our API key (401: Could not authenticate)"), "{why}");
            assert!(!why.contains("7777"));
        }
        other => panic!("{other:?}"),
    }
    let s = stage_with(|settings| settings.page_id = "elsewhere".into()).await;
    match s.page.send(&first_post(), "k", None).await {
        Outcome::Failed { why } => assert!(why.contains("no page elsewhere"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(!format!("{:?}", s.model.settings()).contains("89a229ce"));
    let empty = StatuspagePublisher::new(&StatuspageSettings::default()).err().unwrap();
    assert!(empty.contains("api_key and page_id"), "{empty}");
}

#[tokio::test]
async fn an_incident_deleted_there_is_told_and_not_made_anew() {
    let s = stage().await;
    let id = sent(&s.page.send(&first_post(), "k1", None).await);
    s.model.delete(&id);
    match s.page.send(&later_post(2, "more"), "k2", Some(&id)).await {
        Outcome::Failed { why } => assert!(why.contains(&id) && why.contains("deleted"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(s.page.look(&later_post(2, "more"), "k2", Some(&id)).await, Reconciled::Absent);
    assert!(s.model.incidents().is_empty());
}

#[tokio::test]
async fn a_component_that_the_page_does_not_have_does_not_hold_up_the_post() {
    let s = stage().await;
    let mut post = with_api(ComponentState::PartialOutage, first_post());
    post.components.push(("Mainframe".into(), ComponentState::MajorOutage));
    sent(&s.page.send(&post, "k", None).await);
    assert_eq!(s.model.components()[0].state, ComponentState::PartialOutage);
    assert_eq!(s.page.names().await, Ok(vec!["api".to_owned(), "website".to_owned()]));
}

#[tokio::test]
async fn a_text_too_long_is_refused_and_the_excess_named() {
    let s = stage().await;
    assert_eq!(s.page.check(&later_post(2, &"é".repeat(25_000))), Ok(()));
    let why = s.page.check(&later_post(2, &"é".repeat(25_007))).unwrap_err();
    assert!(why.contains("7 characters too long"), "{why}");
    let named = PostView { title: "x".repeat(256), ..first_post() };
    assert!(s.page.check(&named).unwrap_err().contains("1 characters too long"));
    assert!(matches!(s.page.send(&named, "k", None).await, Outcome::Failed { .. }));
    assert!(s.model.requests().is_empty());
}

#[tokio::test]
async fn the_models_page_shows_incidents_and_runs_nothing_in_them() {
    let s = stage().await;
    let mut post = first_post();
    post.title = "<img src=x onerror=alert(1)>".into();
    sent(&s.page.send(&post, "k", None).await);
    let html = get(s.model.url()).await;
    assert!(html.contains("onerror=alert(1)") && !html.contains("<img"), "{html}");
    assert!(html.contains("Partial System Outage") && html.contains("subscribers told"));
}
