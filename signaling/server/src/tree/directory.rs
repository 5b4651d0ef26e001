//! Who may come in at a node below: a copy of the parent's units and accounts of its branch, asked for again and again.
//!
//! A node below asks its parent every few seconds whether what it has is still so, by a hash; if not, it fetches the whole
//! in parts. A part is of one version; if that changes meanwhile, it begins anew.

use crate::bus::{
    Bus, BusError, Message, NodeName as BusName, PAYLOAD_MAX_BYTES, Pattern, Scope, Subject, Subscription,
    Topic,
};
use crate::clock;
use crate::store::{Directory, Store, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use signaling_core::NodeName;
use signaling_protocol::UnitCode;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// What is asked about.
const DIRECTORY: Topic = Topic::new("directory");

/// How often a node asks. A code that was issued at the top lets a room in below within this.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// How long an answer may take: a part on a thin line.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a parent answers from what it has read: a hundred children ask at about the same time.
const READ_EVERY: Duration = Duration::from_secs(2);

/// Bytes of one part; the rest of a message is its head.
const PART_BYTES: usize = 192 * 1024;

/// Parts of one directory: 50 MB, some hundred thousand accounts. More is refused as what it is, a broken parent.
const PARTS_MAX: u32 = 256;

const _: () = assert!(PART_BYTES + 1_024 < PAYLOAD_MAX_BYTES);

/// A question.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question {
    /// What who asks has.
    have: Option<String>,
    /// Which part.
    part: u32,
}

/// The first line of an answer; the part follows it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    hash: String,
    /// 0 if who asked has it already.
    parts: u32,
}

/// Why a directory was not taken over.
#[derive(Debug, thiserror::Error)]
pub(super) enum DirectoryError {
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the parent's answer is not understood: {0}; are both nodes of one release?")]
    Malformed(&'static str),
}

fn hash(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What a parent has read lately.
#[derive(Default)]
pub(super) struct Reading(Mutex<Option<(Instant, Arc<Directory>)>>);

impl Reading {
    async fn now(&self, store: &Store) -> Result<Arc<Directory>, StoreError> {
        let mut read = self.0.lock().await;
        let now = clock::instant();
        if let Some((at, directory)) = &*read
            && now.saturating_duration_since(*at) < READ_EVERY
        {
            return Ok(Arc::clone(directory));
        }
        let directory = Arc::new(store.directory().await?);
        *read = Some((now, Arc::clone(&directory)));
        Ok(directory)
    }
}

/// What a child asks.
pub(super) async fn questions(bus: &Bus, child: &NodeName) -> Result<Subscription, BusError> {
    bus.subscribe(&Pattern::Exactly(Subject::new(Scope::Up(BusName::from(child)), DIRECTORY))).await
}

/// Answers one child until the subscription ends.
pub(super) async fn answer_all(
    mut questions: Subscription,
    (bus, store, reading): (Bus, Store, Arc<Reading>),
    branch: Vec<UnitCode>,
) {
    while let Some(Message { payload, reply, .. }) = questions.next().await {
        let (Some(reply), Ok(question)) = (reply, serde_json::from_slice::<Question>(&payload)) else {
            continue;
        };
        match reading.now(&store).await {
            Ok(directory) => {
                let answer = answer(&directory.of_branch(&branch), &question);
                // Who asked asks again.
                let _ = bus.answer(reply, answer.into());
            }
            Err(error) => tracing::error!(%error, "a node below cannot be told its accounts"),
        }
    }
}

fn answer(directory: &Directory, question: &Question) -> Vec<u8> {
    // Rows are texts and numbers; they always have a JSON form.
    let whole = serde_json::to_vec(directory).unwrap_or_default();
    let hash = hash(&whole);
    let known = question.have.as_ref() == Some(&hash);
    let count = u32::try_from(whole.chunks(PART_BYTES).count()).unwrap_or(u32::MAX);
    let part = usize::try_from(question.part).ok().and_then(|part| whole.chunks(PART_BYTES).nth(part));
    let head = Head { hash, parts: if known { 0 } else { count } };
    let mut answer = serde_json::to_vec(&head).unwrap_or_default();
    answer.push(b'\n');
    answer.extend_from_slice(part.filter(|_| !known).unwrap_or_default());
    answer
}

/// Waits for the first copy.
pub(super) async fn first(bus: &Bus, store: &Store, own: &BusName) -> Result<(), StoreError> {
    loop {
        match fetch(bus, own, None).await {
            Ok(Some((_, directory))) if !directory.units.is_empty() => {
                return store.take_directory(&directory, clock::wall().0).await;
            }
            Ok(_) => tracing::warn!("the node above has no units for this branch yet; import them there"),
            Err(error) => tracing::warn!(%error, "the node above does not answer yet; it is asked again"),
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Keeps this node's copy like its parent's.
pub(super) async fn follow(bus: Bus, store: Store, own: BusName) {
    let mut have = None;
    let mut told = false;
    loop {
        match fetch(&bus, &own, have.as_deref()).await {
            Ok(None) => told = false,
            Ok(Some((hash, directory))) => match store.take_directory(&directory, clock::wall().0).await {
                Ok(()) => {
                    tracing::info!(
                        units = directory.units.len(),
                        sites = directory.sites.len(),
                        accounts = directory.accounts.len(),
                        "took over the parent's units and accounts"
                    );
                    have = Some(hash);
                    told = false;
                }
                Err(error) => tracing::error!(%error, "the parent's units and accounts are not taken over"),
            },
            // Said once for each time the parent is away.
            Err(error) if !told => {
                tracing::warn!(%error, "the parent is not asked for units and accounts; those here are used on");
                told = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// The parent's directory, if it is another one than we have.
async fn fetch(
    bus: &Bus,
    own: &BusName,
    have: Option<&str>,
) -> Result<Option<(String, Directory)>, DirectoryError> {
    let mut whole = Vec::new();
    let mut version: Option<Head> = None;
    loop {
        let part = u32::try_from(whole.len() / PART_BYTES).unwrap_or(u32::MAX);
        let question = Question { have: have.map(str::to_owned), part };
        let text = serde_json::to_vec(&question).unwrap_or_default();
        let subject = Subject::new(Scope::Up(own.clone()), DIRECTORY);
        let answer = bus.request(&subject, text.into(), ANSWER_TIMEOUT).await?;
        let end =
            answer.iter().position(|byte| *byte == b'\n').ok_or(DirectoryError::Malformed("no head"))?;
        let (head, bytes) = answer.split_at(end);
        let head: Head = serde_json::from_slice(head).map_err(|_| DirectoryError::Malformed("its head"))?;
        if head.parts == 0 {
            return Ok(None);
        }
        if head.parts > PARTS_MAX {
            return Err(DirectoryError::Malformed("too many parts"));
        }
        if version.as_ref().is_some_and(|version| version.hash != head.hash) {
            whole.clear();
            version = None;
            continue;
        }
        whole.extend_from_slice(bytes.get(1..).unwrap_or_default());
        let last = part.saturating_add(1) >= head.parts;
        if last {
            if hash(&whole) != head.hash {
                return Err(DirectoryError::Malformed("not what its hash says"));
            }
            let directory =
                serde_json::from_slice(&whole).map_err(|_| DirectoryError::Malformed("its content"))?;
            return Ok(Some((head.hash, directory)));
        }
        version = Some(head);
    }
}
