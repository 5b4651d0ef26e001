//! What a receiver says back, as a browser would: transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-
//! extensions-01) several times a second and a receiver report (RFC 3550 section 6.4.2) every second. All of it is
//! readable from headers that are not encrypted.

/// Packets one feedback message speaks of at most; a pause longer than that begins anew.
const SPAN_MAX: u64 = 1_000;
/// What one unit of a delta is.
const TICK_NANOS: u64 = 250_000;
/// What one unit of the reference time is, in ticks.
const REFERENCE_TICKS: u64 = 256;
/// Statuses in one chunk of two bits each.
const PER_CHUNK: usize = 7;

/// Arrivals that were not told yet.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// Extended number and arrival of each.
    waiting: Vec<(u64, u64)>,
    /// The highest extended number seen.
    highest: Option<u64>,
    /// The first number the next message speaks of.
    next: Option<u64>,
    messages: u8,
}

impl Arrivals {
    /// A packet with this number came at this time.
    pub(super) fn record(&mut self, number: u16, nanos: u64) {
        let number = extend(self.highest, number);
        self.highest = self.highest.max(Some(number));
        self.waiting.push((number, nanos));
    }

    /// A message about all that came since the last one; none if nothing did.
    pub(super) fn message(&mut self, sender: u32, media: u32) -> Option<Vec<u8>> {
        self.waiting.sort_unstable();
        self.waiting.dedup_by_key(|(number, _)| *number);
        let (first, last) = (self.waiting.first()?.0, self.waiting.last()?.0);
        let base = self.next.filter(|next| last.saturating_sub(*next) < SPAN_MAX).unwrap_or(first);
        self.waiting.retain(|(number, _)| *number >= base);
        self.next = Some(last + 1);
        let earliest = self.waiting.first()?.1 / TICK_NANOS;
        let reference = earliest / REFERENCE_TICKS;

        let mut message = Vec::with_capacity(64);
        message.extend([0x8F, 205, 0, 0]);
        message.extend(sender.to_be_bytes());
        message.extend(media.to_be_bytes());
        message.extend(low_bytes::<2>(base));
        message.extend(low_bytes::<2>(last + 1 - base));
        message.extend(low_bytes::<3>(reference));
        message.push(self.messages);
        self.messages = self.messages.wrapping_add(1);

        let mut deltas = Vec::with_capacity(self.waiting.len());
        let mut statuses = Vec::with_capacity(self.waiting.len());
        let mut before = reference * REFERENCE_TICKS;
        let mut expected = base;
        for (number, nanos) in self.waiting.drain(..) {
            statuses.extend((expected..number).map(|_| 0_u16));
            expected = number + 1;
            let tick = nanos / TICK_NANOS;
            if let Some(small) = tick.checked_sub(before).and_then(|ahead| u8::try_from(ahead).ok()) {
                statuses.push(1);
                deltas.push(small);
            } else {
                let delta = i64::try_from(tick).unwrap_or(0) - i64::try_from(before).unwrap_or(0);
                let delta = i16::try_from(delta).unwrap_or(if delta < 0 { i16::MIN } else { i16::MAX });
                statuses.push(2);
                deltas.extend(delta.to_be_bytes());
            }
            before = tick;
        }
        for chunk in statuses.chunks(PER_CHUNK) {
            let bits = chunk.iter().zip((0..PER_CHUNK).rev());
            let word = bits.fold(0xC000_u16, |word, (status, place)| word | status << (2 * place));
            message.extend(word.to_be_bytes());
        }
        message.extend(deltas);
        message.resize(message.len().next_multiple_of(4), 0);
        set_words(&mut message);
        Some(message)
    }
}

/// One stream's numbers, for reports and for the tally.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Numbers {
    /// The highest extended number.
    pub(super) highest: Option<u64>,
}

impl Numbers {
    /// Takes the next packet's number; gives it extended.
    pub(super) fn record(&mut self, number: u16) -> u64 {
        let number = extend(self.highest, number);
        self.highest = self.highest.max(Some(number));
        number
    }
}

/// A receiver report on one stream without loss, jitter or a sender report to answer.
pub(super) fn receiver_report(sender: u32, media: u32, numbers: Numbers) -> Vec<u8> {
    let mut report = vec![0x81, 201, 0, 7];
    report.extend(sender.to_be_bytes());
    report.extend(media.to_be_bytes());
    report.extend([0; 4]);
    report.extend(low_bytes::<4>(numbers.highest.unwrap_or(0)));
    report.extend([0; 12]);
    report
}

/// What a publisher says of itself every second.
pub(super) fn sender_report(ssrc: u32, nanos: u64, timestamp: u32, packets: u32) -> Vec<u8> {
    /// From 1900 to 1970.
    const NTP_OFFSET: u64 = 2_208_988_800;
    let mut report = vec![0x80, 200, 0, 6];
    report.extend(ssrc.to_be_bytes());
    report.extend(low_bytes::<4>(nanos / 1_000_000_000 + NTP_OFFSET));
    report.extend(low_bytes::<4>(((nanos % 1_000_000_000) << 32) / 1_000_000_000));
    report.extend(timestamp.to_be_bytes());
    report.extend(packets.to_be_bytes());
    report.extend(packets.wrapping_mul(1_160).to_be_bytes());
    report
}

/// Whether a compound packet asks for a keyframe (PLI or FIR, RFC 4585 and 5104).
pub(super) fn asks_for_keyframe(mut compound: &[u8]) -> bool {
    while let [first, kind, high, low, ..] = compound {
        if *kind == 206 && matches!(first & 0x1F, 1 | 4) {
            return true;
        }
        let bytes = (usize::from(u16::from_be_bytes([*high, *low])) + 1) * 4;
        compound = compound.get(bytes..).unwrap_or_default();
    }
    false
}

fn set_words(message: &mut [u8]) {
    let words = u16::try_from(message.len() / 4 - 1).unwrap_or(u16::MAX).to_be_bytes();
    if let Some(place) = message.get_mut(2..4) {
        place.copy_from_slice(&words);
    }
}

fn low_bytes<const N: usize>(number: u64) -> [u8; N] {
    let mut low = [0; N];
    let bytes = number.to_be_bytes();
    low.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
    low
}

/// The number nearest to the highest one seen that ends in these bits.
fn extend(highest: Option<u64>, number: u16) -> u64 {
    // The first lies one round up, so that a late one before it has a place.
    let Some(highest) = highest else { return u64::from(number) + 0x1_0000 };
    let [.., high, low] = highest.to_be_bytes();
    let ahead = number.wrapping_sub(u16::from_be_bytes([high, low])).cast_signed();
    highest.saturating_add_signed(i64::from(ahead))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn what_came_and_what_did_not_is_told_once() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.message(1, 2), None);
        arrivals.record(65_535, 640 * MS);
        arrivals.record(1, 641 * MS);
        let message = arrivals.message(1, 2).unwrap();
        // Header, senders, base 65535, three packets, reference 10 * 64 ms, first message.
        assert_eq!(message[..20], [0x8F, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFF, 0, 3, 0, 0, 10, 0]);
        // Small, none, small; 0 and 4 ticks.
        assert_eq!(message[20..], [0b1101_0001, 0, 0, 4]);
        assert_eq!(arrivals.message(1, 2), None);

        arrivals.record(2, 642 * MS);
        let next = arrivals.message(1, 2).unwrap();
        assert_eq!((&next[12..16], next[19]), (&[0_u8, 2, 0, 1][..], 1));
    }

    #[test]
    fn a_long_wait_is_a_large_delta() {
        let mut arrivals = Arrivals::default();
        arrivals.record(7, 0);
        arrivals.record(8, 100 * MS);
        let message = arrivals.message(1, 2).unwrap();
        assert_eq!(message[20..], [0b1101_1000, 0, 0, 1, 144, 0, 0, 0]);
    }

    #[test]
    fn keyframes_are_asked_for_anywhere_in_a_compound() {
        let report = receiver_report(1, 2, Numbers::default());
        let pli = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
        assert!(!asks_for_keyframe(&report));
        assert!(asks_for_keyframe(&[report.as_slice(), &pli].concat()));
    }
}
