//! One conversation with a neighbour over a bus that may lose, and cut off: words are numbered, a gap is noticed at the
//! latest a second later, and then both begin anew by telling each other where they stand. Nothing is sent twice.
//!
//! The child leads: it attaches under a new random epoch, and whatever was said under an older one is void.

use super::word::{Envelope, NEIGHBOUR_VERSION, TurnedAway, Word};
use crate::Now;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// How often each side says that it is still there, and how often a child tries to attach.
const BEAT: Duration = Duration::from_secs(1);

/// Silence after which the other side is taken for cut off. Three beats: one may be lost, one late. People notice a
/// missing chair after some seconds; the media links notice by themselves.
const SILENCE_MAX: Duration = Duration::from_secs(3);

/// A node that starts waits for so much longer until it takes its parent for cut off: the bus is to be reached first.
const START_MAX: Duration = Duration::from_secs(7);

/// How far the clocks of two nodes may be apart. Facts of both stand in one log by the second; a quarter of a minute is
/// still the right order for a reader of minutes.
const CLOCKS_APART_MAX_MS: u64 = 15_000;

const _: () = assert!(BEAT.as_millis() * 2 < SILENCE_MAX.as_millis());

/// Which of the two this node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The other is our parent: we attach.
    Child,
    /// The other is our child: it attaches.
    Parent,
}

/// Where the conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody is there.
    Away,
    /// We have asked to attach.
    Attaching { epoch: u64 },
    /// Both hear each other.
    Attached { epoch: u64, said: u32, heard: u32 },
}

/// Why a conversation ended, or was not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LossCause {
    /// Nothing was heard for too long.
    Silent,
    /// Something was missed; it begins anew at once.
    Missed,
    /// The child began anew.
    Restarted,
    /// The parent will not have us.
    TurnedAway(TurnedAway),
}

/// What an envelope or the time meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Both hear each other from now on.
    Attached,
    /// No longer.
    Lost(LossCause),
    /// The child wanted to attach, and was turned away.
    TurnedAway(TurnedAway),
    /// A word.
    Word(Word),
}

/// One conversation.
#[derive(Debug)]
pub(crate) struct Channel {
    side: Side,
    state: State,
    /// Whether the other side is taken for being there: also while a conversation begins anew, until it is silent.
    present: bool,
    last_heard: Instant,
    next_beat: Instant,
    outbox: Vec<Envelope>,
}

impl Channel {
    /// Nothing was said yet.
    pub(crate) fn new(side: Side, now: Instant) -> Self {
        Self {
            side,
            state: State::Away,
            present: side == Side::Child,
            last_heard: now + START_MAX,
            next_beat: now,
            outbox: Vec::new(),
        }
    }

    /// Takes what came; `epoch` is a fresh random number, used if a conversation begins anew.
    pub(crate) fn handle_envelope(&mut self, now: Now, envelope: Envelope, epoch: u64) -> Vec<Heard> {
        let mut heard = Vec::new();
        match (self.side, envelope) {
            (Side::Parent, Envelope::Attach { epoch, version, wall }) => {
                let apart_ms = wall.0.saturating_sub(now.wall.0);
                let refused = if version != NEIGHBOUR_VERSION {
                    Some(TurnedAway::Version { parent: NEIGHBOUR_VERSION })
                } else if apart_ms.unsigned_abs() > CLOCKS_APART_MAX_MS {
                    Some(TurnedAway::Clock { apart_ms })
                } else {
                    None
                };
                if let Some(why) = refused {
                    self.outbox.push(Envelope::TurnedAway { epoch, why });
                    heard.push(Heard::TurnedAway(why));
                    return heard;
                }
                match self.state {
                    // Our answer was lost; nothing begins anew.
                    State::Attached { epoch: known, .. } if known == epoch => {
                        self.outbox.push(Envelope::Attached { epoch });
                        return heard;
                    }
                    // Attached => Attached under another epoch
                    State::Attached { .. } => heard.push(Heard::Lost(LossCause::Restarted)),
                    State::Away | State::Attaching { .. } => {}
                }
                self.begin(now, epoch);
                self.outbox.push(Envelope::Attached { epoch });
                heard.push(Heard::Attached);
            }
            (Side::Child, Envelope::Attached { epoch }) if self.state == (State::Attaching { epoch }) => {
                self.begin(now, epoch);
                heard.push(Heard::Attached);
            }
            (Side::Child, Envelope::TurnedAway { epoch, why })
                if self.state == (State::Attaching { epoch }) =>
            {
                heard.push(Heard::Lost(LossCause::TurnedAway(why)));
            }
            (_, Envelope::Word { epoch, number, word }) => {
                heard.extend(self.on_word(now, epoch, number, *word));
            }
            (_, Envelope::Beat { epoch, said }) => heard.extend(self.on_beat(now, epoch, said)),
            (Side::Child, Envelope::Again { epoch }) if self.epoch() == Some(epoch) => {
                heard.push(self.lose(LossCause::Missed));
            }
            // Of an older epoch, or what only the other side says: void.
            (
                Side::Child,
                Envelope::Attach { .. }
                | Envelope::Attached { .. }
                | Envelope::TurnedAway { .. }
                | Envelope::Again { .. },
            )
            | (
                Side::Parent,
                Envelope::Attached { .. } | Envelope::TurnedAway { .. } | Envelope::Again { .. },
            ) => {}
        }
        if self.side == Side::Child && heard.contains(&Heard::Lost(LossCause::Missed)) {
            self.attach(now, epoch);
        }
        heard
    }

    /// Away | Attaching => Attached
    fn begin(&mut self, now: Now, epoch: u64) {
        self.state = State::Attached { epoch, said: 0, heard: 0 };
        self.present = true;
        self.last_heard = now.instant;
        self.next_beat = now.instant + BEAT;
    }

    fn on_word(&mut self, now: Now, spoken: u64, number: u32, word: Word) -> Option<Heard> {
        match &mut self.state {
            State::Attached { epoch, heard, .. } if *epoch == spoken => {
                self.last_heard = now.instant;
                if number == heard.saturating_add(1) {
                    *heard = number;
                    return Some(Heard::Word(word));
                }
                (number > *heard).then(|| self.lose(LossCause::Missed))
            }
            State::Away if self.side == Side::Parent => {
                self.outbox.push(Envelope::Again { epoch: spoken });
                None
            }
            State::Away | State::Attaching { .. } | State::Attached { .. } => None,
        }
    }

    fn on_beat(&mut self, now: Now, spoken: u64, said: u32) -> Option<Heard> {
        match self.state {
            State::Attached { epoch, heard, .. } if epoch == spoken => {
                self.last_heard = now.instant;
                (said > heard).then(|| self.lose(LossCause::Missed))
            }
            State::Away if self.side == Side::Parent => {
                self.outbox.push(Envelope::Again { epoch: spoken });
                None
            }
            State::Away | State::Attaching { .. } | State::Attached { .. } => None,
        }
    }

    /// Attached => Away
    fn lose(&mut self, cause: LossCause) -> Heard {
        if let (State::Attached { epoch, .. }, Side::Parent) = (self.state, self.side) {
            self.outbox.push(Envelope::Again { epoch });
        }
        self.state = State::Away;
        Heard::Lost(cause)
    }

    /// Away => Attaching
    fn attach(&mut self, now: Now, epoch: u64) {
        self.state = State::Attaching { epoch };
        self.next_beat = now.instant + BEAT;
        self.outbox.push(Envelope::Attach { epoch, version: NEIGHBOUR_VERSION, wall: now.wall });
    }

    /// What the time brings: beats, attempts, silence. `epoch` is a fresh random number.
    pub(crate) fn handle_timeout(&mut self, now: Now, epoch: u64) -> Option<Heard> {
        let silent = now.instant.saturating_duration_since(self.last_heard) >= SILENCE_MAX;
        if self.present && silent {
            self.present = false;
            // Attached => Away; an attempt to attach goes on
            if self.is_attached() {
                self.state = State::Away;
            }
            return Some(Heard::Lost(LossCause::Silent));
        }
        if now.instant < self.next_beat {
            return None;
        }
        self.next_beat = now.instant + BEAT;
        match (self.state, self.side) {
            (State::Attached { epoch, said, .. }, _) => self.outbox.push(Envelope::Beat { epoch, said }),
            (State::Away, Side::Child) => self.attach(now, epoch),
            // Under the same epoch, so that an answer that takes longer than a beat is still the answer.
            (State::Attaching { epoch }, Side::Child) => self.attach(now, epoch),
            (State::Away | State::Attaching { .. }, Side::Parent) => {}
        }
        None
    }

    /// Says something; nothing is said to who is not there.
    pub(crate) fn say(&mut self, word: Word) {
        if let State::Attached { epoch, said, .. } = &mut self.state {
            *said = said.saturating_add(1);
            self.outbox.push(Envelope::Word { epoch: *epoch, number: *said, word: Box::new(word) });
        }
    }

    /// Whether both hear each other.
    pub(crate) fn is_attached(&self) -> bool {
        matches!(self.state, State::Attached { .. })
    }

    /// Whether the other side was heard a moment ago, also while a conversation begins anew.
    pub(crate) fn is_present(&self) -> bool {
        self.present
    }

    fn epoch(&self) -> Option<u64> {
        match self.state {
            State::Away => None,
            State::Attaching { epoch } | State::Attached { epoch, .. } => Some(epoch),
        }
    }

    /// What is to be carried to the neighbour, in order.
    pub(crate) fn take_envelopes(&mut self) -> Vec<Envelope> {
        std::mem::take(&mut self.outbox)
    }

    /// When it is to be woken next.
    pub(crate) fn next_timeout(&self) -> Instant {
        self.next_beat
    }
}
