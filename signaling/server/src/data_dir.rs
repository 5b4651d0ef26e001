//! The data directory: everything a node keeps, readable by nobody else.

use crate::entropy;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const LOCK_FILE: &str = "lock";
const RESUME_KEY_FILE: &str = "resume-key";
const NODE_ID_FILE: &str = "node-id";

/// An existing data directory.
#[derive(Debug, Clone)]
pub struct DataDirectory {
    path: PathBuf,
}

impl DataDirectory {
    /// Opens a data directory, and makes it if it is not there.
    pub fn open(path: &Path) -> io::Result<Self> {
        if !path.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        }
        Ok(Self { path: path.to_owned() })
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file that only the node's own user may read. The file is whole or not there at all.
    pub fn write_secret(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        let unfinished = self.file(&format!("{name}.new"));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(contents)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, self.file(name))
    }

    /// Keeps a second node from using the same directory while the returned file is open.
    pub fn lock(&self) -> io::Result<File> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.file(LOCK_FILE))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(io::Error::new(
                io::ErrorKind::ResourceBusy,
                "another node is running on this data directory",
            )),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// What tells this node from others that share its database: random, made once.
    pub fn node_id(&self) -> io::Result<String> {
        let path = self.file(NODE_ID_FILE);
        if !path.exists() {
            let number = u64::from_le_bytes(entropy::bytes().map_err(io::Error::other)?);
            self.write_secret(NODE_ID_FILE, format!("{number:016x}").as_bytes())?;
        }
        std::fs::read_to_string(&path)
    }

    /// The key by which resume tokens are made and recognised, also after a restart.
    pub fn resume_key(&self) -> io::Result<[u8; 32]> {
        let path = self.file(RESUME_KEY_FILE);
        if !path.exists() {
            let key = entropy::bytes::<32>().map_err(io::Error::other)?;
            self.write_secret(RESUME_KEY_FILE, &key)?;
        }
        let key = std::fs::read(&path)?;
        key.try_into().map_err(|_| {
            let message =
                format!("{} does not hold 32 bytes; delete it, and everybody joins anew", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::TemporaryDirectory;

    #[test]
    fn one_node_at_a_time() {
        let directory = TemporaryDirectory::new();
        let data = DataDirectory::open(directory.path()).unwrap();
        let lock = data.lock().unwrap();
        assert_eq!(data.lock().unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        drop(lock);
        assert!(data.lock().is_ok());
    }

    #[test]
    fn the_resume_key_stays_the_same() {
        let directory = TemporaryDirectory::new();
        let data = DataDirectory::open(directory.path()).unwrap();
        let key = data.resume_key().unwrap();
        assert_eq!(data.resume_key().unwrap(), key);
        assert_eq!(data.node_id().unwrap(), data.node_id().unwrap());
        data.write_secret(RESUME_KEY_FILE, b"short").unwrap();
        assert!(data.resume_key().is_err());
    }
}
