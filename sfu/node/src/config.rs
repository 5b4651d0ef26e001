//! What a node is told at start: where it listens, what it announces, how many workers and peers it has.

use std::{
    collections::HashSet,
    io,
    net::{IpAddr, SocketAddr},
    num::NonZeroU16,
};

/// One address media is received on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddress {
    /// The local address of the socket.
    pub bind: IpAddr,
    /// The address put into answers. It differs from `bind` behind a one-to-one NAT that keeps port numbers.
    pub announce: IpAddr,
}

impl ListenAddress {
    /// An address that is announced as it is bound.
    pub const fn same(address: IpAddr) -> Self {
        Self { bind: address, announce: address }
    }
}

/// Where a node listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// On every address of every interface but the link-local ones. Loopback is among them, so that a browser on
    /// the same machine works without a network.
    Automatic,
    /// On these and no others.
    Addresses(Vec<ListenAddress>),
}

/// Whether the kernel is asked to cut bursts into datagrams and to join datagrams into bursts (UDP GSO and GRO).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Offload {
    /// Wherever it can.
    #[default]
    Automatic,
    /// Never: for a network driver that does it wrongly, and to compare the two.
    Off,
}

/// A node's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeConfig {
    /// Where it listens.
    pub listen: Listen,
    /// UDP port of the first worker; each further worker has the next one. 0 lets the system choose, for tests.
    pub first_port: u16,
    /// Worker threads. A small room lives on one of them, a hall on all.
    pub workers: NonZeroU16,
    /// Peers the whole node accepts. Each worker accepts its share, rounded up.
    pub max_peers: usize,
    /// Whether the kernel cuts and joins bursts.
    pub offload: Offload,
}

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The system did not tell its addresses.
    #[error("cannot list the network interfaces: {0}")]
    Interfaces(#[source] io::Error),
    /// There is nothing to listen on.
    #[error("no address to listen on")]
    NoAddress,
    /// Two listening addresses would be announced as one, so packets could not be sent back the way they came.
    #[error("the address {announce} is announced twice")]
    AnnouncedTwice {
        /// The address.
        announce: IpAddr,
    },
    /// The last worker's port would be above 65535.
    #[error("{workers} workers do not fit above UDP port {first_port}")]
    PortRange {
        /// The first port asked for.
        first_port: u16,
        /// The workers asked for.
        workers: u16,
    },
    /// A socket could not be opened.
    #[error("cannot listen on UDP {address}: {source}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The system gave no randomness to seed an engine with.
    #[error("no randomness from the system: {0}")]
    Randomness(#[source] getrandom::Error),
    /// The engine did not accept what it was given.
    #[error(transparent)]
    Engine(#[from] sfu_core::EngineError),
    /// A thread or its wake-up could not be made.
    #[error("cannot start a worker thread: {0}")]
    Thread(#[source] io::Error),
}

impl NodeConfig {
    /// The addresses to listen on, looked up now if they are to be found automatically.
    pub(crate) fn listen_addresses(&self) -> Result<Vec<ListenAddress>, NodeError> {
        let mut addresses: Vec<_> = match &self.listen {
            Listen::Addresses(listed) => listed.clone(),
            Listen::Automatic => if_addrs::get_if_addrs()
                .map_err(NodeError::Interfaces)?
                .into_iter()
                .filter(|interface| !interface.is_link_local())
                .map(|interface| ListenAddress::same(interface.ip()))
                .collect(),
        };
        let mut seen = HashSet::new();
        if self.listen == Listen::Automatic {
            // One address may stand on several interfaces.
            addresses.retain(|address| seen.insert(address.announce));
        } else if let Some(twice) = addresses.iter().find(|address| !seen.insert(address.announce)) {
            return Err(NodeError::AnnouncedTwice { announce: twice.announce });
        }
        if addresses.is_empty() { Err(NodeError::NoAddress) } else { Ok(addresses) }
    }

    /// The UDP port of each worker.
    pub(crate) fn ports(&self) -> Result<Vec<u16>, NodeError> {
        let workers = self.workers.get();
        if self.first_port == 0 {
            return Ok(vec![0; usize::from(workers)]);
        }
        let refusal = NodeError::PortRange { first_port: self.first_port, workers };
        let last = self.first_port.checked_add(workers - 1).ok_or(refusal)?;
        Ok((self.first_port..=last).collect())
    }

    /// How many peers one worker accepts.
    pub(crate) fn max_peers_per_worker(&self) -> usize {
        self.max_peers.div_ceil(usize::from(self.workers.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(first_port: u16, workers: u16, max_peers: usize) -> NodeConfig {
        let workers = NonZeroU16::new(workers).unwrap();
        NodeConfig { listen: Listen::Automatic, first_port, workers, max_peers, offload: Offload::Automatic }
    }

    #[test]
    fn each_worker_has_the_next_port() {
        assert_eq!(config(40_000, 3, 1).ports().unwrap(), [40_000, 40_001, 40_002]);
        assert_eq!(config(65_535, 1, 1).ports().unwrap(), [65_535]);
        assert_eq!(config(0, 2, 1).ports().unwrap(), [0, 0]);
        assert!(matches!(
            config(65_535, 2, 1).ports(),
            Err(NodeError::PortRange { first_port: 65_535, workers: 2 })
        ));
    }

    #[test]
    fn peers_are_shared_among_workers_rounding_up() {
        assert_eq!(config(1, 4, 10).max_peers_per_worker(), 3);
        assert_eq!(config(1, 1, 10).max_peers_per_worker(), 10);
    }

    #[test]
    fn automatic_addresses_hold_loopback_and_nothing_link_local() {
        let addresses = config(1, 1, 1).listen_addresses().unwrap();
        assert!(addresses.iter().any(|address| address.bind.is_loopback()));
        for ListenAddress { bind, announce } in addresses {
            assert_eq!(bind, announce);
            match bind {
                IpAddr::V4(v4) => assert!(!v4.is_link_local()),
                IpAddr::V6(v6) => assert!(!v6.is_unicast_link_local()),
            }
        }
    }

    #[test]
    fn one_announced_address_for_two_sockets_is_refused() {
        let announce = IpAddr::from([203, 0, 113, 7]);
        let listed = [1, 2].map(|last| ListenAddress { bind: IpAddr::from([127, 0, 0, last]), announce });
        let config = NodeConfig { listen: Listen::Addresses(listed.to_vec()), ..config(1, 1, 1) };
        assert!(matches!(config.listen_addresses(), Err(NodeError::AnnouncedTwice { .. })));
    }

    #[test]
    fn an_empty_list_is_refused() {
        let config = NodeConfig { listen: Listen::Addresses(Vec::new()), ..config(1, 1, 1) };
        assert!(matches!(config.listen_addresses(), Err(NodeError::NoAddress)));
    }
}
