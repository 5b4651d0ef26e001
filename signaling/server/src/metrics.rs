//! Plain counters and their text form for Prometheus. No label holds a name of a meeting, a site or a person.

mod exposition;

pub use exposition::{CONTENT_TYPE as EXPOSITION_TYPE, Exposition};

use signaling_protocol::{ByeReason, Refusal};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the commit time's buckets, milliseconds: from a fast disk to one that is ill.
const COMMIT_BUCKETS_MS: [u64; 10] = [1, 2, 5, 10, 20, 50, 100, 250, 1_000, 5_000];

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Its value.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a sign-in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignInResult {
    /// Let in.
    Accepted,
    /// Wrong name or secret.
    Wrong,
    /// The name is locked.
    Locked,
    /// Too many tries from the address or too many at once.
    Limited,
}

/// Everything this process counts, but for the SFU's figures.
#[derive(Debug, Default)]
pub struct Metrics {
    /// WebSockets opened.
    pub connections: Counter,
    /// WebSockets closed.
    pub connections_closed: Counter,
    /// WebSockets refused because the node is full.
    pub connections_refused: Counter,
    /// Text frames from clients.
    pub frames_in: Counter,
    /// Frames refused by the WebSocket itself: too large, binary, not UTF-8.
    pub frames_refused: Counter,
    /// Frames queued for clients.
    pub frames_out: Counter,
    /// Clients that read too slowly.
    pub overruns: Counter,
    facts_stored: Counter,
    commits: [Counter; COMMIT_BUCKETS_MS.len() + 1],
    commit_microseconds: Counter,
    byes: Mutex<BTreeMap<&'static str, u64>>,
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    sign_ins: Mutex<BTreeMap<SignInResult, u64>>,
    requests: Mutex<BTreeMap<(String, u16), u64>>,
}

impl Metrics {
    /// Facts were stored in one commit.
    pub fn on_stored(&self, facts: usize, took: Duration) {
        self.facts_stored.add(u64::try_from(facts).unwrap_or(u64::MAX));
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let bucket = COMMIT_BUCKETS_MS.iter().position(|bound| milliseconds < *bound);
        if let Some(counter) = self.commits.get(bucket.unwrap_or(COMMIT_BUCKETS_MS.len())) {
            counter.add(1);
        }
        self.commit_microseconds.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// A connection was told why it ends.
    pub fn on_bye(&self, reason: ByeReason) {
        count(&self.byes, bye_name(reason));
    }

    /// An HTTP call was refused.
    pub fn on_refusal(&self, refusal: Refusal) {
        count(&self.refusals, refusal_name(refusal));
    }

    /// Somebody tried to sign in.
    pub fn on_sign_in(&self, result: SignInResult) {
        count(&self.sign_ins, result);
    }

    /// An HTTP request was answered. The route is the pattern, never the path.
    pub fn on_request(&self, route: &str, status: u16) {
        count(&self.requests, (route.to_owned(), status));
    }

    /// WebSockets open now.
    pub fn open_connections(&self) -> u64 {
        self.connections.value().saturating_sub(self.connections_closed.value())
    }

    /// Writes all figures down.
    pub fn write(&self, out: &mut Exposition) {
        out.gauge("giaoban_websocket_connections", "WebSockets open now.", self.open_connections());
        out.counter("giaoban_websocket_opened_total", "WebSockets opened.", self.connections.value());
        out.counter(
            "giaoban_websocket_refused_total",
            "WebSockets refused because the node is full.",
            self.connections_refused.value(),
        );
        out.counter("giaoban_frames_in_total", "Text frames from clients.", self.frames_in.value());
        out.counter("giaoban_frames_out_total", "Frames queued for clients.", self.frames_out.value());
        out.counter(
            "giaoban_frames_refused_total",
            "Frames refused by the WebSocket itself: too large, binary or not UTF-8.",
            self.frames_refused.value(),
        );
        out.counter("giaoban_overruns_total", "Clients that read too slowly.", self.overruns.value());
        out.counter("giaoban_facts_stored_total", "Facts stored.", self.facts_stored.value());
        self.write_commits(out);
        let name = "giaoban_byes_total";
        out.counters(name, "Connections ended by the node.", "reason", copy(&self.byes).into_iter());
        let name = "giaoban_api_refusals_total";
        out.counters(name, "HTTP calls refused.", "refusal", copy(&self.refusals).into_iter());
        let sign_ins = copy(&self.sign_ins).into_iter().map(|(result, count)| (sign_in_name(result), count));
        out.counters("giaoban_sign_ins_total", "Sign-ins by result.", "result", sign_ins);
        out.header(
            "giaoban_http_requests_total",
            "HTTP requests by route and status, without those whose head was refused before it was read.",
            "counter",
        );
        for ((route, status), count) in copy(&self.requests) {
            let status = status.to_string();
            out.sample("giaoban_http_requests_total", &[("route", &route), ("status", &status)], count);
        }
    }

    fn write_commits(&self, out: &mut Exposition) {
        let name = "giaoban_store_commit_seconds";
        out.header(name, "Time to make a round's facts durable.", "histogram");
        let mut total = 0;
        for (counter, bound) in self.commits.iter().zip(COMMIT_BUCKETS_MS) {
            total += counter.value();
            let bound = format!("{}.{:03}", bound / 1_000, bound % 1_000);
            out.sample(&format!("{name}_bucket"), &[("le", &bound)], total);
        }
        total += self.commits.last().map_or(0, Counter::value);
        out.sample(&format!("{name}_bucket"), &[("le", "+Inf")], total);
        out.seconds(&format!("{name}_sum"), &[], self.commit_microseconds.value());
        out.sample(&format!("{name}_count"), &[], total);
    }
}

fn count<K: Ord>(map: &Mutex<BTreeMap<K, u64>>, key: K) {
    *map.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
}

fn copy<K: Ord + Clone>(map: &Mutex<BTreeMap<K, u64>>) -> BTreeMap<K, u64> {
    map.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

const fn sign_in_name(result: SignInResult) -> &'static str {
    match result {
        SignInResult::Accepted => "accepted",
        SignInResult::Wrong => "wrong",
        SignInResult::Locked => "locked",
        SignInResult::Limited => "limited",
    }
}

const fn bye_name(reason: ByeReason) -> &'static str {
    match reason {
        ByeReason::Replaced => "replaced",
        ByeReason::Removed => "removed",
        ByeReason::Revoked => "revoked",
        ByeReason::Ended => "ended",
        ByeReason::Left => "left",
        ByeReason::Restarting => "restarting",
        ByeReason::Overrun => "overrun",
        ByeReason::Misbehaved => "misbehaved",
        ByeReason::Silent => "silent",
    }
}

fn refusal_name(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Malformed => "malformed",
        Refusal::TooLarge => "too_large",
        Refusal::RateLimited => "rate_limited",
        Refusal::HelloExpected => "hello_expected",
        Refusal::VersionMismatch => "version_mismatch",
        Refusal::SignedOut => "signed_out",
        Refusal::WrongCredential => "wrong_credential",
        Refusal::LockedOut => "locked_out",
        Refusal::PasswordChangeRequired => "password_change_required",
        Refusal::WeakPassword => "weak_password",
        Refusal::TicketInvalid => "ticket_invalid",
        Refusal::NotInvited => "not_invited",
        Refusal::Removed => "removed",
        Refusal::NotAllowed => "not_allowed",
        Refusal::OutsideScope => "outside_scope",
        Refusal::MicrophoneLocked => "microphone_locked",
        Refusal::NoSuchMeeting => "no_such_meeting",
        Refusal::NoSuchSeat => "no_such_seat",
        Refusal::NoSuchUnit => "no_such_unit",
        Refusal::NoSuchAccount => "no_such_account",
        Refusal::NameTaken => "name_taken",
        Refusal::NotStarted => "not_started",
        Refusal::Ended => "ended",
        Refusal::NotConnected => "not_connected",
        Refusal::PresenterBusy => "presenter_busy",
        Refusal::Apart => "apart",
        Refusal::NotApart => "not_apart",
        Refusal::NoSuchBranch => "no_such_branch",
        Refusal::Full => "full",
        Refusal::OfferRejected => "offer_rejected",
        Refusal::ParentAway => "parent_away",
        Refusal::Internal => "internal",
    }
}
