//! Logs to standard error, metrics for Prometheus, traces to an OpenTelemetry collector.

use std::{
    io::IsTerminal,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use kernel::Tasks;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{EnvFilter, Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{Config, LogFormat};

/// Seconds; from a cached answer to a slow provider.
const LATENCY_BUCKETS: [f64; 14] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0, 60.0];

/// Shares of the true count; below zero, too little was counted.
const ERROR_BUCKETS: [f64; 12] = [-0.5, -0.2, -0.1, -0.05, -0.02, 0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];

static METRICS: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// How often histograms are summed up.
const SUM_UP: Duration = Duration::from_secs(5);

/// Sends what is left when the process ends.
#[must_use]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

/// Starts logging and, when configured, tracing.
pub fn start(config: &Config) -> anyhow::Result<Telemetry> {
    let filter = config.log.filter.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("the configuration is not valid: `log.filter`: {filter:?} is not a filter"))?;
    let pretty = match config.log.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Json => false,
        LogFormat::Pretty => true,
    };
    let format = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let format: Box<dyn Layer<Registry> + Send + Sync> = if pretty {
        format.compact().with_target(false).boxed()
    } else {
        format.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    };
    let traces = config.telemetry.otlp_endpoint.as_ref().map(provider).transpose()?;
    let export =
        traces.as_ref().map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("parlance")));
    tracing_subscriber::registry().with(format).with(export).with(filter).init();
    Ok(Telemetry { traces })
}

fn provider(endpoint: &url::Url) -> anyhow::Result<SdkTracerProvider> {
    let address = format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'));
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address)
        .build()
        .context("the configuration is not valid: `telemetry.otlp_endpoint`")?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("parlance").build())
        .build())
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = self.traces.take() {
            // The process is ending; a collector that is gone must not hold it up.
            let _ = traces.shutdown();
        }
    }
}

/// The recorder of this process's metrics.
pub fn metrics() -> anyhow::Result<PrometheusHandle> {
    let mut installed = METRICS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*installed {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_error_ratio".to_owned()), &ERROR_BUCKETS)
        .context("the histogram buckets are not valid")?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BUCKETS)
        .context("the histogram buckets are not valid")?
        .install_recorder()
        .context("metrics can't be recorded")?;
    Ok(installed.insert(handle).clone())
}

/// Sums histograms up now and then: until then, or until somebody scrapes, they keep every value.
pub fn sum_up(tasks: &Tasks) -> anyhow::Result<()> {
    let recorder = metrics()?;
    let shutdown = tasks.shutdown();
    tasks.spawn("metrics", async move {
        while shutdown.run_until_cancelled(tokio::time::sleep(SUM_UP)).await.is_some() {
            recorder.run_upkeep();
        }
    });
    Ok(())
}
