//! Whatever is sent to the real program: a status code and a sentence, never a 500, never a hang, and it lives on.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::program::{Program, Said, alertmanager_body};

/// Sends bytes as they are, and returns what comes back.
async fn raw(port: u16, bytes: &[u8], seconds: u64) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // The server may close before everything is sent.
    drop(stream.write_all(bytes).await);
    heard(&mut stream, seconds).await.unwrap_or_default()
}

/// What comes on a connection until it ends or falls silent; `None` if nothing comes, nor an end, in `seconds`.
async fn heard(stream: &mut TcpStream, seconds: u64) -> Option<String> {
    let mut all = Vec::new();
    let mut buffer = [0_u8; 8_192];
    let mut patience = Duration::from_secs(seconds);
    loop {
        match tokio::time::timeout(patience, stream.read(&mut buffer)).await {
            Ok(Ok(count)) if count > 0 => all.extend_from_slice(&buffer[..count]),
            Err(_) if all.is_empty() => return None,
            _ => return Some(String::from_utf8_lossy(&all).into_owned()),
        }
        patience = Duration::from_millis(300);
    }
}

/// The status code of a raw answer.
fn code(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// A refusal with its sentences.
fn refused(what: &str, said: &Said) {
    assert!((400..500).contains(&said.status), "{what}: {} {}", said.status, said.text);
    said.why();
}

/// A refusal, or an answer: but one of ours.
fn answered(what: &str, said: &Said) {
    if said.status != 200 && said.status != 201 {
        refused(what, said);
    }
}

async fn send(post: &Program, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Said {
    let request = post.client.post(post.url(path)).header("Content-Type", content_type).body(body);
    Said::of(request.send().await.unwrap()).await.unwrap()
}

const WRITES: [&str; 4] =
    ["/api/v1/incidents", "/api/v1/commands", "/api/v1/incidents/INC-1/commands", "/api/v1/outbox/1/drop"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_no_request_is_refused_with_a_sentence() {
    let mut post = Program::new("[hooks.alertmanager]\nsender = \"alertmanager\"\nkeep_unreadable = false\n");
    post.start().await;
    let incident = post.declare("ada", "hostile input").await;
    post.do_say("ada", &incident, "note line 1 before it all").await;
    let deep = "[".repeat(200_000);
    let deep_object = "{\"text\":".repeat(50_000);
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("no JSON", b"{\"text\": ".to_vec()),
        ("two documents", b"{\"text\":\"note a\"}{\"text\":\"note b\"}".to_vec()),
        ("null", b"null".to_vec()),
        ("a number", b"17".to_vec()),
        ("a list", b"[1,2,3]".to_vec()),
        ("wrong types", b"{\"title\": 7, \"text\": {\"a\": 1}, \"reason\": []}".to_vec()),
        ("nulls", b"{\"title\": null, \"text\": null, \"argv\": null, \"reason\": null}".to_vec()),
        ("unknown fields", b"{\"title\":\"a\",\"text\":\"list\",\"reason\":\"a\",\"admin\":true}".to_vec()),
        (
            "a key twice",
            b"{\"text\":\"note a\",\"text\":\"note b\",\"title\":\"a\",\"title\":\"b\"}".to_vec(),
        ),
        ("invalid UTF-8", b"{\"text\": \"note \xff\xfe\", \"title\": \"\xc3\x28\"}".to_vec()),
        ("half a surrogate", b"{\"text\": \"note \\ud800\", \"title\": \"\\ud800\"}".to_vec()),
        ("deep lists", deep.clone().into_bytes()),
        ("deep objects", deep_object.into_bytes()),
        ("NUL bytes", vec![0; 1_000]),
    ];
    for (what, body) in &bodies {
        for path in WRITES {
            refused(&format!("{what} to {path}"), &send(&post, path, "application/json", body.clone()).await);
        }
        if !matches!(*what, "wrong types" | "nulls" | "unknown fields" | "a key twice") {
            let said = send(&post, "/hooks/alertmanager", "application/json", body.clone()).await;
            refused(&format!("{what} to a hook"), &said);
        }
    }
    for content_type in
        ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "a/b; charset=utf-7"]
    {
        let said = send(&post, "/api/v1/commands", content_type, "not json").await;
        refused(content_type, &said);
        answered(content_type, &send(&post, "/hooks/alertmanager", content_type, "not json").await);
    }
    // 10 MiB: refused on its announcement. More than 8 MiB: refused when it was not announced.
    for path in ["/hooks/alertmanager", "/api/v1/commands"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n\r\n",
            post.port
        );
        let answer = raw(post.port, head.as_bytes(), 30).await;
        assert!(code(&answer) == 413 && answer.contains("the limit is"), "{answer}");
        let head = head.replace("Content-Length: 10485760", "Transfer-Encoding: chunked");
        let mut bytes = head.into_bytes();
        for _ in 0..128 {
            bytes.extend_from_slice(b"10000\r\n");
            bytes.extend_from_slice(&[b'a'; 0x10000]);
            bytes.extend_from_slice(b"\r\n");
        }
        // One byte more than the limit: whoever sends on would find the connection reset, and may miss the answer.
        bytes.extend_from_slice(b"1\r\na\r\n");
        let answer = raw(post.port, &bytes, 30).await;
        assert!(code(&answer) == 413 && answer.contains("the limit is"), "{answer}");
    }
    assert!(post.is_running());
    let entries = post.timeline(&incident, 1).await;
    assert_eq!(entries.iter().filter(|entry| entry["name"] == "note").count(), 1, "nothing of it was taken");
    post.verify_all().await;
    assert!(post.stop().success());
    assert!(!post.log().contains("panicked"), "{}", post.log());
}

/// Every document that differs from `body` by a null in one place.
fn with_nulls(body: &Value) -> Vec<Value> {
    fn places(value: &Value, at: &str, out: &mut Vec<String>) {
        out.push(at.to_owned());
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                places(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), out);
            }),
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(n, value)| places(value, &format!("{at}/{n}"), out));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    places(body, "", &mut found);
    found
        .iter()
        .map(|place| {
            let mut changed = body.clone();
            *changed.pointer_mut(place).unwrap() = Value::Null;
            changed
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_survives_nulls_wrong_types_and_times_that_cannot_be() {
    let mut post = Program::new("");
    post.start().await;
    let body = alertmanager_body("Odd", &[("print1".to_owned(), true), ("print2".to_owned(), false)]);
    let mut bodies = with_nulls(&body);
    for odd in [
        json!("9999-12-31T23:59:59Z"),
        json!("2099-01-01T00:00:00Z"),
        json!("0000-00-00T00:00:00Z"),
        json!("-0001-01-01T00:00:00Z"),
        json!("yesterday"),
        json!("2026-02-30T25:61:61Z"),
        json!(1e300),
        json!(-1),
        json!([]),
        json!({ "a": 1 }),
        json!(""),
        json!("a\u{0}b"),
        json!("\u{202e}gnp.exe"),
        json!("@everyone <!channel> <script>alert(1)</script> {{7*7}} ${7*7} %s"),
        json!("x".repeat(200_000)),
    ] {
        for field in ["startsAt", "endsAt", "fingerprint", "status", "labels", "annotations", "generatorURL"]
        {
            let mut changed = body.clone();
            changed["alerts"][0][field] = odd.clone();
            bodies.push(changed);
        }
        for field in ["groupKey", "status", "version", "truncatedAlerts", "commonLabels", "externalURL"] {
            let mut changed = body.clone();
            changed[field] = odd.clone();
            bodies.push(changed);
        }
    }
    // Resolved before firing, ended before begun.
    let mut backwards = body.clone();
    backwards["alerts"][0]["startsAt"] = json!("2026-01-02T03:04:05Z");
    backwards["alerts"][0]["endsAt"] = json!("2020-01-02T03:04:05Z");
    bodies.push(backwards);
    let many: Vec<(String, bool)> = (0..2_000).map(|n| (format!("many{n}"), true)).collect();
    bodies.push(alertmanager_body("Many", &many));
    for body in &bodies {
        let said = post.post("/hooks/alertmanager", body).await;
        answered(&body.to_string().chars().take(200).collect::<String>(), &said);
    }
    let last = alertmanager_body("Last", &[("the-last".to_owned(), true)]);
    assert_eq!(post.post("/hooks/alertmanager", &last).await.status, 200);
    let stored = crate::support::program::fingerprints(&post.database()).await;
    assert!(stored.contains(&"the-last".to_owned()));
    assert!(stored.len() > 2_000, "{}", stored.len());
    for path in ["/console/alerts", "/api/v1/situations", "/status"] {
        let request = post.client.get(post.url(path)).header("Cookie", "commandpost_name=ada");
        let said = Said::of(request.send().await.unwrap()).await.unwrap();
        assert_eq!(said.status, 200, "{path}: {}", said.text);
        assert!(path.starts_with("/api") || !said.text.contains("<script>alert"), "{path}");
    }
    assert!(post.stop().success());
    assert!(!post.log().contains("panicked"), "{}", post.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_methods_and_numbers_that_do_not_exist_are_refused_with_a_sentence() {
    let mut post = Program::new("");
    post.start().await;
    let incident = post.declare("ada", "addresses").await;
    let long = "9".repeat(3_000);
    for id in [
        "INC-999",
        "INC-0",
        "INC-01",
        "INC-1x",
        "DRILL-1",
        "TEST-1",
        "garbage",
        "%00",
        "..%2f..%2fetc",
        "INC-%F0",
        &long,
    ] {
        for tail in ["", "/timeline", "/export", "/verify"] {
            let said = post.get(&format!("/api/v1/incidents/{id}{tail}")).await;
            refused(&format!("{id}{tail}"), &said);
        }
        let said = post.post(&format!("/api/v1/incidents/{id}/commands"), &json!({ "text": "note a" })).await;
        refused(id, &said);
    }
    for path in [
        "/api/v1/incidents?all=perhaps",
        "/api/v1/incidents?unknown=1",
        "/api/v1/incidents/INC-1/timeline?from=-1",
        "/api/v1/incidents/INC-1/timeline?from=99999999999999999999",
        "/api/v1/incidents/INC-1/export?format=exe",
        "/api/v1/incidents/INC-1/export?tz=Mars/Base",
        "/api/v1/incidents/INC-1/export?format=%00",
        "/api/v1/nothing",
        "/api/v2/incidents",
        "/nothing",
        "/hooks",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        refused(path, &post.get(path).await);
    }
    for path in
        ["/api/v1/outbox/x/retry", "/api/v1/outbox/-1/retry", "/api/v1/outbox/99/retry", "/hooks/nothing"]
    {
        refused(path, &post.post(path, &json!({})).await);
    }
    for method in ["PUT", "DELETE", "PATCH", "POST", "GET", "OPTIONS", "PROPFIND"] {
        for path in
            ["/api/v1/incidents/INC-1", "/api/v1/commands", "/api/v1/openapi.json", "/hooks/alertmanager"]
        {
            let serves = match path {
                "/api/v1/commands" | "/hooks/alertmanager" => "POST",
                _ => "GET",
            };
            if method == serves {
                continue;
            }
            let request = post.client.request(method.parse().unwrap(), post.url(path));
            let said = Said::of(request.send().await.unwrap()).await.unwrap();
            assert_eq!(said.status, 405, "{method} {path} {}", said.text);
            assert!(said.why().contains("method"), "{method} {path}: {}", said.text);
            assert!(said.headers["allow"].to_str().unwrap().contains(serves), "{method} {path}");
        }
    }
    // Foreign pages and rebinding.
    for (name, value) in [
        ("Host", "evil.example"),
        ("Host", "127.0.0.1:1"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        for path in ["/api/v1/incidents/INC-1/commands", "/hooks/alertmanager", "/console/say"] {
            let request =
                post.client.post(post.url(path)).header(name, value).json(&json!({ "text": "note foreign" }));
            let said = Said::of(request.send().await.unwrap()).await.unwrap();
            assert_eq!(said.status, 403, "{name}: {value} to {path}: {}", said.text);
            said.why();
        }
    }
    // On the wire: too many headers, too large ones, no HTTP at all.
    let many: String = (0..500).map(|n| format!("X-{n}: a\r\n")).collect();
    let large = format!("X-Large: {}\r\n", "a".repeat(900_000));
    for headers in [many, large] {
        let answer =
            raw(post.port, format!("GET /status HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").as_bytes(), 3)
                .await;
        assert!(matches!(code(&answer), 0 | 400 | 431), "{answer}");
    }
    for garbage in [
        "\r\n\r\n\r\n",
        "HELO mail\r\n\r\n",
        "GET\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}",
        "GET /status HTTP/9.9\r\n\r\n",
    ] {
        let answer = raw(post.port, garbage.as_bytes(), 1).await;
        assert!(matches!(code(&answer), 0 | 400 | 505), "{garbage:?}: {answer}");
    }
    let both = format!(
        "POST /hooks/alertmanager HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post.port
    );
    assert!(code(&raw(post.port, both.as_bytes(), 30).await) / 100 == 4, "an ambiguous length is refused");
    assert!(post.is_running());
    let notes = post.timeline(&incident, 1).await;
    assert!(notes.iter().all(|entry| entry["name"] != "note"), "{notes:?}");
    assert!(post.stop().success());
    assert!(!post.log().contains("panicked"), "{}", post.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_texts_stand_on_the_timeline_as_texts_and_nothing_more() {
    let mut post = Program::new("");
    post.start().await;
    let incident = post.declare("ada", "<b>title</b> @everyone {{7*7}}").await;
    let texts = [
        "@everyone @here <@&1> <!channel>",
        "<script>alert(1)</script><img src=x onerror=alert(2)>",
        "javascript:alert(1) [a](javascript:alert(3)) `code` **bold**",
        "{{7*7}} ${7*7} #{7*7} {% include '/etc/passwd' %}",
        "a\u{202e}b\u{2066}c\u{200b}d",
        "=HYPERLINK(\"http://evil\") +1 -1 @SUM(1)",
        "'; DROP TABLE entries; --",
        "\u{1b}[31mred\u{1b}[0m \u{7}",
        "a\u{0}b",
        "line one\nline two\r\nINC-1: forged",
    ];
    let mut taken = Vec::new();
    for text in texts {
        let argv = json!({ "argv": ["note", text] });
        let said = post.post(&format!("/api/v1/incidents/{incident}/commands"), &argv).await;
        answered(text, &said);
        if said.status == 200 {
            taken.push(said.json()["seq"].as_u64().unwrap());
        }
    }
    assert!(taken.len() >= 6, "most are ordinary texts: {taken:?}");
    let too_long = json!({ "argv": ["note", "y".repeat(5_000)] });
    let said = post.post(&format!("/api/v1/incidents/{incident}/commands"), &too_long).await;
    refused("a note of 5000 characters", &said);
    assert!(said.why().contains("the limit is 4000"), "{}", said.text);
    for words in [
        "frobnicate",
        "",
        " ",
        "note",
        "severity sev9",
        "task done 99 x",
        "correct 99999 x",
        "redact 0 x",
        "link S-99999",
        "command offer",
        "update publish 7",
        "update approve 0",
        "merge INC-1",
        "role take king",
        "task add 0m x",
        "task add 99999999999h x",
        "\"unclosed",
        "--help",
        "declare",
    ] {
        let said =
            post.post(&format!("/api/v1/incidents/{incident}/commands"), &json!({ "text": words })).await;
        answered(words, &said);
    }
    for at in ["2099-01-01 00:00", "1970-01-01 00:00", "25:61", "yesterday", "-5m", "99999999999m"] {
        let argv = json!({ "argv": ["note", "--at", at, "a stated time"] });
        answered(at, &post.post(&format!("/api/v1/incidents/{incident}/commands"), &argv).await);
    }
    for name in ["", " ", "\u{0}", "a\nb", "@everyone", &"n".repeat(500)] {
        let Ok(value) = reqwest::header::HeaderValue::from_str(name) else { continue };
        let url = post.url(&format!("/api/v1/incidents/{incident}/commands"));
        let request =
            post.client.post(url).header("X-Commandpost-Person", value).json(&json!({ "text": "note n" }));
        answered(name, &Said::of(request.send().await.unwrap()).await.unwrap());
    }
    let entries = post.timeline(&incident, 1).await;
    for seq in &taken {
        assert!(entries.iter().any(|entry| entry["seq"] == *seq), "entry {seq} was acknowledged");
    }
    let all = entries.iter().map(|entry| entry["text"].as_str().unwrap()).collect::<Vec<_>>().join("\n");
    assert!(all.contains("{{7*7}}") && !all.contains("49"), "no template is run");
    for path in [
        format!("/console/i/{incident}"),
        format!("/console/i/{incident}/timeline"),
        "/console".into(),
        "/status".into(),
    ] {
        let request = post.client.get(post.url(&path)).header("Cookie", "commandpost_name=ada");
        let said = Said::of(request.send().await.unwrap()).await.unwrap();
        assert_eq!(said.status, 200, "{path}: {}", said.text);
        for raw in ["<script>alert", "<img src=x", "<b>title", "href=\"javascript:"] {
            assert!(!said.text.contains(raw), "{path} has {raw}");
        }
    }
    post.verify_all().await;
    assert!(post.stop().success());
    assert!(!post.log().contains("panicked"), "{}", post.log());
    assert!(!post.log().contains('\u{1b}'), "nothing in the log moves the cursor");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_slow_connections_hold_nobody_up_and_are_ended() {
    let mut post = Program::new("");
    post.start().await;
    let mut slow = Vec::new();
    for n in 0..200 {
        let mut stream = TcpStream::connect(("127.0.0.1", post.port)).await.unwrap();
        let begin = if n % 2 == 0 {
            "GET /status HTTP/1.1\r\nHost: loc".to_owned()
        } else {
            format!(
                "POST /hooks/alertmanager HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n",
                post.port
            )
        };
        stream.write_all(begin.as_bytes()).await.unwrap();
        slow.push((n, stream));
    }
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(post.get("/status").await.status, 200);
        // Held up by them, it would wait for as long as a head may take: ten seconds.
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    }
    // Small announced bodies still pass beside the slow ones.
    let body = alertmanager_body("Beside", &[("beside".to_owned(), true)]);
    assert_eq!(post.post("/hooks/alertmanager", &body).await.status, 200);
    let mut answers = Vec::new();
    for (n, mut stream) in slow {
        let answer = heard(&mut stream, 40).await;
        answers.push((n, answer.unwrap_or_else(|| panic!("connection {n} is held for ever"))));
    }
    for (n, answer) in answers.iter().filter(|(n, _)| n % 2 == 1) {
        // 503: more are being read than there is memory for; the sender tries again.
        assert!(matches!(code(answer), 408 | 503) && answer.contains("\"why\""), "connection {n}: {answer}");
    }
    assert_eq!(post.get("/status").await.status, 200);
    assert!(post.stop().success());
}
