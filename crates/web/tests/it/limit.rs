use std::time::Duration;

use web::limit::{Limiter, Policy};

/// A Redis of the developer's or CI's; the default is the one on this machine.
#[allow(clippy::disallowed_methods, reason = "tests are configured by their environment")]
fn redis_url() -> String {
    std::env::var("PARLANCE_TEST_REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned())
}

#[tokio::test]
async fn two_processes_share_a_limit_in_redis() {
    let here = Limiter::redis(&redis_url()).await.expect("Redis answers");
    let there = Limiter::redis(&redis_url()).await.expect("Redis answers");
    let policy = Policy { name: "test", burst: 4, period: Duration::from_secs(3600) };
    let key = kernel::Env::system().uuid().to_string();

    for (limiter, left) in [(&here, 3), (&there, 2), (&here, 1), (&there, 0)] {
        let decision = limiter.check(&policy, &key).await;
        assert!(decision.allowed);
        assert_eq!(decision.remaining, left);
    }
    for limiter in [&here, &there] {
        let decision = limiter.check(&policy, &key).await;
        assert!(!decision.allowed);
        assert!(decision.retry_after > Duration::ZERO && decision.retry_after <= Duration::from_secs(900));
        assert_eq!(decision.into_result().unwrap_err().code(), kernel::Code::RateLimited);
    }
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_an_error_at_start() {
    assert!(Limiter::redis("redis://127.0.0.1:1").await.is_err());
}
