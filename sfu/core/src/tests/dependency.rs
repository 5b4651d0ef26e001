//! The AV1 of a client of tests: frames with a dependency descriptor, painted and read.

use crate::receive::descriptor::{Dependency, frame_number};
use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};

/// The number a client gives the extension.
pub(super) const EXTENSION_ID: u8 = 12;
/// What stands before the marks of a payload.
pub(super) const HEAD_BYTES: usize = 2;

/// A dependency descriptor as the library carries it.
#[derive(Debug)]
struct Carried;

/// Its bytes.
#[derive(Debug, Clone)]
pub(super) struct Bytes(Vec<u8>);

/// Lets a client negotiate and carry it.
pub(super) fn extension() -> Extension {
    Extension::with_serializer(crate::peer::DEPENDENCY_URI, Carried)
}

impl ExtensionSerializer for Carried {
    fn write_to(&self, buffer: &mut [u8], values: &ExtensionValues) -> usize {
        let Some(Bytes(bytes)) = values.user_values.get::<Bytes>() else { return 0 };
        buffer[..bytes.len()].copy_from_slice(bytes);
        bytes.len()
    }

    fn parse_value(&self, bytes: &[u8], values: &mut ExtensionValues) -> bool {
        values.user_values.set(Bytes(bytes.to_vec()));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        values.user_values.get::<Bytes>().is_some_and(|Bytes(bytes)| bytes.len() > 16)
    }
}

/// A packet a client sends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet {
    pub(super) begins: bool,
    pub(super) keyframe: bool,
    pub(super) number: u16,
}

impl Packet {
    /// Its aggregation header and the head of its only unit: a sequence, or a frame.
    pub(super) fn head(self) -> [u8; HEAD_BYTES] {
        match (self.keyframe, self.begins) {
            (true, true) => [0x18, 0x0A],
            (true, false) => [0x98, 0x32],
            (false, true) => [0x10, 0x32],
            (false, false) => [0x90, 0x32],
        }
    }

    /// Its descriptor: two templates, one that needs nothing and one that needs the frame before. A keyframe brings them
    /// along with the size of its picture and is too long for the short form of an element.
    pub(super) fn dependency(self) -> Bytes {
        let template = u8::from(!self.keyframe);
        let [high, low] = self.number.to_be_bytes();
        let mut bytes = vec![u8::from(self.begins) << 7 | template, high, low];
        if self.keyframe && self.begins {
            // The structure: from number 0, one target; two templates of one layer; what they are to the target; no
            // reference, and one to the frame before; no chains; one size; and room to spare.
            bytes.extend_from_slice(&[0b1000_0000, 0b0000_0000, 0b0011_1010, 0b0100_0000, 0b1000_0000]);
            bytes.resize(24, 0);
        }
        Bytes(bytes)
    }
}

/// The number of a frame as a client got it, and whether its descriptor lets decoding begin.
pub(super) fn told(packet: &str0m::rtp::RtpPacket) -> (u16, bool) {
    let Bytes(bytes) = packet.header.ext_vals.user_values.get::<Bytes>().expect("a descriptor came along");
    let begins = Dependency::read(bytes, &mut None).is_ok_and(|dependency| dependency.starts_keyframe());
    (frame_number(bytes).expect("it has a number"), begins)
}
