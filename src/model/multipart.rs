//! Forms with files, by RFC 7578 as far as HTTP clients use it.

use bytes::Bytes;

/// A field of a form, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub name: String,
    /// Of a file.
    pub filename: Option<String>,
    pub content_type: String,
    pub bytes: Bytes,
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len().max(1)).position(|w| w == needle)
}

/// The boundary that a `Content-Type` names, if it is that of a form with files.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let named = content_type.split(';').find_map(|part| part.trim().strip_prefix("boundary="));
    named.map(|boundary| boundary.trim_matches('"'))
}

/// What stands between the boundaries; parts without a name are left out.
pub(super) fn parts(bytes: &Bytes, boundary: &str) -> Vec<Part> {
    let delimiter = format!("--{boundary}");
    let (mut parts, mut rest) = (Vec::new(), bytes.clone());
    while let Some(start) = find(&rest, delimiter.as_bytes()) {
        let part = rest.slice(start + delimiter.len()..);
        let end = find(&part, delimiter.as_bytes()).unwrap_or(part.len());
        rest = part.slice(end..);
        parts.extend(read(&part.slice(..end)));
    }
    parts
}

fn read(part: &Bytes) -> Option<Part> {
    let split = find(part, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(part.get(..split).unwrap_or_default()).into_owned();
    let attribute = |name: &str| {
        let value = head.split(&format!("; {name}=\"")).nth(1)?;
        value.split('"').next().map(str::to_owned)
    };
    let kind = head.lines().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("content-type:").map(|v| v.trim().to_owned())
    });
    Some(Part {
        name: attribute("name")?,
        filename: attribute("filename"),
        content_type: kind.unwrap_or_else(|| "application/octet-stream".to_owned()),
        bytes: part.slice(split + 4..part.len().saturating_sub(2).max(split + 4)),
    })
}
