//! Rosters in files of their own: a folder of them, or what a pattern names.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{RosterFile, TeamRoster, check};
use crate::{
    alert::rules::glob,
    config::{Config, Problem, document, load, report::Report, secrets, shape::Shape},
};

/// Files of rosters at most.
const FILES_MAX: usize = 500;
const KEY: &str = "on_call.rosters_from";

/// Puts the rosters of the files behind those of the settings file `name`. What is wrong in those files comes back; what is wrong
/// with naming them is reported.
pub(in crate::config) fn resolve(
    config: &mut Config,
    name: &str,
    base: &Path,
    report: &mut Report<'_>,
) -> Vec<Problem> {
    let Some(named) = config.on_call.rosters_from.clone() else { return vec![] };
    // Held against what is itself in question, everything in the files would be told to be wrong.
    if ["on_call", "person", "organization", "roster"].into_iter().any(|section| report.is_spoilt(section)) {
        return vec![];
    }
    let files = match files(&base.join(&named)) {
        Ok(files) => files,
        Err((what, hint)) => {
            report.at(KEY, what, hint);
            report.spoil("roster");
            return vec![];
        }
    };
    let here = config.roster.iter().enumerate().map(|(n, one)| {
        let place = report.in_words(&report.place_of(&format!("roster[{n}].name")));
        (one.name.clone(), format!("{name}, {place}"))
    });
    let mut names: BTreeMap<String, String> = here.collect();
    let (mut problems, mut rosters) = (Vec::new(), Vec::new());
    for file in files {
        match read(&file, base, config, &mut names) {
            Ok(more) => rosters.extend(more),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() {
        config.roster.extend(rosters);
    } else {
        // Where some are missing, nobody is told that what they are named in is wrong.
        check::rosters(config, &config.roster, report);
        report.spoil("roster");
    }
    problems
}

/// Those of one file. `names` are the rosters that there are, and where each stands.
fn read(
    path: &Path,
    base: &Path,
    config: &Config,
    names: &mut BTreeMap<String, String>,
) -> Result<Vec<TeamRoster>, Vec<Problem>> {
    let (name, shape) = (path.display().to_string(), Shape::of_rosters());
    let text = match load::read_file(path, "file of rosters") {
        Ok(text) => text,
        Err((what, hint)) => {
            let mut report = Report::new(&name, "");
            report.at("", what, hint);
            return Err(report.finish());
        }
    };
    let mut report = Report::new(&name, &text);
    if document::read(&text, &shape, &mut report) {
        match load::whole::<RosterFile>(&text, &shape, &mut report) {
            Ok(RosterFile { mut roster }) => {
                secrets::resolve_rosters(&mut roster, base, &mut report);
                check::rosters(config, &roster, &mut report);
                for (n, one) in roster.iter().enumerate() {
                    let key = format!("roster[{n}].name");
                    let here = format!("{name}, {}", report.in_words(&report.place_of(&key)));
                    match names.get(&one.name) {
                        // Twice in one file was told already.
                        Some(there) if !there.starts_with(&format!("{name}, ")) => {
                            let what = format!("`{}` is there already ({there})", one.name);
                            report.at(&key, what, "Each must be there once.");
                        }
                        Some(_) => {}
                        None => drop(names.insert(one.name.clone(), here)),
                    }
                }
                if report.is_clean() {
                    return Ok(roster);
                }
            }
            Err(what) if report.is_clean() => report.at("", what, ""),
            Err(_) => {}
        }
    }
    Err(report.finish())
}

/// The files that are meant, in the order of their names.
fn files(named: &Path) -> Result<Vec<PathBuf>, (String, &'static str)> {
    const HINT: &str = "Give a folder, or a pattern such as `rosters/*.toml`; or take this away.";
    let last = named.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let (folder, pattern) = match last.contains('*') {
        true => (named.parent().unwrap_or(Path::new("")), last),
        false if named.is_file() => return Ok(vec![named.to_owned()]),
        false => (named, "*.toml"),
    };
    // A pattern without a folder is about the one that we are in.
    let there = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let failed =
        |error: std::io::Error| (format!("the folder {} cannot be read: {error}", there.display()), HINT);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(there).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let is_meant = name.to_str().is_some_and(|name| !name.starts_with('.') && glob(pattern, name));
        if is_meant && entry.path().is_file() {
            files.push(folder.join(name));
        }
        if files.len() > FILES_MAX {
            return Err((format!("it names more than {FILES_MAX} files"), "Put several rosters into one."));
        }
    }
    files.sort();
    if files.is_empty() {
        return Err((format!("no file fits {}", folder.join(pattern).display()), HINT));
    }
    Ok(files)
}
