//! What the kernel says about this process.

use crate::metrics::Exposition;
use std::fs;

/// Writes the figures that could be read. A system without `/proc` has none.
pub(crate) fn write(out: &mut Exposition) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').split_whitespace().next()?.parse::<u64>().ok()
    };
    if let Some(kilobytes) = field("VmRSS") {
        out.gauge("process_resident_memory_bytes", "Memory in use.", kilobytes.saturating_mul(1024));
    }
    if let Some(threads) = field("Threads") {
        out.gauge("process_threads", "Threads.", threads);
    }
    if let Ok(descriptors) = fs::read_dir("/proc/self/fd") {
        let open = u64::try_from(descriptors.count()).unwrap_or(u64::MAX);
        out.gauge("process_open_fds", "Open file descriptors.", open);
    }
}
