//! Asks a publisher for keyframes: the first request goes at once, later ones are held back so that a hall full of
//! subscribers costs the publisher one keyframe a second at most.

use std::time::{Duration, Instant};

/// Requests for one layer are at least this far apart. A keyframe of the full picture is ten times an ordinary
/// frame, so one a second is what a weak uplink bears.
pub(crate) const KEYFRAME_INTERVAL: Duration = Duration::from_secs(1);

/// Whether a layer owes a keyframe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum KeyframeOwed {
    /// Nobody waits for one and none was asked for lately.
    #[default]
    No,
    /// Somebody waits.
    Asked { at: Instant },
    /// Somebody waits and a request is due again at this time.
    Again { asked: Instant },
    /// It came, or nobody waits any more; a request before this much has passed is held back.
    Came { asked: Instant },
}

impl KeyframeOwed {
    /// Somebody needs a keyframe. Gives whether to send a request now; otherwise one is due at [`Self::due`].
    ///
    /// # No => Asked
    /// # Asked => Again
    /// # Came => Asked | Again
    pub(crate) fn ask(&mut self, now: Instant) -> bool {
        let asked = match *self {
            Self::No => None,
            Self::Asked { at: asked } | Self::Again { asked } | Self::Came { asked } => Some(asked),
        };
        match asked {
            Some(asked) if now.saturating_duration_since(asked) < KEYFRAME_INTERVAL => {
                *self = Self::Again { asked };
                false
            }
            Some(_) | None => {
                *self = Self::Asked { at: now };
                true
            }
        }
    }

    /// A keyframe began to arrive: who waited is served.
    pub(crate) fn on_keyframe(&mut self) {
        *self = match *self {
            Self::No => Self::No,
            Self::Asked { at: asked } | Self::Again { asked } | Self::Came { asked } => Self::Came { asked },
        };
    }

    /// The interval after a request passed. Gives whether to send another: somebody asked meanwhile, or waits
    /// still.
    ///
    /// # Asked => Asked | Came
    /// # Again => Asked
    pub(crate) fn take_due(&mut self, now: Instant, waited_for: bool) -> bool {
        match *self {
            Self::Asked { at: asked } | Self::Again { asked } if now < asked + KEYFRAME_INTERVAL => false,
            Self::Again { .. } => {
                *self = Self::Asked { at: now };
                true
            }
            Self::Asked { .. } if waited_for => {
                *self = Self::Asked { at: now };
                true
            }
            Self::Asked { at: asked } => {
                *self = Self::Came { asked };
                false
            }
            Self::No | Self::Came { .. } => false,
        }
    }

    /// When to ask again, if somebody still waits.
    pub(crate) fn due(&self) -> Option<Instant> {
        match *self {
            Self::Asked { at: asked } | Self::Again { asked } => Some(asked + KEYFRAME_INTERVAL),
            Self::No | Self::Came { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_costs_one_request_a_second() {
        let start = crate::testing::epoch();
        let mut owed = KeyframeOwed::default();
        let mut sent = 0;
        for millis in 0..5_000 {
            if owed.ask(start + Duration::from_millis(millis)) {
                sent += 1;
                owed.on_keyframe();
            }
        }
        assert_eq!(sent, 5);
    }

    #[test]
    fn an_unanswered_request_is_due_again_until_the_keyframe_comes() {
        let start = crate::testing::epoch();
        let mut owed = KeyframeOwed::default();
        assert!(owed.ask(start));
        assert_eq!(owed.due(), Some(start + KEYFRAME_INTERVAL));
        owed.on_keyframe();
        assert_eq!(owed.due(), None);
        assert!(!owed.ask(start + Duration::from_millis(10)), "held back");
        assert_eq!(owed.due(), Some(start + KEYFRAME_INTERVAL));
    }
}
