//! One slot of one subscriber: which stream fills it, which one is about to, and the numbers its packets go out
//! with. A switch takes effect on a keyframe of the new stream; until then the old one stays on screen.

mod burst;
mod ceiling;
mod munger;
mod sent;

pub(crate) use burst::{Bursts, Path};
use ceiling::{Ceiling, Taken};
pub(crate) use munger::{Arrival, Munger, Place};
pub(crate) use sent::{Sent, SentPackets};

use crate::receive::{Frames, Packet, SenderClock, StreamKey};
use crate::units::{ClockRate, MediaTime, SeqNo};
use sfu_control::{PeerId, Slot};
use std::time::Instant;

/// What a slot carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filling {
    /// Nothing, and nothing is wanted.
    Empty,
    /// Nothing until the target's keyframe comes.
    Waiting { target: StreamKey },
    /// This stream.
    Showing { current: StreamKey },
    /// This stream until the target's keyframe comes.
    Switching { current: StreamKey, target: StreamKey },
}

/// Which frames of what is shown go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Motion {
    /// All.
    Moving,
    /// Only keyframes that were waited for: the last one has this timestamp.
    Stills { frame: Option<MediaTime> },
    /// None until a keyframe comes, then all.
    Resuming,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forward {
    /// It goes out with these numbers.
    Send(Place),
    /// It goes out, and with it another source or layer begins.
    Switch(Place),
    /// It begins nothing and belongs to nothing shown.
    NotYet,
    /// It is too late.
    Late,
    /// The stream was restarted by its sender and a keyframe has to come first.
    Restarted,
}

/// One slot.
#[derive(Debug)]
pub(crate) struct SlotStream {
    slot: Slot,
    filling: Filling,
    motion: Motion,
    /// The incarnation of the stream shown: a sender that starts over must begin with a keyframe again.
    epoch: u16,
    ceiling: Ceiling,
    /// How many frames are wanted of what is waited for.
    next_frames: Frames,
    munger: Munger,
}

impl SlotStream {
    /// An empty slot whose stream will begin with these numbers.
    pub(crate) fn new(slot: Slot, start: u16, time: MediaTime) -> Self {
        let clock = match slot {
            Slot::Audio(_) | Slot::FloorAudio => ClockRate::OPUS,
            Slot::Programme | Slot::Slides | Slot::Mosaic(_) => ClockRate::VIDEO,
        };
        Self {
            slot,
            filling: Filling::Empty,
            motion: Motion::Moving,
            epoch: 0,
            ceiling: Ceiling::default(),
            next_frames: Frames::All,
            munger: Munger::new(clock, start, time),
        }
    }

    /// Wants another stream, or none. Gives whether the slot fell empty by it.
    ///
    /// # Empty => Waiting
    /// # Waiting => Waiting | Empty
    /// # Showing => Switching | Empty
    /// # Switching => Switching | Showing | Empty
    pub(crate) fn retarget(&mut self, wanted: Option<StreamKey>) -> bool {
        let shown = self.current();
        self.filling = match (shown, wanted) {
            (_, None) => Filling::Empty,
            (None, Some(target)) => Filling::Waiting { target },
            (Some(current), Some(target)) if current == target && self.motion == Motion::Moving => {
                Filling::Showing { current }
            }
            (Some(current), Some(target)) => Filling::Switching { current, target },
        };
        shown.is_some() && wanted.is_none()
    }

    /// A publisher is gone. Gives whether the slot fell empty by it.
    ///
    /// # Waiting => Empty
    /// # Showing => Empty
    /// # Switching => Showing | Waiting | Empty
    pub(crate) fn lose(&mut self, publisher: PeerId) -> bool {
        let lost = |key: StreamKey| key.source.peer == publisher;
        let (next, fell_empty) = match self.filling {
            Filling::Empty => (Filling::Empty, false),
            Filling::Waiting { target } if lost(target) => (Filling::Empty, false),
            Filling::Showing { current } if lost(current) => (Filling::Empty, true),
            Filling::Switching { current, target } if lost(current) && lost(target) => (Filling::Empty, true),
            Filling::Switching { current, target } if lost(current) => (Filling::Waiting { target }, true),
            Filling::Switching { current, target } if lost(target) => (Filling::Showing { current }, false),
            Filling::Waiting { .. } | Filling::Showing { .. } | Filling::Switching { .. } => {
                (self.filling, false)
            }
        };
        self.filling = next;
        fell_empty
    }

    /// From now on only keyframes that are waited for go out.
    ///
    /// # Moving => Stills
    /// # Resuming => Stills
    pub(crate) fn begin_stills(&mut self) {
        if !matches!(self.motion, Motion::Stills { .. }) {
            self.motion = Motion::Stills { frame: None };
        }
    }

    /// From now on everything goes out again. Gives whether a keyframe has to come first, since nobody can decode what builds
    /// on frames that were left out.
    ///
    /// # Stills => Moving | Resuming
    pub(crate) fn end_stills(&mut self) -> bool {
        if !matches!(self.motion, Motion::Stills { .. }) {
            return false;
        }
        self.motion = if self.current().is_some() { Motion::Resuming } else { Motion::Moving };
        self.expect_still()
    }

    /// Waits for another keyframe of what is shown. Gives whether anything is.
    ///
    /// # Showing => Switching
    pub(crate) fn expect_still(&mut self) -> bool {
        if let Filling::Showing { current } = self.filling {
            self.filling = Filling::Switching { current, target: current };
        }
        matches!(self.filling, Filling::Switching { .. })
    }

    /// Whether only stills are shown.
    pub(crate) fn shows_stills(&self) -> bool {
        matches!(self.motion, Motion::Stills { .. })
    }

    /// Whether a packet would begin a stretch of the slot's stream.
    pub(crate) fn begins_with(&self, key: StreamKey, packet: &Packet) -> bool {
        let restarted = self.current() == Some(key) && self.epoch != packet.epoch;
        packet.descriptor.starts_keyframe && (restarted || self.target() == Some(key))
    }

    /// Offers a packet of a stream that this slot shows or waits for.
    pub(crate) fn forward(&mut self, key: StreamKey, packet: &Packet) -> Forward {
        let Packet { at, seq, time, marker, descriptor, .. } = *packet;
        let arrival = Arrival { at, seq, time, marker, descriptor };
        let awaited = self.target() == Some(key);
        if awaited && packet.descriptor.starts_keyframe {
            self.motion = match self.motion {
                Motion::Stills { .. } => Motion::Stills { frame: Some(packet.time) },
                Motion::Moving | Motion::Resuming => Motion::Moving,
            };
            self.filling = Filling::Showing { current: key };
            self.epoch = packet.epoch;
            return Forward::Switch(self.begin(&arrival));
        }
        if self.current() != Some(key) {
            return Forward::NotYet;
        }
        let passes = match self.motion {
            Motion::Moving => true,
            Motion::Stills { frame } => frame == Some(packet.time) && self.epoch == packet.epoch,
            Motion::Resuming => false,
        };
        if !passes {
            self.skip(key, packet.epoch, packet.seq);
            return Forward::NotYet;
        }
        if self.epoch != packet.epoch {
            if !packet.descriptor.starts_keyframe {
                return Forward::Restarted;
            }
            self.epoch = packet.epoch;
            return Forward::Send(self.begin(&arrival));
        }
        if descriptor.spatial.is_none() && descriptor.temporal.is_none() {
            return self.munger.pass(&arrival).map_or(Forward::Late, Forward::Send);
        }
        if !self.shows_layer(&arrival) {
            return Forward::NotYet;
        }
        let place = self.munger.pass(&arrival);
        place.map_or(Forward::Late, |place| Forward::Send(self.ended(place, &arrival)))
    }

    /// Whether a packet of a layer is shown; if not, it is left out.
    fn shows_layer(&mut self, arrival: &Arrival) -> bool {
        if !self.munger.is_ahead(arrival.seq) {
            return self.ceiling.takes_late(arrival);
        }
        let Taken { shown, hides_missing, leaves_out } = self.ceiling.takes(arrival);
        if hides_missing {
            self.munger.close_before(arrival.seq);
        }
        if !shown {
            self.munger.skip(arrival.seq);
        }
        if leaves_out && arrival.descriptor.counts_pictures() {
            self.munger.skip_picture();
        }
        shown
    }

    /// Begins a stretch.
    fn begin(&mut self, arrival: &Arrival) -> Place {
        let place = self.munger.begin(arrival);
        self.ceiling.want_frames(self.next_frames);
        self.ceiling.begin();
        self.ceiling.takes(arrival);
        self.ended(place, arrival)
    }

    /// Marks the last packet of what is shown of a picture.
    fn ended(&self, mut place: Place, arrival: &Arrival) -> Place {
        if arrival.descriptor.spatial.is_some_and(|spatial| self.ceiling.ends(spatial)) {
            place.patch.end_picture();
        }
        place
    }

    /// Wants spatial layers up to this one, or whatever comes.
    pub(crate) fn look_up_to(&mut self, layer: Option<u8>) {
        self.ceiling.want(layer);
    }

    /// Wants so many frames of what it waits for, or else of what it shows.
    pub(crate) fn show_frames(&mut self, frames: Frames) {
        self.next_frames = frames;
        if self.target().is_none() {
            self.ceiling.want_frames(frames);
        }
    }

    /// Whether it shows whatever spatial layers come.
    pub(crate) fn looks_all_the_way_up(&self) -> bool {
        self.ceiling.is_open()
    }

    /// Whether it shows a stream and waits for a keyframe to show more of it.
    pub(crate) fn climbs(&self, key: StreamKey) -> bool {
        self.current() == Some(key) && self.ceiling.climbs()
    }

    /// Leaves a packet out of the stream if the slot shows it.
    pub(crate) fn skip(&mut self, key: StreamKey, epoch: u16, seq: SeqNo) {
        if self.current() == Some(key) && self.epoch == epoch {
            self.munger.skip(seq);
        }
    }

    /// What the clock of the slot's stream shows at a moment; `sender` is what the source's own sender last said of its
    /// clock, which is steadier than the arrival of its last packet.
    pub(crate) fn time_at(&self, now: Instant, sender: Option<SenderClock>) -> Option<MediaTime> {
        let clock = self.munger.clock();
        let (latest, at) = self.munger.latest()?;
        let since = |at| clock.ticks(now.saturating_duration_since(at));
        match (sender, self.munger.time_offset()) {
            (Some(sender), Some(offset)) => Some(sender.rtp.shifted(offset).shifted(since(sender.at))),
            _ => Some(latest.shifted(since(at))),
        }
    }

    /// Which slot this is.
    pub(crate) fn slot(&self) -> Slot {
        self.slot
    }

    /// What is shown.
    pub(crate) fn current(&self) -> Option<StreamKey> {
        match self.filling {
            Filling::Showing { current } | Filling::Switching { current, .. } => Some(current),
            Filling::Empty | Filling::Waiting { .. } => None,
        }
    }

    /// What is waited for.
    pub(crate) fn target(&self) -> Option<StreamKey> {
        match self.filling {
            Filling::Waiting { target } | Filling::Switching { target, .. } => Some(target),
            Filling::Empty | Filling::Showing { .. } => None,
        }
    }
}
