//! Who is let in to a hook, and with which words somebody is not.

use axum::http::{HeaderName, HeaderValue};

use super::*;
use crate::signature::sample;

const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn proofs(asked: Asked) -> Proofs {
    Proofs::new("[hooks.shop]", "shop", asked, &Metrics::default()).unwrap()
}

/// The head of a request that comes from an address, through the proxy 10.0.0.1 if that is it.
fn head(proofs: &Proofs, peer: &str, pairs: &[(&str, &str)], shown: Option<&str>) -> Result<(), String> {
    let proxies = Proxies(vec!["10.0.0.1".parse().unwrap()]);
    let headers = headers(pairs);
    let from = Origin { peer: Some(peer.parse().unwrap()), proxies: &proxies, headers: &headers };
    proofs
        .head(from, shown, at(NOW))
        .map_err(|refused| format!("{} {}", refused.status.as_u16(), refused.why))
}

fn secret(text: &str) -> Option<Secret> {
    Some(Secret::new(text))
}

#[test]
fn a_token_lets_in_wherever_a_sender_can_put_it_and_nothing_else_does() {
    let proofs = proofs(Asked { token: secret("correct-horse-battery"), ..Asked::default() });
    let good = [
        (vec![("authorization", "Bearer correct-horse-battery")], None),
        (vec![("authorization", "Basic eDpjb3JyZWN0LWhvcnNlLWJhdHRlcnk=")], None),
        (vec![("x-gitlab-token", "correct-horse-battery")], None),
        (vec![], Some("correct-horse-battery")),
    ];
    for (pairs, shown) in good {
        assert_eq!(head(&proofs, "192.0.2.1", &pairs, shown), Ok(()), "{pairs:?} {shown:?}");
    }
    let bad = [
        (vec![], None),
        (vec![("authorization", "Bearer ")], Some("")),
        (vec![("authorization", "Bearer correct-horse-batter")], Some("correct-horse-battery2")),
        (vec![("x-gitlab-token", "")], None),
        (vec![("x-token", "correct-horse-battery")], None),
    ];
    for (pairs, shown) in bad {
        let refused = head(&proofs, "192.0.2.1", &pairs, shown).unwrap_err();
        assert_eq!(refused, "401 /hooks/shop needs its token.", "{pairs:?} {shown:?}");
    }
}

#[test]
fn while_a_token_is_changed_both_hold_and_it_is_counted_which_was_used() {
    let metrics = Metrics::default();
    let asked = Asked {
        token: secret("the-old-token-0123"),
        token_next: secret("the-new-token-0123"),
        ..Asked::default()
    };
    let proofs = Proofs::new("[hooks.shop]", "shop", asked, &metrics).unwrap();
    let used = |name: &str| metrics.used("shop", name).at();
    for (token, old, new) in [("the-old-token-0123", NOW, 0), ("the-new-token-0123", NOW, NOW)] {
        assert_eq!(head(&proofs, "192.0.2.1", &[], Some(token)), Ok(()));
        assert_eq!((used("token"), used("token_next")), (old, new));
    }
    assert!(head(&proofs, "192.0.2.1", &[], Some("the-new-token-012")).is_err());
}

#[test]
fn only_the_listed_addresses_are_let_in_seen_through_the_proxy_that_is_trusted() {
    let proofs = proofs(Asked { allow: vec!["192.0.2.0/24".parse().unwrap()], ..Asked::default() });
    assert_eq!(head(&proofs, "192.0.2.7", &[], None), Ok(()));
    assert_eq!(head(&proofs, "10.0.0.1", &[("x-forwarded-for", "192.0.2.7")], None), Ok(()));
    let told = "403 /hooks/shop lets in certain addresses; this request came from 198.51.100.1.";
    for peer in ["198.51.100.1", "::ffff:198.51.100.1"] {
        assert_eq!(head(&proofs, peer, &[("x-forwarded-for", "192.0.2.7")], None), Err(told.into()));
    }
    let hearsay = [("x-forwarded-for", "192.0.2.7, 198.51.100.1")];
    assert_eq!(head(&proofs, "10.0.0.1", &hearsay, None), Err(told.into()));
}

#[test]
fn a_certificate_is_believed_from_the_trusted_proxy_alone() {
    // The SHA-256 of "der", and a subject.
    let fingerprint = hex::encode(Sha256::digest(b"der"));
    let upper = fingerprint.to_uppercase();
    let pairs: Vec<&str> = (0..upper.len()).step_by(2).map(|at| &upper[at..at + 2]).collect();
    let colons = pairs.join(":");
    let certificates = vec![colons.clone(), "CN=prometheus,O=Acme".to_owned()];
    let proofs =
        proofs(Asked { certificates, certificate_header: Some("Client-Cert".into()), ..Asked::default() });
    for value in [fingerprint.as_str(), colons.as_str(), ":ZGVy:", "CN=prometheus,O=Acme"] {
        assert_eq!(head(&proofs, "10.0.0.1", &[("client-cert", value)], None), Ok(()), "{value}");
        let told = head(&proofs, "192.0.2.7", &[("client-cert", value)], None).unwrap_err();
        assert_eq!(told, "401 /hooks/shop believes no certificate but from a trusted proxy.");
    }
    for value in ["", ":ZGVz:", "CN=prometheus", "cn=prometheus,o=acme", &fingerprint[1..]] {
        let told = head(&proofs, "10.0.0.1", &[("client-cert", value)], None).unwrap_err();
        assert_eq!(told, "401 /hooks/shop does not know the certificate that was shown.", "{value}");
    }
    let twice = [("client-cert", fingerprint.as_str()), ("client-cert", "CN=prometheus,O=Acme")];
    assert!(head(&proofs, "10.0.0.1", &twice, None).unwrap_err().contains("or of several"));
    assert!(head(&proofs, "10.0.0.1", &[], None).is_err());
}

#[test]
fn everything_that_is_asked_must_hold() {
    let proofs = proofs(Asked {
        token: secret("correct-horse-battery"),
        allow: vec!["192.0.2.0/24".parse().unwrap()],
        ..Asked::default()
    });
    let token = [("authorization", "Bearer correct-horse-battery")];
    assert_eq!(head(&proofs, "192.0.2.7", &token, None), Ok(()));
    assert!(head(&proofs, "198.51.100.1", &token, None).is_err());
    assert!(head(&proofs, "192.0.2.7", &[], None).is_err());
}

#[test]
fn a_signature_is_held_against_the_body_and_what_is_wrong_is_said() {
    let body = b"{}";
    let asked = Asked {
        signature: Some(Scheme::StandardWebhooks),
        secret: secret(sample::SECRET),
        secret_next: secret(sample::OTHER),
        ..Asked::default()
    };
    let proofs = proofs(asked);
    let sent = |secret: &str, now: i64, body: &[u8]| {
        let pairs = sample::signed(Scheme::StandardWebhooks, secret, b"{}", NOW);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let taken = proofs.body(&headers(&pairs), body, at(now));
        taken.map_err(|refused| format!("{} {} {}", refused.status.as_u16(), refused.why, refused.instead))
    };
    for secret in [sample::SECRET, sample::OTHER] {
        assert_eq!(sent(secret, NOW, body), Ok(Some("msg_1".into())));
    }
    insta::assert_snapshot!(sent(sample::SECRET, NOW, b"{ }").unwrap_err(), @"401 No signature in webhook-signature fits this body and the secret. Nothing was taken. Compare the secret of [hooks.shop] with the sender's, and the clocks; a proxy must not change the body.");
    insta::assert_snapshot!(sent(sample::SECRET, NOW + 400, body).unwrap_err(), @"401 It was signed 400 seconds ago; 300 are allowed. Nothing was taken. Compare the secret of [hooks.shop] with the sender's, and the clocks; a proxy must not change the body.");
    let none = proofs.body(&HeaderMap::new(), body, at(NOW)).unwrap_err();
    assert_eq!(none.why, "The header webhook-id is missing.");
}
