//! How much memory this process may still take.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What [`limit`] said last.
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);

/// Lets [`available`] tell at most `bytes`, for a program that shares its memory with others.
pub fn limit(bytes: u64) {
    LIMIT.store(bytes, Ordering::Relaxed);
}

/// Less than this is there: to ask costs more.
const SMALL: u64 = 1 << 20;

/// Makes sure that `bytes` are [`available`].
///
/// # Errors
/// The bytes that are, where these are fewer.
pub fn room(bytes: u64) -> Result<(), u64> {
    if bytes <= SMALL {
        return Ok(());
    }
    let free = available();
    // What overflowed is too much wherever nothing is told.
    if bytes <= free && bytes < u64::MAX { Ok(()) } else { Err(free) }
}

/// Bytes that can be had without swapping or being stopped: the least of what the system calls
/// available, what each control group that the process is in leaves, what is left of its address
/// space (`ulimit -v`), and [`limit`]; [`u64::MAX`] where none is told (other systems than Linux).
pub fn available() -> u64 {
    let system = read("/proc/meminfo").and_then(|text| line(&text, "MemAvailable:"));
    let left = groups().iter().filter_map(|group| left(group)).min();
    let space = address_space();
    [system, left, space].into_iter().flatten().fold(LIMIT.load(Ordering::Relaxed), u64::min)
}

fn read(path: impl AsRef<Path>) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The number of kB behind `name`, in bytes.
fn line(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// What `ulimit -v` leaves.
fn address_space() -> Option<u64> {
    let limits = read("/proc/self/limits")?;
    let most = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let most: u64 = most.split_whitespace().next()?.parse().ok()?;
    Some(most.saturating_sub(line(&read("/proc/self/status")?, "VmSize:")?))
}

/// The folders of the control groups of memory that this process is in, the innermost first: of
/// version 2, then of version 1. In a container the innermost is the root.
fn groups() -> Vec<PathBuf> {
    let own = read("/proc/self/cgroup").unwrap_or_default();
    let mut all = Vec::new();
    for line in own.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(kinds), Some(path)) = (fields.next(), fields.next()) else { continue };
        let root = match kinds {
            "" => Path::new("/sys/fs/cgroup"),
            kinds if kinds.split(',').any(|kind| kind == "memory") => Path::new("/sys/fs/cgroup/memory"),
            _ => continue,
        };
        all.extend(Path::new(path.trim_start_matches('/')).ancestors().map(|group| root.join(group)));
    }
    all.extend(["/sys/fs/cgroup", "/sys/fs/cgroup/memory"].map(PathBuf::from));
    all
}

/// What a control group leaves; page cache that can be given back does not count as used.
fn left(group: &Path) -> Option<u64> {
    let number = |name: &str| read(group.join(name))?.trim().parse::<u64>().ok();
    let names = [("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")];
    let (most, used) = names.into_iter().find_map(|(most, used)| Some((number(most)?, number(used)?)))?;
    let cache = read(group.join("memory.stat")).map_or(0, |text| cached(&text));
    Some(most.saturating_sub(used.saturating_sub(cache)))
}

/// The page cache that a control group can give back.
fn cached(stat: &str) -> u64 {
    let number = |line: &str| {
        let rest =
            line.strip_prefix("inactive_file ").or_else(|| line.strip_prefix("total_inactive_file "))?;
        rest.trim().parse::<u64>().ok()
    };
    stat.lines().filter_map(number).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group as its folder tells it: 8 MiB, 5 used, 2 of which can be given back.
    #[test]
    fn a_group_leaves_what_it_does_not_use() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(left(dir.path()), None);
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("memory.max", "max\n");
        write("memory.current", "5242880\n");
        assert_eq!(left(dir.path()), None);
        write("memory.max", "8388608\n");
        write("memory.stat", "anon 5\ninactive_file 2097152\nactive_file 7\n");
        assert_eq!(left(dir.path()), Some(5 << 20));
    }

    #[test]
    fn some_memory_is_left_and_not_all_of_the_address_space() {
        let available = super::available();
        assert!(available > 1 << 20, "{available}");
        assert!(!cfg!(target_os = "linux") || available < 1 << 50, "{available}");
    }
}
