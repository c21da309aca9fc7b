//! Invented reports that look like real ones: every relation, verdict and kind of plot. No number
//! here is a finding.

use klaim::internals::report::edges::edges;
use klaim::internals::report::exponents::family;
use std::collections::BTreeMap;

use klaim::internals::claim::verdict::{Basis, Relation, Verdict, decide, excesses};
use klaim::internals::claim::{AxisValue, ClaimHeader, Outcome, Paper, Ratio, SlopeStatement};
use klaim::internals::numeric::estimate::{Flags, Method};
use klaim::internals::report::model::{
    AssumptionReport, ClaimReport, Report, Run, SCHEMA, SectionReport, SourceReport,
};
use klaim::internals::report::papers;

/// Sources of the large report, with the height and place of an invented hump.
const SOURCES: [(&str, f64, f64); 14] = [
    ("bpsk", 0.73, 2.5),
    ("pam:levels=16", 0.21, 90.0),
    ("simplex:atoms=256", 0.42, 13.0),
    ("bernoulli:p=0.1", 0.61, 20.0),
    ("zipf:exponent=2,atoms=1000", 0.35, 8.0),
    ("geometric:ratio=0.5", 0.3, 12.0),
    ("poisson:rate=4", 0.26, 9.0),
    ("hypercube:dim=8", 0.11, 2.5),
    ("codebook:atoms=64,dim=16,seed=1", 0.18, 1.2),
    ("tree:depth=4,branch=3,scale=0.5", 0.23, 30.0),
    ("product:dim=64,base=(zipf:exponent=2,atoms=10)", 0.07, 6.0),
    ("quantized:base=(laplace),step=0.5", 0.28, 40.0),
    ("needle:p=0.1,atoms=32", 0.52, 25.0),
    ("needle:p=0.01,atoms=32", 0.88, 60.0),
];

/// γ²|M′|/H² up to its constant: rises like γ², falls like e^{−γ/scale}.
fn hump(snr: f64, height: f64, centre: f64) -> f64 {
    let t = 2.0 * snr / centre;
    height * (t * t / 4.0) * (2.0 - t).exp().min(8.0) + height * 1e-9
}

pub fn axes(pairs: &[(&str, AxisValue)]) -> BTreeMap<String, AxisValue> {
    pairs.iter().map(|(name, axis)| ((*name).to_owned(), axis.clone())).collect()
}

fn text(x: &str) -> AxisValue {
    AxisValue::Text(x.to_owned())
}

/// A judged row; `h` is the half-width, a fifth of it the standard error.
pub fn row(
    relation: Relation,
    axes: BTreeMap<String, AxisValue>,
    [lhs, rhs, h, margin]: [f64; 4],
) -> Outcome {
    let verdict = decide(excesses(relation, [lhs - rhs - h, lhs - rhs + h]), margin);
    let reason = if verdict == Verdict::Inconclusive { "about 4.2e6 samples would decide" } else { "" };
    let (value, half) = (lhs / rhs, h / rhs.abs());
    let ratio = Ratio { value, std_err: half / 5.0, low: value - half, high: value + half };
    Outcome {
        replay: String::new(),
        axes,
        lhs,
        rhs,
        bracket: None,
        rhs_bracket: None,
        ratio: (!relation.along_an_axis() && rhs.is_finite() && rhs != 0.0).then_some(ratio),
        std_err: h / 5.0,
        half_width: h,
        margin,
        verdict,
        evidence: Basis::Measured,
        reason: reason.into(),
        believed: true,
        doubts: Vec::new(),
        n: 65_536,
        method: Method::MonteCarlo,
        flags: Flags { pareto_k: Some(0.12), ..Flags::default() },
        points: Vec::new(),
        alternatives: Vec::new(),
        certificate: None,
    }
}

/// The same row where the left side is known as an interval alone.
pub fn bracketed(row: Outcome, [low, high]: [f64; 2]) -> Outcome {
    let nan = f64::NAN;
    Outcome {
        lhs: nan,
        std_err: nan,
        half_width: 0.5 * (high - low),
        bracket: Some([low, high]),
        ratio: Some(Ratio { value: nan, std_err: nan, low: low / row.rhs, high: high / row.rhs }),
        reason:
            "a bracket in place of samples that are not to be believed: one sample carries 9 % of the spread"
                .into(),
        ..row
    }
}

/// The same row where its numbers are not to be believed.
pub fn doubted(row: Outcome, why: &str) -> Outcome {
    Outcome {
        verdict: Verdict::Inconclusive,
        reason: format!("not to be believed: {why}"),
        believed: false,
        doubts: vec![why.into()],
        ratio: None,
        ..row
    }
}

pub fn section(
    relation: Relation,
    [lhs, rhs, why]: [&str; 3],
    expected: Verdict,
    rows: Vec<Outcome>,
) -> SectionReport {
    let any = |v| rows.iter().any(|r: &Outcome| r.verdict == v);
    let verdict = if any(Verdict::Refuted) {
        Verdict::Refuted
    } else if any(Verdict::Inconclusive) {
        Verdict::Inconclusive
    } else {
        Verdict::Supported
    };
    SectionReport {
        why: why.into(),
        lhs: lhs.into(),
        relation,
        rhs: rhs.into(),
        alternatives: Vec::new(),
        slope: None,
        constants: BTreeMap::new(),
        hypotheses: Vec::new(),
        left_out: 0,
        verdict,
        expected,
        ok: verdict == expected,
        rows,
    }
}

/// Gives each row the command that replays it.
fn address(id: &str, name: &str, section: &mut SectionReport) {
    for (k, row) in section.rows.iter_mut().enumerate() {
        row.replay = format!(
            "klaim verify {id} --case {name}/{} --comparisons 96 --budget 65536 --level 0.01",
            k + 1
        );
    }
}

pub fn claim(
    [id, title, statement]: [&str; 3],
    mut main: SectionReport,
    mut controls: Vec<SectionReport>,
    mut breaks: Vec<SectionReport>,
) -> ClaimReport {
    address(id, "main", &mut main);
    for (kind, sections) in [("control", &mut controls), ("break", &mut breaks)] {
        for (k, section) in sections.iter_mut().enumerate() {
            address(id, &format!("{kind}-{}", k + 1), section);
        }
    }
    let ok = std::iter::once(&main).chain(&controls).chain(&breaks).all(|s| s.ok);
    ClaimReport {
        edges: edges(&main, &breaks),
        grids: None,
        header: ClaimHeader {
            id: id.into(),
            title: title.into(),
            statement: statement.into(),
            cite: "[ABZ26, Thm. 1]".into(),
            origin: "paper-v1".into(),
            assumes: vec!["second-moment".into(), "sub-exponential".into()],
            remark: "Invented numbers; the page's layout is what is looked at.".into(),
        },
        main,
        controls,
        breaks,
        ok,
    }
}

pub fn report(claims: Vec<ClaimReport>, sources: Vec<SourceReport>) -> Report {
    let verdicts = claims.iter().all(|c| c.ok);
    let comparisons =
        claims.iter().flat_map(|c| std::iter::once(&c.main).chain(&c.controls).chain(&c.breaks));
    Report {
        schema: SCHEMA,
        run: Run {
            klaim: "0.1.0".into(),
            command: "klaim verify verify/ --seed 0 --level 0.01 --budget standard".into(),
            seed: 0,
            level: 0.01,
            budget: "standard".into(),
            comparisons: comparisons.map(|s| s.rows.len() as u64).sum(),
            backend: "cpu".into(),
            date: String::new(),
            interrupted: false,
        },
        claims,
        papers: Vec::new(),
        sources,
        exit: if verdicts { 0 } else { 1 },
    }
}

pub fn source(spec: &str, entropy: f64) -> SourceReport {
    let assumption = |name: &str, finding: &str, evidence: &str| AssumptionReport {
        name: name.into(),
        finding: finding.into(),
        symbol: if name == "sub-exponential" { "ψ1".into() } else { String::new() },
        number: if finding == "holds" { 0.8 } else { f64::NAN },
        evidence: evidence.into(),
    };
    let heavy = spec.starts_with("zipf");
    SourceReport {
        spec: spec.into(),
        label: spec.into(),
        family: family(spec),
        dim: 1,
        shannon: entropy,
        renyi_half: if heavy { f64::INFINITY } else { entropy * 1.2 },
        info_variance: entropy * 0.3,
        second_moment: 1.0,
        notes: if heavy { vec!["truncated to 1000 atoms".into()] } else { Vec::new() },
        assumptions: vec![
            assumption("second-moment", "holds", "E|X − EX|² = 1, closed form"),
            assumption(
                "sub-exponential",
                if heavy { "fails" } else { "holds" },
                "‖ι − H‖ψ₁ = 0.8, closed form",
            ),
            assumption("renyi-half", "cannot tell", "sum not decided after 10⁶ atoms"),
        ],
    }
}

/// γ_from … γ_to, log-spaced.
fn snrs(points: u32) -> impl Iterator<Item = f64> {
    (0..points).map(move |k| 10_f64.powf(-2.0 + 5.0 * f64::from(k) / f64::from(points - 1)))
}

/// A bound over sources and SNRs with a given constant.
fn bound(
    constant: f64,
    sources: &[(&str, f64, f64)],
    points: u32,
    why: &str,
    expected: Verdict,
) -> SectionReport {
    let mut rows = Vec::new();
    for &(spec, height, centre) in sources {
        for snr in snrs(points) {
            let lhs = 4.0 * hump(snr, height, centre);
            let h = 0.01 * lhs + 2e-7;
            let axes = axes(&[("source", text(spec)), ("snr", AxisValue::Number(snr))]);
            rows.push(row(Relation::AtMost, axes, [lhs, constant, h, 0.05 * constant]));
        }
    }
    let mut s = section(Relation::AtMost, ["snr^2 * mmse_slope", "C * shannon^2", why], expected, rows);
    s.constants.insert("C".into(), constant);
    s
}

fn bound_claim(sources: &[(&str, f64, f64)], points: u32) -> ClaimReport {
    claim(
        ["entropy-bound", "Squared entropy bounds the slope of the MMSE", "γ² |mmse′(γ)| ≤ C H(X)²"],
        bound(4.0, sources, points, "", Verdict::Supported),
        vec![bound(0.25, &sources[..2], points, "the simplex code needs C > 0.2", Verdict::Refuted)],
        vec![bound(
            4.0,
            &[("bernoulli:p=1e-4", 30.0, 200.0)],
            points,
            "rare event: H → 0 while γ²|mmse′| falls only like p ln²p",
            Verdict::Refuted,
        )],
    )
}

fn equality_claim(sources: &[(&str, f64, f64)], points: u32) -> ClaimReport {
    let rows = |bias: f64| {
        let mut rows = Vec::new();
        for (k, &(spec, ..)) in sources.iter().enumerate() {
            for (j, snr) in snrs(points).enumerate() {
                let value = 0.7 / (1.0 + snr);
                let h = value * 4e-4 * (1.0 + (snr / 50.0).powi(2)).min(4e3);
                let wobble = ((7 * k + 3 * j) as f64).sin() * 0.3 * h + bias * value;
                let axes = axes(&[("source", text(spec)), ("snr", AxisValue::Number(snr))]);
                rows.push(row(Relation::Equal, axes, [value + wobble, value, h, 5.0 * value]));
            }
        }
        rows
    };
    let sides = ["information_slope", "mmse / 2", ""];
    let wrong = ["information_slope", "mmse", "the factor one half is missing"];
    claim(
        ["immse", "Information grows by half the MMSE", "dI/dγ = ½ mmse(γ)"],
        section(Relation::Equal, sides, Verdict::Supported, rows(0.0)),
        vec![section(Relation::Equal, wrong, Verdict::Refuted, rows(-0.5))],
        Vec::new(),
    )
}

fn slope_claim() -> ClaimReport {
    let rows = |shift: f64| {
        [
            ("bpsk", 5.5, -1.003),
            ("simplex:atoms=256", 30.0, -0.987),
            ("gaussian:dim=1,variance=1", 3.2, -1.012),
        ]
        .into_iter()
        .map(|(spec, scale, exponent)| {
            let exponent: f64 = exponent + shift;
            let mut r = row(
                Relation::Slope,
                axes(&[("source", text(spec))]),
                [exponent, if exponent < -1.0 { -1.05 } else { -0.95 }, 0.02, 0.05],
            );
            r.verdict = if shift == 0.0 { Verdict::Supported } else { Verdict::Refuted };
            r.std_err = 0.0041;
            r.reason.clear();
            r.points = (3..9)
                .map(|k| 2_f64.powi(k))
                .map(|k| [k, scale * k.powf(exponent), 0.01 * scale / k])
                .collect();
            r
        })
        .collect()
    };
    let slope = |mut s: SectionReport| {
        s.slope = Some(SlopeStatement { against: "steps".into(), between: [-1.05, -0.95] });
        s
    };
    claim(
        ["kl-rate", "The discretisation term falls like 1/K", "KL_path(K) = Θ(1/K) on the geometric grid"],
        slope(section(Relation::Slope, ["path_kl", "", ""], Verdict::Supported, rows(0.0))),
        vec![slope(section(
            Relation::Slope,
            ["path_kl^2", "", "the square falls twice as fast"],
            Verdict::Refuted,
            rows(-1.0),
        ))],
        Vec::new(),
    )
}

fn interval_claim() -> ClaimReport {
    let rows = SOURCES
        .iter()
        .enumerate()
        .map(|(k, &(spec, height, _))| {
            let lhs = 1.0 + height;
            let h = 0.02 + 0.01 * k as f64;
            let axes = axes(&[("source", text(spec)), ("schedule", text("geometric"))]);
            row(Relation::AtMost, axes, [lhs, 2.0, h, 0.1])
        })
        .collect();
    claim(
        ["renyi-control", "Rényi entropy is controlled by Shannon entropy", "H_½(X) ≤ C H(X)"],
        section(Relation::AtMost, ["renyi_half", "C * shannon", ""], Verdict::Supported, rows),
        Vec::new(),
        Vec::new(),
    )
}

/// Two sources, four SNRs, one claim of each kind.
pub fn small() -> Report {
    let sources = [SOURCES[0], SOURCES[4]];
    let mut claims =
        vec![bound_claim(&sources, 4), equality_claim(&sources, 3), slope_claim(), interval_claim()];
    let rows = &mut claims[0].main.rows;
    rows[3] = bracketed(rows[3].clone(), [0.0, 2.4]);
    rows[7] = bracketed(rows[7].clone(), [0.02, 0.3]);
    report(claims, vec![source("bpsk", 0.693), source("zipf:exponent=2,atoms=1000", 1.637)])
}

/// The small report with a paper of five statements.
pub fn answered() -> Report {
    answered_with(|_| ())
}

/// The same after a change to its claims, whose `ok` follows.
pub fn answered_with(change: impl FnOnce(&mut Vec<ClaimReport>)) -> Report {
    let mut report = small();
    change(&mut report.claims);
    for claim in &mut report.claims {
        let sections = std::iter::once(&mut claim.main).chain(&mut claim.controls).chain(&mut claim.breaks);
        sections.for_each(|s| s.ok = s.verdict == s.expected);
    }
    // The control and the break of a changed claim keep what they expect.
    for section in report.claims.iter_mut().flat_map(|c| &mut c.breaks) {
        section.ok = section.verdict == Verdict::Refuted;
    }
    report.claims[2].main.ok = report.claims[2].main.verdict == Verdict::Supported;
    let text = "key = \"AB26\"\ntitle = \"A paper on bounds\"\nauthors = [\"Ada\", \"Bo\"]\nyear = 2026\n\
        link = \"https://arxiv.org/abs/2601.00001\"\nnote = \"Invented.\"\n\
        [[statement]]\nplace = \"Thm. 1\"\nshort = \"γ²|M′| ≤ C H²\"\nsays = \"The slope is bounded.\"\n\
        tests = [\"entropy-bound\"]\nanswer = \"holds under a condition\"\ncondition = \"H ≥ ln 2\"\n\
        [[statement]]\nsays = \"The rate is one over K, on every grid.\"\ntests = [\"kl-rate\"]\nanswer = \"holds\"\n\
        [[statement]]\nsays = \"An identity that fails.\"\ntests = [\"immse\"]\nanswer = \"fails\"\n\
        [[statement]]\nsays = \"More than was run.\"\ntests = [\"immse\", \"absent\"]\nanswer = \"holds\"\n\
        [[statement]]\nsays = \"Something else.\"\ntests = [\"absent/main\"]\nanswer = \"holds\"\n";
    let known = ["entropy-bound", "kl-rate", "immse", "absent", "absent/main"].map(str::to_owned).into();
    let paper = Paper::parse(std::path::Path::new("paper.toml"), text, &known).unwrap();
    report.papers = papers::papers(&[paper], &report.claims);
    report
}

/// Fourteen sources, sixteen SNRs.
pub fn large() -> Report {
    let mut claims =
        vec![bound_claim(&SOURCES, 16), equality_claim(&SOURCES[..12], 16), slope_claim(), interval_claim()];
    for (claim, at) in [(0, 4), (1, 7), (2, 1), (3, 2)] {
        let rows = &mut claims[claim].main.rows;
        rows[at] = doubted(rows[at].clone(), "tail index k̂ = 0.93 > 0.7: the variance may be infinite");
    }
    report(claims, SOURCES.iter().map(|&(spec, height, _)| source(spec, 1.0 + height)).collect())
}

/// What goes wrong: no rows, nothing finite, no claim text, zero right sides.
pub fn awkward() -> Report {
    let number = |x| axes(&[("source", text("a<b>&\"c\"")), ("snr", AxisValue::Number(x))]);
    let none = claim(
        ["no-rows", "", ""],
        section(Relation::AtMost, ["", "", ""], Verdict::Supported, vec![]),
        vec![],
        vec![],
    );
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let sides = [
        [nan, 1.0, 0.1, 0.1],
        [inf, 1.0, inf, 0.1],
        [0.0, 0.0, 0.0, 0.0],
        [-1.0, -0.0, nan, 0.1],
        [1.0, inf, 0.0, 0.1],
    ];
    let claims = [Relation::Equal, Relation::AtMost, Relation::AtLeast, Relation::Slope, Relation::Bounded]
        .map(|relation| {
            let rows = |keep: usize| {
                sides[..keep]
                    .iter()
                    .enumerate()
                    .map(|(k, s)| row(relation, number(10_f64.powi(k as i32)), *s))
                    .collect()
            };
            let mut main = section(relation, ["l < r", "r & l", ""], Verdict::Supported, rows(5));
            for bracket in [[0.0, 0.5], [f64::NEG_INFINITY, inf], [0.5, inf], [nan, nan]] {
                let known = row(relation, number(1e6), [1.0, 2.0, 0.0, 0.1]);
                main.rows.push(bracketed(known.clone(), bracket));
                main.rows.push(doubted(known, "no event was seen"));
            }
            let mut worse = section(relation, ["l", "r", "only NaN"], Verdict::Refuted, rows(1));
            if relation.along_an_axis() {
                main.slope =
                    Some(SlopeStatement { against: "snr".into(), between: [f64::NEG_INFINITY, -1.0] });
                main.rows[0].points = vec![[1.0, nan, 0.1], [2.0, inf, nan], [-1.0, 1.0, 0.0]];
                main.rows[2].points = vec![[1.0, 1.0, 0.0], [1.0, 1.0, inf]];
                worse.slope = main.slope.clone();
            }
            main.constants.insert("C".into(), inf);
            claim(
                [&format!("odd-{relation:?}").to_lowercase(), "<Odd>", "0 < ∞ & so on"],
                main,
                vec![worse.clone()],
                vec![worse],
            )
        });
    report(std::iter::once(none).chain(claims).collect(), vec![source("a<b>&\"c\"", nan)])
}
