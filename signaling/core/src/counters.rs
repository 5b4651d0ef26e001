//! What the hub counts; the shell turns it into metrics. No names of people or meetings.

/// Counts since the start; they only grow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// Frames read.
    pub frames: u64,
    /// Facts recorded.
    pub facts: u64,
    /// Meetings made.
    pub meetings: u64,
    /// Seats taken, first and again.
    pub joins: u64,
    /// Joins by a resume token.
    pub resumes: u64,
    /// Connections that gave way to a newer one of the same seat.
    pub replaced: u64,
    /// Seats whose right was taken away.
    pub revoked: u64,
    /// Connections closed because they were silent.
    pub silent: u64,
    /// Connections closed for misbehaving.
    pub misbehaved: u64,
    /// Frames that were not understood, too large or too many.
    pub refused_frames: u64,
    /// Requests refused by the rules.
    pub refused_requests: u64,
    /// HTTP calls refused.
    pub refused_calls: u64,
    /// Requests that came again and were answered again.
    pub repeated: u64,
    /// Offers handed to the SFU.
    pub offers: u64,
    /// Offers the SFU refused.
    pub refused_offers: u64,
    /// Stored logs that were not loaded because they are not as they were written.
    pub broken_logs: u64,
    /// Conversations with other nodes that began.
    pub attached: u64,
    /// Conversations with other nodes that ended.
    pub detached: u64,
    /// Conversations with other nodes that began anew because something was missed, or a node was restarted.
    pub resumed: u64,
    /// What other nodes said and may not say, or what made no sense.
    pub bad_words: u64,
    /// Meetings that went on here while the node above was not heard.
    pub islands: u64,
    /// What came from nodes that are no neighbours.
    pub strangers: u64,
}

impl Counters {
    /// Counts a frame refused before anybody looked at what it asks.
    pub(crate) fn on_refused_frame(&mut self) {
        self.refused_frames = self.refused_frames.saturating_add(1);
    }

    /// Name and count of each.
    pub(crate) fn list(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("frames", self.frames),
            ("facts", self.facts),
            ("meetings", self.meetings),
            ("joins", self.joins),
            ("resumes", self.resumes),
            ("connections_replaced", self.replaced),
            ("seats_revoked", self.revoked),
            ("connections_silent", self.silent),
            ("connections_misbehaved", self.misbehaved),
            ("frames_refused", self.refused_frames),
            ("requests_refused", self.refused_requests),
            ("calls_refused", self.refused_calls),
            ("requests_repeated", self.repeated),
            ("offers", self.offers),
            ("offers_refused", self.refused_offers),
            ("logs_broken", self.broken_logs),
            ("neighbours_attached", self.attached),
            ("neighbours_detached", self.detached),
            ("neighbours_resumed", self.resumed),
            ("neighbour_words_refused", self.bad_words),
            ("islands", self.islands),
            ("neighbour_strangers", self.strangers),
        ]
    }
}
