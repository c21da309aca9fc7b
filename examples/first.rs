//! The first program: a curve of a law, and a claim put to the test.

use klaim::{Claim, Source, Verifier, curve};

fn main() -> klaim::Result<()> {
    let source = Source::parse("zipf:exponent=2,atoms=100")?;
    for mmse in curve("mmse", source, &[0.1, 1.0, 10.0])? {
        println!("{} ± {} (bound {})", mmse.value, mmse.std_err, mmse.bound);
    }
    let claim = Claim::parse(
        r#"
        lhs      = "snr^2 * mmse_slope"
        relation = "<="
        rhs      = "4 * shannon^2"
        over     = { source = ["bpsk", "simplex:atoms=16"], snr = [0.1, 1, 10] }
        "#,
    )?;
    let report = Verifier::default().run(&[claim])?;
    println!("{report}");
    Ok(())
}
