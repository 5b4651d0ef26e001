//! What accompanies a message: how a burst is cut when it is sent, and what size its parts had and when it came when it
//! is received. The kernel's `cmsghdr` (size, level, kind, then the value, each item aligned to a word) is written and
//! read as words.

use std::{ffi::c_int, time::Duration};

/// An item's header: its size, and its level and kind in one word.
const HEADER_WORDS: usize = 2;
const WORD_BYTES: usize = size_of::<u64>();
const _: () = assert!(size_of::<libc::cmsghdr>() == HEADER_WORDS * WORD_BYTES, "64-bit systems only");
const _: () = assert!(size_of::<libc::timespec>() == 2 * WORD_BYTES);

/// The order to cut a message into datagrams of one size (UDP GSO).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(super) struct SendControl([u64; HEADER_WORDS + 1]);

impl SendControl {
    /// Datagrams of this size.
    pub(super) fn cut(segment: u16) -> Self {
        let size = (HEADER_WORDS * WORD_BYTES + size_of::<u16>()) as u64;
        let [low, high] = segment.to_ne_bytes();
        let value = u64::from_ne_bytes([low, high, 0, 0, 0, 0, 0, 0]);
        Self([size, kind(libc::SOL_UDP, libc::UDP_SEGMENT), value])
    }

    /// The size it says.
    pub(super) fn segment(&self) -> usize {
        let [low, high, ..] = self.0[HEADER_WORDS].to_ne_bytes();
        usize::from(u16::from_ne_bytes([low, high]))
    }
}

/// What came with a message: room for both items we ask for, three and four words, and one to spare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub(super) struct ReceiveControl([u64; 8]);

/// What the items say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Said {
    /// The message was joined of datagrams of this size, the last of which may be shorter (UDP GRO).
    pub(super) segment: Option<usize>,
    /// When it came, since 1970, by the wall clock.
    pub(super) arrived: Option<Duration>,
}

impl ReceiveControl {
    /// Forgets what is behind the bytes the kernel wrote.
    pub(super) fn truncate(&mut self, bytes: usize) {
        for word in self.0.iter_mut().skip(bytes.div_ceil(WORD_BYTES)) {
            *word = 0;
        }
    }

    /// Reads the items; ones that are unknown or broken say nothing.
    pub(super) fn read(&self) -> Said {
        let mut said = Said::default();
        let mut rest = &self.0[..];
        while let [size, kind_of, value @ ..] = rest {
            let words = usize::try_from(*size).unwrap_or(usize::MAX).div_ceil(WORD_BYTES);
            if words <= HEADER_WORDS {
                break;
            }
            if *kind_of == kind(libc::SOL_UDP, libc::UDP_GRO) {
                said.segment = value.first().and_then(|word| joined_size(*word));
            } else if *kind_of == kind(libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS)
                && let [seconds, nanoseconds, ..] = value
            {
                let nanoseconds = u32::try_from(*nanoseconds).ok().filter(|part| *part < 1_000_000_000);
                said.arrived = nanoseconds.map(|part| Duration::new(*seconds, part));
            }
            rest = rest.get(words..).unwrap_or_default();
        }
        said
    }
}

/// A `c_int` in the first half of a word.
fn joined_size(word: u64) -> Option<usize> {
    let [a, b, c, d, ..] = word.to_ne_bytes();
    usize::try_from(c_int::from_ne_bytes([a, b, c, d])).ok().filter(|size| *size > 0)
}

/// Level and kind as they stand side by side.
fn kind(level: c_int, kind: c_int) -> u64 {
    let ([a, b, c, d], [e, f, g, h]) = (level.to_ne_bytes(), kind.to_ne_bytes());
    u64::from_ne_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(words: &[u64]) -> ReceiveControl {
        let mut control = ReceiveControl::default();
        control.0[..words.len()].copy_from_slice(words);
        control
    }

    #[test]
    fn both_items_are_read_in_either_order() {
        let joined = [20, kind(libc::SOL_UDP, libc::UDP_GRO), 1_200];
        let arrived = [32, kind(libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS), 1_700_000_000, 42];
        let said = Said { segment: Some(1_200), arrived: Some(Duration::new(1_700_000_000, 42)) };
        assert_eq!(items(&[&joined[..], &arrived].concat()).read(), said);
        assert_eq!(items(&[&arrived[..], &joined].concat()).read(), said);
    }

    #[test]
    fn what_is_unknown_or_broken_says_nothing() {
        let unknown = [24, kind(libc::SOL_IP, 99), 5, 20, kind(libc::SOL_UDP, libc::UDP_GRO), 7];
        assert_eq!(items(&unknown).read(), Said { segment: Some(7), arrived: None });
        for broken in [
            &[0, 0, 0][..],
            &[16, kind(libc::SOL_UDP, libc::UDP_GRO)],
            &[u64::MAX, kind(libc::SOL_UDP, libc::UDP_GRO)],
            &[20, kind(libc::SOL_UDP, libc::UDP_GRO), u64::MAX],
            &[32, kind(libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS), 1, 1_000_000_000],
        ] {
            assert_eq!(items(broken).read(), Said::default(), "{broken:?}");
        }
    }

    #[test]
    fn what_the_kernel_did_not_write_is_forgotten() {
        let mut control = items(&[20, kind(libc::SOL_UDP, libc::UDP_GRO), 1_200]);
        control.truncate(0);
        assert_eq!(control.read(), Said::default());
    }
}
