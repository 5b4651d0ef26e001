//! A datagram's way in: to the control side of its owner, or through the owner's keys into the stream it belongs to and
//! onto the list of what this turn has to route.

use super::Engine;
use super::publishers::Home;
use super::turn::Arrived;
use crate::crossing::{Beyond, PAYLOAD_MAX_BYTES};
use crate::datagram::{DATAGRAM_MAX_BYTES, Datagram};
use crate::demux::{Kind, Stray};
use crate::peer::Carries;
use crate::receive::{Incoming, Order, Received, StreamId, StreamKey};
use crate::send::Path;
use crate::srtp::SrtpError;
use crate::timer::Timer;
use crate::uplink::{Closed, Opened, OpenedOnLink};
use sfu_control::{Gate, PeerId, Source};

const _: () = assert!(PAYLOAD_MAX_BYTES < DATAGRAM_MAX_BYTES, "what is let in was read whole");

impl Engine {
    pub(super) fn on_datagram(&mut self, datagram: Datagram<'_>) {
        self.counters.datagrams_in += 1;
        self.counters.bytes_in += datagram.contents.len() as u64;
        self.amid_picture = false;
        let (peer, kind) = match self.demux.owner(&datagram) {
            Ok(owner) => owner,
            Err(Stray::Size) => return self.counters.dropped_size += 1,
            Err(Stray::Kind) => return self.counters.dropped_kind += 1,
            Err(Stray::Address) => return self.counters.dropped_address += 1,
            Err(Stray::Ufrag) => return self.counters.dropped_ufrag += 1,
        };
        match kind {
            Kind::Stun | Kind::Dtls => self.on_control(peer, kind, &datagram),
            Kind::Rtp => self.on_rtp(peer, datagram),
            Kind::Rtcp => self.on_rtcp(peer, datagram),
        }
    }

    fn on_control(&mut self, peer: PeerId, kind: Kind, datagram: &Datagram<'_>) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        if !member.peer.handle_datagram(self.now, datagram) {
            self.counters.dropped_malformed += 1;
            return self.drain(peer);
        }
        member.heard_at = self.now;
        // Which of its ways a client uses shows with its media; until then the handshake goes the same way.
        let path = Path { local: datagram.destination, remote: datagram.source };
        if kind == Kind::Dtls {
            member.downlink.suggest(path);
        } else if crate::demux::nominates(datagram.contents) {
            member.downlink.nominate(self.now, path);
        }
        self.drain(peer);
    }

    fn on_rtp(&mut self, peer: PeerId, datagram: Datagram<'_>) {
        let Datagram { source, destination, contents } = datagram;
        let Some(member) = self.members.get_mut(&peer) else { return };
        let Some(publisher) = self.publishers.get(peer) else {
            return self.on_link_rtp(peer, Datagram { source, destination, contents });
        };
        let agreement = member.peer.agreement();
        let (transport, opened) =
            member.uplink.open(agreement, &publisher.receivers, &self.streams, contents);
        if let Err(Closed::Refused(error)) = opened {
            return self.count_refused(error);
        }
        member.heard_at = self.now;
        member.downlink.follow(self.now, Path { local: destination, remote: source });
        if let Some(number) = transport
            && member.downlink.feedback_mut().on_packet(self.now, number)
        {
            self.timers.arm_if_idle(Timer::Feedback(peer), self.now + super::reports::FEEDBACK_INTERVAL);
        }
        match opened {
            Ok(opened) => self.on_opened(peer, &opened),
            Err(Closed::Stray) => self.counters.dropped_stream += 1,
            Err(Closed::Filler) => self.counters.dropped_padding += 1,
            Err(Closed::Refused(_)) => {}
        }
    }

    pub(super) fn count_refused(&mut self, error: SrtpError) {
        match error {
            SrtpError::Replayed => self.counters.dropped_replayed += 1,
            SrtpError::Authentication => self.counters.dropped_unauthentic += 1,
            SrtpError::TooManyStreams => self.counters.dropped_stream += 1,
            SrtpError::Malformed => self.counters.dropped_malformed += 1,
        }
    }

    /// A packet of a negotiated stream.
    fn on_opened(&mut self, peer: PeerId, opened: &Opened<'_>) {
        let Opened { stream: id, kind, carries, incoming } = opened;
        self.counters.media_in += 1;
        if incoming.payload.len() + incoming.dependency.len() > PAYLOAD_MAX_BYTES {
            return self.counters.dropped_size += 1;
        }
        let Some(member) = self.members.get_mut(&peer) else { return };
        let Some(stream) = self.streams.get_mut(*id) else { return self.counters.dropped_stream += 1 };
        member.bytes_up += incoming.payload.len() as u64;
        if *carries == Carries::Media {
            stream.count(self.now, incoming);
        }
        let source = self.publishers.receiver(Source { peer, kind: *kind });
        let gate = source.map_or(Gate::Closed, |receiver| receiver.gate);
        if gate == Gate::Closed {
            return self.counters.dropped_gate += 1;
        }
        self.take_in(peer, *id, incoming);
    }

    /// Takes in a packet that may pass.
    fn take_in(&mut self, peer: PeerId, id: StreamId, incoming: &Incoming<'_>) {
        let Some(stream) = self.streams.get_mut(id) else { return };
        let is_audio = stream.key.source.kind.is_audio();
        match stream.on_packet(self.now, incoming) {
            Received::Media { epoch, resumed, order } => {
                self.amid_picture = !incoming.marker && !is_audio;
                let arrived = Arrived { stream: id, epoch, seq: incoming.seq, padding: false, resumed };
                self.turn.arrive(arrived);
                self.on_order(peer, id, order);
            }
            Received::Padding { epoch } => {
                self.counters.dropped_padding += 1;
                let seq = incoming.seq;
                self.turn.arrive(Arrived { stream: id, epoch, seq, padding: true, resumed: false });
            }
            Received::Twice => self.counters.dropped_twice += 1,
            Received::Malformed => self.counters.dropped_malformed += 1,
        }
    }

    /// A media packet of another node.
    fn on_link_rtp(&mut self, link: PeerId, datagram: Datagram<'_>) {
        let Datagram { source, destination, contents } = datagram;
        let bytes = contents.len() as u64;
        let Some(member) = self.members.get_mut(&link) else { return };
        let home = Home::At(Beyond::Link(link));
        let publishers = &self.publishers;
        let find = |key: StreamKey| {
            let guest = publishers.get(key.source.peer).filter(|guest| guest.home == home)?;
            guest.receiver(key.source.kind)?.layer(key.layer)
        };
        let (transport, opened) = member.uplink.open_on_link(&self.streams, find, contents);
        if let Err(Closed::Refused(error)) = opened {
            return self.count_refused(error);
        }
        member.heard_at = self.now;
        member.bytes_up += bytes;
        member.downlink.follow(self.now, Path { local: destination, remote: source });
        if let Some(number) = transport
            && member.downlink.feedback_mut().on_packet(self.now, number)
        {
            self.timers.arm_if_idle(Timer::Feedback(link), self.now + super::reports::FEEDBACK_INTERVAL);
        }
        match opened {
            Ok(opened) => self.on_opened_on_link(link, &opened),
            Err(Closed::Stray) => self.counters.dropped_stream += 1,
            Err(Closed::Filler) => self.counters.dropped_padding += 1,
            Err(Closed::Refused(_)) => {}
        }
    }

    fn on_opened_on_link(&mut self, link: PeerId, opened: &OpenedOnLink<'_>) {
        let OpenedOnLink { stream: id, carries, begins, incoming } = opened;
        self.counters.media_in += 1;
        if incoming.payload.len() + incoming.dependency.len() > PAYLOAD_MAX_BYTES {
            return self.counters.dropped_size += 1;
        }
        let Some(stream) = self.streams.get_mut(*id) else { return self.counters.dropped_stream += 1 };
        if *begins {
            stream.restart();
        }
        if *carries == Carries::Media {
            stream.count(self.now, incoming);
        }
        self.take_in(link, *id, incoming);
    }

    /// Counts what is missing and sees to its being asked for.
    fn on_order(&mut self, peer: PeerId, id: StreamId, order: Order) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        member.losses.expected += 1;
        match order {
            Order::After { missing } => {
                self.counters.upstream_missing += missing;
                member.losses.expected += missing;
                member.losses.missing += missing;
                let due =
                    self.streams.get(id).filter(|_| missing > 0).and_then(|stream| stream.missing.next());
                if let Some(due) = due {
                    // Another hole may be asked for again much later.
                    self.timers.arm_by(Timer::Repair(peer), due);
                }
            }
            Order::Late | Order::Twice => self.counters.upstream_recovered += 1,
        }
    }
}
