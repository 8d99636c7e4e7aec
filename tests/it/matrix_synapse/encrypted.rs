//! Encrypted rooms: refused without a proxy that decrypts, served with one.

use std::fs;

use serde_json::{Value, json};

use super::{Post, count, proxy};
use crate::support::{
    program::until,
    synapse::{NO_LIMITS, part},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matrix_encrypted_rooms_are_served_by_way_of_a_proxy_and_a_message_without_a_key_is_told_of_once() {
    let all_encrypted = format!("{NO_LIMITS}encryption_enabled_by_default_for_room_type: all\n");
    let Some(mut post) = Post::open(&all_encrypted, "").await else { return };
    let (ada, main) = (&post.ada, post.room.clone());
    post.until_refused(&main).await;

    // With a proxy before it, the same room is served, and so is one that the homeserver makes encrypted.
    assert!(post.program.stop().success());
    let settings = fs::read_to_string(post.program.home().join("commandpost.toml")).unwrap();
    let direct = post.synapse.url();
    let by_proxy = settings.replace(&direct, &proxy::before(&direct).await);
    assert_ne!(settings, by_proxy);
    post.program.configure(&format!("{by_proxy}encrypting_proxy = true\n"));
    post.program.start().await;
    post.until_it_listens().await;
    let told_of = |history: &[Value]| {
        let bodies = history.iter().filter_map(|event| event["content"]["body"].as_str());
        bodies.filter(|body| body.contains("arrived still encrypted")).count()
    };
    assert_eq!(told_of(&ada.history(&main).await), 0, "that the room is encrypted is nothing to tell");
    let answer = ada.asks(&main, "!incident declare Checkout is down").await;
    assert!(answer.contains("INC-1"), "{answer}");
    let room = ada.invited_to("INC-1 ").await;
    let state = ada.call("GET", &format!("/rooms/{}/state/m.room.encryption/", part(&room)), None).await;
    assert_eq!(state["algorithm"], proxy::MEGOLM, "{state}");

    // What the proxy can read is done, and is put on the timeline by a pin.
    let text = |body: &str| json!({"msgtype": "m.text", "body": body});
    let noted = ada.send(&room, "m.room.encrypted", proxy::encrypted(&text("!note it is the switch"))).await;
    ada.answered(&room, &noted).await;
    let message = ada.send(&room, "m.room.encrypted", proxy::encrypted(&text("the disk is full"))).await;
    let pin = |message: &str| json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": message, "key": "📌"}});
    ada.send(&room, "m.reaction", pin(&message)).await;
    until(60, "the message on the timeline", || async {
        let entries = post.program.timeline("INC-1", 1).await;
        Post::texts(&entries).iter().any(|text| text.contains("the disk is full"))
    })
    .await;
    let edit = json!({"msgtype": "m.text", "body": "* the disk is empty", "m.new_content": text("the disk is empty"),
        "m.relates_to": {"rel_type": "m.replace", "event_id": message}});
    ada.send(&room, "m.room.encrypted", proxy::encrypted(&edit)).await;
    until(60, "the correction", || async { count(&post.names("INC-1").await, "entry.corrected") == 1 }).await;

    // What it cannot read is told of once in a room, whichever way it comes, and not again after another start.
    let without_key = ada.send(&room, "m.room.encrypted", proxy::without_key()).await;
    let told = ada.answered(&room, &without_key).await;
    assert!(told.contains("has no key"), "{told}");
    let left_alone = ada.send(&main, "m.room.encrypted", proxy::left_alone()).await;
    let told = ada.answered(&main, &left_alone).await;
    assert!(told.contains("has no key"), "{told}");
    post.quiet().await;
    assert!(post.program.stop().success());
    post.program.start().await;
    post.until_it_listens().await;
    for room in [&room, &main] {
        ada.send(room, "m.room.encrypted", proxy::without_key()).await;
        ada.send(room, "m.room.encrypted", proxy::left_alone()).await;
        assert!(ada.asks(room, "!incident INC-1 status").await.contains("INC-1"));
        assert_eq!(told_of(&ada.history(room).await), 1, "{room}");
    }
    // Whoever pins one is told each time.
    for closed in [proxy::without_key(), proxy::left_alone()] {
        let closed = ada.send(&room, "m.room.encrypted", closed).await;
        ada.send(&room, "m.reaction", pin(&closed)).await;
        let told = ada.answered(&room, &closed).await;
        assert!(told.contains("not on the timeline"), "{told}");
    }
    assert_eq!(count(&post.names("INC-1").await, "note"), 2);
    post.stands_as_it_happened("INC-1", &room).await;
    assert!(post.program.stop().success());
}
