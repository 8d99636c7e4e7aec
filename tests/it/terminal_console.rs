//! `commandpost console` in a real terminal (that of `script`), before a real server.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    fs,
    io::{Read, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::support::program::{Program, until};

/// A terminal of 80 columns and 24 lines in which the console runs.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    drawn: Arc<Mutex<Vec<u8>>>,
    pid_file: std::path::PathBuf,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Terminal {
    fn open(post: &Program) -> Terminal {
        let pid_file = post.home().join("console.pid");
        let line = format!(
            "stty rows 24 cols 80; echo $$ > '{}'; exec '{}' console --as ada",
            pid_file.display(),
            env!("CARGO_BIN_EXE_commandpost")
        );
        let mut child = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"])
            .current_dir(post.home())
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm-256color")
            .env("COMMANDPOST_URL", post.url(""))
            .env_remove("COMMANDPOST_TOKEN")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let drawn: Arc<Mutex<Vec<u8>>> = Arc::default();
        let kept = drawn.clone();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(n @ 1..) = screen.read(&mut part) {
                kept.lock().unwrap().extend(&part[..n]);
            }
        });
        Terminal { child, keys, drawn, pid_file }
    }

    fn drawn(&self) -> String {
        String::from_utf8_lossy(&self.drawn.lock().unwrap()).into_owned()
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until this stands on the screen. Words: between them, the terminal is told to move on.
    async fn shows(&self, word: &str) {
        until(30, &format!("{word} on the screen"), async || self.drawn().contains(word)).await;
    }

    /// Waits for its end; the terminal must be as it was.
    fn ends_clean(mut self) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < Duration::from_secs(90), "it does not end:\n{}", self.drawn());
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(status.success(), "{status:?}");
        let drawn = self.drawn();
        for undone in ["\u{1b}[?1049l", "\u{1b}[?2004l", "\u{1b}[?25h"] {
            let done = undone.replace(['l', 'h'], if undone.ends_with('l') { "h" } else { "l" });
            let last = |code: &str| drawn.rfind(code);
            assert!(last(undone).is_some() && last(undone) > last(&done), "{undone:?} is not undone");
        }
    }
}

/// Whether there is a terminal to be had.
fn is_there() -> bool {
    let found = Command::new("script").arg("--version").output().is_ok_and(|out| out.status.success());
    if !found {
        println!("SKIPPED: `script` (util-linux) is not there, so there is no terminal to draw on");
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_terminal_console_shows_what_others_write_and_says_what_is_typed() {
    if !is_there() {
        return;
    }
    let mut post = Program::new("");
    post.start().await;
    let id = post.declare("bo", "checkout-is-down").await;
    let mut terminal = Terminal::open(&post);
    terminal.shows("checkout-is-down").await;
    terminal.press("\r");
    terminal.shows("Timeline").await;
    post.do_say("bo", &id, "note written-elsewhere").await;
    terminal.shows("written-elsewhere").await;
    terminal.press("no\tquoted-by-hand\r");
    until(30, "the line on the timeline", async || {
        post.timeline(&id, 1).await.iter().any(|line| {
            line["text"] == "quoted-by-hand" && line["actor"] == "ada" && line["via"] == "console"
        })
    })
    .await;

    post.kill();
    terminal.shows("nobody").await;
    terminal.press("note said-while-away\r");
    terminal.shows("typed").await;
    post.start().await;
    post.do_say("bo", &id, "note after-the-restart").await;
    terminal.shows("after-the-restart").await;
    // It stayed typed, and is said by the key alone.
    terminal.press("\r");
    until(30, "the line that was typed meanwhile", async || {
        post.timeline(&id, 1).await.iter().filter(|line| line["text"] == "said-while-away").count() == 1
    })
    .await;
    terminal.press("q");
    terminal.ends_clean();

    let terminal = Terminal::open(&post);
    terminal.shows("checkout-is-down").await;
    let pid = fs::read_to_string(&terminal.pid_file).unwrap();
    assert!(Command::new("kill").args(["-TERM", pid.trim()]).status().unwrap().success());
    terminal.ends_clean();
    assert!(post.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_terminal_or_a_server_the_console_says_what_to_do() {
    let mut post = Program::new("");
    let told = |out: std::process::Output| {
        assert!(!out.status.success());
        String::from_utf8_lossy(&out.stderr).into_owned()
    };
    let alone = told(post.run(&["console"]));
    assert!(alone.contains("no server runs") && alone.contains("COMMANDPOST_URL"), "{alone}");
    post.start().await;
    let piped = told(post.run(&["console"]));
    assert!(piped.contains("this output is none") && piped.contains("incident status"), "{piped}");
    assert!(post.stop().success());
}
