//! Mail through an SMTP server that nobody here wrote: aiosmtpd, from PyPI.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use commandpost::{
    config::{Pager, PagerKind, Secret},
    incident::{
        event::{Actor, Entry, Event, TimeSource},
        id::IncidentId,
        kind::{Kind, Real},
        paging::{Act, Cleared, Page, Step, Target},
        severity::Severity,
        state::Incident,
    },
    journal::rows::{Delivery, DeliveryState, What},
    outbox::port::{Content, Courier, Errand, Outcome},
    pager::Paging,
    people::Person,
};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{house::at, python::with};

const SERVER: &str = r#"
import asyncio, json, sys
from email import message_from_bytes, policy
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

class Handler:
    seen = 0
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox as " + address
        envelope.rcpt_tos.append(address)
        return "250 OK"
    async def handle_DATA(self, server, session, envelope):
        Handler.seen += 1
        mail = message_from_bytes(envelope.content, policy=policy.default)
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": mail["subject"],
                          "id": mail["message-id"], "text": mail.get_content(), "user": session.auth_data}), flush=True)
        if Handler.seen == 1:
            return "451 4.3.0 try again later"
        return "250 taken"

def check(server, session, envelope, mechanism, data):
    ok = isinstance(data, LoginPassword) and data.login == b"pager" and data.password == b"hunter22"
    return AuthResult(success=ok, handled=False, auth_data=data.login.decode() if ok else None)

async def main():
    loop = asyncio.get_running_loop()
    make = lambda: SMTP(Handler(), authenticator=check, auth_required=True, auth_require_tls=False)
    server = await loop.create_server(make, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"#;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn errand(address: &str) -> Errand {
    let entry = |seq: u64, event: Event| Entry {
        incident: IncidentId::new(Kind::Real, 1),
        seq,
        id: Uuid::from_u128(seq.into()),
        occurred_at: at(0),
        time_source: TimeSource::House,
        recorded_at: at(0),
        actor: Actor { person: Person::named("Ada").unwrap(), role: None, via: "cli".into() },
        event,
    };
    let declared = Event::Declared {
        title: "Käse\r\nBcc: everybody@example.org ist aus".into(),
        kind: Kind::Real,
        severity: Severity::Sev1,
        triage: false,
        drill_clock: None,
        began: None,
        ended: None,
        rated: None,
    };
    let mut incident = Incident::open(&entry(1, declared)).unwrap();
    incident.apply(&entry(
        2,
        Event::PagingBegun {
            n: 1,
            escalation: None,
            about: String::new(),
            steps: vec![Step { to: vec![Target::Roster("web".into())], after_minutes: 0 }],
            rounds: 1,
            again_minutes: 5,
            is_automatic: false,
        },
    ));
    let link = "https://post.example.com/ack/abc.def".to_owned();
    let page = Page::<Real>::of(&incident, 1, Act::Trigger).unwrap().to(
        Some(link),
        "INC-1-1-0a1b2c3d".into(),
        address.into(),
    );
    let delivery = Delivery {
        n: 1,
        key: "INC-1/page/1/0.0/ann".into(),
        destination: "pager:mail".into(),
        lane: "pager:mail".into(),
        incident: Some(incident.id),
        what: What::Page { n: 1, to: None, act: Act::Trigger },
        state: DeliveryState::Pending,
        attempts: 0,
        next_at: at(0),
        external_id: None,
        url: None,
        error: None,
        created_at: at(0),
        settled_at: None,
    };
    Errand { delivery, content: Content::Page(Cleared::real(page)), earlier: None }
}

#[tokio::test]
async fn a_page_by_mail_is_taken_by_a_real_server_and_a_repeat_is_the_same_mail() {
    let test = "a_page_by_mail_is_taken_by_a_real_server_and_a_repeat_is_the_same_mail";
    let Some(python) = with(test, "aiosmtpd", "COMMANDPOST_AIOSMTPD", "aiosmtpd") else { return };
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut server = Server(
        Command::new(python)
            .args(["-c", SERVER])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let mut said = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let port: u16 = said.next().unwrap().unwrap().parse().unwrap();
    let pager = |password: &str| {
        let settings = Pager {
            kind: PagerKind::Email,
            token: Some(Secret::new(password)),
            token_file: None,
            url: Some(format!("smtp://127.0.0.1:{port}")),
            account: Some("pager".into()),
            from: Some("Pager <pager@example.org>".into()),
            safe_for_drills: false,
        };
        Paging::new("mail", &settings, Arc::new(|| at(0))).unwrap()
    };
    let errand = errand("ann@example.org");
    let mail = pager("hunter22");
    assert!(matches!(mail.deliver(&errand).await, Outcome::Retry { .. }), "451 is no refusal");
    assert!(matches!(mail.deliver(&errand).await, Outcome::Sent { .. }));
    let got: Vec<Value> =
        (0..2).map(|_| serde_json::from_str(&said.next().unwrap().unwrap()).unwrap()).collect();
    assert_eq!(got[0]["id"], got[1]["id"], "mailboxes know a repeat by it");
    assert_eq!(
        got[1]["to"],
        serde_json::json!(["ann@example.org"]),
        "what an incident is called adds no address"
    );
    assert_eq!(got[1]["user"], "pager");
    assert_eq!(got[1]["subject"], "SEV1 INC-1: Käse  Bcc: everybody@example.org ist aus");
    assert!(got[1]["text"].as_str().unwrap().trim_end().ends_with("https://post.example.com/ack/abc.def"));
    let Outcome::Failed { why } = mail.deliver(&self::errand("nobody@example.org")).await else {
        panic!("a mailbox that is not there")
    };
    assert!(why.contains("no such mailbox") && !why.contains("nobody@"), "{why}");
    let Outcome::Failed { why } = pager("wrong-canary").deliver(&errand).await else {
        panic!("a wrong password")
    };
    assert!(!why.contains("canary"), "{why}");
}
