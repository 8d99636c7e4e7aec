//! Which side an alert is on: by its service, its labels, its sender, its name.

use super::Side;
use crate::alert::{
    Alert,
    judgement::rule_of,
    service::{Services, Tier},
    text::quote,
};

/// What users, or nobody but other machines, would notice, in the words of names. The first are told even where a
/// machine is named as well: somebody looks from outside.
const OUTSIDE: &[&str] = &[
    "probe",
    "blackbox",
    "synthetic",
    "synthetics",
    "uptime",
    "slo",
    "sli",
    "sla",
    "burn",
    "budget",
    "apdex",
    "user",
    "users",
    "customer",
    "customers",
    "login",
    "signup",
    "page load",
    "ping check",
    "http check",
];
const MACHINES: &[&str] = &[
    "disk",
    "filesystem",
    "fs",
    "inode",
    "inodes",
    "volume",
    "raid",
    "smart",
    "iops",
    "io",
    "cpu",
    "load",
    "memory",
    "mem",
    "oom",
    "swap",
    "node",
    "host",
    "kernel",
    "temperature",
    "fan",
    "power",
    "ups",
    "battery",
    "clock",
    "ntp",
    "time drift",
    "database",
    "db",
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongodb",
    "mongo",
    "redis",
    "memcached",
    "oracle",
    "sql",
    "cassandra",
    "elasticsearch",
    "opensearch",
    "etcd",
    "zookeeper",
    "kafka",
    "rabbitmq",
    "queue",
    "consumer",
    "broker",
    "replication",
    "replica",
    "replicas",
    "lag",
    "deadlock",
    "deadlocks",
    "connections",
    "pool",
    "network",
    "packet",
    "packets",
    "interface",
    "bgp",
    "switch",
    "router",
    "firewall",
    "link",
    "dns",
    "coredns",
    "process",
    "systemd",
    "service failed",
    "daemon",
    "thread",
    "threads",
    "gc",
    "jvm",
    "heap",
    "goroutines",
    "pod",
    "pods",
    "container",
    "containers",
    "kube",
    "kubernetes",
    "kubelet",
    "deployment",
    "daemonset",
    "statefulset",
    "crash",
    "crashloop",
    "crashlooping",
    "restart",
    "restarts",
    "restarting",
    "evicted",
    "backup",
    "raft",
    "leader",
    "file descriptors",
    "fd",
    "conntrack",
    "ipmi",
    "cron",
    "target down",
    "scrape",
    "exporter",
];
const FELT: &[&str] = &[
    "http",
    "https",
    "5xx",
    "4xx",
    "500",
    "502",
    "503",
    "504",
    "latency",
    "slow",
    "response time",
    "error rate",
    "errors",
    "error ratio",
    "failed requests",
    "success rate",
    "availability",
    "unavailable",
    "endpoint",
    "website",
    "web",
    "site",
    "frontend",
    "checkout",
    "certificate",
    "ssl",
    "tls",
    "url",
    "request duration",
    "requests failing",
    "timeouts",
];
/// Senders that look from outside, as users do: parts of the hook's name.
const LOOKING_IN: &[&str] = &[
    "pingdom",
    "uptime",
    "statuscake",
    "updown",
    "site24x7",
    "checkly",
    "thousandeyes",
    "betterstack",
    "blackbox",
    "synthetic",
    "probe",
    "statuspage",
    "freshstatus",
];
/// The group of all bodies of a source that could not be read: see `senders::kept`.
const UNREADABLE: &str = "unreadable";
/// Labels that say the side outright, and their words.
const SIDES: [&str; 4] = ["tier", "layer", "alert_kind", "symptom_or_cause"];
const FRONT_WORDS: &[&str] = &["front", "frontend", "front-end", "edge", "user", "symptom", "web", "ui"];
const BACK_WORDS: &[&str] = &[
    "back",
    "backend",
    "back-end",
    "infra",
    "infrastructure",
    "database",
    "db",
    "cause",
    "storage",
    "network",
];

/// The words of a name: `HTTPErrorRate_high` is http, error, rate, high.
fn words(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().take(400).collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied().unwrap_or(' ');
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        let begins =
            c.is_uppercase() && (before.is_lowercase() || before.is_uppercase() && after.is_lowercase());
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The first of the words, or pairs of them, that stands in the list.
fn first_of(words: &[String], list: &[&'static str]) -> Option<&'static str> {
    let told = |at: usize| {
        let one = words.get(at)?.as_str();
        let pair = words.get(at + 1).map(|next| format!("{one} {next}"));
        // Machines are numbered: db1 is a db.
        let bare = one.trim_end_matches(|c: char| c.is_ascii_digit());
        list.iter()
            .find(|word| pair.as_deref() == Some(**word) || one == **word || bare == **word && bare.len() > 1)
    };
    (0..words.len()).find_map(told).copied()
}

/// What stands for a reason where nothing says which side it is.
const UNTOLD: &str = "neither its service nor its name tells what it is about";

/// Whether this is a body that nobody could read, or a part of it, kept as an alert: it says nothing, whoever sent it.
fn is_unread(alert: &Alert) -> bool {
    alert.group_key == UNREADABLE && alert.labels.keys().all(|name| name == "part")
}

/// What an alert tells of, and what that rests on.
pub(super) fn of(alert: &Alert, service: Option<&str>, services: &Services) -> (Side, String) {
    if is_unread(alert) {
        return (Side::Unclear, "its body could not be read".to_owned());
    }
    let tier = service.and_then(|name| services.named(name)).and_then(|known| known.tier);
    match (service, tier) {
        (Some(name), Some(Tier::Front)) => return (Side::What, format!("{name} is a front service")),
        (Some(name), Some(Tier::Back)) => return (Side::Why, format!("{name} is a back service")),
        _ => {}
    }
    for label in SIDES {
        let Some(value) = alert.labels.get(label) else { continue };
        let is = |list: &[&str]| list.iter().any(|word| value.eq_ignore_ascii_case(word));
        if is(FRONT_WORDS) {
            return (Side::What, format!("its label {label} says {}", quote(value)));
        }
        if is(BACK_WORDS) {
            return (Side::Why, format!("its label {label} says {}", quote(value)));
        }
    }
    let source = alert.source.to_lowercase();
    if LOOKING_IN.iter().any(|name| source.contains(name)) {
        return (Side::What, format!("{} looks from outside, as users do", alert.source));
    }
    let rule = words(&rule_of(alert));
    let title = words(&alert.title);
    let named = |list| first_of(&rule, list).or_else(|| first_of(&title, list));
    if let Some(word) = named(OUTSIDE) {
        return (Side::What, format!("its name contains «{word}»"));
    }
    if let Some(word) = first_of(&rule, MACHINES) {
        return (Side::Why, format!("its name contains «{word}»"));
    }
    if let Some(word) = named(FELT) {
        return (Side::What, format!("its name contains «{word}»"));
    }
    match first_of(&title, MACHINES) {
        Some(word) => (Side::Why, format!("its name contains «{word}»")),
        None => (Side::Unclear, UNTOLD.to_owned()),
    }
}
