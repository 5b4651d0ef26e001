//! Whose datagram is it? The first byte says what it is (RFC 7983), its source address whose; an unknown address
//! may introduce itself by STUN only, with a user name we handed out. Nothing here allocates for strangers.

use crate::datagram::{DATAGRAM_MAX_BYTES, Datagram};
use sfu_control::PeerId;
use std::collections::HashMap;
use std::net::SocketAddr;

/// How many addresses one peer may answer on. More appear only while a client hops networks; the oldest goes.
const ADDRESSES_PER_PEER: usize = 8;
/// STUN header: type, length, cookie, transaction.
const STUN_HEADER_BYTES: usize = 20;
/// RFC 8489 section 5.
const STUN_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
/// RFC 8489 section 14.3.
const STUN_USERNAME: u16 = 0x0006;
/// A message has few attributes; more is an attack on our time.
const STUN_ATTRIBUTES_MAX: usize = 32;

/// Why a datagram belongs to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stray {
    /// Empty, or larger than we read.
    Size,
    /// First byte of no protocol we speak.
    Kind,
    /// Not STUN, from an address nobody has.
    Address,
    /// STUN with a user name nobody has.
    Ufrag,
}

/// What the first byte says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stun,
    Dtls,
    Rtp,
}

/// The address and user name books.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_address: HashMap<SocketAddr, PeerId>,
    by_ufrag: HashMap<Box<str>, PeerId>,
    addresses: HashMap<PeerId, Vec<SocketAddr>>,
}

impl Demux {
    /// Finds the owner of a datagram.
    pub(crate) fn owner(&self, datagram: &Datagram<'_>) -> Result<PeerId, Stray> {
        if datagram.contents.len() > DATAGRAM_MAX_BYTES {
            return Err(Stray::Size);
        }
        let first = datagram.contents.first().ok_or(Stray::Size)?;
        match kind_of(*first).ok_or(Stray::Kind)? {
            // A user name outranks the address: behind a NAT a new peer may come from an old one's port.
            Kind::Stun => match local_ufrag(datagram.contents) {
                Some(ufrag) => self.by_ufrag.get(ufrag).copied().ok_or(Stray::Ufrag),
                None => self.by_address.get(&datagram.source).copied().ok_or(Stray::Ufrag),
            },
            Kind::Dtls | Kind::Rtp => self.by_address.get(&datagram.source).copied().ok_or(Stray::Address),
        }
    }

    /// Notes the user name a peer's clients introduce themselves with.
    pub(crate) fn learn_ufrag(&mut self, peer: PeerId, ufrag: &str) {
        self.by_ufrag.insert(ufrag.into(), peer);
    }

    /// Notes that a peer's transport sends to an address. It does so only after the address proved to know the
    /// peer's password, so this book cannot be written by strangers.
    pub(crate) fn learn_address(&mut self, peer: PeerId, address: SocketAddr) {
        if self.by_address.get(&address) == Some(&peer) {
            return;
        }
        if let Some(before) = self.by_address.insert(address, peer)
            && let Some(list) = self.addresses.get_mut(&before)
        {
            list.retain(|known| *known != address);
        }
        let list = self.addresses.entry(peer).or_default();
        if list.len() >= ADDRESSES_PER_PEER {
            self.by_address.remove(&list.remove(0));
        }
        list.push(address);
    }

    /// Forgets a peer.
    pub(crate) fn forget(&mut self, peer: PeerId) {
        for address in self.addresses.remove(&peer).unwrap_or_default() {
            self.by_address.remove(&address);
        }
        self.by_ufrag.retain(|_, owner| *owner != peer);
    }
}

/// RFC 7983 section 7, without ZRTP and TURN channels.
fn kind_of(first: u8) -> Option<Kind> {
    match first {
        0..=3 => Some(Kind::Stun),
        20..=63 => Some(Kind::Dtls),
        128..=191 => Some(Kind::Rtp),
        _ => None,
    }
}

/// Our half of a binding request's user name (`ours:theirs`), if the datagram is such a message.
pub(crate) fn local_ufrag(message: &[u8]) -> Option<&str> {
    let (header, mut rest) = message.split_at_checked(STUN_HEADER_BYTES)?;
    if header.get(4..8)? != STUN_COOKIE {
        return None;
    }
    for _ in 0..STUN_ATTRIBUTES_MAX {
        let (head, body) = rest.split_at_checked(4)?;
        let kind = u16::from_be_bytes([*head.first()?, *head.get(1)?]);
        let length = usize::from(u16::from_be_bytes([*head.get(2)?, *head.get(3)?]));
        if kind == STUN_USERNAME {
            let name = std::str::from_utf8(body.get(..length)?).ok()?;
            return name.split_once(':').map(|(ours, _)| ours);
        }
        // Values are padded to four bytes.
        rest = body.get(length.checked_next_multiple_of(4)?..)?;
    }
    None
}

#[cfg(test)]
mod tests;
