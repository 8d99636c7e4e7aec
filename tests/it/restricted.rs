//! A restricted incident leaks nothing: every route is asked by somebody who is not in it, and its words are in no answer.

mod changes;
mod chats;
mod redacted;

use chrono::Duration;
use commandpost::{
    alert::Alert,
    card,
    desk::{Along, Caller, Settings, words},
    incident::{
        command::{Command, Declare, SituationFacts},
        kind::Kind,
        refusal::Because,
    },
    journal::rows::SituationFilter,
};
use serde_json::{Value, json};

use crate::{
    route_roles::routes,
    support::{
        house::{House, alert, caller, declare, person},
        program::{Program, free_port, until},
    },
};

const WORD: &str = "zanzibar";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_tells_an_outsider_that_it_is_there() {
    let mut post = Program::new("");
    let tokens = [
        ("in", "canary-insider-token-1"),
        ("out", "canary-outsider-token-2"),
        ("root", "canary-admin-token-33"),
    ];
    let mut config = String::from(
        "[[person]]\nid = \"ada\"\nname = \"Ada\"\n[[person]]\nid = \"bob\"\nname = \"Bob\"\n[[person]]\nid = \"zoe\"\nname = \"Zoe\"\n",
    );
    for ((name, token), person) in tokens.into_iter().zip(["ada", "bob", "zoe"]) {
        let file = post.secret(name, token);
        config += &format!(
            "[[auth.token]]\nname = \"{name}\"\nperson = \"{person}\"\ntoken_file = \"{file}\"\nadmin = {}\n",
            name == "root"
        );
    }
    post.configure(&config);
    post.start().await;
    let ask = async |who: usize, method: &str, path: &str, body: Option<&Value>, form: Option<&str>| {
        let mut request =
            post.client.request(method.parse().unwrap(), post.url(path)).bearer_auth(tokens[who].1);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(form) = form {
            request =
                request.header("Content-Type", "application/x-www-form-urlencoded").body(form.to_owned());
        }
        let response = request.send().await.unwrap();
        let is_stream = response
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes() == b"text/event-stream");
        let (status, location) =
            (response.status().as_u16(), format!("{:?}", response.headers().get("location")));
        (status, if is_stream { location } else { location + &response.text().await.unwrap() })
    };
    let new = json!({ "title": format!("leak of {WORD}"), "severity": "sev1", "restricted": true });
    assert_eq!(ask(0, "POST", "/api/v1/incidents", Some(&new), None).await.0, 201);
    let say = |text: &str| json!({ "text": text });
    for line in [
        format!("note {WORD} is gone"),
        format!("task add look for {WORD}"),
        format!("update draft {WORD}"),
        format!("can {WORD} down"),
    ] {
        let (status, told) =
            ask(0, "POST", "/api/v1/incidents/INC-1/commands", Some(&say(&line)), None).await;
        assert_eq!(status, 200, "{told}");
    }
    let openapi: Value =
        serde_json::from_str(&ask(1, "GET", "/api/v1/openapi.json", None, None).await.1[4..]).unwrap();
    for outsider in [1, 2] {
        for (method, path, body, form) in routes(&openapi) {
            if path.contains("drills")
                || path == "/api/v1/incidents" && method == "POST"
                || path.contains("log")
            {
                continue;
            }
            let (status, told) = ask(outsider, &method, &path, body.as_ref(), form).await;
            assert!(!told.contains(WORD), "{method} {path}: {told}");
            if path.contains("INC-1") {
                assert_eq!(status, 404, "{method} {path}: {told}");
            }
            // Nor that there is one: what is asked for by its number is answered as one that never was.
            if !path.contains("INC-1") && form.is_none() && path != "/api/v1/openapi.json" {
                let named = if path.starts_with("/api") { "\"INC-1\"" } else { "/i/INC-1" };
                assert!(!told.contains(named), "{method} {path}: {told}");
            }
        }
        for line in [
            "list --all",
            "status",
            "INC-1 status",
            "INC-1 tasks",
            "INC-1 updates",
            "INC-1 note hi",
            "INC-1 break glass",
        ] {
            let (status, told) = ask(outsider, "POST", "/api/v1/commands", Some(&say(line)), None).await;
            assert!(!told.contains(WORD), "{line}: {told}");
            assert_eq!(status == 200, line.starts_with("list"), "{line}: {told}");
        }
        let (_, absent) = ask(outsider, "GET", "/api/v1/incidents/INC-999", None, None).await;
        let (_, hidden) = ask(outsider, "GET", "/api/v1/incidents/INC-1", None, None).await;
        assert_eq!(absent.replace("INC-999", "INC-1"), hidden);
    }
    assert!(ask(0, "GET", "/console", None, None).await.1.contains(WORD));
    let (_, metrics) = ask(1, "GET", "/metrics", None, None).await;
    assert!(metrics.contains("commandpost_incidents_open 0\n"), "{metrics}");

    let glass = say("INC-1 break glass nobody answers");
    assert_eq!(ask(1, "POST", "/api/v1/commands", Some(&glass), None).await.0, 404);
    assert_eq!(ask(2, "POST", "/api/v1/commands", Some(&glass), None).await.0, 200);
    assert!(ask(2, "GET", "/console/i/INC-1", None, None).await.1.contains(WORD));
    let (_, timeline) = ask(0, "GET", "/api/v1/incidents/INC-1/timeline", None, None).await;
    assert!(timeline.contains("Break-glass") && timeline.contains("nobody answers"), "{timeline}");
    post.stop();
}

#[tokio::test]
async fn what_is_said_of_it_is_marked_for_those_alone_who_see_it() {
    let house = House::open(Settings { chats: vec!["chat".into()], ..Settings::default() }).await;
    let id = house.declared(Kind::Real).await;
    let words = house.desk.settings().policy.words;
    let card = async || card::incident(&house.desk.incident(id).await.unwrap(), words);
    assert!(!card().await.is_private);
    house.say("Ada", id, Command::Restrict { reason: "a customer".into() }).await;
    assert!(card().await.is_private);
    let cover = card::cover(&house.desk.incident(id).await.unwrap());
    assert_eq!((cover.title.as_str(), cover.is_private), ("INC-1 is restricted", false));
    assert!(cover.fields.is_empty() && cover.buttons.is_empty());
    house.say("Ada", id, Command::OpenUp { reason: String::new() }).await;
    assert!(!card().await.is_private);
}

#[tokio::test]
async fn alerts_that_restricted_planned_work_expects_say_neither_its_number_nor_its_title() {
    let house = House::open(Settings { chats: vec!["chat".into()], ..Settings::default() }).await;
    let planned = format!("maintenance schedule \"{WORD}\" from 12:30 to 15:00 service db");
    let planned = words::Words::Text(planned);
    house.desk.say(caller("Ada"), None, planned, None, &words::by_name()).await.unwrap();
    let id = "MAINT-1".parse().unwrap();
    house.say("Ada", id, Command::Restrict { reason: "a customer".into() }).await;
    house.world.later(Duration::minutes(31));
    house.desk.fire_due_timers().await.unwrap();
    let expected = Alert { labels: [("service".to_owned(), "db".to_owned())].into(), ..alert("db", "db1") };
    house.desk.take_alerts(vec![expected]).await.unwrap();
    while house.desk.follow_once().await.unwrap() > 0 {}
    let row = house.journal.situations(SituationFilter::One(1)).await.unwrap().remove(0);
    let shown = format!("{:?}", house.desk.situation_card(&row).await.unwrap().fields);
    assert!(
        shown.contains("within the maintenance window «planned work», until 2026-01-02 15:00 UTC"),
        "{shown}"
    );
    assert!(!shown.contains("MAINT") && !shown.contains(WORD), "{shown}");
    // Made an incident, it says no more on its timeline.
    let declare = Declare {
        situation: Some(SituationFacts { id: row.id, ..SituationFacts::default() }),
        ..declare("The database is slow", Kind::Real)
    };
    let declared = house.desk.declare(caller("Bo"), declare, Along::default()).await.unwrap();
    let told = house.texts(declared.incident.unwrap()).await.join("\n");
    assert!(told.contains("«planned work»") && !told.contains("MAINT") && !told.contains(WORD), "{told}");
}

#[tokio::test]
async fn a_list_of_maintenance_that_others_read_along_names_no_restricted_work() {
    let house = House::open(Settings::default()).await;
    let say = async |caller: Caller, line: &str| {
        let words = words::Words::Text(line.to_owned());
        house.desk.say(caller, None, words, None, &words::by_name()).await.unwrap().text
    };
    say(caller("Ada"), &format!("maintenance schedule \"{WORD}\" from 12:30 to 15:00 service db")).await;
    let id = "MAINT-1".parse().unwrap();
    house.say("Ada", id, Command::Restrict { reason: String::new() }).await;
    assert!(say(caller("Ada"), "maintenance list").await.contains(WORD));
    for who in [caller("Bo"), caller("Ada").overheard()] {
        assert_eq!(say(who, "maintenance list").await, "No maintenance is planned.");
    }
    let among = caller("Ada").overheard().among(Some(id));
    assert!(say(among, "maintenance list").await.contains(WORD));
}

#[tokio::test]
async fn in_a_room_where_others_read_along_nothing_of_it_is_answered() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    house.say("Ada", id, Command::Restrict { reason: String::new() }).await;
    let say = async |caller: Caller, line: &str| {
        house.desk.say(caller, None, words::Words::Text(line.into()), None, &words::by_name()).await
    };
    assert!(say(caller("Ada"), "list").await.unwrap().text.contains("(restricted)"));
    assert!(say(caller("Ada"), "status").await.is_ok());
    assert!(!say(caller("Ada").overheard(), "list").await.unwrap().text.contains("INC-1"));
    assert_eq!(say(caller("Ada").overheard(), "status").await.unwrap_err().because, Because::NotFound);
    let refusal = say(caller("Ada").overheard(), "INC-1 status").await.unwrap_err();
    assert!(refusal.why.contains("read by everybody in this room"), "{refusal}");
    let refusal = say(caller("Bo").overheard(), "INC-1 status").await.unwrap_err();
    assert_eq!(refusal.why, "There is no INC-1.");
    // In its own private place only those read along who may.
    let among = || caller("Ada").overheard().among(Some(id));
    assert!(say(among(), "status").await.is_ok());
    assert!(say(among(), "list").await.unwrap().text.contains("INC-1"));
    assert!(say(caller("Ada").overheard().among("INC-9".parse().ok()), "INC-1 status").await.is_err());
    // A projection made anew hides it as well.
    house.journal.rebuild().await.unwrap();
    assert!(
        house
            .desk
            .seen_by(&person("Bo"))
            .list(commandpost::journal::rows::IncidentFilter::all(9))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_lists_the_outbox_without_a_name_is_not_told_that_all_has_been_said() {
    let mut post = Program::new("");
    let (bot, signing) = (post.secret("bot", "xoxb-canary"), post.secret("signing", "canary-signing-0123"));
    // Nobody listens there: what is to be said waits.
    post.configure(&format!(
        "[[person]]\nid = \"ada\"\nname = \"Ada\"\nslack = \"U0ADA0001\"\n\
         [slack]\nbase_url = \"http://127.0.0.1:{}\"\nbot_token_file = \"{bot}\"\n\
         signing_secret_file = \"{signing}\"\nchannel = \"C0123456789\"\n",
        free_port()
    ));
    post.start().await;
    let new = json!({ "title": format!("leak of {WORD}"), "restricted": true });
    let declared = post.client.post(post.url("/api/v1/incidents")).header("X-Commandpost-Person", "ada");
    assert_eq!(declared.json(&new).send().await.unwrap().status().as_u16(), 201);
    let told = |args: &[&str]| String::from_utf8_lossy(&post.run(args).stdout).into_owned();
    until(60, "what waits, for Ada", || async { told(&["outbox", "--as", "ada"]).contains("INC-1") }).await;
    let nameless = told(&["outbox"]);
    assert!(nameless.contains("everybody may see") && nameless.contains("--as NAME"), "{nameless}");
    let other = told(&["outbox", "--as", "bo"]);
    assert!(other.contains("Nothing waits that you may see"), "{other}");
    for shown in [nameless, other] {
        assert!(!shown.contains("everything") && !shown.contains("INC-1"), "{shown}");
    }
    assert!(post.stop().success());
    // On the data directory itself everything is listed, whoever asks.
    let all = String::from_utf8_lossy(&post.run(&["outbox"]).stdout).into_owned();
    assert!(all.contains("INC-1"), "{all}");
}
