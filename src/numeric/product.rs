//! Dense f64 products. The one place that calls `gemm`, whose entry point is `unsafe` because it
//! takes raw pointers; the lengths checked here are all that it asks for.
#![allow(unsafe_code, reason = "gemm takes raw pointers; every length is checked above the call")]

/// out = rows · columnsᵀ: `rows` is m × k, `columns` n × k, `out` m × n, all row-major.
///
/// Sequential: callers run many products side by side. The same bits for a given (m, n, k) and
/// element.
pub fn rows_times_rows(out: &mut [f64], rows: &[f64], columns: &[f64], k: usize) {
    let (m, n) = (rows.len() / k, columns.len() / k);
    assert!(
        rows.len() == m * k && columns.len() == n * k && out.len() == m * n,
        "shapes of a product disagree"
    );
    let k_stride = k as isize;
    // SAFETY: out is m × n with row stride n, rows m × k with row stride k, columns (read
    // transposed) n × k with row stride k; the assertion above makes every access lie inside its
    // slice, and out is borrowed mutably.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            false,
            rows.as_ptr(),
            1,
            k_stride,
            columns.as_ptr(),
            k_stride,
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn agrees_with_the_definition() {
        let (m, n, k) = (5, 7, 3);
        let rows: Vec<f64> = (0..m * k).map(|i| i as f64 * 0.5 - 2.0).collect();
        let columns: Vec<f64> = (0..n * k).map(|i| 1.0 / (1.0 + i as f64)).collect();
        let mut out = vec![f64::NAN; m * n];
        super::rows_times_rows(&mut out, &rows, &columns, k);
        for (i, x) in out.iter().enumerate() {
            let expected: f64 = (0..k).map(|l| rows[i / n * k + l] * columns[i % n * k + l]).sum();
            assert!((x - expected).abs() < 1e-14, "element {i}: {x} against {expected}");
        }
    }
}
