//! What the engine counts, as plain values: a shell copies them out for its metrics.

/// Counters since start. Every way a packet can vanish has its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Datagrams handed in.
    pub datagrams_in: u64,
    /// Their bytes.
    pub bytes_in: u64,
    /// Datagrams to send.
    pub datagrams_out: u64,
    /// Their bytes.
    pub bytes_out: u64,
    /// Media packets received and decrypted, retransmitted ones restored.
    pub media_in: u64,
    /// Media packets handed to a subscriber's slot, one per subscriber.
    pub media_forwarded: u64,

    /// Dropped: empty, or larger than a datagram or a media payload may be.
    pub dropped_size: u64,
    /// Dropped: the first byte is neither STUN, DTLS nor RTP.
    pub dropped_kind: u64,
    /// Dropped: not STUN and from an address no peer answered to.
    pub dropped_address: u64,
    /// Dropped: STUN for a user name no peer has.
    pub dropped_ufrag: u64,
    /// Dropped: the transport could not read it.
    pub dropped_malformed: u64,
    /// Dropped: media of a source whose gate is closed.
    pub dropped_gate: u64,
    /// Dropped: media on a stream that was not negotiated.
    pub dropped_stream: u64,
    /// Dropped: not sealed by the peer it came from.
    pub dropped_unauthentic: u64,
    /// Dropped: seen before, by its number.
    pub dropped_replayed: u64,
    /// Dropped: came twice, by itself and on request.
    pub dropped_twice: u64,
    /// Dropped: padding without media.
    pub dropped_padding: u64,
    /// Dropped: too late to have a place in a slot's stream.
    pub dropped_late: u64,
    /// Dropped: audio of somebody silent or not among the loudest.
    pub dropped_unheard: u64,
    /// Dropped: the subscriber has no codec for it.
    pub dropped_codec: u64,
    /// Dropped: too much already waits for the subscriber's line.
    pub dropped_pacer: u64,
    /// Dropped: overwritten before it could be sent.
    pub dropped_overrun: u64,

    /// Keyframes asked of publishers.
    pub keyframes_requested: u64,
    /// Keyframe requests of subscribers.
    pub keyframe_requests_in: u64,
    /// Slots that began to show another source or layer.
    pub slot_switches: u64,
    /// Packets we asked publishers to send again.
    pub nacks_sent: u64,
    /// Packets subscribers asked us to send again.
    pub nacks_received: u64,
    /// Packets sent again to subscribers.
    pub resent: u64,
    /// Newcomers shown a kept keyframe at once.
    pub replays: u64,
    /// Packets missing on the way in when the next one came.
    pub upstream_missing: u64,
    /// Of those, how many came after all, late or sent again.
    pub upstream_recovered: u64,

    /// Things other workers of the node were told, packets among them.
    pub crossings_out: u64,
    /// Things other workers of the node told.
    pub crossings_in: u64,
    /// Packets of other workers on streams that are not offered any more.
    pub crossings_stray: u64,

    /// Things the other ends of links were told.
    pub words_out: u64,
    /// Things the other ends of links told.
    pub words_in: u64,
    /// Dropped: packets of links whose words could not be read to the end.
    pub words_malformed: u64,
    /// Streams that found no free line on a link.
    pub lines_refused: u64,

    /// Offers answered.
    pub offers_answered: u64,
    /// Offers refused.
    pub offers_refused: u64,
    /// Commands about a room or a peer that does not exist.
    pub commands_unknown: u64,
    /// Peers dropped because their transport panicked; the node lives on.
    pub peers_panicked: u64,
    /// Peers now.
    pub peers: u64,
    /// Links to other nodes now.
    pub links: u64,
    /// Rooms now.
    pub rooms: u64,
}
