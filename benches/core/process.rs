//! What this process used and what the others took meanwhile, from `/proc`; nothing where there is
//! none.

use std::fs::read_to_string;
use std::time::Instant;

/// Clock ticks a second in `/proc`: fixed at 100 in Linux's interface to programs.
const TICKS: f64 = 100.0;
/// Others using less of the machine than this leave the wall clock usable.
const QUIET: f64 = 0.05;

/// One timed run.
pub struct Timing {
    /// Seconds on the clock.
    pub wall: f64,
    /// CPU seconds of this process, all threads.
    pub cpu: Option<f64>,
    /// Share of the machine that other processes used.
    pub others: Option<f64>,
}

impl Timing {
    /// Times `work`.
    pub fn of<T>(work: impl FnOnce() -> T) -> (T, Self) {
        let (cpu, busy, start) = (cpu_seconds(), busy_seconds(), Instant::now());
        let result = work();
        let wall = start.elapsed().as_secs_f64();
        let cpu = cpu_seconds().zip(cpu).map(|(after, before)| after - before);
        let busy = busy_seconds().zip(busy).map(|(after, before)| after - before);
        let processors = std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64);
        let others = busy.zip(cpu).map(|(busy, cpu)| ((busy - cpu) / (wall * processors)).max(0.0));
        (result, Self { wall, cpu, others })
    }

    /// Seconds that the run would have taken alone: the wall clock, or CPU seconds over `threads`
    /// where others used a twentieth of the machine or more.
    pub fn alone(&self, threads: usize) -> f64 {
        match (self.cpu, self.others) {
            (Some(cpu), Some(others)) if others >= QUIET => (cpu / threads as f64).min(self.wall),
            _ => self.wall,
        }
    }
}

/// Largest resident memory of this process so far, bytes.
pub fn peak_memory() -> Option<f64> {
    let status = read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

/// User and system time of this process.
fn cpu_seconds() -> Option<f64> {
    let stat = read_to_string("/proc/self/stat").ok()?;
    // After the name in parentheses: state is field 3, utime and stime are fields 14 and 15.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?) / TICKS)
}

/// Time that the machine's processors were not idle.
fn busy_seconds() -> Option<f64> {
    let stat = read_to_string("/proc/stat").ok()?;
    let ticks: Vec<f64> = stat.lines().next()?.split_whitespace().skip(1).flat_map(str::parse).collect();
    // user nice system (idle iowait) irq softirq steal
    Some((ticks.get(..3)?.iter().sum::<f64>() + ticks.get(5..8)?.iter().sum::<f64>()) / TICKS)
}
