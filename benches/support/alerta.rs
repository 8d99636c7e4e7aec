//! Alerta, from PyPI, with PostgreSQL below it, as its documentation has it run: gunicorn with four workers.

use std::{
    fs::File,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{Program, free_address, installed, load, ready, scratch, target};

const WORKERS: usize = 4;

/// One with an empty database, stopped.
pub struct Alerta {
    python: PathBuf,
    postgres: Postgres,
}

impl Alerta {
    /// `None`, with a line that says so, where it or PostgreSQL cannot be had.
    pub fn install() -> Option<Alerta> {
        let skipped = |why: &str| println!("The comparison with Alerta is skipped: {why}.");
        let Some(python) = python() else {
            skipped("no Python has alerta, gunicorn and psycopg2 (README: what a peer needs)");
            return None;
        };
        let postgres = Postgres::create().inspect_err(|why| skipped(why)).ok()?;
        let alerta = Alerta { python, postgres };
        // Several workers that make the tables at the same time fail each other.
        alerta.run(1).stop();
        Some(alerta)
    }

    pub fn start(&self) -> Program {
        self.run(WORKERS)
    }

    fn run(&self, workers: usize) -> Program {
        let database = self.postgres.start().expect("it ran before");
        let address = free_address();
        let child = Command::new(&self.python)
            .args(["-m", "gunicorn", "--workers", &workers.to_string(), "--bind", &address.to_string()])
            .args(["--log-level", "error", "alerta.app:create_app()"])
            .env("DATABASE_URL", format!("postgres://{USER}@{}/{USER}", database.address))
            .env("SECRET_KEY", "for the load programs")
            .env("ALERTA_SVR_CONF_FILE", "/dev/null")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gunicorn starts");
        let program = Program { child, address, beneath: Some(Box::new(database)) };
        ready(&program, "/management/gtg");
        program
    }
}

/// Alerts that a running one has.
pub fn count(program: &Program) -> u64 {
    let (head, body) = load::get(program.address, "/alerts/count");
    let answer: serde_json::Value =
        serde_json::from_slice(&body).unwrap_or_else(|_| panic!("no count: {head}"));
    answer["total"].as_u64().expect("a count")
}

/// The Python that `COMMANDPOST_ALERTA` names, else that of `target/alerta`.
fn python() -> Option<PathBuf> {
    let given = std::env::var_os("COMMANDPOST_ALERTA").map(PathBuf::from);
    let own = target().join("alerta/bin/python3");
    given.into_iter().chain([own]).find(|python| {
        let asked = Command::new(python).args(["-c", "import alerta, gunicorn, psycopg2"]).output();
        asked.is_ok_and(|output| output.status.success())
    })
}

/// Its user and its database.
const USER: &str = "alerta";

const PROGRAMS: [&str; 4] = ["initdb", "postgres", "pg_isready", "createdb"];

/// A cluster of its own. What it answers is on disk: its settings are those that `initdb` writes.
struct Postgres {
    bin: PathBuf,
    home: TempDir,
    /// Who runs it, if we are root, which it refuses.
    nobody: Option<(u32, u32)>,
}

impl Postgres {
    fn create() -> Result<Postgres, String> {
        let bin = bin().ok_or("PostgreSQL is not installed")?;
        let home = scratch();
        let is_root = home.path().metadata().is_ok_and(|metadata| metadata.uid() == 0);
        let nobody = if is_root { Some((id("-u")?, id("-g")?)) } else { None };
        if let Some((user, group)) = nobody {
            chown(home.path(), Some(user), Some(group)).map_err(|error| error.to_string())?;
        }
        let postgres = Postgres { bin, home, nobody };
        let mut initdb = postgres.command("initdb");
        initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--username", USER, "--pgdata"]);
        succeeded(initdb.arg(postgres.data()).output(), "initdb")?;
        let running = postgres.start()?;
        let mut createdb = postgres.command("createdb");
        createdb.args(["-h", "127.0.0.1", "-U", USER, "-p", &running.address.port().to_string(), USER]);
        succeeded(createdb.output(), "createdb")?;
        Ok(postgres)
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.current_dir(self.home.path());
        if let Some((user, group)) = self.nobody {
            command.uid(user).gid(group);
        }
        command
    }

    /// Why it does not run, in its own words.
    fn start(&self) -> Result<Program, String> {
        let address = free_address();
        let port = address.port().to_string();
        let log = self.home.path().join("postgres.log");
        let child = self
            .command("postgres")
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-p", &port, "-D"])
            .arg(self.data())
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("a log file"))
            .spawn()
            .map_err(|error| format!("PostgreSQL does not start: {error}"))?;
        let program = Program { child, address, beneath: None };
        let begun = Instant::now();
        let is_ready = || {
            let asked = self.command("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port]).status();
            asked.is_ok_and(|status| status.success())
        };
        while !is_ready() {
            if begun.elapsed() > Duration::from_secs(60) {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("PostgreSQL does not get ready: {}", said.trim()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(program)
    }
}

/// Where its programs are, all of them: Debian keeps them out of the path, a folder for each version.
fn bin() -> Option<PathBuf> {
    let in_path = installed("initdb").and_then(|initdb| initdb.parent().map(Path::to_owned));
    let mut debian: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    debian.sort();
    let is_whole = |bin: &PathBuf| PROGRAMS.iter().all(|program| bin.join(program).is_file());
    in_path.into_iter().chain(debian.into_iter().rev()).find(is_whole)
}

fn id(what: &str) -> Result<u32, String> {
    let output = Command::new("id").args([what, "nobody"]).output().map_err(|error| error.to_string())?;
    String::from_utf8_lossy(&output.stdout).trim().parse().map_err(|_| "there is no user «nobody»".to_owned())
}

fn succeeded(output: std::io::Result<Output>, what: &str) -> Result<(), String> {
    let output = output.map_err(|error| format!("{what}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    output.status.success().then_some(()).ok_or_else(|| format!("{what} says «{}»", said.trim()))
}
