//! The spool: a folder with one file a message. The name of a file says whose it is: `ID.HOOK.msg`, or `ID.HOOK.MARK.msg` if it was
//! kept with a token.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{Error, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::BODY_BYTES_MAX;
use crate::{
    cli::{Failure, Outcome},
    config::Secret,
    desk::clock::{System, World},
};

/// Messages of one hook kept in a spool; beyond that the disk is somebody's problem first.
const SPOOL_MAX: usize = 10_000;
/// How old a message gets that its hook refuses; somebody may be setting that right.
pub const REFUSED_HOURS_MAX: i64 = 24;
/// How old a file gets that somebody began to write, and was killed.
const PARTIAL_MINUTES_MAX: i64 = 60;
/// How often is looked whether another run has ended, and how many times: ten seconds.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOKS_MAX: u32 = 100;

/// A message in the spool, as the name of its file says.
#[derive(Debug)]
pub struct Message {
    pub file: PathBuf,
    pub id: String,
    pub hook: String,
    pub mark: Option<String>,
}

/// The spool, if it is not there. What monitors say is for nobody else on the machine, unless whoever made the folder shares it.
pub fn make(spool: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(spool)
}

/// Writes a message so that it is there after a power cut: file, rename, directory.
pub fn keep(spool: &Path, hook: &str, token: Option<&Secret>, body: &[u8]) -> Outcome {
    if messages(spool)?.iter().filter(|message| message.hook == hook).count() >= SPOOL_MAX {
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
    // It is in the spool now. That this could not be made sure of is no reason to deliver it a second time besides.
    drop(File::open(spool).and_then(|folder| folder.sync_all()));
    Ok(())
}

/// By which a run knows that its token is that of a message: the beginning of a hash with the message's id, so that nobody can
/// tell the token from it.
pub fn mark(id: &str, token: &Secret) -> String {
    let mut hash = Sha256::new();
    hash.update(id);
    hash.update(token.expose());
    let mut mark = hex::encode(hash.finalize());
    mark.truncate(8);
    mark
}

/// Messages in the spool, oldest first: their names begin with an id that sorts by time.
pub fn messages(spool: &Path) -> std::io::Result<Vec<Message>> {
    let mut messages = Vec::new();
    for entry in std::fs::read_dir(spool)? {
        let entry = entry?;
        // What is swapped after this look is found out by `open`.
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            messages.extend(Message::of(entry.path()));
        }
    }
    messages.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(messages)
}

/// Removes what was begun to be written, and never became a message: whoever wrote it was killed.
pub fn clear(spool: &Path, now: DateTime<Utc>) {
    for entry in std::fs::read_dir(spool).into_iter().flatten().flatten() {
        let (name, file) = (entry.file_name(), entry.path());
        let is_partial = name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(".msg"));
        if is_partial && is_older(&file, TimeDelta::minutes(PARTIAL_MINUTES_MAX), now) {
            // Another user's stays, where the folder has it so.
            drop(std::fs::remove_file(file));
        }
    }
}

fn is_older(file: &Path, age: TimeDelta, now: DateTime<Utc>) -> bool {
    let written_at = std::fs::symlink_metadata(file).and_then(|metadata| metadata.modified());
    written_at.is_ok_and(|at| now - DateTime::<Utc>::from(at) >= age)
}

/// Opens a file to read, if it is one that lies in the spool alone: in a spool that is shared, a link would have root send any file of
/// the machine, and a pipe would hold a run up for ever.
///
/// # Errors
/// [`ErrorKind::InvalidData`], if it is anything else.
fn open(path: &Path) -> std::io::Result<File> {
    let is_wrong = || {
        let why =
            format!("{} is a link, a pipe or the like, and no file of its own: remove it.", path.display());
        Error::new(ErrorKind::InvalidData, why)
    };
    let opened = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path);
    let file = match opened {
        Err(error) if matches!(error.raw_os_error(), Some(libc::ELOOP | libc::EMLINK | libc::ENXIO)) => {
            return Err(is_wrong());
        }
        opened => opened?,
    };
    let found = file.metadata()?;
    if found.is_file() && found.nlink() <= 1 { Ok(file) } else { Err(is_wrong()) }
}

/// The turn to send, until it is dropped: one sender at a time keeps the order. None, if another run is at it for so long that whoever
/// waits for this one should not wait on.
pub async fn turn(spool: &Path) -> std::io::Result<Option<File>> {
    turn_within(spool, LOOKS_MAX).await
}

async fn turn_within(spool: &Path, looks_max: u32) -> std::io::Result<Option<File>> {
    let lock = lock_file(&spool.join(".lock"))?;
    for _ in 0..looks_max {
        match lock.try_lock() {
            Ok(()) => return Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK_EVERY).await,
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// Of the monitors that share a spool each may have a user of its own: to any of them a file that may only be read is a lock, too.
fn lock_file(path: &Path) -> std::io::Result<File> {
    match OpenOptions::new().write(true).create_new(true).mode(0o644).open(path) {
        Ok(lock) => {
            // Whatever the umask of whoever came first.
            lock.set_permissions(Permissions::from_mode(0o644))?;
            Ok(lock)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => open(path),
        Err(error) => Err(error),
    }
}

impl Message {
    /// None, if the file is none.
    fn of(file: PathBuf) -> Option<Message> {
        let name = file.file_name()?.to_str()?.strip_suffix(".msg")?;
        let mut parts = name.split('.').map(str::to_owned);
        let (id, hook, mark) = (parts.next()?, parts.next()?, parts.next());
        (!id.is_empty()).then_some(Message { file, id, hook, mark })
    }

    /// Whether it is so old that it is no longer tried.
    pub fn is_old(&self, now: DateTime<Utc>) -> bool {
        is_older(&self.file, TimeDelta::hours(REFUSED_HOURS_MAX), now)
    }

    /// What it says.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`], if there is something else in its place, or more than a message may be.
    pub fn body(&self) -> std::io::Result<Vec<u8>> {
        let mut body = Vec::new();
        open(&self.file)?.take(BODY_BYTES_MAX + 1).read_to_end(&mut body)?;
        if body.len() as u64 > BODY_BYTES_MAX {
            let why = format!("{} is larger than {BODY_BYTES_MAX} bytes.", self.file.display());
            return Err(Error::new(ErrorKind::InvalidData, why));
        }
        Ok(body)
    }

    /// Sets it aside, so that it does not hold up the rest, and is not thrown away.
    pub fn set_aside(&self, why: &str) -> std::io::Result<()> {
        let aside = self.file.with_extension("refused");
        std::fs::rename(&self.file, &aside)?;
        let told = format!("refused and set aside as {}: {why}", aside.display());
        eprintln!("commandpost: {}", crate::cli::printable(&told));
        Ok(())
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A message of this hook, as if it were kept with this token.
    pub fn kept(hook: &str, token: Option<&Secret>) -> Message {
        let id = "01a20361-307f-769f-911e-8151ac51f367";
        let mark = token.map(|token| format!(".{}", mark(id, token))).unwrap_or_default();
        Message::of(PathBuf::from(format!("/spool/{id}.{hook}{mark}.msg"))).unwrap()
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
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

    #[test]
    fn a_spool_that_is_made_here_is_for_whoever_made_it_and_one_that_is_shared_stays_so() {
        let home = tempfile::tempdir().unwrap();
        let spool = home.path().join("spool");
        make(&spool).unwrap();
        assert_eq!(mode(&spool), 0o700);
        keep(&spool, "nagios", None, b"{}").unwrap();
        assert_eq!(mode(&messages(&spool).unwrap()[0].file), 0o600);
        std::fs::set_permissions(&spool, Permissions::from_mode(0o770)).unwrap();
        make(&spool).unwrap();
        assert_eq!(mode(&spool), 0o770);
    }

    #[test]
    fn what_is_no_file_is_no_message_wherever_it_leads() {
        let spool = tempfile::tempdir().unwrap();
        let elsewhere = spool.path().join("shadow");
        std::fs::write(&elsewhere, "root:x").unwrap();
        std::os::unix::fs::symlink(&elsewhere, spool.path().join("1.generic.msg")).unwrap();
        std::fs::create_dir(spool.path().join("2.generic.msg")).unwrap();
        assert!(messages(spool.path()).unwrap().is_empty());
        keep(spool.path(), "generic", None, b"{}").unwrap();
        assert_eq!(messages(spool.path()).unwrap().len(), 1);
    }

    #[test]
    fn what_takes_a_messages_place_after_it_was_listed_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let (spool, elsewhere) = (folder.path().join("spool"), folder.path().join("shadow"));
        make(&spool).unwrap();
        std::fs::write(&elsewhere, "root:x").unwrap();
        keep(&spool, "generic", None, b"{}").unwrap();
        let message = messages(&spool).unwrap().remove(0);
        assert_eq!(message.body().unwrap(), b"{}");
        let is_refused = |what: &str| {
            let refused = message.body().unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidData, "{what}: {refused}");
            std::fs::remove_file(&message.file).unwrap();
        };
        std::fs::remove_file(&message.file).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &message.file).unwrap();
        is_refused("a link");
        std::fs::hard_link(&elsewhere, &message.file).unwrap();
        is_refused("another's file under this name");
        pipe(&message.file);
        is_refused("a pipe");
        let _socket = std::os::unix::net::UnixListener::bind(&message.file).unwrap();
        is_refused("a socket");
        File::create(&message.file).unwrap().set_len(BODY_BYTES_MAX + 1).unwrap();
        is_refused("a file without end");
    }

    fn pipe(path: &Path) {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn a_lock_that_is_a_pipe_or_a_link_is_told_of_and_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let (lock, elsewhere) = (folder.path().join(".lock"), folder.path().join("shadow"));
        std::fs::write(&elsewhere, "root:x").unwrap();
        pipe(&lock);
        let told = lock_file(&lock).unwrap_err().to_string();
        assert!(
            told.contains("/.lock is a link, a pipe or the like") && told.contains("remove it"),
            "{told}"
        );
        std::fs::remove_file(&lock).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &lock).unwrap();
        assert!(lock_file(&lock).is_err());
    }

    #[test]
    fn what_a_killed_run_began_to_write_is_cleared_away_after_an_hour_and_messages_stay() {
        let spool = tempfile::tempdir().unwrap();
        let now = System.now();
        let ago = |minutes: i64| std::time::SystemTime::from(now - TimeDelta::minutes(minutes));
        keep(spool.path(), "generic", None, b"{}").unwrap();
        let message = messages(spool.path()).unwrap().remove(0).file;
        let [old, young, lock] =
            [".1.generic.msg", ".2.generic.msg", ".lock"].map(|name| spool.path().join(name));
        for (file, minutes) in [(&message, 600), (&old, 61), (&young, 59), (&lock, 600)] {
            File::options().append(true).create(true).open(file).unwrap().set_modified(ago(minutes)).unwrap();
        }
        clear(spool.path(), now);
        assert_eq!([&message, &old, &young, &lock].map(|file| file.exists()), [true, false, true, true]);
    }

    #[test]
    fn a_lock_is_one_to_every_user_of_the_spool() {
        let spool = tempfile::tempdir().unwrap();
        let path = spool.path().join(".lock");
        assert!(lock_file(&path).is_ok());
        assert_eq!(mode(&path), 0o644);
        std::fs::write(&path, "kept").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
        lock_file(&path).unwrap().lock().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"kept");
    }

    #[tokio::test]
    async fn a_turn_that_another_run_has_is_not_waited_for_without_end() {
        let spool = tempfile::tempdir().unwrap();
        let first = turn(spool.path()).await.unwrap();
        assert!(first.is_some());
        assert!(turn_within(spool.path(), 2).await.unwrap().is_none());
        drop(first);
        assert!(turn_within(spool.path(), 1).await.unwrap().is_some());
    }
}
