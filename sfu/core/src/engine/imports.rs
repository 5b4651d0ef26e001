//! The engine as the home of those who watch: publishers of other engines stand beside its own while they are offered,
//! and what is shown of them is asked for. A packet that crossed is routed like one that came from a socket.

use super::Engine;
use super::exchange::FORGOTTEN_AFTER;
use super::publishers::{Home, Publisher};
use super::turn::Arrived;
use crate::crossing::{Beyond, Hops, LayerSet, Media, Word};
use crate::peer::Format;
use crate::receive::{Incoming, LAYERS, Offered, Received, Receiver, StreamId, StreamKey};
use sfu_control::{Gate, PeerId, RoomId, Source};

impl Engine {
    /// Says that a room has people here or beyond, or that this worker speaks for it.
    pub(super) fn say_present(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        let here = (!room.members.is_empty()).then_some(Hops::NONE);
        let nearest = |which: &dyn Fn(Beyond) -> bool| here.or_else(|| self.exchange.nearest(id, which));
        let beyond_links = nearest(&|beyond| matches!(beyond, Beyond::Link(_)));
        let listens = self.exchange.speaks_for(id).then_some(Hops::TOO_FAR);
        let on_links: Vec<_> = room
            .links
            .iter()
            .filter_map(|link| Some((*link, nearest(&|beyond| beyond != Beyond::Link(*link))?)))
            .collect();
        if let Some(hops) = beyond_links.or(listens) {
            self.exchange.say(self.exchange.others(), Word::Present { room: id, hops });
        }
        for (link, hops) in on_links {
            self.exchange.tell(Beyond::Link(link), Word::Present { room: id, hops });
        }
    }

    /// Another engine offers a source. Of several ways to it the shortest is taken, and kept while it lasts.
    pub(super) fn on_offered(
        &mut self,
        (from, id): (Beyond, RoomId),
        (source, hops): (Source, Hops),
        format: Option<Format>,
        layers: [Option<Offered>; 3],
    ) {
        if !self.rooms.contains_key(&id) || self.members.contains(&source.peer) {
            return;
        }
        let home = Home::At(from);
        let known = self.publishers.get(source.peer).map(|guest| (guest.home, guest.hops, guest.room));
        if let Some((at, distance, room)) = known
            && (at, room) != (home, id)
        {
            // What is connected to another worker of this node is nowhere else.
            if hops >= distance && hops != Hops::NONE {
                return;
            }
            self.lose_guest(source.peer);
        }
        if let Beyond::Worker(_) = from {
            self.exchange.offers.insert(source, self.now + FORGOTTEN_AFTER);
        }
        if self.publishers.get(source.peer).is_none() {
            let guest = Publisher { room: id, home, hops, receivers: Vec::new() };
            self.publishers.insert(source.peer, guest);
            if let Some(room) = self.rooms.get_mut(&id) {
                room.guests.insert(source.peer);
            }
        }
        let Some(publisher) = self.publishers.get_mut(source.peer) else { return };
        if publisher.receiver(source.kind).is_none() {
            let there: Vec<_> =
                LAYERS.into_iter().zip(layers).filter_map(|(layer, state)| state.map(|_| layer)).collect();
            let mut receiver = Receiver::new(source, &there, &mut self.streams);
            receiver.gate = Gate::Open;
            publisher.receivers.push(receiver);
        }
        let mut changed = false;
        for (layer, offered) in LAYERS.into_iter().zip(layers) {
            let id = self.publishers.stream(StreamKey { source, layer });
            let Some(stream) = id.and_then(|id| self.streams.get_mut(id)) else { continue };
            let flows = |offered: Option<Offered>| offered.is_some_and(|offered| offered.flowing);
            changed |= stream.offered.is_none() || flows(stream.offered) != flows(offered);
            changed |= stream.format.is_none() && format.is_some();
            stream.offered = offered.or(Some(Offered { flowing: false, ..Offered::default() }));
            stream.format = stream.format.or(format);
        }
        if changed {
            self.unsettled_sources.insert(source);
        }
    }

    /// A source may be had no longer: its gate closed, or its sender is gone.
    pub(super) fn on_withdrawn(&mut self, from: Beyond, source: Source) {
        let guest = self.publishers.get_mut(source.peer).filter(|guest| guest.home == Home::At(from));
        let Some(guest) = guest else { return };
        let (room, told) = (guest.room, guest.home.is_told_to_workers());
        if told && self.exchange.said_offers.remove(&source).is_some() {
            let present = self.exchange.present(room);
            self.exchange.say(present, Word::Withdrawn { source });
        }
        let gone: Vec<StreamId> =
            guest.receiver(source.kind).into_iter().flat_map(Receiver::layers).collect();
        guest.receivers.retain(|receiver| receiver.kind() != source.kind);
        if guest.receivers.is_empty() {
            return self.lose_guest(source.peer);
        }
        for id in gone {
            // It may be offered again before anybody is settled, and is another stream then.
            let fanout = self.streams.get(id).map(|stream| stream.fanout.as_slice()).unwrap_or_default();
            for address in fanout {
                let member = self.members.at(address.member);
                member.into_iter().for_each(|member| self.stale_routes.insert((member.id, address.slot)));
            }
            self.streams.remove(id);
        }
        self.exchange.offers.remove(&source);
        self.exchange.said_wants.remove(&source);
        if source.kind.is_audio()
            && self.rooms.get_mut(&room).is_some_and(|stage| stage.speakers.remove(source))
        {
            self.unsettled_rooms.insert(room);
        }
        self.unsettled_sources.insert(source);
    }

    /// Nothing is offered of a peer any more.
    pub(super) fn lose_guest(&mut self, peer: PeerId) {
        let elsewhere = self.publishers.get(peer).is_some_and(|guest| guest.home != Home::Here);
        if elsewhere {
            self.forget_publisher(peer);
            self.timers.forget_peer(peer);
        }
    }

    /// Asks another engine for what is shown of a picture, where that changed.
    pub(super) fn want(&mut self, id: RoomId, source: Source, home: Beyond) {
        let receiver = self.publishers.receiver(source).filter(|_| !source.kind.is_audio());
        let (Some(receiver), Some(room)) = (receiver, self.rooms.get(&id)) else { return };
        let mut taken = LayerSet::default();
        for layer in LAYERS {
            let stream = receiver.layer(layer).and_then(|id| self.streams.get(id));
            if stream.is_some_and(|stream| !stream.fanout.is_empty() || !stream.takers.is_empty()) {
                taken.add(layer);
            }
        }
        let granted = room.needs.highest(source).max(self.granted_beyond(source));
        let word = Word::Wanted { room: id, source, granted, taken };
        let said = self.exchange.said_wants.get(&source).copied();
        let nothing = taken.is_empty() && granted.is_none();
        if said == Some(word) || nothing && said.is_none() {
            return;
        }
        self.exchange.said_wants.insert(source, word);
        self.exchange.tell(home, word);
    }

    /// Asks again for what is wanted.
    pub(super) fn repeat_wants(&mut self, whose: impl Fn(PeerId) -> bool) {
        let guests = self.publishers.guests().filter(|(peer, ..)| whose(*peer));
        let mut words = Vec::new();
        for (peer, home, guest) in guests {
            let sources = guest.receivers.iter().map(|receiver| Source { peer, kind: receiver.kind() });
            words.extend(sources.filter_map(|source| Some((home, *self.exchange.said_wants.get(&source)?))));
        }
        for (home, word) in words {
            self.exchange.tell(home, word);
        }
    }

    /// A packet that crossed.
    pub(super) fn on_crossed_media(&mut self, media: &Media, bytes: &[u8]) {
        let publisher = self.publishers.get(media.key.source.peer);
        let id = publisher
            .filter(|publisher| publisher.room == media.room)
            .and_then(|publisher| publisher.receiver(media.key.source.kind)?.layer(media.key.layer));
        let Some(id) = id else { return self.counters.crossings_stray += 1 };
        let Some((dependency, payload)) = bytes.split_at_checked(media.dependency.into()) else { return };
        let Media { ssrc, time, marker, format, passed, .. } = *media;
        let padding = |back: u64| {
            let seq = media.seq.minus(back);
            Incoming { ssrc, seq, time, marker, format, passed, dependency: &[], payload: &[] }
        };
        for back in (1..=media.left_out).rev() {
            self.take_crossed(id, &padding(back.into()));
        }
        self.take_crossed(id, &Incoming { dependency, payload, ..padding(0) });
    }

    fn take_crossed(&mut self, id: StreamId, incoming: &Incoming<'_>) {
        let Some(stream) = self.streams.get_mut(id) else { return };
        let arrived =
            |epoch, padding, resumed| Arrived { stream: id, epoch, seq: incoming.seq, padding, resumed };
        match stream.on_packet(self.now, incoming) {
            Received::Media { epoch, resumed, .. } => self.turn.arrive(arrived(epoch, false, resumed)),
            Received::Padding { epoch } => self.turn.arrive(arrived(epoch, true, false)),
            Received::Twice | Received::Malformed => {}
        }
    }

    /// Forgets what nobody offers any more.
    pub(super) fn forget_imports(&mut self) {
        let now = self.now;
        let old = self.exchange.offers.iter().filter(|(_, until)| **until <= now);
        let old: Vec<Source> = old.map(|(source, _)| *source).collect();
        for source in old {
            let home = self.publishers.get(source.peer).map(|guest| guest.home);
            if let Some(Home::At(from @ Beyond::Worker(_))) = home {
                self.on_withdrawn(from, source);
            }
            self.exchange.offers.remove(&source);
        }
    }
}
