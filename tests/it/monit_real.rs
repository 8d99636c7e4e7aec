//! The real Monit (Debian's package `monit`) watches a file that goes and comes back: alert and recovery are in the incident,
//! whatever happens to us meanwhile.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{fs, process::Command};

use crate::support::{
    daemon::{Daemon, Watched, declaring, installed, over_a_kill, until_told},
    program::{Program, until},
};

const CONFIG: &str = r#"
set daemon 1
set pidfile {dir}/monit.pid
set idfile {dir}/monit.id
set statefile {dir}/monit.state
set log {dir}/monit.log
check program looked with path "{dir}/check"
  if status > 2 then alert
check file watched with path {dir}/file
  if does not exist then exec "{dir}/told"
    else if succeeded then exec "{dir}/told"
check file talked with path {dir}/talk
  if content = "burns" then exec "{dir}/told"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_real_monit_sees_is_in_the_incident() {
    let Some(monit) = installed("monit") else {
        println!("SKIPPED: the real Monit; install monit");
        return;
    };
    let mut post = Program::new(&declaring("monit"));
    let watched = Watched::new(&post, "monit");
    post.start().await;
    watched.script(
        "told",
        &format!(
            "exec {}/tell -f MONIT_SERVICE=\"$MONIT_SERVICE\" -f MONIT_HOST=\"$MONIT_HOST\" -f MONIT_EVENT=\"$MONIT_EVENT\" \
             -f MONIT_DESCRIPTION=\"$MONIT_DESCRIPTION\" -f MONIT_DATE=\"$MONIT_DATE\"\n",
            watched.dir.display()
        ),
    );
    fs::write(watched.file("talk"), "").unwrap();
    let config = watched.settings("monitrc", CONFIG);
    let _monit = Daemon::start(Command::new(monit).arg("-I").arg("-c").arg(config), &watched.file("out.log"));
    until(30, "a first look at the file", || async { watched.file("checked").exists() }).await;

    watched.breaks();
    let incident = watched.incident(&post).await;
    until_told(&post, &incident, "does not exist").await;
    let answer = post.do_say("Ada", &incident, "ack S-1 I look at the disk").await;
    assert!(answer.contains("monit is not told: nothing in [senders] reaches it"), "{answer}");
    until_told(&post, &incident, "Acknowledged alerts S-1").await;

    over_a_kill(&mut post, &watched, &incident).await;
    // «Content match» is what the line waits for: it fires.
    fs::write(watched.file("talk"), "the shop burns\n").unwrap();
    until(30, "what the file says fires", || async {
        let situations = post.document("/api/v1/situations").await;
        let situation = &situations["situations"][0]["situation"];
        situation["total"] == 2 && situation["firing"] == 1
    })
    .await;
    assert!(post.stop().success());
}
