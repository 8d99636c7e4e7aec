//! What a text among the settings must look like: a zone, an address, an id. One check for file and environment.

use std::net::SocketAddr;

use chrono_tz::Tz;
use url::Url;

use super::{Network, Span};
use crate::{post::wording::TEMPLATE_CHARS_MAX, wall::TimeOfDay};

/// The longest text that any setting takes, in characters.
const TEXT_CHARS_MAX: usize = 1000;

/// A kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    /// A short line that people read or an id: not empty, no control characters.
    Name,
    TimeZone,
    SocketAddress,
    Network,
    /// A length of time: `90s`, `5m`.
    Span,
    /// A web address that readers open.
    Url,
    /// A web address that our tokens are sent to.
    ServiceUrl,
    /// A Discord id.
    Snowflake,
    /// A public key of Ed25519, in hexadecimal digits.
    Ed25519Key,
    /// A room of Matrix, by id or alias.
    MatrixRoom,
    /// An account of Matrix.
    MatrixAccount,
    /// A channel or a user of Mattermost, by its id.
    MattermostId,
    /// A channel of Slack, by its id.
    SlackChannel,
    /// A member of a Slack workspace, by its id.
    SlackMember,
    /// An account's name without `@`.
    Handle,
    /// A remote id that becomes part of a path.
    PathPart,
    Directory,
    /// Judged with its file, where it is known whose it is.
    Secret,
    SecretFile,
    /// A file that is no secret.
    File,
    LogFilter,
    /// A time of day.
    Clock,
    /// A template of a public post: judged with the others, where the place of a mistake in it is known.
    Template,
}

/// What is wrong, and what to do.
pub(super) type Fault = (String, String);

impl Format {
    /// The format that the schema names so; [`Format::Plain`] for a name that is not ours.
    pub(super) fn named(name: &str) -> Format {
        match name {
            "name" => Format::Name,
            "time-zone" => Format::TimeZone,
            "socket-address" => Format::SocketAddress,
            "network" => Format::Network,
            "span" => Format::Span,
            "url" => Format::Url,
            "service-url" => Format::ServiceUrl,
            "snowflake" => Format::Snowflake,
            "ed25519-key" => Format::Ed25519Key,
            "matrix-room" => Format::MatrixRoom,
            "matrix-account" => Format::MatrixAccount,
            "mattermost-id" => Format::MattermostId,
            "slack-channel" => Format::SlackChannel,
            "slack-member" => Format::SlackMember,
            "handle" => Format::Handle,
            "path-part" => Format::PathPart,
            "directory" => Format::Directory,
            "secret-file" => Format::SecretFile,
            "file" => Format::File,
            "log-filter" => Format::LogFilter,
            "template" => Format::Template,
            "clock" => Format::Clock,
            _ => Format::Plain,
        }
    }

    /// The word for the reference's type column.
    pub(super) fn word(self) -> &'static str {
        match self {
            Format::Plain | Format::Name | Format::Handle | Format::PathPart => "text",
            Format::TimeZone => "time zone",
            Format::Clock => "time of day",
            Format::SocketAddress => "address:port",
            Format::Network => "address or block",
            Format::Span => "length of time",
            Format::Url | Format::ServiceUrl => "web address",
            Format::Snowflake => "Discord id",
            Format::Ed25519Key => "public key",
            Format::MatrixRoom => "Matrix room",
            Format::MatrixAccount => "Matrix account",
            Format::MattermostId => "Mattermost id",
            Format::SlackChannel => "Slack channel",
            Format::SlackMember => "Slack member",
            Format::Directory => "directory",
            Format::Secret => "secret",
            Format::SecretFile | Format::File => "file",
            Format::LogFilter => "log filter",
            Format::Template => "template",
        }
    }

    /// # Errors
    /// What is wrong with `text`, and what to write in its place.
    pub(super) fn check(self, text: &str) -> Result<(), Fault> {
        if matches!(self, Format::Secret) {
            return Ok(());
        }
        let shown = shown(text);
        let fault = |what: String, hint: &str| Err((what, hint.to_owned()));
        let is_template = self == Format::Template;
        let chars_max = if is_template { TEMPLATE_CHARS_MAX } else { TEXT_CHARS_MAX };
        if text.chars().count() > chars_max {
            return fault(format!("the text is longer than {chars_max} characters"), "Shorten it.");
        }
        if text.chars().any(|c| c.is_control() && !(is_template && matches!(c, '\n' | '\r' | '\t'))) {
            return fault("the text holds a control character or a line break".to_owned(), "Take it out.");
        }
        match self {
            Format::Plain | Format::Secret | Format::Template => Ok(()),
            Format::Name if text.trim().is_empty() => fault("the text is empty".to_owned(), "Write a name."),
            Format::Name => Ok(()),
            Format::TimeZone => zone(text),
            Format::Clock => match text.parse::<TimeOfDay>() {
                Ok(_) => Ok(()),
                Err(_) => {
                    fault(format!("{shown} is no time of day"), "Write it with hours and minutes: `09:30`.")
                }
            },
            Format::SocketAddress => match text.parse::<SocketAddr>() {
                Ok(_) => Ok(()),
                Err(_) => fault(
                    format!("{shown} is not an address and a port"),
                    "Write an IP address and a port: `127.0.0.1:8911`, or `[::1]:8911`.",
                ),
            },
            Format::Network => match text.parse::<Network>() {
                Ok(_) => Ok(()),
                Err(_) => fault(
                    format!("{shown} is not an IP address or a block of them"),
                    "Write `192.0.2.7` or `10.0.0.0/8`.",
                ),
            },
            Format::Span => match text.parse::<Span>() {
                Ok(_) => Ok(()),
                Err(_) => {
                    fault(format!("{shown} is not a length of time"), "Write `90s`, `5m`, `2h` or `7d`.")
                }
            },
            Format::Url => web_address(text).map(|_| ()),
            Format::ServiceUrl => {
                let url = web_address(text)?;
                if url.scheme() == "http" && !is_local(&url) {
                    return fault(
                        format!("{shown} would send the token in the clear"),
                        "Write `https://`; `http://` is for this machine only.",
                    );
                }
                Ok(())
            }
            Format::Snowflake => {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                if digits && (15..=20).contains(&text.len()) && text.parse::<u64>().is_ok() {
                    return Ok(());
                }
                fault(
                    format!("{shown} is not a Discord id"),
                    "Copy the id in Discord (developer mode, Copy ID): 15 to 20 digits, in quotes.",
                )
            }
            Format::Ed25519Key if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Ok(())
            }
            Format::Ed25519Key => fault(
                "this is not an application's public key".to_owned(),
                "Copy it from General Information in Discord's developer portal: 64 digits and letters from a to f.",
            ),
            Format::MatrixRoom if is_of_matrix(text, &['#', '!']) => Ok(()),
            // In rooms of version 12 and later an id has no server in it.
            Format::MatrixRoom if text.len() > 20 && is_of_matrix(&format!("{text}:x"), &['!']) => Ok(()),
            Format::MatrixRoom => fault(
                "this is not a room of Matrix".to_owned(),
                "Write its alias, `#command-post:example.org`, or its id, `!abc:example.org`.",
            ),
            Format::MatrixAccount if is_of_matrix(text, &['@']) => Ok(()),
            Format::MatrixAccount => {
                fault("this is not an account of Matrix".to_owned(), "Write it whole: `@ada:example.org`.")
            }
            Format::MattermostId => {
                let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
                if text.len() == 26 && text.bytes().all(fits) {
                    return Ok(());
                }
                fault(
                    format!("{shown} is not an id of Mattermost"),
                    "It has 26 letters and digits: a channel's stands in its menu under «View Info», a user's in the System \
                     Console.",
                )
            }
            Format::SlackChannel if is_of_slack(text, &['C', 'G']) => Ok(()),
            Format::SlackChannel => fault(
                format!("{shown} is not the id of a Slack channel"),
                "Copy it in Slack, at the end of the channel's details: it begins with C or G.",
            ),
            Format::SlackMember if is_of_slack(text, &['U', 'W']) => Ok(()),
            Format::SlackMember => fault(
                format!("{shown} is not the id of a Slack member"),
                "Copy it in Slack, in the menu of the person's profile: it begins with U or W.",
            ),
            Format::Handle => {
                let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
                if !text.is_empty() && text.len() <= 15 && text.chars().all(fits) {
                    return Ok(());
                }
                fault(
                    format!("{shown} is not the name of an account"),
                    "Write it without `@`: up to 15 letters, digits and `_`.",
                )
            }
            Format::PathPart => {
                let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                if !text.is_empty() && text.len() <= 64 && text.chars().all(fits) {
                    return Ok(());
                }
                fault(
                    format!("{shown} is not an id"),
                    "Write it as the service shows it: letters and digits.",
                )
            }
            Format::Directory | Format::SecretFile | Format::File if text.is_empty() => {
                fault("the path is empty".to_owned(), "Write a path.")
            }
            Format::Directory | Format::SecretFile | Format::File => Ok(()),
            Format::LogFilter => match tracing_subscriber::EnvFilter::builder().parse(text) {
                Ok(_) => Ok(()),
                Err(_) => fault(
                    format!("{shown} is not a log filter"),
                    "Write a level (`error`, `warn`, `info`, `debug`, `trace`) or `info,commandpost=debug`.",
                ),
            },
        }
    }
}

/// Whether a text is an id of Slack that begins with one of these letters.
fn is_of_slack(text: &str, letters: &[char]) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.starts_with(letters) && (9..=20).contains(&text.len()) && text.bytes().all(fits)
}

/// Whether a text is a name of Matrix that begins with one of these signs and says its server.
fn is_of_matrix(text: &str, sigils: &[char]) -> bool {
    let named = text.strip_prefix(sigils).and_then(|rest| rest.split_once(':'));
    text.len() <= 255
        && !text.chars().any(char::is_whitespace)
        && named.is_some_and(|(local, server)| !local.is_empty() && !server.is_empty())
}

/// A value as an error shows it: quoted, cut, and without what may be a password within an address.
pub(super) fn shown(text: &str) -> String {
    if holds_credentials(text) {
        return "the address".to_owned();
    }
    let mut cut: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("`{cut}`")
}

/// Whether a text looks like an address with a name or password in it.
pub(super) fn holds_credentials(text: &str) -> bool {
    text.contains('@') && (text.contains("//") || text.contains(':'))
}

fn zone(text: &str) -> Result<(), Fault> {
    if text.parse::<Tz>().is_ok() {
        return Ok(());
    }
    let near = nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
    let hint = match near {
        Some(zone) => format!("Did you mean `{zone}`?"),
        None => "Write a name of the IANA database, such as `Europe/Berlin` or `UTC`.".to_owned(),
    };
    Err((format!("{} is not a time zone", shown(text)), hint))
}

fn web_address(text: &str) -> Result<Url, Fault> {
    let fault = |what: String, hint: &str| Err((what, hint.to_owned()));
    let url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
        _ => {
            return fault(
                format!("{} is not a web address", shown(text)),
                "Write it whole: `https://status.example.com`.",
            );
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        return fault("the address holds a name or a password".to_owned(), "Write it without.");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return fault(
            format!("{} has a `?` or `#` part", shown(text)),
            "Write the base only: paths are added to it.",
        );
    }
    Ok(url)
}

pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The candidate that was probably meant, if one is near enough: a slip of the hand or two.
pub(super) fn nearest<'c>(written: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let written = written.to_lowercase();
    // Measuring costs length times length.
    if written.len() > 64 {
        return None;
    }
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&written, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(written.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_a_token_is_sent_to_is_encrypted_or_local() {
        for url in ["https://discord.com", "http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"] {
            assert_eq!(Format::ServiceUrl.check(url), Ok(()), "{url}");
        }
        for url in ["http://discord.com", "http://10.0.0.1", "ftp://discord.com", "discord.com", "https://"] {
            assert!(Format::ServiceUrl.check(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        for url in
            ["https://ada:hunter2hunter2@example.com", "ada:hunter2hunter2@example.com", "//a:hunter2@b"]
        {
            let (what, hint) = Format::Url.check(url).expect_err(url);
            assert!(!what.contains("hunter2") && !hint.contains("hunter2"), "{what} {hint}");
        }
    }

    #[test]
    fn names_of_matrix_begin_with_their_sign_and_say_their_server() {
        for room in
            ["#ops:example.org", "!abc:example.org:8448", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"]
        {
            assert_eq!(Format::MatrixRoom.check(room), Ok(()), "{room}");
        }
        for room in ["ops", "#ops", "@ada:example.org", "#:x", "#ops:", "# a:b"] {
            assert!(Format::MatrixRoom.check(room).is_err(), "{room}");
        }
        assert_eq!(Format::MatrixAccount.check("@ada:example.org"), Ok(()));
        for account in ["ada", "@ada", "#ada:example.org", "@:b"] {
            assert!(Format::MatrixAccount.check(account).is_err(), "{account}");
        }
    }

    #[test]
    fn ids_of_mattermost_have_their_26_letters_and_digits() {
        assert_eq!(Format::MattermostId.check("j6j53p28k6urx15fpcgsr20psq"), Ok(()));
        for id in [
            "town-square",
            "",
            "J6J53P28K6URX15FPCGSR20PSQ",
            "j6j53p28k6urx15fpcgsr20ps",
            "../../posts/j6j53p28k6urx1",
        ] {
            assert!(Format::MattermostId.check(id).is_err(), "{id}");
        }
    }

    #[test]
    fn ids_of_slack_say_by_their_first_letter_what_they_are() {
        for channel in ["C0123456789", "G01234567"] {
            assert_eq!(Format::SlackChannel.check(channel), Ok(()), "{channel}");
        }
        for channel in ["#general", "general", "U0123456789", "C012", "c0123456789", "C0123/6789"] {
            assert!(Format::SlackChannel.check(channel).is_err(), "{channel}");
        }
        assert_eq!(Format::SlackMember.check("U0123456789"), Ok(()));
        for member in ["@ada", "C0123456789", "<@U0123456789>"] {
            assert!(Format::SlackMember.check(member).is_err(), "{member}");
        }
    }

    #[test]
    fn ids_of_discord_are_digits() {
        assert_eq!(Format::Snowflake.check("100000000000000001"), Ok(()));
        for id in ["", "1", "general", "10000000000000000a", "99999999999999999999"] {
            assert!(Format::Snowflake.check(id).is_err(), "{id}");
        }
    }

    #[test]
    fn what_was_meant_is_named_only_when_it_is_near() {
        let keys = ["listen", "body_bytes_max", "trusted_proxies"];
        let near = |written| nearest(written, keys.into_iter());
        assert_eq!(near("listne"), Some("listen"));
        assert_eq!(near("Listen"), Some("listen"));
        assert_eq!(near("trusted_proxy"), Some("trusted_proxies"));
        assert_eq!(near("colour"), None);
        let (_, hint) = Format::TimeZone.check("Europe/Berln").expect_err("no such zone");
        assert_eq!(hint, "Did you mean `Europe/Berlin`?");
    }
}
