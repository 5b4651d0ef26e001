//! The one test binary of this crate.

// `cfg(test)` holds here anyway; it tells clippy that these modules are tests, where `unwrap` is a check.
#[cfg(test)]
#[path = "../interop/mod.rs"]
mod interop;
#[cfg(test)]
#[path = "../replay.rs"]
mod replay;

#[cfg(test)]
#[path = "../scenarios/mod.rs"]
mod scenarios;
