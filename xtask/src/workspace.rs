//! Where things are: the checkout, the build output, the packages.

use anyhow::{Context, Result, anyhow};
use cargo_metadata::{Metadata, MetadataCommand};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The platform the product runs on; what cargo would only fetch for other ones is not ours to judge.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// The checkout this tool was started in.
pub(crate) struct Workspace {
    /// The directory of the root manifest.
    pub(crate) root: PathBuf,
    /// What cargo knows about the packages, dependencies included.
    pub(crate) metadata: Metadata,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self> {
        let own = std::env::var("CARGO_MANIFEST_DIR").context("start this tool as `cargo xtask`")?;
        let root = Path::new(&own).parent().ok_or_else(|| anyhow!("{own} has no parent"))?.to_path_buf();
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .other_options(["--filter-platform".to_owned(), PLATFORM.to_owned(), "--locked".to_owned()])
            .exec()
            .context("cargo metadata failed; is Cargo.lock committed and complete?")?;
        Ok(Self { root, metadata })
    }

    /// A path inside the checkout.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// The server's binary as `cargo build` leaves it.
    pub(crate) fn server_binary(&self) -> PathBuf {
        self.metadata.target_directory.join("debug").join("giaoban").into()
    }

    /// A cargo command in the checkout.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        self.command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), arguments)
    }

    /// Any command in the checkout.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// An npm command in one package of the checkout.
    pub(crate) fn npm(&self, package: &str, arguments: &[&str]) -> Command {
        let mut command = self.command("npm", arguments);
        command.current_dir(self.path(package));
        command
    }
}
