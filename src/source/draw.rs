//! Drawing X from any source.
//!
//! Sample k of a stream is X_k, whatever was drawn before. The blocks of a sample are shared out so
//! that the channel's noise ([`normal::fill`], from [`normal::FIRST_BLOCK`] on) may use the same
//! stream and stays independent of X: block 0 holds the choice of the atom, the component or the
//! quantile; blocks from [`OWN_BLOCKS`] on hold everything else that X needs (a mixture's normals,
//! the copies of a product).

use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::source::cumulative::Cumulative;
use crate::source::{Atoms, Density, Law, Mixture, Needle, Simplex, Source};

/// First of the blocks that belong to X alone.
pub const OWN_BLOCKS: u32 = 1 << 31;

/// A source prepared for drawing.
#[derive(Debug)]
pub struct Draws<'a> {
    law: Prepared<'a>,
    dim: usize,
}

/// A law with its cumulative weights.
#[derive(Debug)]
enum Prepared<'a> {
    Atoms(&'a Atoms, Cumulative),
    Simplex(&'a Simplex, Cumulative),
    /// Atoms too many to be written out.
    Needle(&'a Needle),
    Product {
        base: Box<Draws<'a>>,
        copies: usize,
    },
    Density(&'a dyn Density),
    Mixture(&'a Mixture, Cumulative),
}

impl Source {
    /// Prepares drawing: O(N) once, then O(d + ln N) a draw.
    pub fn sampler(&self) -> Draws<'_> {
        let law = match self.law() {
            Law::Atoms(atoms) => Prepared::Atoms(atoms, Cumulative::new(&atoms.weights)),
            Law::Simplex(simplex) => Prepared::Simplex(simplex, Cumulative::new(&simplex.weights)),
            Law::Needle(needle) => match needle.dense() {
                Some(atoms) => Prepared::Atoms(atoms, Cumulative::new(&atoms.weights)),
                None => Prepared::Needle(needle),
            },
            Law::Product { base, copies } => {
                Prepared::Product { base: Box::new(base.sampler()), copies: *copies }
            }
            Law::Density(density) => Prepared::Density(density.as_ref()),
            Law::Mixture(mixture) => Prepared::Mixture(mixture, Cumulative::new(&mixture.weights)),
        };
        Draws { law, dim: self.dim() }
    }
}

/// The blocks of a sample where a law finds its random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordBlocks {
    /// That of the choice of an atom or a component.
    pub choice: u32,
    /// First of those of everything else.
    pub own: u32,
}

impl WordBlocks {
    const TOP: Self = Self { choice: 0, own: OWN_BLOCKS };

    /// The blocks of copy `copy` inside a product whose base needs `span` own blocks.
    fn of_copy(self, copy: usize, span: u32) -> Self {
        let choice = self.own + copy as u32 * (1 + span);
        Self { choice, own: choice + 1 }
    }
}

/// What a draw is made of, for a device that repeats it.
#[derive(Debug)]
pub struct DrawTables<'a> {
    /// Partial sums of the weights.
    pub ends: &'a [f64],
    /// Atoms, or means of components (row-major J × d); empty for orthonormal atoms.
    pub points: &'a [f64],
    /// Where the copies of a product find their random numbers, one after the other; one entry
    /// without a product.
    pub blocks: Vec<WordBlocks>,
}

/// Where a law finds its random numbers.
#[derive(Clone, Copy)]
struct Place {
    stream: Stream,
    sample: u64,
    blocks: WordBlocks,
}

impl Place {
    fn top(stream: &Stream, sample: u64) -> Self {
        Self { stream: *stream, sample, blocks: WordBlocks::TOP }
    }

    fn of_copy(self, copy: usize, span: u32) -> Self {
        Self { blocks: self.blocks.of_copy(copy, span), ..self }
    }

    fn uniform(self) -> f64 {
        self.stream.uniforms(self.sample, self.blocks.choice)[0]
    }
}

impl Draws<'_> {
    /// Dimension d of a draw.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Draws X of `sample` into `out` (length d) and returns the index of its atom (of its
    /// component, for a mixture); `None` for a density and for a product, whose atoms are not
    /// numbered.
    ///
    /// A law whose tail was cut ([`Atoms::missing`] > 0) is drawn from its kept atoms,
    /// renormalised.
    pub fn draw(&self, stream: &Stream, sample: u64, out: &mut [f64]) -> Option<usize> {
        assert_eq!(out.len(), self.dim, "a draw needs room for one point");
        self.draw_at(Place::top(stream, sample), out)
    }

    /// Information content ι(X) = −ln p(X), nats, of the draw that [`Draws::draw`] makes for the
    /// same `sample`. `None` for laws without atoms, and where a tail was cut (its mass is not in
    /// the weights).
    pub fn information_content(&self, stream: &Stream, sample: u64) -> Option<f64> {
        self.content_at(Place::top(stream, sample))
    }

    /// What a draw is made of; `None` for a density.
    pub fn tables(&self) -> Option<DrawTables<'_>> {
        self.tables_at(WordBlocks::TOP)
    }

    fn tables_at(&self, blocks: WordBlocks) -> Option<DrawTables<'_>> {
        let alone = |ends, points| Some(DrawTables { ends, points, blocks: vec![blocks] });
        match &self.law {
            Prepared::Atoms(atoms, cumulative) => alone(cumulative.ends(), &atoms.points),
            Prepared::Simplex(_, cumulative) => alone(cumulative.ends(), &[]),
            Prepared::Mixture(mixture, cumulative) => alone(cumulative.ends(), &mixture.means),
            Prepared::Needle(_) | Prepared::Density(_) => None,
            Prepared::Product { base, copies } => {
                let span = base.own_blocks();
                let mut tables = base.tables_at(blocks.of_copy(0, span))?;
                for copy in 1..*copies {
                    tables.blocks.extend(base.tables_at(blocks.of_copy(copy, span))?.blocks);
                }
                Some(tables)
            }
        }
    }

    /// Blocks beyond the choice that one draw reads.
    fn own_blocks(&self) -> u32 {
        match &self.law {
            Prepared::Atoms(..) | Prepared::Simplex(..) | Prepared::Needle(_) | Prepared::Density(_) => 0,
            Prepared::Mixture(mixture, _) => mixture.dim.div_ceil(2) as u32,
            Prepared::Product { base, copies } => *copies as u32 * (1 + base.own_blocks()),
        }
    }

    fn draw_at(&self, place: Place, out: &mut [f64]) -> Option<usize> {
        match &self.law {
            Prepared::Atoms(atoms, cumulative) => {
                let index = cumulative.index(place.uniform());
                out.copy_from_slice(atoms.point(index));
                Some(index)
            }
            Prepared::Simplex(_, cumulative) => {
                let index = cumulative.index(place.uniform());
                out.fill(0.0);
                out[index] = 1.0;
                Some(index)
            }
            Prepared::Needle(needle) => {
                let index = of_needle(needle, place.uniform());
                out.fill(0.0);
                if index > 0 {
                    out[index - 1] = 1.0;
                }
                Some(index)
            }
            Prepared::Product { base, copies } => {
                let span = base.own_blocks();
                for (copy, part) in out.chunks_mut(base.dim).enumerate().take(*copies) {
                    base.draw_at(place.of_copy(copy, span), part);
                }
                None
            }
            Prepared::Density(density) => {
                out[0] = density.origin() + density.quantile(place.uniform());
                None
            }
            Prepared::Mixture(mixture, cumulative) => {
                let component = cumulative.index(place.uniform());
                normal::fill_from(&place.stream, place.sample, place.blocks.own, out);
                let deviation = mixture.variances[component].sqrt();
                for (x, mean) in out.iter_mut().zip(&mixture.means[component * mixture.dim..]) {
                    *x = mean + deviation * *x;
                }
                Some(component)
            }
        }
    }

    fn content_at(&self, place: Place) -> Option<f64> {
        match &self.law {
            Prepared::Atoms(atoms, cumulative) if atoms.missing <= 0.0 => {
                Some(-atoms.weights[cumulative.index(place.uniform())].ln())
            }
            Prepared::Simplex(simplex, cumulative) => {
                Some(-simplex.weights[cumulative.index(place.uniform())].ln())
            }
            Prepared::Needle(needle) => {
                let p = if of_needle(needle, place.uniform()) == 0 {
                    1.0 - needle.p
                } else {
                    needle.p / needle.atoms as f64
                };
                Some(-p.ln())
            }
            Prepared::Product { base, copies } => {
                let span = base.own_blocks();
                (0..*copies).map(|copy| base.content_at(place.of_copy(copy, span))).sum()
            }
            Prepared::Atoms(..) | Prepared::Density(_) | Prepared::Mixture(..) => None,
        }
    }
}

/// The atom of a uniform number: 0 for the origin, i for e_i.
fn of_needle(needle: &Needle, uniform: f64) -> usize {
    let beyond = uniform - (1.0 - needle.p);
    if beyond < 0.0 {
        0
    } else {
        1 + ((beyond / needle.p * needle.atoms as f64) as usize).min(needle.atoms - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::estimate::Estimate;
    use crate::spec::Spec;

    const DRAWS: u64 = 20_000;
    /// Standard errors allowed: false-alarm probability 6e-7 a comparison, about 40 of them.
    const STD_ERRS: f64 = 5.0;

    fn source(law: Law) -> Source {
        Source::new(&Spec::parse("test:law=1").unwrap(), law, None, Estimate::exact(1.0))
    }

    fn product(base: &str, copies: usize) -> Source {
        source(Law::Product { base: Box::new(Source::parse(base).expect("a known source")), copies })
    }

    fn stream() -> Stream {
        Stream::named(11, "draw test")
    }

    /// Mean of `statistic` over the draws, with its standard error.
    fn average(source: &Source, statistic: impl Fn(&[f64], u64) -> f64) -> (f64, f64) {
        let (sampler, mut x) = (source.sampler(), vec![0.0; source.dim()]);
        let (mut sum, mut squares) = (0.0, 0.0);
        for sample in 0..DRAWS {
            sampler.draw(&stream(), sample, &mut x);
            let value = statistic(&x, sample);
            sum += value;
            squares += value * value;
        }
        let mean = sum / DRAWS as f64;
        (mean, ((squares / DRAWS as f64 - mean * mean) / DRAWS as f64).sqrt())
    }

    fn assert_average(what: &str, (mean, std_err): (f64, f64), expected: f64) {
        assert!(
            (mean - expected).abs() < STD_ERRS * std_err,
            "{what}: {mean} ± {std_err}, expected {expected}"
        );
    }

    #[test]
    fn atoms_come_with_their_weights() {
        let zipf = Source::parse("zipf:exponent=1.5,atoms=6").expect("a known source");
        let Law::Atoms(atoms) = zipf.law() else { panic!("zipf has atoms") };
        for (i, &p) in atoms.weights.iter().enumerate() {
            let at = atoms.point(i)[0];
            assert_average(
                "frequency",
                average(&zipf, |x, _| f64::from(u8::from((x[0] - at).abs() < 0.5))),
                p,
            );
        }
    }

    #[test]
    fn the_index_names_the_point_and_its_weight() {
        for spec in [
            "zipf:exponent=1.5,atoms=6,embedding=codebook,dim=3",
            "zipf:exponent=1.5,atoms=6,embedding=simplex",
        ] {
            let source = Source::parse(spec).expect("a known source");
            let (sampler, mut x) = (source.sampler(), vec![0.0; source.dim()]);
            for sample in 0..100 {
                let index = sampler.draw(&stream(), sample, &mut x).expect("discrete");
                let weight = match source.law() {
                    Law::Atoms(atoms) => {
                        assert_eq!(atoms.point(index), x);
                        atoms.weights[index]
                    }
                    Law::Simplex(simplex) => {
                        assert!((x[index] - 1.0).abs() + (x.iter().sum::<f64>() - 1.0).abs() < 1e-15);
                        simplex.weights[index]
                    }
                    law => panic!("{law:?}"),
                };
                let content = sampler.information_content(&stream(), sample).expect("discrete");
                assert!((content + weight.ln()).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn copies_of_a_product_are_independent() {
        let source = product("bernoulli:p=0.3", 5);
        for j in 0..5 {
            assert_average("frequency", average(&source, |x, _| x[j]), 0.3);
            for i in 0..j {
                assert_average("joint frequency", average(&source, |x, _| x[i] * x[j]), 0.09);
            }
        }
    }

    #[test]
    fn the_content_of_a_product_is_that_of_its_draw() {
        let source = source(Law::Product { base: Box::new(product("bernoulli:p=0.3", 2)), copies: 3 });
        let (sampler, mut x) = (source.sampler(), [0.0; 6]);
        for sample in 0..100 {
            sampler.draw(&stream(), sample, &mut x);
            let expected: f64 =
                x.iter().map(|&bit| if bit > 0.5 { -0.3_f64.ln() } else { -0.7_f64.ln() }).sum();
            let content = sampler.information_content(&stream(), sample).expect("discrete");
            assert!((content - expected).abs() < 1e-13, "{content}, expected {expected}");
        }
    }

    /// The standard exponential law, by statrs.
    #[derive(Debug)]
    struct Exponential(statrs::distribution::Exp);

    impl Density for Exponential {
        fn ln_density(&self, x: f64) -> f64 {
            -x
        }
        fn support(&self) -> (f64, f64) {
            (0.0, f64::INFINITY)
        }
        fn quantile(&self, u: f64) -> f64 {
            -(-u).ln_1p()
        }
        fn cdf(&self, x: f64) -> f64 {
            statrs::distribution::ContinuousCDF::cdf(&self.0, x)
        }
        fn survival(&self, x: f64) -> f64 {
            (-x).exp()
        }
        fn mean(&self) -> Option<f64> {
            Some(1.0)
        }
        fn variance(&self) -> f64 {
            1.0
        }
        fn differential_renyi(&self, _: f64) -> Estimate {
            Estimate::exact(1.0)
        }
    }

    /// Kolmogorov–Smirnov: P(D√n > 2.7) = 9e-7.
    #[test]
    fn a_density_is_drawn_through_its_quantile() {
        let law = Exponential(statrs::distribution::Exp::new(1.0).expect("a positive rate"));
        let source = source(Law::Density(Box::new(law)));
        let Law::Density(density) = source.law() else { panic!("a density") };
        let (sampler, mut x) = (source.sampler(), [0.0]);
        let mut levels: Vec<f64> = (0..DRAWS)
            .map(|sample| {
                assert_eq!(sampler.draw(&stream(), sample, &mut x), None);
                density.cdf(x[0] - density.origin())
            })
            .collect();
        levels.sort_by(f64::total_cmp);
        let distance = levels
            .iter()
            .enumerate()
            .map(|(i, u)| (u - i as f64 / DRAWS as f64).max((i + 1) as f64 / DRAWS as f64 - u))
            .fold(0.0, f64::max);
        assert!(distance * (DRAWS as f64).sqrt() < 2.7, "distance {distance}");
    }

    #[test]
    fn a_mixture_has_its_moments_and_leaves_the_noise_alone() {
        let mixture = Mixture {
            dim: 3,
            means: vec![0.0, 0.0, 0.0, 1.0, -2.0, 3.0],
            variances: vec![1.0, 4.0],
            weights: vec![0.75, 0.25],
            approximation: 0.0,
        };
        let source = source(Law::Mixture(mixture));
        for (j, mean) in [0.25, -0.5, 0.75].into_iter().enumerate() {
            assert_average("mean", average(&source, |x, _| x[j]), mean);
            // E X² = ¾·1 + ¼·(4 + μ²).
            assert_average("square", average(&source, |x, _| x[j] * x[j]), 1.75 + 4.0 * mean * mean);
            let with_noise = |x: &[f64], sample| {
                let mut noise = [0.0; 3];
                normal::fill(&stream(), sample, &mut noise);
                x[j] * noise[j]
            };
            assert_average("product with the noise", average(&source, with_noise), 0.0);
        }
    }
}
