//! Changes inputs at random, from a seed: the same seed makes the same changes on every machine.

/// Numbers at which things end, in one, two and four bytes.
const EDGES: [&[u8]; 12] = [
    &[0],
    &[1],
    &[0x7F],
    &[0x80],
    &[0xFF],
    &[0, 0],
    &[0x7F, 0xFF],
    &[0x80, 0],
    &[0xFF, 0xFF],
    &[0, 0, 0, 0],
    &[0x7F, 0xFF, 0xFF, 0xFF],
    &[0xFF, 0xFF, 0xFF, 0xFF],
];
/// Changes made to one input at most.
const CHANGES_MAX: usize = 5;
/// Bytes one insertion adds at most.
const INSERTED_MAX: usize = 16;
/// Bytes one repetition copies at most.
const REPEATED_MAX: usize = 64;

/// Xorshift (Marsaglia 2003) with a multiplied output (Vigna 2016): small, and good enough to choose with.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Zero would stay zero, so no seed leads there.
    pub fn new(seed: u64) -> Self {
        let mut chance = Self(seed ^ 0x9E37_79B9_7F4A_7C15);
        chance.0 = chance.0.max(1);
        for _ in 0..8 {
            chance.next();
        }
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below a bound; zero when there is none below.
    pub fn below(&mut self, bound: usize) -> usize {
        // The upper half is the better one.
        let number = usize::try_from(self.next() >> 33).unwrap_or(0);
        number.checked_rem(bound).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        let [byte, ..] = self.next().to_be_bytes();
        byte
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        list.get(self.below(list.len())).copied()
    }

    /// A stretch of an input.
    fn range(&mut self, length: usize, longest: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let span = 1 + self.below(longest.min(length - start));
        start..(start + span).min(length)
    }
}

/// Changes an input a few times; `other` is one to take parts from.
pub fn mutate(
    chance: &mut Chance,
    (input, other): (&[u8], &[u8]),
    words: &[&[u8]],
    longest: usize,
) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=chance.below(CHANGES_MAX) {
        change(chance, &mut bytes, other, words);
    }
    bytes.truncate(longest);
    bytes
}

fn change(chance: &mut Chance, bytes: &mut Vec<u8>, other: &[u8], words: &[&[u8]]) {
    if bytes.is_empty() {
        bytes.extend_from_slice(other);
        return;
    }
    let at = chance.below(bytes.len());
    match chance.below(12) {
        0 => flip(bytes, at, 1 << chance.below(8)),
        1 => overwrite(bytes, at, &[chance.byte()]),
        2 => overwrite(bytes, at, chance.pick(&EDGES).unwrap_or_default()),
        // Counts and lengths are often off by a little.
        3 => {
            let near = u8::try_from(1 + chance.below(4)).unwrap_or(1);
            let up = chance.below(2) == 0;
            if let Some(byte) = bytes.get_mut(at) {
                *byte = if up { byte.wrapping_add(near) } else { byte.wrapping_sub(near) };
            }
        }
        4 => bytes.truncate(at),
        5 => {
            let gone = chance.range(bytes.len(), REPEATED_MAX);
            bytes.drain(gone);
        }
        6 => {
            let fresh: Vec<u8> = (0..=chance.below(INSERTED_MAX)).map(|_| chance.byte()).collect();
            insert(bytes, at, &fresh);
        }
        7 => {
            let again = chance.range(bytes.len(), REPEATED_MAX);
            let copy = bytes.get(again).unwrap_or_default().to_vec();
            for _ in 0..=chance.below(4) {
                insert(bytes, at, &copy);
            }
        }
        8 => {
            let from = chance.range(bytes.len(), REPEATED_MAX);
            let copy = bytes.get(from).unwrap_or_default().to_vec();
            overwrite(bytes, at, &copy);
        }
        9 if !other.is_empty() => {
            let part = chance.range(other.len(), other.len());
            insert(bytes, at, other.get(part).unwrap_or_default());
        }
        10 if !other.is_empty() => {
            bytes.truncate(at);
            bytes.extend_from_slice(other.get(chance.below(other.len())..).unwrap_or_default());
        }
        _ => match chance.pick(words) {
            Some(word) if chance.below(2) == 0 => insert(bytes, at, word),
            Some(word) => overwrite(bytes, at, word),
            None => flip(bytes, at, 0x80),
        },
    }
}

fn flip(bytes: &mut [u8], at: usize, bits: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= bits;
    }
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    for (place, byte) in bytes.iter_mut().skip(at).zip(with) {
        *place = *byte;
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, with: &[u8]) {
    let tail = bytes.split_off(at.min(bytes.len()));
    bytes.extend_from_slice(with);
    bytes.extend_from_slice(&tail);
}
