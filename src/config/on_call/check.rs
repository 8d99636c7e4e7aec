//! What no type can say of rosters, pagers and escalations.

use chrono::{DateTime, Duration, Utc};

use super::{Pager, PagerKind, SourceKind, TeamRoster};
use crate::{
    config::{Config, format::nearest, report::Report},
    roster::{Hours, Known, Length, moment},
    wall::TimeOfDay,
    wall::instant,
};

/// Days for which a roster is looked through for gaps, from the day on which its last rotation begins: a year has both
/// changes of clocks.
const LOOKED_DAYS: i64 = 366;
/// Steps that anybody keeps in mind.
const STEPS_MAX: usize = 10;

pub(in crate::config) fn check(config: &Config, report: &mut Report<'_>) {
    let is_sound = |section: &str, report: &Report<'_>| !report.is_spoilt(section);
    if is_sound("pagers", report) {
        pagers(config, report);
    }
    if is_sound("person", report) && is_sound("pagers", report) {
        ways(config, report);
    }
    if is_sound("person", report) && is_sound("roster", report) {
        rosters(config, &config.roster, report);
    }
    if ["person", "roster", "pagers", "escalation"].iter().all(|section| is_sound(section, report)) {
        escalations(config, report);
    }
}

fn is_word(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 40
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
}

const WORD: &str = "Use lower-case letters, digits, `-` and `_`, at most 40: people type it.";

/// Names that people type mean the same in any case.
fn is_there(names: &[&str], name: &str) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn pagers(config: &Config, report: &mut Report<'_>) {
    for (name, pager) in &config.pagers {
        let key = format!("pagers.{name}");
        if !is_word(name) {
            report.at(&key, format!("`{name}` is no name for a pager"), WORD);
        }
        if let Some((what, hint)) = lacks(pager) {
            report.at(&key, what, hint);
        }
    }
}

/// What a pager of this kind cannot do without.
fn lacks(pager: &Pager) -> Option<(String, &'static str)> {
    let of_kind = match pager.kind {
        PagerKind::Email => [
            (
                pager.url.is_some(),
                "url",
                "Give `url = \"smtps://mail.example.org\"`, or `smtp://mail.example.org:587`.",
            ),
            (pager.from.is_some(), "from", "Give the sender: `from = \"pager@example.org\"`."),
            (true, "", ""),
        ],
        PagerKind::Twilio => [
            (pager.account.is_some(), "account", "Give the account's SID, which begins with `AC`."),
            (
                pager.from.is_some(),
                "from",
                "Give the sender's number, `+15005550006`, or a messaging service, `MG…`.",
            ),
            (pager.token.is_some(), "token", "Give the auth token by `token_file`."),
        ],
        PagerKind::Goalert => [
            (
                pager.url.is_some(),
                "url",
                "Give the address of your GoAlert: `url = \"https://goalert.example.org\"`.",
            ),
            (pager.token.is_some(), "token", "Give the integration key's token by `token_file`."),
            (true, "", ""),
        ],
        PagerKind::Webhook => [
            (pager.url.is_some(), "url", "Give the address that is called."),
            (
                pager.token.is_some(),
                "token",
                "Give the secret that it is signed with by `token_file`: `whsec_…`.",
            ),
            (true, "", ""),
        ],
        PagerKind::Opsgenie | PagerKind::Pagerduty | PagerKind::Pushover => [
            (pager.token.is_some(), "token", "Give the key that the service hands out by `token_file`."),
            (true, "", ""),
            (true, "", ""),
        ],
        PagerKind::Ntfy => [(true, "", ""), (true, "", ""), (true, "", "")],
    };
    let (_, what, hint) = of_kind.into_iter().find(|(is_there, ..)| !is_there)?;
    Some((format!("`{what}` is missing"), hint))
}

/// How people are reached: by a pager that there is, at an address that it could know.
fn ways(config: &Config, report: &mut Report<'_>) {
    for (index, person) in config.person.iter().enumerate() {
        for (nth, way) in person.page.iter().enumerate() {
            let key = format!("person[{index}].page[{nth}]");
            let Some((name, address)) = way.split_once(':').map(|(a, b)| (a.trim(), b.trim())) else {
                report.at(
                    &key,
                    "this does not say by which pager",
                    "Write `PAGER:ADDRESS`: `ntfy:my-topic`.",
                );
                continue;
            };
            let Some(pager) = config.pagers.get(name) else {
                let hint = match nearest(name, config.pagers.keys().map(String::as_str)) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => format!("Add [pagers.{name}], or take it away."),
                };
                report.at(&key, format!("there is no pager `{name}`"), hint);
                continue;
            };
            let fits = match pager.kind {
                PagerKind::Twilio => {
                    let digits = address.strip_prefix('+').unwrap_or_default();
                    (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
                }
                PagerKind::Email => is_mail(address),
                PagerKind::Ntfy => {
                    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
                    !address.is_empty() && address.len() <= 64 && address.bytes().all(fits)
                }
                PagerKind::Pushover => {
                    address.len() == 30 && address.bytes().all(|b| b.is_ascii_alphanumeric())
                }
                PagerKind::Webhook => !address.is_empty(),
                PagerKind::Goalert | PagerKind::Opsgenie | PagerKind::Pagerduty => {
                    let what = format!("`{name}` knows by itself whom to wake, and takes no address");
                    report.at(&key, what, "Take it away, and name `pager:…` in a step of an [[escalation]].");
                    continue;
                }
            };
            if !fits {
                let hint = match pager.kind {
                    PagerKind::Twilio => "Write the number with its country: `sms:+491701234567`.",
                    PagerKind::Email => "Write an address: `mail:ada@example.org`.",
                    PagerKind::Ntfy => "Write the topic: letters, digits, `-` and `_`.",
                    PagerKind::Pushover => {
                        "Write the user key: 30 letters and digits, on the user's page of Pushover."
                    }
                    _ => "Write what your receiver knows them by.",
                };
                // It may be a telephone number: not repeated.
                report.at(&key, format!("what stands behind `{name}:` is no address that it knows"), hint);
            }
        }
    }
}

/// An address of a mail, as far as a slip of the keyboard shows.
fn is_mail(text: &str) -> bool {
    let is_plain = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
    text.rsplit_once('@').is_some_and(|(name, domain)| is_plain(name) && is_plain(domain))
}

/// Reports what is wrong with these rosters, which stand one after the other in a file.
pub(in crate::config) fn rosters(config: &Config, rosters: &[TeamRoster], report: &mut Report<'_>) {
    let mut names: Vec<&str> = Vec::new();
    for (index, one) in rosters.iter().enumerate() {
        let key = format!("roster[{index}]");
        if !is_word(&one.name) {
            report.at(&format!("{key}.name"), format!("`{}` is no name for a roster", one.name), WORD);
        } else if is_there(&names, &one.name) {
            report.at(
                &format!("{key}.name"),
                format!("`{}` is there already", one.name),
                "Each must be there once.",
            );
        }
        names.push(&one.name);
        let found_before = report.count();
        if one.source.is_none() && one.rotation.is_empty() {
            report.at(&key, "nobody is in this roster", "Add a [[roster.rotation]], or a [roster.source].");
        }
        source(&key, one, report);
        rotations(config, &key, one, report);
        overrides(config, &key, one, report);
        if report.count() == found_before && !one.gaps && one.source.is_none() {
            gaps(config, &key, one, report);
        }
    }
}

fn source(key: &str, one: &TeamRoster, report: &mut Report<'_>) {
    let Some(source) = &one.source else { return };
    let where_it_is = "Give the schedule's id: it stands in the address of its page.";
    let missing = match source.kind {
        SourceKind::Ical if source.calendar.is_none() => {
            ("calendar", "Give the calendar's address by `calendar_file`.")
        }
        SourceKind::Pagerduty if source.token.is_none() => {
            ("token", "Give an API key that may read by `token_file`.")
        }
        SourceKind::Goalert | SourceKind::GrafanaOncall if source.url.is_none() => {
            ("url", "Give the address at which it is reached.")
        }
        SourceKind::Goalert if source.token.is_none() => {
            ("token", "Make an API key for the query in docs/oncall.md, and give it by `token_file`.")
        }
        SourceKind::GrafanaOncall if source.token.is_none() => {
            ("token", "Give an API token of its settings by `token_file`.")
        }
        SourceKind::Pagerduty | SourceKind::Goalert | SourceKind::GrafanaOncall
            if source.schedule.is_none() =>
        {
            ("schedule", where_it_is)
        }
        _ => return,
    };
    report.at(&format!("{key}.source"), format!("`{}` is missing", missing.0), missing.1);
}

fn person(config: &Config, key: &str, id: &str, report: &mut Report<'_>) {
    if config.person(id).is_none() {
        let hint = match nearest(id, config.person.iter().map(|person| person.id.as_str())) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "Write the `id` of a [[person]], or add one.".to_owned(),
        };
        report.at(key, format!("there is no person `{id}`"), hint);
    }
}

fn rotations(config: &Config, key: &str, one: &TeamRoster, report: &mut Report<'_>) {
    for (nth, rotation) in one.rotation.iter().enumerate() {
        let at = |field: &str| format!("{key}.rotation[{nth}].{field}");
        let mut told = |field: &str, wrong: Option<String>| {
            if let Some(why) = wrong {
                let (what, hint) = why.split_once(". ").unwrap_or((&why, ""));
                report.at(&at(field), what.to_owned(), hint.to_owned());
            }
        };
        told(
            "start",
            rotation
                .start
                .parse::<chrono::NaiveDate>()
                .err()
                .map(|_| format!("«{}» is no date. Write `2026-01-05`.", rotation.start)),
        );
        told("hand_over", rotation.hand_over.parse::<TimeOfDay>().err());
        told("shift", rotation.shift.parse::<Length>().err());
        told("hours", rotation.hours.as_ref().and_then(|hours| hours.parse::<Hours>().err()));
        told(
            "layer",
            (!is_word(&rotation.layer))
                .then(|| format!("`{}` is no name for a layer. {WORD}", rotation.layer)),
        );
        told(
            "people",
            rotation.people.is_empty().then(|| "nobody takes turns. Name at least one person.".to_owned()),
        );
        for (n, id) in rotation.people.iter().enumerate() {
            person(config, &at(&format!("people[{n}]")), id, report);
        }
    }
}

fn overrides(config: &Config, key: &str, one: &TeamRoster, report: &mut Report<'_>) {
    let tz = config.zone_of(one);
    for (nth, over) in one.overrides.iter().enumerate() {
        let at = |field: &str| format!("{key}.override[{nth}].{field}");
        person(config, &at("person"), &over.person, report);
        if one.source.is_none() && one.rotation.iter().all(|rotation| rotation.layer != over.layer) {
            report.at(
                &at("layer"),
                format!("no rotation has the layer `{}`", over.layer),
                "Name one that is there.",
            );
        }
        let mut time = |field: &str, text: &str| {
            let has_date = text.trim().parse::<TimeOfDay>().is_err();
            match moment(text, tz, DateTime::<Utc>::UNIX_EPOCH) {
                Ok(time) if has_date => Some(time),
                _ => {
                    report.at(
                        &at(field),
                        format!("`{text}` is no date with a time"),
                        "Write `2026-12-24 09:00`.",
                    );
                    None
                }
            }
        };
        if let (Some(from), Some(until)) = (time("from", &over.from), time("until", &over.until))
            && until <= from
        {
            report.at(&at("until"), "it ends before it begins", "Give a later time.");
        }
    }
}

/// The first time when nobody is on call, if there is one.
fn gaps(config: &Config, key: &str, one: &TeamRoster, report: &mut Report<'_>) {
    let roster = config.roster(one);
    let known = Known { overrides: config.overrides_of(one), ..Known::default() };
    for layer in &roster.layers {
        let begins = layer.rotations.iter().map(|one| instant(one.tz, one.start.and_time(one.hand_over)));
        let Some(from) = begins.max() else { continue };
        let all = roster.stretches(layer, &known, from, from + Duration::days(LOOKED_DAYS));
        let Some(gap) = all.iter().find(|stretch| stretch.shift.is_none()) else { continue };
        let local = |at: DateTime<Utc>| at.with_timezone(&roster.tz).format("%a %Y-%m-%d %H:%M").to_string();
        let nth = one.rotation.iter().position(|rotation| rotation.layer == layer.name).unwrap_or(0);
        report.at(
            &format!("{key}.rotation[{nth}]"),
            format!(
                "nobody is on call in {}/{} from {} to {} ({})",
                roster.name,
                layer.name,
                local(gap.from),
                local(gap.until),
                roster.tz
            ),
            "Add a rotation for those hours, or say `gaps = true` in the [[roster]] if that is meant.",
        );
    }
}

fn escalations(config: &Config, report: &mut Report<'_>) {
    let mut names: Vec<&str> = Vec::new();
    let mut severities = Vec::new();
    for (index, one) in config.escalation.iter().enumerate() {
        let at = |field: &str| format!("escalation[{index}].{field}");
        if !is_word(&one.name) {
            report.at(&at("name"), format!("`{}` is no name for an escalation", one.name), WORD);
        } else if is_there(&names, &one.name) {
            report.at(&at("name"), format!("`{}` is there already", one.name), "Each must be there once.");
        } else if config.roster.iter().any(|roster| roster.name.eq_ignore_ascii_case(&one.name)) {
            let what = format!("`{}` is a roster already", one.name);
            report.at(&at("name"), what, "Choose another: `page NAME` must mean one thing.");
        }
        names.push(&one.name);
        for severity in &one.severities {
            if severities.contains(severity) {
                let what = format!("{severity} begins an earlier escalation already");
                report.at(&at("severities"), what, "Let each severity begin one.");
            }
            severities.push(*severity);
        }
        match one.step.len() {
            0 => report.at(&at("step"), "it calls nobody", "Add an [[escalation.step]]."),
            steps if steps > STEPS_MAX => {
                report.at(&at("step"), format!("{steps} steps are more than {STEPS_MAX}"), "Take some away.");
            }
            _ => {}
        }
        for (nth, step) in one.step.iter().enumerate() {
            if step.to.is_empty() {
                report.at(
                    &at(&format!("step[{nth}].to")),
                    "it calls nobody",
                    "Write `roster:NAME` or `person:ID`.",
                );
            }
            for (n, to) in step.to.iter().enumerate() {
                if let Err((what, hint)) = config.target(to) {
                    report.at(&at(&format!("step[{nth}].to[{n}]")), what, hint);
                }
            }
        }
    }
}
