use std::sync::{
    Mutex,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use uuid::Uuid;

use super::*;
use crate::{
    alert::{
        AlertSeverity,
        rules::{Action, Declaring, Matchers, Rule},
    },
    desk::{Settings, clock::World},
    drill::{metric::Metric, read, score::Rating},
    incident::{event::Event, role::Roles},
    journal::{
        rows::{DeliveryFilter, IncidentFilter, SituationFilter},
        sqlite::SqliteJournal,
    },
};

/// A clock that stands still until it is moved.
struct Stepped {
    now_ms: AtomicI64,
    count: AtomicU64,
}

impl World for Stepped {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.now_ms.load(Ordering::SeqCst)).unwrap()
    }
    fn id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.count.fetch_add(1, Ordering::SeqCst)))
    }
    fn salt(&self) -> String {
        format!("{:032x}", self.count.fetch_add(1, Ordering::SeqCst))
    }
    fn chance(&self) -> f64 {
        0.5
    }
}

/// Moves the clock to whatever is waited for, letting timers go off and alerts be followed on the way.
struct Stepping {
    desk: Arc<Desk>,
    world: Arc<Stepped>,
    busy: Arc<tokio::sync::Mutex<()>>,
}

impl Pace for Stepping {
    fn until(&self, moment: DateTime<Utc>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // A wait that is dropped must not leave half a step behind.
            let guard = self.busy.clone().lock_owned().await;
            let (desk, world) = (self.desk.clone(), self.world.clone());
            let step = tokio::spawn(async move {
                let _guard = guard;
                while let Some(due) = desk.journal.next_timer_at().await.unwrap().filter(|due| *due <= moment)
                {
                    world.now_ms.fetch_max(due.timestamp_millis(), Ordering::SeqCst);
                    desk.fire_due_timers().await.unwrap();
                }
                desk.follow_once().await.unwrap();
                world.now_ms.fetch_max(moment.timestamp_millis(), Ordering::SeqCst);
            });
            step.await.unwrap();
        })
    }
}

struct House {
    desk: Arc<Desk>,
    world: Arc<Stepped>,
    said: Arc<Mutex<Vec<String>>>,
    _dir: tempfile::TempDir,
}

/// A house with chats, public destinations, and a rule that declares whatever is critical.
async fn open() -> House {
    let dir = tempfile::tempdir().unwrap();
    let journal = Arc::new(SqliteJournal::open(dir.path()).await.unwrap());
    let start: DateTime<Utc> = "2026-01-02T03:00:00Z".parse().unwrap();
    let world =
        Arc::new(Stepped { now_ms: AtomicI64::new(start.timestamp_millis()), count: AtomicU64::new(1) });
    let mut settings = Settings { chats: vec!["discord".into()], ..Settings::default() };
    settings.policy.destinations = vec!["x".into(), "statuspage".into()];
    settings.rules = vec![Rule {
        name: "declare everything critical".into(),
        when: Matchers { severity: Some(AlertSeverity::Critical), ..Matchers::default() },
        then: Action::Declare(Declaring { severity: 1, ..Declaring::default() }),
    }];
    House { desk: Desk::new(journal, world.clone(), settings), world, said: Arc::default(), _dir: dir }
}

fn say(desk: &Arc<Desk>) -> SayFn {
    let desk = desk.clone();
    Arc::new(move |caller, incident, words, once| {
        let desk = desk.clone();
        Box::pin(async move {
            let along = Along { once, ..Along::default() };
            match grammar::parse(&words, &Person::named, &Roles::default())? {
                Spoken::On { target, command } => {
                    let id =
                        target.or(incident).ok_or_else(|| Refusal::invalid("Which incident?", "Say it."))?;
                    desk.submit(caller, id, command, along).await
                }
                Spoken::Declare { declare, .. } => desk.declare(caller, *declare, along).await,
                _ => Ok(Answer { incident, ..Answer::default() }),
            }
        })
    })
}

impl House {
    async fn play(&self, text: &str, play: Option<&str>, typed: &str) -> Report {
        let scenario = read("test.yaml", text, &reads, &Roles::default())
            .unwrap_or_else(|problems| panic!("{problems:#?}"));
        let options = Options { speed: 6_000.0, play: play.map(str::to_owned) };
        let pace = Stepping { desk: self.desk.clone(), world: self.world.clone(), busy: Arc::default() };
        let said = self.said.clone();
        let mut out = move |line: &str| said.lock().unwrap().push(line.to_owned());
        let (desk, say, stop) = (self.desk.clone(), say(&self.desk), CancellationToken::new());
        run_at(desk, say, scenario, options, typed.as_bytes(), &mut out, stop, &pace).await.unwrap()
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// Nothing of the drill is left open, nothing left the house, and the record holds.
    async fn is_quiet(&self, id: IncidentId) {
        let desk = &self.desk;
        desk.follow_once().await.unwrap();
        let state = desk.incident(id).await.unwrap();
        assert!(state.phase.is_over(), "{}", state.phase);
        assert_eq!(desk.verify(id).await.unwrap().problems, Vec::<String>::new());
        assert_eq!(desk.journal.next_timer_at().await.unwrap(), None);
        for row in desk.journal.situations(SituationFilter::Recent { limit: 100 }).await.unwrap() {
            assert!(!row.is_open && row.situation.is_over() && row.incident == Some(id), "{row:?}");
        }
        assert_eq!(desk.journal.counts().await.unwrap().alerts_firing, 0);
        for delivery in desk.journal.deliveries(DeliveryFilter::Recent { limit: 10_000 }).await.unwrap() {
            assert_eq!(delivery.destination, "discord");
        }
        assert_eq!(desk.journal.public_posts(DateTime::<Utc>::MIN_UTC).await.unwrap(), vec![]);
        let all = desk.journal.incidents(IncidentFilter::all(100)).await.unwrap();
        assert!(all.iter().all(|row| row.id.kind == Kind::Drill), "{all:?}");
    }
}

const FAILOVER: &str = include_str!("../../../drills/load-balancer-failover.yaml");
const PAGE: &str = include_str!("../../../drills/page-to-command.yaml");

#[tokio::test]
async fn the_failover_drill_shows_who_had_command_and_that_the_public_heard_nothing() {
    let house = open().await;
    let report = house.play(FAILOVER, None, "").await;
    assert_eq!(report.refused, Vec::<String>::new());
    house.is_quiet(report.incident).await;

    let command = report.score.measure(Metric::C1).unwrap();
    assert!(command.is_met() && command.value.contains("0 min without"), "{command:?}");
    assert!(report.score.command_from_start.is_some());
    assert_eq!(report.score.rating("O2"), Some(Rating::Unable));
    assert!(report.summary.contains("The public was told nothing"), "{}", report.summary);
    assert!(report.summary.contains("Command was explicit from the first minute"));
    assert!(report.summary.starts_with("EXERCISE EXERCISE EXERCISE\n"));
    assert!(report.summary.trim_end().ends_with("EXERCISE EXERCISE EXERCISE"));
    insta::assert_snapshot!("failover_summary", report.summary);
}

#[tokio::test]
async fn the_call_down_drill_measures_the_minutes_without_a_commander() {
    let house = open().await;
    let report = house.play(PAGE, None, "").await;
    assert_eq!(report.refused, Vec::<String>::new());
    house.is_quiet(report.incident).await;
    assert_eq!(report.score.measure(Metric::C1).unwrap().value, "2 min; 2 min without a commander");
    assert!(
        report.score.objectives.iter().all(|o| o.rating == Some(Rating::Performed)),
        "{:?}",
        report.score
    );
    // The contingency inject was not needed.
    assert!(!report.summary.contains("Nobody has command yet"));
    assert_eq!(report.score.command_from_start, None);
}

#[tokio::test]
async fn a_contingency_inject_comes_only_when_its_action_is_missing() {
    let house = open().await;
    let without: String =
        PAGE.lines().filter(|line| !line.contains("do:")).map(|line| format!("{line}\n")).collect();
    let report = house.play(&without.replace("steps:\n", ""), None, "").await;
    assert!(report.summary.contains("Nobody has command yet"), "{}", report.summary);
    assert!(report.score.measure(Metric::C1).unwrap().value.contains("nobody took command; 8 min without"));
    assert_eq!(report.score.rating("O1"), Some(Rating::Unable));
    house.is_quiet(report.incident).await;
}

#[tokio::test]
async fn the_same_drill_twice_is_two_drills_with_alerts_of_their_own() {
    let house = open().await;
    let first = house.play(PAGE, None, "").await;
    let second = house.play(PAGE, None, "").await;
    assert_ne!(first.incident, second.incident);
    let linked = house.desk.incident(second.incident).await.unwrap().situations;
    assert_eq!(linked.len(), 1);
    assert_eq!(linked.values().next().unwrap().total, 1);
}

#[tokio::test]
async fn a_post_published_in_a_drill_exists_only_in_the_sandbox() {
    let house = open().await;
    let told = "  - { at: T+6m30s, as: Ben, via: console, do: \"update draft --phase investigating --next 5m We are looking.\" }\n  \
                - { at: T+6m40s, as: Ada, via: console, do: \"update approve 1\" }\n  \
                - { at: T+6m50s, as: Ben, via: console, do: \"update publish 1\" }\n\nend:";
    let report = house.play(&PAGE.replace("\nend:", told), None, "").await;
    assert_eq!(report.refused, Vec::<String>::new());
    house.is_quiet(report.incident).await;
    let published: Vec<_> = house
        .desk
        .read_from(report.incident, 1)
        .await
        .unwrap()
        .into_iter()
        .filter_map(|entry| match entry.event {
            Event::UpdatePublished { destinations, .. } => Some(destinations),
            _ => None,
        })
        .collect();
    assert_eq!(published, [["sandbox"]]);
}

#[tokio::test]
async fn a_rule_that_declares_everything_takes_no_alert_of_an_exercise_and_every_real_one() {
    let house = open().await;
    let alert =
        |source: &str| crate::alert::Alert { source: source.into(), ..crate::alert::testing::alert("db1") };
    house.desk.take_alerts(vec![alert(crate::drill::SOURCE)]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    assert_eq!(house.desk.list(IncidentFilter::all(10)).await.unwrap(), vec![]);
    assert_eq!(house.desk.journal.deliveries(DeliveryFilter::Recent { limit: 10 }).await.unwrap(), vec![]);
    house.desk.take_alerts(vec![alert("alertmanager")]).await.unwrap();
    house.desk.follow_once().await.unwrap();
    assert_eq!(house.desk.list(IncidentFilter::all(10)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_sits_at_the_keyboard_speaks_for_their_part_and_never_reaches_beyond_the_drill() {
    let house = open().await;
    let typed = "declare everything is on fire\nINC-1 note elsewhere\ncommand take\nwibble\n";
    let report = house.play(PAGE, Some("ada"), typed).await;
    let said = house.said();
    assert!(said.contains("Nothing is declared from within a drill"), "{said}");
    assert!(said.contains("This is about INC-1"), "{said}");
    assert!(said.contains("(in the script, Ada says now: note looking)"), "{said}");
    let state = house.desk.incident(report.incident).await.unwrap();
    assert_eq!(state.commander.name, "Ada");
    assert_eq!(state.notes, 0);
    // What was typed and not understood, and Ben's answer to an offer that nobody made.
    assert_eq!(report.refused.len(), 2, "{:?}", report.refused);
    house.is_quiet(report.incident).await;
}

#[tokio::test]
async fn the_words_for_a_real_emergency_end_the_drill_at_once() {
    let house = open().await;
    let report = house.play(FAILOVER, None, "NO DUFF the disk is really full\n").await;
    assert!(report.score.reason.contains("something real was reported"), "{}", report.score.reason);
    assert!(report.score.ended - report.score.began < Duration::minutes(1));
    house.is_quiet(report.incident).await;
}

/// Plays the page drill; when Ada says that she is looking, something else happens beside it.
async fn interrupted(
    house: &House,
    by: &'static (dyn Fn(Arc<Desk>) -> BoxFuture<'static, ()> + Send + Sync),
) -> Report {
    let usual = say(&house.desk);
    let desk = house.desk.clone();
    let say: SayFn = Arc::new(move |caller, incident, words, once| {
        let (usual, desk) = (usual.clone(), desk.clone());
        Box::pin(async move {
            if words == "note looking" {
                by(desk).await;
            }
            usual(caller, incident, words, once).await
        })
    });
    let scenario = read("test.yaml", PAGE, &reads, &Roles::default()).unwrap();
    let pace = Stepping { desk: house.desk.clone(), world: house.world.clone(), busy: Arc::default() };
    let options = Options { speed: 6_000.0, play: None };
    let (desk, stop) = (house.desk.clone(), CancellationToken::new());
    run_at(desk, say, scenario, options, tokio::io::empty(), &mut |_: &str| {}, stop, &pace).await.unwrap()
}

#[tokio::test]
async fn a_real_incident_ends_the_drill() {
    let house = open().await;
    let report = interrupted(&house, &|desk| {
        Box::pin(async move {
            let zoe = Caller::person(Person::named("Zoe").unwrap(), "console");
            drop(say(&desk)(zoe, None, "declare the database is gone".into(), None).await.unwrap());
        })
    })
    .await;
    assert_eq!(report.score.reason, "INC-1 was declared; the real thing goes first");
    assert!(house.desk.incident(report.incident).await.unwrap().phase.is_over());
    assert!(house.desk.incident("INC-1".parse().unwrap()).await.unwrap().phase.is_active());
}

#[tokio::test]
async fn anybody_who_writes_the_emergency_words_into_the_drill_ends_it() {
    let house = open().await;
    let report = interrupted(&house, &|desk| {
        Box::pin(async move {
            let zoe = Caller::person(Person::named("Zoe").unwrap(), "discord");
            let id = "DRILL-1".parse().unwrap();
            drop(say(&desk)(zoe, Some(id), "note No duff! A disk is on fire".into(), None).await.unwrap());
        })
    })
    .await;
    assert!(
        report.score.reason.starts_with("something real was reported (entry "),
        "{}",
        report.score.reason
    );
    house.is_quiet(report.incident).await;
}

#[tokio::test]
async fn a_drill_whose_player_went_away_is_ended_by_hand_with_nothing_left() {
    let house = open().await;
    let scenario = read("test.yaml", FAILOVER, &reads, &Roles::default()).unwrap();
    let pace = Stepping { desk: house.desk.clone(), world: house.world.clone(), busy: Arc::default() };
    let mut out = |_: &str| {};
    let play = play::Play::begin(
        house.desk.clone(),
        say(&house.desk),
        scenario.clone(),
        60.0,
        None,
        &mut out,
        &pace,
    );
    drop(play.await.unwrap());
    let id: IncidentId = "DRILL-1".parse().unwrap();
    let crate::drill::scenario::Method::Alert(parts) = &scenario.injects[0].method else {
        panic!("an alert")
    };
    alerts::fire(&house.desk, id, "I1", parts, house.world.now()).await.unwrap();

    end(&house.desk, id, "the laptop was closed").await.unwrap();
    house.is_quiet(id).await;
    assert!(end(&house.desk, id, "again").await.unwrap_err().why.contains("over already"));
    assert!(end(&house.desk, "INC-1".parse().unwrap(), "x").await.unwrap_err().why.contains("no drill"));
}

#[tokio::test]
async fn stopping_by_hand_ends_the_drill_properly() {
    let house = open().await;
    let scenario = read("test.yaml", FAILOVER, &reads, &Roles::default()).unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    let mut out = |_: &str| {};
    let options = Options { speed: 0.5, play: None };
    let report =
        run(house.desk.clone(), say(&house.desk), scenario, options, tokio::io::empty(), &mut out, stop)
            .await
            .unwrap();
    assert_eq!(report.score.reason, "stopped by hand");
    house.is_quiet(report.incident).await;
}

#[tokio::test]
async fn a_player_that_is_not_there_or_a_speed_that_is_none_is_refused_before_anything_begins() {
    let house = open().await;
    for (options, why) in [
        (Options { speed: 1.0, play: Some("Zed".into()) }, "No player"),
        (Options { speed: f64::NAN, play: None }, "speed"),
        (Options { speed: 0.0, play: None }, "speed"),
        (Options { speed: 1e-12, play: None }, "speed"),
        (Options { speed: 10_001.0, play: None }, "speed"),
    ] {
        let scenario = read("test.yaml", PAGE, &reads, &Roles::default()).unwrap();
        let mut out = |_: &str| {};
        let (desk, say, stop) = (house.desk.clone(), say(&house.desk), CancellationToken::new());
        let refusal =
            run(desk, say, scenario, options, tokio::io::empty(), &mut out, stop).await.unwrap_err();
        assert!(refusal.why.contains(why), "{refusal}");
    }
    assert_eq!(house.desk.list(IncidentFilter::all(10)).await.unwrap(), vec![]);
}

#[test]
fn every_shipped_drill_and_playbook_is_sound() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, is_drill) in [("drills", true), ("playbooks", false)] {
        let mut count = 0;
        for file in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|ext| ext != "yaml") {
                continue;
            }
            let (name, text) = (path.display().to_string(), std::fs::read_to_string(&path).unwrap());
            let problems = if is_drill {
                read(&name, &text, &reads, &Roles::default()).err()
            } else {
                crate::playbook::read(&name, &text, &reads, &Roles::default()).err()
            };
            assert_eq!(problems, None, "{name}");
            count += 1;
        }
        assert!(count >= 2, "{folder}");
    }
}

fn reads(words: &str) -> Result<(), String> {
    fits(words, &Roles::default())
}

fn problems(text: &str) -> String {
    let problems = read("d.yaml", text, &reads, &Roles::default()).unwrap_err();
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn every_mistake_in_a_scenario_is_told_with_its_place_and_what_was_meant() {
    let mistakes = PAGE
        .replace("type: drill", "type: dril")
        .replace("T+3m", "T-3m")
        .replace("as: Ben, via: console, do: \"checkin", "as: Bem, via: consol, do: \"checkin")
        .replace("role: pio", "role: poi")
        .replace("metrics: [D3", "metrics: [D9")
        .replace("action: command.transferred", "action: command.transfered")
        .replace("\"command take\"", "\"comand take\"")
        .replace("objective: O1\n    alert", "objective: O7\n    alert")
        .replace("do: \"role accept pio\"", "do: \"declare a real one\"")
        .replace("do: \"note looking\"", "do: \"INC-3 note looking\"")
        .replace("Half of all payments fail", "see https://status.mycompany.com/x or say no duff")
        .replace("end: { at: T+8m }", "end: { at: T+80m }");
    insta::assert_snapshot!("scenario_mistakes", problems(&mistakes));
}

#[test]
fn what_cannot_be_read_at_all_is_told_with_its_place() {
    insta::assert_snapshot!(
        "unreadable_scenarios",
        [
            problems(&PAGE.replace("story:", "stori:")),
            problems(&PAGE.replace("length_max: 10m\n", "")),
            problems(&PAGE.replace("severity: sev2", "severity: sev2\nseverity: sev1")),
            problems("schema: [drill/1"),
            problems(""),
        ]
        .concat()
    );
}

#[test]
fn a_chat_line_while_the_chat_is_down_and_steps_out_of_order_are_mistakes() {
    let told = problems(
        &FAILOVER
            .replace("at: T+3m, as: Sam, via: cli", "at: T+3m, as: Sam, via: chat")
            .replace("at: T+46m, as", "at: T+16m, as"),
    );
    assert!(told.contains("the chat is down at that time"), "{told}");
    assert!(told.contains("T+16m comes after T+37m"), "{told}");
}
