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
/// RFC 8445 section 16.1.
const STUN_USE_CANDIDATE: u16 = 0x0025;
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

/// What its first two bytes say a datagram is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A connectivity check.
    Stun,
    /// A handshake or a data channel.
    Dtls,
    /// Media.
    Rtp,
    /// Reports about media.
    Rtcp,
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
    pub(crate) fn owner(&self, datagram: &Datagram<'_>) -> Result<(PeerId, Kind), Stray> {
        if datagram.contents.len() > DATAGRAM_MAX_BYTES || datagram.contents.is_empty() {
            return Err(Stray::Size);
        }
        let kind = kind_of(datagram.contents).ok_or(Stray::Kind)?;
        let owner = match kind {
            // A user name outranks the address: behind a NAT a new peer may come from an old one's port.
            Kind::Stun => match local_ufrag(datagram.contents) {
                Some(ufrag) => self.by_ufrag.get(ufrag).copied().ok_or(Stray::Ufrag),
                None => self.by_address.get(&datagram.source).copied().ok_or(Stray::Ufrag),
            },
            Kind::Dtls | Kind::Rtp | Kind::Rtcp => {
                self.by_address.get(&datagram.source).copied().ok_or(Stray::Address)
            }
        };
        owner.map(|peer| (peer, kind))
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

/// RFC 7983 section 7, without ZRTP and TURN channels; media and its reports are told apart by RFC 5761 section 4.
fn kind_of(contents: &[u8]) -> Option<Kind> {
    match (contents.first()?, contents.get(1)) {
        (0..=3, _) => Some(Kind::Stun),
        (20..=63, _) => Some(Kind::Dtls),
        (128..=191, Some(192..=223)) => Some(Kind::Rtcp),
        (128..=191, _) => Some(Kind::Rtp),
        _ => None,
    }
}

/// Whether a client wants the way this binding request took to be used (RFC 8445 section 7.1.2).
pub(crate) fn nominates(message: &[u8]) -> bool {
    attribute(message, STUN_USE_CANDIDATE).is_some()
}

/// Our half of a binding request's user name (`ours:theirs`), if the datagram is such a message.
pub(crate) fn local_ufrag(message: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(attribute(message, STUN_USERNAME)?).ok()?;
    name.split_once(':').map(|(ours, _)| ours)
}

/// The value of a message's first attribute of a kind (RFC 8489 section 14).
fn attribute(message: &[u8], wanted: u16) -> Option<&[u8]> {
    let (header, mut rest) = message.split_at_checked(STUN_HEADER_BYTES)?;
    if header.get(4..8)? != STUN_COOKIE {
        return None;
    }
    for _ in 0..STUN_ATTRIBUTES_MAX {
        let (head, body) = rest.split_at_checked(4)?;
        let kind = u16::from_be_bytes([*head.first()?, *head.get(1)?]);
        let length = usize::from(u16::from_be_bytes([*head.get(2)?, *head.get(3)?]));
        if kind == wanted {
            return body.get(..length);
        }
        // Values are padded to four bytes.
        rest = body.get(length.checked_next_multiple_of(4)?..)?;
    }
    None
}

#[cfg(test)]
mod tests;
