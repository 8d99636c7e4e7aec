//! What somebody sees and what their keys do, on a terminal of paper.

use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::Cell,
    crossterm::event::{Event as Pressed, KeyCode, KeyEvent, KeyModifiers},
    style::{Color, Modifier},
};
use serde_json::json;

use super::{
    feed::{Entry, News, Said},
    screen::{Act, Screen},
    view::{Look, draw},
};
use crate::{
    export::samples::{Journal, alert, note, person, role},
    http::api::{AnswerBody, timeline::TimelineItem},
    incident::{
        event::{Event, samples},
        id::IncidentId,
        kind::Kind,
        state::Incident,
    },
};

const START: &str = "2026-01-02T03:00:00Z";
/// The column in which the text of a line of the timeline begins, where numbers have one digit.
const TEXT: usize = 8;

fn screen() -> Screen {
    let mut screen = Screen::new("http://127.0.0.1:8911", "ada", START.parse().unwrap());
    screen.heard(News::Server(Ok(())));
    screen
}

/// What the server says of a journal, by way of the API.
fn told(journal: &Journal) -> News {
    let paper = journal.paper();
    let incident: Incident = serde_json::from_value(json!(paper.incident)).unwrap();
    let entries = paper.lines.into_iter().map(TimelineItem::from);
    let entries: Vec<Entry> = entries.map(|line| serde_json::from_value(json!(line)).unwrap()).collect();
    News::Incident(Box::new(incident), entries)
}

fn listed() -> News {
    let item = |id: &str, severity: &str, title: &str| json!({"id": id, "title": title, "severity": severity, "phase": "investigating", "commander": "Ada"});
    let list = [item("INC-1", "sev1", "checkout is down"), item("INC-2", "sev3", "search is slow")];
    let alerts = json!([
        {"id": 3, "situation": {"title": "Disk full on db1", "firing": 2, "total": 3}},
        {"id": 4, "situation": {"title": "is of INC-1", "firing": 1, "total": 1}, "incident": "INC-1"},
    ]);
    let list = list.into_iter().map(|one| serde_json::from_value(one).unwrap()).collect();
    News::List(list, serde_json::from_value(alerts).unwrap())
}

fn journal() -> Journal {
    let mut journal = Journal::declared(Kind::Real, "checkout is down", START);
    journal.say("Bo", None, Event::RoleAccepted { role: role("ops"), by: person("Bo") });
    journal.say(
        "Ada",
        Some("ic"),
        note("the database failed over at 03:02, and every write since then ends in a time-out"),
    );
    let due_at = Some("2026-01-02T03:10:00Z".parse().unwrap());
    let task = |n, text: &str| Event::TaskAssigned { n, owner: person("Bo"), text: text.into(), due_at };
    journal.say("Ada", Some("ic"), task(1, "roll back the migration of last night"));
    journal
}

fn drawn(screen: &Screen, width: u16, height: u16, look: Look) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| {
            draw(frame, screen, look);
        })
        .unwrap();
    terminal
}

const PLAIN: Look = Look { is_coloured: false };

fn seen(screen: &Screen, width: u16, height: u16) -> String {
    drawn(screen, width, height, PLAIN).backend().to_string()
}

fn press(screen: &mut Screen, code: KeyCode) -> Act {
    screen.typed(Pressed::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn type_in(screen: &mut Screen, text: &str) {
    text.chars().for_each(|c| drop(press(screen, KeyCode::Char(c))));
}

#[test]
fn the_list_shows_what_is_open_and_which_alerts_nobody_has() {
    let mut screen = screen();
    screen.heard(listed());
    insta::assert_snapshot!(seen(&screen, 80, 24));
}

#[test]
fn planned_work_has_no_severity_in_the_list_nor_on_its_own_page() {
    let mut screen = screen();
    let work = json!({"id": "MAINT-1", "title": "db upgrade", "severity": "sev5", "phase": "scheduled", "commander": "Ada"});
    screen.heard(News::List(vec![serde_json::from_value(work).unwrap()], vec![]));
    let list = seen(&screen, 80, 24);
    assert!(list.contains("MAINT-1  planned work db upgrade – scheduled") && !list.contains("SEV"), "{list}");
    press(&mut screen, KeyCode::Enter);
    screen.heard(told(&Journal::declared(Kind::Planned, "db upgrade", START)));
    let page = seen(&screen, 80, 24);
    assert!(page.contains("planned work · scheduled"), "{page}");
}

#[test]
fn a_chat_that_does_not_answer_is_named_below_the_bar_until_it_does() {
    let mut screen = screen();
    screen.heard(listed());
    let away = json!([{"chat": "discord", "since": "2026-01-02T14:32:00Z", "why": "no answer in time"}]);
    screen.heard(News::Chats(serde_json::from_value(away).unwrap()));
    let told = seen(&screen, 80, 24);
    let line = told.lines().nth(1).unwrap_or_default();
    assert!(
        line.contains("Discord has not answered since 2026-01-02 14:32 UTC: no answer in time."),
        "{told}"
    );
    screen.heard(News::Chats(vec![]));
    assert!(!seen(&screen, 80, 24).contains("Discord"), "it is there again");
}

#[test]
fn an_incident_shows_command_roles_timeline_and_tasks_in_eighty_columns() {
    let mut screen = screen();
    screen.heard(listed());
    let opened = press(&mut screen, KeyCode::Enter);
    assert_eq!(opened, Act::Look("INC-1".parse().ok()));
    screen.heard(told(&journal()));
    type_in(&mut screen, "note it");
    insta::assert_snapshot!(seen(&screen, 80, 24));
    // A small window loses what stands beside, not the timeline.
    insta::assert_snapshot!(seen(&screen, 40, 14));
}

#[test]
fn what_waits_for_somebody_is_due_and_stands_beside_the_timeline() {
    let mut screen = screen();
    screen.heard(listed());
    press(&mut screen, KeyCode::Enter);
    let mut journal = journal();
    let at =
        |time: &str| -> chrono::DateTime<chrono::Utc> { format!("2026-01-02T{time}:00Z").parse().unwrap() };
    let (text, ends_at) = ("fail over to db2".into(), at("03:06"));
    journal.say("Bo", Some("ops"), Event::ProposalMade { n: 1, text, ends_at });
    let (text, waits_for) = ("restart db1".into(), vec![person("Ada")]);
    let minutes = Some(10);
    let risky = Event::ActionAnnounced { n: 1, text, is_risky: true, waits_for, minutes, is_stopped: false };
    journal.say("Bo", Some("ops"), risky);
    let offer = Event::RoleOffered { role: role("scribe"), to: person("Cy"), expires_at: at("03:11") };
    journal.say("Ada", Some("ic"), offer);
    journal.house(Event::AlertsLinked {
        situation: 3,
        title: "disk full".into(),
        source: "alertmanager".into(),
        firing: 1,
        total: 1,
        alerts: vec![alert("disk full", true)],
        within: None,
        because: String::new(),
    });
    screen.heard(told(&journal));
    let shown = seen(&screen, 80, 24);
    for part in [
        "1 alert firing",
        "Due: action 1 waits for a go · proposal 1 03:06 · task #1 03:10",
        "     Documentation Unit Leader offered to Cy 03:11",
        "│Waits for an answer",
        "│Documentation Unit Leader",
        "│Proposals",
        "│1 Bo (until 03:06) fail over",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
    let small = seen(&screen, 60, 14);
    assert!(small.contains("Due: action 1 waits for a go · proposal 1 03:06 · 2 more"), "{small}");
}

#[test]
fn every_public_update_that_waits_for_approval_is_named_the_oldest_first() {
    let mut screen = screen();
    screen.heard(listed());
    press(&mut screen, KeyCode::Enter);
    let mut journal = journal();
    for n in 1..=2 {
        let mut drafted = samples::event("update.drafted");
        if let Event::UpdateDrafted { n: number, .. } = &mut drafted {
            *number = n;
        }
        journal.say("Bo", None, drafted);
    }
    screen.heard(told(&journal));
    let shown = seen(&screen, 80, 24);
    assert!(shown.contains("Due: public updates 1 and 2 wait for approval · task #1"), "{shown}");
    assert!(
        shown.contains("│Waits for an answer") && shown.contains("│public updates 1 and 2 wait"),
        "{shown}"
    );
}

#[test]
fn severities_statuses_and_roles_are_called_as_the_team_calls_them() {
    let mut screen = screen();
    let names = json!({
        "severities": {"sev1": "Critical", "sev2": "Major"}, "phases": {"investigating": "Looking"}, "vocabulary": "it",
    });
    screen.heard(News::Names(serde_json::from_value(names).unwrap()));
    screen.heard(listed());
    let list = seen(&screen, 80, 24);
    assert!(list.contains("SEV1 Critical checkout is down – Looking, Ada commands"), "{list}");
    press(&mut screen, KeyCode::Enter);
    screen.heard(told(&journal()));
    let page = seen(&screen, 80, 24);
    assert!(page.contains("SEV2 Major · Looking") && page.contains("Roles: Operations lead Bo"), "{page}");
}

#[test]
fn why_the_server_or_a_chat_is_away_is_read_to_its_end_in_eighty_columns() {
    let mut screen = screen();
    screen.heard(listed());
    let why = "nobody answers there. Is the server running? COMMANDPOST_URL says where it is.";
    screen.heard(News::Server(Err(format!("http://127.0.0.1:8911: {why}"))));
    let away = json!([{"chat": "mattermost", "since": "2026-01-02T14:32:00Z",
        "why": "the certificate of chat.example.com ran out this morning"}]);
    screen.heard(News::Chats(serde_json::from_value(away).unwrap()));
    let shown = seen(&screen, 80, 24);
    for part in ["COMMANDPOST_URL says where it is.", "ran out this morning.", "search is slow"] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
}

#[test]
fn no_size_is_too_small_and_none_too_large() {
    let mut screen = screen();
    screen.heard(listed());
    press(&mut screen, KeyCode::Enter);
    screen.heard(told(&journal()));
    screen.heard(News::Answer(Err("a long refusal ".repeat(90))));
    for (width, height) in [(1, 1), (3, 2), (8, 5), (20, 6), (71, 9), (72, 9), (300, 100)] {
        drawn(&screen, width, height, Look { is_coloured: true });
    }
}

#[test]
fn words_of_outside_cannot_steer_the_terminal() {
    let mut journal = Journal::declared(Kind::Real, "\u{1b}]0;owned\u{7}down", START);
    journal.say("\u{202e}Eve", None, note("a\u{1b}[2Jb\u{9b}31mc\rd\u{8}e\u{202e}f\u{200b}g"));
    let mut screen = Screen::new("http://127.0.0.1:8911", "ada", START.parse().unwrap());
    screen.heard(News::Server(Err("\u{1b}[31mred".into())));
    screen.heard(listed());
    press(&mut screen, KeyCode::Enter);
    screen.heard(told(&journal));
    screen.heard(News::Answer(Err("no\u{1b}[?1049l\u{7}".into())));
    screen.typed(Pressed::Paste("x\u{1b}[A\ny".into()));
    let terminal = drawn(&screen, 80, 24, PLAIN);
    for cell in &terminal.backend().buffer().content {
        let foul = |c: char| c.is_control() || ('\u{200b}'..='\u{202e}').contains(&c);
        assert!(!cell.symbol().chars().any(foul), "{:?}", cell.symbol());
    }
}

#[test]
fn without_colour_nothing_is_coloured() {
    let mut screen = screen();
    screen.heard(listed());
    let colours = |look| {
        let terminal = drawn(&screen, 80, 24, look);
        terminal.backend().buffer().content.iter().filter(|cell| cell.fg != Color::Reset).count()
    };
    assert_eq!(colours(PLAIN), 0);
    assert!(colours(Look { is_coloured: true }) > 0);
}

#[test]
fn a_line_is_typed_completed_said_and_called_back() {
    let mut screen = screen();
    screen.heard(listed());
    press(&mut screen, KeyCode::Enter);
    screen.heard(told(&journal()));
    type_in(&mut screen, "mile");
    press(&mut screen, KeyCode::Tab);
    assert_eq!(screen.line.text(), "milestone ");
    while !screen.line.is_empty() {
        press(&mut screen, KeyCode::Backspace);
    }
    type_in(&mut screen, "done ");
    press(&mut screen, KeyCode::Tab);
    assert_eq!(screen.line.text(), "done 1 ");
    type_in(&mut screen, "rolled back");
    let said = Act::Say { here: "INC-1".parse().ok(), text: "done 1 rolled back".into() };
    assert_eq!(press(&mut screen, KeyCode::Enter), said);
    assert!(screen.line.is_empty());
    press(&mut screen, KeyCode::Up);
    assert_eq!(screen.line.text(), "done 1 rolled back");
    press(&mut screen, KeyCode::Down);
    assert!(screen.line.is_empty());
    // What is pasted is never said by itself.
    screen.typed(Pressed::Paste("note a\ncancel b\n".into()));
    assert_eq!(screen.line.text(), "note a cancel b ");
}

#[test]
fn q_ends_it_only_where_nothing_is_typed() {
    let mut screen = screen();
    type_in(&mut screen, "note a q");
    assert_eq!(screen.line.text(), "note a q");
    press(&mut screen, KeyCode::Esc);
    assert_eq!(press(&mut screen, KeyCode::Char('q')), Act::Quit);
}

#[test]
fn whoever_declares_looks_at_what_they_declared() {
    let mut screen = screen();
    type_in(&mut screen, "declare search is slow");
    press(&mut screen, KeyCode::Enter);
    let answer =
        AnswerBody { text: "INC-2 is declared.".into(), incident: Some("INC-2".into()), seq: Some(2) };
    assert_eq!(screen.heard(News::Answer(Ok(answer))), Act::Look("INC-2".parse().ok()));
}

#[test]
fn an_incidents_number_alone_opens_it() {
    let mut screen = screen();
    screen.heard(listed());
    for typed in ["INC-2", "inc-1"] {
        type_in(&mut screen, typed);
        assert_eq!(press(&mut screen, KeyCode::Enter), Act::Look(typed.to_uppercase().parse().ok()));
    }
    assert!(seen(&screen, 80, 24).contains("INC-1> "));
    // One that is over is in no list: how it stands is told in words.
    type_in(&mut screen, "INC-9");
    let asked = Act::Say { here: "INC-1".parse().ok(), text: "INC-9 status".into() };
    assert_eq!(press(&mut screen, KeyCode::Enter), asked);
}

#[test]
fn turning_points_stand_out_from_what_else_was_done_and_a_stop_most_of_all() {
    let mut screen = screen();
    screen.heard(listed());
    press(&mut screen, KeyCode::Enter);
    let mut journal = journal();
    journal.say("Ada", Some("ic"), samples::event("actions.stopped"));
    screen.heard(told(&journal));
    let terminal = drawn(&screen, 200, 40, Look { is_coloured: true });
    let buffer = terminal.backend().buffer();
    let look_of = |words: &str| {
        let mut rows = buffer.content.chunks(usize::from(buffer.area.width));
        let text = |row: &&[Cell]| row.iter().map(Cell::symbol).collect::<String>();
        let row = rows.find(|row| text(row).contains(words)).unwrap_or_else(|| panic!("{words}"));
        (row[TEXT].modifier, row[TEXT].fg)
    };
    assert_eq!(look_of("Nobody changes anything until"), (Modifier::BOLD, Color::Red));
    assert_eq!(look_of("declared as").0, Modifier::BOLD);
    assert_eq!(look_of("the database failed over").0, Modifier::empty());
    assert_eq!(look_of("Bo (Discord): Bo").0, Modifier::DIM);
}

#[test]
fn a_line_has_the_number_to_type_where_it_was_said_and_that_it_is_a_late_entry() {
    let mut screen = screen();
    screen.heard(listed());
    press(&mut screen, KeyCode::Enter);
    let mut journal = journal();
    for n in 6..=12 {
        journal.say("Bo", None, note(&format!("entry {n}")));
    }
    journal.late("Cy", 20, note("it smelled of smoke"));
    journal.house(Event::Reminded { what: "look again".into(), executive: false, of: vec![] });
    screen.heard(told(&journal));
    let shown = seen(&screen, 100, 40);
    for part in [
        " 1 03:00 Ada (Discord): ",
        "11 03:03 Bo (Discord): entry 12",
        "Cy (Discord, late entry): it smelled of smoke",
        "commandpost: Reminder: look again.",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
}

#[test]
fn what_a_reminder_says_is_late_is_not_said_beside_it_and_what_none_says_stays() {
    let late = |seq: u64, name: &str, text: &str, at: &str| {
        serde_json::from_value(json!({
            "seq": seq, "occurred_at": at, "recorded_at": at, "time_source": "house", "actor": "commandpost",
            "via": "timer", "name": name, "text": text,
        }))
        .unwrap()
    };
    let (first, second) = ("2026-01-02T03:02:00Z", "2026-01-02T03:05:00Z");
    let entries: Vec<Entry> = vec![
        late(8, "task.overdue", "Task #3 is late.", first),
        late(9, "reminder", "Reminder: task #3 is late, and so are reports.", first),
        late(10, "task.overdue", "Task #4 is late.", second),
    ];
    let mut screen = screen();
    screen.heard(listed());
    press(&mut screen, KeyCode::Enter);
    let News::Incident(incident, _) = told(&journal()) else { panic!("it tells of an incident") };
    screen.heard(News::Incident(incident, entries));
    let shown = seen(&screen, 80, 24);
    assert!(!shown.contains("Task #3 is late") && shown.contains("Reminder: task #3 is late,"), "{shown}");
    assert!(shown.contains("10 03:05 commandpost: Task #4 is late."), "{shown}");
}

#[test]
fn a_stop_is_on_the_list_and_at_every_action_that_waits_for_its_end() {
    let mut screen = screen();
    let item = json!({"id": "INC-1", "title": "checkout is down", "severity": "sev1", "phase": "investigating",
        "commander": "Ada", "stopped": true});
    screen.heard(News::List(vec![serde_json::from_value(item).unwrap()], vec![]));
    let list = seen(&screen, 80, 24);
    assert!(list.contains("checkout is down – investigating, Ada commands · STOPPED"), "{list}");
    press(&mut screen, KeyCode::Enter);
    let mut journal = journal();
    let text = "restart db1".into();
    let announced = Event::ActionAnnounced {
        n: 1,
        text,
        is_risky: false,
        waits_for: vec![],
        minutes: None,
        is_stopped: false,
    };
    journal.say("Bo", Some("ops"), announced);
    screen.heard(told(&journal));
    assert!(seen(&screen, 80, 24).contains("│1 Bo (under way) restart db1"));
    journal.say("Ada", Some("ic"), samples::event("actions.stopped"));
    screen.heard(told(&journal));
    let page = seen(&screen, 80, 24);
    assert!(page.contains("│1 Bo (waits: everything is") && !page.contains("under way"), "{page}");
}

#[test]
fn that_the_server_is_away_is_said_and_what_was_known_stays() {
    let mut screen = screen();
    screen.heard(listed());
    screen.heard(News::Server(Err("http://127.0.0.1:8911: nobody answers there.".into())));
    let shown = seen(&screen, 80, 24);
    assert!(
        shown.contains("AWAY: http://127.0.0.1:8911: nobody") && shown.contains("search is slow"),
        "{shown}"
    );
}

const NOBODY: &str = "http://127.0.0.1:8911: nobody answers there.";

/// What is said with these keys pressed; it gets no answer.
fn unanswered(screen: &mut Screen, text: &str, key: u128) {
    type_in(screen, text);
    let Act::Say { here, text, .. } = press(screen, KeyCode::Enter) else { panic!("{text} is not said") };
    screen.heard(News::Unanswered(said(here, &text, key), NOBODY.into()));
}

/// What was said when the screen was new.
fn said(here: Option<IncidentId>, text: &str, key: u128) -> Said {
    Said { here, text: text.into(), key: uuid::Uuid::from_u128(key), since: START.parse().unwrap() }
}

#[test]
fn a_line_that_got_no_answer_stays_typed_and_is_said_again_with_the_same_key() {
    let mut screen = screen();
    screen.heard(listed());
    press(&mut screen, KeyCode::Enter);
    screen.heard(told(&journal()));
    unanswered(&mut screen, "note it burns", 7);
    let shown = seen(&screen, 80, 24);
    assert!(shown.contains("nobody answers there") && shown.contains("INC-1> note it burns"), "{shown}");
    let said = said("INC-1".parse().ok(), "note it burns", 7);
    assert_eq!(press(&mut screen, KeyCode::Enter), Act::Again(said.clone()));
    screen.heard(News::Unanswered(said.clone(), NOBODY.into()));
    assert_eq!(press(&mut screen, KeyCode::Enter), Act::Again(said));
    // Once answered it is done with: the same words are another line.
    let answer = AnswerBody { text: "Noted.".into(), incident: Some("INC-1".into()), seq: Some(9) };
    screen.heard(News::Answer(Ok(answer)));
    assert!(screen.line.is_empty());
    type_in(&mut screen, "note it burns");
    let anew = press(&mut screen, KeyCode::Enter);
    assert!(matches!(anew, Act::Say { .. }), "{anew:?}");
}

#[test]
fn a_line_that_came_back_and_was_changed_or_taken_away_is_another_one_when_typed_anew() {
    type Change = fn(&mut Screen);
    let changes: [(&str, Change); 4] = [
        ("emptied", |screen| (0..4).for_each(|_| drop(press(screen, KeyCode::Backspace)))),
        ("cut off", |screen| drop(press(screen, KeyCode::Backspace))),
        ("added to", |screen| type_in(screen, " ops")),
        ("cut off in front", |screen| {
            press(screen, KeyCode::Home);
            press(screen, KeyCode::Delete);
        }),
    ];
    for (how, change) in changes {
        let mut screen = screen();
        unanswered(&mut screen, "take", 7);
        assert_eq!(screen.line.text(), "take");
        change(&mut screen);
        press(&mut screen, KeyCode::Esc);
        press(&mut screen, KeyCode::Esc);
        type_in(&mut screen, "take");
        let said = press(&mut screen, KeyCode::Enter);
        assert_eq!(said, Act::Say { here: None, text: "take".into() }, "{how}");
    }
    // Looked at beside the lines before it, it is the same.
    let mut screen = screen();
    unanswered(&mut screen, "take", 7);
    for key in [KeyCode::Up, KeyCode::Down, KeyCode::Home] {
        press(&mut screen, key);
    }
    assert_eq!(press(&mut screen, KeyCode::Enter), Act::Again(said(None, "take", 7)));
}

#[test]
fn a_line_that_got_no_answer_is_another_one_two_minutes_after_it_was_first_said() {
    let after = |seconds: i64| {
        let mut screen = screen();
        unanswered(&mut screen, "take", 7);
        screen.now += chrono::TimeDelta::seconds(seconds);
        (press(&mut screen, KeyCode::Enter), screen)
    };
    let (soon, mut screen) = after(120);
    assert_eq!(soon, Act::Again(said(None, "take", 7)));
    assert_eq!(after(121).0, Act::Say { here: None, text: "take".into() });
    // However often it is tried.
    screen.now += chrono::TimeDelta::seconds(1);
    screen.heard(News::Unanswered(said(None, "take", 7), NOBODY.into()));
    let told = screen.told.as_ref().map(|told| told.text.as_str()).unwrap_or_default();
    assert!(told.contains("It may have been done"), "{told}");
    assert_eq!(press(&mut screen, KeyCode::Enter), Act::Say { here: None, text: "take".into() });
}

#[test]
fn that_nobody_answers_is_gone_when_the_server_is_back_and_a_refusal_stays() {
    for back in [News::Server(Ok(())), listed()] {
        let mut screen = screen();
        screen.heard(listed());
        unanswered(&mut screen, "list", 1);
        assert!(seen(&screen, 80, 24).contains("nobody answers"));
        screen.heard(back);
        let shown = seen(&screen, 80, 24);
        assert!(!shown.contains("nobody answers") && shown.contains("> list"), "{shown}");
    }
    let mut screen = screen();
    screen.heard(News::Answer(Err("There is no INC-9.".into())));
    screen.heard(News::Server(Ok(())));
    screen.heard(listed());
    assert!(seen(&screen, 80, 24).contains("There is no INC-9."));
}

#[test]
fn a_line_without_an_answer_takes_no_others_place_and_is_not_said_elsewhere() {
    let mut screen = screen();
    screen.heard(listed());
    type_in(&mut screen, "declare it burns");
    press(&mut screen, KeyCode::Enter);
    type_in(&mut screen, "status");
    let declared = said(None, "declare it burns", 1);
    screen.heard(News::Unanswered(declared.clone(), NOBODY.into()));
    assert_eq!(screen.line.text(), "status");
    assert!(seen(&screen, 80, 24).contains("comes back with ↑"));
    press(&mut screen, KeyCode::Up);
    assert_eq!(screen.line.text(), "declare it burns");
    // Taken away, it is given up: typed anew it is another.
    press(&mut screen, KeyCode::Esc);
    press(&mut screen, KeyCode::Esc);
    assert!(screen.line.is_empty());
    type_in(&mut screen, "declare it burns");
    assert!(matches!(press(&mut screen, KeyCode::Enter), Act::Say { .. }));
    // What was said in the list is not put before who looks at an incident now.
    press(&mut screen, KeyCode::Enter);
    screen.heard(News::Unanswered(declared, NOBODY.into()));
    assert!(screen.line.is_empty());
    // Help is asked for with a key, not typed.
    press(&mut screen, KeyCode::Char('?'));
    screen.heard(News::Unanswered(said(None, "help", 2), NOBODY.into()));
    assert!(screen.line.is_empty());
}

#[test]
fn who_reads_further_back_stays_there_while_lines_come_in() {
    let mut screen = screen();
    screen.heard(listed());
    press(&mut screen, KeyCode::Enter);
    let mut journal = journal();
    for n in 0..60 {
        journal.say("Bo", None, note(&format!("line {n} of many")));
    }
    screen.heard(told(&journal));
    assert!(seen(&screen, 80, 24).contains("line 59 of many"));
    (0..3).for_each(|_| drop(press(&mut screen, KeyCode::PageUp)));
    let before = seen(&screen, 80, 24);
    assert!(!before.contains("line 59 of many") && before.contains("24 lines further on"), "{before}");
    journal.say("Bo", None, note("a new one"));
    screen.heard(told(&journal));
    let rows = |text: &str| text.lines().skip(8).take(10).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&seen(&screen, 80, 24)), rows(&before));
}
