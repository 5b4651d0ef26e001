//! What arrives, and how much of it may wait.

use super::counters::BusCounters;
use super::error::BusError;
use super::subjects::Subject;
use axum::body::Bytes;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Messages that wait in one subscription. When it is full, the newest is dropped and counted: what was accepted stays
/// in order, and a sender is never held up by a receiver.
pub(super) const QUEUE_MAX: usize = 1_024;

/// Bytes of payload that wait in one subscription; beyond it the newest is dropped and counted as well.
pub(super) const QUEUE_MAX_BYTES: usize = 8 * 1024 * 1024;

const _: () = assert!(QUEUE_MAX_BYTES >= super::PAYLOAD_MAX_BYTES);

/// One message.
#[derive(Debug)]
pub struct Message {
    /// Where it was sent.
    pub subject: Subject,
    /// What it says.
    pub payload: Bytes,
    /// If it is a question: where its answer goes.
    pub reply: Option<ReplyTo>,
}

/// Where an answer goes. It is used once.
#[derive(Debug)]
pub struct ReplyTo(pub(super) ReplyPath);

/// How an answer gets there.
#[derive(Debug)]
pub(super) enum ReplyPath {
    /// Whoever of those asked answers first takes it.
    InProcess(Arc<Mutex<Option<oneshot::Sender<Bytes>>>>),
    /// The inbox of who asked.
    Nats(String),
}

impl ReplyPath {
    /// Answers within the process. Whether who asked still waits makes no difference to who answers.
    pub(super) fn answer_in_process(self, payload: Bytes) {
        let Self::InProcess(waiting) = self else { return };
        if let Some(sender) = waiting.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Who asked has given up.
            let _ = sender.send(payload);
        }
    }
}

/// What is common to both ends of a subscription.
#[derive(Debug, Default)]
struct Queue {
    bytes: AtomicUsize,
    dropped: AtomicU64,
    ended: OnceLock<BusError>,
}

/// Messages of a pattern, in order. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Subscription {
    receiver: mpsc::Receiver<Message>,
    queue: Arc<Queue>,
}

impl Subscription {
    /// The next message; `None` when the subscription has ended, see [`Subscription::ended`].
    pub async fn next(&mut self) -> Option<Message> {
        let message = self.receiver.recv().await?;
        self.queue.bytes.fetch_sub(message.payload.len(), Ordering::Relaxed);
        Some(message)
    }

    /// Messages that found the subscription full.
    pub fn dropped(&self) -> u64 {
        self.queue.dropped.load(Ordering::Relaxed)
    }

    /// Why the subscription has ended before it was dropped, if it has.
    pub fn ended(&self) -> Option<&BusError> {
        self.queue.ended.get()
    }
}

/// The other end of a subscription.
#[derive(Debug, Clone)]
pub(super) struct Mailbox {
    sender: mpsc::Sender<Message>,
    queue: Arc<Queue>,
    counters: Arc<BusCounters>,
}

impl Mailbox {
    /// A subscription and the end that fills it.
    pub(super) fn open(counters: Arc<BusCounters>) -> (Self, Subscription) {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let queue = Arc::new(Queue::default());
        (Self { sender, queue: Arc::clone(&queue), counters }, Subscription { receiver, queue })
    }

    /// Puts a message in, or drops and counts it.
    pub(super) fn offer(&self, message: Message) {
        let size = message.payload.len();
        let waiting = self.queue.bytes.fetch_add(size, Ordering::Relaxed);
        if waiting + size <= QUEUE_MAX_BYTES && self.sender.try_send(message).is_ok() {
            self.counters.received.add(1);
            return;
        }
        self.queue.bytes.fetch_sub(size, Ordering::Relaxed);
        if !self.sender.is_closed() {
            self.queue.dropped.fetch_add(1, Ordering::Relaxed);
            self.counters.dropped.add(1);
        }
    }

    /// Ends the subscription for a cause.
    pub(super) fn end(self, error: BusError) {
        // The first cause counts.
        let _ = self.queue.ended.set(error);
    }

    /// Waits until nobody reads any more.
    pub(super) async fn closed(&self) {
        self.sender.closed().await;
    }

    /// Whether nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}
