//! The senders, by name. A new one is a file here and a line in [`ALL`].

use chrono_tz::Tz;

use super::body::{Node, parse};
use super::change::senders::{self as changes, Reading as Changes};
use super::draft::Reading;
use super::intake::body_text;
use super::mapping::Mapping;
use super::{Intake, Rejected, Sender};

mod airbrake;
pub mod alertmanager;
mod alertmanager_wire;
mod aws;
mod axiom;
mod azure;
mod betterstack;
mod bosun;
mod checkly;
mod checkmk;
mod checks;
mod cloudevents;
mod coralogix;
mod crashlytics;
mod dash0;
mod datadog;
mod elastic;
mod errbit;
mod freshstatus;
mod gcp;
pub mod generic;
mod grafana;
mod graylog;
mod healthchecks;
mod honeybadger;
mod honeycomb;
mod icinga2;
pub mod kept;
mod librato;
mod librenms;
mod monit;
mod munin;
mod nagios;
mod newrelic;
mod opsgenie;
mod pagerduty;
mod papertrail;
mod pingdom;
mod raygun;
mod rollbar;
mod rundeck;
mod sentry;
mod signalfx;
mod site24x7;
mod splunk;
mod statuscake;
mod statuspage;
mod text;
mod thousandeyes;
mod updown;
mod uptime_kuma;
mod uptimerobot;
mod zabbix;

/// A sender as it is listed: for the settings, the help and the documentation.
#[derive(Debug)]
pub struct Listed {
    /// As a hook's settings name it, and the name of the hook that is there without any.
    pub name: &'static str,
    /// Whose messages it reads.
    pub about: &'static str,
    reads: Reads,
    /// Bodies as the sender's documentation shows them: one that fires, and one that resolves it where there is such.
    #[cfg(test)]
    pub examples: &'static [&'static str],
}

type Read = fn(Node<'_>, &mut Reading<'_>) -> Result<(), Rejected>;

#[derive(Debug)]
enum Reads {
    Alertmanager,
    Generic,
    Text,
    /// JSON, or a form.
    Json(Read),
    /// The same, and what is no JSON at all is plain text.
    JsonOrText(Read),
    /// What changed, in JSON or a form.
    Change(ReadChange),
    /// What changed, in YAML of which the left margin is read.
    Margin(ReadChange),
}

type ReadChange = fn(Node<'_>, &mut Changes) -> Result<(), Rejected>;

macro_rules! listed {
    ($($name:literal $about:literal $examples:path, $reads:expr;)*) => {
        &[$(Listed { name: $name, about: $about, reads: $reads, #[cfg(test)] examples: $examples },)*]
    };
}

/// Every sender, in the order of the alphabet.
pub const ALL: &[Listed] = listed! {
    "airbrake" "Airbrake" airbrake::EXAMPLES, Reads::Json(airbrake::read);
    "alertmanager" "Prometheus Alertmanager, webhook version 4" testing::ALERTMANAGER, Reads::Alertmanager;
    "aws" "Amazon SNS: CloudWatch's alarms, EventBridge's events" aws::EXAMPLES, Reads::JsonOrText(aws::read);
    "axiom" "Axiom" axiom::EXAMPLES, Reads::Json(axiom::read);
    "azure" "Azure Monitor" azure::EXAMPLES, Reads::Json(azure::read);
    "betterstack" "Better Stack Uptime" betterstack::EXAMPLES, Reads::Json(betterstack::read);
    "bosun" "Bosun" bosun::EXAMPLES, Reads::Json(bosun::read);
    "checkly" "Checkly" checkly::EXAMPLES, Reads::Json(checkly::read);
    "checkmk" "Checkmk" checkmk::EXAMPLES, Reads::Json(checkmk::read);
    "cloudevents" "CloudEvents 1.0" cloudevents::EXAMPLES, Reads::Json(cloudevents::read);
    "coralogix" "Coralogix" coralogix::EXAMPLES, Reads::Json(coralogix::read);
    "crashlytics" "Crashlytics" crashlytics::EXAMPLES, Reads::Json(crashlytics::read);
    "dash0" "Dash0" dash0::EXAMPLES, Reads::Json(dash0::read);
    "datadog" "Datadog" datadog::EXAMPLES, Reads::Json(datadog::read);
    "elastic" "Elastic's rules (Kibana)" elastic::EXAMPLES, Reads::Json(elastic::read);
    "errbit" "Errbit" errbit::EXAMPLES, Reads::Json(errbit::read);
    "freshstatus" "Freshstatus" freshstatus::EXAMPLES, Reads::Json(freshstatus::read);
    "gcp" "Google Cloud Monitoring" gcp::EXAMPLES, Reads::Json(gcp::read);
    "generic" "any JSON, read by `mapping`" testing::GENERIC, Reads::Generic;
    "grafana" "Grafana, unified alerting and before" grafana::EXAMPLES, Reads::Json(grafana::read);
    "graylog" "Graylog" graylog::EXAMPLES, Reads::Json(graylog::read);
    "healthchecks" "Healthchecks" healthchecks::EXAMPLES, Reads::Json(healthchecks::read);
    "honeybadger" "Honeybadger" honeybadger::EXAMPLES, Reads::Json(honeybadger::read);
    "honeycomb" "Honeycomb" honeycomb::EXAMPLES, Reads::Json(honeycomb::read);
    "icinga2" "Icinga 2, Icinga Notifications" icinga2::EXAMPLES, Reads::Json(icinga2::read);
    "librato" "Librato" librato::EXAMPLES, Reads::Json(librato::read);
    "librenms" "LibreNMS" librenms::EXAMPLES, Reads::Json(librenms::read);
    "monit" "Monit" monit::EXAMPLES, Reads::Json(monit::read);
    "munin" "Munin" munin::EXAMPLES, Reads::Json(munin::read);
    "nagios" "Nagios, Naemon" nagios::EXAMPLES, Reads::Json(nagios::read);
    "newrelic" "New Relic" newrelic::EXAMPLES, Reads::Json(newrelic::read);
    "opsgenie" "Opsgenie" opsgenie::EXAMPLES, Reads::Json(opsgenie::read);
    "pagerduty" "PagerDuty: its webhooks, and what is sent to its Events API" pagerduty::EXAMPLES, Reads::Json(pagerduty::read);
    "papertrail" "Papertrail" papertrail::EXAMPLES, Reads::Json(papertrail::read);
    "pingdom" "Pingdom" pingdom::EXAMPLES, Reads::Json(pingdom::read);
    "raygun" "Raygun" raygun::EXAMPLES, Reads::Json(raygun::read);
    "rollbar" "Rollbar" rollbar::EXAMPLES, Reads::Json(rollbar::read);
    "rundeck" "Rundeck's jobs" rundeck::EXAMPLES, Reads::Json(rundeck::read);
    "sentry" "Sentry" sentry::EXAMPLES, Reads::Json(sentry::read);
    "signalfx" "Splunk Observability Cloud (SignalFx)" signalfx::EXAMPLES, Reads::Json(signalfx::read);
    "site24x7" "Site24x7" site24x7::EXAMPLES, Reads::Json(site24x7::read);
    "splunk" "Splunk's saved searches" splunk::EXAMPLES, Reads::Json(splunk::read);
    "statuscake" "StatusCake" statuscake::EXAMPLES, Reads::Json(statuscake::read);
    "statuspage" "a supplier's Atlassian Statuspage" statuspage::EXAMPLES, Reads::Json(statuspage::read);
    "text" "plain text" text::EXAMPLES, Reads::Text;
    "thousandeyes" "ThousandEyes" thousandeyes::EXAMPLES, Reads::Json(thousandeyes::read);
    "updown" "updown.io" updown::EXAMPLES, Reads::Json(updown::read);
    "uptime-kuma" "Uptime Kuma" uptime_kuma::EXAMPLES, Reads::Json(uptime_kuma::read);
    "uptimerobot" "UptimeRobot" uptimerobot::EXAMPLES, Reads::Json(uptimerobot::read);
    "zabbix" "Zabbix" zabbix::EXAMPLES, Reads::Json(zabbix::read);
};

/// Every sender of changes, in the order of the alphabet.
pub const CHANGES: &[Listed] = listed! {
    "ansible" "Ansible, by our callback plugin" changes::ansible::EXAMPLES, Reads::Change(changes::ansible::read);
    "argocd" "Argo CD's notifications" changes::argocd::EXAMPLES, Reads::Change(changes::argocd::read);
    "change" "any change, in our own words" changes::generic::EXAMPLES, Reads::Change(changes::generic::read);
    "github" "GitHub: deployments, releases, pushes, workflows" changes::github::EXAMPLES, Reads::Change(changes::github::read);
    "gitlab" "GitLab: deployments, pipelines, pushes, releases, flags" changes::gitlab::EXAMPLES, Reads::Change(changes::gitlab::read);
    "jenkins" "Jenkins' Notification plugin" changes::jenkins::EXAMPLES, Reads::Change(changes::jenkins::read);
    "launchdarkly" "LaunchDarkly's flags" changes::launchdarkly::EXAMPLES, Reads::Change(changes::launchdarkly::read);
    "pagerduty-changes" "change events as they are sent to PagerDuty" changes::pagerduty::EXAMPLES, Reads::Change(changes::pagerduty::read);
    "puppet" "Puppet's http report processor" changes::puppet::EXAMPLES, Reads::Margin(changes::puppet::read);
    "unleash" "Unleash's flags" changes::unleash::EXAMPLES, Reads::Change(changes::unleash::read);
};

/// What a hook's configuration tells its sender.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The hook's name, the source of its alerts. Empty: the sender's own name.
    pub source: String,
    /// Where a generic body holds what; only the generic sender asks.
    pub mapping: Mapping,
    /// Of times that name none; nothing: they are taken for UTC, and that is noted.
    pub zone: Option<Tz>,
}

/// How the sender of this name is listed, or `None` if there is none.
pub fn listed(name: &str) -> Option<&'static Listed> {
    ALL.iter().chain(CHANGES).find(|listed| listed.name == name)
}

impl Listed {
    /// The sender, for a hook.
    pub fn sender(&'static self, settings: &Settings) -> Box<dyn Sender> {
        let source = if settings.source.is_empty() { self.name.to_owned() } else { settings.source.clone() };
        match self.reads {
            Reads::Alertmanager => Box::new(alertmanager::Alertmanager::new(source)),
            Reads::Generic => {
                Box::new(generic::Generic::new(source, settings.mapping.clone()).in_zone(settings.zone))
            }
            Reads::Text => Box::new(text::Text::new(source)),
            Reads::Json(read) | Reads::JsonOrText(read) => Box::new(Service {
                name: self.name,
                source,
                read,
                is_text_too: matches!(self.reads, Reads::JsonOrText(_)),
                zone: settings.zone,
            }),
            Reads::Change(read) => {
                Box::new(ChangeService { name: self.name, source, read, is_margin: false })
            }
            Reads::Margin(read) => Box::new(ChangeService { name: self.name, source, read, is_margin: true }),
        }
    }
}

/// A sender whose bodies one function reads.
#[derive(Debug)]
struct Service {
    name: &'static str,
    source: String,
    read: Read,
    is_text_too: bool,
    zone: Option<Tz>,
}

impl Sender for Service {
    fn name(&self) -> &str {
        &self.source
    }

    fn read(&self, body: &[u8], content_type: Option<&str>) -> Result<Intake, Rejected> {
        let whole = match parse(self.name, body, content_type) {
            Err(Rejected::NotJson { .. }) if self.is_text_too && !begins_as_json(body_text(body)?) => {
                return text::Text::new(self.source.clone()).read(body, content_type);
            }
            parsed => parsed?,
        };
        let mut out = Reading::new(self.name, &self.source, body).in_zone(self.zone);
        (self.read)(Node::of(&whole), &mut out)?;
        Ok(out.done())
    }
}

/// Whether a text is JSON that broke off, or is damaged: `[FIRING] the disk is full` is none.
fn begins_as_json(text: &str) -> bool {
    let text = text.trim_start();
    text.strip_prefix('[').unwrap_or(text).trim_start().starts_with('{')
}

/// A sender of changes.
#[derive(Debug)]
struct ChangeService {
    name: &'static str,
    source: String,
    read: ReadChange,
    is_margin: bool,
}

impl Sender for ChangeService {
    fn name(&self) -> &str {
        &self.source
    }

    fn read(&self, body: &[u8], content_type: Option<&str>) -> Result<Intake, Rejected> {
        let text = body_text(body)?;
        let whole = match self.is_margin && !text.trim_start().starts_with('{') {
            true => {
                changes::puppet::top_level(text).ok_or_else(|| Changes::new(self.name).missing("host"))?
            }
            false => parse(self.name, body, content_type)?,
        };
        let mut out = Changes::new(self.name);
        (self.read)(Node::of(&whole), &mut out)?;
        let changes = out.changes.into_iter().map(|draft| draft.sent_by(&self.source)).collect();
        Ok(Intake { changes, notes: out.notes, ..Intake::default() })
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// A body read by a sender of its own name.
    pub fn read(sender: &str, body: &str) -> Intake {
        listed(sender).unwrap().sender(&Settings::default()).read(body.as_bytes(), None).unwrap()
    }

    pub(super) const ALERTMANAGER: &[&str] = &[
        r#"{"receiver": "bot", "status": "firing", "version": "4", "groupKey": "{}:{alertname=\"DiskFull\"}",
            "truncatedAlerts": 0, "externalURL": "http://am:9093", "groupLabels": {"alertname": "DiskFull"},
            "commonLabels": {"alertname": "DiskFull"}, "commonAnnotations": {"summary": "s"}, "alerts": [{
            "status": "firing", "labels": {"alertname": "DiskFull", "severity": "critical"},
            "annotations": {"summary": "Füll\u202e 95%", "runbook_url": "http://runbook/disk"},
            "startsAt": "2026-11-20T20:13:08.409704835Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prom/graph", "fingerprint": "959f7ced14c290d0"}]}"#,
        r#"{"receiver": "bot", "status": "resolved", "version": "4", "groupKey": "{}:{alertname=\"DiskFull\"}",
            "groupLabels": {"alertname": "DiskFull"}, "commonLabels": {"alertname": "DiskFull"}, "alerts": [{
            "status": "resolved", "labels": {"alertname": "DiskFull", "severity": "critical"},
            "annotations": {"summary": "95%"}, "startsAt": "2026-11-20T20:13:08.409704835Z",
            "endsAt": "2026-11-20T20:33:08Z", "generatorURL": "", "fingerprint": "959f7ced14c290d0"}]}"#,
    ];

    pub(super) const GENERIC: &[&str] = &[
        r#"{"id": 7, "title": "Disk is full", "host": "db1", "status": "down", "severity": "critical"}"#,
        r#"{"id": 7, "title": "Disk is full", "host": "db1", "status": "up", "severity": "critical"}"#,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Status;

    #[test]
    fn a_hook_that_says_its_zone_reads_local_times_as_such_of_any_sender_and_the_generic_one() {
        let librenms = r#"{"title": "x", "hostname": "db1", "name": "Disk", "rule_id": 1, "state": 0, "severity": "ok",
            "timestamp": "2026-11-20 20:13:08"}"#;
        let generic = r#"{"title": "x", "status": "ok", "ends_at": "2026-11-20 20:13:08"}"#;
        let settings = Settings { zone: Some(Tz::Europe__Berlin), ..Settings::default() };
        for (name, body) in [("librenms", librenms), ("generic", generic)] {
            let alert =
                listed(name).unwrap().sender(&settings).read(body.as_bytes(), None).unwrap().alerts.remove(0);
            assert_eq!(alert.ends_at.unwrap().to_rfc3339(), "2026-11-20T19:13:08+00:00", "{name}");
            let unsaid = testing::read(name, body).alerts.remove(0);
            assert_eq!(unsaid.ends_at.unwrap().to_rfc3339(), "2026-11-20T20:13:08+00:00", "{name}");
            assert!(unsaid.notes.concat().contains("names no time zone; it was read as UTC."), "{unsaid:?}");
        }
    }

    #[test]
    fn what_a_known_sender_says_in_a_word_that_nobody_knows_is_kept_as_an_alert_with_a_note() {
        for (name, body) in [
            ("nagios", r#"{"type": "ESCALATED", "host": "db1", "service": "disk", "state": "CRITICAL"}"#),
            (
                "icinga2",
                r#"{"type": "escalated", "name": "disk", "tags": {"host": "db1"}, "severity": "crit"}"#,
            ),
            ("opsgenie", r#"{"action": "Reopen", "alert": {"alertId": "a", "message": "disk is full"}}"#),
            ("rundeck", r#"{"trigger": "lost", "execution": {"job": {"id": "j", "name": "backup"}}}"#),
            ("betterstack", r#"{"data": {"id": "1", "type": "outage", "attributes": {"name": "Shop"}}}"#),
            (
                "freshstatus",
                r#"{"event_data": {"event_type": "OUTAGE_BEGUN"}, "incident_id": "1", "title": "Shop"}"#,
            ),
            (
                "aws",
                r#"{"detail-type": "CodeBuild Build State Change", "id": "1", "detail": {"project-name": "shop", "build-status": "LOST"}}"#,
            ),
            (
                "aws",
                r#"{"TopicArn": "arn:t", "Message": "{\"notificationType\": \"Lost\", \"mail\": {\"messageId\": \"1\"}}"}"#,
            ),
        ] {
            let mut alerts = testing::read(name, body).alerts;
            assert_eq!(alerts.len(), 1, "{name} {body}");
            let alert = alerts.remove(0);
            assert_eq!(alert.status, Status::Firing, "{name}: {alert:?}");
            assert!(alert.notes.concat().contains("unknown"), "{name}: {:?}", alert.notes);
        }
        let new = r#"{"action": "triggered", "data": {"size_alert": {"title": "x"}}}"#;
        let sentry = listed("sentry").unwrap().sender(&Settings::default());
        assert!(sentry.read(new.as_bytes(), None).is_err(), "and so it is kept whole");
        for (name, body) in [
            ("nagios", r#"{"type": "FLAPPINGSTART", "host": "db1", "state": "CRITICAL"}"#),
            ("opsgenie", r#"{"action": "AddNote", "alert": {"alertId": "a", "message": "disk is full"}}"#),
            ("rundeck", r#"{"trigger": "start", "execution": {"job": {"id": "j", "name": "backup"}}}"#),
            (
                "betterstack",
                r#"{"data": {"id": "1", "type": "monitor_event", "attributes": {"name": "Shop"}}}"#,
            ),
            ("freshstatus", r#"{"event_data": {"event_type": "MAINTENANCE_START"}, "incident_id": "1"}"#),
            ("sentry", r#"{"action": "created", "data": {"comment_id": 1, "comment": "x"}}"#),
        ] {
            let intake = testing::read(name, body);
            assert!(intake.alerts.is_empty() && !intake.notes.is_empty(), "{name}: {intake:?}");
        }
    }

    #[test]
    fn every_listed_sender_carries_the_name_of_its_hook() {
        for listed in ALL {
            assert_eq!(listed.sender(&Settings::default()).name(), listed.name);
            let settings = Settings { source: "shop".into(), ..Settings::default() };
            assert_eq!(listed.sender(&settings).name(), "shop");
        }
        assert!(ALL.is_sorted_by_key(|listed| listed.name) && CHANGES.is_sorted_by_key(|listed| listed.name));
        assert!(CHANGES.iter().all(|change| ALL.iter().all(|alert| alert.name != change.name)));
        assert!(listed("carrier-pigeon").is_none());
    }
}
