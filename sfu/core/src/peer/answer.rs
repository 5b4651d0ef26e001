//! Finishes an answer: what the negotiation library cannot say is written into its text here.

use std::fmt::Write as _;

/// What we ask senders of Opus for. Discontinuous transmission cuts a silent site from 25 to 2 kbit/s, in-band
/// error correction carries speech over single losses, 28 kbit/s mono is transparent for a voice.
const OPUS_PARAMETERS: &str = "minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=28000;stereo=0";

/// Puts our Opus parameters into every audio line of an answer.
pub(crate) fn finish(answer: &str) -> String {
    let mut finished = String::with_capacity(answer.len() + 1_024);
    let mut opus: Option<&str> = None;
    for line in answer.lines() {
        if line.starts_with("m=") {
            opus = None;
        }
        if let Some((payload_type, codec)) =
            line.strip_prefix("a=rtpmap:").and_then(|map| map.split_once(' '))
            && codec.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("opus/"))
        {
            opus = Some(payload_type);
            let _ = write!(finished, "{line}\r\na=fmtp:{payload_type} {OPUS_PARAMETERS}\r\n");
            continue;
        }
        let about = line.strip_prefix("a=fmtp:").and_then(|rest| rest.split(' ').next());
        if about.is_some() && about == opus {
            continue;
        }
        let _ = write!(finished, "{line}\r\n");
    }
    finished
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
        .assert_eq(&finish(answer).replace("\r\n", "\n"));
    }
}
