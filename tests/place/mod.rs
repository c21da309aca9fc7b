//! A folder with a claim and a file of atoms, in which the program runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

/// The folder; it goes with the value.
pub struct Place {
    pub dir: tempfile::TempDir,
}

impl Place {
    /// With `claim` as claim.toml.
    pub fn of(claim: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("claim.toml"), claim).unwrap();
        let atoms: String = (0..9).map(|i| format!("{},{}\n", i % 3, i * i)).collect();
        fs::write(dir.path().join("atoms.csv"), "x,y\n".to_owned() + &atoms).unwrap();
        Self { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        klaim(self.dir.path(), arguments)
    }
}

pub fn klaim(dir: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("klaim").unwrap().current_dir(dir).args(arguments).output().unwrap()
}

/// What was said on stderr, on one line.
pub fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).replace('│', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn assert_status(output: &Output, status: i32) {
    assert_eq!(output.status.code(), Some(status), "{}", said(output));
}
