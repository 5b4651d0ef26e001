//! What a node's processors have to do, by what was measured: one worker of an AMD EPYC virtual machine on 2026-11-26, kernel
//! time included, packets of 1,200 bytes each alone. To 10, 100 and 400 receivers a packet cost 9.3, 5.6 and 5.2 µs. The table
//! of docs/benchmarks.md is of another machine: 13.2, 5.2, 5.3 and, to 1,000, 4.8 µs, from which this line is a tenth away but
//! for the smallest audience, where nothing is at its limit.

use super::Load;

/// Processor time of a packet that is sent. `broadcast-10`, `-100` and `-400` cost 93, 560 and 2,080 µs for each packet that
/// comes in; the line through the first and the last has this slope. It is the dearest way: in pictures of five packets it
/// is three fifths of it.
const SENT_MICROS: f64 = 5.1;

/// Processor time of a packet that comes in: where that line begins.
const RECEIVED_MICROS: f64 = 42.0;

/// Processor time of a join, ICE and DTLS included, while 400 watch and 150 come in (`joins-during`).
const JOIN_MICROS: f64 = 3_000.0;

/// Everybody at a node comes back within this after its power was cut.
const STORM_SECONDS: f64 = 10.0;

/// Processors, at the worst moment: everybody is served and everybody comes back.
pub(super) fn cores(receives: Load, sends: Load, sites: u32) -> f64 {
    let micros = receives.packets * RECEIVED_MICROS
        + sends.packets * SENT_MICROS
        + f64::from(sites) / STORM_SECONDS * JOIN_MICROS;
    micros / 1_000_000.0
}
