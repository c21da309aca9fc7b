//! `mixture`: finitely many isotropic Gaussians, on a ring, on a grid, at random, listed inline on
//! a line, or as a table.

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::numeric::sum::compensated;
use crate::source::codebook::gaussian_points;
use crate::source::{Law, Mixture, Source, SourceKind};
use crate::spec::{Argument, Arguments, Parameter};

/// Σ_j w_j N(μ_j, v_j I).
///
/// Five forms: `mixture:ring=8,radius=4,variance=0.1` (equal weights on a circle in the plane),
/// `mixture:grid=5,spacing=2,variance=0.1` (grid × grid points of the plane),
/// `mixture:code=25,dim=64,variance=0.1` (equal weights on points drawn once from N(0, I)),
/// `mixture:means=-2|0.3|2,variances=0.1,weights=1|2|1` (on the line; one variance serves all,
/// weights default to equal), or a TOML table `components = [[weight, variance, mean…], …]` in any
/// dimension.
pub const MIXTURE: SourceKind = SourceKind {
    name: "mixture",
    summary: "isotropic Gaussians: ring=, grid=, code=, means= on a line, or a table of components",
    parameters: &[
        Parameter { name: "ring", default: None, summary: "number of equal components on a circle" },
        Parameter { name: "radius", default: None, summary: "radius of the ring, > 0" },
        Parameter { name: "grid", default: None, summary: "side of a square grid of equal components" },
        Parameter { name: "spacing", default: None, summary: "distance of neighbours in the grid, > 0" },
        Parameter {
            name: "code",
            default: None,
            summary: "number of equal components at points of N(0, I)",
        },
        Parameter { name: "dim", default: None, summary: "dimension of the code" },
        Parameter { name: "seed", default: Some("0"), summary: "which random code" },
        Parameter {
            name: "variance",
            default: None,
            summary: "variance of a coordinate in ring, grid and code, > 0",
        },
        Parameter { name: "means", default: None, summary: "means on the line, separated by |" },
        Parameter {
            name: "variances",
            default: None,
            summary: "their variances, separated by |, or one for all",
        },
        Parameter {
            name: "weights",
            default: None,
            summary: "their weights, separated by |; equal if left out",
        },
        Parameter {
            name: "components",
            default: None,
            summary: "rows of weight, variance, mean coordinates",
        },
    ],
    build,
};

/// Components laid out, weights not yet normalised.
struct Layout {
    dim: usize,
    means: Vec<f64>,
    variances: Vec<f64>,
    weights: Vec<f64>,
}

fn build(arguments: &Arguments) -> Result<Source> {
    const FORMS: [&str; 5] = ["ring", "grid", "code", "means", "components"];
    let given: Vec<&str> = FORMS.into_iter().filter(|form| arguments.argument(form).is_some()).collect();
    let [form] = given[..] else {
        return Err(arguments.invalid("ring", format!("give exactly one of {}", FORMS.join(", "))));
    };
    let allowed: &[&str] = match form {
        "ring" => &["ring", "radius", "variance"],
        "grid" => &["grid", "spacing", "variance"],
        "code" => &["code", "dim", "seed", "variance"],
        "means" => &["means", "variances", "weights"],
        _ => &["components"],
    };
    if let Some((key, _)) =
        arguments.spec().parameters.iter().find(|(key, _)| !allowed.contains(&key.as_str()))
    {
        return Err(
            arguments.invalid(key, format!("does not go with `{form}`, which takes {}", allowed.join(", ")))
        );
    }
    let layout = match form {
        "ring" => ring(arguments)?,
        "grid" => grid(arguments)?,
        "code" => code(arguments)?,
        "means" => inline(arguments)?,
        _ => table(arguments)?,
    };
    source(arguments, layout)
}

fn ring(arguments: &Arguments) -> Result<Layout> {
    let (n, radius, variance) =
        (arguments.count("ring", 1)?, arguments.positive("radius")?, arguments.positive("variance")?);
    arguments.room("ring", 4.0 * n as f64)?;
    let angle = |j: usize| std::f64::consts::TAU * j as f64 / n as f64;
    let means = (0..n).flat_map(|j| [radius * angle(j).cos(), radius * angle(j).sin()]).collect();
    Ok(Layout { dim: 2, means, variances: vec![variance; n], weights: vec![1.0; n] })
}

fn grid(arguments: &Arguments) -> Result<Layout> {
    let (side, spacing, variance) =
        (arguments.count("grid", 1)?, arguments.positive("spacing")?, arguments.positive("variance")?);
    arguments.room("grid", 4.0 * (side as f64).powi(2))?;
    let coordinate = |k: usize| spacing * (k as f64 - 0.5 * (side as f64 - 1.0));
    let means = (0..side * side).flat_map(|j| [coordinate(j / side), coordinate(j % side)]).collect();
    Ok(Layout { dim: 2, means, variances: vec![variance; side * side], weights: vec![1.0; side * side] })
}

fn code(arguments: &Arguments) -> Result<Layout> {
    let (n, dim, seed) =
        (arguments.count("code", 1)?, arguments.count("dim", 1)?, arguments.count("seed", 0)?);
    arguments.room("code", n as f64 * dim as f64)?;
    let means = gaussian_points(n, dim, seed as u64);
    Ok(Layout { dim, means, variances: vec![arguments.positive("variance")?; n], weights: vec![1.0; n] })
}

fn inline(arguments: &Arguments) -> Result<Layout> {
    let list = |name: &'static str| -> Result<Vec<f64>> {
        let text = arguments.text(name)?;
        let number = |part: &str| part.trim().parse().ok().filter(|x: &f64| x.is_finite());
        let bad =
            || arguments.invalid(name, format!("`{text}` is not a list of finite numbers separated by `|`"));
        text.split('|').map(|part| number(part).ok_or_else(bad)).collect()
    };
    let means = list("means")?;
    let n = means.len();
    let mut variances = list("variances")?;
    if variances.len() == 1 {
        variances = vec![variances[0]; n];
    }
    let weights = if arguments.argument("weights").is_some() { list("weights")? } else { vec![1.0; n] };
    for (name, found) in [("variances", variances.len()), ("weights", weights.len())] {
        if found != n {
            return Err(arguments.invalid(name, format!("{found} numbers for {n} means")));
        }
    }
    Ok(Layout { dim: 1, means, variances, weights })
}

fn table(arguments: &Arguments) -> Result<Layout> {
    let expected = "expected rows of weight, variance, mean coordinates, all of one length of at least 3";
    let Some(Argument::Rows(rows)) = arguments.argument("components") else {
        return Err(arguments.invalid("components", expected));
    };
    let width = rows.first().map_or(0, Vec::len);
    if width < 3 || rows.iter().any(|row| row.len() != width || row.iter().any(|x| !x.is_finite())) {
        return Err(arguments.invalid("components", expected));
    }
    Ok(Layout {
        dim: width - 2,
        means: rows.iter().flat_map(|row| row[2..].iter().copied()).collect(),
        variances: rows.iter().map(|row| row[1]).collect(),
        weights: rows.iter().map(|row| row[0]).collect(),
    })
}

fn source(arguments: &Arguments, layout: Layout) -> Result<Source> {
    let Layout { dim, means, variances, weights } = layout;
    if let Some(v) = variances.iter().find(|&&v| v <= 0.0) {
        return Err(arguments
            .invalid("variances", format!("must be > 0, not {v}: atoms belong into a discrete source")));
    }
    if let Some(w) = weights.iter().find(|&&w| w <= 0.0) {
        return Err(arguments.invalid("weights", format!("must be > 0, not {w}")));
    }
    let total = compensated(weights.iter().copied());
    let mixture = Mixture {
        dim,
        means,
        variances,
        weights: weights.iter().map(|w| w / total).collect(),
        approximation: 0.0,
    };
    let second_moment = Estimate::exact(total_variance(&mixture));
    Ok(Source::new(arguments.spec(), Law::Mixture(mixture), None, second_moment))
}

/// E|X − EX|² = Σ w_j (d·v_j + |μ_j − EX|²).
fn total_variance(mixture: &Mixture) -> f64 {
    let rows = || mixture.means.chunks(mixture.dim).zip(&mixture.weights);
    let mean: Vec<f64> = (0..mixture.dim).map(|k| compensated(rows().map(|(row, w)| w * row[k]))).collect();
    let offset = |row: &[f64]| row.iter().zip(&mean).map(|(x, m)| (x - m) * (x - m)).sum::<f64>();
    compensated(
        rows().zip(&mixture.variances).map(|((row, w), v)| w * (mixture.dim as f64 * v + offset(row))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    #[test]
    fn every_form_builds_what_it_says() {
        for (spec, dim, components, variance) in [
            ("mixture:ring=8,radius=4,variance=0.5", 2, 8, 17.0),
            ("mixture:grid=3,spacing=2,variance=0.25", 2, 9, 0.5 + 2.0 * 8.0 / 3.0),
            ("mixture:means=-2|0|2,variances=1,weights=1|2|1", 1, 3, 3.0),
            ("mixture:means=-1|1,variances=0.5|1.5", 1, 2, 2.0),
        ] {
            let source = Source::parse(spec).expect(spec);
            let Law::Mixture(mixture) = source.law() else { panic!("{spec} is no mixture") };
            assert_eq!((mixture.dim, mixture.weights.len(), source.spec()), (dim, components, spec));
            assert!(
                (source.second_moment().value / variance - 1.0).abs() < 1e-14,
                "{spec}: {:?}",
                source.second_moment()
            );
            assert!(source.pmf().is_none(), "{spec} has atoms");
        }
        let source = Source::parse("mixture:code=7,dim=5,variance=0.1").expect("a code");
        let (Law::Mixture(mixture), points) = (source.law(), gaussian_points(7, 5, 0)) else {
            panic!("a mixture")
        };
        assert_eq!((mixture.dim, &mixture.means, mixture.variances.len()), (5, &points, 7));
        let rows = vec![vec![1.0, 0.5, 0.0, 0.0, 3.0], vec![3.0, 0.5, 0.0, 0.0, -1.0]];
        let spec =
            Spec { kind: "mixture".into(), parameters: vec![("components".into(), Argument::Rows(rows))] };
        let source = Source::build(&spec).expect("a table");
        assert_eq!(source.dim(), 3);
        assert!((source.second_moment().value - 4.5).abs() < 1e-14);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_remedy() {
        for (spec, word) in [
            ("mixture:variance=1", "exactly one"),
            ("mixture:ring=3,grid=2,variance=1", "exactly one"),
            ("mixture:ring=3,radius=1,variance=1,weights=1|2|3", "does not go with"),
            ("mixture:code=3,variance=1", "dim"),
            ("mixture:means=1|2,variances=0", "> 0"),
            ("mixture:means=1|2,variances=1|2|3", "3 numbers for 2"),
            ("mixture:means=1|x,variances=1", "not a list"),
            ("mixture:components=3", "rows of weight"),
        ] {
            let message = Source::parse(spec).expect_err(spec).to_string();
            assert!(message.contains(word), "{spec}: {message}");
        }
    }
}
