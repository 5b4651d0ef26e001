//! What signaling asks. Commands about something unknown are counted and otherwise ignored.

use super::publishers::{Home, Publisher};
use super::{Engine, Member, deadlines};
use crate::link::is_link;
use crate::peer::{Offer, Peer, PeerOutput};
use crate::room::Room;
use crate::timer::Timer;
use sfu_control::{ConnectRefusal, Gate, PeerId, RoomId, SfuCommand, SfuEvent, Source, View};

impl Engine {
    pub(super) fn on_command(&mut self, command: SfuCommand) {
        match command {
            SfuCommand::OpenRoom { room } => self.open_room(room),
            SfuCommand::CloseRoom { room } => self.close_room(room),
            SfuCommand::Connect { peer, room, offer } => {
                let answered = self.connect(peer, room, &offer);
                self.tell_answer(peer, answered);
            }
            SfuCommand::Renegotiate { peer, offer } => {
                let answered = self.renegotiate(peer, &offer);
                self.tell_answer(peer, answered);
            }
            SfuCommand::Disconnect { peer } => self.disconnect(peer),
            SfuCommand::MoveTo { peer, room } => self.move_to(peer, room),
            SfuCommand::SetGate { peer, kind, gate } => self.set_gate(Source { peer, kind }, gate),
            SfuCommand::SetProgramme { room, source, reverse } => self.stage(room, |stage| {
                stage.programme = source;
                stage.reverse = reverse;
            }),
            SfuCommand::SetSlides { room, source } => self.stage(room, |stage| stage.slides = source),
            SfuCommand::SetFloor { room, source } => {
                self.stage(room, |stage| stage.speakers.set_floor(source));
            }
            SfuCommand::SetView { peer, view } => self.set_view(peer, view),
            SfuCommand::DialLink { link, limits } => self.dial_link(link, limits),
            SfuCommand::AcceptLink { link, offer, limits } => self.accept_link(link, &offer, limits),
            SfuCommand::CompleteLink { link, answer } => self.complete_link(link, &answer),
            SfuCommand::SetLinkLimits { link, limits } => self.set_link_limits(link, limits),
            SfuCommand::CloseLink { link } => self.close_link(link),
            SfuCommand::Span { room, link } => self.span(room, link),
            SfuCommand::Unspan { room, link } => self.unspan(room, link),
        }
    }

    fn open_room(&mut self, room: RoomId) {
        self.rooms.entry(room).or_default();
        self.say_present(room);
        self.counters.rooms = self.rooms.len() as u64;
    }

    fn close_room(&mut self, room: RoomId) {
        let Some(closed) = self.rooms.remove(&room) else { return self.counters.commands_unknown += 1 };
        for peer in closed.members {
            self.disconnect(peer);
        }
        for peer in closed.guests {
            self.lose_guest(peer);
        }
        for link in closed.links {
            self.end_span(room, link);
        }
        self.exchange.present.remove(&room);
        self.timers.forget_room(room);
        self.unsettled_rooms.retain(|other| other != room);
        self.counters.rooms = self.rooms.len() as u64;
    }

    fn connect(&mut self, peer: PeerId, room: RoomId, offer: &str) -> Result<String, ConnectRefusal> {
        if self.members.contains(&peer) || is_link(peer) || !self.rooms.contains_key(&room) {
            return Err(ConnectRefusal::Unknown {});
        }
        if self.members.len() >= self.max_peers {
            return Err(ConnectRefusal::Full {});
        }
        let offer = Offer::parse(offer)?;
        let (transport, answer) = Peer::connect(&self.factory, &offer, &mut self.rng, self.now)?;
        let mut member = Member::new(room, peer, transport, self.now);
        let publisher = Publisher::of_offer(room, peer, &offer, &mut self.streams);
        self.lose_guest(peer);
        self.publishers.insert(peer, publisher);
        member.add_slots(&mut self.rng);
        self.demux.learn_ufrag(peer, &member.peer.ufrag());
        self.members.insert(peer, member);
        self.own_node = Some(peer.node());
        if let Some(room) = self.rooms.get_mut(&room) {
            room.members.insert(peer);
        }
        self.say_present(room);
        // Its gates are closed: of others' slots none can show it yet.
        self.unsettled_peers.insert(peer);
        Room::pictures(peer).into_iter().for_each(|source| self.undemanded.insert(source));
        self.settle_offers(peer);
        self.unflushed.insert(peer);
        self.timers.arm(Timer::Silence(peer), self.now + deadlines::HANDSHAKE_MAX);
        self.count_members();
        Ok(answer)
    }

    fn renegotiate(&mut self, peer: PeerId, offer: &str) -> Result<String, ConnectRefusal> {
        let member = self.members.get_mut(&peer).ok_or(ConnectRefusal::Unknown {})?;
        if member.room.is_none() {
            return Err(ConnectRefusal::Unknown {});
        }
        let offer = Offer::parse(offer)?;
        let answer = member.peer.renegotiate(&offer)?;
        member.add_slots(&mut self.rng);
        // The client is on its way to us from a new network: it gets the whole patience again.
        member.heard_at = self.now;
        let ufrag = member.peer.ufrag();
        self.demux.learn_ufrag(peer, &ufrag);
        self.unsettled_peers.insert(peer);
        self.unflushed.insert(peer);
        Ok(answer)
    }

    fn tell_answer(&mut self, peer: PeerId, answered: Result<String, ConnectRefusal>) {
        match answered {
            Ok(answer) => {
                self.counters.offers_answered += 1;
                let slots = self.members.get(&peer).map(Member::slot_lines).unwrap_or_default();
                self.event(SfuEvent::Answered { peer, answer, slots });
            }
            Err(refusal) => {
                self.counters.offers_refused += 1;
                self.event(SfuEvent::Refused { peer, refusal });
            }
        }
    }

    /// Ends a peer on request: it is told, nobody else is.
    fn disconnect(&mut self, peer: PeerId) {
        if is_link(peer) {
            return self.counters.commands_unknown += 1;
        }
        self.dismiss(peer);
    }

    /// Says farewell to a peer and forgets it.
    pub(super) fn dismiss(&mut self, peer: PeerId) {
        let Some(member) = self.members.get_mut(&peer) else { return self.counters.commands_unknown += 1 };
        member.peer.close();
        member.peer.handle_timeout(self.now);
        while let Some(member) = self.members.get_mut(&peer) {
            match member.peer.poll_output(self.now) {
                PeerOutput::Letter(letter) => self.post(peer, letter),
                PeerOutput::Timeout(_) | PeerOutput::Gone { .. } => break,
                PeerOutput::Keys(_) | PeerOutput::Connected => {}
            }
        }
        self.remove_peer(peer);
    }

    fn set_gate(&mut self, source: Source, gate: Gate) {
        let publisher = self.publishers.get_mut(source.peer).filter(|publisher| publisher.home == Home::Here);
        let Some(publisher) = publisher else { return self.counters.commands_unknown += 1 };
        let room = publisher.room;
        let Some(receiver) = publisher.receiver_mut(source.kind) else { return };
        receiver.gate = gate;
        if gate == Gate::Closed
            && source.kind.is_audio()
            && self.rooms.get_mut(&room).is_some_and(|room| room.speakers.remove(source))
        {
            self.unsettled_rooms.insert(room);
        }
        self.unsettled_sources.insert(source);
    }

    fn stage(&mut self, room: RoomId, change: impl FnOnce(&mut Room)) {
        let Some(stage) = self.rooms.get_mut(&room) else { return self.counters.commands_unknown += 1 };
        change(stage);
        self.unsettled_rooms.insert(room);
    }

    fn set_view(&mut self, peer: PeerId, view: View) {
        let member = self.members.get_mut(&peer).filter(|member| member.room.is_some());
        let Some(member) = member else { return self.counters.commands_unknown += 1 };
        member.view = view;
        self.unsettled_peers.insert(peer);
    }
}
