//! The pages of playbooks and of heartbeats.

use axum::{
    body::Body,
    http::{StatusCode, header},
};
use commandpost::{alert::AlertSeverity, desk::heartbeats::Heartbeats};
use http_body_util::BodyExt;

use super::{get, house::House, post, send};

const HTML: &str = "text/html";

#[tokio::test]
async fn the_page_of_heartbeats_has_on_top_what_is_missed_and_says_when_each_was_heard_and_is_due() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let alerts = get(&house, "/console/alerts").await.body;
    assert!(alerts.contains("<a href=\"/console/heartbeats\">Heartbeats</a>: 1 missed, 1 alive"), "{alerts}");
    let body = get(&house, "/console/heartbeats").await.body;
    let (missed, alive) = body.split_once("<b>backup</b>").expect("both");
    assert!(missed.contains("prometheus &#60;eu&#62;") && missed.contains("Missed since"), "{body}");
    assert!(!missed.contains("Next sign"), "{body}");
    assert!(alive.contains("every 5 min, 2 min late at most") && alive.contains("in 2 min"), "{body}");
    // A sign of life is a hint to who looks at them, and to nobody else.
    let stream = |path: &'static str| super::as_ada(path).body(Body::empty()).unwrap();
    let mut here = send(&house, stream("/console/events?heartbeats=true")).await.into_body();
    let mut elsewhere = send(&house, stream("/console/events")).await.into_body();
    let beat = |name: &str| commandpost::alert::heartbeat::Heartbeat {
        name: name.into(),
        every: chrono::Duration::minutes(5),
        grace: chrono::Duration::minutes(2),
        severity: AlertSeverity::Critical,
        watchdog: None,
    };
    let beats = Heartbeats::open(house.desk.clone(), vec![beat("backup")]).await.unwrap();
    beats.hear("backup").await.unwrap();
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    for (stream, what) in [(&mut here, "heartbeats"), (&mut elsewhere, "incident")] {
        let frame = stream.frame().await.unwrap().unwrap();
        let hint = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
        assert!(hint.contains(&format!("\"what\":\"{what}\"")), "{hint}");
    }
}

/// The forms that a page has, each by what it says.
fn said_by(body: &str) -> Vec<&str> {
    body.split("name=\"say\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn a_playbook_is_done_step_by_step_on_its_page_by_whoever_may() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    let path = "/console/i/INC-1/playbook";
    let press = async |say: &str, text: &str| {
        let key = format!("{say}{text}");
        let form =
            [("incident", "INC-1"), ("page", "playbook"), ("say", say), ("text", text), ("once", &key)];
        post(&house, "/console/say", &form, HTML).await
    };
    let before = get(&house, path).await.body;
    assert!(before.contains("No playbook was begun in INC-1."), "{before}");
    assert_eq!(said_by(&before), ["playbook begin site-down"]);
    // Without a script a form leads back to where it was sent from.
    let begun = press("playbook begin site-down", "").await;
    assert_eq!(
        (begun.status, &begun.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &path.parse().unwrap())
    );

    let body = get(&house, path).await.body;
    assert!(body.contains("0 of 5 settled") && body.contains("Go layer by layer &#60;b&#62;"), "{body}");
    for (state, times) in [(">open<", 3), (">waits for approval<", 1), (">not yet<", 1), (">done<", 0)] {
        assert_eq!(body.matches(state).count(), times, "{state}: {body}");
    }
    assert!(body.contains("Only in the phase monitoring."), "{body}");
    // She commands, and nobody else has a role: all of what is asked for is hers.
    for says in
        ["playbook run P1", "playbook run P2", "playbook done P2", "playbook skip P3", "playbook done P4"]
    {
        assert!(said_by(&body).contains(&says), "{says}: {body}");
    }
    assert!(!said_by(&body).iter().any(|says| says.ends_with("P5")), "not before it is asked for");

    press("playbook run P2", "We look.").await;
    press("playbook done P3", "").await;
    let refused = press("playbook skip P1", "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Not done.") && refused.body.contains("<h1>Playbooks</h1>"));
    press("playbook skip P1", "she has it").await;
    let body = get(&house, path).await.body;
    assert!(
        body.contains("3 of 5 settled") && body.contains(": she has it") && body.contains("· again "),
        "{body}"
    );
    assert_eq!(house.desk.incident("INC-1".parse().unwrap()).await.unwrap().posts[0].draft.text, "We look.");
    press("playbook undo P1", "").await;
    assert!(get(&house, path).await.body.contains("2 of 5 settled"));

    // What needs another's approval is theirs alone, also where one commands.
    house.say("Bo", "INC-1", "role take pio").await.unwrap();
    let body = get(&house, path).await.body;
    assert!(!said_by(&body).contains(&"playbook done P4"), "{body}");
    assert_eq!(press("playbook done P4", "").await.status, StatusCode::FORBIDDEN);
    let incident = get(&house, "/console/i/INC-1").await.body;
    assert!(
        incident.contains("href=\"/console/i/INC-1/playbook\">The site does not answer</a>"),
        "{incident}"
    );
    house.say("Ada", "INC-1", "cancel it was none").await.unwrap();
    assert_eq!(said_by(&get(&house, path).await.body), Vec::<&str>::new(), "it is over");
}
