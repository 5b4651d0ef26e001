//! The shell around `signaling-core`, as a library: the binary `giaoban` is `main.rs`, which calls [`cli::run`].
//!
//! What it never does: decide anything about a meeting, or touch media. It owns sockets, files, the clock, accounts
//! and keys.
//!
//! 1. `cli`         what the program can do: import, accounts, sites
//! 2. `config`      the configuration file, every mistake with its line
//! 3. `identity`    who signs in: accounts, sites, sessions, throttling
//! 4. `store`       what is kept: one SQLite file
//!
//! `serve`, `http`, `socket`, `driver`, `media` and the facts of `store` are written and wait for
//! `signaling-core`'s hub; they are not compiled before.
//!
//! Beside them: `units` (the tree and its rows), `site_link` (link and QR code of a site), `tls` (certificate),
//! `data_dir` (files and their rights), `logs`, `metrics`, `clock` and `entropy` (the only readers of either).
//!
//! Invariants: a fact is durable before anybody is told of it, and a node that cannot store ends; every queue has a
//! bound; a password, secret or token is neither logged nor stored, only its hash.

pub mod cli;
pub mod clock;
pub mod config;
pub mod data_dir;
pub mod entropy;
pub mod identity;
pub mod logs;
pub mod metrics;
pub mod site_link;
pub mod store;
pub mod tls;
pub mod units;

#[cfg(test)]
mod test_support;
