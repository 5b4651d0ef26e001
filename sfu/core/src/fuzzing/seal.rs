//! Both ends of one client's session under keys everybody knows: what a client holding its keys can send.

use crate::peer::Exported;
use crate::rtp::RtpHeader;
use crate::srtp::{SrtpReceiver, SrtpSender};
use crate::units::SeqNo;
use dimpl::{KeyingMaterial, SrtpProfile};
use std::collections::BTreeMap;

/// Bytes of keys and salts of the largest profile; the others take their first ones.
const MATERIAL_BYTES: usize = 88;

/// How packets are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protection {
    /// RFC 3711 with an 80-bit tag.
    Counter,
    /// RFC 7714 with 128 bits.
    Gcm128,
    /// RFC 7714 with 256 bits.
    Gcm256,
}

/// One end that seals and one that opens, of the same direction.
#[derive(Debug)]
pub struct Seal {
    sender: SrtpSender,
    receiver: SrtpReceiver,
    /// The highest number sealed of each stream, as the other end reckons it.
    highest: BTreeMap<u32, SeqNo>,
}

impl Seal {
    /// The direction from the client to us.
    pub fn upward(protection: Protection) -> Option<Self> {
        let sender = SrtpSender::from_exported(&exported(protection, End::Client))?;
        let receiver = SrtpReceiver::from_exported(&exported(protection, End::Node))?;
        Some(Self { sender, receiver, highest: BTreeMap::new() })
    }

    /// The direction from us to the client.
    pub fn downward(protection: Protection) -> Option<Self> {
        let sender = SrtpSender::from_exported(&exported(protection, End::Node))?;
        let receiver = SrtpReceiver::from_exported(&exported(protection, End::Client))?;
        Some(Self { sender, receiver, highest: BTreeMap::new() })
    }

    /// Seals a media packet; none when it has no header to seal behind.
    pub fn media(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let header = RtpHeader::parse(packet).ok()?;
        let highest = self.highest.entry(header.ssrc.get()).or_insert(SeqNo::new(header.sequence.into()));
        let index = highest.nearest(header.sequence);
        *highest = (*highest).max(index);
        let mut buffer = packet.to_vec();
        self.sender.protect_rtp(&mut buffer, (0, header.length), (header.ssrc, index))?;
        Some(buffer)
    }

    /// Seals a compound report; none when it has no sender.
    pub fn reports(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = packet.to_vec();
        self.sender.protect_rtcp(&mut buffer, 0)?;
        Some(buffer)
    }

    /// Opens a media packet; gives its payload without padding.
    pub fn open_media(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let mut packet = packet.to_vec();
        let opened = self.receiver.unprotect_rtp(&mut packet).ok()?;
        packet.get(opened.payload).map(<[u8]>::to_vec)
    }

    /// Opens a compound report.
    pub fn open_reports(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        self.receiver.unprotect_rtcp(&mut packet.to_vec()).map(<[u8]>::to_vec).ok()
    }
}

/// One end of a handshake in which the client was the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Client,
    Node,
}

/// What a handshake would have exported at our end.
#[cfg(test)]
pub(crate) fn exported_at_node(protection: Protection) -> Exported {
    exported(protection, End::Node)
}

/// What a handshake would have exported at one end.
pub(super) fn exported(protection: Protection, end: End) -> Exported {
    let profile = match protection {
        Protection::Counter => SrtpProfile::AES128_CM_SHA1_80,
        Protection::Gcm128 => SrtpProfile::AEAD_AES_128_GCM,
        Protection::Gcm256 => SrtpProfile::AEAD_AES_256_GCM,
    };
    let material: Vec<u8> = (0..).take(MATERIAL_BYTES).collect();
    Exported { active: end == End::Client, profile, material: KeyingMaterial::new(&material) }
}
