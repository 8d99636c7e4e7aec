//! Monitors that run a hook once and forget it lose nothing while the command post is away.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    time::{Duration, SystemTime},
};

use crate::support::program::Program;

/// A run of `notify` on a spool, with a token if it has one.
fn notify(program: &Program, spool: &Path, token: Option<&str>, args: &[&str]) -> Output {
    let mut command = program.command();
    command.env("COMMANDPOST_URL", program.url("")).arg("notify").arg("--spool").arg(spool).args(args);
    command.envs(token.map(|token| ("COMMANDPOST_TOKEN", token)));
    command.output().unwrap()
}

fn out(run: &Output) -> String {
    String::from_utf8_lossy(&run.stdout).into_owned()
}
fn err(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

/// What is in a spool, by the ending of its files.
fn spooled(spool: &Path, ending: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(spool).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|found| found == ending)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sent_while_the_server_is_down_arrives_once_when_it_is_back_in_order() {
    let mut program = Program::new("");
    let spool = program.home().join("spool");
    let notify = |program: &Program, title: &str| {
        let mut command = program.command();
        command
            .env("COMMANDPOST_URL", program.url(""))
            .args(["notify", "--field", &format!("title={title}"), "--field", "service=mail", "--spool"])
            .arg(&spool);
        command.output().unwrap()
    };
    for title in ["queue is stuck", "disk is full"] {
        let kept = notify(&program, title);
        assert!(kept.status.success(), "safe on disk is success");
        assert!(String::from_utf8_lossy(&kept.stderr).contains("kept in"), "{kept:?}");
    }
    program.start().await;
    let sent = notify(&program, "it burns");
    assert!(String::from_utf8_lossy(&sent.stdout).contains("3 delivered"), "{sent:?}");
    let again = program
        .command()
        .env("COMMANDPOST_URL", program.url(""))
        .args(["notify", "--flush", "--spool"])
        .arg(&spool)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&again.stdout).contains("0 delivered"), "{again:?}");
    let list = program.document("/api/v1/situations").await;
    let situations = list["situations"].as_array().unwrap();
    assert_eq!(situations.len(), 1, "one service, one situation: {list}");
    assert_eq!(situations[0]["situation"]["total"], 3);
    assert!(program.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_door_refuses_holds_up_its_own_hook_only_and_is_set_aside_after_a_day() {
    let mut program = Program::new("");
    let spool = program.home().join("spool");
    let told = |program: &Program, hook: &str, title: &str| {
        let kept = notify(program, &spool, None, &["--hook", hook, "--field", &format!("title={title}")]);
        assert!(kept.status.success(), "{kept:?}");
    };
    told(&program, "nosuchhook", "first of nobody");
    told(&program, "generic", "disk is full");
    told(&program, "nosuchhook", "second of nobody");
    told(&program, "generic", "it burns");
    program.start().await;

    let flushed = notify(&program, &spool, None, &["--flush"]);
    assert!(!flushed.status.success(), "{flushed:?}");
    assert!(out(&flushed).contains("2 delivered."), "{flushed:?}");
    let why = err(&flushed);
    assert!(why.contains("2 of nosuchhook") && why.contains("404") && why.contains("kept in"), "{why}");
    assert_eq!(spooled(&spool, "msg").len(), 2);
    // What is somebody else's to set right does not make a message of one's own a failure.
    told(&program, "generic", "it is out");
    assert_eq!(spooled(&spool, "msg").len(), 2);

    let a_day_ago = SystemTime::now() - Duration::from_secs(25 * 3600);
    for file in spooled(&spool, "msg") {
        fs::File::options().write(true).open(file).unwrap().set_modified(a_day_ago).unwrap();
    }
    let flushed = notify(&program, &spool, None, &["--flush"]);
    assert!(flushed.status.success(), "{flushed:?}");
    let why = err(&flushed);
    assert!(why.contains("set aside as") && why.contains(".refused") && why.contains("24 hours"), "{why}");
    assert_eq!((spooled(&spool, "msg").len(), spooled(&spool, "refused").len()), (0, 2));
    assert!(program.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_is_sent_with_the_token_of_its_own_hook_by_whoever_runs_next() {
    const SHOPS: &str = "canary-token-of-the-shop";
    const MILLS: &str = "canary-token-of-the-mill";
    let mut program = Program::new("");
    let (shop, mill) = (program.secret("shop", SHOPS), program.secret("mill", MILLS));
    program.configure(&format!(
        "[hooks.shop]\nsender = \"generic\"\ntoken_file = \"{shop}\"\n\
         [hooks.mill]\nsender = \"generic\"\ntoken_file = \"{mill}\"\n"
    ));
    let spool = program.home().join("spool");
    for (hook, token) in [("mill", MILLS), ("shop", SHOPS)] {
        let kept = notify(&program, &spool, Some(token), &["--hook", hook, "--field", "title=disk is full"]);
        assert!(kept.status.success(), "{kept:?}");
    }
    for file in spooled(&spool, "msg") {
        let (name, text) = (file.display().to_string(), fs::read_to_string(&file).unwrap());
        assert!(!name.contains("canary") && !text.contains("canary"), "{name}: {text}");
    }
    program.start().await;

    let shops = notify(&program, &spool, Some(SHOPS), &["--hook", "shop", "--field", "title=it burns"]);
    assert!(shops.status.success() && err(&shops).is_empty(), "{shops:?}");
    assert!(
        out(&shops).contains("2 delivered; left to a run with their token: 1 of mill."),
        "the mill's waits, and holds up nobody: {shops:?}"
    );
    // One that runs for all of them takes those of its token.
    let flushed = notify(&program, &spool, Some(MILLS), &["--flush"]);
    assert!(out(&flushed).contains("1 delivered."), "{flushed:?}");
    assert!(spooled(&spool, "msg").is_empty());
    assert!(program.stop().success());
}
