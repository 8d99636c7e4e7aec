//! A silence and an acknowledgement are put into the real Alertmanager, and end there when they end here.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use crate::support::{
    alertmanager::{self, Alertmanager},
    program::{Program, until},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silence_stands_in_a_real_alertmanager_once_and_ends_there_too() {
    let Some(sender) = alertmanager::installed() else {
        println!("SKIPPED: the real Alertmanager; install prometheus-alertmanager");
        return;
    };
    let mut post = Program::new("");
    let mut am = Alertmanager::new(&post.url("/hooks/alertmanager"), post.client.clone());
    post.configure(&format!("[senders.alertmanager]\napi_url = \"http://127.0.0.1:{}\"\n", am.port));
    post.start().await;
    am.start(&sender).await;
    am.report(&[("Slow", "web1", true), ("Slow", "web2", true)]).await;
    until(30, "the alerts", || async {
        post.document("/api/v1/situations").await["situations"][0]["situation"]["total"] == 2
    })
    .await;
    let incident = post.declare("Ada", "The shop is slow").await;
    post.do_say("Ada", &incident, "link S-1").await;

    // It is away when it is asked; nothing is lost.
    am.kill();
    let answer = post.do_say("Ada", &incident, "silence S-1 for 2h \"the cache is being warmed\"").await;
    assert!(
        answer.contains("S-1 is silenced until") && answer.contains("passed on to alertmanager"),
        "{answer}"
    );
    until(30, "a first attempt", || async {
        post.document("/api/v1/outbox").await["deliveries"][0]["attempts"].as_u64() >= Some(1)
    })
    .await;
    am.start(&sender).await;
    until(60, "the silence there", || async { am.silences().await.len() == 1 }).await;
    let (state, who, comment, matchers) = am.silences().await.remove(0);
    assert_eq!((state.as_str(), who.as_str()), ("active", "Ada"));
    assert!(
        comment.starts_with("silenced by Ada in commandpost, S-1: the cache is being warmed ["),
        "{comment}"
    );
    // What both have in common, and not the instance.
    assert_eq!(matchers, ["alertname=Slow", "severity=critical"]);
    let told = async |text: &str| {
        let entries = post.timeline(&incident, 1).await;
        entries.iter().any(|entry| entry["text"].as_str().is_some_and(|said| said.contains(text)))
    };
    until(30, "it is told that it was passed on", || async {
        told("The silence of S-1 by Ada was passed on to alertmanager").await
    })
    .await;

    // What comes meanwhile is counted, and not told.
    let body = crate::support::program::alertmanager_body("Slow", &[("late".to_owned(), true)]);
    let mut body = body;
    let group = post.document("/api/v1/situations").await["situations"][0]["situation"]["group_key"].clone();
    body["groupKey"] = group;
    assert_eq!(post.post("/hooks/alertmanager", &body).await.status, 200);
    until(30, "it is counted", || async {
        post.document("/api/v1/situations").await["situations"][0]["situation"]["total"] == 3
    })
    .await;
    let again = post.say("Bob", &incident, "silence S-1 1h again", None).await.unwrap();
    assert!(again.why().contains("S-1 is silenced by Ada until"), "{}", again.text);
    assert!(!told("3 of 3 firing now").await);

    post.do_say("Bob", &incident, "unsilence S-1 the cache is warm").await;
    until(60, "it ended there", || async { am.silences().await[0].0 == "expired" }).await;
    until(30, "what was counted is told", || async { told("3 of 3 firing now").await }).await;
    assert_eq!(am.silences().await.len(), 1);

    // An acknowledgement is a silence there, of an hour.
    let answer = post.do_say("Cy", &incident, "ack S-1 I am on it").await;
    assert!(
        answer.contains("S-1 is acknowledged by Cy: I am on it. It is being passed on to alertmanager"),
        "{answer}"
    );
    until(30, "the second silence there", || async {
        am.silences().await.iter().any(|one| one.0 == "active" && one.2.starts_with("acknowledged by Cy"))
    })
    .await;
    assert_eq!(am.silences().await.len(), 2);
    post.verify_all().await;
    assert!(post.stop().success());
}
