//! One load generator for both sides: keep-alive connections on one thread, requests made beforehand and only
//! numbered, so that it takes as little of the processor as can be from what it measures.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request with places for a running number in it.
#[derive(Clone)]
pub struct Numbered {
    bytes: Vec<u8>,
    places: Vec<usize>,
    /// Places for the time of day at which what is numbered begins.
    times: Vec<usize>,
    /// Places for the number of the group.
    groups: Vec<usize>,
    /// So many numbers are of one group.
    of_group: u64,
    /// Numbers used by one sending.
    pub count: usize,
}

/// Stands for the number in a template: 16 bytes.
const MARK: &str = "################";
/// Stands for a time of day: a thousand begin in a second.
const TIME: &str = "@@:@@:@@";
/// Stands for the number of a group.
const GROUP: &str = "%%%%%%%%";

impl Numbered {
    /// `body` has [`MARK`]s, `each` of them for one number.
    fn new(head: &str, body: &str, each: usize) -> Numbered {
        let text = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        let places: Vec<usize> = text.match_indices(MARK).map(|(at, _)| at).collect();
        let times = text.match_indices(TIME).map(|(at, _)| at).collect();
        let groups = text.match_indices(GROUP).map(|(at, _)| at).collect();
        let count = places.len() / each.max(1);
        Numbered { bytes: text.into_bytes(), places, times, groups, of_group: 1, count }
    }

    fn number(&mut self, first: u64) {
        let each = self.places.len() / self.count.max(1);
        for (i, place) in self.places.iter().enumerate() {
            let digits = format!("{:016x}", first + (i / each) as u64);
            self.bytes[*place..place + 16].copy_from_slice(digits.as_bytes());
        }
        for (place, number) in self.times.iter().zip(first..) {
            let second = number / 1_000 % 86_400;
            let time = format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
            self.bytes[*place..place + TIME.len()].copy_from_slice(time.as_bytes());
        }
        let group = group_digits(first / self.of_group);
        for place in &self.groups {
            self.bytes[*place..place + GROUP.len()].copy_from_slice(group.as_bytes());
        }
    }
}

fn head(address: SocketAddr, path: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n")
}

fn group_digits(group: u64) -> String {
    format!("{group:08x}")
}

/// Alerts come in this many groups, on both sides.
const GROUPS: usize = 100;

/// The name that the alerts of a group have, in [`webhook_grouped`].
pub fn alert_name(group: u64) -> String {
    format!("HighErrorRate{}", group_digits(group))
}

/// What an alert carries on both sides: five labels, two annotations, a start of its own second, a link.
fn alert(group: &str, own: &str) -> String {
    format!(
        r#"{{{own}"labels":{{"alertname":"HighErrorRate{group}","instance":"web-{MARK}:9100","job":"checkout","service":"checkout","severity":"critical"}},"annotations":{{"summary":"Error rate of checkout is above 5%","description":"More than 5% of requests have failed for 10 minutes; the limit is 1%."}},"startsAt":"2026-03-01T{TIME}.000Z","generatorURL":"http://prometheus.example:9090/graph?g0.expr=up"}}"#
    )
}

/// Alertmanager's own way in: `POST /api/v2/alerts`.
pub fn alertmanager_post(address: SocketAddr, alerts: usize, connection: usize) -> Numbered {
    let group = (connection % GROUPS).to_string();
    let all: Vec<_> = (0..alerts).map(|_| alert(&group, "")).collect();
    Numbered::new(&head(address, "/api/v2/alerts"), &format!("[{}]", all.join(",")), 1)
}

/// What Alertmanager posts to a webhook, version 4.
pub fn webhook_post(address: SocketAddr, alerts: usize, connection: usize) -> Numbered {
    webhook(address, "/hooks/alertmanager", alerts, &(connection % GROUPS).to_string())
}

/// The same to Alerta, which reads it too.
pub fn alerta_post(address: SocketAddr, alerts: usize, connection: usize) -> Numbered {
    webhook(address, "/webhooks/prometheus", alerts, &(connection % GROUPS).to_string())
}

/// As [`webhook_post`], in groups of so many numbers that follow each other.
pub fn webhook_grouped(address: SocketAddr, alerts: usize, of_group: u64) -> Numbered {
    Numbered { of_group, ..webhook(address, "/hooks/alertmanager", alerts, GROUP) }
}

fn webhook(address: SocketAddr, path: &str, alerts: usize, group: &str) -> Numbered {
    let own = format!(r#""status":"firing","fingerprint":"{MARK}","endsAt":"0001-01-01T00:00:00Z","#);
    let all: Vec<_> = (0..alerts).map(|_| alert(group, &own)).collect();
    let common = r#"{"job":"checkout","service":"checkout","severity":"critical"}"#;
    let body = format!(
        r#"{{"receiver":"commandpost","status":"firing","alerts":[{}],"groupLabels":{{"alertname":"HighErrorRate{group}"}},"commonLabels":{common},"commonAnnotations":{{}},"externalURL":"http://alertmanager.example:9093","version":"4","groupKey":"{{}}:{{alertname=\"HighErrorRate{group}\"}}","truncatedAlerts":0}}"#,
        all.join(",")
    );
    Numbered::new(&head(address, path), &body, 2)
}

/// A command on an incident.
pub fn command_post(address: SocketAddr, incident: &str) -> Numbered {
    let body = format!(r#"{{"text":"note the error rate of shard {MARK} is falling"}}"#);
    Numbered::new(&head(address, &format!("/api/v1/incidents/{incident}/commands")), &body, 1)
}

/// Any one JSON request.
pub fn post(address: SocketAddr, path: &str, body: &str) -> Numbered {
    Numbered::new(&head(address, path), body, 1)
}

/// A keep-alive connection; a server that closes after each answer is connected to anew for the next.
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
    is_closed: bool,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Connection { address, stream, buffer: Vec::with_capacity(16 * 1024), is_closed: false }
    }

    /// Sends the request with these numbers and reads the whole answer; its status and body.
    pub async fn send(&mut self, request: &mut Numbered, first: u64) -> (u16, &[u8]) {
        self.try_send(request, first).await.expect("an answer")
    }

    async fn try_send(&mut self, request: &mut Numbered, first: u64) -> io::Result<(u16, &[u8])> {
        if request.count > 0 {
            request.number(first);
        }
        self.try_exchange(&request.bytes).await
    }

    pub async fn exchange(&mut self, request: &[u8]) -> (u16, &[u8]) {
        self.try_exchange(request).await.expect("an answer")
    }

    /// # Errors
    /// When the connection broke before the whole answer was there; the next request goes over another.
    async fn try_exchange(&mut self, request: &[u8]) -> io::Result<(u16, &[u8])> {
        if self.is_closed {
            *self = Connection::open(self.address).await;
        }
        self.is_closed = true;
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.read().await?;
            if let Some(found) = Head::of(&self.buffer) {
                break found;
            }
        };
        while self.buffer.len() < head.end {
            self.read().await?;
        }
        self.is_closed = head.closes;
        Ok((head.status, &self.buffer[head.start..head.end]))
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// The head of an answer.
struct Head {
    status: u16,
    /// Where the body stands.
    start: usize,
    end: usize,
    /// The server takes no other request on this connection.
    closes: bool,
}

impl Head {
    /// Once it is whole.
    fn of(bytes: &[u8]) -> Option<Head> {
        let start = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
        let head = std::str::from_utf8(&bytes[..start]).expect("a head in ASCII");
        let status = head.get(9..12).and_then(|s| s.parse().ok()).expect("a status");
        let field = |wanted: &str| {
            let mut fields = head.lines().filter_map(|line| line.split_once(':'));
            fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
        };
        let length = field("content-length").and_then(|value| value.parse::<usize>().ok());
        let length = length.unwrap_or_else(|| panic!("an answer without a length: {head}"));
        let closes = field("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        Some(Head { status, start, end: start + length, closes })
    }
}

/// One request over a connection of its own, blocking; `None` while nobody answers.
pub fn get_status(address: SocketAddr, path: &str) -> Option<u16> {
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    std::str::from_utf8(&answer).ok()?.get(9..12)?.parse().ok()
}

/// A whole answer over a connection of its own, blocking: headers and body.
pub fn get(address: SocketAddr, path: &str) -> (String, Vec<u8>) {
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    let start = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
    let body = bytes.split_off(start);
    (String::from_utf8_lossy(&bytes).into_owned(), body)
}

/// What a run measured.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub answered: u64,
    /// Answered with something else than 2xx, or not at all.
    pub refused: u64,
    pub seconds: f64,
    /// Microseconds a request, sorted.
    latencies: Vec<u32>,
}

impl Outcome {
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.seconds
    }
    /// Milliseconds.
    pub fn percentile(&self, p: f64) -> f64 {
        let at = ((self.latencies.len() as f64 * p) as usize).min(self.latencies.len().saturating_sub(1));
        f64::from(self.latencies.get(at).copied().unwrap_or(0)) / 1_000.0
    }
}

/// Runs each request on a connection of its own, over and over for so long; an answer is awaited before the next
/// request. Numbers begin at `first` and are used once. What was sent is waited for, so that what was answered can be
/// counted. With `every`, a connection sends at most one request in that time, the connections one after the other; then the
/// time of a request counts from when it was due, so that those which came late because others were slow are not flattered.
pub async fn run(
    address: SocketAddr,
    requests: Vec<Numbered>,
    first: u64,
    lasting: Duration,
    every: Option<Duration>,
) -> Outcome {
    let begun = Instant::now();
    let lanes = requests.len() as u32;
    together(address, requests, first, move |lane, turn| {
        let due = every.map(|every| begun + every * turn + every / lanes * lane);
        (due.unwrap_or_else(Instant::now) - begun < lasting).then_some(due)
    })
    .await
}

/// As [`run`], until each number from `first` to below `end` was used.
pub async fn run_until(address: SocketAddr, requests: Vec<Numbered>, first: u64, end: u64) -> Outcome {
    let stride = requests.iter().map(|r| r.count.max(1)).max().unwrap_or(1) as u64;
    let lanes = requests.len() as u64;
    together(address, requests, first, move |lane, turn| {
        (first + (u64::from(turn) * lanes + u64::from(lane)) * stride < end).then_some(None)
    })
    .await
}

/// `next` says of a connection and its turn whether it sends once more, and if it waits for that, until when.
async fn together(
    address: SocketAddr,
    requests: Vec<Numbered>,
    first: u64,
    next: impl Fn(u32, u32) -> Option<Option<Instant>> + Clone + Send + 'static,
) -> Outcome {
    let stride = requests.iter().map(|r| r.count.max(1)).max().unwrap_or(1) as u64;
    let lanes = requests.len() as u64;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..)
        .zip(requests)
        .map(|(lane, mut request)| {
            let next = next.clone();
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await;
                let mut outcome = Outcome::default();
                let mut number = first + u64::from(lane) * stride;
                let mut turn = 0;
                while let Some(due) = next(lane, turn) {
                    if let Some(due) = due {
                        tokio::time::sleep_until(due.into()).await;
                    }
                    let from = due.unwrap_or_else(Instant::now);
                    let status = connection.try_send(&mut request, number).await.map(|(status, _)| status);
                    outcome.latencies.push(u32::try_from(from.elapsed().as_micros()).unwrap_or(u32::MAX));
                    number += lanes * stride;
                    turn += 1;
                    match status {
                        Ok(200..300) => outcome.answered += 1,
                        _ => outcome.refused += 1,
                    }
                }
                outcome
            })
        })
        .collect();
    let mut all = Outcome::default();
    for task in tasks {
        let one = task.await.expect("a connection's run");
        all.answered += one.answered;
        all.refused += one.refused;
        all.latencies.extend(one.latencies);
    }
    all.seconds = begun.elapsed().as_secs_f64();
    all.latencies.sort_unstable();
    all
}

/// One thread for the whole generator.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future)
}
