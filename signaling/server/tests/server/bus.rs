//! A real node beside a real NATS server.

use crate::node::{Node, STOP, make_meeting, now, pause, sites, ticket};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

struct Server(Child);

impl Server {
    /// A test without the server must fail, not pass by doing nothing.
    fn start(port: u16) -> Self {
        let port = port.to_string();
        let start = |program: &str| {
            Command::new(program)
                .args(["-a", "127.0.0.1", "-p", &port, "--user", "xa-01", "--pass", "tre-xanh"])
                .stderr(Stdio::null())
                .spawn()
        };
        let child = start("nats-server").or_else(|_| start("/usr/sbin/nats-server"));
        Self(child.expect("the bus is tested against a real server; type: sudo apt-get install nats-server"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn credentials(node: &Node, password: &str) {
    let path = node.path("bus.toml");
    fs::write(&path, format!("user = \"xa-01\"\npassword = \"{password}\"\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn shows(node: &Node, line: &str) {
    let http = &mut crate::wire::Http::new(node.address);
    let deadline = now() + STOP * 4;
    while !http.get("/metrics").body.contains(line) {
        assert!(now() < deadline, "{line}\n{}", node.log());
        pause();
    }
}

#[test]
fn a_meeting_is_held_while_the_bus_is_away_and_the_bus_is_found_when_it_comes() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut node = Node::fresh();
    let file = node.path("giaoban.toml");
    let configuration = fs::read_to_string(&file).unwrap();
    let bus = format!(
        "\n[bus]\nkind = \"nats\"\nnode = \"xa-01\"\nservers = [\"127.0.0.1:{port}\"]\ncredentials_file = \"{}\"\n",
        node.path("bus.toml").display()
    );
    fs::write(&file, configuration + &bus).unwrap();
    let check = |node: &Node| node.try_command(&["check-config", "--connect"]);

    let (ok, words) = check(&node);
    assert!(!ok && words.contains("credentials_file"), "{words}");
    credentials(&node, "wrong");
    node.start();
    let mut http = node.administrator();
    make_meeting(&mut http, "giao-ban", &sites()[..2]);
    node.socket().hello(&ticket(&mut http, "giao-ban"));
    shows(&node, "giaoban_bus_connected 0");
    shows(&node, "giaoban_bus_away_seconds{cause=\"unreachable\"}");

    let server = Server::start(port);
    shows(&node, "giaoban_bus_away_seconds{cause=\"wrong_credentials\"}");
    let (ok, words) = check(&node);
    assert!(!ok && words.contains("refuses the user or password"), "{words}");
    credentials(&node, "tre-xanh");
    shows(&node, "giaoban_bus_connected 1");
    let (ok, words) = check(&node);
    assert!(ok && words.contains("bus: connected as xa-01"), "{words}");

    drop(server);
    shows(&node, "giaoban_bus_connected 0");
    node.socket().hello(&ticket(&mut http, "giao-ban"));
    let log = node.log();
    assert!(log.contains("the bus is away, meetings of this node go on"), "{log}");
    assert!(!log.contains("tre-xanh"), "{log}");
}

#[test]
fn the_block_of_a_user_is_printed() {
    let node = Node::fresh();
    let block = node.command(&["bus-user", "xa-01", "--child", "thon-1"]);
    for line in ["user: \"xa-01\"", "$PASSWORD_XA_01", "\"gb.node.xa-01.up.>\"", "\"gb.node.thon-1.down.>\""]
    {
        assert!(block.contains(line), "{block}");
    }
    assert!(!block.contains("JS.API"), "only a cluster's nodes have keys at the server: {block}");
    assert!(!node.try_command(&["bus-user", "xa.*"]).0);
}
