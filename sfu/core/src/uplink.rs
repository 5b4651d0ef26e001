//! One client's incoming side: opens what it sends, and finds out which of its streams a packet belongs to, by number
//! once that is known, by the names in its header before.

mod named;

pub(crate) use named::OpenedOnLink;

use crate::peer::{Agreement, Carries, Codec, Exported, ExtensionIds};
use crate::receive::{CaptureTime, Incoming, Passed, Receiver, StreamId, Streams};
use crate::rtp::{RtpHeader, Ssrc};
use crate::srtp::{SrtpError, SrtpReceiver};
use crate::units::MediaTime;
use sfu_control::{Layer, SourceKind};

/// A retransmission starts with the number of what it repeats (RFC 4588 section 4).
const ORIGINAL_NUMBER_BYTES: usize = 2;

/// What a stream number stands for.
#[derive(Debug, Clone, Copy)]
struct Binding {
    ssrc: Ssrc,
    stream: StreamId,
    kind: SourceKind,
    carries: Carries,
}

/// A packet that was opened and has an owner.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    /// Which stream it belongs to.
    pub(crate) stream: StreamId,
    /// Of which source.
    pub(crate) kind: SourceKind,
    /// Whether it came by itself or on request.
    pub(crate) carries: Carries,
    /// The packet; a repeated one as it was at first.
    pub(crate) incoming: Incoming<'a>,
}

/// Why a packet goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It could not be read or was not sent by this client.
    Refused(SrtpError),
    /// It is on no stream that was negotiated.
    Stray,
    /// It only fills the line.
    Filler,
}

/// The incoming side.
#[derive(Debug, Default)]
pub(crate) struct Uplink {
    keys: Option<SrtpReceiver>,
    bindings: Vec<Binding>,
    /// The same of a link, whose lines go from stream to stream.
    named: Vec<named::Line>,
}

impl Uplink {
    /// Takes the keys of a finished handshake. Gives false when they are not of a kind we speak.
    pub(crate) fn unlock(&mut self, exported: &Exported) -> bool {
        self.keys = SrtpReceiver::from_exported(exported);
        self.keys.is_some()
    }

    /// Opens a report packet where it lies; gives its plain bytes.
    pub(crate) fn open_reports<'a>(&mut self, packet: &'a mut [u8]) -> Result<&'a [u8], SrtpError> {
        self.keys.as_mut().ok_or(SrtpError::Authentication)?.unprotect_rtcp(packet)
    }

    /// Opens a media packet where it lies. Gives the transport-wide number, if it has one, apart from what became of
    /// the packet: feedback is about everything that arrived.
    pub(crate) fn open<'a>(
        &mut self,
        agreement: &Agreement,
        receivers: &[Receiver],
        streams: &Streams,
        packet: &'a mut [u8],
    ) -> (Option<u16>, Result<Opened<'a>, Closed>) {
        let Some(keys) = self.keys.as_mut() else {
            return (None, Err(Closed::Refused(SrtpError::Authentication)));
        };
        let unprotected = match keys.unprotect_rtp(packet) {
            Ok(unprotected) => unprotected,
            Err(error) => return (None, Err(Closed::Refused(error))),
        };
        let packet: &'a [u8] = packet;
        let names = Names::read(&agreement.extensions, &unprotected.header, packet);
        let payload = packet.get(unprotected.payload).unwrap_or_default();
        let opened = self.place(agreement, receivers, &unprotected.header, &names).and_then(|binding| {
            let (format, _) = agreement.meaning(unprotected.header.payload_type).ok_or(Closed::Stray)?;
            let mut incoming = Incoming {
                ssrc: unprotected.header.ssrc,
                seq: unprotected.index,
                time: MediaTime::new(unprotected.header.timestamp),
                marker: unprotected.header.marker,
                format,
                passed: names.passed,
                dependency: names.dependency.filter(|_| format.codec == Codec::Av1).unwrap_or_default(),
                payload,
            };
            if binding.carries == Carries::Retransmissions {
                restore(&mut incoming, streams, binding.stream)?;
            }
            Ok(Opened { stream: binding.stream, kind: binding.kind, carries: binding.carries, incoming })
        });
        (names.transport, opened)
    }

    /// The streams media comes on now.
    pub(crate) fn streams(&self) -> impl Iterator<Item = StreamId> {
        let media = self.bindings.iter().filter(|binding| binding.carries == Carries::Media);
        let named = self.named.iter().filter(|line| line.carries == Carries::Media);
        media.map(|binding| binding.stream).chain(named.filter_map(|line| line.stream))
    }

    /// Which stream a sender's report is about.
    pub(crate) fn stream(&self, ssrc: Ssrc) -> Option<StreamId> {
        if let Some(line) = self.named.iter().find(|line| line.ssrc == ssrc) {
            return line.stream.filter(|_| line.carries == Carries::Media);
        }
        let binding = self.bindings.iter().find(|binding| binding.ssrc == ssrc)?;
        (binding.carries == Carries::Media).then_some(binding.stream)
    }

    /// Finds a packet's stream by its number, else by what its header or the offer says.
    fn place(
        &mut self,
        agreement: &Agreement,
        receivers: &[Receiver],
        header: &RtpHeader,
        names: &Names<'_>,
    ) -> Result<Binding, Closed> {
        if let Some(known) = self.bindings.iter().find(|binding| binding.ssrc == header.ssrc) {
            return Ok(*known);
        }
        let (_, carries) = agreement.meaning(header.payload_type).ok_or(Closed::Stray)?;
        let (kind, layer) = identify(agreement, header.ssrc, names).ok_or(Closed::Stray)?;
        let receiver = receivers.iter().find(|receiver| receiver.kind() == kind).ok_or(Closed::Stray)?;
        let stream = receiver.layer(layer).ok_or(Closed::Stray)?;
        let binding = Binding { ssrc: header.ssrc, stream, kind, carries };
        // A restarted stream has a new number; the old one must not linger, or restarts could fill the list.
        self.bindings.retain(|known| known.stream != stream || known.carries != carries);
        self.bindings.push(binding);
        Ok(binding)
    }
}

/// Which source and layer a new stream is.
fn identify(agreement: &Agreement, ssrc: Ssrc, names: &Names<'_>) -> Option<(SourceKind, Layer)> {
    let line = match names.mid {
        Some(mid) => agreement.sources.iter().find(|line| line.mid.as_bytes() == mid)?,
        None => agreement.sources.iter().find(|line| line.named.iter().any(|(named, _)| *named == ssrc))?,
    };
    if line.encodings.is_empty() {
        return Some((line.kind, Layer::Low));
    }
    let rid = names.rid?;
    let (_, layer) = line.encodings.iter().find(|(name, _)| name.as_bytes() == rid)?;
    Some((line.kind, *layer))
}

/// Makes the packet that was repeated out of its repetition.
fn restore(incoming: &mut Incoming<'_>, streams: &Streams, stream: StreamId) -> Result<(), Closed> {
    let (number, rest) = incoming.payload.split_at_checked(ORIGINAL_NUMBER_BYTES).ok_or(Closed::Filler)?;
    let &[high, low] = number else { return Err(Closed::Filler) };
    if rest.is_empty() {
        return Err(Closed::Filler);
    }
    let stream = streams.get(stream).ok_or(Closed::Stray)?;
    let (seq, ssrc) =
        stream.restored(u16::from_be_bytes([high, low])).zip(stream.ssrc()).ok_or(Closed::Filler)?;
    incoming.seq = seq;
    incoming.ssrc = ssrc;
    incoming.payload = rest;
    Ok(())
}

/// What a header's extensions say.
#[derive(Debug, Default)]
struct Names<'a> {
    mid: Option<&'a [u8]>,
    rid: Option<&'a [u8]>,
    transport: Option<u16>,
    passed: Passed,
    dependency: Option<&'a [u8]>,
    binding: Option<u8>,
}

impl<'a> Names<'a> {
    fn read(ids: &ExtensionIds, header: &RtpHeader, packet: &'a [u8]) -> Self {
        let mut names = Self::default();
        for (id, value) in header.extensions(packet) {
            let id = Some(id);
            if id == ids.transport {
                names.transport = <[u8; 2]>::try_from(value).ok().map(u16::from_be_bytes);
            } else if id == ids.audio_level {
                names.passed.audio_level = value.first().copied();
            } else if id == ids.mid {
                names.mid = Some(value);
            } else if id == ids.rid || id == ids.repaired_rid {
                names.rid = Some(value);
            } else if id == ids.orientation {
                names.passed.orientation = value.first().copied();
            } else if id == ids.capture_time {
                names.passed.capture_time = CaptureTime::read(value);
            } else if id == ids.dependency {
                names.dependency = Some(value);
            } else if id == ids.binding {
                names.binding = value.first().copied();
            }
        }
        names
    }
}
