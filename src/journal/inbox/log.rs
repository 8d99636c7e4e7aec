//! The inbox's files. Records stand one behind the other, each with its check sum. A file that is full is written over once all
//! that it holds is placed; as its place on the disk is there already, a sync then writes the records and nothing else.
//!
//! What fills a file at one time is one *generation* of it, a number that grows: so what is left behind the end of an earlier
//! one is told from the present. Only what was synced was acknowledged; a record that was torn by a crash is not read, and
//! keeps none of those behind it from being read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// A file that holds so many bytes is full; in tests, soon.
const FULL: u64 = if cfg!(test) { 16 * 1024 } else { 2 * 1024 * 1024 };
const MAGIC: [u8; 4] = *b"cpi1";
/// Magic, length of the payload, generation, id, time, check sum.
const HEAD: usize = 4 + 4 + 8 + 8 + 8 + 4;
/// A receipt's text.
const RECEIPT: usize = 36;

/// What one request brought, as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Grows by one from record to record.
    pub id: i64,
    /// A UUID as text.
    pub receipt: String,
    /// When it came, in Unix milliseconds.
    pub at: i64,
    /// A JSON list.
    pub alerts: String,
}

/// Records to be written, encoded one behind the other.
pub struct Buffer {
    bytes: Vec<u8>,
    /// Where each begins.
    starts: Vec<usize>,
    last: i64,
}

impl Buffer {
    pub fn new() -> Buffer {
        Buffer { bytes: Vec::new(), starts: Vec::new(), last: 0 }
    }

    /// One more record; `alerts` writes its JSON.
    pub fn add(&mut self, id: i64, receipt: &str, at: i64, alerts: impl FnOnce(&mut Vec<u8>)) {
        self.starts.push(self.bytes.len());
        self.last = id;
        self.bytes.extend_from_slice(&MAGIC);
        // The length and the generation are known when it is sealed.
        self.bytes.extend_from_slice(&[0; 4 + 8]);
        self.bytes.extend_from_slice(&id.to_le_bytes());
        self.bytes.extend_from_slice(&at.to_le_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        let mut fixed = [b' '; RECEIPT];
        fixed.iter_mut().zip(receipt.bytes()).for_each(|(to, from)| *to = from);
        self.bytes.extend_from_slice(&fixed);
        alerts(&mut self.bytes);
    }

    fn seal(&mut self, generation: u64) {
        let ends: Vec<usize> = self.starts.iter().skip(1).copied().chain([self.bytes.len()]).collect();
        for (start, end) in self.starts.iter().zip(ends) {
            let Some(record) = self.bytes.get_mut(*start..end) else { continue };
            let Some((head, payload)) = record.split_at_mut_checked(HEAD) else { continue };
            let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
            put(head, 4, &length.to_le_bytes());
            put(head, 8, &generation.to_le_bytes());
            let sum = check_sum(head, payload);
            put(head, HEAD - 4, &sum.to_le_bytes());
        }
    }
}

fn put(into: &mut [u8], at: usize, bytes: &[u8]) {
    into.iter_mut().skip(at).zip(bytes).for_each(|(to, from)| *to = *from);
}

/// CRC-32 over a record, its own place left out.
fn check_sum(head: &[u8], payload: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(head.get(..HEAD - 4).unwrap_or_default());
    sum.update(payload);
    sum.finalize()
}

/// The record at the head of `bytes`, with its generation and length; `None` if none stands there whole.
fn record(bytes: &[u8]) -> Option<(u64, Record, usize)> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let number = |at: usize| Some(u64::from_le_bytes(head.get(at..at + 8)?.try_into().ok()?));
    let short = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
    let length = short(4)? as usize;
    let payload = rest.get(..length)?;
    if !head.starts_with(&MAGIC) || check_sum(head, payload) != short(HEAD - 4)? {
        return None;
    }
    let (receipt, alerts) = payload.split_at_checked(RECEIPT)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (id, at) = (number(16)?.cast_signed(), number(24)?.cast_signed());
    let record = Record { id, receipt: text(receipt).trim_end().to_owned(), at, alerts: text(alerts) };
    Some((number(8)?, record, HEAD + length))
}

/// The generation that fills a file, and its records; what is behind its end is not of it.
fn generation_of(bytes: &[u8]) -> (u64, Vec<Record>) {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && let Some(next) = memchr::memmem::find(rest, &MAGIC)
    {
        at += next;
        match bytes.get(at..).and_then(record) {
            Some((generation, record, length)) => {
                all.push((generation, record));
                at += length;
            }
            None => at += 1,
        }
    }
    let newest = all.iter().map(|(generation, _)| *generation).max().unwrap_or(0);
    let records = all.into_iter().filter(|(generation, _)| *generation == newest);
    (newest, records.map(|(_, record)| record).collect())
}

fn files(dir: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_prefix("inbox-")?.strip_suffix(".log")?.parse().ok());
        all.extend(number.map(|number| (number, path.clone())));
    }
    Ok(all)
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Every record that came after `placed`, in their order.
///
/// # Errors
/// That of the disk.
pub fn read(dir: &Path, placed: i64) -> io::Result<Vec<Record>> {
    let mut all = Vec::new();
    for (_, path) in files(dir)? {
        all.extend(generation_of(&bytes(&path)?).1.into_iter().filter(|record| record.id > placed));
    }
    all.sort_by_key(|record| record.id);
    Ok(all)
}

/// One file of the inbox.
struct Segment {
    number: u32,
    file: File,
    /// Where the next record goes.
    end: u64,
    /// The id of its last record.
    last: i64,
    /// A write failed: what this file takes is not trusted any more.
    is_spoilt: bool,
}

/// The files of the inbox, open for writing. There is one writer.
pub struct Log {
    dir: PathBuf,
    segments: Vec<Segment>,
    /// Which of them is being filled.
    current: Option<usize>,
    generation: u64,
}

impl Log {
    /// Opens what a predecessor left; files without anything that came after `placed` are removed.
    ///
    /// # Errors
    /// That of the disk.
    pub fn open(dir: &Path, placed: i64) -> io::Result<Log> {
        let mut log = Log { dir: dir.to_owned(), segments: Vec::new(), current: None, generation: 0 };
        for (number, path) in files(dir)? {
            let (generation, records) = generation_of(&bytes(&path)?);
            let last = records.last().map_or(0, |record| record.id);
            if last <= placed {
                fs::remove_file(path)?;
                continue;
            }
            log.generation = log.generation.max(generation);
            let file = OpenOptions::new().write(true).open(path)?;
            log.segments.push(Segment { number, file, end: FULL, last, is_spoilt: false });
        }
        Ok(log)
    }

    /// Writes and syncs; what came up to `placed` is needed no more. After an error nothing of `buffer` is there.
    ///
    /// # Errors
    /// That of the disk.
    pub fn write(&mut self, buffer: &mut Buffer, placed: i64) -> io::Result<()> {
        let current = self.room(placed)?;
        let generation = self.generation;
        let Some(segment) = self.segments.get_mut(current) else { return Ok(()) };
        buffer.seal(generation);
        let written = segment.append(&buffer.bytes);
        match written {
            Ok(()) => segment.last = buffer.last,
            // A failed sync may be forgotten by the next: this file is not used again.
            Err(_) => {
                segment.is_spoilt = true;
                self.current = None;
            }
        }
        written
    }

    /// Which file to write to.
    fn room(&mut self, placed: i64) -> io::Result<usize> {
        if let Some(current) = self.current
            && self.segments.get(current).is_some_and(|segment| segment.end < FULL)
        {
            return Ok(current);
        }
        let spoilt = |segment: &mut Segment| segment.is_spoilt && segment.last <= placed;
        for spoilt in self.segments.extract_if(.., spoilt) {
            fs::remove_file(path(&self.dir, spoilt.number)).ok();
        }
        self.current = None;
        let free = self.segments.iter().position(|segment| segment.last <= placed && !segment.is_spoilt);
        let current = match free {
            Some(free) => free,
            None => self.create()?,
        };
        self.generation += 1;
        if let Some(segment) = self.segments.get_mut(current) {
            segment.end = 0;
        }
        self.current = Some(current);
        Ok(current)
    }

    fn create(&mut self) -> io::Result<usize> {
        let is_free = |number: &u32| self.segments.iter().all(|segment| segment.number != *number);
        let number = (1..).find(is_free).unwrap_or(1);
        let path = path(&self.dir, number);
        let made = made(&self.dir, &path);
        if made.is_err() {
            fs::remove_file(&path).ok();
        }
        self.segments.push(Segment { number, file: made?, end: 0, last: 0, is_spoilt: false });
        Ok(self.segments.len() - 1)
    }

    /// Removes the files if all that they hold is placed.
    pub fn close(self, placed: i64) {
        if self.segments.iter().all(|segment| segment.last <= placed) {
            for segment in &self.segments {
                fs::remove_file(path(&self.dir, segment.number)).ok();
            }
        }
    }
}

fn path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("inbox-{number}.log"))
}

/// An empty file that has its place on the disk, and its name in the directory.
fn made(dir: &Path, path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(path)?;
    file.write_all(&vec![0; FULL as usize])?;
    file.sync_all()?;
    File::open(dir)?.sync_all()?;
    Ok(file)
}

impl Segment {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()?;
        self.end += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn buffer(records: &[(i64, &str)]) -> Buffer {
        let mut buffer = Buffer::new();
        for (id, alerts) in records {
            buffer.add(*id, "00000000-0000-0000-0000-000000000007", 1, |to| to.extend(alerts.bytes()));
        }
        buffer
    }

    fn ids(dir: &Path, placed: i64) -> Vec<i64> {
        read(dir, placed).unwrap().iter().map(|record| record.id).collect()
    }

    #[test]
    fn what_was_written_is_read_and_what_was_placed_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Log::open(dir.path(), 0).unwrap();
        log.write(&mut buffer(&[(1, "[1]"), (2, "[]")]), 0).unwrap();
        log.write(&mut buffer(&[(3, "[3]")]), 0).unwrap();
        let all = read(dir.path(), 0).unwrap();
        assert_eq!(
            all.iter().map(|r| (r.id, r.alerts.as_str())).collect::<Vec<_>>(),
            [(1, "[1]"), (2, "[]"), (3, "[3]")]
        );
        assert_eq!(ids(dir.path(), 2), [3]);
        drop(log);
        drop(Log::open(dir.path(), 3).unwrap());
        assert_eq!(files(dir.path()).unwrap(), [], "nothing is needed: no file is left");
    }

    #[test]
    fn a_file_is_written_over_when_it_is_placed_and_never_before() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Log::open(dir.path(), 0).unwrap();
        let large = "x".repeat(FULL as usize / 3);
        let mut placed = 0;
        for id in 1..=20 {
            log.write(&mut buffer(&[(id, &large)]), placed).unwrap();
            let from = placed + 1;
            assert_eq!(ids(dir.path(), placed), (from..=id).collect::<Vec<_>>());
            // It lags behind, as placing does in a storm.
            placed = (id - 4).max(0);
        }
        assert!(files(dir.path()).unwrap().len() <= 3, "{:?}", files(dir.path()));
    }

    proptest! {
        #[test]
        fn a_crash_in_the_middle_of_a_write_costs_nothing_that_was_synced(
            sizes in prop::collection::vec(0usize..300, 1..12),
            torn in 0usize..400,
            noise in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let texts: Vec<String> = sizes.iter().map(|size| "y".repeat(*size)).collect();
            let mut log = Log::open(dir.path(), 0).unwrap();
            // An earlier generation stands behind the end of this one.
            let mut end = 0;
            for (id, text) in (1..).zip(&texts) {
                log.write(&mut buffer(&[(id, text)]), 0).unwrap();
                end = log.segments[0].end;
            }
            let first = texts.len() as i64;
            log.segments[0].end = FULL;
            log.write(&mut buffer(&[(first + 1, "[]")]), first).unwrap();
            let kept = log.segments[0].end as usize;
            drop(log);
            // What was being written behind it, as much as reached the disk.
            let path = path(dir.path(), 1);
            let mut bytes = bytes(&path).unwrap();
            let mut next = buffer(&[(first + 2, &"z".repeat(300))]);
            next.seal(2);
            let torn = torn.min(next.bytes.len() - 1);
            // Whose last byte comes by chance is whole.
            prop_assume!(torn + 1 < next.bytes.len() || noise.first() != next.bytes.last());
            bytes[kept..kept + torn].copy_from_slice(&next.bytes[..torn]);
            let at = (end as usize).max(kept + torn);
            bytes[at..at + noise.len()].copy_from_slice(&noise);
            fs::write(&path, bytes).unwrap();
            prop_assert_eq!(ids(dir.path(), 0), vec![first + 1]);
            // The next start writes elsewhere, and both are read.
            let mut log = Log::open(dir.path(), first).unwrap();
            log.write(&mut buffer(&[(first + 2, "[2]")]), first).unwrap();
            prop_assert_eq!(ids(dir.path(), 0), vec![first + 1, first + 2]);
        }

        #[test]
        fn a_damaged_record_costs_itself_only(at in 0usize..1_000, bit in 0u8..8) {
            let dir = tempfile::tempdir().unwrap();
            let mut log = Log::open(dir.path(), 0).unwrap();
            let records: Vec<(i64, &str)> = (1..=10).map(|id| (id, "[\"some text of an alert that is this long\"]")).collect();
            log.write(&mut buffer(&records), 0).unwrap();
            let end = log.segments[0].end as usize;
            let path = path(dir.path(), 1);
            let mut bytes = bytes(&path).unwrap();
            let at = at % end;
            bytes[at] ^= 1 << bit;
            fs::write(&path, bytes).unwrap();
            let lost = (at / (end / 10)) as i64 + 1;
            prop_assert_eq!(ids(dir.path(), 0), (1..=10).filter(|id| *id != lost).collect::<Vec<_>>());
        }
    }
}
