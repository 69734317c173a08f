//! What operators see of requests: how many, and how long they take.
//!
//! A metric is looked up by its labels, which takes longer than counting; so what was looked
//! up is kept.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use http::{Method, StatusCode};
use metrics::{Counter, Histogram};

/// Methods and statuses of one route that are told apart; what comes after is looked up.
const MOST: usize = 64;

/// The metrics of the routes that were asked for.
#[derive(Default)]
pub(super) struct Meters(RwLock<HashMap<String, Vec<Meter>>>);

#[derive(Clone)]
struct Meter {
    method: Method,
    status: StatusCode,
    requests: Counter,
    seconds: Histogram,
}

impl Meter {
    fn of(method: &Method, route: &str, status: StatusCode) -> Self {
        let labels =
            [("method", method.to_string()), ("route", route.to_owned()), ("status", status.as_u16().to_string())];
        Self {
            method: method.clone(),
            status,
            requests: metrics::counter!("parlance_http_requests_total", &labels),
            seconds: metrics::histogram!("parlance_http_request_seconds", &labels),
        }
    }

    fn record(&self, elapsed: Duration) {
        self.requests.increment(1);
        self.seconds.record(elapsed.as_secs_f64());
    }
}

impl Meters {
    /// Counts a request; `route` is its pattern, of which there are few.
    pub fn record(&self, method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
        {
            let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let of_route = routes.get(route).into_iter().flatten();
            if let Some(known) = of_route.clone().find(|known| known.status == status && known.method == *method) {
                return known.record(elapsed);
            }
        }
        let meter = Meter::of(method, route, status);
        meter.record(elapsed);
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of_route = routes.entry(route.to_owned()).or_default();
        // Anybody can think of more methods.
        if of_route.len() < MOST {
            of_route.push(meter);
        }
    }
}
