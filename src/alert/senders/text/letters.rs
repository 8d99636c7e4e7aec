//! Subjects of programs that write letters of a form of their own.

use super::headline::Headline;
use super::words::WORDS_MAX;
use crate::alert::draft::joined;
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

/// Uptime Kuma's letters: `[Shop] [🔴 Down] timeout`.
pub(super) fn of_kuma(line: &str) -> Option<Headline> {
    let (name, said, word) = uptime_kuma::told(line)?;
    let title = format!("{name} is {word}");
    let labels = vec![("monitor".to_owned(), name.to_owned())];
    Some(Headline { said, title, subject: format!("[{name}]"), labels, ..Headline::default() })
}
