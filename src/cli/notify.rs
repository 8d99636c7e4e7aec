//! `notify`: hands a message to a hook. What cannot be delivered is kept in a spool and sent the next time, in order.
//!
//! Nagios, Icinga and Monit run their hook once and forget it: a restart of ours must not cost them their message. Several of them
//! may share a spool: what is refused, or gets no answer, holds up its own hook alone, and goes out only with its own hook's token.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{DirBuilder, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use sha2::{Digest, Sha256};

use super::{Failure, Outcome};
use crate::{
    alert::text::one_line,
    config::Secret,
    desk::clock::{System, World},
};

const BODY_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Messages of one hook kept in a spool; beyond that the disk is somebody's problem first.
const SPOOL_MAX: usize = 10_000;
/// How old a message gets that its hook refuses; somebody may be setting that right.
const REFUSED_HOURS_MAX: i64 = 24;
/// A message may go without an answer so long, in seconds.
const ANSWER_SECONDS_MAX: u64 = 20;
/// When the messages of so many hooks got no answer, the rest is left to the next run: whoever started this one waits for its end.
const UNANSWERED_HOOKS_MAX: usize = 2;
/// The hook, where none is named.
const HOOK: &str = "generic";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The hook: a sender (`commandpost senders list`), or one of the settings; left out, `generic`. With --flush, the one
    /// whose messages are sent
    #[arg(long, value_name = "NAME")]
    pub hook: Option<String>,
    /// Keeps what could not be delivered; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub spool: PathBuf,
    /// A field of the message, `key=value`; without any, the body is read from standard input
    // What a check printed need not be UTF-8, and its alert must not be lost for that.
    #[arg(long = "field", short = 'f', value_name = "KEY=VALUE")]
    pub fields: Vec<OsString>,
    /// Only send what is in the spool
    #[arg(long)]
    pub flush: bool,
}

/// What a run delivers with.
#[derive(Debug)]
struct Run<'r> {
    url: &'r str,
    token: Option<&'r Secret>,
    /// The hook that it is for; a flush may be for all.
    hook: Option<&'r str>,
    is_flush: bool,
}

/// A message in the spool, as the name of its file says: `ID.HOOK.msg`, or `ID.HOOK.MARK.msg` if it was kept with a token.
#[derive(Debug)]
struct Message {
    file: PathBuf,
    id: String,
    hook: String,
    mark: Option<String>,
}

/// What a run came to.
#[derive(Debug, Default)]
struct Delivered {
    sent: usize,
    /// What is still there, by its hook.
    held: BTreeMap<String, Held>,
    /// What others kept in a spool that is shared, and only they may read.
    of_others: usize,
}

#[derive(Debug, Default)]
struct Held {
    count: usize,
    /// What its door said; empty, if it is for a run with another token.
    why: String,
}

/// Spools the message on disk, then delivers everything in the spool that this run may, oldest first. Succeeds once the message
/// is safe: delivered, or kept.
pub async fn run(args: &Args) -> Outcome {
    let url = std::env::var("COMMANDPOST_URL").unwrap_or_else(|_| "http://127.0.0.1:8911".into());
    let token = std::env::var("COMMANDPOST_TOKEN").ok().filter(|t| !t.is_empty()).map(Secret::new);
    let (token, named) = (token.as_ref(), args.hook.as_deref());
    let made = make(&args.spool)
        .map_err(|e| Failure(format!("the spool {} cannot be made: {e}", args.spool.display())));
    let hook = if args.flush { named } else { Some(named.unwrap_or(HOOK)) };
    let run = Run { url: url.trim_end_matches('/'), token, hook, is_flush: args.flush };
    if let (false, Some(hook)) = (args.flush, hook) {
        if hook.is_empty() || !hook.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
            return Err(Failure(format!("«{hook}» is no hook's name.")));
        }
        let body = message(args)?;
        if let Err(why) = made.and_then(|()| keep(&args.spool, hook, token, &body)) {
            return at_once(&run, hook, body, &why.0).await;
        }
    } else {
        made?;
    }
    let why = match deliver(&args.spool, &run).await {
        Ok(delivered) => {
            super::show(&delivered.summary());
            delivered.refusals()
        }
        Err(why) => why.0,
    };
    if why.is_empty() {
        return Ok(());
    }
    let told = format!("kept in {} for the next run: {why}", args.spool.display());
    if args.flush {
        return Err(Failure(told));
    }
    eprintln!("commandpost: {}", super::printable(&told));
    Ok(())
}

fn message(args: &Args) -> Result<Vec<u8>, Failure> {
    if args.fields.is_empty() {
        let mut body = Vec::new();
        std::io::stdin().take(BODY_BYTES_MAX + 1).read_to_end(&mut body)?;
        if body.is_empty() {
            return Err(Failure("the message is empty. Pipe it in, or give --field title=...".into()));
        }
        if body.len() as u64 > BODY_BYTES_MAX {
            return Err(Failure(format!("the message is larger than {BODY_BYTES_MAX} bytes.")));
        }
        return Ok(body);
    }
    let mut object = serde_json::Map::new();
    for field in &args.fields {
        let field = field.to_string_lossy();
        let Some((key, value)) = field.split_once('=') else {
            return Err(Failure(format!("--field {field}: write KEY=VALUE.")));
        };
        object.insert(key.to_owned(), value.into());
    }
    // The moment belongs to the message, not to its delivery: a spooled one is not a new alert.
    object.entry("sent_at").or_insert_with(|| System.now().to_rfc3339().into());
    Ok(serde_json::to_vec(&object)?)
}

/// The spool, if it is not there. What monitors say is for nobody else on the machine, unless whoever made the folder shares it.
fn make(spool: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(spool)
}

/// Writes a message so that it is there after a power cut: file, rename, directory.
fn keep(spool: &Path, hook: &str, token: Option<&Secret>, body: &[u8]) -> Outcome {
    if spooled(spool)?.iter().filter(|message| message.hook == hook).count() >= SPOOL_MAX {
        return Err(Failure(format!(
            "the spool {} holds {SPOOL_MAX} messages of {hook} already; see why none is delivered.",
            spool.display()
        )));
    }
    let id = System.id().to_string();
    let mark = token.map(|token| format!(".{}", mark(&id, token))).unwrap_or_default();
    let name = format!("{id}.{hook}{mark}.msg");
    let partial = spool.join(format!(".{name}"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
    let written = file.write_all(body).and_then(|()| file.sync_all());
    if let Err(why) = written.and_then(|()| std::fs::rename(&partial, spool.join(name))) {
        drop(std::fs::remove_file(&partial));
        return Err(why.into());
    }
    File::open(spool)?.sync_all()?;
    Ok(())
}

/// By which a run knows that its token is that of a message: the beginning of a hash with the message's id, so that nobody can
/// tell the token from it.
fn mark(id: &str, token: &Secret) -> String {
    let mut hash = Sha256::new();
    hash.update(id);
    hash.update(token.expose());
    let mut mark = hex::encode(hash.finalize());
    mark.truncate(8);
    mark
}

/// Messages in the order in which a run sends them: oldest first, those of its own hook before others, for which it need not wait.
fn in_turn(spool: &Path, run: &Run<'_>) -> Result<Vec<Message>, Failure> {
    let mut messages = spooled(spool)?;
    messages.sort_by_key(|message| run.hook != Some(message.hook.as_str()));
    Ok(messages)
}

/// Messages in the spool, oldest first: their names begin with an id that sorts by time.
fn spooled(spool: &Path) -> Result<Vec<Message>, Failure> {
    let mut messages = Vec::new();
    for entry in std::fs::read_dir(spool)? {
        messages.extend(Message::of(entry?.path()));
    }
    messages.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(messages)
}

impl Message {
    /// None, if the file is none.
    fn of(file: PathBuf) -> Option<Message> {
        let name = file.file_name()?.to_str()?.strip_suffix(".msg")?;
        let mut parts = name.split('.').map(str::to_owned);
        let (id, hook, mark) = (parts.next()?, parts.next()?, parts.next());
        (!id.is_empty()).then_some(Message { file, id, hook, mark })
    }

    /// The token that a run shows with it, if it is the run's to send.
    ///
    /// A run for its hook sends it, with whatever token it has, which may have been changed since; one for another hook, or for
    /// all, only if it has the token with which it was kept. What was kept without a token needs none of another hook's.
    fn token<'r>(&self, run: &Run<'r>) -> Option<Option<&'r Secret>> {
        let is_of_hook = run.hook == Some(self.hook.as_str());
        match (&self.mark, run.token) {
            (None, token) => Some(token.filter(|_| is_of_hook || run.hook.is_none())),
            (Some(_), None) => None,
            (Some(kept), Some(token)) => {
                (is_of_hook || *kept == mark(&self.id, token)).then_some(Some(token))
            }
        }
    }

    /// Whether it is so old that it is no longer tried.
    fn is_old(&self, now: DateTime<Utc>) -> bool {
        let kept_at = std::fs::metadata(&self.file).and_then(|metadata| metadata.modified());
        kept_at.is_ok_and(|at| now - DateTime::<Utc>::from(at) >= TimeDelta::hours(REFUSED_HOURS_MAX))
    }

    /// Sets it aside, so that it does not hold up the rest, and is not thrown away.
    fn set_aside(&self, why: &str) -> Outcome {
        let aside = self.file.with_extension("refused");
        std::fs::rename(&self.file, &aside)?;
        let told = format!("refused and set aside as {}: {why}", aside.display());
        eprintln!("commandpost: {}", super::printable(&told));
        Ok(())
    }
}

impl Delivered {
    /// Leaves a message, and with it those of its hook that come after it.
    fn hold(&mut self, message: &Message, why: String) {
        self.held.insert(message.hook.clone(), Held { count: 1, why });
    }

    fn summary(&self) -> String {
        let left = self.held.iter().filter(|(_, held)| held.why.is_empty());
        let left: Vec<String> = left.map(|(hook, held)| format!("{} of {hook}", held.count)).collect();
        let mut summary = format!("{} delivered", self.sent);
        if !left.is_empty() {
            summary.push_str(&format!("; left to a run with their token: {}", left.join(", ")));
        }
        if self.of_others > 0 {
            summary.push_str(&format!("; left to who kept them: {}", self.of_others));
        }
        summary + "."
    }

    /// What the doors said to what is still there; empty, if they took what they were given.
    fn refusals(&self) -> String {
        let refused = self.held.iter().filter(|(_, held)| !held.why.is_empty());
        let refused: Vec<String> =
            refused.map(|(hook, held)| format!("{} of {hook}, for {}", held.count, held.why)).collect();
        refused.join("; ")
    }
}

/// Delivers a message that could not be kept: the full disk may be what it tells of.
async fn at_once(run: &Run<'_>, hook: &str, body: Vec<u8>, why: &str) -> Outcome {
    let lost = |said: &str| Failure(format!("it could neither be kept nor delivered: {why} {said}"));
    let sent = request(&client()?, run, hook, run.token, body).send().await;
    let response = sent.map_err(|error| lost(&no_answer(run, error)))?;
    let status = response.status();
    if !status.is_success() {
        let said = said(&response.text().await.unwrap_or_default());
        return Err(lost(&format!("{}/hooks/{hook} answered {status}. {said}", run.url)));
    }
    super::show("1 delivered.");
    eprintln!("commandpost: not kept before it was delivered: {}", super::printable(why));
    Ok(())
}

fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
        // Followed, a POST becomes a GET, whose 200 would be taken for a delivery.
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

fn request(
    client: &reqwest::Client,
    run: &Run<'_>,
    hook: &str,
    token: Option<&Secret>,
    body: Vec<u8>,
) -> reqwest::RequestBuilder {
    let request = client
        .post(format!("{}/hooks/{hook}", run.url))
        .header("content-type", "application/json")
        .body(body);
    match token {
        Some(token) => request.bearer_auth(token.expose()),
        None => request,
    }
}

fn no_answer(run: &Run<'_>, error: reqwest::Error) -> String {
    if error.is_connect() {
        format!("nobody answers at {}", run.url)
    } else if error.is_timeout() {
        format!("no answer within {ANSWER_SECONDS_MAX} seconds")
    } else {
        error.without_url().to_string()
    }
}

/// Delivers what the run may.
///
/// # Errors
/// Nobody answers: the rest of the spool waits.
async fn deliver(spool: &Path, run: &Run<'_>) -> Result<Delivered, Failure> {
    // One sender at a time keeps the order; another run's message waits for it.
    let lock = lock_file(&spool.join(".lock"))?;
    lock.lock()?;
    let client = client()?;
    let (mut delivered, mut unanswered) = (Delivered::default(), 0);
    for message in in_turn(spool, run)? {
        if run.is_flush && run.hook.is_some_and(|hook| hook != message.hook) {
            continue;
        }
        if let Some(held) = delivered.held.get_mut(&message.hook) {
            held.count += 1;
            continue;
        }
        let Some(token) = message.token(run) else {
            delivered.hold(&message, String::new());
            continue;
        };
        let body = match std::fs::read(&message.file) {
            Ok(body) => body,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                delivered.of_others += 1;
                continue;
            }
            Err(error) => {
                delivered.hold(&message, format!("{} cannot be read: {error}", message.file.display()));
                continue;
            }
        };
        let response = match request(&client, run, &message.hook, token, body).send().await {
            Ok(response) => response,
            // Nobody is there for any of them.
            Err(error) if error.is_connect() => return Err(Failure(no_answer(run, error))),
            Err(error) => {
                delivered.hold(&message, no_answer(run, error));
                unanswered += 1;
                if unanswered == UNANSWERED_HOOKS_MAX {
                    break;
                }
                continue;
            }
        };
        let status = response.status();
        if status.is_success() {
            std::fs::remove_file(&message.file)?;
            delivered.sent += 1;
            continue;
        }
        let said = said(&response.text().await.unwrap_or_default());
        let why = format!("{}/hooks/{} answered {status}. {said}", run.url, message.hook);
        if is_final(status) {
            message.set_aside(&why)?;
            continue;
        }
        // A wrong token of another hook's run says nothing of the message.
        let is_its_token = run.hook.is_none_or(|hook| hook == message.hook) || message.mark.is_some();
        let is_refused = status == StatusCode::NOT_FOUND
            || is_its_token && matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        if is_refused && message.is_old(System.now()) {
            let since =
                format!("for {REFUSED_HOURS_MAX} hours. To send it all the same, let its name end in .msg");
            message.set_aside(&format!("{why} It was tried {since}."))?;
        } else {
            delivered.hold(&message, why);
        }
    }
    Ok(delivered)
}

/// A lock is one to a user who may only read it, too: of the monitors that share a spool each may have its own.
fn lock_file(path: &Path) -> std::io::Result<File> {
    File::open(path).or_else(|_| OpenOptions::new().write(true).create(true).truncate(false).open(path))
}

/// Whether an answer says that the message will never be taken, whoever brings it.
fn is_final(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    )
}

/// What a door says, in its own words; whoever stands before it may have others.
fn said(text: &str) -> String {
    let error = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    let word = |key: &str| error.pointer(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let (why, instead) = (word("/error/why"), word("/error/instead"));
    if why.is_empty() { one_line(text, 300) } else { format!("{why} {instead}").trim_end().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(hook: &str, token: Option<&Secret>) -> Message {
        let id = "01a20361-307f-769f-911e-8151ac51f367";
        let mark = token.map(|token| format!(".{}", mark(id, token))).unwrap_or_default();
        Message::of(PathBuf::from(format!("/spool/{id}.{hook}{mark}.msg"))).unwrap()
    }

    #[test]
    fn a_message_goes_out_with_the_token_of_its_own_hook_only() {
        let (monits, nagios) = (Secret::new("token-of-monit"), Secret::new("token-of-nagios"));
        let run = |token, hook| Run { url: "", token, hook, is_flush: false };
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

    #[test]
    fn the_name_of_a_kept_message_tells_its_hook_and_not_its_token() {
        let token = Secret::new("s3cret");
        let message = kept("nagios-2", Some(&token));
        assert_eq!((message.hook.as_str(), message.mark.as_deref().map(str::len)), ("nagios-2", Some(8)));
        assert!(!message.file.display().to_string().contains("s3cret"));
        assert!(Message::of(PathBuf::from("/spool/.id.nagios.msg")).is_none());
        assert!(Message::of(PathBuf::from("/spool/id.nagios.refused")).is_none());
    }

    /// A door that answers so once, and what it is sent.
    async fn door(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        drop(rustls::crypto::ring::default_provider().install_default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"{}") {
                assert_ne!(stream.read_buf(&mut asked).await.unwrap(), 0);
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        (url, served)
    }

    #[tokio::test]
    async fn a_door_that_sends_elsewhere_has_taken_nothing() {
        let answer =
            "HTTP/1.1 301 Moved Permanently\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let (url, served) = door(answer).await;
        let spool = tempfile::tempdir().unwrap();
        keep(spool.path(), "generic", None, b"{}").unwrap();
        let run = Run { url: &url, token: None, hook: Some("generic"), is_flush: false };
        let delivered = deliver(spool.path(), &run).await.unwrap();
        assert_eq!((delivered.sent, spooled(spool.path()).unwrap().len()), (0, 1));
        assert!(delivered.refusals().contains("301"), "{delivered:?}");
        served.await.unwrap();
    }

    /// A door that hangs up on messages for the hook `slow`, and takes all others; the paths of what it took, in order.
    async fn door_without_an_answer_for_slow() -> (String, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        drop(rustls::crypto::ring::default_provider().install_default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let list = taken.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = Vec::new();
                while !asked.ends_with(b"{}") {
                    if stream.read_buf(&mut asked).await.unwrap() == 0 {
                        break;
                    }
                }
                let asked = String::from_utf8(asked).unwrap();
                let path = asked.split(' ').nth(1).unwrap_or_default().to_owned();
                if !path.starts_with("/hooks/slow") {
                    list.lock().unwrap().push(path);
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    stream.write_all(answer).await.unwrap();
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
            keep(spool.path(), hook, None, b"{}").unwrap();
        }
        let run = Run { url: &url, token: None, hook: Some("monit"), is_flush: false };
        let delivered = deliver(spool.path(), &run).await.unwrap();
        assert_eq!((delivered.sent, delivered.held["slow"].count), (3, 2), "{delivered:?}");
        assert!(!delivered.refusals().is_empty());
        let order = taken.lock().unwrap().clone();
        assert_eq!(order, ["/hooks/monit", "/hooks/nagios", "/hooks/nagios"], "its own hook's come first");
        // Where a second hook has no answer either, the others' wait for the next run.
        for hook in ["slow-too", "slow-three", "nagios"] {
            keep(spool.path(), hook, None, b"{}").unwrap();
        }
        let flush = Run { url: &url, token: None, hook: None, is_flush: true };
        let delivered = deliver(spool.path(), &flush).await.unwrap();
        assert_eq!((delivered.sent, spooled(spool.path()).unwrap().len()), (0, 5), "{delivered:?}");
    }

    #[test]
    fn a_spool_that_is_made_here_is_for_whoever_made_it_and_one_that_is_shared_stays_so() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let spool = home.path().join("spool");
        make(&spool).unwrap();
        assert_eq!(mode(&spool), 0o700);
        keep(&spool, "nagios", None, b"{}").unwrap();
        assert_eq!(mode(&spooled(&spool).unwrap()[0].file), 0o600);
        std::fs::set_permissions(&spool, std::fs::Permissions::from_mode(0o770)).unwrap();
        make(&spool).unwrap();
        assert_eq!(mode(&spool), 0o770);
    }

    #[tokio::test]
    async fn what_cannot_be_kept_is_delivered_at_once() {
        let (url, served) = door("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        let token = Secret::new("s3cret");
        let run = Run { url: &url, token: Some(&token), hook: Some("monit"), is_flush: false };
        at_once(&run, "monit", b"{}".to_vec(), "No space left on device").await.unwrap();
        let asked = served.await.unwrap();
        assert!(asked.starts_with("POST /hooks/monit ") && asked.contains("Bearer s3cret"), "{asked}");
        let why = at_once(&run, "monit", b"{}".to_vec(), "No space left on device").await.unwrap_err();
        assert!(why.0.contains("No space left") && why.0.contains("nobody answers"), "{why:?}");
    }

    #[test]
    fn a_field_that_is_not_utf8_does_not_cost_the_message() {
        use std::os::unix::ffi::OsStringExt;
        let field = OsString::from_vec(b"output=disk f\xfcll".to_vec());
        let args = Args { hook: None, spool: PathBuf::new(), fields: vec![field], flush: false };
        let body: serde_json::Value = serde_json::from_slice(&message(&args).unwrap()).unwrap();
        assert_eq!(body["output"], "disk f\u{fffd}ll");
    }

    #[test]
    fn a_lock_that_another_user_made_is_only_opened() {
        use std::os::unix::fs::PermissionsExt;
        let spool = tempfile::tempdir().unwrap();
        let path = spool.path().join(".lock");
        assert!(lock_file(&path).is_ok());
        std::fs::write(&path, "kept").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
        lock_file(&path).unwrap().lock().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"kept");
    }

    #[test]
    fn what_a_door_says_is_told_in_its_words() {
        let body =
            r#"{"error": {"code": "unauthorized", "why": "No token was shown.", "instead": "Show one."}}"#;
        assert_eq!(said(body), "No token was shown. Show one.");
        assert_eq!(said("<h1>404\nnginx</h1>"), "<h1>404 nginx</h1>");
    }
}
