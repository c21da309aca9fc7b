use super::*;

/// A few dozen roundings, relative to the spread of the law.
const ROUNDING: f64 = 1e-13;

/// E[X | U = u] of components by the definition, one state at a time.
fn by_definition(components: &[(f64, f64, Vec<f64>)], u: &[f64], snr: f64) -> Vec<f64> {
    let ln_weight = |(w, v, mean): &(f64, f64, Vec<f64>)| {
        let spread = snr * (1.0 + snr * v);
        let square: f64 = u.iter().zip(mean).map(|(u, m)| (u - snr * m).powi(2)).sum();
        w.ln() - 0.5 * (square / spread + u.len() as f64 * spread.ln())
    };
    let most = components.iter().map(ln_weight).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = components.iter().map(|c| (ln_weight(c) - most).exp()).collect();
    let total: f64 = weights.iter().sum();
    (0..u.len())
        .map(|k| {
            let posterior = |(_, v, mean): &(f64, f64, Vec<f64>)| (mean[k] + v * u[k]) / (1.0 + snr * v);
            components.iter().zip(&weights).map(|(c, w)| w * posterior(c)).sum::<f64>() / total
        })
        .collect()
}

fn components_of(source: &Source) -> Vec<(f64, f64, Vec<f64>)> {
    match source.law() {
        Law::Atoms(atoms) => {
            (0..atoms.len()).map(|i| (atoms.weights[i], 0.0, atoms.point(i).to_vec())).collect()
        }
        Law::Mixture(law) => (0..law.weights.len())
            .map(|j| (law.weights[j], law.variances[j], law.means[j * law.dim..][..law.dim].to_vec()))
            .collect(),
        Law::Simplex(law) => {
            let unit = |i| (0..law.weights.len()).map(|k| f64::from(u8::from(i == k))).collect();
            law.weights.iter().enumerate().map(|(i, &w)| (w, 0.0, unit(i))).collect()
        }
        law => panic!("{law:?}"),
    }
}

#[test]
fn the_mean_is_that_of_the_definition() {
    for spec in [
        "bpsk",
        "codebook:atoms=9,dim=3",
        "zipf:exponent=1.5,atoms=7,embedding=simplex",
        "gaussian:dim=5,variance=1.7",
        "mixture:means=-2|0.3|2,variances=0.1|0.5|0.02,weights=1|2|1",
        "mixture:ring=5,radius=2,variance=0.1",
    ] {
        let source = Source::parse(spec).unwrap();
        let mean = PosteriorMean::new(&source).unwrap();
        let components = components_of(&source);
        for snr in [1e-3, 0.7, 30.0] {
            let (states, found) = evaluated(&mean, snr);
            for s in 0..BATCH {
                let u: Vec<f64> = (0..mean.dim()).map(|k| states[k * BATCH + s]).collect();
                for (k, expected) in by_definition(&components, &u, snr).into_iter().enumerate() {
                    let found = found[k * BATCH + s];
                    assert!(
                        (found - expected).abs() < ROUNDING * (1.0 + u[k].abs()),
                        "{spec} at {snr}: {found} for {expected}"
                    );
                }
            }
        }
    }
}

fn evaluated(mean: &PosteriorMean, snr: f64) -> (Vec<f64>, Vec<f64>) {
    let mut states = vec![0.0; mean.dim() * BATCH];
    crate::numeric::normal::fill(&crate::numeric::stream::Stream::named(0, "means"), 0, &mut states);
    states.iter_mut().for_each(|u| *u = snr.sqrt() * (2.0 * *u + 0.3));
    let mut out = vec![0.0; states.len()];
    mean.evaluate(&states, snr, &mut out);
    (states, out)
}

#[test]
fn copies_are_independent() {
    let (base, product) = ("pam:levels=3", "product:base=(pam:levels=3),dim=4");
    let [one, four] = [base, product].map(|spec| PosteriorMean::new(&Source::parse(spec).unwrap()).unwrap());
    let (states, found) = evaluated(&four, 0.8);
    let mut alone = vec![0.0; BATCH];
    for (states, found) in states.chunks(BATCH).zip(found.chunks(BATCH)) {
        one.evaluate(states, 0.8, &mut alone);
        assert_eq!(alone, found);
    }
}

#[test]
fn what_has_no_closed_posterior_is_refused() {
    for spec in ["laplace", "zipf:exponent=2,atoms=inf", "scale-mixture:dof=3,dim=2"] {
        assert!(PosteriorMean::new(&Source::parse(spec).unwrap()).is_err(), "{spec}");
    }
}
