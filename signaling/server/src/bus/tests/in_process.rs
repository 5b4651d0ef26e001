//! The suite over the bus in memory.

use super::*;

struct Memory(InProcess);

impl Rig for Memory {
    async fn start() -> Self {
        Self(InProcess::new())
    }

    async fn door(&self, name: &str, cluster: &str) -> Bus {
        let identity = Identity { node: node(name), cluster: ClusterName::parse(cluster).unwrap() };
        Bus::in_process(&self.0, identity)
    }

    async fn cut(&mut self) {
        self.0.cut();
    }

    async fn mend(&mut self) {
        self.0.mend();
    }
}

whole_suite!(Memory);
