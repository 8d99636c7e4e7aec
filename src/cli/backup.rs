//! `backup`, `restore`, `rebuild`.

use std::path::PathBuf;

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::{Cli, Failure, Outcome, house};
use crate::journal::{Journal, sqlite};

#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// A file that does not exist yet
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// A consistent copy as of one commit. Reads beside a running server, over a connection that cannot write.
pub async fn backup(cli: &Cli, args: &BackupArgs) -> Outcome {
    let config = cli.settings()?;
    let from = config.storage.data_dir.join(sqlite::FILE);
    if !from.exists() {
        return Err(Failure(format!("{} does not exist: there is nothing to back up.", from.display())));
    }
    if args.file.exists() {
        return Err(Failure(format!(
            "{} exists; a backup never overwrites. Choose another name.",
            args.file.display()
        )));
    }
    let mut conn = SqliteConnectOptions::new().filename(&from).read_only(true).connect().await?;
    let name = args.file.to_str().ok_or_else(|| Failure("The file's name is not UTF-8.".into()))?;
    sqlx::query("VACUUM INTO $1")
        .bind(name)
        .execute(&mut conn)
        .await
        .map_err(|e| Failure(format!("the backup could not be written: {e}")))?;
    conn.close().await?;
    std::fs::File::open(&args.file)?.sync_all()?;
    super::show(&format!(
        "{} holds everything as of now. `commandpost restore {}` puts it in place.",
        args.file.display(),
        args.file.display()
    ));
    Ok(())
}

#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace a database that is there; the old one is kept beside it as `commandpost.db.before-restore`
    #[arg(long)]
    pub replace: bool,
}

/// Puts a backup in place. What was waiting to be said then is not said again by itself.
pub async fn restore(cli: &Cli, args: &RestoreArgs) -> Outcome {
    let config = cli.settings()?;
    let dir = &config.storage.data_dir;
    let to = dir.join(sqlite::FILE);
    check_backup(&args.file).await?;
    std::fs::create_dir_all(dir)?;
    // The lock keeps a server out meanwhile.
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("commandpost.lock"))?;
    if lock.try_lock().is_err() {
        return Err(Failure(format!("A commandpost works on {}. Stop it first.", dir.display())));
    }
    if to.exists() {
        if !args.replace {
            return Err(Failure(format!(
                "{} exists. `--replace` keeps it aside and puts the backup in its place.",
                to.display()
            )));
        }
        // Fold what is still in the log into the file, so that what is kept aside is whole.
        let mut old = SqliteConnectOptions::new().filename(&to).connect().await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut old).await?;
        old.close().await?;
        std::fs::rename(&to, dir.join("commandpost.db.before-restore"))?;
        for rest in ["commandpost.db-wal", "commandpost.db-shm"] {
            match std::fs::remove_file(dir.join(rest)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
    }
    let partial = dir.join("commandpost.db.restoring");
    std::fs::copy(&args.file, &partial)?;
    let mut conn = SqliteConnectOptions::new().filename(&partial).connect().await?;
    // What waited when the backup was made may have been said since: a person decides.
    let held = sqlx::query(
        "UPDATE deliveries SET state = 'failed', same = NULL, error = 'This waited when the backup was made and may have been said since. Retry or drop it.'
         WHERE state IN ('pending', 'sending', 'unknown')",
    )
    .execute(&mut conn)
    .await?
    .rows_affected();
    conn.close().await?;
    std::fs::File::open(&partial)?.sync_all()?;
    std::fs::rename(&partial, &to)?;
    std::fs::File::open(dir)?.sync_all()?;
    super::show(&format!("{} is restored from {}.", to.display(), args.file.display()));
    if held > 0 {
        super::show(&format!("{held} deliveries wait for you: `commandpost outbox`."));
    }
    Ok(())
}

async fn check_backup(file: &std::path::Path) -> Outcome {
    let wrong = |why: String| Failure(format!("{} is no backup of commandpost: {why}.", file.display()));
    if !file.is_file() {
        return Err(wrong("there is no such file".into()));
    }
    let mut conn = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .connect()
        .await
        .map_err(|e| wrong(e.to_string()))?;
    let integrity: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut conn)
        .await
        .map_err(|e| wrong(e.to_string()))?;
    if integrity != "ok" {
        return Err(wrong(integrity));
    }
    sqlx::query("SELECT COUNT(*) FROM entries")
        .fetch_one(&mut conn)
        .await
        .map_err(|e| wrong(e.to_string()))?;
    conn.close().await?;
    Ok(())
}

/// Makes every projection anew from the entries. Works while no server runs on the data directory.
pub async fn rebuild(cli: &Cli) -> Outcome {
    let config = cli.settings()?;
    let (journal, desk) = house::open(&config, house::settings(&config)).await?;
    let count = journal.rebuild().await;
    drop(desk);
    journal.close().await;
    super::show(&format!("{} incidents are rebuilt from their timelines.", count?));
    Ok(())
}
