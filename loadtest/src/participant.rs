//! One participant's life: sign in, ticket, WebSocket, offer, media, and goodbye. It answers what it is asked like a
//! browser would and notes what it met.

use crate::{
    clock,
    media::{MediaError, MediaPeer, Received, Transport},
    network::{NetworkError, Server, Socket},
    source,
};
use signaling_protocol::{
    ByeReason, Change, ClientFrame, ClientMessage, Connection, Credential, DeviceKind, FactNumber, Hello,
    MediaProfile, MeetingId, MeetingPhase, Microphone, Occupant, PROTOCOL_VERSION, Presence, PublishSource,
    RequestId, SeatId, SeatView, ServerMessage, SignIn, UnitCode, ViewWish, Welcome,
};
use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::UdpSocket,
    sync::{Semaphore, mpsc::UnboundedSender, watch},
    time::{MissedTickBehavior, interval, sleep_until},
};

/// From asking for a ticket until media flows: whoever waits longer has not joined.
pub(crate) const JOIN_PATIENCE: Duration = Duration::from_secs(30);
/// The protocol asks for a ping this often.
pub(crate) const PING_EVERY: Duration = Duration::from_secs(5);
/// Larger than any datagram of WebRTC.
pub(crate) const DATAGRAM_BYTES: usize = 2_000;

/// What a participant does besides receiving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Nothing.
    Receiver,
    /// It sends what it is asked for.
    Publisher,
    /// It starts the meeting and invites a site to speak.
    Host {
        /// Which site.
        invite: UnitCode,
    },
}

/// Why a participant did not join, or did not stay.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// At sign-in.
    #[error("sign-in: {0}")]
    SignIn(#[source] NetworkError),
    /// At the ticket.
    #[error("ticket: {0}")]
    Ticket(#[source] NetworkError),
    /// At the WebSocket or its hello.
    #[error("connection: {0}")]
    Connection(#[source] NetworkError),
    /// At the media offer.
    #[error("offer: {0}")]
    Offer(#[source] NetworkError),
    /// The node said goodbye.
    #[error("the node said goodbye: {0:?}")]
    Bye(ByeReason),
    /// On this machine's side of the media.
    #[error("media: {0}")]
    Media(#[from] MediaError),
    /// This machine gave no socket.
    #[error("no local socket: {0}")]
    LocalSocket(#[from] io::Error),
    /// ICE and DTLS did not come up.
    #[error("media did not connect in {} s", JOIN_PATIENCE.as_secs())]
    Timeout,
    /// The media connection broke.
    #[error("the media connection was lost")]
    MediaLost,
}

/// What one participant met.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Its site code or user name.
    pub(crate) name: String,
    /// From asking for a ticket until media flowed; absent if it never did.
    pub(crate) joined_after: Option<Duration>,
    /// When it asked for its ticket.
    pub(crate) began: Option<Instant>,
    /// What came.
    pub(crate) received: Received,
    /// Packets it sent.
    pub(crate) sent_packets: u64,
    /// What ended it too early.
    pub(crate) failure: Option<Failure>,
}

/// A participant before its life.
pub(crate) struct Participant {
    /// The node.
    pub(crate) server: Arc<Server>,
    /// The meeting to join.
    pub(crate) meeting: MeetingId,
    /// Its name in the report.
    pub(crate) name: String,
    /// How it signs in.
    pub(crate) sign_in: SignIn,
    /// What it does.
    pub(crate) part: Part,
    /// Bounds how many come in at once.
    pub(crate) door: Arc<Semaphore>,
    /// Told once when it is in or has failed to get in.
    pub(crate) came: UnboundedSender<()>,
    /// Turns true when it is time to leave.
    pub(crate) left: watch::Receiver<bool>,
}

impl Participant {
    /// Lives.
    pub(crate) async fn live(self) -> Outcome {
        let mut outcome = Outcome {
            name: self.name.clone(),
            joined_after: None,
            began: None,
            received: Received::default(),
            sent_packets: 0,
            failure: None,
        };
        let came = self.came.clone();
        outcome.failure = self.join(&mut outcome).await.err();
        if outcome.joined_after.is_none() {
            // Nobody waits for it any more; those who joined have said so themselves.
            let _nobody_waits = came.send(());
        }
        outcome
    }

    async fn join(self, outcome: &mut Outcome) -> Result<(), Failure> {
        let permit = Arc::clone(&self.door).acquire_owned().await;
        let session = self.server.sign_in(self.sign_in).await.map_err(Failure::SignIn)?;
        let began = *outcome.began.insert(clock::now());
        let issued = self.server.ticket(&session, &self.meeting).await.map_err(Failure::Ticket)?;
        let mut socket = self.server.open_socket().await.map_err(Failure::Connection)?;
        let hello = Hello {
            version: PROTOCOL_VERSION,
            credential: Credential::Ticket { ticket: issued.ticket },
            device: DeviceKind::Program,
        };
        let message = ClientMessage::Hello(hello);
        let frame = ClientFrame { id: RequestId(0), seen: FactNumber(0), message };
        socket.send(&frame).await.map_err(Failure::Connection)?;
        let welcome = welcome(&mut socket).await?;

        let address = self.server.local_address().map_err(Failure::Offer)?;
        let udp = UdpSocket::bind((address, 0)).await?;
        let (mut media, offer) = MediaPeer::new(clock::now(), udp.local_addr()?, &self.name)?;
        let answer = self.server.answer(&welcome.resume_token, offer).await.map_err(Failure::Offer)?;
        media.accept(&answer)?;

        let seat = Seat {
            id: welcome.you.seat,
            last_request: welcome.last_request,
            fact: FactNumber(0),
            part: self.part,
        };
        let mut stay = Stay { socket, udp, media, seat, began, came: self.came, left: self.left };
        let end = stay.run(permit.ok(), outcome).await;
        outcome.received = stay.media.received();
        outcome.sent_packets = stay.media.sent().packets();
        end
    }
}

/// Waits for the answer to the hello.
pub(crate) async fn welcome(socket: &mut Socket) -> Result<Welcome, Failure> {
    loop {
        match socket.receive().await.map_err(Failure::Connection)? {
            ServerMessage::Welcome(welcome) => return Ok(welcome),
            ServerMessage::Bye(bye) => return Err(Failure::Bye(bye.reason)),
            ServerMessage::Reply { outcome: signaling_protocol::Outcome::Refused { refusal }, .. } => {
                return Err(Failure::Connection(NetworkError::Refused { refusal }));
            }
            ServerMessage::Reply { outcome: signaling_protocol::Outcome::Done { .. }, .. }
            | ServerMessage::Snapshot(_)
            | ServerMessage::Changed { .. }
            | ServerMessage::Slots { .. }
            | ServerMessage::Publish { .. }
            | ServerMessage::Speaking { .. }
            | ServerMessage::Lines { .. }
            | ServerMessage::Pong { .. } => {}
        }
    }
}

/// A participant inside the meeting.
struct Stay {
    socket: Socket,
    udp: UdpSocket,
    media: MediaPeer,
    seat: Seat,
    began: Instant,
    came: UnboundedSender<()>,
    left: watch::Receiver<bool>,
}

impl Stay {
    async fn run(
        &mut self,
        mut permit: Option<tokio::sync::OwnedSemaphorePermit>,
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        for message in self.seat.arrival() {
            self.say(message).await?;
        }
        let mut ping = interval(PING_EVERY);
        let mut tick = interval(Duration::from_secs(1) / source::AUDIO_RATE);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut buffer = [0; DATAGRAM_BYTES];
        loop {
            let udp = &self.udp;
            // A full send buffer drops the datagram, as the network would.
            let deadline = self.media.drain(|to, bytes| drop(udp.try_send_to(bytes, to)))?;
            match self.media.transport() {
                Transport::Connecting if self.began.elapsed() > JOIN_PATIENCE => {
                    return Err(Failure::Timeout);
                }
                Transport::Connecting => {}
                Transport::Connected if outcome.joined_after.is_none() => {
                    outcome.joined_after = Some(self.began.elapsed());
                    permit.take();
                    let _nobody_waits = self.came.send(());
                }
                Transport::Connected => {}
                Transport::Lost => return Err(Failure::MediaLost),
            }
            tokio::select! {
                message = self.socket.receive() => {
                    let message = message.map_err(Failure::Connection)?;
                    self.on_message(message).await?;
                }
                arrived = self.udp.recv_from(&mut buffer) => {
                    let (length, source) = arrived?;
                    self.media.handle_datagram(clock::now(), source, buffer.get(..length).unwrap_or_default())?;
                }
                () = sleep_until(deadline.into()) => self.media.handle_timeout(clock::now())?,
                _ = tick.tick() => {
                    let now = clock::now();
                    self.media.publish(now);
                    self.media.handle_timeout(now)?;
                }
                _ = ping.tick() => self.say(ClientMessage::Ping {}).await?,
                _ = self.left.changed() => return self.say(ClientMessage::Leave {}).await,
            }
        }
    }

    async fn on_message(&mut self, message: ServerMessage) -> Result<(), Failure> {
        match message {
            ServerMessage::Snapshot(snapshot) => {
                self.seat.fact = snapshot.fact;
                self.on_seats(snapshot.meeting.phase, &snapshot.seats).await
            }
            ServerMessage::Changed { fact, changes } => {
                self.seat.fact = fact;
                let seats: Vec<_> = changes.iter().filter_map(changed_seat).cloned().collect();
                self.on_seats(MeetingPhase::Running, &seats).await
            }
            ServerMessage::Publish { source: PublishSource::Camera, demand } => {
                if self.seat.part == Part::Publisher {
                    self.media.demand_camera(demand);
                }
                Ok(())
            }
            ServerMessage::Bye(bye) => Err(Failure::Bye(bye.reason)),
            ServerMessage::Publish {
                source: PublishSource::Microphone | PublishSource::Screen | PublishSource::ScreenAudio,
                ..
            }
            | ServerMessage::Welcome(_)
            | ServerMessage::Reply { .. }
            | ServerMessage::Slots { .. }
            | ServerMessage::Speaking { .. }
            | ServerMessage::Lines { .. }
            | ServerMessage::Pong { .. } => Ok(()),
        }
    }

    async fn on_seats(&mut self, phase: MeetingPhase, seats: &[SeatView]) -> Result<(), Failure> {
        if let Some(microphone) = self.seat.own_microphone(seats) {
            self.media.set_microphone(microphone);
            // Whoever is invited opens the microphone, as a person would press the button.
            if microphone == Microphone::Off {
                self.say(ClientMessage::OpenMicrophone {}).await?;
            }
        }
        for message in self.seat.on_seats(phase, seats) {
            self.say(message).await?;
        }
        Ok(())
    }

    async fn say(&mut self, message: ClientMessage) -> Result<(), Failure> {
        let frame = self.seat.frame(message);
        self.socket.send(&frame).await.map_err(Failure::Connection)
    }
}

fn changed_seat(change: &Change) -> Option<&SeatView> {
    match change {
        Change::Seat { seat } => Some(seat),
        Change::Meeting { .. } | Change::You { .. } => None,
    }
}

/// What a participant knows of its meeting and wants of it; no input or output.
struct Seat {
    id: SeatId,
    last_request: RequestId,
    fact: FactNumber,
    part: Part,
}

impl Seat {
    /// What it says first: what it wants to see, and that it has a camera if it may be shown.
    fn arrival(&self) -> Vec<ClientMessage> {
        let view = ViewWish {
            profile: MediaProfile::Full,
            programme_height: 720,
            slides_height: 720,
            mosaic: Vec::new(),
        };
        let mut messages = vec![ClientMessage::SetView(view)];
        if self.part == Part::Publisher {
            messages.push(ClientMessage::SetSource { source: PublishSource::Camera, presence: Presence::On });
        }
        messages
    }

    /// What became of the own microphone, if these seats say so; only a publisher has one.
    fn own_microphone(&self, seats: &[SeatView]) -> Option<Microphone> {
        let own = seats.iter().find(|seat| seat.seat == self.id)?;
        (self.part == Part::Publisher).then_some(own.microphone)
    }

    /// A host starts the meeting, and invites its site to speak as soon as that is here; once.
    fn on_seats(&mut self, phase: MeetingPhase, seats: &[SeatView]) -> Vec<ClientMessage> {
        let Part::Host { invite } = &self.part else { return Vec::new() };
        let mut messages = Vec::new();
        if phase == MeetingPhase::Waiting {
            messages.push(ClientMessage::StartMeeting {});
        }
        let is_invited = |seat: &&SeatView| {
            matches!(&seat.occupant, Occupant::Site { unit } if unit == invite)
                && matches!(seat.connection, Connection::Connected { .. })
        };
        if let Some(seat) = seats.iter().find(is_invited) {
            messages.push(ClientMessage::InviteToSpeak { seat: seat.seat.clone() });
            self.part = Part::Receiver;
        }
        messages
    }

    fn frame(&mut self, message: ClientMessage) -> ClientFrame {
        self.last_request = RequestId(self.last_request.0.wrapping_add(1));
        ClientFrame { id: self.last_request, seen: self.fact, message }
    }
}

#[cfg(test)]
mod tests;
