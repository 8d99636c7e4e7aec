use proptest::prelude::*;

use super::*;

fn masked(text: &str) -> (String, String) {
    let (mut seen, mut text) = (Masked::default(), text.to_owned());
    seen.mask(&mut text);
    (text, seen.kinds())
}

/// `n` characters as an issuer would draw them; put together here, so that no file holds a key by its shape.
fn drawn(n: usize, alphabet: &str) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    (0..n).map(|i| letters[(i * 7 + i / 5 + n) % letters.len()]).collect()
}

const MIXED: &str = "aB3dE5gH7jK9mN1pQ2sT4vW6xY8z";
const UPPER: &str = "ABCDEFGH234567";

/// One of each shape, at several lengths.
fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for more in 0..8 {
        let mixed = |n: usize| drawn(n + more, MIXED);
        let pem = |name: &str| {
            format!("-----BEGIN {name}-----\n{}\n{}\n-----END {name}-----", drawn(64, MIXED), mixed(40))
        };
        all.extend([
            (
                "Slack token",
                format!("xoxb-{}-{}-{}", drawn(12, "0123456789"), drawn(12, "9876543210"), mixed(24)),
            ),
            ("Slack token", format!("xoxp-{}-{}", drawn(12, "0123456789"), mixed(32))),
            ("Slack token", format!("xapp-1-A{}-{}", drawn(10, UPPER), mixed(64))),
            (
                "Slack webhook",
                format!(
                    "https://hooks.slack.com/services/T{}/B{}/{}",
                    drawn(9, UPPER),
                    drawn(9, UPPER),
                    mixed(24)
                ),
            ),
            ("Discord token", format!("M{}.G{}.{}", drawn(23, MIXED), drawn(5, MIXED), drawn(38, MIXED))),
            (
                "Discord webhook",
                format!("https://discord.com/api/webhooks/{}/{}", drawn(18, "123456789"), mixed(60)),
            ),
            ("GitHub token", format!("ghp_{}", mixed(36))),
            ("GitHub token", format!("github_pat_{}_{}", drawn(22, MIXED), mixed(59))),
            ("GitLab token", format!("glpat-{}", mixed(20))),
            ("AWS key", format!("AKIA{}", drawn(16, UPPER))),
            ("JSON web token", format!("eyJ{}.eyJ{}.{}", mixed(20), mixed(60), mixed(43))),
            ("private key", pem("RSA PRIVATE KEY")),
            ("private key", pem("OPENSSH PRIVATE KEY")),
            ("private key", pem("PRIVATE KEY")),
            ("private key", pem("PGP PRIVATE KEY BLOCK")),
            ("Stripe key", format!("sk_live_{}", mixed(24))),
            ("Google key", format!("AIza{}", drawn(35, MIXED))),
            ("API key", format!("sk-ant-api03-{}", mixed(90))),
            ("API key", format!("SG.{}.{}", mixed(22), mixed(43))),
            ("registry token", format!("npm_{}", drawn(36, MIXED))),
            ("Telegram token", format!("{}:AA{}", drawn(9, "123456789"), drawn(33, MIXED))),
            ("Matrix token", format!("syt_{}_{}_{}", mixed(6), drawn(20, "abcDEFghi"), drawn(6, MIXED))),
            ("password", format!("postgres://app:{}@db1:5432/shop", mixed(9))),
            ("password", format!("https://ada:{}@grafana.example/d/7", mixed(6))),
            ("password", format!("DB_PASSWORD={}", mixed(10))),
            ("password", format!("password:{}", mixed(10))),
            ("password", format!("\"token\":\"{}\"", mixed(20))),
            ("password", format!("api_key: \"{}\"", mixed(20))),
            ("password", format!("AWS_SECRET_ACCESS_KEY={}", drawn(40, MIXED))),
            ("credential", format!("Authorization: Bearer {}", mixed(30))),
        ]);
    }
    all
}

#[test]
fn each_known_shape_is_masked_wherever_it_stands_and_the_words_around_it_stay() {
    let samples = samples();
    assert!(samples.len() >= 200, "{}", samples.len());
    for (kind, sample) in samples {
        for (before, after) in [
            ("", ""),
            ("we use ", " on db1, rotate it"),
            ("so: ", " – done"),
            ("erst läuft ", "\n– danach ä"),
        ] {
            let (text, kinds) = masked(&format!("{before}{sample}{after}"));
            assert!(kinds.contains(kind), "{sample}: {kinds}");
            assert!(text.starts_with(before) && text.ends_with(after), "{text}");
            let core: String = sample.chars().rev().take(200).collect();
            let core: String = core.chars().rev().collect();
            assert!(!text.contains(&core), "{text}");
            for run in sample.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| run.len() >= 16) {
                assert!(!text.contains(run), "{run} stands in {text}");
            }
        }
    }
}

#[test]
fn what_people_write_in_an_incident_is_left_alone() {
    for text in [
        "db1 is full; writes fail; moving to db2",
        "rolled back 4.2.1-rc3 (commit 9f8c2b1d4e5f60718293a4b5c6d7e8f901234567)",
        "request id 0f8fad5b-d9cb-469f-a165-70867728950e, trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        "the token expired at 09:12; the password was reset by Bo",
        "deploying ghcr.io/acme/token-service:sha-3f2a9c1d, was token-service:v1.2.3-rc1",
        "rolled back token-service: 2026-11-20T14:03Z",
        "pod/token-exchange: token-exchange-6d8f9b7c5-x2x4z, secretName: payments-tls-v2",
        "token-issuer=10.2.3.4:8080/v1, token authentication-service-v2, xapp-traffic-steering-prod",
        "password: please ask Ada",
        "token: https://vault.example/ui/secret/prod",
        "PASSWORD=$DB_PASSWORD, TOKEN=<your-token-1234>, api_key={{ key1234567 }}",
        "https://grafana.example/d/7?from=now-1h&to=now&var-host=db1",
        "mailto:ada@example.org, ssh://git@example.org:2222/repo.git, http://[::1]:8080/x",
        "https://ada:***@example.org is what the log shows",
        "secretary2026 is the new hostname; bearer of bad news; basic authentication fails",
        "INC-1 S-3 #12 sk-learn 1.4, key-value store, akia furniture, AKIA1234",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH8zKq0d ada@laptop",
        "👍🏽 läuft wieder – 12:30 Uhr, 3 × 5 = 15",
    ] {
        assert_eq!(masked(text), (text.to_owned(), String::new()));
    }
}

#[test]
fn of_a_form_or_an_address_only_the_secret_is_masked_and_the_fields_beside_it_stay() {
    for (text, kept) in [
        (
            "monitor=web1&token=abcdef12345&status=Down&host=db1&reason=timeout",
            "monitor=web1&token=[masked:password]&status=Down&host=db1&reason=timeout",
        ),
        (
            "https://shop.example/cb?token=abcdef12345&order=77 gave 500",
            "https://shop.example/cb?token=[masked:password]&order=77 gave 500",
        ),
        // What is too short or empty to be one does not hide the next.
        ("token=abc&password=hunter2hunter2", "token=abc&password=[masked:password]"),
        ("token=&password=hunter2hunter2&at=1", "token=&password=[masked:password]&at=1"),
        ("api_key=abcdef12345&token=fedcba54321", "api_key=[masked:password]&token=[masked:password]"),
    ] {
        assert_eq!(masked(text), (kept.to_owned(), "password".to_owned()), "{text}");
    }
}

#[test]
fn a_password_with_an_ampersand_in_it_is_masked_to_its_end() {
    for (text, kept) in [
        ("password: hunter2&tail on db1", "password: [masked:password] on db1"),
        ("password: hunter22&b=c&d on db1", "password: [masked:password] on db1"),
        ("password:hunter2&tail, rotate it", "password:[masked:password], rotate it"),
        ("PASSWORD=a1&b2&c3d4e5 on db1", "PASSWORD=[masked:password] on db1"),
        ("PASSWORD=&&hunter22& on db1", "PASSWORD=[masked:password] on db1"),
        ("{\"token\": \"hunter22&b=c\"}", "{\"token\": \"[masked:password]\"}"),
    ] {
        assert_eq!(masked(text), (kept.to_owned(), "password".to_owned()), "{text}");
    }
}

#[test]
fn a_body_full_of_ampersands_is_read_in_one_go() {
    let long = "token=&".repeat(50_000);
    assert_eq!(masked(&long), (long.clone(), String::new()));
}

#[test]
fn a_key_that_was_cut_short_is_masked_to_its_end() {
    let (text, kinds) = masked("here: -----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK");
    assert_eq!((text.as_str(), kinds.as_str()), ("here: [masked:private-key]", "private key"));
}

#[test]
fn who_pasted_it_is_told_what_was_masked_and_what_to_do() {
    let (mut seen, mut text) =
        (Masked::default(), format!("ghp_{} and redis://:hunter2@cache", drawn(36, MIXED)));
    seen.mask(&mut text);
    assert_eq!(text, "[masked:GitHub-token] and redis://:***@cache");
    insta::assert_snapshot!(seen.word().trim(), @"A secret was masked before it was stored (GitHub token, password). Where it was written, it may still stand: take it out there, and revoke it.");
    assert_eq!(Masked::default().word(), "");
}

proptest! {
    #[test]
    fn masking_again_changes_nothing(before in "\\PC{0,40}", which in 0usize..28, after in "\\PC{0,40}") {
        let (_, sample) = samples().swap_remove(which);
        let (once, _) = masked(&format!("{before} {sample} {after}"));
        let (twice, kinds) = masked(&once);
        prop_assert_eq!(once, twice, "{}", kinds);
    }
}
