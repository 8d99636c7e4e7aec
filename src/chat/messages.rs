//! The page of messages (docs/messages.md): every kind of card, line, answer and form as each chat shows it. Made by the code,
//! so that somebody reads it, and sees in a change what becomes of it.

mod nights;

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use nights::{everything, incident, night};

use super::{
    button::{fill_in, stale},
    discord, follow, matrix, mattermost, private,
    shown::Shown,
    slack, space,
    words::{in_words, note_of},
};
use crate::{
    alert::{
        Alert, AlertSeverity, Status,
        situation::fold,
        window::{Effect, Within},
    },
    card::{self, Card, Missed, Said},
    desk::policy::is_said,
    export::samples::{Journal, alert, checkout, person, role},
    golden::golden,
    grammar::{self, Form, Lexicon, Spoken},
    incident::{
        briefing,
        chart::Chart,
        command::Command,
        decide::{Policy, Scene, decide},
        event::{Event, samples},
        kind::Kind,
        names::Names,
        next,
        refusal::Refusal,
        role::{Roles, Words},
        sentence,
        state::Incident,
        summary, timeline,
    },
    mask::Masked,
    people::Person,
};

const CHATS: [&Shown; 4] =
    [&discord::shown::SHOWN, &slack::shown::SHOWN, &mattermost::shown::SHOWN, &matrix::shown::SHOWN];

/// The chats of which there are pictures.
const DRAWN: [&str; 2] = ["Discord", "Slack"];

fn lines(journal: &Journal) -> Vec<Said> {
    let known = journal.paper().incident;
    let told = sentence::Knowing(&sentence::apart, &known);
    let all = timeline::lines(journal.plain.iter().cloned(), &told);
    let said = |line: timeline::Line| Said::of(journal.plain[0].incident, line);
    let is_told = |line: &timeline::Line| {
        journal.plain.iter().any(|entry| entry.seq == line.seq && is_said(&entry.event))
    };
    all.into_iter().filter(is_told).map(said).collect()
}

/// One line of each kind at least.
fn of_each_kind() -> Vec<Said> {
    let mut journal = Journal::declared(Kind::Real, "Checkout fails", "2026-03-29T00:55:00Z");
    for (_, event) in samples::night() {
        journal.house(event);
    }
    let known = journal.paper().incident;
    let told = sentence::Knowing(&sentence::apart, &known);
    let said = |(seq, (who, event)): (u64, (&str, Event))| {
        let sentence = sentence::sentence(&event, &told);
        let text = card::beside(who, &sentence);
        Said {
            banner: "",
            seq,
            at: "2026-03-29T01:10:00Z".parse().unwrap(),
            who: if who.is_empty() { Person::house().to_string() } else { who.to_owned() },
            goes_on: text.len() < sentence.len(),
            text: sentence::parts(text),
            ..card::testing::said("")
        }
    };
    let night = samples::night().into_iter().filter(|(_, event)| is_said(event));
    (2..).zip(night).map(said).collect()
}

/// Whether it tells that this very chat is away, or back: that is told in the others.
fn is_about(chat: &Shown, said: &Said) -> bool {
    match said.text.first() {
        Some(sentence::Part::Text(text)) => text.starts_with(chat.chat),
        _ => false,
    }
}

/// Words without what is the chat's own way: that it names the zone, marks what is to be typed, puts a colon behind a name.
fn bare(text: &str) -> String {
    text.replace(" UTC", "").replace(['`', ':'], "")
}

/// What the first chat shows, and each of the others where its words are not the same.
fn once(show: &dyn Fn(&Shown) -> Option<String>) -> impl Fn(&Shown) -> Option<String> {
    let first = show(CHATS[0]).map(|text| bare(&text));
    move |chat| show(chat).filter(|text| chat.chat == CHATS[0].chat || first != Some(bare(text)))
}

/// The lines of each kind that a chat shows in words of its own; of the first chat, all of them.
fn kinds(chat: &Shown) -> Option<String> {
    let line = |said: &Said| once(&|chat| Some((chat.line)(said)))(chat);
    let all: Vec<String> =
        of_each_kind().iter().filter(|said| !is_about(chat, said)).filter_map(line).collect();
    (!all.is_empty()).then(|| all.join("\n"))
}

/// The verbs that, said without the words that they need, open a form.
fn forms() -> Vec<Form> {
    let paths = grammar::tree().get_subcommands().flat_map(|verb| {
        let below = verb.get_subcommands().map(|sub| format!("{} {}", verb.get_name(), sub.get_name()));
        let below: Vec<String> = below.collect();
        if below.is_empty() { vec![verb.get_name().to_owned()] } else { below }
    });
    paths.filter_map(|path| Some(Form::wanted(&path)?.1)).collect()
}

fn situation() -> Card {
    let at: DateTime<Utc> = "2026-03-29T00:52:10Z".parse().unwrap();
    let known = alert("HighErrorRate checkout", true);
    let one = |title: &str| Alert {
        source: known.source.clone(),
        fingerprint: title.into(),
        status: Status::Firing,
        acknowledged: false,
        severity: AlertSeverity::Critical,
        severity_text: "critical".into(),
        title: title.into(),
        description: "40 % of requests to checkout fail.".into(),
        starts_at: known.starts_at,
        ends_at: None,
        labels: Default::default(),
        annotations: Default::default(),
        links: vec![],
        group_key: "checkout".into(),
        notes: vec![],
    };
    let alerts = [one("HighErrorRate checkout"), one("HighLatency checkout")];
    let changes = crate::alert::situation::changes(&alerts, |_| None);
    let situation = fold(None, &changes, at, "S-4").unwrap();
    let within = Within {
        name: "network".into(),
        effect: Effect::Annotate,
        until: "2026-03-29T02:00:00Z".parse().unwrap(),
    };
    let shown = card::arranged::Shown { acknowledgement: None, silence: None, within: Some(&within) };
    card::arranged::shown(card::situation(4, &situation, None, &alerts), 4, &situation, &shown)
}

fn exercise() -> Card {
    card::incident(
        &incident(&Journal::declared(Kind::Drill, "The load balancer fails over", "2026-03-29T09:00:00Z")),
        Words::Nims,
    )
}

fn open() -> Card {
    card::incident(&incident(&night(8)), Words::Nims)
}

/// Every card, with what it is.
fn cards() -> Vec<(&'static str, Card)> {
    let over = incident(&checkout());
    let of = |night: Journal| card::incident(&incident(&night), Words::Nims);
    vec![
        ("An incident has begun", open()),
        ("People are woken", of(nights::paged())),
        ("Everything comes at once", of(everything())),
        ("An executive interrupts", of(nights::interrupted())),
        ("A risky action waits for a go", of(nights::risky())),
        ("Something is proposed", of(nights::proposed())),
        ("Several organizations command", of(nights::unified())),
        ("It is a part, and has parts", of(nights::related())),
        ("A playbook is played", of(nights::played())),
        ("Nothing fires any more", of(nights::cleared())),
        ("It is over", card::incident(&over, Words::Nims)),
        ("Planned work", of(nights::planned())),
        ("An exercise", exercise()),
        ("It was restricted: what stands where everybody reads", card::cover(&over)),
        ("Alerts that belong to no incident", situation()),
    ]
}

/// What the rules tell whoever says this.
fn ruled(incident: &Incident, who: &str, command: &Command, now: DateTime<Utc>) -> String {
    let (person, policy) = (person(who), Policy::default());
    let scene =
        Scene { person: &person, is_house: false, is_admin: false, now, policy: &policy, target: None };
    decide(incident, command, &scene).unwrap().reply
}

/// What somebody is answered who asks, on a night when everything comes at once.
fn answers() -> Vec<(&'static str, String)> {
    let night = everything();
    let (incident, now) = (incident(&night), night.at);
    let help = grammar::parse("help", &Person::named, &Roles::default());
    let Ok(Spoken::Help { text: help }) = help else { panic!("{help:?}") };
    let mut masked = Masked::default();
    masked.mask(&mut "the key is AKIAIOSFODNN7EXAMPLE".to_owned());
    vec![
        ("status", briefing::status(&incident, now, Words::Nims)),
        ("next", next::text(&incident, &person("Bo"), &Policy::default(), now)),
        ("command briefing", briefing::text(&incident, now, Names::plain())),
        ("summary exec", summary::text(&incident, &Policy::default(), now)),
        ("role take ops", ruled(&incident, "Bo", &Command::TakeRole { role: role("ops") }, now)),
        ("role chart", Chart::of(&incident, Words::Nims, now).text()),
        ("help", help),
        ("note the key is AKIA…", format!("Noted as entry 25.{}", masked.word())),
    ]
}

/// What the house says by itself. That a chat is away is told in the others.
fn unasked(chat: &Shown) -> Vec<String> {
    let all = lines(&nights::unasked()).into_iter();
    all.filter(|said| !is_about(chat, said)).map(|said| (chat.line)(&said)).collect()
}

fn page() -> String {
    let mut page = String::from(
        "# What people read in the chats\n\n\
         Every kind of message as each chat shows it, made by the code: times as a reader in UTC sees them, buttons in brackets, \
         `(relative)` where Discord counts from now.\n\n\
         | Discord | Slack |\n|---|---|\n\
         | ![A card in Discord, light and dark](discord-card.png) | ![A card in Slack, light and dark](slack-card.png) |\n",
    );
    let mut add = |title: &str, show: &dyn Fn(&Shown) -> Option<String>| {
        page.push_str(&format!("\n## {title}\n"));
        for chat in CHATS {
            if let Some(text) = show(chat) {
                page.push_str(&format!("\n{}\n\n```text\n{text}\n```\n", chat.chat));
            }
        }
    };
    for (title, card) in cards() {
        add(&format!("{title} (card)"), &|chat| Some((chat.card)(&card)));
    }
    let announced = incident(&night(1));
    add("Where it is worked on (in the command post)", &|chat| Some((chat.announcement)(&announced)));
    let said = lines(&everything());
    add("The timeline, line by line", &|chat| {
        Some(said.iter().map(|line| (chat.line)(line)).collect::<Vec<_>>().join("\n"))
    });
    let silent = samples::night().into_iter().filter(|(_, event)| !is_said(event));
    let silent = silent.map(|(_, event)| format!("`{}`", event.name())).collect::<Vec<_>>().join(", ");
    let title = format!(
        "Lines on the timeline, one of each kind\n\n\
         As Discord shows them. Another chat stands below only with what it tells in other words; that it names the zone, puts a colon \
         behind a name, or says in which other chat something was said, does not count. These have no line of their own: {silent}."
    );
    add(&title, &kinds);
    add("What the house says by itself (line by line)", &|chat| Some(unasked(chat).join("\n")));
    let stands = Missed::standing(&incident(&everything()), &Names::default());
    let missed = Missed { since: said[0].at, seconds: 12 * 60 + 7, lines: 9, through: 9, stands };
    add("Before what waited while the chat was away", &|chat| {
        missed.in_words().map(|words| (chat.missed)(&words))
    });
    let warned = |chat: &Shown| Some((chat.missed)(&follow::warning("GitHub token, password")));
    add(
        "A message that went on the timeline has a secret in it (below it, or for one's eyes)",
        &once(&warned),
    );
    let mut refusals = vec![
        stale(),
        Refusal::no_such("INC-7".parse().unwrap()),
        Refusal::not_found("No incident is open.", "`declare WHAT IS WRONG` opens one."),
    ];
    refusals.extend(note_of(&person("Ada"), "", None, "").err());
    refusals.extend(fill_in("{incident} link S-3", &[("incident", "the big one")]).err());
    refusals.extend(
        Form::of("note").and_then(|form| form.filled(None, &[("colour".into(), "red".into())]).err()),
    );
    add("Refused, or broken down (for the asker's eyes)", &|chat| {
        let refused = refusals.iter().cloned().map(|refusal| in_words(Some(Err(refusal))));
        let all = refused.chain([in_words(None)]).map(|text| (chat.told)(&text));
        Some(all.collect::<Vec<_>>().join("\n\n"))
    });
    let discords = grammar::discord_help(None, Lexicon::usual()).unwrap();
    for (asked, answer) in answers() {
        let is_discords = |chat: &Shown| asked == "help" && chat.chat == discord::shown::SHOWN.chat;
        add(&format!("Asked: `{asked}` (for the asker's eyes)"), &|chat| {
            Some((chat.told)(if is_discords(chat) { &discords } else { &answer }))
        });
    }
    let card = open();
    for button in card.buttons.iter().filter(|button| !button.blanks.is_empty()) {
        add(&format!("The form of “{}”", button.label), &|chat| (chat.form)(&card.subject, button));
    }
    add("What only this chat says", &|chat| Some((chat.own)().join("\n")));
    let noted = |chat: &Shown| {
        let id = "INC-1".parse().unwrap();
        let refused = [follow::is_noted(Some((id, 16))), follow::is_noted(None)];
        let refused = refused.map(|refusal| (chat.told)(&in_words(Some(Err(refusal)))));
        Some(refused.join("\n"))
    };
    add("A message is put on the timeline again (for the asker's eyes)", &once(&noted));
    let told = |chat: &Shown| {
        let why = (chat.keeper)().pop()?;
        let about = chat.chat;
        let all =
            [private::silent(about, &why), private::outside(about, "@dan", &why), follow::changed(16, about)];
        Some(all.join("\n"))
    };
    add("What the timeline says of a chat (notes, read in the others too)", &told);
    add("What the doors tell whoever looks after them (in the console and in the log)", &|chat| {
        Some((chat.keeper)().join("\n"))
    });
    let forms: Vec<String> = forms().iter().map(slack::shown::verb).collect();
    page.push_str(&format!(
        "\n## The forms of the verbs\n\n\
         What Slack and Mattermost ask where a verb is typed without the words that it needs (`*`), and what stands below each \
         question.\n\n```text\n{}\n```\n",
        forms.join("\n")
    ));
    page
}

#[test]
fn the_committed_page_of_messages_is_that_of_the_code() {
    golden("messages.md", &page());
}

/// What `scripts/cards.mjs` draws, and of what each picture was drawn, by its SHA-256 (FIPS 180-4).
#[test]
fn the_pictures_are_drawn_from_what_is_sent() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_update = std::env::var_os("UPDATE_DOCS").is_some();
    let drawn = std::fs::read_to_string(house.join("docs/cards.sha256")).unwrap_or_default();
    let (card, said) = (card::incident(&incident(&night(18)), Words::Nims), lines(&night(18)));
    let said: Vec<&Said> = said.iter().filter(|line| line.seq > 15).collect();
    for chat in CHATS {
        let lines: Vec<Value> = said.iter().map(|line| (chat.said)(line)).collect();
        let sent = json!({"card": (chat.payload)(&card), "lines": lines});
        let (sent, name) = (serde_json::to_string_pretty(&sent).unwrap(), chat.chat.to_lowercase());
        if is_update {
            let folder = house.join("target/messages");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("{name}.json")), sent).unwrap();
        } else if DRAWN.contains(&chat.chat) {
            let sum = format!("{}  {name}-card.png", hex::encode(Sha256::digest(sent.as_bytes())));
            assert!(
                drawn.lines().any(|line| line == sum),
                "docs/{name}-card.png is of another card: UPDATE_DOCS=1 cargo test --lib chat::messages, then node scripts/cards.mjs"
            );
        }
    }
}

/// serenity (0.12) drops what was chosen in a menu of a form.
#[test]
fn no_form_of_discord_has_a_menu() {
    let mut forms = 0;
    for (title, card) in cards() {
        for button in card.buttons.iter().filter(|button| !button.blanks.is_empty()) {
            let form = discord::shown::form(&card.subject, button);
            let rows = form["data"]["components"].as_array().unwrap();
            for input in rows.iter().flat_map(|row| row["components"].as_array().unwrap()) {
                assert_eq!(input["type"], 4, "{title}, {}: a text, and nothing else: {input}", button.label);
            }
            forms += 1;
            assert!(button.choices.is_empty(), "{title}, {}: a menu, or a form", button.label);
        }
    }
    assert!(forms > 5, "{forms}");
}

/// Mattermost shows 24 bytes of it.
#[test]
fn no_question_of_a_cards_form_is_cut_anywhere() {
    for (title, card) in cards() {
        for blank in card.buttons.iter().flat_map(|button| &button.blanks) {
            assert!(blank.label.len() <= 24, "{title}: {}", blank.label);
        }
    }
}

#[test]
fn no_message_is_a_wall_of_text() {
    let said = lines(&everything());
    for chat in CHATS {
        let cards = cards().into_iter().map(|(title, card)| (title, (chat.card)(&card)));
        let answers = answers().into_iter().map(|(asked, answer)| (asked, (chat.told)(&answer)));
        let said = said.iter().map(|line| ("line", (chat.line)(line)));
        let unasked = unasked(chat).into_iter().map(|line| ("line", line));
        let kinds = of_each_kind().into_iter().map(|said| ("line", (chat.line)(&said)));
        for (title, text) in cards.chain(answers).chain(said).chain(unasked).chain(kinds) {
            let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            // What people wrote in several lines is told in them.
            let lines_max = if title == "line" { 3 } else { 30 };
            let is_wall = text.lines().count() > lines_max || longest > 200;
            assert!(!is_wall, "{} {title}: {longest}\n{text}", chat.chat);
        }
    }
}

#[test]
fn planned_work_is_announced_as_what_it_is_and_not_as_an_alarm() {
    let (planned, outage) = (incident(&nights::planned()), incident(&night(1)));
    for chat in CHATS {
        let told = (chat.announcement)(&planned);
        assert!(told.starts_with("🔧 MAINT-1 Upgrade of db1 – planned work"), "{}: {told}", chat.chat);
        let told = (chat.announcement)(&outage);
        assert!(told.starts_with("🚨 INC-1 ") && told.contains(" – SEV2"), "{}: {told}", chat.chat);
    }
    let topic = space::topic(&planned, Names::plain());
    assert!(topic.starts_with("planned work · scheduled · command: "), "{topic}");
    let card = card::incident(&planned, Words::Nims);
    let named: Vec<_> = card.fields.iter().take(3).map(|field| field.name).collect();
    assert_eq!(named, ["From", "Until", "Phase"]);
}

#[test]
fn a_line_says_through_which_door_it_came_if_that_is_not_the_chat_it_is_read_in() {
    let told = |via: Option<&str>| Said {
        via: via.map(str::to_owned),
        who: "Ada".into(),
        text: vec![sentence::Part::Text("the database failed over".into())],
        ..card::testing::said("")
    };
    for chat in CHATS {
        let own = chat.chat.to_lowercase();
        for (via, title) in
            [("discord", "Discord"), ("slack", "Slack"), ("console", "console"), ("cli", "command line")]
        {
            let line = (chat.line)(&told(Some(via)));
            let mark = if via == own { "Ada".to_owned() } else { format!("Ada ({title})") };
            let colon = if own == "matrix" { ":" } else { "" };
            assert!(line.contains(&format!("{mark}{colon} the database failed over")), "{own}: {line}");
        }
        let late = Said { is_late: true, ..told(Some("console")) };
        assert!((chat.line)(&late).contains("Ada (console, late entry)"), "{own}");
        let late = Said { is_late: true, ..told(None) };
        assert!((chat.line)(&late).contains("Ada (late entry)"), "{own}");
        assert!((chat.line)(&told(None)).contains("Ada"), "{own}");
        assert!(!(chat.line)(&told(None)).contains('('), "{own}: the house is everywhere");
    }
}
