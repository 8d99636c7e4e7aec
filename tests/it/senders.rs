//! Whatever a monitor posts to the hook of its name is taken as it was meant, also where it can send no header.

use serde_json::json;

use crate::support::program::{Program, Said};

const CANARY: &str = "canary-of-the-hook-0123456789";

#[tokio::test(flavor = "multi_thread")]
async fn every_sender_is_served_by_its_name_with_nothing_configured_and_ends_what_it_raised() {
    let mut post = Program::new("");
    post.start().await;
    let list = String::from_utf8(post.run(&["senders", "list"]).stdout).unwrap();
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 40, "{list}");
    for name in names {
        let said = post.post(&format!("/hooks/{name}"), &json!({})).await;
        assert_eq!(said.status, 200, "what is no body of {name} is kept: {}", said.text);
    }
    let check = |state: &str| json!({"check_id": 7, "check_name": "Shop", "current_state": state, "description": "HTTP 503"});
    for state in ["DOWN", "DOWN", "UP"] {
        assert_eq!(post.post("/hooks/pingdom", &check(state)).await.status, 200);
    }
    let list = post.document("/api/v1/situations").await;
    let situations = list["situations"].as_array().unwrap();
    let shop = situations.iter().find(|s| s["situation"]["lead"] == "Shop is DOWN").unwrap();
    assert_eq!((&shop["situation"]["firing"], &shop["situation"]["total"]), (&json!(0), &json!(1)));

    let event = post
        .client
        .post(post.url("/hooks/cloudevents"))
        .header("ce-specversion", "1.0")
        .header("ce-type", "example.disk.failed")
        .header("ce-source", "/mon")
        .header("ce-id", "1")
        .header("content-type", "application/json")
        .body(r#"{"title": "disk is full", "severity": "critical"}"#);
    let said = Said::of(event.send().await.unwrap()).await.unwrap();
    assert_eq!((said.status, said.json()["new"].as_u64()), (200, Some(1)), "{}", said.text);

    let confirmation = json!({"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:eu-west-1:1:alarms",
        "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=1"});
    let said = post.post("/hooks/aws", &confirmation).await;
    assert_eq!((said.status, said.json()["new"].as_u64()), (200, Some(0)), "{}", said.text);
    assert!(post.stop().success());
    assert!(post.log().contains("Action=ConfirmSubscription"), "who subscribed reads what to open");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_path_lets_a_sender_in_and_stands_in_no_log() {
    let mut post = Program::new("");
    let token = post.secret("token", CANARY);
    post.configure(&format!("[hooks.pingdom]\ntoken_file = \"{token}\"\n"));
    post.start().await;
    let down = json!({"check_id": 7, "check_name": "Shop", "current_state": "DOWN"});
    assert_eq!(post.post("/hooks/pingdom", &down).await.status, 401);
    assert_eq!(post.post("/hooks/pingdom/canary-that-is-wrong", &down).await.status, 401);
    assert_eq!(post.post(&format!("/hooks/pingdom/{CANARY}"), &down).await.status, 200);
    let url = post.url("/hooks/pingdom");
    let basic = post.client.post(url).basic_auth("commandpost", Some(CANARY)).json(&down);
    assert_eq!(basic.send().await.unwrap().status(), 200);
    assert!(post.stop().success());
    let log = post.log();
    assert!(log.contains("needs its token") && !log.contains("canary"), "{log}");
}
