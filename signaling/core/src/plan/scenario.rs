//! The presets, and the meetings they mean for the units at hand. Nothing here knows what any tier is called: a preset
//! speaks of units that have no unit below, of those directly above them, and of the top.

use super::ladder::{Profile, ProfileMix};
use super::{PlanError, PlanInput};
use crate::Unit;
use signaling_protocol::{TierCode, UnitCode};
use std::collections::HashMap;
use std::str::FromStr;

/// Rooms beside those of units that a plan takes.
pub const MAX_EXTRA: u32 = 100_000;

/// Tiles of a control room: the largest mosaic page.
pub const MAX_TILES: u32 = 64;

/// Rooms of a group of S2.
const GROUP: usize = 25;

/// The five presets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScenarioName {
    /// Every unit at the bottom meets its 27 neighbourhoods, three in ten at a time.
    S1,
    /// The units at the bottom meet in groups of 25, with 12 departments each, all groups at a time.
    S2,
    /// The whole tree and 25 departments.
    S3,
    /// The whole tree and 23 rooms at the centre.
    S4,
    /// The whole tree.
    S5,
}

/// Who convenes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convening {
    /// Every unit without units below it.
    Bottom,
    /// Every unit directly above such.
    AboveBottom,
    /// The unit at the top.
    Top,
}

/// Who meets, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Who convenes, if nobody is named.
    pub convening: Convening,
    /// The one unit that convenes; absent: all that the preset means, or the top.
    pub meeting: Option<UnitCode>,
    /// The unit whose site is on stage; absent: the hall of whoever convenes.
    pub stage: Option<UnitCode>,
    /// The tiers whose units are invited; empty: all.
    pub tiers: Vec<TierCode>,
    /// Rooms beside those of units, each at the convening unit's node.
    pub extra: u32,
    /// How many of a hundred such meetings are held at the same time.
    pub concurrent_percent: u32,
    /// What the rooms receive.
    pub mix: ProfileMix,
    /// Small pictures that the control room in the convening hall watches.
    pub tiles: u32,
}

/// A seat: at which node, and what it receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) node: usize,
    pub(super) profile: Profile,
}

/// One meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meeting {
    /// The hall of whoever convenes: it has the slides, and the stage if nobody else has.
    pub(super) hall: Seat,
    /// Everybody else, in protocol order.
    pub(super) rooms: Vec<Seat>,
    /// The room on stage.
    pub(super) stage: Option<usize>,
    /// Rooms whose small pictures the hall watches: the first ones.
    pub(super) tiles: u32,
}

/// All meetings, and how many of a hundred are held at a time.
pub(super) struct Meetings {
    pub(super) meetings: Vec<Meeting>,
    pub(super) percent: u32,
}

impl FromStr for ScenarioName {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "s1" => Ok(Self::S1),
            "s2" => Ok(Self::S2),
            "s3" => Ok(Self::S3),
            "s4" => Ok(Self::S4),
            "s5" => Ok(Self::S5),
            _ => Err(()),
        }
    }
}

impl Scenario {
    /// A preset. Small rooms on mobile lines save data; all others have the full picture.
    pub fn preset(name: ScenarioName) -> Self {
        let (convening, extra, concurrent_percent, profile, tiles) = match name {
            ScenarioName::S1 => (Convening::Bottom, 27, 30, Profile::Saver, 0),
            ScenarioName::S2 => (Convening::AboveBottom, 12, 100, Profile::Full, 0),
            ScenarioName::S3 => (Convening::Top, 25, 100, Profile::Full, 16),
            ScenarioName::S4 => (Convening::Top, 23, 100, Profile::Full, 16),
            ScenarioName::S5 => (Convening::Top, 0, 100, Profile::Full, 16),
        };
        Self {
            convening,
            meeting: None,
            stage: None,
            tiers: Vec::new(),
            extra,
            concurrent_percent,
            mix: ProfileMix::only(profile),
            tiles,
        }
    }
}

/// The units that take part, and who is below whom.
struct Rooms<'a> {
    input: &'a PlanInput<'a>,
    valid: Vec<&'a Unit>,
    below: HashMap<&'a UnitCode, Vec<&'a Unit>>,
}

/// The meetings a scenario means.
pub(super) fn meetings(input: &PlanInput<'_>) -> Result<Meetings, PlanError> {
    let scenario = input.scenario;
    let rooms = Rooms::new(input);
    let conveners = rooms.conveners()?;
    let mut staged = scenario.stage.is_none();
    let mut meetings = Vec::new();
    for convener in &conveners {
        for group in rooms.groups(convener) {
            let meeting = rooms.meeting(convener, &group);
            staged |= meeting.stage.is_some() || scenario.stage.as_ref() == Some(&convener.code);
            meetings.push(meeting);
        }
    }
    if meetings.iter().all(|meeting| meeting.rooms.is_empty()) {
        return Err(PlanError::Nobody);
    }
    match &scenario.stage {
        Some(stage) if !staged => Err(PlanError::NotInvited(stage.clone())),
        Some(_) | None => {
            // A share of one meeting is no meeting.
            let percent = if meetings.len() > 1 { scenario.concurrent_percent } else { 100 };
            Ok(Meetings { meetings, percent })
        }
    }
}

impl<'a> Rooms<'a> {
    fn new(input: &'a PlanInput<'a>) -> Self {
        let valid: Vec<&Unit> = input.units.units().iter().filter(|unit| unit.is_valid(input.day)).collect();
        let mut below: HashMap<&UnitCode, Vec<&Unit>> = HashMap::new();
        for unit in &valid {
            if let Some(parent) = &unit.parent {
                below.entry(parent).or_default().push(unit);
            }
        }
        Self { input, valid, below }
    }

    fn conveners(&self) -> Result<Vec<&'a Unit>, PlanError> {
        if let Some(code) = &self.input.scenario.meeting {
            let unit = self.valid.iter().find(|unit| unit.code == *code);
            return unit.map(|unit| vec![*unit]).ok_or_else(|| PlanError::UnknownUnit(code.clone()));
        }
        let units = self.valid.iter().copied();
        let conveners: Vec<&Unit> = match self.input.scenario.convening {
            Convening::Bottom => units.filter(|unit| self.is_bottom(unit)).collect(),
            Convening::AboveBottom => {
                units.filter(|unit| self.children(unit).any(|child| self.is_bottom(child))).collect()
            }
            // The first of several tops convenes all of them.
            Convening::Top => units.filter(|unit| unit.parent.is_none()).take(1).collect(),
        };
        if conveners.is_empty() { Err(PlanError::Nobody) } else { Ok(conveners) }
    }

    fn children(&self, unit: &Unit) -> impl Iterator<Item = &'a Unit> {
        self.below.get(&unit.code).into_iter().flatten().copied()
    }

    fn is_bottom(&self, unit: &Unit) -> bool {
        !self.below.contains_key(&unit.code)
    }

    /// The units that whoever convenes invites, in as many meetings as it takes.
    fn groups(&self, convener: &Unit) -> Vec<Vec<&'a Unit>> {
        let scenario = self.input.scenario;
        let invited = |unit: &&Unit| {
            unit.code != convener.code && (scenario.tiers.is_empty() || scenario.tiers.contains(&unit.tier))
        };
        let whole = scenario.meeting.is_none() && scenario.convening == Convening::Top;
        if whole {
            return vec![self.valid.iter().copied().filter(|unit| invited(unit)).collect()];
        }
        if scenario.convening == Convening::AboveBottom {
            let bottom: Vec<&Unit> =
                self.children(convener).filter(|unit| self.is_bottom(unit) && invited(unit)).collect();
            let groups = bottom.len().div_ceil(GROUP).max(1);
            return bottom.chunks(bottom.len().div_ceil(groups).max(1)).map(<[_]>::to_vec).collect();
        }
        let mut all = Vec::new();
        let mut waiting: Vec<&Unit> = self.children(convener).collect();
        while let Some(unit) = waiting.pop() {
            waiting.extend(self.children(unit));
            all.push(unit);
        }
        all.retain(invited);
        vec![all]
    }

    fn meeting(&self, convener: &Unit, group: &[&Unit]) -> Meeting {
        let scenario = self.input.scenario;
        let hall = self.node_of(&convener.code);
        let mut deal = scenario.mix.deal();
        // Neighbourhoods that the units file knows are not invented again.
        let invented =
            if scenario.convening == Convening::Bottom && !group.is_empty() { 0 } else { scenario.extra };
        let units = group.iter().map(|unit| self.node_of(&unit.code));
        let extra = (0..invented).map(|_| hall);
        let rooms: Vec<Seat> = units.chain(extra).map(|node| Seat { node, profile: deal() }).collect();
        let stage = scenario.stage.as_ref();
        let stage = stage.and_then(|stage| group.iter().position(|unit| unit.code == *stage));
        let profile = if scenario.tiles > 0 { Profile::Monitor } else { Profile::Full };
        Meeting { hall: Seat { node: hall, profile }, rooms, stage, tiles: scenario.tiles }
    }

    fn node_of(&self, unit: &UnitCode) -> usize {
        let nodes = self.input.nodes;
        let serving = nodes.serving(self.input.units, unit);
        serving.first().and_then(|node| nodes.place(&node.name)).unwrap_or_default()
    }
}
