//! Addresses for thousands of receivers that every server reaches. Loopback has them, but Janus binds its sockets to an
//! interface and reaches none there; so a network of RFC 2544, which is for benchmarks, is made local to that interface
//! for as long as the benchmark runs.

use anyhow::{Context, Result, ensure};
use std::process::Command;

/// The first two numbers of the receivers' addresses, and the network they make.
pub(super) const BORROWED: &str = "198.19";
const BORROWED_NETWORK: &str = "198.19.0.0/16";
/// What loopback has anyway.
pub(super) const LOOPBACK: &str = "127.1";
/// An address for documentation (RFC 5737): which interface leads out is asked by it, nothing is sent.
const ELSEWHERE: &str = "198.51.100.1";

/// The network while it is local; given back when dropped.
pub(super) struct Borrowed {
    device: String,
}

impl Borrowed {
    /// Makes the network local. Only root may.
    pub(super) fn take() -> Result<Self> {
        let way = Command::new("ip").args(["-4", "route", "get", ELSEWHERE]).output();
        let way = way.context("iproute2 is not installed")?;
        let text = String::from_utf8_lossy(&way.stdout).into_owned();
        let device = device_of(&text).context("this machine has no IPv4 route out")?.to_owned();
        ensure!(route("replace", &device)?, "not allowed to make {BORROWED_NETWORK} local; try as root");
        Ok(Self { device })
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // It is of no harm where it stays.
        let _left = route("del", &self.device);
    }
}

fn route(verb: &str, device: &str) -> Result<bool> {
    let status = Command::new("ip").args(["route", verb, "local", BORROWED_NETWORK, "dev", device]).status();
    Ok(status.context("iproute2 is not installed")?.success())
}

/// `198.51.100.1 via 192.0.2.1 dev eth0 src 192.0.2.2 uid 0`
fn device_of(route: &str) -> Option<&str> {
    let mut words = route.split_whitespace();
    words.find(|word| *word == "dev")?;
    words.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_is_read() {
        let text = "198.51.100.1 via 192.0.2.1 dev eth0 src 192.0.2.2 uid 0 \n    cache \n";
        assert_eq!(device_of(text), Some("eth0"));
        assert_eq!(device_of("RTNETLINK answers: Network is unreachable"), None);
        assert!(BORROWED_NETWORK.starts_with(BORROWED));
    }
}
