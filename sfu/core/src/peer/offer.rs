//! Reads a client's offer far enough to know its layout and to hand the rest on cleanly: four send lines, six
//! receive lines of fixed meaning, then as many mosaic lines as the client has, and a data channel line anywhere.

use crate::rtp::{PayloadType, Ssrc};
use sfu_control::{ConnectRefusal, Layer, Slot, SourceKind};
use std::fmt::Write as _;

/// A browser's offer with 35 lines has about 110 kB; the lines are read once.
pub(crate) const OFFER_MAX_BYTES: usize = 256 * 1024;
/// Mosaic lines a client may have: a wall shows 5 × 5.
pub(crate) const MOSAIC_SLOTS_MAX: usize = 25;
/// Simulcast encodings of one line.
const ENCODINGS_MAX: usize = 3;
/// Streams one line may name: each encoding with its retransmissions.
const STREAMS_MAX: usize = 2 * ENCODINGS_MAX;
/// The slots every client has, in line order.
const FIXED_SLOTS: [Slot; 6] =
    [Slot::Audio(0), Slot::Audio(1), Slot::Audio(2), Slot::FloorAudio, Slot::Programme, Slot::Slides];

const _: () = assert!(MOSAIC_SLOTS_MAX <= u8::MAX as usize, "a mosaic slot is named by a u8");

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The client sends this source on it.
    Source(SourceKind),
    /// The client receives this slot on it.
    Slot(Slot),
}

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carries {
    /// Media.
    Media,
    /// Retransmissions of another stream.
    Retransmissions,
}

/// One media line of the offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferLine {
    /// Its mid.
    pub(crate) mid: String,
    /// What it is for.
    pub(crate) role: Role,
    /// The simulcast encodings it sends, smallest first; empty when it sends one without a rid.
    pub(crate) encodings: Vec<(String, Layer)>,
    /// Streams it names (RFC 5576); a client that sends rids names none.
    pub(crate) named: Vec<(Ssrc, Carries)>,
    /// The payload type of redundant audio (RFC 2198), if it lists one.
    pub(crate) redundant: Option<PayloadType>,
}

/// An offer that has the layout we expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// The media lines, in order.
    pub(crate) lines: Vec<OfferLine>,
    /// The offer without what its sender need not have said.
    pub(crate) sdp: String,
}

/// One `m=` section while it is read.
#[derive(Debug)]
struct Section<'a> {
    media: &'a str,
    payload_types: Vec<&'a str>,
    mid: Option<&'a str>,
    direction: &'a str,
    rids: Vec<&'a str>,
    streams: Vec<u32>,
    repairs: Vec<u32>,
    redundant: Option<PayloadType>,
}

impl Offer {
    /// Reads an offer.
    pub(crate) fn parse(sdp: &str) -> Result<Self, ConnectRefusal> {
        if sdp.len() > OFFER_MAX_BYTES {
            return Err(malformed("it is larger than 256 kB"));
        }
        if !sdp.starts_with("v=0") {
            return Err(malformed("it does not start with v=0"));
        }
        let (sections, clean) = split(sdp)?;
        let media: Vec<_> = sections.iter().filter(|section| section.media != "application").collect();
        if media.len() < SourceKind::ALL.len() + FIXED_SLOTS.len() {
            return Err(layout(format!("{} media lines where at least 10 are expected", media.len())));
        }
        let lines: Vec<OfferLine> = media
            .iter()
            .enumerate()
            .map(|(index, section)| line(index, section))
            .collect::<Result<_, _>>()?;
        let twice = |(index, line): (usize, &OfferLine)| {
            lines.iter().skip(index + 1).any(|other| other.mid == line.mid)
        };
        if lines.iter().enumerate().any(twice) {
            return Err(malformed("two media lines have one mid"));
        }
        Ok(Self { lines, sdp: clean })
    }
}

/// Cuts an offer into its sections and repeats it without remote candidates (we are ICE-lite and never call; and
/// some browsers hide theirs behind names) and without attributes of payload types the line does not list, which
/// Firefox leaves behind when codecs are reordered.
fn split(sdp: &str) -> Result<(Vec<Section<'_>>, String), ConnectRefusal> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut clean = String::with_capacity(sdp.len());
    for text in sdp.lines() {
        let text = text.trim_end();
        if is_candidate(text) {
            continue;
        }
        if let Some(description) = text.strip_prefix("m=") {
            if sections.len() > SourceKind::ALL.len() + FIXED_SLOTS.len() + MOSAIC_SLOTS_MAX + 1 {
                return Err(layout("too many media lines".to_owned()));
            }
            sections.push(section(description)?);
        } else if let Some(current) = sections.last_mut()
            && let Some(attribute) = text.strip_prefix("a=")
        {
            if is_superfluous(attribute, current) {
                continue;
            }
            note(attribute, current);
        }
        let _ = write!(clean, "{text}\r\n");
    }
    Ok((sections, clean))
}

/// `audio 9 UDP/TLS/RTP/SAVPF 111 63`
fn section(description: &str) -> Result<Section<'_>, ConnectRefusal> {
    let mut words = description.split(' ');
    let media = words.next().unwrap_or_default();
    if !matches!(media, "audio" | "video" | "application") {
        return Err(layout("a line is neither audio, video nor application".to_owned()));
    }
    let payload_types = words.skip(2).collect();
    Ok(Section {
        media,
        payload_types,
        mid: None,
        direction: "sendrecv",
        rids: Vec::new(),
        streams: Vec::new(),
        repairs: Vec::new(),
        redundant: None,
    })
}

/// Candidates stand in media sections (RFC 8839 section 5.1), but nobody who sends an offer is bound to that.
fn is_candidate(line: &str) -> bool {
    line.starts_with("a=candidate:") || line == "a=end-of-candidates"
}

/// Whether an attribute is dropped before the offer is handed on.
fn is_superfluous(attribute: &str, section: &Section<'_>) -> bool {
    let Some(about) = ["rtcp-fb:", "fmtp:", "rtpmap:"].iter().find_map(|name| attribute.strip_prefix(name))
    else {
        return false;
    };
    let payload_type = about.split(' ').next().unwrap_or_default();
    payload_type != "*" && !section.payload_types.contains(&payload_type)
}

/// Remembers what the layout needs of an attribute.
fn note<'a>(attribute: &'a str, section: &mut Section<'a>) {
    match attribute {
        "sendonly" | "recvonly" | "sendrecv" | "inactive" => section.direction = attribute,
        _ => {
            if let Some(mid) = attribute.strip_prefix("mid:") {
                section.mid = Some(mid);
            } else if let Some((rid, "send")) = attribute.strip_prefix("rid:").and_then(|rid| {
                let mut words = rid.split(' ');
                Some((words.next()?, words.next()?))
            }) {
                section.rids.push(rid);
            } else if let Some(payload_type) = redundant(attribute) {
                section.redundant.get_or_insert(payload_type);
            } else if let Some(stream) = attribute.strip_prefix("ssrc:") {
                note_stream(stream, section);
            } else if let Some(pair) = attribute.strip_prefix("ssrc-group:FID ") {
                let repair = pair.split(' ').nth(1).and_then(|ssrc| ssrc.parse::<u32>().ok());
                section.repairs.extend(repair.filter(|_| section.repairs.len() < STREAMS_MAX));
            }
        }
    }
}

/// `rtpmap:63 red/48000/2`
fn redundant(attribute: &str) -> Option<PayloadType> {
    let (payload_type, codec) = attribute.strip_prefix("rtpmap:")?.split_once(' ')?;
    let is_red = codec.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("red/"));
    payload_type.parse().ok().filter(|_| is_red).map(PayloadType::new)
}

/// `3570614608 cname:4TOk42mSjXCkVIa6`; a stream has several such lines.
fn note_stream(stream: &str, section: &mut Section<'_>) {
    let ssrc = stream.split(' ').next().and_then(|ssrc| ssrc.parse().ok());
    let new = ssrc.filter(|ssrc| !section.streams.contains(ssrc) && section.streams.len() < STREAMS_MAX);
    section.streams.extend(new);
}

/// What the media line at `index` is for, if it is what we expect there.
fn line(index: usize, section: &Section<'_>) -> Result<OfferLine, ConnectRefusal> {
    let role = role(index).ok_or_else(|| layout(format!("more than {MOSAIC_SLOTS_MAX} mosaic lines")))?;
    let (audio, direction) = match role {
        Role::Source(kind) => (kind.is_audio(), "sendonly"),
        Role::Slot(slot) => (matches!(slot, Slot::Audio(_) | Slot::FloorAudio), "recvonly"),
    };
    if (section.media == "audio") != audio {
        return Err(layout(format!(
            "media line {index} is {} instead of {}",
            section.media,
            media_name(audio)
        )));
    }
    if section.direction != direction && section.direction != "inactive" {
        return Err(layout(format!("media line {index} is {} instead of {direction}", section.direction)));
    }
    let mid = section.mid.ok_or_else(|| malformed("a media line has no mid"))?;
    // The transport keeps sixteen bytes of a mid, letters and digits only; a longer one would lose its identity.
    if mid.is_empty() || mid.len() > 16 || !mid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(malformed("a mid is not 1 to 16 letters and digits"));
    }
    let encodings = match role {
        Role::Source(kind) if !kind.is_audio() => encodings(&section.rids)?,
        Role::Source(_) | Role::Slot(_) => Vec::new(),
    };
    let carries = |ssrc: &u32| {
        let repairs = section.repairs.contains(ssrc);
        (Ssrc::new(*ssrc), if repairs { Carries::Retransmissions } else { Carries::Media })
    };
    let named = match role {
        Role::Source(_) => section.streams.iter().map(carries).collect(),
        Role::Slot(_) => Vec::new(),
    };
    let redundant = section.redundant.filter(|_| audio);
    Ok(OfferLine { mid: mid.to_owned(), role, encodings, named, redundant })
}

/// The meaning of the media line at `index`, data channels not counted.
fn role(index: usize) -> Option<Role> {
    if let Some(kind) = SourceKind::ALL.get(index) {
        return Some(Role::Source(*kind));
    }
    let index = index - SourceKind::ALL.len();
    if let Some(slot) = FIXED_SLOTS.get(index) {
        return Some(Role::Slot(*slot));
    }
    let mosaic = index - FIXED_SLOTS.len();
    if mosaic >= MOSAIC_SLOTS_MAX {
        return None;
    }
    u8::try_from(mosaic).ok().map(|number| Role::Slot(Slot::Mosaic(number)))
}

/// Rids by their agreed names, or by position when a client has names of its own.
fn encodings(rids: &[&str]) -> Result<Vec<(String, Layer)>, ConnectRefusal> {
    if rids.len() > ENCODINGS_MAX {
        return Err(layout(format!("{} simulcast encodings on one line", rids.len())));
    }
    let named = rids.iter().all(|rid| matches!(*rid, "q" | "h" | "f"));
    let by_position = [Layer::Low, Layer::Medium, Layer::High];
    let mut encodings: Vec<(String, Layer)> = Vec::with_capacity(rids.len());
    for (rid, position) in rids.iter().zip(by_position) {
        let layer = match *rid {
            "q" if named => Layer::Low,
            "h" if named => Layer::Medium,
            "f" if named => Layer::High,
            _ => position,
        };
        // The transport keeps eight bytes of a rid.
        if rid.is_empty() || rid.len() > 8 || encodings.iter().any(|(known, _)| known == rid) {
            return Err(malformed("a rid is repeated or not 1 to 8 bytes"));
        }
        encodings.push(((*rid).to_owned(), layer));
    }
    encodings.sort_by_key(|(_, layer)| *layer);
    Ok(encodings)
}

fn media_name(audio: bool) -> &'static str {
    if audio { "audio" } else { "video" }
}

fn malformed(detail: &str) -> ConnectRefusal {
    ConnectRefusal::MalformedOffer { detail: detail.to_owned() }
}

fn layout(detail: String) -> ConnectRefusal {
    ConnectRefusal::UnexpectedLayout { detail }
}

#[cfg(test)]
mod tests;
