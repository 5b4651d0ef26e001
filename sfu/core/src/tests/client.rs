//! A participant of a scenario: a real WebRTC stack that sends marked frames and writes down what it gets.

mod dependency;

use crate::receive::descriptor;
use sfu_control::{Demand, Layer, Slot, SourceKind};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid, Pt, Rid, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};

const VIDEO_INTERVAL: Duration = Duration::from_millis(33);
const AUDIO_INTERVAL: Duration = Duration::from_millis(20);
const RIDS: [(&str, Layer, usize); 3] =
    [("q", Layer::Low, 400), ("h", Layer::Medium, 1_000), ("f", Layer::High, 1_100)];
/// Payload types as the library assigns them.
pub(crate) const VP8: u8 = 96;
pub(crate) const VP9: u8 = 98;
pub(crate) const AV1: u8 = 45;
pub(crate) const H264: u8 = 108;
pub(crate) const RED: u8 = 63;
/// Every frame has this many packets unless said otherwise, so that loss can hit a frame in the middle.
const PACKETS_PER_FRAME: u8 = 2;

/// A packet as a subscriber got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) at: Instant,
    pub(crate) slot: Slot,
    pub(crate) seq: u64,
    pub(crate) time: u32,
    pub(crate) marker: bool,
    /// Painted into the payload by its sender.
    pub(crate) sender: u32,
    pub(crate) layer: u8,
    pub(crate) number: u32,
    pub(crate) keyframe: bool,
    pub(crate) picture_id: u16,
    /// All of it that is not in the header's fixed part, digested: extensions and payload.
    pub(crate) digest: u64,
}

/// One simulcast encoding being sent.
struct Encoder {
    rid: Option<Rid>,
    layer: Layer,
    bytes: usize,
    packets: u8,
    seq: u64,
    time_base: u32,
    picture: u16,
    frames: u32,
    keyframe_due: bool,
    was_active: bool,
}

pub(crate) struct Client {
    pub(crate) number: u32,
    pub(crate) address: SocketAddr,
    pub(crate) received: Vec<Frame>,
    pub(crate) demanded: BTreeMap<SourceKind, Demand>,
    /// Keyframes asked of this client, by rid.
    pub(crate) keyframe_requests: Vec<(Instant, Option<String>)>,
    /// What it sends; a locked microphone is a matter of the engine, not of this.
    pub(crate) sends_camera: bool,
    /// Presents, in one encoding.
    pub(crate) sends_screen: bool,
    /// Sends all layers whatever it was told.
    pub(crate) ignores_demand: bool,
    /// What its encoder can do, whatever is demanded.
    pub(crate) layers_max: Layer,
    /// RFC 6464 level of its microphone, none while it is off.
    pub(crate) voice: Option<u8>,
    /// How many pictures it can be shown at a time.
    pub(crate) pictures: usize,
    /// The payload type of its pictures.
    codec: u8,
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    mids: Vec<Mid>,
    slots: BTreeMap<String, Slot>,
    encoders: Vec<Encoder>,
    screen: Encoder,
    audio_seq: u64,
    connected: bool,
    start: Instant,
    next_video: Instant,
    next_audio: Instant,
    rtc_due: Instant,
    outbox: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
}

impl Client {
    /// A delegate with two mosaic slots and VP8, as every browser has it.
    pub(crate) fn new(number: u32, now: Instant) -> Self {
        Self::with_codecs(number, now, &[VP8])
    }

    /// One that sends VP9 and knows nothing else.
    pub(crate) fn only_vp9(number: u32, now: Instant) -> Self {
        Self::with_codecs(number, now, &[VP9])
    }

    /// One that sends VP8 and shows VP9 too.
    pub(crate) fn with_vp9(number: u32, now: Instant) -> Self {
        Self::with_codecs(number, now, &[VP8, VP9])
    }

    /// One that sends AV1 with its dependency descriptor and knows nothing else.
    pub(crate) fn only_av1(number: u32, now: Instant) -> Self {
        Self::with_codecs(number, now, &[AV1])
    }

    /// One that sends the first of these codecs and shows all.
    pub(crate) fn with_codecs(number: u32, now: Instant, codecs: &[u8]) -> Self {
        let address = SocketAddr::from(([198, 51, 100, u8::try_from(number).unwrap()], 5_000));
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, codecs.contains(&RED))
            .enable_vp8(codecs.contains(&VP8))
            .enable_vp9(codecs.contains(&VP9))
            .enable_av1(codecs.contains(&AV1))
            .enable_h264(codecs.contains(&H264))
            .set_extension(dependency::EXTENSION_ID, dependency::extension())
            .set_rtp_mode(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        let encoder = |(rid, layer, bytes): (&str, Layer, usize), index: u32| Encoder {
            rid: Some(Rid::from(rid)),
            layer,
            bytes,
            packets: PACKETS_PER_FRAME,
            seq: 100 + u64::from(number) * 1_000,
            time_base: number.wrapping_mul(0x1357_9BDF).wrapping_add(index * 77_777),
            picture: u16::try_from(number * 1_000 + index).unwrap(),
            frames: 0,
            keyframe_due: true,
            was_active: false,
        };
        Self {
            number,
            address,
            received: Vec::new(),
            demanded: BTreeMap::new(),
            keyframe_requests: Vec::new(),
            sends_camera: false,
            sends_screen: false,
            ignores_demand: false,
            layers_max: Layer::High,
            voice: None,
            pictures: 4,
            codec: codecs[0],
            rtc,
            pending: None,
            mids: Vec::new(),
            slots: BTreeMap::new(),
            screen: Encoder { rid: None, ..encoder(RIDS[1], 7) },
            encoders: RIDS.into_iter().zip(0..).map(|(rid, index)| encoder(rid, index)).collect(),
            audio_seq: 500,
            connected: false,
            start: now,
            next_video: now,
            next_audio: now,
            rtc_due: now,
            outbox: Vec::new(),
        }
    }

    /// Makes its offer.
    pub(crate) fn offer(&mut self) -> String {
        let mut simulcast = Simulcast::new();
        for rid in self.encoders.iter().filter_map(|encoder| encoder.rid) {
            simulcast.add_send_layer(SimulcastLayer::new(&rid.to_string()));
        }
        let simulcast = self.encoders.iter().any(|encoder| encoder.rid.is_some()).then_some(simulcast);
        let mut changes = self.rtc.sdp_api();
        let mut mids = Vec::new();
        let mut add =
            |kind, direction, simulcast| mids.push(changes.add_media(kind, direction, None, None, simulcast));
        add(MediaKind::Audio, Direction::SendOnly, None);
        add(MediaKind::Video, Direction::SendOnly, simulcast);
        add(MediaKind::Video, Direction::SendOnly, None);
        add(MediaKind::Audio, Direction::SendOnly, None);
        for _ in 0..4 {
            add(MediaKind::Audio, Direction::RecvOnly, None);
        }
        for _ in 0..self.pictures {
            add(MediaKind::Video, Direction::RecvOnly, None);
        }
        let (offer, pending) = changes.apply().unwrap();
        self.pending = Some(pending);
        self.mids = mids;
        offer.to_sdp_string()
    }

    /// Makes an offer with more mosaic slots.
    pub(crate) fn grow(&mut self, count: usize) -> String {
        let mut changes = self.rtc.sdp_api();
        for _ in 0..count {
            changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        }
        let (offer, pending) = changes.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    /// Makes an offer with new ICE credentials, from another address.
    pub(crate) fn restart_ice(&mut self, address: SocketAddr) -> String {
        let mut changes = self.rtc.sdp_api();
        changes.ice_restart(false);
        let (offer, pending) = changes.apply().unwrap();
        self.pending = Some(pending);
        self.address = address;
        offer.to_sdp_string()
    }

    pub(crate) fn accept(&mut self, answer: &str, slots: &[(Slot, String)]) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
        self.rtc.add_local_candidate(Candidate::host(self.address, "udp").unwrap());
        self.slots = slots.iter().map(|(slot, mid)| (mid.clone(), *slot)).collect();
        self.rtc_due = self.start;
    }

    /// Leaves properly.
    pub(crate) fn close(&mut self) {
        self.rtc.close().unwrap();
        self.rtc_due = self.start;
    }

    /// Fills packets up to this size.
    pub(crate) fn frame_bytes(&mut self, bytes: usize) {
        for encoder in &mut self.encoders {
            encoder.bytes = bytes;
        }
    }

    /// Makes its layers as large as a browser's: 150, 530 and 1,500 kbit/s.
    pub(crate) fn sends_full_layers(&mut self) {
        for (encoder, (bytes, packets)) in self.encoders.iter_mut().zip([(310, 2), (1_100, 2), (1_040, 6)]) {
            (encoder.bytes, encoder.packets) = (bytes, packets);
        }
    }

    /// Sends one encoding instead of several, as the encoder of a room's equipment does: each packet of a frame adds 240
    /// kbit/s. To be said before it makes its offer.
    pub(crate) fn sends_one_encoding(&mut self, packets: u8) {
        self.encoders.truncate(1);
        for encoder in &mut self.encoders {
            (encoder.rid, encoder.bytes, encoder.packets) = (None, 980, packets);
        }
    }

    /// Whether nobody said farewell to it.
    pub(crate) fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }

    /// What it got on a slot.
    pub(crate) fn on(&self, slot: Slot) -> Vec<&Frame> {
        self.received.iter().filter(|frame| frame.slot == slot).collect()
    }

    pub(crate) fn due(&self) -> Instant {
        let media = if self.connected { self.next_video.min(self.next_audio) } else { self.rtc_due };
        self.rtc_due.min(media)
    }

    pub(crate) fn receive(&mut self, now: Instant, source: SocketAddr, contents: &[u8]) {
        let receive = Receive::new(Protocol::Udp, source, self.address, contents).unwrap();
        self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
        self.drain(now);
    }

    pub(crate) fn tick(&mut self, now: Instant, sent: &mut Vec<(SocketAddr, SocketAddr, Vec<u8>)>) {
        if self.connected {
            if self.next_video <= now {
                self.next_video = now + VIDEO_INTERVAL;
                self.send_video(now);
            }
            if self.next_audio <= now {
                self.next_audio = now + AUDIO_INTERVAL;
                self.send_audio(now);
            }
        }
        if self.rtc_due <= now {
            self.rtc.handle_input(Input::Timeout(now)).unwrap();
            self.drain(now);
        }
        sent.append(&mut self.outbox);
    }

    fn drain(&mut self, now: Instant) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.rtc_due = at.max(now + Duration::from_micros(100));
                    return;
                }
                Output::Transmit(transmit) => {
                    self.outbox.push((transmit.source, transmit.destination, transmit.contents.into()));
                }
                Output::Event(event) => self.on_event(now, event),
            }
        }
    }

    fn on_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Connected => {
                self.connected = true;
                self.next_video = now;
                self.next_audio = now;
            }
            Event::KeyframeRequest(request) => {
                let rid = request.rid.map(|rid| rid.to_string());
                self.keyframe_requests.push((now, rid));
                let all = self.encoders.iter_mut().chain([&mut self.screen]);
                for encoder in all.filter(|encoder| encoder.rid == request.rid) {
                    encoder.keyframe_due = true;
                }
            }
            Event::RtpPacket(packet) => {
                let ssrc = packet.header.ssrc;
                let Some(mid) = self.rtc.direct_api().stream_rx(&ssrc).map(|stream| stream.mid()) else {
                    return;
                };
                let Some(slot) = self.slots.get(&*mid) else { return };
                if let Some(frame) = read(now, *slot, &packet) {
                    self.received.push(frame);
                }
            }
            _ => {}
        }
    }

    fn send_video(&mut self, now: Instant) {
        let demand = self.demanded.get(&SourceKind::Camera).copied().unwrap_or(Demand::Paused);
        for index in 0..self.encoders.len() {
            let wanted = match demand {
                Demand::Paused => false,
                Demand::UpTo(layer) => self.encoders[index].layer <= layer,
            };
            let able = self.encoders[index].layer <= self.layers_max;
            let active = self.sends_camera && able && (wanted || self.ignores_demand);
            let encoder = &mut self.encoders[index];
            encoder.keyframe_due |= active && !encoder.was_active;
            encoder.was_active = active;
            if active {
                self.send_frame(now, self.mids[1], |client| &mut client.encoders[index]);
            }
        }
        let demand = self.demanded.get(&SourceKind::Screen).copied().unwrap_or(Demand::Paused);
        if self.sends_screen && demand != Demand::Paused {
            self.send_frame(now, self.mids[2], |client| &mut client.screen);
        }
    }

    fn send_frame(&mut self, now: Instant, mid: Mid, which: impl Fn(&mut Self) -> &mut Encoder) {
        let elapsed = (now - self.start).as_micros() * 9 / 100;
        let (number, codec) = (self.number, self.codec);
        let encoder = which(self);
        encoder.frames += 1;
        encoder.picture = encoder.picture.wrapping_add(1) & 0x7FFF;
        let keyframe = std::mem::take(&mut encoder.keyframe_due);
        let time = encoder.time_base.wrapping_add(u32::try_from(elapsed & 0xFFFF_FFFF).unwrap());
        let packets = encoder.packets;
        for part in 0..packets {
            let encoder = which(self);
            encoder.seq += 1;
            let [high, low] = encoder.picture.to_be_bytes();
            let mut values = ExtensionValues::default();
            let mut payload = match codec {
                VP8 => {
                    let start = if part == 0 { 0x90 } else { 0x80 };
                    vec![start, 0x80, high | 0x80, low, u8::from(!keyframe || part > 0)]
                }
                VP9 => {
                    let start = if part == 0 { 0x88 } else { 0x80 };
                    vec![start | u8::from(!keyframe) << 6, high | 0x80, low]
                }
                _ => {
                    let frame = dependency::Packet { begins: part == 0, keyframe, number: encoder.picture };
                    values.user_values.set(frame.dependency());
                    frame.head().to_vec()
                }
            };
            payload.extend_from_slice(&number.to_be_bytes());
            payload.push(encoder.layer as u8);
            payload.extend_from_slice(&encoder.frames.to_be_bytes());
            payload.resize(encoder.bytes, 0xAA);
            let write = RtpWrite::new(Pt::from(codec), encoder.seq.into(), time, now, payload)
                .marker(part + 1 == packets)
                .nackable(true)
                .ext_vals(values);
            let rid = encoder.rid;
            let mut direct = self.rtc.direct_api();
            direct.stream_tx_by_mid(mid, rid).unwrap().write_rtp(write);
        }
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain(now);
    }

    fn send_audio(&mut self, now: Instant) {
        let Some(level) = self.voice else { return };
        self.audio_seq += 1;
        let mut payload = vec![0xFC];
        payload.extend_from_slice(&self.number.to_be_bytes());
        payload.push(0);
        payload.extend_from_slice(&u32::try_from(self.audio_seq).unwrap().to_be_bytes());
        payload.resize(60, 0xBB);
        let elapsed = (now - self.start).as_micros() * 48 / 1_000;
        let time = u32::try_from(elapsed & 0xFFFF_FFFF).unwrap();
        let values = ExtensionValues {
            audio_level: Some(-i8::try_from(level).unwrap()),
            voice_activity: Some(level < 60),
            ..ExtensionValues::default()
        };
        let write = RtpWrite::new(Pt::from(111), self.audio_seq.into(), time, now, payload).ext_vals(values);
        self.rtc.direct_api().stream_tx_by_mid(self.mids[0], None).unwrap().write_rtp(write);
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain(now);
    }
}

/// Reads the marks a sender painted.
fn read(at: Instant, slot: Slot, packet: &str0m::rtp::RtpPacket) -> Option<Frame> {
    let payload = &packet.payload;
    let (offset, keyframe, picture_id) = match slot {
        Slot::Audio(_) | Slot::FloorAudio => (1, false, 0),
        Slot::Programme | Slot::Slides | Slot::Mosaic(_) => {
            let (read, offset): (fn(&[u8]) -> _, _) = match *packet.header.payload_type {
                VP9 => (descriptor::vp9, 3),
                VP8 => (descriptor::vp8, 5),
                _ => (descriptor::av1, dependency::HEAD_BYTES),
            };
            let found = read(payload).unwrap();
            match found.picture_id {
                Some(id) => (offset, found.starts_keyframe, id.value),
                None => {
                    let (number, begins) = dependency::told(packet);
                    (offset, found.starts_keyframe && begins, number)
                }
            }
        }
    };
    let marks = payload.get(offset..offset + 9)?;
    Some(Frame {
        at,
        slot,
        seq: *packet.seq_no,
        time: packet.header.timestamp,
        marker: packet.header.marker,
        sender: u32::from_be_bytes(marks[..4].try_into().unwrap()),
        layer: marks[4],
        number: u32::from_be_bytes(marks[5..9].try_into().unwrap()),
        keyframe,
        picture_id,
        digest: digest(packet),
    })
}

/// The payload type, the extensions that come from the sender, and the payload. Left out are the transport-wide number,
/// which counts repairs and probes too, and the line's name, which is random and written until the client reports.
fn digest(packet: &str0m::rtp::RtpPacket) -> u64 {
    let mut hasher = DefaultHasher::new();
    let values = &packet.header.ext_vals;
    (values.audio_level, values.voice_activity).hash(&mut hasher);
    packet.header.payload_type.hash(&mut hasher);
    packet.payload.hash(&mut hasher);
    hasher.finish()
}
