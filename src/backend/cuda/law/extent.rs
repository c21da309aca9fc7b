//! How much memory a law asks for.

use crate::backend::cuda::tile::{
    CALIBRATED, CHUNK, MIXTURE_WARPS, MOST_PAIRED, TILE, halves, product_rows, row,
};
use crate::backend::options::Precision;
use crate::channel::posterior::{PosteriorSampler, Tables};

/// What a sampler with a kernel is made of; others are given to the processors.
pub fn tables_of(sampler: &dyn PosteriorSampler) -> Tables<'_> {
    sampler.tables().expect("a sampler without tables runs on the processors")
}

/// What a law asks of a worker's memory, in numbers, and of its tables.
#[derive(Default)]
pub struct Extent {
    /// HostRows of a sample's noise that are kept for a product; 0 where none is taken.
    pub dim: usize,
    /// f64 products of a tile (f32: of the samples that measure its error) that are there at a
    /// time.
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
    /// Bytes of those without coordinates, and what streaming these takes; where they can be
    /// streamed.
    pub streamed: Option<(usize, BlockExtent)>,
    /// Atoms, and bytes of a table of all pairs of them, where it saves a product a sample.
    pub pairs: Option<(usize, usize)>,
}

/// Sizes of the room for blocks of atoms that come from the host.
#[derive(Clone, Copy, Default)]
pub struct BlockExtent {
    /// Dimension.
    pub dim: usize,
    /// Atoms of a block: [`CHUNK`], or all if there are fewer.
    pub atoms: usize,
    /// Words of the halves of a block.
    pub halves: usize,
    /// Their factors.
    pub factors: usize,
}

impl BlockExtent {
    /// Bytes.
    pub fn bytes(&self) -> usize {
        let numbers = (2 * self.atoms + TILE) * self.dim;
        numbers * size_of::<f64>() + self.halves * size_of::<u32>() + self.factors * size_of::<f32>()
    }
}

impl Extent {
    /// Of the law that `tables` describe.
    pub fn of(tables: &Tables, precision: Precision) -> Self {
        let (double, word) = (size_of::<f64>(), size_of::<f32>());
        match tables {
            Tables::Copies { factor, .. } => Self::of(&tables_of(*factor), precision),
            Tables::Atoms { dim, norms, .. } => {
                let (n, block) = (norms.len(), norms.len().min(CHUNK));
                let pairs = |bytes: usize| Some((n, bytes)).filter(|_| n <= MOST_PAIRED);
                let (numbers, coordinates) = (4 * n * double, n * dim * double);
                let blocks = BlockExtent { dim: *dim, atoms: block, halves: 0, factors: 0 };
                if precision == Precision::F64 {
                    return Self {
                        dim: *dim,
                        products: 2 * TILE * block,
                        tables: numbers + coordinates,
                        streamed: Some((numbers, blocks)),
                        pairs: pairs(n * n * double),
                        ..Self::default()
                    };
                }
                let (split, rows) = (halves(*dim), product_rows(block));
                let numbers = numbers + 2 * row(n) * word + n * double;
                Self {
                    dim: *dim,
                    products: 2 * CALIBRATED * block,
                    noise: TILE * row(block),
                    distances: TILE * row(block),
                    halves: TILE * split,
                    tables: numbers + coordinates + product_rows(n) * (split + 1) * word,
                    streamed: Some((numbers, BlockExtent { halves: rows * split, factors: rows, ..blocks })),
                    pairs: pairs(n * row(n) * word),
                    ..Self::default()
                }
            }
            Tables::Simplex(w) => {
                let (n, block) = (w.weights.len(), w.weights.len().min(CHUNK));
                let tables = 3 * n * double;
                match precision {
                    Precision::F64 => Self { products: TILE * block, tables, ..Self::default() },
                    Precision::F32 => Self {
                        products: CALIBRATED * block,
                        noise: TILE * row(block),
                        tables: tables + n * double + (2 * row(n) + row(block)) * word,
                        ..Self::default()
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
