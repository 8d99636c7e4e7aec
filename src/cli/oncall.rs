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
    let (named, words) = parted(&args.words);
    let reach = Reach::find(cli, named.or(args.as_person.as_deref())).await?;
    let argv = std::iter::once("oncall").chain(words).map(str::to_owned).collect();
    let answer = reach.say(None, argv).await;
    reach.end().await;
    show(&answer?.text);
    Ok(())
}

/// `--as NAME` behind the words is none of them: nothing that is said of rosters is called so.
fn parted(words: &[String]) -> (Option<&str>, Vec<&str>) {
    let (mut named, mut kept) = (None, Vec::new());
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        match word.strip_prefix("--as") {
            // With nothing behind it, it is left to be refused.
            Some("") if words.peek().is_some() => named = words.next(),
            Some(rest) if rest.starts_with('=') => named = rest.strip_prefix('='),
            _ => kept.push(word),
        }
    }
    (named, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_whose_name_it_is_said_may_stand_behind_the_words() {
        let parts = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let (named, kept) = parted(&words);
            (named.map(str::to_owned), kept.join(" "))
        };
        let bo = Some("bo".to_owned());
        let said = "override web @cy 1h".to_owned();
        for line in
            ["override web @cy 1h --as bo", "override web @cy 1h --as=bo", "override --as bo web @cy 1h"]
        {
            assert_eq!(parts(line), (bo.clone(), said.clone()), "{line}");
        }
        assert_eq!(parts("web --at 18:00"), (None, "web --at 18:00".to_owned()));
        assert_eq!(parts("web --as"), (None, "web --as".to_owned()));
    }
}
