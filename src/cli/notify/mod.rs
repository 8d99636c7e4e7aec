//! `notify`: hands a message to a hook. What cannot be delivered is kept in a spool and sent the next time, in order.
//!
//! Nagios, Icinga and Monit run their hook once and forget it: a restart of ours must not cost them their message. Several of them
//! may share a spool: what is refused, or gets no answer, holds up its own hook alone, and goes out only with its own hook's token.
//! Messages lie in the `spool`, a `delivery` sends them, and a `door` takes them or says why not.

mod delivery;
mod door;
mod spool;

use std::{ffi::OsString, io::Read, path::PathBuf};

use chrono::TimeDelta;

use self::delivery::{Run, at_once, deliver};
use super::{Failure, Outcome};
use crate::{
    config::Secret,
    desk::clock::{System, World},
};

const BODY_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// A monitor waits for its hook, often half a minute, and then kills it.
const RUN_MAX: TimeDelta = TimeDelta::seconds(20);
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
    // Whoever gives a message besides would lose it without a word.
    #[arg(long, conflicts_with = "fields")]
    pub flush: bool,
}

/// Spools the message on disk, then delivers everything in the spool that this run may, oldest first. Succeeds once the message
/// is safe: delivered, or kept.
pub async fn run(args: &Args) -> Outcome {
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let url = given("COMMANDPOST_URL").unwrap_or_else(|| "http://127.0.0.1:8911".into());
    let token = given("COMMANDPOST_TOKEN").map(Secret::new);
    let (token, named) = (token.as_ref(), args.hook.as_deref());
    let made = spool::make(&args.spool)
        .map_err(|e| Failure(format!("the spool {} cannot be made: {e}", args.spool.display())));
    let hook = if args.flush { named } else { Some(named.unwrap_or(HOOK)) };
    let time_max = (!args.flush).then_some(RUN_MAX);
    let run = Run { url: url.trim_end_matches('/'), token, hook, is_flush: args.flush, time_max };
    if let (false, Some(hook)) = (args.flush, hook) {
        if hook.is_empty() || !hook.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
            return Err(Failure(format!("«{hook}» is no hook's name.")));
        }
        let body = message(args)?;
        if let Err(why) = made.and_then(|()| spool::keep(&args.spool, hook, token, &body)) {
            return at_once(&args.spool, &run, hook, body, &why.0).await;
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

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn a_field_that_is_not_utf8_does_not_cost_the_message() {
        let field = OsString::from_vec(b"output=disk f\xfcll".to_vec());
        let args = Args { hook: None, spool: PathBuf::new(), fields: vec![field], flush: false };
        let body: serde_json::Value = serde_json::from_slice(&message(&args).unwrap()).unwrap();
        assert_eq!(body["output"], "disk f\u{fffd}ll");
    }

    #[test]
    fn a_message_beside_a_flush_is_refused_and_not_left_out() {
        let parsed = |args: &[&str]| {
            let all = ["commandpost", "notify", "--spool", "x", "--flush"].iter().chain(args);
            Cli::try_parse_from(all).is_ok()
        };
        assert!(parsed(&[]) && parsed(&["--hook", "nagios"]));
        assert!(!parsed(&["--field", "title=disk is full"]));
    }
}
