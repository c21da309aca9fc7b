//! How much memory a law asks for.

use super::mixture::MIXTURE_WARPS;
use super::{BlockExtent, CALIBRATED, CHUNK, TILE, atoms, single, tables_of};
use crate::backend::options::Precision;
use crate::channel::posterior::Tables;

/// What a law asks of a [`super::Work`], in numbers, and of its tables.
#[derive(Default)]
pub struct Extent {
    /// Coordinates of a sample's noise that are kept for a product; 0 where none is taken.
    pub dim: usize,
    /// f64 products of a tile (f32: of the samples that measure its error) that are there at a time.
    pub products: usize,
    /// f32 a of a tile that are there at a time.
    pub noise: usize,
    /// f32 D of a tile that are there at a time.
    pub distances: usize,
    /// Words of a tile's split noise.
    pub halves: usize,
    /// Numbers that the components of a mixture need.
    pub scratch: usize,
    /// Bytes of the law's tables.
    pub tables: usize,
    /// Bytes of those without coordinates, and what streaming these takes; where they can be streamed.
    pub streamed: Option<(usize, BlockExtent)>,
    /// Atoms, and bytes of a table of all pairs of them, where it saves a product a sample.
    pub pairs: Option<(usize, usize)>,
}

impl Extent {
    /// Of the law that `tables` describe.
    pub fn of(tables: &Tables, precision: Precision) -> Self {
        let (double, word) = (size_of::<f64>(), size_of::<f32>());
        match tables {
            Tables::Copies { factor, .. } => Self::of(&tables_of(*factor), precision),
            Tables::Atoms { dim, norms, .. } => {
                let (n, block) = (norms.len(), norms.len().min(CHUNK));
                let pairs = |bytes: usize| Some((n, bytes)).filter(|_| n <= atoms::MOST_PAIRED);
                let (numbers, split) = (4 * n * double, atoms::halves(*dim));
                let singles = 2 * single::row(n) * word + n * double;
                let rows = atoms::product_rows(block);
                let blocks = BlockExtent { dim: *dim, atoms: block, halves: 0, factors: 0 };
                match precision {
                    Precision::F64 => Self {
                        dim: *dim,
                        products: 2 * TILE * block,
                        tables: numbers + n * dim * double,
                        streamed: Some((numbers, blocks)),
                        pairs: pairs(n * n * double),
                        ..Self::default()
                    },
                    Precision::F32 => Self {
                        dim: *dim,
                        products: 2 * CALIBRATED * block,
                        noise: TILE * single::row(block),
                        distances: TILE * single::row(block),
                        halves: TILE * split,
                        tables: numbers + n * dim * double + singles + atoms::product_rows(n) * (split + 1) * word,
                        streamed: Some((
                            numbers + singles,
                            BlockExtent { halves: rows * split, factors: rows, ..blocks },
                        )),
                        pairs: pairs(n * single::row(n) * word),
                        ..Self::default()
                    },
                }
            }
            Tables::Simplex(w) => {
                let (n, block) = (w.weights.len(), w.weights.len().min(CHUNK));
                let base = Self { tables: 3 * n * double, ..Self::default() };
                match precision {
                    Precision::F64 => Self { products: TILE * block, ..base },
                    Precision::F32 => Self {
                        products: CALIBRATED * block,
                        noise: TILE * single::row(block),
                        tables: base.tables + n * double + (2 * single::row(n) + single::row(block)) * word,
                        ..base
                    },
                }
            }
            Tables::Mixture { mixture, .. } => Self {
                dim: mixture.dim,
                scratch: MIXTURE_WARPS as usize * mixture.weights.len() * (mixture.dim + 1),
                tables: (mixture.means.len() + 3 * mixture.weights.len() + mixture.dim) * double,
                ..Self::default()
            },
        }
    }
}
