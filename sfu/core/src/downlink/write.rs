//! Packets as they leave: header, payload with its numbers changed, seal.

use super::{Downlink, Outbox};
use crate::peer::ExtensionIds;
use crate::receive::Packet;
use crate::rtp::{Fixed, Form, HeaderWriter};
use crate::send::Sent;
use std::time::Instant;

impl Downlink {
    /// Writes one packet, seals it and remembers it.
    pub(super) fn write(
        &mut self,
        now: Instant,
        line: usize,
        (packet, sent): (&Packet, &Sent),
        out: &mut Outbox<'_>,
    ) -> bool {
        let (Some(keys), Some(path), Some(line)) = (&self.keys, self.path, self.lines.get_mut(line)) else {
            return false;
        };
        let Some(chosen) = line.chosen else { return false };
        let start = out.arena.len();
        let buffer = out.arena.bytes_mut();
        let fixed = Fixed {
            payload_type: chosen.payload_type,
            marker: packet.marker || sent.patch.ends_picture(),
            sequence: sent.seq.wire(),
            time: sent.time,
            ssrc: line.ssrc,
        };
        let ids = &self.extensions;
        let mut header = HeaderWriter::begin(buffer, &fixed, Form::carrying(packet.dependency.len()));
        header.element(ids.transport, &self.history.next_wire().to_be_bytes());
        match &mut line.binding {
            Some(binding) => {
                header.element(ids.binding, &[binding.number()]);
                if let Some(name) = binding.next_name(now) {
                    header.element(ids.mid, &name);
                }
            }
            None if line.known => {}
            None => {
                header.element(ids.mid, &line.mid);
            }
        }
        pass_on(&mut header, ids, (packet, sent));
        let length = header.finish();
        let plain = chosen.format != packet.format;
        let payload =
            if plain { packet.format.primary(&packet.payload).ok() } else { Some(&*packet.payload) };
        let written = payload.and_then(|payload| {
            write_payload(buffer, payload, (packet, sent));
            keys.protect_rtp(buffer, (start, length), (line.ssrc, sent.seq))?;
            Some(payload.len())
        });
        let Some(written) = written else {
            buffer.truncate(start);
            return false;
        };
        let bytes = buffer.len() - start;
        out.bursts.push(path, start, out.arena);
        line.sent.remember(now, *sent);
        line.packets = line.packets.wrapping_add(1);
        line.octets = line.octets.wrapping_add(u32::try_from(written).unwrap_or(0));
        line.active = true;
        self.note_sent(now, bytes);
        true
    }

    /// Writes a packet once more, as a retransmission (RFC 4588): the same payload behind its first number, on the
    /// stream made for it. Gives false when the client knows no such stream.
    pub(super) fn write_again(
        &mut self,
        now: Instant,
        line: usize,
        (packet, sent): (&Packet, &Sent),
        out: &mut Outbox<'_>,
    ) -> bool {
        let (Some(keys), Some(path), Some(line)) = (&self.keys, self.path, self.lines.get_mut(line)) else {
            return false;
        };
        let offered = line.offered(packet.format).and_then(|offered| offered.rtx);
        let (Some(payload_type), Some(ssrc)) = (offered, line.rtx) else { return false };
        let start = out.arena.len();
        let buffer = out.arena.bytes_mut();
        let sequence = line.rtx_seq.wire();
        let marker = packet.marker || sent.patch.ends_picture();
        let fixed = Fixed { payload_type, marker, sequence, time: sent.time, ssrc };
        let mut header = HeaderWriter::begin(buffer, &fixed, Form::carrying(packet.dependency.len()));
        header.element(self.extensions.transport, &self.history.next_wire().to_be_bytes());
        match &line.binding {
            Some(binding) => {
                header.element(self.extensions.binding, &[binding.number()]);
                header.element(self.extensions.mid, &binding.name().unwrap_or_default());
            }
            None => {
                header.element(self.extensions.mid, &line.mid);
            }
        }
        pass_on(&mut header, &self.extensions, (packet, sent));
        let length = header.finish();
        buffer.extend_from_slice(&sent.seq.wire().to_be_bytes());
        write_payload(buffer, &packet.payload, (packet, sent));
        if keys.protect_rtp(buffer, (start, length), (ssrc, line.rtx_seq)).is_none() {
            buffer.truncate(start);
            return false;
        }
        line.rtx_seq = line.rtx_seq.plus(1);
        let bytes = buffer.len() - start;
        out.bursts.push(path, start, out.arena);
        self.note_sent(now, bytes);
        true
    }

    /// Counts a packet that left; in the time of a probe it is part of it, whatever it left for.
    fn note_sent(&mut self, now: Instant, bytes: usize) {
        self.wire_bytes += bytes as u64;
        match &mut self.probing {
            Some(probing) => {
                probing.on_sent(bytes);
                self.history.on_probe_sent(now, bytes, probing.probe.id);
            }
            None => self.history.on_sent(now, bytes),
        }
        self.pacer.on_sent(now, bytes);
    }

    /// Seals a compound report and sends it.
    pub(crate) fn post_report(&mut self, start: usize, out: &mut Outbox<'_>) -> bool {
        let (Some(keys), Some(path)) = (&mut self.keys, self.path) else {
            out.arena.bytes_mut().truncate(start);
            return false;
        };
        let sealed = keys.protect_rtcp(out.arena.bytes_mut(), start).is_some();
        if sealed {
            self.wire_bytes += (out.arena.len() - start) as u64;
            out.bursts.push(path, start, out.arena);
        }
        sealed
    }
}

/// Writes the extensions that travel on with a packet. A packet sent again has them too: the client takes its header for
/// that of the packet it repeats.
fn pass_on(header: &mut HeaderWriter<'_>, ids: &ExtensionIds, (packet, sent): (&Packet, &Sent)) {
    if let Some(level) = packet.passed.audio_level {
        header.element(ids.audio_level, &[level]);
    }
    if let Some(orientation) = packet.passed.orientation {
        header.element(ids.orientation, &[orientation]);
    }
    if let Some(capture_time) = &packet.passed.capture_time {
        header.element(ids.capture_time, capture_time.as_bytes());
    }
    if !packet.dependency.is_empty()
        && let Some(dependency) = header.element(ids.dependency, &packet.dependency)
    {
        sent.patch.apply(dependency);
    }
}

/// Writes a payload with its numbers changed, unless they are in its header.
fn write_payload(buffer: &mut Vec<u8>, payload: &[u8], (packet, sent): (&Packet, &Sent)) {
    let start = buffer.len();
    buffer.extend_from_slice(payload);
    if packet.dependency.is_empty()
        && let Some(payload) = buffer.get_mut(start..)
    {
        sent.patch.apply(payload);
    }
}
