//! Random laws, each by every route that takes it.

use std::sync::Arc;

use klaim::internals::numeric::estimate::Estimate;
use klaim::internals::numeric::normal;
use klaim::internals::numeric::stream::Stream;
use klaim::internals::run::options::MethodChoice;
use klaim::internals::source::{Atoms, Law, Mixture, Source};
use klaim::internals::spec::Spec;

/// One way to the numbers of a law.
pub struct Route {
    pub name: String,
    pub source: Arc<Source>,
    pub method: MethodChoice,
    /// The law is that of so many independent copies.
    pub copies: f64,
}

/// A law with its routes, at one SNR and between two.
pub struct Trial {
    pub law: String,
    pub snr: f64,
    pub snr_min: f64,
    pub routes: Vec<Route>,
}

/// Random numbers of one trial.
struct Dice {
    stream: Stream,
    next: u64,
}

impl Dice {
    /// Uniform on (0, 1).
    fn unit(&mut self) -> f64 {
        self.next += 1;
        self.stream.uniforms(self.next, 0)[0]
    }

    /// 10 to a power that is uniform between two.
    fn decades(&mut self, from: f64, to: f64) -> f64 {
        10_f64.powf(from + (to - from) * self.unit())
    }

    fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    fn normals(&mut self, n: usize) -> Vec<f64> {
        self.next += 1;
        let mut out = vec![0.0; n];
        normal::fill(&self.stream, self.next, &mut out);
        out
    }

    /// Equal weights, or weights over twelve decades.
    fn weights(&mut self, n: usize) -> Vec<f64> {
        let lowest = [0.0, -2.0, -12.0][self.below(3)];
        (0..n).map(|_| self.decades(lowest, 0.0)).collect()
    }

    /// Atoms of a scale in R^d, some of them in clusters of a thousandth of it, or with one far
    /// outside.
    fn points(&mut self, n: usize, dim: usize, scale: f64) -> Vec<f64> {
        let clusters = self.below(3) == 0;
        let outlier = self.below(4) == 0;
        let far = self.decades(1.0, 4.0);
        let mut points = self.normals(n * dim);
        if clusters {
            let centres = points.clone();
            for (k, x) in points.iter_mut().enumerate() {
                *x = centres[(k / dim % 2) * dim + k % dim] + 1e-3 * *x;
            }
        }
        if outlier {
            points[(n - 1) * dim..].iter_mut().for_each(|x| *x *= far);
        }
        points.iter().map(|x| scale * x).collect()
    }
}

fn listed(numbers: &[f64]) -> String {
    numbers.iter().map(|x| format!("{x:.2e}")).collect::<Vec<_>>().join(" ")
}

/// Trial number `seed`.
pub fn trial(seed: u64) -> Trial {
    let mut dice = Dice { stream: Stream::named(seed, "routes that must agree"), next: 0 };
    let scale = dice.decades(-3.0, 6.0);
    let snr = if dice.below(3) == 0 {
        dice.decades(-8.0, 8.0)
    } else {
        (dice.decades(-6.0, 3.0) / (scale * scale)).clamp(1e-8, 1e8)
    };
    let snr_min = snr / dice.decades(0.01, 2.0);
    let (law, routes) = match seed % 4 {
        0 => line(&mut dice, seed, scale),
        1 => space(&mut dice, seed, scale),
        2 => mixture(&mut dice, seed, scale),
        _ => named(&mut dice),
    };
    Trial { law: format!("{law} of scale {scale:.3e}"), snr, snr_min, routes }
}

fn spec(seed: u64, form: &str) -> Spec {
    Spec::parse(&format!("{form}:law={seed}")).expect("a spec")
}

fn of_atoms(seed: u64, name: &str, dim: usize, points: Vec<f64>, weights: &[f64]) -> Route {
    let atoms = Atoms::new(dim, points, weights.to_vec()).expect("finite atoms");
    let source = Arc::new(Source::discrete(&spec(seed, name), atoms).expect("a source"));
    Route { name: name.into(), source, method: MethodChoice::MonteCarlo, copies: 1.0 }
}

fn by_quadrature(route: &Route) -> Route {
    let name = format!("quadrature-{}", route.name);
    Route { name, source: Arc::clone(&route.source), method: MethodChoice::Quadrature, copies: route.copies }
}

fn line(dice: &mut Dice, seed: u64, scale: f64) -> (String, Vec<Route>) {
    let (n, dim) = (2 + dice.below(8), 2 + dice.below(15));
    let (points, weights) = (dice.points(n, 1, scale), dice.weights(n));
    let direction = dice.normals(dim);
    let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
    let embedded = points.iter().flat_map(|x| direction.iter().map(move |e| x * e / length)).collect();
    let plain = of_atoms(seed, "line", 1, points.clone(), &weights);
    let back: Vec<f64> = weights.iter().rev().copied().collect();
    let mut routes = vec![
        by_quadrature(&plain),
        plain,
        of_atoms(seed, "embedded", dim, embedded, &weights),
        of_atoms(seed, "permuted", 1, points.iter().rev().copied().collect(), &back),
    ];
    if n <= 5 {
        let pairs: Vec<(usize, usize)> = (0..n * n).map(|k| (k / n, k % n)).collect();
        let square = pairs.iter().flat_map(|&(i, j)| [points[i], points[j]]).collect();
        let both: Vec<f64> = pairs.iter().map(|&(i, j)| weights[i] * weights[j]).collect();
        routes.push(Route { copies: 2.0, ..of_atoms(seed, "square", 2, square, &both) });
    }
    (format!("{n} atoms on a line, weights {}, points {}", listed(&weights), listed(&points)), routes)
}

fn space(dice: &mut Dice, seed: u64, scale: f64) -> (String, Vec<Route>) {
    let (n, dim) = (3 + dice.below(30), 2 + dice.below(15));
    let (points, weights) = (dice.points(n, dim, scale), dice.weights(n));
    let mirror = dice.normals(dim);
    let square: f64 = mirror.iter().map(|x| x * x).sum();
    let reflect = |row: &[f64]| -> Vec<f64> {
        let along = 2.0 * row.iter().zip(&mirror).map(|(x, m)| x * m).sum::<f64>() / square;
        row.iter().zip(&mirror).map(|(x, m)| x - along * m).collect()
    };
    let reflected = points.chunks(dim).flat_map(reflect).collect();
    let higher = points.chunks(dim).flat_map(|row| row.iter().copied().chain([0.0; 3])).collect();
    let backwards = points.chunks(dim).rev().flatten().copied().collect();
    let back: Vec<f64> = weights.iter().rev().copied().collect();
    let routes = vec![
        of_atoms(seed, "space", dim, points, &weights),
        of_atoms(seed, "reflected", dim, reflected, &weights),
        of_atoms(seed, "higher", dim + 3, higher, &weights),
        of_atoms(seed, "backwards", dim, backwards, &back),
    ];
    (format!("{n} atoms in R^{dim}, weights {}", listed(&weights)), routes)
}

fn mixture(dice: &mut Dice, seed: u64, scale: f64) -> (String, Vec<Route>) {
    let (n, dim) = (2 + dice.below(4), 1 + dice.below(4));
    let means: Vec<f64> = if dim == 1 { dice.points(n, 1, scale) } else { dice.normals(dim).repeat(n) };
    let variances: Vec<f64> = (0..n).map(|_| (scale * dice.decades(-2.0, 0.5)).powi(2)).collect();
    let (mut weights, mut second) = (dice.weights(n), 0.0);
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    for k in 0..dim {
        let of = |f: &dyn Fn(f64) -> f64| (0..n).map(|j| weights[j] * f(means[j * dim + k])).sum::<f64>();
        let mean = of(&|x| x);
        second += of(&|x| (x - mean).powi(2)) + (0..n).map(|j| weights[j] * variances[j]).sum::<f64>();
    }
    let law =
        format!("mixture of {n} in R^{dim}, weights {}, variances {}", listed(&weights), listed(&variances));
    let mixture = Mixture { dim, means, variances, weights, approximation: 0.0 };
    let source = Source::new(&spec(seed, "mixture"), Law::Mixture(mixture), None, Estimate::exact(second));
    let sampled = Route {
        name: "mixture".into(),
        source: Arc::new(source),
        method: MethodChoice::MonteCarlo,
        copies: 1.0,
    };
    (law, vec![by_quadrature(&sampled), sampled])
}

/// Laws that have names: orthonormal atoms by their structure and by their coordinates, products
/// and needles.
fn named(dice: &mut Dice) -> (String, Vec<Route>) {
    let p = dice.decades(-12.0, -0.31);
    let (n, copies) = (2 + dice.below(20), 1 + dice.below(5));
    let text = match dice.below(5) {
        0 => format!("product:dim={copies},base=(bernoulli:p={p:e})"),
        1 => format!("product:dim={copies},base=(pam:levels={n})"),
        2 => format!("zipf:exponent=2,atoms={n},embedding=simplex"),
        3 => format!("needle:p={p:e},atoms={n}"),
        _ => format!("zipf:exponent={},atoms={n}", 1.0 + 3.0 * dice.unit()),
    };
    let source = Arc::new(Source::parse(&text).expect("a source"));
    let sampled = Route { name: "sampled".into(), source, method: MethodChoice::MonteCarlo, copies: 1.0 };
    let mut routes = vec![];
    if klaim::internals::channel::exact::supports(sampled.source.law()) {
        routes.push(by_quadrature(&sampled));
    }
    if let Law::Simplex(simplex) = sampled.source.law() {
        let n = simplex.weights.len();
        let points = (0..n * n).map(|k| f64::from(u8::from(k % (n + 1) == 0))).collect();
        routes.push(of_atoms(n as u64, "coordinates", n, points, &simplex.weights));
    }
    routes.push(sampled);
    (text, routes)
}
