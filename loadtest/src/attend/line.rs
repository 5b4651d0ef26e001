//! What is told, a JSON object a line.

use crate::{
    clock,
    hearing::{Gap, Heard},
    media::Sent,
};
use serde::Serialize;
use signaling_protocol::{MeetingView, SeatId};

/// One thing that was met, when and by whom.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    /// Milliseconds of wall time.
    at: u64,
    /// A site's code or a person's name; empty if it is of nobody.
    who: String,
    #[serde(flatten)]
    what: What,
}

/// What was met.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum What {
    /// Media flows.
    Joined {
        /// The own seat.
        seat: SeatId,
    },
    /// The connection broke, or did not come up; it is tried again.
    Lost {
        /// Why.
        why: String,
    },
    /// It is left for good.
    Left {},
    /// The node or this program refused what was asked.
    Refused {
        /// Why.
        why: String,
    },
    /// The meeting is otherwise.
    Meeting {
        /// Its common part.
        meeting: Box<MeetingView>,
    },
    /// What went and came so far, told once a second.
    Second {
        /// What went.
        sent: Sent,
        /// What came, of each.
        heard: Vec<Heard>,
    },
    /// A silence that has ended.
    Gap(Gap),
}

impl Line {
    pub(super) fn new(who: &str, what: What) -> Self {
        Self { at: clock::wall_nanos() / 1_000_000, who: who.to_owned(), what }
    }

    /// An order was none.
    pub(super) fn refused(error: &str) -> Self {
        Self::new("", What::Refused { why: error.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Kind;

    #[test]
    fn a_line_is_flat() {
        let gap = Gap { from: "51101".into(), kind: Kind::Voice, began: 1, ended: 5 };
        let line = Line { at: 7, who: "52101".into(), what: What::Gap(gap) };
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"at":7,"who":"52101","type":"gap","from":"51101","kind":"voice","began":1,"ended":5}"#
        );
    }
}
