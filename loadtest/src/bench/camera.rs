//! A publisher's clock and numbers: when which packet goes out.

use super::packet::{Picture, Place};
use super::sdp::VP8;
use std::time::{Duration, Instant};

/// A stall longer than this is not made up for: it would be a burst nobody asked for.
const CATCH_UP_MAX: Duration = Duration::from_millis(100);
/// The clock of video.
const CLOCK_HZ: u128 = 90_000;

/// How packets are spread over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Packets that go out together.
    pub(crate) packets_per_picture: u16,
    /// From one picture to the next.
    pub(crate) interval: Duration,
}

impl Shape {
    /// 125 packets a second, each alone: nothing to be joined, the dearest way to send 1.2 Mbit/s.
    pub(crate) const EVEN: Self = Self { packets_per_picture: 1, interval: Duration::from_millis(8) };
    /// 125 packets a second as an encoder makes them: 25 pictures of five packets.
    pub(crate) const PICTURES: Self = Self { packets_per_picture: 5, interval: Duration::from_millis(40) };
}

/// A sending camera.
#[derive(Debug)]
pub(super) struct Camera {
    pub(super) ssrc: u32,
    shape: Shape,
    next: Instant,
    number: u16,
    transport_number: u16,
    timestamp: u32,
    picture_number: u16,
    /// A keyframe was asked for.
    pub(super) key_wanted: bool,
    /// Packets sent since the window began.
    pub(super) sent: u64,
    total: u32,
}

impl Camera {
    pub(super) fn new(ssrc: u32, shape: Shape, first: Instant) -> Self {
        Self {
            ssrc,
            shape,
            next: first,
            number: 1_000,
            transport_number: 0,
            timestamp: 0,
            picture_number: 0,
            key_wanted: true,
            sent: 0,
            total: 0,
        }
    }

    /// When the next picture is due.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// The packets of the picture that is due now; none if none is.
    pub(super) fn due(&mut self, now: Instant, with_transport: bool) -> Vec<Place> {
        if now < self.next {
            return Vec::new();
        }
        self.next += self.shape.interval;
        if self.next + CATCH_UP_MAX < now {
            self.next = now;
        }
        let ticks = self.shape.interval.as_micros() * CLOCK_HZ / 1_000_000;
        self.timestamp = self.timestamp.wrapping_add(u32::try_from(ticks).unwrap_or(0));
        self.picture_number = self.picture_number.wrapping_add(1) & 0x7FFF;
        let picture = if std::mem::take(&mut self.key_wanted) { Picture::Key } else { Picture::Delta };
        let count = self.shape.packets_per_picture;
        self.sent += u64::from(count);
        self.total = self.total.wrapping_add(u32::from(count));
        (0..count)
            .map(|index| {
                self.number = self.number.wrapping_add(1);
                self.transport_number = self.transport_number.wrapping_add(1);
                Place {
                    payload_type: VP8,
                    ssrc: self.ssrc,
                    number: self.number,
                    transport_number: with_transport.then_some(self.transport_number),
                    timestamp: self.timestamp,
                    picture_number: self.picture_number,
                    picture,
                    is_first: index == 0,
                    is_last: index + 1 == count,
                }
            })
            .collect()
    }

    /// What a sender report says: the media time now and the packets so far.
    pub(super) fn report(&self) -> (u32, u32) {
        (self.timestamp, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_send_as_much() {
        let start = crate::clock::now();
        for shape in [Shape::EVEN, Shape::PICTURES] {
            let mut camera = Camera::new(1, shape, start);
            let mut places = Vec::new();
            for millisecond in 0..1_000 {
                places.extend(camera.due(start + Duration::from_millis(millisecond), true));
            }
            assert_eq!((places.len(), camera.sent), (125, 125));
            assert!(places.windows(2).all(|pair| pair[1].number == pair[0].number + 1));
            assert_eq!(
                places.iter().filter(|place| place.picture == Picture::Key).count(),
                usize::from(shape.packets_per_picture)
            );
            assert_eq!(
                places.iter().filter(|p| p.is_first).count(),
                places.iter().filter(|p| p.is_last).count()
            );
        }
    }

    #[test]
    fn a_long_stall_is_not_made_up_for() {
        let start = crate::clock::now();
        let mut camera = Camera::new(1, Shape::EVEN, start);
        let late = start + Duration::from_secs(5);
        let mut sent = 0;
        while !camera.due(late, false).is_empty() {
            sent += 1;
        }
        assert!(sent <= 2, "{sent}");
    }
}
