//! As much of IMAP (RFC 9051, and RFC 3501 where a server knows no more) as a mailbox needs that is read from: who one is, what is
//! there, a letter, that it was taken, and a wait for the next.
//!
//! Everything that comes has a limit: a line, an answer, a letter, the time that it takes. Nothing that goes is ever logged.

use std::{io, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};
use tokio_rustls::TlsConnector;

mod reading;
#[cfg(test)]
pub(super) mod tests;

pub(super) use reading::Fetched;
use reading::{Response, announced, counted, ends, fetched, named, quoted, starts, words};

/// Until a command is answered.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest line: the numbers of a hundred thousand letters.
const LINE_BYTES_MAX: usize = 1024 * 1024;
/// Responses, and bytes of them besides a letter, that one command may bring.
const RESPONSES_MAX: usize = 10_000;
const RESPONSE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a conversation goes by: TLS, or the bare connection.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// What stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// This connection is of no use any more.
    Lost(String),
    /// The server said no, in its own words.
    Refused(String),
}

impl Trouble {
    pub fn why(self) -> String {
        match self {
            Trouble::Lost(why) | Trouble::Refused(why) => why,
        }
    }
}

fn lost(why: impl Into<String>) -> Trouble {
    Trouble::Lost(why.into())
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        lost(format!("the connection broke off: {error}"))
    }
}

type Done<T> = Result<T, Trouble>;

/// A folder that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opened {
    /// As long as this stays the same, a number means the same letter.
    pub validity: u32,
    /// The number that the next letter gets, if the server says.
    pub next: Option<u32>,
    pub is_read_only: bool,
}

/// A conversation with a server.
pub(super) struct Imap {
    wire: Box<dyn Wire>,
    /// What was read and is not a whole response yet, and how much it must be for the next one.
    held: Vec<u8>,
    needed: usize,
    literal_bytes_max: usize,
    tag: u32,
    can: Vec<String>,
    /// How many letters there are, as far as the server told, and whether it told of more since they were last looked for.
    letters: u32,
    has_news: bool,
}

impl Imap {
    /// Hears the greeting. `literal_bytes_max`: the longest letter that is taken.
    pub async fn greeted(wire: Box<dyn Wire>, literal_bytes_max: usize) -> Done<Imap> {
        let (held, can) = (Vec::new(), Vec::new());
        let (letters, has_news) = (0, false);
        let mut imap = Imap { wire, held, needed: 0, literal_bytes_max, tag: 0, can, letters, has_news };
        let greeting = timeout(PATIENCE, imap.response()).await.map_err(|_| silent())??;
        if !starts(&greeting.line, "* OK") {
            return Err(lost(format!("the server does not want to talk: {}", words(&greeting.line))));
        }
        imap.look().await?;
        Ok(imap)
    }

    /// The same conversation under TLS from here on.
    pub async fn under_tls(mut self, tls: &TlsConnector, name: ServerName<'static>) -> Done<Imap> {
        if !self.can("STARTTLS") {
            return Err(Trouble::Refused("the server offers no TLS".to_owned()));
        }
        self.ask("STARTTLS").await?;
        // Whoever sits in between could have put words into the server's mouth before TLS began.
        if !self.held.is_empty() {
            return Err(lost("the server went on talking before TLS began"));
        }
        let wire = timeout(PATIENCE, tls.connect(name, self.wire)).await.map_err(|_| silent())??;
        let mut imap = Imap { wire: Box::new(wire), held: Vec::new(), can: Vec::new(), ..self };
        // What was said in the clear does not count.
        imap.look().await?;
        Ok(imap)
    }

    pub fn can(&self, what: &str) -> bool {
        self.can.iter().any(|can| can.eq_ignore_ascii_case(what))
    }

    async fn look(&mut self) -> Done<()> {
        let responses = self.ask("CAPABILITY").await?;
        let told = responses.iter().filter(|one| starts(&one.line, "* CAPABILITY "));
        self.can = told.flat_map(|one| one.line.split_whitespace().skip(2).map(str::to_owned)).collect();
        Ok(())
    }

    pub async fn login(&mut self, account: &str, password: &str) -> Done<()> {
        if self.can("AUTH=PLAIN") {
            let tag = self.send("AUTHENTICATE PLAIN").await?;
            self.invited(&tag).await?;
            let shown = STANDARD.encode(format!("\0{account}\0{password}"));
            self.write(&format!("{shown}\r\n")).await?;
            self.answered(&tag).await?;
        } else if self.can("LOGINDISABLED") {
            return Err(Trouble::Refused("the server takes no password on this connection".to_owned()));
        } else {
            let (Some(account), Some(password)) = (quoted(account), quoted(password)) else {
                let why = "the server takes no account or password with letters that are not ASCII";
                return Err(Trouble::Refused(why.to_owned()));
            };
            self.ask(&format!("LOGIN {account} {password}")).await?;
        }
        self.look().await
    }

    pub async fn open(&mut self, folder: &str) -> Done<Opened> {
        let tag = self.send(&format!("SELECT {}", named(folder))).await?;
        let (responses, end) = self.answered(&tag).await?;
        let code = |name: &str| {
            let of = responses.iter().find_map(|one| one.line.split_once(&format!("[{name} ")));
            of.and_then(|(_, rest)| rest.split(']').next()?.trim().parse::<u32>().ok())
        };
        let validity = code("UIDVALIDITY").ok_or_else(|| lost("the server does not number its letters"))?;
        Ok(Opened {
            validity,
            next: code("UIDNEXT"),
            is_read_only: end.to_ascii_uppercase().contains("[READ-ONLY]"),
        })
    }

    /// The numbers of the letters from this one on, in their order.
    pub async fn since(&mut self, uid: u32) -> Done<Vec<u32>> {
        // The last letter is named in any case, however far behind it is.
        let found = self.search(&format!("UID {uid}:*")).await?;
        Ok(found.into_iter().filter(|found| *found >= uid).collect())
    }

    /// The numbers of the letters that nobody has read.
    pub async fn unread(&mut self) -> Done<Vec<u32>> {
        self.search("UNSEEN").await
    }

    async fn search(&mut self, what: &str) -> Done<Vec<u32>> {
        // What is told while it searches may have come too late to be found.
        self.has_news = false;
        let responses = self.ask(&format!("UID SEARCH {what}")).await?;
        let found = responses.iter().filter(|one| starts(&one.line, "* SEARCH"));
        let mut uids: Vec<u32> = found
            .flat_map(|one| one.line.split_whitespace().skip(2))
            .filter_map(|uid| uid.parse().ok())
            .collect();
        uids.sort_unstable();
        uids.dedup();
        Ok(uids)
    }

    /// A letter, its first bytes if it is longer; nothing where it is not there any more. It stays unread.
    pub async fn letter(&mut self, uid: u32) -> Done<Option<Fetched>> {
        let most = self.literal_bytes_max;
        let responses = self.ask(&format!("UID FETCH {uid} (RFC822.SIZE BODY.PEEK[]<0.{most}>)")).await?;
        Ok(responses.into_iter().find_map(|one| fetched(one, uid)))
    }

    pub async fn mark_read(&mut self, uid: u32) -> Done<()> {
        self.ask(&format!("UID STORE {uid} +FLAGS.SILENT (\\Seen)")).await.map(drop)
    }

    /// Moves a letter, into a folder that is made if need be.
    pub async fn put_into(&mut self, folder: &str, uid: u32) -> Done<()> {
        let how = if self.can("MOVE") { "MOVE" } else { "COPY" };
        let moved = self.ask(&format!("UID {how} {uid} {}", named(folder))).await;
        if let Err(Trouble::Refused(_)) = &moved {
            // A folder that is there already is no reason not to try again.
            if let Err(Trouble::Lost(why)) = self.ask(&format!("CREATE {}", named(folder))).await {
                return Err(lost(why));
            }
            self.ask(&format!("UID {how} {uid} {}", named(folder))).await?;
        } else {
            moved?;
        }
        if how == "COPY" {
            self.ask(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)")).await?;
            // Without this, to sweep would take what others marked as well.
            if self.can("UIDPLUS") {
                self.ask(&format!("UID EXPUNGE {uid}")).await?;
            }
        }
        Ok(())
    }

    /// Asks for nothing, so that the server tells what is new.
    pub async fn nudge(&mut self) -> Done<()> {
        self.ask("NOOP").await.map(drop)
    }

    /// Waits until the server tells of a letter, or for so long. What it told since letters were last looked for, it does not tell
    /// again: then there is no wait.
    pub async fn wait(&mut self, time: Duration) -> Done<()> {
        if std::mem::take(&mut self.has_news) {
            return Ok(());
        }
        let tag = self.send("IDLE").await?;
        self.invited(&tag).await?;
        let told = timeout(time, async {
            while !self.has_news {
                let line = self.response().await?.line;
                if starts(&line, "* BYE") || line.starts_with(&tag) {
                    return Err(lost(format!("the server hung up: {}", words(&line))));
                }
                // However many there were by our count.
                if matches!(counted(&line), Some((_, "EXISTS"))) {
                    return Ok(());
                }
            }
            Ok(())
        });
        // No news is no trouble.
        told.await.unwrap_or(Ok(()))?;
        self.write("DONE\r\n").await?;
        self.answered(&tag).await.map(drop)
    }

    async fn ask(&mut self, command: &str) -> Done<Vec<Response>> {
        let tag = self.send(command).await?;
        self.answered(&tag).await.map(|(responses, _)| responses)
    }

    async fn send(&mut self, command: &str) -> Done<String> {
        self.tag = self.tag.wrapping_add(1);
        let tag = format!("c{}", self.tag);
        self.write(&format!("{tag} {command}\r\n")).await?;
        Ok(tag)
    }

    async fn write(&mut self, text: &str) -> Done<()> {
        let written = timeout(PATIENCE, async {
            self.wire.write_all(text.as_bytes()).await?;
            self.wire.flush().await
        });
        Ok(written.await.map_err(|_| silent())??)
    }

    /// Waits to be asked for more.
    async fn invited(&mut self, tag: &str) -> Done<()> {
        let invited = timeout(PATIENCE, async {
            loop {
                let line = self.response().await?.line;
                if line.starts_with('+') {
                    return Ok(());
                }
                if let Some(end) = ends(&line, tag) {
                    return Err(Trouble::Refused(words(end)));
                }
            }
        });
        invited.await.map_err(|_| silent())?
    }

    /// What comes until a command is done, and what is said in the end.
    async fn answered(&mut self, tag: &str) -> Done<(Vec<Response>, String)> {
        let answered = timeout(PATIENCE, async {
            let (mut responses, mut bytes) = (Vec::new(), 0);
            loop {
                let one = self.response().await?;
                if let Some(end) = ends(&one.line, tag) {
                    return match starts(end, "OK") {
                        true => Ok((responses, end.to_owned())),
                        false => Err(Trouble::Refused(words(end))),
                    };
                }
                if starts(&one.line, "* BYE") {
                    return Err(lost(format!("the server hung up: {}", words(&one.line))));
                }
                bytes += one.line.len() + one.literals.iter().map(Vec::len).sum::<usize>();
                responses.push(one);
                if responses.len() > RESPONSES_MAX || bytes > RESPONSE_BYTES_MAX + self.literal_bytes_max {
                    return Err(lost("the server talks without end"));
                }
            }
        });
        answered.await.map_err(|_| silent())?
    }

    /// The next response. Whoever stops waiting for it loses nothing.
    async fn response(&mut self) -> Done<Response> {
        loop {
            if let Some((response, bytes)) = self.whole()? {
                self.held.drain(..bytes);
                self.needed = 0;
                self.count(&response.line);
                return Ok(response);
            }
            let mut chunk = [0; 16 * 1024];
            let bytes = self.wire.read(&mut chunk).await?;
            if bytes == 0 {
                return Err(lost("the server closed the connection"));
            }
            self.held.extend(chunk.iter().take(bytes));
        }
    }

    /// Takes in what a line says of how many letters there are, whatever it was said along with.
    fn count(&mut self, line: &str) {
        match counted(line) {
            Some((letters, "EXISTS")) => {
                self.has_news |= letters > self.letters;
                self.letters = letters;
            }
            Some((_, "EXPUNGE")) => self.letters = self.letters.saturating_sub(1),
            _ => {}
        }
    }

    /// A response, if all of it is there, and how long it was.
    fn whole(&mut self) -> Done<Option<(Response, usize)>> {
        if self.held.len() < self.needed {
            return Ok(None);
        }
        let (mut response, mut at) = (Response::default(), 0);
        loop {
            let rest = self.held.get(at..).unwrap_or_default();
            let Some(end) = memchr::memchr(b'\n', rest) else {
                if rest.len() > LINE_BYTES_MAX {
                    return Err(lost("the server sends a line without end"));
                }
                return Ok(None);
            };
            if end + response.line.len() > LINE_BYTES_MAX {
                return Err(lost("the server sends a line without end"));
            }
            let line = String::from_utf8_lossy(rest.get(..end).unwrap_or_default());
            let line = line.trim_end_matches('\r');
            response.line.push_str(line);
            at += end + 1;
            let Some(bytes) = announced(line) else { return Ok(Some((response, at))) };
            if bytes > self.literal_bytes_max {
                return Err(lost("the server sends more than was asked for"));
            }
            self.needed = at + bytes;
            let Some(literal) = self.held.get(at..at + bytes) else { return Ok(None) };
            response.literals.push(literal.to_vec());
            at += bytes;
        }
    }
}

fn silent() -> Trouble {
    lost("the server gives no answer")
}
