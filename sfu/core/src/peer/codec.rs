//! Which codecs we speak, in which order we want them, and what makes two ends mean the same by one.

use crate::receive::descriptor::{self, Descriptor, DescriptorError};
use crate::rtp::PayloadType;
use crate::rtp::red::{self, RedError};
use str0m::RtcConfig;
use str0m::format::{Codec as NegotiatedCodec, PayloadParams};

/// A codec we forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// All audio.
    Opus,
    /// Opus with the packets before it repeated (RFC 2198), for lines that lose.
    Red,
    /// The floor: every browser sends and shows it.
    Vp8,
    /// Better for screens, in every browser, but not on every old device.
    Vp9,
    /// Missing from Firefox on closed networks, where its library cannot be fetched.
    H264,
    /// The best and the dearest to encode.
    Av1,
}

impl Codec {
    /// Whether it is heard rather than seen.
    pub(crate) fn is_audio(self) -> bool {
        matches!(self, Self::Opus | Self::Red)
    }
}

/// A codec with what a receiver must know beforehand. Two ends that say equal formats can pass packets on to each
/// other whatever payload types they call them by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    /// The codec.
    pub(crate) codec: Codec,
    /// VP9's profile-id, AV1's profile, H.264's profile without its level, which receivers do not go by; the payload type
    /// of what redundancy is made of, which stands in every block.
    profile: u32,
    /// H.264's packetization-mode.
    packetization: u8,
}

impl Format {
    /// The format of a negotiated payload type, unless it is one we never forward.
    pub(super) fn of(params: &PayloadParams) -> Option<Self> {
        use NegotiatedCodec as N;
        let spec = params.spec();
        let known = [
            (N::Opus, Codec::Opus),
            (N::Vp8, Codec::Vp8),
            (N::Vp9, Codec::Vp9),
            (N::H264, Codec::H264),
            (N::Av1, Codec::Av1),
        ];
        let (_, codec) = known.into_iter().find(|(theirs, _)| *theirs == spec.codec)?;
        let (profile, packetization) = match codec {
            Codec::Opus | Codec::Red | Codec::Vp8 => (0, 0),
            Codec::Vp9 => (spec.format.profile_id.unwrap_or(0), 0),
            Codec::Av1 => (spec.format.profile.unwrap_or(0).into(), 0),
            Codec::H264 => (
                spec.format.profile_level_id.unwrap_or(0x42_001F) >> 8,
                spec.format.packetization_mode.unwrap_or(0),
            ),
        };
        Some(Self { codec, profile, packetization })
    }

    /// Redundant audio whose blocks are Opus of this payload type.
    pub(super) fn redundant(opus: PayloadType) -> Self {
        Self { codec: Codec::Red, profile: opus.get().into(), packetization: 0 }
    }

    /// As nodes tell it each other.
    pub(crate) fn bytes(self) -> [u8; 6] {
        let codec = match self.codec {
            Codec::Opus => 1,
            Codec::Red => 2,
            Codec::Vp8 => 3,
            Codec::Vp9 => 4,
            Codec::H264 => 5,
            Codec::Av1 => 6,
        };
        let [p0, p1, p2, p3] = self.profile.to_be_bytes();
        [codec, p0, p1, p2, p3, self.packetization]
    }

    /// Reads what another node told.
    pub(crate) fn read([codec, p0, p1, p2, p3, packetization]: [u8; 6]) -> Option<Self> {
        let profile = u32::from_be_bytes([p0, p1, p2, p3]);
        let (codec, largest) = match codec {
            1 => (Codec::Opus, 0),
            2 => (Codec::Red, 0x7F),
            3 => (Codec::Vp8, 0),
            4 => (Codec::Vp9, u32::MAX),
            5 => (Codec::H264, 0xFF_FFFF),
            6 => (Codec::Av1, u32::from(u8::MAX)),
            _ => return None,
        };
        let packetized = codec == Codec::H264 || packetization == 0;
        (profile <= largest && packetized).then_some(Self { codec, profile, packetization })
    }

    /// What is left when redundancy is taken off; none where there is none to take.
    pub(crate) fn without_redundancy(self) -> Option<Self> {
        let plain = Self { codec: Codec::Opus, profile: 0, packetization: 0 };
        (self.codec == Codec::Red).then_some(plain)
    }

    /// A payload without its redundancy.
    pub(crate) fn primary(self, payload: &[u8]) -> Result<&[u8], RedError> {
        red::primary(payload, PayloadType::new(u8::try_from(self.profile).unwrap_or_default()))
    }

    /// Reads a payload of this format; audio starts anew with every packet.
    pub(crate) fn describe(self, payload: &[u8]) -> Result<Descriptor, DescriptorError> {
        let voice = Descriptor { starts_keyframe: true, ..Descriptor::default() };
        match self.codec {
            Codec::Opus => Ok(voice),
            Codec::Red => self.primary(payload).map(|_| voice).map_err(|_| DescriptorError::Cut),
            Codec::Vp8 => descriptor::vp8(payload),
            Codec::Vp9 => descriptor::vp9(payload),
            Codec::H264 => descriptor::h264(payload),
            Codec::Av1 => descriptor::av1(payload),
        }
    }
}

#[cfg(test)]
impl Format {
    /// A codec without parameters.
    pub(crate) fn plain(codec: Codec) -> Self {
        Self { codec, profile: 0, packetization: 0 }
    }
}

/// Enables our codecs in the order in which every answer lists them, which is the order in which publishers
/// choose. VP8 leads because a picture must be shown by everybody who may join later; the others follow for
/// clients that put them first by negotiating nothing else.
pub(super) fn enable(config: RtcConfig) -> RtcConfig {
    config
        .clear_codecs()
        .enable_opus(true, true)
        .enable_vp8(true)
        .enable_vp9(true)
        .enable_h264(true)
        .enable_av1(true)
}
