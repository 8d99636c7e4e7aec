//! Builds the house from its settings: journal, desk, people, doors.

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    sync::Arc,
};

use chrono::Duration;

use crate::{
    alert::{group::Grouping, senders},
    config::{self, Config, TokenScope},
    desk::{self, Desk, clock::System, evidence::EvidenceSettings, words::Resolve},
    grammar::Known,
    http::{
        auth::{Auth, Token},
        hooks::Hook,
        metrics::Metrics,
    },
    incident::{
        decide::{Policy, Reserved},
        play::Playbook,
    },
    journal::{Journal, sqlite::SqliteJournal},
    people::Person,
    publish::{
        statuspage::StatuspageSettings,
        upstream::{self, UpstreamSettings},
        x::XSettings,
    },
};

use super::{Failure, doors, shelf::Shelf};

/// The team's own words out of the configuration.
pub fn known(config: &Config) -> Known {
    Known {
        roles: config.roles(),
        words: config.command.vocabulary,
        names: config.names(),
        matrix: config.matrix(),
    }
}

/// The rules' settings out of the configuration; `playbooks` are those that are offered.
fn policy(config: &Config, playbooks: Vec<Playbook>) -> Policy {
    let severity = &config.severity;
    let cadence = severity.all().map(|(_, cadence)| cadence);
    let mut destinations = Vec::new();
    if config.x.is_some() {
        destinations.push("x".to_owned());
    }
    if config.statuspage.is_some() {
        destinations.push("statuspage".to_owned());
    }
    let Known { roles, words, names, matrix } = known(config);
    Policy {
        offer_expires_minutes: config.command.offer_expires_minutes,
        two_person: config.command.two_person,
        approval_minutes: config.command.approval_minutes,
        words,
        names,
        matrix,
        only_commander_lowers_severity: config.command.only_commander_lowers_severity,
        text_chars_max: config.limits.timeline_text_chars_max as usize,
        public_update_minutes: cadence.map(|cadence| cadence.public_minutes),
        exec_update_minutes: cadence.map(|cadence| cadence.exec_minutes),
        silence_minutes: cadence.map(|cadence| cadence.silence_minutes),
        can_minutes: cadence.map(|cadence| cadence.can_minutes),
        roles_minutes: cadence.map(|cadence| cadence.roles_minutes),
        wanted: cadence.map(|cadence| {
            // A word that means none does not get past the loading of the settings.
            cadence.roles.iter().filter_map(|role| roles.find(role).ok()).collect()
        }),
        components: config.status_page.components.iter().map(|component| component.name.clone()).collect(),
        destinations,
        // A mistake in a template does not get past the loading of the settings.
        wording: config.wording().unwrap_or_default(),
        reserved: Reserved {
            declare: reserved(config, &config.permissions.declare),
            command: reserved(config, &config.permissions.command),
            publish: reserved(config, &config.permissions.publish),
            break_glass: config.members(&config.permissions.break_glass),
            groups: [
                ("declare", &config.permissions.declare),
                ("command", &config.permissions.command),
                ("publish", &config.permissions.publish),
            ]
            .map(|(setting, groups)| (setting, groups.clone()))
            .into(),
        },
        executives: config.members(&config.command.executives),
        taxonomy: config.taxonomy(),
        roles,
        alternates: config.alternates(),
        paging: config.paging(),
        playbooks,
        ..Policy::default()
    }
}

/// Those who are in one of the groups; a list without groups keeps nobody away.
fn reserved(config: &Config, groups: &[String]) -> Option<BTreeSet<String>> {
    (!groups.is_empty()).then(|| config.members(groups))
}

/// The desk's settings out of the configuration, with the playbooks of its folder.
pub fn settings(config: &Config) -> desk::Settings {
    let shelf = Shelf::read(config);
    shelf.tell();
    settings_with(config, shelf.playbooks())
}

/// The desk's settings out of the configuration.
pub fn settings_with(config: &Config, playbooks: Vec<Playbook>) -> desk::Settings {
    desk::Settings {
        policy: policy(config, playbooks),
        chats: chats(config),
        known_people: config.person.iter().map(|person| person.id.clone()).collect(),
        has_tokens: !config.auth.token.is_empty(),
        rules: config.alerts.rule.clone(),
        evidence: EvidenceSettings {
            services: config.services(),
            changes_shown: config.changes.shown as usize,
            changes_within: Duration::minutes(i64::from(config.changes.within_minutes)),
            changes_kept: Duration::days(i64::from(config.changes.keep_days)),
        },
        windows: config.windows(),
        upstream: config
            .senders
            .iter()
            .filter_map(|(hook, api)| {
                Some((hook.clone(), upstream::takes(config.sender_of(hook)?, api.from.is_some())))
            })
            .collect(),
        silence_hours_max: config.silences.longest_hours,
        acknowledged_minutes: config.silences.acknowledged_minutes,
        overrides: config.roster_overrides(),
        calendar_tokens: config.calendar_tokens(),
        zones: config.zones(),
        time_zone: config.organization.time_zone,
        addresses: config.addresses(),
        acknowledge_url: config.organization.public_url.clone(),
        flapping: config.alerts.flapping,
        offers: config.severity.all().map(|(_, cadence)| cadence.offers.clone()),
        people: config
            .person
            .iter()
            .map(|person| (person.id.clone(), Person { id: person.id.clone(), name: person.name.clone() }))
            .collect(),
        page_url: config
            .organization
            .public_url
            .as_ref()
            .and_then(|base| base.join("status").ok())
            .map(|url| url.to_string()),
        open_incidents_max: config.limits.open_incidents_max as usize,
        declares_per_minute_max: config.limits.declares_per_minute_max as usize,
        ..desk::Settings::default()
    }
}

/// The chats that show cards and timelines.
fn chats(config: &Config) -> Vec<String> {
    let there = [
        ("discord", config.discord.is_some()),
        ("matrix", config.matrix.is_some()),
        ("mattermost", config.mattermost.is_some()),
        ("slack", config.slack.is_some()),
    ];
    there.into_iter().filter(|(_, is_there)| *is_there).map(|(chat, _)| chat.to_owned()).collect()
}

/// A journal and a desk on it.
pub async fn open(config: &Config, settings: desk::Settings) -> Result<(SqliteJournal, Arc<Desk>), Failure> {
    let grouping = Grouping::new(config.alerts.group.clone());
    let journal = SqliteJournal::open_grouping(&config.storage.data_dir, grouping).await?;
    let desk = Desk::new(Arc::new(journal.clone()) as Arc<dyn Journal>, Arc::new(System), settings);
    desk.remember_links().await?;
    Ok((journal, desk))
}

/// Finds people by id, name or mention among the configured ones; anybody else is taken by the name given.
pub fn resolve(config: &Config) -> Resolve {
    let mut known: HashMap<String, Person> = HashMap::new();
    for person in &config.person {
        let found = Person { id: person.id.clone(), name: person.name.clone() };
        known.insert(person.id.to_lowercase(), found.clone());
        known.insert(person.name.to_lowercase(), found.clone());
        if let Some(discord) = &person.discord {
            known.insert(format!("<@{discord}>"), found.clone());
            known.insert(format!("<@!{discord}>"), found.clone());
        }
        if let Some(matrix) = &person.matrix {
            known.insert(matrix.clone(), found.clone());
        }
        for account in [&person.slack, &person.mattermost].into_iter().flatten() {
            known.insert(format!("<@{account}>"), found.clone());
        }
    }
    Arc::new(move |name| {
        let key = name.trim().trim_start_matches('@').to_lowercase();
        if let Some(person) = known.get(name.trim()).or_else(|| known.get(&key)) {
            return Ok(person.clone());
        }
        // A mention of somebody who is not configured: Discord's ids are digits, Slack's begin with a letter, Mattermost's
        // are of 26 small ones.
        if let Some(id) = name.trim().strip_prefix("<@").and_then(|rest| rest.strip_suffix('>')) {
            let id = id.trim_start_matches('!');
            if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) {
                return Ok(Person { id: format!("discord:{id}"), name: format!("<@{id}>") });
            }
            if id.starts_with(['U', 'W']) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            {
                return Ok(Person { id: format!("slack:{id}"), name: id.to_owned() });
            }
            if id.len() == 26 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
                return Ok(Person { id: format!("mattermost:{id}"), name: id.to_owned() });
            }
        }
        Person::named(name)
    })
}

/// Who may come in.
pub fn auth(config: &Config) -> Auth {
    let tokens = config.auth.token.iter().filter_map(|token| {
        let person = config.person(&token.person)?;
        Some(Token {
            secret: token.token.clone()?,
            person: Person { id: person.id.clone(), name: person.name.clone() },
            is_admin: token.admin,
            may_write: token.scope == TokenScope::Api,
        })
    });
    Auth::new(tokens.collect())
}

/// The hooks that are served at this address. What one of `before` has under way goes on with the one that takes its place.
///
/// # Errors
/// A mapping or a secret that cannot be one.
pub fn hooks(
    config: &Config,
    address: SocketAddr,
    metrics: &Metrics,
    before: &HashMap<String, Arc<Hook>>,
) -> Result<HashMap<String, Arc<Hook>>, Failure> {
    let mut hooks = HashMap::new();
    for (name, hook) in config.served_hooks(address) {
        let mapping = match &hook.mapping {
            Some(mapping) => mapping.compile().map_err(|faults| {
                let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
                Failure(format!("the mapping of [hooks.{name}] has mistakes: {}", faults.join("; ")))
            })?,
            None => Default::default(),
        };
        let settings = senders::Settings { source: name.to_owned(), mapping, zone: hook.time_zone };
        let sender = hook.sender.listed().sender(&settings);
        let watched = |one: &config::Heartbeat| one.watchdog.as_ref().is_some_and(|w| w.hook == name);
        let was = before.get(name);
        let hook = Hook {
            sender,
            proofs: doors::proofs(config, name, &hook, metrics)?,
            sns: doors::sns(&hook, was.and_then(|was| was.sns.as_ref())),
            has_watchdog: config.heartbeat.iter().any(watched),
            share: was.map(|was| was.share.clone()).unwrap_or_default(),
            keep_unreadable: hook.keep_unreadable,
        };
        hooks.insert(name.to_owned(), Arc::new(hook));
    }
    Ok(hooks)
}

/// The senders that can be told something.
///
/// # Errors
/// A certificate that cannot be read.
pub fn upstream_settings(config: &Config) -> Result<Vec<UpstreamSettings>, Failure> {
    let mut all = Vec::new();
    for (hook, api) in &config.senders {
        let Some(sender) = config.sender_of(hook) else { continue };
        let ca = api.ca_file.as_ref().map(|file| {
            std::fs::read(file)
                .map_err(|e| Failure(format!("[senders.{hook}] ca_file {}: {e}", file.display())))
        });
        all.push(UpstreamSettings {
            hook: hook.clone(),
            destination: desk::arrange::destination(hook),
            sender: sender.to_owned(),
            url: api.api_url.clone(),
            token: api.api_token.clone(),
            user: api.api_user.clone(),
            ca: ca.transpose()?,
            from: api.from.clone(),
            command_file: api.command_file.clone(),
        });
    }
    Ok(all)
}

/// X's settings, when it is configured.
pub fn x_settings(config: &Config) -> Option<XSettings> {
    let x = config.x.as_ref()?;
    Some(XSettings {
        base_url: x.base_url.as_str().trim_end_matches('/').to_owned(),
        api_key: x.api_key.clone().unwrap_or_default(),
        api_key_secret: x.api_secret.clone().unwrap_or_default(),
        access_token: x.access_token.clone().unwrap_or_default(),
        access_token_secret: x.access_token_secret.clone().unwrap_or_default(),
        bearer_token: x.bearer_token.clone().unwrap_or_default(),
        handle: x.handle.clone(),
        ..XSettings::default()
    })
}

/// Statuspage's settings, when it is configured.
pub fn statuspage_settings(config: &Config) -> Option<StatuspageSettings> {
    let statuspage = config.statuspage.as_ref()?;
    Some(StatuspageSettings {
        base_url: format!("{}/v1", statuspage.base_url.as_str().trim_end_matches('/')),
        api_key: statuspage.api_key.clone()?,
        page_id: statuspage.page_id.clone(),
        notify_subscribers: statuspage.notify_subscribers,
        ..StatuspageSettings::default()
    })
}
