//! One real node in a directory of its own, killed and started at will.

use crate::postgres;
use crate::wire::{Http, Reply, Socket};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a node may take until it is ready, on a machine that compiles at the same time.
const READY: Duration = Duration::from_secs(20);

/// How long a node may take to stop. The supervisor's patience.
pub(crate) const STOP: Duration = Duration::from_secs(5);

const UNITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/units/two-tier");

/// The password that tests choose.
pub(crate) const PASSWORD: &str = "tre xanh 92 nui";

pub(crate) struct Node {
    directory: PathBuf,
    /// The database's URL, if it is one of a Postgres server.
    database: Option<String>,
    process: Option<Child>,
    /// Plain HTTP on loopback. The system chooses the port at each start.
    pub(crate) address: SocketAddr,
}

impl Node {
    /// A node with units that has never run.
    pub(crate) fn fresh() -> Self {
        let server = std::env::var(postgres::SERVER_VARIABLE).ok();
        Self::fresh_on(server.map(|server| runtime().block_on(postgres::new_database(&server))).as_deref())
    }

    /// The same on a database of a Postgres server, or on SQLite.
    pub(crate) fn fresh_on(database: Option<&str>) -> Self {
        let node = Self::empty(database);
        node.import_units();
        node
    }

    /// Gives it the sample's units.
    pub(crate) fn import_units(&self) {
        self.command(&["import-units", UNITS]);
    }

    /// A node without units.
    pub(crate) fn empty(database: Option<&str>) -> Self {
        let name = format!("giaoban-node-{}-{:x}", std::process::id(), unique());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        let database = database.map(str::to_owned);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let node = Self { directory, database, process: None, address };
        node.configure("postgres_tls = \"off\"");
        node
    }

    /// Writes its configuration, with more of the store's section if it is on Postgres.
    pub(crate) fn configure(&self, store: &str) {
        let mut text = CONFIGURATION.to_owned();
        if let Some(url) = &self.database {
            let file = self.path("postgres-url");
            fs::write(&file, url).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            text.push_str(&format!("[store]\npostgres_url_file = {file:?}\n{store}\n"));
        }
        fs::write(self.path("giaoban.toml"), text).unwrap();
    }

    /// Starts it and waits until it takes meetings.
    pub(crate) fn start(&mut self) {
        let log = || File::options().create(true).append(true).open(self.path("log")).unwrap();
        let printed = File::create(self.path("printed")).unwrap();
        let child = self.program("serve").stdout(printed).stderr(log()).spawn().unwrap();
        self.process = Some(child);
        let deadline = now() + READY;
        loop {
            assert!(now() < deadline, "not ready:\n{}", self.log());
            assert!(self.process.as_mut().unwrap().try_wait().unwrap().is_none(), "ended:\n{}", self.log());
            let Some(address) = self.printed_value("this machine only:") else {
                pause();
                continue;
            };
            self.address = address.trim_start_matches("http://").parse().unwrap();
            if Http::new(self.address).get("/readyz").status == 200 {
                return;
            }
            pause();
        }
    }

    /// The process's id, for killing it from another thread.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// Waits for a process that ends by itself or that somebody has killed.
    pub(crate) fn wait_for_death(&mut self) -> ExitStatus {
        self.process.take().unwrap().wait().unwrap()
    }

    /// Kills it in mid-sentence.
    pub(crate) fn kill(&mut self) {
        let mut child = self.process.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to stop.
    pub(crate) fn ask_to_stop(&self) {
        let id = self.process_id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.ask_to_stop();
        let mut child = self.process.take().unwrap();
        let deadline = now() + STOP;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            assert!(now() < deadline, "still running {STOP:?} after SIGTERM:\n{}", self.log());
            pause();
        }
    }

    /// Runs one of its commands and returns what it printed.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let (ok, out) = self.try_command(words);
        assert!(ok, "{words:?}: {out}");
        out
    }

    /// Runs one of its commands; what it printed, or its error.
    pub(crate) fn try_command(&self, words: &[&str]) -> (bool, String) {
        let (first, rest) = words.split_first().unwrap();
        let output = self.program(first).args(rest).output().unwrap();
        let text = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.success(), String::from_utf8(text).unwrap())
    }

    /// The administrator of the first start, with a new password, signed in.
    pub(crate) fn administrator(&self) -> Http {
        let password = self.printed_value("one-time password:").expect("a first start prints the password");
        let mut http = Http::new(self.address);
        let body = json!({ "kind": "person", "username": "admin", "password": password });
        http.post("/api/v1/session", &body).expect(200);
        let body = json!({ "current": password, "new": PASSWORD });
        http.post("/api/v1/session/password", &body).expect(200);
        http
    }

    /// A WebSocket that has said nothing yet.
    pub(crate) fn socket(&self) -> Socket {
        Socket::open(self.address)
    }

    /// Does to its database what no program of ours does.
    pub(crate) fn sql(&self, statements: &[&'static str]) {
        use sqlx::Connection as _;
        sqlx::any::install_default_drivers();
        let file = format!("sqlite:{}", self.path("data/giaoban.sqlite").display());
        let url = self.database.as_ref().unwrap_or(&file);
        runtime().block_on(async {
            let mut connection = sqlx::AnyConnection::connect(url).await.unwrap();
            for statement in statements {
                sqlx::query(*statement).execute(&mut connection).await.unwrap();
            }
            connection.close().await.unwrap();
        });
    }

    /// The statements for the database that it is on.
    pub(crate) fn either<T>(&self, sqlite: T, postgres: T) -> T {
        if self.database.is_some() { postgres } else { sqlite }
    }

    /// Starts it and waits until it ends by itself.
    pub(crate) fn start_in_vain(&self) -> String {
        let (ok, error) = self.try_command(&["serve"]);
        assert!(!ok, "it runs");
        error
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// What the start printed behind a label.
    pub(crate) fn printed_value(&self, label: &str) -> Option<String> {
        let printed = fs::read_to_string(self.path("printed")).ok()?;
        // The rule ends the message: before that it may be half written.
        if printed.matches("-----").count() < 2 || !printed.ends_with("-\n") {
            return None;
        }
        let line = printed.lines().find_map(|line| line.trim().strip_prefix(label))?;
        Some(line.trim().to_owned())
    }

    fn program(&self, verb: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_giaoban"));
        command.arg(verb).arg("--config").arg(self.path("giaoban.toml")).arg("--data").arg(self.path("data"));
        command.stdin(Stdio::null());
        command
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.process.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        remove(&self.directory);
    }
}

const CONFIGURATION: &str = r#"
[http]
addresses = ["127.0.0.1:0"]
plain_addresses = ["127.0.0.1:0"]
[media]
addresses = ["127.0.0.1"]
first_port = 0
workers = 1
[log]
format = "json"
level = "debug"
"#;

/// The codes of the sample's units that have a parent, in the order of the file.
pub(crate) fn sites() -> Vec<String> {
    let text = fs::read_to_string(Path::new(UNITS).join("units.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (code, parent, valid_to) = (column("code"), column("parent"), column("valid_to"));
    let rows = reader.records().map(Result::unwrap);
    rows.filter(|row| !row[parent].is_empty() && row[valid_to].is_empty())
        .map(|row| row[code].to_owned())
        .collect()
}

/// The code of the sample's highest unit.
pub(crate) fn root() -> String {
    let text = fs::read_to_string(Path::new(UNITS).join("units.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (code, parent) = (column("code"), column("parent"));
    let rows = reader.records().map(Result::unwrap);
    rows.filter(|row| row[parent].is_empty()).map(|row| row[code].to_owned()).next().unwrap()
}

/// A meeting that the administrator convenes and chairs.
pub(crate) fn make_meeting(http: &mut Http, id: &str, sites: &[String]) -> Value {
    let session = http.get("/api/v1/session").expect(200);
    let body = json!({
        "meeting": id,
        "title": "Họp giao ban",
        "kind": "briefing",
        "conveningUnit": root(),
        "starts": 1_795_400_000,
        "sites": sites,
        "staff": [{ "account": session["account"], "role": "chair" }],
        "noStateSecrets": true,
    });
    http.post("/api/v1/meetings", &body).expect(201)
}

/// A ticket to a meeting.
pub(crate) fn ticket(http: &mut Http, meeting: &str) -> String {
    let reply: Reply = http.post(&format!("/api/v1/meetings/{meeting}/ticket"), &json!({}));
    reply.expect(200)["ticket"].as_str().unwrap().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "waits for a real process")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Between two looks at a process that is starting or stopping.
#[expect(
    clippy::disallowed_methods,
    reason = "there is no event to wait for: another process is being polled"
)]
pub(crate) fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn remove(directory: &Path) {
    // Litter in the temporary directory is no failure.
    let _ = fs::remove_dir_all(directory);
}
