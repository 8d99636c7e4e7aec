//! A conversation, played from the other end as RFC 3501 and RFC 9051 have it.

use tokio::io::{AsyncBufReadExt, BufReader, DuplexStream, duplex};

use super::{
    reading::{announced, fetched, named, quoted, words},
    *,
};

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1] ready\r\n";

/// What a server hears, and what it says to that; a line that begins with `T` begins with the tag.
pub(in crate::mail) type Script = Vec<(&'static str, &'static str)>;

/// Plays the server's part, and says what it heard that it should not have.
async fn play(wire: DuplexStream, script: Script) -> Vec<String> {
    let (read, mut write) = tokio::io::split(wire);
    let mut read = BufReader::new(read);
    write.write_all(GREETING.as_bytes()).await.unwrap();
    let mut strange = Vec::new();
    let mut tag = String::new();
    for (heard, says) in script {
        let mut line = String::new();
        read.read_line(&mut line).await.unwrap();
        let line = line.trim_end();
        let said = match line.split_once(' ') {
            Some((first, rest)) if first.starts_with('c') => {
                tag = first.to_owned();
                rest
            }
            _ => line,
        };
        if said != heard {
            strange.push(said.to_owned());
        }
        let says = says.split_inclusive('\n').map(|line| match line.strip_prefix("T ") {
            Some(end) => format!("{tag} {end}"),
            None => line.to_owned(),
        });
        write.write_all(says.collect::<String>().as_bytes()).await.unwrap();
    }
    strange
}

const CAPABILITY: (&str, &str) =
    ("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE UIDPLUS MOVE\r\nT OK done\r\n");

pub(in crate::mail) async fn talk(script: Script) -> (Imap, tokio::task::JoinHandle<Vec<String>>) {
    let (ours, theirs) = duplex(64 * 1024);
    let script: Script = [CAPABILITY].into_iter().chain(script).collect();
    let played = tokio::spawn(play(theirs, script));
    (Imap::greeted(Box::new(ours), 1_000).await.unwrap(), played)
}

#[tokio::test]
async fn a_letter_is_found_read_marked_and_moved() {
    let (mut imap, played) = talk(vec![
        ("AUTHENTICATE PLAIN", "+ \r\n"),
        ("AGFkYQBzw6ljcmV0", "T OK [CAPABILITY x] logged in\r\n"),
        CAPABILITY,
        (
            "SELECT \"INBOX\"",
            "* FLAGS (\\Seen)\r\n* 2 EXISTS\r\n* OK [UIDVALIDITY 38575] UIDs valid\r\n* OK [UIDNEXT 9] next\r\nT OK [READ-WRITE] done\r\n",
        ),
        ("UID SEARCH UID 5:*", "* SEARCH 8 5 5\r\nT OK done\r\n"),
        // The last letter is named though it is behind.
        ("UID SEARCH UID 9:*", "* SEARCH 8\r\nT OK done\r\n"),
        (
            "UID FETCH 5 (RFC822.SIZE BODY.PEEK[]<0.1000>)",
            "* 2 FETCH (FLAGS (\\Recent))\r\n* 1 FETCH (FLAGS (\\Seen $x) BODY[]<0> {7}\r\nUID 8)\n RFC822.SIZE 7 UID 5)\r\nT OK done\r\n",
        ),
        ("UID FETCH 8 (RFC822.SIZE BODY.PEEK[]<0.1000>)", "* 2 FETCH (UID 8 RFC822.SIZE 4000 BODY[]<0> \"a \\\"b\\\"\")\r\nT OK\r\n"),
        ("UID FETCH 6 (RFC822.SIZE BODY.PEEK[]<0.1000>)", "T OK done\r\n"),
        ("UID STORE 5 +FLAGS.SILENT (\\Seen)", "T OK done\r\n"),
        ("UID MOVE 5 \"Done\"", "T NO [TRYCREATE] no such folder\r\n"),
        ("CREATE \"Done\"", "T OK done\r\n"),
        ("UID MOVE 5 \"Done\"", "* OK [COPYUID 1 5 1] moved\r\n* 1 EXPUNGE\r\nT OK done\r\n"),
    ])
    .await;
    imap.login("ada", "s\u{e9}cret").await.unwrap();
    let opened = imap.open("INBOX").await.unwrap();
    assert_eq!(opened, Opened { validity: 38_575, next: Some(9), is_read_only: false });
    assert_eq!(imap.since(5).await.unwrap(), [5, 8]);
    assert_eq!(imap.since(9).await.unwrap(), [0; 0]);
    let letter = imap.letter(5).await.unwrap().unwrap();
    assert_eq!((letter.raw.as_slice(), letter.bytes), (&b"UID 8)\n"[..], 7));
    let long = imap.letter(8).await.unwrap().unwrap();
    assert_eq!((long.raw.as_slice(), long.bytes), (&b"a \"b\""[..], 4_000));
    assert_eq!(imap.letter(6).await.unwrap(), None, "somebody took it away");
    imap.mark_read(5).await.unwrap();
    imap.put_into("Done", 5).await.unwrap();
    assert_eq!(played.await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_server_without_moves_copies_and_sweeps_this_letter_only() {
    let plain = ("CAPABILITY", "* CAPABILITY IMAP4rev1 UIDPLUS\r\nT OK done\r\n");
    let (mut imap, played) = talk(vec![
        ("LOGIN \"ada\" \"a \\\"b\\\\\"", "T OK done\r\n"),
        plain,
        ("UID COPY 5 \"Done\"", "T OK done\r\n"),
        ("UID STORE 5 +FLAGS.SILENT (\\Deleted)", "T OK done\r\n"),
        ("UID EXPUNGE 5", "* 1 EXPUNGE\r\nT OK done\r\n"),
    ])
    .await;
    imap.can.clear();
    imap.login("ada", "a \"b\\").await.unwrap();
    imap.put_into("Done", 5).await.unwrap();
    assert_eq!(played.await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_the_server_tells_ends_the_wait_and_a_refusal_is_told_in_its_words() {
    let (mut imap, played) = talk(vec![
        ("IDLE", "+ idling\r\n* OK still here\r\n* 3 EXISTS\r\n"),
        ("DONE", "T OK done\r\n"),
        ("NOOP", "T NO [UNAVAILABLE] the \u{1b}[31mdisk is full\r\n"),
        ("NOOP", "* BYE [X] going down\r\n"),
    ])
    .await;
    imap.wait(Duration::from_secs(30)).await.unwrap();
    let told = imap.nudge().await.unwrap_err();
    assert_eq!(told, Trouble::Refused("the server says «the  [31mdisk is full»".to_owned()));
    let told = imap.nudge().await.unwrap_err();
    assert_eq!(told, Trouble::Lost("the server hung up: the server says «going down»".to_owned()));
    assert_eq!(played.await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_letter_that_comes_between_the_look_and_the_wait_ends_the_wait() {
    let (mut imap, played) = talk(vec![
        ("SELECT \"INBOX\"", "* 2 EXISTS\r\n* OK [UIDVALIDITY 1] valid\r\nT OK [READ-WRITE] done\r\n"),
        // It comes while the server searches: no wait.
        ("UID SEARCH UNSEEN", "* SEARCH\r\n* 3 EXISTS\r\nT OK done\r\n"),
        // It comes with something else: no wait either.
        ("UID SEARCH UNSEEN", "* SEARCH 3\r\nT OK done\r\n"),
        ("UID STORE 3 +FLAGS.SILENT (\\Seen)", "* 4 exists\r\nT OK done\r\n"),
        // It comes before the server begins to wait.
        ("UID SEARCH UNSEEN", "* SEARCH\r\nT OK done\r\n"),
        ("IDLE", "* 5 EXISTS\r\n+ idling\r\n"),
        ("DONE", "T OK done\r\n"),
        // What was there before is no news, nor what is left when one goes.
        ("UID SEARCH UNSEEN", "* SEARCH 5\r\n* 5 EXISTS\r\nT OK done\r\n"),
        ("UID MOVE 5 \"Done\"", "* 5 EXPUNGE\r\n* 4 EXISTS\r\nT OK done\r\n"),
        ("IDLE", "+ idling\r\n* 5 EXISTS\r\n"),
        ("DONE", "T OK done\r\n"),
    ])
    .await;
    imap.open("INBOX").await.unwrap();
    imap.unread().await.unwrap();
    imap.wait(Duration::from_secs(30)).await.unwrap();
    assert_eq!(imap.unread().await.unwrap(), [3]);
    imap.mark_read(3).await.unwrap();
    imap.wait(Duration::from_secs(30)).await.unwrap();
    imap.unread().await.unwrap();
    imap.wait(Duration::from_secs(30)).await.unwrap();
    assert_eq!(imap.unread().await.unwrap(), [5]);
    imap.put_into("Done", 5).await.unwrap();
    imap.wait(Duration::from_secs(30)).await.unwrap();
    assert_eq!(played.await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn no_server_can_fill_the_memory_or_hold_us_for_ever() {
    let endless = "* 1 EXISTS\r\n".repeat(RESPONSES_MAX + 1);
    let line = format!("* OK {}", "x".repeat(LINE_BYTES_MAX + 1));
    for (what, says) in [
        ("without end", endless),
        ("a line without end", line),
        ("more than was asked for", "* 1 FETCH (BODY[] {1001}\r\n".to_owned()),
        ("closed the connection", "* 1 FETCH (BODY[] {10}\r\nabc".to_owned()),
    ] {
        let (ours, theirs) = duplex(64 * 1024);
        let served = tokio::spawn(async move {
            let (read, mut write) = tokio::io::split(theirs);
            let mut read = BufReader::new(read);
            let mut heard = String::new();
            write.write_all(GREETING.as_bytes()).await.unwrap();
            read.read_line(&mut heard).await.unwrap();
            write.write_all(b"* CAPABILITY IMAP4rev1\r\nc1 OK\r\n").await.unwrap();
            read.read_line(&mut heard).await.unwrap();
            drop(write.write_all(says.as_bytes()).await);
            // Otherwise it stays, and says no more.
            if what != "closed the connection" {
                drop(read.read_line(&mut heard).await);
            }
        });
        let mut imap = Imap::greeted(Box::new(ours), 1_000).await.unwrap();
        let Trouble::Lost(why) = imap.nudge().await.unwrap_err() else { panic!("{what}") };
        assert!(why.contains(what) || why.contains("broke off"), "{what}: {why}");
        drop(imap);
        served.await.unwrap();
    }
}

#[test]
fn names_and_words_are_written_as_a_server_reads_them() {
    assert_eq!(named("INBOX"), "\"INBOX\"");
    // The example of RFC 3501, 5.1.3.
    assert_eq!(
        named("~peter/mail/\u{53f0}\u{5317}/\u{65e5}\u{672c}\u{8a9e}"),
        "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""
    );
    assert_eq!(named("Erledigt & \u{fc}"), "\"Erledigt &- &APw-\"");
    assert_eq!(named("a\"b\\\r\nc1 DELETE x"), "\"a\\\"b\\\\&AA0ACg-c1 DELETE x\"", "no second command");
    assert_eq!(quoted("a\r\nb"), None);
    assert_eq!(announced("* 1 FETCH (BODY[] {12}"), Some(12));
    assert_eq!(announced("* OK {12} done"), None);
    assert_eq!(words("NO"), "the server says «NO»");
    let response = |line: &str| Response { line: line.to_owned(), literals: vec![b"x".to_vec()] };
    assert!(fetched(response("* 1 FETCH (UID 5 BODY[]<0> {1})"), 6).is_none());
    for broken in [
        "",
        "*",
        "* 1",
        "* 1 FETCH",
        "* 1 FETCH (",
        "* 1 FETCH (UID",
        "* 1 FETCH (UID 5 BODY[] \"",
        "* 1 FETCH (FLAGS (",
    ] {
        assert!(fetched(response(broken), 5).is_none_or(|letter| letter.raw.is_empty()), "{broken}");
    }
}
