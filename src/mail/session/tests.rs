//! Conversations, word for word.

use std::{pin::Pin, sync::Mutex};

use super::*;

/// Takes letters for `disk`, not now for `later`, never for others.
#[derive(Default)]
struct Post {
    taken: Mutex<Vec<(Recipient, Letter)>>,
}

impl Desk for Post {
    fn admit(&self, recipient: &Recipient, _: IpAddr) -> Outcome {
        match recipient.hook.as_str() {
            "disk" | "later" => Outcome::Taken,
            other => Outcome::Refused(format!("There is no hook {other}\r\n250 injected")),
        }
    }
    fn take(
        &self,
        recipient: Recipient,
        letter: Arc<Letter>,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        let outcome = match recipient.hook.as_str() {
            "later" => Outcome::Later("The disk is full".into()),
            _ => Outcome::Taken,
        };
        self.taken.lock().unwrap().push((recipient, (*letter).clone()));
        Box::pin(async { outcome })
    }
}

/// What is answered to all of this, said in one go, and what was taken.
async fn said(words: &str) -> (Vec<String>, Vec<(Recipient, Letter)>) {
    let post = Post::default();
    let settings = Settings { host: "post.example".into(), letter_bytes_max: 2_000 };
    let (ours, mut theirs) = tokio::io::duplex(1 << 20);
    theirs.write_all(words.as_bytes()).await.unwrap();
    theirs.shutdown().await.unwrap();
    let from = IpAddr::from([192, 0, 2, 1]);
    drop(converse(ours, from, &settings, &post, &CancellationToken::new()).await);
    let mut heard = String::new();
    theirs.read_to_string(&mut heard).await.unwrap();
    assert!(heard.ends_with("\r\n"), "{heard:?}");
    (heard.lines().map(str::to_owned).collect(), post.taken.into_inner().unwrap())
}

/// The answers' codes.
fn codes(answers: &[String]) -> Vec<&str> {
    answers.iter().map(|answer| &answer[..3]).collect()
}

#[tokio::test]
async fn a_letter_is_taken_as_it_was_written() {
    let (answers, taken) = said(
        "EHLO db1\r\nMAIL FROM:<monit@db1> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<Disk+token@post.example>\r\nDATA\r\n\
         Subject: disk is full\r\n\r\n..dots\r\nbare\n.\r\nQUIT\r\n.\r\nQUIT\r\n",
    )
    .await;
    assert_eq!(codes(&answers), ["220", "250", "250", "250", "250", "250", "250", "354", "250", "221"]);
    let [(recipient, letter)] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!(*recipient, Recipient { hook: "disk".into(), token: Some("token".into()) });
    assert_eq!(letter.subject, "disk is full");
    assert_eq!(
        letter.text.replace('\r', ""),
        ".dots\nbare\n.\nQUIT",
        "only a whole line by itself is the end"
    );
}

#[tokio::test]
async fn what_cannot_be_taken_now_is_to_come_again_and_what_never_can_is_refused() {
    let to =
        |hook: &str| format!("MAIL FROM:<>\r\nRCPT TO:<{hook}@x>\r\nDATA\r\nSubject: a\r\n\r\nb\r\n.\r\n");
    assert_eq!(codes(&said(&to("later")).await.0), ["220", "250", "250", "354", "451"]);
    let (answers, _) = said("MAIL FROM:<a@b>\r\nRCPT TO:<nobody@x>\r\nQUIT\r\n").await;
    assert_eq!(codes(&answers), ["220", "250", "550", "221"]);
    assert_eq!(answers[2], "550 There is no hook nobody  250 injected");
    let both = "MAIL FROM:<a@b>\r\nRCPT TO:<disk@x>\r\nRCPT TO:<later@x>\r\nDATA\r\n\r\nb\r\n.\r\n";
    assert_eq!(codes(&said(both).await.0).last(), Some(&"451"));
}

#[tokio::test]
async fn too_large_too_many_or_out_of_turn_is_refused_and_the_conversation_goes_on() {
    let large =
        format!("MAIL FROM:<a@b>\r\nRCPT TO:<disk@x>\r\nDATA\r\n{}\r\n.\r\nNOOP\r\n", "x".repeat(100_000));
    let (answers, taken) = said(&large).await;
    assert_eq!((codes(&answers), taken.len()), (vec!["220", "250", "250", "354", "552", "250"], 0));
    assert_eq!(codes(&said("MAIL FROM:<a@b> SIZE=2001\r\n").await.0), ["220", "552"]);
    let turns = "DATA\r\nRCPT TO:<disk@x>\r\nMAIL a@b\r\nMAIL FROM: <a@b>\r\nRCPT TO:disk\r\nRSET\r\nDATA\r\nSTARTTLS\r\nVRFY a\r\n";
    let (answers, _) = said(turns).await;
    assert_eq!(codes(&answers), ["220", "503", "503", "501", "250", "501", "250", "503", "500", "252"]);
    let many = format!("MAIL FROM:<a@b>\r\n{}", "RCPT TO:<disk@x>\r\n".repeat(17));
    assert_eq!(codes(&said(&many).await.0).last(), Some(&"452"));
}

#[tokio::test]
async fn nonsense_comes_to_an_end() {
    let (answers, _) = said(&"GET / HTTP/1.1\r\n".repeat(20)).await;
    assert_eq!(codes(&answers).last(), Some(&"421"));
    for nonsense in
        [&"x".repeat(10_000)[..], "\u{0}\u{0}\r\n", "", "MAIL FROM:<a@b>\r\nRCPT TO:<disk@x>\r\nDATA\r\nhalf"]
    {
        let (_, taken) = said(nonsense).await;
        assert!(taken.is_empty());
    }
}
