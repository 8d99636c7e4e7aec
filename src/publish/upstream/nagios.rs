//! Nagios, its external command file: a pipe on the same machine.
//!
//! <https://assets.nagios.com/downloads/nagioscore/docs/externalcmds/>. A line is taken whole: it is shorter than what a pipe
//! writes at once, and nothing in it ends it or begins another field.

use std::{io, path::PathBuf};

use tokio::net::unix::pipe;

use super::{Monitor, UpstreamSettings, comment, each};
use crate::{
    alert::Alert,
    journal::rows::Asking,
    outbox::port::{Asked, BoxFuture, Outcome},
    publish::Now,
};

/// What a pipe takes at once on every system is 512 bytes; on Linux 4,096.
const LINE_BYTES_MAX: usize = 4_000;

pub(super) struct Nagios {
    file: PathBuf,
    now: Now,
}

impl Nagios {
    pub fn new(settings: &UpstreamSettings, now: Now) -> Result<Self, String> {
        let file = settings.command_file.clone().ok_or("Nagios needs command_file")?;
        Ok(Self { file, now })
    }

    async fn ask_of(&self, asked: &Asked, alert: &Alert) -> Outcome {
        let line = match line((self.now)().timestamp(), asked, alert) {
            Ok(line) => line,
            Err(why) => return Outcome::Failed { why },
        };
        let shown = self.file.display();
        match self.write(line.as_bytes()).await {
            Ok(()) => Outcome::Sent { external_id: None, url: None },
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                Outcome::Failed { why: format!("{shown} is no command file of Nagios: it is no pipe") }
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let why = format!("{shown} may not be written by this user; put it into the group `nagios`");
                Outcome::Failed { why }
            }
            // Nobody reads it, or it is not there: Nagios does not run just now.
            Err(error) => {
                Outcome::Retry { after: None, why: format!("Nagios does not read {shown}: {error}") }
            }
        }
    }

    async fn write(&self, line: &[u8]) -> io::Result<()> {
        let pipe = pipe::OpenOptions::new().open_sender(&self.file)?;
        loop {
            pipe.writable().await?;
            match pipe.try_write(line) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done.map(|_| ()),
            }
        }
    }
}

impl Monitor for Nagios {
    fn ask<'a>(&'a self, asked: &'a Asked) -> BoxFuture<'a, Outcome> {
        Box::pin(each(&asked.alerts, move |alert| self.ask_of(asked, alert)))
    }
}

/// An acknowledgement is sticky until it is well again, with a notification, kept over a restart.
fn line(at: i64, asked: &Asked, alert: &Alert) -> Result<String, String> {
    let host = alert.labels.get("host").ok_or("the alert does not say which host it is of")?;
    let service = alert.labels.get("service");
    let is_odd = |name: &String| name.contains(|c: char| c == ';' || c.is_control());
    if is_odd(host) || service.is_some_and(is_odd) {
        return Err(
            "the host or service has a sign in its name that Nagios' command file does not take".to_owned()
        );
    }
    let (of, name) = match service {
        Some(service) => ("SVC", format!("{host};{service}")),
        None => ("HOST", host.clone()),
    };
    if asked.how == Asking::Unacknowledge {
        return Ok(format!("[{at}] REMOVE_{of}_ACKNOWLEDGEMENT;{name}\n"));
    }
    let plain = |text: &str| text.replace(|c: char| c == ';' || c.is_control(), " ");
    let (author, comment) = (plain(&asked.by), plain(&comment(asked)));
    let mut line = format!("[{at}] ACKNOWLEDGE_{of}_PROBLEM;{name};2;1;1;{author};{comment}");
    while line.len() > LINE_BYTES_MAX {
        line.pop();
    }
    line.push('\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::alert::testing::alert;

    fn asked(by: &str, reason: &str) -> Asked {
        let at = DateTime::from_timestamp(1_795_205_588, 0).unwrap();
        Asked {
            how: Asking::Acknowledge,
            situation: 3,
            by: by.into(),
            reason: reason.into(),
            at,
            until: at,
            alerts: vec![],
            remote: None,
            mark: String::new(),
        }
    }

    fn of(host: &str, service: Option<&str>) -> Alert {
        let service = service.map(|service| ("service".to_owned(), service.to_owned()));
        let labels = service.into_iter().chain([("host".to_owned(), host.to_owned())]).collect();
        Alert { labels, ..alert("x") }
    }

    #[test]
    fn an_acknowledgement_is_one_command_whatever_people_type_and_monitors_send() {
        let usual = line(7, &asked("Ada", "I am on it"), &of("db1", Some("disk"))).unwrap();
        assert_eq!(
            usual,
            "[7] ACKNOWLEDGE_SVC_PROBLEM;db1;disk;2;1;1;Ada;acknowledged by Ada in commandpost, S-3: I am on it\n"
        );
        let back = Asked { how: Asking::Unacknowledge, ..asked("Ada", "it was not me") };
        let line_of = |alert: &Alert| line(7, &back, alert).unwrap();
        assert_eq!(line_of(&of("db1", Some("disk"))), "[7] REMOVE_SVC_ACKNOWLEDGEMENT;db1;disk\n");
        assert_eq!(line_of(&of("db1", None)), "[7] REMOVE_HOST_ACKNOWLEDGEMENT;db1\n");
        let hostile = asked("Eve;0;0", "x\n[8] SHUTDOWN_PROGRAM;1\r");
        let told = line(7, &hostile, &of("db1", None)).unwrap();
        assert!(told.starts_with("[7] ACKNOWLEDGE_HOST_PROBLEM;db1;2;1;1;Eve 0 0;"), "{told}");
        assert_eq!((told.matches('\n').count(), told.matches(';').count()), (1, 6), "{told}");
        assert!(line(7, &hostile, &of("db1\n[8] SHUTDOWN_PROGRAM", None)).is_err());
        assert!(
            line(7, &asked("Ada", &"ü".repeat(9_000)), &of("db1", None)).unwrap().len() <= LINE_BYTES_MAX + 1
        );
    }
}
