//! What a participant sends: its voice while its microphone is open, the layers of its camera and the screen that are asked
//! for. Every packet bears a stamp.

use super::{MediaPeer, Tally, Transport};
use crate::{
    clock,
    source::{self, LAYERS, LayerShape, Piece},
    stamp::{Kind, Stamp},
};
use serde::Serialize;
use signaling_protocol::{Microphone, PublishDemand};
use std::time::Instant;
use str0m::{
    format::Codec,
    media::{Mid, Pt, Rid},
    rtp::{ExtensionValues, RtpWrite},
};

/// What was sent so far, by stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    /// The voice.
    pub(crate) voice: Tally,
    /// The camera's layers from the lowest.
    pub(crate) camera: [Tally; LAYERS.len()],
    /// The screen.
    pub(crate) screen: Tally,
}

/// The camera.
pub(super) struct Camera {
    line: Mid,
    pub(super) demand: PublishDemand,
    pub(super) keyframe_wanted: [bool; LAYERS.len()],
}

/// The screen: one encoding.
pub(super) struct Screen {
    pub(super) line: Mid,
    pub(super) demand: PublishDemand,
    pub(super) keyframe_wanted: bool,
}

/// Where a packet goes out.
#[derive(Debug, Clone, Copy)]
struct Line {
    mid: Mid,
    rid: Option<Rid>,
    codec: Codec,
    kind: Kind,
}

impl Camera {
    pub(super) fn new(line: Mid) -> Self {
        Self { line, demand: PublishDemand::Paused, keyframe_wanted: [true; LAYERS.len()] }
    }
}

impl Screen {
    pub(super) fn new(line: Mid) -> Self {
        Self { line, demand: PublishDemand::Paused, keyframe_wanted: true }
    }
}

impl Sent {
    /// Packets of all streams.
    pub(crate) fn packets(&self) -> u64 {
        self.camera.iter().map(|layer| layer.packets).sum::<u64>() + self.voice.packets + self.screen.packets
    }
}

impl MediaPeer {
    /// Sends what is due at one tick of [`source::AUDIO_RATE`]; called as often as that, followed by a drain.
    pub(crate) fn publish(&mut self, now: Instant) {
        self.ticks = self.ticks.wrapping_add(1);
        if self.transport != Transport::Connected {
            return;
        }
        if self.microphone == Microphone::Open {
            let piece = source::audio(self.ticks);
            let number = count(&mut self.sent.voice, &piece);
            let line = Line { mid: self.microphone_line, rid: None, codec: Codec::Opus, kind: Kind::Voice };
            self.write(now, line, number, piece);
        }
        let every = source::AUDIO_RATE / source::PICTURE_RATE;
        if self.ticks.is_multiple_of(every) {
            self.publish_picture(now, self.ticks / every);
            self.publish_screen(now, self.ticks / every);
        }
    }

    fn publish_picture(&mut self, now: Instant, number: u32) {
        let wanted = match self.camera.demand {
            PublishDemand::Paused => 0,
            PublishDemand::Low => 1,
            PublishDemand::Medium => 2,
            PublishDemand::High => 3,
        };
        let layers = LAYERS.iter().zip(&mut self.sent.camera).zip(&mut self.camera.keyframe_wanted);
        let mut pictures: Vec<(LayerShape, u64, Piece)> = Vec::new();
        for (index, ((layer, sent), keyframe_wanted)) in layers.enumerate() {
            if index >= wanted {
                // A layer that comes back begins with a keyframe, as a browser's does.
                *keyframe_wanted = true;
                continue;
            }
            let keyframe = std::mem::take(keyframe_wanted) || source::is_scheduled_keyframe(number);
            for piece in source::picture(*layer, number, keyframe) {
                pictures.push((*layer, count(sent, &piece), piece));
            }
        }
        let mid = self.camera.line;
        for (layer, number, piece) in pictures {
            let rid = Some(Rid::from(layer.rid));
            self.write(now, Line { mid, rid, codec: Codec::Vp8, kind: Kind::Camera }, number, piece);
        }
    }

    fn publish_screen(&mut self, now: Instant, number: u32) {
        if self.screen.demand == PublishDemand::Paused {
            self.screen.keyframe_wanted = true;
            return;
        }
        let asked = std::mem::take(&mut self.screen.keyframe_wanted);
        let line = Line { mid: self.screen.line, rid: None, codec: Codec::Vp8, kind: Kind::Screen };
        for piece in source::picture(source::SCREEN, number, asked || source::is_scheduled_keyframe(number)) {
            let number = count(&mut self.sent.screen, &piece);
            self.write(now, line, number, piece);
        }
    }

    fn write(&mut self, now: Instant, line: Line, number: u64, mut piece: Piece) {
        let Some(payload_type) = self.payload_type(line.mid, line.codec) else { return };
        let is_audio = line.codec == Codec::Opus;
        let level = ExtensionValues {
            audio_level: is_audio.then_some(-20),
            voice_activity: is_audio.then_some(true),
            ..ExtensionValues::default()
        };
        // Its lower half tells a stream's packets apart for half a year.
        let counted = u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default();
        let nanos = clock::wall_nanos();
        Stamp { name: self.name, kind: line.kind, nanos, number: counted }.write(&mut piece.payload);
        let packet = RtpWrite::new(payload_type, number.into(), piece.timestamp, now, piece.payload)
            .marker(piece.marker)
            .ext_vals(level)
            .nackable(!is_audio);
        let mut direct = self.rtc.direct_api();
        if let Some(stream) = direct.stream_tx_by_mid(line.mid, line.rid) {
            stream.write_rtp(packet);
        }
    }

    fn payload_type(&self, mid: Mid, codec: Codec) -> Option<Pt> {
        let negotiated = self.rtc.media(mid)?.remote_pts();
        let fits = |pt: &Pt| {
            self.rtc.codec_config().params().iter().any(|p| p.pt() == *pt && p.spec().codec == codec)
        };
        negotiated.iter().copied().find(fits)
    }
}

/// Counts a packet; gives its number in its stream, from 1.
fn count(tally: &mut Tally, piece: &Piece) -> u64 {
    tally.packets += 1;
    tally.bytes += u64::try_from(piece.payload.len()).unwrap_or(u64::MAX);
    tally.packets
}
