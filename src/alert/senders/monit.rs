//! Monit, by `commandpost notify` from `exec`. <https://mmonit.com/monit/documentation/monit.html#EVENTS>

use crate::alert::Rejected;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};

/// Events whose words are a pair of their own: what they are about, it is wrong, it is well again.
const PAIRS: [(&str, &str, &str); 7] = [
    ("", "does not exist", "exists"),
    ("existence", "does exist", "exists not"),
    ("type", "invalid type", "type succeeded"),
    ("timeout", "timeout", "timeout recovery"),
    ("link", "link down", "link up"),
    ("zombie", "process is a zombie", "zombie check succeeded"),
    ("program start", "program start failed", "program started"),
];

/// The endings of all others, behind what they are about: how they end, what that says, and how they are told from another
/// test of the same thing («Size failed» and «Size changed» come from two lines of the settings). The first that fits is
/// taken. What changed or matches is what the line waits for, and thus wrong: «Content match» fires, «Content doesn't
/// match» ends it.
const ENDINGS: [(&str, Said, &str); 12] = [
    (" not changed", Said::Resolved, " change"),
    (" changed", Said::Firing, " change"),
    (" doesn't match", Said::Resolved, " match"),
    (" match", Said::Firing, " match"),
    (" matched limit", Said::Firing, ""),
    (" matched", Said::Firing, ""),
    (" exceeded", Said::Firing, ""),
    (" detected", Said::Firing, ""),
    (" failed", Said::Firing, ""),
    (" error", Said::Firing, ""),
    (" ok", Said::Resolved, ""),
    (" succeeded", Said::Resolved, ""),
];

/// What an event is about, and what it says of that; the event in small letters.
pub(super) fn meaning(event: &str) -> Option<(String, Said)> {
    for (about, wrong, well) in PAIRS {
        if event == wrong {
            return Some((about.to_owned(), Said::Firing));
        }
        if event == well {
            return Some((about.to_owned(), Said::Resolved));
        }
    }
    ENDINGS.iter().find_map(|(ending, said, kind)| {
        let about = event.strip_suffix(*ending)?;
        Some((format!("{about}{kind}"), *said))
    })
}

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let service = out.need(body, &["MONIT_SERVICE", "service"])?;
    let host = body.first(&["MONIT_HOST", "host"]);
    let event = out.need(body, &["MONIT_EVENT", "event"])?;
    let plain = event.to_lowercase();
    if matches!(
        plain.as_str(),
        "action done" | "no event" | "monit instance changed" | "monit instance not changed"
    ) {
        out.no_alert(format!("{event} of {service}: no change of its state."));
        return Ok(());
    }
    let meaning = meaning(&plain);
    let about = meaning.as_ref().map_or(plain.as_str(), |(about, _)| about.as_str());
    let title = format!("{}: {}", joined(" on ", &[&service, &host]), plain);
    let mut alert = Draft::new(joined("/", &[&host, &service, about]), title);
    match meaning {
        Some((_, said)) => alert.says(said),
        None => alert.status(&event, &[]),
    }
    alert.describe(body.first(&["MONIT_DESCRIPTION", "description"]));
    alert.label("host", &host);
    alert.label("service", service);
    // Monit's own date names no time zone; that of `commandpost notify` does, and is of the same second.
    alert.changed_at(body.first(&["sent_at", "MONIT_DATE"]));
    alert.group(host);
    out.alert(alert);
    Ok(())
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"MONIT_SERVICE": "nginx", "MONIT_HOST": "web1", "MONIT_EVENT": "Does not exist",
        "MONIT_DESCRIPTION": "process is not running", "MONIT_DATE": "Fri, 20 Nov 2026 20:13:08"}"#,
    r#"{"MONIT_SERVICE": "nginx", "MONIT_HOST": "web1", "MONIT_EVENT": "Exists",
        "MONIT_DESCRIPTION": "process is running with pid 7", "MONIT_DATE": "Fri, 20 Nov 2026 20:33:08"}"#,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::alert::senders::testing::read;
    use crate::alert::{Alert, Status};

    fn told(event: &str) -> Alert {
        let body = serde_json::json!({"MONIT_SERVICE": "nginx", "MONIT_HOST": "web1", "MONIT_EVENT": event});
        let mut alerts = read("monit", &body.to_string()).alerts;
        assert_eq!(alerts.len(), 1, "{event}");
        alerts.remove(0)
    }

    /// The table of events of Monit's `event.c`, as 5.33 and as 6.1 have it.
    fn pairs() -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = [
            ("Does not exist", "Exists"),
            ("Does exist", "Exists not"),
            ("Existence changed", "Existence not changed"),
            ("Invalid type", "Type succeeded"),
            ("Timeout", "Timeout recovery"),
            ("Link down", "Link up"),
            ("Data access error", "Data access succeeded"),
            ("Resource limit matched", "Resource limit succeeded"),
            ("Content match", "Content doesn't match"),
            ("Program output match", "Program output doesn't match"),
            ("Certificate validity failed", "Certificate validity succeeded"),
            ("Process is a zombie", "Zombie check succeeded"),
            ("Program start failed", "Program started"),
        ]
        .map(|(wrong, well)| (wrong.to_owned(), well.to_owned()))
        .into();
        let ends = |about: &[&str], wrong: &str, well: &str| -> Vec<(String, String)> {
            about.iter().map(|about| (format!("{about} {wrong}"), format!("{about} {well}"))).collect()
        };
        let tested = [
            "Checksum",
            "Connection",
            "Content",
            "Execution",
            "Filesystem flags",
            "GID",
            "Heartbeat",
            "Hardlink",
            "ICMP",
            "Permission",
            "PID",
            "PPID",
            "Size",
            "Status",
            "Timestamp",
            "Access timestamp",
            "UID",
            "EUID",
            "Uptime",
            "Program output",
            "Security attribute",
        ];
        pairs.extend(ends(&tested, "failed", "succeeded"));
        pairs.extend(ends(&["Speed", "Response time", "Link speed", "Link duplex"], "failed", "ok"));
        let limits = ["CPU usage", "Total memory usage", "Load average (1min)", "Space usage", "Read rate"];
        pairs.extend(ends(&limits, "matched limit", "ok"));
        let traffic = ["Download bytes", "Upload bytes", "Download packets", "Upload packets", "Saturation"];
        pairs.extend(ends(&traffic, "exceeded", "ok"));
        pairs.extend(ends(&["Download saturation", "Upload saturation"], "exceeded", "ok"));
        pairs.extend(ends(&["Download errors", "Upload errors"], "detected", "ok"));
        let changing = ["Checksum", "Certificate", "Connection", "Link", "PID", "PPID", "Size", "Timestamp"];
        pairs.extend(ends(&changing, "changed", "not changed"));
        pairs
    }

    #[test]
    fn each_event_of_monits_table_fires_and_is_ended_by_its_recovery_and_by_no_other() {
        let mut known = BTreeSet::new();
        for (wrong, well) in pairs() {
            let (fired, over) = (told(&wrong), told(&well));
            assert_eq!((fired.status, over.status), (Status::Firing, Status::Resolved), "{wrong}, {well}");
            assert_eq!(fired.key(), over.key(), "{wrong}, {well}");
            assert!(known.insert(fired.fingerprint.clone()), "{wrong} is another's, too");
            assert!(fired.notes.is_empty() && over.notes.is_empty(), "{wrong}: {:?}", fired.notes);
        }
    }

    #[test]
    fn what_monit_does_itself_is_no_alert() {
        for event in ["Action done", "Monit instance changed"] {
            let body = serde_json::json!({"MONIT_SERVICE": "nginx", "MONIT_EVENT": event}).to_string();
            assert!(read("monit", &body).alerts.is_empty(), "{event}");
        }
    }

    #[test]
    fn the_moment_is_the_one_that_names_its_time_zone() {
        let body = r#"{"MONIT_SERVICE": "nginx", "MONIT_EVENT": "Exists", "MONIT_DATE": "Fri, 20 Nov 2026 21:33:08",
            "sent_at": "2026-11-20T20:33:09Z"}"#;
        let alert = read("monit", body).alerts.remove(0);
        assert_eq!(alert.ends_at.map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-20T20:33:09+00:00"));
        assert!(alert.notes.is_empty(), "{:?}", alert.notes);
    }
}
