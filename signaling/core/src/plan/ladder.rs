//! What each stream takes on the wire, and what each kind of site receives.

use super::Load;
use serde::Serialize;

/// Media bytes in a packet of a picture: what browsers fill of the 1,200 they allow themselves.
const PICTURE_PAYLOAD_BYTES: f64 = 1_160.0;

/// A voice is a packet every 20 ms.
const VOICE_PACKETS: f64 = 50.0;

/// The rate of each stream, kbit/s of media, and what comes on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ladder {
    /// A small picture of a mosaic.
    pub thumbnail: u32,
    /// The programme at 360 lines.
    pub low: u32,
    /// The programme at 720 lines.
    pub medium: u32,
    /// The programme at 1,080 lines.
    pub high: u32,
    /// Slides.
    pub slides: u32,
    /// Slides for whoever saves.
    pub slides_saver: u32,
    /// A voice, headers included: they are two thirds of what it takes.
    pub audio: u32,
    /// Single pictures instead of video.
    pub stills: u32,
    /// Headers, reports and repair, of the above.
    pub overhead_percent: u32,
}

/// One kind of stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stream {
    Thumbnail,
    Low,
    Medium,
    High,
    Slides,
    SlidesSaver,
    Audio,
    Stills,
}

/// What a site receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Profile {
    /// The programme at 720 lines, slides, two voices.
    Full,
    /// The programme at 360 lines, smaller slides, one voice.
    Saver,
    /// A voice and single pictures.
    Stills,
    /// A large hall: the programme at 1,080 lines.
    Hd,
    /// A control room: as full, with a third voice, and the tiles of a mosaic beside it.
    Monitor,
}

/// What share of the sites receives which profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ProfileMix(Vec<(Profile, u32)>);

/// Why a text is not a mix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MixError {
    /// Of a wrong form.
    #[error("a mix is written like full=80,saver=20; known are full, saver, stills, hd and monitor")]
    Form,
    /// Not all of the sites.
    #[error("the shares of a mix make 100 together, not {0}")]
    Sum(u64),
}

impl Ladder {
    /// What domain engineers plan with: the programme at up to 1.5 Mbit/s and slides at an average of 1 Mbit/s.
    pub const PLANNING: Self = Self {
        thumbnail: 120,
        low: 450,
        medium: 1_500,
        high: 3_000,
        slides: 1_000,
        slides_saver: 400,
        audio: 60,
        stills: 100,
        overhead_percent: 10,
    };

    /// The most our own web client sends of each (its `encodings.ts`): no 1,080 lines, and the same slides for everybody
    /// whose line bears them.
    pub const CLIENT: Self = Self {
        thumbnail: 120,
        low: 400,
        medium: 1_200,
        high: 1_200,
        slides: 1_500,
        slides_saver: 1_500,
        audio: 60,
        stills: 100,
        overhead_percent: 10,
    };

    /// A stream on the wire.
    pub(super) fn load(&self, stream: Stream) -> Load {
        let media = f64::from(match stream {
            Stream::Thumbnail => self.thumbnail,
            Stream::Low => self.low,
            Stream::Medium => self.medium,
            Stream::High => self.high,
            Stream::Slides => self.slides,
            Stream::SlidesSaver => self.slides_saver,
            Stream::Audio => self.audio,
            Stream::Stills => self.stills,
        });
        let packets =
            if stream == Stream::Audio { VOICE_PACKETS } else { media * 125.0 / PICTURE_PAYLOAD_BYTES };
        Load { kbps: media * (100.0 + f64::from(self.overhead_percent)) / 100.0, packets }
    }

    /// What a site sends while it is on stage and presents: its picture in every size of the mix and as a tile, its slides,
    /// its voice.
    pub(super) fn presenting(&self, mix: &ProfileMix) -> Load {
        let profiles = mix.shares().iter().filter(|(_, share)| *share > 0).map(|(profile, _)| profile);
        let mut streams = vec![Stream::Thumbnail, Stream::Audio];
        streams.extend(profiles.flat_map(|profile| [Some(profile.programme()), profile.slides()]).flatten());
        streams.sort_unstable();
        streams.dedup();
        streams.into_iter().map(|stream| self.load(stream)).sum()
    }

    /// All a site of a profile receives while somebody else is on stage; without tiles.
    pub(super) fn received(&self, profile: Profile) -> Load {
        let voice = self.load(Stream::Audio) * f64::from(profile.voices());
        let picture = self.load(profile.programme());
        voice + picture + profile.slides().map(|slides| self.load(slides)).unwrap_or_default()
    }
}

impl Stream {
    /// How many kinds there are.
    pub(super) const COUNT: usize = 8;

    /// All kinds.
    pub(super) const ALL: [Self; Self::COUNT] = [
        Self::Thumbnail,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Slides,
        Self::SlidesSaver,
        Self::Audio,
        Self::Stills,
    ];
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 5] = [Self::Full, Self::Saver, Self::Stills, Self::Hd, Self::Monitor];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Saver => "saver",
            Self::Stills => "stills",
            Self::Hd => "hd",
            Self::Monitor => "monitor",
        }
    }

    /// Voices it hears at a time.
    pub(super) fn voices(self) -> u8 {
        match self {
            Self::Full | Self::Hd => 2,
            Self::Saver | Self::Stills => 1,
            Self::Monitor => 3,
        }
    }

    /// How it sees the programme.
    pub(super) fn programme(self) -> Stream {
        match self {
            Self::Full | Self::Monitor => Stream::Medium,
            Self::Saver => Stream::Low,
            Self::Stills => Stream::Stills,
            Self::Hd => Stream::High,
        }
    }

    /// How it sees slides.
    pub(super) fn slides(self) -> Option<Stream> {
        match self {
            Self::Full | Self::Hd | Self::Monitor => Some(Stream::Slides),
            Self::Saver => Some(Stream::SlidesSaver),
            // Its single pictures show them too.
            Self::Stills => None,
        }
    }
}

impl ProfileMix {
    /// Everybody the same.
    pub fn only(profile: Profile) -> Self {
        Self(vec![(profile, 100)])
    }

    /// Reads `full=80,saver=20`.
    ///
    /// # Errors
    /// [`MixError`] if it is of another form or not all of the sites.
    pub fn parse(text: &str) -> Result<Self, MixError> {
        let mut mix: Vec<(Profile, u32)> = Vec::new();
        for part in text.split(',') {
            let (word, share) = part.split_once('=').ok_or(MixError::Form)?;
            let profile = Profile::ALL.into_iter().find(|profile| profile.word() == word.trim());
            let profile = profile.filter(|one| mix.iter().all(|(other, _)| other != one));
            let share = share.trim().trim_end_matches('%').parse().map_err(|_| MixError::Form)?;
            mix.push((profile.ok_or(MixError::Form)?, share));
        }
        let sum = mix.iter().map(|(_, share)| u64::from(*share)).sum();
        if sum == 100 { Ok(Self(mix)) } else { Err(MixError::Sum(sum)) }
    }

    /// The shares.
    pub fn shares(&self) -> &[(Profile, u32)] {
        &self.0
    }

    /// The profiles of one site after another: whoever is furthest behind its share is next, so any stretch of sites has
    /// about the mix of all.
    pub(super) fn deal(&self) -> impl FnMut() -> Profile {
        let shares = self.0.clone();
        let mut credit: Vec<i64> = vec![0; shares.len()];
        move || {
            for (credit, (_, share)) in credit.iter_mut().zip(&shares) {
                *credit += i64::from(*share);
            }
            let first = credit.iter_mut().zip(&shares).rev().max_by_key(|(credit, _)| **credit);
            first.map_or(Profile::Full, |(credit, (profile, _))| {
                *credit -= 100;
                *profile
            })
        }
    }
}
