//! `serve`: the whole command post in one process.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use axum::{Router, middleware, response::Redirect, routing::get};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing_subscriber::{EnvFilter, filter::Directive};

use super::{
    Cli, Failure, Outcome, Verb,
    chats::{Chats, Names},
    demo::Demo,
    house,
    reach::{SERVER_NOTE, ServerNote},
    reload::{self, Files, InForce, Reloader, Sources},
    shelf::Shelf,
};
use crate::{
    chat,
    config::{Config, LogFormat},
    desk::{
        self, Desk,
        absence::Absences,
        clock,
        heartbeats::Heartbeats,
        words::{Resolve, Words},
    },
    grammar,
    http::{
        api::{self, Api, Reload},
        body::Bodies,
        calendar,
        console::{self, Console},
        hooks::{Hooks, Served, backlog::Backlog},
        inbound::{self, Inbound},
        login,
        metrics::{self, Health, Metrics},
        page::{PageSettings, StatusPage},
        proxies::Proxies,
        server::{self, Fast, FastPath, Guard},
    },
    journal::Journal,
    mail::{self, mailbox},
    outbox::port::{Courier, Public},
    pager::{Paging, source::Source},
    publish::{
        statuspage::StatuspagePublisher,
        upstream::{Recall, Upstream},
        x::XPublisher,
    },
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address and port to listen on; overrides the configuration
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// Start modelled services (Discord, Slack, Mattermost, X, Statuspage) with people who type, on a throw-away journal
    #[arg(long)]
    pub demo: bool,
    /// Seconds in which X and Statuspage show what they took; only then is a post whose answer was lost looked for
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub shown_after: u32,
}

/// Answers older than this are forgotten, and settled deliveries dropped.
const KEEP_DAYS: i64 = 14;
/// Nothing that a chat sends by itself is larger.
const INBOUND_BYTES_MAX: usize = 1024 * 1024;
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

/// Serves until SIGTERM or Ctrl-C.
pub async fn run(cli: &Cli, args: &Args) -> Outcome {
    let mut config = cli.settings()?;
    if let Some(listen) = args.listen {
        config.http.listen = listen;
    }
    start_log(&config)?;
    config.check_listen(config.http.listen).map_err(Failure)?;
    if !args.demo {
        return serve(cli, config, args.shown_after, None).await;
    }
    let demo = Arc::new(Demo::start(&mut config).await?);
    let outcome = serve(cli, config, args.shown_after, Some(demo.clone())).await;
    if let Err(error) = std::fs::remove_dir_all(demo.dir()) {
        tracing::warn!(%error, dir = %demo.dir().display(), "the demo's journal is still there");
    }
    outcome
}

/// What is logged. Of the libraries that draw charts errors alone, unless they are named: what they warn of, nobody here can mend.
fn log_filter(text: &str) -> Result<EnvFilter, Failure> {
    const DRAWING: [&str; 2] = ["simplecss", "tiny_skia"];
    let filter = EnvFilter::try_new(text).map_err(|e| {
        Failure(format!("log.filter «{text}» is no filter: {e}. Write info, or info,commandpost=debug."))
    })?;
    let unnamed = DRAWING.into_iter().filter(|library| !text.contains(library));
    let quiet = unnamed.filter_map(|library| format!("{library}=error").parse::<Directive>().ok());
    Ok(quiet.fold(filter, EnvFilter::add_directive))
}

fn start_log(config: &Config) -> Outcome {
    let filter = log_filter(&config.log.filter)?;
    // A line that cannot be written is lost. To complain of it on standard error, where it could not be written, is a panic: of
    // whatever had something to log, the stopping included.
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    let started = match config.log.format {
        LogFormat::Json => log.json().try_init(),
        LogFormat::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
    };
    started.map_err(|e| Failure(format!("the log does not start: {e}")))
}

/// The names by which this address is reached.
fn hosts(address: SocketAddr) -> Vec<String> {
    let port = address.port();
    let mut hosts = vec![
        address.to_string(),
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
    ];
    if port == 80 {
        hosts.extend(["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned()]);
    }
    hosts
}

async fn serve(cli: &Cli, config: Config, shown_after_seconds: u32, demo: Option<Arc<Demo>>) -> Outcome {
    let (listen, is_demo) = (config.http.listen, demo.is_some());
    let listener = TcpListener::bind(listen).await.map_err(|e| {
        Failure(format!(
            "{listen} cannot be listened on: {e}. Is another server there? Choose another with --listen."
        ))
    })?;
    let address = listener.local_addr()?;
    let shown_after = chrono::Duration::seconds(i64::from(shown_after_seconds));
    let shelf = Shelf::read(&config);
    shelf.tell();
    let settings = desk::Settings { shown_after, ..house::settings_with(&config, shelf.playbooks()) };
    let (journal, desk) = house::open(&config, settings).await?;
    let orphans = journal.orphans_to_unknown().await?;
    if orphans > 0 {
        tracing::info!(
            orphans,
            "deliveries were under way when the last run ended; they are looked up before anything is sent again"
        );
    }
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();

    let metrics = Arc::new(Metrics::default());
    let chats = Chats::of(&config);
    let names = Names::of(&config);
    let resolve = chats.resolve(names.clone());
    let mut couriers = couriers(&config, &desk)?;
    let say_there = say(&desk, &resolve, &metrics);
    let opened = chats.open(&desk, &say_there, &metrics, &stop)?;
    for (chat, listen) in opened.listeners {
        keep_alive(&tasks, &stop, chat, listen);
    }
    couriers.extend(opened.couriers);
    for courier in couriers {
        keep_alive(&tasks, &stop, "outbox", {
            let (desk, stop) = (desk.clone(), stop.clone());
            move || desk.clone().run_outbox(courier.clone(), stop.clone())
        });
    }
    keep_alive(&tasks, &stop, "timers", {
        let (desk, stop) = (desk.clone(), stop.clone());
        move || desk.clone().keep_time(stop.clone())
    });
    keep_alive(&tasks, &stop, "alerts", {
        let (desk, stop) = (desk.clone(), stop.clone());
        move || desk.clone().follow_alerts(stop.clone())
    });
    for settings in house::upstream_settings(&config)? {
        let Some(recall) = Recall::of(&settings, desk.clone()).map_err(Failure)?.map(Arc::new) else {
            continue;
        };
        let stopping = stop.clone();
        keep_alive(&tasks, &stop, "silenced alerts", move || recall.clone().run(stopping.clone()));
    }
    let sources = Sources::new(&desk, &tasks, &stop);
    sources.ask_these(Source::all(&config).map_err(Failure)?);
    keep_alive(&tasks, &stop, "house-keeping", {
        let (desk, stop) = (desk.clone(), stop.clone());
        move || prune(desk.clone(), stop.clone())
    });

    let page = StatusPage::new(Arc::new(journal.clone()), desk.world.clone(), page_settings(&config));
    page.refresh().await?;
    keep_alive(&tasks, &stop, "status page", {
        let (page, desk, stop) = (page.clone(), desk.clone(), stop.clone());
        move || page.clone().keep_fresh(desk.clone(), stop.clone())
    });
    let heartbeats = Heartbeats::open(desk.clone(), super::doors::heartbeats(&config)).await?;
    keep_alive(&tasks, &stop, "heartbeats", {
        let (heartbeats, stop) = (heartbeats.clone(), stop.clone());
        move || heartbeats.clone().watch(stop.clone())
    });
    let health = Arc::new(Health {
        desk: desk.clone(),
        heartbeats: heartbeats.clone(),
        metrics: metrics.clone(),
        tried: tokio::sync::Mutex::default(),
    });
    let (reload, asked) = reload::asking();
    let (router, fast, hooks) = doors(&config, address, &health, &page, &resolve, (reload, &stop))?;
    keep_alive(&tasks, &stop, "refused deliveries", {
        let (hooks, stop) = (hooks.clone(), stop.clone());
        move || hooks.clone().watch_refusals(stop.clone())
    });
    let in_force: InForce = Arc::new(ArcSwap::from_pointee(config.clone()));
    let letters = super::letters::open(&in_force, &hooks).await?;
    let mail_at = letters.as_ref().and_then(|(listener, ..)| listener.local_addr().ok());
    if let Some((listener, settings, letters)) = letters {
        let stop = stop.clone();
        keep_alive(&tasks, &stop.clone(), "mail", move || {
            mail::listen(listener.clone(), settings.clone(), letters.clone(), stop.clone())
        });
    }
    let mut looks = opened.looks;
    for (mailbox, shelf) in super::letters::mailboxes(&config, &hooks, &desk)? {
        let tls = mailbox::trusting().map_err(Failure)?;
        let looked = shelf.clone();
        metrics.watch_mailbox(shelf.hook(), move || looked.standing().is_there);
        let looked = shelf.clone();
        looks.push((shelf.name(), Arc::new(move || looked.standing())));
        let ending = stop.clone();
        keep_alive(&tasks, &stop, "mailbox", move || {
            mailbox.clone().watch(tls.clone(), shelf.clone(), ending.clone())
        });
    }
    keep_alive(&tasks, &stop, "what is away", {
        let (absences, stop) = (Arc::new(Absences::new(desk.clone(), looks)), stop.clone());
        move || absences.clone().watch(stop.clone())
    });
    let bodies = Bodies::new(INBOUND_BYTES_MAX);
    let router = router.merge(inbound::router(Arc::new(Inbound { chats: opened.inbound, bodies })));
    let url = format!("http://{address}");
    let note = ServerNote { url: url.clone(), pid: std::process::id() };
    let note_file = config.storage.data_dir.join(SERVER_NOTE);
    std::fs::write(&note_file, serde_json::to_vec(&note)?)?;
    let server = tokio::spawn(server::serve(listener, router, fast, stop.clone()));

    super::show("commandpost is ready.");
    super::show(&format!("  console      {url}/console"));
    super::show(&format!("  status page  {url}/status"));
    let served = hooks.served.load_full();
    super::show(&format!(
        "  alerts       {}",
        where_alerts_go(&url, served.hooks.keys().map(String::as_str))
    ));
    drop(served);
    if let Some(address) = mail_at {
        super::show(&format!("  mail         smtp://{address}"));
    }
    super::show(&format!("  API          {url}/api/v1/openapi.json"));
    super::show(&format!("  data         {}", config.storage.data_dir.display()));
    if let Some(demo) = demo {
        demo.tell();
        tasks.spawn(demo.play(url.clone(), stop.clone()));
    }
    tell_systemd(&[sd_notify::NotifyState::Ready]);
    keep_alive(&tasks, &stop, "watchdog", {
        let (desk, stop) = (desk.clone(), stop.clone());
        move || watchdog(desk.clone(), stop.clone())
    });

    let reloader = Reloader {
        files: Files {
            config: cli.config.clone(),
            data_dir: cli.data_dir.clone(),
            listen: match &cli.verb {
                Verb::Serve(args) => args.listen,
                _ => None,
            },
            is_demo,
        },
        address,
        desk: desk.clone(),
        hooks: hooks.clone(),
        heartbeats,
        metrics,
        names,
        sources,
        config: in_force,
        shelf,
    };
    let outcome = tokio::select! {
        signalled = wait_for_signal() => signalled,
        // The demonstration has nobody who looks on any more.
        () = stop.cancelled() => Ok(()),
        failed = reloader.run(asked) => failed,
        () = journal.ended() => Err(Failure("the journal's writer broke down; nothing can be written. Start again.".into())),
    };
    tracing::info!("stopping: no new requests; what is under way is finished");
    tell_systemd(&[sd_notify::NotifyState::Stopping]);
    stop.cancel();
    if let Err(error) = server.await {
        tracing::error!(%error, "the server did not end in order");
    }
    tasks.close();
    if tokio::time::timeout(Duration::from_secs(70), tasks.wait()).await.is_err() {
        tracing::warn!("some deliveries did not end in time; they are looked up at the next start");
    }
    drop((desk, hooks, health));
    journal.close().await;
    // Whoever looks for a server must not find this one.
    if let Err(error) = std::fs::remove_file(&note_file) {
        tracing::debug!(%error, "the server's note is gone already");
    }
    tracing::info!("stopped; everything acknowledged is on disk");
    outcome
}

/// Where the monitoring posts: by what is served.
fn where_alerts_go<'h>(url: &str, hooks: impl Iterator<Item = &'h str>) -> String {
    let mut hooks: Vec<&str> = hooks.collect();
    hooks.sort_unstable();
    match hooks.as_slice() {
        [] => "no hook is served here: beyond loopback each asks who posts there, [hooks.NAME]".to_owned(),
        hooks if hooks.contains(&"alertmanager") => format!("POST {url}/hooks/alertmanager"),
        [one] => format!("POST {url}/hooks/{one}"),
        [one, others @ ..] => format!("POST {url}/hooks/{one}, and {} more", others.len()),
    }
}

fn page_settings(config: &Config) -> PageSettings {
    PageSettings {
        title: config.status_page.title.clone(),
        organization: config.organization.name.clone(),
        public_url: config.organization.public_url.clone(),
        tz: config.organization.time_zone,
        components: config.status_page.components.clone(),
        days: config.status_page.show_incident_days,
    }
}

/// Where public posts go besides the built-in page, what wakes people, and the senders of alerts that can be told something.
fn couriers(config: &Config, desk: &Arc<Desk>) -> Result<Vec<Arc<dyn Courier>>, Failure> {
    let mut couriers: Vec<Arc<dyn Courier>> = Vec::new();
    if let Some(x) = house::x_settings(config) {
        let (now, nonce) = (desk.world.clone(), desk.world.clone());
        let publisher = XPublisher::new(&x, Arc::new(move || now.now()), Arc::new(move || nonce.salt()))
            .map_err(Failure)?;
        couriers.push(Arc::new(Public(publisher)));
    }
    for (name, settings) in &config.pagers {
        let now = desk.world.clone();
        let pager = Paging::new(name, settings, Arc::new(move || now.now()))
            .map_err(|why| Failure(format!("[pagers.{name}]: {why}.")))?;
        couriers.push(Arc::new(pager));
    }
    if let Some(statuspage) = house::statuspage_settings(config) {
        couriers.push(Arc::new(Public(StatuspagePublisher::new(&statuspage).map_err(Failure)?)));
    }
    for settings in house::upstream_settings(config)? {
        let now = desk.world.clone();
        couriers.push(Arc::new(Upstream::new(settings, Arc::new(move || now.now())).map_err(Failure)?));
    }
    Ok(couriers)
}

fn doors(
    config: &Config,
    address: SocketAddr,
    health: &Arc<Health>,
    page: &Arc<StatusPage>,
    resolve: &Resolve,
    (reload, stop): (Reload, &CancellationToken),
) -> Result<(Router, FastPath, Arc<Hooks>), Failure> {
    let Health { desk, heartbeats, metrics, .. } = &**health;
    let bodies = Bodies::new(usize::try_from(config.http.body_bytes_max).unwrap_or(usize::MAX));
    let auth = Arc::new(house::auth(config));
    let guard = Arc::new(Guard {
        auth: auth.clone(),
        world: desk.world.clone(),
        hosts: hosts(address),
        proxies: Proxies(config.http.trusted_proxies.clone()),
    });
    let api = Arc::new(Api {
        desk: desk.clone(),
        resolve: resolve.clone(),
        bodies: bodies.clone(),
        metrics: metrics.clone(),
        heartbeats: heartbeats.clone(),
        time_zone: config.organization.time_zone,
        reload,
        stop: stop.clone(),
    });
    let served = super::doors::served(config, address, metrics, &Served::default())?;
    let hooks = Arc::new(Hooks {
        desk: desk.clone(),
        served: ArcSwap::from_pointee(served),
        heartbeats: heartbeats.clone(),
        bodies,
        metrics: metrics.clone(),
        guard: guard.clone(),
        backlog: Backlog::new(Box::new(clock::stopwatch())),
        refusals: Default::default(),
    });
    let console = Arc::new(Console {
        desk: desk.clone(),
        say: say_text(desk, resolve, metrics),
        who: {
            let guard = guard.clone();
            Arc::new(move |headers| guard.auth.who(headers, guard.world.now()).map(|who| who.person))
        },
        is_admin: {
            let guard = guard.clone();
            Arc::new(move |headers| {
                guard.auth.who(headers, guard.world.now()).map_or(guard.auth.is_open(), |who| who.is_admin)
            })
        },
        heartbeats: {
            let heartbeats = heartbeats.clone();
            Arc::new(move || heartbeats.list())
        },
        asks_name: auth.is_open(),
        help: grammar::help,
        words: grammar::examples(),
        components: config.status_page.components.clone(),
        tz: config.organization.time_zone,
        title: config.organization.name.clone(),
        stop: stop.clone(),
    });
    let browser = Router::new()
        .nest("/console", console::router(console))
        .route("/console/", get(|| async { Redirect::permanent("/console") }))
        .route("/", get(|| async { Redirect::to("/console") }))
        .merge(login::router(guard.clone()))
        .layer(middleware::from_fn_with_state(guard.clone(), server::console_guard));
    let asks_who = middleware::from_fn_with_state(guard, server::api_guard);
    let router = Router::new()
        .merge(api::router(api).layer(asks_who.clone()))
        .merge(calendar::guarded(desk.clone()).layer(asks_who))
        .merge(calendar::by_token(desk.clone()))
        .merge(browser)
        .merge(crate::http::acknowledge::router(desk.clone()))
        .merge(crate::http::page::router(page.clone()))
        .merge(metrics::router(health.clone()));
    let (page, answering) = (page.clone(), hooks.clone());
    let fast = move |request| match crate::http::page::ready_answer(&page, &request) {
        Some(ready) => Fast::Ready(ready),
        None => answering.answer(request),
    };
    Ok((router, Arc::new(fast), hooks))
}

/// What the chats do with words.
fn say(desk: &Arc<Desk>, resolve: &Resolve, metrics: &Arc<Metrics>) -> chat::Say {
    let (desk, resolve, metrics) = (desk.clone(), resolve.clone(), metrics.clone());
    Arc::new(move |caller, here, words, once| {
        let (desk, resolve, metrics) = (desk.clone(), resolve.clone(), metrics.clone());
        Box::pin(async move {
            let via = caller.via.clone();
            let answer = desk.say(caller, here, words, once, &resolve).await;
            metrics.command(&via, if answer.is_ok() { "done" } else { "refused" });
            answer
        })
    })
}

/// What the console does with a typed line.
fn say_text(desk: &Arc<Desk>, resolve: &Resolve, metrics: &Arc<Metrics>) -> console::Say {
    let say = say(desk, resolve, metrics);
    Arc::new(move |caller, here, text, once| say(caller, here, Words::Text(text), once))
}

/// Runs a loop of the house; should it break down, says so and starts it again.
pub(super) fn keep_alive<F>(
    tasks: &TaskTracker,
    stop: &CancellationToken,
    name: &'static str,
    start: impl Fn() -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let stop = stop.clone();
    tasks.spawn(async move {
        while !stop.is_cancelled() {
            match tokio::spawn(start()).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(task = name, %error, "a loop of the house broke down; it is started again");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    });
}

async fn prune(desk: Arc<Desk>, stop: CancellationToken) {
    loop {
        let before = desk.world.now() - chrono::Duration::days(KEEP_DAYS);
        match desk.journal.prune(before).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "old answers and settled deliveries are dropped"),
            Err(error) => tracing::warn!(%error, "nothing could be dropped"),
        }
        let before = desk.world.now() - desk.settings().evidence.changes_kept;
        match desk.journal.forget_changes(before).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "old changes are forgotten"),
            Err(error) => tracing::warn!(%error, "no change could be forgotten"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PRUNE_EVERY) => {}
        }
    }
}

fn tell_systemd(state: &[sd_notify::NotifyState]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// Tells systemd's watchdog that writes still go through. Without one, does nothing.
async fn watchdog(desk: Arc<Desk>, stop: CancellationToken) {
    let Some(period) = sd_notify::watchdog_enabled() else { return };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(period / 2) => {}
        }
        match desk.journal.probe().await {
            Ok(()) => tell_systemd(&[sd_notify::NotifyState::Watchdog]),
            // A full disk is not mended by a restart: the process lives and says so.
            Err(error) => {
                tracing::error!(%error, "a write does not go through");
                tell_systemd(&[sd_notify::NotifyState::Watchdog]);
            }
        }
    }
}

async fn wait_for_signal() -> Outcome {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{log_filter, where_alerts_go};

    #[test]
    fn what_the_drawing_libraries_warn_of_is_logged_where_they_are_named() {
        let directives = |text: &str| {
            let filter = log_filter(text).unwrap().to_string();
            let mut all: Vec<_> = filter.split(',').map(str::to_owned).collect();
            all.sort_unstable();
            all.join(",")
        };
        assert_eq!(directives("info,serenity=warn"), "info,serenity=warn,simplecss=error,tiny_skia=error");
        assert_eq!(directives("info,tiny_skia=debug"), "info,simplecss=error,tiny_skia=debug");
    }

    #[test]
    fn the_monitoring_is_shown_an_address_that_is_served() {
        let told = |hooks: &[&str]| where_alerts_go("http://0.0.0.0:8911", hooks.iter().copied());
        insta::assert_snapshot!(
            [told(&["pingdom", "alertmanager"]), told(&["shop"]), told(&["shop", "backup", "nagios"]), told(&[])]
                .join("\n"),
            @"
        POST http://0.0.0.0:8911/hooks/alertmanager
        POST http://0.0.0.0:8911/hooks/shop
        POST http://0.0.0.0:8911/hooks/backup, and 2 more
        no hook is served here: beyond loopback each asks who posts there, [hooks.NAME]
        "
        );
    }
}
