//! Who is in a room and which source each slot of each of them should show. A room knows no layers and no lines.

mod needs;

pub(crate) use needs::Needs;

use crate::select::Speakers;
use sfu_control::{Demand, PeerId, ReceiveProfile, Slot, Source, SourceKind, View};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What a client sees before it says what it wants: the stage at full height, no small pictures.
pub(crate) fn first_view() -> View {
    View { profile: ReceiveProfile::Full, programme_height: 720, slides_height: 720, mosaic: Vec::new() }
}

/// How long a picture nobody needs goes on, so that flipping a page back costs no keyframe.
pub(crate) const RELEASE_AFTER: std::time::Duration = std::time::Duration::from_secs(2);

/// What a publisher was told about one of its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// The last demand.
    pub(crate) demand: Demand,
    /// Since when less is needed.
    pub(crate) less_since: Option<Instant>,
}

/// One room.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// Its peers that are connected here.
    pub(crate) members: BTreeSet<PeerId>,
    /// Its peers of which another engine offers something.
    pub(crate) guests: BTreeSet<PeerId>,
    /// The links it goes on beyond.
    pub(crate) links: BTreeSet<PeerId>,
    /// The picture everybody is shown.
    pub(crate) programme: Option<Source>,
    /// What the programme's own sender is shown instead.
    pub(crate) reverse: Option<Source>,
    /// What is presented.
    pub(crate) slides: Option<Source>,
    /// Who is loudest, and who has the floor.
    pub(crate) speakers: Speakers,
    /// What its slots were granted.
    pub(crate) needs: Needs,
    /// What publishers were told.
    pub(crate) told: BTreeMap<Source, Told>,
}

impl Room {
    /// What a slot of a subscriber should show, gates and layers not considered. Nobody is sent its own source.
    pub(crate) fn wish(&self, subscriber: PeerId, view: &View, slot: Slot) -> Option<Source> {
        let video = view.profile != ReceiveProfile::AudioOnly;
        let wish = match slot {
            Slot::Audio(number) => self.speakers.heard(usize::from(number)),
            Slot::FloorAudio => self.speakers.floor(),
            Slot::Programme if !video || view.programme_height == 0 => None,
            Slot::Programme => match self.programme {
                Some(programme) if programme.peer == subscriber => self.reverse,
                programme => programme,
            },
            Slot::Slides if !video || view.slides_height == 0 => None,
            Slot::Slides => self.slides,
            Slot::Mosaic(_) if !video || view.profile == ReceiveProfile::AudioStills => None,
            Slot::Mosaic(number) => {
                let wish = view.mosaic.iter().find(|wish| wish.slot == number);
                wish.filter(|wish| wish.height > 0 && !wish.source.kind.is_audio()).map(|wish| wish.source)
            }
        };
        wish.filter(|source| source.peer != subscriber && self.contains(source.peer))
    }

    /// Whether everybody's slots may show a source, whatever their views name.
    pub(crate) fn is_for_all(&self, source: Source) -> bool {
        [self.programme, self.reverse, self.slides].contains(&Some(source)) || self.speakers.holds(source)
    }

    /// Whether a view names a source.
    pub(crate) fn names(view: &View, source: Source) -> bool {
        view.mosaic.iter().any(|wish| wish.source == source)
    }

    /// Whether a peer is in it, here or elsewhere.
    pub(crate) fn contains(&self, peer: PeerId) -> bool {
        self.members.contains(&peer) || self.guests.contains(&peer)
    }

    /// Everybody in it who may send, in order.
    pub(crate) fn publishers(&self) -> impl Iterator<Item = PeerId> {
        self.members.iter().chain(&self.guests).copied()
    }

    /// Forgets a peer and everything it sent. Gives whether anything of it was for all.
    pub(crate) fn remove(&mut self, peer: PeerId) -> bool {
        self.members.remove(&peer);
        self.guests.remove(&peer);
        let gone = |source: &Option<Source>| source.is_some_and(|source| source.peer == peer);
        let mut was_for_all = self.speakers.remove_peer(peer);
        for place in [&mut self.programme, &mut self.reverse, &mut self.slides] {
            if gone(place) {
                *place = None;
                was_for_all = true;
            }
        }
        self.told.retain(|source, _| source.peer != peer);
        was_for_all
    }

    /// Forgets what a peer sent that is connected elsewhere. If it was on stage it still is: its way may come back.
    /// Gives whether anything of it was for all.
    pub(crate) fn remove_guest(&mut self, peer: PeerId) -> bool {
        self.guests.remove(&peer);
        let stage = [self.programme, self.reverse, self.slides].into_iter().flatten();
        let on_stage = stage.into_iter().any(|source| source.peer == peer);
        self.speakers.remove_voices(peer) | on_stage
    }

    /// How tall a slot is shown.
    pub(crate) fn height(view: &View, slot: Slot) -> u16 {
        match slot {
            Slot::Audio(_) | Slot::FloorAudio => 0,
            Slot::Programme => view.programme_height,
            Slot::Slides => view.slides_height,
            Slot::Mosaic(number) => {
                view.mosaic.iter().find(|wish| wish.slot == number).map_or(0, |wish| wish.height)
            }
        }
    }

    /// The pictures a peer may be asked for.
    pub(crate) fn pictures(peer: PeerId) -> [Source; 2] {
        [Source { peer, kind: SourceKind::Camera }, Source { peer, kind: SourceKind::Screen }]
    }
}

#[cfg(test)]
mod tests;
