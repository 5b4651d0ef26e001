//! The incoming side of a link: its streams say in their packets whose they are, and one line of the other node carries one
//! stream after another.

use super::{Closed, Names, Uplink, restore};
use crate::link::{self, StreamName};
use crate::peer::Carries;
use crate::peer::Codec;
use crate::receive::{Incoming, StreamId, StreamKey, Streams};
use crate::rtp::{RtpHeader, Ssrc};
use crate::srtp::SrtpError;
use crate::units::MediaTime;

/// What a line of the other node carries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) ssrc: Ssrc,
    pub(super) carries: Carries,
    name: StreamName,
    /// Packets of the stream that had the line before have another.
    number: u8,
    /// Where its packets go; none while what it names is not offered.
    pub(super) stream: Option<StreamId>,
}

/// A packet of a link that was opened and has a stream.
#[derive(Debug)]
pub(crate) struct OpenedOnLink<'a> {
    /// Which stream it belongs to.
    pub(crate) stream: StreamId,
    /// Whether it came by itself or on request.
    pub(crate) carries: Carries,
    /// Whether it is the first of its stream on this line.
    pub(crate) begins: bool,
    /// The packet; a repeated one as it was at first.
    pub(crate) incoming: Incoming<'a>,
}

impl Uplink {
    /// Opens a packet of a link where it lies; see [`Uplink::open`]. `find` gives the stream of that name, if the link may
    /// bring it.
    pub(crate) fn open_on_link<'a>(
        &mut self,
        streams: &Streams,
        find: impl Fn(StreamKey) -> Option<StreamId>,
        packet: &'a mut [u8],
    ) -> (Option<u16>, Result<OpenedOnLink<'a>, Closed>) {
        let Some(keys) = self.keys.as_mut() else {
            return (None, Err(Closed::Refused(SrtpError::Authentication)));
        };
        let unprotected = match keys.unprotect_rtp(packet) {
            Ok(unprotected) => unprotected,
            Err(error) => return (None, Err(Closed::Refused(error))),
        };
        let packet: &'a [u8] = packet;
        let header = unprotected.header;
        let names = Names::read(&link::EXTENSIONS, &header, packet);
        let payload = packet.get(unprotected.payload).unwrap_or_default();
        let opened = self.place_on_link(streams, find, &header, &names).and_then(|(line, begins)| {
            let stream = line.stream.ok_or(Closed::Stray)?;
            let format = line.name.format;
            let mut incoming = Incoming {
                ssrc: header.ssrc,
                seq: unprotected.index,
                time: MediaTime::new(header.timestamp),
                marker: header.marker,
                format,
                passed: names.passed,
                dependency: names.dependency.filter(|_| format.codec == Codec::Av1).unwrap_or_default(),
                payload,
            };
            if line.carries == Carries::Retransmissions {
                restore(&mut incoming, streams, stream)?;
            }
            Ok(OpenedOnLink { stream, carries: line.carries, begins, incoming })
        });
        (names.transport, opened)
    }

    /// Finds out what a packet belongs to, by its name or by what was named before. Gives whether that is news.
    fn place_on_link(
        &mut self,
        streams: &Streams,
        find: impl Fn(StreamKey) -> Option<StreamId>,
        header: &RtpHeader,
        names: &Names<'_>,
    ) -> Result<(Line, bool), Closed> {
        let (codec, carries) = link::meaning(header.payload_type).ok_or(Closed::Stray)?;
        let number = names.binding.ok_or(Closed::Stray)?;
        let known = self.named.iter().position(|line| line.ssrc == header.ssrc);
        let before = known.and_then(|place| self.named.get(place)).copied();
        // A packet of the stream that had the line before came late.
        if before.is_some_and(|line| number.wrapping_sub(line.number) > u8::MAX / 2) {
            return Err(Closed::Stray);
        }
        let name = match names.mid {
            Some(name) => StreamName::read(name).ok_or(Closed::Stray)?,
            None => before.filter(|line| line.number == number).ok_or(Closed::Stray)?.name,
        };
        if name.format.codec != codec {
            return Err(Closed::Stray);
        }
        let same = before.filter(|line| line.number == number && line.name.key == name.key);
        let living = same.and_then(|line| line.stream).filter(|id| streams.get(*id).is_some());
        let stream = living.or_else(|| find(name.key));
        let begins = living.is_none() && stream.is_some() && carries == Carries::Media;
        let line = Line { ssrc: header.ssrc, carries, name, number, stream };
        match known.and_then(|place| self.named.get_mut(place)) {
            Some(place) => *place = line,
            // No more than the keys know streams.
            None => self.named.push(line),
        }
        Ok((line, begins))
    }
}
