//! The session descriptions of the benchmark: the offers it writes, what it reads of a server's description, and the
//! answer to a server that offers.

use super::packet::{TRANSPORT_ID, TRANSPORT_URI};
use std::{fmt::Write as _, net::SocketAddr};

/// Our payload type of VP8, and of its retransmissions.
pub(super) const VP8: u8 = 96;

/// An endpoint as its descriptions show it.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) ufrag: String,
    pub(super) password: String,
    /// SHA-256 of its certificate.
    pub(super) fingerprint: String,
    pub(super) address: SocketAddr,
}

/// What a line of an offer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    SendAudio,
    SendVideo(Option<u32>),
    ReceiveAudio,
    ReceiveVideo,
}

/// An offer with these lines; their mids are their places.
pub(super) fn offer(identity: &Identity, lines: &[Line]) -> String {
    let mut sdp = session();
    let mids: Vec<_> = (0..lines.len()).map(|mid| mid.to_string()).collect();
    let _ = write!(sdp, "a=group:BUNDLE {}\r\n", mids.join(" "));
    for (mid, line) in mids.iter().zip(lines) {
        let audio = matches!(line, Line::SendAudio | Line::ReceiveAudio);
        let sends = matches!(line, Line::SendAudio | Line::SendVideo(_));
        sdp += if audio {
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
        } else {
            "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
        };
        transport(&mut sdp, identity, mid);
        sdp += if sends { "a=sendonly\r\n" } else { "a=recvonly\r\n" };
        if audio {
            sdp += "a=rtpmap:111 opus/48000/2\r\n";
            continue;
        }
        let _ = write!(sdp, "a=extmap:{TRANSPORT_ID} {TRANSPORT_URI}\r\n");
        sdp += "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\n";
        sdp += "a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
        if let Line::SendVideo(Some(ssrc)) = line {
            let _ = write!(sdp, "a=msid:bench camera\r\na=ssrc:{ssrc} cname:bench\r\n");
        }
    }
    sdp
}

/// The answer that takes whatever a server offers to send.
pub(super) fn answer(identity: &Identity, offer: &str) -> String {
    let mut sdp = session();
    for line in offer.lines().take_while(|line| !line.starts_with("m=")).filter(|l| l.starts_with("a=group:"))
    {
        let _ = write!(sdp, "{line}\r\n");
    }
    for section in sections(offer) {
        let mid = value(section, "a=mid:").unwrap_or("0");
        let _ = write!(sdp, "m={}\r\n", section.lines().next().unwrap_or_default());
        transport(&mut sdp, identity, mid);
        sdp += "a=recvonly\r\n";
        let kept = ["a=rtpmap:", "a=fmtp:", "a=rtcp-fb:", "a=extmap:"];
        for line in section.lines().filter(|line| kept.iter().any(|name| line.starts_with(name))) {
            let _ = write!(sdp, "{line}\r\n");
        }
    }
    sdp
}

fn session() -> String {
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n".to_owned()
}

/// An endpoint is always the client of DTLS; who lets the server choose would have to be able to be both.
fn transport(sdp: &mut String, identity: &Identity, mid: &str) {
    let Identity { ufrag, password, fingerprint, address } = identity;
    let (ip, port) = (address.ip(), address.port());
    let _ = write!(
        sdp,
        "c=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\na=setup:active\r\na=rtcp-mux\r\n\
         a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\na=end-of-candidates\r\n"
    );
}

/// What there is to know of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remote {
    pub(super) ufrag: String,
    pub(super) password: String,
    pub(super) address: SocketAddr,
    /// The number of the transport-wide sequence number, if it was agreed.
    pub(super) transport_id: Option<u8>,
    /// The first stream of each section, if it names one.
    pub(super) streams: Vec<Option<u32>>,
}

/// A server's description lacks something.
#[derive(Debug, thiserror::Error)]
#[error("the description has no {0}: {1}")]
pub(super) struct Missing(&'static str, String);

/// Reads a server's description.
pub(super) fn read(description: &str) -> Result<Remote, Missing> {
    let missing = |what| Missing(what, description.to_owned());
    let any = |name| value(description, name);
    let candidate = |line: &str| {
        let words: Vec<_> = line.strip_prefix("a=candidate:")?.split(' ').collect();
        let (transport, ip, port) = (words.get(2)?, words.get(4)?, words.get(5)?);
        let usable = transport.eq_ignore_ascii_case("udp") && !ip.contains(':');
        usable.then(|| format!("{ip}:{port}").parse().ok()).flatten()
    };
    let transport_id = |line: &str| {
        let (id, uri) = line.strip_prefix("a=extmap:")?.split_once(' ')?;
        (uri == TRANSPORT_URI).then(|| id.split('/').next()?.parse().ok()).flatten()
    };
    let stream = |section: &str| value(section, "a=ssrc:")?.split(' ').next()?.parse().ok();
    Ok(Remote {
        ufrag: any("a=ice-ufrag:").ok_or_else(|| missing("ufrag"))?.to_owned(),
        password: any("a=ice-pwd:").ok_or_else(|| missing("password"))?.to_owned(),
        address: description.lines().find_map(candidate).ok_or_else(|| missing("UDP candidate"))?,
        transport_id: description.lines().find_map(transport_id),
        streams: sections(description).map(stream).collect(),
    })
}

fn sections(description: &str) -> impl Iterator<Item = &str> {
    description.split("\nm=").skip(1)
}

fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            ufrag: "user".to_owned(),
            password: "a password of some length".to_owned(),
            fingerprint: "AA:BB".to_owned(),
            address: "127.1.0.1:5000".parse().unwrap(),
        }
    }

    #[test]
    fn an_offer_reads_back_and_an_answer_has_its_sections() {
        let lines = [Line::SendAudio, Line::SendVideo(Some(7)), Line::ReceiveVideo];
        let offer = offer(&identity(), &lines);
        let remote = read(&offer).unwrap();
        assert_eq!(remote.address, identity().address);
        assert_eq!((remote.ufrag.as_str(), remote.transport_id), ("user", Some(TRANSPORT_ID)));
        assert_eq!(remote.streams, [None, Some(7), None]);

        let answer = answer(&identity(), &offer);
        assert!(answer.contains("a=group:BUNDLE 0 1 2\r\n"), "{answer}");
        assert_eq!(answer.matches("a=setup:active").count(), 3);
        assert_eq!(answer.matches("a=recvonly").count(), 3);
        assert_eq!(read(&answer).unwrap().streams, [None; 3]);
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(read("v=0\r\n").unwrap_err().to_string().contains("ufrag"));
    }
}
