//! What every format has to keep: the same facts, nothing that was hidden, nothing that acts.

use super::{samples::*, *};
use crate::{
    alert::window::Span,
    incident::{
        event::Event, kind::Kind, names::Names, phase::Phase, role::Words, severity::Severity,
        timeline::by_time,
    },
};

const BERLIN: chrono_tz::Tz = chrono_tz::Europe::Berlin;
const SECRET: &str = "hunter2";

fn all(source: &Source<'_>) -> Vec<String> {
    Format::ALL.iter().map(|format| String::from_utf8(format.write(source).unwrap()).unwrap()).collect()
}

/// The cells of every table row of a document, by table; as a reader of GFM splits them.
fn tables(document: &str) -> Vec<Vec<Vec<&str>>> {
    let mut tables = vec![vec![]];
    let mut fence = None;
    for line in document.lines() {
        match fence {
            None if line.starts_with("```") => fence = Some(line.trim_end_matches("text")),
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if line.starts_with('|') => {
                let cells = line.trim_matches('|').split('|').map(str::trim).collect();
                tables.last_mut().unwrap().push(cells);
            }
            None => tables.push(vec![]),
        }
    }
    tables.retain(|table| !table.is_empty());
    tables
}

fn rows(csv: &str) -> Vec<::csv::StringRecord> {
    ::csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).collect()
}

#[test]
fn a_format_is_known_by_the_names_people_type() {
    for (typed, format) in [
        ("md", Format::Markdown),
        ("Markdown", Format::Markdown),
        (" json ", Format::Json),
        ("CSV", Format::Csv),
    ] {
        assert_eq!(typed.parse(), Ok(format));
    }
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
        assert_eq!(format.extension().parse(), Ok(format));
    }
    assert!("pdf".parse::<Format>().unwrap_err().contains("markdown, json or csv"));
    let hostile = "\u{1b}[2J\n\u{202e}pdf".parse::<Format>().unwrap_err();
    assert!(!hostile.contains(['\u{1b}', '\n', '\u{202e}']), "{hostile:?}");
    assert_eq!(Format::Markdown.file_name("DRILL-7".parse().unwrap()), "DRILL-7-timeline.md");
    assert!(Format::Csv.content_type().starts_with("text/csv"));
}

#[test]
fn the_review_document_tells_the_night_from_alert_to_close() {
    let paper = checkout().paper();
    insta::assert_snapshot!(markdown(&paper.source(BERLIN)));
}

#[test]
fn the_review_document_has_the_teams_words_and_data_has_the_ids() {
    let j = checkout();
    let names = Names::default()
        .severity_named(Severity::Sev2, Some("Major".into()))
        .phase_named(Phase::Monitoring, Some("Watching".into()));
    let ours = Policy { words: Words::It, names, ..Policy::default() };
    let written = |format: Format, policy: &Policy| {
        let mut paper = j.paper();
        paper.lines = format.lines(j.plain.clone(), &paper.incident, policy, BERLIN);
        let source = Source { shown: Shown::from(policy), ..paper.source(BERLIN) };
        String::from_utf8(format.write(&source).unwrap()).unwrap()
    };
    let page = written(Format::Markdown, &ours);
    let title = |slug: &str, words| role(slug).shown(words);
    for slug in ["ic", "pio"] {
        assert!(page.contains(&title(slug, Words::It)), "{page}");
        assert!(!page.contains(&title(slug, Words::Nims)), "{page}");
    }
    assert!(page.contains("SEV2 Major") && page.contains("to Watching"), "{page}");
    for (format, plain) in Format::ALL.into_iter().zip(all(&j.paper().source(BERLIN))) {
        assert_eq!(written(format, &Policy::default()), plain);
        if format != Format::Markdown {
            assert_eq!(written(format, &ours), plain, "{format}");
        }
    }
}

#[test]
fn the_same_journal_gives_the_same_bytes() {
    assert_eq!(all(&checkout().paper().source(BERLIN)), all(&checkout().paper().source(BERLIN)));
}

#[test]
fn a_file_that_left_the_timeline_with_its_message_is_no_evidence_any_more() {
    let mut j = checkout();
    let link =
        |label: &str| Event::LinkAdded { label: label.into(), url: "https://e.example/f".into(), sum: None };
    j.say("Bo", None, link("stays.txt"));
    let gone = j.say("Bo", None, link("gone.txt"));
    j.say("Bo", None, correction(gone, "(deleted)"));
    let paper = j.paper();
    let source = paper.source(BERLIN);
    let facts = facts::gather(&source, &facts::lines_by_seq(&source));
    let labels: Vec<&str> = facts.links.iter().map(|link| link.label.as_str()).collect();
    assert!(labels.contains(&"stays.txt") && !labels.contains(&"gone.txt"), "{labels:?}");
}

#[test]
fn what_was_redacted_is_in_no_format() {
    let mut j = checkout();
    let tell = format!("the password is {SECRET}");
    let told = j.say("Bo", None, note(&tell));
    let corrected = j.say("Bo", None, note(&tell));
    j.say("Bo", None, correction(corrected, &format!("it is {SECRET}, really")));
    let decided = j.say("Bo", None, Event::DecisionRecorded { text: tell.clone() });
    let (service, link) = (tell.clone(), format!("https://e.example/?p={SECRET}"));
    let can =
        Event::CanReported { service, conditions: tell.clone(), actions: tell.clone(), needs: tell.clone() };
    let reported = j.say("Bo", None, can);
    let linked = j.say("Bo", None, Event::LinkAdded { label: tell.clone(), url: link, sum: None });
    let owner = person("Bo");
    let assigned = j.say("Bo", None, Event::TaskAssigned { n: 2, text: tell.clone(), owner, due_at: None });
    let done = j.say("Bo", None, Event::TaskReported { n: 2, result: tell.clone() });
    let clean = j.say("Bo", None, note("fine"));
    let slip = j.say("Bo", None, correction(clean, &tell));
    assert!(all(&j.paper().source(BERLIN)).iter().all(|text| text.contains(SECRET)), "the secret is planted");
    let targets = [told, corrected, decided, reported, linked, assigned, done, slip];
    for target in targets {
        j.say("Ada", Some("ic"), redaction(target));
    }
    let mut paper = j.paper();
    for text in all(&paper.source(BERLIN)) {
        assert!(!text.contains(SECRET), "{}", text.lines().find(|line| line.contains(SECRET)).unwrap());
        assert!(!text.contains("Jane Roe"));
        assert!(
            text.contains("[redacted: a customer's name]")
                || text.contains(r"\[redacted: a customer's name\]")
        );
    }
    // The seal stays, the salt with which a short text could be guessed does not.
    let export: serde_json::Value = serde_json::from_str(&json(&paper.source(BERLIN))).unwrap();
    for target in targets {
        let (entry, sealed) = (&export["entries"][target as usize - 1], &paper.entries[target as usize - 1]);
        assert!(entry["body"].is_null() && entry["entry"].is_null() && entry["salt"].is_null());
        assert_eq!(
            (&entry["body_hash"], &entry["hash"]),
            (&sealed.body_hash.clone().into(), &sealed.hash.clone().into())
        );
        assert!(entry["line"]["redacted_by"].is_u64());
    }
    // Without its line nobody knows whether an entry may be read.
    paper.lines.clear();
    assert!(!json(&paper.source(BERLIN)).contains("Some payments fail.\\\\nWe"));
}

#[test]
fn what_lasted_says_when_it_was_over_in_every_format_and_after_a_correction_still() {
    let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-03-29T00:55:00Z");
    let until = Some("2026-03-29T01:40:00Z".parse().unwrap());
    let lasted = |text: &str| Event::Noted { text: text.into(), until, is_mark: false };
    let seq = j.late("Bo", 30, lasted("the queue was full"));
    j.say("Bo", None, correction(seq, "the queue was half full"));
    let hidden = j.late("Bo", 30, lasted("Jane Roe called"));
    j.say("Ada", Some("ic"), redaction(hidden));
    let paper = j.paper();
    let [markdown, json, csv] = <[String; 3]>::try_from(all(&paper.source(BERLIN))).unwrap();
    let row = format!("| {seq} | ");
    let row = markdown.lines().find(|line| line.starts_with(&row)).unwrap();
    assert!(row.contains("the queue was half full (until 2026-03-29 03:40:00 +02:00)"), "{row}");
    let export: serde_json::Value = serde_json::from_str(&json).unwrap();
    let line = |seq: u64| export["entries"][seq as usize - 1]["line"].clone();
    assert_eq!(line(seq)["until"], "2026-03-29T01:40:00Z");
    assert_eq!(export["entries"][seq as usize - 1]["entry"]["until"], "2026-03-29T01:40:00Z");
    assert!(line(hidden)["until"].is_null() && line(1)["until"].is_null());
    let column = super::csv::COLUMNS.iter().position(|name| *name == "until_utc").unwrap();
    let cell = |seq: u64| rows(&csv)[seq as usize - 1][column].to_owned();
    assert_eq!(cell(seq), "2026-03-29T01:40:00.000Z");
    assert_eq!((cell(1), cell(hidden)), (String::new(), String::new()));
}

#[test]
fn a_decision_that_somebody_else_corrected_says_whose_words_it_has_in_every_format() {
    let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-03-29T00:55:00Z");
    let decided = j.say("Ada", Some("ic"), Event::DecisionRecorded { text: "Roll back".into() });
    let correction = j.say("Ben", Some("scribe"), correction(decided, "Roll back to 4.1"));
    let paper = j.paper();
    let [markdown, json, csv] = <[String; 3]>::try_from(all(&paper.source(BERLIN))).unwrap();
    let decisions = markdown.split("\n## ").find(|section| section.starts_with("Decisions")).unwrap();
    assert!(decisions.contains("| Ada | Roll back to 4.1. (corrected by Ben) |"), "{decisions}");
    assert!(markdown.contains(&format!("(corrected by Ben in entry {correction})")), "{markdown}");
    let export: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(export["entries"][decided as usize - 1]["line"]["reworded_by"]["name"], "Ben");
    assert_eq!(rows(&csv)[decided as usize - 1].iter().next_back(), Some("Ben"));
}

#[test]
fn alerts_within_a_window_say_until_when_in_every_format() {
    let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-03-29T00:55:00Z");
    let until = "2026-03-29T02:00:00Z".parse().unwrap();
    let seq = j.house(Event::AlertsLinked {
        situation: 1,
        title: "5xx".into(),
        source: "alertmanager".into(),
        firing: 1,
        total: 1,
        alerts: vec![],
        within: Some(crate::incident::event::InWindow { name: "network".into(), until }),
        because: String::new(),
    });
    for text in all(&j.paper().source(BERLIN)) {
        assert!(text.contains("until 2026-03-29 04:00:00 +02:00"), "{seq}: {text}");
    }
}

#[test]
fn hazards_tasks_and_corrected_reports_stand_in_every_format_as_they_are_now() {
    let mut j = checkout();
    let named = |n, text: &str, mitigation: &str| Event::HazardNamed {
        n,
        text: text.into(),
        mitigation: mitigation.into(),
        by: None,
    };
    j.say("Bo", None, named(1, "db2 may fill up", "watch its disk"));
    let hidden = j.say("Bo", None, named(2, SECRET, SECRET));
    j.say("Bo", None, Event::HazardCleared { n: 1, reason: "grown".into() });
    j.say("Ada", Some("ic"), redaction(hidden));
    let owner = person("Cleo");
    j.say("Ada", None, Event::TaskAssigned { n: 2, text: "Look".into(), owner: owner.clone(), due_at: None });
    j.say("Cleo", None, Event::TaskDeclined { n: 2, owner, reason: "asleep".into(), to: None });
    let owner = Some(person("Bo"));
    j.say("Bo", None, Event::TaskReopened { n: 1, reason: "it is back".into(), owner, due_at: None });
    let report = j.plain.iter().find(|entry| entry.event.name() == "can").unwrap().seq;
    let can = crate::incident::event::CanParts {
        conditions: Some("2 of 10 payments fail".into()),
        ..Default::default()
    };
    let (text, reason) = ("2 of 10 payments fail".to_owned(), String::new());
    j.say(
        "Bo",
        None,
        Event::EntryCorrected { target: report, text, occurred_at: None, reason, can: Some(can) },
    );
    let paper = j.paper();
    let [markdown, json, csv] = <[String; 3]>::try_from(all(&paper.source(BERLIN))).unwrap();
    for text in [&markdown, &json, &csv] {
        assert!(
            !text.contains(SECRET) && text.contains("Hazard 1: db2 may fill up. Against it: watch its disk.")
        );
        assert!(text.contains("conditions: 2 of 10 payments fail; actions: rolling back"));
        assert!(text.contains("conditions: 4 of 10 payments fail"), "what it said first stays");
    }
    let section = |title: &str| {
        let found = markdown.split("\n## ").find(|section| section.starts_with(title));
        found.unwrap_or_else(|| panic!("no {title}")).to_owned()
    };
    assert!(section("Hazards").contains("| 1 | db2 may fill up | watch its disk | Bo | cleared 2026-"));
    assert!(section("Hazards").contains("| 2 | \\[redacted\\] | – | Bo | open |"), "{}", section("Hazards"));
    assert!(section("Tasks").contains("| Look | nobody | – | assigned |"), "{}", section("Tasks"));
    assert!(section("Tasks").contains("| Roll back release 412 | Bo | – | understood | – |"));
    let export: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(export["incident"]["hazards"][0]["text"], "db2 may fill up");
    assert!(export["incident"]["hazards"][0]["cleared_at"].is_string());
    assert!(export["incident"]["tasks"][1]["owner"].is_null());
}

#[test]
fn who_speaks_for_unified_command_keeps_their_organization_when_they_change_places() {
    let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-01-01T00:00:00Z");
    let handed = |from: &str, to: &str| Event::CommandTransferred {
        from: person(from),
        to: person(to),
        briefing_sections: 7,
        without_outgoing_brief: false,
        reason: String::new(),
    };
    j.say("Zoe", None, Event::CommandJoined { by: person("Zoe"), organization: "Acme".into() });
    j.say("Zoe", None, handed("Ada", "Zoe"));
    j.say("Ada", None, handed("Zoe", "Ada"));
    let paper = j.paper();
    assert_eq!(paper.incident.command_words(), "Ada (speaks for all), Zoe (Acme)");
    let page = markdown(&paper.source(BERLIN));
    let of = |who: &str| -> Vec<&str> {
        let rows = page.lines().filter(|row| row.starts_with("| Incident Commander"));
        rows.filter(|row| row.contains(&format!("| {who} |"))).collect()
    };
    assert_eq!(of("Zoe").len(), 3, "{page}");
    let of_acme = "| Incident Commander, Unified Command (Acme) | Zoe |";
    assert!(of("Zoe").iter().all(|row| row.starts_with(of_acme)), "{page}");
    assert!(of("Ada").len() == 3 && !of("Ada").iter().any(|row| row.contains("Acme")), "{page}");
    let export: serde_json::Value = serde_json::from_str(&json(&paper.source(BERLIN))).unwrap();
    assert_eq!(export["incident"]["commanders"][1]["organization"], "Acme");
}

#[test]
fn operational_periods_stand_with_their_ends_and_what_was_stressed_in_each() {
    let mut j = checkout();
    let begun = |n, emphasis: &str, hour: u32, objectives: Vec<u32>| Event::PeriodStarted {
        n,
        ends_at: format!("2026-03-29T{hour:02}:00:00Z").parse().unwrap(),
        emphasis: emphasis.into(),
        objectives,
    };
    j.say("Ada", Some("ic"), begun(1, "no risky change", 9, vec![1]));
    j.say("Ada", Some("ic"), Event::PeriodEnded { n: 1, reason: String::new() });
    let hidden = j.say("Ada", Some("ic"), begun(2, SECRET, 13, vec![]));
    j.say("Ada", Some("ic"), redaction(hidden));
    let paper = j.paper();
    let page = markdown(&paper.source(BERLIN));
    let section = page.split("\n## ").find(|section| section.starts_with("Operational periods")).unwrap();
    assert!(section.contains("| 1 | 2026-03-29 03:08:00 +02:00 | 2026-03-29 11:00:00 +02:00 | 2026-03-29 03:08:20 +02:00 | no risky change | 1 |"), "{section}");
    assert!(section.contains("| 2026-03-29 15:00:00 +02:00 | – | \\[redacted\\] | – |"), "{section}");
    let export: serde_json::Value = serde_json::from_str(&json(&paper.source(BERLIN))).unwrap();
    assert_eq!(export["incident"]["periods"][0]["emphasis"], "no risky change");
    assert!(all(&paper.source(BERLIN)).iter().all(|text| !text.contains(SECRET)));
    assert!(!markdown(&checkout().paper().source(BERLIN)).contains("Operational periods"));
}

#[test]
fn whom_an_incident_is_for_and_what_it_was_merged_with_stand_in_the_head() {
    let mut j = checkout();
    let people = vec![person("Bo"), person("Cleo")];
    j.say("Ada", Some("ic"), Event::Restricted { people, reason: String::new() });
    let from = "INC-3".parse().unwrap();
    j.say(
        "Bo",
        Some("ic"),
        Event::MergedIn {
            from,
            title: "x".into(),
            severity: Severity::Sev3,
            entries: 4,
            copies: vec![],
            by: None,
        },
    );
    let into = "INC-9".parse().unwrap();
    j.say("Bo", Some("ic"), Event::MergedInto { into, reason: String::new() });
    let paper = j.paper();
    let page = markdown(&paper.source(BERLIN));
    let head = page.split("\n## ").next().unwrap();
    assert!(head.contains("- Restricted: only for Bo, Cleo\n"), "{head}");
    assert!(head.contains("- Merged in: INC-3\n- Goes on as: INC-9\n"), "{head}");
    let export: serde_json::Value = serde_json::from_str(&json(&paper.source(BERLIN))).unwrap();
    let about = &export["incident"];
    assert_eq!((&about["merged_into"], &about["merged_in"][0]), (&"INC-9".into(), &"INC-3".into()));
    assert_eq!(about["restricted_to"][0]["name"], "Bo");
    let open = markdown(&checkout().paper().source(BERLIN));
    assert!(!open.contains("Restricted") && !open.contains("Merged in") && !open.contains("Goes on as"));
}

#[test]
fn the_review_of_planned_work_says_its_time_and_no_severity() {
    let mut j = Journal::declared(Kind::Planned, "db upgrade", "2026-05-01T08:00:00Z");
    let at = |time: &str| time.parse().unwrap();
    let span = Span { from: at("2026-05-02T00:00:00Z"), until: at("2026-05-02T02:00:00Z") };
    j.say("Ada", Some("ic"), Event::WorkPlanned { span, services: vec!["db".into(), "api".into()] });
    let told = markdown(&j.paper().source(BERLIN));
    assert!(told.contains("- Planned: 2026-05-02 02:00"), "{told}");
    assert!(told.contains("- Services: db, api\n"), "{told}");
    assert!(!told.contains("Severity") && !told.contains("SEV"), "{told}");
}

#[test]
fn a_drill_says_so_at_the_top_at_the_bottom_and_in_every_row() {
    let paper = Journal::declared(Kind::Drill, "Region lost", "2026-05-01T08:00:00Z").paper();
    let [markdown, json, csv] = <[String; 3]>::try_from(all(&paper.source(BERLIN))).unwrap();
    assert!(markdown.starts_with("**EXERCISE EXERCISE EXERCISE**\n"));
    assert!(markdown.ends_with("\n**EXERCISE EXERCISE EXERCISE**\n"));
    assert!(json.contains("\"banner\":\"EXERCISE EXERCISE EXERCISE\""));
    assert!(rows(&csv).iter().all(|row| &row[0] == "DRILL-1" && &row[1] == "drill"));
    assert!(!super::markdown(&checkout().paper().source(BERLIN)).contains("EXERCISE"));
}

#[test]
fn the_hour_that_comes_twice_is_told_apart() {
    let mut j = Journal::declared(Kind::Real, "Autumn", "2026-10-25T00:30:00Z");
    j.at = "2026-10-25T01:30:00Z".parse().unwrap();
    j.say("Ada", None, note("an hour later"));
    let [markdown, _, csv] = <[String; 3]>::try_from(all(&j.paper().source(BERLIN))).unwrap();
    assert!(markdown.contains("| 1 | 2026-10-25 02:30:00 +02:00 | 2026-10-25 00:30:00Z |"), "{markdown}");
    assert!(markdown.contains("| 2 | 2026-10-25 02:30:00 +01:00 | 2026-10-25 01:30:00Z |"), "{markdown}");
    assert_eq!(&rows(&csv)[1][3], "2026-10-25T02:30:00.000+01:00");
}

#[test]
fn reviewers_can_have_late_entries_at_their_true_time() {
    let mut paper = checkout().paper();
    by_time(&mut paper.lines);
    let document = markdown(&paper.source(BERLIN));
    let place = |text: &str| document.find(text).unwrap_or_else(|| panic!("{text} is in the document"));
    assert!(place("«late» First customer called support") < place("~~The release went out"));
    // The seals stay in the order of the chain.
    let export: serde_json::Value = serde_json::from_str(&json(&paper.source(BERLIN))).unwrap();
    assert!((1..).zip(export["entries"].as_array().unwrap()).all(|(seq, entry)| entry["seq"] == seq));
}

#[test]
fn key_moments_stand_first_and_what_was_redacted_is_none() {
    let mut j = checkout();
    let (kept, hidden) = (j.say("Bo", None, note("the pager was silent")), j.say("Bo", None, note(SECRET)));
    for target in [kept, hidden] {
        j.say("Ada", Some("ic"), Event::EntryPinned { target });
    }
    j.say("Ada", Some("ic"), redaction(hidden));
    let document = markdown(&j.paper().source(BERLIN));
    let section = document.split("\n## ").nth(1).unwrap();
    assert!(section.starts_with("Key moments") && section.contains("the pager was silent"), "{section}");
    assert_eq!(section.lines().filter(|line| line.starts_with('|')).count(), 3, "{section}");
}

/// What people type who wish us ill.
const HOSTILE: &[&str] = &[
    "a | b || c \\| d \\\\| e",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![x](javascript:alert(1))",
    "](javascript:alert(1))",
    "` `` ``` ```` ~~~ |`|",
    "line\n| new | row |\r\n---\r# head\n- list\u{2028}x",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "＝1+1",
    "\u{202E}gnp.exe",
    "@everyone @here <@&123> <!channel>",
    "**bold** ~~gone~~ &lt;b&gt; &#60;",
    "```\n</details>\n````\n# out",
    "\"quotes\", commas; semicolons\t\0",
];

#[test]
fn hostile_text_renders_inert_in_every_format() {
    for text in HOSTILE {
        let mut j = Journal::declared(Kind::Real, text, "2026-01-01T00:00:00Z");
        j.plain[0].actor.person.name = (*text).to_owned();
        let text = || (*text).to_owned();
        j.say("Bo", None, Event::Summarized { text: text() });
        let n = j.say("Bo", None, note(&text()));
        j.say("Bo", None, correction(n, &text()));
        j.say("Bo", None, Event::DecisionRecorded { text: text() });
        j.say("Bo", None, Event::LinkAdded { label: text(), url: text(), sum: None });
        j.say("Bo", None, Event::ObjectiveSet { n: 1, text: text() });
        j.say("Bo", None, Event::TaskAssigned { n: 1, text: text(), owner: person("Bo"), due_at: None });
        let mut hostile = alert(&text(), true);
        (hostile.fingerprint, hostile.url) = (text(), Some(text()));
        let (title, source) = (text(), text());
        j.house(Event::AlertsLinked {
            situation: 1,
            title,
            source,
            firing: 1,
            total: 1,
            alerts: vec![hostile],
            within: None,
            because: text(),
        });
        j.say("Bo", None, Event::UpdateDrafted { n: 1, draft: draft(&text()) });
        let paper = j.paper();
        let [markdown, json, csv] = <[String; 3]>::try_from(all(&paper.source(BERLIN))).unwrap();

        let tables = tables(&markdown);
        assert!(tables.len() > 6, "{markdown}");
        for table in &tables {
            assert!(table.iter().all(|row| row.len() == table[0].len()), "{table:?}");
        }
        assert_eq!(tables.last().unwrap().len(), paper.lines.len() + 2, "a row an entry");
        // Outside of the exact text of the post there is no markup but ours.
        let post = escape::fenced(&text());
        let outside = markdown.replace(&post, "");
        assert!(outside.len() < markdown.len(), "{markdown}");
        assert!(!outside.replace("<br>", "").contains(['<', '\u{202E}']), "{outside}");
        let unescaped = outside.replace(r"\\", "").replace(r"\]", "");
        assert!(!unescaped.contains("](javascript") && !outside.contains("```"), "{outside}");
        assert!(!outside.contains(" @everyone") && !outside.contains(" @here"), "{outside}");
        assert_eq!(outside.lines().filter(|line| line.starts_with("# ")).count(), 1, "{outside}");

        let export: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(export["entries"][2]["entry"]["text"], text(), "the master copy has it as it was written");
        assert_eq!(export["entries"][2]["body"], paper.entries[2].body);
        for row in rows(&csv) {
            assert_eq!(row.len(), csv::COLUMNS.len());
            for cell in &row {
                assert!(
                    !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']),
                    "{cell:?}"
                );
            }
        }
        assert!(!csv.replace("\r\n\"", "\"").contains('\u{202E}'));
    }
}

#[test]
fn a_long_timeline_is_exported_whole() {
    const ENTRIES: u64 = 10_000;
    let mut j = Journal::declared(Kind::Real, "Long", "2026-01-01T00:00:00Z");
    while j.plain.len() as u64 <= ENTRIES {
        let n = j.say("Bo", None, note("seen"));
        j.say(
            "Bo",
            None,
            if n.is_multiple_of(4) { correction(n, "seen twice") } else { redaction(n - n % 3) },
        );
    }
    j.plain.truncate(ENTRIES as usize);
    let paper = j.paper();
    let [markdown, json, csv] = <[String; 3]>::try_from(all(&paper.source(BERLIN))).unwrap();
    assert_eq!(tables(&markdown).last().unwrap().len() as u64, ENTRIES + 2);
    assert_eq!(json.lines().filter(|line| line.starts_with("{\"seq\":")).count() as u64, ENTRIES);
    assert_eq!(csv.matches("\r\n").count() as u64, ENTRIES + 1);
}

#[test]
fn the_script_in_the_documentation_verifies_an_export() {
    let is_there =
        std::process::Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success());
    if !is_there {
        println!("SKIPPED: the_script_in_the_documentation_verifies_an_export: python3 not found");
        return;
    }
    let document = include_str!("../../docs/verify.md");
    let script = document.split("```python\n").nth(1).and_then(|rest| rest.split("\n```").next()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let verify = |export: &str| {
        let file = dir.path().join("export.json");
        std::fs::write(&file, export).unwrap();
        let ran = std::process::Command::new("python3").arg("-c").arg(script).arg(&file).output().unwrap();
        (
            ran.status.success(),
            String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap(),
        )
    };
    let paper = checkout().paper();
    let export = json(&paper.source(BERLIN));
    let (ok, said) = verify(&export);
    assert!(ok && said.starts_with("ok: INC-1, 32 entries, 1 redacted"), "{said}");

    let changed = |from: &str, to: &str, names: &str| {
        let other = export.replacen(from, to, 1);
        assert_ne!(other, export, "{from} is in the export");
        let (ok, said) = verify(&other);
        assert!(!ok && said.contains(names), "{said}");
    };
    changed(
        "\\\"type\\\":\\\"decision.recorded\\\",\\\"text\\\":\\\"Roll",
        "\\\"type\\\":\\\"decision.recorded\\\",\\\"text\\\":\\\"Bowl",
        "entry 21: the text was changed",
    );
    changed(
        "\"type\":\"decision.recorded\",\"text\":\"Roll",
        "\"type\":\"decision.recorded\",\"text\":\"Bowl",
        "entry 21: the readable copy differs",
    );
    changed(
        &format!("\"hash\":\"{}", &paper.entries[4].hash[..8]),
        "\"hash\":\"00000000",
        "entry 5: the hash does not fit",
    );
    changed(
        &format!("\"body_hash\":\"{}", &paper.entries[18].body_hash[..8]),
        "\"body_hash\":\"00000000",
        "entry 19: the hash does not fit",
    );
    let ninth = export.lines().find(|line| line.starts_with("{\"seq\":9,")).unwrap();
    changed(&format!("{ninth}\n"), "", "entry 9: missing");
}
