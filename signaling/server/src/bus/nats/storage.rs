//! Keys and logs on JetStream.
//!
//! A bucket is a stream in the form of NATS's own key-value buckets (`KV_gb_<cluster>_<bucket>`), so its tools can show it.
//! All logs of a cluster are one stream, a subject each. Reads go to the stream's leader: what has been written is read.

use super::line::Line;
use super::{SERVER_TIMEOUT, failed, follow};
use crate::bus::error::BusError;
use crate::bus::keys::{Bucket, Entry, Expect, Key, Revision, Watch};
use crate::bus::log::{LogEntry, LogName};
use crate::bus::subjects::{ClusterName, Token};
use async_nats::Client;
use async_nats::header::{HeaderMap, NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID};
use async_nats::jetstream::context::{CreateStreamErrorKind, PublishErrorKind};
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, LastRawMessageErrorKind, StorageType, Stream};
use async_nats::jetstream::{Context, ContextBuilder, ErrorCode};
use axum::body::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Room of one bucket, bytes: a hundred thousand keys of a few hundred bytes. When it is full, writes fail as
/// [`BusError::Full`].
const BUCKET_MAX_BYTES: i64 = 64 * 1024 * 1024;

/// Room of a cluster's logs, bytes. When it is full the oldest entries go: what must be kept for good is in the store.
const LOGS_MAX_BYTES: i64 = 512 * 1024 * 1024;

/// How long entries of logs are kept at most: a meeting that goes on over a long weekend.
const LOGS_MAX_AGE: Duration = Duration::from_secs(7 * 24 * 3_600);

/// How long an id of an entry is recognised when it comes again.
const IDS_KNOWN_FOR: Duration = Duration::from_secs(120);

/// The header by which NATS marks a removed key, and its value.
pub(super) const OPERATION: &str = "KV-Operation";
pub(super) const REMOVED: &str = "DEL";

/// Streams this node has seen or made, each with the connection it was on.
type Known = Mutex<BTreeMap<String, u64>>;

/// A cluster's keys and logs.
#[derive(Clone)]
pub(in crate::bus) struct Storage {
    context: Context,
    line: Arc<Line>,
    cluster: ClusterName,
    replicas: u8,
    known: Arc<Known>,
}

impl Storage {
    pub(super) fn new(client: &Client, line: Arc<Line>, cluster: ClusterName, replicas: u8) -> Self {
        let context =
            ContextBuilder::new().timeout(SERVER_TIMEOUT).ack_timeout(SERVER_TIMEOUT).build(client.clone());
        Self { context, line, cluster, replicas, known: Arc::new(Known::default()) }
    }

    pub(in crate::bus) async fn get(&self, bucket: Bucket, key: &Key) -> Result<Option<Entry>, BusError> {
        let last = self.guard(bucket_tag(&self.cluster, bucket), self.last(bucket, key)).await?;
        Ok(last
            .filter(|message| !is_removed(&message.headers))
            .map(|message| Entry { revision: Revision(message.sequence), value: message.payload }))
    }

    /// Writes a value, or removes it if there is none.
    pub(in crate::bus) async fn put(
        &self,
        bucket: Bucket,
        key: &Key,
        value: Option<Bytes>,
        expect: Expect,
    ) -> Result<Revision, BusError> {
        self.guard(bucket_tag(&self.cluster, bucket), async {
            self.stream(&self.bucket_config(bucket)).await?;
            match expect {
                Expect::Anything => self.write(bucket, key, value, None).await,
                Expect::Last(revision) => self.write(bucket, key, value, Some(revision)).await,
                Expect::Absent => {
                    let first = self.write(bucket, key, value.clone(), Some(Revision::NONE)).await;
                    if first != Err(BusError::Conflict) {
                        return first;
                    }
                    // A removed key leaves a mark, after which it may be written.
                    match self.last(bucket, key).await? {
                        Some(mark) if is_removed(&mark.headers) => {
                            self.write(bucket, key, value, Some(Revision(mark.sequence))).await
                        }
                        Some(_) | None => first,
                    }
                }
            }
        })
        .await
    }

    async fn write(
        &self,
        bucket: Bucket,
        key: &Key,
        value: Option<Bytes>,
        last: Option<Revision>,
    ) -> Result<Revision, BusError> {
        let mut headers = HeaderMap::new();
        if value.is_none() {
            headers.insert(OPERATION, REMOVED);
        }
        if let Some(Revision(last)) = last {
            headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, last.to_string());
        }
        let subject = format!("{}{key}", bucket_prefix(&self.cluster, bucket));
        self.store(subject, headers, value.unwrap_or_default()).await
    }

    async fn last(&self, bucket: Bucket, key: &Key) -> Result<Option<StreamMessage>, BusError> {
        let stream = self.stream(&self.bucket_config(bucket)).await?;
        let subject = format!("{}{key}", bucket_prefix(&self.cluster, bucket));
        match stream.get_last_raw_message_by_subject(&subject).await {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    pub(in crate::bus) async fn watch(&self, bucket: Bucket) -> Result<Watch, BusError> {
        follow::open(self.clone(), bucket).await
    }

    pub(in crate::bus) async fn append(
        &self,
        log: &LogName,
        id: &Token,
        payload: Bytes,
        after: Option<Revision>,
    ) -> Result<Revision, BusError> {
        let mut headers = HeaderMap::new();
        // The server compares ids over all logs of the stream.
        headers.insert(NATS_MESSAGE_ID, format!("{log}.{id}"));
        if let Some(Revision(after)) = after {
            headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, after.to_string());
        }
        self.guard(logs_tag(&self.cluster), async {
            self.stream(&self.logs_config()).await?;
            self.store(self.log_subject(log), headers, payload).await
        })
        .await
    }

    pub(in crate::bus) async fn read(
        &self,
        log: &LogName,
        after: Revision,
        most: usize,
    ) -> Result<Vec<LogEntry>, BusError> {
        let subject = self.log_subject(log);
        let mut entries = Vec::new();
        let mut next = after.0.saturating_add(1);
        while entries.len() < most {
            let reading = async {
                let stream = self.stream(&self.logs_config()).await?;
                let asked = stream.raw_message_builder().next_by_subject(subject.clone()).sequence(next);
                match asked.send().await {
                    Ok(message) => Ok(Some(message)),
                    Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
                    Err(error) => Err(failed(error)),
                }
            };
            let Some(message) = self.guard(logs_tag(&self.cluster), reading).await? else { break };
            next = message.sequence.saturating_add(1);
            entries.push(LogEntry { revision: Revision(message.sequence), payload: message.payload });
        }
        Ok(entries)
    }

    /// Stores one message and gives its place.
    async fn store(&self, subject: String, headers: HeaderMap, payload: Bytes) -> Result<Revision, BusError> {
        let publishing = self.context.publish_with_headers(subject, headers, payload);
        let stored = match publishing.await {
            Ok(waiting) => waiting.await,
            Err(error) => Err(error),
        };
        stored.map(|place| Revision(place.sequence)).map_err(|error| match error.kind() {
            PublishErrorKind::WrongLastSequence => BusError::Conflict,
            PublishErrorKind::TimedOut => BusError::Timeout,
            PublishErrorKind::MaxAckPending => BusError::Busy,
            PublishErrorKind::MaxPayloadExceeded => self.line.too_small(),
            PublishErrorKind::StreamNotFound => BusError::NoStorage,
            PublishErrorKind::WrongLastMessageId | PublishErrorKind::BrokenPipe | PublishErrorKind::Other => {
                let words =
                    std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                let full = words.contains("maximum")
                    || words.contains("insufficient")
                    || words.contains("resources");
                if full { BusError::Full { what: words } } else { BusError::Failed { what: words } }
            }
        })
    }

    /// A stream, made if it is not there. On each connection it is looked for once.
    pub(super) async fn stream(&self, config: &Config) -> Result<Stream<()>, BusError> {
        let connection = *self.line.connection().borrow();
        let known = self.known().get(&config.name).is_some_and(|seen| *seen == connection);
        if !known {
            self.context.get_or_create_stream(config).await.map_err(|error| match error.kind() {
                CreateStreamErrorKind::JetStreamUnavailable => BusError::NoStorage,
                CreateStreamErrorKind::TimedOut => BusError::Timeout,
                CreateStreamErrorKind::JetStream(error) => match error.error_code() {
                    ErrorCode::INSUFFICIENT_RESOURCES | ErrorCode::STORAGE_RESOURCES_EXCEEDED => {
                        BusError::Full { what: config.name.clone() }
                    }
                    ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => {
                        BusError::NoStorage
                    }
                    _other => failed(error),
                },
                CreateStreamErrorKind::EmptyStreamName
                | CreateStreamErrorKind::InvalidStreamName
                | CreateStreamErrorKind::DomainAndExternalSet
                | CreateStreamErrorKind::NotFound
                | CreateStreamErrorKind::ResponseParse
                | CreateStreamErrorKind::Response => failed(error),
            })?;
            self.known().insert(config.name.clone(), connection);
        }
        self.context.get_stream_no_info(&config.name).await.map_err(failed)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with a stream that the server may refuse.
    pub(super) async fn guard<T>(
        &self,
        tag: String,
        work: impl Future<Output = Result<T, BusError>>,
    ) -> Result<T, BusError> {
        self.line.guard(|refused| refused.contains(&tag), SERVER_TIMEOUT * 2, work).await
    }

    /// Whether the connection is there.
    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    /// An inbox of this node that nobody uses yet.
    pub(super) fn inbox(&self) -> String {
        self.context.client().new_inbox()
    }

    /// Whose keys they are.
    pub(super) const fn cluster(&self) -> &ClusterName {
        &self.cluster
    }

    pub(super) fn bucket_config(&self, bucket: Bucket) -> Config {
        Config {
            name: format!("KV_{}", bucket_tag(&self.cluster, bucket)),
            subjects: vec![format!("{}>", bucket_prefix(&self.cluster, bucket))],
            max_bytes: BUCKET_MAX_BYTES,
            max_messages_per_subject: 1,
            discard: DiscardPolicy::New,
            allow_rollup: true,
            ..self.kept()
        }
    }

    fn logs_config(&self) -> Config {
        Config {
            name: logs_tag(&self.cluster),
            subjects: vec![format!("gb.log.{}.*", self.cluster)],
            max_bytes: LOGS_MAX_BYTES,
            max_age: LOGS_MAX_AGE,
            duplicate_window: IDS_KNOWN_FOR,
            discard: DiscardPolicy::Old,
            ..self.kept()
        }
    }

    fn kept(&self) -> Config {
        Config { storage: StorageType::File, num_replicas: self.replicas.into(), ..Config::default() }
    }

    fn log_subject(&self, log: &LogName) -> String {
        format!("gb.log.{}.{log}", self.cluster)
    }
}

/// What names a bucket in its stream and all its subjects.
pub(super) fn bucket_tag(cluster: &ClusterName, bucket: Bucket) -> String {
    format!("gb_{cluster}_{}", bucket.name())
}

/// What stands before a key in its subject.
pub(super) fn bucket_prefix(cluster: &ClusterName, bucket: Bucket) -> String {
    format!("$KV.{}.", bucket_tag(cluster, bucket))
}

fn logs_tag(cluster: &ClusterName) -> String {
    format!("gb_{cluster}_logs")
}

/// Whether a message marks a removed key.
pub(super) fn is_removed(headers: &HeaderMap) -> bool {
    headers.get(OPERATION).is_some_and(|operation| matches!(operation.as_str(), REMOVED | "PURGE"))
}
