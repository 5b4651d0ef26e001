//! When a client's packets arrived here, to be told back to it.

use std::collections::VecDeque;
use std::time::Instant;

/// Numbers one message speaks of at most; at 100 ms between messages that is forty megabits a second.
const SPAN_MAX: usize = 512;

/// Arrivals since the last message.
#[derive(Debug, Default)]
pub(crate) struct TwccRecorder {
    first: Option<Instant>,
    /// The number of the first arrival that is kept.
    base: u16,
    /// Microseconds since the first packet ever, by number from `base` on.
    arrivals: VecDeque<Option<i64>>,
    messages: u8,
}

impl TwccRecorder {
    /// A packet with this number arrived. Gives whether a message is owed.
    pub(crate) fn on_packet(&mut self, now: Instant, number: u16) -> bool {
        let first = *self.first.get_or_insert(now);
        let at = i64::try_from(now.saturating_duration_since(first).as_micros()).unwrap_or(i64::MAX);
        if self.arrivals.is_empty() {
            // Holes behind the last message are told as lost, unless the sender jumped.
            let gap = usize::from(number.wrapping_sub(self.base));
            if gap >= SPAN_MAX {
                self.base = number;
            }
        }
        let place = usize::from(number.wrapping_sub(self.base));
        if place >= SPAN_MAX {
            // It was told as lost already, or so much came at once that the line is not what limits.
            return !self.arrivals.is_empty();
        }
        while self.arrivals.len() <= place {
            self.arrivals.push_back(None);
        }
        if let Some(arrival) = self.arrivals.get_mut(place) {
            arrival.get_or_insert(at);
        }
        true
    }

    /// Hands what is to be told to a writer, which gives how many numbers fitted; more messages are made until all are
    /// told.
    pub(crate) fn take(&mut self, mut write: impl FnMut(u16, u8, &[Option<i64>]) -> usize) {
        while !self.arrivals.is_empty() {
            let told = write(self.base, self.messages, self.arrivals.make_contiguous()).max(1);
            self.messages = self.messages.wrapping_add(1);
            let told = told.min(self.arrivals.len());
            self.arrivals.drain(..told);
            self.base = self.base.wrapping_add(u16::try_from(told).unwrap_or(u16::MAX));
        }
    }
}
