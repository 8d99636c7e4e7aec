//! The same words do the same everywhere: a whole incident, with a transfer of command, by REST, by the console's command box, by
//! the command line, as Discord and Slack slash commands, in Mattermost by slash commands and messages in turn, and as messages
//! on a real Synapse ends with the same timeline, but for the source of each entry.

use std::{sync::Arc, time::Duration};

use commandpost::model::{
    discord::{Discord, Id},
    mattermost::{MattermostModel, Post},
    slack::SlackModel,
};
use serde_json::{Value, json};

use crate::support::{
    discord::{as_described, slash},
    mattermost_api,
    program::{Program, until},
    slack_api,
    synapse::{NO_LIMITS, Synapse},
};

const PEOPLE: [&str; 2] = ["Ada", "Bob"];
/// How the second of them is named in commands, and stands in a Discord form.
const BOB: &str = "@Bob";

/// Who says it, the words as typed, and the same as a Discord form: subcommand and options.
fn script() -> Vec<(usize, &'static str, &'static str, Value)> {
    vec![
        (
            0,
            "declare checkout is down --severity sev1",
            "declare",
            json!({ "title": "checkout is down", "severity": "sev1" }),
        ),
        (1, "role take pio", "role take", json!({ "role": "pio" })),
        (
            0,
            "note it's the 02:55 deploy; don't --force it",
            "note",
            json!({ "text": "it's the 02:55 deploy; don't --force it" }),
        ),
        (
            0,
            "severity sev2 half of the carts",
            "severity",
            json!({ "severity": "sev2", "reason": "half of the carts" }),
        ),
        (1, "update draft Some payments fail.", "update draft", json!({ "text": "Some payments fail." })),
        (0, "update approve 1", "update approve", json!({ "n": 1 })),
        (1, "update publish 1", "update publish", json!({ "n": 1 })),
        (0, "task add --in 10m roll it back", "task add", json!({ "text": "roll it back", "in": "10m" })),
        (0, "task done 1 rolled back", "task done", json!({ "n": 1, "result": "rolled back" })),
        (
            0,
            "decide stay on the old release",
            "decision record",
            json!({ "text": "stay on the old release" }),
        ),
        (0, "resolve rolled back", "resolve", json!({ "reason": "rolled back" })),
        (1, "update draft Payments work again.", "update draft", json!({ "text": "Payments work again." })),
        (0, "update approve 2", "update approve", json!({ "n": 2 })),
        (1, "update publish 2", "update publish", json!({ "n": 2 })),
        (0, "command offer @Bob", "command offer", json!({ "to": BOB })),
        (1, "command accept", "command accept", json!({})),
        (1, "close", "close", json!({})),
    ]
}

/// A timeline as it must be everywhere: names and texts, with the times in them blanked.
fn told(entries: &[Value]) -> Vec<String> {
    let blank =
        |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect::<String>();
    entries
        .iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} ({}): {}", text("actor"), text("name"), text("role"), blank(&text("text")))
        })
        .collect()
}

/// Runs of blanked digits are of one length.
fn vias(entries: &[Value]) -> Vec<String> {
    let mut vias: Vec<_> =
        entries.iter().map(|entry| entry["via"].as_str().unwrap_or_default().to_owned()).collect();
    vias.sort();
    vias.dedup();
    vias
}

async fn by_rest() -> Vec<Value> {
    let mut program = Program::new("");
    program.start().await;
    for (who, words, ..) in script() {
        let request = program
            .client
            .post(program.url("/api/v1/commands"))
            .header("X-Commandpost-Person", PEOPLE[who])
            .json(&json!({ "text": words }));
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{words}: {}", answer.text().await.unwrap());
    }
    let timeline = program.timeline("INC-1", 1).await;
    assert!(program.stop().success());
    timeline
}

async fn by_console() -> Vec<Value> {
    let mut program = Program::new("");
    program.start().await;
    for (who, words, ..) in script() {
        let incident = if words.starts_with("declare") { "" } else { "INC-1" };
        let answer = program
            .client
            .post(program.url("/console/say"))
            .header("Cookie", format!("commandpost_name={}", PEOPLE[who]))
            .form(&[("incident", incident), ("text", words), ("once", &format!("key-{words}"))])
            .send()
            .await
            .unwrap();
        assert!(
            answer.status().is_success() || answer.status().is_redirection(),
            "{words}: {}",
            answer.status()
        );
    }
    let timeline = program.timeline("INC-1", 1).await;
    assert!(program.stop().success());
    timeline
}

async fn by_command_line() -> Vec<Value> {
    let mut program = Program::new("");
    for (who, words, ..) in script() {
        // As a shell splits them: the data directory itself is worked on, no server runs.
        let mut argv = vec!["incident", "--as", PEOPLE[who]];
        argv.extend(words.split(' '));
        let output = program.run(&argv);
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    }
    program.start().await;
    let timeline = program.timeline("INC-1", 1).await;
    assert!(program.stop().success());
    timeline
}

async fn by_discord() -> Vec<Value> {
    let discord = Discord::start(Arc::new(now)).await.unwrap();
    let channel = discord.text_channel("command-post");
    let people: Vec<Id> = PEOPLE.iter().map(|name| discord.person(name)).collect();
    let mut program = Program::new("");
    let token = program.secret("token", &discord.token());
    program.configure(&format!(
        "[discord]\ntoken_file = \"{token}\"\napplication_id = \"{}\"\nguild_id = \"{}\"\nchannel_id = \"{channel}\"\nbase_url = \"{}\"\n",
        discord.application(),
        discord.guild(),
        discord.url()
    ));
    program.start().await;
    let patience = Duration::from_secs(60);
    discord
        .wait_for(patience, |d| (!d.commands().is_empty()).then_some(()))
        .await
        .expect("the commands are registered");
    let mut place = channel;
    for (who, words, form, mut options) in script() {
        if options["to"] == BOB {
            options["to"] = json!(people[1].to_string());
        }
        let asked = discord.slash(people[who], place, &slash(form), options).unwrap();
        let answer = asked.message().await.unwrap();
        assert!(answer.is_ephemeral(), "{words}: only the asker sees the short answer");
        if form == "declare" {
            let opened =
                discord.wait_for(patience, |d| d.threads().into_iter().find(|t| t.name.starts_with("INC-1")));
            place = opened.await.expect("the incident has its thread").id;
        }
    }
    let timeline = program.timeline("INC-1", 1).await;
    assert!(program.stop().success());
    as_described(&discord, "same_words");
    timeline
}

async fn by_mattermost() -> Vec<Value> {
    let mattermost = MattermostModel::start(Arc::new(now)).await.unwrap();
    mattermost.patience(60);
    let channel = mattermost.channel("command-post");
    let people: Vec<String> =
        PEOPLE.iter().map(|name| mattermost.person(&name.to_lowercase(), name)).collect();
    let mut program = Program::new("");
    let (bot, command) = (mattermost.bot_token(), mattermost.command_token());
    let (bot, command) = (program.secret("bot", bot.expose()), program.secret("command", command.expose()));
    program.configure(&format!(
        "[mattermost]\nurl = \"{}\"\nbot_token_file = \"{bot}\"\ncommand_token_file = \"{command}\"\n\
         channel = \"{channel}\"\ncallback_url = \"{}\"\n",
        mattermost.url(),
        program.url("")
    ));
    program.start().await;
    mattermost.reach(&program.url("/chat/mattermost"));
    let patience = Duration::from_secs(60);
    mattermost.wait_for(patience, |m| (m.sockets() > 0).then_some(())).await.expect("it listens");
    let mut place = channel.clone();
    for (turn, (who, words, form, _)) in script().into_iter().enumerate() {
        let words = words.replace(BOB, "@bob");
        if turn % 2 == 0 {
            let asked = mattermost.slash(&people[who], &place, None, &words).unwrap();
            let answer = asked.answer().await.unwrap();
            assert!(!answer.contains("failed"), "{words}: {answer}");
        } else {
            let said = mattermost.say(&people[who], &place, None, &format!("!incident {words}")).unwrap();
            // A reply below it, or a mark where there is nothing more to say.
            let is_answered = |m: &MattermostModel| {
                let is_its = |post: &Post| {
                    post.root.as_ref() == Some(&said.id) || post.id == said.id && !post.reactions.is_empty()
                };
                m.posts(&said.channel).iter().any(is_its).then_some(())
            };
            mattermost.wait_for(patience, is_answered).await.expect("a reply");
        }
        if form == "declare" {
            // Whoever is told of the channel is heard in it.
            let announced = |m: &MattermostModel| {
                let is_said = m.posts(&channel).iter().any(|post| post.text.contains("~inc-1"));
                m.channel_named("inc-1").filter(|_| is_said)
            };
            let opened = mattermost.wait_for(patience, announced).await;
            place = opened.expect("the incident has its channel").id;
        }
    }
    let timeline = program.timeline("INC-1", 1).await;
    assert!(program.stop().success());
    mattermost_api::as_described(&mattermost.requests(), "same_words");
    timeline
}

async fn by_slack() -> Vec<Value> {
    let slack = SlackModel::start(Arc::new(now)).await.unwrap();
    slack.message_gap(0);
    slack.patience(60_000);
    let channel = slack.channel("command-post");
    let people: Vec<String> = PEOPLE.iter().map(|name| slack.person(name)).collect();
    let mut program = Program::new("");
    let (bot, app) = (slack.bot_token(), slack.app_token());
    let (bot, app) = (program.secret("bot", bot.expose()), program.secret("app", app.expose()));
    program.configure(&format!(
        "[slack]\nbase_url = \"{}\"\nbot_token_file = \"{bot}\"\napp_token_file = \"{app}\"\nchannel = \"{channel}\"\n",
        slack.url()
    ));
    program.start().await;
    let patience = Duration::from_secs(60);
    slack.wait_for(patience, |s| (s.sockets() > 0).then_some(())).await.expect("it listens");
    let mut place = channel;
    for (who, words, form, _) in script() {
        let asked = slack.slash(&people[who], &place, &words.replace(BOB, "@bob")).unwrap();
        let answer = asked.answer().await.unwrap().text;
        assert!(!answer.contains("failed"), "{words}: {answer}");
        if form == "declare" {
            let opened = slack.wait_for(patience, |s| s.channel_named("inc-1")).await;
            place = opened.expect("the incident has its channel").id;
        }
    }
    let timeline = program.timeline("INC-1", 1).await;
    assert!(program.stop().success());
    slack_api::as_described(&slack.requests(), "same_words");
    timeline
}

/// `None`: there is no Synapse here, and it was said.
async fn by_matrix() -> Option<Vec<Value>> {
    let synapse = Synapse::start(NO_LIMITS).await?;
    let people = [synapse.account("ada").await, synapse.account("bob").await];
    let bot = synapse.account("bot").await;
    let room = json!({"name": "Command post", "room_alias_name": "command-post", "preset": "private_chat", "invite": [people[1].id, bot.id]});
    let room = people[0].make_room(room).await;
    people[1].join(&room).await;
    let mut program = Program::new("");
    let token = program.secret("matrix_token", &bot.token);
    program.configure(&format!(
        "[[person]]\nid = \"ada\"\nname = \"Ada\"\nmatrix = \"{}\"\n[[person]]\nid = \"bob\"\nname = \"Bob\"\nmatrix = \"{}\"\n\
         [matrix]\nhomeserver = \"{}\"\naccess_token_file = \"{token}\"\nroom = \"#command-post:localhost\"\n",
        people[0].id,
        people[1].id,
        synapse.url()
    ));
    program.start().await;
    until(90, "the bot listens", || async {
        program.get("/metrics").await.text.contains("matrix_connected 1")
    })
    .await;
    let mut place = room;
    for (who, words, form, _) in script() {
        let answer = people[who].asks(&place, &format!("!incident {words}")).await;
        assert!(!answer.contains("failed"), "{words}: {answer}");
        if form == "declare" {
            place = people[0].invited_to("INC-1 ").await;
            people[1].join(&place).await;
        }
    }
    let timeline = program.timeline("INC-1", 1).await;
    assert!(program.stop().success());
    Some(timeline)
}

#[allow(clippy::disallowed_methods, reason = "the modelled chats keep the machine's time")]
fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_words_end_in_the_same_timeline_whichever_door_they_come_through() {
    let rest = by_rest().await;
    assert_eq!(vias(&rest), ["api"]);
    assert!(rest.len() > script().len(), "{rest:#?}");
    assert!(rest.iter().any(|entry| entry["name"] == "command.transferred"), "{rest:#?}");
    for (door, timeline) in [
        ("console", Some(by_console().await)),
        ("cli", Some(by_command_line().await)),
        ("discord", Some(by_discord().await)),
        ("mattermost", Some(by_mattermost().await)),
        ("slack", Some(by_slack().await)),
        ("matrix", by_matrix().await),
    ] {
        let Some(timeline) = timeline else { continue };
        assert_eq!(told(&timeline), told(&rest), "{door}");
        assert_eq!(vias(&timeline), [door]);
    }
}
