//! What a node's user may do at a NATS server, as text for the server's configuration: `giaoban bus-user` prints it, and
//! a test holds `configs/nats/` to it.
//!
//! Keys and logs need rights to JetStream, and with those one can make the server read and say anything. So only the nodes
//! of the cluster whose server it is have them; a branch keeps its own keys, or has a server of its own.

use super::keys::Bucket;
use super::subjects::{ClusterName, NodeName, Scope};
use std::fmt::Write as _;

/// How many answers a question gets, and how long it may be answered. Questions of ours wait for seconds.
const ANSWERS: &str = "{ max: 1, expires: \"1m\" }";

/// Whose user it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusUser {
    /// The node, and the name of its user.
    pub node: NodeName,
    /// The cluster of the server, if the node is one of it.
    pub cluster: Option<ClusterName>,
    /// Whose parent, or standby parent, it is.
    pub children: Vec<NodeName>,
    /// For the server of a branch: the nodes whose questions it carries answers to. A server is not let answer by the
    /// question alone, as a node is.
    pub answers: Vec<NodeName>,
}

impl BusUser {
    /// Subjects it may send to.
    pub fn publishes(&self) -> Vec<String> {
        let mut subjects = vec![below(&Scope::Up(self.node.clone())), self.inbox()];
        subjects.extend(self.children.iter().map(|child| below(&Scope::Down(child.clone()))));
        subjects.extend(self.answers.iter().map(|parent| format!("gb.inbox.{parent}.>")));
        if let Some(cluster) = &self.cluster {
            subjects.push(format!("gb.cluster.{cluster}.>"));
            subjects.extend(Bucket::ALL.map(|bucket| format!("$KV.gb_{cluster}_{}.>", bucket.name())));
            subjects.push(format!("gb.log.{cluster}.*"));
            subjects.extend(JETSTREAM.map(str::to_owned));
        }
        subjects
    }

    /// Subjects it may receive.
    pub fn subscribes(&self) -> Vec<String> {
        let mut subjects = vec![below(&Scope::Down(self.node.clone())), self.inbox()];
        subjects.extend(self.children.iter().map(|child| below(&Scope::Up(child.clone()))));
        if let Some(cluster) = &self.cluster {
            subjects.push(below(&Scope::Cluster(cluster.clone())));
            subjects.push(below(&Scope::Member(cluster.clone(), self.node.clone())));
        }
        subjects
    }

    fn inbox(&self) -> String {
        format!("gb.inbox.{}.>", self.node)
    }

    /// The user as the server's configuration has it. Its password is a variable, so that this text is no secret.
    pub fn block(&self) -> String {
        let mut out = String::new();
        let variable = self.node.as_str().to_uppercase().replace(['-', '='], "_");
        // Writing to a String cannot fail.
        let _ =
            writeln!(out, "    {{ user: \"{}\", password: $PASSWORD_{variable}, permissions: {{", self.node);
        for (what, subjects) in [("publish", self.publishes()), ("subscribe", self.subscribes())] {
            let _ = writeln!(out, "        {what}: {{ allow: [");
            for subject in subjects {
                let _ = writeln!(out, "            \"{subject}\"");
            }
            let _ = writeln!(out, "        ] }}");
        }
        let _ = writeln!(out, "        allow_responses: {ANSWERS}");
        let _ = writeln!(out, "    }} }}");
        out
    }
}

/// What a cluster's nodes do with JetStream, and no more.
const JETSTREAM: [&str; 6] = [
    "$JS.API.STREAM.INFO.*",
    "$JS.API.STREAM.CREATE.*",
    "$JS.API.STREAM.MSG.GET.*",
    "$JS.API.CONSUMER.CREATE.>",
    "$JS.API.CONSUMER.DELETE.>",
    "$JS.FC.>",
];

fn below(scope: &Scope) -> String {
    format!("{scope}.>")
}
