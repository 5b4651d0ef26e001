//! The bus from the command line: try what is configured, and print what a server must let a node do.

use super::print;
use crate::bus::{
    AwayCause, Bucket, Bus, BusError, BusState, BusUser, ClusterName, Credentials, Key, NatsStorage,
    NodeName, Pattern, Scope, Token,
};
use crate::config;
use anyhow::{Context, Result, bail};
use clap::Args;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::time::Duration;

/// How long a server may take to be found. What is wrong in a file or a firewall shows within it.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(super) struct User {
    /// The node's name (bus.node)
    node: String,
    /// The cluster of the server, if the node is one of it (bus.cluster)
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// A node whose parent or standby parent it is; once for each
    #[arg(long = "child", value_name = "NODE")]
    children: Vec<String>,
    /// If it is a branch's server: a node above whose questions it answers; once for each
    #[arg(long = "answers", value_name = "NODE")]
    answers: Vec<String>,
}

/// Prints the block of a node's user for the configuration of its server.
pub(super) fn user(user: &User) -> Result<()> {
    let names = |names: &[String]| names.iter().map(|name| NodeName::parse(name)).collect::<Result<_, _>>();
    let (children, answers) = (names(&user.children)?, names(&user.answers)?);
    let cluster = user.cluster.as_deref().map(ClusterName::parse).transpose()?;
    let user = BusUser { node: NodeName::parse(&user.node)?, cluster, children, answers };
    print(user.block().trim_end())
}

/// Checks that the files that [bus] names can be used.
pub(super) fn check_files(bus: &config::Bus) -> Result<()> {
    let Some(nats) = &bus.nats else { return Ok(()) };
    if let Some(file) = &nats.credentials_file {
        Credentials::load(file)?;
    }
    if let Some(file) = &nats.ca_file {
        let at = || format!("bus.ca_file {} holds no certificate in PEM form", file.display());
        let mut certificates = CertificateDer::pem_file_iter(file).with_context(at)?;
        certificates.next().with_context(at)?.with_context(at)?;
    }
    Ok(())
}

/// Tries the bus as it is configured, without starting a node.
pub(super) async fn connect(bus: &config::Bus) -> Result<()> {
    let Some(nats) = &bus.nats else { return print("bus: in this process, nothing to connect to") };
    let identity = bus.identity.clone();
    let door = Bus::nats(nats, identity.clone()).await?;
    found(&door).await?;
    let own = Pattern::Everything(Scope::Down(identity.node.clone()));
    door.subscribe(&own).await.context("cannot receive what its parent sends")?;
    let mut shares = "keeps its own keys";
    if let NatsStorage::Shared { .. } = nats.storage {
        for bucket in Bucket::ALL {
            let key = Key::new(&Token::parse("check")?);
            door.get(bucket, &key).await.context("cannot read the cluster's keys")?;
        }
        shares = "shares the keys of its cluster";
    }
    print(&format!("bus: connected as {}, {shares}", identity.node))
}

/// Waits until the bus is there, or it is clear that it will not be.
async fn found(door: &Bus) -> Result<()> {
    let mut state = door.state();
    let clear = |state: &BusState| match state.away() {
        None => true,
        Some(AwayCause::Starting | AwayCause::Lost | AwayCause::Unreachable) => false,
        Some(
            AwayCause::WrongCredentials
            | AwayCause::NoCredentials
            | AwayCause::Insecure
            | AwayCause::Forbidden,
        ) => true,
    };
    // Whether it has become clear or the time is over, the state says what is known.
    let _ = tokio::time::timeout(PATIENCE, state.wait_for(clear)).await;
    let away = state.borrow().away();
    match away {
        None => Ok(()),
        Some(cause) => bail!(BusError::Away { cause }),
    }
}
