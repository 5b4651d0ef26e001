//! What goes out on links: voices that are heard here, wherever beyond there is somebody to hear them, and pictures that are
//! shown beyond, as far as the link affords them. Each goes out once, on a line of its own for as long as it is wanted.

use super::Engine;
use super::deadlines;
use super::settle::{DESIRED_MIN, DESIRED_PERCENT};
use crate::crossing::Beyond;
use crate::estimate::INITIAL_ESTIMATE;
use crate::link::{Class, LINES_MAX, LayerState, Shares, VOICES, WantedPicture, share};
use crate::receive::{Choice, LAYERS, LayerStream, StreamKey};
use crate::room::Room;
use crate::select::nominal;
use crate::timer::Timer;
use crate::units::Bitrate;
use sfu_control::{Gate, Layer, PeerId, RoomId, Slot, Source};
use std::collections::{BTreeMap, BTreeSet};

/// What kind of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Voice,
    Picture,
}

impl Engine {
    /// Brings the lines of a link in line with what is wanted beyond it. Of what it now affords otherwise, both sides are told.
    pub(super) fn settle_link(&mut self, peer: PeerId) {
        let Some(link) = self.links.get(&peer) else { return };
        let spans = link.spans.clone();
        let voiced: BTreeSet<RoomId> = link.voices.keys().map(|(room, _)| *room).collect();
        for room in spans.union(&voiced) {
            self.settle_link_voices(peer, *room);
        }
        let wanted = self.wanted_over(peer);
        let rooms = spans.iter().filter(|room| self.exchange.is_present(**room, peer)).count();
        let pictures: Vec<WantedPicture> = wanted.iter().map(|(_, picture)| picture.clone()).collect();
        let Some(shares) = self.share_link(peer, &pictures, rooms) else { return };
        let mut lines = BTreeMap::new();
        let mut afforded = BTreeMap::new();
        for ((source, picture), top) in wanted.iter().zip(&shares.afforded) {
            afforded.insert(*source, *top);
            if let Some(top) = top {
                self.lines_for(*source, picture, *top, &mut lines);
            }
        }
        self.take_lines(peer, &lines);
        let Some(link) = self.links.get_mut(&peer) else { return };
        let before = std::mem::replace(&mut link.afforded, afforded);
        link.denied = shares.denied;
        let sources: BTreeSet<Source> = before.keys().chain(link.afforded.keys()).copied().collect();
        for source in sources.into_iter().filter(|source| before.get(source) != link.afforded.get(source)) {
            self.undemanded.insert(source);
            self.unsaid.extend(self.publishers.get(source.peer).map(|publisher| publisher.room));
        }
    }

    /// How far a link affords a source of which somebody beyond was granted this layer; workers take what they want.
    pub(super) fn afforded(&self, source: Source, beyond: Beyond, granted: Layer) -> Option<Layer> {
        let Beyond::Link(link) = beyond else { return Some(granted) };
        // What was not weighed yet is in a moment.
        let top = self.links.get(&link)?.afforded.get(&source).copied().flatten();
        top.map(|top| top.min(granted))
    }

    /// The voices of a room that are heard here go to those beyond.
    pub(super) fn settle_link_voices(&mut self, peer: PeerId, id: RoomId) {
        let spans = self.links.get(&peer).is_some_and(|link| link.spans.contains(&id));
        let there = spans && self.exchange.is_present(id, peer);
        for place in 0..VOICES {
            let voice = self.rooms.get(&id).filter(|_| there).and_then(|room| {
                let heard =
                    if place + 1 == VOICES { room.speakers.floor() } else { room.speakers.heard(place) };
                heard.filter(|source| self.is_told(*source, Beyond::Link(peer)))
            });
            let key = voice.map(|source| StreamKey { source, layer: Layer::Low });
            let Some(link) = self.links.get_mut(&peer) else { return };
            let line = link.voices.get(&(id, place)).copied();
            match (line, key) {
                (None, None) => {}
                (Some(line), None) if !there => {
                    link.voices.remove(&(id, place));
                    link.free.0.push(line);
                    self.retarget_line(peer, line, None);
                }
                (Some(line), key) => self.retarget_line(peer, line, key),
                (None, Some(key)) => {
                    let Some(line) = self.free_line(peer, Kind::Voice) else { return };
                    if let Some(link) = self.links.get_mut(&peer) {
                        link.voices.insert((id, place), line);
                    }
                    self.retarget_line(peer, line, Some(key));
                }
            }
        }
    }

    /// Whether an engine beyond is told of a source.
    fn is_told(&self, source: Source, beyond: Beyond) -> bool {
        let told =
            self.publishers.get(source.peer).is_some_and(|publisher| publisher.home.is_told_to(beyond));
        told && self.publishers.receiver(source).is_some_and(|receiver| receiver.gate == Gate::Open)
    }

    /// The pictures those beyond a link want.
    fn wanted_over(&self, peer: PeerId) -> Vec<(Source, WantedPicture)> {
        let beyond = Beyond::Link(peer);
        let Some(link) = self.links.get(&peer) else { return Vec::new() };
        let mut wanted = Vec::new();
        for (source, wants) in &self.exchange.wants {
            let want = wants.iter().find(|want| want.beyond == beyond);
            let room = self.publishers.get(source.peer).map(|publisher| publisher.room);
            let (Some(want), Some(room)) = (want, room.filter(|room| link.spans.contains(room))) else {
                continue;
            };
            let (Some(granted), true) = (want.granted, self.is_told(*source, beyond)) else { continue };
            let layered = self.publishers.layers(*source, &self.streams).any(LayerStream::is_layered);
            let receiver = self.publishers.receiver(*source);
            let size = |layer| match receiver {
                Some(receiver) if !layered => nominal(receiver.as_large_as(layer)),
                Some(_) | None => nominal(layer),
            };
            let layers = self.publishers.layers(*source, &self.streams);
            let state = |Choice { layer, flowing, rate, .. }| LayerState {
                layer,
                flowing,
                rate,
                nominal: size(layer),
            };
            let picture = WantedPicture {
                class: self.rooms.get(&room).map_or(Class::Small, |room| class_of(room, *source)),
                granted,
                taken: want.taken,
                held: link.afforded.get(source).copied().flatten(),
                layers: layers.flat_map(|stream| stream.choices(self.now)).map(state).collect(),
                layered,
            };
            wanted.push((*source, picture));
        }
        wanted
    }

    /// Weighs what is wanted against what the link carries.
    fn share_link(&mut self, peer: PeerId, pictures: &[WantedPicture], rooms: usize) -> Option<Shares> {
        let cap = self.links.get(&peer)?.cap.unwrap_or(Bitrate::MAX);
        let member = self.members.get_mut(&peer)?;
        let estimate = member.estimate.unwrap_or(INITIAL_ESTIMATE);
        member.judged_estimate = estimate;
        let carries = estimate.min(member.rest.ceiling(self.now)).min(cap);
        let climb = member.rest.climb(self.now, carries);
        let shares = share(pictures, rooms, carries, climb);
        member.hungry = shares.denied > 0;
        member.granted_rate = shares.granted.min(carries);
        if shares.fell {
            member.rest.on_fall(self.now);
        }
        if shares.rose {
            member.rest.on_rise(self.now, carries);
        }
        let desired = shares.desired.percent(DESIRED_PERCENT).max(DESIRED_MIN).min(cap);
        if member.desired_rate != desired {
            member.desired_rate = desired;
            member.downlink.set_desired_bitrate(desired);
            self.owed_pacing.insert(peer);
        }
        if member.hungry {
            self.timers.arm_if_idle(Timer::Reselect(peer), self.now + deadlines::RESELECT_INTERVAL);
        }
        Some(shares)
    }

    /// The streams a picture goes out on, each with the spatial layer it is looked at up to.
    fn lines_for(
        &self,
        source: Source,
        picture: &WantedPicture,
        top: Layer,
        lines: &mut BTreeMap<StreamKey, Option<u8>>,
    ) {
        if picture.layered {
            let (key, spatial) = self.stream_of(source, top.min(picture.granted));
            lines.insert(key, spatial);
            return;
        }
        for layer in LAYERS.into_iter().filter(|layer| *layer <= top && picture.taken.contains(*layer)) {
            let key = StreamKey { source, layer };
            if self.publishers.stream(key).is_some() {
                lines.insert(key, None);
            }
        }
    }

    /// Lets these pictures have lines and no others.
    fn take_lines(&mut self, peer: PeerId, wanted: &BTreeMap<StreamKey, Option<u8>>) {
        let Some(link) = self.links.get_mut(&peer) else { return };
        let gone: Vec<(StreamKey, usize)> = link
            .pictures
            .iter()
            .filter(|(key, _)| !wanted.contains_key(key))
            .map(|(key, line)| (*key, *line))
            .collect();
        for (key, line) in gone {
            if let Some(link) = self.links.get_mut(&peer) {
                link.pictures.remove(&key);
                link.free.1.push(line);
            }
            self.retarget_line(peer, line, None);
        }
        for (key, spatial) in wanted {
            let known = self.links.get(&peer).and_then(|link| link.pictures.get(key)).copied();
            let line = known.or_else(|| self.free_line(peer, Kind::Picture));
            let (Some(line), Some(link)) = (line, self.links.get_mut(&peer)) else { continue };
            link.pictures.insert(*key, line);
            self.retarget_line(peer, line, Some(*key));
            self.look_up_to(peer, line, *spatial);
        }
    }

    /// A line nothing has; none when there are as many as a link may have.
    fn free_line(&mut self, peer: PeerId, kind: Kind) -> Option<usize> {
        let link = self.links.get_mut(&peer)?;
        let free = match kind {
            Kind::Voice => link.free.0.pop(),
            Kind::Picture => link.free.1.pop(),
        };
        let member = self.members.get_mut(&peer)?;
        if free.is_none() && member.slots.len() >= LINES_MAX {
            self.counters.lines_refused += 1;
            return None;
        }
        let slot = match kind {
            Kind::Voice => Slot::Audio(0),
            Kind::Picture => Slot::Programme,
        };
        Some(free.unwrap_or_else(|| member.add_line(slot, &mut self.rng)))
    }

    /// Points a line at a stream, or at none.
    fn retarget_line(&mut self, peer: PeerId, line: usize, key: Option<StreamKey>) {
        let Some(member) = self.members.get_mut(&peer) else { return };
        let Some(slot) = member.slots.get_mut(line) else { return };
        let before = slot.stream.target().or(slot.stream.current());
        if before == key {
            return;
        }
        slot.stream.retarget(key);
        if key.is_none() {
            self.counters.dropped_pacer += member.downlink.forget_waiting(line);
        }
        self.stale_routes.insert((peer, line));
        if key.is_some_and(|key| !key.source.kind.is_audio()) {
            self.expect_keyframe(peer, line);
        }
    }
}

/// What a picture is to a room.
fn class_of(room: &Room, source: Source) -> Class {
    if room.programme == Some(source) || room.reverse == Some(source) {
        Class::Programme
    } else if room.slides == Some(source) {
        Class::Slides
    } else {
        Class::Small
    }
}
