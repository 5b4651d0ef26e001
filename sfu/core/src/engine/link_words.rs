//! What is said on links, and what was heard. Offers are kept by both ends: the one that hears them takes another way when a
//! first one ends, and both add them up twice a second, so that what was lost on the line is noticed.

use super::Engine;
use super::exchange::Want;
use crate::crossing::{Beyond, Word};
use crate::datagram::Arena;
use crate::downlink::Outbox;
use crate::link::{self, HEARD_MAX, Heard, ROUNDS_MAX, words};
use crate::receive::Offered;
use crate::rtcp::ReportWriter;
use sfu_control::{PeerId, RoomId, Source};
use std::collections::BTreeMap;

impl Engine {
    /// The other end of a link says something.
    pub(super) fn on_words(&mut self, link: PeerId, data: &[u8]) {
        if !self.links.contains_key(&link) {
            return self.counters.dropped_malformed += 1;
        }
        let mut words = words::Words::read(data);
        for word in words.by_ref() {
            self.counters.words_in += 1;
            self.on_link_word(link, word);
        }
        if words.is_broken() {
            self.counters.words_malformed += 1;
        }
    }

    fn on_link_word(&mut self, link: PeerId, word: Word) {
        match word {
            Word::Present { room, hops } => {
                if self.spans(link, room)
                    && let Some(hops) = hops.farther()
                {
                    self.on_present(Beyond::Link(link), room, hops);
                }
            }
            Word::Offered { source, .. } => {
                let Some(known) = self.links.get_mut(&link) else { return };
                if known.heard.len() < HEARD_MAX || known.heard.contains_key(&source) {
                    known.heard.insert(source, Heard { word, rounds: 0 });
                    self.take_link_offer(link, word);
                }
            }
            Word::Withdrawn { source } => self.on_link_withdrawn(link, source),
            Word::Wanted { room, source, granted, taken } => {
                if self.spans(link, room) {
                    let until = self.now + link::FORGOTTEN_AFTER;
                    self.on_wanted(
                        (room, source),
                        Want { beyond: Beyond::Link(link), granted, taken, until },
                    );
                }
            }
            Word::Sum { .. } => self.on_sum(link, word),
            Word::Again => {
                let Some(known) = self.links.get_mut(&link) else { return };
                known.said.clear();
                self.unsaid.extend(known.spans.iter().copied());
            }
            Word::KeyframeWanted { .. } | Word::Clock { .. } | Word::Media(_) => {}
        }
    }

    fn spans(&self, link: PeerId, room: RoomId) -> bool {
        self.links.get(&link).is_some_and(|link| link.spans.contains(&room))
    }

    /// Takes what a link offers if the room goes on beyond it, as one hop farther than the other end said. What it says of
    /// our own peers is our own word that came back.
    pub(super) fn take_link_offer(&mut self, link: PeerId, word: Word) {
        let Word::Offered { room, source, hops, format, layers } = word else { return };
        let ours = self.own_node == Some(source.peer.node());
        if let Some(hops) = hops.farther().filter(|_| !ours && self.spans(link, room)) {
            self.on_offered((Beyond::Link(link), room), (source, hops), format, layers);
        }
    }

    fn on_link_withdrawn(&mut self, link: PeerId, source: Source) {
        let known = self.links.get_mut(&link).and_then(|link| link.heard.remove(&source));
        if known.is_some() {
            self.on_withdrawn(Beyond::Link(link), source);
            self.take_other_way(source);
        }
    }

    /// The way a source came on is gone: another link may know it too.
    pub(super) fn take_other_way(&mut self, source: Source) {
        if self.publishers.receiver(source).is_some() {
            return;
        }
        let ways =
            self.links.iter().filter_map(|(link, known)| Some((*link, known.heard.get(&source)?.word)));
        let nearest = ways.min_by_key(|(link, word)| {
            let hops = if let Word::Offered { hops, .. } = word { Some(*hops) } else { None };
            (hops, *link)
        });
        if let Some((link, word)) = nearest {
            self.take_link_offer(link, word);
        }
    }

    /// The other end adds up what it offers. If that is not what is known here, something was lost: it is to say all again,
    /// and what it leaves out again and again is gone.
    fn on_sum(&mut self, link: PeerId, sum: Word) {
        let Some(known) = self.links.get_mut(&link) else { return };
        if known.sum_heard() == sum {
            known.heard.values_mut().for_each(|heard| heard.rounds = 0);
            return;
        }
        for heard in known.heard.values_mut() {
            heard.rounds += 1;
        }
        let old = known.heard.iter().filter(|(_, heard)| heard.rounds >= ROUNDS_MAX);
        let old: Vec<Source> = old.map(|(source, _)| *source).collect();
        for source in old {
            self.on_link_withdrawn(link, source);
        }
        self.exchange.tell(Beyond::Link(link), Word::Again);
    }

    /// Says again what is only heard, and adds up what is remembered.
    pub(super) fn refresh_link(&mut self, peer: PeerId) {
        let Some(link) = self.links.get(&peer) else { return };
        let (sum, spans) = (link.sum_said(), link.spans.clone());
        self.exchange.tell(Beyond::Link(peer), sum);
        for room in spans {
            self.say_present(room);
        }
    }

    /// Brings what links are told of a room in line with what there is.
    pub(super) fn settle_link_offers(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        for link in room.links.clone() {
            let there = self.offers_for(link, id);
            let Some(known) = self.links.get_mut(&link) else { continue };
            let of_room = |word: &Word| matches!(word, Word::Offered { room, .. } if *room == id);
            let gone =
                known.said.iter().filter(|(source, said)| of_room(said) && !there.contains_key(source));
            let gone: Vec<Source> = gone.map(|(source, _)| *source).collect();
            for source in gone {
                known.said.remove(&source);
                self.exchange.tell(Beyond::Link(link), Word::Withdrawn { source });
            }
            for (source, word) in there {
                if known.said.get(&source).is_none_or(|said| is_news(said, &word)) {
                    known.said.insert(source, word);
                    self.exchange.tell(Beyond::Link(link), word);
                }
            }
        }
    }

    /// What of a room may be had over a link: all but what came over it. Layers it does not afford do not flow there.
    fn offers_for(&self, link: PeerId, id: RoomId) -> BTreeMap<Source, Word> {
        let mut offers = BTreeMap::new();
        let (Some(room), Some(known)) = (self.rooms.get(&id), self.links.get(&link)) else { return offers };
        let beyond = Beyond::Link(link);
        for peer in room.publishers() {
            if self.publishers.get(peer).is_none_or(|publisher| !publisher.home.is_told_to(beyond)) {
                continue;
            }
            for source in self.sources(peer) {
                let Some(Word::Offered { room, source, hops, format, layers }) = self.offer_of(source) else {
                    continue;
                };
                let affords = |layer| known.afforded.get(&source).is_none_or(|top| Some(layer) <= *top);
                let mut layers = layers;
                for (layer, offered) in crate::receive::LAYERS.into_iter().zip(&mut layers) {
                    if let Some(Offered { flowing, .. }) = offered {
                        *flowing &= affords(layer);
                    }
                }
                offers.insert(source, Word::Offered { room, source, hops, format, layers });
            }
        }
        offers
    }

    /// Writes what is to be said on one link. Gives false when there is nothing.
    pub(super) fn step_words(&mut self, arena: &mut Arena) -> bool {
        let Some(link) = self.exchange.next_link() else { return false };
        let mut data = std::mem::take(&mut self.scratch.words);
        data.clear();
        while data.len() < words::PACKET_BYTES_MAX
            && let Some(word) = self.exchange.pop_on(link)
        {
            self.counters.words_out += u64::from(words::write(&word, &mut data));
        }
        if let Some(member) = self.members.get_mut(&link).filter(|member| member.is_connected())
            && let Some(ssrc) = member.downlink.report_ssrc()
        {
            let start = arena.len();
            ReportWriter::begin(arena.bytes_mut()).application(ssrc, words::NAME, &data);
            let mut out = Outbox { arena, bursts: &mut self.bursts };
            member.downlink.post_report(start, &mut out);
        }
        self.scratch.words = data;
        true
    }
}

/// A rate is told again when it became another by a quarter.
const RATE_NEWS_PERCENT: u64 = 125;

/// Whether an offer says something that was not said before.
fn is_news(said: &Word, word: &Word) -> bool {
    if said.without_rates() != word.without_rates() {
        return true;
    }
    let (Word::Offered { layers: before, .. }, Word::Offered { layers, .. }) = (said, word) else {
        return true;
    };
    before.iter().zip(layers).any(|(before, now)| match (before, now) {
        (Some(before), Some(now)) => {
            let (low, high) = (before.rate.min(now.rate), before.rate.max(now.rate));
            now.flowing && high > low.percent(RATE_NEWS_PERCENT)
        }
        (None, None) => false,
        (Some(_), None) | (None, Some(_)) => true,
    })
}
