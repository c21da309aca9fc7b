//! Names by which others know schedules: what they are here.

use crate::error::{Error, Result};

/// Names of rules that klaim calls otherwise.
const SYNONYMS: [(&str, &str); 5] = [
    ("exponential", "geometric"),
    ("polyexponential", "geometric"),
    ("kl-optimal", "arctan"),
    ("kl_optimal", "arctan"),
    ("flow_match", "flow"),
];

/// Names of rules that are uniform in the time of the model, whatever that is.
pub const OF_THE_MODEL: [&str; 5] = ["sgm_uniform", "simple", "normal", "ddim_uniform", "trailing"];

/// Names of lists, each made for one model.
const LISTS: [&str; 5] = ["ays", "align-your-steps", "align_your_steps", "alignyoursteps", "gits"];

/// The spelling that klaim has for a name that others use; any other text as it is.
///
/// # Errors
/// [`Error::Invalid`] for a name that is a list or depends on the model, with what is needed.
pub fn spelling(spec: &str) -> Result<String> {
    let (name, rest) = spec.split_once(':').map_or((spec, ""), |(name, rest)| (name, rest));
    if LISTS.contains(&name) {
        let message = "is a list of levels that was made for one model, no rule: put the published list into a file, and \
                       `klaim schedule resample FILE --steps K` makes it longer or shorter";
        return Err(Error::invalid(format!("schedule `{spec}`"), message));
    }
    if OF_THE_MODEL.contains(&name) {
        let message = "is uniform in the model's own time: say --model, or which time with flow:shift=3, scaled-linear \
                       (Stable Diffusion), linear-beta (DDPM) or cosine";
        return Err(Error::invalid(format!("schedule `{spec}`"), message));
    }
    let found = SYNONYMS.iter().find(|(known, _)| *known == name);
    Ok(found.map_or(spec.to_owned(), |(_, ours)| {
        if rest.is_empty() { (*ours).into() } else { format!("{ours}:{rest}") }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_are_rules_or_say_what_is_needed() {
        for (theirs, ours) in
            [("exponential", "geometric"), ("kl_optimal:scale=2", "arctan:scale=2"), ("las", "las")]
        {
            assert_eq!(spelling(theirs).unwrap(), ours);
        }
        assert!(spelling("ays").unwrap_err().to_string().contains("resample FILE"));
        assert!(spelling("sgm_uniform").unwrap_err().to_string().contains("flow:shift=3"));
    }
}
