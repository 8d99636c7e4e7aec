//! A request's body: JSON, or multipart with `payload_json` and files, as Discord takes both.

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{header::CONTENT_TYPE, request::Parts},
};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;

/// Files at most with one message.
const FILES_MAX: usize = 10;

#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub filename: String,
    pub content_type: String,
    pub bytes: Bytes,
}

/// The body; an absent one is `null`.
#[derive(Debug)]
pub(super) struct Form {
    pub body: Value,
    pub files: Vec<Upload>,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let bytes = Bytes::from_request(request, state).await.map_err(|_| ApiError::INVALID_JSON)?;
        if let Some(boundary) = kind.split(';').find_map(|p| p.trim().strip_prefix("boundary=")) {
            return multipart(&bytes, boundary.trim_matches('"'));
        }
        if bytes.is_empty() {
            return Ok(Self { body: Value::Null, files: Vec::new() });
        }
        let body = serde_json::from_slice(&bytes).map_err(|_| ApiError::INVALID_JSON)?;
        Ok(Self { body, files: Vec::new() })
    }
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len().max(1)).position(|w| w == needle)
}

/// RFC 7578, as far as HTTP clients use it.
fn multipart(bytes: &Bytes, boundary: &str) -> Result<Form, ApiError> {
    let delimiter = format!("--{boundary}");
    let mut form = Form { body: Value::Null, files: Vec::new() };
    let mut rest = bytes.clone();
    while let Some(start) = find(&rest, delimiter.as_bytes()) {
        let part = rest.slice(start + delimiter.len()..);
        let end = find(&part, delimiter.as_bytes()).unwrap_or(part.len());
        rest = part.slice(end..);
        let part = part.slice(..end);
        let Some(split) = find(&part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(part.get(..split).unwrap_or_default()).into_owned();
        let content = part.slice(split + 4..part.len().saturating_sub(2).max(split + 4));
        let attribute = |name: &str| {
            let value = head.split(&format!("; {name}=\"")).nth(1)?;
            value.split('"').next().map(str::to_owned)
        };
        let Some(name) = attribute("name") else { continue };
        if name == "payload_json" {
            form.body = serde_json::from_slice(&content).map_err(|_| ApiError::INVALID_JSON)?;
        } else if let Some(filename) = attribute("filename") {
            let content_type = head
                .lines()
                .find_map(|l| {
                    l.to_ascii_lowercase().strip_prefix("content-type:").map(|v| v.trim().to_owned())
                })
                .unwrap_or_else(|| "application/octet-stream".to_owned());
            form.files.push(Upload { filename, content_type, bytes: content });
        }
    }
    if form.files.len() > FILES_MAX {
        return Err(ApiError::form("files", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."));
    }
    Ok(form)
}

/// Path parameters whose bad snowflakes are refused in Discord's way.
#[derive(Debug)]
pub(super) struct At<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(at)) => Ok(Self(at)),
            Err(_) => Err(ApiError::not_a_snowflake()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_its_message_come_out_of_a_multipart_body() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"aar.md\"\r\n\
                    Content-Type: text/markdown\r\n\r\n# After\r\naction\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\r\n{\"content\":\"hi\"}\r\n--x--\r\n";
        let form = multipart(&Bytes::from(body), "x").expect("a form");
        assert_eq!(form.body["content"], "hi");
        assert_eq!(form.files.len(), 1);
        assert_eq!(form.files[0].filename, "aar.md");
        assert_eq!(form.files[0].content_type, "text/markdown");
        assert_eq!(&form.files[0].bytes[..], b"# After\r\naction");
    }
}
