//! Finishes an answer: what the negotiation library cannot say, or says otherwise than we mean it, is written into its
//! text here.

use std::fmt::Write as _;

/// What we ask senders of Opus for. Discontinuous transmission cuts a silent site from 25 to 2 kbit/s, in-band
/// error correction carries speech over single losses, 28 kbit/s mono is transparent for a voice.
const OPUS_PARAMETERS: &str = "minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=28000;stereo=0";

/// Puts our Opus parameters into every audio line of an answer, and its formats into the order of the offer. Browsers
/// send redundant audio, at nearly twice the rate, when the answer names it first; so a client whose line loses names it
/// first in its offer, and nobody else sends it.
pub(crate) fn finish(offer: &str, answer: &str) -> String {
    let mut finished = String::with_capacity(answer.len() + 1_024);
    let mut offered = offer.lines().filter_map(|line| line.strip_prefix("m="));
    let mut listed: Option<Vec<&str>> = None;
    let mut opus: Option<&str> = None;
    for line in answer.lines() {
        if let Some(description) = line.strip_prefix("m=") {
            opus = None;
            let theirs = offered.next().unwrap_or_default();
            listed = description.starts_with("audio ").then(|| in_order(theirs, description));
            let _ = match &listed {
                Some(listed) => write!(finished, "{}\r\n", relisted(line, listed)),
                None => write!(finished, "{line}\r\n"),
            };
            continue;
        }
        let about = about(line);
        if let (Some(about), Some(listed)) = (about, &listed)
            && !listed.contains(&about)
        {
            continue;
        }
        if let Some((payload_type, codec)) =
            line.strip_prefix("a=rtpmap:").and_then(|map| map.split_once(' '))
            && codec.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("opus/"))
        {
            opus = Some(payload_type);
            let _ = write!(finished, "{line}\r\na=fmtp:{payload_type} {OPUS_PARAMETERS}\r\n");
            continue;
        }
        if line.starts_with("a=fmtp:") && about == opus {
            continue;
        }
        let _ = write!(finished, "{line}\r\n");
    }
    finished
}

/// The payload type an attribute is about.
fn about(line: &str) -> Option<&str> {
    let rest = ["a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"].iter().find_map(|name| line.strip_prefix(name))?;
    rest.split(' ').next().filter(|payload_type| *payload_type != "*")
}

/// The payload types of a description, without port and protocol in front.
fn types(description: &str) -> impl Iterator<Item = &str> {
    description.split(' ').skip(3)
}

/// What an answer lists of what was offered on the same line, in the order of the offer. The library may list
/// redundancy on a line that has none because another line of the offer has.
fn in_order<'a>(offer: &'a str, answer: &str) -> Vec<&'a str> {
    types(offer).filter(|offered| types(answer).any(|listed| listed == *offered)).collect()
}

/// A line with other payload types; a refused one, whose only type is none we would list, stays as it is.
fn relisted(line: &str, listed: &[&str]) -> String {
    if listed.is_empty() {
        return line.to_owned();
    }
    let head: Vec<&str> = line.split(' ').take(3).collect();
    format!("{} {}", head.join(" "), listed.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn opus_parameters_are_ours_on_every_line() {
        let answer = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n\
                      m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=rtpmap:96 VP8/90000\r\na=fmtp:97 apt=96\r\n\
                      m=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=rtpmap:109 opus/48000/2\r\n";
        expect![[r#"
            v=0
            m=audio 9 UDP/TLS/RTP/SAVPF 111
            a=rtpmap:111 opus/48000/2
            a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=28000;stereo=0
            m=video 9 UDP/TLS/RTP/SAVPF 96 97
            a=rtpmap:96 VP8/90000
            a=fmtp:97 apt=96
            m=audio 9 UDP/TLS/RTP/SAVPF 109
            a=rtpmap:109 opus/48000/2
            a=fmtp:109 minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=28000;stereo=0
        "#]]
        .assert_eq(&finish(answer, answer).replace("\r\n", "\n"));
    }

    #[test]
    fn redundancy_comes_where_the_offer_has_it() {
        let answer = "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n\
                      a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n";
        let listed = |types: &str| {
            let offer = format!("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF {types}\r\n");
            let finished = finish(&offer, answer);
            let line = finished.lines().next().unwrap_or_default().to_owned();
            (line, finished.contains("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"))
        };
        assert_eq!(listed("111 63 9 0"), ("m=audio 9 UDP/TLS/RTP/SAVPF 111 63".to_owned(), true));
        assert_eq!(listed("63 111"), ("m=audio 9 UDP/TLS/RTP/SAVPF 63 111".to_owned(), true));
        assert_eq!(listed("111 9"), ("m=audio 9 UDP/TLS/RTP/SAVPF 111".to_owned(), false));
        assert!(!finish("m=audio 9 UDP/TLS/RTP/SAVPF 111", answer).contains(":63 "));
    }
}
