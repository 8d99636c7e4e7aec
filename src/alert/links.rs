//! Links that came with an alert. Only what a person may safely press is kept.

use serde::{Deserialize, Serialize};

use super::text::{acts, note, quote};

/// Longest address, in bytes; longer ones are left out, for half an address leads nowhere.
const LINK_MAX_BYTES: usize = 2_000;
/// Most links on one alert.
pub const LINKS_MAX: usize = 10;

/// What a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The alert at its sender: the expression in Prometheus, the incident's page.
    Source,
    Dashboard,
    Runbook,
    /// Where to silence it.
    Silence,
    Other,
}

impl LinkKind {
    pub fn word(self) -> &'static str {
        match self {
            LinkKind::Source => "source",
            LinkKind::Dashboard => "dashboard",
            LinkKind::Runbook => "runbook",
            LinkKind::Silence => "silence",
            LinkKind::Other => "link",
        }
    }

    /// What an annotation of this name leads to, if it is a customary name for a link.
    pub fn of_annotation(name: &str) -> Option<LinkKind> {
        match name {
            "runbook_url" | "runbook" | "runbookUrl" | "runbookURL" | "playbook_url" | "playbook" => {
                Some(LinkKind::Runbook)
            }
            "dashboard_url" | "dashboard" | "dashboardUrl" | "dashboardURL" | "grafana_url" => {
                Some(LinkKind::Dashboard)
            }
            "link" | "url" | "logs_url" | "link_url" => Some(LinkKind::Other),
            _ => None,
        }
    }
}

/// An `http` or `https` address that came with an alert, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub kind: LinkKind,
    pub url: String,
}

/// Adds a link if it is one that may be shown; notes why not. An empty one is no link and no oddity; one that
/// is there already is not added again.
pub fn add(links: &mut Vec<Link>, kind: LinkKind, raw: &str, notes: &mut Vec<String>) {
    let url = raw.trim();
    if url.is_empty() || links.iter().any(|l| l.url == url) {
        return;
    }
    // An address with a password in it is not quoted: notes are shown, too.
    if let Some(fault) = fault(url) {
        note(notes, || format!("A {} link was left out: {fault}.", kind.word()));
    } else if links.len() >= LINKS_MAX {
        note(notes, || format!("More than {LINKS_MAX} links; the rest were left out."));
    } else {
        links.push(Link { kind, url: url.to_owned() });
    }
}

fn fault(url: &str) -> Option<String> {
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        url.get(..scheme.len())
            .filter(|s| s.eq_ignore_ascii_case(scheme))
            .and_then(|_| url.get(scheme.len()..))
    });
    let Some(rest) = rest else {
        let scheme = url.split([':', '/']).next().unwrap_or_default();
        return Some(format!(
            "it is neither http nor https but begins with {}",
            quote(&scheme.chars().take(20).collect::<String>())
        ));
    };
    if url.len() > LINK_MAX_BYTES {
        return Some(format!("it has {} bytes, the limit is {LINK_MAX_BYTES}", url.len()));
    }
    // Browsers take a backslash for a slash, and the rest end an attribute or a chat's link markup.
    let barred = |b: u8| b <= b' ' || matches!(b, 0x7f | b'\\' | b'"' | b'<' | b'>' | b'`');
    if url.bytes().any(barred) || (!url.is_ascii() && url.chars().any(|c| acts(c) || c.is_whitespace())) {
        return Some("it holds a character that no address may hold".to_owned());
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return Some("it carries a user name or a password".to_owned());
    }
    if host.is_empty() || host.starts_with(':') {
        return Some("it names no host".to_owned());
    }
    None
}

/// Whether an address that is made up here may hold this as it is: a name or a number of its service's.
pub(super) fn is_plain_part(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(raw: &str) -> (bool, Vec<String>) {
        let (mut links, mut notes) = (Vec::new(), Vec::new());
        add(&mut links, LinkKind::Source, raw, &mut notes);
        (!links.is_empty(), notes)
    }

    #[test]
    fn only_addresses_that_are_safe_to_press_are_kept() {
        for good in [
            "http://prometheus.host:9090/...",
            "HTTPS://internal.myorg.net/wiki/alerts/{app}/{alertname}",
            "http://vm:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
            "https://bücher.example/ä?mail=a@b.example",
        ] {
            assert_eq!(kept(good), (true, vec![]), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/relative",
            "ftp://host/x",
            "http://",
            "http:///path",
            "https://:80/",
            "https://good.example\\@evil.example",
            "https://a b",
            "https://a\"onclick=x",
            "https://a/>",
            "http\u{202e}://a",
            "ä",
        ] {
            let (kept, notes) = kept(bad);
            assert!(!kept && notes.len() == 1, "{bad}: {notes:?}");
        }
        assert_eq!(kept("  "), (false, vec![]));
    }

    #[test]
    fn a_password_in_an_address_is_neither_kept_nor_repeated() {
        let (kept, notes) = kept("https://admin:hunter2@grafana.example/d/1");
        assert!(!kept);
        assert!(notes.len() == 1 && !notes.concat().contains("hunter2"), "{notes:?}");
    }
}
