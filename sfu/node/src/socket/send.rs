//! Bursts sent in as few system calls as there are batches. Whatever cannot be sent is dropped and counted, as any
//! router on the way would do; nothing waits here.

use super::{
    BATCH_MESSAGES, Cutting, MediaSocket,
    address::RawAddress,
    control::SendControl,
    system::{self, MessageOut},
};
use crate::metrics::SocketCounters;
use std::{io, net::SocketAddr, os::fd::AsFd};

/// The most datagrams the kernel cuts one message into; newer kernels cut 128.
const SEGMENTS_MAX: usize = 64;
/// The most bytes of a message that is cut: below the 65,507 of an IPv4 datagram, and a whole number of anything.
const CUT_MESSAGE_MAX_BYTES: usize = 65_000;

/// Datagrams for one destination, one behind the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Burst<'a> {
    /// Where to.
    pub(crate) destination: SocketAddr,
    /// The bytes of all.
    pub(crate) contents: &'a [u8],
    /// The bytes of each but the last, which may have fewer.
    pub(crate) segment: usize,
}

/// Why the kernel did not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Its buffer is full.
    Full,
    /// It may be the cutting: too large for the path, or the way out has no checksum offload.
    Cut,
    /// No route, forbidden, too large or the like.
    Failed,
}

impl MediaSocket {
    /// Sends bursts in order, and counts what became of their datagrams. One that fails does not hold up those behind.
    pub(crate) fn send<'a>(
        &self,
        bursts: impl IntoIterator<Item = Burst<'a>>,
        counters: &mut SocketCounters,
    ) {
        let mut messages = bursts.into_iter().flat_map(|burst| self.messages(burst));
        let nothing = MessageOut { address: RawAddress::default(), control: None, contents: &[] };
        let mut batch = [nothing; BATCH_MESSAGES];
        loop {
            let filled = batch.iter_mut().zip(&mut messages).map(|(place, message)| *place = message).count();
            let Some(batch) = batch.get(..filled).filter(|batch| !batch.is_empty()) else { return };
            self.send_batch(batch, counters);
        }
    }

    /// A burst as the messages the kernel takes: few if it cuts, else one for each datagram.
    fn messages<'a>(&self, burst: Burst<'a>) -> impl Iterator<Item = MessageOut<'a>> + use<'a> {
        let segment = burst.segment.max(1);
        let datagrams = match self.cutting.get() {
            Cutting::Works { .. } => (CUT_MESSAGE_MAX_BYTES / segment).clamp(1, SEGMENTS_MAX),
            Cutting::Off => 1,
        };
        let address = RawAddress::from(burst.destination);
        burst.contents.chunks(segment * datagrams).map(move |contents| {
            let cut = u16::try_from(segment).ok().filter(|_| contents.len() > segment);
            MessageOut { address, control: cut.map(SendControl::cut), contents }
        })
    }

    fn send_batch(&self, batch: &[MessageOut<'_>], counters: &mut SocketCounters) {
        let mut rest = batch;
        while let [first, behind @ ..] = rest {
            match system::send(self.socket.as_fd(), rest) {
                Ok(taken) => {
                    // The kernel takes at least one or says why not.
                    let (taken, left) = rest.split_at_checked(taken.max(1)).unwrap_or((rest, &[]));
                    taken.iter().for_each(|message| self.on_taken(message, counters));
                    rest = left;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.on_refused(first, &error, counters);
                    rest = behind;
                }
            }
        }
    }

    fn on_taken(&self, message: &MessageOut<'_>, counters: &mut SocketCounters) {
        counters.sent_messages += 1;
        counters.sent_datagrams += datagrams(message);
        counters.sent_bytes += message.contents.len() as u64;
        if message.control.is_some() {
            self.on_burst_taken();
        }
    }

    fn on_refused(&self, message: &MessageOut<'_>, error: &io::Error, counters: &mut SocketCounters) {
        match Refusal::of(error, message.control.is_some()) {
            Refusal::Full => counters.send_full_drops += datagrams(message),
            Refusal::Failed => counters.send_errors += datagrams(message),
            Refusal::Cut => {
                let before = counters.sent_datagrams;
                for contents in message.contents.chunks(segment(message)) {
                    let part = MessageOut { control: None, contents, ..*message };
                    self.send_batch(&[part], counters);
                }
                if counters.sent_datagrams > before {
                    counters.bursts_refused += 1;
                    self.on_burst_refused();
                }
            }
        }
    }
}

impl Refusal {
    fn of(error: &io::Error, is_cut: bool) -> Self {
        match error.raw_os_error() {
            Some(libc::EAGAIN) => Self::Full,
            Some(libc::EINVAL | libc::EIO | libc::EOPNOTSUPP) if is_cut => Self::Cut,
            _ => Self::Failed,
        }
    }
}

fn segment(message: &MessageOut<'_>) -> usize {
    message.control.map_or(message.contents.len(), |control| control.segment()).max(1)
}

/// How many datagrams a message is: one, even without a byte, unless it is cut.
fn datagrams(message: &MessageOut<'_>) -> u64 {
    message.contents.len().div_ceil(segment(message)).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cut_message_is_tried_uncut() {
        let refusal = |code, is_cut| Refusal::of(&io::Error::from_raw_os_error(code), is_cut);
        for code in [libc::EINVAL, libc::EIO, libc::EOPNOTSUPP] {
            assert_eq!((refusal(code, true), refusal(code, false)), (Refusal::Cut, Refusal::Failed));
        }
        for is_cut in [false, true] {
            assert_eq!(refusal(libc::EAGAIN, is_cut), Refusal::Full);
            assert_eq!(refusal(libc::ENETUNREACH, is_cut), Refusal::Failed);
        }
    }
}
