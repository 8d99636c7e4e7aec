//! A full disk, a read-only disk, a lock, a changed byte, a backup: what is on disk stays true, and the program says
//! what is the matter.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use chrono::Utc;
use commandpost::model::x::{Account, XModel};
use serde_json::json;
use sqlx::{ConnectOptions, Row, ValueRef, sqlite::SqliteConnectOptions};

use crate::support::program::{Program, Said, alertmanager_body, free_port, look_into, until};

/// A small file system of its own; unmounted when dropped.
struct SmallDisk {
    dir: PathBuf,
}

impl SmallDisk {
    /// `None`, with a line, where mounting is not allowed.
    fn mount(test: &str, dir: &Path, mib: u32) -> Option<SmallDisk> {
        std::fs::create_dir_all(dir).unwrap();
        let size = format!("size={mib}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir).output();
        if mounted.is_ok_and(|done| done.status.success()) {
            return Some(SmallDisk { dir: dir.to_owned() });
        }
        println!("SKIPPED: {test}: a tmpfs cannot be mounted here (run as root)");
        None
    }
    fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        let done = Command::new("mount").args(["-o", &options]).arg(&self.dir).status();
        assert!(done.unwrap().success(), "remount {how}");
    }
    /// Takes all the space that is left.
    fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.dir.join("filler")).unwrap();
        for size in [65_536, 4_096] {
            while file.write_all(&vec![7; size]).is_ok() {}
        }
    }
    fn empty(&self) {
        std::fs::remove_file(self.dir.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.dir).status());
    }
}

fn is_unavailable(said: &Said) {
    assert_eq!(said.status, 503, "{}", said.text);
    assert!(said.headers.contains_key("retry-after"), "{:?}", said.headers);
    assert!(said.why().contains("Nothing was written"), "{}", said.text);
}

/// The notes of a timeline that begin with `line `, by their number.
async fn lines(post: &Program, incident: &str) -> Vec<u32> {
    let entries = post.timeline(incident, 1).await;
    let mut found: Vec<u32> = entries
        .iter()
        .filter_map(|entry| entry["text"].as_str()?.split("line ").nth(1)?.split(' ').next()?.parse().ok())
        .collect();
    found.sort_unstable();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_with_503_and_writes_go_on_without_a_restart_once_there_is_space() {
    let mut post = Program::new("");
    let Some(disk) = SmallDisk::mount("a full disk", &post.data, 6) else { return };
    post.start().await;
    let pid = post.pid();
    let incident = post.declare("ada", "the disk fills").await;
    let long = "x".repeat(3_000);
    let mut acked = Vec::new();
    for n in 0..20 {
        post.do_say("ada", &incident, &format!("note line {n} {long}")).await;
        acked.push(n);
    }
    let hook = |n: u32| alertmanager_body("Disk", &[(format!("print{n}"), true)]);
    assert_eq!(post.post("/hooks/alertmanager", &hook(0)).await.status, 200);

    disk.fill();
    let mut refused = 0;
    for n in 20..400 {
        let said = post.say("ada", &incident, &format!("note line {n} {long}"), None).await.unwrap();
        if said.status == 200 {
            acked.push(n);
            continue;
        }
        is_unavailable(&said);
        refused += 1;
        if refused == 5 {
            break;
        }
    }
    assert_eq!(refused, 5, "the disk did not fill up");
    is_unavailable(&post.post("/hooks/alertmanager", &hook(1)).await);
    assert_eq!(post.get("/readyz").await.status, 503, "whoever asks is told so");
    assert_eq!(post.get("/status").await.status, 200, "the public page is served");
    assert_eq!(post.get("/healthz").await.status, 200);
    assert_eq!(lines(&post, &incident).await, acked, "reading goes on; what was refused is not there");

    disk.empty();
    until(30, "writes after space is there again", || async {
        post.post("/hooks/alertmanager", &hook(2)).await.status == 200
    })
    .await;
    for n in 1_000..1_010 {
        post.do_say("ada", &incident, &format!("note line {n} {long}")).await;
        acked.push(n);
    }
    assert_eq!(post.pid(), pid);
    assert!(post.is_running(), "without a restart");
    assert_eq!(lines(&post, &incident).await, acked);
    post.verify_all().await;
    assert!(post.stop().success());
    post.start().await;
    assert_eq!(lines(&post, &incident).await, acked, "and after one");
    post.verify_all().await;
    let mut conn = look_into(&post.database()).await;
    let integrity: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut conn).await.unwrap();
    assert_eq!(integrity, "ok");
    drop(conn);
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_data_directory_is_named_and_nothing_in_it_is_harmed() {
    let mut post = Program::new("");
    let Some(disk) = SmallDisk::mount("a read-only disk", &post.data, 8) else { return };
    post.start().await;
    let incident = post.declare("ada", "read only").await;
    post.do_say("ada", &incident, "note line 1 is here").await;
    assert!(post.stop().success());

    disk.remount("ro");
    let refused = post.run(&["serve", "--listen", &format!("127.0.0.1:{}", free_port())]);
    assert!(!refused.status.success());
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains(&post.data.display().to_string()) && why.contains("--data-dir"), "{why}");

    disk.remount("rw");
    post.start().await;
    assert_eq!(lines(&post, &incident).await, [1]);
    post.verify_all().await;
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_somebody_else_locks_the_database_writes_are_refused_and_go_on_afterwards() {
    let mut post = Program::new("");
    post.start().await;
    let incident = post.declare("ada", "locked").await;
    let mut other = SqliteConnectOptions::new().filename(post.database()).connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    is_unavailable(&post.say("ada", &incident, "note line 1 refused", None).await.unwrap());
    let body = alertmanager_body("Lock", &[("p1".to_owned(), true)]);
    is_unavailable(&post.post("/hooks/alertmanager", &body).await);
    assert_eq!(post.get("/status").await.status, 200);
    assert_eq!(lines(&post, &incident).await, [0_u32; 0]);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    drop(other);
    post.do_say("ada", &incident, "note line 2 taken").await;
    assert_eq!(post.post("/hooks/alertmanager", &body).await.status, 200);
    assert_eq!(lines(&post, &incident).await, [2]);
    post.verify_all().await;
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_on_the_same_data_is_refused_with_the_reason() {
    let mut post = Program::new("");
    post.start().await;
    let second = post.run(&["serve", "--listen", &format!("127.0.0.1:{}", free_port())]);
    assert!(!second.status.success());
    let why = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(why.contains("Another commandpost works on"), "{why}");
    let taken = Program::new("");
    let occupied = taken.run(&["serve", "--listen", &format!("127.0.0.1:{}", post.port)]);
    assert!(!occupied.status.success());
    let why = String::from_utf8_lossy(&occupied.stderr).into_owned();
    assert!(why.contains("cannot be listened on"), "{why}");
    assert_eq!(post.get("/status").await.status, 200);
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_byte_is_found_by_verify_with_incident_and_entry() {
    let mut post = Program::new("");
    post.start().await;
    let first = post.declare("ada", "untouched").await;
    let second = post.declare("ada", "touched").await;
    for n in 0..5 {
        post.do_say("ada", &first, &format!("note line {n} of the first")).await;
        post.do_say("ada", &second, &format!("note line {n} of the second")).await;
    }
    assert!(post.stop().success());
    assert!(post.run(&["verify"]).status.success());

    let change = async |from: &str, to: &str| {
        let mut conn = SqliteConnectOptions::new().filename(post.database()).connect().await.unwrap();
        let done = sqlx::query(
            "UPDATE entries SET body = replace(body, $1, $2) WHERE incident = $3 AND body LIKE $4",
        )
        .bind(from)
        .bind(to)
        .bind(&second)
        .bind(format!("%{from}%"))
        .execute(&mut conn)
        .await
        .unwrap();
        assert_eq!(done.rows_affected(), 1);
        let seq: i64 = sqlx::query_scalar("SELECT seq FROM entries WHERE incident = $1 AND body LIKE $2")
            .bind(&second)
            .bind(format!("%{to}%"))
            .fetch_one(&mut conn)
            .await
            .unwrap();
        sqlx::Connection::close(conn).await.unwrap();
        seq
    };
    let seq = change("line 3 of the second", "line 8 of the second").await;
    let found = post.run(&["verify"]);
    let (out, err) = (
        String::from_utf8_lossy(&found.stdout).into_owned(),
        String::from_utf8_lossy(&found.stderr).into_owned(),
    );
    assert!(!found.status.success(), "{out}{err}");
    assert!(out.contains(&format!("{second}: ")) && out.contains("BROKEN"), "{out}");
    assert!(out.contains(&format!("entry {seq}")), "the entry {seq} is named: {out}");
    assert!(out.lines().any(|line| line.starts_with(&first) && line.contains("unbroken")), "{out}");
    change("line 8 of the second", "line 3 of the second").await;
    assert!(post.run(&["verify"]).status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_page_and_lists_say_against_the_timeline_is_found_by_verify_and_mended_by_rebuild() {
    let mut post = Program::new("");
    post.start().await;
    let incident = post.declare("ada", "checkout is down").await;
    publish(&post, &incident, 1, "We are on it.").await;
    assert!(post.stop().success());
    assert!(post.run(&["verify"]).status.success());
    let change = async |sql: &'static str| {
        let mut conn = SqliteConnectOptions::new().filename(post.database()).connect().await.unwrap();
        assert_eq!(sqlx::query(sql).execute(&mut conn).await.unwrap().rows_affected(), 1, "{sql}");
        sqlx::Connection::close(conn).await.unwrap();
        let found = post.run(&["verify"]);
        assert!(!found.status.success(), "{sql}");
        let out = String::from_utf8(found.stdout).unwrap();
        assert!(out.contains("BROKEN") && out.contains("`commandpost rebuild`"), "{out}");
        assert!(!out.contains("Row {") && !out.contains("Some("), "in words: {out}");
        assert!(post.run(&["rebuild"]).status.success());
        assert!(post.run(&["verify"]).status.success(), "rebuilt after {sql}");
        out
    };
    let said = change("UPDATE public_posts SET post = replace(post, 'We are on it.', 'We are on it!')").await;
    let differs = format!(
        "{incident}: the status page shows the public post P1 otherwise than it was published: \
         «We are on it!» in place of «We are on it.»."
    );
    assert!(said.contains(&differs), "{said}");
    let said = change("UPDATE public_posts SET published_at = published_at - 60000").await;
    assert!(said.contains("otherwise than it was published: at 20"), "{said}");
    let said = change("UPDATE public_posts SET post = '{}'").await;
    assert!(said.contains(&format!("a public post of {incident}")), "{said}");
    let said = change("DELETE FROM public_posts").await;
    assert!(said.contains("the status page does not show the public post P1."), "{said}");
    let said = change(
        "INSERT INTO public_posts SELECT incident, 7, published_at, post FROM public_posts WHERE n = 1",
    )
    .await;
    assert!(said.contains("the status page shows a public post P7 that was never published."), "{said}");
    let said = change("UPDATE incidents SET title = 'checkout is up', severity = 'sev4'").await;
    let differs = "the title is «checkout is down», not «checkout is up»; the severity is «";
    assert!(said.contains(differs), "{said}");
    assert!(change("DELETE FROM incidents").await.contains("it is missing in the lists."));
    let stray = "INSERT INTO public_posts SELECT 'INC-99', n, published_at, post FROM public_posts";
    let said = change(stray).await;
    let differs = "INC-99: the status page shows a public post P1 that was never published.";
    assert!(said.contains(differs), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_says_that_restricted_incidents_are_left_out_and_looks_at_them_without_a_server() {
    let mut post = Program::new("");
    post.start().await;
    let open = post.declare("ada", "for everybody").await;
    let restricted = post.declare("ada", "for few").await;
    post.do_say("ada", &restricted, "restrict a customer is named").await;
    let verify = |post: &Program| {
        let done = post.run(&["verify"]);
        assert!(done.status.success(), "{done:?}");
        [done.stdout, done.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let [out, err] = verify(&post);
    assert!(out.contains(&open) && !out.contains(&restricted), "{out}");
    assert!(err.contains("left out"), "{err}");
    assert!(post.stop().success());
    let [out, err] = verify(&post);
    assert!(out.contains(&open) && out.contains(&restricted), "{out}");
    assert!(!err.contains("left out"), "{err}");
}

/// Every row of the projections, as text.
async fn projections(file: &Path) -> String {
    let mut conn = look_into(file).await;
    let mut out = String::new();
    for sql in [
        "SELECT * FROM incidents ORDER BY incident",
        "SELECT * FROM public_posts ORDER BY incident, n",
        "SELECT * FROM situations ORDER BY id",
        "SELECT * FROM timers ORDER BY id",
        "SELECT * FROM deliveries ORDER BY n",
    ] {
        for row in sqlx::query(sql).fetch_all(&mut conn).await.unwrap() {
            for column in 0..row.len() {
                let value = row.try_get_raw(column).unwrap();
                let shown = if value.is_null() {
                    "NULL".to_owned()
                } else {
                    row.try_get::<String, _>(column)
                        .or_else(|_| row.try_get::<i64, _>(column).map(|n| n.to_string()))
                        .or_else(|_| row.try_get::<Vec<u8>, _>(column).map(hex::encode))
                        .unwrap()
                };
                out.push_str(&shown);
                out.push('|');
            }
            out.push('\n');
        }
    }
    out
}

/// Drafts, approves and publishes.
async fn publish(post: &Program, incident: &str, n: u32, text: &str) {
    post.do_say("bob", incident, &format!("update draft {text}")).await;
    post.do_say("ada", incident, &format!("update approve {n}")).await;
    post.do_say("ada", incident, &format!("update publish {n}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rebuilding_from_the_timelines_gives_the_same_projections_byte_for_byte() {
    let mut post = Program::new("");
    post.start().await;
    for n in 1..=3 {
        let incident = post.declare("ada", &format!("outage {n}")).await;
        publish(&post, &incident, 1, "We are looking into it.").await;
        publish(&post, &incident, 2, "We have found the cause.").await;
        post.do_say("ada", &incident, "task add @bob 10m look at the graphs").await;
        post.do_say("ada", &incident, "severity sev1").await;
        let body = alertmanager_body(&format!("Group{n}"), &[(format!("print{n}"), true)]);
        assert_eq!(post.post("/hooks/alertmanager", &body).await.status, 200);
        post.do_say("ada", &incident, &format!("link S-{n}")).await;
        if n == 3 {
            post.do_say("ada", &incident, "resolve it was the cable").await;
        }
    }
    assert!(post.stop().success());
    let before = projections(&post.database()).await;
    assert!(before.lines().count() > 12, "{before}");
    let done = post.run(&["rebuild"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(projections(&post.database()).await, before);
    assert!(post.run(&["verify"]).status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_made_while_writing_restores_whole_and_says_nothing_by_itself() {
    let account = Account {
        id: "1".into(),
        username: "acme".into(),
        name: "ACME".into(),
        api_key: "k1".into(),
        api_key_secret: "k2".into(),
        access_token: "k3".into(),
        access_token_secret: "k4".into(),
        bearer_token: Default::default(),
        can_write: true,
    };
    let x = XModel::start(vec![account], Arc::new(Utc::now)).await.unwrap();
    let config = |post: &Program, url: &str| {
        format!(
            "[x]\nbase_url = \"{url}\"\napi_key_file = \"{}\"\napi_secret_file = \"{}\"\naccess_token_file = \"{}\"\n\
             access_token_secret_file = \"{}\"\n",
            post.secret("k1", "k1"),
            post.secret("k2", "k2"),
            post.secret("k3", "k3"),
            post.secret("k4", "k4")
        )
    };
    let mut post = Program::new("");
    // Nobody listens there: the update waits in the outbox.
    post.configure(&config(&post, &format!("http://127.0.0.1:{}", free_port())));
    post.start().await;
    let incident = post.declare("ada", "backup").await;
    publish(&post, &incident, 1, "We are looking into it.").await;
    let writing = {
        let (client, port, incident) = (post.client.clone(), post.port, incident.clone());
        tokio::spawn(async move {
            for n in 0..300 {
                let words = format!("note line {n} while the backup is made");
                let said = crate::support::program::say(&client, port, "ada", &incident, &words, None).await;
                assert_eq!(said.unwrap().status, 200);
            }
        })
    };
    until(30, "some lines", || async { lines(&post, &incident).await.len() > 20 }).await;
    let before = lines(&post, &incident).await.len();
    let file = post.home().join("backup.db").display().to_string();
    let made = post.run(&["backup", &file]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(!post.run(&["backup", &file]).status.success(), "a backup never overwrites");
    writing.await.unwrap();
    assert_eq!(lines(&post, &incident).await.len(), 300, "the server went on");

    let mut other = Program::new("");
    other.configure(&config(&other, &x.url()));
    let restored = other.run(&["restore", &file]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert!(other.run(&["verify"]).status.success());
    other.start().await;
    let there = lines(&other, &incident).await;
    assert!(there.len() >= before && there == (0..there.len() as u32).collect::<Vec<_>>(), "{there:?}");
    let is_held = || async {
        let waiting = other.document("/api/v1/outbox").await;
        waiting["deliveries"].as_array().unwrap().iter().any(|one| one["state"] == "failed")
    };
    until(30, "what waited is held", is_held).await;
    assert!(x.posts().is_empty(), "nothing is said by itself after a restore");
    let waiting = other.document("/api/v1/outbox").await;
    let held = waiting["deliveries"].as_array().unwrap();
    assert_eq!(held.len(), 1, "{waiting}");
    assert!(held[0]["error"].as_str().unwrap().contains("when the backup was made"), "{waiting}");
    let retry = format!("/api/v1/outbox/{}/retry", held[0]["n"]);
    assert_eq!(other.post(&retry, &json!({})).await.status, 200);
    until(30, "the update on X once somebody said so", || async { x.posts().len() == 1 }).await;
    assert!(other.stop().success() && post.stop().success());
}
