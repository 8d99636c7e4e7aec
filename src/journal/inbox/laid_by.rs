//! What was taken and cannot be placed: a line of JSON each, in a file that a person can read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::log::Record;

#[derive(Serialize, Deserialize)]
struct Line {
    id: i64,
    receipt: String,
    at: i64,
    alerts: String,
}

fn path(dir: &Path) -> PathBuf {
    dir.join("inbox-laid-by.jsonl")
}

fn line(Record { id, receipt, at, alerts }: Record) -> io::Result<String> {
    Ok(serde_json::to_string(&Line { id, receipt, at, alerts })? + "\n")
}

/// All of them; a line that is none is left out.
pub fn read(dir: &Path) -> io::Result<Vec<Record>> {
    let text = match fs::read(path(dir)) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        Err(why) => return Err(why),
    };
    let record = |Line { id, receipt, at, alerts }| Record { id, receipt, at, alerts };
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).map(record).collect())
}

/// The greatest id among them, else 0.
pub fn last(dir: &Path) -> io::Result<i64> {
    Ok(read(dir)?.iter().map(|record| record.id).max().unwrap_or(0))
}

/// Lays one by, on disk when this returns.
pub fn add(dir: &Path, record: Record) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path(dir))?;
    file.write_all(line(record)?.as_bytes())?;
    file.sync_all()?;
    File::open(dir)?.sync_all()
}

/// Only these are left.
pub fn keep(dir: &Path, records: &[Record]) -> io::Result<()> {
    if records.is_empty() {
        return fs::remove_file(path(dir));
    }
    let new = path(dir).with_extension("new");
    let text: Result<String, io::Error> = records.iter().cloned().map(line).collect();
    let mut file = File::create(&new)?;
    file.write_all(text?.as_bytes())?;
    file.sync_all()?;
    fs::rename(new, path(dir))?;
    File::open(dir)?.sync_all()
}
