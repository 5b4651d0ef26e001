//! What an accepted offer agreed on, as plain values: streams, payload types and header extension numbers. The packet
//! path reads this and asks the negotiation library nothing.

use super::Format;
use super::offer::{Carries, Offer, Role};
use crate::rtp::{PayloadType, Ssrc};
use sfu_control::{ConnectRefusal, Layer, Slot, SourceKind};
use str0m::Rtc;
use str0m::format::PayloadParams;
use str0m::media::Mid;
use str0m::rtp::Extension;

/// A format under the names one client gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offered {
    /// The format.
    pub(crate) format: Format,
    /// Its payload type.
    pub(crate) payload_type: PayloadType,
    /// The payload type of its retransmissions (RFC 4588).
    pub(crate) rtx: Option<PayloadType>,
}

/// A source as negotiated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceLine {
    /// What it is.
    pub(crate) kind: SourceKind,
    /// Its line.
    pub(crate) mid: String,
    /// Its simulcast encodings, smallest first; empty when it sends one without a rid.
    pub(crate) encodings: Vec<(String, Layer)>,
    /// Streams the offer named, and what each carries.
    pub(crate) named: Vec<(Ssrc, Carries)>,
}

/// A slot as negotiated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotLine {
    /// Which slot.
    pub(crate) slot: Slot,
    /// Its line.
    pub(crate) mid: String,
    /// The stream we send on it.
    pub(crate) ssrc: Ssrc,
    /// The stream its retransmissions go on.
    pub(crate) rtx: Option<Ssrc>,
    /// What the client takes on it.
    pub(crate) formats: Vec<Offered>,
}

/// The numbers header extensions go by; one set for all lines, as bundling demands (RFC 8843).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ExtensionIds {
    /// Which line (RFC 8843).
    pub(crate) mid: Option<u8>,
    /// Which encoding (RFC 8852).
    pub(crate) rid: Option<u8>,
    /// Which encoding is repaired (RFC 8852).
    pub(crate) repaired_rid: Option<u8>,
    /// Loudness (RFC 6464).
    pub(crate) audio_level: Option<u8>,
    /// Transport-wide sequence number.
    pub(crate) transport: Option<u8>,
    /// How a camera is held (3GPP TS 26.114).
    pub(crate) orientation: Option<u8>,
    /// When a frame was captured (abs-capture-time).
    pub(crate) capture_time: Option<u8>,
    /// AV1's dependency descriptor.
    pub(crate) dependency: Option<u8>,
    /// Which of a line's streams it is; on links only.
    pub(crate) binding: Option<u8>,
}

/// Everything agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Agreement {
    /// What the client sends, in line order.
    pub(crate) sources: Vec<SourceLine>,
    /// What it is sent, in line order.
    pub(crate) slots: Vec<SlotLine>,
    /// What its payload types mean.
    pub(crate) formats: Vec<Offered>,
    /// What its extension numbers mean.
    pub(crate) extensions: ExtensionIds,
}

/// The address of AV1's dependency descriptor extension, which the negotiation library does not know by itself.
pub(crate) const DEPENDENCY_URI: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

impl Agreement {
    /// Reads it out of the library that negotiated it.
    pub(super) fn read(rtc: &mut Rtc, offer: &Offer) -> Result<Self, ConnectRefusal> {
        let formats = rtc.codec_config().params().iter().flat_map(formats_of).collect();
        let mut agreement = Self { formats, ..Self::default() };
        for line in &offer.lines {
            let mid = Mid::from(line.mid.as_str());
            let media = rtc.media(mid).filter(|media| !media.remote_pts().is_empty());
            let media = media.ok_or_else(|| ConnectRefusal::NoCommonCodec { mid: line.mid.clone() })?;
            for (id, extension) in media.remote_extmap().iter() {
                agreement.extensions.note(id, extension);
            }
            match line.role {
                Role::Source(kind) => agreement.sources.push(SourceLine {
                    kind,
                    mid: line.mid.clone(),
                    encodings: line.encodings.clone(),
                    named: line.named.clone(),
                }),
                Role::Slot(slot) => {
                    let taken: Vec<u8> =
                        media.remote_pts().iter().map(|payload_type| **payload_type).collect();
                    let taken = agreement.formats.iter().filter(|offered| {
                        let payload_type = offered.payload_type;
                        taken.contains(&payload_type.get()) || line.redundant == Some(payload_type)
                    });
                    let formats = taken.copied().collect();
                    let mut direct = rtc.direct_api();
                    // A line the client set inactive has no stream; it keeps its place.
                    let stream = direct.stream_tx_by_mid(mid, None);
                    let (ssrc, rtx) = stream.map_or((0, None), |stream| (*stream.ssrc(), stream.rtx()));
                    agreement.slots.push(SlotLine {
                        slot,
                        mid: line.mid.clone(),
                        ssrc: Ssrc::new(ssrc),
                        rtx: rtx.map(|rtx| Ssrc::new(*rtx)),
                        formats,
                    });
                }
            }
        }
        Ok(agreement)
    }

    /// What a payload type means, and whether it is that of media or of retransmissions.
    pub(crate) fn meaning(&self, payload_type: PayloadType) -> Option<(Format, Carries)> {
        self.formats.iter().find_map(|offered| {
            if offered.payload_type == payload_type {
                Some((offered.format, Carries::Media))
            } else {
                (offered.rtx == Some(payload_type)).then_some((offered.format, Carries::Retransmissions))
            }
        })
    }
}

/// What a negotiated codec brings: itself, and in front of it with redundancy where both ends have it.
fn formats_of(params: &PayloadParams) -> impl Iterator<Item = Offered> {
    let payload_type = PayloadType::new(*params.pt());
    let format = Format::of(params);
    let rtx = params.resend().map(|rtx| PayloadType::new(*rtx));
    let redundant = format.and(params.red()).map(|red| Offered {
        format: Format::redundant(payload_type),
        payload_type: PayloadType::new(*red),
        rtx: None,
    });
    format.map(|format| Offered { format, payload_type, rtx }).into_iter().chain(redundant)
}

/// Takes out of the library the streams we send and receive ourselves. It keeps room for packets to send again with each
/// it would send, eight kilobytes that are never used, writes reports about those it would receive, and looks after all
/// at every wake-up.
pub(super) fn take_streams(rtc: &mut Rtc, agreement: &Agreement) {
    let mut direct = rtc.direct_api();
    for slot in &agreement.slots {
        direct.remove_stream_tx(slot.ssrc.get().into());
    }
    for (ssrc, _) in agreement.sources.iter().flat_map(|source| &source.named) {
        direct.remove_stream_rx(ssrc.get().into());
    }
}

/// Gives them back for a negotiation: it would choose new numbers for lines that have none.
pub(super) fn lend_streams(rtc: &mut Rtc, slots: &[SlotLine]) {
    for slot in slots {
        let mid = Mid::from(slot.mid.as_str());
        if slot.ssrc.get() != 0 && rtc.media(mid).is_some() {
            let rtx = slot.rtx.map(|rtx| rtx.get().into());
            rtc.direct_api().declare_stream_tx(slot.ssrc.get().into(), rtx, mid, None);
        }
    }
}

impl ExtensionIds {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's extensions are more than ours")]
    fn note(&mut self, id: u8, extension: &Extension) {
        let place = match extension {
            Extension::RtpMid => &mut self.mid,
            Extension::RtpStreamId => &mut self.rid,
            Extension::RepairedRtpStreamId => &mut self.repaired_rid,
            Extension::AudioLevel => &mut self.audio_level,
            Extension::TransportSequenceNumber => &mut self.transport,
            Extension::VideoOrientation => &mut self.orientation,
            Extension::AbsoluteCaptureTime => &mut self.capture_time,
            other if other.as_uri() == DEPENDENCY_URI => &mut self.dependency,
            _ => return,
        };
        *place = Some(id);
    }
}
