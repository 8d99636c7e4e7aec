//! Whatever somebody wrote can be taken out of sight, wherever it was written.

use commandpost::{
    desk::{Along, Settings},
    export::Format,
    http::api::export_bytes,
    incident::command::Command,
};

use super::WORD;
use crate::support::{
    house::{House, caller},
    program::{Program, Said},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_were_redacted_are_in_no_reading_search_or_export_and_what_was_done_still_is() {
    let mut post = Program::new("");
    post.start().await;
    let id = &post.declare("ada", &format!("the {WORD} is down")).await;
    for line in [
        "set summary",
        "severity sev1",
        "phase identified",
        "milestone began 10m",
        "objective add",
        "period start 2h",
        "update draft",
        "stop",
        "set title",
    ] {
        post.do_say("ada", id, &format!("{line} {WORD}")).await;
    }
    let lines = post.timeline(id, 1).await;
    let worded: Vec<_> = lines.iter().filter(|line| line["text"].as_str().unwrap().contains(WORD)).collect();
    assert_eq!(worded.len(), 10, "{worded:?}");
    for line in worded {
        post.do_say("ada", id, &format!("redact {} a password", line["seq"])).await;
    }

    let found = post.do_say("ada", id, &format!("find {WORD}")).await;
    assert!(found.starts_with("Nothing"), "{found}");
    for line in ["status", "briefing", "updates", "objectives"] {
        assert!(!post.do_say("ada", id, line).await.contains(WORD), "{line}");
    }
    let incident = format!("/api/v1/incidents/{id}");
    for path in [
        incident.clone(),
        format!("{incident}/timeline"),
        format!("{incident}/export?format=json"),
        format!("{incident}/export?format=markdown"),
        format!("{incident}/export?format=csv"),
        format!("/console/i/{id}"),
        "/api/v1/incidents".to_owned(),
    ] {
        let asked = post.client.get(post.url(&path)).header("Cookie", "commandpost_name=ada");
        let said = Said::of(asked.send().await.unwrap()).await.unwrap();
        assert!(said.status == 200 && !said.text.contains(WORD), "{path}: {}", said.text);
    }
    let lines = post.timeline(id, 1).await;
    let shown = |text: &str| lines.iter().any(|line| line["text"].as_str().unwrap().contains(text));
    assert!(shown("to identified: [redacted].") && shown("STOP: [redacted]."), "{lines:?}");
    post.do_say("ada", id, "set title payments fail").await;
    assert!(post.get("/api/v1/incidents").await.text.contains("payments fail"));
    post.verify_all().await;
    assert!(post.stop().success());
}

#[tokio::test]
async fn what_is_redacted_while_an_export_is_read_stands_nowhere_in_it() {
    let (house, faulty) = House::faulty(Settings::default()).await;
    let id = house.incident().await;
    let summary = Command::Summarize { text: format!("the {WORD} is down") };
    let target = house.say("Ada", id, summary).await.seq.unwrap();
    let desk = house.desk.clone();
    faulty.meanwhile(async move {
        let redact = Command::Redact { target, reason: "a password".into() };
        desk.submit(caller("Ada"), id, redact, Along::default()).await.unwrap();
    });
    for format in [Format::Markdown, Format::Json] {
        let paper = export_bytes(&house.desk, id, format, chrono_tz::Tz::UTC).await.unwrap();
        let paper = String::from_utf8(paper).unwrap();
        assert!(paper.replace('\\', "").contains("[redacted]") && !paper.contains(WORD), "{paper}");
    }
}
