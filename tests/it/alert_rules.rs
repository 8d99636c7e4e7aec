//! Rules on alerts in the whole program: a file of its own, groups of several senders, why, and what others would have done.

use serde_json::{Value, json};

use crate::support::program::{Program, until};

const RULES: &str = "\
[[rule]]
name = \"checkout\"
when = { severity = \"critical\", labels = { service = \"checkout\" } }
then = { declare = { severity = 1, title = \"{label.service} is down\" } }

[[rule]]
name = \"staging\"
when = { labels = { env = \"staging\" } }
then = \"record\"

[[group]]
name = \"one service\"
by = [\"service\"]
";

fn post_with(rules: &str) -> Program {
    let post = Program::new("[alerts]\nrules_file = \"rules.toml\"\n[hooks.other]\nsender = \"generic\"\n");
    std::fs::write(post.home().join("rules.toml"), rules).unwrap();
    post
}

fn out(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn raise(post: &Program, hook: &str, title: &str, more: Value) {
    let mut body = json!({ "title": title, "severity": "critical" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(post.post(&format!("/hooks/{hook}"), &body).await.status, 200);
}

async fn listed(post: &Program) -> Vec<Value> {
    post.document("/api/v1/situations").await["situations"].as_array().unwrap().clone()
}

async fn decided(post: &Program, count: usize) -> Vec<Value> {
    until(20, "every situation is decided", || async {
        let all = listed(post).await;
        all.len() == count && all.iter().all(|one| !one["decided"].is_null())
    })
    .await;
    listed(post).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_of_a_file_decide_say_why_and_are_tried_on_the_past_before_they_are_put_in_force() {
    let mut post = post_with(RULES);
    post.start().await;
    raise(&post, "generic", "answers 500", json!({ "service": "checkout" })).await;
    raise(&post, "other", "probe fails", json!({ "service": "checkout" })).await;
    raise(&post, "generic", "slow", json!({ "labels": { "env": "staging" } })).await;
    raise(&post, "generic", "disk is full", json!({ "labels": { "host": "db1" } })).await;
    let all = decided(&post, 3).await;
    let first = all.iter().find(|one| one["id"] == 1).unwrap();
    assert_eq!((&first["situation"]["firing"], &first["decided"]), (&json!(2), &json!("declare")));
    assert_eq!(first["verdict"]["rule"], "checkout");

    // While the server runs, and with it stopped, the answer is the same.
    let running = out(&post.run(&["alerts", "explain", "S-3"]));
    for part in [
        "S-3 disk is full",
        "“checkout”  no: label “service” is not there, and “checkout” is wanted",
        "“staging”  no: label “env” is not there",
        "Now: No rule matched: a card.",
        "What became of it: card. No rule matched: a card.",
    ] {
        assert!(running.contains(part), "{part}: {running}");
    }
    let told = post.document("/api/v1/situations/S-1/explain").await;
    assert_eq!((&told["rules"][0]["matches"], &told["became"]["incident"]), (&json!(true), &json!("INC-1")));
    assert!(told["grouped"].as_str().unwrap().contains("service=checkout"), "{told}");

    let new = post.home().join("new.toml");
    std::fs::write(
        &new,
        "[[rule]]\nname = \"disks\"\nwhen = { title = \"disk*\" }\nthen = { declare = { severity = 3 } }\n\
         [[rule]]\nname = \"all\"\nthen = \"card\"\n",
    )
    .unwrap();
    let replay = |post: &Program, more: &[&str]| {
        let rules = ["alerts", "replay", "--rules", new.to_str().unwrap()];
        let done = post.run(&[&rules[..], more].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        out(&done)
    };
    let beside = replay(&post, &[]);
    assert!(beside.contains("4 alerts in 3 situations"), "{beside}");
    assert!(beside.contains("new:      declare. The rule “disks” matched"), "{beside}");
    let report: Value = serde_json::from_str(&replay(&post, &["--format", "json"])).unwrap();
    assert_eq!(
        report["then"],
        json!({ "declared": 1, "attached": 0, "paged": 0, "carded": 1, "recorded": 1 })
    );
    assert_eq!(report["in_force"], report["then"]);
    // Without the group, the two alerts of the checkout are one stored situation all the same.
    assert_eq!(
        report["new"],
        json!({ "declared": 1, "attached": 0, "paged": 0, "carded": 2, "recorded": 0 })
    );
    assert_eq!(report["differ"], 3);
    post.stop();
    assert_eq!(out(&post.run(&["alerts", "explain", "S-3"])), running);
    assert_eq!(replay(&post, &[]), beside);
    let none = post.run(&["alerts", "replay", "--rules", "nowhere.toml"]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("nowhere.toml"), "{none:?}");
}

#[test]
fn a_body_is_explained_without_a_server_and_nothing_is_stored() {
    let post = post_with(RULES);
    let body = post.home().join("body.json");
    std::fs::write(&body, r#"{"title": "down", "severity": "critical", "service": "checkout"}"#).unwrap();
    let told = post
        .command()
        .args(["alerts", "explain", "--sender", "generic"])
        .stdin(std::fs::File::open(&body).unwrap())
        .output()
        .unwrap();
    let told = out(&told);
    for part in [
        "“checkout”  matches",
        "The one after it is not looked at",
        "SEV1 «checkout is down» would be declared",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!post.database().exists());
}

#[test]
fn a_mistake_in_the_file_of_rules_is_told_with_its_line_and_column() {
    let post = post_with("[[rule]]\nname = \"all\"\nthen = { delcare = { severity = 1 } }\n");
    let checked = post.run(&["check"]);
    let told = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(!checked.status.success());
    assert!(told.contains("rules.toml:3:10") && told.contains("Did you mean `declare`?"), "{told}");
}
