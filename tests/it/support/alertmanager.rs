//! The real Alertmanager (Debian's package `prometheus-alertmanager`), told of alerts as Prometheus does.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    daemon,
    program::{free_port, until},
};

/// The program, if it is installed.
pub fn installed() -> Option<PathBuf> {
    daemon::installed("prometheus-alertmanager")
}

pub struct Alertmanager {
    home: TempDir,
    pub port: u16,
    client: reqwest::Client,
    child: Option<Child>,
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}

impl Alertmanager {
    pub fn new(hook: &str, client: reqwest::Client) -> Alertmanager {
        let home = tempfile::tempdir().unwrap();
        let config = format!(
            "route:\n  receiver: post\n  group_by: [alertname]\n  group_wait: 1s\n  group_interval: 2s\n  \
             repeat_interval: 3s\nreceivers:\n- name: post\n  webhook_configs:\n  - url: {hook}\n    send_resolved: true\n"
        );
        fs::write(home.path().join("am.yml"), config).unwrap();
        Alertmanager { home, port: free_port(), client, child: None }
    }

    pub async fn start(&mut self, program: &Path) {
        let log = || {
            let file = self.home.path().join("am.log");
            OpenOptions::new().create(true).append(true).open(file).unwrap()
        };
        let child = Command::new(program)
            .arg(format!("--config.file={}", self.home.path().join("am.yml").display()))
            .arg(format!("--storage.path={}", self.home.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{}", self.port))
            .arg("--cluster.listen-address=")
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let (client, url) = (self.client.clone(), format!("http://127.0.0.1:{}/-/ready", self.port));
        until(30, "Alertmanager ready", || async {
            client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }

    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        drop(child.kill());
        drop(child.wait());
    }

    /// The silences that it has: (state, who, comment, matchers as `name=value`).
    pub async fn silences(&self) -> Vec<(String, String, String, Vec<String>)> {
        let url = format!("http://127.0.0.1:{}/api/v2/silences", self.port);
        let all: Vec<Value> = self.client.get(url).send().await.unwrap().json().await.unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        all.iter()
            .map(|one| {
                let matchers = one["matchers"].as_array().unwrap().iter();
                let matchers = matchers.map(|m| format!("{}={}", text(&m["name"]), text(&m["value"])));
                let mut matchers: Vec<String> = matchers.collect();
                matchers.sort();
                (text(&one["status"]["state"]), text(&one["createdBy"]), text(&one["comment"]), matchers)
            })
            .collect()
    }

    /// Reports alerts as Prometheus does: (name, instance, is firing).
    pub async fn report(&self, alerts: &[(&str, &str, bool)]) {
        let ended = (chrono::Utc::now() - chrono::Duration::seconds(1)).to_rfc3339();
        let body: Vec<Value> = alerts
            .iter()
            .map(|(name, instance, firing)| {
                let mut alert = json!({
                    "labels": { "alertname": name, "instance": instance, "severity": "critical" },
                    "annotations": { "summary": format!("{name} on {instance}") },
                    "startsAt": "2026-01-02T03:04:05Z",
                });
                if !firing {
                    alert["endsAt"] = json!(ended);
                }
                alert
            })
            .collect();
        let url = format!("http://127.0.0.1:{}/api/v2/alerts", self.port);
        let answer = self.client.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
}
