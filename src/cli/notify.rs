//! `notify`: hands a message to a hook. What cannot be delivered is kept in a spool and sent the next time, in order.
//!
//! Nagios, Icinga and Monit run their hook once and forget it: a restart of ours must not cost them their message.

use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Failure, Outcome};
use crate::{
    config::Secret,
    desk::clock::{System, World},
};

const BODY_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Messages kept in a spool; beyond that the disk is somebody's problem first.
const SPOOL_MAX: usize = 10_000;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The hook: a sender (`commandpost senders list`), or one of the settings
    #[arg(long, default_value = "generic", value_name = "NAME")]
    pub hook: String,
    /// Keeps what could not be delivered; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub spool: PathBuf,
    /// A field of the message, `key=value`; without any, the body is read from standard input
    #[arg(long = "field", short = 'f', value_name = "KEY=VALUE")]
    pub fields: Vec<String>,
    /// Only send what is in the spool
    #[arg(long)]
    pub flush: bool,
}

/// Spools the message on disk, then delivers everything in the spool, oldest first. Succeeds once the message is safe:
/// delivered, or kept.
pub async fn run(args: &Args) -> Outcome {
    let url = std::env::var("COMMANDPOST_URL").unwrap_or_else(|_| "http://127.0.0.1:8911".into());
    let token = std::env::var("COMMANDPOST_TOKEN").ok().filter(|t| !t.is_empty()).map(Secret::new);
    std::fs::create_dir_all(&args.spool)
        .map_err(|e| Failure(format!("the spool {} cannot be made: {e}", args.spool.display())))?;
    if !args.flush {
        let body = message(args)?;
        keep(&args.spool, &args.hook, &body)?;
    }
    match deliver(&args.spool, &url, token.as_ref()).await {
        Ok(sent) => {
            super::show(&format!("{sent} delivered."));
            Ok(())
        }
        Err(why) if args.flush => Err(why),
        Err(why) => {
            eprintln!("commandpost: kept in {} for the next run: {}", args.spool.display(), why.0);
            Ok(())
        }
    }
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
        let Some((key, value)) = field.split_once('=') else {
            return Err(Failure(format!("--field {field}: write KEY=VALUE.")));
        };
        object.insert(key.to_owned(), value.into());
    }
    // The moment belongs to the message, not to its delivery: a spooled one is not a new alert.
    object.entry("sent_at").or_insert_with(|| System.now().to_rfc3339().into());
    Ok(serde_json::to_vec(&object)?)
}

/// Writes a message so that it is there after a power cut: file, rename, directory.
fn keep(spool: &Path, hook: &str, body: &[u8]) -> Outcome {
    if hook.is_empty() || !hook.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return Err(Failure(format!("«{hook}» is no hook's name.")));
    }
    if spooled(spool)?.len() >= SPOOL_MAX {
        return Err(Failure(format!(
            "the spool {} holds {SPOOL_MAX} messages already; see why none is delivered.",
            spool.display()
        )));
    }
    let name = format!("{}.{hook}.msg", System.id());
    let partial = spool.join(format!(".{name}"));
    let mut file = std::fs::File::create(&partial)?;
    file.write_all(body)?;
    file.sync_all()?;
    std::fs::rename(&partial, spool.join(name))?;
    std::fs::File::open(spool)?.sync_all()?;
    Ok(())
}

/// Messages in the spool, oldest first: their names begin with an id that sorts by time.
fn spooled(spool: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(spool)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if name.ends_with(".msg") && !name.starts_with('.') {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

async fn deliver(spool: &Path, url: &str, token: Option<&Secret>) -> Result<usize, Failure> {
    // One sender at a time keeps the order; another run's message waits for it.
    let lock = std::fs::File::create(spool.join(".lock"))?;
    lock.lock()?;
    let client = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(20))
        .build()?;
    let mut sent = 0;
    for file in spooled(spool)? {
        let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let hook = name.trim_end_matches(".msg").rsplit('.').next().unwrap_or("generic").to_owned();
        let mut request = client
            .post(format!("{}/hooks/{hook}", url.trim_end_matches('/')))
            .header("content-type", "application/json")
            .body(std::fs::read(&file)?);
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        let response = request.send().await.map_err(|e| {
            Failure(if e.is_connect() {
                format!("nobody answers at {url}")
            } else {
                e.without_url().to_string()
            })
        })?;
        let status = response.status();
        if status.is_success() {
            std::fs::remove_file(&file)?;
            sent += 1;
        } else if status == reqwest::StatusCode::BAD_REQUEST
            || status == reqwest::StatusCode::PAYLOAD_TOO_LARGE
        {
            // It will never be taken: set aside, so that it does not hold up the rest, and not thrown away.
            let why = response.text().await.unwrap_or_default();
            std::fs::rename(&file, file.with_extension("refused"))?;
            eprintln!(
                "commandpost: refused and set aside as {}: {}",
                file.with_extension("refused").display(),
                super::printable(&why)
            );
        } else {
            return Err(Failure(format!("{url} answered {status}")));
        }
    }
    Ok(sent)
}
