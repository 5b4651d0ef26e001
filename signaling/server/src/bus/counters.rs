//! What a node's door to the bus counts.

use super::error::BusError;
use super::state::BusState;
use crate::metrics::{Counter, Exposition};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What a node's door to the bus counts.
#[derive(Debug, Default)]
pub struct BusCounters {
    /// Messages sent, questions and answers not among them.
    pub published: Counter,
    /// Their bytes.
    pub published_bytes: Counter,
    /// Messages and questions that reached a subscription.
    pub received: Counter,
    /// Messages that found a subscription full.
    pub dropped: Counter,
    /// Messages with a subject or form that this version does not know.
    pub unreadable: Counter,
    /// What a server refused this node.
    pub refused: Counter,
    /// Questions asked.
    pub requests: Counter,
    /// Times the bus came back after it was away.
    pub reconnects: Counter,
    failures: Mutex<BTreeMap<&'static str, u64>>,
}

impl BusCounters {
    /// A message was sent.
    pub(super) fn on_published(&self, bytes: usize) {
        self.published.add(1);
        self.published_bytes.add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Something was not done.
    pub(super) fn on_failure(&self, error: &BusError) {
        *self.failures.lock().unwrap_or_else(PoisonError::into_inner).entry(error.label()).or_default() += 1;
    }

    /// How often something was not done for a cause of [`BusError::label`].
    pub fn failures(&self, label: &str) -> u64 {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).get(label).copied().unwrap_or(0)
    }

    /// Writes all figures down.
    pub fn write(&self, state: &BusState, out: &mut Exposition) {
        let connected = u64::from(state.away().is_none());
        out.gauge("giaoban_bus_connected", "Whether the bus is there: 1 or 0.", connected);
        if let BusState::Away { since, cause } = state {
            let name = "giaoban_bus_away_seconds";
            out.header(name, "How long the bus has been away, by cause.", "gauge");
            let seconds = crate::clock::instant().saturating_duration_since(*since).as_secs();
            out.sample(name, &[("cause", cause.label())], seconds);
        }
        let count = |counter: &Counter| counter.value();
        out.counter("giaoban_bus_published_total", "Messages sent.", count(&self.published));
        let help = "Bytes of messages sent.";
        out.counter("giaoban_bus_published_bytes_total", help, count(&self.published_bytes));
        out.counter("giaoban_bus_received_total", "Messages received.", count(&self.received));
        let help = "Messages dropped because who subscribed did not read.";
        out.counter("giaoban_bus_dropped_total", help, count(&self.dropped));
        let help = "Messages of a form that this version does not know.";
        out.counter("giaoban_bus_unreadable_total", help, count(&self.unreadable));
        let help = "What a bus server refused this node: a wrong permission or an intruder.";
        out.counter("giaoban_bus_refused_total", help, count(&self.refused));
        out.counter("giaoban_bus_requests_total", "Questions asked.", count(&self.requests));
        out.counter("giaoban_bus_reconnects_total", "Times the bus came back.", count(&self.reconnects));
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let help = "What the bus did not do, by cause.";
        out.counters("giaoban_bus_failures_total", help, "cause", failures.into_iter());
    }
}
