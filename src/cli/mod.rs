//! The command line: one file a verb.

pub mod alerts;
pub mod backup;
mod chats;
pub mod check;
mod console;
pub mod demo;
mod doors;
pub mod drills;
mod heartbeats;
pub mod house;
pub mod incident;
mod letters;
pub mod notify;
pub mod oncall;
pub mod reach;
mod reload;
pub mod ruled;
mod senders;
pub mod serve;
mod shelf;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::{alert::text::legible, config::Config};

/// The incident command post of a team chat.
#[derive(Debug, Parser)]
#[command(name = "commandpost", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// The configuration file; without one, defaults and COMMANDPOST_* variables
    #[arg(long, global = true, value_name = "FILE", env = "COMMANDPOST_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where the journal is kept; overrides the configuration
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the command post: hooks, API, console, status page and chats
    Serve(serve::Args),
    /// Say words on an incident: `incident note INC-1 "the database failed over"`
    #[command(alias = "inc")]
    Incident(incident::Args),
    /// The command post in this terminal, live: incidents, timeline, tasks, alerts, and a line to type in
    Console(console::Args),
    /// Who is on call now, at another time, or over a while; and who is instead
    Oncall(oncall::Args),
    /// Print a timeline as Markdown, JSON or CSV
    Export(incident::ExportArgs),
    /// Prove a timeline's hash chain
    Verify(incident::VerifyArgs),
    /// Check configuration, playbooks and drills, with the place of each mistake
    Check(check::Args),
    /// Show settings: what is in force, or the whole reference
    Config(check::ConfigArgs),
    /// Rehearse: play a scripted outage by the real ways, with nothing of it leaving the house
    Drill(drills::Args),
    /// What waits to leave the house, and why; retry or drop it
    Outbox(incident::OutboxArgs),
    /// Copy everything into a new file, while the server runs
    Backup(backup::BackupArgs),
    /// Put a backup in place of the data directory's database
    Restore(backup::RestoreArgs),
    /// Make lists and status page anew from the timelines
    Rebuild,
    /// What alerts tell: what and why, which rules cry wolf
    Alerts(alerts::Args),
    /// Say what was changed, or list the last changes
    Change(alerts::ChangeArgs),
    /// Who can post alerts and changes, and what would become of a body
    Senders(senders::Args),
    /// Who gives signs of life, when each was heard last, and what is missed
    Heartbeats(heartbeats::Args),
    /// Have the running server read its settings and playbooks anew, and show what changed
    Reload(reload::Args),
    /// Hand a message to a hook, keeping what could not be delivered: for monitors that run a hook once and forget
    Notify(notify::Args),
}

/// Runs the command line and says how it went.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("commandpost: a TLS provider was installed before; going on with it.");
    }
    // Two cores' worth of threads suffice: nothing here computes for long.
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("commandpost: the runtime does not start: {error}.");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(cli));
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    code
}

async fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.verb {
        Verb::Serve(ref args) => serve::run(&cli, args).await,
        Verb::Incident(ref args) => incident::run(&cli, args).await,
        Verb::Console(ref args) => console::run(&cli, args).await,
        Verb::Oncall(ref args) => oncall::run(&cli, args).await,
        Verb::Export(ref args) => incident::export(&cli, args).await,
        Verb::Verify(ref args) => incident::verify(&cli, args).await,
        Verb::Check(ref args) => check::run(&cli, args).await,
        Verb::Config(ref args) => check::config(&cli, args),
        Verb::Drill(ref args) => drills::run(&cli, args).await,
        Verb::Outbox(ref args) => incident::outbox(&cli, args).await,
        Verb::Backup(ref args) => backup::backup(&cli, args).await,
        Verb::Restore(ref args) => backup::restore(&cli, args).await,
        Verb::Rebuild => backup::rebuild(&cli).await,
        Verb::Alerts(ref args) => alerts::run(&cli, args).await,
        Verb::Change(ref args) => alerts::change(&cli, args).await,
        Verb::Senders(ref args) => senders::run(&cli, args),
        Verb::Heartbeats(ref args) => heartbeats::run(&cli, args).await,
        Verb::Reload(ref args) => reload::run(&cli, args).await,
        Verb::Notify(ref args) => notify::run(args).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // What a person reads may come from outside: nothing in it may move the cursor.
            drop(writeln!(std::io::stderr(), "commandpost: {}", printable(&failure.0)));
            ExitCode::FAILURE
        }
    }
}

/// Why a verb did not succeed, in sentences.
#[derive(Debug)]
pub struct Failure(pub String);

impl<T: std::fmt::Display> From<T> for Failure {
    fn from(error: T) -> Self {
        Failure(error.to_string())
    }
}

pub type Outcome = Result<(), Failure>;

impl Cli {
    /// The settings, with what the command line overrides.
    ///
    /// # Errors
    /// Every mistake with its place.
    pub fn settings(&self) -> Result<Config, Failure> {
        settings(self.config.as_deref(), self.data_dir.as_deref())
    }
}

/// The settings in this file, kept in this directory where one is given.
fn settings(file: Option<&Path>, data_dir: Option<&Path>) -> Result<Config, Failure> {
    let env = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        // The command line's own variables.
        .filter(|(name, _)| name != "COMMANDPOST_CONFIG");
    let mut config = Config::load(file, env).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
        Failure(format!("the configuration has mistakes:\n{}", lines.join("\n")))
    })?;
    if let Some(dir) = data_dir {
        config.storage.data_dir = dir.to_owned();
    }
    Ok(config)
}

/// Shows a line on standard output. Whoever reads it may be gone (`| head`): that ends nothing.
pub fn show(text: &str) {
    drop(try_show(text));
}

/// Shows a line on standard output.
///
/// # Errors
/// Nobody reads it.
fn try_show(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{}", printable(text))
}

/// Text fit for a terminal: what acts on it (but line breaks and tabs) is shown, not obeyed, whoever recorded it when.
pub fn printable(text: &str) -> String {
    legible(text)
}
