//! What unit tests of this crate share.

use crate::entropy;
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
