//! Compound RTCP packets in plain values.

use crate::rtcp::{Compound, Report, ReportWriter};
use crate::rtp::Ssrc;
use crate::units::{MediaTime, NtpTime};

/// One thing a compound packet says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A sender's clock.
    Sender {
        /// The stream.
        ssrc: u32,
        /// Its wall clock.
        ntp: u64,
        /// Its media clock.
        rtp: u32,
    },
    /// How a stream was received.
    Received {
        /// The stream.
        ssrc: u32,
    },
    /// Packets are missing.
    Nack {
        /// Of which stream.
        media: u32,
        /// Which.
        lost: Vec<u16>,
    },
    /// A picture was lost.
    KeyframeWanted {
        /// Of which stream.
        media: u32,
    },
    /// What arrived when, in microseconds.
    Arrivals(Vec<(u16, Option<i64>)>),
    /// A receiver's clock.
    ReferenceTime {
        /// The stream it is told under.
        ssrc: u32,
        /// The clock.
        ntp: u64,
    },
    /// A stream ended.
    Goodbye {
        /// Which.
        ssrc: u32,
    },
    /// Something that only its two ends know.
    Application {
        /// What it is called.
        name: [u8; 4],
        /// What it says.
        data: Vec<u8>,
    },
    /// The rest cannot be read.
    Broken,
}

/// Reads a compound packet to its last number.
pub fn reports(packet: &[u8]) -> Vec<Told> {
    Compound::new(packet).map(|report| report.map_or(Told::Broken, |report| told(&report))).collect()
}

fn told(report: &Report<'_>) -> Told {
    match report {
        Report::Sender { ssrc, ntp, rtp } => {
            Told::Sender { ssrc: ssrc.get(), ntp: ntp.get(), rtp: rtp.rtp() }
        }
        Report::Received(block) => Told::Received { ssrc: block.ssrc.get() },
        Report::Nack { media, lost } => Told::Nack { media: media.get(), lost: lost.clone().collect() },
        Report::KeyframeWanted { media } => Told::KeyframeWanted { media: media.get() },
        Report::Transport(feedback) => Told::Arrivals(feedback.arrivals().collect()),
        Report::ReferenceTime { ssrc, ntp } => Told::ReferenceTime { ssrc: ssrc.get(), ntp: ntp.get() },
        Report::Goodbye { ssrc } => Told::Goodbye { ssrc: ssrc.get() },
        Report::Application { name, data } => Told::Application { name: *name, data: data.to_vec() },
    }
}

/// Writes what we write ourselves: clocks of senders, what is missing, wishes for keyframes, arrivals.
pub fn write_reports(all: &[Told]) -> Vec<u8> {
    let ours = Ssrc::new(1);
    let mut buffer = Vec::new();
    let mut writer = ReportWriter::begin(&mut buffer);
    for one in all {
        match one {
            Told::Sender { ssrc, ntp, rtp } => {
                writer.sender(Ssrc::new(*ssrc), NtpTime::new(*ntp), MediaTime::new(*rtp), (0, 0));
            }
            Told::Nack { media, lost } => writer.nack(ours, Ssrc::new(*media), lost),
            Told::KeyframeWanted { media } => writer.keyframe(ours, Ssrc::new(*media)),
            Told::Arrivals(arrivals) => write_arrivals(&mut writer, arrivals),
            Told::Application { name, data } => writer.application(ours, *name, data),
            Told::Received { .. } | Told::ReferenceTime { .. } | Told::Goodbye { .. } | Told::Broken => {}
        }
    }
    buffer
}

/// In as many messages as it takes, like our own feedback.
fn write_arrivals(writer: &mut ReportWriter<'_>, arrivals: &[(u16, Option<i64>)]) {
    let mut rest = arrivals;
    while let Some((base, _)) = rest.first() {
        let times: Vec<_> = rest.iter().map(|(_, at)| *at).collect();
        let taken = writer.transport(Ssrc::new(1), *base, 0, &times).max(1);
        rest = rest.get(taken..).unwrap_or_default();
    }
}
