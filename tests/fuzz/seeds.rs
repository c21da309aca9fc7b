//! What is mutated: small inputs of every kind, well-formed. The binary ones are made by
//! `seeds/make.py`.

pub const EXPRESSIONS: [&str; 8] = [
    "4 * (2 + sqrt(x^2 + y))^2",
    "snr^2 * mmse_slope",
    "C * shannon^2 + renyi(2) - renyi(a)",
    "min(x * y, z, 3) - max(x, y^-z) / 1.5e-3",
    "ln(exp(x) - 1)^2 + abs(y - z) * cos(x) + atan(2)",
    "-x^y^0.5 / (1 + z) + inf",
    "bound_paper(C) / path_kl",
    "x + x + x + x + x + x + x + x + x + x",
];

pub const SPECS: [&str; 26] = [
    "bpsk",
    "bernoulli:p=0.25",
    "pam:levels=4",
    "zipf:exponent=1.5,atoms=16",
    "zipf:exponent=2,atoms=8,embedding=codebook,dim=2",
    "log-power:power=2.5,atoms=8",
    "geometric:ratio=0.5",
    "poisson:rate=2",
    "needle:p=0.1,atoms=4",
    "simplex:atoms=8",
    "hypercube:dim=3",
    "codebook:atoms=4,dim=2,seed=1",
    "tree:depth=2,branch=2,scale=0.5",
    "gaussian:dim=2,variance=1",
    "mixture:ring=4,radius=1,variance=0.1",
    "mixture:grid=2,spacing=1,variance=0.1",
    "scale-mixture:dof=5,dim=2",
    "laplace",
    "student-t:dof=3",
    "cauchy",
    "pareto:shape=3",
    "lognormal:sigma=1",
    "quantized:base=(laplace),step=1",
    "product:dim=2,base=(zipf:exponent=2,atoms=4)",
    "product:dim=2,base=(quantized:base=(student-t:dof=3),step=0.5)",
    "file:path=\"no,such.csv\",weights='p(x)',drop=a+\"b+c\"",
];

/// Schedules, samplers, denoisers, β schedules and weightings: other specs.
pub const NAMES: [&str; 11] = [
    "geometric",
    "edm:rho=7",
    "log-linear",
    "ddim",
    "perturbed:error=0.1",
    "linear",
    "mismatched:source=(mixture:means=-1|2,variances=0.5|1,weights=1|2)",
    "scaled-linear:start=0.00085,end=0.012,steps=100",
    "cosine",
    "edm:0.5",
    "min-snr:5",
];

pub const SNRS: [&str; 5] = ["0.1,1,10", "1e-3..1e3/32", "1", "0.5..2/3", "1e-8,1e8"];

pub const PAPERS: [&str; 2] = [
    r#"
key = "K26"
title = "T"
authors = ["A", "B"]
year = 2026
[[statement]]
says = "s"
tests = ["a", "a/break-1"]
answer = "holds, but is loose"
"#,
    r#"
key = "own"
title = "T"
link = "https://example.org"
[[statement]]
place = "Thm. 1"
says = "s"
tests = ["b"]
answer = "holds under a condition"
condition = "c"
remark = "r"
"#,
];

pub const CLAIMS: [&str; 3] = [
    r#"
id        = "entropy-bound"
title     = "Squared entropy bounds the slope of the MMSE"
statement = "γ² |mmse′(γ)| ≤ C H(X)²"
cite      = "[ABZ26, Thm. 1]"
origin    = "klaim"
assumes   = ["second-moment"]
lhs       = "snr^2 * mmse_slope"
relation  = "<="
rhs       = "C * shannon^2"
constants = { C = 4.0 }
margin    = 0.05

[over]
source = ["bpsk", "pam:levels=4", "simplex:atoms={atoms}", { kind = "product", dim = 2, base = { kind = "bpsk" } }]
atoms  = [2, 4]
snr    = { from = 1e-2, to = 1e3, points = 4 }

[[control]]
why       = "the simplex code needs more"
constants = { C = 0.05 }

[[break]]
why    = "rare event"
source = ["bernoulli:p=1e-4"]
"#,
    r#"
id = "kl-rate"
title = "Rate"
statement = "KL ~ 1/K"
cite = "[X]"
origin = "classical"
lhs = "path_kl"
relation = "slope"
against = "steps"
between = [-1.05, -0.95]
[over]
source = ["bpsk"]
steps = [8, 16, 32]
schedule = ["geometric"]
snr_min = [1e-2]
snr_max = [1e2]
[[control]]
why = "no"
between = [-2.05, -1.95]
"#,
    r#"
id = "a"
title = "b"
statement = "c"
cite = "d"
origin = "klaim"
expect = "refuted"
lhs = "renyi(a)"
relation = "=="
rhs = "shannon + C"
constants = { C = 0 }
[[over]]
source = [{ kind = "mixture", components = [[0, 1, 0.5], [3, 1, 0.5]] }]
[[over]]
source = ["zipf:exponent={s},atoms=8"]
s = [1.5, 2]
"#,
];

/// Extension and text of a table.
pub const TEXTS: [(&str, &str); 13] = [
    ("csv", "snr,x0,std_err\n0.5,0.9,0.01\n2,0.4,0.01\n4,0.1,0.01\n"),
    ("csv", "# made by hand\nx,y\n0.5,1\n# middle\n2,-3\n2,-3\n"),
    ("csv", "timestep,eps\n0,0.99\n10,0.98\n20,0.97\n"),
    ("csv", "x,y,p\n\"1.5\",2,0.25\n3,4,0.75\n"),
    ("csv", "\u{feff}0.5,1,\r\n2,3,\r\n"),
    ("csv", ",a,b\n0,1,2\n1,3,4\n"),
    ("tsv", "sigma\tv\n0.1\t0.3\n10\t0.2\n"),
    ("json", "[{\"snr\": 0.5, \"x0\": 0.9}, {\"snr\": 2, \"x0\": 0.4}]"),
    ("json", "{\"snr\": [0.5, 2, 4], \"x0\": [0.9, 0.4, 0.1], \"beta_schedule\": \"linear\", \"T\": 1000}"),
    ("json", "[[0.5, 1], [2, 3], [2, null]]"),
    ("json", "[1, 2.5, -3e2]"),
    ("jsonl", "{\"snr\": 0.5, \"x0\": 0.9}\n{\"snr\": 2, \"x0\": 0.4}\n"),
    ("jsonl", "{\"e\": [1, 2]}\n{\"e\": [3, 4]}\n"),
];

macro_rules! seeds {
    ($($name:literal),*) => {
        [$(($name, include_bytes!(concat!("seeds/", $name)))),*]
    };
}

/// Name and bytes of a binary file.
pub const FILES: [(&str, &[u8]); 19] = seeds![
    "arrays.npz",
    "big_endian.npy",
    "brotli.parquet",
    "curve.npz",
    "fortran.npy",
    "gzip.parquet",
    "halves.npy",
    "index.parquet",
    "integers.npy",
    "kinds.parquet",
    "lz4.parquet",
    "object.npy",
    "pages.parquet",
    "plain.parquet",
    "record.npy",
    "snappy.parquet",
    "split.parquet",
    "text.npy",
    "zstd.parquet"
];
