//! What a case asks of a server under measurement, and what all of them share: a child process on a processor of its
//! own.

use super::{camera::Shape, crowd::Crowd, crowd::Who};
use anyhow::Context;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, UdpSocket},
    path::Path,
    process::{Child, Command},
    time::Instant,
};

/// A server under measurement.
pub(super) trait Server {
    /// Its process.
    fn pid(&self) -> u32;

    /// Makes a room.
    fn open_room(&mut self, room: u32) -> anyhow::Result<()>;

    /// Lets somebody in who sends to the whole room from a moment on.
    fn join_publisher(&mut self, crowd: &mut Crowd, who: Who, film: Film) -> anyhow::Result<()>;

    /// Lets somebody in who watches the room's publisher.
    fn join_viewer(&mut self, crowd: &mut Crowd, who: Who) -> anyhow::Result<()>;

    /// Lets people in who all send and all watch each other.
    fn meet(&mut self, crowd: &mut Crowd, people: &[Who], film: Film) -> anyhow::Result<()>;
}

/// How and from when on somebody sends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Film {
    pub(super) shape: Shape,
    pub(super) first: Instant,
}

/// A child that ends with its owner.
pub(super) struct Process(pub(super) Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// A command that runs on one processor.
pub(super) fn pinned(program: &Path, processor: Option<usize>) -> Command {
    let Some(processor) = processor else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.arg("-c").arg(processor.to_string()).arg(program);
    command
}

/// An address of this machine that is not loopback: some servers offer no other. Datagrams to it stay inside.
pub(super) fn own_address() -> anyhow::Result<IpAddr> {
    let route = || -> io::Result<IpAddr> {
        let probe = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        // Nothing is sent: the system only chooses a way to this address, which is for documentation (RFC 5737).
        probe.connect((Ipv4Addr::new(198, 51, 100, 1), 9))?;
        Ok(probe.local_addr()?.ip())
    };
    route().context("this machine has no IPv4 address but loopback")
}
