//! Subjects of programs that write letters of a form of their own.

use super::headline::Headline;
use super::words::WORDS_MAX;
use crate::alert::draft::{Said, joined};
use crate::alert::senders::{monit, uptime_kuma};

/// Monit's own letters: `monit alert -- Connection failed nginx`, and the host in the text.
pub(super) fn of_monit(line: &str, text: &str) -> Option<Headline> {
    let told = line.strip_prefix("monit alert --")?.trim();
    if ["Monit instance", "Action done"].iter().any(|own| told.starts_with(own)) {
        return Some(Headline { title: told.to_owned(), is_no_change: true, ..Headline::default() });
    }
    let ends = told.match_indices(' ').map(|(at, _)| at).take(2 * WORDS_MAX);
    // The longest event that is one: the service is the rest.
    let (event, about, said, service) = ends
        .filter_map(|at| {
            let (event, service) = told.split_at_checked(at)?;
            let (about, said) = monit::meaning(&event.to_lowercase())?;
            Some((event, about, said, service.trim()))
        })
        .last()?;
    let host = text.lines().find_map(|line| line.trim().strip_prefix("Host:")).unwrap_or_default().trim();
    let title = format!("{}: {}", joined(" on ", &[service, host]), event.to_lowercase());
    let subject = joined("/", &["monit", host, service, &about]);
    let labels =
        [("host", host), ("service", service)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(Headline { said, title, subject, labels: labels.into(), ..Headline::default() })
}

/// Zabbix' own letters: `Problem: disk is full`, and in the text what it is known by. Their subject names no host, and two hosts have
/// problems of one name, so host and number are looked for in the text. An update has neither, unless its template was given the number.
/// <https://www.zabbix.com/documentation/current/en/manual/config/notifications/media>
pub(super) fn of_zabbix(line: &str, text: &str) -> Option<Headline> {
    let told =
        |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap_or_default().trim();
    let (problem, host, id) = (told("Problem name:"), told("Host:"), told("Original problem ID:"));
    let state = told("Current problem status is").split(',').next().unwrap_or_default();
    let (is_update, is_known) = (!state.is_empty(), !id.is_empty());
    if !is_update && (problem.is_empty() || (host.is_empty() && !is_known)) {
        return None;
    }
    let line = Headline::read(line);
    if is_update && !is_known {
        return Some(Headline { is_no_change: true, ..line });
    }
    let name = if problem.is_empty() { line.title.as_str() } else { problem };
    let title = if name.contains(host) { name.to_owned() } else { joined(" on ", &[name, host]) };
    let subject = if is_known { joined("/", &["zabbix", id]) } else { joined("/", &["zabbix", host, name]) };
    let is_over = if is_update { state == "RESOLVED" } else { line.said == Said::Resolved };
    let is_acknowledged = is_update && text.contains("acknowledged: Yes");
    let said = match (is_over, is_acknowledged) {
        (true, _) => Said::Resolved,
        (false, true) => Said::Acknowledged,
        (false, false) => Said::Firing,
    };
    let severity = told("Severity:").to_owned();
    let labels = vec![("host".to_owned(), host.to_owned())];
    Some(Headline { said, severity, title, subject, labels, ..Headline::default() })
}

/// Uptime Kuma's letters: `[Shop] [🔴 Down] timeout`.
pub(super) fn of_kuma(line: &str) -> Option<Headline> {
    let (name, said, word) = uptime_kuma::told(line)?;
    let title = format!("{name} is {word}");
    let labels = vec![("monitor".to_owned(), name.to_owned())];
    Some(Headline { said, title, subject: format!("[{name}]"), labels, ..Headline::default() })
}
