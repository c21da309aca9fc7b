//! One number: its deterministic value, or what samples it.

use crate::channel::exact::pairs;
use crate::error::{Error, Result};
use crate::instrument::Instrument;
use crate::numeric::estimate::{Estimate, Method};
use crate::quantity::{Memo, Need, Rule};
use crate::run::options::MethodChoice;

/// How one number is had.
pub enum Unplaced {
    /// Without samples.
    Known(Estimate),
    /// As the mean of the one column of an instrument.
    Sampled(Box<dyn Instrument>),
}

/// A bracket [0, U] below this is 0: squares of samples would underflow.
const VANISHING: f64 = 1e-140;
/// A bracket of this share of its value is no wider than the rounding of the value.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// The value that a bracket leaves no room for: 0 within a bound that no sample's weight could
/// show, or what differs from its ends by rounding alone.
fn decided(need: &Need) -> Option<Estimate> {
    let least = pairs::at_least(&need.source, need.setting.snr().ok()?)?;
    let [low, high] = (least < ROUNDING).then(|| need.proven())??;
    let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
    if low.abs().max(high.abs()) < VANISHING {
        Some(Estimate::quadrature(0.0, high))
    } else {
        (half <= ROUNDING * middle.abs()).then(|| Estimate::quadrature(middle, half))
    }
}

/// The route of `need` by `method`; a deterministic one is evaluated.
///
/// # Errors
/// [`Error::Unsupported`] where there is none; what its quantity refuses.
pub fn find(need: &Need, method: MethodChoice, tools: &Memo) -> Result<Unplaced> {
    let unsupported = |message: &str| Error::Unsupported {
        quantity: need.quantity.name.into(),
        source_spec: need.source.spec().into(),
        message: message.into(),
    };
    if let Rule::Known(value) = &need.quantity.rule {
        return value(need).map(Unplaced::Known);
    }
    let may_sample = matches!(method, MethodChoice::Auto | MethodChoice::MonteCarlo);
    let sampled = need.quantity.is_sampled();
    if (method != MethodChoice::MonteCarlo || !sampled)
        && let Some(estimate) = need.deterministic(tools)?
    {
        let wanted = match method {
            MethodChoice::ClosedForm => estimate.method == Method::ClosedForm,
            MethodChoice::Quadrature => estimate.method != Method::MonteCarlo,
            MethodChoice::Auto | MethodChoice::MonteCarlo => true,
        };
        return if wanted {
            Ok(Unplaced::Known(within_proven(need, estimate)))
        } else {
            Err(unsupported("has no closed form; use --method auto"))
        };
    }
    match (may_sample, sampled) {
        (true, true) => decided(need)
            .map(Unplaced::Known)
            .map_or_else(|| need.instrument(tools).map(Unplaced::Sampled), Ok),
        (true, false) => Err(unsupported(
            "has a deterministic route alone, and none for this law: it needs a law on a line with a finite variance, \
             a product of such, or a Gaussian",
        )),
        (false, _) => Err(unsupported("has no deterministic route; use --method auto or monte-carlo")),
    }
}

/// `estimate`, doubted where its bound reaches over all that is proven of the value. Going through
/// the pairs of atoms pays where the bound is of the value's size alone.
fn within_proven(need: &Need, estimate: Estimate) -> Estimate {
    let wide = estimate.bound >= estimate.value.abs();
    let proven = if wide { need.proven() } else { None };
    proven.map_or(estimate, |range| estimate.within(range))
}
