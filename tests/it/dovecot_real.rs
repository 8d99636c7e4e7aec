//! The real Dovecot (Debian's package `dovecot-imapd`) holds a mailbox: each letter in it is an alert once, whatever happens to it or to
//! us meanwhile.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    pin::Pin,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use commandpost::{
    config::{MailGuard, Secret},
    mail::{
        Letter, Outcome,
        mailbox::{Mailbox, Place, Shelf},
    },
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use crate::support::{
    daemon::{Daemon, account, installed},
    program::{Program, free_port, look_into, until},
};

const PASSWORD: &str = "k7Hq2mailbox9Zw";

const CONFIG: &str = "
base_dir = {dir}/base
state_dir = {dir}/base
log_path = {dir}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
mail_location = maildir:{dir}/mail
auth_mechanisms = plain
disable_plaintext_auth = no
mail_max_userip_connections = 100
passdb {
  driver = static
  args = password={password}
}
userdb {
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail
}
service imap-login {
  chroot =
  inet_listener imap {
    port = {imap}
  }
  inet_listener imaps {
    port = {imaps}
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
";

/// A server with one mailbox, which anybody reaches with the password.
struct Post {
    dir: PathBuf,
    program: PathBuf,
    imap: u16,
    imaps: u16,
    uid: u32,
    gid: u32,
    running: Option<Daemon>,
    /// Letters so far: each is a file of its own.
    sent: u32,
}

impl Post {
    async fn start(dir: &Path) -> Option<Post> {
        let (Some(program), Some(openssl)) = (installed("dovecot"), installed("openssl")) else {
            println!("SKIPPED: the real Dovecot; install dovecot-imapd and openssl");
            return None;
        };
        let dir = dir.join("dovecot");
        fs::create_dir_all(&dir).unwrap();
        let made = Command::new(openssl)
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext"])
            .args(["basicConstraints=critical,CA:FALSE", "-keyout", "key.pem", "-out", "cert.pem"])
            .current_dir(&dir)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let [user, group] = account();
        // It reads mail as nobody but root.
        let is_root = fs::metadata(&dir).unwrap().uid() == 0;
        let (internal, internal_group, login) = match is_root {
            true => ("dovecot", "dovecot", "dovenull"),
            false => (user.as_str(), group.as_str(), user.as_str()),
        };
        let of = fs::metadata(&dir).unwrap();
        let (uid, gid) = if is_root { (65_534, 65_534) } else { (of.uid(), of.gid()) };
        for part in ["mail", "mail/new", "mail/cur", "mail/tmp"] {
            fs::create_dir(dir.join(part)).unwrap();
            chown(dir.join(part), Some(uid), Some(gid)).unwrap();
        }
        // Its processes are other people than root.
        for folder in dir.ancestors().take(2) {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let (imap, imaps) = (free_port(), free_port());
        let config = CONFIG
            .replace("{dir}", &dir.display().to_string())
            .replace("{internal}", internal)
            .replace("{internal_group}", internal_group)
            .replace("{login}", login)
            .replace("{password}", PASSWORD)
            .replace("{uid}", &uid.to_string())
            .replace("{gid}", &gid.to_string())
            .replace("{imap}", &imap.to_string())
            .replace("{imaps}", &imaps.to_string());
        fs::write(dir.join("dovecot.conf"), config).unwrap();
        let mut post = Post { dir, program, imap, imaps, uid, gid, running: None, sent: 0 };
        post.open().await;
        Some(post)
    }

    async fn open(&mut self) {
        let mut command = Command::new(&self.program);
        command.arg("-F").arg("-c").arg(self.dir.join("dovecot.conf"));
        self.running = Some(Daemon::start(&mut command, &self.dir.join("out.log")));
        let port = self.imaps;
        until(30, "Dovecot to listen", || async move {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
    }

    fn close(&mut self) {
        self.running = None;
    }

    /// Puts a letter into the mailbox, as a mail server does.
    fn send(&mut self, raw: &[u8]) {
        self.sent += 1;
        let name = format!("{}.M{}P1.test", 1_700_000_000 + self.sent, self.sent);
        let (whole, there) = (self.dir.join("mail/tmp").join(&name), self.dir.join("mail/new").join(&name));
        fs::write(&whole, raw).unwrap();
        chown(&whole, Some(self.uid), Some(self.gid)).unwrap();
        fs::rename(whole, there).unwrap();
    }

    fn letter(&mut self, subject: &str, text: &str) {
        let id = self.sent;
        self.send(
            format!(
                "From: db1 <monit@db1.example>\nMessage-ID: <{id}@db1>\nSubject: {subject}\n\
                 Content-Type: text/plain; charset=utf-8\n\n{text}\n"
            )
            .as_bytes(),
        );
    }

    /// The flags of the letters that lie in a folder of the mailbox.
    fn flags(&self, folder: &str) -> Vec<String> {
        let files =
            |sub: &str| fs::read_dir(self.dir.join("mail").join(folder).join(sub)).into_iter().flatten();
        let names =
            files("cur").chain(files("new")).map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut flags: Vec<String> =
            names.map(|name| name.split_once(":2,").map_or("new", |(_, flags)| flags).to_owned()).collect();
        flags.sort();
        flags
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.join("dovecot.log")).unwrap_or_default()
    }
}

/// The program, with a hook that reads the mailbox.
fn reading(post: &Post, program: &mut Program, more: &str) {
    let password = program.secret("mailbox", PASSWORD);
    program.configure(&format!(
        "[hooks.backup]\nsender = \"text\"\n[hooks.backup.mailbox]\nurl = \"imaps://localhost:{}\"\n\
         account = \"alerts\"\npassword_file = \"{password}\"\nevery_seconds = 5\n{more}",
        post.imaps
    ));
    // The machine of the tests trusts this server, as one that reads a mailbox trusts its own.
    program.trusts(&post.dir.join("cert.pem"));
}

/// The situations so far: title, how many fire, how many alerts.
async fn told(program: &Program) -> Vec<(String, u64, u64)> {
    let list = program.document("/api/v1/situations").await;
    let of = |one: &Value| {
        let one = &one["situation"];
        (
            one["lead"].as_str().unwrap().to_owned(),
            one["firing"].as_u64().unwrap(),
            one["total"].as_u64().unwrap(),
        )
    };
    let mut told: Vec<_> = list["situations"].as_array().unwrap().iter().map(of).collect();
    told.sort();
    told
}

/// How many alerts there are, and how often any of them was told at most.
async fn stored(program: &Program) -> (i64, i64) {
    let mut conn = look_into(&program.database()).await;
    sqlx::query_as("SELECT COUNT(*), COALESCE(MAX(times), 0) FROM alerts").fetch_one(&mut conn).await.unwrap()
}

/// How often each alert of this title was told.
async fn times(program: &Program, title: &str) -> Vec<i64> {
    let mut conn = look_into(&program.database()).await;
    let told = sqlx::query_scalar("SELECT times FROM alerts WHERE json_extract(alert, '$.title') = $1");
    told.bind(title).fetch_all(&mut conn).await.unwrap()
}

/// Hands a letter in by SMTP, as the mail server before us does; it is taken.
async fn by_smtp(port: u16, letter: &str) {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut stream = BufReader::new(stream);
    let letter = format!("{}.\r\n", letter.replace('\n', "\r\n"));
    for (said, code) in [
        ("", "220"),
        ("HELO db1\r\n", "250"),
        ("MAIL FROM:<monit@db1.example>\r\n", "250"),
        ("RCPT TO:<backup@post.example>\r\n", "250"),
        ("DATA\r\n", "354"),
        (letter.as_str(), "250"),
        ("QUIT\r\n", "221"),
    ] {
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_line(&mut answer).await.unwrap();
        assert!(answer.starts_with(code), "{said}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_in_a_real_mailbox_and_by_smtp_are_alerts_once_over_kills_outages_and_a_new_numbering() {
    let mut program = Program::new("");
    let Some(mut post) = Post::start(program.home()).await else { return };
    // What somebody read before we came is theirs.
    post.letter("read long ago", "x");
    let read = fs::read_dir(post.dir.join("mail/new")).unwrap().next().unwrap().unwrap().path();
    let name = format!("{}:2,S", read.file_name().unwrap().display());
    fs::rename(&read, post.dir.join("mail/cur").join(name)).unwrap();
    post.letter("Platte ist voll", "95 % auf /");
    let smtp = free_port();
    reading(&post, &mut program, &format!("[mail]\nlisten = \"127.0.0.1:{smtp}\"\n"));
    program.start().await;
    let first = ("Platte ist voll".to_owned(), 1, 1);
    until(30, "the first letter", || async { told(&program).await == [first.clone()] }).await;
    until(30, "that it is marked", || async { post.flags("") == ["S", "S"] }).await;
    until(30, "the mailbox is connected", || async {
        program.get("/metrics").await.text.contains("commandpost_mailbox_connected{hook=\"backup\"} 1\n")
    })
    .await;

    // Nothing that can be read, more than is taken, and the end of what was raised.
    post.send(b"\xff\xfe\x00 no letter");
    let long = "x".repeat(3_000_000);
    post.letter("long", &long);
    post.letter("OK: Platte ist voll", "gut");
    until(30, "all three", || async { stored(&program).await.0 == 3 && post.flags("").len() == 5 }).await;
    until(30, "that it is over", || async {
        told(&program).await.contains(&("Platte ist voll".to_owned(), 0, 1))
    })
    .await;
    let list = program.document("/api/v1/situations").await.to_string();
    assert!(!list.contains(&"x".repeat(50_000)), "a letter is cut");

    // It is killed amid a heap of letters, and the server goes away and comes back.
    for n in 0..40 {
        post.letter(&format!("heap {n}"), "x");
    }
    until(30, "some of the heap", || async { stored(&program).await.0 > 5 }).await;
    program.kill();
    post.close();
    post.letter("while both were away", "x");
    program.start().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    post.open().await;
    until(60, "all of the heap", || async { stored(&program).await.0 == 44 }).await;
    until(30, "that all are marked", || async { post.flags("").iter().all(|flags| flags == "S") }).await;
    assert!(program.log().contains("the mailbox cannot be read as it should"), "{}", program.log());

    // The server loses its numbers; a letter lies there a second time; and two come by SMTP too, one before the mailbox, one after.
    post.close();
    for file in fs::read_dir(post.dir.join("mail")).unwrap() {
        let file = file.unwrap().path();
        if file.is_file() {
            fs::remove_file(file).unwrap();
        }
    }
    let again = post.sent;
    post.letter("twice", "x");
    post.sent = again;
    post.open().await;
    until(60, "the next", || async { stored(&program).await.0 == 45 }).await;
    post.sent = again + 7;
    let twice = format!("Message-ID: <{again}@db1>\nFrom: db1 <monit@db1.example>\nSubject: twice\n\nx\n");
    post.send(twice.as_bytes());
    until(60, "that all are marked", || async { post.flags("").iter().all(|flags| flags == "S") }).await;
    by_smtp(smtp, &twice).await;
    let both_ways = "Message-ID: <both@db1>\nFrom: db1 <monit@db1.example>\nSubject: by both ways\n\nx\n";
    by_smtp(smtp, both_ways).await;
    until(30, "the one by SMTP", || async { stored(&program).await.0 == 46 }).await;
    post.send(both_ways.as_bytes());
    until(60, "that it is marked", || async { post.flags("").iter().all(|flags| flags == "S") }).await;
    // What is over was told twice: that it is, and that it is not.
    assert_eq!(stored(&program).await, (46, 2), "nothing was taken a second time");
    assert!(program.stop().success());

    // Moved, where that is wanted; and a wrong password is told, without it.
    reading(&post, &mut program, "move_to = \"Erledigt & \u{fc}\"\n");
    program.start().await;
    post.letter("moved", "x");
    until(60, "the last", || async { stored(&program).await.0 == 47 }).await;
    until(30, "that it is moved", || async { post.flags(".Erledigt &- &APw-") == ["S"] }).await;
    // Nothing of what came before waits any more.
    for title in ["twice", "by both ways"] {
        assert_eq!(times(&program, title).await, [1], "{title}");
    }
    assert!(program.stop().success());
    program.secret("mailbox", "wrong-canary-4711");
    program.start().await;
    until(60, "the refusal", || async {
        program.log().contains("the server says «Authentication failed.»")
    })
    .await;
    assert!(program.stop().success());
    let log = program.log();
    assert!(!log.contains(PASSWORD) && !log.contains("canary"), "{log}");
}

/// Takes letters at the second try, and remembers how far it came.
#[derive(Default)]
struct Slow {
    tries: Mutex<u32>,
    subjects: Mutex<Vec<String>>,
    place: Mutex<Option<Place>>,
    trouble: Mutex<Vec<String>>,
}

impl Shelf for Slow {
    fn take<'a>(&'a self, letter: Letter, _: Place) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async move {
            let mut tries = self.tries.lock().unwrap();
            *tries += 1;
            if *tries == 1 {
                return Outcome::Later("the disk is full".to_owned());
            }
            self.subjects.lock().unwrap().push(letter.subject);
            Outcome::Taken
        })
    }
    fn place(&self) -> Pin<Box<dyn Future<Output = Result<Option<Place>, String>> + Send + '_>> {
        Box::pin(async { Ok(*self.place.lock().unwrap()) })
    }
    fn remember(&self, place: Place) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async move {
            *self.place.lock().unwrap() = Some(place);
            Ok(())
        })
    }
    fn stands(&self, trouble: Option<String>) {
        self.trouble.lock().unwrap().extend(trouble);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_marked_in_a_real_mailbox_only_when_it_is_on_disk_and_tls_may_begin_later() {
    let home = tempfile::tempdir().unwrap();
    let Some(mut post) = Post::start(home.path()).await else { return };
    post.letter("disk full", "x");
    let mailbox = Arc::new(Mailbox {
        host: "localhost".into(),
        port: post.imap,
        guard: MailGuard::StartTls,
        account: "alerts".into(),
        password: Secret::new(PASSWORD),
        folder: "INBOX".into(),
        move_to: None,
        every: Duration::from_secs(600),
        letter_bytes_max: 10_000,
    });
    let (shelf, stop) = (Arc::new(Slow::default()), CancellationToken::new());
    let watching = tokio::spawn(mailbox.watch(trusting(&post), shelf.clone(), stop.clone()));
    until(20, "the first try", || async { *shelf.tries.lock().unwrap() == 1 }).await;
    assert!(post.flags("").iter().all(|flags| !flags.contains('S')), "it is not on disk");
    until(20, "the second", || async { post.flags("") == ["S"] }).await;
    assert_eq!(*shelf.trouble.lock().unwrap(), ["the disk is full"]);
    // The next is told of by the server: a look is ten minutes away.
    until(20, "its place", || async { shelf.place.lock().unwrap().is_some() }).await;
    post.letter("disk is fuller", "x");
    until(20, "the next", || async { *shelf.subjects.lock().unwrap() == ["disk full", "disk is fuller"] })
        .await;
    stop.cancel();
    watching.await.unwrap();
    assert!(post.log().contains("TLS"), "{}", post.log());
}

/// Trusts this server.
fn trusting(post: &Post) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(post.dir.join("cert.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
