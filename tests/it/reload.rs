//! Settings that are read anew while the program works: what is there at once, what waits, and that a mistake changes nothing.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use serde_json::json;

use crate::support::program::{Program, alertmanager_body, fingerprints, until};

const TOKEN: &str = "canary-of-a-hook-token-01";
const PEOPLE: &str = "[[person]]\nid = \"ann\"\nname = \"Ann\"\n[[person]]\nid = \"bo\"\nname = \"Bo\"\n";

fn roster(name: &str, who: &str) -> String {
    format!(
        "[[roster]]\nname = \"{name}\"\n[[roster.rotation]]\npeople = [\"{who}\"]\nstart = \"2026-01-05\"\n"
    )
}

/// Has the settings read anew by the command line: whether it was done, and what it told.
fn reload(post: &Program) -> (bool, String) {
    let done = post.run(&["reload"]);
    let told = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(told).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_playbook_that_is_changed_or_new_is_offered_and_one_with_a_mistake_leaves_the_old_one() {
    let mut post = Program::new("");
    let folder = post.home().join("playbooks");
    fs::create_dir(&folder).unwrap();
    let write = |id: &str, text: &str| {
        let step = format!(
            "schema: playbook/1\nid: {id}\ntitle: {id}\nsteps:\n  - {{ id: P1, role: ic, text: {text} }}\n"
        );
        fs::write(folder.join(format!("{id}.yaml")), step).unwrap();
    };
    write("down", "Look");
    post.start().await;
    let first = post.declare("ada", "checkout is down").await;
    post.do_say("ada", &first, "playbook begin down").await;

    write("down", "Look twice");
    write("fire", "Run");
    assert_eq!(reload(&post), (true, "In force now:\nplaybooks: down changed, fire added\n".to_owned()));
    let second = post.declare("ada", "search is down").await;
    post.do_say("ada", &second, "playbook begin down").await;
    post.do_say("ada", &second, "playbook begin fire").await;
    assert!(post.do_say("ada", &second, "playbook").await.contains("Look twice"));
    // What runs goes on as it was begun.
    let running = post.do_say("ada", &first, "playbook").await;
    assert!(running.contains("Look.") && !running.contains("twice"), "{running}");

    fs::write(folder.join("down.yaml"), "schema: playbook/1\nid: down\ntitle: down\nsteps: []\n").unwrap();
    let (is_done, told) = reload(&post);
    assert!(!is_done && told.contains("down.yaml:4:8: the playbook has 0 steps."), "{told}");
    assert!(told.contains("The one from before stays in force."), "{told}");
    assert!(post.log().contains("The one from before stays in force."), "{}", post.log());
    let third = post.declare("ada", "pages are down").await;
    post.do_say("ada", &third, "playbook begin down").await;
    assert!(post.do_say("ada", &third, "playbook").await.contains("Look twice"));
    // The same by the signal.
    fs::remove_file(folder.join("fire.yaml")).unwrap();
    write("down", "Look three times");
    post.signal("HUP");
    until(20, "it is offered no more", || async {
        !post.do_say("ada", &third, "playbook list").await.contains("fire")
    })
    .await;
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hooks_heartbeats_and_rosters_come_change_and_go_without_a_restart_and_without_a_lost_request() {
    let mut post = Program::new("");
    let token = post.secret("token", TOKEN);
    let hook = format!("[hooks.shop]\nsender = \"pingdom\"\ntoken_file = \"{token}\"\n");
    let beat = "[[heartbeat]]\nname = \"backup\"\nevery = \"1d\"\n";
    post.configure(PEOPLE);
    post.start().await;
    assert_eq!(post.get("/hooks/heartbeat/backup").await.status, 404);
    assert_eq!(post.post("/hooks/shop", &json!({})).await.status, 404);

    // Somebody posts all the while.
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let posting = {
        let (stop, sent, client, url) =
            (stop.clone(), sent.clone(), post.client.clone(), post.url("/hooks/alertmanager"));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let n = sent.fetch_add(1, Ordering::Relaxed);
                let body = alertmanager_body("Busy", &[(format!("b{n}"), true)]);
                let answer = client.post(&url).json(&body).send().await.unwrap();
                assert_eq!(answer.status().as_u16(), 200);
            }
        })
    };
    post.configure(&format!("{PEOPLE}{hook}{beat}{}", roster("web", "ann")));
    let (is_done, told) = reload(&post);
    assert!(is_done, "{told}");
    assert_eq!(told, "In force now:\nheartbeat: backup added\nhooks: shop added\nroster: web added\n");
    assert_eq!(post.get("/hooks/heartbeat/backup").await.status, 200);
    assert_eq!(post.post("/hooks/shop", &json!({})).await.status, 401);
    let down = json!({"check_id": 7, "check_name": "Shop", "current_state": "DOWN"});
    assert_eq!(post.post(&format!("/hooks/shop/{TOKEN}"), &down).await.status, 200);
    assert_eq!(post.document("/api/v1/oncall?roster=web").await["on_call"][0]["person"]["id"], "ann");
    assert!(String::from_utf8(post.run(&["heartbeats"]).stdout).unwrap().contains("backup"));

    // A mistake anywhere changes nothing anywhere.
    let wrong = roster("web", "bo").replace("2026-01-05", "soon");
    post.configure(&format!("{PEOPLE}[hooks.other]\nsender = \"pingdom\"\n{wrong}"));
    let refused = post.post("/api/v1/reload", &json!({})).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.why().contains("commandpost.toml:13:9"), "{}", refused.text);
    assert!(post.log().contains("were not read anew"), "{}", post.log());
    assert_eq!(post.post("/hooks/other", &down).await.status, 404);
    assert_eq!(post.get("/hooks/heartbeat/backup").await.status, 200);
    assert_eq!(post.document("/api/v1/oncall?roster=web").await["on_call"][0]["person"]["id"], "ann");

    // Another person, another roster, no heartbeat; and what only a start takes over is named.
    let eve = "[[person]]\nid = \"eve\"\nname = \"Eve\"\ndiscord = \"100000000000000001\"\n";
    let title = "[organization]\nname = \"Zebra\"\n";
    post.configure(&format!("{title}{PEOPLE}{eve}{hook}{}{}", roster("web", "bo"), roster("db", "eve")));
    let (is_done, told) = reload(&post);
    assert!(is_done, "{told}");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines,
        [
            "In force now:",
            "heartbeat: backup removed",
            "person: eve added",
            "roster: db added, web changed",
            "From the next start on:",
            "organization: name changed",
            "person: eve changed",
        ]
    );
    assert!(post.log().contains("organization: name changed"), "{}", post.log());
    assert_eq!(post.get("/hooks/heartbeat/backup").await.status, 404);
    let on_call = post.document("/api/v1/oncall").await;
    let who: Vec<&str> = on_call["on_call"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["person"]["id"].as_str())
        .collect();
    assert_eq!(who, ["bo", "eve"]);
    let metrics = post.get("/metrics").await.text;
    assert!(!metrics.contains("heartbeat=\"backup\""), "{metrics}");
    let page =
        post.client.get(post.url("/console")).header("Cookie", "commandpost_name=ada").send().await.unwrap();
    assert!(!page.text().await.unwrap().contains("Zebra"), "from the next start on");
    // What fits only with something that waits for a start is refused, and nothing else is taken over with it.
    let paged = PEOPLE.replacen("name = \"Ann\"\n", "name = \"Ann\"\npage = [\"phone:ann-topic\"]\n", 1);
    post.configure(&format!("{paged}[pagers.phone]\nkind = \"ntfy\"\n{hook}{beat}"));
    let refused = post.post("/api/v1/reload", &json!({})).await;
    assert!(
        refused.status == 422
            && refused.why().contains("they fit only after a start")
            && refused.why().contains("there is no pager `phone`"),
        "{}",
        refused.text
    );
    assert_eq!(post.get("/hooks/heartbeat/backup").await.status, 404);
    // A hook that is gone is gone.
    post.configure(PEOPLE);
    assert!(reload(&post).0);
    assert_eq!(post.post(&format!("/hooks/shop/{TOKEN}"), &down).await.status, 404);

    stop.store(true, Ordering::Relaxed);
    posting.await.unwrap();
    assert!(post.stop().success());
    let taken = fingerprints(&post.database()).await;
    let count = taken.iter().filter(|one| one.starts_with('b')).count() as u64;
    assert_eq!(count, sent.load(Ordering::Relaxed), "every one that was sent");
    assert!(!post.log().contains("canary"), "{}", post.log());
    assert!(!reload(&post).0, "no server runs");
}
