//! Links to other nodes: how they begin and end, and which rooms go on beyond them.

use super::publishers::Home;
use super::{Engine, Member, deadlines, reports};
use crate::crossing::{Beyond, Word};
use crate::link::{self, LINKS_MAX, Link, SPANS_MAX, peer_of};
use crate::peer::Peer;
use crate::timer::Timer;
use crate::units::Bitrate;
use sfu_control::{ConnectRefusal, LinkId, LinkLimits, LinkReport, PeerId, RoomId, SfuEvent, Source};

impl Engine {
    pub(super) fn dial_link(&mut self, link: LinkId, limits: LinkLimits) {
        let dialled = self.may_begin(link).and_then(|()| Peer::dial(&self.factory, &mut self.rng, self.now));
        match dialled {
            Ok((transport, offer)) => {
                self.begin_link(link, transport, limits);
                self.event(SfuEvent::LinkOffered { link, offer });
            }
            Err(refusal) => self.refuse_link(link, refusal),
        }
    }

    pub(super) fn accept_link(&mut self, link: LinkId, offer: &str, limits: LinkLimits) {
        let accepted =
            self.may_begin(link).and_then(|()| Peer::accept(&self.factory, offer, &mut self.rng, self.now));
        match accepted {
            Ok((transport, answer)) => {
                self.begin_link(link, transport, limits);
                self.event(SfuEvent::LinkAnswered { link, answer });
            }
            Err(refusal) => self.refuse_link(link, refusal),
        }
    }

    pub(super) fn complete_link(&mut self, link: LinkId, answer: &str) {
        let peer = peer_of(link);
        let Some(member) = self.members.get_mut(&peer) else { return self.counters.commands_unknown += 1 };
        match member.peer.complete(answer) {
            Ok(()) => self.unflushed.insert(peer),
            Err(refusal) => {
                self.remove_peer(peer);
                self.event(SfuEvent::LinkRefused { link, refusal });
            }
        }
    }

    fn may_begin(&self, link: LinkId) -> Result<(), ConnectRefusal> {
        if self.links.contains_key(&peer_of(link)) {
            return Err(ConnectRefusal::Unknown {});
        }
        if self.links.len() >= LINKS_MAX { Err(ConnectRefusal::Full {}) } else { Ok(()) }
    }

    /// A name that is in use stays what it is, and nobody is told that it is gone.
    fn refuse_link(&mut self, link: LinkId, refusal: ConnectRefusal) {
        if self.links.contains_key(&peer_of(link)) {
            return self.counters.commands_unknown += 1;
        }
        self.event(SfuEvent::LinkRefused { link, refusal });
    }

    fn begin_link(&mut self, link: LinkId, transport: Peer, limits: LinkLimits) {
        let peer = peer_of(link);
        let mut member = Member::of_link(peer, transport, &mut self.rng, self.now);
        member.downlink.set_cap(self.now, link::cap_of(limits));
        self.demux.learn_ufrag(peer, &member.peer.ufrag());
        self.members.insert(peer, member);
        self.links.insert(peer, Link::new(link, limits));
        self.unflushed.insert(peer);
        self.timers.arm(Timer::Silence(peer), self.now + deadlines::HANDSHAKE_MAX);
        self.begin_exchange();
        self.count_members();
    }

    /// Both ends have proven themselves, and the keys are there.
    pub(super) fn on_link_up(&mut self, peer: PeerId) {
        let Some(link) = self.links.get(&peer) else { return };
        let (id, spans) = (link.id, link.spans.clone());
        self.timers.arm(Timer::Silence(peer), self.now + link::SILENCE_MAX);
        self.timers.arm(Timer::Line(peer), self.now + deadlines::LINE_INTERVAL);
        self.timers.arm(Timer::Reports(peer), self.now + reports::REPORT_INTERVAL);
        self.event(SfuEvent::LinkUp { link: id });
        for room in spans {
            self.say_present(room);
            self.unsettled_rooms.insert(room);
        }
        self.refresh_link(peer);
    }

    pub(super) fn set_link_limits(&mut self, link: LinkId, limits: LinkLimits) {
        let peer = peer_of(link);
        let (Some(link), Some(member)) = (self.links.get_mut(&peer), self.members.get_mut(&peer)) else {
            return self.counters.commands_unknown += 1;
        };
        link.cap = link::cap_of(limits);
        member.downlink.set_cap(self.now, link.cap);
        self.unsettled_peers.insert(peer);
    }

    pub(super) fn close_link(&mut self, link: LinkId) {
        self.dismiss(peer_of(link));
    }

    pub(super) fn span(&mut self, room: RoomId, link: LinkId) {
        let peer = peer_of(link);
        let (Some(stage), Some(link)) = (self.rooms.get_mut(&room), self.links.get_mut(&peer)) else {
            return self.counters.commands_unknown += 1;
        };
        if link.spans.len() >= SPANS_MAX || !link.spans.insert(room) {
            return;
        }
        stage.links.insert(peer);
        self.say_present(room);
        self.unsettled_rooms.insert(room);
        // The other end may have spoken of the room before.
        let offers = self.links.get(&peer).map(|link| link.heard.values().map(|heard| heard.word).collect());
        let offers: Vec<Word> = offers.unwrap_or_default();
        for word in offers {
            if matches!(word, Word::Offered { room: of, .. } if of == room) {
                self.take_link_offer(peer, word);
            }
        }
    }

    pub(super) fn unspan(&mut self, room: RoomId, link: LinkId) {
        self.end_span(room, peer_of(link));
    }

    /// A room goes on beyond a link no longer.
    pub(super) fn end_span(&mut self, room: RoomId, peer: PeerId) {
        let Some(link) = self.links.get_mut(&peer) else { return self.counters.commands_unknown += 1 };
        if !link.spans.remove(&room) {
            return;
        }
        if let Some(present) = self.exchange.present.get_mut(&room) {
            present.remove(&Beyond::Link(peer));
        }
        let said = link.said.iter().filter(|(_, word)| is_of(word, room));
        let said: Vec<Source> = said.map(|(source, _)| *source).collect();
        for source in &said {
            link.said.remove(source);
            self.exchange.tell(Beyond::Link(peer), Word::Withdrawn { source: *source });
        }
        if let Some(stage) = self.rooms.get_mut(&room) {
            stage.links.remove(&peer);
        }
        self.lose_guests_of(peer, |guest| guest == room);
        let wanted: Vec<Source> = self.exchange.wants.keys().copied().collect();
        for source in wanted.into_iter().filter(|source| said.contains(source)) {
            if let Some(wants) = self.exchange.wants.get_mut(&source) {
                wants.retain(|want| want.beyond != Beyond::Link(peer));
            }
            self.undemanded.insert(source);
        }
        self.unsettled_rooms.insert(room);
        self.unsettled_peers.insert(peer);
    }

    /// A link is gone, and with it whoever was beyond.
    pub(super) fn forget_link(&mut self, peer: PeerId) {
        let Some(link) = self.links.remove(&peer) else { return };
        let wanted = self.exchange.forget_link(peer);
        for room in &link.spans {
            if let Some(stage) = self.rooms.get_mut(room) {
                stage.links.remove(&peer);
            }
            self.unsettled_rooms.insert(*room);
        }
        self.lose_guests_of(peer, |_| true);
        self.undemanded.extend(wanted);
    }

    /// Withdraws who is beyond a link, in some of the rooms. Who can be had on another way is.
    fn lose_guests_of(&mut self, link: PeerId, which: impl Fn(RoomId) -> bool) {
        let home = Home::At(Beyond::Link(link));
        let guests = self.publishers.guests();
        let lost = guests.filter(|(_, _, guest)| guest.home == home && which(guest.room));
        let lost: Vec<PeerId> = lost.map(|(peer, ..)| peer).collect();
        for peer in lost {
            let room = self.publishers.get(peer).map(|guest| guest.room);
            let sources = self.sources(peer);
            if let Some(room) = room {
                self.withdraw(peer, room);
            }
            self.lose_guest(peer);
            for source in sources {
                self.take_other_way(source);
            }
        }
    }

    pub(super) fn tell_link_line(&mut self, peer: PeerId) {
        let (Some(link), Some(member)) = (self.links.get(&peer), self.members.get_mut(&peer)) else { return };
        let interval = deadlines::LINE_INTERVAL;
        let count = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let flowing = |id| self.streams.get(id).is_some_and(|stream| stream.is_flowing(self.now));
        let report = LinkReport {
            in_kbps: Bitrate::over(std::mem::take(&mut member.bytes_up), interval).as_kbps(),
            out_kbps: Bitrate::over(member.downlink.take_wire_bytes(), interval).as_kbps(),
            out_estimate_kbps: member.estimate.unwrap_or_default().as_kbps(),
            out_cap_kbps: link.cap.unwrap_or_default().as_kbps(),
            rtt_ms: member.downlink.rtt().map_or(0, |rtt| u32::try_from(rtt.as_millis()).unwrap_or(u32::MAX)),
            in_loss_permille: std::mem::take(&mut member.losses).permille(),
            out_loss_permille: member.downlink.loss_permille(),
            in_streams: count(member.uplink.streams().filter(|id| flowing(*id)).count()),
            out_streams: count(member.slots.iter().filter(|slot| slot.stream.current().is_some()).count()),
            denied: count(link.denied),
        };
        let link = link.id;
        self.timers.arm(Timer::Line(peer), self.now + interval);
        self.event(SfuEvent::LinkLine { link, report });
    }
}

/// Whether an offer is about a room.
fn is_of(word: &Word, id: RoomId) -> bool {
    matches!(word, Word::Offered { room, .. } if *room == id)
}
