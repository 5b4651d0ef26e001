//! The shell around `signaling-core`, as a library: the binary `giaoban` is `main.rs`, which calls [`cli::run`].
//!
//! What it never does: decide anything about a meeting, or touch media. It owns sockets, files, the clock, accounts
//! and keys.
//!
//! 1. `cli`         what the program can do: serve, import, accounts, sites, facts
//! 2. `config`      the configuration file, every mistake with its line
//! 3. `serve`       start and stop of a node, in order
//! 4. `http`        the door: API, WebSocket upgrade, health, the web client's files
//! 5. `identity`    who signs in: accounts, sites, sessions, throttling
//! 6. `socket`      one WebSocket: frames between client and hub
//! 7. `driver`      one task owns the hub: wait → input → drain → store → carry out
//! 8. `store`       what is kept: one SQLite file, or a Postgres server of several nodes
//! 9. `rights`      who lost a right is put out of the meeting
//! 10. `media`      commands to and events from the embedded SFU
//! 11. `bus`        what nodes say to each other, and what a cluster agrees on: in memory or over NATS
//! 12. `tree`       the nodes above and below: what the hub says to them, and who may come in
//! 13. `node_map`   how this node and those below it are, for technicians and monitoring
//!
//! Beside them: `units` (the tree and its rows), `site_link` (link and QR code of a site), `tls` (certificate),
//! `data_dir` (files and their rights), `logs`, `metrics`, `load` (of the processors), `clock` and `entropy` (the only readers of either).
//!
//! Invariants: a fact is durable before anybody is told of it, and a node that cannot store waits
//! for its Postgres server or ends; every queue has a bound; a password, secret or token is neither logged nor stored, only its hash.

pub mod bus;
pub mod cli;
pub mod clock;
pub mod config;
pub mod data_dir;
pub mod driver;
pub mod entropy;
pub mod http;
mod hub_start;
pub mod identity;
mod load;
pub mod logs;
pub mod media;
mod media_metrics;
pub mod metrics;
pub mod neighbours;
pub mod node_map;
mod process_metrics;
mod rights;
mod serve;
pub mod site_link;
mod socket;
pub mod store;
pub mod tls;
pub mod tree;
pub mod units;

#[cfg(test)]
mod test_support;
