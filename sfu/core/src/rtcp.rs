//! RTCP packets on the wire: reads a compound packet without copying it, writes packets one behind the other.

mod read;
mod transport;
mod write;

pub(crate) use read::{Compound, Report, ReportBlock};
pub(crate) use transport::TransportFeedback;
pub(crate) use write::ReportWriter;

/// Why bytes are no RTCP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RtcpError {
    /// A packet ends inside its header or its length lies.
    #[error("a report ends inside a packet")]
    Cut,
    /// The version is not 2.
    #[error("a report is not of version 2")]
    Version,
}

/// Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1, RFC 3611 section 2).
mod kind {
    pub(super) const SENDER_REPORT: u8 = 200;
    pub(super) const RECEIVER_REPORT: u8 = 201;
    pub(super) const DESCRIPTION: u8 = 202;
    pub(super) const GOODBYE: u8 = 203;
    pub(super) const APPLICATION: u8 = 204;
    pub(super) const TRANSPORT_FEEDBACK: u8 = 205;
    pub(super) const PAYLOAD_FEEDBACK: u8 = 206;
    pub(super) const EXTENDED_REPORT: u8 = 207;
}

/// Feedback message types (RFC 4585 section 6.2, 6.3; RFC 5104 section 4.3; the transport-wide draft).
mod feedback {
    pub(super) const NACK: u8 = 1;
    pub(super) const TRANSPORT_WIDE: u8 = 15;
    pub(super) const PLI: u8 = 1;
    pub(super) const FIR: u8 = 4;
}

/// Extended report blocks (RFC 3611 sections 4.4, 4.5).
mod block {
    pub(super) const RECEIVER_REFERENCE_TIME: u8 = 4;
    pub(super) const DELAY_SINCE_LAST: u8 = 5;
}

#[cfg(test)]
mod tests;
