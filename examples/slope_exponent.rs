//! The open question: how fast does sup γ²|M′(γ)| grow with h = H_½, between h^1.5 (simplex codes)
//! and 4h² (proved)?
//!
//! Four families of laws on orthogonal directions, at h = 2 … 12: one code (the simplex), the
//! origin and a code, two codes with their own radii and masses, a two-level tree. At each h the
//! free parameters are climbed by Nelder–Mead on fixed noise; what is found is measured again on
//! all atoms with other noise. Prints Markdown; `cargo run --release --example slope_exponent`.

use std::cell::RefCell;

use basin::{CostFunction, Executor, NelderMead};
use klaim::internals::numeric::normal;
use klaim::internals::numeric::stream::Stream;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

const ENTROPIES: [f64; 6] = [2.0, 4.0, 6.0, 8.0, 10.0, 12.0];
/// Samples of a climb's evaluation; draws and most samples of the final measurement.
const CLIMBING: u64 = 400;
const MEASURING: f64 = 4e8;
const MOST_SAMPLES: u64 = 20_000;
/// Largest order statistics drawn one by one while climbing; the rest of a code counts by its
/// conditional means.
const DRAWN: usize = 256;
const ITERATIONS: u64 = 60;
/// Most atoms of a law that is measured.
const MOST_ATOMS: f64 = 4e5;

/// Equiprobable orthogonal atoms at one radius, in units of the noise: mass, number, √γ|x|.
#[derive(Clone, Copy, Debug)]
struct Code {
    mass: f64,
    count: f64,
    radius: f64,
}

/// A law of one of the families.
#[derive(Clone, Debug)]
enum Law {
    Codes(Vec<Code>),
    /// Branches and leaves a branch with their radii: x = R₁ e_c + R₂ e_{c,l}.
    Tree {
        branches: usize,
        leaves: usize,
        outer: f64,
        inner: f64,
    },
}

impl Law {
    /// H_½ = 2 ln Σ √p.
    fn renyi_half(&self) -> f64 {
        match self {
            Self::Codes(codes) => 2.0 * codes.iter().map(|c| (c.mass * c.count).sqrt()).sum::<f64>().ln(),
            Self::Tree { branches, leaves, .. } => ((branches * leaves) as f64).ln(),
        }
    }

    fn atoms(&self) -> f64 {
        match self {
            Self::Codes(codes) => codes.iter().map(|c| c.count).sum(),
            Self::Tree { branches, leaves, .. } => (branches * leaves) as f64,
        }
    }

    /// The law with whole numbers of atoms, masses adjusted so that every atom keeps its
    /// probability's ratio.
    fn whole(&self) -> Self {
        match self {
            Self::Codes(codes) => {
                Self::Codes(codes.iter().map(|c| Code { count: c.count.round().max(1.0), ..*c }).collect())
            }
            tree => tree.clone(),
        }
    }
}

/// Power sums Σ w^k over some atoms, and their squared radius.
struct Sums {
    square: f64,
    power: [f64; 3],
}

/// ‖γ Cov‖²_F for orthogonal atoms with posterior weights w: Σ w²R⁴ − 2 Σ w³R⁴ + (Σ w²R²)².
fn frobenius(sums: &[Sums]) -> f64 {
    let total: f64 = sums.iter().map(|s| s.power[0]).sum();
    let weighted: f64 = sums.iter().map(|s| s.square * s.power[1]).sum::<f64>() / total.powi(2);
    let quartic: f64 = sums
        .iter()
        .map(|s| s.square.powi(2) * (s.power[1] / total.powi(2) - 2.0 * s.power[2] / total.powi(3)))
        .sum();
    quartic + weighted * weighted
}

fn add(power: &mut [f64; 3], ln_weight: f64) {
    let w = ln_weight.exp();
    power.iter_mut().zip([w, w * w, w * w * w]).for_each(|(p, x)| *p += x);
}

/// One sample of ‖γ Cov‖²_F given that the source atom is in code `own`; every atom drawn where
/// `all`.
fn sample_codes(codes: &[Code], own: usize, all: bool, stream: &Stream, sample: u64) -> f64 {
    let gauss = Normal::standard();
    let mut sums = Vec::new();
    for (c, code) in codes.iter().enumerate() {
        let (r, ln_p) = (code.radius, (code.mass / code.count).ln());
        let mut power = [0.0; 3];
        let stream = Stream::named(stream.seed(), &format!("{:x} code {c}", stream.lane()));
        let mut others = code.count;
        let mut own_noise = [0.0];
        if c == own {
            others -= 1.0;
            normal::fill_from(&stream, sample, 1 << 30, &mut own_noise);
            add(&mut power, ln_p + r * own_noise[0] + 0.5 * r * r);
        }
        let drawn = if all { others as usize } else { (others as usize).min(DRAWN) };
        let mut z = vec![0.0; drawn];
        if all || others <= DRAWN as f64 {
            normal::fill(&stream, sample, &mut z);
        } else {
            // Rényi's representation: −ln of the i-th largest uniform is Σ_{j ≤ i} E_j/(n − j + 1).
            let mut reach = 0.0;
            for (i, z) in z.iter_mut().enumerate() {
                let [u, _] = stream.uniforms(sample, i as u32);
                reach += -u.ln() / (others - i as f64);
                *z = -gauss.inverse_cdf((-(-reach).exp_m1()).max(1e-300));
            }
        }
        z.iter().for_each(|z| add(&mut power, ln_p + r * z - 0.5 * r * r));
        if let (false, Some(&last)) = (all || others <= drawn as f64, z.last()) {
            for (k, p) in power.iter_mut().enumerate() {
                let a = (k + 1) as f64;
                let tail = gauss.cdf(last - a * r) / gauss.cdf(last);
                *p += (others - drawn as f64)
                    * (a * ln_p - 0.5 * a * r * r + 0.5 * a * a * r * r).exp()
                    * tail;
            }
        }
        sums.push(Sums { square: r * r, power });
    }
    frobenius(&sums)
}

/// One sample on a tree; the source atom is leaf 0 of branch 0.
fn sample_tree(
    branches: usize,
    leaves: usize,
    [outer, inner]: [f64; 2],
    stream: &Stream,
    sample: u64,
) -> f64 {
    let mut z = vec![0.0; branches * (leaves + 1)];
    normal::fill(stream, sample, &mut z);
    let (trunk, twigs) = z.split_at(branches);
    let (mut total, mut inside) = (0.0, [0.0; 3]);
    let per_branch: Vec<[f64; 2]> = (0..branches)
        .map(|c| {
            let base = outer * trunk[c] + if c == 0 { 0.5 } else { -0.5 } * outer * outer;
            let (mut sum, mut squares) = (0.0, 0.0);
            for l in 0..leaves {
                let own = if c == 0 && l == 0 { 0.5 } else { -0.5 };
                let w = (base + inner * twigs[c * leaves + l] + own * inner * inner).exp();
                sum += w;
                squares += w * w;
                inside[2] += w * w * w;
            }
            inside[1] += squares;
            total += sum;
            [sum, squares]
        })
        .collect();
    let branch = |k: i32| per_branch.iter().map(|b| (b[0] / total).powi(k)).sum::<f64>();
    let (two, three) = (inside[1] / total.powi(2), inside[2] / total.powi(3));
    let (outer, inner) = (outer * outer, inner * inner);
    let cross: f64 =
        per_branch.iter().map(|b| b[1] / total.powi(2) * (1.0 - 2.0 * b[0] / total + branch(2))).sum();
    outer * outer * (branch(2) - 2.0 * branch(3) + branch(2).powi(2))
        + inner * inner * (two - 2.0 * three + two * two)
        + 2.0 * outer * inner * cross
}

/// γ²|M′| with its standard error, stratified over the code of the source atom.
fn slope(law: &Law, samples: u64, all: bool, lane: &str) -> (f64, f64) {
    let stream = Stream::named(0, lane);
    let moments = |draw: &(dyn Fn(u64) -> f64 + Sync)| {
        let values: Vec<f64> = (0..samples).into_par_iter().map(draw).collect();
        let mean = values.iter().sum::<f64>() / samples as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (samples - 1) as f64;
        (mean, variance / samples as f64)
    };
    match law {
        Law::Tree { branches, leaves, outer, inner } => {
            let (mean, variance) =
                moments(&|k| sample_tree(*branches, *leaves, [*outer, *inner], &stream, k));
            (mean, variance.sqrt())
        }
        Law::Codes(codes) => {
            let parts = codes.iter().enumerate().map(|(own, code)| {
                let (mean, variance) = moments(&|k| sample_codes(codes, own, all, &stream, k));
                (code.mass * mean, code.mass * code.mass * variance)
            });
            let (mean, variance) =
                parts.fold((0.0, 0.0), |(m, v), (mean, variance)| (m + mean, v + variance));
            (mean, variance.sqrt())
        }
    }
}

/// A family: free parameters (unbounded) to a law of H_½ = h, `None` outside the family.
struct Family {
    name: &'static str,
    starts: fn(f64) -> Vec<Vec<f64>>,
    law: fn(f64, &[f64]) -> Option<Law>,
}

fn share(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

const FAMILIES: [Family; 4] = [
    Family {
        name: "simplex",
        starts: |h| vec![vec![(2.5 * h).ln()]],
        law: |h, x| Some(Law::Codes(vec![Code { mass: 1.0, count: h.exp(), radius: (0.5 * x[0]).exp() }])),
    },
    Family {
        name: "origin and code",
        starts: |h| vec![vec![(2.5 * h).ln(), 2.0], vec![(3.0 * h).ln(), -0.5]],
        law: |h, x| {
            let q = share(x[1]);
            let count = ((0.5 * h).exp() - (1.0 - q).sqrt()).powi(2) / q;
            let origin = Code { mass: 1.0 - q, count: 1.0, radius: 0.0 };
            (count >= 1.5)
                .then(|| Law::Codes(vec![origin, Code { mass: q, count, radius: (0.5 * x[0]).exp() }]))
        },
    },
    Family {
        name: "two codes",
        starts: |h| {
            let near = (2.5 * h).ln();
            vec![vec![near, near + 0.2, 0.0, 0.0], vec![near - 0.5, near + 0.5, 0.0, -1.0]]
        },
        law: |h, x| {
            // √(mass·count) of the two codes adds up to e^{h/2}.
            let (q, t) = (share(x[2]), share(x[3]));
            let code = |mass: f64, part: f64, x: f64| Code {
                mass,
                count: (part * (0.5 * h).exp()).powi(2) / mass,
                radius: (0.5 * x).exp(),
            };
            let codes = vec![code(1.0 - q, 1.0 - t, x[0]), code(q, t, x[1])];
            codes.iter().all(|c| c.count >= 1.5).then_some(Law::Codes(codes))
        },
    },
    Family {
        name: "tree",
        starts: |h| {
            vec![vec![(1.5 * h).ln(), (1.5 * h).ln(), 0.0], vec![(0.5 * h).ln(), (2.0 * h).ln(), -1.0]]
        },
        law: |h, x| {
            let branches = (share(x[2]) * h).exp().round();
            let leaves = (h.exp() / branches).round();
            let [outer, inner] = [x[0], x[1]].map(|x| (0.5 * x).exp());
            (leaves >= 2.0 && branches >= 2.0).then_some(Law::Tree {
                branches: branches as usize,
                leaves: leaves as usize,
                outer,
                inner,
            })
        },
    },
];

/// −ln(γ²|M′|) at given h; remembers the best.
struct Climb<'a> {
    family: &'a Family,
    h: f64,
    best: RefCell<(f64, Option<Law>)>,
}

impl CostFunction for &Climb<'_> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = std::convert::Infallible;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, std::convert::Infallible> {
        let law = (self.family.law)(self.h, x).filter(|law| law.atoms() <= MOST_ATOMS);
        let Some(law) = law else { return Ok(f64::INFINITY) };
        let samples = if matches!(law, Law::Tree { .. }) && self.h > 9.0 { CLIMBING / 4 } else { CLIMBING };
        let value = -slope(&law, samples, false, "climb").0.ln();
        if value < self.best.borrow().0 {
            self.best.replace((value, Some(law)));
        }
        Ok(if value.is_finite() { value } else { f64::INFINITY })
    }
}

fn best_of(family: &Family, h: f64) -> Option<Law> {
    let climb = Climb { family, h, best: RefCell::new((f64::INFINITY, None)) };
    for start in (family.starts)(h) {
        // The problem remembers the best point itself.
        let _ = Executor::from_start(&climb, NelderMead::new(), start).max_iter(ITERATIONS).run();
    }
    climb.best.into_inner().1
}

fn described(law: &Law) -> String {
    match law {
        Law::Codes(codes) => {
            let one = |c: &Code| {
                format!("{:.3} on {:.0} at γ\\|x\\|² = {:.3}", c.mass, c.count, c.radius * c.radius)
            };
            codes.iter().map(one).collect::<Vec<_>>().join("; ")
        }
        Law::Tree { branches, leaves, outer, inner } => {
            format!("{branches} × {leaves} at γ\\|x\\|² = {:.3} and {:.3}", outer * outer, inner * inner)
        }
    }
}

/// Slope of y on x by least squares with weights 1/e².
fn fitted(points: &[[f64; 3]]) -> (f64, f64) {
    let sum = |f: &dyn Fn(&[f64; 3]) -> f64| points.iter().map(|p| f(p) / (p[2] * p[2])).sum::<f64>();
    let (w, x, y) = (sum(&|_| 1.0), sum(&|p| p[0]), sum(&|p| p[1]));
    let spread = sum(&|p| p[0] * p[0]) - x * x / w;
    ((sum(&|p| p[0] * p[1]) - x * y / w) / spread, spread.sqrt().recip())
}

fn main() {
    println!(
        "| h | family | γ²\\|M′\\| | of h^1.5 | of h² | law (mass on atoms) |\n| --- | --- | --- | --- | --- | --- |"
    );
    let mut curves: Vec<Vec<[f64; 3]>> = vec![Vec::new(); FAMILIES.len() + 1];
    for target in ENTROPIES {
        let mut top = [0.0; 3];
        for (k, family) in FAMILIES.iter().enumerate() {
            let Some(law) = best_of(family, target) else { continue };
            let law = law.whole();
            let samples = ((MEASURING / law.atoms()) as u64).min(MOST_SAMPLES);
            let (value, std_err) = slope(&law, samples, true, "measure");
            let h = law.renyi_half();
            println!(
                "| {h:.3} | {} | {value:.3} ± {std_err:.3} | {:.3} | {:.4} | {} |",
                family.name,
                value / h.powf(1.5),
                value / (h * h),
                described(&law)
            );
            let point = [h.ln(), value.ln(), std_err / value];
            curves[k].push(point);
            if top[1] == 0.0 || point[1] > top[1] {
                top = point;
            }
        }
        curves[FAMILIES.len()].push(top);
    }
    println!(
        "\n| family | exponent over all h | over the last three | between the last two |\n| --- | --- | --- | --- |"
    );
    let names = FAMILIES.iter().map(|family| family.name).chain(["best of all"]);
    for (name, curve) in names.zip(&curves) {
        let tail = |n: usize| fitted(&curve[curve.len().saturating_sub(n)..]);
        let [all, three, two] =
            [tail(curve.len()), tail(3), tail(2)].map(|(slope, error)| format!("{slope:.3} ± {error:.3}"));
        println!("| {name} | {all} | {three} | {two} |");
    }
}
