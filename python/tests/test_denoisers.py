"""Functions of Python's as denoisers, beside klaim's own and beside ONNX."""

import math
import time

import klaim
import numpy as np
import pytest

SOURCE = "codebook:atoms=20,dim=5"
GRID = {"steps": 8, "schedule": "geometric", "snr_min": 0.05, "snr_max": 100.0}


def shrink(y, snr):
    """The identity's estimate: the state itself."""
    assert y.dtype == np.float64 and y.ndim == 2 and isinstance(snr, float) and snr > 0
    return y


def test_a_function_is_the_denoiser_that_it_computes():
    identity = klaim.Denoiser(shrink, name="identity-again")
    asked = [("loss", {"snr": [0.1, 1.0, 10.0]}), ("denoiser_gap", {"snr": [0.1, 1.0, 10.0]}),
             ("denoiser_kl", GRID), ("girsanov_kl", GRID), ("sliced_wasserstein_2", {**GRID, "sampler": "ddim"})]
    for quantity, axes in asked:
        own = klaim.estimate(quantity, SOURCE, denoiser="identity", samples=4096, method="monte-carlo", **axes)
        found = klaim.estimate(quantity, SOURCE, denoiser=identity, samples=4096, **axes)
        assert np.allclose(found.value, own.value, rtol=1e-12), quantity
    assert set(found.column("denoiser")) == {"python:name=identity-again"}


@pytest.mark.parametrize("input, noise, output", [
    ("y", "sigma", "x0"), ("y", "snr", "eps"), ("x_t", "alpha_bar", "v"), ("flow", "t", "flow"), ("x_t", "logsnr", "eps"),
])
def test_every_form_is_the_same_denoiser(input, noise, output):
    """x̂ = y/2 in every form of state, level and output."""

    def function(state, level):
        sigma = {"sigma": lambda x: x, "snr": lambda x: x**-0.5, "logsnr": lambda x: math.exp(-x / 2),
                 "alpha_bar": lambda x: math.sqrt((1 - x) / x), "t": lambda x: x / (1 - x)}[noise](level)
        signal, spread = {"y": (1.0, sigma), "x_t": (1 / math.hypot(1, sigma), sigma / math.hypot(1, sigma)),
                          "flow": (1 / (1 + sigma), sigma / (1 + sigma))}[input]
        x = state / signal / 2
        z = (state - signal * x) / spread
        a, b = 1 / math.hypot(1, sigma), sigma / math.hypot(1, sigma)
        return {"x0": x, "eps": z, "v": a * z - b * x, "flow": z - x}[output]

    plain = klaim.Denoiser(lambda y, snr: y / 2)
    other = klaim.Denoiser(function, input=input, noise=noise, output=output)
    losses = [klaim.estimate("loss", SOURCE, snr=[0.05, 1.0, 40.0], denoiser=d, samples=2048).value
              for d in (plain, other)]
    assert np.allclose(*losses, rtol=1e-11)


def test_a_function_in_a_claim():
    denoiser = klaim.Denoiser(shrink)
    claim = {"id": "own", "lhs": "loss", "relation": ">=", "rhs": "mmse",
             "over": {"source": [SOURCE], "denoiser": [str(denoiser)], "snr": [0.5, 2.0]},
             "control": [{"why": "the state itself is no posterior mean", "relation": "<=", "rhs": "1.01 * mmse"}]}
    report = klaim.verify(claim, budget=16384)
    assert report["own"].verdict == "supported" and report.exit == 0


class Broken(Exception):
    pass


def fails(y, snr):
    raise Broken("after all")


def test_an_exception_comes_through_with_its_place():
    for call in (lambda d: klaim.estimate("loss", SOURCE, snr=[0.1, 1.0], denoiser=d),
                 lambda d: klaim.verify({"lhs": "loss", "relation": ">=", "rhs": "mmse", "over": {
                     "source": [SOURCE], "denoiser": [str(d)], "snr": [1.0]}}),
                 lambda d: klaim.estimate("sliced_wasserstein_2", SOURCE, denoiser=d, sampler="ddim", **GRID)):
        denoiser = klaim.Denoiser(fails)
        with pytest.raises(Broken, match="after all") as caught:
            call(denoiser)
        assert caught.traceback[-1].name == "fails"
    assert str(klaim.Source("bpsk").mmse(1.0)).startswith("0.4495995")


@pytest.mark.parametrize("function, kind, words", [
    (lambda y, snr: y[:, :2], klaim.InvalidValueError, r"gave an array \[64, 2\] for states \[64, 5\]"),
    (lambda y, snr: y.T, klaim.InvalidValueError, r"\[5, 64\]"),
    (lambda y, snr: None, klaim.InvalidValueError, "gave nothing"),
    (lambda y, snr: y * 1j, klaim.InvalidValueError, "gave complex numbers"),
    (lambda y, snr: "words", klaim.InvalidValueError, "gave a str"),
    (lambda y, snr: y * math.nan, klaim.Error, "not finite"),
    (lambda y, snr: y / 0 if snr > 1 else y, klaim.Error, "not finite"),
])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_no_estimate_is_refused(function, kind, words):
    with pytest.raises(kind, match=words):
        klaim.estimate("loss", SOURCE, snr=2.0, denoiser=klaim.Denoiser(function))


def test_one_number_that_is_missing_leaves_the_others():
    denoiser = klaim.Denoiser(lambda y, snr: y * (math.nan if snr > 1 else 1.0))
    found = klaim.estimate("loss", SOURCE, snr=[0.5, 2.0], denoiser=denoiser, samples=2048)
    assert found[0].believed and math.isnan(found[1]) and "not finite" in found[1].doubts[0]


def test_names_are_taken_once():
    one = klaim.Denoiser(shrink, name="mine")
    with pytest.raises(klaim.InvalidValueError, match="of that name already"):
        klaim.Denoiser(shrink, name="mine")
    del one
    klaim.Denoiser(shrink, name="mine")
    with pytest.raises(klaim.InvalidValueError, match="letters, digits"):
        klaim.Denoiser(shrink, name="a,b")
    with pytest.raises(klaim.UnknownNameError, match="did you mean `sigma`"):
        klaim.Denoiser(shrink, noise="sigmaa")
    with pytest.raises(klaim.InvalidValueError, match="keep it"):
        klaim.estimate("loss", SOURCE, snr=1.0, denoiser="python:name=gone")
    with pytest.raises(klaim.InvalidValueError, match="cannot be called"):
        klaim.Denoiser(3)


def test_a_function_may_ask_klaim():
    def function(y, snr):
        return y * (1 - float(klaim.Source("bpsk").mmse(snr)))

    found = klaim.estimate("loss", SOURCE, snr=1.0, denoiser=klaim.Denoiser(function), samples=2048)
    assert found.believed.all()


# Beside ONNX; these need PyTorch.

def network_on(folder, dim):
    """A network of states [n, dim], and the spec of its ONNX file."""
    torch = pytest.importorskip("torch")
    onnx = pytest.importorskip("onnx")
    torch.manual_seed(3)

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.Sequential(torch.nn.Linear(dim + 1, 32), torch.nn.SiLU(), torch.nn.Linear(32, dim))

        def forward(self, y, sigma):
            level = sigma.reshape(-1, 1)
            scale = 1 / (1 + level**2)
            return scale * y + level * scale.sqrt() * self.layers(torch.cat([y * scale.sqrt(), level.log() / 4], 1))

    network, path = Network().eval(), folder / f"network{dim}.onnx"
    torch.onnx.export(network, (torch.randn(3, dim), torch.rand(3) + 0.1), path, input_names=["y", "sigma"],
                      output_names=["out"], dynamo=False,
                      dynamic_axes={name: {0: "N"} for name in ["y", "sigma", "out"]})
    assert onnx.load(path)
    return network, f"network:path={path}"


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    return network_on(tmp_path_factory.mktemp("onnx"), 5)


@pytest.mark.filterwarnings("ignore")
def test_a_module_is_its_onnx_file(networks):
    network, spec = networks
    module = klaim.Denoiser.of_module(network, name="module")
    last = {**GRID, "sampler": "ddim"}
    asked = [("denoiser_gap", {"snr": [0.05, 1.0, 40.0]}), ("loss", {"snr": [0.05, 1.0, 40.0]}), ("girsanov_kl", GRID),
             ("sliced_wasserstein_2", last), ("energy_distance", last)]
    for quantity, axes in asked:
        found, expected = (klaim.estimate(quantity, SOURCE, denoiser=d, samples=4096, **axes) for d in (module, spec))
        assert np.allclose(found.value, expected.value, rtol=1e-5, atol=0), (quantity, found, expected)
        assert np.allclose(found.std_err, expected.std_err, rtol=1e-4), quantity


@pytest.mark.filterwarnings("ignore")
def test_a_module_on_the_line_is_its_onnx_file(tmp_path):
    network, spec = network_on(tmp_path, 1)
    module = klaim.Denoiser.of_module(network, name="on-the-line")
    for quantity in ("wasserstein_1", "denoiser_kl"):
        axes = {**GRID, "sampler": "ddim"} if quantity == "wasserstein_1" else GRID
        found, expected = (klaim.estimate(quantity, "bpsk", denoiser=d, samples=4096, **axes) for d in (module, spec))
        assert np.allclose(found.value, expected.value, rtol=1e-5, atol=0), (quantity, found, expected)


def test_a_module_in_training_is_refused(networks):
    network, _ = networks
    network.train()
    with pytest.raises(klaim.InvalidValueError, match=r"eval\(\)"):
        klaim.Denoiser.of_module(network)
    network.eval()


@pytest.mark.filterwarnings("ignore")
def test_the_rate_is_told(networks, capsys):
    """Prints states a second by both ways; asserts only that a call is not out of proportion."""
    network, spec = networks
    rates = {}
    for name, denoiser in (("PyTorch", klaim.Denoiser.of_module(network)), ("ONNX", spec),
                           ("NumPy identity", klaim.Denoiser(lambda y, snr: y)), ("built in", "identity")):
        samples = 1 << 16
        begun = time.perf_counter()
        klaim.estimate("loss", SOURCE, snr=1.0, denoiser=denoiser, samples=samples, method="monte-carlo")
        rates[name] = samples / (time.perf_counter() - begun)
    with capsys.disabled():
        print("\nstates a second:", ", ".join(f"{name} {rate:,.0f}" for name, rate in rates.items()))
    assert rates["PyTorch"] > rates["ONNX"] / 100
