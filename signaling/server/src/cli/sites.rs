//! `giaoban site …`: secrets of meeting rooms.

use super::accounts::known_unit;
use super::{Place, print, stored_units};
use crate::identity::Identity;
use crate::{clock, site_link, units};
use anyhow::{Context, Result, ensure};
use clap::Subcommand;
use signaling_protocol::UnitCode;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Issues secrets and prints code, secret and link; the secrets before are good no more
    Issue {
        /// The site's code: its unit's
        #[arg(required_unless_present = "all_below", conflicts_with = "all_below")]
        code: Option<String>,
        /// Every unit below this one instead, without it
        #[arg(long, value_name = "CODE")]
        all_below: Option<String>,
        /// Writes them into this file instead, for printing sheets
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
    },
    /// Takes a site's secret away; it is signed out, and put out of its meeting within seconds
    Revoke {
        /// The site's code
        code: String,
    },
    /// Lists the sites that have a secret
    List,
}

pub(super) async fn run(place: &Place, command: Command) -> Result<()> {
    let store = place.existing_store().await?;
    match command {
        Command::Issue { code, all_below, csv } => {
            let config = place.config()?;
            let tree = stored_units(&store).await?;
            let codes = match (code, all_below) {
                (Some(code), _) => vec![known_unit(&tree, &code)?],
                (None, Some(root)) => units::below(&tree, clock::wall(), &known_unit(&tree, &root)?),
                (None, None) => Vec::new(),
            };
            ensure!(!codes.is_empty(), "there is no unit below; name one site instead");
            let identity = Identity::start(clock::now(), store, config.security.clone()).await?;
            let mut issued = Vec::with_capacity(codes.len());
            for unit in codes {
                let secret = identity.issue_site_secret(clock::now(), &unit).await?;
                let link = site_link::link(&site_link::base(&config.http, None), &unit, &secret);
                issued.push((unit.clone(), units::name_of(&tree, &unit), secret, link));
            }
            write(&issued, csv)
        }
        Command::Revoke { code } => {
            let unit = UnitCode::parse(code.clone()).with_context(|| format!("site {code}"))?;
            let had = store.revoke_site_secret(&unit, clock::wall().0).await?;
            ensure!(had, "site {unit} has no secret; `giaoban site list` shows those that have");
            print(&format!("the secret of {unit} is revoked and the site is signed out"))
        }
        Command::List => {
            for site in store.sites().await? {
                print(site.unit.as_str())?;
            }
            Ok(())
        }
    }
}

fn write(issued: &[(UnitCode, String, String, String)], csv: Option<PathBuf>) -> Result<()> {
    let Some(path) = csv else {
        for (unit, _, secret, link) in issued {
            print(&format!("{unit}\t{secret}\t{link}"))?;
        }
        return Ok(());
    };
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let file = file
        .with_context(|| format!("cannot make {} (an existing file is not overwritten)", path.display()))?;
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(["code", "name", "secret", "link"])?;
    for (unit, name, secret, link) in issued {
        writer.write_record([unit.as_str(), name, secret, link])?;
    }
    writer.flush()?;
    print(&format!(
        "{} secrets are in {}; keep it from others and delete it after printing",
        issued.len(),
        path.display()
    ))
}
