//! Quantities of the media plane and their arithmetic. Sequence numbers here are extended to 64 bits (roll-overs
//! counted), RTP timestamps are not: they wrap, and all arithmetic on them wraps with them.

use std::fmt;
use std::time::Duration;

/// A rate in bits per second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Bitrate(u64);

impl Bitrate {
    /// No bits at all.
    pub(crate) const ZERO: Self = Self(0);

    /// More than any line carries.
    pub(crate) const MAX: Self = Self(u64::MAX);

    /// From kilobits (1,000 bits) per second.
    pub(crate) const fn kbps(kbps: u64) -> Self {
        Self(kbps.saturating_mul(1_000))
    }

    /// From bits per second.
    pub(crate) const fn bps(bps: u64) -> Self {
        Self(bps)
    }

    /// What `bytes` within `span` amount to; zero when no time passed.
    pub(crate) fn over(bytes: u64, span: Duration) -> Self {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        if micros == 0 {
            return Self::ZERO;
        }
        Self(bytes.saturating_mul(8_000_000) / micros)
    }

    /// In bits per second.
    pub(crate) const fn as_bps(self) -> u64 {
        self.0
    }

    /// In kilobits per second, for reports.
    pub(crate) fn as_kbps(self) -> u32 {
        u32::try_from(self.0 / 1_000).unwrap_or(u32::MAX)
    }

    /// The sum, stuck at the maximum.
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, stuck at zero.
    pub(crate) const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `percent` hundredths of this rate.
    pub(crate) const fn percent(self, percent: u64) -> Self {
        Self(self.0.saturating_mul(percent) / 100)
    }
}

impl fmt::Debug for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}bps", self.0)
    }
}

/// A packet's place in its stream, with roll-overs counted so that it never repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SeqNo(u64);

impl SeqNo {
    /// Wraps an extended number.
    pub(crate) const fn new(extended: u64) -> Self {
        Self(extended)
    }

    /// The extended number.
    pub(crate) const fn extended(self) -> u64 {
        self.0
    }

    /// The place `count` packets later.
    pub(crate) const fn plus(self, count: u64) -> Self {
        Self(self.0.saturating_add(count))
    }

    /// The place `count` packets earlier.
    pub(crate) const fn minus(self, count: u64) -> Self {
        Self(self.0.saturating_sub(count))
    }

    /// The sixteen bits the wire has of it.
    #[expect(clippy::cast_possible_truncation, reason = "that is what the wire has")]
    pub(crate) const fn wire(self) -> u16 {
        self.0 as u16
    }

    /// The number nearest to this one of which the wire shows sixteen bits (RFC 3711 section 3.3.1).
    pub(crate) fn nearest(self, wire: u16) -> Self {
        let ahead = wire.wrapping_sub(self.wire());
        if ahead < 0x8000 {
            Self(self.0.saturating_add(ahead.into()))
        } else {
            let behind = u64::from(ahead.wrapping_neg());
            self.0.checked_sub(behind).map_or(Self(wire.into()), Self)
        }
    }

    /// How many packets `earlier` lies before this; zero when it does not.
    pub(crate) const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// An RTP timestamp. It wraps within hours, so it can only be compared with a near one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MediaTime(u32);

impl MediaTime {
    /// Wraps the header field.
    pub(crate) const fn new(rtp: u32) -> Self {
        Self(rtp)
    }

    /// The header field.
    pub(crate) const fn rtp(self) -> u32 {
        self.0
    }

    /// Moved by an offset, wrapping.
    pub(crate) const fn shifted(self, offset: u32) -> Self {
        Self(self.0.wrapping_add(offset))
    }

    /// The offset that leads from `earlier` to this, wrapping.
    pub(crate) const fn offset_from(self, earlier: Self) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }

    /// Whether this lies after `other`, seen over the shorter way round.
    pub(crate) const fn is_after(self, other: Self) -> bool {
        let distance = self.0.wrapping_sub(other.0);
        distance != 0 && distance < 1 << 31
    }
}

/// A moment as reports write it: seconds and their fractions, 32 bits each (RFC 3550 section 4). Only differences of one
/// sender's moments mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NtpTime(u64);

impl NtpTime {
    /// Wraps the 64 bits.
    pub(crate) const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// A moment this long after a sender's beginning.
    pub(crate) fn after(elapsed: Duration) -> Self {
        let fraction = (u64::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000;
        Self((elapsed.as_secs().wrapping_add(NTP_BEGINNING_SECONDS)) << 32 | fraction)
    }

    /// The 64 bits.
    pub(crate) const fn get(self) -> u64 {
        self.0
    }

    /// The middle 32 bits, by which reports name it.
    #[expect(clippy::cast_possible_truncation, reason = "the middle is meant")]
    pub(crate) const fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }
}

/// What a sender's clock shows at its beginning: some second of 2024. A report names "never" by zero, and some libraries
/// know no time before 1970.
const NTP_BEGINNING_SECONDS: u64 = 0xE940_0000;

/// How many ticks a media clock advances in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClockRate(u32);

impl ClockRate {
    /// Every video codec.
    pub(crate) const VIDEO: Self = Self(90_000);
    /// Opus.
    pub(crate) const OPUS: Self = Self(48_000);

    /// Ticks within `span`, stuck at the maximum.
    pub(crate) fn ticks(self, span: Duration) -> u32 {
        let ticks = span.as_micros().saturating_mul(u128::from(self.0)) / 1_000_000;
        u32::try_from(ticks).unwrap_or(u32::MAX)
    }
}
