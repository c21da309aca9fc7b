//! M, −M′, I and H(X|Y) at one SNR by samples, against quadrature or a table.

use std::sync::Arc;

use klaim::internals::numeric::estimate::Estimate;
use klaim::internals::quantity::{Need, Setting};
use klaim::internals::source::Source;

use super::laws::law;
use super::measure::{SAMPLES, exact, need, replicate, routes, rows, sampled, short, truncated};
use super::tally::{Cell, Label, Sides, Truth};

const QUANTITIES: [&str; 4] = ["mmse", "mmse_slope", "information", "posterior_entropy"];

/// Where the true values come from.
#[derive(Clone, Copy)]
enum Known {
    /// The law's own deterministic route.
    Quadrature,
    /// That of another law, this many times.
    Copies(&'static str, f64),
    /// A table of data/.
    Table(&'static str),
}

struct Regime {
    law: &'static str,
    family: &'static str,
    known: Known,
    snrs: &'static [(&'static str, f64)],
}

const SYNTHETIC: &str = "synthetic";
const HEAVY: &str = "heavy-tailed";
const REAL: &str = "real";
use Known::{Copies, Quadrature, Table};

/// Low: the noise hides nearly all; middle; high: confusions are rare; rare: what makes the value
/// is an event of probability 10⁻³ or less, be it of the law or a confusion.
#[rustfmt::skip]
const REGIMES: &[Regime] = &[
    Regime { law: "bpsk", family: SYNTHETIC, known: Quadrature,
        snrs: &[("low", 1e-9), ("low", 0.01), ("middle", 1.0), ("high", 20.0), ("rare", 100.0)] },
    Regime { law: "pam:levels=16", family: SYNTHETIC, known: Quadrature,
        snrs: &[("low", 1e-9), ("low", 0.01), ("middle", 1.0), ("high", 50.0), ("rare", 400.0)] },
    Regime { law: "bernoulli:p=0.1", family: SYNTHETIC, known: Quadrature,
        snrs: &[("low", 1e-9), ("low", 0.01), ("middle", 1.0), ("high", 50.0), ("rare", 200.0)] },
    Regime { law: "simplex:atoms=2", family: SYNTHETIC, known: Quadrature,
        snrs: &[("low", 1e-9), ("low", 0.01), ("middle", 1.0), ("high", 30.0), ("rare", 100.0)] },
    Regime { law: "cube", family: SYNTHETIC, known: Copies("bpsk", 3.0),
        snrs: &[("low", 1e-9), ("low", 0.01), ("middle", 1.0), ("high", 5.0), ("rare", 25.0)] },
    Regime { law: "simplex:atoms=16", family: SYNTHETIC, known: Table("coverage.csv"),
        snrs: &[("low", 0.1), ("middle", 1.0), ("high", 3.0)] },
    Regime { law: "codebook:atoms=64,dim=16", family: SYNTHETIC, known: Table("coverage.csv"),
        snrs: &[("low", 0.1), ("middle", 1.0), ("high", 3.0)] },
    Regime { law: "hamming", family: SYNTHETIC, known: Table("high_snr.csv"),
        snrs: &[("rare", 6.25), ("rare", 12.5)] },
    Regime { law: "uneven", family: SYNTHETIC, known: Table("high_snr.csv"), snrs: &[("rare", 25.0), ("rare", 50.0)] },
    Regime { law: "hypercube:dim=16", family: SYNTHETIC, known: Quadrature,
        snrs: &[("low", 1e-9), ("low", 0.01), ("middle", 1.0), ("high", 10.0)] },
    Regime { law: "product:dim=3,base=(zipf:exponent=1.5,atoms=6)", family: SYNTHETIC, known: Quadrature,
        snrs: &[("low", 1e-9), ("low", 0.01), ("middle", 1.0), ("high", 10.0)] },
    Regime { law: "mixture:means=-2|2,variances=0.3", family: SYNTHETIC, known: Quadrature,
        snrs: &[("low", 1e-9), ("low", 0.01), ("middle", 1.0), ("high", 100.0)] },
    Regime { law: "gaussian:dim=4,variance=2", family: SYNTHETIC, known: Quadrature,
        snrs: &[("low", 1e-9), ("low", 0.01), ("middle", 1.0), ("high", 100.0)] },
    Regime { law: "scale-mixture:dof=3,dim=2", family: HEAVY, known: Quadrature,
        snrs: &[("low", 0.01), ("middle", 1.0), ("high", 100.0)] },
    Regime { law: "zipf:exponent=2,atoms=20", family: HEAVY, known: Quadrature,
        snrs: &[("low", 1e-9), ("low", 0.01), ("middle", 1.0), ("high", 10.0), ("rare", 100.0)] },
    Regime { law: "zipf:exponent=1.2,atoms=1000", family: HEAVY, known: Quadrature,
        snrs: &[("low", 1e-6), ("middle", 0.01), ("high", 1.0)] },
    Regime { law: "log-power:power=2.5,atoms=100", family: HEAVY, known: Quadrature,
        snrs: &[("low", 1e-6), ("middle", 0.01), ("high", 1.0), ("rare", 100.0)] },
    Regime { law: "bernoulli:p=0.0001", family: SYNTHETIC, known: Quadrature,
        snrs: &[("rare, low", 0.01), ("rare", 1.0), ("rare, high", 30.0)] },
    Regime { law: "bernoulli:p=1e-9", family: SYNTHETIC, known: Quadrature,
        snrs: &[("rare, low", 1e-6), ("rare", 1.0), ("rare, high", 100.0)] },
    Regime { law: "ink", family: REAL, known: Quadrature,
        snrs: &[("low", 1e-6), ("middle", 0.001), ("high", 1.0), ("rare", 100.0)] },
    Regime { law: "points", family: REAL, known: Table("calibration.csv"),
        snrs: &[("low", 0.01), ("middle", 1.0), ("high", 10.0)] },
    Regime { law: "digits", family: REAL, known: Table("calibration.csv"),
        snrs: &[("low", 1e-4), ("middle", 0.003), ("high", 0.03)] },
];

/// Of these the truncated means are tallied too: where standard errors are not to be believed.
const TRUNCATED: [&str; 5] =
    ["bernoulli:p=0.0001", "bernoulli:p=1e-9", "zipf:exponent=2,atoms=20", "simplex:atoms=2", "ink"];

impl Regime {
    fn source(&self) -> Arc<Source> {
        law(if self.law == "points" { "file:path=data/points.csv" } else { self.law })
    }

    fn needs(&self, source: &Arc<Source>) -> Vec<Need> {
        let at = |snr: f64| QUANTITIES.map(|name| need(source, name, Setting::at(snr)));
        let continuous = source.pmf().is_none();
        let finite = |need: &Need| !continuous || need.quantity.name != "posterior_entropy";
        self.snrs.iter().flat_map(|&(_, snr)| at(snr)).filter(finite).collect()
    }

    fn truths(&self, needs: &[Need]) -> Vec<Truth> {
        match self.known {
            Quadrature => exact(needs, 1.0),
            Copies(other, copies) => exact(&self.needs(&law(other)), copies),
            Table(file) => {
                let table = rows(file);
                let find = |need: &Need| sampled(&table, self.law, need).expect("a row of the table");
                needs.iter().map(find).collect()
            }
        }
    }

    fn label(&self, need: &Need, route: &str) -> Label {
        let snr = need.setting.snr().expect("an snr");
        let name =
            self.snrs.iter().find(|(_, at)| at.to_bits() == snr.to_bits()).map_or("", |(name, _)| name);
        Label {
            route: route.into(),
            family: self.family,
            law: self.law.into(),
            regime: format!("{name}, γ = {}", short(snr)),
            quantity: need.quantity.name.into(),
        }
    }

    fn cells(&self, replications: u64) -> Vec<Cell> {
        let source = self.source();
        let needs = self.needs(&source);
        let truths = self.truths(&needs);
        let tally = |routes: &[String], sides: Sides, estimates: Vec<Vec<Estimate>>| -> Vec<Cell> {
            let all = needs.iter().zip(routes).zip(&truths).zip(estimates);
            all.filter(|(_, estimates)| !estimates.is_empty())
                .map(|(((need, route), &truth), e)| Cell::of(self.label(need, route), sides, truth, &e))
                .collect()
        };
        let mut cells = tally(&routes(&needs), Sides::Both, replicate(&needs, SAMPLES, replications));
        if TRUNCATED.contains(&self.law) {
            let routes = vec!["truncated-mean".to_owned(); needs.len()];
            cells.extend(tally(&routes, Sides::AtLeast95, truncated(&needs, replications)));
        }
        cells
    }
}

/// Every law at its SNRs.
pub fn cells(replications: u64) -> Vec<Cell> {
    REGIMES.iter().flat_map(|regime| regime.cells(replications)).collect()
}
