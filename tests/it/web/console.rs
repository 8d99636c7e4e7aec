//! The console: forms say commands, once; nothing that people or alerts typed acts; live hints end when told to.

use std::time::Duration;

use axum::{
    body::Body,
    http::{StatusCode, header},
};
use commandpost::{
    alert::{AlertSeverity, Link, LinkKind},
    incident::severity::Severity,
    journal::{
        Append,
        rows::{NewDelivery, What},
    },
};
use http_body_util::BodyExt;

use super::{
    get,
    house::{House, alert},
    post, send,
};

const PAGES: [&str; 10] = [
    "/console",
    "/console/i/INC-1",
    "/console/i/INC-1/timeline",
    "/console/i/INC-1/briefing",
    "/console/i/INC-1/playbook",
    "/console/alerts",
    "/console/heartbeats",
    "/console/outbox",
    "/console/help",
    "/console/name",
];

/// How long a test waits before it fails; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(90);
const HTML: &str = "text/html";
const JSON: &str = "application/json";

async fn notes(house: &House, id: &str) -> u64 {
    house.desk.incident(id.parse().unwrap()).await.unwrap().notes
}

#[tokio::test]
async fn a_visitor_gives_a_name_before_anything_is_shown_or_done() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Bo", "", "declare Secret plans").await.unwrap();
    let request = axum::http::Request::builder().uri("/console/i/INC-1").body(Body::empty()).unwrap();
    let answer = send(&house, request).await;
    let body = String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(
        body.contains("Who are you?") && body.contains("timeline") && !body.contains("Secret plans"),
        "{body}"
    );
    let given = post(&house, "/console/name", &[("name", "Zoë"), ("back", "/console/i/INC-1")], HTML).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER);
    assert_eq!(given.headers[header::LOCATION], "/console/i/INC-1");
    assert!(given.headers[header::SET_COOKIE].to_str().unwrap().contains("HttpOnly; SameSite=Strict"));
    let house_itself = post(&house, "/console/name", &[("name", "commandpost")], HTML).await;
    assert_eq!(house_itself.status, StatusCode::UNPROCESSABLE_ENTITY);
    let away = post(&house, "/console/name", &[("name", "Zoë"), ("back", "//evil.example")], HTML).await;
    assert_eq!(away.headers[header::LOCATION], "/console");
}

#[tokio::test]
async fn one_field_declares_and_a_form_pressed_twice_is_done_once() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let form = [("say", "declare"), ("once", "k1"), ("text", "Checkout fails")];
    for _ in 0..2 {
        let declared = post(&house, "/console/say", &form, HTML).await;
        assert_eq!(
            (declared.status, declared.headers[header::LOCATION].to_str().unwrap()),
            (StatusCode::SEE_OTHER, "/console/i/INC-1")
        );
    }
    let home = get(&house, "/console").await;
    assert!(home.body.contains("Checkout fails") && !home.body.contains("INC-2"));
    let note = [("incident", "INC-1"), ("say", "note"), ("once", "k2"), ("text", "--at looks like a flag")];
    for _ in 0..2 {
        assert_eq!(post(&house, "/console/say", &note, HTML).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(notes(&house, "INC-1").await, 1);
    // Gone back to and sent with other words: something else is said.
    let other = [("incident", "INC-1"), ("say", "note"), ("once", "k2"), ("text", "another")];
    post(&house, "/console/say", &other, HTML).await;
    assert_eq!(notes(&house, "INC-1").await, 2);
    let page = get(&house, "/console/i/INC-1").await;
    assert!(page.body.contains("--at looks like a flag"));
}

#[tokio::test]
async fn impact_and_urgency_are_enough_and_the_severity_that_is_always_chosen_gives_way() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let form = |impact: &'static str, urgency: &'static str| {
        let (text, chosen) = (("text", "Checkout fails"), ("--severity", "sev2"));
        [("say", "declare"), text, chosen, ("--impact", impact), ("--urgency", urgency)]
    };
    for (n, (impact, urgency, severity)) in
        [("low", "medium", Severity::Sev4), ("", "", Severity::Sev2)].into_iter().enumerate()
    {
        let declared = post(&house, "/console/say", &form(impact, urgency), HTML).await;
        assert_eq!(declared.status, StatusCode::SEE_OTHER, "{}", declared.body);
        let id = format!("INC-{}", n + 1).parse().unwrap();
        assert_eq!(house.desk.incident(id).await.unwrap().severity, severity, "{impact} × {urgency}");
    }
}

#[tokio::test]
async fn who_merges_another_into_this_one_stays_on_its_page() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    for title in ["Checkout fails", "Payments fail", "Search fails"] {
        house.say("Ada", "", &format!("declare {title}")).await.unwrap();
    }
    let merge = |other: &'static str| [("incident", "INC-1"), ("say", "merge"), ("text", other)];
    let answer = post(&house, "/console/say", &merge("INC-2"), JSON).await;
    let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&answer["ok"], &answer["goto"]), (&true.into(), &serde_json::Value::Null), "{answer}");
    let page = post(&house, "/console/say", &merge("INC-3"), HTML).await;
    assert_eq!(page.headers[header::LOCATION], "/console/i/INC-1");
}

#[tokio::test]
async fn a_merged_incident_leads_to_the_one_that_goes_on_and_shows_nothing_as_due() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    for line in [
        "declare Checkout fails",
        "declare Payments fail",
        "INC-2 task add 2m find the lag",
        "INC-2 hazard db2 may fill up",
        "INC-1 merge INC-2",
    ] {
        house.say("Ada", "", line).await.unwrap();
    }
    let page = get(&house, "/console/i/INC-2").await.body;
    assert!(page.contains(r#"<dt>Goes on as</dt><dd><a href="/console/i/INC-1">INC-1</a>"#), "{page}");
    assert!(page.contains("No open tasks.") && !page.contains(r#"id="hazards""#), "{page}");
    assert!(!page.contains("data-due=\""), "{page}");
    let other = get(&house, "/console/i/INC-1").await.body;
    assert!(!other.contains("Goes on as") && other.contains("find the lag"), "{other}");
}

#[tokio::test]
async fn nobody_is_offered_a_severity_for_planned_work() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "maintenance schedule \"db upgrade\" for 2h").await.unwrap();
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    let outage = get(&house, "/console/i/INC-1").await.body;
    assert!(outage.contains("Set severity") && outage.contains("<dt>Severity</dt>"));
    for page in ["", "/briefing"].map(|page| format!("/console/i/MAINT-1{page}")) {
        let body = get(&house, &page).await.body;
        for word in ["Severity", "Set severity", "SEV"] {
            assert!(!body.contains(word), "{page}: {word}");
        }
    }
    assert!(get(&house, "/console").await.body.contains(">planned work</span> <b>db upgrade</b>"));
}

#[tokio::test]
async fn a_refusal_stands_beside_the_box_with_the_words_kept() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Bo", "", "declare Checkout fails").await.unwrap();
    let form = [("incident", "INC-1"), ("once", "k"), ("text", "task done 9 mended")];
    let refused = post(&house, "/console/say", &form, HTML).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(
        refused.body.contains("Not done.") && refused.body.contains("value=\"task done 9 mended\""),
        "{}",
        refused.body
    );
    let to_script = post(&house, "/console/say", &form, JSON).await;
    let reply: serde_json::Value = serde_json::from_str(&to_script.body).unwrap();
    assert_eq!((to_script.status, &reply["ok"]), (StatusCode::NOT_FOUND, &serde_json::json!(false)));
    // What stands in several lines stays in several lines.
    let draft =
        [("incident", "INC-1"), ("say", "update approve 7 --alone"), ("once", "k"), ("text", "one\ntwo")];
    let kept = post(&house, "/console/say", &draft, HTML).await;
    assert!(kept.body.contains("<textarea id=\"line\"") && kept.body.contains("one\ntwo</textarea>"));
    let read = post(&house, "/console/say", &[("incident", "INC-1"), ("text", "status")], HTML).await;
    assert_eq!(read.status, StatusCode::OK);
    assert!(read.body.contains("Incident Commander: Bo"));
}

#[tokio::test]
async fn a_public_update_goes_out_by_buttons_alone() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails --severity sev1").await.unwrap();
    house.say("Cleo", "INC-1", "role take pio").await.unwrap();
    house.say("Cleo", "INC-1", "update draft We are investigating.").await.unwrap();
    let page = get(&house, "/console/i/INC-1").await.body;
    assert!(page.contains("value=\"update approve 1\"") && !page.contains("value=\"update publish 1\""));
    post(&house, "/console/say", &[("incident", "INC-1"), ("say", "update approve 1"), ("once", "a")], HTML)
        .await;
    let page = get(&house, "/console/i/INC-1").await.body;
    assert!(page.contains("value=\"update publish 1\""));
    let published = post(
        &house,
        "/console/say",
        &[("incident", "INC-1"), ("say", "update publish 1"), ("once", "b")],
        HTML,
    )
    .await;
    assert_eq!(published.status, StatusCode::SEE_OTHER);
    let page = get(&house, "/console/i/INC-1").await.body;
    assert!(page.contains(">status page</span> arrived<"), "{page}");
    // When the next one is due, and in how long, do not read like two times of day.
    assert!(page.contains("</time>, <span class=\"count\""), "{page}");
    house.page.refresh().await.unwrap();
    assert!(get(&house, "/status").await.body.contains("We are investigating."));
}

#[tokio::test]
async fn an_alerts_name_stays_inside_and_the_form_takes_a_public_title() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let errors = alert("checkout", "errors", "CheckoutErrors: 5xx above 5 %", AlertSeverity::Critical);
    house.desk.take_alerts(vec![errors]).await.unwrap();
    house.say("Ada", "", "declare --from S-1").await.unwrap();
    let form = |title: &'static str| {
        [("incident", "INC-1"), ("say", "update draft"), ("--title", title), ("text", "We are on it.")]
    };
    for (n, (title, shown)) in
        [("", "Problems with our service"), ("Paying fails", "Paying fails")].into_iter().enumerate()
    {
        let drafted = post(&house, "/console/say", &form(title), HTML).await;
        assert_eq!(drafted.status, StatusCode::SEE_OTHER, "{}", drafted.body);
        let incident = house.desk.incident("INC-1".parse().unwrap()).await.unwrap();
        assert_eq!(incident.posts[n].draft.title, shown);
    }
    let page = get(&house, "/console/i/INC-1").await.body;
    assert!(page.contains("name=\"--title\"") && page.contains("Problems with our service"), "{page}");
}

#[tokio::test]
async fn what_is_to_be_typed_stands_as_code_on_every_page() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    house.say("Ada", "INC-1", "note -- say `resolve <b>HOW</b>` then").await.unwrap();
    let typed = "<code>resolve &#60;b&#62;HOW&#60;/b&#62;</code>";
    for page in ["/console/i/INC-1", "/console/i/INC-1/timeline"] {
        let body = get(&house, page).await.body;
        assert!(body.contains(typed), "{page}: {body}");
    }
    let help = get(&house, "/console/help").await.body;
    assert!(help.contains("<code>help VERB</code>"), "{help}");
    let refused =
        post(&house, "/console/say", &[("incident", "INC-1"), ("text", "task done 9 x")], HTML).await;
    assert!(refused.body.contains("<code>task list</code>"), "{}", refused.body);
}

#[tokio::test]
async fn what_people_and_alerts_typed_never_acts() {
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</textarea></title></style><svg/onload=alert(1)>",
        "javascript:alert(1)",
        "{{ 7*7 }} ${7*7} <%= 7 %>",
    ];
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let all = hostile.join(" ");
    house.say("Ada", "", &format!("declare -- {}", hostile[1])).await.unwrap();
    let said = [
        format!("note -- {all}"),
        format!("set title -- {}", hostile[0]),
        format!("set summary -- {all}"),
        format!("objective add -- {all}"),
        format!("task add -- {all}"),
        format!("can db -- {all}"),
        format!("decide -- {all}"),
        "link label javascript:alert(1)".to_owned(),
        "link label https://example.org/\"onclick=\"alert(1)".to_owned(),
        format!("checkin -- {all}"),
        format!("update draft -- {all}"),
    ];
    for line in &said {
        // What is no link is refused; everything else is taken as it is.
        drop(house.say("<b onclick=alert(1)>Bo</b>", "INC-1", line).await);
        drop(house.say("Ada", "INC-1", line).await);
    }
    let mut loud = alert("<script>", "<group>", hostile[1], AlertSeverity::Critical);
    loud.description = all.clone();
    loud.links.push(Link { kind: LinkKind::Other, url: "javascript:alert(1)".into() });
    house.desk.take_alerts(vec![loud]).await.unwrap();
    house.say("Ada", "INC-1", "update approve 1").await.unwrap();
    house.say("Ada", "INC-1", "update publish 1").await.unwrap();
    house.page.refresh().await.unwrap();
    for page in PAGES.iter().copied().chain([
        "/status",
        "/console/i/INC-1/timeline?q=%3Cscript%3E%22onx%3D",
        "/console/i/%3Cscript%3E",
        "/console/help?verb=%3Cscript%3E",
    ]) {
        let got = get(&house, page).await;
        inert(page, &got.body);
    }
    let refused = post(&house, "/console/say", &[("incident", "INC-1"), ("text", &all)], HTML).await;
    inert("a refusal", &refused.body);
}

/// Reads the page tag by tag, as a browser would, and looks for anything that acts.
fn inert(page: &str, html: &str) {
    let mut rest = html;
    let mut tags = 0;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let Some(first) = rest.chars().next().filter(|c| c.is_ascii_alphabetic()) else { continue };
        let _ = first;
        tags += 1;
        // To the end of the tag; a > within quotes does not end it.
        let (mut quote, mut end) = (None, rest.len());
        for (i, c) in rest.char_indices() {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if c == open => quote = None,
                (None, '>') => {
                    end = i;
                    break;
                }
                _ => {}
            }
        }
        let tag = &rest[..end];
        let name =
            tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default().to_lowercase();
        assert!(
            !["img", "iframe", "object", "embed", "style", "base", "b onclick"].contains(&name.as_str()),
            "{page}: <{tag}>"
        );
        // The pictures of the page of alerts; an <svg> of anybody else has not their class.
        let is_picture = |class: &str| tag.starts_with(&format!("svg class=\"{class}\" viewBox="));
        assert!(name != "svg" || is_picture("picture") || is_picture("share"), "{page}: <{tag}>");
        if name == "script" {
            assert_eq!(tag, "script src=\"/console/assets/app.js\" defer", "{page}");
        }
        let mut quote = None;
        let outside: String = tag
            .chars()
            .filter(|c| match (quote, *c) {
                (None, '"' | '\'') => {
                    quote = Some(*c);
                    true
                }
                (Some(open), c) if c == open => {
                    quote = None;
                    true
                }
                (inside, _) => inside.is_none(),
            })
            .collect();
        for attribute in outside.split_whitespace().skip(1) {
            assert!(!attribute.to_lowercase().starts_with("on"), "{page}: <{tag}>");
            assert!(!attribute.to_lowercase().starts_with("style"), "{page}: <{tag}>");
        }
        assert!(!tag.to_lowercase().contains("href=\"javascript:"), "{page}: <{tag}>");
        rest = &rest[end..];
    }
    assert!(tags > 10, "{page} has only {tags} tags");
}

#[tokio::test]
async fn every_page_carries_the_headers_that_keep_it_inert() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    for page in PAGES.iter().copied().chain(["/console/nowhere", "/console/assets/app.js"]) {
        let got = get(&house, page).await;
        let policy = got.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"),
            "{page}"
        );
        assert_eq!(got.headers["x-content-type-options"], "nosniff", "{page}");
        if !page.contains("assets") {
            assert_eq!(got.headers["cache-control"], "no-store", "{page}");
            assert!(got.body.contains("<main id=\"main\"") && got.body.contains("<h1"), "{page}");
        }
    }
    assert_eq!(get(&house, "/console/i/INC-9").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&house, "/console/i/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_drill_says_so_on_top_and_at_the_bottom() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.drill().await;
    for page in ["", "/timeline", "/briefing", "/playbook"].map(|page| format!("/console/i/DRILL-1{page}")) {
        let page = page.as_str();
        let body = get(&house, page).await.body;
        assert_eq!(body.matches("<p class=\"banner\">EXERCISE EXERCISE EXERCISE</p>").count(), 2, "{page}");
    }
    assert!(!get(&house, "/console").await.body.contains("class=\"banner\""));
}

#[tokio::test]
async fn the_timeline_marks_what_is_late_corrected_and_redacted_and_can_be_filtered() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    let said = |line: &'static str| house.say("Ada", "INC-1", line);
    said("note --at 10m first call from a customer").await.unwrap();
    let wrong = said("note db7 is down").await.unwrap().seq.unwrap();
    let secret = said("note the password is hunter2").await.unwrap().seq.unwrap();
    house.say("Ada", "INC-1", &format!("correct {wrong} --reason typo db1 is down")).await.unwrap();
    house.say("Ada", "INC-1", &format!("redact {secret} a password")).await.unwrap();
    for n in 0..250 {
        house.say("Ada", "INC-1", &format!("note step {n}")).await.unwrap();
    }
    let newest = get(&house, "/console/i/INC-1/timeline").await.body;
    assert!(newest.contains("step 249") && !newest.contains(">step 1<") && newest.contains("Older entries"));
    let first = get(&house, "/console/i/INC-1/timeline?before=20").await.body;
    assert!(
        first.contains("late entry")
            && first.contains("corrected by")
            && first.contains("<del>db7 is down</del>")
    );
    assert!(first.contains("redacted: a password") && !first.contains("hunter2"));
    let found = get(&house, "/console/i/INC-1/timeline?q=CUSTOMER").await.body;
    assert!(found.contains("first call from a customer") && !found.contains("step 249"));
}

#[tokio::test]
async fn a_stream_hints_at_each_change_and_ends_when_the_house_stops() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    house.say("Ada", "", "declare Search fails").await.unwrap();
    let request = super::as_ada("/console/events?incident=INC-1").body(Body::empty()).unwrap();
    let answer = send(&house, request).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut body = answer.into_body();
    house.say("Ada", "INC-2", "note elsewhere").await.unwrap();
    let seq = house.say("Ada", "INC-1", "note here").await.unwrap().seq.unwrap();
    let frame = tokio::time::timeout(PATIENCE, body.frame()).await.unwrap().unwrap().unwrap();
    let hint = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
    assert!(hint.contains("id: 1\n") && hint.contains(&format!("\"id\":\"INC-1\",\"seq\":{seq}")), "{hint}");
    house.stop.cancel();
    let end = tokio::time::timeout(PATIENCE, body.frame()).await.unwrap();
    assert!(end.is_none(), "the stream has ended");
}

#[tokio::test]
async fn who_was_away_is_told_to_look_again() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let request = super::as_ada("/console/events").header("last-event-id", "7").body(Body::empty()).unwrap();
    let mut body = send(&house, request).await.into_body();
    let frame = body.frame().await.unwrap().unwrap();
    assert!(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap().contains("\"what\":\"reload\""));
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    let request = super::as_ada("/console/events").body(Body::empty()).unwrap();
    let mut body = send(&house, request).await.into_body();
    for n in 0..1_100 {
        house.say("Ada", "INC-1", &format!("note {n}")).await.unwrap();
    }
    let frame = body.frame().await.unwrap().unwrap();
    let hint = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
    assert!(hint.contains("\"what\":\"reload\""), "a reader who lags is told so: {hint}");
}

#[tokio::test]
async fn a_time_in_a_sentence_stands_in_the_zone_of_the_times_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    house.say("Ada", "INC-1", "task add @Bo 10m roll back").await.unwrap();
    let due = house.desk.incident("INC-1".parse().unwrap()).await.unwrap().tasks[0].due_at.unwrap();
    let told = format!("{}: roll back.", due.with_timezone(&chrono_tz::Europe::Berlin).format("%H:%M"));
    let body = get(&house, "/console/i/INC-1/timeline").await.body;
    assert!(body.contains(&told) && !body.contains(" UTC: roll back"), "{told}: {body}");
}

#[tokio::test]
async fn a_post_dropped_in_the_console_is_said_on_its_timeline() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    house.say("Ada", "INC-1", "update draft We are looking.").await.unwrap();
    let delivery = NewDelivery {
        key: "INC-1/p1".into(),
        destination: "x".into(),
        lane: "x/INC-1".into(),
        incident: "INC-1".parse().ok(),
        what: What::Post { n: 1 },
        same: None,
        at: house.desk.world.now(),
    };
    house.desk.journal.append(Append { deliveries: vec![delivery], ..Append::default() }).await.unwrap();
    assert!(get(&house, "/console/outbox").await.body.contains("public update 1</b> to <b>X</b>"));
    let form = |reason: &'static str| [("delivery", "1"), ("how", "drop"), ("reason", reason)];
    let refused = post(&house, "/console/outbox", &form(" "), HTML).await;
    assert!(refused.body.contains("no reason was given"), "{}", refused.body);
    let dropped = post(&house, "/console/outbox", &form("the account is gone"), HTML).await;
    assert_eq!(dropped.status, StatusCode::SEE_OTHER);
    let lines = house.desk.timeline("INC-1".parse().unwrap(), 1).await.unwrap();
    let last = lines.last().unwrap();
    assert_eq!(last.name, "update.delivery_failed");
    assert!(last.text.contains("dropped by Ada: the account is gone"), "{}", last.text);
}

#[tokio::test]
async fn the_page_of_alerts_says_what_and_why_what_was_changed_and_whether_they_deserve_it_and_nothing_of_it_acts()
 {
    use commandpost::alert::change::{Draft, Kind, Outcome};
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let quiet = get(&house, "/console/alerts").await.body;
    assert!(quiet.contains("Nothing fired in the last 24 hours; nothing was changed."), "{quiet}");
    assert!(quiet.contains("No alerts are waiting.") && !quiet.contains("<rect"));

    let nasty = "<script>alert(1)</script> \"onload=x";
    let mut change = Draft::new(Kind::Deploy, "1", format!("Deploy {nasty}")).sent_by("github");
    change.outcome(Outcome::Failed);
    change.service("checkout");
    change.url("javascript:alert(1)");
    change.began((house.desk.world.now() - chrono::Duration::minutes(30)).to_rfc3339());
    house.desk.take_changes(vec![change]).await.unwrap();
    let mut disk = alert("db1", "disk", &format!("Disk full {nasty}"), AlertSeverity::Warning);
    disk.labels = [("instance".to_owned(), "db1".to_owned())].into();
    let errors = alert("checkout", "errors", "5xx at the checkout", AlertSeverity::Critical);
    house.desk.take_alerts(vec![disk, errors]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    let page = get(&house, "/console/alerts").await.body;
    for part in [
        "1 critical, 1 warning; at most 2 together; 1 change.",
        "Changed before",
        "What users feel",
        "its name contains «5xx»",
        "Likely why",
        "its name contains «disk»",
        "<rect class=\"critical\"",
        "<line class=\"change\"",
        "Worth waking for?",
        "0 of 2 firings were acted on",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(
        !page.contains("<script>alert") && !page.contains("javascript:") && !page.contains("style="),
        "{page}"
    );
    house.say("Ada", "", "declare 5xx at the checkout --from S-2").await.unwrap();
    let incident = get(&house, "/console/i/INC-1").await.body;
    assert!(incident.contains("What and why") && incident.contains("min before, of checkout"), "{incident}");
}

#[tokio::test]
async fn every_page_says_which_chat_does_not_answer_since_when_and_why() {
    use commandpost::desk::absence::{Absences, Look, Standing};
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    let since = house.desk.world.now() - chrono::Duration::minutes(12);
    let door = std::sync::Arc::new(std::sync::Mutex::new(Standing {
        is_there: false,
        since: Some(since),
        why: Some("no answer <b>in time</b>".into()),
        ..Standing::default()
    }));
    let looked = door.clone();
    let look: Look = std::sync::Arc::new(move || looked.lock().unwrap().clone());
    let absences = Absences::new(house.desk.clone(), vec![("discord".into(), look)]);
    absences.look().await.unwrap();
    let time = since.with_timezone(&chrono_tz::Europe::Berlin).format("%H:%M");
    for page in PAGES {
        let body = get(&house, page).await.body;
        let told = body.split("class=\"away\"").nth(1).and_then(|rest| rest.split("</p>").next());
        let told = told.unwrap_or_default();
        assert!(told.contains("Discord has not answered since "), "{page}: {body}");
        assert!(told.contains(&format!("{time}: no answer &")) && !told.contains("<b>"), "{page}: {told}");
    }
    let timeline = house.desk.timeline("INC-1".parse().unwrap(), 1).await.unwrap();
    assert_eq!(timeline.iter().filter(|line| line.name == "chat.lost").count(), 1);
    *door.lock().unwrap() = Standing { is_there: true, ..Standing::default() };
    absences.look().await.unwrap();
    assert!(!get(&house, "/console").await.body.contains("class=\"away\""), "it is there again");
}

#[tokio::test]
async fn the_first_page_says_where_everything_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    assert!(!get(&house, "/console").await.body.contains("STOPPED"));
    house.say("Ada", "INC-1", "stop we lose writes").await.unwrap();
    assert!(get(&house, "/console").await.body.contains("<span class=\"chip sev1\">STOPPED</span>"));
}
