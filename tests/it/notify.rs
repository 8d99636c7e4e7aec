//! Monitors that run a hook once and forget it lose nothing while the command post is away.

use crate::support::program::Program;

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
