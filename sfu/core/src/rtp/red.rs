//! Redundant audio (RFC 2198): a payload that carries, in front of its own block, blocks of packets before it. Who takes
//! redundancy gets it whole; who does not gets the last block, which is the payload without it.

use super::PayloadType;

/// F: another header follows.
const FOLLOWED: u8 = 0x80;
/// Earlier blocks in one payload at most. Browsers send one or two; more would be older than any jitter buffer.
const EARLIER_MAX: usize = 8;

/// Why bytes are no redundant audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RedError {
    /// They end inside a header or a block, or nothing follows the earlier blocks.
    #[error("the payload ends inside its blocks")]
    Cut,
    /// A block is of another format than was agreed on.
    #[error("a block is of another format")]
    Foreign,
    /// There are more blocks than anybody sends.
    #[error("the payload has too many blocks")]
    TooMany,
}

/// The block of the packet itself. All blocks must be of the format that `inner` names, so that redundancy within
/// redundancy is refused.
pub(crate) fn primary(payload: &[u8], inner: PayloadType) -> Result<&[u8], RedError> {
    let mut rest = payload;
    let mut earlier = 0;
    for _ in 0..=EARLIER_MAX {
        let first = *rest.first().ok_or(RedError::Cut)?;
        if PayloadType::new(first) != inner {
            return Err(RedError::Foreign);
        }
        if first & FOLLOWED == 0 {
            let block = rest.get(1 + earlier..).filter(|block| !block.is_empty());
            return block.ok_or(RedError::Cut);
        }
        // Fourteen bits of how much earlier it is, ten of how long.
        let (&[_, _, high, low], behind) = rest.split_first_chunk::<4>().ok_or(RedError::Cut)?;
        earlier += usize::from(u16::from_be_bytes([high & 0x03, low]));
        rest = behind;
    }
    Err(RedError::TooMany)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OPUS: PayloadType = PayloadType::new(111);

    /// A payload with these blocks, the last of which is its own.
    fn payload(blocks: &[&[u8]]) -> Vec<u8> {
        let (own, earlier) = blocks.split_last().unwrap();
        let mut payload = Vec::new();
        for (back, block) in (1_u16..).zip(earlier) {
            let [o0, o1] = ((back * 960) << 2).to_be_bytes();
            let [l0, l1] = u16::try_from(block.len()).unwrap().to_be_bytes();
            payload.extend_from_slice(&[0x80 | 111, o0, o1 | l0, l1]);
        }
        payload.push(111);
        earlier.iter().chain([own]).for_each(|block| payload.extend_from_slice(block));
        payload
    }

    #[test]
    fn the_last_block_is_the_packets_own() {
        assert_eq!(primary(&payload(&[b"own"]), OPUS), Ok(&b"own"[..]));
        assert_eq!(primary(&payload(&[b"before", b"own"]), OPUS), Ok(&b"own"[..]));
        let long = [7; 1_023];
        assert_eq!(primary(&payload(&[&long, b"", b"own"]), OPUS), Ok(&b"own"[..]));
    }

    #[test]
    fn what_is_cut_foreign_or_endless_is_refused() {
        let whole = payload(&[b"before", b"own"]);
        for length in 0..whole.len() - b"wn".len() {
            assert_eq!(primary(&whole[..length], OPUS), Err(RedError::Cut), "{length} bytes");
        }
        assert_eq!(primary(&whole, PayloadType::new(63)), Err(RedError::Foreign));
        let mut nested = whole;
        nested[4] = 63;
        assert_eq!(primary(&nested, OPUS), Err(RedError::Foreign));
        let many: Vec<&[u8]> = vec![b"x"; EARLIER_MAX + 1];
        assert_eq!(primary(&payload(&many), OPUS), Ok(&b"x"[..]));
        let more: Vec<&[u8]> = vec![b"x"; EARLIER_MAX + 2];
        assert_eq!(primary(&payload(&more), OPUS), Err(RedError::TooMany));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let inner = PayloadType::new(bytes.first().copied().unwrap_or_default());
            if let Ok(block) = primary(&bytes, inner) {
                prop_assert!(bytes.ends_with(block) && !block.is_empty());
            }
        }
    }
}
