//! Two people on a real Synapse run incidents by what they type, and the real program is in the room: whatever goes
//! down in between, nothing is lost, nothing stands twice, and the order is kept.

#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program, in real time")]

mod encrypted;
mod proxy;

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    house::pasted_key,
    program::{Program, look_into, until},
    synapse::{Account, MARK, NO_LIMITS, Synapse, part},
};

struct Post {
    synapse: Synapse,
    program: Program,
    ada: Account,
    ben: Account,
    bot: Account,
    /// The command post.
    room: String,
}

impl Post {
    /// `None`: there is no Synapse here. `limits` in the homeserver's settings, `more` in `[matrix]`.
    async fn open(limits: &str, more: &str) -> Option<Post> {
        let synapse = Synapse::start(limits).await?;
        let url = synapse.url();
        Some(Self::beside(synapse, &url, more).await)
    }

    /// With the homeserver reached at `url`.
    async fn beside(synapse: Synapse, url: &str, more: &str) -> Post {
        let (ada, ben, bot) =
            (synapse.account("ada").await, synapse.account("ben").await, synapse.account("bot").await);
        let room = ada
            .make_room(json!({"name": "Command post", "room_alias_name": "command-post",
                "preset": "private_chat", "invite": [ben.id, bot.id]}))
            .await;
        ben.join(&room).await;
        let program = Program::new("");
        let token = program.secret("matrix_token", &bot.token);
        program.configure(&format!(
            "[[person]]\nid = \"ada\"\nname = \"Ada Lovelace\"\nmatrix = \"@ada:localhost\"\n\
             [matrix]\nhomeserver = \"{url}\"\naccess_token_file = \"{token}\"\nroom = \"#command-post:localhost\"\n{more}"
        ));
        let mut post = Post { synapse, program, ada, ben, bot, room };
        post.program.start().await;
        post.until_it_listens().await;
        post
    }

    async fn until_it_listens(&self) {
        until(90, "the bot listens", || async {
            self.program.get("/metrics").await.text.contains("matrix_connected 1")
        })
        .await;
    }

    /// A room was told that it is refused.
    async fn until_refused(&self, room: &str) {
        until(60, "a word on encryption", || async {
            let said = self.said(room).await;
            let mut bodies = said.iter().filter_map(|event| event["content"]["body"].as_str());
            bodies.any(|body| body.contains("this bot cannot read it"))
        })
        .await;
    }

    /// Everything is said: nothing waits to go out.
    async fn quiet(&self) {
        until(120, "nothing waits", || async {
            let mut conn = look_into(&self.program.database()).await;
            let open: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM deliveries WHERE state IN ('pending', 'sending', 'unknown', 'failed')",
            )
            .fetch_one(&mut conn)
            .await
            .unwrap();
            open == 0
        })
        .await;
    }

    /// What the bot said in a room: without edits, and without answers.
    async fn said(&self, room: &str) -> Vec<Value> {
        let history = self.ada.history(room).await;
        let is_first = |event: &&Value| {
            let relates = &event["content"]["m.relates_to"];
            event["sender"] == self.bot.id.as_str()
                && event["type"] == "m.room.message"
                && relates["rel_type"] != "m.replace"
                && (relates["rel_type"] == "m.thread" && relates["is_falling_back"] == true
                    || relates["m.in_reply_to"].is_null())
        };
        history.iter().filter(is_first).cloned().collect()
    }

    /// The numbers of the lines in an incident's room, as they stand there.
    async fn lines(&self, room: &str) -> Vec<u64> {
        let said = self.said(room).await;
        let number = |event: &Value| event["content"]["body"].as_str()?.rsplit_once(" #")?.1.parse().ok();
        said.iter().filter_map(number).collect()
    }

    /// A pin on a message, as clients put it there.
    fn pin(message: &str) -> Value {
        json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": message, "key": "📌"}})
    }

    /// Each entry that is said stands there once, in its order; the chains hold; nothing the bot sent mentions anybody;
    /// there is one card, edited in place, which says how things stand.
    async fn stands_as_it_happened(&self, incident: &str, room: &str) {
        self.quiet().await;
        self.program.verify_all().await;
        let entries = self.program.timeline(incident, 1).await;
        // That Matrix was away is told elsewhere.
        let silent = ["incident.declared", "command.established", "chat.lost", "chat.back"];
        // And a note that was typed stands there as it was typed; not so a message that was pinned, which is told with a link. The
        // line of what was redacted since was taken back.
        let is_there_otherwise = |entry: &Value| {
            !entry["redacted_by"].is_null()
                || entry["name"] == "note"
                    && entry["via"] == "matrix"
                    && !entry["text"].as_str().unwrap().contains("https://matrix.to/#/")
        };
        let expected: Vec<u64> = entries
            .iter()
            .filter(|entry| !silent.contains(&entry["name"].as_str().unwrap()) && !is_there_otherwise(entry))
            .map(|entry| entry["seq"].as_u64().unwrap())
            .collect();
        assert_eq!(self.lines(room).await, expected, "{entries:#?}");
        for event in self.ada.history(room).await {
            let is_there = event["unsigned"]["redacted_because"].is_null();
            if is_there && event["sender"] == self.bot.id.as_str() && event["type"] == "m.room.message" {
                assert_eq!(event["content"]["m.mentions"], json!({}), "{event}");
            }
        }
        let cards: Vec<Value> = self.said(room).await.into_iter().filter(is_card).collect();
        assert_eq!(cards.len(), 1, "{cards:#?}");
        let card = cards[0]["event_id"].as_str().unwrap();
        let last = entries.last().unwrap()["seq"].as_u64().unwrap();
        let edits = self.ada.history(room).await;
        let edit = edits.iter().rfind(|event| {
            event["content"]["m.relates_to"]["event_id"] == card
                && event["content"]["m.relates_to"]["rel_type"] == "m.replace"
        });
        let html = edit.unwrap()["content"]["m.new_content"]["formatted_body"].as_str().unwrap();
        assert!(html.contains(&format!("{last} entries on the timeline")), "{html}");
    }

    /// The names of an incident's entries.
    async fn names(&self, incident: &str) -> Vec<String> {
        let entries = self.program.timeline(incident, 1).await;
        entries.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
    }

    fn texts(entries: &[Value]) -> Vec<&str> {
        entries.iter().map(|entry| entry["text"].as_str().unwrap()).collect()
    }
}

fn is_card(event: &Value) -> bool {
    event["content"]["formatted_body"].as_str().is_some_and(|html| html.starts_with("<h4>"))
}

fn count(names: &[String], name: &str) -> usize {
    names.iter().filter(|one| *one == name).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_two_people_run_a_whole_incident_and_a_homeserver_that_goes_down_loses_nothing() {
    let Some(mut post) = Post::open(NO_LIMITS, "").await else { return };
    let (ada, ben, main) = (&post.ada, &post.ben, post.room.clone());

    let answer = ada.asks(&main, "!incident declare Checkout <b>fails</b> @room --severity sev1").await;
    assert!(answer.contains("INC-1"), "{answer}");
    let room = ada.invited_to("INC-1 ").await;
    // Whoever is in the command post comes in without an invitation.
    ben.join(&room).await;
    let announced = post.said(&main).await;
    assert_eq!(announced.len(), 1, "{announced:#?}");

    let refused = ben.asks(&main, "!incident nonsense").await;
    assert!(!refused.is_empty());
    ben.asks(&room, "!role take ops").await;
    ada.asks(&room, "!role offer pio @ben").await;
    ben.asks(&room, "!role accept pio").await;
    assert_eq!(ada.asks(&room, "!note the database\nfailed <over>").await, MARK);
    ada.types(&room, "this is only talk, and !note in the middle is as well").await;
    ada.asks(&room, "!task add @ben:localhost 10m roll back the migration").await;
    // A pill, as clients send it.
    let pill = ada
        .send(
            &room,
            "m.room.message",
            json!({"msgtype": "m.text", "body": "!command offer ben",
            "format": "org.matrix.custom.html",
            "formatted_body": "!command offer <a href=\"https://matrix.to/#/@ben:localhost\">ben</a>"}),
        )
        .await;
    let offered = ada.answered(&room, &pill).await;

    let chart = ada.asks(&room, "!role chart").await;
    assert!(chart.contains("Operations Section Chief: ben"), "{chart}");
    let shown = ada.sees(&room, |event| event["content"]["filename"] == "INC-1-organization.png").await;
    assert_eq!(shown["content"]["msgtype"], "m.image");
    assert!(shown["content"]["url"].as_str().is_some_and(|url| url.starts_with("mxc://")), "{shown}");

    let seen = ben.types(&room, "the disk was full").await;

    // The homeserver goes away for more than a minute; the command line and the API carry on.
    post.quiet().await;
    post.synapse.down();
    // One more than need no word before them.
    for n in 1..=4 {
        post.program.do_say("ada", "INC-1", &format!("note while it was away {n}")).await;
    }
    tokio::time::sleep(Duration::from_secs(70)).await;
    post.synapse.up().await;
    post.until_it_listens().await;
    until(120, "it is told that Matrix is back", || async {
        post.names("INC-1").await.contains(&"chat.back".to_owned())
    })
    .await;

    // What is pinned a while later stands at the time at which it was written.
    ada.send(&room, "m.reaction", Post::pin(&seen)).await;
    ada.sees(&room, |event| {
        let body = event["content"]["body"].as_str().unwrap_or_default();
        body.contains("the disk was full") && body.contains("late entry")
    })
    .await;
    let entries = post.program.timeline("INC-1", 1).await;
    let has = |one: &&Value, words: &str| one["text"].as_str().unwrap().contains(words);
    let with = |words: &str| entries.iter().find(|one| has(one, words)).unwrap();
    let (pinned, away) = (with("the disk was full"), with("while it was away 1"));
    assert_eq!(pinned["time_source"], "chat");
    assert!(pinned["occurred_at"].as_str() < away["occurred_at"].as_str(), "{entries:#?}");

    let accepted = ben.asks(&room, "!command accept").await;
    assert!(accepted.contains("command"), "{offered} / {accepted}");
    ben.asks(&room, "!task done 1 it is back").await;
    ben.asks(&room, "!phase mitigate rolled back").await;
    let resolved = ben.asks(&room, "!incident resolve 30 minutes without an error").await;
    assert!(resolved.to_lowercase().contains("resolved"), "{resolved}");

    post.stands_as_it_happened("INC-1", &room).await;
    for (place, times) in [(&room, 1), (&main, 0)] {
        let said = ada.history(place).await;
        let is_word = |event: &&Value| {
            let body = event["content"]["body"].as_str().unwrap_or_default();
            event["sender"] == post.bot.id.as_str() && body.contains("Back after")
        };
        assert_eq!(said.iter().filter(is_word).count(), times, "once, where it is worked on: {said:#?}");
    }
    let names = post.names("INC-1").await;
    for (name, times) in [
        ("role.offered", 1),
        ("note", 6),
        ("task.assigned", 1),
        ("command.offered", 1),
        ("command.transferred", 1),
        ("task.reported", 1),
        ("chat.lost", 1),
        ("chat.back", 1),
    ] {
        assert_eq!(count(&names, name), times, "{name} in {names:?}");
    }
    let incident = post.program.document("/api/v1/incidents/INC-1").await;
    assert!(incident.to_string().contains("matrix:@ben:localhost"), "{incident}");
    // The room itself: its name, its topic, its one pin.
    let state = |kind: &str| format!("/rooms/{}/state/{kind}/", part(&room));
    let named = ada.call("GET", &state("m.room.name"), None).await;
    assert!(!named["name"].as_str().unwrap().contains("@room"), "{named}");
    let topic = ada.call("GET", &state("m.room.topic"), None).await;
    assert!(topic["topic"].as_str().unwrap().contains("command: ben"), "{topic}");
    let pinned = ada.call("GET", &state("m.room.pinned_events"), None).await;
    assert_eq!(pinned["pinned"].as_array().unwrap().len(), 1, "{pinned}");
    assert!(post.program.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_a_bot_that_is_killed_does_what_was_said_meanwhile_once_and_says_everything_once() {
    let Some(mut post) = Post::open(NO_LIMITS, "").await else { return };
    let main = post.room.clone();
    post.ada.asks(&main, "!incident declare Payments hang").await;
    let room = post.ada.invited_to("INC-1 ").await;
    // They say nothing, so that only the homeserver knows them.
    for (name, shown) in [("zed", "Zed Zulu"), ("m1", "Max"), ("m2", "Max")] {
        let account = post.synapse.account(name).await;
        let profile = format!("/profile/{}/displayname", part(&account.id));
        account.call("PUT", &profile, Some(json!({"displayname": shown}))).await;
        let invited = format!("/rooms/{}/invite", part(&main));
        post.ada.call("POST", &invited, Some(json!({"user_id": account.id}))).await;
        account.join(&main).await;
    }
    for round in 1..=3 {
        let mut events = Vec::new();
        for n in 1..=6 {
            events.push(post.ada.types(&room, &format!("!note round {round} from the chat {n}")).await);
            post.program.do_say("ada", "INC-1", &format!("note round {round} from the API {n}")).await;
            if n == 3 {
                // In the middle of hearing, answering and posting.
                post.program.kill();
                events.push(post.ada.types(&room, &format!("!note round {round} to nobody")).await);
                post.program.start().await;
            }
        }
        for event in &events {
            post.ada.answered(&room, event).await;
        }
    }
    post.stands_as_it_happened("INC-1", &room).await;
    let entries = post.program.timeline("INC-1", 1).await;
    let texts = Post::texts(&entries);
    for round in 1..=3 {
        for n in 1..=6 {
            for from in ["chat", "API"] {
                let text = format!("round {round} from the {from} {n}");
                assert_eq!(texts.iter().filter(|one| **one == text).count(), 1, "{text} in {texts:?}");
            }
        }
        let text = format!("round {round} to nobody");
        assert_eq!(texts.iter().filter(|one| **one == text).count(), 1, "{text}");
    }
    // In the order in which they were typed.
    let typed: Vec<&&str> = texts.iter().filter(|text| text.contains("from the chat")).collect();
    let mut sorted = typed.clone();
    sorted.sort();
    assert_eq!(typed, sorted);

    // What is heard long after it was typed stands at the time at which it was typed, and is told to do so.
    post.program.kill();
    let late = post.ada.types(&room, "!note nobody hears this").await;
    tokio::time::sleep(Duration::from_secs(65)).await;
    post.program.start().await;
    let answer = post.ada.answered(&room, &late).await;
    assert!(answer.contains("It is a late entry for"), "{answer}");
    let entries = post.program.timeline("INC-1", 1).await;
    let heard = entries.iter().find(|entry| entry["text"] == "nobody hears this").unwrap();
    let moment = |name: &str| heard[name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let seconds = (moment("recorded_at") - moment("occurred_at")).num_seconds();
    assert!(seconds >= 60 && heard["time_source"] == "chat", "{heard}");
    // Whoever is in the command post is meant by the name of their account, or by the one that is shown.
    let offered = post.ada.asks(&room, "!role offer ops @zed").await;
    assert!(offered.contains("Zed Zulu"), "{offered}");
    let which = post.ada.asks(&room, "!role offer pio @max").await;
    assert!(which.contains("m1:localhost") && which.contains("m2:localhost"), "{which}");
    let incident = post.program.document("/api/v1/incidents/INC-1").await;
    assert!(incident.to_string().contains("matrix:@zed:localhost"), "{incident}");
    post.stands_as_it_happened("INC-1", &room).await;
    assert!(post.program.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_messages_are_put_on_the_timeline_by_a_pin_and_the_entry_follows_its_message() {
    let Some(mut post) = Post::open(NO_LIMITS, "incident_space = \"thread\"\nprefix = \"!cp\"\n").await
    else {
        return;
    };
    let (ada, ben, main) = (&post.ada, &post.ben, post.room.clone());
    ada.asks(&main, "!cp declare Search is slow").await;
    post.quiet().await;
    // The incident is worked on below its card, in the command post.
    let cards: Vec<Value> = post.said(&main).await.into_iter().filter(is_card).collect();
    let root = cards[0]["event_id"].as_str().unwrap().to_owned();
    let noted = ben.types_below(&main, &root, "!note by the verb alone").await;
    ada.answered(&main, &noted).await;
    let astray = ben.types(&main, "!note outside of it this is for nobody").await;
    let told = ben.answered(&main, &astray).await;
    assert!(told.contains("Here it is typed `!cp note …`."), "{told}");
    let elsewhere = ben.types(&main, "this is for nobody").await;

    let message = ben.types_below(&main, &root, "the index <b>was rebuilt</b> at 03:10").await;
    let pin = json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": message, "key": "📌"}});
    ada.send(&main, "m.reaction", pin.clone()).await;
    let pinned = |entries: &[Value]| {
        entries.iter().filter(|entry| entry["text"].as_str().unwrap().contains("the index")).count()
    };
    until(60, "the message on the timeline", || async {
        pinned(&post.program.timeline("INC-1", 1).await) == 1
    })
    .await;
    // One that was changed before has its new words.
    let edited = ben.types_below(&main, &root, "the disk is full").await;
    let anew = |message: &str, text: &str, html: &str| {
        let new = json!({"msgtype": "m.text", "body": text, "format": "org.matrix.custom.html", "formatted_body": html});
        json!({"msgtype": "m.text", "body": format!("* {text}"), "m.new_content": new,
            "m.relates_to": {"rel_type": "m.replace", "event_id": message}})
    };
    ben.send(&main, "m.room.message", anew(&edited, "the disk is empty", "the disk is empty")).await;
    let late = json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": edited, "key": "📌"}});
    ada.send(&main, "m.reaction", late).await;
    until(60, "the changed message on the timeline", || async {
        let entries = post.program.timeline("INC-1", 1).await;
        Post::texts(&entries).iter().any(|text| text.starts_with("ben wrote: “the disk is empty” (http"))
    })
    .await;
    // Another's pin on the same message adds nothing; one outside of an incident is told what to do, the next is not told again.
    ben.send(&main, "m.reaction", pin).await;
    let lunch = ben.types(&main, "lunch?").await;
    for outside in [&elsewhere, &lunch] {
        ben.send(&main, "m.reaction", Post::pin(outside)).await;
    }
    let told = ben.answered(&main, &elsewhere).await;
    assert!(told.contains("belongs to no incident"), "{told}");

    // A file stays with the homeserver; its name, place and hash go on the timeline. The sum is the example of FIPS 180-4.
    let address = ben.uploads("graph.png", b"abc").await;
    let relates = json!({"rel_type": "m.thread", "event_id": root});
    let file = json!({"msgtype": "m.image", "body": "graph.png", "url": address, "m.relates_to": relates});
    let file = ben.send(&main, "m.room.message", file).await;
    let pin = json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": file, "key": "📌"}});
    ada.send(&main, "m.reaction", pin).await;
    let sum = "File graph.png (3 bytes, SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad): ";
    until(60, "the file on the timeline", || async {
        Post::texts(&post.program.timeline("INC-1", 1).await).iter().any(|text| text.starts_with(sum))
    })
    .await;

    // An edit is read as the message was: whoever is named by a link is named by their account.
    let pill = "the index was rebuilt by <a href=\"https://matrix.to/#/@ada:localhost\">Ada L</a>";
    ben.send(&main, "m.room.message", anew(&message, "the index was rebuilt by Ada L", pill)).await;
    until(60, "the correction", || async { count(&post.names("INC-1").await, "entry.corrected") == 1 }).await;
    let entries = post.program.timeline("INC-1", 1).await;
    let texts = Post::texts(&entries).join("\n");
    assert!(
        texts.contains("ben wrote: “the index was rebuilt by @ada:localhost” (https://matrix.to/#/"),
        "{texts}"
    );
    assert_eq!(count(&post.names("INC-1").await, "note"), 4, "{texts}");
    // The line of the correction is there before what it says is redacted; of one that is redacted first nothing is said.
    post.quiet().await;
    let path = format!("/rooms/{}/redact/{}/r1", part(&main), part(&message));
    ada.call("PUT", &path, Some(json!({}))).await;
    until(60, "the redaction", || async { count(&post.names("INC-1").await, "entry.redacted") == 1 }).await;
    let entries = post.program.timeline("INC-1", 1).await;
    assert!(!Post::texts(&entries).join("\n").contains("was rebuilt"), "{entries:#?}");
    // What somebody put in other words stays without its message, and whoever deletes that reads so; of a pin on it nothing is said.
    let typed = ben.types_below(&main, &root, "!note db5 is full").await;
    ada.answered(&main, &typed).await;
    let entries = post.program.timeline("INC-1", 1).await;
    let entry = entries.iter().find(|entry| entry["text"] == "db5 is full").unwrap()["seq"].clone();
    ada.asks(&main, &format!("!cp INC-1 entry correct {entry} db6 is full")).await;
    post.quiet().await;
    // The answer to the command itself is there already.
    let path = format!("/rooms/{}/redact/{}/r2", part(&main), part(&typed));
    ben.call("PUT", &path, Some(json!({}))).await;
    let told = ada
        .sees(&main, |event| {
            event["content"]["body"].as_str().is_some_and(|body| body.contains("stays although"))
        })
        .await;
    assert!(told.to_string().contains(&format!("entry redact {entry} REASON")), "{told}");
    ada.send(&main, "m.reaction", Post::pin(&typed)).await;
    let entries = post.program.timeline("INC-1", 1).await;
    assert!(Post::texts(&entries).contains(&"db6 is full"), "{entries:#?}");
    assert_eq!(count(&post.names("INC-1").await, "entry.redacted"), 1);
    // A secret is masked in the entry; in the message it stands still, and a word below it says so.
    let leak = ben.types_below(&main, &root, &format!("it runs with {}", pasted_key())).await;
    let pin = json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": leak, "key": "📌"}});
    ada.send(&main, "m.reaction", pin).await;
    let word = ada.answered(&main, &leak).await;
    assert!(word.contains("a secret in this message (GitHub token)"), "{word}");
    assert!(!word.contains(&pasted_key()), "{word}");
    assert!(ada.asks(&main, "!cp INC-1 status").await.contains("INC-1"));
    post.stands_as_it_happened("INC-1", &main).await;
    let history = ada.history(&main).await;
    let told = history.iter().filter(|event| event.to_string().contains("belongs to no incident")).count();
    assert_eq!(told, 1, "{history:#?}");

    // A file leaves the timeline with its message.
    let path = format!("/rooms/{}/redact/{}/r3", part(&main), part(&file));
    ben.call("PUT", &path, Some(json!({}))).await;
    until(60, "the file off the timeline", || async {
        !Post::texts(&post.program.timeline("INC-1", 1).await).iter().any(|text| text.contains("graph.png"))
    })
    .await;

    // Whoever switches on encryption is told what comes of it.
    let encrypt = json!({"algorithm": "m.megolm.v1.aes-sha2"});
    ada.call("PUT", &format!("/rooms/{}/state/m.room.encryption/", part(&main)), Some(encrypt)).await;
    post.until_refused(&main).await;
    // What is typed there in the clear all the same is not done either, and whoever types it reads so.
    let told = ada.asks(&main, "!cp INC-1 note in the clear").await;
    assert!(told.contains("nothing that is typed here is done"), "{told}");
    let entries = post.program.timeline("INC-1", 1).await;
    assert!(!Post::texts(&entries).join("\n").contains("in the clear"), "{entries:#?}");
    assert!(post.program.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_a_homeserver_that_limits_gets_the_time_it_asks_for_and_everything_in_order() {
    let limits = "rc_message: {per_second: 0.5, burst_count: 3}\n\
                  rc_joins: {local: {per_second: 1000, burst_count: 1000}}\n\
                  rc_room_creation: {per_second: 1000, burst_count: 1000}\n";
    let Some(synapse) = Synapse::start(limits).await else { return };
    let (url, tally) = synapse.watched().await;
    let mut post = Post::beside(synapse, &url, "").await;
    let id = post.program.declare("ada", "Mail is late").await;
    for n in 1..=12 {
        post.program.do_say("ada", &id, &format!("note number {n}")).await;
    }
    let room = post.ada.invited_to("INC-1 ").await;
    post.stands_as_it_happened("INC-1", &room).await;
    // Whoever waits as long as they are asked to is refused about once for each message that is taken; whoever does not, over and
    // over.
    let (taken, refused) = (tally.taken.load(Relaxed), tally.refused.load(Relaxed));
    assert!(refused > 0, "the limit was met: {tally:?}");
    assert!(refused <= 2 * taken, "asked again before the time was over: {tally:?}");
    assert!(post.program.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_a_stop_is_in_force_at_once_while_answers_wait_and_a_kill_loses_none_of_them() {
    let limits = "rc_message: {per_second: 0.5, burst_count: 16}\n\
                  rc_joins: {local: {per_second: 1000, burst_count: 1000}}\n\
                  rc_room_creation: {per_second: 1000, burst_count: 1000}\n";
    let Some(mut post) = Post::open(limits, "").await else { return };
    let busy = post.program.declare("ada", "Mail is late").await;
    let other = post.program.declare("ada", "Writes are lost").await;
    let busy_room = post.ada.invited_to(&format!("{busy} ")).await;
    let other_room = post.ada.invited_to(&format!("{other} ")).await;

    post.ben.join(&busy_room).await;
    let mut notes = Vec::new();
    // Each of them stays below the limit, and the bot does not.
    for n in 1..=24 {
        let who = if n <= 12 { &post.ada } else { &post.ben };
        notes.push(who.types(&busy_room, &format!("!note number {n}.")).await);
    }
    let stop = post.ada.types(&other_room, "!stop we lose writes").await;
    until(3, "the stop on the timeline", || async {
        post.names(&other).await.contains(&"actions.stopped".to_owned())
    })
    .await;
    let history = post.ada.history(&busy_room).await;
    let is_answered = |note: &&String| {
        let is_answer = |one: &Value| {
            let relates = &one["content"]["m.relates_to"];
            relates["m.in_reply_to"]["event_id"] == note.as_str()
                || relates["event_id"] == note.as_str() && relates["key"] == MARK
        };
        history.iter().any(is_answer)
    };
    let answered = notes.iter().filter(is_answered).count();
    assert!(answered < notes.len(), "the stop waited for the answers before it");

    post.program.kill();
    post.program.start().await;
    for note in &notes {
        post.ada.answered(&busy_room, note).await;
    }
    post.ada.answered(&other_room, &stop).await;
    post.program.verify_all().await;
    let entries = post.program.timeline(&busy, 1).await;
    let texts = Post::texts(&entries);
    let noted: Vec<&&str> = texts.iter().filter(|text| text.starts_with("number ")).collect();
    let expected: Vec<String> = (1..=24).map(|n| format!("number {n}.")).collect();
    assert_eq!(noted, expected.iter().collect::<Vec<_>>(), "each once, as they were typed");
    assert!(post.program.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_what_arrived_though_its_answer_was_lost_stands_there_once() {
    let Some(synapse) = Synapse::start(NO_LIMITS).await else { return };
    let url = synapse.forgetful().await;
    let mut post = Post::beside(synapse, &url, "").await;
    post.ada.asks(&post.room, "!incident declare Logins fail").await;
    let room = post.ada.invited_to("INC-1 ").await;
    for n in 1..=6 {
        post.ada.asks(&room, &format!("!note number {n}")).await;
        post.program.do_say("ada", "INC-1", &format!("note from afar {n}")).await;
    }
    post.stands_as_it_happened("INC-1", &room).await;
    let announced = post.said(&post.room).await;
    assert_eq!(announced.len(), 1, "{announced:#?}");
    assert!(post.program.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_a_bot_that_is_put_out_comes_back_when_it_is_invited_and_does_what_was_typed_since_once() {
    let Some(mut post) = Post::open(NO_LIMITS, "").await else { return };
    let (ada, ben, main) = (&post.ada, &post.ben, post.room.clone());
    ada.asks(&main, "!incident declare Search is slow").await;
    let room = ada.invited_to("INC-1 ").await;
    ben.join(&room).await;
    for n in 1..=3 {
        ben.asks(&room, &format!("!note before {n}")).await;
    }
    post.quiet().await;
    let bot = json!({"user_id": post.bot.id});
    let put_out = async |who: &Account, from: &str| {
        let done = who.call("POST", &format!("/rooms/{}/kick", part(from)), Some(bot.clone())).await;
        assert_eq!(done, json!({}), "put out of {from}");
    };
    let invites = async |who: &Account, into: &str| {
        let done = who.call("POST", &format!("/rooms/{}/invite", part(into)), Some(bot.clone())).await;
        assert_eq!(done, json!({}), "invited into {into}");
    };
    put_out(ada, &main).await;
    let is_told = async |words: &str| {
        until(60, "it is told that nothing is heard there", || async { post.program.log().contains(words) })
            .await;
    };
    is_told("put the bot out of the room").await;
    // It leaves the incident's room by its own account, as nobody there can put it out.
    post.bot.call("POST", &format!("/rooms/{}/leave", part(&room)), Some(json!({}))).await;
    is_told("The bot has left the room").await;
    let missed = ada.types(&main, "!incident list").await;
    let noted = ben.types(&room, "!note nobody hears this yet").await;
    invites(ada, &main).await;
    invites(ben, &room).await;
    let listed = ada.answered(&main, &missed).await;
    assert!(listed.contains("Search is slow"), "{listed}");
    ben.answered(&room, &noted).await;
    ben.asks(&room, "!note after").await;
    post.until_it_listens().await;
    // A room of somebody's own is left alone.
    let own = ben.make_room(json!({"preset": "private_chat", "invite": [post.bot.id]})).await;
    assert!(ada.asks(&main, "!incident list").await.contains("Search is slow"));
    let joined = post.bot.call("GET", "/joined_rooms", None).await;
    let joined = joined["joined_rooms"].as_array().unwrap();
    assert!(joined.contains(&json!(main)) && joined.contains(&json!(room)), "{joined:?}");
    assert!(!joined.contains(&json!(own)), "{joined:?}");
    post.stands_as_it_happened("INC-1", &room).await;
    let entries = post.program.timeline("INC-1", 1).await;
    let texts = Post::texts(&entries);
    for text in ["before 1", "before 2", "before 3", "nobody hears this yet", "after"] {
        assert_eq!(texts.iter().filter(|one| **one == text).count(), 1, "{text} in {texts:?}");
    }
    assert!(post.program.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_of_a_title_that_was_redacted_nothing_is_left_in_what_the_room_was_called() {
    let Some(mut post) = Post::open(NO_LIMITS, "").await else { return };
    let (ada, main) = (&post.ada, post.room.clone());
    ada.asks(&main, "!incident declare zanzibar lost its data").await;
    let room = ada.invited_to("INC-1 ").await;
    ada.asks(&room, "!title zanzibar lost half of its data").await;
    post.quiet().await;
    let entries = post.program.timeline("INC-1", 1).await;
    let names = entries.iter().filter(|entry| entry["text"].as_str().unwrap().contains("zanzibar"));
    let names: Vec<u64> = names.map(|entry| entry["seq"].as_u64().unwrap()).collect();
    for seq in names {
        ada.asks(&room, &format!("!entry redact {seq} a customer's name")).await;
    }
    post.quiet().await;
    let own = |event: &&Value| event["sender"] == post.bot.id.as_str();
    let left: Vec<Value> = ada.history(&room).await.iter().filter(own).cloned().collect();
    let named = left.iter().filter(|event| event["type"] == "m.room.name");
    let named: Vec<&Value> = named.filter(|event| event["content"]["name"].is_string()).collect();
    assert_eq!(named.len(), 1, "{named:#?}");
    assert!(!named[0].to_string().contains("zanzibar"), "{named:#?}");
    assert!(post.program.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_a_restricted_incident_has_a_room_for_those_alone_who_see_it() {
    let Some(mut post) = Post::open(NO_LIMITS, "").await else { return };
    let (ada, ben, main) = (&post.ada, &post.ben, post.room.clone());
    let secret = json!({"title": "leak of zanzibar", "restricted": true});
    let to = post.program.client.post(post.program.url("/api/v1/incidents"));
    let declared = to.header("x-commandpost-person", "ada").json(&secret).send().await.unwrap();
    assert_eq!(declared.status().as_u16(), 201);
    let room = ada.invited_to("INC-1 ").await;
    ada.asks(&room, "!note zanzibar is gone").await;
    assert!(ada.asks(&room, "!status").await.contains("INC-1"), "who reads along there may");
    post.quiet().await;

    // Ben is in the command post, and finds nothing.
    let refused = ben.asks(&main, "!incident INC-1 status").await;
    assert!(refused.contains("There is no INC-1."), "{refused}");
    let refused = ada.asks(&main, "!incident INC-1 status").await;
    assert!(refused.contains("read by everybody"), "{refused}");
    let own = |event: &&Value| event["sender"] == post.bot.id.as_str();
    let seen = ben.history(&main).await;
    assert!(!seen.iter().filter(own).any(|event| event.to_string().contains("zanzibar")), "{seen:#?}");
    let news = ben.call("GET", "/sync?timeout=0", None).await;
    assert!(!news.to_string().contains(&room), "{news}");
    let door = format!("/join/{}", part(&room));
    assert_eq!(ben.call("POST", &door, Some(json!({}))).await["errcode"], "M_FORBIDDEN");

    ada.asks(&room, "!crew admit @ben:localhost").await;
    assert_eq!(ben.invited_to("INC-1 ").await, room);
    post.quiet().await;
    // What was said before he was called he does not read, so the card stands there anew, once.
    let pinned = ben.call("GET", &format!("/rooms/{}/state/m.room.pinned_events/", part(&room)), None).await;
    let card = pinned["pinned"][0].as_str().unwrap_or_else(|| panic!("{pinned}"));
    let card = ben.call("GET", &format!("/rooms/{}/event/{}", part(&room), part(card)), None).await;
    assert!(is_card(&card), "{card}");
    let cards: Vec<Value> = post.said(&room).await.into_iter().filter(is_card).collect();
    assert_eq!(cards.len(), 1, "{cards:#?}");
    ben.asks(&room, "!note Ben looks").await;
    ada.asks(&room, "!crew expel @ben:localhost").await;
    post.quiet().await;
    ada.asks(&room, "!note Ben is out").await;
    post.quiet().await;
    assert_eq!(ben.call("POST", &door, Some(json!({}))).await["errcode"], "M_FORBIDDEN");
    let seen = ben.history(&room).await;
    assert!(!seen.iter().any(|event| event.to_string().contains("Ben is out")), "{seen:#?}");
    assert!(ada.history(&room).await.iter().any(|event| event.to_string().contains("Ben is out")));
    // Typed where everybody reads, it is answered without its title.
    let aloud = ada.asks(&main, "!incident declare --restricted the quokka is out").await;
    assert!(aloud.contains("INC-2 is declared; it goes on in its private place."), "{aloud}");
    assert!(!aloud.contains("quokka"), "{aloud}");
    post.quiet().await;
    assert!(post.program.stop().success());
}
