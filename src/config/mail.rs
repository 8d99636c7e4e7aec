//! E-mail in: `[mail]` where it is sent to us, `[hooks.NAME.mailbox]` where it is fetched.

use std::{net::SocketAddr, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::format::is_local;
use super::report::Report;
use super::shape::in_order;
use super::{Config, Secret, text};

/// `[mail]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(transform = in_order::<Mail>)]
pub struct Mail {
    /// Address and port to listen on, by SMTP. Elsewhere than on loopback only hooks with a token take letters.
    #[serde(serialize_with = "text::serialize", deserialize_with = "text::deserialize")]
    #[schemars(with = "String", extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// The name by which it greets.
    #[schemars(extend("format" = "name"))]
    pub host: String,
    /// The largest letter that is taken, in bytes.
    #[schemars(range(min = 1024, max = 33_554_432))]
    pub letter_bytes_max: u64,
}

impl Default for Mail {
    fn default() -> Self {
        Mail {
            listen: SocketAddr::from(([127, 0, 0, 1], 2525)),
            host: "commandpost".to_owned(),
            letter_bytes_max: 1024 * 1024,
        }
    }
}

/// `[hooks.NAME.mailbox]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Mailbox>)]
pub struct Mailbox {
    /// The IMAP server: `imaps://HOST`, or `imap://HOST` with STARTTLS; in the clear only to this machine.
    #[schemars(extend("x-example" = "imaps://mail.example.org"))]
    pub url: String,
    /// The account.
    #[schemars(extend("x-example" = "alerts@example.org"))]
    pub account: String,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// File that holds the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/mailbox"))]
    pub password_file: Option<PathBuf>,
    /// The folder that is read.
    #[serde(default = "Mailbox::inbox")]
    pub folder: String,
    /// The folder into which letters are moved that were taken; it is made if need be. Left out, they stay and are marked as read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "Taken"))]
    pub move_to: Option<String>,
    /// Seconds between two looks. A server that can (IDLE) tells of new letters at once besides.
    #[serde(default = "Mailbox::minute")]
    #[schemars(range(min = 5, max = 1500))]
    pub every_seconds: u32,
    /// Of a longer letter the beginning is taken, in bytes.
    #[serde(default = "Mailbox::mebibyte")]
    #[schemars(range(min = 1024, max = 33_554_432))]
    pub letter_bytes_max: u64,
}

/// How the way to a mail server is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailGuard {
    Tls,
    /// TLS from a conversation in the clear, before anything is said.
    StartTls,
    /// Not at all: to this machine only.
    Bare,
}

impl Mailbox {
    fn inbox() -> String {
        "INBOX".to_owned()
    }
    fn minute() -> u32 {
        60
    }
    fn mebibyte() -> u64 {
        1024 * 1024
    }

    /// Host and port of the server, and how the way there is guarded.
    ///
    /// # Errors
    /// What is wrong with `url`.
    pub fn server(&self) -> Result<(String, u16, MailGuard), String> {
        let url = url::Url::parse(&self.url).map_err(|_| format!("`{}` is no address", self.url))?;
        let guard = match url.scheme() {
            "imaps" => MailGuard::Tls,
            "imap" if is_local(&url) || is_here(&url) => MailGuard::Bare,
            "imap" => MailGuard::StartTls,
            other => return Err(format!("`{other}` is no way to a mailbox")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the address holds an account or a password".to_owned());
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("the address has no host")?;
        let usual = if guard == MailGuard::Tls { 993 } else { 143 };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok((host, url.port().unwrap_or(usual), guard))
    }
}

/// [`is_local`], for schemes whose hosts are not read as addresses.
fn is_here(url: &url::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<std::net::IpAddr>()
        .is_ok_and(|ip| ip.is_loopback())
}

/// What no type can say of mailboxes.
pub(super) fn check(config: &Config, report: &mut Report<'_>) {
    for (name, hook) in &config.hooks {
        let Some(mailbox) = &hook.mailbox else { continue };
        let key = format!("hooks.{name}.mailbox");
        if let Err(what) = mailbox.server() {
            report.at(
                &format!("{key}.url"),
                what,
                "Write `imaps://mail.example.org`, or `imap://` with STARTTLS.",
            );
        }
        let is_blank = |text: &str| text.trim().is_empty() || text.chars().any(char::is_control);
        for (field, text) in [
            ("account", Some(&mailbox.account)),
            ("folder", Some(&mailbox.folder)),
            ("move_to", mailbox.move_to.as_ref()),
        ] {
            if text.is_some_and(|text| is_blank(text)) {
                report.at(
                    &format!("{key}.{field}"),
                    format!("`{field}` is empty, or no name"),
                    "Write it as the mail server has it.",
                );
            }
        }
        if mailbox.move_to.as_ref() == Some(&mailbox.folder) {
            let what = "letters would be moved to where they are";
            report.at(&format!("{key}.move_to"), what, "Name another folder, or leave it out.");
        }
        if hook.signature.is_some() || !hook.topics.is_empty() {
            let what = "the hook takes nothing that is not signed, and no letter is";
            report.at(&key, what, "Give the mailbox a hook of its own.");
        }
    }
}
