//! Lists of alerts, and what is done about them by buttons: nothing falls out of a list without a word.

use axum::http::{StatusCode, header};
use chrono::Duration;
use commandpost::{
    alert::{Alert, AlertSeverity, Status},
    desk::clock::{System, World},
    journal::{Append, Mark},
    people::Person,
};
use serde_json::Value;

use super::{
    get,
    house::{House, alert},
    post,
};
use crate::support::program::{Program, alertmanager_body, until};

const HTML: &str = "text/html";

/// One of a group of its own.
fn lone(n: usize, severity: AlertSeverity) -> Alert {
    alert(&format!("a{n}"), &format!("g{n}"), &format!("Alert {n}"), severity)
}

/// The parts of the page: what nobody has taken up, what somebody has, what incidents have, and the rest.
fn parts(page: &str) -> [&str; 4] {
    let (free, rest) = page.split_once("<h2 id=\"held\">").unwrap();
    let (held, rest) = rest.split_once("<h2 id=\"taken\">").unwrap();
    let (taken, rest) = rest.split_once("<h2 id=\"changes\">").unwrap();
    [free, held, taken, rest]
}

#[tokio::test]
async fn alerts_are_acknowledged_and_silenced_by_buttons_and_stand_after_what_nobody_has_taken_up() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut all: Vec<Alert> = (1..=3).map(|n| lone(n, AlertSeverity::Critical)).collect();
    all.push(lone(4, AlertSeverity::Warning));
    house.desk.take_alerts(all).await.unwrap();
    let press = async |say: &str, length: &str, text: &str| {
        let form = [("page", "alerts"), ("say", say), ("say", length), ("text", text), ("once", say)];
        post(&house, "/console/say", &form, HTML).await
    };
    let page = get(&house, "/console/alerts").await.body;
    for says in ["alert ack S-1", "alert silence S-2"] {
        assert!(page.contains(&format!("name=\"say\" value=\"{says}\"")), "{says}: {page}");
    }
    for (say, length, text) in
        [("alert ack S-1", "", ""), ("alert silence S-2", "1h", "the disk is being replaced")]
    {
        for _ in 0..2 {
            let done = press(say, length, text).await;
            let led = done.headers.get(header::LOCATION).and_then(|to| to.to_str().ok());
            assert_eq!((done.status, led), (StatusCode::SEE_OTHER, Some("/console/alerts")), "{}", done.body);
        }
    }
    let recorded = Mark::SituationDecided { id: 3, how: "record".into(), verdict: None };
    house.desk.journal.append(Append { marks: vec![recorded], ..Append::default() }).await.unwrap();

    let page = get(&house, "/console/alerts").await.body;
    let [free, held, ..] = parts(&page);
    for n in 1..=4 {
        let card = format!("id=\"S-{n}\"");
        assert_eq!((free.contains(&card), held.contains(&card)), (n == 4, n != 4), "S-{n}: {page}");
    }
    for words in ["acknowledged by Ada", "silenced until ", "recorded, nobody is told"] {
        assert!(held.contains(words), "{words}: {held}");
    }
    assert!(!held.contains("value=\"alert ack S-1\"") && held.contains("value=\"alert ack S-2\""), "{held}");
    assert!(!held.contains("value=\"alert silence S-2\""), "{held}");
    assert!(held.contains("value=\"alert unsilence S-2\""), "{held}");
    let listed = house.say("Bo", "", "alerts").await.unwrap().text;
    assert!(listed.starts_with("S-4 "), "the worst of what nobody has: {listed}");

    let refused = press("alert ack S-9", "", "").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(refused.body.contains("Not done.") && refused.body.contains("<h1>Alerts</h1>"));
}

#[tokio::test]
async fn of_many_open_alerts_the_worst_come_first_and_those_that_are_left_out_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.desk.take_alerts(vec![lone(1, AlertSeverity::Critical)]).await.unwrap();
    house.desk.take_alerts((2..=131).map(|n| lone(n, AlertSeverity::Warning)).collect()).await.unwrap();
    house.say("Ada", "", "declare Old trouble --from S-2").await.unwrap();

    let listed = house.say("Ada", "", "alerts").await.unwrap().text;
    assert!(listed.starts_with("S-1 ") && listed.contains("\n… and 105 more: "), "{listed}");
    let home = get(&house, "/console").await.body;
    assert!(home.contains("id=\"S-1\"") && home.contains(">… and 110 more</a>"), "{home}");
    let page = get(&house, "/console/alerts").await.body;
    let [free, held, taken, _] = parts(&page);
    let (worst, next) = (free.find("id=\"S-1\"").unwrap(), free.find("id=\"S-131\"").unwrap());
    assert!(worst < next && !free.contains("id=\"S-31\""), "{free}");
    assert!(held.contains("href=\"/console/alerts?from=100\">… and 30 more</a>"), "{held}");
    assert!(taken.contains("Old trouble") && taken.contains("id=\"S-2\""), "of an incident: {taken}");
    let page = get(&house, "/console/alerts?from=100").await.body;
    let [free, held, ..] = parts(&page);
    assert!(free.contains("id=\"S-32\"") && free.contains("id=\"S-3\""), "{free}");
    assert!(!free.contains("id=\"S-33\"") && !held.contains("more</a>"), "{free}");
    assert!(free.contains("Those before these"), "{free}");
}

#[tokio::test]
async fn an_alert_that_flaps_is_named_so_in_the_list_in_its_explanation_and_on_the_pages() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let begun = house.desk.world.now() - Duration::minutes(5);
    let fires = |n: i64| Alert {
        starts_at: Some(begun + Duration::seconds(5 * n)),
        ..lone(1, AlertSeverity::Critical)
    };
    for n in 0..4 {
        let ends_at = Some(begun + Duration::seconds(5 * n + 2));
        let clears = Alert { status: Status::Resolved, ends_at, ..fires(n) };
        house.desk.take_alerts(vec![fires(n), clears]).await.unwrap();
    }
    house.desk.take_alerts(vec![fires(4)]).await.unwrap();

    let listed = house.say("Bo", "", "alerts").await.unwrap().text;
    assert!(listed.starts_with("S-1 Alert 1 (5 times) – critical, 1 firing of 5, "), "{listed}");
    assert!(listed.contains("from alertmanager; flapping (cleared 4 times in 1 min)\n"), "{listed}");
    let why = house.desk.explain(1, &Person::named("Bo").unwrap()).await.unwrap().to_string();
    assert!(why.contains("\nIt is flapping (cleared 4 times in 1 min)\n"), "{why}");
    let shown = "<span class=\"chip warn\">flapping</span> cleared 4 times in 1 min";
    for path in ["/console", "/console/alerts"] {
        let page = get(&house, path).await.body;
        assert!(page.contains(shown), "{page}");
    }
    house.say("Ada", "", "declare It comes and goes --from S-1").await.unwrap();
    let listed = house.say("Ada", "", "alerts").await.unwrap().text;
    assert!(listed.contains("; flapping (cleared 4 times in 1 min); belongs to INC-1, "), "{listed}");
}

/// The same alert as Alertmanager tells that it has fired and cleared, so many seconds ago.
fn cleared_before(alert: &Value, seconds: i64) -> Value {
    let ago = |seconds| (System.now() - Duration::seconds(seconds)).to_rfc3339();
    let mut told = alert.clone();
    told["status"] = "resolved".into();
    told["startsAt"] = ago(seconds + 30).into();
    told["endsAt"] = ago(seconds).into();
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_read_all_situations_page_by_page_and_the_worst_first() {
    let mut post = Program::new("");
    post.start().await;
    for n in 0..204 {
        let mut body = alertmanager_body(&format!("Group{n}"), &[(format!("db{n}"), true)]);
        if n > 0 {
            body["alerts"][0]["labels"]["severity"] = "warning".into();
        } else {
            let before = (1..=3).map(|n| cleared_before(&body["alerts"][0], 60 * n)).collect::<Vec<_>>();
            body["alerts"].as_array_mut().unwrap().extend(before);
        }
        assert_eq!(post.post("/hooks/alertmanager", &body).await.status, 200);
    }
    let path = "/api/v1/situations";
    let rest = format!("{path}?from=200");
    until(30, "all of them", || async {
        post.document(&rest).await["situations"].as_array().is_some_and(|all| all.len() == 4)
    })
    .await;
    let first = post.document(path).await;
    let all = first["situations"].as_array().unwrap();
    assert_eq!((all.len(), &first["next"]), (200, &200.into()));
    assert_eq!(all[0]["situation"]["severity"], "critical", "the oldest, and the worst");
    assert_eq!((&all[0]["flapping"]["times"], all[1]["flapping"].is_null()), (&3.into(), true));
    let last = post.document(&rest).await;
    assert!(last["next"].is_null(), "{last}");
    let mut ids: Vec<i64> = all
        .iter()
        .chain(last["situations"].as_array().unwrap())
        .filter_map(|one| one["id"].as_i64())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 204, "each once");
    assert_eq!(post.get(&format!("{path}?from=10001")).await.status, 422);
    assert!(post.stop().success());
}

#[tokio::test]
async fn alerts_of_one_title_are_told_apart_on_their_card_by_where_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let of = |n: usize, host: &str| {
        let mut one = alert(&format!("a{n}"), "cpu", "CpuHigh", AlertSeverity::Warning);
        one.labels.insert("host".into(), host.into());
        one
    };
    let all = ["h1", "h2", "<b>h3</b>"].into_iter().enumerate().map(|(n, host)| of(n, host)).collect();
    house.desk.take_alerts(all).await.unwrap();
    for path in ["/console", "/console/alerts"] {
        let page = get(&house, path).await.body;
        for host in ["h1", "h2", "&#60;b&#62;h3&#60;/b&#62;"] {
            assert!(page.contains(&format!("host <b>{host}</b>")), "{path} {host}: {page}");
        }
        assert!(!page.contains("service <b>"), "what is the same of all tells nothing");
    }
}

#[tokio::test]
async fn the_page_of_alerts_begins_with_links_to_all_that_stands_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let one = lone(1, AlertSeverity::Critical);
    house.desk.take_alerts(vec![one.clone()]).await.unwrap();
    let page = get(&house, "/console/alerts").await.body;
    let (top, below) = page.split_once("</nav>\n<div id=\"answer\"").unwrap();
    for part in ["free", "held", "taken", "changes", "deserve", "over"] {
        assert!(top.contains(&format!("href=\"#{part}\"")), "{part}: {top}");
        assert!(below.contains(&format!("<h2 id=\"{part}\">")), "{part}: {below}");
    }
    let over = Alert { status: Status::Resolved, ends_at: Some(house.desk.world.now()), ..one };
    house.desk.take_alerts(vec![over]).await.unwrap();
    let page = get(&house, "/console/alerts").await.body;
    assert!(page.contains("<summary>1 situation</summary>"), "{page}");
}

#[tokio::test]
async fn who_is_called_stands_on_the_incident_with_a_press_that_answers() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "declare Checkout fails").await.unwrap();
    let quiet = get(&house, "/console/i/INC-1").await.body;
    assert!(!quiet.contains("being called, and") && !quiet.contains("value=\"pager ack\""), "{quiet}");
    house.say("Ada", "INC-1", "page @Bo the replicas are gone").await.unwrap();
    let page = get(&house, "/console/i/INC-1").await.body;
    for part in ["Bo is being called, and nobody has answered yet.", "I have it", "value=\"pager ack\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let form = [("incident", "INC-1"), ("say", "pager ack"), ("once", "k")];
    assert_eq!(post(&house, "/console/say", &form, HTML).await.status, StatusCode::SEE_OTHER);
    let page = get(&house, "/console/i/INC-1").await.body;
    assert!(!page.contains("being called, and") && !page.contains("value=\"pager ack\""), "{page}");
}

#[tokio::test]
async fn a_phase_is_told_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    house.say("Ada", "", "maintenance schedule \"db upgrade\" for 2h").await.unwrap();
    // It may have begun by itself.
    drop(house.say("Ada", "MAINT-1", "maintenance start").await);
    let home = get(&house, "/console").await.body;
    assert!(home.contains("MAINT-1 · in progress ·"), "{home}");
    let page = get(&house, "/console/i/MAINT-1").await.body;
    assert!(page.contains("<dt>Phase</dt><dd>in progress</dd>"), "{page}");
}

/// Relative luminance of `#abc` or `#aabbcc`, as WCAG 2 defines it.
fn luminance(colour: &str) -> f64 {
    let digits: Vec<u32> = colour.trim_start_matches('#').chars().map(|c| c.to_digit(16).unwrap()).collect();
    let parts: Vec<u32> = match digits.as_slice() {
        [r, g, b] => vec![r * 17, g * 17, b * 17],
        all => all.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect(),
    };
    let linear = |part: u32| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(parts[0]) + 0.7152 * linear(parts[1]) + 0.0722 * linear(parts[2])
}

#[test]
fn panels_that_come_and_go_one_below_the_other_stand_apart() {
    let page = include_str!("../../../templates/console/incident.html");
    let of = |name: &str| page.find(&format!("<div data-live id=\"live-{name}\">")).unwrap();
    let between = &page[of("playbooks")..of("hazards")];
    assert_eq!(between.matches("<section").count(), 1, "they are neighbours, each with a panel in it");
    let style = include_str!("../../../src/http/assets/console.css");
    let rule = style.lines().find(|line| line.starts_with(".card + .card, .panel + .panel,")).unwrap();
    assert!(rule.contains("div[data-live] + div[data-live] > .panel,"), "{rule}");
    assert!(rule.contains("margin-top"), "{rule}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_that_is_none_is_refused_with_what_to_write() {
    let mut post = Program::new("");
    post.start().await;
    for (path, why) in [
        ("/api/v1/oncall?at=", "`at` is «», which is no time."),
        ("/api/v1/oncall?at=tomorrow", "`at` is «tomorrow», which is no time."),
        ("/api/v1/changes?since=12", "`since` is «12», which is no time."),
    ] {
        let got = post.get(path).await;
        assert_eq!(got.status, 422, "{path}: {}", got.text);
        assert!(got.text.contains(why), "{path}: {}", got.text);
        assert!(got.text.contains("=2026-11-20T09:12:00Z."), "{path}: {}", got.text);
    }
    assert!(post.stop().success());
}

#[test]
fn the_button_behind_the_link_of_a_page_can_be_read_by_everybody() {
    let page = include_str!("../../../templates/acknowledge.html");
    let rules: Vec<&str> = page.lines().filter(|line| line.contains("button {")).collect();
    assert!(!rules.is_empty());
    for rule in rules {
        let colour = |name: &str| {
            let (_, value) = rule.split_once(name).unwrap();
            luminance(value.split(';').next().unwrap().trim())
        };
        let (words, ground) = (colour(" color:"), colour(" background:"));
        let contrast = (words.max(ground) + 0.05) / (words.min(ground) + 0.05);
        assert!(contrast >= 4.5, "{contrast:.1}: {rule}");
    }
}
