//! `digits`: handwritten digits as atoms in R^64, all of them or a part.

use crate::error::Result;
use crate::source::{Atoms, Source, SourceKind, file};
use crate::spec::{Arguments, Parameter};

/// The test part of "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak, "Optical
/// Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998, CC BY 4.0),
/// equiprobable; the labels are left out.
pub const DIGITS: SourceKind = SourceKind {
    name: "digits",
    summary: "handwritten digits in R^64 (8 × 8 pixels, levels 0 … 16), equiprobable: 1,797 or a part",
    parameters: &[Parameter {
        name: "part",
        default: Some("all"),
        summary: "all; held-out: rows 0, 5, 10, … (360); training: the others (1,437); hundred: rows 0, \
                  18, 36, … (100)",
    }],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let part = arguments.choice("part", &["all", "training", "held-out", "hundred"])?;
    let csv = include_str!("../../data/digits.csv");
    let all = file::from_text(arguments.spec(), csv, &["label"], "data/digits.csv")?;
    let inside: fn(usize) -> bool = match part {
        "training" => |row| row % 5 > 0,
        "held-out" => |row| row % 5 == 0,
        "hundred" => |row| row % 18 == 0,
        _ => return Ok(all),
    };
    let rows = all.law().atoms().expect("the rows of a table are atoms");
    let points: Vec<f64> = rows
        .points
        .chunks(rows.dim)
        .enumerate()
        .filter(|(row, _)| inside(*row))
        .flat_map(|(_, row)| row.to_vec())
        .collect();
    let count = points.len() / rows.dim;
    Source::discrete(arguments.spec(), Atoms::new(rows.dim, points, vec![1.0; count])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Training and held-out rows are all rows; what each holds, by the file.
    #[test]
    fn parts_are_the_stated_rows() {
        let rows: Vec<Vec<f64>> = include_str!("../../data/digits.csv")
            .lines()
            .skip(1)
            .map(|line| line.split(',').take(64).map(|x| x.parse().unwrap()).collect())
            .collect();
        let atoms = |part: &str| {
            let source = Source::parse(&format!("digits:part={part}")).unwrap();
            source.law().atoms().unwrap().points.clone()
        };
        for (part, count, first, second) in
            [("all", 1797, 0, 1), ("training", 1437, 1, 2), ("held-out", 360, 0, 5), ("hundred", 100, 0, 18)]
        {
            let points = atoms(part);
            assert_eq!(points.len(), 64 * count, "{part}");
            assert_eq!((&points[..64], &points[64..128]), (&rows[first][..], &rows[second][..]), "{part}");
        }
        assert_eq!(Source::parse("digits:part=all").unwrap().spec(), "digits");
        assert!(Source::parse("digits:part=some").is_err());
    }
}
