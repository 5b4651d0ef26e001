//! Who is heard in a room: the three loudest open microphones by RFC 6464, with the floor apart. A voice that has
//! a place keeps it through pauses and small differences, so that slots do not flap between neighbours.

mod dominant;

use dominant::Activity;
use sfu_control::{PeerId, Source};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Audio slots for the loudest.
const PLACES: usize = 3;
/// Louder than this (dB below overload) is a sound worth sending; a quiet room hums at 70 to 80.
const AUDIBLE_LEVEL: u8 = 65;
/// Louder than this counts as speaking on screen.
const SPEAKING_LEVEL: u8 = 50;
/// RFC 6464: digital silence.
const SILENCE: u8 = 127;
/// What a packet without a level counts as: an ordinary voice. A client that does not measure is still heard.
const UNMEASURED_LEVEL: u8 = 40;
/// How long a silent voice is sent on, so that the end of a word is not cut.
const TAIL: Duration = Duration::from_millis(300);
/// How long a silent voice keeps its place while nobody else needs one.
const KEEP_PLACE: Duration = Duration::from_secs(2);
/// A challenger must be louder than the quietest holder for this long.
const CHALLENGE: Duration = Duration::from_millis(300);
/// By this much, in tenths of a decibel.
const CHALLENGE_MARGIN: i32 = 30;
/// How often places are judged while somebody is audible.
pub(crate) const SPEAKERS_TICK: Duration = Duration::from_millis(100);
/// How often the leader is judged, as in the paper.
const LEADER_INTERVAL: Duration = Duration::from_millis(300);
/// Changes of who speaks are told at most this often: five times a second.
const TELL_INTERVAL: Duration = Duration::from_millis(200);
/// A packet moves the smoothed level by a fifth of the difference: 20 ms packets settle in about 100 ms.
const SMOOTHING: i32 = 5;

const _: () = assert!(AUDIBLE_LEVEL > SPEAKING_LEVEL, "who speaks is audible");

/// One open microphone.
#[derive(Debug)]
struct Voice {
    /// Smoothed, in tenths of a decibel below overload.
    level: i32,
    audible: Option<Instant>,
    spoke: Option<Instant>,
    challenges_since: Option<Instant>,
    activity: Activity,
}

/// What a packet of audio means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It goes to the slots of its source.
    Yes,
    /// It goes, and its source just took a place.
    TookPlace,
    /// It stays here.
    No,
}

/// The voices of a room.
#[derive(Debug, Default)]
pub(crate) struct Speakers {
    voices: BTreeMap<Source, Voice>,
    places: [Option<Source>; PLACES],
    floor: Option<Source>,
    /// Who leads the talk; kept through silence.
    leader: Option<Source>,
    leader_judged: Option<Instant>,
    told: Vec<PeerId>,
    told_at: Option<Instant>,
}

impl Speakers {
    /// Who fills one of the places.
    pub(crate) fn heard(&self, place: usize) -> Option<Source> {
        self.places.get(place).copied().flatten()
    }

    /// Who has the floor.
    pub(crate) fn floor(&self) -> Option<Source> {
        self.floor
    }

    /// Whether a source fills a place or has the floor.
    pub(crate) fn holds(&self, source: Source) -> bool {
        self.places.contains(&Some(source)) || self.floor == Some(source)
    }

    /// Gives the floor to a voice, which then needs no place among the loudest.
    pub(crate) fn set_floor(&mut self, floor: Option<Source>) {
        self.floor = floor;
        for place in &mut self.places {
            if place.is_some() && *place == floor {
                *place = None;
            }
        }
    }

    /// A gate closed, or the source is gone. Gives whether it filled a place.
    pub(crate) fn remove(&mut self, source: Source) -> bool {
        self.voices.remove(&source);
        self.leader = self.leader.filter(|leader| *leader != source);
        let place = self.places.iter_mut().find(|place| **place == Some(source));
        place.is_some_and(|place| place.take().is_some())
    }

    /// A peer is gone. Gives whether it filled a place or had the floor.
    pub(crate) fn remove_peer(&mut self, peer: PeerId) -> bool {
        let held = self.remove_voices(peer);
        held | self.floor.take_if(|source| source.peer == peer).is_some()
    }

    /// Nothing is heard of a peer any more; if it has the floor it keeps it. Gives whether it filled a place or has the floor.
    pub(crate) fn remove_voices(&mut self, peer: PeerId) -> bool {
        self.voices.retain(|source, _| source.peer != peer);
        let theirs = |source: &Source| source.peer == peer;
        self.leader = self.leader.filter(|leader| !theirs(leader));
        let mut held = self.floor.is_some_and(|source| source.peer == peer);
        for place in &mut self.places {
            held |= place.take_if(|source| theirs(source)).is_some();
        }
        held
    }

    /// A packet of an open source came.
    pub(crate) fn on_packet(&mut self, now: Instant, source: Source, level: Option<u8>) -> Heard {
        let level = level.unwrap_or(UNMEASURED_LEVEL);
        let tenths = i32::from(level) * 10;
        let voice = self.voices.entry(source).or_insert(Voice {
            level: i32::from(SILENCE) * 10,
            audible: None,
            spoke: None,
            challenges_since: None,
            activity: Activity::new(now),
        });
        voice.activity.record(now, level);
        voice.level += (tenths - voice.level) / SMOOTHING;
        if level <= AUDIBLE_LEVEL {
            voice.audible = Some(now);
        }
        if level <= SPEAKING_LEVEL {
            voice.spoke = Some(now);
        }
        if self.floor == Some(source) {
            return Heard::Yes;
        }
        let sounds = within(voice.audible, now, TAIL);
        if self.places.contains(&Some(source)) {
            return if sounds { Heard::Yes } else { Heard::No };
        }
        // A free place is taken by the first sound, or the first syllable would be lost.
        if level <= AUDIBLE_LEVEL
            && let Some(free) = self.places.iter_mut().find(|place| place.is_none())
        {
            *free = Some(source);
            return Heard::TookPlace;
        }
        Heard::No
    }

    /// Judges the places. Gives whether any changed.
    pub(crate) fn on_tick(&mut self, now: Instant) -> bool {
        self.judge_leader(now);
        let mut changed = self.free_places(now);
        let quietest = (0..PLACES)
            .filter_map(|place| Some((place, self.heard(place)?)))
            .map(|(place, source)| (self.loudness(source, now), place))
            .max();
        let challenger = self
            .voices
            .iter()
            .filter(|(source, voice)| {
                within(voice.audible, now, TAIL)
                    && !self.places.contains(&Some(**source))
                    && self.floor != Some(**source)
            })
            .min_by_key(|(_, voice)| voice.level)
            .map(|(source, voice)| (*source, voice.level));
        if let (Some((holder, place)), Some((source, level))) = (quietest, challenger)
            && level + CHALLENGE_MARGIN <= holder
        {
            let since = self.voices.get_mut(&source).map(|voice| *voice.challenges_since.get_or_insert(now));
            if since.is_some_and(|since| now.saturating_duration_since(since) >= CHALLENGE)
                && let Some(slot) = self.places.get_mut(place)
            {
                *slot = Some(source);
                changed = true;
            }
        }
        let still =
            challenger.map(|(source, _)| source).filter(|source| !self.places.contains(&Some(*source)));
        for (source, voice) in &mut self.voices {
            if Some(*source) != still {
                voice.challenges_since = None;
            }
        }
        changed
    }

    /// Whether ticks are needed at all.
    pub(crate) fn is_lively(&self, now: Instant) -> bool {
        self.places.iter().any(Option::is_some)
            || !self.told.is_empty()
            || self.voices.values().any(|voice| within(voice.audible, now, KEEP_PLACE))
    }

    /// Who speaks, whoever leads first and then by loudness, if that changed and may be told.
    pub(crate) fn poll_speaking(&mut self, now: Instant) -> Option<Vec<PeerId>> {
        if within(self.told_at, now, TELL_INTERVAL) {
            return None;
        }
        let mut speaking: Vec<_> = self
            .voices
            .iter()
            .filter(|(source, voice)| {
                let placed = self.places.contains(&Some(**source)) || self.floor == Some(**source);
                placed && within(voice.spoke, now, KEEP_PLACE / 2)
            })
            .map(|(source, voice)| (self.leader != Some(*source), voice.level, source.peer))
            .collect();
        speaking.sort_unstable();
        let mut peers: Vec<PeerId> = Vec::with_capacity(PLACES);
        for (_, _, peer) in speaking {
            if peers.len() < PLACES && !peers.contains(&peer) {
                peers.push(peer);
            }
        }
        // Who is loudest wobbles with every syllable; only who is in the list, and who leads it, is worth telling.
        let leads = peers.first().filter(|first| self.leader.is_some_and(|leader| leader.peer == **first));
        let led = leads.is_none() || leads == self.told.first();
        let same = led && peers.len() == self.told.len() && peers.iter().all(|peer| self.told.contains(peer));
        if same {
            return None;
        }
        self.told.clone_from(&peers);
        self.told_at = Some(now);
        Some(peers)
    }

    /// Finds who leads: the best of those who outdo the leader, or the first to have spoken for a while.
    fn judge_leader(&mut self, now: Instant) {
        if within(self.leader_judged, now, LEADER_INTERVAL) {
            return;
        }
        self.leader_judged = Some(now);
        let leader = self.leader.and_then(|leader| self.voices.get_mut(&leader));
        let leader = leader.map(|voice| voice.activity.scores(now));
        let scores = self.voices.iter_mut().map(|(source, voice)| (*source, voice.activity.scores(now)));
        let challengers =
            scores.filter(|(_, scores)| leader.map_or(scores.may_lead(), |leader| scores.outdo(&leader)));
        let best = challengers.max_by(|(_, one), (_, other)| {
            let ((medium, steps), (other_medium, other_steps)) = (one.rank(), other.rank());
            medium.total_cmp(&other_medium).then(steps.cmp(&other_steps))
        });
        if let Some((source, _)) = best {
            self.leader = Some(source);
        }
    }

    /// Takes places from voices that have been silent for long.
    fn free_places(&mut self, now: Instant) -> bool {
        let mut changed = false;
        for place in &mut self.places {
            let silent = place.is_some_and(|source| {
                self.voices.get(&source).is_none_or(|voice| !within(voice.audible, now, KEEP_PLACE))
            });
            if silent {
                *place = None;
                changed = true;
            }
        }
        changed
    }

    /// A holder's smoothed level; silence once its tail is over.
    fn loudness(&self, source: Source, now: Instant) -> i32 {
        let voice = self.voices.get(&source).filter(|voice| within(voice.audible, now, TAIL));
        voice.map_or(i32::from(SILENCE) * 10, |voice| voice.level)
    }
}

/// Whether something happened less than `span` ago.
fn within(at: Option<Instant>, now: Instant, span: Duration) -> bool {
    at.is_some_and(|at| now.saturating_duration_since(at) < span)
}

#[cfg(test)]
mod tests;
