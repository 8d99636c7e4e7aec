//! The real Icinga 2 (Debian's package `icinga2`) watches a file that goes and comes back: alert, acknowledgement and recovery are
//! in the incident, whatever happens to us meanwhile; and its API takes the acknowledgement.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{fs, path::Path, process::Command};

use crate::support::{
    daemon::{Daemon, Watched, account, declaring, installed, over_a_kill, told, until_told},
    program::{Program, free_port, until},
};

const PASSWORD: &str = "sesame-of-the-api-user";

const CONFIG: &str = r#"
const NodeName = "localhost"
const ZoneName = "localhost"
include <itl>
object Endpoint NodeName {}
object Zone ZoneName { endpoints = [ NodeName ] }
object CheckerComponent "checker" {}
object NotificationComponent "notification" {}
object ApiListener "api" {
  bind_host = "127.0.0.1"
  bind_port = {port}
}
object ApiUser "commandpost" {
  password = "{password}"
  permissions = [ "actions/acknowledge-problem", "actions/remove-acknowledgement" ]
}
object CheckCommand "up" { command = [ "/bin/true" ] }
object CheckCommand "there" { command = [ "{dir}/check" ] }
object User "post" {}
object NotificationCommand "commandpost" {
  command = [ "{dir}/tell",
    "--field", "type=$notification.type$", "--field", "host=$host.name$",
    "--field", "service=$commandpost_service$", "--field", "state=$commandpost_state$",
    "--field", "output=$commandpost_output$", "--field", "author=$notification.author$",
    "--field", "comment=$notification.comment$", "--field", "time=$icinga.timet$" ]
}
template Host "quick" {
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}
object Host "db1" {
  import "quick"
  check_command = "up"
}
object Service "file" {
  host_name = "db1"
  check_command = "there"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}
object Notification "tell" {
  host_name = "db1"
  service_name = "file"
  command = "commandpost"
  users = [ "post" ]
  interval = 0
  vars.commandpost_service = "$service.name$"
  vars.commandpost_state = "$service.state$"
  vars.commandpost_output = "$service.output$"
}
"#;

/// A certificate for `localhost`, and the authority that signed it, as Icinga's API needs them.
fn certificates(dir: &Path) {
    let openssl = |args: &str| {
        let done = Command::new("openssl").args(args.split(' ')).current_dir(dir).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    fs::write(dir.join("san"), "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        .unwrap();
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=test-ca \
         -addext basicConstraints=critical,CA:TRUE",
    );
    openssl("req -newkey rsa:2048 -nodes -keyout localhost.key -out localhost.csr -subj /CN=localhost");
    openssl(
        "x509 -req -in localhost.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out localhost.crt",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_real_icinga_sees_is_in_the_incident_and_an_acknowledgement_from_there_is_in_icinga() {
    let (Some(icinga), Some(_)) = (installed("icinga2"), installed("openssl")) else {
        println!("SKIPPED: the real Icinga 2; install icinga2 and openssl");
        return;
    };
    let mut post = Program::new("");
    let watched = Watched::new(&post, "icinga2");
    let (port, certs) = (free_port(), watched.file("data/certs"));
    fs::create_dir_all(&certs).unwrap();
    for dir in ["log", "cache", "notes", "run"] {
        fs::create_dir(watched.file(dir)).unwrap();
    }
    certificates(&certs);
    let password = post.secret("icinga", PASSWORD);
    post.configure(&format!(
        "{}[senders.icinga2]\napi_url = \"https://localhost:{port}\"\napi_user = \"commandpost\"\n\
         api_token_file = \"{password}\"\nca_file = \"{}\"\n",
        declaring("icinga2"),
        certs.join("ca.crt").display()
    ));
    post.start().await;
    let config = CONFIG.replace("{port}", &port.to_string()).replace("{password}", PASSWORD);
    let config = watched.settings("icinga2.conf", &config);
    let mut command = Command::new(icinga);
    let [user, group] = account();
    command.args(["daemon", "-c"]).arg(config);
    command.args([format!("-DRunAsUser={user}"), format!("-DRunAsGroup={group}")]);
    for (name, dir) in
        [("Data", "data"), ("Log", "log"), ("Cache", "cache"), ("Spool", "notes"), ("InitRun", "run")]
    {
        command.arg(format!("-D{name}Dir={}", watched.file(dir).display()));
    }
    let _icinga = Daemon::start(&mut command, &watched.file("out.log"));
    until(60, "a first look at the file", || async { watched.file("checked").exists() }).await;

    watched.breaks();
    let incident = watched.incident(&post).await;
    until_told(&post, &incident, "file on db1 is CRITICAL").await;
    let answer = post.do_say("Ada", &incident, "ack S-1 I look at the disk").await;
    assert!(answer.contains("It is being passed on to icinga2"), "{answer}");
    until_told(&post, &incident, "The acknowledgement of S-1 by Ada was passed on to icinga2").await;
    // Icinga tells everybody, and so us: the way there and back.
    until_told(&post, &incident, "1 acknowledged at the sender").await;
    assert_eq!(told(&post, &incident, "was passed on to icinga2.").await, 1);
    let back = post.do_say("Ada", &incident, "unack S-1 it is the network").await;
    assert!(back.contains("It is being taken back at icinga2."), "{back}");
    until_told(&post, &incident, "The end of the acknowledgement of S-1 by Ada was passed on to icinga2")
        .await;
    assert!(!post.log().contains(PASSWORD));

    over_a_kill(&mut post, &watched, &incident).await;
    assert!(post.stop().success());
}
