//! What a hook asks of whoever posts there: that it is whole, and does not contradict itself.

use super::report::Report;
use super::{Config, Hook, Secret};
use crate::signature::Scheme;

/// These are no hooks, but stand beside them.
const RESERVED: [&str; 2] = ["heartbeat", "receipts"];

/// The tokens that monitors show, each by its key.
pub(super) fn tokens(config: &Config) -> impl Iterator<Item = (String, &Secret)> {
    let hooks = config.hooks.iter().flat_map(|(name, hook)| {
        let key = format!("hooks.{name}");
        [(format!("{key}.token"), &hook.token), (format!("{key}.token_next"), &hook.token_next)]
    });
    let heartbeats = config.heartbeat.iter().enumerate().flat_map(|(index, one)| {
        let key = format!("heartbeat[{index}]");
        [(format!("{key}.token"), &one.token), (format!("{key}.token_next"), &one.token_next)]
    });
    hooks.chain(heartbeats).filter_map(|(key, token)| Some((key, token.as_ref()?)))
}

pub(super) fn check(config: &Config, report: &mut Report<'_>) {
    if let Some(header) = &config.http.client_certificate_header {
        is_header(header, "http.client_certificate_header", report);
        if config.http.trusted_proxies.is_empty() {
            let what = "no proxy is trusted to say whose certificate it was";
            report.at("http.client_certificate_header", what, "Name the proxy in `trusted_proxies`.");
        }
    }
    for (name, hook) in &config.hooks {
        let key = format!("hooks.{name}");
        if RESERVED.contains(&name.as_str()) {
            report.at(&key, format!("`{name}` is not a hook's to have"), "Give the hook another name.");
        }
        signature(&key, hook, report);
        for (first, next, what) in [
            (hook.token.is_some(), hook.token_next.is_some(), "token"),
            (hook.secret.is_some(), hook.secret_next.is_some(), "secret"),
        ] {
            if next && !first {
                let told = format!("`{what}_next` is given, and no `{what}`");
                report.at(&format!("{key}.{what}_next_file"), told, format!("Give it as `{what}_file`."));
            }
        }
        if !hook.client_certificates.is_empty() && config.http.client_certificate_header.is_none() {
            let what = "nothing says in which header a proxy tells of certificates";
            let hint = "Set `client_certificate_header` and `trusted_proxies` in [http].";
            report.at(&format!("{key}.client_certificates"), what, hint);
        }
        topics(&key, hook, report);
    }
}

fn signature(key: &str, hook: &Hook, report: &mut Report<'_>) {
    let at = |field: &str| format!("{key}.{field}");
    let Some(scheme) = hook.signature else {
        if hook.secret.is_some() {
            let hint = "Say by `signature` how the sender signs; a bearer token is `token_file`.";
            report.at(&at("secret_file"), "a secret is given, and no `signature`", hint);
        }
        return;
    };
    if hook.secret.is_none() {
        report.at(&at("signature"), "`signature` is given, and no `secret`", "Give `secret_file`.");
    }
    for (field, secret) in [("secret_file", &hook.secret), ("secret_next_file", &hook.secret_next)] {
        if let Some(Err(what)) = secret.as_ref().map(|secret| scheme.key(secret.expose())) {
            report.at(&at(field), what, "Copy it from the sender as it is shown there.");
        }
    }
    let headers = [
        ("signature_header", &hook.signature_header),
        ("signature_timestamp_header", &hook.signature_timestamp_header),
    ];
    for (field, header) in headers {
        match header {
            Some(header) if scheme == Scheme::HmacSha256 => is_header(header, &at(field), report),
            Some(_) => {
                let what = format!("`{field}` is for the signature `hmac-sha256`");
                report.at(&at(field), what, "Take it away: the scheme says where its signature stands.");
            }
            None if scheme == Scheme::HmacSha256 && field == "signature_header" => {
                let hint = "Give `signature_header`.";
                report.at(&at("signature"), "nothing says in which header the signature stands", hint);
            }
            None => {}
        }
    }
}

fn topics(key: &str, hook: &Hook, report: &mut Report<'_>) {
    if !hook.topics.is_empty() && hook.sender.name() != "aws" {
        let what = "`topics` is for the sender `aws`";
        report.at(&format!("{key}.topics"), what, "Take it away, or change `sender`.");
    }
    for (index, topic) in hook.topics.iter().enumerate() {
        let mut parts = topic.split(':');
        let is_arn = parts.next() == Some("arn")
            && parts.next().is_some_and(|partition| partition.starts_with("aws"))
            && parts.next() == Some("sns")
            && parts.filter(|part| !part.is_empty()).count() == 3;
        if !is_arn {
            let what = format!("`{}` is not the ARN of a topic", topic.chars().take(80).collect::<String>());
            let hint = "Copy it from SNS: `arn:aws:sns:eu-west-1:123456789012:alarms`.";
            report.at(&format!("{key}.topics[{index}]"), what, hint);
        }
    }
}

/// A header's name as HTTP has it (RFC 9110, token).
fn is_header(name: &str, key: &str, report: &mut Report<'_>) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(fits) {
        let what = format!("`{}` is not the name of a header", name.chars().take(80).collect::<String>());
        report.at(key, what, "Write it as the sender does: `X-Signature`.");
    }
}
