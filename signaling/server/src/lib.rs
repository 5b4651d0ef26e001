//! The shell around `signaling-core`, as a library; the binary `giaoban` is `main.rs`.
//!
//! What it never does: decide anything about a meeting, or touch media. It owns sockets, files, the clock, accounts
//! and keys.
//!
//! 1. `config`     the configuration file, every mistake with its line
//! 2. `data_dir`   the files a node keeps, and who may read them
//! 3. `tls`        the certificate, self-made or configured
//! 4. `logs`       structured logs without secrets
//! 5. `metrics`    plain counters in Prometheus' text form
//! 6. `site_link`  the link and QR code by which a meeting room signs in
//! 7. `entropy`    the only reader of the system's randomness

pub mod config;
pub mod data_dir;
pub mod entropy;
pub mod logs;
pub mod metrics;
pub mod site_link;
pub mod tls;

#[cfg(test)]
mod test_support;
