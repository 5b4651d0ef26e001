//! One client's link: Opened → Joined → closed. Who it is, how fast it asks, when it was last heard.

use signaling_protocol::{ClientFrame, FactNumber, MeetingId, Refusal, RequestId, SeatId, WIRE_LIMITS, You};
use std::time::{Duration, Instant};

/// How long a connection may take for its hello, whatever else it says meanwhile: nobody holds a place unnamed.
pub(crate) const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// Malformed or too fast frames before a connection is closed. A client of ours sends none; a few may come from a
/// version that is one step ahead.
const STRIKES_MAX: u8 = 20;

/// Where a link stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LinkState {
    /// Nothing said yet.
    Opened,
    /// Seated.
    Joined(Seated),
}

/// What a seated link is told and was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seated {
    /// Which meeting.
    pub meeting: MeetingId,
    /// Which seat.
    pub seat: SeatId,
    /// The last fact it was told.
    pub told: FactNumber,
    /// What it was told it may do.
    pub you: You,
}

/// One WebSocket.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// Where it stands.
    pub state: LinkState,
    opened: Instant,
    heard: Instant,
    tokens: f64,
    filled: Instant,
    strikes: u8,
}

/// What a frame is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    /// A frame to act on.
    Frame(Box<ClientFrame>),
    /// To be answered with a refusal.
    Refused(RequestId, Refusal),
    /// Too much of that: the connection ends.
    Misbehaved,
}

impl Link {
    /// A link that has just opened.
    pub(crate) fn new(now: Instant) -> Self {
        Self { state: LinkState::Opened, opened: now, heard: now, tokens: burst(), filled: now, strikes: 0 }
    }

    /// Its seat, once it has one.
    pub(crate) fn seated(&self) -> Option<&Seated> {
        match &self.state {
            LinkState::Opened => None,
            LinkState::Joined(seated) => Some(seated),
        }
    }

    /// Whether it has been silent, or without a name, for longer than it may.
    pub(crate) fn is_silent(&self, now: Instant) -> bool {
        let (since, limit) = match self.state {
            LinkState::Opened => (self.opened, HELLO_TIMEOUT),
            LinkState::Joined(_) => (self.heard, Duration::from_millis(u64::from(WIRE_LIMITS.silence_ms))),
        };
        now.saturating_duration_since(since) >= limit
    }

    /// Reads a frame: bounded, counted against the rate, typed.
    pub(crate) fn read(&mut self, now: Instant, text: &str) -> Reading {
        self.heard = now;
        if !self.take_token(now) {
            return self.strike(RequestId(0), Refusal::RateLimited);
        }
        if text.len() > usize::try_from(WIRE_LIMITS.frame_bytes).unwrap_or(usize::MAX) {
            return self.strike(RequestId(0), Refusal::TooLarge);
        }
        match serde_json::from_str::<ClientFrame>(text) {
            Ok(frame) => Reading::Frame(Box::new(frame)),
            Err(_) => self.strike(request_id(text), Refusal::Malformed),
        }
    }

    fn strike(&mut self, re: RequestId, refusal: Refusal) -> Reading {
        self.strikes = self.strikes.saturating_add(1);
        if self.strikes > STRIKES_MAX { Reading::Misbehaved } else { Reading::Refused(re, refusal) }
    }

    fn take_token(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.tokens = (self.tokens + elapsed * f64::from(WIRE_LIMITS.requests_per_second)).min(burst());
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }
}

fn burst() -> f64 {
    f64::from(WIRE_LIMITS.requests_per_second) * 2.0
}

/// The request number of a frame that is otherwise not understood.
fn request_id(text: &str) -> RequestId {
    let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let id = value.and_then(|value| value.get("id")?.as_u64()).and_then(|id| u32::try_from(id).ok());
    RequestId(id.unwrap_or(0))
}
