//! `oncall`: who is on call, from a terminal or a script.

use super::{Cli, Outcome, reach::Reach, show};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// In whose name, and so in whose zone; without it, the login name
    #[arg(long = "as", value_name = "NAME")]
    pub as_person: Option<String>,
    /// Words as in a chat: nothing for now, ROSTER, --at TIME, --until TIME, `override ROSTER @NAME 18:00..22:00`,
    /// `overrides`, `withdraw N`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "WORDS")]
    pub words: Vec<String>,
}

pub async fn run(cli: &Cli, args: &Args) -> Outcome {
    let reach = Reach::find(cli, args.as_person.as_deref()).await?;
    let argv = std::iter::once("oncall".to_owned()).chain(args.words.iter().cloned()).collect();
    let answer = reach.say(None, argv).await;
    reach.end().await;
    show(&answer?.text);
    Ok(())
}
