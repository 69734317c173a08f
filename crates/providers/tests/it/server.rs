//! A real server of somebody else, if there is one: `scripts/compat-server-test.sh` starts it.

use contracts::{
    Providers as _,
    providers::{FinishReason, GenerationRequest, Tool},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::harness::{ask, providers, run, run_cancellable, scope};

/// The address of the server; without one there is nothing to do.
const ADDRESS: &str = "PARLANCE_TEST_COMPATIBLE_URL";
