//! Whether the connection to a server is there, and what the server refuses.

use super::options::{Credentials, NatsOptions, ServerAddress};
use super::{SERVER_TIMEOUT, failed};
use crate::bus::counters::BusCounters;
use crate::bus::error::BusError;
use crate::bus::message::QUEUE_MAX;
use crate::bus::state::{AwayCause, BusState};
use crate::bus::{Identity, PAYLOAD_MAX_BYTES};
use crate::{clock, entropy};
use async_nats::connection::State;
use async_nats::{Auth, AuthError, Client, ClientError, ConnectOptions, Event, ServerError};
use axum::body::Bytes;
use futures_util::StreamExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

/// A silent server is taken for gone after three of these: a line that is cut tells nobody.
const PING_EVERY: Duration = Duration::from_secs(1);

/// The longest pause between two tries. A parent's programme must be back within five seconds of its line.
const BACK_OFF_MAX: Duration = Duration::from_secs(2);

/// The first pause; each further one is twice as long, up to [`BACK_OFF_MAX`].
const BACK_OFF_FIRST: Duration = Duration::from_millis(50);

/// What is sent but not yet written to the connection, messages. A further one is [`BusError::Busy`].
const SEND_QUEUE: usize = 2_048;

/// Messages of one subscription that the library holds until they are moved into its own queue.
const LIBRARY_QUEUE: usize = 4 * QUEUE_MAX;

/// News of the connection that wait to be looked at.
const EVENT_QUEUE: usize = 64;

/// Refusals that wait for whoever they concern. A slow one misses some and runs into its timeout.
const REFUSAL_QUEUE: usize = 256;

/// How often the state is compared with the library's, in case a piece of news was lost.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The inboxes of a node, in which answers arrive.
const INBOX: &str = "gb.inbox";

/// What the server refused.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    subject: String,
    words: String,
}

/// Refusals as they come.
pub(super) type Refusals = broadcast::Receiver<Refusal>;

/// Whether the connection is there.
pub(super) struct Line {
    state: watch::Sender<BusState>,
    /// Counts connections; what the server kept for an earlier one is gone.
    connection: watch::Sender<u64>,
    refusals: broadcast::Sender<Refusal>,
}

impl Line {
    fn new() -> Self {
        let away = BusState::Away { since: clock::instant(), cause: AwayCause::Starting };
        let (state, _) = watch::channel(away);
        let (connection, _) = watch::channel(0);
        let (refusals, _) = broadcast::channel(REFUSAL_QUEUE);
        Self { state, connection, refusals }
    }

    /// Fails if the bus is away.
    pub(super) fn present(&self) -> Result<(), BusError> {
        self.state.borrow().away().map_or(Ok(()), |cause| Err(BusError::Away { cause }))
    }

    /// The state, now and whenever it changes.
    pub(super) fn state(&self) -> watch::Receiver<BusState> {
        self.state.subscribe()
    }

    /// Which connection it is, now and whenever there is another.
    pub(super) fn connection(&self) -> watch::Receiver<u64> {
        self.connection.subscribe()
    }

    /// Refusals from now on.
    pub(super) fn refusals(&self) -> Refusals {
        self.refusals.subscribe()
    }

    /// The server takes smaller messages than this program sends.
    pub(super) fn too_small(&self) -> BusError {
        let what = format!(
            "it takes less than {PAYLOAD_MAX_BYTES} bytes at once; set max_payload: 1MB in its configuration"
        );
        BusError::Failed { what }
    }

    /// Does something that a server answers, and gives up as soon as the bus is away, the server refuses a subject that
    /// it is about, or it takes too long.
    pub(super) async fn guard<T>(
        &self,
        about: impl Fn(&str) -> bool,
        timeout: Duration,
        work: impl Future<Output = Result<T, BusError>>,
    ) -> Result<T, BusError> {
        self.present()?;
        let (mut state, mut refusals) = (self.state(), self.refusals());
        tokio::select! {
            done = work => done,
            what = refused(&mut refusals, about) => Err(BusError::Refused { what }),
            away = state.wait_for(|state| state.away().is_some()) => {
                let cause = away.ok().and_then(|state| state.away()).unwrap_or(AwayCause::Lost);
                Err(BusError::Away { cause })
            }
            () = tokio::time::sleep(timeout) => Err(BusError::Timeout),
        }
    }
}

/// Waits until the server refuses a subject of some kind, and gives its words.
pub(super) async fn refused(refusals: &mut Refusals, about: impl Fn(&str) -> bool) -> String {
    loop {
        match refusals.recv().await {
            Ok(refusal) if about(&refusal.subject) => return refusal.words,
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Waits until the server has dealt with everything that was sent before.
pub(super) async fn round_trip(client: &Client) -> Result<(), BusError> {
    let inbox = client.new_inbox();
    let mut own = client.subscribe(inbox.clone()).await.map_err(failed)?;
    client.publish(inbox, Bytes::new()).await.map_err(failed)?;
    own.next().await.map(|_| ()).ok_or(BusError::Timeout)
}

/// Begins to connect.
pub(super) async fn open(
    options: &NatsOptions,
    identity: &Identity,
    counters: Arc<BusCounters>,
) -> Result<(Client, Arc<Line>, JoinHandle<()>), BusError> {
    // The library takes the process's choice of cryptography and panics without one; ours is the same everywhere. Another
    // door of this process may have chosen already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (sender, events) = mpsc::channel(EVENT_QUEUE);
    let mut connect = match options.credentials_file.clone() {
        Some(path) => ConnectOptions::with_auth_callback(move |_nonce| {
            let path = path.clone();
            // Read at every try, so that a changed password needs no restart.
            async move { authentication(&path) }
        }),
        None => ConnectOptions::new(),
    };
    connect = connect
        .name(identity.node.as_str())
        .custom_inbox_prefix(format!("{INBOX}.{}", identity.node))
        .ping_interval(PING_EVERY)
        .connection_timeout(SERVER_TIMEOUT)
        .request_timeout(Some(SERVER_TIMEOUT))
        .client_capacity(SEND_QUEUE)
        .subscription_capacity(LIBRARY_QUEUE)
        .retry_on_initial_connect()
        // What a server says of its cluster may not lead to places that the configuration does not name.
        .ignore_discovered_servers()
        .reconnect_delay_callback(back_off)
        .event_callback(move |event| {
            let sender = sender.clone();
            async move {
                // The keeper is gone only with the whole door.
                let _ = sender.send(event).await;
            }
        });
    if let Some(ca) = &options.ca_file {
        connect = connect.require_tls(true).add_root_certificates(ca.clone());
    }
    let scheme = if options.ca_file.is_some() { "tls" } else { "nats" };
    let addresses: Vec<String> =
        options.servers.iter().map(|server| format!("{scheme}://{server}")).collect();
    let client = connect.connect(addresses).await.map_err(failed)?;
    let line = Arc::new(Line::new());
    let keeper = Keeper {
        client: client.clone(),
        line: Arc::clone(&line),
        counters,
        servers: options.servers.clone(),
        node: identity.node.to_string(),
    };
    Ok((client, line, tokio::spawn(keeper.run(events))))
}

fn authentication(path: &std::path::Path) -> Result<Auth, AuthError> {
    let credentials = Credentials::load(path).map_err(AuthError::new)?;
    let mut auth = Auth::new();
    auth.username = Some(credentials.user);
    auth.password = Some(credentials.password);
    Ok(auth)
}

/// The pause before a try. Nodes that lost the same server do not come back in the same instant.
fn back_off(tries: usize) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    let pause = (BACK_OFF_FIRST * 2_u32.pow(doublings)).min(BACK_OFF_MAX);
    let chance = entropy::bytes::<1>().map_or(0, |[byte]| u32::from(byte));
    pause / 2 + pause / 2 * chance / 255
}

/// Watches the connection and tells what becomes of it.
struct Keeper {
    client: Client,
    line: Arc<Line>,
    counters: Arc<BusCounters>,
    servers: Vec<ServerAddress>,
    node: String,
}

impl Keeper {
    async fn run(self, mut events: mpsc::Receiver<Event>) {
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.on_event(event).await,
                    None => return,
                },
                () = tokio::time::sleep(LOOK_EVERY) => self.look().await,
            }
        }
    }

    async fn on_event(&self, event: Event) {
        match event {
            Event::Connected => self.greet().await,
            Event::Disconnected | Event::Closed => self.is_away(AwayCause::Lost),
            Event::SlowConsumer(_) => self.counters.dropped.add(1),
            Event::ServerError(error) => self.on_server_error(&error),
            Event::ClientError(ClientError::Other(words)) => {
                let cause = self.cause(&words).await;
                self.is_away(cause);
            }
            Event::ClientError(ClientError::MaxReconnects | ClientError::ServerNotInPool)
            | Event::LameDuckMode
            | Event::Draining => {}
        }
    }

    /// A connection is there for us once everything subscribed before is in force on it.
    async fn greet(&self) {
        match tokio::time::timeout(SERVER_TIMEOUT, round_trip(&self.client)).await {
            Ok(Ok(())) => self.is_back(),
            Ok(Err(_)) | Err(_) => self.is_away(AwayCause::Forbidden),
        }
    }

    async fn look(&self) {
        let connected = self.client.connection_state() == State::Connected;
        let present = self.line.present().is_ok();
        if connected && !present {
            self.greet().await;
        } else if present && !connected {
            self.is_away(AwayCause::Lost);
        }
    }

    fn is_back(&self) {
        self.line.connection.send_modify(|number| *number += 1);
        if *self.line.connection.borrow() > 1 {
            self.counters.reconnects.add(1);
        }
        let changed = self.line.state.send_if_modified(|state| {
            let changed = state.away().is_some();
            *state = BusState::Connected;
            changed
        });
        if changed {
            tracing::info!(node = self.node, "the bus is there");
        }
    }

    fn is_away(&self, cause: AwayCause) {
        let changed = self.line.state.send_if_modified(|state| {
            let (since, known) = match state {
                BusState::Away { since, cause } => (*since, Some(*cause)),
                BusState::Connected => (clock::instant(), None),
            };
            // That it is lost says less than why it cannot be found again.
            if known == Some(cause) || (known.is_some() && cause == AwayCause::Lost) {
                return false;
            }
            *state = BusState::Away { since, cause };
            true
        });
        if changed {
            tracing::warn!(node = self.node, "the bus is away, meetings of this node go on: {cause}");
        }
    }

    fn on_server_error(&self, error: &ServerError) {
        let words = match error {
            ServerError::AuthorizationViolation => return self.is_away(AwayCause::WrongCredentials),
            ServerError::SlowConsumer(_) => return self.counters.dropped.add(1),
            ServerError::Other(words) => words,
        };
        // Permissions Violation for Publish to "gb.node.x.up.news"
        let subject = words.split('"').nth(1).filter(|_| words.contains("Permissions Violation"));
        let Some(subject) = subject else {
            tracing::warn!(node = self.node, words, "the bus server complains");
            return;
        };
        self.counters.refused.add(1);
        let error = BusError::Refused { what: words.clone() };
        tracing::error!(node = self.node, "{error}");
        // Nobody waits for it.
        let _ = self.line.refusals.send(Refusal { subject: subject.to_owned(), words: words.clone() });
    }

    /// Why a try failed, from the library's one sentence.
    async fn cause(&self, words: &str) -> AwayCause {
        match words {
            "authorization violation" => AwayCause::WrongCredentials,
            "failed signing nonce" => AwayCause::NoCredentials,
            "TLS error" => AwayCause::Insecure,
            // A failed TLS handshake is one of its I/O errors. A server that can be reached failed there.
            "IO error" if self.reachable().await => AwayCause::Insecure,
            _other => AwayCause::Unreachable,
        }
    }

    async fn reachable(&self) -> bool {
        for server in &self.servers {
            let connecting = TcpStream::connect(server.to_string());
            if let Ok(Ok(_)) = tokio::time::timeout(SERVER_TIMEOUT, connecting).await {
                return true;
            }
        }
        false
    }
}
