//! The doors of the monitoring in the whole program: who is let in, what comes twice, what is missed, and that a sender that
//! screams keeps nobody else out.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, GzBuilder, write::GzEncoder};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::support::program::{Program, Said, alertmanager_body, fingerprints, look_into, until};

const SECRET: &str = "whsec_Y2FuYXJ5IG9mIHRoZSBob29rJ3Mgc2VjcmV0";
const OLD: &str = "canary-of-the-old-token-01";
const NEW: &str = "canary-of-the-new-token-02";

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

async fn send(post: &Program, path: &str, headers: &[(&str, String)], body: &str) -> Said {
    let mut request = post.client.post(post.url(path)).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    Said::of(request.send().await.unwrap()).await.unwrap()
}

fn down(check: u32) -> String {
    json!({"check_id": check, "check_name": "Shop", "current_state": "DOWN"}).to_string()
}

/// The headers of Standard Webhooks.
fn standard(id: &str, at: i64, body: &str) -> Vec<(&'static str, String)> {
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let when = at.to_string();
    let signature = mac(&key, &[id.as_bytes(), b".", when.as_bytes(), b".", body.as_bytes()]);
    vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", when),
        ("webhook-signature", format!("v1,{}", STANDARD.encode(signature))),
    ]
}

fn new_of(said: &Said) -> u64 {
    assert_eq!(said.status, 200, "{}", said.text);
    said.json()["new"].as_u64().unwrap()
}

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_message_is_taken_once_and_a_changed_or_an_old_one_not_at_all() {
    let mut post = Program::new("");
    let (secret, plain) = (post.secret("secret", SECRET), post.secret("plain", "canary-plain-secret"));
    post.configure(&format!(
        "[hooks.pingdom]\nsignature = \"standard-webhooks\"\nsecret_file = \"{secret}\"\n\
         [hooks.github]\nsender = \"generic\"\nsignature = \"github\"\nsecret_file = \"{plain}\"\n\
         [hooks.timed]\nsender = \"generic\"\nsignature = \"hmac-sha256\"\nsignature_header = \"X-Signature\"\n\
         signature_timestamp_header = \"X-Time\"\nsecret_file = \"{plain}\"\n"
    ));
    post.start().await;
    let body = down(7);
    let first = send(&post, "/hooks/pingdom", &standard("msg_1", now(), &body), &body).await;
    assert_eq!(new_of(&first), 1);
    // Listened to and sent again; and sent again by its sender a little later, signed anew.
    for at in [now(), now() - 20] {
        let again = send(&post, "/hooks/pingdom", &standard("msg_1", at, &body), &body).await;
        assert_eq!((again.status, &again.text), (200, &first.text));
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(again.headers["x-receipt"], first.headers["x-receipt"]);
    }
    let old = send(&post, "/hooks/pingdom", &standard("msg_2", now() - 400, &body), &body).await;
    assert!(old.status == 401 && old.why().starts_with("It was signed 40"), "{}", old.text);
    let changed = send(&post, "/hooks/pingdom", &standard("msg_3", now(), &body), &down(8)).await;
    assert!(changed.status == 401 && changed.why().contains("No signature in webhook-signature fits"));
    assert_eq!(send(&post, "/hooks/pingdom", &[], &body).await.status, 401);

    let body = json!({"id": 1, "title": "disk is full"}).to_string();
    let signed = format!("sha256={}", hex::encode(mac(b"canary-plain-secret", &[body.as_bytes()])));
    let headers = [("X-Hub-Signature-256", signed), ("X-GitHub-Delivery", "72d3162e".to_owned())];
    let taken = send(&post, "/hooks/github", &headers, &body).await;
    assert_eq!(new_of(&taken), 1);
    assert_eq!(send(&post, "/hooks/github", &headers, &body).await.text, taken.text);
    // Nobody signed the id: what somebody listened to, and sends under the id of another delivery, does not keep that out.
    let other = json!({"id": 2, "title": "disk is slow"}).to_string();
    let signed = format!("sha256={}", hex::encode(mac(b"canary-plain-secret", &[other.as_bytes()])));
    let headers = [("X-Hub-Signature-256", signed), ("X-GitHub-Delivery", "72d3162e".to_owned())];
    assert_eq!(new_of(&send(&post, "/hooks/github", &headers, &other).await), 1);

    let (at, body) = (now().to_string(), json!({"id": 3, "title": "disk is gone"}).to_string());
    let bytes = mac(b"canary-plain-secret", &[at.as_bytes(), b":", body.as_bytes()]);
    let digits = hex::encode(&bytes);
    let headers = |signature: &str| [("X-Signature", signature.to_owned()), ("X-Time", at.clone())];
    let taken = send(&post, "/hooks/timed", &headers(&digits), &body).await;
    assert_eq!(new_of(&taken), 1);
    for written in [digits.to_uppercase(), format!("sha256={digits}"), STANDARD.encode(&bytes)] {
        let again = send(&post, "/hooks/timed", &headers(&written), &body).await;
        assert_eq!((again.status, &again.text), (200, &taken.text), "{written}");
    }
    assert_eq!(fingerprints(&post.database()).await.len(), 4);
    assert!(post.stop().success());
    assert!(!post.log().contains("canary"), "{}", post.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_changed_without_a_restart_and_without_a_lost_alert() {
    let mut post = Program::new("");
    let token = post.secret("token", OLD);
    post.configure(&format!("[hooks.pingdom]\ntoken_file = \"{token}\"\n"));
    post.start().await;
    let body = down(7);
    let bearer = |token: &str| [("Authorization", format!("Bearer {token}"))];
    assert_eq!(new_of(&send(&post, "/hooks/pingdom", &bearer(OLD), &body).await), 1);
    assert_eq!(send(&post, "/hooks/pingdom", &bearer(NEW), &body).await.status, 401);
    let next = post.secret("next", NEW);
    let both = format!("[hooks.pingdom]\ntoken_file = \"{token}\"\ntoken_next_file = \"{next}\"\n");
    post.configure(&both);
    post.signal("HUP");
    until(20, "the new token holds", || async {
        send(&post, "/hooks/pingdom", &bearer(NEW), &body).await.status == 200
    })
    .await;
    assert_eq!(send(&post, "/hooks/pingdom", &bearer(OLD), &body).await.status, 200, "and the old one still");
    let metrics = post.get("/metrics").await.text;
    for secret in ["token", "token_next"] {
        let name =
            format!("commandpost_hook_secret_used_timestamp_seconds{{hook=\"pingdom\",secret=\"{secret}\"}}");
        let line =
            metrics.lines().find(|line| line.starts_with(&name)).unwrap_or_else(|| panic!("{metrics}"));
        assert!(!line.ends_with(" 0"), "{line}");
    }
    // A mistake changes nothing; a hook that asked does not stop asking by it.
    for (wrong, why) in [
        ("[hooks.pingdom]\ntoken_file = \"nowhere\"\n", "cannot be read: No such file"),
        ("[hooks.pingdom]\n", "/hooks/pingdom would ask nobody any more who it is; start again for that."),
    ] {
        post.configure(wrong);
        let refused = post.post("/api/v1/reload", &json!({})).await;
        assert!(refused.status == 422 && refused.why().contains(why), "{}", refused.text);
        let told = || post.log().matches("were not read anew").count();
        let before = told();
        post.signal("HUP");
        until(20, "the signal is answered in the log", || async { told() > before }).await;
        assert_eq!(send(&post, "/hooks/pingdom", &[], &body).await.status, 401);
        assert_eq!(send(&post, "/hooks/pingdom", &bearer(NEW), &body).await.status, 200);
    }
    let only = post.secret("token", NEW);
    post.configure(&format!("[hooks.pingdom]\ntoken_file = \"{only}\"\n"));
    post.signal("HUP");
    until(20, "the old token is gone", || async {
        send(&post, "/hooks/pingdom", &bearer(OLD), &body).await.status == 401
    })
    .await;
    assert!(post.stop().success());
    assert!(!post.log().contains("canary"), "{}", post.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_has_one_answer_also_after_the_process_was_killed() {
    let mut post = Program::new("");
    post.start().await;
    let key = |key: &str| [("Idempotency-Key", key.to_owned())];
    let first = send(&post, "/hooks/pingdom", &key("a-1"), &down(7)).await;
    assert_eq!(new_of(&first), 1);
    post.kill();
    post.start().await;
    assert_eq!(send(&post, "/hooks/pingdom", &key("a-1"), &down(7)).await.text, first.text);
    let other = send(&post, "/hooks/pingdom", &key("a-1"), &down(8)).await;
    assert!(other.status == 422 && other.why().contains("another body"), "{}", other.text);
    let elsewhere = send(&post, "/hooks/generic", &key("a-1"), &down(9)).await;
    assert_eq!(new_of(&elsewhere), 1, "a key is one of its hook");
    for bad in ["", &"x".repeat(201)] {
        assert_eq!(send(&post, "/hooks/pingdom", &key(bad), &down(7)).await.status, 400, "{bad}");
    }
    // A hundred at once: one alert, one answer.
    let (body, url) = (down(10), post.url("/hooks/pingdom"));
    let many: Vec<_> = (0..100)
        .map(|_| {
            let request = post.client.post(&url).header("Idempotency-Key", "a-2").body(body.clone());
            tokio::spawn(async move { Said::of(request.send().await.unwrap()).await.unwrap() })
        })
        .collect();
    let mut answers = std::collections::BTreeSet::new();
    for one in many {
        let said = one.await.unwrap();
        assert_eq!(new_of(&said), 1);
        answers.insert(said.text);
    }
    assert_eq!(answers.len(), 1);
    assert_eq!(fingerprints(&post.database()).await.len(), 3);
    // What became of it.
    let receipt = first.headers["x-receipt"].to_str().unwrap();
    let found = post.document(&format!("/hooks/receipts/{receipt}")).await;
    assert_eq!(found["situations"], json!([{"situation": "S-1", "alerts": 1, "firing": 1}]));
    for unknown in ["01890000-0000-7000-8000-000000000000", "none", "x%00"] {
        let said = post.get(&format!("/hooks/receipts/{unknown}")).await;
        assert!(said.status == 404 && !said.why().is_empty());
    }
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_is_shown_to_who_may_post_where_it_came() {
    let mut post = Program::new("");
    let (one, other) = (post.secret("one", OLD), post.secret("other", NEW));
    post.configure(&format!(
        "[hooks.pingdom]\ntoken_file = \"{one}\"\n[hooks.generic]\ntoken_file = \"{other}\"\n"
    ));
    post.start().await;
    let said = send(&post, &format!("/hooks/pingdom/{OLD}"), &[], &down(7)).await;
    let receipt = said.headers["x-receipt"].to_str().unwrap();
    let asked = async |tail: &str| post.get(&format!("/hooks/receipts/{receipt}{tail}")).await.status;
    let (own, foreign) = (asked(&format!("/{OLD}")).await, asked(&format!("/{NEW}")).await);
    assert_eq!((own, foreign, asked("").await), (200, 404, 404));
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_and_certificates_are_believed_through_the_proxy_that_is_trusted() {
    let fingerprint = "ab".repeat(32);
    let mut post = Program::new(&format!(
        "[http]\ntrusted_proxies = [\"127.0.0.1\"]\nclient_certificate_header = \"X-Client-Fingerprint\"\n\
         [hooks.pingdom]\nallow = [\"192.0.2.0/24\"]\n\
         [hooks.generic]\nclient_certificates = [\"{fingerprint}\"]\n"
    ));
    post.start().await;
    let from = |address: &str| [("X-Forwarded-For", address.to_owned())];
    assert_eq!(send(&post, "/hooks/pingdom", &from("192.0.2.9"), &down(7)).await.status, 200);
    let refused = send(&post, "/hooks/pingdom", &from("198.51.100.9"), &down(7)).await;
    assert!(refused.status == 403 && refused.why().contains("came from 198.51.100.9"), "{}", refused.text);
    let with = |value: &str| [("X-Client-Fingerprint", value.to_owned())];
    assert_eq!(send(&post, "/hooks/generic", &with(&fingerprint.to_uppercase()), "{}").await.status, 200);
    for bad in [&with("cd")[..], &[]] {
        assert_eq!(send(&post, "/hooks/generic", bad, "{}").await.status, 401);
    }
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signs_of_life_are_heard_listed_and_missed() {
    let mut post = Program::new("");
    let token = post.secret("token", OLD);
    post.configure(&format!(
        "[[heartbeat]]\nname = \"backup\"\nevery = \"1d\"\ntoken_file = \"{token}\"\n\
         [[heartbeat]]\nname = \"prometheus\"\nevery = \"20s\"\ngrace = \"0s\"\n\
         watchdog = {{ labels = {{ alertname = \"Watchdog\" }} }}\n"
    ));
    post.start().await;
    assert_eq!(post.get("/hooks/heartbeat/backup").await.status, 401);
    assert_eq!(post.get("/hooks/heartbeat/nobody").await.status, 404);
    let heard = post.get(&format!("/hooks/heartbeat/backup/{OLD}")).await;
    assert!(heard.status == 200 && heard.json()["next_by"].is_string(), "{}", heard.text);
    assert_eq!(send(&post, &format!("/hooks/heartbeat/backup/{OLD}"), &[], "").await.status, 200);
    let watchdog = alertmanager_body("Watchdog", &[("w1".to_owned(), true)]);
    let said = post.post("/hooks/alertmanager", &watchdog).await;
    assert_eq!(new_of(&said), 0, "it is no alert");
    let list = String::from_utf8(post.run(&["heartbeats"]).stdout).unwrap();
    assert!(list.contains("backup") && list.matches("alive").count() == 2, "{list}");

    let missed = || async {
        let list: Value = post.document("/api/v1/situations").await;
        let all = list["situations"].as_array().unwrap().clone();
        all.iter().any(|s| s["situation"]["lead"] == "No sign of life from prometheus")
    };
    until(60, "the silence of Prometheus is an alert", missed).await;
    let counted = || async {
        let metrics = post.get("/metrics").await.text;
        let of = |name: &str, n: u8| {
            metrics.contains(&format!("commandpost_heartbeat_missed{{heartbeat=\"{name}\"}} {n}"))
        };
        of("prometheus", 1) && of("backup", 0)
    };
    until(60, "the silence of Prometheus is counted", counted).await;
    assert!(post.stop().success());
    let list = String::from_utf8(post.run(&["heartbeats"]).stdout).unwrap();
    assert_eq!(list.matches("missed").count(), 2, "also while no server runs: {list}");
    assert!(!post.log().contains("canary"), "{}", post.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_one_source_screams_the_alert_of_another_is_taken_and_shown() {
    let mut post = Program::new("");
    post.start().await;
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (client, url) = (post.client.clone(), post.url("/hooks/alertmanager"));
    let loud: Vec<_> = (0..16)
        .map(|lane| {
            let (client, url, stop) = (client.clone(), url.clone(), stop.clone());
            tokio::spawn(async move {
                let mut count = 0;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let alerts: Vec<_> = (0..20).map(|n| (format!("{lane}-{count}-{n}"), true)).collect();
                    let body = alertmanager_body(&format!("Loud{lane}-{count}"), &alerts);
                    let said = client.post(&url).json(&body).send().await.unwrap();
                    assert!(matches!(said.status().as_u16(), 200 | 503), "{}", said.status());
                    count += 1;
                }
                count
            })
        })
        .collect();
    let begun = Instant::now();
    let mut slowest = Duration::ZERO;
    for n in 0..20 {
        let asked = Instant::now();
        loop {
            let said = send(&post, "/hooks/pingdom", &[], &down(n)).await;
            match said.status {
                200 => break,
                // As its sender does, where the disk does not keep up.
                503 => tokio::time::sleep(Duration::from_millis(100)).await,
                other => panic!("{other} {}", said.text),
            }
        }
        slowest = slowest.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Placed, and looked at by the rules, while it goes on.
    let count = async |told: &str| -> i64 {
        let mut conn = crate::support::program::look_into(&post.database()).await;
        let query = format!("SELECT COUNT(*) FROM situations WHERE source = {told}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&mut conn).await.unwrap()
    };
    until(150, "the quiet one is shown", || async {
        count("'pingdom' AND told >= revision AND decided = 'card'").await == 20
    })
    .await;
    let (shown, behind) = (begun.elapsed(), count("'alertmanager' AND told < revision").await);
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut sent = 0;
    for one in loud {
        sent += one.await.unwrap() * 20;
    }
    println!(
        "{sent} loud alerts; a quiet one was taken within {slowest:?}, all shown after {shown:?}, with {behind} loud ones waiting"
    );
    assert!(slowest < Duration::from_secs(60), "{slowest:?}");
    assert!(post.stop().success());
}

/// Sends bytes that are packed as they say.
async fn send_packed(
    post: &Program,
    path: &str,
    headers: &[(&str, String)],
    how: &str,
    body: Vec<u8>,
) -> Said {
    let mut request = post.client.post(post.url(path)).header("Content-Encoding", how).body(body);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    Said::of(request.send().await.unwrap()).await.unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packing = GzEncoder::new(Vec::new(), Compression::default());
    packing.write_all(bytes).unwrap();
    packing.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_packed_body_is_read_as_what_it_was_after_its_signature_was_checked() {
    let mut post = Program::new("");
    let secret = post.secret("plain", "canary-plain-secret");
    post.configure(&format!(
        "[hooks.signed]\nsender = \"generic\"\nsignature = \"github\"\nsecret_file = \"{secret}\"\n"
    ));
    post.start().await;
    let packed = gzip(json!({"id": 1, "title": "disk is full"}).to_string().as_bytes());
    let signed = format!("sha256={}", hex::encode(mac(b"canary-plain-secret", &[packed.as_slice()])));
    let headers = [("X-Hub-Signature-256", signed)];
    let taken = send_packed(&post, "/hooks/signed", &headers, "gzip", packed.clone()).await;
    assert_eq!(new_of(&taken), 1);
    assert_eq!(send_packed(&post, "/hooks/signed", &[], "gzip", packed.clone()).await.status, 401);
    let list = post.document("/api/v1/situations").await;
    assert_eq!(list["situations"][0]["situation"]["lead"], "disk is full", "{list}");
    let bomb = gzip(&vec![b' '; 9_000_000]);
    let refused = send_packed(&post, "/hooks/generic", &[], "gzip", bomb).await;
    assert!(refused.status == 413 && refused.why().contains("unpacked"), "{}", refused.text);
    assert_eq!(fingerprints(&post.database()).await.iter().filter(|one| !one.contains('/')).count(), 1);
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_packed_wrongly_is_kept_whole_or_refused_and_never_said_to_be_taken_when_it_is_not() {
    let mut post = Program::new("");
    let token = post.secret("token", NEW);
    post.configure(&format!(
        "[hooks.generic]\ntoken_file = \"{token}\"\n[hooks.strict]\nsender = \"generic\"\nkeep_unreadable = false\n"
    ));
    post.start().await;
    let packed = gzip(json!({"id": 1, "title": "disk is full"}).to_string().as_bytes());
    let torn = packed.get(..packed.len() - 4).unwrap().to_vec();
    for (how, body, status, told) in
        [("br", &packed, 415, "Content-Encoding: “br”"), ("gzip", &torn, 400, "is not the gzip")]
    {
        assert_eq!(send_packed(&post, "/hooks/generic", &[], how, body.clone()).await.status, 401);
        let kept = send_packed(&post, &format!("/hooks/generic/{NEW}"), &[], how, body.clone()).await;
        assert_eq!(new_of(&kept), 1, "{how}");
        let note = kept.json()["notes"][0].as_str().unwrap().to_owned();
        assert!(note.contains("kept whole") && note.contains(told), "{note}");
        let refused = send_packed(&post, "/hooks/strict", &[], how, body.clone()).await;
        assert!(refused.status == status && refused.why().contains(told), "{}", refused.text);
        assert_eq!(refused.headers.get("accept-encoding").is_some(), status == 415);
    }
    let mut conn = look_into(&post.database()).await;
    let stored: Vec<String> =
        sqlx::query_scalar("SELECT json_extract(alert, '$.description') FROM alerts ORDER BY id")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    assert_eq!(stored, [STANDARD.encode(&packed), STANDARD.encode(&torn)]);
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_packed_anew_under_the_same_key_is_the_same_delivery() {
    use std::io::Write;
    let mut post = Program::new("");
    post.start().await;
    let body = json!({"id": 1, "title": "disk is full"}).to_string();
    let packed = |time: u32| {
        let mut packing = GzBuilder::new().mtime(time).write(Vec::new(), Compression::default());
        packing.write_all(body.as_bytes()).unwrap();
        packing.finish().unwrap()
    };
    assert_ne!(packed(1), packed(2));
    let key = [("Idempotency-Key", "4c9a".to_owned())];
    let first = send_packed(&post, "/hooks/generic", &key, "gzip", packed(1)).await;
    assert_eq!(new_of(&first), 1);
    let again = send_packed(&post, "/hooks/generic", &key, "gzip", packed(2)).await;
    let plain = send(&post, "/hooks/generic", &key, &body).await;
    for same in [again, plain] {
        assert_eq!((same.status, &same.text), (200, &first.text));
        assert_eq!(same.headers["idempotency-replayed"], "true");
    }
    let other = json!({"id": 2, "title": "disk is slow"}).to_string();
    assert_eq!(send(&post, "/hooks/generic", &key, &other).await.status, 422);
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_bodies_of_small_alerts_at_once_are_all_taken_when_they_come_again() {
    let mut post = Program::new("");
    post.start().await;
    let all: Vec<_> = (0..4)
        .map(|lane| {
            let list: Vec<_> =
                (0..6_000).map(|n| json!({"fingerprint": format!("{lane}-{n}"), "title": "small"})).collect();
            let (client, url, body) =
                (post.client.clone(), post.url("/hooks/generic"), json!(list).to_string());
            tokio::spawn(async move {
                loop {
                    let said = client.post(&url).body(body.clone()).send().await.unwrap();
                    match said.status().as_u16() {
                        200 => return,
                        503 => assert!(said.headers().contains_key("retry-after")),
                        other => panic!("{other} {}", said.text().await.unwrap()),
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            })
        })
        .collect();
    for one in all {
        one.await.unwrap();
    }
    until(90, "all of them are in their situations", || async {
        fingerprints(&post.database()).await.len() == 24_000
    })
    .await;
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_taken_is_taken_whole() {
    let mut post = Program::new("");
    post.start().await;
    // A group of Alertmanager beyond a mebibyte.
    let alerts: Vec<_> = (0..4_500).map(|n| (format!("host-{n}"), true)).collect();
    let group = alertmanager_body("Large", &alerts);
    assert!(group.to_string().len() > 1024 * 1024);
    let said = post.post("/hooks/alertmanager", &group).await;
    let told = |said: &Said| {
        let told = said.json();
        told["new"].as_u64().unwrap() + told["waiting"].as_u64().unwrap_or(0)
    };
    assert_eq!((said.status, told(&said)), (200, 4_500), "{}", said.text);
    assert_eq!(said.json()["further_receipts"].as_array().unwrap().len(), 1, "{}", said.text);
    // More small alerts than are usual.
    let list: Vec<_> =
        (0..10_001).map(|n| json!({"fingerprint": format!("small-{n}"), "title": "small"})).collect();
    let said = post.post("/hooks/generic", &json!(list)).await;
    assert_eq!((said.status, told(&said)), (200, 10_001), "{}", said.text);
    until(60, "all of them are in their situations", || async {
        fingerprints(&post.database()).await.len() == 14_501
    })
    .await;
    // Something large that nobody understands.
    let shout = format!("{{{}", "the disk is full\n".repeat(55_000));
    let said = send(&post, "/hooks/pingdom", &[], &shout).await;
    assert_eq!(said.status, 200, "{}", said.text);
    let kept = "SELECT SUM(LENGTH(json_extract(alert, '$.description'))) FROM alerts WHERE json_extract(alert, '$.source') = 'pingdom'";
    until(60, "all of it is there", || async {
        let mut conn = look_into(&post.database()).await;
        let bytes: Option<i64> = sqlx::query_scalar(kept).fetch_one(&mut conn).await.unwrap();
        bytes == Some(i64::try_from(shout.len()).unwrap())
    })
    .await;
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_told_of_a_hook_that_refuses_for_size_once_and_until_the_next_start() {
    let mut post = Program::new("[http]\nbody_bytes_max = 10000\n");
    post.start().await;
    let alerts: Vec<_> = (0..60).map(|n| (format!("host-{n}"), true)).collect();
    let large = alertmanager_body("Large", &alerts);
    for _ in 0..3 {
        let said = post.post("/hooks/alertmanager", &large).await;
        assert!(said.status == 413 && said.why().contains("the limit is 10000"), "{}", said.text);
    }
    let many: Vec<_> = (0..20_001).map(|_| json!({})).collect();
    let firing = |list: &Value| {
        let all = list["situations"].as_array().unwrap().iter().map(|one| &one["situation"]);
        let ours = all.filter(|one| one["source"] == "commandpost");
        ours.map(|one| (one["lead"].clone(), one["firing"].clone(), one["total"].clone())).collect::<Vec<_>>()
    };
    let lead = json!("The hook alertmanager refuses deliveries for their size");
    until(30, "an alert of our own", || async {
        firing(&post.document("/api/v1/situations").await) == [(lead.clone(), json!(1), json!(1))]
    })
    .await;
    assert!(post.log().contains("a delivery was refused for its size"), "{}", post.log());
    // Perhaps with another limit.
    post.configure("");
    assert!(post.stop().success());
    post.start().await;
    until(30, "it is over", || async {
        firing(&post.document("/api/v1/situations").await) == [(lead.clone(), json!(0), json!(1))]
    })
    .await;
    assert_eq!(post.post("/hooks/alertmanager", &large).await.status, 200);
    let said = post.post("/hooks/generic", &json!(many)).await;
    assert!(said.status == 413 && said.why().contains("20001 alerts"), "{}", said.text);
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_what_waits_too_long_for_the_disk_nothing_more_is_let_in_until_it_is_answered() {
    let mut post = Program::new("");
    post.start().await;
    assert_eq!(send(&post, "/hooks/pingdom", &[], &down(1)).await.status, 200);
    // Somebody holds the database: for the writer it is as a disk that takes ten seconds.
    let mut other = SqliteConnectOptions::new().filename(post.database()).connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let waiting = {
        let request = post.client.post(post.url("/hooks/pingdom")).body(down(2));
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    };
    tokio::time::sleep(Duration::from_secs(5)).await;
    // Whoever is let in still waits as well, and hangs up; then somebody is answered, though the database is held.
    let said = loop {
        let request = post.client.post(post.url("/hooks/generic")).timeout(Duration::from_millis(500));
        let request = request.body(r#"{"id": 4, "title": "let in"}"#);
        match async { Said::of(request.send().await?).await }.await {
            Ok(said) => break said,
            Err(error) => assert!(error.is_timeout(), "{error}"),
        }
    };
    assert!(said.status == 503 && said.why().contains("waits for the disk"), "{}", said.text);
    assert!(said.headers.contains_key("retry-after"));
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    drop(other);
    assert_eq!(waiting.await.unwrap(), 200, "what was let in goes through");
    assert_eq!(new_of(&send(&post, "/hooks/generic", &[], r#"{"id": 3, "title": "late"}"#).await), 1);
    assert!(post.stop().success());
}

/// Python's own client: it says each answer's code.
const LETTERS: &str = r#"
import smtplib, sys
from email.message import EmailMessage
port, token = int(sys.argv[1]), sys.argv[2]
def letter(subject, text, id):
    m = EmailMessage()
    m["From"], m["To"], m["Subject"], m["Message-ID"] = "monit@db1.example", "x@post.example", subject, id
    m.set_content(text)
    return m
with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
    smtp.ehlo()
    def send(to, m):
        try:
            return smtp.send_message(m, to_addrs=[to]) or 250
        except smtplib.SMTPRecipientsRefused as e:
            return list(e.recipients.values())[0][0]
        except smtplib.SMTPResponseException as e:
            return e.smtp_code
    full = letter("Platte ist voll: Fülle", "95 % auf /\n.\n", "<1@db1>")
    print(send(f"backup+{token}@post.example", full))
    print(send(f"backup+{token}@post.example", full))
    print(send("backup@post.example", full))
    print(send("backup+wrong-token-0123456@post.example", full))
    print(send("nobody@post.example", full))
    print(send(f"signed@post.example", full))
    print(send("pingdom@post.example", letter("x", sys.argv[3], "<2@db1>")))
    print(send(f"backup+{token}@post.example", letter("OK: Platte ist voll: Fülle", "gut", "<3@db1>")))
    print(send(f"backup+{token}@post.example", letter("groß", "x" * 3000000, "<4@db1>")))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_an_alert_of_its_hook_and_answered_when_it_is_on_disk() {
    if std::process::Command::new("python3").arg("-c").arg("import smtplib").output().is_err() {
        println!("SKIPPED: letters: python3 not found");
        return;
    }
    let mut post = Program::new("");
    let (token, secret) = (post.secret("token", OLD), post.secret("secret", SECRET));
    let port = crate::support::program::free_port();
    post.configure(&format!(
        "[mail]\nlisten = \"127.0.0.1:{port}\"\n\
         [hooks.backup]\nsender = \"text\"\ntoken_file = \"{token}\"\n\
         [hooks.signed]\nsender = \"text\"\nsignature = \"standard-webhooks\"\nsecret_file = \"{secret}\"\n"
    ));
    post.start().await;
    let (port, body) = (port.to_string(), down(7));
    let said = tokio::task::spawn_blocking(move || {
        crate::support::python::run(std::path::Path::new("python3"), LETTERS, &[&port, OLD, &body])
    });
    let codes = said.await.unwrap();
    assert_eq!(
        codes.lines().collect::<Vec<_>>(),
        ["250", "250", "550", "550", "550", "550", "250", "250", "552"]
    );
    let list = post.document("/api/v1/situations").await;
    let told: Vec<_> = list["situations"].as_array().unwrap().iter().map(|s| &s["situation"]).collect();
    let of = |lead: &str| *told.iter().find(|s| s["lead"] == lead).unwrap_or_else(|| panic!("{told:?}"));
    let full = of("Platte ist voll: Fülle");
    assert_eq!((&full["firing"], &full["total"]), (&json!(0), &json!(1)), "raised once, and ended");
    assert_eq!(of("Shop is DOWN")["firing"], json!(1));
    assert!(post.stop().success());
    assert!(!post.log().contains("canary"), "{}", post.log());
}
