//! A participant's HTTP requests and its WebSocket: values of the protocol in and out, and errors that say which
//! step failed and why.

use futures_util::{SinkExt, StreamExt};
use serde::{Serialize, de::DeserializeOwned};
use signaling_protocol::{
    ApiError, ChangePassword, ClientFrame, CreateMeeting, MeetingId, Refusal, ResumeToken, ServerFrame,
    ServerMessage, SessionView, SignIn, TicketIssued,
};
use std::{
    io,
    net::{IpAddr, ToSocketAddrs, UdpSocket},
    time::Duration,
};
use tokio::{net::TcpStream, task::spawn_blocking};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, ClientRequestBuilder, Message, http::Uri},
};
use ureq::{
    Agent,
    http::{Response, header::SET_COOKIE},
};

/// Longest time one request may take; a server that needs longer has failed its users.
const REQUEST_PATIENCE: Duration = Duration::from_secs(20);
/// The protocol's name in the WebSocket handshake.
const SUBPROTOCOL: &str = "giaoban.v1";

/// Why a step over the network failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NetworkError {
    /// The server said no.
    #[error("refused: {refusal}")]
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// An answer that is not of the protocol.
    #[error("unexpected answer: HTTP {status}")]
    Unexpected {
        /// Its status.
        status: u16,
    },
    /// No answer, or one that is not HTTP.
    #[error("no answer: {0}")]
    Http(#[from] ureq::Error),
    /// The WebSocket could not be opened or broke.
    #[error("WebSocket: {0}")]
    Socket(#[from] Box<tungstenite::Error>),
    /// The node closed the WebSocket without a word.
    #[error("the WebSocket was closed without a goodbye")]
    Closed,
    /// A frame that is not of the protocol.
    #[error("a frame is not of the protocol: {0}")]
    Frame(#[from] serde_json::Error),
    /// This machine has no way to the server.
    #[error("no local address towards the server: {0}")]
    Route(#[source] io::Error),
}

/// A server's address is not one.
#[derive(Debug, thiserror::Error)]
#[error("--server must look like http://127.0.0.1:8080, plain HTTP and nothing after the port")]
pub(crate) struct AddressError;

/// The node's HTTP side.
#[derive(Debug)]
pub(crate) struct Server {
    authority: String,
    agent: Agent,
}

/// A sign-in: the session cookie.
#[derive(Clone)]
pub(crate) struct Session(String);

impl Server {
    /// Takes an address; nothing is connected yet.
    pub(crate) fn new(address: &str) -> Result<Self, AddressError> {
        let uri: Uri = address.parse().map_err(|_| AddressError)?;
        let authority = uri.authority().ok_or(AddressError)?.to_string();
        if uri.scheme_str() != Some("http") || uri.port_u16().is_none() || uri.path().len() > 1 {
            return Err(AddressError);
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(REQUEST_PATIENCE))
            .proxy(None)
            .max_redirects(0)
            .build();
        Ok(Self { authority, agent: config.into() })
    }

    /// Signs in.
    pub(crate) async fn sign_in(&self, sign_in: SignIn) -> Result<Session, NetworkError> {
        let mut response = self.post("/api/v1/session", None, Body::json(&sign_in)?).await?;
        let _who: SessionView = read(&mut response)?;
        let cookies = response.headers().get_all(SET_COOKIE).iter();
        let pairs = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        let cookie = pairs.collect::<Vec<_>>().join("; ");
        if cookie.is_empty() {
            return Err(NetworkError::Unexpected { status: response.status().as_u16() });
        }
        Ok(Session(cookie))
    }

    /// Asks for the right to join a meeting.
    pub(crate) async fn ticket(
        &self,
        session: &Session,
        meeting: &MeetingId,
    ) -> Result<TicketIssued, NetworkError> {
        let path = format!("/api/v1/meetings/{meeting}/ticket");
        let header = Some(("cookie", session.0.clone()));
        read(&mut self.post(&path, header, Body::EMPTY).await?)
    }

    /// Changes the password that is good for one sign-in.
    pub(crate) async fn change_password(
        &self,
        session: &Session,
        change: &ChangePassword,
    ) -> Result<(), NetworkError> {
        let header = Some(("cookie", session.0.clone()));
        done(&mut self.post("/api/v1/session/password", header, Body::json(change)?).await?)
    }

    /// Convenes a meeting.
    pub(crate) async fn convene(
        &self,
        session: &Session,
        meeting: &CreateMeeting,
    ) -> Result<(), NetworkError> {
        let header = Some(("cookie", session.0.clone()));
        done(&mut self.post("/api/v1/meetings", header, Body::json(meeting)?).await?)
    }

    /// Hands in the media offer; gives the answer.
    pub(crate) async fn answer(&self, token: &ResumeToken, offer: String) -> Result<String, NetworkError> {
        let header = Some(("authorization", format!("Bearer {}", token.expose())));
        let body = Body { text: offer, content_type: Some("application/sdp") };
        let mut response = self.post("/api/v1/rtc", header, body).await?;
        if response.status().as_u16() != 201 {
            return Err(refusal(&mut response));
        }
        Ok(response.body_mut().read_to_string()?)
    }

    /// Opens the WebSocket.
    pub(crate) async fn open_socket(&self) -> Result<Socket, NetworkError> {
        let uri = format!("ws://{}/api/v1/ws", self.authority).parse::<Uri>();
        let uri =
            uri.map_err(|error| Box::new(tungstenite::Error::from(tungstenite::http::Error::from(error))))?;
        let request = ClientRequestBuilder::new(uri)
            .with_header("origin", format!("http://{}", self.authority))
            .with_sub_protocol(SUBPROTOCOL);
        let (stream, _) = connect_async(request).await.map_err(Box::new)?;
        Ok(Socket(stream))
    }

    /// The local address this machine speaks to the server from; media comes and goes there too.
    pub(crate) fn local_address(&self) -> Result<IpAddr, NetworkError> {
        let route = || {
            let server = self.authority.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
            let any: IpAddr = if server.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
            let probe = UdpSocket::bind((any, 0))?;
            probe.connect(server)?;
            Ok(probe.local_addr()?.ip())
        };
        route().map_err(NetworkError::Route)
    }

    async fn post(
        &self,
        path: &str,
        header: Option<(&'static str, String)>,
        body: Body,
    ) -> Result<Response<ureq::Body>, NetworkError> {
        let mut request = self.agent.post(format!("http://{}{path}", self.authority));
        request = request.header("origin", format!("http://{}", self.authority));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        if let Some(content_type) = body.content_type {
            request = request.header("content-type", content_type);
        }
        let sent = spawn_blocking(move || request.send(body.text)).await;
        Ok(sent.map_err(|error| ureq::Error::Io(io::Error::other(error)))??)
    }
}

struct Body {
    text: String,
    content_type: Option<&'static str>,
}

impl Body {
    const EMPTY: Self = Self { text: String::new(), content_type: None };

    fn json(value: &impl Serialize) -> Result<Self, NetworkError> {
        Ok(Self { text: serde_json::to_string(value)?, content_type: Some("application/json") })
    }
}

fn read<T: DeserializeOwned>(response: &mut Response<ureq::Body>) -> Result<T, NetworkError> {
    if !response.status().is_success() {
        return Err(refusal(response));
    }
    Ok(response.body_mut().read_json()?)
}

/// What is answered says nothing that the request did not.
fn done(response: &mut Response<ureq::Body>) -> Result<(), NetworkError> {
    if response.status().is_success() { Ok(()) } else { Err(refusal(response)) }
}

fn refusal(response: &mut Response<ureq::Body>) -> NetworkError {
    match response.body_mut().read_json::<ApiError>() {
        Ok(error) => NetworkError::Refused { refusal: error.refusal },
        Err(_) => NetworkError::Unexpected { status: response.status().as_u16() },
    }
}

/// An open WebSocket.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Says something.
    pub(crate) async fn send(&mut self, frame: &ClientFrame) -> Result<(), NetworkError> {
        let text = serde_json::to_string(frame)?;
        Ok(self.0.send(Message::text(text)).await.map_err(Box::new)?)
    }

    /// Waits for the next message. Cancel safe: nothing is lost if the wait is given up.
    pub(crate) async fn receive(&mut self) -> Result<ServerMessage, NetworkError> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Ok(serde_json::from_str::<ServerFrame>(&text)?.message);
                }
                // The library answers pings by itself; the protocol has text frames only.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_) | Message::Binary(_))) => {}
                Some(Ok(Message::Close(_))) | None => return Err(NetworkError::Closed),
                Some(Err(error)) => return Err(Box::new(error).into()),
            }
        }
    }
}

#[cfg(test)]
mod tests;
