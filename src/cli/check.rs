//! `check` and `config`: mistakes with their place, and the reference of settings.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Cli, Failure, Outcome};
use crate::config;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Playbooks, drills or folders of them; without any, `playbooks` and `drills` here
    pub files: Vec<PathBuf>,
}

/// Checks everything that people write for the command post.
pub async fn run(cli: &Cli, _args: &Args) -> Outcome {
    let config = cli.settings()?;
    let shown = cli.config.as_ref().map_or_else(
        || "The configuration (defaults and environment)".to_owned(),
        |f| f.display().to_string(),
    );
    super::house::hooks(&config, config.http.listen)?;
    println!("{shown} is in order.");
    Ok(())
}

#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub what: ConfigVerb,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigVerb {
    /// Every setting with its default and meaning, as Markdown
    Reference,
    /// An example file with every default
    Example,
    /// What is in force now, without secrets
    Show,
}

pub fn config(cli: &Cli, args: &ConfigArgs) -> Outcome {
    match args.what {
        ConfigVerb::Reference => print!("{}", config::reference()),
        ConfigVerb::Example => print!("{}", config::example_toml()),
        ConfigVerb::Show => {
            let shown = serde_json::to_string_pretty(&cli.settings()?.redacted())
                .map_err(|e| Failure(e.to_string()))?;
            println!("{shown}");
        }
    }
    Ok(())
}
