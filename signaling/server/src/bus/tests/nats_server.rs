//! A real NATS server of the test's own: its own directory, a free port, gone with the value.

use crate::test_support::TemporaryDirectory;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running server.
pub(super) struct NatsServer {
    directory: TemporaryDirectory,
    file: String,
    port: u16,
    child: Option<Child>,
}

impl NatsServer {
    /// Starts a server with a configuration of a few lines.
    pub(super) async fn start(lines: &str) -> Self {
        let directory = TemporaryDirectory::new();
        std::fs::write(
            directory.path().join("test.conf"),
            format!("{lines}\njetstream {{ store_dir: \"jetstream\", max_file_store: 4GB }}\n"),
        )
        .unwrap();
        Self::start_in(directory, "test.conf").await
    }

    /// Starts a server with a configuration file of a directory.
    pub(super) async fn start_in(directory: TemporaryDirectory, file: &str) -> Self {
        let mut server = Self { directory, file: file.to_owned(), port: 0, child: None };
        server.run("-1").await;
        server
    }

    /// A free port at which nothing listens yet, and the server that will.
    pub(super) fn later(lines: &str) -> Self {
        let directory = TemporaryDirectory::new();
        std::fs::write(directory.path().join("test.conf"), lines).unwrap();
        Self { directory, file: "test.conf".to_owned(), port: free_port(), child: None }
    }

    /// Starts it again, or for the first time, at its port.
    pub(super) async fn restart(&mut self) {
        self.run(&self.port.to_string()).await;
    }

    async fn run(&mut self, port: &str) {
        assert!(self.child.is_none());
        let log = std::fs::File::create(self.path("server.log")).unwrap();
        let child = Command::new(program())
            .args(["-c", &self.file, "-a", "127.0.0.1", "-p", port, "--ports_file_dir", "."])
            .current_dir(self.directory.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let ports = self.path(&format!("nats-server_{}.ports", child.id()));
        self.child = Some(child);
        super::eventually("nats-server listens", async || {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                panic!("nats-server ended with {status}: {}", self.log());
            }
            self.port =
                std::fs::read_to_string(&ports).ok().as_deref().and_then(listed_port).unwrap_or(self.port);
            let address = ("127.0.0.1", self.port);
            self.port != 0 && tokio::net::TcpStream::connect(address).await.is_ok()
        })
        .await;
    }

    /// Ends it at once, as a power cut would.
    pub(super) fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Stops it without a word, as a line that is cut would, or lets it go on.
    pub(super) fn signal(&self, name: &str) {
        let id = self.child.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Removes everything it has kept.
    pub(super) fn forget(&self) {
        assert!(self.child.is_none(), "a running server would not notice");
        std::fs::remove_dir_all(self.path("jetstream")).unwrap();
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.path("server.log")).unwrap_or_default()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a credentials file that only its owner may read.
    pub(super) fn credentials(&self, user: &str, password: &str) -> PathBuf {
        let path = self.path(&format!("{user}.toml"));
        write_secret(&path, &format!("user = \"{user}\"\npassword = \"{password}\"\n"));
        path
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It has ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(super) fn write_secret(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

pub(super) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The first client port of a ports file: `{"nats":["nats://127.0.0.1:40123"], …}`.
fn listed_port(text: &str) -> Option<u16> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    ["nats", "tls"].iter().find_map(|kind| {
        let url = json.get(kind)?.get(0)?.as_str()?;
        url.rsplit_once(':')?.1.parse().ok()
    })
}

/// A test without the server must fail, not pass by doing nothing.
fn program() -> &'static str {
    ["nats-server", "/usr/sbin/nats-server"]
        .into_iter()
        .find(|program| Command::new(program).arg("--version").output().is_ok())
        .expect("the bus is tested against a real server; type: sudo apt-get install nats-server")
}

/// How long a silent server may go unnoticed.
pub(super) const NOTICED_WITHIN: Duration = Duration::from_secs(8);
