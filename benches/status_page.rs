//! The public status page, beside nginx serving the same bytes with the same headers from a file. Load by wrk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a load program measures by the machine's clock, and stops where it cannot go on"
)]

mod support;

use std::process::Command;

use support::{load, median, table, thousands};

const ROUNDS: usize = 3;

/// Requests a second as wrk counts them, and its 99th percentile.
fn wrk(program: &support::Program, connections: usize, seconds: f64) -> (f64, String) {
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{connections}"), &format!("-d{}s", seconds.max(1.0) as u64), "--latency"])
        .arg(format!("http://{}/status", program.address))
        .output()
        .expect("wrk runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("Non-2xx"), "{text}");
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.trim().strip_prefix(name))
            .map(|v| v.trim().to_owned())
            .unwrap_or_default()
    };
    (field("Requests/sec:").parse().expect("a rate"), field("99%"))
}

fn main() {
    if support::installed("wrk").is_none() {
        println!("wrk is not installed: nothing is measured.");
        return;
    }
    let seconds = support::seconds(3.0);
    let dir = support::scratch();
    let server = support::server(dir.path());
    let (head, body) = load::get(server.address, "/status");
    // The same answer from a file: same bytes, same headers but for what nginx says itself.
    let own = ["content-length", "date", "connection", "content-type", "etag", "last-modified"];
    let headers: Vec<(String, String)> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| !own.contains(&name.to_ascii_lowercase().as_str()))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let root = dir.path().join("root");
    std::fs::create_dir_all(&root).expect("a directory");
    std::fs::write(root.join("status"), &body).expect("a file");
    let peer = support::nginx(dir.path(), &root, &headers);
    if let Some(peer) = &peer {
        assert!(load::get(peer.address, "/status").1 == body, "nginx serves the same bytes");
    } else {
        println!("nginx is not installed: the comparison is skipped.");
    }
    support::headline(
        &format!("The status page ({} bytes), keep-alive, beside nginx", body.len()),
        "status_page",
    );
    let mut rows = Vec::new();
    for connections in [16, 64] {
        let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
        let (mut our_p99, mut their_p99) = (String::new(), String::from("–"));
        for _ in 0..ROUNDS {
            let (rate, p99) = wrk(&server, connections, seconds);
            our_p99 = p99;
            ours.push(rate);
            if let Some(peer) = &peer {
                let (other, p99) = wrk(peer, connections, seconds);
                their_p99 = p99;
                theirs.push(other);
                ratios.push(rate / other);
            }
        }
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        rows.push(vec![
            connections.to_string(),
            thousands(median(&ours)),
            our_p99,
            thousands(median(&theirs)),
            their_p99,
            if ratios.is_empty() { "–".into() } else { format!("{:.2} ({least:.2})", median(&ratios)) },
        ]);
    }
    table(&["connections", "commandpost req/s", "p99", "nginx req/s", "p99", "ratio, median (least)"], &rows);
    println!("Median of {ROUNDS} rounds of {seconds:.0} s each, turn about; wrk with one thread.");
}
