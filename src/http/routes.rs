//! Routes as data: what is served can be listed, so that tests try each of them and none is forgotten.

use axum::{
    Router,
    handler::Handler,
    http::Method,
    routing::{self, MethodRouter},
};

pub struct Route<S> {
    pub method: Method,
    pub path: &'static str,
    answer: MethodRouter<S>,
}

pub fn get<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(
    path: &'static str,
    handler: H,
) -> Route<S> {
    Route { method: Method::GET, path, answer: routing::get(handler) }
}

pub fn post<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(
    path: &'static str,
    handler: H,
) -> Route<S> {
    Route { method: Method::POST, path, answer: routing::post(handler) }
}

pub fn router<S: Clone + Send + Sync + 'static>(routes: Vec<Route<S>>) -> Router<S> {
    routes.into_iter().fold(Router::new(), |router, route| router.route(route.path, route.answer))
}
