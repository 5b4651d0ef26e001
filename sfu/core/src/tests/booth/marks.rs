//! What an encoder of a booth paints at the end of each payload, so that what is left of a picture can be judged.

/// The last bytes of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Whose picture.
    pub(crate) sender: u32,
    /// Its simulcast encoding.
    pub(crate) layer: u8,
    /// Counts the sender's pictures, over all restarts.
    pub(crate) picture: u32,
    /// Counts from a keyframe on.
    pub(crate) keyframe: u32,
    /// Which packet of the frame, of how many.
    pub(crate) part: u8,
    pub(crate) parts: u8,
    /// Its layers within the stream.
    pub(crate) spatial: u8,
    pub(crate) temporal: u8,
}

const MAGIC: u8 = 0xA5;
const BYTES: usize = 17;

impl Marks {
    /// Fills a payload up to a size and ends it with the marks.
    pub(crate) fn paint(&self, mut head: Vec<u8>, bytes: usize) -> Vec<u8> {
        head.resize(bytes.max(head.len() + 1), 0x55);
        head.push(MAGIC);
        head.extend_from_slice(&self.sender.to_be_bytes());
        head.push(self.layer);
        head.extend_from_slice(&self.picture.to_be_bytes());
        head.extend_from_slice(&u16::try_from(self.keyframe).unwrap().to_be_bytes());
        head.extend_from_slice(&[self.part, self.parts, self.spatial, self.temporal, 0]);
        head
    }

    /// Reads them.
    pub(crate) fn read(payload: &[u8]) -> Self {
        let marks = &payload[payload.len() - BYTES..];
        assert_eq!(marks[0], MAGIC, "a payload that nobody painted");
        let word = |at: usize| u32::from_be_bytes(marks[at..at + 4].try_into().unwrap());
        Self {
            sender: word(1),
            layer: marks[5],
            picture: word(6),
            keyframe: u32::from(u16::from_be_bytes([marks[10], marks[11]])),
            part: marks[12],
            parts: marks[13],
            spatial: marks[14],
            temporal: marks[15],
        }
    }

    /// Whether its frame can be decoded without any before it.
    pub(crate) fn is_keyframe(&self) -> bool {
        self.keyframe == 0
    }

    /// Whether its frame, if it is of the upper of two temporal layers, needs none of that layer: one in four is.
    pub(crate) fn is_synced(&self) -> bool {
        self.keyframe % 8 == 1
    }

    /// What all packets of one frame have in common.
    pub(crate) fn frame(&self) -> (u32, u8, u32, u8) {
        (self.sender, self.layer, self.picture, self.spatial)
    }
}
