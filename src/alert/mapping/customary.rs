//! The customary keys and words: what a generic body is read by where its mapping says nothing.
//!
//! Keys stand here in lower case without `_` and `-`; a body may write them in any case and with either. The
//! first that holds a text is taken.

/// Objects that a body may be wrapped in; a customary key is looked for in the body first, then in these.
pub const WRAPPERS: [&str; 5] = ["alert", "event", "incident", "data", "payload"];

pub const TITLE: [&str; 6] = ["title", "summary", "subject", "name", "alertname", "message"];
pub const DESCRIPTION: [&str; 6] = ["description", "details", "message", "body", "text", "output"];
pub const STATUS: [&str; 3] = ["status", "state", "alertstatus"];
pub const SEVERITY: [&str; 5] = ["severity", "level", "priority", "urgency", "criticality"];
/// An identity that is meant as one first; `id` last, for it may be that of the message.
pub const FINGERPRINT: [&str; 10] = [
    "fingerprint",
    "dedupkey",
    "deduplicationkey",
    "incidentkey",
    "alertkey",
    "key",
    "alertuid",
    "alertid",
    "uid",
    "id",
];
pub const STARTS_AT: [&str; 4] = ["startsat", "startedat", "starttime", "startdate"];
pub const ENDS_AT: [&str; 5] = ["endsat", "endedat", "resolvedat", "endtime", "enddate"];
pub const LINK: [&str; 8] =
    ["link", "url", "htmlurl", "weburl", "permalink", "alerturl", "incidenturl", "linktoupstreamdetails"];
pub const LABELS: [&str; 10] =
    ["host", "hostname", "service", "instance", "environment", "env", "region", "component", "check", "team"];

pub const FIRING: [&str; 22] = [
    "firing",
    "alerting",
    "alert",
    "problem",
    "down",
    "open",
    "opened",
    "active",
    "triggered",
    "trigger",
    "new",
    "failed",
    "failing",
    "failure",
    "error",
    "critical",
    "warning",
    "unhealthy",
    "started",
    "red",
    "true",
    "create",
];
pub const RESOLVED: [&str; 20] = [
    "resolved",
    "resolve",
    "ok",
    "up",
    "closed",
    "close",
    "recovery",
    "recovered",
    "normal",
    "cleared",
    "clear",
    "inactive",
    "healthy",
    "passed",
    "passing",
    "success",
    "fixed",
    "green",
    "false",
    "ended",
];
pub const ACKNOWLEDGED: [&str; 4] = ["acknowledged", "acknowledge", "ack", "acked"];
