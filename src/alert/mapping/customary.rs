//! The customary keys and words: what a generic body is read by where its mapping says nothing.
//!
//! A key stands here in lower case without blanks, `_`, `-` and `@`; a body may write it in any case and with any of them. A dot
//! leads on: into an object, or with a number to a member of a list; `*` is every member. Of a list of keys the first that
//! holds a text is taken, in the body itself and then in each of the [`WRAPPERS`].

mod words;

pub use words::*;

/// A key as the tables write it: in lower case, without what customarily stands between words.
pub fn plain(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '_' | '-' | '@' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Objects that a body may be wrapped in, what names the alert before what merely carries it.
pub const WRAPPERS: &[&str] = &[
    "alert",
    "alertgroup",
    "incident",
    "issue",
    "problem",
    "alarm",
    "error",
    "check",
    "monitor",
    "event",
    "data",
    "payload",
    "webhookeventdata",
    "notification",
    "message",
    "body",
    "detail",
    "attributes",
    "content",
    "essentials",
    "object",
];
/// How many wrappers may stand in each other.
pub const WRAPPERS_DEEP: usize = 3;
/// Of a body, most objects that keys are looked for in, at each depth.
pub const WRAPPERS_MAX: usize = 24;
/// Lists of alerts.
pub const LISTS: &[&str] =
    &["alerts", "events", "incidents", "issues", "problems", "alarms", "notifications", "data", "payload"];
/// The list that holds alerts even where the body around it has a title or a status.
pub const LIST_OF_ALERTS: &str = "alerts";

pub const TITLE: &[&str] = &[
    "title",
    "summary",
    "subject",
    "name",
    "alertname",
    "alerttitle",
    "problemtitle",
    "problemname",
    "incidenttitle",
    "incidentname",
    "issuetitle",
    "monitorname",
    "monitorfriendlyname",
    "checkname",
    "rulename",
    "entitydisplayname",
    "displayname",
    "eventname",
    "activitytitle",
    "annotations.summary",
    "labels.alertname",
    "workflowrun.name",
    "fields.summary",
    "attachments.0.title",
    "embeds.0.title",
    "sections.0.activitytitle",
];
/// Where two objects say together what it is; they come before the name of either.
pub const TITLE_OF_TWO_OBJECTS: &[Joint] = &[
    (&["check.metadata.name"], " on ", &["entity.metadata.name"]),
    (&["check.name"], " on ", &["client.name", "entity.name"]),
];
/// Where two texts say together what it is; they come before a mere message.
pub const TITLE_OF_TWO: &[Joint] = &[
    (&["check", "sensor"], " on ", HOST),
    (&["alert"], " on ", &["endpoint", "endpointname"]),
    (&["eventtypename"], " on ", &["hostnameandport", "clustername", "replicasetname"]),
    (&["exceptionclass", "errorclass", "exceptiontype"], ": ", &["message", "errormessage"]),
];
/// What the body itself says before a title is looked for in its wrappers.
pub const TITLE_OF_THE_BODY: &[&str] = &["message"];
/// The same as [`TITLE_OF_TWO`], after a message.
pub const TITLE_OF_TWO_ELSE: &[Joint] = &[(&["event"], " on ", &["resource"])];
/// What says less than a title, and more than nothing.
pub const TITLE_ELSE: &[&str] = &[
    "message",
    "msg",
    "alert",
    "monitor",
    "check",
    "sensor",
    "rule",
    "label",
    "errormessage",
    "entityid",
    "metadata.name",
    "rule.description",
];
/// As the end of a key, where no other tells.
pub const TITLE_ENDS: &[&str] = &["title", "subject", "summary", "name"];
/// Of which a `…name` is no title.
pub const NAMES_OF_OTHERS: &[&str] = &[
    "user",
    "host",
    "file",
    "site",
    "account",
    "channel",
    "team",
    "org",
    "project",
    "sender",
    "owner",
    "author",
    "customer",
    "domain",
    "nick",
    "first",
    "last",
    "receiver",
    "recipient",
    "environment",
    "cluster",
    "region",
    "service",
    "server",
    "device",
    "machine",
    "workspace",
    "tenant",
    "company",
    "bot",
    "space",
    "group",
    "class",
];

pub const DESCRIPTION: &[&str] = &[
    "description",
    "details",
    "message",
    "body",
    "text",
    "output",
    "content",
    "msg",
    "error",
    "alertdescription",
    "problemdetails",
    "problemdetailstext",
    "summarymessage",
    "statemessage",
    "alertmessage",
    "errormessage",
    "humandescription",
    "humanreadable",
    "reason",
    "cause",
    "annotations.description",
    "annotations.message",
    "check.output",
    "body.*.text",
    "attachments.0.content.body.*.text",
    "attachments.*.text",
    "attachments.*.fallback",
    "embeds.*.description",
    "sections.*.text",
    "blocks.*.text.text",
];
/// What a chat's message says beside its text.
pub const DESCRIPTION_TOO: &[&str] =
    &["attachments.*.text", "attachments.0.content.body.*.text", "embeds.*.description", "sections.*.text"];

/// Whether it fires, in a word that is meant so. A word that nobody knows ends the search: it fires.
pub const STATUS: &[&str] = &[
    "alertevent",
    "conclusion",
    "status",
    "state",
    "alertstatus",
    "alertstate",
    "currentstatus",
    "currentstate",
    "newstatus",
    "newstate",
    "incidentstatus",
    "incidentstate",
    "problemstatus",
    "problemstate",
    "monitorstatus",
    "monitorstate",
    "checkstatus",
    "checkstate",
    "checkstatename",
    "statusname",
    "statename",
    "status.state",
    "status.status",
    "status.name",
    "status.value",
    "fields.status.name",
    "state.name",
    "state.value",
    "workflowrun.conclusion",
];
/// Exit codes of a check, 0 for well and 1 to 3 for not, each with the key that must stand beside it.
pub const EXIT_CODES: &[(&str, &str)] = &[("check.status", "check.output")];
/// Words by which an API answers that it was asked well.
pub const ANSWERS: &[&str] = &["ok", "success", "successful", "succeeded"];
/// Words of a status that say that something ended, and not how.
pub const ENDED: &[&str] = &["done", "completed", "complete", "finished", "end", "ended"];
/// Where `false` says that it failed.
pub const FLAGS_OF_SUCCESS: &[&str] = &["success", "succeeded", "successful", "passed", "ok"];
/// Where anything but nothing says that it failed: an exit code, a count, what went wrong.
pub const FAILURES: &[&str] = &[
    "exitcode",
    "exitstatus",
    "returncode",
    "failed",
    "failures",
    "failurecount",
    "failedcount",
    "errors",
    "errorcount",
    "error",
    "errormessage",
];
/// Where a word says how it went.
pub const RESULTS: &[&str] = &["result", "outcome"];
/// What happened, in which a word for begun or over may stand among others: `check.down`, `ALERT_RECOVERY`.
pub const EVENT: &[&str] = &[
    "eventaction",
    "event",
    "eventtype",
    "action",
    "alertaction",
    "type",
    "alerttype",
    "messagetype",
    "triggertype",
    "notificationtype",
    "transition",
    "alerttransition",
];
/// Longest text that names an event, in bytes; a longer one is prose.
pub const EVENT_MAX_BYTES: usize = 80;
/// Where `true` means firing, and where resolved.
pub const FLAGS_OF_FIRING: &[&str] =
    &["firing", "isfiring", "alerting", "isalerting", "isopen", "down", "isdown", "triggered"];
pub const FLAGS_OF_RESOLVED: &[&str] =
    &["resolved", "isresolved", "recovered", "isrecovered", "closed", "isclosed"];
/// The same of the alert itself: a monitor that is active is only not paused.
pub const FLAGS_OF_FIRING_ALONE: &[&str] = &["active", "isactive"];
/// Severities of which one word means that it is over.
pub const SEVERITY_OR_OVER: &[&str] =
    &["severity", "level", "alertseverity", "alertlevel", "severitylevel", "labels.severity"];
/// No fault is so bad.
pub const SEVERITY_OVER: &[&str] = &["ok", "okay", "clear", "cleared", "resolved", "recovered"];
/// Some call so what is over, and others what is of no special urgency: it is over only where one of [`SEVERITY_BEFORE`] says that it
/// was worse.
pub const SEVERITY_USUAL: &str = "normal";
pub const SEVERITY_BEFORE: &[&str] = &[
    "previousseverity",
    "previouslevel",
    "prevseverity",
    "lastseverity",
    "oldseverity",
    "previousalertlevel",
];
/// As the end of a key, where no other tells.
pub const STATUS_ENDS: &[&str] = &["status", "state"];
/// Of which a `…status` is not that of the alert.
pub const STATUS_OF_OTHERS: &[&str] = &[
    "previous",
    "prev",
    "last",
    "old",
    "prior",
    "former",
    "initial",
    "from",
    "host",
    "http",
    "response",
    "request",
    "delivery",
    "email",
    "sms",
    "webhook",
    "notification",
    "api",
    "account",
    "user",
    "order",
    "payment",
    "maintenance",
];

pub const SEVERITY: &[&str] = &[
    "severity",
    "level",
    "priority",
    "urgency",
    "criticality",
    "alertseverity",
    "alertlevel",
    "eventseverity",
    "problemseverity",
    "severitylevel",
    "severityname",
    "labels.severity",
    "fields.priority.name",
    "labels.priority",
    "annotations.severity",
    "tags.severity",
];

/// An identity that is meant as one.
pub const FINGERPRINT: &[&str] = &[
    "fingerprint",
    "dedupkey",
    "deduplicationkey",
    "dedup",
    "incidentkey",
    "alertkey",
    "alertuid",
    "alertid",
    "alertgroupid",
    "alertcorrelationid",
    "incidentid",
    "issueid",
    "entityid",
    "errorid",
];
/// The same, if another key stands beside it: without, it may be that of a problem that is over, which is 0.
pub const FINGERPRINT_BESIDE: &[(&str, &str)] = &[("problemid", "problemtitle")];
/// Wrappers whose `id` is that of the alert.
pub const OF_THE_ALERT: &[&str] = &["alert", "alertgroup", "incident", "issue", "problem", "alarm", "error"];
pub const ID: &[&str] = &["uid", "id"];
/// What is watched, by all of these together. It comes before an `id` of the body, which may be that of the message.
pub const WATCHED: &[&[&str]] = &[
    &["check.metadata.name", "entity.metadata.name"],
    &["check.name", "client.name"],
    &["check.name", "entity.name"],
    &["monitorid"],
    &["monitor.id"],
    &["checkid"],
    &["check.id"],
    &["sensorid"],
    &["watchid"],
    &["monitor", "rule"],
    &["check.url"],
    &["key"],
    &["alertdefinitionid"],
];
/// What is watched for several things, which only the name of the event tells apart.
pub const WATCHED_BY_EVENT: &[&str] = &["site.id"];
/// Wrappers whose `id` may be that of the message; it comes last.
pub const OF_THE_MESSAGE: &[&str] =
    &["event", "data", "payload", "webhookeventdata", "attributes", "content", "object"];

pub const STARTS_AT: &[&str] = &["startsat", "startedat", "starttime", "startdate", "openedat"];
pub const ENDS_AT: &[&str] =
    &["endsat", "endedat", "resolvedat", "endtime", "enddate", "closedat", "recoveredat", "clearedat"];
/// Wrappers in which a time is that of the alert; in a check it may be that of its last run.
pub const TIMES_OF: &[&str] = &[
    "alert",
    "alertgroup",
    "incident",
    "issue",
    "problem",
    "alarm",
    "event",
    "data",
    "payload",
    "attributes",
];

pub const LINK: &[&str] = &[
    "link",
    "url",
    "htmlurl",
    "weburl",
    "permalink",
    "alerturl",
    "incidenturl",
    "linktoupstreamdetails",
    "alertlink",
    "incidentlink",
    "problemurl",
    "issueurl",
    "eventurl",
    "alertresponseurl",
    "generatorurl",
    "deeplink",
    "href",
    "clienturl",
    "sourceurl",
    "linksensor",
    "click",
    "alertapp",
    "permalinks.web",
    "links.0.href",
    "links.0.url",
    "attachments.0.titlelink",
    "embeds.0.url",
    "potentialaction.0.targets.0.uri",
    "workflowrun.htmlurl",
];
/// As the end of a key, where no other tells.
pub const LINK_ENDS: &[&str] = &["url", "link", "href"];
/// Of which a `…url` leads to no alert.
pub const LINKS_OF_OTHERS: &[&str] = &[
    "image",
    "icon",
    "avatar",
    "logo",
    "thumb",
    "picture",
    "photo",
    "callback",
    "webhook",
    "hook",
    "unsubscribe",
    "acknowledge",
    "escalate",
    "snooze",
    "resolve",
];

/// Where the thing stands that is not well.
pub const HOST: &[&str] = &["host", "hostname", "device", "devicehostname", "instance", "server", "node"];
/// Labels by their names, each with the keys that it is looked for under.
pub const LABELS: &[(&str, &[&str])] = &[
    (
        "host",
        &[
            "host",
            "device",
            "devicehostname",
            "devicename",
            "fqdn",
            "server",
            "node",
            "host.name",
            "entity.metadata.name",
            "client.name",
            "fields.hostname",
        ],
    ),
    ("hostname", &["hostname"]),
    ("service", &["service", "servicename", "service.name"]),
    ("instance", &["instance"]),
    ("environment", &["environment"]),
    ("env", &["env"]),
    ("region", &["region"]),
    ("component", &["component"]),
    ("check", &["check", "check.metadata.name"]),
    ("team", &["team"]),
    ("monitor", &["monitor"]),
    ("sensor", &["sensor"]),
    ("resource", &["resource"]),
    ("endpoint", &["endpoint"]),
    ("cluster", &["cluster", "clustername"]),
    ("application", &["application", "applicationname"]),
    ("project", &["project", "projectname", "project.name"]),
    ("repository", &["repository", "repository.fullname"]),
];

/// Keys of which the first is there, what stands between, and keys of which the first is there.
pub type Joint = (&'static [&'static str], &'static str, &'static [&'static str]);
