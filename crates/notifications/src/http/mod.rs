//! The endpoints of letters: a look at those that nothing delivers. They are no part of the API.

mod dev_mail;

use axum::{Router, routing::get};

use crate::Notifications;

/// `/dev/mail` and below. Where letters can't be looked at, they answer 404.
pub fn routes(notifications: Notifications) -> Router {
    Router::new()
        .route("/dev/mail", get(dev_mail::list))
        .route("/dev/mail/{id}", get(dev_mail::show))
        .route("/dev/mail/{id}/html", get(dev_mail::html))
        .with_state(notifications)
}
