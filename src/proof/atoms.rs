//! Laws from a table of atoms.

use crate::numeric::interval::Interval;
use crate::proof::law::{IntervalLaw, LineLaw, MOST_ATOMS};
use crate::proof::law_text::{LawText, unsigned};

impl IntervalLaw {
    /// The law of a table: a row per atom with its coordinates and its weight, decimals. A law on a
    /// line, or two atoms in R^d.
    ///
    /// # Errors
    /// In words, where it is no such law.
    pub fn of_atoms(rows: &[Vec<String>]) -> Result<Self, String> {
        let (n, dim) = (rows.len(), rows.first().map_or(0, |row| row.len() - 1));
        let number = |text: &String| Interval::decimal(text).ok_or("an atom of the law is no decimal");
        let mut atoms = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            let (place, text) = match (dim, i) {
                (1, _) => (number(&row[0])?, unsigned(&row[0])),
                // Two atoms anywhere lie on a line.
                (_, 0) if n == 2 => (Interval::ZERO, "0".to_owned()),
                _ if n == 2 => {
                    let (mut square, mut terms) = (Interval::ZERO, Vec::new());
                    for (a, b) in rows[0].iter().zip(row).take(dim) {
                        square = square + (number(a)? - number(b)?).square();
                        terms.push(format!("({} - {})^2", unsigned(a), unsigned(b)));
                    }
                    (square.sqrt(), format!("sqrt({})", terms.join(" + ")))
                }
                _ => return Err(format!("{n} atoms in {dim} dimensions have no interval form")),
            };
            atoms.push((place, number(&row[dim])?, text, unsigned(&row[dim])));
        }
        atoms.sort_by(|a, b| a.0.lo().total_cmp(&b.0.lo()));
        let total = atoms.iter().fold(Interval::ZERO, |sum, atom| sum + atom.1);
        let (mut positions, mut weights, mut text) = (Vec::new(), Vec::new(), LawText::default());
        for (place, weight, at, share) in atoms {
            positions.push(place);
            weights.push(weight / total);
            text.atoms.push(at);
            text.weights.push(share);
        }
        let apart = positions.windows(2).all(|pair| pair[0].hi() < pair[1].lo());
        if !apart || weights.iter().any(|w| w.lo() <= 0.0) || positions.len() as f64 > MOST_ATOMS {
            return Err("the law's atoms are too near to each other, too light or too many".into());
        }
        let law = LineLaw::new(positions, weights, text).ok_or("a law has two atoms at least")?;
        Ok(Self::Line(LineLaw { dim: Interval::point(dim as f64), ..law }))
    }
}
