//! What the densities share.

/// ln a/(a − 1), continued by 1 at a = 1 and 0 at a = ∞.
pub fn ln_over_excess(order: f64) -> f64 {
    let excess = order - 1.0;
    if order.is_infinite() {
        0.0
    } else if excess.abs() < f64::EPSILON {
        1.0
    } else {
        excess.ln_1p() / excess
    }
}

#[cfg(test)]
mod tests;
