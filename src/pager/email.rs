//! Mail by SMTP (RFC 5321): over TLS, or with STARTTLS; in the clear only to this machine.
//!
//! A mail whose answer was lost is sent again, as mail servers do among themselves (RFC 5321, 4.2.5): under the same
//! `Message-ID`, by which mailboxes know a repeat.

use std::time::Duration;

use chrono::{DateTime, Utc};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header},
    transport::smtp::authentication::Credentials,
};
use sha2::{Digest, Sha256};

use super::{Pager, address, nothing_to_say, send_again};
use crate::{
    config::{self, Secret},
    incident::paging::{Act, Cleared},
    outbox::port::{BoxFuture, Outcome, Reconciled},
};

const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) struct Email {
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    secret: Secret,
}

impl Email {
    pub fn new(settings: &config::Pager) -> Result<Self, String> {
        let url = settings.url.clone().unwrap_or_default();
        let parsed = url::Url::parse(&url)
            .map_err(|_| "an e-mail pager needs `url`: smtps://HOST, or smtp://HOST:587".to_owned())?;
        let host = parsed.host_str().ok_or("the e-mail pager's `url` has no host")?;
        let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let fail = |e: lettre::transport::smtp::Error| format!("the mail server {host} cannot be used: {e}");
        let builder = match parsed.scheme() {
            "smtps" => AsyncSmtpTransport::<Tokio1Executor>::relay(host).map_err(fail)?,
            "smtp" if is_local => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
            "smtp" => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host).map_err(fail)?,
            other => {
                return Err(format!(
                    "`{other}` is no way to a mail server: smtps://HOST, or smtp://HOST:587"
                ));
            }
        };
        let builder = builder.timeout(Some(TIMEOUT));
        let builder = match parsed.port() {
            Some(port) => builder.port(port),
            None => builder,
        };
        let secret = settings.token.clone().unwrap_or_default();
        let builder = match &settings.account {
            Some(account) => {
                builder.credentials(Credentials::new(account.clone(), secret.expose().to_owned()))
            }
            None => builder,
        };
        let from = settings.from.as_deref().unwrap_or_default();
        let from = from.parse().map_err(|_| format!("`from` = \"{from}\" is no address of a mail"))?;
        Ok(Self { smtp: builder.build(), from, secret })
    }

    fn mail(&self, page: &Cleared, key: &str, to: &str) -> Result<Message, String> {
        let digest = hex::encode(Sha256::digest(format!("{}/{key}", page.call)));
        let domain = self.from.email.domain();
        let to: Mailbox =
            to.parse().map_err(|_| "The address in the settings is none of a mail.".to_owned())?;
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(page.headline())
            .message_id(Some(format!("<{}@{domain}>", digest.get(..32).unwrap_or(&digest))))
            .header(header::ContentType::TEXT_PLAIN)
            .body(format!("{}\n", page.text()))
            .map_err(|e| format!("The mail could not be made: {e}."))
    }

    async fn send(&self, page: &Cleared, key: &str) -> Outcome {
        let to = match address(page, "address for mail") {
            Ok(to) => to,
            Err(outcome) => return outcome,
        };
        let mail = match self.mail(page, key, to) {
            Ok(mail) => mail,
            Err(why) => return Outcome::Failed { why },
        };
        match self.smtp.send(mail).await {
            Ok(_) => Outcome::Sent { external_id: None, url: None },
            Err(error) => {
                let said = Secret::new(to).redact(&self.secret.redact(&error.to_string()));
                if error.is_permanent() {
                    Outcome::Failed { why: format!("The mail server refused the mail: {said}.") }
                } else if error.is_transient() {
                    Outcome::Retry {
                        after: None,
                        why: format!("The mail server takes no mail just now: {said}"),
                    }
                } else {
                    Outcome::Unknown { why: format!("The mail server gave no answer: {said}") }
                }
            }
        }
    }
}

impl Pager for Email {
    fn page<'a>(&'a self, page: &'a Cleared, key: &'a str) -> BoxFuture<'a, Outcome> {
        if page.act != Act::Trigger {
            return nothing_to_say();
        }
        Box::pin(self.send(page, key))
    }
    fn reconcile<'a>(&'a self, _: &'a Cleared, _: &'a str, _: DateTime<Utc>) -> BoxFuture<'a, Reconciled> {
        send_again()
    }
}
