//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): which packets arrived, and how far
//! apart.

/// One tick of an arrival difference.
const TICK_MICROS: i64 = 250;
/// One tick of the reference time.
const REFERENCE_MICROS: i64 = 64_000;
/// Symbols of two bits in one chunk.
const SYMBOLS_PER_CHUNK: usize = 7;
/// Packets in one run at most.
const RUN_MAX: u16 = 0x1FFF;

/// One feedback message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TransportFeedback<'a> {
    base: u16,
    count: u16,
    /// Microseconds.
    reference: i64,
    chunks: &'a [u8],
}

impl<'a> TransportFeedback<'a> {
    /// Reads what follows the two stream numbers.
    pub(super) fn parse(control: &'a [u8]) -> Option<Self> {
        let (&[b0, b1, c0, c1, r0, r1, r2, _], chunks) = control.split_first_chunk::<8>()?;
        // 24 bits with a sign.
        let reference = i32::from_be_bytes([r0, r1, r2, 0]) >> 8;
        Some(Self {
            base: u16::from_be_bytes([b0, b1]),
            count: u16::from_be_bytes([c0, c1]),
            reference: i64::from(reference) * REFERENCE_MICROS,
            chunks,
        })
    }

    /// The message with its reference time, of which the wire has 24 bits, taken as the one nearest to the last message's:
    /// the bits come round every 12.4 days.
    pub(crate) fn nearest(mut self, last: Option<i64>) -> Self {
        if let Some(last) = last {
            let round = REFERENCE_MICROS << 24;
            let off = (self.reference - last).rem_euclid(round);
            self.reference = last + if off < round / 2 { off } else { off - round };
        }
        self
    }

    /// How many packets it says it speaks of.
    pub(crate) fn count(&self) -> usize {
        self.count.into()
    }

    /// Its reference time in microseconds.
    pub(crate) fn reference(&self) -> i64 {
        self.reference
    }

    /// Each packet's number with its arrival in microseconds on the receiver's clock, or none when it did not arrive.
    /// Ends early when the message does.
    pub(crate) fn arrivals(&self) -> Arrivals<'a> {
        let deltas = self.chunk_bytes().and_then(|bytes| self.chunks.get(bytes..)).unwrap_or_default();
        Arrivals {
            next: self.base,
            left: self.count,
            chunks: self.chunks,
            run: Run { symbols: 0, bits: 0, left: 0, repeats: false },
            deltas,
            time: self.reference,
        }
    }

    /// How many bytes the chunks take: differences begin behind them.
    fn chunk_bytes(&self) -> Option<usize> {
        let mut covered = 0_u32;
        let mut bytes = 0;
        while covered < u32::from(self.count) {
            let chunk = self.chunks.get(bytes..)?.first_chunk::<2>()?;
            covered += u32::from(Run::open(*chunk).left);
            bytes += 2;
        }
        Some(bytes)
    }
}

/// Symbols of one chunk that are still to be given.
#[derive(Debug, Clone, Copy)]
struct Run {
    symbols: u16,
    bits: u8,
    left: u16,
    repeats: bool,
}

impl Run {
    fn open(chunk: [u8; 2]) -> Self {
        let chunk = u16::from_be_bytes(chunk);
        match chunk >> 14 {
            0 | 1 => Self { symbols: chunk >> 13 & 3, bits: 2, left: chunk & RUN_MAX, repeats: true },
            2 => Self { symbols: chunk, bits: 1, left: 14, repeats: false },
            _ => Self { symbols: chunk, bits: 2, left: 7, repeats: false },
        }
    }

    fn next(&mut self) -> Option<u16> {
        self.left = self.left.checked_sub(1)?;
        if self.repeats {
            return Some(self.symbols);
        }
        Some(self.symbols >> (self.left * u16::from(self.bits)) & ((1 << self.bits) - 1))
    }
}

/// See [`TransportFeedback::arrivals`].
#[derive(Debug, Clone)]
pub(crate) struct Arrivals<'a> {
    next: u16,
    left: u16,
    chunks: &'a [u8],
    run: Run,
    deltas: &'a [u8],
    time: i64,
}

impl Iterator for Arrivals<'_> {
    type Item = (u16, Option<i64>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let symbol = loop {
            if let Some(symbol) = self.run.next() {
                break symbol;
            }
            let (chunk, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunks = rest;
            self.run = Run::open(*chunk);
        };
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let ticks = match symbol {
            1 => {
                let (small, rest) = self.deltas.split_first()?;
                self.deltas = rest;
                i64::from(*small)
            }
            2 => {
                let (large, rest) = self.deltas.split_first_chunk::<2>()?;
                self.deltas = rest;
                i64::from(i16::from_be_bytes(*large))
            }
            _ => return Some((number, None)),
        };
        self.time += ticks * TICK_MICROS;
        Some((number, Some(self.time)))
    }
}

/// Writes what follows the two stream numbers: `arrivals` are those of `base` and the numbers behind it, in
/// microseconds; `count` numbers the messages. Gives how many packets the message speaks of: an arrival too far from the
/// one before it begins the next message.
pub(super) fn write(buffer: &mut Vec<u8>, base: u16, count: u8, arrivals: &[Option<i64>]) -> usize {
    let first = arrivals.iter().flatten().next().copied().unwrap_or(0);
    let reference = first.div_euclid(REFERENCE_MICROS);
    let steps = Steps { arrivals: arrivals.iter(), time: reference * REFERENCE_MICROS };
    // An arrival too far off ends the message, and what is behind it is not looked at.
    let told = steps.clone().count();
    let steps = steps.take(told);
    buffer.extend_from_slice(&base.to_be_bytes());
    buffer.extend_from_slice(&u16::try_from(told).unwrap_or(u16::MAX).to_be_bytes());
    let [.., r0, r1, r2] = reference.to_be_bytes();
    buffer.extend_from_slice(&[r0, r1, r2, count]);
    write_chunks(buffer, steps.clone().map(Step::symbol));
    for step in steps {
        match step {
            Step::Missing => {}
            Step::Small(ticks) => buffer.push(ticks),
            Step::Large(ticks) => buffer.extend_from_slice(&ticks.to_be_bytes()),
        }
    }
    told
}

/// One packet in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It did not arrive.
    Missing,
    /// It arrived so many ticks after the one before.
    Small(u8),
    /// Likewise, in two bytes.
    Large(i16),
}

impl Step {
    fn symbol(self) -> u16 {
        match self {
            Self::Missing => 0,
            Self::Small(_) => 1,
            Self::Large(_) => 2,
        }
    }
}

/// The packets of one message. It is walked three times rather than written down.
#[derive(Debug, Clone)]
struct Steps<'a> {
    arrivals: std::slice::Iter<'a, Option<i64>>,
    time: i64,
}

impl Iterator for Steps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let Some(at) = self.arrivals.next()? else { return Some(Step::Missing) };
        let ticks = (at - self.time).div_euclid(TICK_MICROS);
        self.time += ticks * TICK_MICROS;
        let small = u8::try_from(ticks).ok().map(Step::Small);
        small.or_else(|| i16::try_from(ticks).ok().map(Step::Large))
    }
}

/// Runs where a symbol repeats for longer than a chunk of symbols holds, symbols one by one elsewhere.
fn write_chunks(buffer: &mut Vec<u8>, mut symbols: impl Iterator<Item = u16> + Clone) {
    while let Some(first) = symbols.clone().next() {
        let run = symbols.clone().take(usize::from(RUN_MAX)).take_while(|symbol| *symbol == first).count();
        let (chunk, taken) = if run >= SYMBOLS_PER_CHUNK {
            (first << 13 | u16::try_from(run).unwrap_or(RUN_MAX), run)
        } else {
            let mut places = symbols.clone();
            let packed =
                (0..SYMBOLS_PER_CHUNK).fold(0_u16, |packed, _| packed << 2 | places.next().unwrap_or(0));
            (0xC000 | packed, SYMBOLS_PER_CHUNK)
        };
        buffer.extend_from_slice(&chunk.to_be_bytes());
        (0..taken).for_each(|_| _ = symbols.next());
    }
}
