//! What two foreign clients live through.

use crate::interop::{
    client::{Camera, LAYERS, PATIENCE, Setup},
    media::{Picture, Tone},
    room::{Member, Room},
};
use rtc::rtp::Packet;
use sfu_control::{Gate, Slot, Source, SourceKind};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{Instant, interval};
use webrtc::peer_connection::SrtpProtectionProfile::{
    self, Srtp_Aead_Aes_128_Gcm, Srtp_Aead_Aes_256_Gcm, Srtp_Aes128_Cm_Hmac_Sha1_80,
};

const TONE: &[u8] = b"the tone of the first site";
const PICTURE: &[u8] = b"the picture of the first site";
const OTHER_TONE: &[u8] = b"the tone of the other site";
const OTHER_PICTURE: &[u8] = b"the picture of the other site";

/// Packets of a slot that make a stream rather than an accident.
const ENOUGH: usize = 25;

/// What came in each slot.
type Heard = BTreeMap<Slot, Vec<Packet>>;

/// A member that speaks and shows. Its streams go on from one step of a story to the next, as a browser's do: a
/// stream that began anew under its old SSRC would be taken for a replay.
struct Publisher {
    member: Member,
    tone: Tone,
    picture: Picture,
}

impl Publisher {
    fn new(member: Member) -> Self {
        Self { member, tone: Tone::new(TONE), picture: Picture::new(PICTURE) }
    }

    fn other(member: Member) -> Self {
        Self { member, tone: Tone::new(OTHER_TONE), picture: Picture::new(OTHER_PICTURE) }
    }

    async fn publish(&mut self) {
        self.member.client.speak(&mut self.tone).await;
        self.member.client.show(&mut self.picture).await;
    }

    fn source(&self, kind: SourceKind) -> Source {
        Source { peer: self.member.peer, kind }
    }
}

/// Lets members speak and show, 50 packets a second each, until another has received what is wanted.
async fn publish_until<const N: usize>(
    mut from: [&mut Publisher; N],
    to: &mut Member,
    wanted: impl Fn(&Heard, u32) -> bool,
) -> Heard {
    let mut ticker = interval(Duration::from_millis(20));
    let deadline = Instant::now() + PATIENCE;
    let mut heard = Heard::new();
    let mut rounds = 0;
    while !wanted(&heard, rounds) {
        assert!(Instant::now() < deadline, "not received in time: {:?}", summary(&heard));
        for publisher in &mut from {
            publisher.publish().await;
        }
        rounds += 1;
        while let Some((mid, packet)) = to.client.received(&mut ticker).await {
            heard.entry(to.slot(&mid)).or_default().push(packet);
        }
    }
    heard
}

fn summary(heard: &Heard) -> Vec<(Slot, usize)> {
    heard.iter().map(|(slot, packets)| (*slot, packets.len())).collect()
}

fn count(heard: &Heard, slot: Slot) -> usize {
    heard.get(&slot).map_or(0, Vec::len)
}

/// A slot is one unbroken stream: one SSRC, no number missing, time not going back. The same packet may come again:
/// the node probes the line with retransmissions, and this stack unwraps them without looking for what it has.
fn assert_unbroken(packets: &[Packet]) {
    let first = &packets[0].header;
    let mut by_number = BTreeMap::new();
    for packet in packets {
        assert_eq!(packet.header.ssrc, first.ssrc);
        let number = packet.header.sequence_number.wrapping_sub(first.sequence_number).cast_signed();
        let known = by_number.entry(number).or_insert(packet);
        assert_eq!(known.header.timestamp, packet.header.timestamp, "two packets of one number");
        assert_eq!(known.payload, packet.payload, "two packets of one number");
    }
    let numbers: Vec<_> = by_number.keys().copied().collect();
    let times: Vec<_> = by_number.values().map(|packet| packet.header.timestamp).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] - pair[0] == 1), "a gap in {numbers:?}");
    assert!(
        times.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) < 1 << 31),
        "time went back in {times:?}"
    );
}

fn assert_marked(packets: &[Packet], mark: &[u8]) {
    assert!(packets.iter().all(|packet| packet.payload.ends_with(mark)), "a payload was changed");
}

async fn a_site_is_seen_and_heard(profiles: Vec<SrtpProtectionProfile>) {
    let mut room = Room::open();
    let mut first = Publisher::new(room.join(Setup { profiles: profiles.clone(), ..Setup::plain(1) }).await);
    let mut second = room.join(Setup { profiles, ..Setup::plain(2) }).await;
    room.gate(first.source(SourceKind::Camera), Gate::Open);
    room.gate(first.source(SourceKind::Microphone), Gate::Open);
    room.show_to_all(first.source(SourceKind::Camera));
    room.give_floor(Some(first.source(SourceKind::Microphone)));

    let heard = publish_until([&mut first], &mut second, |heard, _| {
        count(heard, Slot::Programme) >= ENOUGH && count(heard, Slot::FloorAudio) >= ENOUGH
    })
    .await;
    assert_unbroken(&heard[&Slot::Programme]);
    assert_marked(&heard[&Slot::Programme], PICTURE);
    assert_unbroken(&heard[&Slot::FloorAudio]);
    assert_marked(&heard[&Slot::FloorAudio], TONE);

    first.member.client.close().await;
    second.client.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_is_seen_and_heard_with_aes_gcm() {
    a_site_is_seen_and_heard(vec![Srtp_Aead_Aes_256_Gcm, Srtp_Aead_Aes_128_Gcm]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_is_seen_and_heard_with_aes_cm_and_sha1() {
    a_site_is_seen_and_heard(vec![Srtp_Aes128_Cm_Hmac_Sha1_80]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_speaks_without_the_floor_is_heard_in_a_slot_of_the_loudest() {
    let mut room = Room::open();
    let mut first = Publisher::new(room.join(Setup::plain(1)).await);
    let mut second = room.join(Setup::plain(2)).await;
    room.gate(first.source(SourceKind::Microphone), Gate::Open);

    let loudest = |heard: &Heard| (0..3).map(|index| count(heard, Slot::Audio(index))).sum::<usize>();
    let heard = publish_until([&mut first], &mut second, |heard, _| loudest(heard) >= ENOUGH).await;
    for packets in heard.values() {
        assert_unbroken(packets);
        assert_marked(packets, TONE);
    }
    assert_eq!(count(&heard, Slot::FloorAudio), 0, "nobody has the floor");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_microphone_is_silent_and_its_picture_is_not() {
    let mut room = Room::open();
    let mut first = Publisher::new(room.join(Setup::plain(1)).await);
    let mut second = room.join(Setup::plain(2)).await;
    room.gate(first.source(SourceKind::Camera), Gate::Open);
    room.show_to_all(first.source(SourceKind::Camera));
    room.give_floor(Some(first.source(SourceKind::Microphone)));

    // The gate was never opened. The picture proves that the line works all the while.
    let heard = publish_until([&mut first], &mut second, |heard, rounds| {
        count(heard, Slot::Programme) >= 2 * ENOUGH && rounds >= 110
    })
    .await;
    assert_eq!(summary(&heard), [(Slot::Programme, count(&heard, Slot::Programme))]);
    assert!(room.metrics().workers[0].engine.dropped_gate >= 100, "the packets came and were dropped");

    // The same client, the same packets: only the gate differs.
    room.gate(first.source(SourceKind::Microphone), Gate::Open);
    let heard =
        publish_until([&mut first], &mut second, |heard, _| count(heard, Slot::FloorAudio) >= ENOUGH).await;
    assert_marked(&heard[&Slot::FloorAudio], TONE);

    // Locked again in mid-speech: what is under way still arrives, then nothing does.
    room.gate(first.source(SourceKind::Microphone), Gate::Closed);
    let dropped = room.metrics().workers[0].engine.dropped_gate;
    publish_until([&mut first], &mut second, |_, rounds| rounds >= 10).await;
    let heard = publish_until([&mut first], &mut second, |_, rounds| rounds >= 110).await;
    assert_eq!(count(&heard, Slot::FloorAudio), 0, "a locked microphone was heard");
    assert!(room.metrics().workers[0].engine.dropped_gate >= dropped + 100);
}

/// Up to where a slot shows one source, from there on the other, and never back.
fn assert_handed_over(packets: &[Packet], before: &[u8], after: &[u8]) {
    let mut ordered: Vec<_> = packets.iter().collect();
    let first = packets[0].header.sequence_number;
    ordered.sort_by_key(|packet| packet.header.sequence_number.wrapping_sub(first).cast_signed());
    let handed_over = ordered.partition_point(|packet| packet.payload.ends_with(before));
    let (old, new) = ordered.split_at(handed_over);
    assert!(!old.is_empty() && !new.is_empty(), "{} packets before, {} after", old.len(), new.len());
    assert!(new.iter().all(|packet| packet.payload.ends_with(after)), "the sources are mixed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stage_and_the_floor_pass_from_one_site_to_another() {
    let mut room = Room::open();
    let mut first = Publisher::new(room.join(Setup::plain(1)).await);
    let mut other = Publisher::other(room.join(Setup::plain(2)).await);
    let mut hall = room.join(Setup::plain(3)).await;
    for publisher in [&first, &other] {
        room.gate(publisher.source(SourceKind::Camera), Gate::Open);
        room.gate(publisher.source(SourceKind::Microphone), Gate::Open);
    }
    let marked = |heard: &Heard, slot, mark: &[u8]| {
        heard.get(&slot).is_some_and(|all| all.iter().filter(|p| p.payload.ends_with(mark)).count() >= ENOUGH)
    };

    room.show_to_all(first.source(SourceKind::Camera));
    room.give_floor(Some(first.source(SourceKind::Microphone)));
    let before = publish_until([&mut first, &mut other], &mut hall, |heard, _| {
        marked(heard, Slot::Programme, PICTURE) && marked(heard, Slot::FloorAudio, TONE)
    })
    .await;
    room.show_to_all(other.source(SourceKind::Camera));
    room.give_floor(Some(other.source(SourceKind::Microphone)));
    let after = publish_until([&mut first, &mut other], &mut hall, |heard, _| {
        marked(heard, Slot::Programme, OTHER_PICTURE) && marked(heard, Slot::FloorAudio, OTHER_TONE)
    })
    .await;

    for (slot, old, new) in [(Slot::Programme, PICTURE, OTHER_PICTURE), (Slot::FloorAudio, TONE, OTHER_TONE)]
    {
        let packets = [before[&slot].as_slice(), &after[&slot]].concat();
        assert_unbroken(&packets);
        assert_handed_over(&packets, old, new);
    }
    // Nobody renegotiated: the connections are the ones that joined.
    assert_eq!(room.metrics().workers[0].engine.offers_answered, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_view_gets_the_small_layer_and_a_large_one_the_large() {
    const MARKS: [&[u8]; LAYERS.len()] = [b"the small picture", b"the middle picture", b"the large picture"];
    let mut room = Room::open();
    let site = room.join(Setup { camera: Camera::Simulcast, ..Setup::plain(1) }).await;
    let mut hall = room.join(Setup::plain(2)).await;
    let source = Source { peer: site.peer, kind: SourceKind::Camera };
    room.gate(source, Gate::Open);
    room.show_to_all(source);

    let mut pictures = MARKS.map(Picture::new);
    let mut all = Vec::new();
    for (height, wanted) in [(720, MARKS[2]), (90, MARKS[0]), (720, MARKS[2])] {
        room.set_programme_height(hall.peer, height);
        let mut ticker = interval(Duration::from_millis(33));
        let deadline = Instant::now() + PATIENCE;
        let mut fitting = 0;
        while fitting < ENOUGH {
            assert!(Instant::now() < deadline, "{fitting} packets of the layer for {height} lines");
            site.client.show_layers(&mut pictures).await;
            while let Some((mid, packet)) = hall.client.received(&mut ticker).await {
                assert_eq!(hall.slot(&mid), Slot::Programme);
                // Without a break: a packet of another layer in between starts the count anew.
                fitting = if packet.payload.ends_with(wanted) { fitting + 1 } else { 0 };
                all.push(packet);
            }
        }
    }
    assert_unbroken(&all);
}
