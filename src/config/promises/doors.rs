//! What hooks and heartbeats ask for, from the file to the doors.

use super::{errors, file};
use crate::config::{MailGuard, Mailbox};
use crate::signature::Scheme;

#[test]
fn what_a_hook_asks_for_is_read() {
    let config = file(
        "[http]\ntrusted_proxies = [\"10.0.0.1\"]\nclient_certificate_header = \"Client-Cert\"\n\
         [hooks.pagerduty]\nsignature = \"pagerduty\"\nsecret_file = \"s\"\nallow = [\"192.0.2.0/24\"]\n\
         client_certificates = [\"CN=a\"]\n[hooks.aws]\ntopics = [\"arn:aws:sns:eu-west-1:123456789012:alarms\"]\n\
         [[heartbeat]]\nname = \"backup\"\nevery = \"1d\"\n\
         [[heartbeat]]\nname = \"prometheus\"\nevery = \"5m\"\nwatchdog = { labels = { alertname = \"Watchdog\" } }\n\
         [mail]\n",
    )
    .file("s", "canary-of-pagerduty")
    .load(&[])
    .expect("sound");
    let hook = &config.hooks["pagerduty"];
    assert_eq!((hook.signature, hook.allow.len()), (Some(Scheme::Pagerduty), 1));
    assert!(hook.asks_who() && config.hooks["aws"].asks_who() && !config.hooks["generic"].asks_who());
    let beats: Vec<_> =
        config.heartbeat.iter().map(|one| (one.every.to_string(), one.grace.to_string())).collect();
    assert_eq!(beats, [("1d".into(), "2m".into()), ("5m".into(), "2m".into())]);
    assert_eq!(config.heartbeat[1].watchdog.as_ref().map(|one| one.hook.as_str()), Some("alertmanager"));
    assert!(config.mail.expect("on").listen.ip().is_loopback());
}

#[test]
fn what_a_hook_asks_for_by_halves_is_told_with_its_place() {
    insta::assert_snapshot!(errors(
        "[hooks.pagerduty]\nsignature = \"pagerduty\"\n\
         [hooks.a]\nsender = \"generic\"\nsignature = \"hmac-sha256\"\nsignature_timestamp_header = \"X Y\"\n\
         [hooks.b]\nsender = \"generic\"\nclient_certificates = [\"CN=a\"]\ntopics = [\"alarms\"]\n\
         [hooks.receipts]\nsender = \"generic\"\n\
         [[heartbeat]]\nname = \"Back up\"\nevery = \"1s\"\n\
         [[heartbeat]]\nname = \"x\"\nevery = \"5m\"\nwatchdog = { hook = \"nowhere\", labels = { a = \"b\" } }\n\
         [[heartbeat]]\nname = \"x\"\nevery = \"5m\"\nwatchdog = { labels = {} }\n"
    ));
    let told = errors("[[heartbeat]]\nname = \"x\"\nevery = \"often\"\n");
    assert!(told.contains("`often` is not a length of time. Write `90s`, `5m`, `2h` or `7d`."), "{told}");
    let secret = file("[hooks.generic]\nsignature = \"standard-webhooks\"\nsecret_file = \"s\"\n")
        .file("s", "whsec_canary!canary");
    let told = super::lines(&secret, secret.load(&[]));
    assert!(told.contains("this is no secret of Standard Webhooks") && !told.contains("canary"), "{told}");
    let alone = file("[hooks.generic]\ntoken_next_file = \"s\"\n").file("s", "canary-0123456789");
    assert!(super::lines(&alone, alone.load(&[])).contains("`token_next` is given, and no `token`"));
}

#[test]
fn a_token_of_a_hook_or_a_heartbeat_takes_no_command() {
    let house = file(&format!(
        "{}[[auth.token]]\nname = \"a\"\nperson = \"ada\"\ntoken_file = \"t\"\n\
         [hooks.generic]\ntoken_file = \"o\"\ntoken_next_file = \"t\"\n\
         [[heartbeat]]\nname = \"x\"\nevery = \"5m\"\ntoken_file = \"t\"\n",
        super::ADA
    ))
    .file("t", "canary-0123456789")
    .file("o", "canary-9876543210");
    let told = super::lines(&house, house.load(&[]));
    for key in ["hooks.generic.token_next_file", "heartbeat[0].token_file"] {
        assert!(told.contains(&format!("{key}: the hook has the same token")), "{told}");
    }
}

#[test]
fn a_mailbox_whose_letters_nobody_would_take_is_told_before_the_start() {
    let house = file(&format!(
        "[http]\nlisten = \"0.0.0.0:8911\"\n{}[[auth.token]]\nname = \"a\"\nperson = \"ada\"\ntoken_file = \"t\"\n",
        super::ADA
    ))
    .file("t", "canary-0123456789");
    let mailbox = [
        ("COMMANDPOST_HOOKS__GENERIC__MAILBOX__URL", "imaps://mail.example.org"),
        ("COMMANDPOST_HOOKS__GENERIC__MAILBOX__ACCOUNT", "alerts"),
        ("COMMANDPOST_HOOKS__GENERIC__MAILBOX__PASSWORD", "k7Hq2mailbox9Zw"),
    ];
    let told = super::lines(&house, house.load(&mailbox));
    assert!(told.contains("hooks.generic: the hook has no token, and 0.0.0.0:8911 can be reached"), "{told}");
    let token = ("COMMANDPOST_HOOKS__GENERIC__TOKEN", "canary-of-the-hook");
    assert!(house.load(&[mailbox.as_slice(), &[token]].concat()).is_ok());
    assert!(
        house.load(&[]).is_ok(),
        "a hook that nobody wrote, and that reads nothing, is left out in silence"
    );
}

#[test]
fn a_mailbox_is_read_with_what_it_needs_and_one_that_cannot_work_is_told_with_its_place() {
    let house = file(
        "[hooks.backup]\nsender = \"text\"\n[hooks.backup.mailbox]\nurl = \"imaps://mail.example.org\"\n\
         account = \"alerts\"\npassword_file = \"mailbox\"\n",
    )
    .file("mailbox", "k7Hq2mailbox9Zw\n");
    let config = house.load(&[]).expect("sound");
    let mailbox = config.hooks["backup"].mailbox.as_ref().unwrap();
    assert_eq!(mailbox.server(), Ok(("mail.example.org".to_owned(), 993, MailGuard::Tls)));
    assert_eq!((mailbox.folder.as_str(), mailbox.every_seconds), ("INBOX", 60));
    assert_eq!(mailbox.password.as_ref().unwrap().expose(), "k7Hq2mailbox9Zw");
    for (url, port, guard) in [
        ("imap://mail.example.org", 143, MailGuard::StartTls),
        ("imap://mail.example.org:10143", 10_143, MailGuard::StartTls),
        ("imap://127.0.0.1:1143", 1_143, MailGuard::Bare),
        ("imap://[::1]", 143, MailGuard::Bare),
        ("imap://localhost", 143, MailGuard::Bare),
        // A name that only looks like this machine.
        ("imap://localhost.example.org", 143, MailGuard::StartTls),
        ("imap://127.0.0.1.example.org", 143, MailGuard::StartTls),
    ] {
        let (_, its_port, its_guard) = Mailbox { url: url.into(), ..mailbox.clone() }.server().unwrap();
        assert_eq!((its_port, its_guard), (port, guard), "{url}");
    }
    let house = file(
        "[hooks.a]\nsender = \"text\"\nsignature = \"standard-webhooks\"\nsecret_file = \"secret\"\n\
         [hooks.a.mailbox]\nurl = \"https://mail.example.org\"\naccount = \" \"\nfolder = \"Taken\"\n\
         move_to = \"Taken\"\npassword_file = \"mailbox\"\n[hooks.b]\nsender = \"text\"\n[hooks.b.mailbox]\n\
         url = \"imaps://ada:canary@mail.example.org\"\naccount = \"b\"\npassword_file = \"mailbox\"\n",
    )
    .file("mailbox", "k7Hq2mailbox9Zw\n")
    .file("secret", "whsec_bW9kZWxsZWQtcGFnZXItc2VjcmV0");
    let told = super::lines(&house, house.load(&[]));
    assert!(!told.contains("canary"), "{told}");
    insta::assert_snapshot!(told);
    assert!(
        errors("[hooks.a]\nsender = \"text\"\n[hooks.a.mailbox]\nurl = \"imaps://x\"\naccount = \"a\"\n")
            .contains("`password` is missing")
    );
}
