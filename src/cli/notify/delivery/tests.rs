//! What a run sends and what it leaves, before doors of paper.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{super::spool::tests::kept, *};

const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A port where somebody listens, and its address.
async fn port() -> (String, TcpListener) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (format!("http://{}", listener.local_addr().unwrap()), listener)
}

/// The next request, whose body is `{}`.
async fn next(listener: &TcpListener) -> (String, TcpStream) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut asked = Vec::new();
    while !asked.ends_with(b"{}") {
        assert_ne!(stream.read_buf(&mut asked).await.unwrap(), 0);
    }
    (String::from_utf8(asked).unwrap(), stream)
}

/// A door that gives these answers, one after the other; what it was sent.
async fn door(answers: Vec<String>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let (url, listener) = port().await;
    let served = tokio::spawn(async move {
        let mut all = Vec::new();
        for answer in answers {
            let (asked, mut stream) = next(&listener).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
            all.push(asked);
        }
        all
    });
    (url, served)
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// A run of any hook's for this one.
fn run_for<'r>(url: &'r str, hook: &'r str) -> Run<'r> {
    Run { url, token: None, hook: Some(hook), is_flush: false, time_max: None }
}

fn left(spool: &Path) -> usize {
    spool::messages(spool).unwrap().len()
}

#[test]
fn a_message_goes_out_with_the_token_of_its_own_hook_only() {
    let (monits, nagios) = (Secret::new("token-of-monit"), Secret::new("token-of-nagios"));
    let run = |token, hook| Run { url: "", token, hook, is_flush: false, time_max: None };
    let message = kept("monit", Some(&monits));
    // By a run for it, by one with its token, whatever that is for.
    assert_eq!(message.token(&run(Some(&monits), Some("monit"))), Some(Some(&monits)));
    assert_eq!(message.token(&run(Some(&monits), None)), Some(Some(&monits)));
    assert_eq!(message.token(&run(Some(&monits), Some("nagios"))), Some(Some(&monits)));
    // The token of monit was changed.
    assert_eq!(message.token(&run(Some(&nagios), Some("monit"))), Some(Some(&nagios)));
    assert_eq!(message.token(&run(Some(&nagios), Some("nagios"))), None);
    assert_eq!(message.token(&run(Some(&nagios), None)), None);
    assert_eq!(message.token(&run(None, Some("monit"))), None);
    let without = kept("monit", None);
    assert_eq!(without.token(&run(Some(&nagios), Some("nagios"))), Some(None));
    assert_eq!(without.token(&run(Some(&monits), Some("monit"))), Some(Some(&monits)));
    assert_eq!(without.token(&run(Some(&monits), None)), Some(Some(&monits)));
}

#[tokio::test]
async fn a_door_that_sends_elsewhere_has_taken_nothing() {
    let elsewhere =
        "HTTP/1.1 301 Moved Permanently\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (url, served) = door(vec![elsewhere.to_owned()]).await;
    let spool = tempfile::tempdir().unwrap();
    spool::keep(spool.path(), "generic", None, b"{}").unwrap();
    let delivered = deliver(spool.path(), &run_for(&url, "generic")).await.unwrap();
    assert_eq!((delivered.sent, left(spool.path())), (0, 1));
    assert!(delivered.refusals().contains("301"), "{delivered:?}");
    served.await.unwrap();
}

#[tokio::test]
async fn what_comes_again_because_its_answer_was_lost_is_known_by_its_key() {
    let (url, served) = door(vec![answer("500 Internal Server Error", ""), TAKEN.to_owned()]).await;
    let spool = tempfile::tempdir().unwrap();
    spool::keep(spool.path(), "generic", None, b"{}").unwrap();
    let id = spool::messages(spool.path()).unwrap().remove(0).id;
    for sent in [0, 1] {
        let delivered = deliver(spool.path(), &run_for(&url, "generic")).await.unwrap();
        assert_eq!(delivered.sent, sent);
    }
    for asked in served.await.unwrap() {
        assert!(asked.contains(&format!("idempotency-key: {id}\r\n")), "{asked}");
    }
}

#[tokio::test]
async fn what_a_proxy_cannot_read_waits_and_what_the_server_cannot_read_is_set_aside() {
    let ours =
        r#"{"error": {"code": "invalid", "why": "The body is not JSON.", "instead": "Nothing was taken."}}"#;
    let answers =
        vec![answer("400 Bad Request", "<h1>plain HTTP to HTTPS port</h1>"), answer("400 Bad Request", ours)];
    let (url, served) = door(answers).await;
    let spool = tempfile::tempdir().unwrap();
    spool::keep(spool.path(), "generic", None, b"{}").unwrap();
    let delivered = deliver(spool.path(), &run_for(&url, "generic")).await.unwrap();
    assert!(delivered.refusals().contains("plain HTTP to HTTPS port"), "{delivered:?}");
    assert_eq!(left(spool.path()), 1);
    let delivered = deliver(spool.path(), &run_for(&url, "generic")).await.unwrap();
    assert_eq!((delivered.refusals().as_str(), left(spool.path())), ("", 0));
    let aside = std::fs::read_dir(spool.path())
        .unwrap()
        .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "refused"));
    assert_eq!(aside.count(), 1);
    served.await.unwrap();
}

#[tokio::test]
async fn anothers_file_under_a_messages_name_is_not_sent_and_holds_up_none() {
    let (url, served) = door(vec![TAKEN.to_owned()]).await;
    let folder = tempfile::tempdir().unwrap();
    let (spool, elsewhere) = (folder.path().join("spool"), folder.path().join("shadow"));
    spool::make(&spool).unwrap();
    std::fs::write(&elsewhere, "root:x").unwrap();
    std::fs::hard_link(&elsewhere, spool.join("0.generic.msg")).unwrap();
    spool::keep(&spool, "generic", None, b"{}").unwrap();
    let delivered = deliver(&spool, &run_for(&url, "generic")).await.unwrap();
    assert_eq!((delivered.sent, left(&spool), delivered.refusals().as_str()), (1, 0, ""));
    assert!(!served.await.unwrap().concat().contains("root:x"));
    assert!(spool.join("0.generic.refused").exists());
}

#[tokio::test]
async fn what_is_kept_while_a_run_sends_goes_out_with_it() {
    let (url, listener) = port().await;
    let spool = Arc::new(tempfile::tempdir().unwrap());
    spool::keep(spool.path(), "generic", None, b"{}").unwrap();
    let shared = spool.clone();
    let served = tokio::spawn(async move {
        for n in 0..2 {
            let (_, mut stream) = next(&listener).await;
            if n == 0 {
                spool::keep(shared.path(), "nagios", None, b"{}").unwrap();
            }
            stream.write_all(TAKEN.as_bytes()).await.unwrap();
        }
    });
    let delivered = deliver(spool.path(), &run_for(&url, "generic")).await.unwrap();
    assert_eq!((delivered.sent, left(spool.path())), (2, 0), "{delivered:?}");
    served.await.unwrap();
}

#[tokio::test]
async fn a_run_that_a_monitor_waits_for_leaves_the_rest_when_its_time_is_up() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let spool = tempfile::tempdir().unwrap();
    spool::keep(spool.path(), "generic", None, b"{}").unwrap();
    let run = Run { time_max: Some(TimeDelta::zero()), ..run_for("http://127.0.0.1:9", "generic") };
    let delivered = deliver(spool.path(), &run).await.unwrap();
    assert_eq!((delivered.sent, left(spool.path())), (0, 1));
    assert_eq!(delivered.refusals(), "this run has taken its time");
}

/// A door that hangs up on messages for the hook `slow`, and takes all others; the paths of what it took, in order.
async fn door_without_an_answer_for_slow() -> (String, Arc<Mutex<Vec<String>>>) {
    let (url, listener) = port().await;
    let taken = Arc::new(Mutex::new(Vec::new()));
    let list = taken.clone();
    tokio::spawn(async move {
        loop {
            let (asked, mut stream) = next(&listener).await;
            let path = asked.split(' ').nth(1).unwrap_or_default().to_owned();
            if !path.starts_with("/hooks/slow") {
                list.lock().unwrap().push(path);
                stream.write_all(TAKEN.as_bytes()).await.unwrap();
            }
        }
    });
    (url, taken)
}

#[tokio::test]
async fn a_message_without_an_answer_holds_up_its_own_hook_alone() {
    let (url, taken) = door_without_an_answer_for_slow().await;
    let spool = tempfile::tempdir().unwrap();
    for hook in ["slow", "nagios", "slow", "monit", "nagios"] {
        spool::keep(spool.path(), hook, None, b"{}").unwrap();
    }
    let run = Run { url: &url, token: None, hook: Some("monit"), is_flush: false, time_max: None };
    let delivered = deliver(spool.path(), &run).await.unwrap();
    assert_eq!((delivered.sent, delivered.held["slow"].count), (3, 2), "{delivered:?}");
    assert!(!delivered.refusals().is_empty());
    let order = taken.lock().unwrap().clone();
    assert_eq!(order, ["/hooks/monit", "/hooks/nagios", "/hooks/nagios"], "its own hook's come first");
    // Where a second hook has no answer either, the others' wait for the next run.
    for hook in ["slow-too", "slow-three", "nagios"] {
        spool::keep(spool.path(), hook, None, b"{}").unwrap();
    }
    let flush = Run { url: &url, token: None, hook: None, is_flush: true, time_max: None };
    let delivered = deliver(spool.path(), &flush).await.unwrap();
    assert_eq!((delivered.sent, spool::messages(spool.path()).unwrap().len()), (0, 5), "{delivered:?}");
}

#[tokio::test]
async fn what_cannot_be_kept_is_delivered_at_once_and_then_what_was_kept_before() {
    let (url, served) = door(vec![TAKEN.to_owned(), TAKEN.to_owned()]).await;
    let (token, spool) = (Secret::new("s3cret"), tempfile::tempdir().unwrap());
    spool::keep(spool.path(), "monit", None, b"{}").unwrap();
    let run = Run { token: Some(&token), ..run_for(&url, "monit") };
    let full = "No space left on device";
    at_once(spool.path(), &run, "monit", b"{}".to_vec(), full).await.unwrap();
    let asked = served.await.unwrap();
    assert!(asked[0].starts_with("POST /hooks/monit ") && asked[0].contains("Bearer s3cret"), "{asked:?}");
    assert!(!asked[0].contains("idempotency-key") && asked[1].contains("idempotency-key"), "{asked:?}");
    assert_eq!(left(spool.path()), 0);
    let why = at_once(spool.path(), &run, "monit", b"{}".to_vec(), full).await.unwrap_err();
    assert!(why.0.contains("No space left") && why.0.contains("nobody answers"), "{why:?}");
}
