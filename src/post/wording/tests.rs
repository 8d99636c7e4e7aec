//! What a template may do, and what it may not.

use super::*;

fn draft(text: &str) -> Draft {
    Draft {
        title: "Checkout <errors>".into(),
        phase: PublicPhase::Identified,
        impact: Impact::Major,
        text: text.into(),
        components: vec![("Checkout".into(), ComponentState::PartialOutage)],
        next_update_minutes: Some(30),
        corrects: None,
        texts: BTreeMap::new(),
    }
}

fn with(destination: &str, body: &str) -> Result<Wording, Vec<Mistake>> {
    let templates = BTreeMap::from([(destination.to_owned(), Templates::body(body))]);
    Wording::new(templates, Some("https://status.example.com/status".into()), ["Example_Help".into()])
}

fn filled(destination: &str, body: &str, draft: &Draft) -> Result<String, (String, String)> {
    let wording = with(destination, body).unwrap();
    Ok(wording.texts(&[destination.to_owned()], "INC-7", draft)?.remove(destination).unwrap())
}

fn mistake(body: &str) -> Mistake {
    with("x", body).err().unwrap_or_else(|| panic!("{body} is taken")).remove(0)
}

#[test]
fn without_settings_a_post_is_worded_as_ever() {
    let both = ["x".to_owned(), "statuspage".to_owned()];
    let texts = Wording::default().texts(&both, "INC-1", &draft("A & B <c>")).unwrap();
    assert_eq!(texts["x"], "[Identified] A & B <c>");
    assert_eq!(texts["statuspage"], "A & B <c>");
    assert_eq!(texts.len(), 2, "the page has the text itself");
    let correction = Draft { corrects: Some(1), ..draft("No.") };
    let wording = with("page", PAGE).unwrap();
    let texts = wording.texts(&both, "INC-1", &correction).unwrap();
    assert_eq!(texts["x"], "[Identified, correction] No.\nhttps://status.example.com/status");
    assert_eq!(texts["statuspage"], "Correction: No.");
}

#[test]
fn a_template_of_the_settings_says_what_its_writer_meant() {
    let post = draft("We found it.");
    let all = "{{upper phase}} ({{impact}}) {{title}}: {{text}} {{#each components}}{{name}} is {{state}}\
               {{#unless @last}}, {{/unless}}{{/each}}. {{#if next_update_minutes}}Next in \
               {{next_update_minutes}} minutes.{{else}}That is all.{{/if}} {{incident}} {{link}}";
    assert_eq!(
        filled("statuspage", all, &post).unwrap(),
        "IDENTIFIED (major) Checkout <errors>: We found it. Checkout is partial outage. Next in 30 minutes. \
         INC-7 https://status.example.com/status"
    );
    assert_eq!(filled("x", "{{truncate text 8}}", &post).unwrap(), "We foun…");
    assert_eq!(
        filled("x", "{{#if (eq impact \"major\")}}Big: {{/if}}{{text}}", &post).unwrap(),
        "Big: We found it."
    );
    let mut of_phase = BTreeMap::new();
    of_phase.insert(PublicPhase::Resolved, "Over: {{text}}".to_owned());
    let templates = Templates { body: "{{text}}".into(), of_phase };
    let wording = Wording::new(BTreeMap::from([("page".to_owned(), templates)]), None, []).unwrap();
    let resolved = Draft { phase: PublicPhase::Resolved, ..post.clone() };
    assert_eq!(wording.texts(&[], "INC-1", &resolved).unwrap()["page"], "Over: We found it.");
    assert_eq!(wording.texts(&[], "INC-1", &post).unwrap()["page"], "We found it.");
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_there_is_instead() {
    let unknown = mistake("{{phase}}\n  {{titel}}");
    assert_eq!(unknown.at, Some((2, 3)));
    assert!(unknown.what.contains("no field `titel`") && unknown.hint.contains("title, phase"));
    // On a way that no sample takes.
    assert!(
        mistake("{{#if correction}}a{{else}}{{#if link}}{{text}}{{nothing}}{{/if}}{{/if}}")
            .what
            .contains("`nothing`")
    );
    assert!(mistake("{{#if text}}open").at.is_some());
    assert!(mistake("{{text").at.is_some());
    assert!(mistake("{{#each components}}{{text}}{{/each}}").hint.contains("../text"));
    for (body, what) in [
        ("{{> other}}", "include"),
        ("{{#*inline \"a\"}}{{/inline}}{{text}}", "include"),
        ("{{log text}}", "`log`"),
        ("{{lookup components 0}}", "`lookup`"),
        ("{{#with text}}{{this}}{{/with}}", "#with"),
        ("{{#each components}}{{#each ../components}}a{{/each}}{{/each}}", "once"),
        ("{{text.length}}", "text.length"),
        ("{{../text}}", "../text"),
        ("{{#if correction}}{{/if}}", "empty"),
        ("Ask @nobody. {{text}}", "@nobody"),
    ] {
        let got = mistake(body);
        assert!(got.what.contains(what), "{body}: {}", got.what);
    }
    assert!(mistake(&"x".repeat(300)).what.contains("20 characters too long"));
}

#[test]
fn no_template_makes_without_end_or_breaks_the_house_down() {
    assert!(mistake(&"(".repeat(5_000)).what.contains("longer than"));
    assert!(
        mistake(&format!("{{{{upper {}text{}}}}}", "(upper ".repeat(300), ")".repeat(300)))
            .what
            .contains("within")
    );
    assert!(mistake(&"{{#if text}}".repeat(200)).what.contains("within"));
    let much = "Now: {{#each components}}{{../text}}{{../text}}{{../text}}{{/each}}";
    let mut post = draft(&"x".repeat(20_000));
    post.components = (0..50).map(|n| (format!("c{n}"), ComponentState::Operational)).collect();
    let (why, _) = filled("statuspage", much, &post).unwrap_err();
    assert!(why.contains("more than 100000 bytes"), "{why}");
}

#[test]
fn a_draft_that_x_would_refuse_or_that_mentions_somebody_is_refused() {
    let wording = with("x", X).unwrap();
    let on_x = |text: &str| wording.texts(&["x".to_owned()], "INC-1", &draft(text));
    let (why, _) = on_x(&"x".repeat(260)).unwrap_err();
    assert!(why.contains("17 characters too long for X"), "{why}");
    let (why, instead) = on_x("Ask @ada for more.").unwrap_err();
    assert!(why.contains("«@ada»") && instead.contains("`mentions` of [x]"), "{why} {instead}");
    assert!(on_x("Ask @example_help or help@example.com.").is_ok());
}
