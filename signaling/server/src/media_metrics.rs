//! The SFU's figures in text form, one sample per worker.

use crate::media::Media;
use crate::metrics::Exposition;
use sfu_control::{LinkId, LinkReport};
use sfu_node::{ForwardingTimes, WorkerMetrics, WorkerState};

/// How a figure is read.
type Value = fn(&WorkerMetrics) -> u64;

/// Name, help, value.
type Figure = (&'static str, &'static str, Value);

/// Figures that only grow.
const COUNTERS: [Figure; 35] = [
    ("giaoban_sfu_received_messages_total", "Datagrams received, joined ones counted once.", |w| {
        w.sockets.received_messages
    }),
    ("giaoban_sfu_received_datagrams_total", "Datagrams received.", |w| w.sockets.received_datagrams),
    ("giaoban_sfu_received_bytes_total", "Bytes received.", |w| w.sockets.received_bytes),
    ("giaoban_sfu_receive_errors_total", "Failures to receive.", |w| w.sockets.receive_errors),
    ("giaoban_sfu_sent_messages_total", "Datagrams sent, a burst the kernel cuts counted once.", |w| {
        w.sockets.sent_messages
    }),
    ("giaoban_sfu_bursts_refused_total", "Bursts the kernel did not cut.", |w| w.sockets.bursts_refused),
    ("giaoban_sfu_crossings_dropped_total", "Parcels for other workers whose rings were full.", |w| {
        w.crossings_dropped
    }),
    ("giaoban_sfu_sent_datagrams_total", "Datagrams sent.", |w| w.sockets.sent_datagrams),
    ("giaoban_sfu_sent_bytes_total", "Bytes sent.", |w| w.sockets.sent_bytes),
    ("giaoban_sfu_send_full_drops_total", "Datagrams dropped on sending: the kernel was full.", |w| {
        w.sockets.send_full_drops
    }),
    ("giaoban_sfu_send_errors_total", "Datagrams dropped on sending: the system refused.", |w| {
        w.sockets.send_errors
    }),
    ("giaoban_sfu_commands_total", "Commands carried out.", |w| w.commands),
    ("giaoban_sfu_commands_unknown_total", "Commands about something that is gone.", |w| {
        w.engine.commands_unknown
    }),
    ("giaoban_sfu_media_in_total", "Media packets received.", |w| w.engine.media_in),
    ("giaoban_sfu_media_forwarded_total", "Media packets forwarded.", |w| w.engine.media_forwarded),
    ("giaoban_sfu_upstream_missing_total", "Media packets missing on the way up.", |w| {
        w.engine.upstream_missing
    }),
    ("giaoban_sfu_upstream_recovered_total", "Missing media packets that came after all.", |w| {
        w.engine.upstream_recovered
    }),
    ("giaoban_sfu_nacks_sent_total", "Packets asked of publishers again.", |w| w.engine.nacks_sent),
    ("giaoban_sfu_nacks_received_total", "Packets subscribers asked for again.", |w| w.engine.nacks_received),
    ("giaoban_sfu_resent_total", "Packets sent to subscribers again.", |w| w.engine.resent),
    ("giaoban_sfu_replays_total", "Newcomers shown a kept keyframe at once.", |w| w.engine.replays),
    ("giaoban_sfu_slot_switches_total", "Slots that changed their source.", |w| w.engine.slot_switches),
    ("giaoban_sfu_keyframes_requested_total", "Keyframes asked of clients.", |w| {
        w.engine.keyframes_requested
    }),
    ("giaoban_sfu_keyframe_requests_in_total", "Keyframes asked by clients.", |w| {
        w.engine.keyframe_requests_in
    }),
    ("giaoban_sfu_offers_answered_total", "Offers answered.", |w| w.engine.offers_answered),
    ("giaoban_sfu_offers_refused_total", "Offers refused.", |w| w.engine.offers_refused),
    ("giaoban_sfu_words_in_total", "Things other nodes said on links.", |w| w.engine.words_in),
    ("giaoban_sfu_words_out_total", "Things said on links to other nodes.", |w| w.engine.words_out),
    ("giaoban_sfu_words_malformed_total", "Packets of links that could not be read to the end.", |w| {
        w.engine.words_malformed
    }),
    ("giaoban_sfu_lines_refused_total", "Streams that found no free line on a link.", |w| {
        w.engine.lines_refused
    }),
    ("giaoban_sfu_peers_panicked_total", "Peers ended by a bug.", |w| w.engine.peers_panicked),
    ("giaoban_sfu_rounds_total", "Rounds of the worker's loop.", |w| w.rounds),
    ("giaoban_sfu_engine_datagrams_in_total", "Datagrams the engine took.", |w| w.engine.datagrams_in),
    ("giaoban_sfu_engine_datagrams_out_total", "Datagrams the engine gave.", |w| w.engine.datagrams_out),
    ("giaoban_sfu_engine_bytes_out_total", "Bytes the engine gave.", |w| w.engine.bytes_out),
];

/// Drops by cause.
const DROPS: [(&str, Value); 16] = [
    ("size", |w| w.engine.dropped_size),
    ("kind", |w| w.engine.dropped_kind),
    ("address", |w| w.engine.dropped_address),
    ("ufrag", |w| w.engine.dropped_ufrag),
    ("malformed", |w| w.engine.dropped_malformed),
    ("unauthentic", |w| w.engine.dropped_unauthentic),
    ("replayed", |w| w.engine.dropped_replayed),
    ("twice", |w| w.engine.dropped_twice),
    ("pacer", |w| w.engine.dropped_pacer),
    ("overrun", |w| w.engine.dropped_overrun),
    ("gate", |w| w.engine.dropped_gate),
    ("stream", |w| w.engine.dropped_stream),
    ("padding", |w| w.engine.dropped_padding),
    ("late", |w| w.engine.dropped_late),
    ("unheard", |w| w.engine.dropped_unheard),
    ("codec", |w| w.engine.dropped_codec),
];

/// Figures of now.
const GAUGES: [Figure; 4] = [
    ("giaoban_sfu_peers", "Peers.", |w| w.engine.peers),
    ("giaoban_sfu_links", "Links to other nodes.", |w| w.engine.links),
    ("giaoban_sfu_rooms", "Rooms. Every worker knows all of them.", |w| w.engine.rooms),
    ("giaoban_sfu_worker_running", "Whether the worker runs.", |w| {
        u64::from(w.state == WorkerState::Running)
    }),
];

/// How a link's figure is read.
type LinkValue = fn(&LinkReport) -> u64;

/// Figures of each link, as it told them last.
const LINKS: [(&str, &str, LinkValue); 10] = [
    ("giaoban_sfu_link_in_kbps", "Received on the link, kbit/s.", |l| l.in_kbps.into()),
    ("giaoban_sfu_link_out_kbps", "Sent on the link, kbit/s.", |l| l.out_kbps.into()),
    ("giaoban_sfu_link_out_estimate_kbps", "What the link is found to carry from here.", |l| {
        l.out_estimate_kbps.into()
    }),
    ("giaoban_sfu_link_out_cap_kbps", "The cap on what is sent, 0 for none.", |l| l.out_cap_kbps.into()),
    ("giaoban_sfu_link_rtt_ms", "Round trip, 0 while unknown.", |l| l.rtt_ms.into()),
    ("giaoban_sfu_link_in_loss_permille", "Lost on the way here.", |l| l.in_loss_permille.into()),
    ("giaoban_sfu_link_out_loss_permille", "Lost on the way there.", |l| l.out_loss_permille.into()),
    ("giaoban_sfu_link_in_streams", "Streams that come.", |l| l.in_streams.into()),
    ("giaoban_sfu_link_out_streams", "Streams that are sent.", |l| l.out_streams.into()),
    ("giaoban_sfu_link_denied", "Pictures that are wanted beyond in a larger form than is afforded.", |l| {
        l.denied.into()
    }),
];

fn write_links(links: &[(LinkId, LinkReport)], out: &mut Exposition) {
    for (name, help, figure) in LINKS.iter().filter(|_| !links.is_empty()) {
        out.header(name, help, "gauge");
        for (link, report) in links {
            out.sample(name, &[("link", &link.number().to_string())], figure(report));
        }
    }
}

/// Writes them all.
pub(crate) fn write(media: &Media, out: &mut Exposition) {
    let node = media.metrics();
    out.counter(
        "giaoban_sfu_events_dropped_total",
        "SFU events the hub had no room for.",
        media.events_dropped.value(),
    );
    out.counter(
        "giaoban_sfu_commands_dropped_total",
        "Commands the SFU had no room for.",
        media.commands_dropped.value(),
    );
    for (kind, figures) in [("counter", &COUNTERS[..]), ("gauge", &GAUGES[..])] {
        for (name, help, figure) in figures {
            out.header(name, help, kind);
            for (number, worker) in node.workers.iter().enumerate() {
                out.sample(name, &[("worker", &number.to_string())], figure(worker));
            }
        }
    }
    let name = "giaoban_sfu_dropped_total";
    out.header(name, "Packets dropped by cause.", "counter");
    for (number, worker) in node.workers.iter().enumerate() {
        let number = number.to_string();
        for (cause, figure) in DROPS {
            out.sample(name, &[("worker", &number), ("cause", cause)], figure(worker));
        }
    }
    write_forwarding(&node.workers, out);
    write_links(&node.links, out);
}

fn write_forwarding(workers: &[WorkerMetrics], out: &mut Exposition) {
    let name = "giaoban_sfu_forwarding_seconds";
    out.header(name, "Time of a datagram in the node until all it caused was sent.", "histogram");
    for (number, worker) in workers.iter().enumerate() {
        let number = number.to_string();
        let mut total = 0;
        for (place, count) in worker.forwarding.counts.iter().enumerate() {
            total += count;
            let bound = ForwardingTimes::BOUNDS_US.get(place);
            let bound =
                bound.map_or("+Inf".to_owned(), |us| format!("{}.{:06}", us / 1_000_000, us % 1_000_000));
            out.sample(&format!("{name}_bucket"), &[("worker", &number), ("le", &bound)], total);
        }
        out.seconds(&format!("{name}_sum"), &[("worker", &number)], worker.forwarding.total_us);
        out.sample(&format!("{name}_count"), &[("worker", &number)], total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn forwarding_times_are_a_histogram_for_each_worker() {
        let mut worker = WorkerMetrics::default();
        worker.forwarding.counts[0] = 3;
        worker.forwarding.counts[6] = 2;
        worker.forwarding.counts[14] = 1;
        worker.forwarding.total_us = 1_202_000;
        let mut out = Exposition::default();
        write_forwarding(&[worker], &mut out);
        expect![[r##"
            # HELP giaoban_sfu_forwarding_seconds Time of a datagram in the node until all it caused was sent.
            # TYPE giaoban_sfu_forwarding_seconds histogram
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.000016"} 3
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.000032"} 3
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.000064"} 3
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.000128"} 3
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.000256"} 3
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.000512"} 3
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.001024"} 5
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.002048"} 5
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.004096"} 5
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.008192"} 5
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.016384"} 5
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.032768"} 5
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.065536"} 5
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="0.131072"} 5
            giaoban_sfu_forwarding_seconds_bucket{worker="0",le="+Inf"} 6
            giaoban_sfu_forwarding_seconds_sum{worker="0"} 1.202000
            giaoban_sfu_forwarding_seconds_count{worker="0"} 6
        "##]]
        .assert_eq(&out.into_text());
    }
}
