//! Each scheme by what its makers published, and by what must not pass.

use serde_json::Value;

use super::{
    sample::{ALL, OTHER, SECRET, signed},
    *,
};
use crate::specs;

const AT: i64 = 1_800_000_000;

/// A request with these headers, held against one secret.
fn verify(
    scheme: Scheme,
    secret: &str,
    headers: &[(&str, String)],
    body: &[u8],
    now: i64,
) -> Result<Proven, Unsigned> {
    let plain = Plain { header: "x-signature".into(), timestamp_header: None };
    let header = |name: &str| {
        let found = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    };
    scheme.verify(Request { header: &header, body }, &[scheme.key(secret).unwrap()], &plain, now)
}

#[test]
fn in_every_scheme_not_a_bit_of_body_or_signature_may_differ() {
    let body = br#"{"event": {"id": "E1"}}"#;
    for scheme in ALL {
        let headers = signed(scheme, SECRET, body, AT);
        assert!(verify(scheme, SECRET, &headers, body, AT).is_ok(), "{scheme:?}");
        assert!(matches!(verify(scheme, OTHER, &headers, body, AT), Err(Unsigned::Forged(_))), "{scheme:?}");
        for at in 0..body.len() * 8 {
            let mut bad = body.to_vec();
            bad[at / 8] ^= 1 << (at % 8);
            assert!(verify(scheme, SECRET, &headers, &bad, AT).is_err(), "{scheme:?} {at}");
        }
        for (n, (_, value)) in headers.iter().enumerate() {
            for at in 0..value.len() {
                let mut bad = headers.clone();
                let mut text = value.clone().into_bytes();
                text[at] = if text[at] == b'0' { b'1' } else { b'0' };
                bad[n].1 = String::from_utf8(text).unwrap();
                assert!(verify(scheme, SECRET, &bad, body, AT).is_err(), "{scheme:?} {bad:?}");
            }
            let without: Vec<_> =
                headers.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, h)| h.clone()).collect();
            assert!(matches!(verify(scheme, SECRET, &without, body, AT), Err(Unsigned::Missing(_))));
        }
    }
}

#[test]
fn a_signed_time_holds_for_five_minutes_both_ways() {
    for scheme in [Scheme::StandardWebhooks, Scheme::Slack] {
        let headers = signed(scheme, SECRET, b"x", AT);
        for now in [AT - 300, AT + 300] {
            assert!(verify(scheme, SECRET, &headers, b"x", now).is_ok(), "{scheme:?} {now}");
        }
        for now in [AT - 301, AT + 301, 0, i64::MAX, i64::MIN] {
            let refused = verify(scheme, SECRET, &headers, b"x", now).unwrap_err();
            assert!(matches!(refused, Unsigned::Stale { .. }), "{scheme:?} {now}");
        }
    }
    let headers = signed(Scheme::Slack, SECRET, b"x", AT);
    let told = verify(Scheme::Slack, SECRET, &headers, b"x", AT + 301).unwrap_err().to_string();
    assert_eq!(told, "It was signed 301 seconds ago; 300 are allowed.");
}

#[test]
fn a_delivery_that_comes_again_has_the_same_id() {
    let id = |scheme, more: &[(&'static str, String)], body: &[u8]| {
        let headers = [signed(scheme, SECRET, body, AT), more.to_vec()].concat();
        verify(scheme, SECRET, &headers, body, AT).unwrap().id
    };
    assert_eq!(id(Scheme::StandardWebhooks, &[], b"x").as_deref(), Some("msg_1"));
    assert_eq!(id(Scheme::Pagerduty, &[], br#"{"event": {"id": "E1"}}"#).as_deref(), Some("E1"));
    assert_eq!(id(Scheme::Pagerduty, &[], b"no event"), None);
    assert_eq!(id(Scheme::Github, &[("x-github-delivery", "x".repeat(201))], b"x"), None);
    assert!(id(Scheme::Slack, &[], b"x").is_some(), "the same request is signed the same");
    for scheme in [Scheme::Github, Scheme::Sentry, Scheme::HmacSha256] {
        assert_eq!(id(scheme, &[], b"x"), None, "{scheme:?}: an alert may fire again in the same words");
    }
    for (scheme, header) in [(Scheme::Github, "x-github-delivery"), (Scheme::Sentry, "request-id")] {
        let told = |told: &str, body: &[u8]| id(scheme, &[(header, told.to_owned())], body).unwrap();
        assert_eq!(told("72d3162e", b"x"), told("72d3162e", b"x"));
        assert_ne!(told("72d3162e", b"x"), told("72d3162f", b"x"), "{scheme:?}: it says the same again");
        assert_ne!(told("72d3162e", b"x"), told("72d3162e", b"y"), "{scheme:?}: nobody uses up an id");
    }
}

#[test]
fn however_a_signature_is_written_it_is_the_same_delivery() {
    let ids = |scheme: Scheme, written: &[String], more: &[(&'static str, String)]| -> Vec<Option<String>> {
        let plain = Plain { header: "x-signature".into(), timestamp_header: Some("x-time".into()) };
        let keys = [scheme.key(SECRET).unwrap()];
        let name = match scheme {
            Scheme::Slack => "X-Slack-Signature",
            Scheme::Github => "X-Hub-Signature-256",
            Scheme::Sentry => "Sentry-Hook-Signature",
            _ => "x-signature",
        };
        let id = |written: &String| {
            let header = |asked: &str| {
                let found = more.iter().find(|(other, _)| other.eq_ignore_ascii_case(asked));
                let found = found.map(|(_, value)| value.as_str());
                if asked == name { Some(written.as_str()) } else { found }
            };
            scheme.verify(Request { header: &header, body: b"x" }, &keys, &plain, AT).unwrap().id
        };
        written.iter().map(id).collect()
    };
    let bytes = |scheme: Scheme, parts: &[&[u8]]| {
        let Key(mut mac) = scheme.key(SECRET).unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes()
    };
    let at = AT.to_string();
    let slack = hex::encode(bytes(Scheme::Slack, &[b"v0:", at.as_bytes(), b":x"]));
    let timed = bytes(Scheme::HmacSha256, &[at.as_bytes(), b":x"]);
    let (digits, body_alone) = (hex::encode(timed), hex::encode(bytes(Scheme::Github, &[b"x"])));
    let (time, slack_time) = (("x-time", at.clone()), ("x-slack-request-timestamp", at.clone()));
    let (delivery, request) = (("x-github-delivery", "1".to_owned()), ("request-id", "1".to_owned()));
    for ids in [
        ids(
            Scheme::Slack,
            &[slack.clone(), slack.to_uppercase()].map(|one| format!("v0={one}")),
            &[slack_time],
        ),
        ids(
            Scheme::HmacSha256,
            &[digits.clone(), digits.to_uppercase(), format!("sha256={digits}"), STANDARD.encode(timed)],
            &[time],
        ),
        ids(
            Scheme::Github,
            &[body_alone.clone(), body_alone.to_uppercase()].map(|one| format!("sha256={one}")),
            &[delivery],
        ),
        ids(Scheme::Sentry, &[body_alone.clone(), body_alone.to_uppercase()], &[request]),
    ] {
        assert!(ids[0].is_some() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
}

#[test]
fn a_plain_hmac_may_be_hex_or_base64_and_sign_a_time() {
    let body = b"a body";
    let Key(mut mac) = Scheme::HmacSha256.key("hunter2").unwrap();
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    let (digits, text) = (hex::encode(bytes), STANDARD.encode(bytes));
    for value in [digits.clone(), digits.to_uppercase(), format!("sha256={digits}"), text] {
        let headers = [("X-Signature", value)];
        assert!(verify(Scheme::HmacSha256, "hunter2", &headers, body, 0).is_ok(), "{headers:?}");
    }
    let plain = Plain { header: "x-signature".into(), timestamp_header: Some("x-time".into()) };
    let Key(mut mac) = Scheme::HmacSha256.key("hunter2").unwrap();
    mac.update(format!("{AT}:").as_bytes());
    mac.update(body);
    let (digits, at) = (hex::encode(mac.finalize().into_bytes()), AT.to_string());
    let keys = [Scheme::HmacSha256.key("hunter2").unwrap()];
    let header = |name: &str| match name {
        "x-signature" => Some(digits.as_str()),
        "x-time" => Some(at.as_str()),
        _ => None,
    };
    let request = Request { header: &header, body };
    assert!(Scheme::HmacSha256.verify(request, &keys, &plain, AT).is_ok());
    assert!(Scheme::HmacSha256.verify(request, &keys, &plain, AT + 301).is_err());
}

#[test]
fn of_two_secrets_both_hold_and_it_is_said_which() {
    for scheme in ALL {
        let keys = [scheme.key(SECRET).unwrap(), scheme.key(OTHER).unwrap()];
        let plain = Plain { header: "x-signature".into(), timestamp_header: None };
        for (n, secret) in [SECRET, OTHER].into_iter().enumerate() {
            let headers = signed(scheme, secret, b"x", AT);
            let header = |name: &str| {
                let found = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.as_str())
            };
            let proven = scheme.verify(Request { header: &header, body: b"x" }, &keys, &plain, AT).unwrap();
            assert_eq!(proven.key, n, "{scheme:?}");
        }
    }
}

#[test]
fn a_key_is_not_printed_and_an_empty_one_is_none() {
    assert_eq!(format!("{:?}", Scheme::Github.key("hunter2").unwrap()), "[secret]");
    for (scheme, bad) in [
        (Scheme::Github, ""),
        (Scheme::StandardWebhooks, ""),
        (Scheme::StandardWebhooks, "whsec_"),
        (Scheme::StandardWebhooks, "whsec_not base64"),
    ] {
        assert!(scheme.key(bad).is_err(), "{bad}");
    }
}

/// The vectors that the makers publish.
fn vector(name: &str) -> Option<Value> {
    let file = specs::find("signatures", &format!("vectors/{name}"))?;
    Some(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
}

#[test]
fn what_the_makers_of_the_schemes_published_passes_and_what_they_call_wrong_does_not() {
    let Some(standard) = vector("standard_webhooks.json") else { return };
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    let at = standard["timestamp"].as_i64().unwrap();
    let headers = |signature: &str| {
        vec![
            ("webhook-id", text(&standard, "msg_id")),
            ("webhook-timestamp", at.to_string()),
            ("webhook-signature", text(&standard, signature)),
        ]
    };
    let (secret, payload) = (text(&standard, "secret"), text(&standard, "payload"));
    for signature in ["expected", "multi_signature_header_must_verify"] {
        let taken =
            verify(Scheme::StandardWebhooks, &secret, &headers(signature), payload.as_bytes(), at + 10);
        assert_eq!(taken.unwrap().id, Some(text(&standard, "msg_id")));
    }

    let pagerduty = vector("pagerduty_v3_signature.json").unwrap();
    let (secret, body) = (text(&pagerduty, "secret"), text(&pagerduty, "body"));
    let held = |signature: String| {
        verify(Scheme::Pagerduty, &secret, &[("x-pagerduty-signature", signature)], body.as_bytes(), 0)
    };
    let valid = text(&pagerduty, "valid");
    assert_eq!(held(valid.clone()).unwrap().id.as_deref(), Some("01BWDWL3NYY7LUFPZCC28QUCMK"));
    for wrong in pagerduty["invalid"].as_array().unwrap() {
        let wrong = wrong.as_str().unwrap();
        assert!(held(wrong.to_owned()).is_err());
        assert!(held(format!("{wrong},{valid}")).is_ok(), "while a secret is changed there are two");
    }

    let slack = vector("slack_v0_signature.json").unwrap();
    let headers = [
        ("x-slack-signature", text(&slack, "expected")),
        ("x-slack-request-timestamp", text(&slack, "timestamp")),
    ];
    let body = text(&slack, "body");
    let at: i64 = text(&slack, "timestamp").parse().unwrap();
    assert!(verify(Scheme::Slack, &text(&slack, "signing_secret"), &headers, body.as_bytes(), at).is_ok());
}
