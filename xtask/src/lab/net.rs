//! The network of the lab: a namespace for each node, a line from each to its parent, and counters at every line. Lines
//! follow the tree and so do routes: what goes from one end to another passes every node between.

use super::shell::{inside, output, sh};
use super::tree::{PREFIX, Tree, Way};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};

/// The device towards the parent.
const UP: &str = "above";
/// Bytes of an Ethernet header, which a virtual line counts and a TUN device does not have.
pub(super) const ETHERNET_BYTES: u64 = 14;
/// The emulator's namespace.
const EMULATOR: &str = "gblab-line";

/// The network while it stands.
pub(super) struct Net {
    tree: Tree,
    /// The child whose line is emulated, and the emulator.
    emulated: Option<(usize, Child)>,
}

/// What one way of a line has carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Carried {
    pub(super) bytes: u64,
    pub(super) packets: u64,
}

impl Carried {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(before.bytes),
            packets: self.packets.saturating_sub(before.packets),
        }
    }
}

impl Net {
    /// Makes it. The line of one child is emulated, so that it can be made long and bad.
    pub(super) fn build(tree: &Tree, emulated: usize, emulator: &Path) -> Result<Self> {
        for at in 0..tree.nodes.len() {
            let namespace = tree.namespace(at);
            sh(&["ip", "netns", "add", &namespace])?;
            let settings = "echo 1 > /proc/sys/net/ipv4/ip_forward; \
                            echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6";
            output(inside(&namespace, "sh").args(["-c", settings]))?;
            sh(&["ip", "-n", &namespace, "link", "set", "lo", "up"])?;
            sh(&[
                "ip",
                "-n",
                &namespace,
                "address",
                "add",
                &format!("{}/32", tree.address(at)),
                "dev",
                "lo",
            ])?;
        }
        let mut net = Self { tree: tree.clone(), emulated: None };
        for (child, node) in tree.nodes.iter().enumerate() {
            let Some(parent) = node.parent else { continue };
            let (below, above, far) = (tree.namespace(child), tree.namespace(parent), down(child));
            if child == emulated {
                net.emulated = Some((child, emulator_with_devices(emulator, &below, &above, &far)?));
            } else {
                let veth = ["type", "veth", "peer", "name", &far, "netns", &above];
                sh(&[&["ip", "link", "add", UP, "netns", &below], &veth[..]].concat())?;
            }
            for (namespace, device) in [(&below, UP), (&above, far.as_str())] {
                // Every packet is one in the counters, not a burst of them.
                sh(&["ip", "-n", namespace, "link", "set", device, "gso_max_segs", "1"])?;
            }
            net.mend(child)?;
        }
        Ok(net)
    }

    /// Lets a line be, at both ends.
    pub(super) fn mend(&self, child: usize) -> Result<()> {
        let Some(parent) = self.tree.parent(child) else { return Ok(()) };
        let (below, above) = (self.tree.namespace(child), self.tree.namespace(parent));
        let (device, own, other) = (down(child), self.tree.address(child), self.tree.address(parent));
        for (namespace, device) in [(&below, UP), (&above, device.as_str())] {
            sh(&["ip", "-n", namespace, "link", "set", device, "up"])?;
        }
        let via = ["via", &other, "dev", UP, "onlink", "src", &own];
        sh(&[&["ip", "-n", &below, "route", "replace", "default"], &via[..]].concat())?;
        for at in self.tree.below(child) {
            let to = format!("{}/32", self.tree.address(at));
            let via = ["via", &own, "dev", &device, "onlink", "src", &other];
            sh(&[&["ip", "-n", &above, "route", "replace", &to], &via[..]].concat())?;
        }
        Ok(())
    }

    /// Cuts a line. Its routes go with it.
    pub(super) fn cut(&self, child: usize) -> Result<()> {
        sh(&["ip", "-n", &self.tree.namespace(child), "link", "set", UP, "down"]).map(drop)
    }

    /// Makes a line narrow in both directions, or as wide as it was.
    pub(super) fn narrow(&self, child: usize, kbps: Option<u32>) -> Result<()> {
        let parent = self.tree.parent(child).context("the top has no line upwards")?;
        let ends = [(self.tree.namespace(child), UP.to_owned()), (self.tree.namespace(parent), down(child))];
        for (namespace, device) in ends {
            let queue = ["tc", "-n", &namespace, "qdisc"];
            match kbps {
                Some(kbps) => {
                    let rate = format!("{kbps}kbit");
                    // Two full packets at once, and a queue like that of a cheap router.
                    let shape = ["tbf", "rate", &rate, "burst", "3200", "latency", "150ms"];
                    sh(&[&queue[..], &["replace", "dev", &device, "root"], &shape[..]].concat())?;
                }
                None => {
                    sh(&[&queue[..], &["del", "dev", &device, "root"]].concat())?;
                }
            }
        }
        Ok(())
    }

    /// Makes the emulated line long and bad.
    pub(super) fn spoil(&mut self, delay_ms: u32, loss_percent: u32) -> Result<()> {
        let (_, emulator) = self.emulated.as_mut().context("no line is emulated")?;
        let input = emulator.stdin.as_mut().context("the emulator listens to nobody")?;
        let queue_ms = 200;
        let shape = serde_json::json!({
            "delayMs": delay_ms, "lossPercent": loss_percent, "queueMs": queue_ms,
        });
        Ok(writeln!(input, "{shape}")?)
    }

    /// Whether a child's line is the emulated one.
    pub(super) fn is_emulated(&self, child: usize) -> bool {
        self.emulated.as_ref().is_some_and(|(at, _)| *at == child)
    }

    /// What the line of a child has carried so far in each direction, as its device counts: down, up. Ethernet headers are
    /// left out: other networks have other ones.
    pub(super) fn carried(&self, child: usize) -> Result<[(Way, Carried); 2]> {
        let text = sh(&["ip", "-n", &self.tree.namespace(child), "-j", "-s", "link", "show", "dev", UP])?;
        let header = if self.is_emulated(child) { 0 } else { ETHERNET_BYTES };
        let [down, up] = counted(&text, header)?;
        Ok([(Way::Down, down), (Way::Up, up)])
    }
}

#[derive(Deserialize)]
struct Device {
    stats64: Stats,
}

#[derive(Deserialize)]
struct Stats {
    rx: Count,
    tx: Count,
}

#[derive(Deserialize)]
struct Count {
    bytes: u64,
    packets: u64,
}

/// What came and what went, without so many bytes of each packet.
fn counted(text: &str, header: u64) -> Result<[Carried; 2]> {
    let devices: Vec<Device> = serde_json::from_str(text).context("ip speaks otherwise than expected")?;
    let stats = devices.into_iter().next().context("the device is not there")?.stats64;
    let carried = |count: Count| Carried {
        bytes: count.bytes.saturating_sub(header * count.packets),
        packets: count.packets,
    };
    Ok([carried(stats.rx), carried(stats.tx)])
}

/// The device of the parent towards a child.
fn down(child: usize) -> String {
    format!("below{child}")
}

/// Starts the emulator in a namespace of its own and gives its devices to the two ends.
fn emulator_with_devices(emulator: &Path, below: &str, above: &str, far: &str) -> Result<Child> {
    debug_assert!(EMULATOR.starts_with(PREFIX));
    sh(&["ip", "netns", "add", EMULATOR])?;
    let mut command = inside(EMULATOR, emulator);
    command.args(["emulate", "--devices", UP, far]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot start the emulator")?;
    let mut said = String::new();
    let output = child.stdout.take().context("the emulator says nothing")?;
    BufReader::new(output).read_line(&mut said)?;
    anyhow::ensure!(said.trim() == "ready", "the emulator ended: {said}");
    sh(&["ip", "-n", EMULATOR, "link", "set", UP, "netns", below])?;
    sh(&["ip", "-n", EMULATOR, "link", "set", far, "netns", above])?;
    Ok(child)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counters_of_a_device_are_read_without_its_headers() {
        let text = r#"[{"ifname":"up","stats64":{"rx":{"bytes":2028,"packets":2,"errors":0},
                       "tx":{"bytes":100,"packets":0}}}]"#;
        let [down, up] = counted(text, ETHERNET_BYTES).unwrap();
        assert_eq!((down.bytes, down.packets, up.bytes), (2_000, 2, 100));
        assert_eq!(down.since(Carried { bytes: 500, packets: 1 }), Carried { bytes: 1_500, packets: 1 });
        assert!(counted("[]", 0).is_err());
    }
}
