//! `drill`: plays a scripted outage, on the running server or right here.

use std::{io::Write, path::PathBuf};

use clap::Subcommand;
use futures_util::StreamExt;
use tokio::io::BufReader;
use tokio_util::sync::CancellationToken;

use super::{Cli, Failure, Outcome, check, printable, reach::Reach, show};
use crate::{
    desk::drill::{self, Options},
    grammar::Known,
    incident::id::IncidentId,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub what: DrillVerb,
}

#[derive(Debug, Subcommand)]
pub enum DrillVerb {
    /// Play a scenario from STARTEX to ENDEX and print the after-action summary
    Run {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Exercise time runs this many times as fast as real time
        #[arg(long, default_value_t = 1.0)]
        speed: f64,
        /// Be this participant yourself: what you type is said in their name
        #[arg(long, value_name = "NAME")]
        play: Option<String>,
    },
    /// End a drill that is still open
    End {
        #[arg(value_name = "DRILL-N")]
        drill: IncidentId,
        #[arg(required = true, trailing_var_arg = true)]
        reason: Vec<String>,
    },
}

pub async fn run(cli: &Cli, args: &Args) -> Outcome {
    let reach = Reach::find(cli, None).await?;
    let outcome = match &args.what {
        DrillVerb::Run { file, speed, play } => {
            play_file(&reach, &check::known(cli), file, *speed, play.clone()).await
        }
        DrillVerb::End { drill, reason } => {
            reach.end_drill(*drill, &reason.join(" ")).await.map(|text| show(&text))
        }
    };
    reach.end().await;
    outcome
}

async fn play_file(
    reach: &Reach,
    known: &Known,
    file: &std::path::Path,
    speed: f64,
    play: Option<String>,
) -> Outcome {
    let text = std::fs::read_to_string(file).map_err(|e| Failure(format!("{}: {e}", file.display())))?;
    let name = file.display().to_string();
    let (roles, reads) = (&known.roles, |words: &str| drill::fits(words, known));
    let scenario =
        crate::drill::read(&name, &text, &reads, roles).map_err(|problems| check::mistakes(&problems))?;
    match reach {
        Reach::Remote(remote) => {
            if play.is_some() {
                return Err(Failure(
                    "A server runs on this data directory: be the participant in its console, where the drill appears. \
                     Without --play it is simulated; with --data-dir ANOTHER it is played here."
                        .into(),
                ));
            }
            let mut lines = remote.play(&name, text, speed).await?;
            let mut told = Told::default();
            let print = |text: String| drop(std::io::stdout().write_all(printable(&text).as_bytes()));
            while let Some(part) = lines.next().await {
                print(told.take(&part.map_err(reqwest::Error::without_url)?));
            }
            print(told.rest());
            Ok(())
        }
        Reach::Local(local) => {
            let stop = CancellationToken::new();
            let time = tokio::spawn(local.desk.clone().keep_time(stop.clone()));
            let interrupted = {
                let stop = stop.clone();
                tokio::spawn(async move {
                    if tokio::signal::ctrl_c().await.is_ok() {
                        stop.cancel();
                    }
                })
            };
            let mut out = |line: &str| show(line);
            let options = Options { speed, play };
            let keyboard = BufReader::new(tokio::io::stdin());
            let report = drill::run(
                local.desk.clone(),
                local.say_words(),
                scenario,
                options,
                keyboard,
                &mut out,
                stop.clone(),
            )
            .await;
            stop.cancel();
            interrupted.abort();
            time.await?;
            let report = report?;
            show("");
            show(&report.summary);
            if !report.refused.is_empty() {
                show("Refused during the drill:");
                for line in &report.refused {
                    show(&format!("  {line}"));
                }
            }
            Ok(())
        }
    }
}

/// What a server tells, in whole lines: the network cuts it anywhere, also within a letter.
#[derive(Default)]
struct Told {
    begun: Vec<u8>,
}

impl Told {
    /// The lines that are whole with this part.
    fn take(&mut self, part: &[u8]) -> String {
        self.begun.extend_from_slice(part);
        let whole = self.begun.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        String::from_utf8_lossy(&self.begun.drain(..whole).collect::<Vec<_>>()).into_owned()
    }

    /// What came after the last line's end.
    fn rest(self) -> String {
        String::from_utf8_lossy(&self.begun).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drills_lines_arrive_letter_for_letter_however_the_network_cuts_them() {
        let sent = "12:00 Åsa: «Störung» – läuft\n12:01 Bo: 🚨 ok\nno end é";
        for cut in 0..=sent.len() {
            let (first, second) = sent.as_bytes().split_at(cut);
            let mut told = Told::default();
            let mut printed = told.take(first);
            printed.push_str(&told.take(second));
            printed.push_str(&told.rest());
            assert_eq!(printed, sent, "cut at {cut}");
        }
    }
}
