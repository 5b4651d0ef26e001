//! The real binary, from outside: HTTP, WebSocket, signals, and its files.

#[cfg(test)]
mod api;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod load;
#[cfg(test)]
mod media;
#[cfg(test)]
mod node;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod wire;
