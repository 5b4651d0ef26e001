//! The real binary, from outside: HTTP, WebSocket, signals, and its files.

#[cfg(test)]
mod api;
#[cfg(test)]
mod bus;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod load;
#[cfg(test)]
mod media;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod node;
#[cfg(test)]
mod on_postgres;
#[cfg(test)]
mod outage;
#[cfg(test)]
#[path = "../support/postgres.rs"]
mod postgres;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod swallow;
#[cfg(test)]
mod wire;
