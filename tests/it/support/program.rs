//! The real program: started, spoken to, killed and started again on the same data and port.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    fs::{self, File, OpenOptions},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than any start or stop takes on a machine that is cold and busy.
const PATIENCE: Duration = Duration::from_secs(120);
/// Longer than one answer takes on a busy machine.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);

/// Ports below those that the kernel gives to whoever asks for any: none of these is taken before it is used, or while a program
/// that has it is started anew.
const PORTS: std::ops::Range<u16> = 15_000..32_000;

/// A loopback port that nobody listens on just now, another one each time.
pub fn free_port() -> u16 {
    static ASKED: AtomicU16 = AtomicU16::new(0);
    let count = u32::from(PORTS.end - PORTS.start);
    // Other runs of the tests begin elsewhere.
    let begin = std::process::id().wrapping_mul(997) % count;
    let mut ports = std::iter::repeat_with(|| {
        let at = (begin + u32::from(ASKED.fetch_add(1, Ordering::Relaxed))) % count;
        PORTS.start + u16::try_from(at).unwrap()
    });
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// A client with limits; proxies of the environment are not for loopback.
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(20))
        .timeout(Duration::from_secs(90))
        .build()
        .unwrap()
}

/// What the server said: status code, headers and body.
#[derive(Debug, Clone)]
pub struct Said {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Said {
    pub async fn of(response: reqwest::Response) -> reqwest::Result<Said> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8_lossy(&response.bytes().await?).into_owned();
        Ok(Said { status, headers, text })
    }
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} «{}»", self.status, self.text))
    }
    /// The `why` of a refusal; panics if it is none.
    pub fn why(&self) -> String {
        let body = self.json();
        let why = body["error"]["why"].as_str().unwrap_or_default().to_owned();
        let instead = body["error"]["instead"].as_str().unwrap_or_default();
        assert!(!why.is_empty() && !instead.is_empty(), "no sentence in {} {}", self.status, self.text);
        why
    }
}

/// `commandpost serve` on a data directory and a port of its own.
pub struct Program {
    /// Holds configuration, secrets, log and, unless said otherwise, the data.
    home: TempDir,
    pub data: PathBuf,
    pub port: u16,
    pub client: reqwest::Client,
    child: Option<Child>,
    /// The certificates that it trusts, if not those of the machine.
    trusted: Option<PathBuf>,
    /// Questions for readiness that got no answer in time.
    pub hung: u32,
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Program {
    /// Not started yet; `config` is the configuration file's text.
    pub fn new(config: &str) -> Program {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        fs::write(home.path().join("commandpost.toml"), config).unwrap();
        Program { home, data, port: free_port(), client: client(), child: None, trusted: None, hung: 0 }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }
    pub fn database(&self) -> PathBuf {
        self.data.join("commandpost.db")
    }
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Replaces the configuration, for the next start.
    pub fn configure(&self, config: &str) {
        fs::write(self.home.path().join("commandpost.toml"), config).unwrap();
    }
    /// Puts a secret into a file of its own and returns the file's path.
    pub fn secret(&self, name: &str, value: &str) -> String {
        let file = self.home.path().join(name);
        fs::write(&file, value).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file.display().to_string()
    }

    /// It trusts the certificates in this file, and no others.
    pub fn trusts(&mut self, file: &Path) {
        self.trusted = Some(file.to_owned());
    }

    /// The program with its configuration and data directory; a verb is still to come.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_commandpost"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("COMMANDPOST_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.home.path())
            .env("USER", "tester")
            .envs(self.trusted.iter().map(|file| ("SSL_CERT_FILE", file)))
            .arg("--config")
            .arg(self.home.path().join("commandpost.toml"))
            .arg("--data-dir")
            .arg(&self.data)
            .stdin(Stdio::null());
        command
    }
    /// Runs a verb of the command line to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command().args(args).output().unwrap()
    }

    fn log_file(&self, name: &str) -> File {
        OpenOptions::new().create(true).append(true).open(self.home.path().join(name)).unwrap()
    }
    /// Everything the server wrote so far, over all starts: standard output and error.
    pub fn log(&self) -> String {
        let read = |name| fs::read(self.home.path().join(name)).unwrap_or_default();
        let both = [read("out.log"), read("err.log")].concat();
        String::from_utf8_lossy(&both).into_owned()
    }

    /// Starts the server without waiting for it.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let child = self
            .command()
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.port)])
            // The modelled X and Statuspage show at once what they took.
            .args(["--shown-after", "0"])
            .stdout(self.log_file("out.log"))
            .stderr(self.log_file("err.log"))
            .spawn()
            .unwrap();
        self.child = Some(child);
    }
    /// Waits until the server answers. Returns how long that took.
    pub async fn ready(&mut self) -> Duration {
        let begun = Instant::now();
        loop {
            let asked = self.client.get(self.url("/readyz")).timeout(ANSWER_PATIENCE).send().await;
            match asked {
                Ok(answer) if answer.status().is_success() => return begun.elapsed(),
                Err(error) if error.is_timeout() => {
                    self.hung += 1;
                    println!("no answer from /readyz in {} s", ANSWER_PATIENCE.as_secs());
                }
                _ => {}
            }
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "the server ended with {ended:?}:\n{}", self.log());
            assert!(begun.elapsed() < PATIENCE, "the server does not become ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }
    pub async fn start(&mut self) -> Duration {
        self.spawn();
        self.ready().await
    }
    /// SIGKILL: no last word.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(sent.unwrap().success());
    }
    /// SIGTERM, and waits for the end.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        let begun = Instant::now();
        let mut child = self.child.take().expect("it runs");
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            if begun.elapsed() > PATIENCE + PATIENCE {
                drop(child.kill());
                panic!("the server does not stop on SIGTERM:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    pub async fn get(&self, path: &str) -> Said {
        Said::of(self.client.get(self.url(path)).send().await.unwrap()).await.unwrap()
    }
    /// The JSON document at a path that must answer 200.
    pub async fn document(&self, path: &str) -> Value {
        let said = self.get(path).await;
        assert_eq!(said.status, 200, "{path}: {}", said.text);
        said.json()
    }
    pub async fn post(&self, path: &str, body: &Value) -> Said {
        Said::of(self.client.post(self.url(path)).json(body).send().await.unwrap()).await.unwrap()
    }
    /// Says words on an incident in somebody's name; a lost connection is an error. `key` is the idempotency key.
    pub async fn say(
        &self,
        person: &str,
        incident: &str,
        text: &str,
        key: Option<&str>,
    ) -> reqwest::Result<Said> {
        say(&self.client, self.port, person, incident, text, key).await
    }
    /// The same, which must succeed; returns the answer's text.
    pub async fn do_say(&self, person: &str, incident: &str, text: &str) -> String {
        let said = self.say(person, incident, text, None).await.unwrap();
        assert_eq!(said.status, 200, "{text}: {}", said.text);
        said.json()["text"].as_str().unwrap().to_owned()
    }
    /// Declares an incident and returns its number.
    pub async fn declare(&self, person: &str, title: &str) -> String {
        let request = self.client.post(self.url("/api/v1/incidents")).header("X-Commandpost-Person", person);
        let said = Said::of(request.json(&json!({ "title": title })).send().await.unwrap()).await.unwrap();
        assert_eq!(said.status, 201, "{}", said.text);
        said.json()["incident"].as_str().unwrap().to_owned()
    }
    /// The entries of a timeline from a sequence number on.
    pub async fn timeline(&self, incident: &str, from: u64) -> Vec<Value> {
        let body = self.document(&format!("/api/v1/incidents/{incident}/timeline?from={from}")).await;
        body["entries"].as_array().unwrap().clone()
    }
    /// Every incident's chain holds.
    pub async fn verify_all(&self) {
        let list = self.document("/api/v1/incidents?all=true").await;
        for incident in list["incidents"].as_array().unwrap() {
            let id = incident["id"].as_str().unwrap();
            let verified = self.document(&format!("/api/v1/incidents/{id}/verify")).await;
            assert_eq!(verified["problems"], json!([]), "{id}");
        }
    }
}

/// Says words on an incident of the server on a port.
pub async fn say(
    client: &reqwest::Client,
    port: u16,
    person: &str,
    incident: &str,
    text: &str,
    key: Option<&str>,
) -> reqwest::Result<Said> {
    let url = format!("http://127.0.0.1:{port}/api/v1/incidents/{incident}/commands");
    let mut request = client.post(url).header("X-Commandpost-Person", person).json(&json!({ "text": text }));
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    Said::of(request.send().await?).await
}

/// A connection to the database beside the program, which cannot write.
pub async fn look_into(file: &Path) -> sqlx::SqliteConnection {
    use sqlx::ConnectOptions;
    sqlx::sqlite::SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .busy_timeout(Duration::from_secs(10))
        .connect()
        .await
        .unwrap()
}

/// The fingerprints of all stored alerts, one a row.
pub async fn fingerprints(file: &Path) -> Vec<String> {
    let mut conn = look_into(file).await;
    sqlx::query_scalar("SELECT json_extract(alert, '$.fingerprint') FROM alerts")
        .fetch_all(&mut conn)
        .await
        .unwrap()
}

/// A body as Alertmanager 0.25 sends it: one group with these alerts, each (fingerprint, is firing).
pub fn alertmanager_body(group: &str, alerts: &[(String, bool)]) -> Value {
    let alerts: Vec<Value> = alerts
        .iter()
        .map(|(fingerprint, firing)| {
            json!({
                "status": if *firing { "firing" } else { "resolved" },
                "labels": { "alertname": group, "instance": fingerprint, "severity": "critical" },
                "annotations": { "summary": format!("{group} on {fingerprint}") },
                "startsAt": "2026-01-02T03:04:05Z",
                "endsAt": if *firing { "0001-01-01T00:00:00Z" } else { "2026-01-02T03:14:05Z" },
                "generatorURL": "http://prometheus.example/graph",
                "fingerprint": fingerprint,
            })
        })
        .collect();
    json!({
        "version": "4", "groupKey": format!("{{}}:{{alertname=\"{group}\"}}"), "truncatedAlerts": 0,
        "status": "firing", "receiver": "commandpost", "groupLabels": { "alertname": group },
        "commonLabels": { "alertname": group }, "commonAnnotations": {},
        "externalURL": "http://alertmanager.example", "alerts": alerts,
    })
}

/// A machine that is cold and busy needs so many times as long as one that is neither.
const SLOWER: u64 = 3;

/// Waits until `met` says so; panics with `what` if it never does. `seconds`: more than that takes on a machine with nothing else to do.
pub async fn until<F: Future<Output = bool>>(seconds: u64, what: &str, mut met: impl FnMut() -> F) {
    let begun = Instant::now();
    let seconds = seconds * SLOWER;
    while !met().await {
        assert!(begun.elapsed() < Duration::from_secs(seconds), "in {seconds} s not: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
