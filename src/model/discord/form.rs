//! A request's body: JSON, or multipart with `payload_json` and files, as Discord takes both.

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{header::CONTENT_TYPE, request::Parts},
};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;
use crate::model::multipart::{Part, boundary, parts};

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
        if let Some(boundary) = boundary(&kind) {
            return read(parts(&bytes, boundary));
        }
        if bytes.is_empty() {
            return Ok(Self { body: Value::Null, files: Vec::new() });
        }
        let body = serde_json::from_slice(&bytes).map_err(|_| ApiError::INVALID_JSON)?;
        Ok(Self { body, files: Vec::new() })
    }
}

fn read(parts: Vec<Part>) -> Result<Form, ApiError> {
    let mut form = Form { body: Value::Null, files: Vec::new() };
    for Part { name, filename, content_type, bytes } in parts {
        match filename {
            _ if name == "payload_json" => {
                form.body = serde_json::from_slice(&bytes).map_err(|_| ApiError::INVALID_JSON)?;
            }
            Some(filename) => form.files.push(Upload { filename, content_type, bytes }),
            None => {}
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
        let form = read(parts(&Bytes::from(body), "x")).expect("a form");
        assert_eq!(form.body["content"], "hi");
        assert_eq!(form.files.len(), 1);
        assert_eq!(form.files[0].filename, "aar.md");
        assert_eq!(form.files[0].content_type, "text/markdown");
        assert_eq!(&form.files[0].bytes[..], b"# After\r\naction");
    }
}
