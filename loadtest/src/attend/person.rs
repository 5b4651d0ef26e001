//! One participant that stays: it signs in, joins, does what it is told, and comes back to its seat when the line breaks.

use super::{
    line::{Line, What},
    why,
};
use crate::{
    clock,
    hearing::Hearing,
    media::{MediaPeer, Sent, Transport},
    network::{NetworkError, Server, Session, Socket},
    participant::{DATAGRAM_BYTES, Failure, JOIN_PATIENCE, PING_EVERY, welcome},
    source,
};
use signaling_protocol::{
    Change, ClientFrame, ClientMessage, Credential, DeviceKind, FactNumber, Hello, MediaProfile, MeetingId,
    MeetingView, Outcome, PROTOCOL_VERSION, Presence, PublishSource, RequestId, ResumeToken, SeatId,
    SeatView, ServerMessage, SignIn, ViewWish,
};
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    net::UdpSocket,
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::{Interval, MissedTickBehavior, interval, sleep, sleep_until},
};

/// A broken connection is tried again after this, as a browser does at first.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// How often what went and came is told.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// A participant before its life.
pub(super) struct Person {
    /// The nodes, the first one first.
    pub(super) servers: Vec<Arc<Server>>,
    /// Where media is sent from.
    pub(super) address: IpAddr,
    /// The meeting.
    pub(super) meeting: MeetingId,
    /// A site's code or a person's name.
    pub(super) name: String,
    /// How it signs in.
    pub(super) sign_in: SignIn,
    /// Where it tells what it meets.
    pub(super) told: UnboundedSender<Line>,
    /// What it is told to do; ends when it is to leave.
    pub(super) orders: UnboundedReceiver<ClientMessage>,
}

/// What a participant knows from one connection to the next.
struct Kept {
    /// Which node it speaks to.
    server: usize,
    session: Option<Session>,
    seat: Option<(ResumeToken, FactNumber)>,
    /// What went and came: a silence over a broken connection is one silence.
    sent: Sent,
    hearing: Hearing,
}

/// Why a connection ended without a failure.
struct Told;

impl Person {
    /// Lives until it is told nothing any more.
    pub(super) async fn live(mut self) {
        let (sent, hearing) = (Sent::default(), Hearing::default());
        let mut kept = Kept { server: 0, session: None, seat: None, sent, hearing };
        loop {
            match self.attempt(&mut kept).await {
                Ok(Told) => return self.tell(What::Left {}),
                Err(failure) => {
                    kept.learn(&failure, self.servers.len());
                    self.tell(What::Lost { why: why(&failure) });
                }
            }
            sleep(RETRY_AFTER).await;
            if self.orders.is_closed() && self.orders.is_empty() {
                return self.tell(What::Left {});
            }
        }
    }

    async fn attempt(&mut self, kept: &mut Kept) -> Result<Told, Failure> {
        let server = self.servers.get(kept.server).cloned();
        let server = server.ok_or(Failure::Connection(NetworkError::Closed))?;
        let credential = self.credential(&server, kept).await?;
        let mut socket = server.open_socket().await.map_err(Failure::Connection)?;
        let hello = Hello { version: PROTOCOL_VERSION, credential, device: DeviceKind::Program };
        let frame =
            ClientFrame { id: RequestId(0), seen: FactNumber(0), message: ClientMessage::Hello(hello) };
        socket.send(&frame).await.map_err(Failure::Connection)?;
        let welcome = welcome(&mut socket).await?;
        let seen = kept.seat.as_ref().map_or(FactNumber(0), |(_, seen)| *seen);
        kept.seat = Some((welcome.resume_token.clone(), seen));
        let udp = UdpSocket::bind((self.address, 0)).await?;
        let (mut media, offer) = MediaPeer::new(clock::now(), udp.local_addr()?, &self.name)?;
        let answer = server.answer(&welcome.resume_token, offer).await.map_err(Failure::Offer)?;
        media.accept(&answer)?;
        media.carry_on(kept.sent, std::mem::take(&mut kept.hearing));
        let (seat, last_request) = (welcome.you.seat, welcome.last_request);
        let transport = Transport::Connecting;
        let mut stay = Stay { person: self, kept, socket, udp, media, seat, last_request, transport };
        let end = stay.run().await;
        stay.kept.sent = stay.media.sent();
        stay.kept.hearing = std::mem::take(stay.media.hearing());
        end
    }

    async fn credential(&self, server: &Server, kept: &mut Kept) -> Result<Credential, Failure> {
        if let Some((token, seen)) = kept.seat.clone() {
            return Ok(Credential::Resume { token, seen });
        }
        let session = match kept.session.take() {
            Some(session) => session,
            None => server.sign_in(self.sign_in.clone()).await.map_err(Failure::SignIn)?,
        };
        let issued = server.ticket(&session, &self.meeting).await.map_err(Failure::Ticket)?;
        kept.session = Some(session);
        Ok(Credential::Ticket { ticket: issued.ticket })
    }

    fn tell(&self, what: What) {
        // Whoever listened has gone; then nobody minds.
        let _gone = self.told.send(Line::new(&self.name, what));
    }
}

impl Kept {
    /// What a failure means for the next attempt.
    fn learn(&mut self, failure: &Failure, servers: usize) {
        match failure {
            // A token or a session that is not good here any more: from the beginning.
            Failure::Connection(NetworkError::Refused { .. }) | Failure::Offer(_) | Failure::Bye(_) => {
                self.seat = None;
            }
            Failure::Ticket(NetworkError::Refused { .. } | NetworkError::Unexpected { .. }) => {
                self.session = None;
            }
            // Nobody answers: the next node, where an account has to sign in again.
            Failure::SignIn(NetworkError::Http(_))
            | Failure::Ticket(NetworkError::Http(_))
            | Failure::Connection(NetworkError::Socket(_))
                if servers > 1 =>
            {
                self.server = (self.server + 1) % servers;
                (self.session, self.seat) = (None, None);
            }
            Failure::SignIn(_)
            | Failure::Ticket(_)
            | Failure::Connection(_)
            | Failure::Media(_)
            | Failure::LocalSocket(_)
            | Failure::Timeout
            | Failure::MediaLost => {}
        }
    }
}

/// A participant inside the meeting.
struct Stay<'a> {
    person: &'a mut Person,
    kept: &'a mut Kept,
    socket: Socket,
    udp: UdpSocket,
    media: MediaPeer,
    seat: SeatId,
    last_request: RequestId,
    transport: Transport,
}

impl Stay<'_> {
    async fn run(&mut self) -> Result<Told, Failure> {
        for message in arrival() {
            self.say(message).await?;
        }
        let began = clock::now();
        let mut ping = every(PING_EVERY);
        let mut tick = every(Duration::from_secs(1) / source::AUDIO_RATE);
        let mut second = every(TELL_EVERY);
        let mut buffer = [0; DATAGRAM_BYTES];
        loop {
            let udp = &self.udp;
            // A full send buffer drops the datagram, as the network would.
            let deadline = self.media.drain(|to, bytes| drop(udp.try_send_to(bytes, to)))?;
            self.look_at_transport()?;
            if self.transport == Transport::Connecting && began.elapsed() > JOIN_PATIENCE {
                return Err(Failure::Timeout);
            }
            tokio::select! {
                message = self.socket.receive() => {
                    self.on_message(message.map_err(Failure::Connection)?).await?;
                }
                arrived = self.udp.recv_from(&mut buffer) => {
                    // A line that is cut says so at the next call; that it is back is heard by itself.
                    let Ok((length, source)) = arrived else { continue };
                    self.media.handle_datagram(clock::now(), source, buffer.get(..length).unwrap_or_default())?;
                }
                () = sleep_until(deadline.into()) => self.media.handle_timeout(clock::now())?,
                _ = tick.tick() => {
                    let now = clock::now();
                    self.media.publish(now);
                    self.media.handle_timeout(now)?;
                }
                _ = ping.tick() => self.say(ClientMessage::Ping {}).await?,
                _ = second.tick() => self.tell_second(),
                order = self.person.orders.recv() => match order {
                    Some(message) => self.say(message).await?,
                    None => {
                        self.tell_second();
                        self.say(ClientMessage::Leave {}).await?;
                        return Ok(Told);
                    }
                },
            }
        }
    }

    fn look_at_transport(&mut self) -> Result<(), Failure> {
        let before = std::mem::replace(&mut self.transport, self.media.transport());
        match (before, self.transport) {
            (_, Transport::Lost) => Err(Failure::MediaLost),
            (Transport::Connecting, Transport::Connected) => {
                self.person.tell(What::Joined { seat: self.seat.clone() });
                Ok(())
            }
            (_, Transport::Connecting | Transport::Connected) => Ok(()),
        }
    }

    fn tell_second(&mut self) {
        let (sent, hearing) = (self.media.sent(), self.media.hearing());
        let (heard, gaps) = (hearing.take(), hearing.take_gaps());
        for gap in gaps {
            self.person.tell(What::Gap(gap));
        }
        self.person.tell(What::Second { sent, heard });
    }

    async fn on_message(&mut self, message: ServerMessage) -> Result<(), Failure> {
        match message {
            ServerMessage::Snapshot(snapshot) => {
                self.saw(snapshot.fact);
                self.on_meeting(snapshot.meeting);
                snapshot.seats.iter().for_each(|seat| self.on_seat(seat));
            }
            ServerMessage::Changed { fact, changes } => {
                self.saw(fact);
                for change in changes {
                    match change {
                        Change::Meeting { meeting } => self.on_meeting(meeting),
                        Change::Seat { seat } => self.on_seat(&seat),
                        Change::You { .. } => {}
                    }
                }
            }
            ServerMessage::Publish { source: PublishSource::Camera, demand } => {
                self.media.demand_camera(demand);
            }
            ServerMessage::Publish { source: PublishSource::Screen, demand } => {
                self.media.demand_screen(demand);
            }
            ServerMessage::Bye(bye) => return Err(Failure::Bye(bye.reason)),
            ServerMessage::Reply { outcome: Outcome::Refused { refusal }, .. } => {
                self.person.tell(What::Refused { why: refusal.to_string() });
            }
            ServerMessage::Publish {
                source: PublishSource::Microphone | PublishSource::ScreenAudio, ..
            }
            | ServerMessage::Welcome(_)
            | ServerMessage::Reply { outcome: Outcome::Done { .. }, .. }
            | ServerMessage::Slots { .. }
            | ServerMessage::Speaking { .. }
            | ServerMessage::Lines { .. }
            | ServerMessage::Pong { .. } => {}
        }
        Ok(())
    }

    fn saw(&mut self, fact: FactNumber) {
        if let Some((_, seen)) = &mut self.kept.seat {
            *seen = fact;
        }
    }

    fn on_meeting(&mut self, meeting: MeetingView) {
        self.person.tell(What::Meeting { meeting: Box::new(meeting) });
    }

    fn on_seat(&mut self, seat: &SeatView) {
        if seat.seat == self.seat {
            self.media.set_microphone(seat.microphone);
        }
    }

    async fn say(&mut self, message: ClientMessage) -> Result<(), Failure> {
        self.last_request = RequestId(self.last_request.0.wrapping_add(1));
        let seen = self.kept.seat.as_ref().map_or(FactNumber(0), |(_, seen)| *seen);
        let frame = ClientFrame { id: self.last_request, seen, message };
        self.socket.send(&frame).await.map_err(Failure::Connection)
    }
}

/// What everybody says first: it wants the programme and the slides, and has a camera.
fn arrival() -> [ClientMessage; 2] {
    let view = ViewWish {
        profile: MediaProfile::Full,
        programme_height: 720,
        slides_height: 1_080,
        mosaic: Vec::new(),
    };
    let camera = ClientMessage::SetSource { source: PublishSource::Camera, presence: Presence::On };
    [ClientMessage::SetView(view), camera]
}

fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    // Who was held up does not hurry afterwards.
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    interval
}
