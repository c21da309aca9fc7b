//! The kernels: their text, their names and parameters, and the compiled image of a device's
//! architecture.
//!
//! NVRTC compiles them when a device is first used; the image is kept in the user's cache folder
//! under a hash of everything that went into it. Without NVRTC the portable assembly that is part
//! of the program is used, which the driver translates (slower to start, not slower to run by more
//! than its age).

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use include_dir::{Dir, include_dir};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use super::nvrtc;
use crate::error::Result;

/// One kernel as the host calls it.
#[derive(Debug)]
pub struct Kernel {
    /// Its name.
    pub name: &'static str,
    /// Threads of a block.
    pub threads: u32,
    /// Kinds of its parameters in order: `p` an address, `u` a u32, `l` a u64, `d` an f64.
    pub parameters: &'static str,
}

macro_rules! kernels {
    ($($constant:ident = $name:literal, $threads:literal, $parameters:literal;)*) => {
        $(#[doc = concat!("Kernel `", $name, "`.")]
        pub const $constant: Kernel = Kernel { name: $name, threads: $threads, parameters: $parameters };)*
        /// Every kernel.
        pub const ALL: &[Kernel] = &[$($constant),*];
    };
}

kernels! {
    ADVANCE_ROWS = "advance_rows", 256, "pppppppllluuuudddddd";
    ANCHOR = "anchor", 256, "pppdduuu";
    CONTROLS = "controls", 128, "ppppduu";
    CONTROLS_F32 = "controls_f32", 128, "pppppppdduuu";
    DEPART_ROWS = "depart_rows", 128, "pppppppuuudd";
    DIFFUSE_ROWS = "diffuse_rows", 256, "ppppppllluuuu";
    DISTANCES = "distances", 256, "pppppduuuuu";
    DRAW_ATOMS = "draw_atoms", 128, "pppppllluuuu";
    DRAW_MIXTURE = "draw_mixture", 128, "ppppppppllluuuuu";
    DRAW_NOISE = "draw_noise", 256, "pllluuu";
    DRAW_NOISE_F32 = "draw_noise_f32", 256, "ppllluuuu";
    DRAW_POINTS = "draw_points", 256, "ppllluu";
    DRAW_ROWS = "draw_rows", 128, "pppppllluuuuu";
    DRAW_SIMPLEX = "draw_simplex", 128, "pppllluu";
    DRAW_SNRS = "draw_snrs", 256, "ppppplluu";
    ENTER_ROWS = "enter_rows", 256, "pppppllluuuud";
    EXTREMES = "extremes", 512, "ppuu";
    GIRSANOV_COMPONENTS = "girsanov_components", 64, "ppppppllllluuuuu";
    GIRSANOV_ORTHONORMAL = "girsanov_orthonormal", 64, "pppppllllluuu";
    LEAVE_ROWS = "leave_rows", 256, "ppuud";
    MEANS = "means", 256, "pppu";
    OBSERVE = "observe", 256, "pppddu";
    OBSERVE_MIXTURE = "observe_mixture", 128, "ppppppppduuuuu";
    PRIOR_F32 = "prior_f32", 128, "pppppuupppdduuu";
    PRIOR_OF_ATOMS = "prior_of_atoms", 128, "ppppppppppuupuuu";
    PRIOR_OF_SIMPLEX = "prior_of_simplex", 128, "ppppppuuu";
    PRODUCT = "product", 256, "pppuuu";
    PRODUCT_F16X3 = "product_f16x3", 256, "ppppppduuuuu";
    READ_OUT = "read_out", 128, "ppppppppuu";
    SCATTER = "scatter", 256, "pppuu";
    SPLIT_ROWS = "split_rows", 128, "pppduu";
    SUMS_F32 = "sums_f32", 128, "pppppuupduuuu";
    SUMS_OF_ATOMS = "sums_of_atoms", 128, "ppppppppppuupuuuu";
    SUMS_OF_SIMPLEX = "sums_of_simplex", 128, "ppppppuuuu";
    SUM_ROWS = "sum_rows", 64, "ppu";
    WALK_COMPONENTS = "walk_components", 64, "ppppppllluuuuuudd";
    WALK_ORTHONORMAL = "walk_orthonormal", 64, "pppppllluuuudd";
    WEIGH_ROWS = "weigh_rows", 128, "pppppppppuuuuu";
}

/// The kernels' text, and `klaim.ptx`: portable assembly of it for compute capability 8.0, made by
/// `scripts/portable-kernels`.
static FOLDER: Dir = include_dir!("$CARGO_MANIFEST_DIR/kernels");

/// A file of the folder.
fn text(path: &str) -> &'static str {
    FOLDER
        .get_file(path)
        .and_then(|file| file.contents_utf8())
        .expect("a file that the program was built with")
}

/// What the translation unit includes, by path.
fn headers() -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<_> = FOLDER
        .files()
        .chain(FOLDER.dirs().flat_map(|dir| dir.files()))
        .filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)))
        .filter(|(path, _)| path.ends_with(".cuh") || path.ends_with(".cu") && *path != "klaim.cu")
        .collect();
    all.sort_unstable();
    all
}

/// Bytes of an image's checksum.
const SUM: usize = 16;

/// Kernels in a form that a driver loads.
pub enum Image {
    /// Machine code of one architecture.
    Binary(Vec<u8>),
    /// Portable assembly.
    Portable(&'static str),
}

/// The kernels for a device of compute capability (major, minor), in one or several images.
///
/// Every line of `klaim.cu` that includes kernels is compiled by itself, all at the same time: two
/// cores take 2.0 s where one text takes 3.7 s.
///
/// # Errors
/// [`crate::error::Error::Backend`] with NVRTC's log, where it is there and fails.
pub fn images((major, minor): (i32, i32)) -> Result<Vec<Image>> {
    let Some(version) = nvrtc::compiler() else { return Ok(vec![Image::Portable(text("klaim.ptx"))]) };
    let options = [
        format!("--gpu-architecture=sm_{major}{minor}"),
        "--std=c++17".to_owned(),
        "--fmad=false".to_owned(),
    ];
    let units: Vec<&str> = text("klaim.cu").lines().filter(|line| line.starts_with("#include")).collect();
    units.into_par_iter().map(|unit| binary(unit, &options, version)).collect()
}

/// One unit's machine code, from the cache or compiled.
fn binary(unit: &str, options: &[String], version: (i32, i32)) -> Result<Image> {
    let path =
        cache().map(|folder| folder.join(format!("{:032x}.cubin", fingerprint(unit, options, version))));
    if let Some(bytes) = path.as_ref().and_then(|path| fs::read(path).ok()).and_then(whole) {
        return Ok(Image::Binary(bytes));
    }
    let bytes = nvrtc::compile(unit, &headers(), options)?;
    if let Some(path) = path {
        // A cache that cannot be written costs two seconds at the next start, nothing else.
        let _ = keep(&path, &bytes);
    }
    Ok(Image::Binary(bytes))
}

/// The image in a file of the cache, which ends with its xxh3-128; `None` for a damaged one.
fn whole(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let sum = bytes.split_off(bytes.len().checked_sub(SUM)?);
    (sum == xxh3_128(&bytes).to_le_bytes()).then_some(bytes)
}

/// A hash of everything that decides what the compiler makes.
fn fingerprint(unit: &str, options: &[String], version: (i32, i32)) -> u128 {
    let mut all = format!("{version:?} {options:?} {unit}");
    for (name, text) in headers() {
        all += &format!("\n{name}\n{text}");
    }
    xxh3_128(all.as_bytes())
}

/// `klaim` in the user's cache folder.
fn cache() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    folder("XDG_CACHE_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".cache")))
        .map(|dir| dir.join("klaim"))
}

/// Writes a temporary file and renames it: a reader sees a whole image or none.
fn keep(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().expect("a file in a folder");
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.write_all(&xxh3_128(bytes).to_le_bytes())?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `KERNEL(threads, name)(parameters)` of the kernels' text: name and kinds.
    fn declared() -> Vec<(String, String)> {
        let text: String = headers().into_iter().map(|(_, text)| text).collect();
        let kind = |parameter: &str| match parameter {
            p if p.contains('*') => 'p',
            p if p.trim().starts_with("u32") => 'u',
            p if p.trim().starts_with("u64") => 'l',
            p if p.trim().starts_with("double") => 'd',
            p => panic!("parameter `{p}`"),
        };
        let mut found = Vec::new();
        for part in text.split("\nKERNEL(").skip(1) {
            let (head, rest) = part.split_once(")(").unwrap();
            let name = head.split(',').nth(1).unwrap().trim().to_owned();
            found.push((name, rest.split_once(')').unwrap().0.split(',').map(kind).collect()));
        }
        found.sort();
        found
    }

    #[test]
    fn a_damaged_image_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("folder/x.cubin");
        keep(&path, b"machine code").unwrap();
        let bytes = fs::read(&path).unwrap();
        assert_eq!(whole(bytes.clone()).as_deref(), Some(&b"machine code"[..]));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            assert_eq!((whole(damaged), whole(bytes[..at].to_vec())), (None, None), "byte {at}");
        }
    }

    #[test]
    fn the_table_is_the_text() {
        let mut table: Vec<_> = ALL.iter().map(|k| (k.name.to_owned(), k.parameters.to_owned())).collect();
        table.sort();
        assert_eq!(table, declared());
    }

    #[test]
    fn the_portable_image_has_every_kernel() {
        for kernel in ALL {
            assert!(text("klaim.ptx").contains(&format!(".entry {}(", kernel.name)), "{}", kernel.name);
        }
    }
}
