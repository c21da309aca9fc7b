use super::*;

/// A few roundings.
const ROUNDING: f64 = 1e-14;

fn made(source: &str, spec: &str) -> (Arc<Estimand>, Arc<dyn Denoiser>) {
    let estimand = Estimand::new(&Arc::new(Source::parse(source).unwrap()));
    let denoiser = build(spec, &estimand).unwrap();
    (estimand, denoiser)
}

#[test]
fn shapes_are_the_stated_ones() {
    for (shape, at_a_quarter) in [("uniform", 1.0), ("low", 0.8), ("high", 0.2), ("bump", 0.8)] {
        let (_, denoiser) = made("gaussian:dim=1,variance=2", &format!("perturbed:error=0.5,shape={shape}"));
        let found = denoiser.offset(0.125).unwrap();
        assert!((found - 0.5 * at_a_quarter * 2.0_f64.sqrt()).abs() < ROUNDING, "{shape}: {found}");
        assert!(
            (denoiser.excess(0.125).unwrap() - (0.5 * at_a_quarter).powi(2)).abs() < ROUNDING,
            "{shape}"
        );
    }
    assert!(made("bpsk", "exact").1.offset(3.0).unwrap().abs() < ROUNDING);
}

#[test]
fn what_is_no_denoiser_is_refused() {
    for bad in [
        "perturbed",
        "perturbed:error=-1",
        "exact:error=1",
        "perturbed:error=0.1,shape=flat",
        "exactly",
        "linear:c=1",
        "mismatched",
        "mismatched:source=(nothing)",
        "mismatched:source=laplace",
        "gaussian:dim=1",
    ] {
        assert!(find(bad).is_err(), "{bad}");
    }
    let estimand = Estimand::new(&Arc::new(Source::parse("bpsk").unwrap()));
    let message = build("mismatched:source=(hypercube:dim=3)", &estimand).unwrap_err().to_string();
    assert!(message.contains("R^3") && message.contains("`bpsk` is one on R^1"), "{message}");
}

/// L of each affine kind by hand, on laws with E|X − EX|² = 1.25 on a line; what is left over the
/// mmse is the gap, by an integral that knows of neither.
#[test]
fn losses_have_their_closed_forms_and_gaps_are_what_is_left() {
    for source in ["pam:levels=4", "mixture:means=-1|1,variances=0.25|0.25", "gaussian:dim=1,variance=1.25"]
    {
        for snr in [0.01, 0.7, 30.0] {
            let assumed = |variance: f64| (1.0 + snr * variance).recip();
            for (spec, expected) in [
                ("linear", 1.25 * assumed(1.25)),
                ("identity", 1.0 / snr),
                ("mean", 1.25),
                ("mismatched:source=(gaussian:dim=1,variance=3)", assumed(3.0).powi(2) * (1.25 + 9.0 * snr)),
            ] {
                let (estimand, denoiser) = made(source, spec);
                let loss = denoiser.affine(snr).unwrap().loss(estimand.source(), snr);
                assert!((loss.value / expected - 1.0).abs() < ROUNDING, "{spec}: {loss:?} for {expected}");
                let mmse = crate::channel::exact::at(estimand.source(), snr).unwrap().unwrap().mmse;
                let gap = gap_on_a_line(&estimand, denoiser.as_ref(), snr).unwrap().unwrap();
                let left = loss.value - mmse.value;
                let allowed = gap.bound + loss.bound + mmse.bound + ROUNDING * loss.value;
                assert!(
                    (gap.value - left).abs() < allowed,
                    "{spec} on {source} at {snr}: {gap:?} for {left}"
                );
                assert!(
                    gap.bound < 1e-8 * gap.value + 1e-14 * loss.value,
                    "{spec} on {source} at {snr}: {gap:?}"
                );
            }
        }
    }
}

/// m_P = vU/(1+γv) and m_Q = (ν + wU)/(1+γw) of N(0, v) and N(ν, w): E|m_Q − m_P|² and the
/// divergence by hand.
#[test]
fn two_gaussians_are_apart_by_their_closed_forms() {
    let (v, w, nu) = (0.8_f64, 2.0_f64, 0.6_f64);
    let spec = format!("mismatched:source=(mixture:means={nu},variances={w},weights=1)");
    let (estimand, denoiser) = made(&format!("gaussian:dim=1,variance={v}"), &spec);
    for snr in [1e-3_f64, 0.5, 20.0] {
        let (p, q) = (1.0 + snr * v, 1.0 + snr * w);
        let expected = (w / q - v / p).powi(2) * snr * p + (nu / q).powi(2);
        let gap = gap_on_a_line(&estimand, denoiser.as_ref(), snr).unwrap().unwrap();
        assert!((gap.value - expected).abs() < gap.bound + ROUNDING * expected, "{gap:?} for {expected}");
        let expected = 0.5 * (p / q - 1.0 - (p / q).ln() + snr * nu * nu / q);
        let kl = divergence_on_a_line(estimand.source(), denoiser.assumed().unwrap(), snr).unwrap().unwrap();
        assert!((kl.value - expected).abs() < kl.bound + ROUNDING, "{kl:?} for {expected} at {snr}");
        assert!(kl.bound < 1e-8 * expected + 1e-12, "{kl:?}");
    }
}

#[test]
fn a_law_is_not_mistaken_for_itself() {
    for source in
        ["pam:levels=4", "mixture:ring=5,radius=2,variance=0.1", "product:base=(bernoulli:p=0.2),dim=3"]
    {
        let (estimand, mismatched) = made(source, &format!("mismatched:source=({source})"));
        let exact = build("exact", &estimand).unwrap();
        let dim = estimand.source().dim();
        let states: Vec<f64> = (0..dim * BATCH).map(|i| (i as f64 * 0.7).sin() * 3.0).collect();
        let [mut a, mut b] = [(); 2].map(|()| vec![0.0; states.len()]);
        mismatched.estimate(&states, 0.7, &mut a).unwrap();
        exact.estimate(&states, 0.7, &mut b).unwrap();
        assert_eq!(a, b, "{source}");
    }
}

#[test]
fn estimates_that_are_not_finite_name_snr_and_sample() {
    let source = Source::parse("hypercube:dim=2").unwrap();
    let bad = Function::new("bad", 2, |rows: &[f64], _| {
        Ok(rows.iter().enumerate().map(|(at, _)| if at / 2 == 7 { f64::NAN } else { 0.0 }).collect())
    });
    let (stream, mut out) = (Stream::named(3, "test"), vec![0.0; 2 * BATCH]);
    let found = estimate(&bad, &source, (&[0.0; 2 * BATCH], 0.5), (&stream, 128), &mut out);
    let message = found.unwrap_err().to_string();
    for part in ["denoiser `bad`", "snr 5e-1", "seed 3", "sample 135"] {
        assert!(message.contains(part), "{message}");
    }
    let long = Function::new("long", 2, |rows: &[f64], _| Ok([rows, rows].concat()));
    assert!(
        long.estimate(&[0.0; 2 * BATCH], 0.5, &mut out)
            .unwrap_err()
            .to_string()
            .contains("gave 256 numbers")
    );
}
