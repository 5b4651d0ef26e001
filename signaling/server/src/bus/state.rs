//! Whether the bus is there.

use std::fmt;
use std::time::Instant;

/// Whether the bus is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BusState {
    /// It is.
    Connected,
    /// It is not; meetings of this node go on, and it is tried again by itself.
    Away {
        /// Since when.
        since: Instant,
        /// Why, as far as it is known.
        cause: AwayCause,
    },
}

impl BusState {
    /// Why the bus is away, if it is.
    pub const fn away(&self) -> Option<AwayCause> {
        match self {
            Self::Connected => None,
            Self::Away { cause, .. } => Some(*cause),
        }
    }
}

/// Why the bus is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AwayCause {
    /// No server has been reached yet.
    Starting,
    /// A server that was there has gone.
    Lost,
    /// No server can be reached.
    Unreachable,
    /// A server refuses the user or password.
    WrongCredentials,
    /// The file with user and password cannot be used.
    NoCredentials,
    /// No secure connection comes about.
    Insecure,
    /// A server lets this node in, but not at its own inbox.
    Forbidden,
}

impl AwayCause {
    /// The cause as a label of a figure.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Lost => "lost",
            Self::Unreachable => "unreachable",
            Self::WrongCredentials => "wrong_credentials",
            Self::NoCredentials => "no_credentials",
            Self::Insecure => "insecure",
            Self::Forbidden => "forbidden",
        }
    }
}

impl fmt::Display for AwayCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "no server has answered yet",
            Self::Lost => "the connection broke; it is tried again by itself",
            Self::Unreachable => {
                "no server of bus.servers can be reached; check that nats-server runs, the address and the firewall"
            }
            Self::WrongCredentials => {
                "the server refuses the user or password of bus.credentials_file; compare them with the server's \
                 configuration"
            }
            Self::NoCredentials => {
                "bus.credentials_file cannot be used; giaoban check-config says why"
            }
            Self::Forbidden => {
                "the server does not answer on this node's inbox; its user needs gb.inbox.<node>.> both to publish and to \
                 subscribe, as in configs/nats/"
            }
            Self::Insecure => {
                "no TLS connection comes about; check that bus.ca_file holds the authority that signed the server's \
                 certificate, that the certificate names the address in bus.servers, and both clocks"
            }
        })
    }
}
