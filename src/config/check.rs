//! What no type can say: names that must be known, or be there once, and what may be reached from where.

use std::collections::BTreeMap;

use super::evidence;
use super::format::nearest;
use super::report::Report;
use super::{Config, Interactions, Permissions, Person, Slack, X, is_loopback};
use super::{alerts, heartbeat, maintenance, names, on_call, roles, secrets, sender_api, trust};
use crate::incident::taxonomy::FieldKind;

/// Reports what contradicts itself. A section that has a mistake already is not looked at: its defaults stand there
/// in place of what was written.
pub(super) fn check(config: &Config, report: &mut Report<'_>) {
    if !report.is_spoilt("person") {
        people(config, report);
    }
    if !report.is_spoilt("auth") {
        tokens(config, report);
    }
    if !report.is_spoilt("status_page") {
        let names = config.status_page.components.iter().map(|component| component.name.as_str());
        once(names, |index| format!("status_page.components[{index}].name"), report);
    }
    if let Some(x) = &config.x
        && !report.is_spoilt("x")
    {
        x_credentials(x, report);
    }
    if let Some(discord) = &config.discord
        && !report.is_spoilt("discord")
        && discord.interactions == Interactions::Http
        && discord.public_key.is_none()
    {
        report.at(
            "discord.interactions",
            "without the application's public key nobody could tell Discord's requests from others",
            "Copy `public_key` from General Information in Discord's developer portal.",
        );
    }
    if let Some(slack) = &config.slack
        && !report.is_spoilt("slack")
    {
        slack_ways(slack, report);
    }
    if !report.is_spoilt("permissions") && !report.is_spoilt("command") && !report.is_spoilt("person") {
        groups(config, report);
    }
    if !report.is_spoilt("names") {
        names::check(config, report);
    }
    if !report.is_spoilt("severity_matrix") && !report.is_spoilt("severity") {
        names::check_matrix(config, report);
    }
    if !report.is_spoilt("incident_type") && !report.is_spoilt("incident_field") {
        taxonomy(config, report);
    }
    if !report.is_spoilt("role") {
        roles::check(&config.role, report);
        if !report.is_spoilt("severity") {
            wanted_roles(config, report);
        }
        if !report.is_spoilt("person") && !report.is_spoilt("alternates") {
            roles::check_alternates(config, report);
        }
    }
    if !report.is_spoilt("templates") && !report.is_spoilt("x") && !report.is_spoilt("organization") {
        templates(config, report);
    }
    if !report.is_spoilt("service") {
        evidence::check(config, report);
    }
    if !report.is_spoilt("hooks") {
        hooks(config, report);
        super::mail::check(config, report);
        if !report.is_spoilt("http") {
            trust::check(config, report);
        }
    }
    if !report.is_spoilt("heartbeat") {
        heartbeat::check(config, report);
    }
    if !report.is_spoilt("senders") && !report.is_spoilt("hooks") {
        sender_api::check(config, report);
    }
    if !report.is_spoilt("maintenance") && !report.is_spoilt("organization") {
        maintenance::check(config, report);
    }
    on_call::check::check(config, report);
    let named = ["alerts", "person", "role", "incident_type", "incident_field"];
    if !named.into_iter().any(|section| report.is_spoilt(section)) {
        alerts::check(&config.alerts.rule, &config.alerts.group, "alerts.", config, report);
        if !report.is_spoilt("severity") {
            for (severity, cadence) in config.severity.all() {
                alerts::offers(&format!("severity.{severity}.offers"), &cadence.offers, config, report);
            }
        }
    }
    if !report.is_spoilt("http")
        && !report.is_spoilt("auth")
        && let Err(what) = config.check_listen(config.http.listen)
    {
        report.at("http.listen", what, "");
    }
    // When everything has come together: files of rosters bring tokens, and a reload those that stay in force.
    secrets::shared_tokens(config, report);
}

fn people(config: &Config, report: &mut Report<'_>) {
    once(
        config.person.iter().map(|person| person.id.as_str()),
        |index| format!("person[{index}].id"),
        report,
    );
    accounts(config, "discord", |person| person.discord.as_deref(), report);
    accounts(config, "matrix", |person| person.matrix.as_deref(), report);
    accounts(config, "mattermost", |person| person.mattermost.as_deref(), report);
    accounts(config, "slack", |person| person.slack.as_deref(), report);
}

/// One account of a chat belongs to one person.
fn accounts(config: &Config, chat: &str, account: impl Fn(&Person) -> Option<&str>, report: &mut Report<'_>) {
    // People without an account are passed over, so the place in the list goes along.
    let accounts: Vec<(usize, &str)> = config
        .person
        .iter()
        .enumerate()
        .filter_map(|(index, person)| Some((index, account(person)?)))
        .collect();
    once(
        accounts.iter().map(|(_, account)| *account),
        |nth| format!("person[{}].{chat}", accounts.get(nth).map_or(0, |(index, _)| *index)),
        report,
    );
}

fn tokens(config: &Config, report: &mut Report<'_>) {
    let names = config.auth.token.iter().map(|token| token.name.as_str());
    once(names, |index| format!("auth.token[{index}].name"), report);
    if report.is_spoilt("person") {
        return;
    }
    for (index, token) in config.auth.token.iter().enumerate() {
        if config.person(&token.person).is_some() {
            continue;
        }
        let hint = match nearest(&token.person, config.person.iter().map(|person| person.id.as_str())) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "Write the `id` of a [[person]], or add one.".to_owned(),
        };
        let what = format!("there is no person `{}`", token.person);
        report.at(&format!("auth.token[{index}].person"), what, hint);
    }
}

/// Each name once; the second is reported, with the place of the first.
pub(super) fn once<'n>(
    names: impl Iterator<Item = &'n str>,
    key: impl Fn(usize) -> String,
    report: &mut Report<'_>,
) {
    let mut first = BTreeMap::new();
    for (index, name) in names.enumerate() {
        let Some(earlier) = first.get(name).copied() else {
            first.insert(name, index);
            continue;
        };
        let place = report.in_words(&report.place_of(&key(earlier)));
        report.at(&key(index), format!("`{name}` is there already ({place})"), "Each must be there once.");
    }
}

fn x_credentials(x: &X, report: &mut Report<'_>) {
    let four = [
        ("api_key", x.api_key.is_some()),
        ("api_secret", x.api_secret.is_some()),
        ("access_token", x.access_token.is_some()),
        ("access_token_secret", x.access_token_secret.is_some()),
    ];
    let missing: Vec<_> = four.iter().filter(|(_, is_given)| !is_given).map(|(key, _)| *key).collect();
    match (x.bearer_token.is_some(), missing.len()) {
        (true, 4) | (false, 0) => {}
        (true, _) => {
            report.at("x", "credentials of OAuth 2.0 and OAuth 1.0a are both given", "Take one kind away.");
        }
        (false, 4) => report.at(
            "x",
            "no credentials are given",
            "Give `bearer_token_file`, or the files of all four: api_key, api_secret, access_token, \
             access_token_secret.",
        ),
        (false, _) => report.at(
            "x",
            format!("{} is missing", missing.join(", ")),
            "OAuth 1.0a needs all four, each by its `_file` or its variable.",
        ),
    }
}

/// Slack must be heard in some way, and its two kinds of tokens are easily mixed up.
fn slack_ways(slack: &Slack, report: &mut Report<'_>) {
    if slack.app_token.is_none() && slack.signing_secret.is_none() {
        report.at(
            "slack",
            "nothing is given by which Slack could be heard",
            "Give `app_token_file` (Socket Mode), or `signing_secret_file` (HTTP), or both.",
        );
    }
    let kinds = [("bot_token", &slack.bot_token, "xoxb-"), ("app_token", &slack.app_token, "xapp-")];
    for (name, token, begins) in kinds {
        if token.as_ref().is_some_and(|token| !token.expose().starts_with(begins)) {
            report.at(
                &format!("slack.{name}"),
                format!("this does not begin with `{begins}`"),
                "`bot_token` is the Bot User OAuth Token (`xoxb-`), `app_token` the App-Level Token (`xapp-`).",
            );
        }
    }
}

/// A group without people would keep everybody away.
fn groups(config: &Config, report: &mut Report<'_>) {
    let Permissions { declare, command, publish, break_glass } = &config.permissions;
    let known = || config.person.iter().flat_map(|person| person.groups.iter().map(String::as_str));
    let lists = [
        ("permissions.declare", declare),
        ("permissions.command", command),
        ("permissions.publish", publish),
        ("permissions.break_glass", break_glass),
        ("command.executives", &config.command.executives),
    ];
    for (list, groups) in lists {
        for (index, group) in groups.iter().enumerate() {
            if known().any(|name| name == group) {
                continue;
            }
            let hint = match nearest(group, known()) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Write it among the `groups` of a [[person]].".to_owned(),
            };
            report.at(&format!("{list}[{index}]"), format!("nobody is in the group `{group}`"), hint);
        }
    }
}

/// What a severity calls for are roles that can be held.
fn wanted_roles(config: &Config, report: &mut Report<'_>) {
    let known = config.roles();
    for (severity, cadence) in config.severity.all() {
        for (index, role) in cadence.roles.iter().enumerate() {
            let key = format!("severity.{severity}.roles[{index}]");
            match known.find(role) {
                Ok(role) if role.is_command() => {
                    let hint = "Take it away: whoever declares an incident has command of it.";
                    report.at(&key, "no incident is without a commander", hint);
                }
                Ok(_) => {}
                Err(why) => {
                    let (what, hint) = why.split_once(". ").unwrap_or((why.trim_end_matches('.'), ""));
                    report.at(&key, what, hint);
                }
            }
        }
    }
}

/// Types and fields are named in one word, and a type has only fields that are there.
fn taxonomy(config: &Config, report: &mut Report<'_>) {
    let types = || config.incident_type.iter().map(|one| one.name.as_str());
    let fields = || config.incident_field.iter().map(|one| one.name.as_str());
    once(types(), |index| format!("incident_type[{index}].name"), report);
    once(fields(), |index| format!("incident_field[{index}].name"), report);
    let is_word = |name: &str| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let types = types().enumerate().map(|(index, name)| (format!("incident_type[{index}].name"), name));
    let named = fields().enumerate().map(|(index, name)| (format!("incident_field[{index}].name"), name));
    for (key, name) in types.chain(named).filter(|(_, name)| !is_word(name)) {
        let what = format!("`{name}` is not one word");
        report.at(&key, what, "Use letters, digits, `-`, `_` and `.`: people type it.");
    }
    for (index, one) in config.incident_type.iter().enumerate() {
        for (nth, field) in
            one.fields.iter().enumerate().filter(|(_, field)| fields().all(|name| name != *field))
        {
            let hint = match nearest(field, fields()) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Write the `name` of an [[incident_field]], or add one.".to_owned(),
            };
            let key = format!("incident_type[{index}].fields[{nth}]");
            report.at(&key, format!("there is no field `{field}`"), hint);
        }
    }
    for (index, field) in config.incident_field.iter().enumerate() {
        let key = format!("incident_field[{index}].choices");
        match (field.kind, field.choices.is_empty()) {
            (FieldKind::Choice, true) => {
                let what = format!("the field `{}` has nothing to choose from", field.name);
                report.at(
                    &format!("incident_field[{index}].kind"),
                    what,
                    "Give `choices`, or another `kind`.",
                );
            }
            (FieldKind::Choice, false) | (_, true) => {}
            (_, false) => {
                report.at(&key, "`choices` is for the kind `choice`", "Take it away, or change `kind`.");
            }
        }
    }
}

/// Reads every template and tries it on samples.
fn templates(config: &Config, report: &mut Report<'_>) {
    for mistake in config.wording().err().unwrap_or_default() {
        let key = format!("templates.{}.{}", mistake.destination, mistake.phase.map_or("body", |p| p.word()));
        let what = format!("the template cannot be used: {}", mistake.what);
        match mistake.at {
            Some((line, column)) => report.within(&key, line, column, what, mistake.hint),
            None => report.at(&key, what, mistake.hint),
        }
    }
}

fn hooks(config: &Config, report: &mut Report<'_>) {
    let is_open = is_loopback(config.http.listen) || report.is_spoilt("http");
    for (name, hook) in &config.hooks {
        let key = format!("hooks.{name}");
        if hook.mapping.is_some() && hook.sender.name() != "generic" {
            let what = "`mapping` is for the sender `generic`";
            report.at(&format!("{key}.mapping"), what, "Take it away, or change `sender`.");
        }
        // The two that are there by themselves are left out in silence; whoever writes one, or has a mailbox read for it, wants it
        // served.
        let is_wanted = hook.mailbox.is_some() || report.exact_place_of(&key).is_some();
        if !is_open && !hook.asks_who() && is_wanted {
            let what =
                format!("the hook has no token, and {} can be reached from elsewhere", config.http.listen);
            report.at(&key, what, "Give `token_file`: anybody there could otherwise raise alerts.");
        }
    }
}
