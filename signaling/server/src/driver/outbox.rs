//! The bounded queue between the hub's task and one WebSocket.

use axum::extract::ws::Utf8Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Frames waiting for one client. A busy meeting sends some 20 a second, so this is ten seconds of a line that
/// stands still. When it is full the client is told to come back (`Bye Overrun`) and resumes from where it was.
const OUTBOX_FRAMES: usize = 256;

/// Bytes waiting for one client: the snapshot of 5,000 seats, twice.
const OUTBOX_BYTES: usize = 5 * 1024 * 1024;

/// How a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After what was sent on it.
    Finished,
    /// At once: the client reads too slowly, so what waits for it is thrown away.
    Overrun,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It waits for the WebSocket, or the WebSocket is gone and its closing is on the way.
    Queued,
    /// The client is too far behind.
    Full,
}

/// The hub's end.
#[derive(Debug)]
pub struct OutboxSender {
    frames: mpsc::Sender<Utf8Bytes>,
    waiting_bytes: Arc<AtomicUsize>,
    end: oneshot::Sender<End>,
}

/// The WebSocket's end.
#[derive(Debug)]
pub struct Outbox {
    /// What is to be sent.
    pub frames: Frames,
    /// Resolves once, when the hub is done with the connection.
    pub end: oneshot::Receiver<End>,
}

/// Frames on their way to a client.
#[derive(Debug)]
pub struct Frames {
    queue: mpsc::Receiver<Utf8Bytes>,
    waiting_bytes: Arc<AtomicUsize>,
}

/// A queue for one WebSocket.
pub fn outbox() -> (OutboxSender, Outbox) {
    let (frames, receiver) = mpsc::channel(OUTBOX_FRAMES);
    let (end, ended) = oneshot::channel();
    let waiting_bytes = Arc::new(AtomicUsize::new(0));
    let sender = OutboxSender { frames, waiting_bytes: Arc::clone(&waiting_bytes), end };
    (sender, Outbox { frames: Frames { queue: receiver, waiting_bytes }, end: ended })
}

impl OutboxSender {
    /// Queues a frame. A queue that was full once is full for good: its connection ends.
    pub(super) fn send(&self, text: Utf8Bytes) -> Sent {
        let length = text.len();
        // Added before it is queued: the reader subtracts as soon as it sees the frame.
        let waiting = self.waiting_bytes.fetch_add(length, Ordering::Relaxed);
        if waiting.saturating_add(length) > OUTBOX_BYTES {
            return Sent::Full;
        }
        match self.frames.try_send(text) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Sent::Queued,
            Err(mpsc::error::TrySendError::Full(_)) => Sent::Full,
        }
    }

    pub(super) fn finish(self) {
        // The WebSocket may have closed by itself.
        let _ = self.end.send(End::Finished);
    }

    pub(super) fn overrun(self) {
        let _ = self.end.send(End::Overrun);
    }
}

impl Frames {
    /// The next frame; `None` after the last one.
    pub async fn next(&mut self) -> Option<Utf8Bytes> {
        let text = self.queue.recv().await?;
        self.waiting_bytes.fetch_sub(text.len(), Ordering::Relaxed);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_outbox_says_so_by_frames_and_by_bytes() {
        let (sender, _outbox) = outbox();
        for _ in 0..OUTBOX_FRAMES {
            assert_eq!(sender.send("x".into()), Sent::Queued);
        }
        assert_eq!(sender.send("x".into()), Sent::Full);

        let (sender, mut outbox) = outbox();
        assert_eq!(sender.send("x".repeat(OUTBOX_BYTES).into()), Sent::Queued);
        assert_eq!(outbox.frames.next().await.map(|text| text.len()), Some(OUTBOX_BYTES));
        assert_eq!(sender.send("x".repeat(OUTBOX_BYTES).into()), Sent::Queued);
        assert_eq!(sender.send("x".into()), Sent::Full);
    }

    #[tokio::test]
    async fn what_was_sent_before_the_end_is_still_there() {
        let (sender, mut outbox) = outbox();
        sender.send("last".into());
        sender.finish();
        assert_eq!((&mut outbox.end).await, Ok(End::Finished));
        assert_eq!(outbox.frames.next().await.as_ref().map(Utf8Bytes::as_str), Some("last"));
        assert_eq!(outbox.frames.next().await, None);
    }
}
