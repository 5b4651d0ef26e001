//! What a meeting will put on every line and node, before it is held. Pure arithmetic over the units, the nodes and a
//! scenario:
//!
//! 1. `ladder`    what each stream takes, what each kind of site receives
//! 2. `scenario`  the presets S1 to S5, made meetings of the units at hand
//! 3. `flow`      one meeting: which stream crosses which line, once (`around`: the nodes it touches)
//! 4. `cost`      packets and joins → processors, by what was measured
//! 5. `lines`     loads beside capacities
//! 6. `relay`     a relay with and without
//! 7. `measured`  a prediction beside what was counted

mod around;
mod cost;
mod flow;
mod ladder;
mod lines;
mod load;
mod measured;
mod relay;
mod scenario;

pub use ladder::{Ladder, MixError, Profile, ProfileMix};
pub use lines::{LinePlan, LineWhat};
pub use load::{Fit, Load};
pub use measured::{Compared, MEASURED_TOLERANCE_PERCENT, Measured};
pub use relay::{RelayPlan, RelayVerdict};
pub use scenario::{Convening, MAX_EXTRA, MAX_TILES, Scenario, ScenarioName};

use crate::{Day, NodeName, NodeTree, UnitTree};
use flow::Flows;
use serde::Serialize;
use signaling_protocol::UnitCode;

/// Everything a plan is made of.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// The units.
    pub units: &'a UnitTree,
    /// The day of the meeting: only units valid then take part.
    pub day: Day,
    /// The nodes and their lines.
    pub nodes: &'a NodeTree,
    /// Who meets, and how.
    pub scenario: &'a Scenario,
    /// What the streams take.
    pub ladder: &'a Ladder,
}

/// Why there is nothing to plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A code of no unit that is valid.
    #[error("there is no unit {0} in the units file that is valid on that day")]
    UnknownUnit(UnitCode),
    /// Nobody takes part.
    #[error("nobody takes part: no unit of the scenario is valid on that day")]
    Nobody,
    /// The site on stage is of no meeting.
    #[error("unit {0} is in none of the planned meetings, so it cannot be on stage")]
    NotInvited(UnitCode),
}

/// The prediction.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Meetings at the same time.
    pub meetings: u32,
    /// Connections of sites in all of them.
    pub sites: u32,
    /// What one node would send if it served everybody.
    pub flat: Load,
    /// Every node, parents before children.
    pub nodes: Vec<NodePlan>,
    /// Every line between nodes, whether the link table has it or not, and every other line that it has.
    pub lines: Vec<LinePlan>,
    /// Every relay: does it save more than it costs?
    pub relays: Vec<RelayPlan>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodePlan {
    /// Its name.
    pub name: NodeName,
    /// Sites connected to it.
    pub sites: u32,
    /// From its sites.
    pub from_sites: Load,
    /// To its sites.
    pub to_sites: Load,
    /// From other nodes.
    pub from_nodes: Load,
    /// To other nodes.
    pub to_nodes: Load,
    /// Processors it needs when all its sites come back at once.
    pub cores_needed: f64,
    /// Processors it has, if that is known.
    pub cores: Option<u16>,
    /// Of its processors.
    pub used_percent: Option<f64>,
    /// Whether that is enough.
    pub fit: Fit,
}

impl NodePlan {
    /// All it sends.
    pub fn sends(&self) -> Load {
        self.to_sites + self.to_nodes
    }

    /// All it receives.
    pub fn receives(&self) -> Load {
        self.from_sites + self.from_nodes
    }
}

impl Plan {
    /// Makes a plan.
    ///
    /// # Errors
    /// [`PlanError`] if nobody would take part.
    pub fn make(input: &PlanInput<'_>) -> Result<Self, PlanError> {
        let set = scenario::meetings(input)?;
        let mut flows = Flows::new(input.nodes, input.ladder);
        for meeting in &set.meetings {
            flows.add(meeting, set.percent);
        }
        let nodes = nodes(input, &flows);
        Ok(Self {
            meetings: scaled(set.meetings.len(), set.percent),
            sites: nodes.iter().map(|node| node.sites).sum(),
            flat: nodes.iter().map(|node| node.to_sites).sum(),
            lines: lines::all(input, &flows),
            relays: relay::all(input, &flows),
            nodes,
        })
    }

    /// The worst of all nodes and lines.
    pub fn fit(&self) -> Fit {
        let lines = self.lines.iter().map(|line| line.fit);
        lines.chain(self.nodes.iter().map(|node| node.fit)).max().unwrap_or(Fit::Unknown)
    }
}

fn nodes(input: &PlanInput<'_>, flows: &Flows<'_>) -> Vec<NodePlan> {
    let plan = |node: &crate::Node| {
        let at = flows.node(&node.name);
        let receives = at.from_sites + at.from_nodes;
        let cores_needed = cost::cores(receives, at.to_sites + at.to_nodes, at.sites());
        let used_percent = node.cores.map(|cores| cores_needed / f64::from(cores) * 100.0);
        NodePlan {
            name: node.name.clone(),
            sites: at.sites(),
            from_sites: at.from_sites,
            to_sites: at.to_sites,
            from_nodes: at.from_nodes,
            to_nodes: at.to_nodes,
            cores_needed,
            cores: node.cores,
            used_percent,
            fit: Fit::of(used_percent),
        }
    };
    input.nodes.top_down().map(plan).collect()
}

fn scaled(count: usize, percent: u32) -> u32 {
    let count = u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(percent.into());
    u32::try_from(count.div_ceil(100)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
