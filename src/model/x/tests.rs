//! The publisher to X and the model of X together: what the public sees, and what happens when things break.

use super::*;
use crate::{
    model::official::{
        clock::{Clock, nonces},
        description, first_post, later_post, violations,
    },
    outbox::port::{Outcome, Publisher, Reconciled},
    publish::x::XPublisher,
};

fn account() -> Account {
    Account {
        id: "2244994945".into(),
        username: "acmestatus".into(),
        name: "ACME <Status>".into(),
        api_key: "app-key-aaa".into(),
        api_key_secret: "app-secret-bbb".into(),
        access_token: "user-token-ccc".into(),
        access_token_secret: "user-secret-ddd".into(),
        bearer_token: "bearer-eee".into(),
        can_write: true,
    }
}

struct Stage {
    clock: Clock,
    model: XModel,
    x: XPublisher,
}

async fn stage() -> Stage {
    stage_with(|_| {}).await
}

async fn stage_with(change: impl FnOnce(&mut XSettings)) -> Stage {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = Clock::new();
    let model = XModel::start(vec![account()], clock.now()).await.unwrap();
    let mut settings = model.settings();
    change(&mut settings);
    let x = XPublisher::new(&settings, clock.now(), nonces()).unwrap();
    Stage { clock, model, x }
}

fn sent(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent { external_id: Some(id), .. } => id.clone(),
        other => panic!("not sent: {other:?}"),
    }
}

fn no_secret(text: &str) {
    for secret in ["aaa", "bbb", "ccc", "ddd", "eee"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

async fn get(url: &str) -> String {
    crate::model::official::client().get(url).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn an_incident_is_one_thread_and_every_request_is_as_described() {
    let s = stage().await;
    let first = s.x.send(&first_post(), "k1", None).await;
    let root = sent(&first);
    s.clock.forward(60);
    let mut correction = later_post(3, "It was the database, not the network.");
    correction.corrects = Some("INC-1/p2".into());
    let second = sent(&s.x.send(&later_post(2, "We see recovery."), "k2", Some(&root)).await);
    let third = sent(&s.x.send(&correction, "k3", Some(&root)).await);
    let posts = s.model.posts();
    assert_eq!(posts.iter().map(|p| p.id.to_string()).collect::<Vec<_>>(), [root.clone(), second, third]);
    assert!(posts.iter().all(|p| p.conversation.to_string() == root));
    assert_eq!(
        posts[0].text,
        "[Investigating] Answers of the API are slow; <we> look into it & report.\n\
         https://status.example.com/incidents/INC-1"
    );
    assert!(posts[2].text.starts_with("[Monitoring, correction] It was the database"));
    assert_eq!(
        first,
        Outcome::Sent {
            url: Some(format!("{}/i/status/{root}", s.model.url())),
            external_id: Some(root.clone()),
        }
    );
    assert!(matches!(s.x.look(&first_post(), None).await, Reconciled::Arrived { .. }));
    let Some(doc) = description("an_incident_is_one_thread", "x/openapi.json") else { return };
    assert_eq!(s.model.requests().len(), 5);
    assert_eq!(violations(&doc, "", &s.model.requests()), Vec::<String>::new());
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_found_and_never_sent_twice() {
    for fault in [Fault::LoseAnswer, Fault::Garble] {
        let s = stage().await;
        let root = sent(&s.x.send(&later_post(9, "before"), "k0", None).await);
        s.model.faults().next_writes(1, fault);
        let post = later_post(2, "We see recovery.");
        match s.x.send(&post, "k2", Some(&root)).await {
            Outcome::Unknown { why } => assert!(why.contains("answer was lost"), "{why}"),
            Outcome::Sent { external_id: None, .. } => assert_eq!(fault, Fault::Garble),
            other => panic!("{other:?}"),
        }
        let id = match s.x.look(&post, Some(&root)).await {
            Reconciled::Arrived { external_id: Some(id), .. } => id,
            other => panic!("{other:?}"),
        };
        // Even if it were sent once more, X's refusal leads back to the same post.
        assert_eq!(sent(&s.x.send(&post, "k2", Some(&root)).await), id);
        assert_eq!(s.model.posts().len(), 2);
    }
}

#[tokio::test]
async fn a_post_that_did_not_arrive_is_absent_and_arrives_at_the_next_try() {
    let s = stage().await;
    let hasty = XSettings { total_timeout_ms: 300, bearer_token: "bearer-eee".into(), ..s.model.settings() };
    let hasty = XPublisher::new(&XSettings { api_key: "".into(), ..hasty }, s.clock.now(), nonces()).unwrap();
    for fault in [Fault::Break, Fault::BlackHole] {
        s.model.faults().next_writes(1, fault);
        let post = later_post(2, &format!("{fault:?}"));
        assert!(matches!(hasty.send(&post, "k", None).await, Outcome::Unknown { .. }));
        assert_eq!(s.x.look(&post, None).await, Reconciled::Absent);
        sent(&s.x.send(&post, "k", None).await);
    }
    assert_eq!(s.model.posts().len(), 2);
}

#[tokio::test]
async fn while_x_cannot_be_asked_nothing_is_said_of_the_post() {
    let s = stage().await;
    for fault in [Fault::Break, Fault::Limit, Fault::LoseAnswer] {
        s.model.faults().next_reads(1, fault);
        let told = s.x.look(&first_post(), None).await;
        assert!(matches!(&told, Reconciled::CannotTell { why } if !why.is_empty()), "{told:?}");
    }
    let settings = XSettings { base_url: "http://127.0.0.1:1".into(), ..s.model.settings() };
    let x = XPublisher::new(&settings, s.clock.now(), nonces()).unwrap();
    assert!(matches!(x.send(&first_post(), "k", None).await, Outcome::Retry { after: None, .. }));
}

#[tokio::test]
async fn another_posts_words_are_not_taken_for_ours() {
    let s = stage().await;
    sent(&s.x.send(&first_post(), "k1", None).await);
    let other = later_post(2, "Something else.");
    assert_eq!(s.x.look(&other, None).await, Reconciled::Absent);
    assert_eq!(s.x.look(&first_post(), Some("77")).await, Reconciled::Absent, "in another thread");
    let mut again = first_post();
    again.approved_at += chrono::TimeDelta::hours(1);
    assert_eq!(s.x.look(&again, None).await, Reconciled::Absent, "from before the approval");
    s.clock.forward(3600);
    match s.x.send(&again, "k9", None).await {
        Outcome::Failed { why } => assert!(why.contains("Change the wording"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_post_is_found_behind_many_others_and_by_the_older_names() {
    let s = stage().await;
    s.model.limit(1000);
    let id = sent(&s.x.send(&first_post(), "k1", None).await);
    for n in 0..120 {
        s.model.world().post("2244994945", &format!("noise {n}"), None, s.clock.time()).unwrap();
    }
    for old in [false, true] {
        if old {
            s.model.use_old_names();
        }
        match s.x.look(&first_post(), None).await {
            Reconciled::Arrived { external_id, .. } => assert_eq!(external_id.as_deref(), Some(id.as_str())),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_reached_limit_is_waited_for_until_x_lifts_it() {
    let s = stage().await;
    s.model.limit(1);
    sent(&s.x.send(&first_post(), "k1", None).await);
    s.clock.forward(100);
    let second = later_post(2, "more");
    match s.x.send(&second, "k2", None).await {
        Outcome::Retry { after: Some(after), why } => {
            assert_eq!(after.as_secs(), 800);
            assert!(why.contains("800 s"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    s.clock.forward(800);
    sent(&s.x.send(&second, "k2", None).await);
}

#[tokio::test]
async fn wrong_keys_and_missing_permission_are_said_clearly_and_without_secrets() {
    let s = stage_with(|settings| settings.access_token_secret = "wrong-ddd".into()).await;
    match s.x.send(&first_post(), "k", None).await {
        Outcome::Failed { why } => {
            assert!(
                why.contains("credentials (401: Unauthorized)") && why.contains("developer portal"),
                "{why}"
            );
            no_secret(&why);
        }
        other => panic!("{other:?}"),
    }
    match s.x.look(&first_post(), None).await {
        Reconciled::CannotTell { why } => no_secret(&why),
        other => panic!("{other:?}"),
    }
    let s = stage().await;
    s.model.accounts(|all| all[0].can_write = false);
    match s.x.send(&first_post(), "k", None).await {
        Outcome::Failed { why } => assert!(why.contains("Read and write"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(s.model.posts().is_empty());
    no_secret(&format!("{:?}", s.model.settings()));
}

#[tokio::test]
async fn a_bearer_token_serves_as_well() {
    let s = stage_with(|settings| {
        *settings = XSettings {
            bearer_token: "bearer-eee".into(),
            base_url: settings.base_url.clone(),
            ..XSettings::default()
        }
    })
    .await;
    sent(&s.x.send(&first_post(), "k", None).await);
    let why = XPublisher::new(&XSettings::default(), s.clock.now(), nonces()).err().unwrap();
    assert!(why.contains("missing: api_key, api_key_secret, access_token, access_token_secret"), "{why}");
}

#[tokio::test]
async fn a_first_post_that_was_deleted_is_told() {
    let s = stage().await;
    let root = sent(&s.x.send(&first_post(), "k1", None).await);
    s.model.delete(root.parse().unwrap());
    match s.x.send(&later_post(2, "more"), "k2", Some(&root)).await {
        Outcome::Failed { why } => assert!(why.contains("deleted or not visible"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(s.x.send(&later_post(2, "more"), "k2", Some("p31z")).await, Outcome::Failed { .. }));
}

#[tokio::test]
async fn nothing_is_cut_a_text_too_long_is_not_sent_at_all() {
    let s = stage().await;
    let long = later_post(2, &"x".repeat(300));
    assert!(s.x.check(&long).is_err());
    assert!(matches!(s.x.send(&long, "k", None).await, Outcome::Failed { why } if why.contains("too long")));
    assert!(s.model.requests().is_empty());
}

#[tokio::test]
async fn a_signature_is_good_for_one_request_only() {
    let s = stage().await;
    sent(&s.x.send(&first_post(), "k1", None).await);
    let seen = s.model.requests().remove(0);
    let again = crate::model::official::client()
        .post(format!("{}{}", s.model.url(), seen.path))
        .header("authorization", seen.header("authorization").unwrap())
        .header("content-type", "application/json")
        .body(r#"{"text":"not ours"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 401);
}

#[tokio::test]
async fn the_models_page_shows_posts_and_runs_nothing_in_them() {
    let s = stage().await;
    sent(&s.x.send(&later_post(2, "<script>alert(1)</script>"), "k1", None).await);
    let html = get(&s.model.url()).await;
    assert!(html.contains("alert(1)") && !html.contains("<script>"), "{html}");
    assert!(html.contains("https://status.example.com/incidents/INC-1"));
    assert!(!html.contains("ACME <Status>"));
}
