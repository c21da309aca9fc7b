//! What a claim about several schedules shows of them: their grids over the source's risk.

use crate::claim::{Claim, Input};
use crate::numeric::spacing::log_spaced;
use crate::quantity::axis::{SCHEDULE, SNR_MAX, SNR_MIN, STEPS};
use crate::quantity::path::grid;
use crate::quantity::{Memo, Need};
use crate::report::model::{Grids, ScheduleGrid};

/// Points of the drawn curve.
const FINE: usize = 120;
/// Most steps whose ticks can still be told apart.
const MOST_STEPS: usize = 32;
/// The drawn range of SNRs below the first positive one, for grids that start at 0.
const BELOW_FIRST: f64 = 0.1;

/// The needs of `claim` with the most schedules on one source between the same ends with the same
/// number of steps (the finest of them), where the source's risk has a deterministic route; `None`
/// where no two schedules meet.
pub fn schedules(claim: &Claim, tools: &Memo) -> Option<Grids> {
    let mut groups: Vec<Vec<&Need>> = Vec::new();
    for need in needs(claim).filter(|need| need.setting.steps().is_ok_and(|steps| steps <= MOST_STEPS)) {
        let place = |n: &Need| {
            (
                n.source.spec().to_owned(),
                [&SNR_MIN, &SNR_MAX, &STEPS].map(|axis| n.setting.get(axis).cloned()),
            )
        };
        match groups.iter_mut().find(|group| place(group[0]) == place(need)) {
            Some(group) if group.iter().any(|n| n.setting.get(&SCHEDULE) == need.setting.get(&SCHEDULE)) => {
            }
            Some(group) => group.push(need),
            None => groups.push(vec![need]),
        }
    }
    let most = groups.iter().map(Vec::len).max().filter(|&most| most > 1)?;
    groups.retain(|group| group.len() == most);
    groups.sort_by_key(|group| std::cmp::Reverse(group[0].setting.steps().ok()));
    groups.iter().find_map(|group| drawn(group, tools))
}

fn drawn(group: &[&Need], tools: &Memo) -> Option<Grids> {
    let one = |need: &Need| {
        let schedule = need.setting.schedule().ok()?.to_owned();
        Some(ScheduleGrid { schedule, snrs: grid(need, tools).ok()?.to_vec() })
    };
    let grids = group.iter().map(|need| one(need)).collect::<Option<Vec<_>>>()?;
    let positive = grids.iter().flat_map(|grid| &grid.snrs).copied().filter(|&snr| snr > 0.0);
    let (mut low, high) =
        positive.fold((f64::INFINITY, 0.0_f64), |(lo, hi), snr| (lo.min(snr), hi.max(snr)));
    if grids.iter().any(|grid| grid.snrs[0] <= 0.0) {
        low *= BELOW_FIRST;
    }
    let source = &group[0].source;
    let risk = |snr: f64| Some([snr, tools.channel_values(source, snr).ok()??.mmse.value]);
    let risk = log_spaced(low, high, FINE).map(risk).collect::<Option<Vec<_>>>()?;
    Some(Grids { source: source.spec().into(), risk, grids })
}

/// The needs of the main statement that have a schedule.
fn needs(claim: &Claim) -> impl Iterator<Item = &Need> {
    let points = claim.main.cases.iter().flat_map(|case| &case.points);
    let inputs =
        points.flat_map(|point| point.lhs.inputs.iter().chain(point.rhs.iter().flat_map(|rhs| &rhs.inputs)));
    inputs.filter_map(|input| match input {
        Input::Need(need) if need.setting.schedule().is_ok() => Some(need),
        _ => None,
    })
}
