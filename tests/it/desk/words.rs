//! What is typed at the desk: whose names it knows, and which incident it asks for.

use commandpost::{
    desk::{
        Caller, Settings,
        words::{Words, by_name},
    },
    incident::{
        command::Command,
        id::IncidentId,
        refusal::Refusal,
        role::{OwnRole, Roles},
    },
    people::Person,
};

use crate::support::house::{House, caller, person};

async fn says(house: &House, here: Option<IncidentId>, words: &str) -> Result<String, Refusal> {
    let words = Words::Text(words.to_owned());
    house.desk.say(caller("Ada"), here, words, None, &by_name()).await.map(|answer| answer.text)
}

#[tokio::test]
async fn a_task_goes_to_whoever_of_the_settings_or_of_the_incident_has_a_name_of_several_words() {
    let zed = person("Zed Van Dam");
    let people = [(zed.id.clone(), zed.clone())].into();
    let house = House::open(Settings { people, ..Settings::default() }).await;
    let id = house.incident().await;
    house.say("Ben Bo", id, Command::CheckIn { who: None, note: String::new() }).await;
    let told = says(&house, None, "task add @Ben Bo 10m look at lb").await.unwrap();
    assert!(told.contains("Task #1 for Ben Bo: «look at lb». Report back by"), "{told}");
    let told = says(&house, Some(id), "task add @zed van dam drain node 4").await.unwrap();
    assert!(told.contains("«drain node 4»"), "{told}");
    let tasks = house.desk.incident(id).await.unwrap().tasks;
    let owners: Vec<String> = tasks.iter().filter_map(|task| Some(task.owner.as_ref()?.id.clone())).collect();
    assert_eq!(owners, [person("Ben Bo").id, zed.id]);
}

#[tokio::test]
async fn a_command_copied_from_what_a_chat_shows_is_understood_as_it_reads() {
    let house = House::open(Settings::default()).await;
    let id = house.incident().await;
    let told = says(&house, Some(id), "role offer pio @\u{200b}Bo").await.unwrap();
    assert!(told.contains(" is offered to Bo, "), "{told}");
    says(&house, Some(id), "note cc <\u{200b}b> @\u{200b}Bo").await.unwrap();
    assert_eq!(house.texts(id).await.last().unwrap(), "cc <b> @Bo");
}

#[tokio::test]
async fn where_several_are_open_it_is_asked_of_which_one_the_verb_was_meant() {
    let house = House::open(Settings::default()).await;
    let (one, _) = (house.incident().await, house.incident().await);
    for (words, meant) in [("note db is slow", "note …"), ("log", "log"), ("task add look", "task add …")]
    {
        let refusal = says(&house, None, words).await.unwrap_err();
        assert!(refusal.why.starts_with("Several incidents are open:"), "{refusal}");
        let first = refusal.instead.strip_prefix("Say which: `").unwrap_or_default();
        assert!(first.ends_with(&format!(" {meant}`.")), "{refusal}");
    }
    assert!(says(&house, Some(one), "log").await.is_ok());
}

#[tokio::test]
async fn of_many_open_incidents_the_first_are_named_the_others_counted_and_list_has_them_all() {
    let house = House::open(Settings::default()).await;
    for _ in 0..12 {
        house.incident().await;
    }
    let refusal = says(&house, None, "status").await.unwrap_err();
    assert_eq!(refusal.why.matches("INC-").count(), 10, "{refusal}");
    assert!(refusal.why.ends_with(", and 2 more."), "{refusal}");
    assert!(refusal.instead.ends_with(" status`. `list` shows what each is about."), "{refusal}");
    assert_eq!(says(&house, None, "list").await.unwrap().lines().count(), 12);
}

#[tokio::test]
async fn where_others_read_along_a_list_ends_alike_whatever_is_restricted_and_whoever_asks() {
    let end = async |house: &House, who: &str| {
        let words = Words::Text("list".to_owned());
        let told = house.desk.say(caller(who).overheard(), None, words, None, &by_name()).await.unwrap().text;
        told.lines().last().unwrap_or_default().to_owned()
    };
    let house = House::open(Settings::default()).await;
    let before = end(&house, "Ada").await;
    assert!(before.contains("Others read along here"), "{before}");
    let id = house.incident().await;
    says(&house, Some(id), "restrict a leak").await.unwrap();
    // Ada may see it, Bo may not.
    assert_eq!((end(&house, "Ada").await, end(&house, "Bo").await), (before.clone(), before));
    // Matrix has no slash commands to send anybody to.
    let in_matrix = Caller { via: "matrix".into(), ..caller("Bo").overheard() };
    let told =
        house.desk.say(in_matrix, None, Words::Text("list".into()), None, &by_name()).await.unwrap().text;
    let last = "Others read along here; restricted incidents are listed by the console or the command line.";
    assert_eq!(told.lines().last(), Some(last));
    let alone = says(&house, None, "list").await.unwrap();
    assert!(alone.contains("(restricted)") && !alone.contains("Others read along"), "{alone}");
}

#[tokio::test]
async fn where_everything_is_stopped_a_list_says_so() {
    let house = House::open(Settings::default()).await;
    let (one, other) = (house.incident().await, house.incident().await);
    says(&house, Some(one), "stop we lose writes").await.unwrap();
    let stopped = async || -> Vec<String> {
        let told = says(&house, None, "list").await.unwrap();
        let lines = told.lines().filter(|line| line.ends_with(" – STOPPED"));
        lines.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
    };
    assert_eq!(stopped().await, [one.to_string()]);
    says(&house, Some(one), "resume").await.unwrap();
    says(&house, Some(other), "note all is well").await.unwrap();
    assert!(stopped().await.is_empty());
}

#[tokio::test]
async fn what_is_said_of_another_incident_than_the_place_s_own_is_answered_with_its_number() {
    let house = House::open(Settings::default()).await;
    let (there, here) = (house.incident().await, house.incident().await);
    let told = async |line: &str| says(&house, Some(here), line).await.unwrap();
    assert_eq!(told(&format!("note {there} fine")).await, format!("Noted in {there}."));
    assert_eq!(told(&format!("{here} note fine")).await, "Noted.");
    assert_eq!(told("note fine").await, "Noted.");
    let task = told(&format!("{there} task add look")).await;
    assert!(task.starts_with(&format!("{there}: Task #1 is yours")), "{task}");
}

#[tokio::test]
async fn nobody_is_offered_command_by_the_words_behind_a_name() {
    let ben = Person { id: "ben".into(), name: "Ben Bo".into() };
    let people = [(ben.id.clone(), ben)].into();
    let house = House::open(Settings { people, ..Settings::default() }).await;
    let id = house.incident().await;
    says(&house, Some(id), "command offer @Cyd").await.unwrap();
    for line in ["command offer @ben and @cyd", "command offer @ben please", "transfer Ben Bo now"] {
        let refused = says(&house, Some(id), line).await.unwrap_err();
        assert!(refused.instead.starts_with("Name one person"), "{line}: {refused}");
    }
    let offer = house.desk.incident(id).await.unwrap().command_offer.unwrap();
    assert_eq!(offer.to, person("Cyd"), "the offer before stands");
    let unclear = says(&house, Some(id), "task add ben 10m look").await.unwrap_err();
    assert!(unclear.instead.starts_with("For ben: `task add @ben 10m …`."), "{unclear}");
}

#[tokio::test]
async fn whoever_gives_no_more_than_their_id_is_shown_by_the_name_of_the_settings() {
    let lovelace = Person { id: "ada".into(), name: "Ada Lovelace".into() };
    let people = [(lovelace.id.clone(), lovelace)].into();
    let house = House::open(Settings { people, ..Settings::default() }).await;
    let said = async |here, line: &str| {
        let caller = Caller::person(person("ada"), "cli");
        let words = Words::Text(line.to_owned());
        house.desk.say(caller, here, words, None, &by_name()).await.unwrap()
    };
    let opened = said(None, "declare Payments fail").await;
    assert!(opened.text.contains("Ada Lovelace has command"), "{}", opened.text);
    let incident = house.desk.incident(opened.incident.unwrap()).await.unwrap();
    assert_eq!(incident.commander.to_string(), "Ada Lovelace");
    said(opened.incident, "task add look").await;
    assert!(said(opened.incident, "tasks").await.text.contains("Ada Lovelace"));
}

#[tokio::test]
async fn a_list_of_sub_incidents_tells_what_each_is_about_to_whoever_may_see_it() {
    let house = House::open(Settings::default()).await;
    let whole = house.incident().await;
    let said = async |who: &str, line: &str| {
        let words = Words::Text(line.to_owned());
        house.desk.say(caller(who), None, words, None, &by_name()).await.unwrap().text
    };
    said("Ada", &format!("declare Search is slow --severity sev3 --under {whole}")).await;
    house.desk.fire_due_timers().await.unwrap();
    assert_eq!(
        said("Bo", &format!("{whole} sub list")).await,
        format!("{whole} has one sub-incident:\n- INC-2 Search is slow – SEV3, investigating")
    );
}

#[tokio::test]
async fn of_a_part_that_is_damaged_a_list_has_the_number_and_of_the_others_all() {
    let (house, faulty) = House::faulty(Settings::default()).await;
    let whole = house.incident().await;
    let said = async |house: &House, line: &str| {
        let words = Words::Text(line.to_owned());
        house.desk.say(caller("Ada"), None, words, None, &by_name()).await.unwrap().text
    };
    for title in ["Search is slow", "Mail is late"] {
        said(&house, &format!("declare {title} --severity sev3 --under {whole}")).await;
    }
    house.desk.fire_due_timers().await.unwrap();
    let house = house.restarted();
    faulty.damage("INC-2".parse().unwrap());
    assert_eq!(
        said(&house, &format!("{whole} sub list")).await,
        format!("{whole} has 2 sub-incidents:\n- INC-2: open\n- INC-3 Mail is late – SEV3, investigating")
    );
}

#[tokio::test]
async fn what_is_declared_restricted_where_others_read_along_is_answered_without_its_title() {
    let house = House::open(Settings::default()).await;
    let say = async |caller: Caller, line: &str| {
        let words = Words::Text(line.to_owned());
        house.desk.say(caller, None, words, None, &by_name()).await.unwrap()
    };
    let line = "declare --restricted the zanzibar data was stolen --severity sev1";
    let aloud = say(caller("Ada").overheard(), line).await;
    let expected = "INC-1 is declared; it goes on in its private place. Delete your message here: everybody can read it.";
    assert_eq!(aloud.text, expected);
    assert_eq!(
        house.desk.incident(aloud.incident.unwrap()).await.unwrap().title,
        "the zanzibar data was stolen"
    );
    // Among those who see the greater one nobody is told too much.
    let part = "declare --under INC-1 the zanzibar backup as well";
    let among = say(caller("Ada").overheard().among(aloud.incident), part).await.text;
    assert!(among.starts_with("INC-2 – the zanzibar backup as well is declared"), "{among}");
    let aloud = say(caller("Ada").overheard(), "declare --under INC-1 the zanzibar logs as well").await.text;
    assert!(aloud.starts_with("INC-3 is declared") && !aloud.contains("zanzibar"), "{aloud}");
    // For their eyes alone, and of what everybody may see, it is told as ever.
    assert!(say(caller("Ada"), line).await.text.contains("zanzibar"));
    assert!(say(caller("Ada").overheard(), "declare Payments fail").await.text.contains("Payments fail"));
}

#[tokio::test]
async fn a_restricted_order_refused_where_others_read_along_says_that_nothing_came_of_it_and_to_delete_it() {
    const DELETE: &str = "Delete your message here: everybody can read it.";
    let house = House::open(Settings::default()).await;
    let say = async |caller: Caller, line: &str| {
        let words = Words::Text(line.to_owned());
        house.desk.say(caller, None, words, None, &by_name()).await.unwrap_err().to_string()
    };
    let line = "declare --restricted --severity sev9 the zanzibar data was stolen";
    let aloud = say(caller("Ada").overheard(), line).await;
    assert!(aloud.contains("`declare --restricted Checkout fails for everybody --severity sev1`"), "{aloud}");
    assert!(aloud.ends_with(&format!("Nothing was declared. {DELETE}")), "{aloud}");
    for (who, line) in [
        (caller("Ada"), line),
        (caller("Ada").overheard(), "declare --severity sev9 the zanzibar data was stolen"),
    ] {
        let told = say(who, line).await;
        assert!(!told.contains("Delete") && !told.contains("--restricted"), "{told}");
    }
    let id = house.incident().await;
    house.say("Ada", id, Command::Restrict { reason: String::new() }).await;
    let aloud = say(caller("Ada").overheard(), &format!("{id} note zanzibar called")).await;
    assert!(aloud.contains("Nothing was noted or done.") && aloud.ends_with(DELETE), "{aloud}");
    assert!(!aloud.contains("zanzibar"), "{aloud}");
    // What only asks has told nobody anything.
    assert!(!say(caller("Ada").overheard(), &format!("{id} status")).await.contains("Delete"));
    // A word of the text is no flag: it is said once, and nothing was to be declared.
    let aloud =
        say(caller("Ada").overheard(), &format!("{id} note zanzibar was declared --restricted by me")).await;
    assert_eq!(
        (aloud.matches(DELETE).count(), aloud.contains("Nothing was declared")),
        (1, false),
        "{aloud}"
    );
    // Of either of two that are to be merged.
    let other = house.incident().await;
    for line in [format!("{other} merge {id} zanzibar too"), format!("{id} merge {other} zanzibar too")] {
        let aloud = say(caller("Ada").overheard(), &line).await;
        assert!(aloud.contains("Nothing was noted or done.") && aloud.ends_with(DELETE), "{aloud}");
    }
    // Who may not see it is told what is told of one that there is not.
    let hidden = say(caller("Bo").overheard(), &format!("{id} note zanzibar called")).await;
    let none = say(caller("Bo").overheard(), "INC-99 note zanzibar called").await;
    assert_eq!(hidden, none.replace("INC-99", &id.to_string()));
}

#[tokio::test]
async fn work_that_is_planned_restricted_where_others_read_along_is_answered_without_its_title() {
    let house = House::open(Settings::default()).await;
    let line = "maintenance schedule --begins 12:30 --ends 15:00 --restricted \"the zanzibar move\"";
    let words = Words::Text(line.to_owned());
    let told = house.desk.say(caller("Ada").overheard(), None, words, None, &by_name()).await.unwrap().text;
    assert!(told.starts_with("MAINT-1 is planned; it goes on in its private place."), "{told}");
    assert!(!told.contains("zanzibar"), "{told}");
}

#[tokio::test]
async fn a_role_that_the_settings_name_no_longer_is_given_up_by_whoever_has_it_and_taken_by_nobody() {
    let keeper = OwnRole {
        slug: "runbook".into(),
        title: "Runbook Keeper".into(),
        it_title: None,
        reports_to: "planning".parse().unwrap(),
        like: "scribe".into(),
        does: String::new(),
        must_not: String::new(),
        checklist: vec![],
        holders_max: None,
    };
    let mut with = Settings::default();
    with.policy.roles = Roles::new(vec![keeper]);
    let house = House::open(with.clone()).await;
    let id = house.incident().await;
    let role = with.policy.roles.find("runbook").unwrap();
    for name in ["Ada", "Bo"] {
        house.say(name, id, Command::TakeRole { role: role.clone() }).await;
    }
    house.desk.work_by(Settings::default());
    for line in ["role take runbook", "role offer runbook @Cy"] {
        let refused = says(&house, Some(id), line).await.unwrap_err();
        assert!(refused.why.starts_with("«runbook» is no role."), "{line}: {refused}");
    }
    says(&house, Some(id), "role relieve runbook @Bo").await.unwrap();
    says(&house, None, "role release Runbook Keeper").await.unwrap();
    assert!(house.desk.incident(id).await.unwrap().roles.is_empty());
    assert!(says(&house, Some(id), "role release runbook").await.is_err(), "nobody has it now");
}
