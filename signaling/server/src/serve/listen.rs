//! The listening sockets and the tasks that serve them.

use crate::http::{App, Scheme, router};
use crate::tls::Tls;
use anyhow::{Context, Result, anyhow, ensure};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};

/// Connections the kernel keeps until they are accepted: a province whose sites all come back at once.
const BACKLOG: i32 = 1_024;

/// How long a client may take to send a request's head. An idle connection is closed after it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);

/// Everything that is listened on.
pub(super) struct Listeners {
    handle: Handle<SocketAddr>,
    tasks: JoinSet<io::Result<()>>,
    /// Where HTTPS is served.
    pub(super) secure: Vec<SocketAddr>,
    /// Where plain HTTP is served.
    pub(super) plain: Vec<SocketAddr>,
}

/// Opens all sockets and starts serving.
pub(super) async fn start(app: &Arc<App>, tls: &Tls) -> Result<Listeners> {
    let secure = bind_all(&app.config.http.addresses)?;
    let plain = bind_all(&app.config.http.plain_addresses)?;
    ensure!(
        !secure.is_empty() || !plain.is_empty(),
        "none of the configured addresses exists on this machine"
    );
    let handle = Handle::new();
    let mut tasks = JoinSet::new();
    let addresses =
        |listeners: &[TcpListener]| listeners.iter().map(TcpListener::local_addr).collect::<io::Result<_>>();
    let listeners_secure = addresses(&secure)?;
    let listeners_plain = addresses(&plain)?;
    let service =
        |scheme| router(Arc::clone(app), scheme).into_make_service_with_connect_info::<SocketAddr>();
    for listener in secure {
        let config = RustlsConfig::from_config(Arc::clone(&tls.config));
        let mut server = axum_server::from_tcp_rustls(listener, config)?
            .map(|acceptor| acceptor.handshake_timeout(HANDSHAKE_TIMEOUT))
            .handle(handle.clone());
        server.http_builder().http1().header_read_timeout(HEAD_TIMEOUT);
        tasks.spawn(server.serve(service(Scheme::Https)));
    }
    for listener in plain {
        let mut server = axum_server::from_tcp(listener)?.handle(handle.clone());
        server.http_builder().http1().header_read_timeout(HEAD_TIMEOUT);
        tasks.spawn(server.serve(service(Scheme::Plain)));
    }
    Ok(Listeners { handle, tasks, secure: listeners_secure, plain: listeners_plain })
}

impl Listeners {
    /// Waits until one of them fails.
    pub(super) async fn failure(&mut self) -> anyhow::Error {
        let ended: Option<Result<io::Result<()>, JoinError>> = self.tasks.join_next().await;
        match ended {
            Some(Ok(Err(error))) => anyhow!("an HTTP listener failed: {error}"),
            Some(Err(error)) => anyhow!("an HTTP listener failed: {error}"),
            Some(Ok(Ok(()))) | None => anyhow!("an HTTP listener ended"),
        }
    }

    /// Takes no more requests and lets those under way end.
    pub(super) async fn stop(mut self, patience: Duration) {
        self.handle.graceful_shutdown(Some(patience));
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(patience * 2, all).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
    }
}

/// Binds what exists. A machine without IPv6 has no `[::]`; that is said, not fatal.
fn bind_all(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for address in addresses {
        match bind(*address) {
            Ok(listener) => listeners.push(listener),
            Err(error)
                if is_missing(&error) && (address.ip().is_unspecified() || address.ip().is_loopback()) =>
            {
                tracing::warn!(%address, %error, "this machine does not have this address, not listening on it");
            }
            Err(error) => return Err(error).with_context(|| format!("cannot listen on {address}")),
        }
    }
    Ok(listeners)
}

fn is_missing(error: &io::Error) -> bool {
    // EAFNOSUPPORT has no stable kind.
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable) || error.raw_os_error() == Some(97)
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Each family has its own line in the configuration.
        socket.set_only_v6(true)?;
    }
    // A node that is started again at once must not wait for the old one's connections to time out.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
