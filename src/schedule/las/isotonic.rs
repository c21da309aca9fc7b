//! The non-increasing sequence nearest to a measured one, by pooling adjacent violators.

/// The non-increasing z that minimises Σ w_i (z_i − y_i)², for weights w_i > 0, in O(N).
///
/// Pool-adjacent-violators (Ayer, Brunk, Ewing, Reid, Silverman, Ann. Math. Stat. 26, 1955): blocks
/// that rise are replaced by their weighted mean. Exact to rounding.
pub fn non_increasing(values: &[f64], weights: &[f64]) -> Vec<f64> {
    assert_eq!(values.len(), weights.len(), "one weight a value");
    struct Block {
        mean: f64,
        weight: f64,
        len: usize,
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (&mean, &weight) in values.iter().zip(weights) {
        let mut block = Block { mean, weight, len: 1 };
        while let Some(before) = blocks.pop_if(|before| before.mean < block.mean) {
            let weight = before.weight + block.weight;
            // Relative to one of the means: no overflow, and equal means stay equal.
            let mean = before.mean + (block.mean - before.mean) * (block.weight / weight);
            block = Block { mean, weight, len: before.len + block.len };
        }
        blocks.push(block);
    }
    blocks.iter().flat_map(|block| std::iter::repeat_n(block.mean, block.len)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    /// Weighted means of a few dozen numbers near 1.
    const ROUNDING: f64 = 1e-13;

    /// z_i = min over a ≤ i of max over b ≥ i of the weighted mean of a..=b (Robertson, Wright,
    /// Dykstra 1988, thm 1.4.4).
    fn min_max(values: &[f64], weights: &[f64]) -> Vec<f64> {
        let mean = |a: usize, b: usize| {
            let total: f64 = weights[a..=b].iter().sum();
            values[a..=b].iter().zip(&weights[a..=b]).map(|(y, w)| y * w).sum::<f64>() / total
        };
        (0..values.len())
            .map(|i| {
                let above =
                    |a: usize| (i..values.len()).map(|b| mean(a, b)).fold(f64::NEG_INFINITY, f64::max);
                (0..=i).map(above).fold(f64::INFINITY, f64::min)
            })
            .collect()
    }

    #[test]
    fn the_projection_is_the_min_max_formula() {
        let stream = Stream::named(5, "isotonic test");
        for case in 0..200 {
            let n = 1 + (case % 12) as usize;
            let draws: Vec<[f64; 2]> = (0..n).map(|i| stream.uniforms(case, i as u32)).collect();
            let values: Vec<f64> = draws.iter().map(|d| d[0]).collect();
            let weights: Vec<f64> = draws.iter().map(|d| 0.1 + d[1]).collect();
            let found = non_increasing(&values, &weights);
            assert!(found.is_sorted_by(|a, b| a >= b), "{found:?}");
            for (x, y) in found.iter().zip(min_max(&values, &weights)) {
                assert!((x - y).abs() < ROUNDING, "case {case}: {x} for {y}");
            }
        }
    }

    #[test]
    fn what_does_not_rise_is_kept() {
        let values = [3.0, 2.0, 2.0, -1.0];
        assert_eq!(non_increasing(&values, &[1.0, 5.0, 1.0, 2.0]), values);
        assert_eq!(non_increasing(&[1.0, 3.0], &[1.0, 1.0]), [2.0, 2.0]);
    }
}
