//! The offer, and two connections against each other in virtual time.

use super::*;
use crate::clock;
use std::time::Duration;

fn address(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

#[test]
fn the_offer_has_the_layout_every_client_negotiates() {
    let (_, offer) = MediaPeer::new(clock::now(), address(1), "x").unwrap();
    let lines: Vec<_> = offer
        .split("\r\nm=")
        .skip(1)
        .map(|section| {
            let direction =
                ["sendonly", "recvonly"].into_iter().find(|d| section.contains(&format!("a={d}")));
            (section.split(' ').next().unwrap(), direction.unwrap())
        })
        .collect();
    let sends = [("audio", "sendonly"), ("video", "sendonly"), ("video", "sendonly"), ("audio", "sendonly")];
    assert_eq!(lines[..4], sends);
    assert_eq!(lines[4..8], [("audio", "recvonly"); 4]);
    assert_eq!(lines[8..], [("video", "recvonly"); 8]);
    assert!(offer.contains("a=simulcast:send q;h;f"));
}

/// A plain receiver of everything, for what our publisher sends.
struct Other {
    rtc: Rtc,
    by_rid: BTreeMap<Option<String>, u32>,
}

impl Other {
    fn answer(now: Instant, offer: &str) -> (Self, String) {
        let config = RtcConfig::new().set_crypto_provider(Arc::clone(crypto())).set_rtp_mode(true);
        let mut rtc = config.set_ice_lite(true).build(now);
        rtc.add_local_candidate(Candidate::host(address(2), "udp").unwrap());
        let offer = str0m::change::SdpOffer::from_sdp_string(offer).unwrap();
        let answer = rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string();
        (Self { rtc, by_rid: BTreeMap::new() }, answer)
    }

    fn drain(&mut self) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Transmit(transmit) => out.push(transmit.contents.to_vec()),
                Output::Event(Event::RtpPacket(packet)) => {
                    let rid = packet.header.ext_vals.rid.map(|rid| rid.to_string());
                    *self.by_rid.entry(rid).or_default() += 1;
                }
                Output::Event(_) => {}
                Output::Timeout(_) => return out,
            }
        }
    }
}

#[test]
fn what_is_demanded_is_sent_and_nothing_else() {
    let mut now = clock::now();
    let (mut peer, offer) = MediaPeer::new(now, address(1), "x").unwrap();
    let (mut other, answer) = Other::answer(now, &offer);
    peer.accept(&answer).unwrap();

    let tick = Duration::from_millis(20);
    let run = |peer: &mut MediaPeer, other: &mut Other, now: &mut Instant, ticks: u32| {
        for _ in 0..ticks {
            *now += tick;
            peer.publish(*now);
            peer.handle_timeout(*now).unwrap();
            let mut sent = Vec::new();
            peer.drain(|_, bytes| sent.push(bytes.to_vec())).unwrap();
            other.rtc.handle_input(Input::Timeout(*now)).unwrap();
            let mut back = other.drain();
            for bytes in sent {
                let contents = bytes.as_slice().try_into().unwrap();
                let (source, destination) = (address(1), address(2));
                let receive = Receive { proto: Protocol::Udp, source, destination, contents };
                other.rtc.handle_input(Input::Receive(*now, receive)).unwrap();
                // The library keeps one received packet: it is lost if another comes before it is taken.
                back.extend(other.drain());
            }
            for bytes in back {
                peer.handle_datagram(*now, address(2), &bytes).unwrap();
                peer.drain(|_, _| ()).unwrap();
            }
        }
    };

    run(&mut peer, &mut other, &mut now, 250);
    assert_eq!(peer.transport(), Transport::Connected);
    assert_eq!((peer.sent().packets(), other.by_rid.len()), (0, 0), "nothing was demanded");

    peer.set_microphone(Microphone::Open);
    peer.demand_camera(PublishDemand::Medium);
    run(&mut peer, &mut other, &mut now, 100);
    let total: u32 = other.by_rid.values().sum();
    assert_eq!(u64::from(total), peer.sent().packets(), "{:?}", other.by_rid);
    // Two seconds: 100 of sound; 50 pictures of one packet in the low layer and of two in the medium one, more for
    // the keyframes.
    assert!(total > 250, "{total} packets");

    peer.demand_camera(PublishDemand::Paused);
    peer.set_microphone(Microphone::Off);
    let before = peer.sent().packets();
    run(&mut peer, &mut other, &mut now, 50);
    assert_eq!(peer.sent().packets(), before);
}
