//! The real Prometheus (Debian's package `prometheus`) evaluates a rule and tells the real Alertmanager, which tells us: a port
//! that closes and opens again is in the incident, also where we were killed when it opened.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::support::{
    alertmanager::{self, Alertmanager},
    daemon::{Daemon, Watched, declaring, installed, told, until_told},
    program::{Program, fingerprints, free_port, until},
};

const RULES: &str = r#"
groups:
- name: ports
  interval: 1s
  rules:
  - alert: PortClosed
    expr: up{job="watched"} == 0
    labels: {severity: critical, service: web}
    annotations: {summary: "the port of {{ $labels.job }} is closed"}
"#;

const CONFIG: &str = r#"
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["{dir}/rules.yml"]
alerting:
  alertmanagers:
  - static_configs: [{targets: ["127.0.0.1:{alertmanager}"]}]
scrape_configs:
- job_name: watched
  static_configs: [{targets: ["127.0.0.1:{port}"]}]
"#;

/// A port that answers Prometheus until it is closed.
struct Port {
    port: u16,
    is_closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Port {
    fn open(port: u16) -> Port {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let is_closed = Arc::new(AtomicBool::new(false));
        let closed = is_closed.clone();
        let thread = std::thread::spawn(move || {
            while !closed.load(Ordering::Relaxed) {
                let Ok((mut stream, _)) = listener.accept() else {
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                };
                stream.set_nonblocking(false).unwrap();
                drop(stream.read(&mut [0; 4096]));
                let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: 11\r\n\
                              Connection: close\r\n\r\nanswers 1.\n";
                drop(stream.write_all(answer.as_bytes()));
            }
        });
        Port { port, is_closed, thread: Some(thread) }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_a_real_prometheus_evaluates_is_in_the_incident_once_over_a_kill() {
    let (Some(prometheus), Some(sender)) = (installed("prometheus"), alertmanager::installed()) else {
        println!("SKIPPED: the real Prometheus; install prometheus and prometheus-alertmanager");
        return;
    };
    let mut post = Program::new(&declaring("alertmanager"));
    post.start().await;
    let watched = Watched::new(&post, "alertmanager");
    let mut am = Alertmanager::new(&post.url("/hooks/alertmanager"), post.client.clone());
    am.start(&sender).await;
    let target = Port::open(free_port());
    let port = target.port;
    watched.settings("rules.yml", RULES);
    let config = CONFIG.replace("{alertmanager}", &am.port.to_string()).replace("{port}", &port.to_string());
    let config = watched.settings("prometheus.yml", &config);
    let web = free_port();
    let mut command = Command::new(prometheus);
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", watched.file("tsdb").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{web}"));
    let _prometheus = Daemon::start(&mut command, &watched.file("out.log"));
    let up = format!("http://127.0.0.1:{web}/api/v1/query?query=up");
    until(60, "Prometheus sees that the port is open", || async {
        match post.client.get(&up).send().await {
            Ok(answer) => answer.text().await.is_ok_and(|text| text.contains("\"1\"]")),
            Err(_) => false,
        }
    })
    .await;

    drop(target);
    let incident = watched.incident(&post).await;
    until_told(&post, &incident, "PortClosed: the port of watched is closed").await;

    // It opens again while nobody is here: Alertmanager tries until somebody is.
    post.kill();
    let target = Port::open(port);
    let alerts = format!("http://127.0.0.1:{}/api/v2/alerts", am.port);
    until(60, "Alertmanager knows that it is over", || async {
        post.client.get(&alerts).send().await.unwrap().text().await.unwrap().trim() == "[]"
    })
    .await;
    post.start().await;
    until_told(&post, &incident, "cleared: its one alert has stopped firing").await;
    assert_eq!(told(&post, &incident, "cleared").await, 1);
    assert_eq!(fingerprints(&post.database()).await.len(), 1, "one alert, told again and again");
    drop(target);
    post.verify_all().await;
    assert!(post.stop().success());
}
