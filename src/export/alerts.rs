//! The report on alerts on paper: text for a terminal or a chat, Markdown for a review, JSON, CSV.

use std::fmt::Write;

use ::csv::{QuoteStyle, Terminator, WriterBuilder};

use super::{
    SHOWN_CHARS_MAX,
    escape::{cell, line, spreadsheet},
    time::iso_utc,
};
use crate::{
    alert::{
        report::{Report, RuleLine},
        text::one_line,
    },
    wall::dated,
};

/// Rules named in each list of the text.
const LINES_MAX: usize = 10;

/// A file format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    Text,
    Json,
    Csv,
    Markdown,
}

impl ReportFormat {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Markdown => "text/markdown; charset=utf-8",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
        }
    }

    /// The report in this format, UTF-8.
    pub fn write(self, report: &Report) -> String {
        match self {
            Self::Text => text(report) + "\n",
            Self::Json => serde_json::to_string_pretty(report).unwrap_or_default(),
            Self::Csv => csv(report),
            Self::Markdown => markdown(report),
        }
    }
}

impl std::str::FromStr for ReportFormat {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word.trim().to_lowercase().as_str() {
            "text" | "txt" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            "markdown" | "md" => Ok(Self::Markdown),
            _ => {
                let shown = one_line(word, SHOWN_CHARS_MAX);
                Err(format!("«{shown}» is no format of the report. Use text, json, csv or markdown."))
            }
        }
    }
}

/// `3 of 12 firings were acted on, 2026-11-01 09:12 UTC to 2026-11-20 09:12 UTC.`
fn head(report: &Report) -> String {
    let cut = if report.is_cut { " Older firings were left out: there are more than are read." } else { "" };
    format!(
        "{} of {} firings were acted on, {} to {}.{cut}",
        report.acted_on,
        report.fired,
        dated(report.since),
        dated(report.until)
    )
}

/// The rules that nobody acted on, and that do not cry wolf anyway.
fn quiet(report: &Report) -> Vec<&RuleLine> {
    report.never_acted_on().filter(|line| !line.cries_wolf).collect()
}

fn late(report: &Report) -> Vec<String> {
    let told = |late: &crate::alert::report::Late| {
        let rules =
            if late.rules.is_empty() { String::new() } else { format!(" ({})", late.rules.join(", ")) };
        let reason = if late.reason.is_empty() { String::new() } else { format!(": {}", late.reason) };
        format!("{}{rules}, says {}{reason}", late.subject, late.by)
    };
    report.late.iter().map(told).collect()
}

/// Its lists, each with its head and what stands there when it is empty.
fn lists(report: &Report) -> [(&'static str, Vec<String>, &'static str); 4] {
    let rule = |line: &&RuleLine| format!("{} ({}): {}", line.rule, line.source, line.why);
    [
        ("Cry wolf", report.wolves().map(|line| rule(&line)).collect(), "No rule does."),
        ("Never acted on", quiet(report).iter().map(rule).collect(), "None besides."),
        (
            "What first told of each incident",
            report
                .incidents
                .iter()
                .map(|one| format!("{} {}: {}", one.incident, one.title, one.sentence))
                .collect(),
            "No incident was declared.",
        ),
        ("Too late", late(report), "None is marked so."),
    ]
}

/// For a terminal, or a chat.
pub fn text(report: &Report) -> String {
    let mut lines = vec![head(report)];
    for (title, list, none) in lists(report) {
        lines.push(format!("{title}:"));
        let more = list.len().saturating_sub(LINES_MAX);
        if list.is_empty() {
            lines.push(format!("  {none}"));
        }
        lines.extend(list.into_iter().take(LINES_MAX).map(|line| format!("  {line}")));
        if more > 0 {
            lines.push(format!("  … and {more} more"));
        }
    }
    lines.join("\n")
}

fn markdown(report: &Report) -> String {
    let mut out = format!("# Do the alerts deserve it?\n\n{}\n", line(&head(report)));
    for (title, list, none) in lists(report) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\n## {title}\n\n");
        if list.is_empty() {
            let _ = writeln!(out, "{none}");
        }
        for one in list {
            let _ = writeln!(out, "- {}", line(&one));
        }
    }
    out.push_str(
        "\n## Every rule\n\n| rule | from | fired | acted on | actionable | noise | late | last fired |\n",
    );
    out.push_str("|---|---|---|---|---|---|---|---|\n");
    for one in &report.rules {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            cell(&one.rule),
            cell(&one.source),
            one.fired,
            one.acted_on,
            one.actionable,
            one.noise,
            one.late,
            dated(one.last_fired)
        );
    }
    out
}

/// One row a rule.
fn csv(report: &Report) -> String {
    let mut rows = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::with_capacity(report.rules.len() * 128));
    let head = [
        "rule",
        "source",
        "severity",
        "fired",
        "acted_on",
        "actionable",
        "noise",
        "late",
        "cries_wolf",
        "why",
        "last_fired_utc",
    ];
    // Into memory, with as many columns in each row: nothing of it can fail.
    let _ = rows.write_record(head);
    for one in &report.rules {
        let _ = rows.write_record([
            spreadsheet(&one.rule).as_str(),
            spreadsheet(&one.source).as_str(),
            one.severity.word(),
            &one.fired.to_string(),
            &one.acted_on.to_string(),
            &one.actionable.to_string(),
            &one.noise.to_string(),
            &one.late.to_string(),
            if one.cries_wolf { "yes" } else { "" },
            spreadsheet(&one.why).as_str(),
            &iso_utc(one.last_fired),
        ]);
    }
    rows.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{
        AlertSeverity,
        report::{Declared, Fired, report},
    };
    use chrono::{DateTime, Utc};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_205_600 + minute * 60, 0).unwrap()
    }

    fn sample() -> Report {
        let one = |situation, rule: &str, minute, is_linked| Fired {
            situation,
            source: "alertmanager".into(),
            rule: rule.into(),
            severity: AlertSeverity::Warning,
            first_seen: at(minute),
            last_seen: at(minute),
            is_firing: false,
            is_acknowledged: false,
            is_linked,
        };
        let nasty = "=cmd|' /C calc'!A0 <b>@everyone</b> |";
        let fired = [
            one(1, nasty, 1, false),
            one(2, nasty, 2, false),
            one(3, nasty, 3, false),
            one(4, "ErrorRate", 58, true),
        ];
        let incident = Declared {
            id: "INC-1".into(),
            title: "Checkout `fails`".into(),
            declared_at: at(60),
            began_at: None,
            situations: [4].into(),
        };
        report((at(0), at(100)), &fired, &[], &[incident])
    }

    #[test]
    fn the_report_reads_well_on_a_terminal() {
        insta::assert_snapshot!(text(&sample()), @"
        1 of 4 firings were acted on, 2026-11-20 20:13 UTC to 2026-11-20 21:53 UTC.
        Cry wolf:
          =cmd|' /C calc'!A0 <b>@everyone</b> | (alertmanager): fired 3 times, and nobody ever acted on it
        Never acted on:
          None besides.
        What first told of each incident:
          INC-1 Checkout `fails`: ErrorRate (alertmanager) told first, 2 min before the declaration.
        Too late:
          None is marked so.
        ");
    }

    #[test]
    fn what_an_alert_is_called_does_nothing_in_a_document_or_a_spreadsheet() {
        let (markdown, csv) = (markdown(&sample()), csv(&sample()));
        assert!(!markdown.contains("<b>") && !markdown.contains(" @everyone"), "{markdown}");
        assert!(
            markdown.lines().filter(|line| line.starts_with('|')).all(|row| row.matches('|').count() == 9),
            "{markdown}"
        );
        assert!(!csv.contains("\"=cmd"), "{csv}");
        assert_eq!(csv.lines().count(), 3, "{csv}");
        let json: serde_json::Value = serde_json::from_str(&ReportFormat::Json.write(&sample())).unwrap();
        assert_eq!((&json["fired"], &json["rules"][0]["cries_wolf"]), (&4.into(), &true.into()));
        for format in ["text", "json", "csv", "markdown", "md"] {
            assert!(format.parse::<ReportFormat>().is_ok());
        }
        assert!("pdf".parse::<ReportFormat>().unwrap_err().contains("text, json, csv or markdown"));
    }
}
