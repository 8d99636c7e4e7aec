//! One conversation by SMTP (RFC 5321): greeting, envelope, letter. Whatever is said, there is an answer and an end.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio_util::sync::CancellationToken;

use super::{Desk, Letter, Outcome, Recipient, Settings};
use crate::alert::text::one_line;

/// A command's line; RFC 5321 asks for 512.
const LINE_BYTES_MAX: u64 = 2_048;
/// An answer's text; RFC 5321 gives its line 512 bytes.
const ANSWER_CHARS_MAX: usize = 480;
const RECIPIENTS_MAX: usize = 16;
/// Who talks nonsense so often talks to somebody else.
const MISTAKES_MAX: u32 = 10;
/// Between two commands, and for a letter as a whole.
const PATIENCE: Duration = Duration::from_secs(60);
const LETTER_PATIENCE: Duration = Duration::from_secs(120);

struct Conversation<'c, S> {
    stream: BufReader<S>,
    from: IpAddr,
    settings: &'c Settings,
    desk: &'c dyn Desk,
    has_sender: bool,
    recipients: Vec<Recipient>,
    mistakes: u32,
}

/// Talks until the other end has had enough, or we have.
pub(super) async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    from: IpAddr,
    settings: &Settings,
    desk: &dyn Desk,
    stop: &CancellationToken,
) -> io::Result<()> {
    let (stream, recipients) = (BufReader::new(stream), Vec::new());
    let mut one = Conversation { stream, from, settings, desk, has_sender: false, recipients, mistakes: 0 };
    one.say(&format!("220 {} commandpost takes alerts", settings.host)).await?;
    loop {
        let line = tokio::select! {
            () = stop.cancelled() => None,
            line = tokio::time::timeout(PATIENCE, line(&mut one.stream, LINE_BYTES_MAX)) => line.ok(),
        };
        let Some(line) = line else {
            return one.say("421 It is over for now; try again later").await;
        };
        let Some(line) = line? else { return Ok(()) };
        if !one.hear(&line).await? {
            return Ok(());
        }
        if one.mistakes > MISTAKES_MAX {
            return one.say("421 Too many mistakes").await;
        }
    }
}

/// A line without its end, or nothing if there is none any more. One that is too long is cut.
async fn line(stream: &mut (impl AsyncBufRead + Unpin), most: u64) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if stream.take(most).read_until(b'\n', &mut bytes).await? == 0 {
        return Ok(None);
    }
    if !bytes.ends_with(b"\n") && bytes.len() as u64 == most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line without an end"));
    }
    Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()))
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Conversation<'_, S> {
    async fn say(&mut self, text: &str) -> io::Result<()> {
        // Whatever was put into it, it is one answer.
        let text = one_line(text, ANSWER_CHARS_MAX);
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn mistake(&mut self, text: &str) -> io::Result<bool> {
        self.mistakes += 1;
        self.say(text).await.map(|()| true)
    }

    fn forget(&mut self) {
        self.has_sender = false;
        self.recipients.clear();
    }

    /// One command. Whether the conversation goes on.
    async fn hear(&mut self, line: &str) -> io::Result<bool> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "HELO" => {
                self.forget();
                self.say(&format!("250 {}", self.settings.host)).await?;
            }
            "EHLO" => {
                self.forget();
                let (host, size) = (&self.settings.host, self.settings.letter_bytes_max);
                let lines = format!("250-{host}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE {size}\r\n");
                self.stream.write_all(lines.as_bytes()).await?;
                self.stream.flush().await?;
            }
            "MAIL" => return self.mail(rest).await,
            "RCPT" => return self.rcpt(rest).await,
            "DATA" if self.recipients.is_empty() => {
                return self.mistake("503 First MAIL FROM and RCPT TO").await;
            }
            "DATA" => return self.data().await,
            "RSET" => {
                self.forget();
                self.say("250 Forgotten").await?;
            }
            "NOOP" => self.say("250 Yes").await?,
            "VRFY" => self.say("252 Send it, and see").await?,
            "QUIT" => {
                self.say("221 Good-bye").await?;
                return Ok(false);
            }
            _ => return self.mistake("500 That is no command here").await,
        }
        Ok(true)
    }

    async fn mail(&mut self, rest: &str) -> io::Result<bool> {
        let Some((_, parameters)) = path(rest, "FROM:") else {
            return self.mistake("501 Write MAIL FROM:<address>").await;
        };
        let size = parameters
            .split(' ')
            .find_map(|one| one.to_ascii_uppercase().strip_prefix("SIZE=")?.parse::<usize>().ok());
        if size.is_some_and(|size| size > self.settings.letter_bytes_max) {
            return self.mistake(&format!("552 At most {} bytes", self.settings.letter_bytes_max)).await;
        }
        self.forget();
        self.has_sender = true;
        self.say("250 Go on").await.map(|()| true)
    }

    async fn rcpt(&mut self, rest: &str) -> io::Result<bool> {
        if !self.has_sender {
            return self.mistake("503 First MAIL FROM").await;
        }
        let Some((address, _)) = path(rest, "TO:") else {
            return self.mistake("501 Write RCPT TO:<hook@host>").await;
        };
        if self.recipients.len() >= RECIPIENTS_MAX {
            return self.mistake("452 Too many recipients").await;
        }
        let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
        let (hook, token) = local.split_once('+').map_or((local, None), |(hook, token)| (hook, Some(token)));
        let recipient = Recipient { hook: hook.to_ascii_lowercase(), token: token.map(str::to_owned) };
        match self.desk.admit(&recipient, self.from) {
            Outcome::Taken => {
                self.recipients.push(recipient);
                self.say("250 Go on").await.map(|()| true)
            }
            Outcome::Later(why) => self.say(&format!("451 {why}")).await.map(|()| true),
            Outcome::Refused(why) => self.mistake(&format!("550 {why}")).await,
        }
    }

    async fn data(&mut self) -> io::Result<bool> {
        self.say("354 Go on, a dot by itself is the end").await?;
        let most = self.settings.letter_bytes_max;
        let read = tokio::time::timeout(LETTER_PATIENCE, letter(&mut self.stream, most)).await;
        let recipients = std::mem::take(&mut self.recipients);
        self.forget();
        let Ok(raw) = read else {
            self.say("421 That took too long; nothing was taken").await?;
            return Ok(false);
        };
        let Some(raw) = raw? else {
            return self.mistake(&format!("552 At most {most} bytes; nothing was taken")).await;
        };
        let letter = Arc::new(Letter::read(&raw));
        let mut worst = Outcome::Taken;
        for recipient in recipients {
            match self.desk.take(recipient, letter.clone()).await {
                Outcome::Taken => {}
                // Sent again, those who have it know it.
                later @ Outcome::Later(_) => worst = later,
                refused @ Outcome::Refused(_) if worst == Outcome::Taken => worst = refused,
                Outcome::Refused(_) => {}
            }
        }
        match worst {
            Outcome::Taken => self.say("250 On disk").await?,
            Outcome::Later(why) => self.say(&format!("451 {why}")).await?,
            Outcome::Refused(why) => self.say(&format!("554 {why}")).await?,
        }
        Ok(true)
    }
}

/// `FROM:<address> PARAMETERS`, in any case, with or without the space that some put after the colon.
fn path<'l>(rest: &'l str, word: &str) -> Option<(&'l str, &'l str)> {
    let lead = rest.get(..word.len()).filter(|lead| lead.eq_ignore_ascii_case(word))?;
    let (address, parameters) = rest[lead.len()..].trim_start().strip_prefix('<')?.split_once('>')?;
    Some((address, parameters.trim()))
}

/// A letter up to the dot by itself, dots before lines taken away; `None` if it is larger than `most`. Only a line that ends
/// as lines of SMTP end can be the last: otherwise what one reads as text another would read as a command.
async fn letter(stream: &mut (impl AsyncBufRead + Unpin), most: usize) -> io::Result<Option<Vec<u8>>> {
    let (mut raw, mut line) = (Vec::new(), Vec::new());
    let (mut is_too_large, mut at_start, mut after_return) = (false, true, false);
    loop {
        line.clear();
        if stream.take(64 * 1024).read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if at_start && line == b".\r\n" {
            return Ok((!is_too_large).then_some(raw));
        }
        let text = if at_start { line.strip_prefix(b".").unwrap_or(&line) } else { &line };
        is_too_large |= raw.len() + text.len() > most;
        if !is_too_large {
            raw.extend_from_slice(text);
        }
        // A long line comes in pieces, and its end may come apart.
        at_start = line.ends_with(b"\r\n") || after_return && line == b"\n";
        after_return = line.ends_with(b"\r");
    }
}

#[cfg(test)]
mod tests;
