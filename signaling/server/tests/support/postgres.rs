//! A Postgres server of a test process's own, with the programs that Debian's package brings: made in a directory of
//! its own, gone with the process.
//!
//! A suite runs on it by running itself again: [`run_again_on_postgres`] starts the server and then the same test
//! binary, told by [`SERVER_VARIABLE`] to take a new database for every store it makes.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// What a run on Postgres is told by: the URL of a server's maintenance database.
pub(crate) const SERVER_VARIABLE: &str = "GIAOBAN_TEST_POSTGRES";

/// The password of the server's user, with all the signs that a URL must escape.
pub(crate) const PASSWORD: &str = "khóa@thử:1/2";

/// The same in a URL.
pub(crate) const PASSWORD_IN_URL: &str = "kh%C3%B3a%40th%E1%BB%AD%3A1%2F2";

/// Makes a cluster, runs it, and takes it away when its standard input ends: with this process, however that ends. `$1`
/// is the directory, `$2` that of the programs, `$3` the port, `$4` settings of the server.
const SCRIPT: &str = r#"
set -e
umask 077
# A signal to the whole group must not take this away before it has tidied up.
trap '' INT TERM HUP
mkdir "$1"
trap 'rm -rf "$1"' EXIT
printf %s "$TEST_PASSWORD" > "$1/password"
"$2/initdb" -N -D "$1/data" -U giaoban -A scram-sha-256 --pwfile="$1/password" -E UTF8 --no-locale >"$1/log" 2>&1 \
    || { cat "$1/log" >&2; exit 1; }
if [ -n "$TEST_CERTIFICATE" ]; then
    printf %s "$TEST_CERTIFICATE" > "$1/data/server.crt"
    printf %s "$TEST_KEY" > "$1/data/server.key"
fi
start() {
    "$2/postgres" -D "$1/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$1" -c fsync=off \
        -c max_connections=200 -c shared_buffers=16MB -c shared_memory_type=mmap $4 </dev/null >>"$1/log" 2>&1 &
    server=$!
    until "$2/pg_isready" -q -h 127.0.0.1 -p "$3"; do
        kill -0 $server 2>/dev/null || { cat "$1/log" >&2; exit 1; }
        sleep 0.05
    done
    echo ready
}
start "$@"
while read -r order; do
    case $order in
    stop) kill -INT $server; wait $server || true; echo stopped ;;
    kill) kill -QUIT $server; wait $server || true; echo stopped ;;
    start) start "$@" ;;
    esac
done
kill -QUIT $server 2>/dev/null || true
wait $server || true
"#;

/// A running server.
pub(crate) struct Postgres {
    supervisor: Child,
    answers: BufReader<std::process::ChildStdout>,
    /// Its port on loopback.
    pub(crate) port: u16,
}

impl Postgres {
    /// Starts a server without TLS.
    pub(crate) fn start() -> Self {
        Self::start_with("", None)
    }

    /// Starts a server with settings, and a certificate and its key.
    pub(crate) fn start_with(settings: &str, certificate: Option<(&str, &str)>) -> Self {
        let programs = programs();
        // Between this and the server's start somebody else may take the port; then the test fails and says so.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let directory =
            std::env::temp_dir().join(format!("giaoban-postgres-{}-{}", std::process::id(), unique()));
        let mut command = as_nobody_special();
        let tls = if certificate.is_some() { "-c ssl=on" } else { "-c ssl=off" };
        command.args(["sh", "-c", SCRIPT, "sh"]).arg(directory).arg(programs).arg(port.to_string());
        command.arg(format!("{settings} {tls}"));
        let (certificate, key) = certificate.unwrap_or_default();
        command.env("TEST_PASSWORD", PASSWORD).env("TEST_CERTIFICATE", certificate).env("TEST_KEY", key);
        let mut supervisor = command
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh and setpriv are there");
        let answers = BufReader::new(supervisor.stdout.take().unwrap());
        let mut server = Self { supervisor, answers, port };
        server.expect("ready");
        server
    }

    /// Stops it: lines are cut, what is committed stays.
    pub(crate) fn stop(&mut self) {
        self.order("stop");
        self.expect("stopped");
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.order("kill");
        self.expect("stopped");
    }

    /// Starts it again.
    pub(crate) fn start_again(&mut self) {
        self.order("start");
        self.expect("ready");
    }

    /// The URL of its maintenance database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://giaoban:{PASSWORD_IN_URL}@127.0.0.1:{}/postgres", self.port)
    }

    fn order(&mut self, order: &str) {
        use std::io::Write as _;
        writeln!(self.supervisor.stdin.as_mut().unwrap(), "{order}").unwrap();
    }

    fn expect(&mut self, answer: &str) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), answer, "the Postgres server does not start; what it said stands above");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

/// A new database on the server of a URL; its own URL.
pub(crate) async fn new_database(server: &str) -> String {
    use sqlx::Connection as _;
    sqlx::any::install_default_drivers();
    let name = format!("t{}_{}", std::process::id(), unique());
    let mut connection = sqlx::AnyConnection::connect(server).await.unwrap();
    let make = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"));
    sqlx::query(make).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let (front, _) = server.rsplit_once('/').unwrap();
    format!("{front}/{name}")
}

/// Runs this test binary again with all stores on Postgres. `filters` choose the tests, none meaning all; those that
/// have `skipped` in their names are left out.
pub(crate) fn run_again_on_postgres(filters: &[&str], skipped: &[&str]) {
    let server = Postgres::start();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(filters).env(SERVER_VARIABLE, server.url());
    for name in skipped {
        command.args(["--skip", name]);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "on Postgres:\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("running 0 tests"), "{text}");
    let sum = text.lines().rev().find(|line| line.starts_with("test result")).unwrap_or_default();
    println!("on Postgres: {sum}");
}

/// Postgres refuses to run as root, so root takes the user that Debian's package makes for it.
fn as_nobody_special() -> Command {
    use std::os::unix::fs::MetadataExt as _;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Command::new("env");
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    command
}

/// The directory of the newest version's programs.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    let number = |bin: &PathBuf| bin.parent().and_then(Path::file_name)?.to_str()?.parse::<u32>().ok();
    found.max_by_key(number).unwrap_or_else(|| {
        panic!(
            "PostgreSQL's programs are missing, and the store is tested on it as well; type: sudo apt-get install \
             --no-install-recommends postgresql (its programs are used, not the server that it may start)"
        )
    })
}

fn unique() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
