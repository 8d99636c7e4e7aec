//! Severity by impact and urgency: a table in the team's own words, after the priority matrix of ITIL.

use serde::{Deserialize, Serialize};

use super::{refusal::Refusal, severity::Severity};

/// By which words of the matrix a severity was found; as they were then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rated {
    pub impact: String,
    pub urgency: String,
}

impl std::fmt::Display for Rated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "by impact {} × urgency {}", self.impact, self.urgency)
    }
}

/// The table: a severity for each pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// The greatest first.
    impacts: Vec<String>,
    urgencies: Vec<String>,
    /// A row for each impact, in it a severity for each urgency.
    rows: Vec<Vec<Severity>>,
}

impl Default for Matrix {
    /// ITIL's: high, medium, low by high, medium, low.
    fn default() -> Self {
        use Severity::*;
        let words = || ["high", "medium", "low"].map(String::from).to_vec();
        Matrix::new(
            words(),
            words(),
            vec![vec![Sev1, Sev2, Sev3], vec![Sev2, Sev3, Sev4], vec![Sev3, Sev4, Sev5]],
        )
    }
}

fn find<'w>(words: &'w [String], said: &str) -> Option<(usize, &'w String)> {
    let said = said.trim().to_lowercase();
    words.iter().enumerate().find(|(_, word)| word.to_lowercase() == said)
}

impl Matrix {
    /// A row for each impact, in it a severity for each urgency; a pair without one is refused when it is asked for.
    pub fn new(impacts: Vec<String>, urgencies: Vec<String>, rows: Vec<Vec<Severity>>) -> Matrix {
        Matrix { impacts, urgencies, rows }
    }

    /// With each severity changed.
    pub fn map(mut self, change: impl Fn(Severity) -> Severity) -> Matrix {
        self.rows.iter_mut().flatten().for_each(|severity| *severity = change(*severity));
        self
    }

    pub fn impacts(&self) -> &[String] {
        &self.impacts
    }

    pub fn urgencies(&self) -> &[String] {
        &self.urgencies
    }

    /// The severity of a pair, and the pair as the matrix writes it. Case does not matter.
    ///
    /// # Errors
    /// Which word it does not have, and those that it has.
    pub fn rate(&self, impact: &str, urgency: &str) -> Result<(Severity, Rated), Refusal> {
        let none = |said: &str, what: &str, words: &[String]| {
            let shown: String = said.chars().take(40).collect();
            Refusal::invalid(format!("«{shown}» is no {what}."), format!("Use one of: {}.", words.join(", ")))
        };
        let (row, impact) =
            find(&self.impacts, impact).ok_or_else(|| none(impact, "impact", &self.impacts))?;
        let (column, urgency) =
            find(&self.urgencies, urgency).ok_or_else(|| none(urgency, "urgency", &self.urgencies))?;
        let severity = self.rows.get(row).and_then(|row| row.get(column)).copied().ok_or_else(|| {
            Refusal::invalid(
                format!("The matrix has no severity for impact {impact} and urgency {urgency}."),
                "Name the severity itself: `severity sev2`.",
            )
        })?;
        Ok((severity, Rated { impact: impact.clone(), urgency: urgency.clone() }))
    }

    /// The table in lines, each severity told by `shown`: `impact high: SEV1 (urgency high), …`.
    pub fn lines(&self, shown: impl Fn(Severity) -> String) -> Vec<String> {
        let told = |(impact, row): (&String, &Vec<Severity>)| {
            let cells: Vec<String> = self
                .urgencies
                .iter()
                .zip(row)
                .map(|(urgency, severity)| format!("{urgency} {}", shown(*severity)))
                .collect();
            format!("impact {impact}, by urgency: {}", cells.join(", "))
        };
        self.impacts.iter().zip(&self.rows).map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_in_the_settings_the_matrix_is_that_of_itil() {
        let matrix = Matrix::default();
        let told = matrix.lines(|severity| severity.to_string()).join("\n");
        insta::assert_snapshot!(told, @r"
        impact high, by urgency: high SEV1, medium SEV2, low SEV3
        impact medium, by urgency: high SEV2, medium SEV3, low SEV4
        impact low, by urgency: high SEV3, medium SEV4, low SEV5
        ");
    }

    #[test]
    fn a_pair_is_rated_by_the_teams_own_words_and_a_word_it_lacks_is_refused_with_those_it_has() {
        use Severity::*;
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let matrix = Matrix::new(
            words(&["Wide", "few"]),
            words(&["now", "later"]),
            vec![vec![Sev1, Sev2], vec![Sev3, Sev5]],
        );
        let (severity, rated) = matrix.rate("wide", " NOW ").unwrap();
        assert_eq!((severity, rated.to_string()), (Sev1, "by impact Wide × urgency now".to_owned()));
        let refusal = matrix.rate("huge", "now").unwrap_err();
        assert_eq!(refusal.why, "«huge» is no impact.");
        assert_eq!(refusal.instead, "Use one of: Wide, few.");
        assert!(matrix.rate("few", "soon").unwrap_err().instead.contains("now, later"));
    }
}
