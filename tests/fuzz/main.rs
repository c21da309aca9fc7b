//! Mutated inputs in process: claims, expressions, specs, SNR lists, and files of atoms and losses
//! in every format.
//!
//! No input may panic, take more than 10 s of processor time, or more than 4 GiB of memory. Input k
//! of a seed is the same on every machine. The test runs for 20 seconds; at length by hand:
//!
//!     KLAIM_FUZZ_SECONDS=3600 KLAIM_FUZZ_SEED=7 cargo test --release --test fuzz -- --nocapture
//!
//! An input that overflows the stack names its thread, which holds the numbers of its inputs;
//! KLAIM_FUZZ_FROM=k starts at one of them, and KLAIM_FUZZ_TRACE=1 prints each before it is tried.

mod memory;
mod mutate;
mod seeds;
mod targets;

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use targets::{TARGETS, Target};

/// Processor time that one input may take.
const MOST_SECONDS: f64 = 10.0;
/// Memory that one input may take beyond what was there before it.
const MOST_BYTES: usize = 4 << 30;
/// Inputs of one thread, whose stack is as small as that of klaim's own threads.
const CHUNK: u64 = 2000;
const STACK: usize = 2 << 20;
/// Failures after which there is no point in going on.
const MOST_FAILURES: usize = 20;
/// Memory that klaim believes to be free, so that what it refuses does not depend on the machine.
const BELIEVED_FREE: u64 = 2 << 30;

/// What is tried now, for the watchdog.
static NOW: AtomicU64 = AtomicU64::new(0);
/// The last panic: place and message.
static PANIC: Mutex<String> = Mutex::new(String::new());

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

#[test]
fn no_input_panics_hangs_or_takes_more_memory_than_allowed() {
    let (seconds, seed) = (setting("KLAIM_FUZZ_SECONDS", 20), setting("KLAIM_FUZZ_SEED", 1));
    panic::set_hook(Box::new(|info| *PANIC.lock().unwrap_or_else(|e| e.into_inner()) = info.to_string()));
    klaim::internals::numeric::memory::limit(BELIEVED_FREE);
    let over = Arc::new(AtomicBool::new(false));
    let watchdog = std::thread::spawn({
        let over = Arc::clone(&over);
        move || watch(&over)
    });
    let (start, mut next) = (Instant::now(), setting("KLAIM_FUZZ_FROM", 0));
    let first = next;
    let mut failures: Vec<String> = Vec::new();
    let (mut taken, mut accepted) = ([0.0; TARGETS.len()], [[0_u64; 2]; TARGETS.len()]);
    while start.elapsed() < Duration::from_secs(seconds) && failures.len() < MOST_FAILURES {
        let chunk = std::thread::Builder::new()
            .name(format!("inputs {next} to {} of seed {seed}", next + CHUNK - 1))
            .stack_size(STACK)
            .spawn(move || (next..next + CHUNK).map(|index| attempt(seed, index)).collect::<Vec<_>>());
        for tried in chunk.expect("a thread").join().expect("every panic of an input is caught") {
            taken[tried.target] += tried.seconds;
            accepted[tried.target][usize::from(tried.accepted)] += 1;
            failures.extend(tried.failure);
        }
        next += CHUNK;
    }
    over.store(true, Relaxed);
    watchdog.join().expect("the watchdog ends");
    drop(panic::take_hook());
    println!("{} inputs in {:.0} s", next - first, start.elapsed().as_secs_f64());
    for ((target, seconds), [refused, accepted]) in TARGETS.iter().zip(taken).zip(accepted) {
        println!("{:<12} {seconds:>7.1} s  {refused:>9} refused  {accepted:>9} accepted", target.name);
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    // A mutator that only makes rubbish tests the first line of every parser: both outcomes must be
    // common.
    for (target, [refused, accepted]) in TARGETS.iter().zip(accepted) {
        assert!(
            refused.min(accepted) * 50 > refused + accepted,
            "{}: {refused} refused, {accepted} not",
            target.name
        );
    }
}

/// How one input went.
struct Tried {
    target: usize,
    seconds: f64,
    accepted: bool,
    failure: Option<String>,
}

fn attempt(seed: u64, index: u64) -> Tried {
    NOW.store(index, Relaxed);
    let target = (index % TARGETS.len() as u64) as usize;
    let Target { name, make, run } = &TARGETS[target];
    let input = make(&mut mutate::Random::new(seed, index));
    if std::env::var_os("KLAIM_FUZZ_TRACE").is_some() {
        eprintln!("{index} {name}: {}", shown(&input.bytes));
    }
    let before = memory::restart();
    let start = Instant::now();
    let result = panic::catch_unwind(AssertUnwindSafe(|| run(&input)));
    let bytes = memory::peak().saturating_sub(before);
    let what = match &result {
        Err(_) => Some(PANIC.lock().unwrap_or_else(|e| e.into_inner()).replace('\n', " ")),
        Ok(_) if bytes > MOST_BYTES => Some(format!("took {:.1} GiB", bytes as f64 / f64::from(1 << 30))),
        Ok(_) => None,
    };
    let failure =
        what.map(|what| format!("input {index} of seed {seed}, {name} ({}): {what}", shown(&input.bytes)));
    if let Some(failure) = &failure {
        eprintln!("{failure}");
    }
    Tried { target, seconds: start.elapsed().as_secs_f64(), accepted: result.unwrap_or(false), failure }
}

/// The start of an input, readable.
fn shown(bytes: &[u8]) -> String {
    let more = if bytes.len() > 300 { format!("… {} bytes", bytes.len()) } else { String::new() };
    format!("{}{more}", bytes[..bytes.len().min(300)].escape_ascii())
}

/// Ends the process if one input takes too long: nothing else ends an endless loop.
fn watch(over: &AtomicBool) {
    let (mut index, mut used, mut before) = (u64::MAX, 0.0, processor_seconds());
    while !over.load(Relaxed) {
        std::thread::sleep(Duration::from_millis(250));
        let (now, seconds) = (NOW.load(Relaxed), processor_seconds());
        used = if now == index { used + seconds - before } else { 0.0 };
        (index, before) = (now, seconds);
        if used > MOST_SECONDS {
            eprintln!("input {index} takes more than {MOST_SECONDS} s");
            std::process::abort();
        }
    }
}

/// Processor time of this process; 0 where the system does not tell.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    // User and system time in ticks of 10 ms.
    fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>()
        / 100.0
}
