//! What the load programs share: the server under load, its peers, and tables.

#![allow(dead_code, unused_imports, reason = "each load program uses a part of it")]

pub mod alerta;
pub mod discord;
pub mod disk;
pub mod figures;
pub mod generate;
pub mod load;

pub use figures::{headline, median, table, thousands};

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions, Row, sqlite::SqliteConnectOptions};

/// A program that is ended with its owner.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
    /// What it stands on: counted with it, and ended after it.
    beneath: Option<Box<Program>>,
}

impl Program {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory, or its peak, in MiB.
    pub fn resident_mib(&self) -> f64 {
        status_kib(self.pid(), "VmRSS:") / 1024.0
    }
    pub fn peak_mib(&self) -> f64 {
        status_kib(self.pid(), "VmHWM:") / 1024.0
    }

    /// Processor seconds used so far, of the program, its workers and what it stands on.
    pub fn cpu_seconds(&self) -> f64 {
        let beneath = self.beneath.as_ref().map_or(0.0, |program| program.cpu_seconds());
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.pid()));
        let pids: Vec<u32> =
            children.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
        beneath + pids.iter().chain([&self.pid()]).map(|pid| ticks(*pid)).sum::<f64>() / 100.0
    }

    /// Ends it in order and waits.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = Command::new("kill").arg(self.child.id().to_string()).status();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

fn status_kib(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0.0)
}

fn ticks(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default().to_owned();
    let fields: Vec<f64> = after_name.split_whitespace().map(|f| f.parse().unwrap_or(0.0)).collect();
    fields.get(11).unwrap_or(&0.0) + fields.get(12).unwrap_or(&0.0)
}

/// An address on which nobody listens.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}

/// The server on a data directory, not yet ready.
pub fn spawn_server(data_dir: &Path) -> Program {
    spawn_with(data_dir, &[])
}

/// The server on a data directory, with more of the command line, ready.
pub fn server_with(data_dir: &Path, more: &[&str]) -> Program {
    let program = spawn_with(data_dir, more);
    ready(&program, "/readyz");
    program
}

fn spawn_with(data_dir: &Path, more: &[&str]) -> Program {
    let address = free_address();
    let log = File::create(data_dir.join("bench.log")).expect("a log file");
    let child = Command::new(env!("CARGO_BIN_EXE_commandpost"))
        .args(["serve", "--listen", &address.to_string(), "--data-dir"])
        .arg(data_dir)
        .args(more)
        .env("COMMANDPOST_LOG__FILTER", "warn")
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the server starts");
    Program { child, address, beneath: None }
}

/// The server on a data directory, ready.
pub fn server(data_dir: &Path) -> Program {
    server_with(data_dir, &[])
}

/// Asks until the answer is 200; how long it took.
pub fn ready(program: &Program, path: &str) -> Duration {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        if load::get_status(program.address, path) == Some(200) {
            return begun.elapsed();
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    panic!("{} does not answer {path} with 200", program.address);
}

/// Where a program is, if it is installed.
pub fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).chain(["/usr/sbin".into()]).map(|dir| dir.join(name)).find(|p| p.is_file())
}

/// Alertmanager's program, if it is installed.
pub fn alertmanager_program() -> Option<PathBuf> {
    installed("prometheus-alertmanager").or_else(|| installed("alertmanager"))
}

/// Alertmanager with one receiver that tells nobody, grouping as the alerts of [`load::alertmanager_post`] are grouped.
pub fn alertmanager(dir: &Path) -> Option<Program> {
    let binary = alertmanager_program()?;
    let config = dir.join("alertmanager.yml");
    std::fs::write(
        &config,
        "route:\n  receiver: none\n  group_by: [alertname]\nreceivers:\n  - name: none\n",
    )
    .expect("its configuration is written");
    let address = free_address();
    let child = Command::new(binary)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.path={}", dir.join("alertmanager").display()))
        .arg(format!("--web.listen-address={address}"))
        .args(["--cluster.listen-address=", "--log.level=error"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let program = Program { child, address, beneath: None };
    ready(&program, "/-/ready");
    Some(program)
}

/// nginx that serves `root`, with the headers given, as fast as it can.
pub fn nginx(dir: &Path, root: &Path, headers: &[(String, String)]) -> Option<Program> {
    let binary = installed("nginx")?;
    let address = free_address();
    let mut more = String::new();
    for (name, value) in headers {
        more.push_str(&format!("    add_header {name} \"{}\";\n", value.replace('"', "\\\"")));
    }
    // Its workers are to read what we wrote, whoever we are.
    let me = |what: &str| {
        let output = Command::new("id").arg(what).output().expect("id runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let config = format!(
        "user {} {};\ndaemon off;\nworker_processes auto;\npid {dir}/nginx.pid;\nerror_log {dir}/nginx.log;\n\
         events {{ worker_connections 1024; }}\nhttp {{\n  access_log off;\n  sendfile on;\n  tcp_nopush on;\n  \
         keepalive_requests 100000000;\n  open_file_cache max=100;\n  default_type \"text/html; charset=utf-8\";\n  \
         server_tokens off;\n  client_body_temp_path {dir}/body;\n  proxy_temp_path {dir}/proxy;\n  \
         fastcgi_temp_path {dir}/fastcgi;\n  uwsgi_temp_path {dir}/uwsgi;\n  scgi_temp_path {dir}/scgi;\n  \
         server {{\n    listen {address};\n    root {root};\n{more}  }}\n}}\n",
        me("-un"),
        me("-gn"),
        dir = dir.display(),
        root = root.display(),
    );
    let file = dir.join("nginx.conf");
    std::fs::write(&file, config).expect("its configuration is written");
    let child = Command::new(binary)
        .arg("-c")
        .arg(&file)
        .arg("-e")
        .arg(dir.join("nginx.log"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let program = Program { child, address, beneath: None };
    ready(&program, "/status");
    Some(program)
}

/// A command's first argument that is a number, else `default`: seconds of each measurement.
pub fn seconds(default: f64) -> f64 {
    std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(default)
}

/// The same number, as what to multiply a program's sizes by: 1 unless given.
pub fn scale() -> f64 {
    seconds(1.0)
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from)
}

/// Where generated data is kept between runs.
pub fn cache() -> PathBuf {
    let dir = target().join("bench-data");
    std::fs::create_dir_all(&dir).expect("a directory for generated data");
    dir
}

/// A place for a run's files, on the disk of the build (a RAM disk would make every sync free).
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in(cache()).expect("a directory")
}

/// What is in the alerts' table of a stopped server.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored {
    pub rows: i64,
    pub distinct: i64,
    /// How often all of them were seen.
    pub times: i64,
    /// Bytes of them as they are stored.
    pub bytes: i64,
}

pub fn stored(dir: &Path) -> Stored {
    load::block_on(async {
        let options = SqliteConnectOptions::new().filename(dir.join("commandpost.db"));
        let mut conn = options.connect().await.expect("the database opens");
        let sql = "SELECT COUNT(*), COUNT(DISTINCT alert_key), COALESCE(SUM(times), 0), \
                   COALESCE(SUM(LENGTH(CAST(alert AS BLOB))), 0) FROM alerts";
        let row = sqlx::query(sql).fetch_one(&mut conn).await.expect("a count");
        Stored { rows: row.get(0), distinct: row.get(1), times: row.get(2), bytes: row.get(3) }
    })
}

/// Stops when what was answered is not there, once.
pub fn assert_stored_once(stored: &Stored, answered: u64) {
    let answered = i64::try_from(answered).expect("a count");
    assert_eq!(
        (stored.rows, stored.distinct, stored.times),
        (answered, answered, answered),
        "what was answered is there, once"
    );
}
