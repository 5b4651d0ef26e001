use super::*;
use proptest::prelude::*;

fn check(first: u8, expected: Option<Kind>) {
    assert_eq!(kind_of(&[first]), expected, "first byte {first}");
    assert_eq!(kind_of(&[first, 96]), expected, "first byte {first}");
}

#[test]
fn reports_are_told_from_media_by_rfc_5761() {
    assert_eq!(kind_of(&[0x80, 200]), Some(Kind::Rtcp));
    assert_eq!(kind_of(&[0x8F, 206]), Some(Kind::Rtcp));
    assert_eq!(kind_of(&[0x80, 191]), Some(Kind::Rtp));
    assert_eq!(kind_of(&[0x90, 224]), Some(Kind::Rtp), "payload type 96 with its marker");
    assert_eq!(kind_of(&[]), None);
}

#[test]
fn first_bytes_follow_rfc_7983() {
    check(0, Some(Kind::Stun));
    check(3, Some(Kind::Stun));
    check(4, None);
    check(19, None);
    check(20, Some(Kind::Dtls));
    check(63, Some(Kind::Dtls));
    check(64, None);
    check(128, Some(Kind::Rtp));
    check(191, Some(Kind::Rtp));
    check(192, None);
}

/// A binding request with a short unrelated attribute before its user name.
fn request(name: &str) -> Vec<u8> {
    let mut attributes = vec![0x80, 0x2A, 0, 3, 1, 2, 3, 0, 0, 6, 0, u8::try_from(name.len()).unwrap()];
    attributes.extend_from_slice(name.as_bytes());
    attributes.resize(attributes.len().next_multiple_of(4), 0);
    let mut message = vec![0, 1, 0, u8::try_from(attributes.len()).unwrap()];
    message.extend_from_slice(&STUN_COOKIE);
    message.extend_from_slice(&[7; 12]);
    message.extend(attributes);
    message
}

#[test]
fn ufrag_is_our_half_of_the_user_name() {
    assert_eq!(local_ufrag(&request("ours:theirs")), Some("ours"));
    assert_eq!(local_ufrag(&request("nocolon")), None);
}

#[test]
fn a_way_is_nominated_by_its_attribute() {
    let mut message = request("ours:theirs");
    assert!(!nominates(&message));
    message.extend_from_slice(&[0, 0x25, 0, 0]);
    assert!(nominates(&message));
}

#[test]
fn cut_or_lying_messages_have_no_ufrag() {
    let whole = request("ours:theirs");
    for length in 0..whole.len() - 1 {
        assert_eq!(local_ufrag(whole.get(..length).unwrap()), None, "cut at {length}");
    }
    let mut lying = whole;
    lying[31] = 0xFF;
    assert_eq!(local_ufrag(&lying), None);
}

#[test]
fn a_known_address_is_found_and_forgotten() {
    let address: SocketAddr = "192.0.2.1:5000".parse().unwrap();
    let local: SocketAddr = "192.0.2.9:9000".parse().unwrap();
    let mut demux = Demux::default();
    let dtls = Datagram { source: address, destination: local, contents: &mut [20, 0, 0] };
    assert_eq!(demux.owner(&dtls), Err(Stray::Address));
    demux.learn_address(PeerId::new(1), address);
    assert_eq!(demux.owner(&dtls), Ok((PeerId::new(1), Kind::Dtls)));
    demux.learn_address(PeerId::new(2), address);
    assert_eq!(demux.owner(&dtls), Ok((PeerId::new(2), Kind::Dtls)));
    demux.forget(PeerId::new(1));
    assert_eq!(demux.owner(&dtls), Ok((PeerId::new(2), Kind::Dtls)));
    demux.forget(PeerId::new(2));
    assert_eq!(demux.owner(&dtls), Err(Stray::Address));
}

#[test]
fn one_peer_keeps_a_bounded_number_of_addresses() {
    let mut demux = Demux::default();
    for port in 1..=20_u16 {
        demux.learn_address(PeerId::new(1), SocketAddr::from(([192, 0, 2, 1], port)));
    }
    assert_eq!(demux.by_address.len(), ADDRESSES_PER_PEER);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = local_ufrag(&bytes);
        if let Some(cookie) = bytes.get_mut(4..8) {
            cookie.copy_from_slice(&STUN_COOKIE);
        }
        let _ = local_ufrag(&bytes);
    }
}
