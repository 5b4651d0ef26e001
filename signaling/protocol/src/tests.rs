//! The wire held still: one golden JSON per variant in `fixtures/`, and what hostile frames and texts may do.
//! `UPDATE_FIXTURES=1 cargo test -p signaling-protocol` writes the files again.

mod api;
mod client;
mod golden;
mod hostile;
mod sample;
mod server;
mod text;
