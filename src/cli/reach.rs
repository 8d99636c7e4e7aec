//! Reaching the command post from the command line: a server by `COMMANDPOST_URL`, the server that runs on this data
//! directory, or, when none runs, the data directory itself.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Cli, Failure, doors, house};
use crate::{
    alert::{change::Change, explain::Explanation, group::Grouping},
    config::{Config, Secret},
    desk::{
        Caller, Desk, Verified,
        heartbeats::{self, HeartbeatView},
        words::{Resolve, Words},
    },
    export::{Format, alerts::ReportFormat},
    http::{
        api::{self, AnswerBody, Reloaded, export_bytes},
        auth::NAME_COOKIE,
    },
    incident::id::IncidentId,
    journal::{Handle, rows::*, sqlite::OpenError, sqlite::SqliteJournal},
    people::Person,
};

/// Written by the server into its data directory, so that the command line on the same machine finds it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ServerNote {
    pub url: String,
    pub pid: u32,
}

pub const SERVER_NOTE: &str = "server.json";

pub enum Reach {
    Remote(Remote),
    Local(Box<Local>),
}

pub struct Remote {
    client: reqwest::Client,
    base: String,
    token: Option<Secret>,
    person: Person,
    /// The door that words come through.
    via: &'static str,
}

pub struct Local {
    pub journal: SqliteJournal,
    pub desk: Arc<Desk>,
    pub config: Config,
    resolve: Resolve,
    person: Person,
}

/// Who types: `--as`, else the login name.
pub fn person(given: Option<&str>) -> Result<Person, Failure> {
    let name = given
        .map(str::to_owned)
        .or_else(|| std::env::var("USER").ok().filter(|user| !user.is_empty()))
        .or_else(|| std::env::var("LOGNAME").ok().filter(|user| !user.is_empty()))
        .unwrap_or_else(|| "operator".to_owned());
    Ok(Person::named(&name)?)
}

/// Whether it is plain who speaks to a server: whoever shows a token is whom the server knows by it.
fn undoubted(as_person: Option<&str>, token: Option<&Secret>) -> Result<(), Failure> {
    match (as_person, token) {
        (Some(name), Some(_)) => Err(Failure(format!(
            "`--as {name}` and COMMANDPOST_TOKEN both say who you are, and a server goes by the token. Leave out `--as`, or unset \
             COMMANDPOST_TOKEN."
        ))),
        _ => Ok(()),
    }
}

/// Why there is nothing from the server that could be used, in sentences.
#[derive(Debug)]
pub struct Missed {
    pub why: String,
    /// The server has seen it and did not do it. Otherwise nobody here knows what it did.
    pub is_refusal: bool,
}

impl Missed {
    fn unknown(why: String) -> Missed {
        Missed { why, is_refusal: false }
    }
    fn broken_off(error: reqwest::Error) -> Missed {
        Missed::unknown(error.without_url().to_string())
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl Reach {
    /// Finds the command post.
    ///
    /// # Errors
    /// What was tried, and what to do.
    pub async fn find(cli: &Cli, as_person: Option<&str>) -> Result<Reach, Failure> {
        let person = person(as_person)?;
        let token =
            std::env::var("COMMANDPOST_TOKEN").ok().filter(|token| !token.is_empty()).map(Secret::new);
        if let Ok(url) = std::env::var("COMMANDPOST_URL")
            && !url.is_empty()
        {
            undoubted(as_person, token.as_ref())?;
            return Ok(Reach::Remote(Remote::new(&url, token, person)?));
        }
        let config = cli.settings()?;
        let grouping = Grouping::new(config.alerts.group.clone());
        match SqliteJournal::open_grouping(&config.storage.data_dir, grouping).await {
            Ok(journal) => {
                let desk = Desk::new(
                    Arc::new(journal.clone()),
                    Arc::new(crate::desk::clock::System),
                    house::settings(&config),
                );
                let resolve = house::resolve(&config);
                Ok(Reach::Local(Box::new(Local { journal, desk, config, resolve, person })))
            }
            Err(locked @ OpenError::Locked { .. }) => {
                let note = read_note(&config.storage.data_dir).ok_or_else(|| Failure(locked.to_string()))?;
                undoubted(as_person, token.as_ref())?;
                Ok(Reach::Remote(Remote::new(&note.url, token, person)?))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Ends what was begun: on the data directory itself, everything is on disk when this returns.
    pub async fn end(self) {
        if let Reach::Local(local) = self {
            let Local { journal, desk, .. } = *local;
            drop(desk);
            journal.close().await;
        }
    }

    /// Says words; argv keeps what the shell has split.
    pub async fn say(&self, here: Option<IncidentId>, argv: Vec<String>) -> Result<AnswerBody, Failure> {
        match self {
            Reach::Local(local) => {
                let caller = Caller::person(local.person.clone(), "cli").admin(true);
                let words = Words::Argv(argv);
                Ok(local.desk.say(caller, here, words, None, &local.resolve).await?.into())
            }
            Reach::Remote(remote) => {
                let body = serde_json::json!({ "argv": argv });
                Ok(serde_json::from_slice(&remote.call(Method::POST, &words_path(here), Some(body)).await?)?)
            }
        }
    }

    pub async fn export(
        &self,
        id: IncidentId,
        format: Format,
        tz: chrono_tz::Tz,
    ) -> Result<Vec<u8>, Failure> {
        match self {
            Reach::Local(local) => Ok(export_bytes(&local.desk, id, format, tz).await?),
            Reach::Remote(remote) => {
                let path = format!("/api/v1/incidents/{id}/export?format={format}&tz={}", tz.name());
                Ok(remote.call(Method::GET, &path, None).await?)
            }
        }
    }

    /// The report on alerts, over a time such as `30d`.
    pub async fn alert_report(&self, since: &str, format: ReportFormat) -> Result<String, Failure> {
        match self {
            Reach::Local(local) => {
                let since = api::span(since)?;
                let since = local.desk.world.now() - since;
                Ok(format.write(&local.desk.alert_report(&local.person, since).await?))
            }
            Reach::Remote(remote) => {
                let since = utf8_percent_encode(since, NON_ALPHANUMERIC);
                let path = format!("/api/v1/alerts/report?since={since}&format={}", format.word());
                Ok(String::from_utf8_lossy(&remote.call(Method::GET, &path, None).await?).into_owned())
            }
        }
    }

    /// The changes since then, the latest first.
    pub async fn changes(&self, since: DateTime<Utc>) -> Result<Vec<Change>, Failure> {
        match self {
            Reach::Local(local) => Ok(local.desk.last_changes(since, 200).await?),
            Reach::Remote(remote) => {
                #[derive(Deserialize)]
                struct List {
                    changes: Vec<Change>,
                }
                let path = format!("/api/v1/changes?since={}", since.format("%Y-%m-%dT%H:%M:%SZ"));
                let bytes = remote.call(Method::GET, &path, None).await?;
                Ok(serde_json::from_slice::<List>(&bytes)?.changes)
            }
        }
    }

    pub async fn verify(&self, id: IncidentId) -> Result<Verified, Failure> {
        match self {
            Reach::Local(local) => Ok(local.desk.verify(id).await?),
            Reach::Remote(remote) => {
                let bytes = remote.call(Method::GET, &format!("/api/v1/incidents/{id}/verify"), None).await?;
                Ok(serde_json::from_slice(&bytes)?)
            }
        }
    }

    /// Every incident that can be verified from here; without a server also one that the lists have lost.
    pub async fn incidents(&self) -> Result<Vec<IncidentId>, Failure> {
        match self {
            Reach::Local(local) => Ok(local.desk.journal.recorded().await?),
            Reach::Remote(remote) => {
                #[derive(Deserialize)]
                struct Item {
                    id: IncidentId,
                }
                #[derive(Deserialize)]
                struct List {
                    incidents: Vec<Item>,
                }
                let bytes = remote.call(Method::GET, "/api/v1/incidents?all=true", None).await?;
                let list: List = serde_json::from_slice(&bytes)?;
                Ok(list.incidents.into_iter().map(|item| item.id).collect())
            }
        }
    }

    /// Why a situation is what it is.
    pub async fn explain(&self, id: i64) -> Result<Explanation, Failure> {
        match self {
            Reach::Local(local) => Ok(local.desk.explain(id, &local.person).await?),
            Reach::Remote(remote) => remote.get(&format!("/api/v1/situations/S-{id}/explain")).await,
        }
    }

    pub async fn outbox(&self) -> Result<Vec<Delivery>, Failure> {
        match self {
            Reach::Local(local) => {
                use crate::journal::Journal;
                Ok(local.journal.deliveries(DeliveryFilter::Open).await?)
            }
            Reach::Remote(remote) => {
                #[derive(Deserialize)]
                struct List {
                    deliveries: Vec<Delivery>,
                }
                let bytes = remote.call(Method::GET, "/api/v1/outbox", None).await?;
                Ok(serde_json::from_slice::<List>(&bytes)?.deliveries)
            }
        }
    }

    /// How the heartbeats stand.
    pub async fn heartbeats(&self) -> Result<Vec<HeartbeatView>, Failure> {
        match self {
            Reach::Local(local) => {
                let settings = doors::heartbeats(&local.config);
                Ok(heartbeats::list(&local.journal, &settings, local.desk.world.now()).await?)
            }
            Reach::Remote(remote) => {
                #[derive(Deserialize)]
                struct List {
                    heartbeats: Vec<HeartbeatView>,
                }
                Ok(remote.get::<List>("/api/v1/heartbeats").await?.heartbeats)
            }
        }
    }

    /// Has the settings read anew.
    pub async fn reload(&self) -> Result<Reloaded, Failure> {
        match self {
            Reach::Local(_) => Err(Failure(
                "No server works on this data directory: it reads the settings when it starts.".into(),
            )),
            Reach::Remote(remote) => {
                let bytes = remote.call(Method::POST, "/api/v1/reload", None).await?;
                Ok(serde_json::from_slice(&bytes)?)
            }
        }
    }

    /// Ends a drill that is still open.
    pub async fn end_drill(&self, id: IncidentId, reason: &str) -> Result<String, Failure> {
        match self {
            Reach::Local(local) => Ok(crate::desk::drill::end(&local.desk, id, reason).await?.text),
            Reach::Remote(remote) => {
                let body = serde_json::json!({ "reason": reason });
                let bytes =
                    remote.call(Method::POST, &format!("/api/v1/drills/{id}/end"), Some(body)).await?;
                Ok(serde_json::from_slice::<AnswerBody>(&bytes)?.text)
            }
        }
    }

    pub async fn handle(&self, n: i64, how: Handle) -> Result<String, Failure> {
        match self {
            Reach::Local(local) => Ok(local.desk.handle_delivery(&local.person, true, n, how).await?),
            Reach::Remote(remote) => {
                let (path, body) = match how {
                    Handle::Retry => (format!("/api/v1/outbox/{n}/retry"), serde_json::json!({})),
                    Handle::Drop { reason } => {
                        (format!("/api/v1/outbox/{n}/drop"), serde_json::json!({ "reason": reason }))
                    }
                };
                let bytes = remote.call(Method::POST, &path, Some(body)).await?;
                Ok(serde_json::from_slice::<AnswerBody>(&bytes)?.text)
            }
        }
    }
}

fn words_path(here: Option<IncidentId>) -> String {
    match here {
        Some(id) => format!("/api/v1/incidents/{id}/commands"),
        None => "/api/v1/commands".to_owned(),
    }
}

fn read_note(dir: &Path) -> Option<ServerNote> {
    serde_json::from_slice(&std::fs::read(dir.join(SERVER_NOTE)).ok()?).ok()
}

#[derive(Deserialize)]
struct RefusalBody {
    error: RefusalDetail,
}

#[derive(Deserialize)]
struct RefusalDetail {
    why: String,
    instead: String,
}

impl Local {
    /// The desk's ears as a drill uses them.
    pub fn say_words(&self) -> crate::desk::drill::SayFn {
        let (desk, resolve) = (self.desk.clone(), self.resolve.clone());
        Arc::new(move |caller, here, text, once| {
            let (desk, resolve) = (desk.clone(), resolve.clone());
            Box::pin(async move { desk.say(caller, here, Words::Text(text), once, &resolve).await })
        })
    }
}

impl Remote {
    /// Plays a scenario on the server; what it tells arrives as it happens.
    pub async fn play(
        &self,
        file: &str,
        text: String,
        speed: f64,
    ) -> Result<impl futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Unpin + use<>, Failure>
    {
        let request = self
            .client
            .post(format!("{}/api/v1/drills", self.base))
            .query(&[("file", file), ("speed", &speed.to_string())])
            // As long as the drill takes; the line that comes next proves that it is alive.
            .timeout(Duration::from_secs(24 * 3_600))
            .body(text);
        Ok(Box::pin(self.send(request).await?.bytes_stream()))
    }

    /// Where the server is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// In whose name words are said.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// Whether a token says who speaks.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// What is said from now on is typed in the console.
    pub fn in_console(self) -> Remote {
        Remote { via: "console", ..self }
    }

    /// What stands at a path.
    pub async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let bytes = self.call(Method::GET, path, None).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Failure(format!("{}{path} says what this version does not read: {error}.", self.base))
        })
    }

    /// Says a line as it was typed. However often it is said with the same key, it is done once.
    ///
    /// # Errors
    /// [`Missed`].
    pub async fn type_line(
        &self,
        here: Option<IncidentId>,
        text: &str,
        key: Uuid,
    ) -> Result<AnswerBody, Missed> {
        let request = self.client.post(format!("{}{}", self.base, words_path(here)));
        let request = request.header("idempotency-key", key.to_string());
        let response = self.send(request.json(&serde_json::json!({ "text": text }))).await?;
        let bytes = response.bytes().await.map_err(Missed::broken_off)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Missed::unknown(format!("{} answers what this version does not read: {error}.", self.base))
        })
    }

    /// The live hints that the console's pages get too: server-sent events.
    pub async fn hints(
        &self,
    ) -> Result<impl futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Unpin + use<>, Failure>
    {
        let name = utf8_percent_encode(&self.person.name, NON_ALPHANUMERIC);
        let request = self
            .client
            .get(format!("{}/console/events", self.base))
            // As long as somebody looks; the heartbeat proves that it is alive.
            .timeout(Duration::from_secs(24 * 3_600))
            .header(reqwest::header::COOKIE, format!("{NAME_COOKIE}={name}"));
        Ok(Box::pin(self.send(request).await?.bytes_stream()))
    }

    fn new(url: &str, token: Option<Secret>, person: Person) -> Result<Remote, Failure> {
        let base = url.trim_end_matches('/').to_owned();
        if url::Url::parse(&base).is_err() {
            return Err(Failure(format!(
                "COMMANDPOST_URL is «{base}», which is no address. Write http://127.0.0.1:8911."
            )));
        }
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(60))
            .build()?;
        Ok(Remote { client, base, token, person, via: "cli" })
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Result<Vec<u8>, Missed> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = self.send(request).await?;
        Ok(response.bytes().await.map_err(Missed::broken_off)?.to_vec())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Missed> {
        let mut request = request
            .header("x-commandpost-via", self.via)
            .header("x-commandpost-person", percent_name(&self.person.name));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        let response = request.send().await.map_err(|error| {
            let why = if error.is_connect() {
                "nobody answers there".to_owned()
            } else {
                error.without_url().to_string()
            };
            Missed::unknown(format!(
                "{}: {why}. Is the server running? COMMANDPOST_URL says where it is.",
                self.base
            ))
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = response.bytes().await.map_err(Missed::broken_off)?;
        if let Ok(refusal) = serde_json::from_slice::<RefusalBody>(&bytes) {
            let why = format!("{} {}", refusal.error.why, refusal.error.instead);
            return Err(Missed { why, is_refusal: status != StatusCode::SERVICE_UNAVAILABLE });
        }
        // Whoever answers so is not the server: a proxy before it, perhaps.
        let hint = if status == StatusCode::UNAUTHORIZED { " Set COMMANDPOST_TOKEN." } else { "" };
        Err(Missed::unknown(format!("{} answered {status}.{hint}", self.base)))
    }
}

/// A header value: names with letters beyond ASCII go as UTF-8 bytes.
fn percent_name(name: &str) -> reqwest::header::HeaderValue {
    reqwest::header::HeaderValue::from_bytes(name.as_bytes())
        .unwrap_or_else(|_| reqwest::header::HeaderValue::from_static("operator"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_beside_a_token_is_refused_instead_of_ignored() {
        let token = Secret::new("canary");
        let why = undoubted(Some("ada"), Some(&token)).unwrap_err().0;
        assert!(why.contains("`--as ada`") && why.contains("COMMANDPOST_TOKEN"), "{why}");
        assert!(!why.contains("canary"));
        assert!(undoubted(None, Some(&token)).is_ok() && undoubted(Some("ada"), None).is_ok());
    }
}
