//! What unit tests of this crate share.

#[path = "../tests/support/postgres.rs"]
pub(crate) mod postgres;

use crate::config::StoreTls;
use crate::entropy;
use crate::store::{Place, Server};
use std::path::{Path, PathBuf};

/// A directory of its own, gone with the value.
pub(crate) struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    pub(crate) fn new() -> Self {
        let number = u64::from_le_bytes(entropy::bytes::<8>().unwrap());
        let path = std::env::temp_dir().join(format!("giaoban-test-{number:016x}"));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // A directory that cannot be removed is litter in the temporary directory, not a failure.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A place for one store, empty at first and gone with the value: in a directory, or a database of the server of
/// this run.
pub(crate) struct TemporaryPlace {
    place: Place,
    _directory: Option<TemporaryDirectory>,
}

impl TemporaryPlace {
    pub(crate) async fn new() -> Self {
        match std::env::var(postgres::SERVER_VARIABLE) {
            Ok(server) => {
                let url = postgres::new_database(&server).await;
                let server = Server::parse(&url, &StoreTls::Off).unwrap();
                Self { place: Place::Server(Box::new(server)), _directory: None }
            }
            Err(_) => {
                let directory = TemporaryDirectory::new();
                Self { place: Place::Directory(directory.path().to_owned()), _directory: Some(directory) }
            }
        }
    }

    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    /// The statement for the database that this is.
    pub(crate) fn either(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self.place {
            Place::Directory(_) => sqlite,
            Place::Server(_) => postgres,
        }
    }
}
