//! `serve --demo`, as somebody sees it who looks on before they begin.

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::support::program::{Program, until};

/// The program as it plays.
struct Played(Child);

impl Drop for Played {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Played {
    fn begin(post: &Program, stdout: impl Into<Stdio>, stderr: Stdio) -> Played {
        let listen = format!("127.0.0.1:{}", post.port);
        let mut command = post.command();
        command.args(["serve", "--demo", "--listen", &listen]).stdout(stdout).stderr(stderr);
        // Below it the journal is made that is thrown away.
        Played(command.env("TMPDIR", post.home()).spawn().unwrap())
    }

    /// Plays the incident to its end. Returns the file in which all stands that was shown.
    async fn to_the_end(post: &Program) -> (Played, PathBuf) {
        let log = post.home().join("demo.log");
        let played = Self::begin(post, fs::File::create(&log).unwrap(), Stdio::null());
        until(180, "the end of the play", async || {
            let told = fs::read_to_string(&log).unwrap_or_default();
            assert!(!told.contains("broke off"), "{told}");
            told.contains("have done their part")
        })
        .await;
        (played, log)
    }
}

/// Whether a journal of a demonstration is left.
fn is_left(home: &Path) -> bool {
    let mut names = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name());
    names.any(|name| name.to_string_lossy().starts_with("commandpost-demo-"))
}

/// A service that somebody may call, and its address.
fn service() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_calls_nobody_whom_the_configuration_names() {
    let ((pager, pager_url), (homeserver, homeserver_url)) = (service(), service());
    let post = Program::new("");
    let token = post.secret("token", "a-token-0123456789");
    post.configure(&format!(
        r#"
[[person]]
id = "ann"
name = "Ann"
page = ["hook:ann-phone"]
[pagers.hook]
kind = "webhook"
url = "{pager_url}"
token_file = "{token}"
[[escalation]]
name = "default"
severities = ["sev1"]
[[escalation.step]]
to = ["person:ann"]
[matrix]
homeserver = "{homeserver_url}"
access_token_file = "{token}"
room = "!post:example.org"
"#
    ));
    let (_played, _) = Played::to_the_end(&post).await;
    for (name, service) in [("pager", pager), ("homeserver", homeserver)] {
        assert_eq!(service.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "the {name} was called");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_ends_and_leaves_nothing_when_nobody_reads_it_any_more() {
    let post = Program::new("");
    let mut played = Played::begin(&post, Stdio::piped(), Stdio::piped());
    let shown = BufReader::new(played.0.stdout.take().unwrap());
    for line in shown.lines().take(3) {
        assert!(!line.unwrap().is_empty());
    }
    drop(played.0.stderr.take());
    until(60, "the end", || std::future::ready(played.0.try_wait().unwrap().is_some())).await;
    assert!(played.0.wait().unwrap().success());
    assert!(!is_left(post.home()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_plays_its_incident_to_the_end() {
    let post = Program::new("");
    let (mut played, log) = Played::to_the_end(&post).await;
    let told = || fs::read_to_string(&log).unwrap_or_default();
    // The house takes in by itself what was said in Mattermost and what the monitor said last.
    for text in [
        "Decision: roll the 02:55 deploy back.",
        "support has forty tickets about it",
        "the payment provider sees our retries",
        "is done: rolled back, errors fall.",
        "cleared: its one alert has stopped firing",
    ] {
        until(30, text, async || {
            let lines = post.timeline("INC-1", 1).await;
            lines.iter().any(|line| line["text"].as_str().is_some_and(|said| said.contains(text)))
        })
        .await;
    }
    let told = told();
    assert!(
        !told.lines().any(|line| line.trim_end().ends_with("[card]")),
        "a message without a word: {told}"
    );

    let pid = played.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(played.0.wait().unwrap().success());
    assert!(!is_left(post.home()));
}
