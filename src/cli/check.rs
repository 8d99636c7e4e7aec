//! `check` and `config`: mistakes with their place, and the reference of settings.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Cli, Failure, Outcome, show};
use crate::{
    config,
    grammar::Known,
    http::{hooks::Served, metrics::Metrics},
    playbook::Problem,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Playbooks, drills or folders of them; without any, `playbooks` and `drills` here
    pub files: Vec<PathBuf>,
}

/// Checks everything that people write for the command post.
pub async fn run(cli: &Cli, args: &Args) -> Outcome {
    let mut mistakes_found = Vec::new();
    let shown = cli.config.as_ref().map_or_else(
        || "The configuration (defaults and environment)".to_owned(),
        |f| f.display().to_string(),
    );
    let metrics = Metrics::default();
    let checked = cli.settings().and_then(|config| {
        super::doors::served(&config, config.http.listen, &metrics, &Served::default()).map(drop)
    });
    match checked {
        Ok(()) => show(&format!("{shown} is in order.")),
        Err(failure) => mistakes_found.push(failure.0),
    }
    let known = known(cli);
    let folder = cli.settings().ok().and_then(|config| config.command.playbooks);
    for file in files(&args.files, folder)? {
        match check_file(&file, &known) {
            Ok(what) => show(&format!("{} is in order: {what}.", file.display())),
            Err(failure) => mistakes_found.push(failure.0),
        }
    }
    if mistakes_found.is_empty() { Ok(()) } else { Err(Failure(mistakes_found.join("\n"))) }
}

/// The team's own words, as the settings have them; none where the settings have mistakes.
pub fn known(cli: &Cli) -> Known {
    cli.settings().map_or_else(|_| Known::default(), |config| super::house::known(&config))
}

/// Mistakes as they are shown: place, what, what was meant, and the line itself.
pub fn mistakes(problems: &[Problem]) -> Failure {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    Failure(format!("{} mistakes:\n{}", problems.len(), lines.join("\n")))
}

/// The YAML files named, or in the folders named; by default those of `playbooks` and `drills`, and of the settings' own folder.
fn files(named: &[PathBuf], folder: Option<PathBuf>) -> Result<Vec<PathBuf>, Failure> {
    let mut defaults: Vec<PathBuf> = ["playbooks", "drills"].map(PathBuf::from).into();
    defaults.extend(folder.filter(|folder| !defaults.contains(folder)));
    let named: Vec<&PathBuf> = if named.is_empty() {
        defaults.iter().filter(|dir| dir.is_dir()).collect()
    } else {
        named.iter().collect()
    };
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        files.extend(yaml_in(path)?);
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The YAML files of a folder.
pub fn yaml_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| Failure(format!("{}: {e}", folder.display())))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What a file is stands in its `schema`.
fn check_file(file: &Path, known: &Known) -> Result<String, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|e| Failure(format!("{name}: {e}")))?;
    let (roles, reads) = (&known.roles, |words: &str| crate::desk::drill::fits(words, known));
    let is_drill = text.lines().any(|line| line.trim().starts_with("schema:") && line.contains("drill/"));
    if is_drill {
        let scenario =
            crate::drill::read(&name, &text, &reads, roles).map_err(|problems| mistakes(&problems))?;
        Ok(format!("drill «{}»", scenario.title))
    } else {
        let playbook =
            crate::playbook::read(&name, &text, &reads, roles).map_err(|problems| mistakes(&problems))?;
        Ok(format!("playbook «{}»", playbook.title))
    }
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
        ConfigVerb::Reference => show(config::reference().trim_end()),
        ConfigVerb::Example => show(config::example_toml().trim_end()),
        ConfigVerb::Show => {
            let shown = serde_json::to_string_pretty(&cli.settings()?.redacted())
                .map_err(|e| Failure(e.to_string()))?;
            show(&shown);
        }
    }
    Ok(())
}
