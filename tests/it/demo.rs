//! `serve --demo`, as somebody sees it who looks on before they begin.

use std::{
    fs,
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_plays_its_incident_to_the_end() {
    let post = Program::new("");
    let log = post.home().join("demo.log");
    let listen = format!("127.0.0.1:{}", post.port);
    let child = post
        .command()
        .args(["serve", "--demo", "--listen", &listen])
        .stdout(fs::File::create(&log).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut played = Played(child);
    let told = || fs::read_to_string(&log).unwrap_or_default();
    until(180, "the end of the play", async || {
        let told = told();
        assert!(!told.contains("broke off"), "{told}");
        told.contains("have done their part")
    })
    .await;
    // The house takes in by itself what was said in Mattermost and what the monitor said last.
    for text in [
        "Decision: roll the 02:55 deploy back.",
        "support has forty tickets about it",
        "the payment provider sees our retries",
        "Task #1 is done: rolled back, errors fall.",
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
}
