//! How much memory this process may still take.

use std::sync::atomic::{AtomicU64, Ordering};

/// What [`limit`] said last.
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);

/// Lets [`available`] tell at most `bytes`, for a program that shares its memory with others.
pub fn limit(bytes: u64) {
    LIMIT.store(bytes, Ordering::Relaxed);
}

/// Bytes that can be had without swapping or being stopped: the least of what the system calls
/// available and what the process's control group leaves, and [`limit`]; [`u64::MAX`] where neither
/// is told (other systems than Linux).
pub fn available() -> u64 {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let number = |path: &str| read(path)?.trim().parse::<u64>().ok();
    let system = read("/proc/meminfo").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
    });
    // Control groups of version 2, then of version 1; page cache counts as used, so this errs low
    // only near the limit.
    let left = [
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ]
    .iter()
    .find_map(|(most, used)| Some(number(most)?.saturating_sub(cached(number(used)?))));
    system.unwrap_or(u64::MAX).min(left.unwrap_or(u64::MAX)).min(LIMIT.load(Ordering::Relaxed))
}

/// What of `used` bytes of a control group cannot be given back: without the page cache.
fn cached(used: u64) -> u64 {
    let text = std::fs::read_to_string("/sys/fs/cgroup/memory.stat")
        .or_else(|_| std::fs::read_to_string("/sys/fs/cgroup/memory/memory.stat"))
        .unwrap_or_default();
    let cache: u64 = text
        .lines()
        .filter_map(|line| {
            line.strip_prefix("inactive_file ").or_else(|| line.strip_prefix("total_inactive_file "))
        })
        .filter_map(|number| number.trim().parse::<u64>().ok())
        .sum();
    used.saturating_sub(cache)
}

#[cfg(test)]
mod tests {
    #[test]
    fn some_memory_is_left_and_not_all_of_the_address_space() {
        let available = super::available();
        assert!(available > 1 << 20, "{available}");
        assert!(!cfg!(target_os = "linux") || available < 1 << 50, "{available}");
    }
}
