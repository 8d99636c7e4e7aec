//! A storm of alerts while the program is killed and started again: every one that was answered is there once. It is counted by
//! `tests/storm/storm.py`, which is no part of the program; this is its short form.

use std::process::Command;

use crate::support::daemon::installed;

#[test]
fn every_alert_that_was_answered_in_a_storm_of_kills_is_there_once() {
    let Some(python) = installed("python3") else {
        println!("SKIPPED: the storm; install python3");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/storm/storm.py");
    let counted = Command::new(python)
        .args([script, "--program", env!("CARGO_BIN_EXE_commandpost"), "--alerts", "5000", "--kills", "2"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&counted.stdout);
    println!("{said}");
    let complaint = String::from_utf8_lossy(&counted.stderr);
    assert!(counted.status.success() && said.contains("all is well"), "{said}{complaint}");
}
