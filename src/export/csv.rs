//! The timeline as rows for a spreadsheet.

use ::csv::{Error, QuoteStyle, Terminator, WriterBuilder};

use super::{
    Source,
    escape::spreadsheet,
    time::{iso_local, iso_utc, source as clock},
};

/// The header row. Columns are only ever added at the end.
pub const COLUMNS: [&str; 21] = [
    "incident",
    "kind",
    "seq",
    "occurred_at",
    "occurred_at_utc",
    "recorded_at_utc",
    "time_source",
    "late",
    "important",
    "actor",
    "actor_id",
    "role",
    "via",
    "event",
    "text",
    "original_text",
    "corrected_by",
    "redacted_by",
    "pinned",
    "until_utc",
    "reworded_by",
];

pub fn write(source: &Source<'_>) -> Result<Vec<u8>, Error> {
    // Every cell in quotes: a spreadsheet that splits at semicolons finds none to split at.
    let mut rows = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::with_capacity(source.lines.len() * 256));
    rows.write_record(COLUMNS)?;
    let incident = source.incident.id.to_string();
    let kind = source.incident.kind().word();
    let yes = |is: bool| if is { "yes" } else { "" };
    let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    for line in source.lines {
        rows.write_record([
            incident.as_str(),
            kind,
            &line.seq.to_string(),
            &iso_local(line.occurred_at, source.tz),
            &iso_utc(line.occurred_at),
            &iso_utc(line.recorded_at),
            clock(line.time_source),
            yes(line.is_late),
            yes(line.important),
            &spreadsheet(&line.actor.name),
            &spreadsheet(&line.actor.id),
            &spreadsheet(&line.role.as_ref().map(ToString::to_string).unwrap_or_default()),
            &spreadsheet(&line.via),
            line.name,
            &spreadsheet(&line.text),
            &spreadsheet(line.original.as_deref().unwrap_or_default()),
            &number(line.corrected_by),
            &number(line.redacted_by),
            yes(line.pinned),
            &line.until.map(iso_utc).unwrap_or_default(),
            &spreadsheet(line.reworded_by.as_ref().map_or("", |by| by.name.as_str())),
        ])?;
    }
    rows.into_inner().map_err(|e| Error::from(e.into_error()))
}
