//! Meetings in virtual time: the hub that decides and the engine that carries, joined as the server joins them, without a
//! socket. What a story asserts is packets that arrived at clients, not what anybody said about them.

mod setup;
mod stage;
mod world;
