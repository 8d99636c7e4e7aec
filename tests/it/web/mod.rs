//! What people see in a browser: the console and the public status page, asked over their routers.

mod alerts;
mod console;
pub mod house;
mod page;
mod watched;

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use http_body_util::BodyExt;
use tower::ServiceExt;

use house::House;

/// An answer, read to its end.
pub struct Got {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: String,
}

pub async fn send(house: &House, request: Request<Body>) -> Response<Body> {
    house.router.clone().oneshot(request).await.unwrap()
}

async fn read(response: Response<Body>) -> Got {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Got { status: parts.status, headers: parts.headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
}

fn as_ada(path: &str) -> axum::http::request::Builder {
    Request::builder().uri(path).header(header::COOKIE, "commandpost_name=Ada")
}

pub async fn get(house: &House, path: &str) -> Got {
    read(send(house, as_ada(path).body(Body::empty()).unwrap()).await).await
}

pub async fn post(house: &House, path: &str, fields: &[(&str, &str)], accept: &str) -> Got {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = as_ada(path)
        .method("POST")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, accept)
        .body(Body::from(body))
        .unwrap();
    read(send(house, request).await).await
}
