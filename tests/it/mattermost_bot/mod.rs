//! The Mattermost door on a modelled Mattermost: a whole incident, by the hands of modelled people.

pub mod house;
mod pinned;
mod trouble;

use std::collections::BTreeSet;

use serde_json::json;

use commandpost::{config::MattermostSpace, model::mattermost::Post};

use self::house::{House, MARK};
use crate::support::house::pasted_key;

fn shown(card: &Post) -> String {
    serde_json::to_string(&card.props["attachments"]).expect("JSON")
}

/// The ids of the card's buttons.
fn buttons(card: &Post) -> Vec<String> {
    card.actions().iter().filter_map(|action| action["id"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn an_incident_gets_a_channel_with_a_card_that_follows_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, card) = house.declare("Checkout fails @channel & _more_").await;
    house.quiet().await;
    assert!(channel.name.starts_with("inc-1-checkout-fails"), "{}", channel.name);
    assert!(channel.title.starts_with("INC-1 Checkout fails"), "{}", channel.title);
    assert!(
        shown(&card).contains("INC-1 Checkout fails") && shown(&card).contains("Ada Lovelace"),
        "{card:?}"
    );
    let announced: Vec<Post> = house
        .mattermost
        .posts(&house.post)
        .into_iter()
        .filter(|post| post.user == house.mattermost.bot())
        .collect();
    assert_eq!(announced.len(), 1);
    let text = &announced[0].text;
    assert!(text.contains("**INC-1** Checkout fails @\u{200b}channel & \\_more\\_"), "{text}");
    assert!(text.contains(&format!("~{}", channel.name)), "{text}");
    house
        .eventually("the header, the invitation and the pin", || {
            let now = house.mattermost.channel_named("inc-1")?;
            let is_whole = now.header.contains("command: Ada Lovelace")
                && now.header.contains("[Console](https://incidents.example.com/console/i/INC-1)")
                && now.members.contains(&house.ada)
                && now.posts.iter().any(|post| post.id == card.id && post.is_pinned);
            is_whole.then_some(())
        })
        .await;

    let told = house.ask(&house.bob, &channel.id, "severity sev1 payments too").await;
    assert!(!told.is_empty());
    house.ask(&house.bob, &channel.id, "note the database failed over @here *now*").await;
    house.quiet().await;
    assert_eq!(house.cards(&channel.id).len(), 1, "edited in place");
    let now = &house.cards(&channel.id)[0];
    assert!(now.edited_at > 0 && now.id == card.id && shown(now).contains("SEV1"), "{now:?}");
    let lines = house.lines(&channel.id);
    let note = lines.last().expect("a line");
    assert!(note.contains("**Bob** the database failed over @\u{200b}here \\*now\\*"), "{note}");
    // Said somewhere else, of an incident that is named; and what cannot be done, the asker alone is told.
    house.ask(&house.ada, &house.post, "INC-1 note from afar").await;
    house.quiet().await;
    assert!(house.lines(&channel.id).last().expect("a line").contains("from afar"));
    let lost = house.ask(&house.ada, &house.post, "INC-9 note x").await;
    assert!(lost.contains("There is no INC-9"), "{lost}");
    // A page that is linked, such as the bridge, stands above the channel.
    house.ask(&house.ada, &channel.id, "link Bridge https://meet.example.com/inc-1").await;
    house.quiet().await;
    let header = || house.mattermost.channel_named("inc-1").map(|now| now.header).unwrap_or_default();
    house
        .eventually("the bridge", || {
            header().contains("[Bridge](https://meet.example.com/inc-1)").then_some(())
        })
        .await;
    house.ask(&house.ada, &channel.id, "set title Checkout and search fail").await;
    let title = || house.mattermost.channel_named("inc-1").map(|now| now.title).unwrap_or_default();
    house.eventually("the new title", || (title() == "INC-1 Checkout and search fail").then_some(())).await;
    // What is chosen on the card is said by whoever chose it.
    let menu = house.mattermost.choose(&house.ada, &card.id, "severity", "sev2").expect("it is offered");
    let told = menu.answer().await.expect("an answer");
    assert!(told.contains("SEV2"), "{told}");
    house.quiet().await;
    assert!(shown(&house.cards(&channel.id)[0]).contains("\"default_option\":\"sev2\""));
    // Whoever is offered something is invited, by the name that people type.
    let told = house.ask(&house.ada, &channel.id, "command offer @bob.b").await;
    assert!(told.contains("Bob"), "{told}");
    house.quiet().await;
    assert!(house.mattermost.channel_named("inc-1").expect("there").members.contains(&house.bob));
    house.ask(&house.bob, &channel.id, "command accept").await;
    house.quiet().await;
    house.eventually("Bob's command", || header().contains("command: Bob").then_some(())).await;
    house.end(bot, "the card follows").await;
}

#[tokio::test]
async fn everybody_who_takes_part_is_invited_however_many_they_are() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    let people: Vec<String> = (1..=11).map(|n| house.mattermost.person(&format!("helper{n}"), "")).collect();
    for person in &people {
        house.ask(person, &house.post, "INC-1 note I look as well").await;
    }
    house.quiet().await;
    // Whoever was too many for one change comes with the next.
    house.ask(&house.ada, &channel.id, "note thanks").await;
    let members = || house.mattermost.channel_named("inc-1").map(|now| now.members).unwrap_or_default();
    house.eventually("all", || people.iter().all(|one| members().contains(one)).then_some(())).await;
    house.end(bot, "invitations").await;
}

#[tokio::test]
async fn where_nobody_registered_a_slash_command_a_message_will_do() {
    let mut house = House::new().await;
    house.has_callbacks = false;
    let bot = house.start().await;
    let declared = house.call(&house.ada, &house.post, "!incident declare Checkout fails").await;
    assert!(declared.contains("INC-1"), "{declared}");
    let channel = house.eventually("the channel", || house.mattermost.channel_named("inc-1")).await;
    let card = house.eventually("the card", || house.cards(&channel.id).pop()).await;
    assert!(buttons(&card).is_empty() && shown(&card).contains("`!note TEXT`"), "{card:?}");
    // In the incident's own channel `!` will do, and anywhere the bot's name.
    let noted = house.call(&house.bob, &channel.id, "!note the database failed over").await;
    let afar = house.call(&house.bob, &house.post, "@commandpost INC-1 note from afar").await;
    assert_eq!((noted.as_str(), afar.as_str()), (MARK, "Noted."));
    let told = house.call(&house.ada, &channel.id, "!command offer @bob.b").await;
    assert!(told.contains("Bob"), "{told}");
    // What is not for the bot stays so, whoever says it.
    for other in ["note x", "!weather berlin", "!incidents are bad", "see !incident close"] {
        house.mattermost.say(&house.bob, &channel.id, None, other).expect("said");
    }
    let refused = house.call(&house.bob, &channel.id, "!close").await;
    assert!(!refused.is_empty());
    house.quiet().await;
    let timeline = house.timeline().await;
    for words in ["the database failed over", "from afar"] {
        assert_eq!(timeline.iter().filter(|text| text.contains(words)).count(), 1, "{timeline:#?}");
    }
    assert!(!timeline.iter().any(|text| text.contains("weather")), "{timeline:#?}");
    house.end(bot, "messages").await;
}

#[tokio::test]
async fn a_verb_without_its_words_opens_a_form_and_what_is_refused_stands_in_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let asked = house.mattermost.slash(&house.ada, &house.post, None, "declare").expect("said");
    let form = asked.form().await.expect("a form");
    assert_eq!(form.dialog["callback_id"], "cp1|verb|declare");
    let sent =
        house.mattermost.submit(&house.ada, json!({"title": "Search is down", "severity": "sev3"})).await;
    let told = sent.expect("it fits").answer().await.expect("an answer");
    assert!(told.contains("INC-1"), "{told:?}");
    house.quiet().await;
    let channel = house.mattermost.channel_named("inc-1-search-is-down").expect("a channel");

    // Command goes over by a form as well: to a person chosen from a list.
    let asked = house.mattermost.slash(&house.ada, &channel.id, None, "command offer").expect("said");
    asked.form().await.expect("a form");
    let sent = house.mattermost.submit(&house.ada, json!({"to": house.bob})).await.expect("it fits");
    let told = sent.answer().await.expect("an answer");
    assert!(told.contains("Bob"), "{told:?}");
    // Where the bot may whisper, the answer stands in the channel; otherwise it is a message to the person.
    house.mattermost.give_permission("create_post_ephemeral");
    let asked = house.mattermost.slash(&house.bob, &channel.id, None, "can").expect("said");
    asked.form().await.expect("a form");
    let can = json!({"service": "search", "conditions": "no results", "actions": "restarting", "needs": "an index"});
    let sent = house.mattermost.submit(&house.bob, can).await.expect("it fits");
    sent.answer().await.expect("an answer");
    house.quiet().await;
    let timeline = house.timeline().await;
    assert!(timeline.iter().any(|text| text.contains("no results")), "{timeline:?}");
    // What is refused stands in the form, and nothing typed is lost.
    let asked = house.mattermost.slash(&house.bob, &channel.id, None, "command offer").expect("said");
    asked.form().await.expect("a form");
    let refused =
        house.mattermost.submit(&house.bob, json!({"to": house.ada})).await.err().expect("not Bob's to give");
    assert!(refused.0.starts_with("{\"errors\":{\"to\":"), "{refused}");
    assert_eq!(house.mattermost.dialogs().len(), 1, "it is still open");
    house.end(bot, "forms").await;
}

#[tokio::test]
async fn a_button_asks_for_its_blanks_and_takes_them_word_for_word() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, card) = house.declare("Checkout fails").await;
    let pressed = house.mattermost.press(&house.bob, &card.id, "note").expect("a button");
    let form = pressed.form().await.expect("a form");
    assert_eq!(form.dialog["elements"][0]["display_name"], "What happened?");
    let typed = "{text} \"quoted\" --at 09:12 INC-2 close; `x` @here &amp;";
    let sent = house.mattermost.submit(&house.bob, json!({"text": typed})).await.expect("it fits");
    sent.answer().await.expect("an answer");
    house.quiet().await;
    assert_eq!(house.timeline().await.last().map(|text| text.trim_end_matches('.')), Some(typed));
    // One without blanks is done at once, and answered where it was pressed.
    let next = house.mattermost.press(&house.bob, &card.id, "next").expect("a button");
    assert!(!next.answer().await.expect("an answer").is_empty());
    // Where its buttons lead is shown to nobody.
    let read = house.mattermost.requests().iter().any(|request| request.path.contains("/actions/dialogs"));
    assert!(read && buttons(&card).contains(&"resolve".to_owned()), "{card:?}");
    // A card that has moved on: the button is no longer there.
    house.ask(&house.ada, &channel.id, "resolve rolled back").await;
    house.ask(&house.ada, &channel.id, "close").await;
    house.quiet().await;
    let now = house.cards(&channel.id).pop().expect("a card");
    assert!(!buttons(&now).contains(&"resolve".to_owned()), "{:?}", buttons(&now));
    house.end(bot, "buttons").await;
}

#[tokio::test]
async fn a_pin_puts_a_message_on_the_timeline_and_the_entry_follows_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let message = house.mattermost.say(&house.bob, &channel.id, None, "sees 5xx on <b>").expect("said");
    house.mattermost.react(&house.ada, &message.id, "eyes").expect("put there");
    for person in [&house.ada, &house.bob] {
        house.mattermost.react(person, &message.id, "pushpin").expect("put there");
    }
    let has = |words: &'static str| move |lines: &[String]| lines.iter().any(|text| text.contains(words));
    house.until_timeline("the note", has("Bob wrote: “sees 5xx on <b>” (http")).await;
    // A message in a thread of the channel.
    let reply = house.mattermost.say(&house.bob, &channel.id, Some(&message.id), "and 4xx").expect("said");
    house.mattermost.react(&house.ada, &reply.id, "pushpin").expect("put there");
    house.until_timeline("the reply", has("Bob wrote: “and 4xx")).await;
    house.quiet().await;
    let timeline = house.timeline().await;
    let notes: Vec<_> = timeline.iter().filter(|text| text.contains("sees 5xx")).collect();
    assert_eq!(notes.len(), 1, "once: {notes:?}");
    assert!(notes[0].contains(&format!("/_redirect/pl/{}", message.id)), "{notes:?}");
    // Its author writes it anew, and takes another back.
    house.mattermost.edit(&message.id, "sees 502 on checkout").expect("edited");
    house.until_timeline("the correction", has("sees 502 on checkout")).await;
    house.mattermost.delete(&reply.id).expect("deleted");
    house
        .until_timeline("the redaction", |lines| {
            !lines.iter().any(|text| text.starts_with("Bob wrote: “and 4xx"))
        })
        .await;
    // A file stays where it is; its name, place and hash go on the timeline. The sum is the example of FIPS 180-4.
    let file = ("graph.png", &b"abc"[..]);
    let graph = house.mattermost.share(&house.bob, &channel.id, "look", file).expect("said");
    house.mattermost.react(&house.ada, &graph.id, "pushpin").expect("put there");
    let sum = "File graph.png (3 bytes, SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad): http";
    house.until_timeline("the file", has(sum)).await;
    house.end(bot, "pins").await;
}

#[tokio::test]
async fn a_typed_note_follows_its_message_and_where_it_cannot_its_author_is_told() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let has = |words: &'static str| move |lines: &[String]| lines.iter().any(|text| text.contains(words));
    let typed = house.mattermost.say(&house.bob, &channel.id, None, "!note db1 is full").expect("said");
    house.until_timeline("the note", has("db1 is full")).await;
    house.quiet().await;
    house.mattermost.edit(&typed.id, "!note db2 is full").expect("edited");
    house.until_timeline("the correction", has("was corrected to «db2 is full»")).await;
    house.mattermost.edit(&typed.id, "never mind").expect("edited");
    let is_told = |text: &String| text.contains("keeps the words that it has. `!incident entry correct ");
    house.eventually("a word to Bob", || house.replies(&typed).into_iter().find(is_told)).await;
    // Once, and not at each edit; a note that it is again is followed.
    house.mattermost.edit(&typed.id, "never mind me").expect("edited");
    house.mattermost.edit(&typed.id, "!note db3 is full").expect("edited");
    house.until_timeline("the next correction", has("was corrected to «db3 is full»")).await;
    assert_eq!(house.replies(&typed).into_iter().filter(is_told).count(), 1);
    assert!(!house.timeline().await.iter().any(|text| text.contains("never mind")));
    // Put in other words by hand, it keeps those.
    let other = house.mattermost.say(&house.bob, &channel.id, None, "!note db5 is full").expect("said");
    house.until_timeline("the other note", has("db5 is full")).await;
    let lines = house.desk.timeline("INC-1".parse().expect("an id"), 1).await.expect("a timeline");
    let entry = lines.iter().find(|line| line.text == "db5 is full").expect("the note").seq;
    house.ask(&house.bob, &channel.id, &format!("entry correct {entry} db6 is full")).await;
    house.mattermost.edit(&other.id, "!note db7 is full").expect("edited");
    let is_told = |text: &String| text.contains("was corrected by hand");
    house.eventually("a word to Bob", || house.replies(&other).into_iter().find(is_told)).await;
    let timeline = house.timeline().await;
    assert!(timeline.contains(&"db6 is full".to_owned()), "{timeline:#?}");
    assert!(!timeline.iter().any(|text| text.contains("db7")), "{timeline:#?}");
    house.end(bot, "typed notes").await;
}

#[tokio::test]
async fn whoever_types_a_command_as_it_is_typed_elsewhere_is_told_once_how_it_is_typed_here() {
    let house = House::new().await;
    let bot = house.start().await;
    let told = house.call(&house.bob, &house.post, "!list").await;
    assert_eq!(told, "Nothing was done. Here it is typed `!incident list`.");
    let again = house.mattermost.say(&house.bob, &house.post, None, "!list").expect("said");
    assert!(house.call(&house.ada, &house.post, "!list").await.contains("Here it is typed"));
    assert!(house.replies(&again).is_empty());
    assert!(house.call(&house.bob, &house.post, "!incident: list").await.contains("No incident is open"));
    house.end(bot, "hints").await;
}

#[tokio::test]
async fn whoever_wrote_a_secret_into_a_message_is_told_that_it_stands_there_though_the_timeline_masks_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    house.quiet().await;
    let is_warning = |text: &String| text.contains("a secret in this message");
    let warned =
        |who: &str| house.mattermost.whispers(who).into_iter().filter(is_warning).collect::<Vec<_>>();
    let in_the_channel = || {
        let all = house.mattermost.whispers_in(&house.bob, &channel.id).into_iter();
        all.filter(is_warning).count()
    };
    let said = format!("it runs with {}", pasted_key());
    let message = house.mattermost.say(&house.bob, &channel.id, None, &said).expect("said");
    house.mattermost.react(&house.ada, &message.id, "pushpin").expect("put there");
    let told = house.eventually("a word to Bob", || warned(&house.bob).pop()).await;
    assert!(told.contains("(GitHub token)") && told.contains(&message.id), "{told}");
    assert_eq!(in_the_channel(), 0, "it may not whisper there");
    // Written anew with the secret in it, it stands there still; where the bot may whisper, it says so in the channel.
    house.mattermost.give_permission("create_post_ephemeral");
    house.mattermost.edit(&message.id, &format!("it ran with {}", pasted_key())).expect("edited");
    house.eventually("another word", || (warned(&house.bob).len() == 2).then_some(())).await;
    assert_eq!(in_the_channel(), 1, "{:?}", warned(&house.bob));
    assert!(warned(&house.ada).is_empty(), "{:?}", warned(&house.ada));
    house.quiet().await;
    let bots = house.mattermost.bot();
    let ours = house.mattermost.posts(&channel.id).into_iter().filter(|post| post.user == bots);
    let ours = ours.map(|post| post.text).chain(warned(&house.bob));
    assert!(!ours.chain(house.timeline().await).any(|text| text.contains(&pasted_key())));
    house.end(bot, "a secret").await;
}

#[tokio::test]
async fn an_incident_can_be_a_thread_in_the_command_post() {
    let mut house = House::new().await;
    house.space = MattermostSpace::Thread;
    let bot = house.start().await;
    house.ask(&house.ada, &house.post, "declare Checkout fails").await;
    let card = house.eventually("the card", || house.cards(&house.post).pop()).await;
    house.quiet().await;
    assert_eq!(house.mattermost.channels().len(), 2, "no channel is made");
    // A slash command within the thread is of its incident, and so is a message.
    let asked =
        house.mattermost.slash(&house.bob, &house.post, Some(&card.id), "note it swaps").expect("said");
    asked.answer().await.expect("an answer");
    let typed = house
        .mattermost
        .say(&house.bob, &house.post, Some(&card.id), "!note the database failed over")
        .expect("said");
    house.until_timeline("the note", |lines| lines.iter().any(|text| text.contains("failed over"))).await;
    house.quiet().await;
    let posts = house.mattermost.posts(&house.post);
    let bots = house.mattermost.bot();
    let line_of = |words: &str| posts.iter().find(|post| post.text.contains(words) && post.user == bots);
    assert_eq!(line_of("it swaps").expect("a line").root.as_deref(), Some(card.id.as_str()));
    // What everybody reads there as it was typed has a mark, and no line.
    house.eventually("a mark", || house.replies(&typed).pop()).await;
    assert!(line_of("database failed over").is_none(), "{posts:#?}");
    assert_eq!(house.cards(&house.post).len(), 1, "one card, above its thread");
    house.end(bot, "threads").await;
}

#[tokio::test]
async fn a_restart_that_remembers_nothing_finds_the_card_and_the_lines_again() {
    let mut house = House::new().await;
    house.space = MattermostSpace::Thread;
    let bot = house.start().await;
    house.ask(&house.ada, &house.post, "declare Checkout fails").await;
    house.quiet().await;
    house.stop(bot).await;
    let card = house.cards(&house.post).pop().expect("a card");
    house.desk.journal.bind("mattermost", "INC-1", "card", "").await.expect("bound");
    let bot = house.start().await;
    house.ask(&house.ada, &house.post, "INC-1 note back again").await;
    house.quiet().await;
    assert_eq!(house.cards(&house.post).len(), 1);
    assert_eq!(house.cards(&house.post)[0].id, card.id);
    house.end(bot, "a restart").await;
}

#[tokio::test]
async fn a_restricted_incident_is_told_to_the_asker_alone_and_shown_in_no_channel_of_others() {
    let house = House::new().await;
    let bot = house.start().await;
    let answer = house.ask(&house.ada, &house.post, "declare --restricted somebody reads our mail").await;
    assert!(answer.contains("INC-1"), "{answer}");
    let aloud = house.call(&house.ada, &house.post, "!incident INC-1 status").await;
    assert!(!aloud.contains("reads our mail") && aloud.contains("restricted"), "{aloud}");
    let whispered = house.ask(&house.ada, &house.post, "INC-1 status").await;
    assert!(whispered.contains("reads our mail"), "{whispered}");
    let stranger = house.ask(&house.bob, &house.post, "INC-1 status").await;
    assert!(!stranger.contains("reads our mail"), "{stranger}");
    house.quiet().await;
    let shown = |who: &str| {
        let seen = house.mattermost.seen_by(who).into_iter().filter(|channel| !channel.is_direct);
        seen.filter(|channel| format!("{channel:?}").contains("reads our mail")).collect::<Vec<_>>()
    };
    assert!(shown(&house.bob).is_empty(), "{:#?}", shown(&house.bob));
    let seen = shown(&house.ada);
    let inside = BTreeSet::from([house.mattermost.bot(), house.ada.clone()]);
    assert!(seen.len() == 1 && seen[0].is_private && seen[0].members == inside, "{seen:#?}");
    assert!(house.mattermost.posts(&house.post).iter().all(|post| !post.is_card()));
    house.end(bot, "restricted").await;
}

#[tokio::test]
async fn the_organization_chart_is_shown_as_a_picture() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    let pictures = || {
        let all = house.mattermost.posts(&channel.id).into_iter();
        all.filter(|post| post.text == "Organization chart of INC-1").collect::<Vec<_>>()
    };
    let told = house.ask(&house.ada, &channel.id, "role chart").await;
    assert!(told.contains("Incident Commander: Ada"), "{told}");
    let shown = house.eventually("a picture", || pictures().pop()).await;
    let (name, bytes) = house.mattermost.files_of(&shown.id).pop().expect("its file");
    assert_eq!(name, "INC-1-organization.png");
    assert!(bytes.starts_with(b"\x89PNG"));
    // A message is answered by a reply, and so by the picture below it.
    let said = house.mattermost.say(&house.bob, &channel.id, None, "!role chart").expect("said");
    let below = house.eventually("another", || pictures().into_iter().find(|post| post.id != shown.id)).await;
    assert_eq!(below.root.as_deref(), Some(said.id.as_str()));
    house.mattermost.take_permission("upload_file");
    let told = house.ask(&house.bob, &channel.id, "role chart").await;
    assert!(told.contains("Incident Commander: Ada"), "{told}");
    house.end(bot, "chart").await;
}

#[tokio::test]
async fn a_note_typed_before_everybody_gets_a_mark_and_no_line_there_and_a_reply_where_no_mark_may_be_put() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    assert_eq!(house.call(&house.bob, &channel.id, "!note db1 swaps").await, MARK);
    // What only its asker sees has its line; and so has what stands in the thread of another message.
    house.ask(&house.bob, &channel.id, "note db2 swaps").await;
    let talk = house.mattermost.say(&house.ada, &channel.id, None, "what of db3?").expect("said");
    house.mattermost.say(&house.bob, &channel.id, Some(&talk.id), "!note db3 swaps").expect("said");
    house.until_timeline("all", |lines| lines.iter().any(|text| text == "db3 swaps")).await;
    house.quiet().await;
    let lines = house.lines(&channel.id);
    let times = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    assert_eq!((times("db1"), times("db2"), times("db3")), (0, 1, 1), "{lines:#?}");
    // An answer that says more is said.
    let dated = house.call(&house.bob, &channel.id, "!note --at 5m db4 swapped").await;
    assert!(dated.starts_with("Noted, as a late entry for"), "{dated}");
    let masked = house.call(&house.bob, &channel.id, &format!("!note it runs with {}", pasted_key())).await;
    assert!(masked.contains("(GitHub token)"), "{masked}");
    house.mattermost.take_permission("add_reaction");
    assert_eq!(house.call(&house.bob, &channel.id, "!note db5 swaps").await, "Noted.");
    assert_eq!(bot.door.health().why, None, "it was answered");
    house.end(bot, "marks").await;
}

#[tokio::test]
async fn what_is_to_be_typed_stands_as_it_is_typed_there_and_what_people_wrote_as_they_wrote_it() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Checkout fails").await;
    let task = "run `find /var -name core`";
    house.ask(&house.ada, &channel.id, &format!("task add {task}")).await;
    // Whoever came by a slash command can use it again, whoever wrote a message another message.
    let is_told = |before: &str, told: &str| {
        told.contains(task)
            && ["done 1 RESULT", "ack 1"].iter().any(|words| told.contains(&format!("`{before} {words}`")))
    };
    let by_slash = house.ask(&house.ada, &channel.id, "next").await;
    assert!(is_told("/incident", &by_slash), "{by_slash}");
    let by_message = house.call(&house.ada, &channel.id, "!next").await;
    assert!(is_told("!incident", &by_message), "{by_message}");
    house.ask(&house.ada, &channel.id, "stop `close the valve` first").await;
    house.quiet().await;
    let card = shown(&house.cards(&channel.id)[0]);
    assert!(card.contains("close the valve") && !card.contains("!incident close"), "{card}");
    assert!(card.contains("it is lifted: `!incident resume`"), "{card}");
    house.call(&house.ada, &channel.id, "!incident resume").await;
    house.quiet().await;
    assert!(!shown(&house.cards(&channel.id)[0]).contains("STOPPED"));
    house.end(bot, "what to type").await;
}

#[tokio::test]
async fn a_redacted_title_is_neither_in_the_announcement_nor_in_the_channels_name_any_more() {
    let house = House::new().await;
    let bot = house.start().await;
    let (channel, _) = house.declare("Password Hunter9y leaked").await;
    house.quiet().await;
    assert_eq!(channel.name, "inc-1-password-hunter9y-leaked");
    let bots = |post: &Post| post.user == house.mattermost.bot();
    let announced = || house.mattermost.posts(&house.post).into_iter().find(bots).expect("it is there");
    let first = announced();
    let edits = || {
        let path = format!("/posts/{}/patch", first.id);
        house.mattermost.requests().into_iter().filter(|request| request.path.ends_with(&path)).count()
    };
    house.call(&house.ada, &channel.id, "!note it is in the log").await;
    house.quiet().await;
    assert_eq!(edits(), 0, "what is the same is said once");

    house.call(&house.ada, &channel.id, "!severity sev1 everybody reads it").await;
    house.eventually("the severity", || announced().text.contains("SEV1").then_some(())).await;
    assert!(house.mattermost.channels().iter().any(|one| one.name == channel.name), "links go on");
    house.call(&house.ada, &channel.id, "!redact 1 it was pasted").await;
    let is_out_of_sight = || {
        let in_sight = |text: &str| text.to_lowercase().contains("hunter9y");
        let channels = house.mattermost.channels();
        let team = || channels.iter().filter(|one| !one.is_direct);
        let mut posts = team().flat_map(|one| &one.posts).filter(|post| bots(post));
        let is_named = team().any(|one| in_sight(&format!("{} {} {}", one.name, one.title, one.header)));
        (!is_named && !posts.any(|post| in_sight(&format!("{} {}", post.text, post.props)))).then_some(())
    };
    house.eventually("nothing of the word", is_out_of_sight).await;
    house.quiet().await;
    assert!(announced().text.ends_with("~inc-1-redacted"), "{}", announced().text);
    house.end(bot, "mattermost_redacted_title").await;
}
