//! The real binary, from outside: HTTP, WebSocket, signals, and its files.

mod api;
mod kill;
mod node;
mod secrets;
mod wire;
