//! The program: parse, do, say how it went.

use std::process::ExitCode;

fn main() -> ExitCode {
    klaim::run_program()
}
