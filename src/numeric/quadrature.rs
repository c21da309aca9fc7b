//! Gauss–Legendre rules, each computed once.

use std::sync::OnceLock;

use gauss_quad::GaussLegendre;

/// Most nodes of a rule.
const MOST: usize = 32;

/// The rule with `nodes` nodes, 1 to 32, exact for polynomials of degree 2·`nodes` − 1; its nodes
/// and weights are on [−1, 1].
///
/// # Panics
/// Without a node or with more than 32.
pub fn gauss_legendre(nodes: usize) -> &'static GaussLegendre {
    static RULES: [OnceLock<GaussLegendre>; MOST] = [const { OnceLock::new() }; MOST];
    RULES[nodes - 1]
        .get_or_init(|| GaussLegendre::new(nodes.try_into().expect("a positive number of nodes")))
}
