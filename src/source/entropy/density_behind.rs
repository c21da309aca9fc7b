//! The differential entropy of the density behind a sample of points, with an interval, or the
//! answer that it cannot be told.

use nalgebra::{Cholesky, DMatrix};

use crate::error::{Error, Result};
use crate::numeric::estimate::{Estimate, Method};
use crate::source::entropy::nearest_neighbour::NearestNeighbours;

/// NearestNeighbours whose distances are taken, and those whose distances show the bias.
const NEAR: usize = 4;
const FAR: usize = 16;
/// The standard error that treats summands as independent is too small by at most this.
const SHARED: f64 = 1.1;
/// The bias is at most three times what two numbers of neighbours show of it (twice was missed by
/// 10 % on a square).
const MARGIN: f64 = 3.0;
/// Dimensions up to which distances show the bias.
const MOST_DIMENSIONS: usize = 3;

/// Differential Rényi entropy of order a = `order` in (0, 3) (1: Shannon) of the density that the
/// rows of `points` (n × `dim`, n > 16) were drawn from, nats; the nearest-neighbour estimates of
/// [`NearestNeighbours`] with k = 4 after a linear map that makes the sample covariance the
/// identity.
///
/// value ± (1.96 std_err + bound) is meant to cover at 95 % for smooth densities. `bound`: the bias
/// falls like (k/n)^{1/d} or faster (at an edge; like (k/n)^{2/d} inside), so that 16 neighbours
/// for 4 multiply it by 4^{1/d}. Beyond three dimensions and for a < 1 (tails decide) it is ∞: not
/// to be believed.
///
/// # Errors
/// [`Error::Invalid`] for too few points, an order outside (0, 3), coinciding points and points in
/// a subspace.
pub fn estimate(points: &[f64], dim: usize, order: f64) -> Result<Estimate> {
    let n = points.len() / dim.max(1);
    if dim == 0 || n <= FAR {
        return Err(Error::invalid("nearest-neighbour", format!("needs more than {FAR} rows, not {n}")));
    }
    let (white, ln_volume) = whitened(points, dim)?;
    let [near, far] =
        [NEAR, FAR].map(|k| NearestNeighbours::new(&white, dim, k).and_then(|found| found.renyi(order)));
    let (near, far) = (near?, far?);
    let shown = (far.value - near.value).abs() / (4_f64.powf(1.0 / dim as f64) - 1.0);
    let bounded = dim <= MOST_DIMENSIONS && order >= 1.0;
    Ok(Estimate {
        value: near.value + ln_volume,
        std_err: SHARED * near.std_err,
        bound: if bounded { MARGIN * shown } else { f64::INFINITY },
        method: Method::NearestNeighbour,
        ..near
    })
}

/// The points in coordinates whose sample covariance is the identity, and ln |det| of the map back.
fn whitened(points: &[f64], dim: usize) -> Result<(Vec<f64>, f64)> {
    let n = points.len() / dim;
    let rows = DMatrix::from_row_slice(n, dim, points);
    let mean = rows.row_mean();
    let centred = DMatrix::from_fn(n, dim, |i, j| rows[(i, j)] - mean[j]);
    // One scale a coordinate first, so that no square overflows or is lost.
    let scales: Vec<f64> = centred.column_iter().map(|column| column.amax()).collect();
    let flat = || {
        Error::invalid(
            "nearest-neighbour",
            "the rows lie in a subspace, to rounding: their law has no density",
        )
    };
    if scales.iter().any(|&scale| !(scale > 0.0 && scale.is_finite())) {
        return Err(flat());
    }
    let scaled = DMatrix::from_fn(n, dim, |i, j| centred[(i, j)] / scales[j]);
    let covariance = scaled.transpose() * &scaled / n as f64;
    let lower = Cholesky::new(covariance).ok_or_else(flat)?.l();
    let white = lower.solve_lower_triangular(&scaled.transpose()).ok_or_else(flat)?;
    let ln_volume = (0..dim).map(|j| lower[(j, j)].ln() + scales[j].ln()).sum();
    Ok((white.as_slice().to_vec(), ln_volume))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::normal;
    use crate::numeric::stream::Stream;

    /// N(0, A Aᵀ) in d dimensions with A = diag(1, s, s²) and a shear.
    fn points(seed: u64, n: u64, dim: usize, scale: f64) -> Vec<f64> {
        let stream = Stream::named(seed, "density behind");
        let mut points = vec![0.0; n as usize * dim];
        for (i, row) in points.chunks_mut(dim).enumerate() {
            normal::fill(&stream, i as u64, row);
            let mut size = 1.0;
            for j in 0..dim {
                row[j] *= size;
                if j > 0 {
                    row[j] += row[j - 1];
                }
                size *= scale;
            }
        }
        points
    }

    fn gaussian(order: f64, dim: usize, scale: f64) -> f64 {
        let fraction = if order - 1.0 == 0.0 { 1.0 } else { order.ln() / (order - 1.0) };
        let d = dim as f64;
        0.5 * d * (std::f64::consts::TAU.ln() + fraction) + 0.5 * d * (d - 1.0) * scale.ln()
    }

    /// Of 60 intervals at most 9 miss: P = 4e-3 more at 5 % each (binomial), of 12 cases; the seeds
    /// are fixed.
    #[test]
    fn intervals_cover_gaussians_of_any_shape() {
        for dim in [1, 2, 3] {
            for scale in [1.0, 1e-2] {
                for order in [1.0, 2.0] {
                    let truth = gaussian(order, dim, scale);
                    let missed = (0..60)
                        .filter(|&seed| {
                            let found =
                                estimate(&points(seed, 500, dim, scale), dim, order).expect("a density");
                            (found.value - truth).abs() > 1.96 * found.std_err + found.bound
                        })
                        .count();
                    assert!(missed <= 9, "d {dim}, scale {scale}, order {order}: {missed} of 60");
                }
            }
        }
    }

    #[test]
    fn what_distances_do_not_bound_is_not_believed() {
        assert!(estimate(&points(0, 200, 2, 1.0), 2, 1.0).expect("a density").believed());
        assert!(!estimate(&points(0, 200, 2, 1.0), 2, 0.5).expect("a density").believed());
        assert!(!estimate(&points(0, 200, 4, 1.0), 4, 1.0).expect("a density").believed());
    }

    #[test]
    fn what_has_no_density_is_refused() {
        let line: Vec<f64> = points(0, 100, 1, 1.0).into_iter().flat_map(|x| [x, 2.0 * x]).collect();
        for (rows, dim, word) in
            [(line, 2, "subspace"), (vec![1.0; 40], 1, "subspace"), (vec![1.0, 2.0], 1, "rows")]
        {
            let message = estimate(&rows, dim, 1.0).expect_err(word).to_string();
            assert!(message.contains(word), "{message}");
        }
    }
}
