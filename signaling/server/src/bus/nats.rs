//! The bus over NATS servers.
//!
//! The client library keeps one connection and comes back by itself; what is ours is that nobody waits for it: every call
//! fails at once while the server is away, and a refusal of the server ends what it refused.
//!
//! Walk: `options` what is configured → `line` whether the connection is there → this file: messages and questions →
//! `storage` keys and logs on JetStream → `follow` watches.

mod follow;
mod line;
mod options;
mod storage;

pub use options::{Credentials, CredentialsError, NatsOptions, NatsStorage, ServerAddress};
pub(super) use storage::Storage;

use super::counters::BusCounters;
use super::error::BusError;
use super::message::{Mailbox, Message, ReplyPath, ReplyTo, Subscription};
use super::state::BusState;
use super::subjects::{ClusterName, Pattern, Subject};
use super::{Identity, SUBSCRIPTIONS_MAX};
use async_nats::{Client, PublishErrorKind, Request, RequestErrorKind, Subscriber};
use axum::body::Bytes;
use futures_util::StreamExt as _;
use line::{Line, Refusals};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;

/// How long a server may take for what needs no other node. It is on the same network; a slower one is as good as away.
const SERVER_TIMEOUT: Duration = Duration::from_secs(2);

/// One node's door.
pub(super) struct Remote {
    client: Client,
    line: Arc<Line>,
    counters: Arc<BusCounters>,
    subscriptions: Arc<Semaphore>,
    keeper: JoinHandle<()>,
}

impl Remote {
    /// A door that begins to connect. It must be called within a runtime.
    pub(super) async fn open(
        options: &NatsOptions,
        identity: &Identity,
        counters: Arc<BusCounters>,
    ) -> Result<Self, BusError> {
        let (client, line, keeper) = line::open(options, identity, Arc::clone(&counters)).await?;
        let subscriptions = Arc::new(Semaphore::new(SUBSCRIPTIONS_MAX));
        Ok(Self { client, line, counters, subscriptions, keeper })
    }

    pub(super) fn publish(&self, subject: &Subject, payload: Bytes) -> Result<(), BusError> {
        self.send(subject.to_string(), payload)
    }

    pub(super) fn answer(&self, to: ReplyTo, payload: Bytes) -> Result<(), BusError> {
        match to.0 {
            ReplyPath::Nats(inbox) => self.send(inbox, payload),
            other @ ReplyPath::InProcess(_) => {
                other.answer_in_process(payload);
                Ok(())
            }
        }
    }

    /// Hands a message to the connection. Its queue is full only if the server reads too slowly.
    fn send(&self, subject: String, payload: Bytes) -> Result<(), BusError> {
        self.line.present()?;
        // The library waits for room; whoever sends here does not. A task that has used up its budget must not look
        // like a full queue.
        let sending = tokio::task::unconstrained(self.client.publish(subject, payload));
        match pin!(sending).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Ok(()),
            Poll::Ready(Err(error)) => Err(match error.kind() {
                PublishErrorKind::MaxPayloadExceeded => self.line.too_small(),
                PublishErrorKind::Send | PublishErrorKind::InvalidSubject => {
                    BusError::Failed { what: error.to_string() }
                }
            }),
            Poll::Pending => Err(BusError::Busy),
        }
    }

    pub(super) async fn subscribe(&self, pattern: &Pattern) -> Result<Subscription, BusError> {
        let place = Arc::clone(&self.subscriptions).try_acquire_owned().map_err(|_| BusError::Busy)?;
        let text = pattern.to_string();
        let refusals = self.line.refusals();
        let subscribing = async {
            let subscriber = self.client.subscribe(text.clone()).await.map_err(failed)?;
            line::round_trip(&self.client).await?;
            Ok(subscriber)
        };
        let subscriber = self.line.guard(|refused| refused == text, SERVER_TIMEOUT, subscribing).await?;
        let (mailbox, subscription) = Mailbox::open(Arc::clone(&self.counters));
        let counters = Arc::clone(&self.counters);
        tokio::spawn(Pump { subscriber, mailbox, refusals, text, counters, _place: place }.run());
        Ok(subscription)
    }

    pub(super) async fn request(
        &self,
        subject: &Subject,
        payload: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, BusError> {
        let text = subject.to_string();
        // An inbox of its own per question: the library's shared one remembers every question that got no answer.
        let inbox = self.client.new_inbox();
        let request = Request::new().payload(payload).inbox(inbox).timeout(None);
        let asking = async {
            match self.client.send_request(text.clone(), request).await {
                Ok(answer) => Ok(answer.payload),
                Err(error) => Err(match error.kind() {
                    RequestErrorKind::NoResponders => BusError::NobodyAnswers { subject: text.clone() },
                    RequestErrorKind::TimedOut => BusError::Timeout,
                    RequestErrorKind::MaxPayloadExceeded => self.line.too_small(),
                    RequestErrorKind::InvalidSubject | RequestErrorKind::Other => failed(error),
                }),
            }
        };
        self.line.guard(|refused| refused == text, timeout, asking).await
    }

    /// Keys and logs of a cluster.
    pub(super) fn storage(&self, cluster: ClusterName, replicas: u8) -> Storage {
        Storage::new(&self.client, Arc::clone(&self.line), cluster, replicas)
    }

    /// Whether the connection is there.
    pub(super) fn state(&self) -> watch::Receiver<BusState> {
        self.line.state()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // It holds the connection open.
        self.keeper.abort();
    }
}

/// Carries messages from the connection to a subscription.
struct Pump {
    subscriber: Subscriber,
    mailbox: Mailbox,
    refusals: Refusals,
    text: String,
    counters: Arc<BusCounters>,
    _place: OwnedSemaphorePermit,
}

impl Pump {
    async fn run(mut self) {
        loop {
            tokio::select! {
                message = self.subscriber.next() => match message {
                    Some(message) => self.take(message),
                    None => return self.mailbox.end(BusError::Failed { what: "it was closed".to_owned() }),
                },
                what = line::refused(&mut self.refusals, |refused| refused == self.text) => {
                    return self.mailbox.end(BusError::Refused { what });
                }
                () = self.mailbox.closed() => return,
            }
        }
    }

    fn take(&self, message: async_nats::Message) {
        let Ok(subject) = Subject::parse(&message.subject) else {
            self.counters.unreadable.add(1);
            return;
        };
        let reply = message.reply.map(|inbox| ReplyTo(ReplyPath::Nats(inbox.to_string())));
        self.mailbox.offer(Message { subject, payload: message.payload, reply });
    }
}

/// An error of the library that says nothing a caller could act on otherwise.
fn failed(error: impl std::fmt::Display) -> BusError {
    BusError::Failed { what: error.to_string() }
}
