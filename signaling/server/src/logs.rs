//! Structured logs on standard error. Secrets have types without `Debug` text, so that no level can write one.

use crate::config::{Log, LogFormat, LogLevel};
use tracing_subscriber::EnvFilter;

/// Starts logging for the whole process. Libraries are held at `warn`, but for errors nobody else reports:
/// what they say at `debug` may quote a request's body.
pub fn start(log: Log) {
    let level = match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
    };
    let filter = EnvFilter::new(format!(
        "warn,signaling_server={level},signaling_core={level},sfu_node={level},sfu_core={level},audit=info"
    ));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first; there is nothing to be done about it.
    let _ = match log.format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
