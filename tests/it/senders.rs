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
async fn who_may_post_to_a_hook_is_told_so_before_the_first_event_and_nobody_else() {
    let mut post = Program::new("");
    let (token, secret) =
        (post.secret("token", CANARY), post.secret("secret", "the-secret-of-the-signed-hook-0123456789"));
    post.configure(&format!(
        "[hooks.cloudevents]\ntoken_file = \"{token}\"\n\
         [hooks.signed]\nsender = \"cloudevents\"\nsignature = \"github\"\nsecret_file = \"{secret}\"\n"
    ));
    post.start().await;
    let asked = |path: String, origin: bool| {
        let request = post.client.request(reqwest::Method::OPTIONS, post.url(&path));
        let request =
            if origin { request.header("WebHook-Request-Origin", "eventgrid.azure.net") } else { request };
        async move { Said::of(request.send().await.unwrap()).await.unwrap() }
    };
    let said = asked(format!("/hooks/cloudevents/{CANARY}"), true).await;
    assert_eq!(said.status, 200, "{}", said.text);
    assert_eq!(said.headers["webhook-allowed-origin"], "eventgrid.azure.net");
    assert_eq!(said.headers["webhook-allowed-rate"], "*");
    for (path, origin, status) in [
        (format!("/hooks/cloudevents/{CANARY}"), false, 405),
        ("/hooks/cloudevents".to_owned(), true, 401),
        ("/hooks/cloudevents/canary-that-is-wrong".to_owned(), true, 401),
        ("/hooks/signed".to_owned(), true, 405),
        ("/hooks/nothing".to_owned(), true, 404),
    ] {
        let said = asked(path.clone(), origin).await;
        assert_eq!(said.status, status, "{path}: {}", said.text);
        assert!(!said.headers.contains_key("webhook-allowed-origin"), "{path}");
    }
    assert!(post.stop().success());
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

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_comes_by_its_hook_is_told_first_when_alerts_come_and_people_say_whether_they_deserved_it()
 {
    let mut post = Program::new("");
    post.configure(
        "[[service]]\nname = \"checkout\"\ntier = \"front\"\ndepends_on = [\"db\"]\n\
         [[service]]\nname = \"db\"\ntier = \"back\"\nlabels = { instance = \"db*\" }\n",
    );
    post.start().await;
    let now = commandpost::desk::clock::World::now(&commandpost::desk::clock::System);
    let ago = |seconds: i64| (now - chrono::Duration::seconds(seconds)).to_rfc3339();
    let deployment = |state: Option<&str>| {
        let mut body = json!({"action": "created", "repository": {"full_name": "shop/checkout", "default_branch": "main"},
            "deployment": {"id": 7, "ref": "v1.2.3", "environment": "production", "creator": {"login": "ada"}, "created_at": ago(600)}});
        if let Some(state) = state {
            body["deployment_status"] =
                json!({"state": state, "environment": "production", "created_at": ago(500)});
        }
        body
    };
    for state in [None, Some("in_progress"), Some("success"), Some("success"), Some("inactive")] {
        let said = post.post("/hooks/github", &deployment(state)).await;
        let changes = u64::from(state != Some("inactive"));
        assert_eq!(
            (said.status, said.json()["changes"].as_u64().unwrap_or(0)),
            (200, changes),
            "{}",
            said.text
        );
    }
    let told = post
        .post("/api/v1/changes", &json!({"change": "new certificates", "service": "mail", "at": ago(300)}))
        .await;
    assert_eq!(told.status, 200, "{}", told.text);
    let kept = post.document("/api/v1/changes").await;
    let titles: Vec<&str> =
        kept["changes"].as_array().unwrap().iter().map(|c| c["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["new certificates", "Deploy of shop/checkout v1.2.3 to production"]);

    let alert = |name: &str, labels: serde_json::Value, seconds| {
        let mut labels = labels;
        labels["alertname"] = name.into();
        labels["severity"] = "critical".into();
        json!({"status": "firing", "version": "4", "groupKey": name, "groupLabels": {}, "alerts": [{"status": "firing",
            "labels": labels, "annotations": {"summary": name}, "startsAt": ago(seconds), "fingerprint": name}]})
    };
    for body in [
        alert("DiskFull", json!({"instance": "db1:9100"}), 100),
        alert("ErrorRate", json!({"service": "checkout"}), 60),
    ] {
        assert_eq!(post.post("/hooks/alertmanager", &body).await.status, 200);
    }
    let ran = |args: &[&str]| {
        let output = post.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let why = ran(&["alerts", "why", "S-2"]);
    let first = "Changed before:\n  Deploy of shop/checkout v1.2.3 to production, succeeded (9 min before, of checkout)";
    assert!(why.contains(first), "{why}");
    assert!(why.contains("S-1 DiskFull: began 40 s before and checkout depends on db"), "{why}");
    let document = post.document("/api/v1/situations/2/why").await;
    assert_eq!(document["evidence"][0]["side"], "what");
    assert_eq!(document["changes"][0]["is_related"], true);

    ran(&["alerts", "mark", "S-1", "noise", "it cleans itself", "--as", "Bo"]);
    let marked = post.post("/api/v1/alerts/marks", &json!({"alert": "S-2", "mark": "loud"})).await;
    assert!(marked.status == 422 && marked.why().contains("actionable, noise or late"), "{}", marked.text);
    ran(&["incident", "declare", "--from", "S-2"]);
    let report = ran(&["alerts", "report", "--since", "1d", "--format", "csv"]);
    assert!(
        report.contains("\"DiskFull\",\"alertmanager\",\"critical\",\"1\",\"0\",\"0\",\"1\""),
        "{report}"
    );
    let report = post.document("/api/v1/alerts/report?since=1d").await;
    let told = report["incidents"][0]["sentence"].as_str().unwrap();
    assert!(told.starts_with("ErrorRate (alertmanager) told first"), "{told}");
    assert_eq!(post.get("/api/v1/alerts/report?since=ever").await.status, 422);
    ran(&["change", "turned off the cache", "--service", "checkout", "--as", "Bo"]);
    assert!(ran(&["change"]).lines().next().unwrap().ends_with("turned off the cache (checkout, Bo)"));
    assert_eq!(ran(&["change", "list"]), ran(&["change"]));
    let paper = ran(&["export", "INC-1"]);
    assert!(
        paper.contains("## Changed before\n\n- Deploy of shop/checkout v1.2.3 to production, succeeded"),
        "{paper}"
    );
    assert!(post.stop().success());
}
