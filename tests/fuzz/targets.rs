//! What the mutated inputs are given to.

use std::io::{Cursor, Write};
use std::path::Path;

use klaim::internals::claim::{self, Expression, Paper, Sources};
use klaim::internals::schedule::loss::risk::{Parametrization, Weighting};
use klaim::internals::schedule::loss::{self, Reading, beta::BetaTable};
use klaim::internals::source::Source;
use klaim::internals::spec::Spec;
use klaim::internals::{cli, denoiser, process, schedule};
use npyz::npz::NpzWriter;
use tempfile::TempDir;

use crate::mutate::{self, Random};
use crate::seeds;

/// One mutated input.
pub struct Input {
    pub bytes: Vec<u8>,
    /// Extension of a file.
    extension: String,
    /// Which of several readings.
    way: usize,
}

/// A parser with its inputs.
pub struct Target {
    pub name: &'static str,
    pub make: fn(&mut Random) -> Input,
    /// Whether the input was accepted.
    pub run: fn(&Input) -> bool,
}

pub const TARGETS: [Target; 8] = [
    Target { name: "expression", make: |r| text(r, &seeds::EXPRESSIONS), run: expression },
    Target { name: "spec", make: |r| text(r, &seeds::SPECS), run: spec },
    Target { name: "other spec", make: |r| text(r, &seeds::NAMES), run: other_spec },
    Target {
        name: "snr",
        make: |r| text(r, &seeds::SNRS),
        run: |input| cli::axes::snrs(&lossy(input)).is_ok(),
    },
    Target { name: "claim", make: |r| text(r, &seeds::CLAIMS), run: claim },
    Target { name: "paper", make: |r| text(r, &seeds::PAPERS), run: paper },
    Target { name: "atoms", make: file, run: atoms },
    Target { name: "loss", make: file, run: loss },
];

fn lossy(input: &Input) -> String {
    String::from_utf8_lossy(&input.bytes).into_owned()
}

/// A mutated text; one in eight is left as it is.
fn text(random: &mut Random, seeds: &[&str]) -> Input {
    let (seed, other) = (random.pick(seeds), random.pick(seeds));
    let bytes = if random.once_in(8) { seed.as_bytes().to_vec() } else { mutate::text(random, seed, other) };
    Input { bytes, extension: String::new(), way: random.below(12) }
}

fn expression(input: &Input) -> bool {
    let Ok(expression) = Expression::parse(&lossy(input)) else { return false };
    for x in [0.0, 1.0, -1.5, f64::INFINITY, f64::NAN, 1e308] {
        expression.value_and_gradient(&vec![x; expression.references().len()]);
    }
    true
}

fn spec(input: &Input) -> bool {
    let Ok(source) = Source::parse(&lossy(input)) else { return false };
    assert_eq!(Spec::parse(source.spec()).expect("its own spelling").to_string(), source.spec());
    true
}

fn other_spec(input: &Input) -> bool {
    let text = lossy(input);
    let found = [
        schedule::find(&text).is_ok(),
        process::find(&text).is_ok(),
        denoiser::find(&text).is_ok(),
        BetaTable::parse(&text).is_ok(),
        Weighting::parse(&text).is_ok(),
    ];
    found.contains(&true)
}

fn claim(input: &Input) -> bool {
    claim::parse(Path::new("claim.toml"), &lossy(input), &mut Sources::default()).is_ok()
}

fn paper(input: &Input) -> bool {
    let known = ["a", "a/break-1", "b"].map(String::from).into();
    Paper::parse(Path::new("paper.toml"), &lossy(input), &known).is_ok()
}

/// A file: text, text packed by gzip, or binary, changed at its bytes or below its checksums.
fn file(random: &mut Random) -> Input {
    let way = random.below(6);
    if random.once_in(2) {
        let ((extension, seed), (_, other)) =
            (seeds::TEXTS[random.below(13)], seeds::TEXTS[random.below(13)]);
        let bytes =
            if random.once_in(6) { seed.as_bytes().to_vec() } else { mutate::text(random, seed, other) };
        if !random.once_in(6) {
            return Input { bytes, extension: extension.to_owned(), way };
        }
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let packed = packer.write_all(&bytes).and_then(|()| packer.finish()).expect("memory");
        let bytes = if random.once_in(2) { mutate::bytes(random, &packed, b"\x1f\x8b") } else { packed };
        return Input { bytes, extension: format!("{extension}.gz"), way };
    }
    let ((name, seed), (_, other)) = (seeds::FILES[random.below(19)], seeds::FILES[random.below(19)]);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned();
    let bytes = match extension.as_str() {
        _ if random.once_in(10) => seed.to_vec(),
        "npy" if random.once_in(2) => array(random, seed, other),
        "npz" if random.once_in(2) => {
            let inner: Vec<&[u8]> =
                seeds::FILES.iter().filter(|(n, _)| n.ends_with("npy")).map(|&(_, b)| b).collect();
            let arrays = [random.pick(&inner), random.pick(&inner)].map(|seed| array(random, seed, other));
            archive(&arrays).expect("memory")
        }
        _ => mutate::bytes(random, seed, other),
    };
    Input { bytes, extension, way }
}

/// An array with a changed header of the right length.
fn array(random: &mut Random, seed: &[u8], other: &[u8]) -> Vec<u8> {
    let length = usize::from(u16::from_le_bytes([seed[8], seed[9]]));
    let (header, data) = seed[10..].split_at(length.min(seed.len() - 10));
    let header =
        mutate::text(random, &String::from_utf8_lossy(header), "('e', '<f4', (2, 3)), 'O', True, '>c16'");
    let data = if random.once_in(2) { data.to_vec() } else { mutate::bytes(random, data, other) };
    let length = u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes();
    [&seed[..8], &length[..], &header, &data].concat()
}

fn archive(arrays: &[Vec<u8>]) -> std::io::Result<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    let mut writer = NpzWriter::new(&mut file);
    for (bytes, name) in arrays.iter().zip(["x.npy", "w.npy"]) {
        writer.zip_writer().start_file(name, Default::default())?;
        writer.zip_writer().write_all(bytes)?;
    }
    writer.zip_writer().finish()?;
    drop(writer);
    Ok(file.into_inner())
}

/// Writes the input where its readers look for it; in memory if there is such a place.
fn written<T>(input: &Input, read: impl FnOnce(&Path) -> T) -> T {
    thread_local! {
        static FOLDER: TempDir =
            TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a temporary folder");
    }
    FOLDER.with(|folder| {
        let path = folder.path().join(format!("input.{}", input.extension));
        std::fs::write(&path, &input.bytes).expect("a writable folder");
        let result = read(&path);
        std::fs::remove_file(&path).expect("a writable folder");
        result
    })
}

fn atoms(input: &Input) -> bool {
    let more = ["", "", ",weights=p", ",drop=y", ",keep=unnamed-1+p", ",header=no,weights=2"][input.way];
    written(input, |path| Source::parse(&format!("file:path={}{more}", path.display())).is_ok())
}

fn loss(input: &Input) -> bool {
    let told = Reading {
        betas: Some(BetaTable::parse("linear").expect("a name")),
        columns: (input.way == 1).then(|| vec!["snr".into(), "x0".into()]),
        parametrization: (input.way == 2).then_some(Parametrization::X0),
        ..Reading::default()
    };
    written(input, |path| loss::read(path, &told).is_ok())
}
