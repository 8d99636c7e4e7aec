//! Programs that nobody here wrote: found where they are installed, started, and gone with the test.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    env, fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::program::{Program, until};

/// A program by its name; daemons are not on everybody's path.
pub fn installed(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let dirs = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    dirs.map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// The user and the group that the tests run as: daemons that would become somebody else stay it.
pub fn account() -> [String; 2] {
    ["-un", "-gn"].map(|what| {
        let said = Command::new("id").arg(what).output().unwrap();
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    })
}

/// A running one, with all that it started.
pub struct Daemon(Child);

impl Daemon {
    /// Starts it with its output in a file.
    pub fn start(command: &mut Command, log: &Path) -> Daemon {
        let log = || fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let started = command.stdin(Stdio::null()).stdout(log()).stderr(log()).process_group(0).spawn();
        Daemon(started.unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Its whole group: some answer for nobody but their own children.
        let group = format!("-{}", self.0.id());
        drop(Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status());
        drop(self.0.wait());
    }
}

/// What a monitor watches: a file that is there or not; and the script by which it tells us.
pub struct Watched {
    pub dir: PathBuf,
    hook: &'static str,
}

impl Watched {
    pub fn new(post: &Program, hook: &'static str) -> Watched {
        let dir = post.home().join(hook);
        fs::create_dir(&dir).unwrap();
        let watched = Watched { dir, hook };
        watched.mend();
        let seen = watched.file("checked");
        watched.script(
            "check",
            &format!(
                "echo seen >> {}\nif [ -e {} ]; then echo 'FILE OK - it is there'; exit 0; fi\n\
                 echo 'FILE CRITICAL - <b>@everyone</b> it is gone'; exit 2\n",
                seen.display(),
                watched.file("file").display()
            ),
        );
        watched.script(
            "tell",
            &format!(
                "export COMMANDPOST_URL={}\nexec {} notify --hook {hook} --spool {} \"$@\"\n",
                post.url(""),
                env!("CARGO_BIN_EXE_commandpost"),
                watched.spool().display()
            ),
        );
        watched
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub fn script(&self, name: &str, text: &str) {
        let file = self.file(name);
        fs::write(&file, format!("#!/bin/sh\n{text}")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Puts a file of settings beside it, in which `{dir}` stands for where it is.
    pub fn settings(&self, name: &str, text: &str) -> PathBuf {
        let file = self.file(name);
        fs::write(&file, text.replace("{dir}", &self.dir.display().to_string())).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    pub fn breaks(&self) {
        fs::remove_file(self.file("file")).unwrap();
    }
    pub fn mend(&self) {
        fs::write(self.file("file"), "").unwrap();
    }

    fn spool(&self) -> PathBuf {
        self.file("spool")
    }

    /// How many messages wait to be sent.
    pub fn waiting(&self) -> usize {
        let Ok(files) = fs::read_dir(self.spool()) else { return 0 };
        let names = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.ends_with(".msg") && !name.starts_with('.')).count()
    }

    pub async fn until_waiting(&self, count: usize) {
        until(30, &format!("{count} messages in the spool"), || async { self.waiting() == count }).await;
    }

    /// What a timer of the machine does every minute.
    pub fn flush(&self, post: &Program) -> String {
        let mut notify = post.command();
        notify.env("COMMANDPOST_URL", post.url("")).args(["notify", "--flush", "--spool"]).arg(self.spool());
        let sent = notify.output().unwrap();
        assert!(sent.status.success(), "{sent:?}");
        String::from_utf8_lossy(&sent.stdout).into_owned()
    }

    /// The one incident that a rule declared of what is told by this hook.
    pub async fn incident(&self, post: &Program) -> String {
        until(30, &format!("an incident of {}", self.hook), || async { !incidents(post).await.is_empty() })
            .await;
        incidents(post).await[0]["id"].as_str().unwrap().to_owned()
    }
}

async fn incidents(post: &Program) -> Vec<Value> {
    post.document("/api/v1/incidents?all=true").await["incidents"].as_array().unwrap().clone()
}

/// Settings by which all that a hook brings becomes an incident.
pub fn declaring(hook: &str) -> String {
    format!(
        "[[alerts.rule]]\nname = \"everything\"\nwhen = {{ source = \"{hook}\" }}\nthen = {{ declare = {{ severity = 3 }} }}\n"
    )
}

/// Waits for an entry whose text holds this.
pub async fn until_told(post: &Program, incident: &str, text: &str) {
    until(30, &format!("«{text}» on the timeline of {incident}"), || async {
        told(post, incident, text).await > 0
    })
    .await;
}

/// How many entries hold this text.
pub async fn told(post: &Program, incident: &str, text: &str) -> usize {
    let entries = post.timeline(incident, 1).await;
    entries.iter().filter(|entry| entry["text"].as_str().is_some_and(|said| said.contains(text))).count()
}

/// What the monitor told while the program was killed is there once, in order: mended and broken again, it fires; then it is
/// mended for good.
pub async fn over_a_kill(post: &mut Program, watched: &Watched, incident: &str) {
    post.kill();
    watched.mend();
    watched.until_waiting(1).await;
    watched.breaks();
    watched.until_waiting(2).await;
    post.start().await;
    // The hook's own last try may come before it.
    watched.flush(post);
    assert_eq!(watched.waiting(), 0, "what was kept is sent");
    assert!(watched.flush(post).contains("0 delivered"), "and once only");
    let situation = || async { post.document("/api/v1/situations").await["situations"][0].clone() };
    until(30, "the alert fires, as it was last told", || async {
        situation().await["situation"]["firing"] == 1
    })
    .await;
    watched.mend();
    until_told(post, incident, "cleared").await;
    assert_eq!(
        super::program::fingerprints(&post.database()).await.len(),
        1,
        "one alert, told again and again"
    );
    assert_eq!(situation().await["id"], 1, "in one situation");
    assert_eq!(incidents(post).await.len(), 1, "of one incident");
    assert_eq!(watched.waiting(), 0);
    post.verify_all().await;
}
