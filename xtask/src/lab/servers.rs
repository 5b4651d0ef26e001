//! The NATS server and the nodes of the lab: the real programs, each in its namespace, killed and started at will.

use super::shell::{inside, output};
use super::tree::Tree;
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where the units and the tree come from.
pub(super) const UNITS: &str = "configs/units/five-tier";
pub(super) const NODES: &str = "configs/tiers/nodes.toml";
/// The unit that convenes: the head of the sample.
pub(super) const CONVENER: &str = "50000";
/// The door of each node for programs in its namespace.
pub(super) const DOOR: &str = "http://127.0.0.1:8080";
/// Where the NATS server listens, at the top's address.
const BUS_PORT: u16 = 4222;
/// The person who convenes.
pub(super) const CHAIR: &str = "chutri";
/// A password of the lab: nothing outside of its namespaces can be signed in to with it.
const PASSWORD: &str = "phong thi nghiem 77";

/// The programs of the lab.
pub(super) struct Servers {
    tree: Tree,
    giaoban: PathBuf,
    folder: PathBuf,
    bus: Option<Child>,
    nodes: Vec<Option<Child>>,
}

impl Servers {
    /// Writes all configurations, and the data of a first start at the top: units, a convener, secrets of all sites.
    pub(super) fn prepare(tree: &Tree, giaoban: &Path, folder: &Path, root: &Path) -> Result<Self> {
        let servers = Self {
            tree: tree.clone(),
            giaoban: giaoban.to_owned(),
            folder: folder.to_owned(),
            bus: None,
            nodes: tree.nodes.iter().map(|_| None).collect(),
        };
        servers.write_bus()?;
        for at in 0..tree.nodes.len() {
            let name = tree.name(at);
            secret(&folder.join(format!("{name}.credentials")), &credentials(name))?;
            secret(&folder.join(format!("{name}.toml")), &servers.config(at, &root.join(NODES)))?;
        }
        servers.populate(&root.join(UNITS))?;
        Ok(servers)
    }

    fn write_bus(&self) -> Result<()> {
        let address = self.tree.address(0);
        let (key, certificate) = (self.folder.join("bus.key"), self.folder.join("bus.pem"));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
        openssl.args(["-days", "2", "-subj", "/CN=bus", "-addext", "basicConstraints=critical,CA:FALSE"]);
        openssl.args(["-addext", &format!("subjectAltName=IP:{address}")]);
        output(openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate))?;
        let mut text = format!(
            "listen: \"{address}:{BUS_PORT}\"\nmax_payload: 1MB\n\
             tls {{ cert_file: {certificate:?}\n key_file: {key:?}\n timeout: 5 }}\nauthorization {{ users: [\n"
        );
        for node in &self.tree.nodes {
            let _ = writeln!(text, "  {{ user: \"{0}\", password: \"{0}-{PASSWORD}\" }}", node.name);
        }
        text.push_str("] }\n");
        secret(&self.folder.join("bus.conf"), &text)
    }

    fn config(&self, at: usize, nodes: &Path) -> String {
        let (name, address, folder) = (self.tree.name(at), self.tree.address(at), self.folder.display());
        let bus = format!("{}:{BUS_PORT}", self.tree.address(0));
        // A site that comes before its node has taken its account over has not given a wrong secret.
        format!(
            "[node]\nname = \"{name}\"\nnodes = {nodes:?}\n\
             [http]\naddresses = [\"{address}:8443\"]\nplain_addresses = [\"127.0.0.1:8080\"]\n\
             [media]\naddresses = [\"{address}\"]\nworkers = 1\n\
             [security]\nwrong_tries = 20\nlock_first_seconds = 5\n\
             [bus]\nkind = \"nats\"\nservers = [\"{bus}\"]\n\
             credentials_file = \"{folder}/{name}.credentials\"\nca_file = \"{folder}/bus.pem\"\n"
        )
    }

    fn populate(&self, units: &Path) -> Result<()> {
        let top = || self.program("import-units", 0);
        output(top().arg(units))?;
        let account = ["create", CHAIR, "--name", "Chủ trì", "--unit", CONVENER];
        let created = output(self.program("account", 0).args(account))?;
        let password = created.split_whitespace().last().context("no password was printed")?;
        secret(&self.file("first.csv"), &format!("username,password\n{CHAIR},{password}\n"))?;
        secret(&self.file("chair.csv"), &format!("username,password\n{CHAIR},{PASSWORD}\n"))?;
        output(self.program("grant", 0).args([CHAIR, "convener", CONVENER]))?;
        let issue = ["issue", "--all-below", CONVENER, "--csv"];
        output(self.program("site", 0).args(issue).arg(self.file("sites.csv"))).map(drop)
    }

    /// A file of the lab.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn program(&self, verb: &str, at: usize) -> Command {
        let mut command = Command::new(&self.giaoban);
        self.arguments(&mut command, verb, at);
        command
    }

    fn arguments(&self, command: &mut Command, verb: &str, at: usize) {
        let name = self.tree.name(at);
        command.arg(verb).arg("--config").arg(self.folder.join(format!("{name}.toml")));
        command.arg("--data").arg(self.folder.join(name));
    }

    /// Starts the NATS server.
    pub(super) fn start_bus(&mut self) -> Result<()> {
        let mut command = inside(&self.tree.namespace(0), "nats-server");
        command.arg("-c").arg(self.folder.join("bus.conf"));
        self.bus = Some(self.spawn(command, "bus")?);
        Ok(())
    }

    /// Starts a node; it is ready when somebody can sign in.
    pub(super) fn start(&mut self, at: usize) -> Result<()> {
        let mut command = inside(&self.tree.namespace(at), &self.giaoban);
        self.arguments(&mut command, "serve", at);
        let child = self.spawn(command, self.tree.name(at))?;
        if let Some(place) = self.nodes.get_mut(at) {
            *place = Some(child);
        }
        Ok(())
    }

    fn spawn(&self, mut command: Command, name: &str) -> Result<Child> {
        let path = self.folder.join(format!("{name}.log"));
        let log = File::options().create(true).append(true).open(&path);
        let log = log.with_context(|| format!("cannot write {}", path.display()))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command.spawn().with_context(|| format!("cannot start {name}"))
    }

    /// Kills a node in mid-sentence (SIGKILL).
    pub(super) fn kill(&mut self, at: usize) -> Result<()> {
        let child = self.nodes.get_mut(at).and_then(Option::take);
        let mut child = child.context("that node does not run")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// A person convenes the meeting, once the top is there.
    pub(super) fn convene(&self, loadtest: &Path, meeting: &str, sites: &[(usize, String)]) -> Result<()> {
        let codes: Vec<&str> = sites.iter().map(|(_, code)| code.as_str()).collect();
        let mut command = inside(&self.tree.namespace(0), loadtest);
        command.args(["convene", "--server", DOOR, "--password", PASSWORD, "--meeting", meeting]);
        command.args(["--unit", CONVENER, "--sites", &codes.join(",")]);
        output(command.arg("--person").arg(self.file("first.csv"))).map(drop)
    }
}

fn credentials(name: &str) -> String {
    format!("user=\"{name}\"\npassword=\"{name}-{PASSWORD}\"\n")
}

fn secret(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?)
}
