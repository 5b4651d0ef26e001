//! Sources, slots and layers as a client speaks of them. Signaling's `placement` translates them to the SFU's.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum PublishSource {
    /// The microphone. Whether it is heard is decided by the server, see `Microphone`.
    Microphone,
    /// The camera.
    Camera,
    /// A shared screen or window.
    Screen,
    /// The sound of the shared screen.
    ScreenAudio,
}

/// A place in the receive pool (design.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SlotName {
    /// One of the three loudest.
    Audio {
        /// 0 to 2.
        index: u8,
    },
    /// Whoever has the floor.
    FloorAudio {},
    /// The picture everybody is shown.
    Programme {},
    /// What is presented.
    Slides {},
    /// A small picture this client chose.
    Mosaic {
        /// 0 is the first.
        index: u8,
    },
}

/// How much a client wants to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MediaProfile {
    /// Everything the line affords.
    Full,
    /// Smaller pictures ("Tiết kiệm băng thông").
    Saver,
    /// Sound, and a still picture now and then ("Âm thanh và ảnh tĩnh").
    AudioStills,
    /// No pictures ("Chỉ nghe âm thanh").
    AudioOnly,
}

/// Which encodings of a source the client must send. Unneeded ones are paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum PublishDemand {
    /// None: nobody needs this source.
    Paused,
    /// The lowest encoding.
    Low,
    /// The two lower encodings.
    Medium,
    /// All encodings.
    High,
}

/// A line in one word, computed by the server (web-client.md section 5.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LineQuality {
    /// Not measured yet.
    Unknown,
    /// Loss under 2 %, round trip under 200 ms.
    Good,
    /// Loss under 5 %, round trip under 400 ms.
    Fair,
    /// Anything worse.
    Poor,
    /// Nothing heard for 3 seconds.
    Lost,
}
