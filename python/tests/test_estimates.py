"""Numbers are the program's to the bit, whatever their route."""

import math
import pickle
import struct

import klaim
import numpy as np
import pytest

SNRS = [0.01, 0.3, 1.0, 7.0, 250.0]
RANGE = "1e-2..1e3/10"
# Quantity, source, axes: closed forms, quadrature, samples of the posterior, paths.
ASKED = [
    ("mmse", "bpsk", {"snr": RANGE}),
    ("mmse", "zipf:exponent=2,atoms=100", {"snr": RANGE}),
    ("mmse", "codebook:atoms=20,dim=3", {"snr": RANGE, "samples": 4096}),
    ("mmse", "student-t:dof=5", {"snr": RANGE}),
    ("mmse_slope", "pam:levels=4", {"snr": RANGE}),
    ("mmse_slope", "simplex:atoms=16", {"snr": RANGE, "samples": 4096}),
    ("mmse_slope", "codebook:atoms=20,dim=3", {"snr": RANGE, "samples": 4096}),
    ("information", "bernoulli:p=0.01", {"snr": RANGE}),
    ("information", "tree:depth=2,branch=3,scale=0.5", {"snr": RANGE, "samples": 4096}),
    ("information", "mixture:ring=8,radius=2,variance=0.01", {"snr": RANGE, "samples": 4096}),
    ("lmmse", "hypercube:dim=4", {"snr": RANGE}),
    ("posterior_entropy", "simplex:atoms=16", {"snr": RANGE, "samples": 4096, "seed": 7}),
    ("mmse", "bpsk", {"snr": RANGE, "method": "monte-carlo", "samples": 2048}),
    ("information", "zipf:exponent=2,atoms=100", {"snr": RANGE, "unit": "bits"}),
    ("loss", "pam:levels=4", {"snr": RANGE, "denoiser": "perturbed:error=0.2,shape=bump"}),
    ("loss", "codebook:atoms=9,dim=3", {"snr": RANGE, "denoiser": "linear", "samples": 2048}),
    ("denoiser_gap", "codebook:atoms=9,dim=3", {"snr": RANGE, "denoiser": "identity", "samples": 2048}),
    ("mmse", "laplace", {"snr": RANGE}),
    ("mmse", "cauchy", {"snr": "0.1..10/4"}),
    ("shannon", "zipf:exponent=2,atoms=100", {}),
    ("renyi(2)", "geometric:ratio=0.3", {}),
    ("psi1", "zipf:exponent=1.5,atoms=1000", {}),
    ("second_moment", "tree:depth=2,branch=3,scale=0.5", {}),
    ("information_gain", "bpsk", {"snr_min": "0.1,1", "snr_max": "10,100"}),
    ("path_kl", "bpsk", {"steps": "4,8,16", "schedule": "geometric", "snr_min": 0.01, "snr_max": 100}),
    ("path_kl", "codebook:atoms=9,dim=3", {"steps": "4,8", "schedule": ["geometric", "karras:rho=7"],
                                           "snr_min": 0.01, "snr_max": 100, "samples": 2048}),
    ("girsanov_kl", "pam:levels=4", {"steps": "4,8", "schedule": "geometric", "snr_min": 0.01, "snr_max": 100,
                                     "samples": 1024}),
    ("terminal_kl", "bpsk", {"steps": "4,8", "schedule": "geometric", "snr_min": 0.01, "snr_max": 100}),
    ("sliced_wasserstein_2", "mixture:ring=8,radius=2,variance=0.01",
     {"steps": "5,10", "schedule": "geometric", "sampler": ["ddim", "ancestral"], "snr_min": 0.0025,
      "snr_max": 1e4, "samples": 4096}),
    ("bound_entropy", "bpsk", {"steps": "4,8", "schedule": "geometric", "snr_min": 0.01, "snr_max": 100}),
]


def bits(x):
    return struct.pack("<d", float(x))


def words(quantity, source, axes):
    found = ["estimate", quantity, "--source", source]
    for key, value in axes.items():
        for one in value if isinstance(value, list) else [value]:
            found += [f"--{key.replace('_', '-')}", str(one)]
    return found


def test_two_hundred_estimates_are_the_programs(printed):
    count = 0
    for quantity, source, axes in ASKED:
        expected = printed(*words(quantity, source, axes))["rows"]
        found = klaim.estimate(quantity, source, **axes)
        assert len(found) == len(expected)
        for estimate, row in zip(found, expected):
            for name in ("value", "std_err", "bound"):
                assert bits(getattr(estimate, name)) == bits(row[name]), (quantity, source, row)
            assert {k: v for k, v in row.items() if k != "backend"} == {
                k: v for k, v in estimate.row.items() if k != "backend"
            }
            count += 1
    assert count >= 200


def test_a_number_is_a_float_with_errors():
    found = klaim.Source("bpsk").mmse(1.0)
    assert str(found).startswith("0.4495995") and isinstance(found, float)
    assert found.std_err == 0 and 0 < found.bound < 1e-9 and found.believed and found.doubts == []
    assert found.method == "quadrature" and found.unit == "|x|²"
    again = pickle.loads(pickle.dumps(found))
    assert again == found and again.bound == found.bound


def test_arrays_in_and_out():
    source = klaim.Source("zipf:exponent=2,atoms=100")
    found = source.mmse(np.array(SNRS))
    assert np.asarray(found).shape == (5,) and found.value.dtype == np.float64
    assert [float(x) for x in found] == [float(source.mmse(snr)) for snr in SNRS]
    assert list(found.column("snr")) == SNRS and found.believed.all()
    assert np.all(np.diff(found.value) < 0)
    assert len(found[1:3]) == 2 and float(found[1:2]) == float(found[1])
    with pytest.raises(ValueError, match="5 estimates"):
        float(found)
    assert "mmse of zipf" in repr(found) and "<table>" in found._repr_html_()


def test_a_data_frame_has_the_columns():
    pandas = pytest.importorskip("pandas")
    frame = klaim.estimate("mmse", ["bpsk", "pam:levels=4"], snr=SNRS).to_pandas()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == 10
    assert list(frame["source"].unique()) == ["bpsk", "pam:levels=4"]
    assert frame["value"].dtype == np.float64 and frame["believed"].dtype == bool


def test_infinity_is_a_number():
    found = klaim.Source("cauchy").second_moment()
    assert math.isinf(found)


def test_atoms_from_arrays(tmp_path):
    generator = np.random.default_rng(1)
    points, weights = generator.normal(size=(7, 2)), generator.random(7)
    source = klaim.Source.from_atoms(points, weights)
    assert source.dim == 2 and source.spec.startswith("atoms:name=")
    p = weights / weights.sum()
    assert abs(source.shannon() + (p * np.log(p)).sum()) < 1e-14
    mean = p @ points
    assert abs(source.second_moment() - p @ ((points - mean) ** 2).sum(1)) < 1e-14
    # The same law in a file has the same exact numbers.
    line = klaim.Source.from_atoms([-1.5, 0.25, 3.0])
    path = tmp_path / "atoms.csv"
    path.write_text("x\n-1.5\n0.25\n3.0\n")
    for snr in SNRS:
        assert bits(line.mmse(snr)) == bits(klaim.Source(f"file:path={path}").mmse(snr))
    # Equal points merge; the name is of the law, not of the object.
    twice = klaim.Source.from_atoms([[0.0], [1.0], [0.0], [1.0]])
    assert abs(twice.shannon() - math.log(2)) < 1e-15
    assert klaim.Source.from_atoms(points, weights) == source
    assert klaim.Source(source).spec == source.spec


def test_atoms_go_with_their_last_source():
    source = klaim.Source.from_atoms([1.0, 2.5])
    spec, other = source.spec, klaim.Source.from_atoms([1.0, 2.5])
    del source
    assert klaim.Source(spec).dim == 1
    del other
    with pytest.raises(klaim.InvalidValueError, match="is gone"):
        klaim.Source(spec)


@pytest.mark.parametrize("points, weights", [([[[1.0]]], None), ([1.0, 2.0], [1.0]), ([], None),
                                             ([1.0, math.nan], None), ([1.0, 2.0], [1.0, -1.0])])
def test_what_is_no_law_is_refused(points, weights):
    with pytest.raises(klaim.InvalidValueError):
        klaim.Source.from_atoms(points, weights)


def test_progress_makes_bars():
    bars = []

    class Bar:
        def __init__(self, total, desc):
            self.total, self.desc, self.done, self.closed = total, desc, 0, False
            bars.append(self)

        def update(self, n):
            self.done += n

        def close(self):
            self.closed = True

    klaim.estimate("mmse", "codebook:atoms=20,dim=3", snr=SNRS, samples=1 << 16, progress=Bar)
    assert bars[0].total == 5 and sum(bar.total for bar in bars[1:]) >= 1 << 16
    assert all(bar.done == bar.total and bar.closed for bar in bars) and "samples" in bars[1].desc
    tqdm = pytest.importorskip("tqdm")
    klaim.estimate("mmse", "codebook:atoms=20,dim=3", snr=1.0, samples=4096, progress=tqdm.tqdm)


def test_a_bar_that_fails_ends_the_call():
    def bar(**words):
        raise ZeroDivisionError("no bars today")

    with pytest.raises(ZeroDivisionError, match="no bars today"):
        klaim.estimate("mmse", "codebook:atoms=20,dim=3", snr=SNRS, samples=1 << 20, progress=bar)


def test_names_are_listed():
    assert {"bpsk", "zipf", "atoms"} <= set(klaim.listed("sources"))
    assert {"mmse", "path_kl"} <= set(klaim.listed("quantities"))
    assert "kl-rate" in klaim.listed("claims") and "las" in klaim.listed("schedules")
    with pytest.raises(klaim.UnknownNameError, match="did you mean `sources`"):
        klaim.listed("source")
