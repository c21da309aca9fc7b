"""PyTorch's networks, exported to ONNX in every way there is, in `klaim`."""

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "data" / "trained"))
from network import Network, onnx_file, rounded  # noqa: E402

DIM, ROWS = 5, 1000
SIGMAS = [12.0, 0.9, 0.03]
SOURCE = "codebook:atoms=20,dim=5"


def klaim(*arguments):
    """What the program prints."""
    command = [os.environ["KLAIM"], *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def export(module, inputs, names, path, dynamo):
    """Writes `module` with a dynamic first dimension."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            size = torch.export.Dim("N", min=2)
            torch.onnx.export(module, inputs, path, input_names=names, output_names=["out"], dynamo=True,
                              external_data=True, dynamic_shapes=({0: size}, {0: size}), verbose=False)
        else:
            torch.onnx.export(module, inputs, path, input_names=names, output_names=["out"], dynamo=False,
                              dynamic_axes={name: {0: "N"} for name in [*names, "out"]})


class Given(nn.Module):
    """A network that reads another form of the state and gives another form of the estimate."""

    def __init__(self, network, form):
        super().__init__()
        self.network, self.form = network, form

    def forward(self, state, level):
        level = level.reshape(-1, 1)
        if self.form == "eps":
            signal, noise = level.sqrt(), (1 - level).sqrt()
        elif self.form == "v":
            signal, noise = torch.sigmoid(level).sqrt(), torch.sigmoid(-level).sqrt()
        else:
            signal, noise = 1 - level, level
        x = self.network(state / signal, (noise / signal).reshape(-1))
        z = (state - signal * x) / noise
        return {"eps": z, "v": signal * z - noise * x, "flow": z - x}[self.form]


class Networks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(3)
        torch.set_num_threads(2)
        cls.network = Network(torch.linspace(-0.4, 0.3, DIM), 0.8, 32).eval()
        nn.init.normal_(cls.network.leave.weight, std=0.2)
        rounded(cls.network)
        cls.folder = tempfile.TemporaryDirectory()
        cls.place = Path(cls.folder.name)
        cls.example = (torch.randn(3, DIM), torch.rand(3) + 0.1)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_exports_agree_with_pytorch(self):
        (self.place / "written.onnx").write_bytes(onnx_file(self.network))
        export(self.network, self.example, ["y", "sigma"], self.place / "dynamo.onnx", True)
        export(self.network, self.example, ["y", "sigma"], self.place / "script.onnx", False)
        self.assertTrue((self.place / "dynamo.onnx.data").exists(), "the weights lie apart")
        exact = Network(self.network.mean.double(), 0.8, 32).double().eval()
        exact.load_state_dict({name: x.double() for name, x in self.network.state_dict().items()})
        for sigma in SIGMAS:
            states = (torch.randn(ROWS, DIM) * (0.9 + sigma)).numpy()
            np.save(self.place / "states.npy", states.astype(np.float64))
            levels = torch.full((ROWS,), sigma)
            with torch.no_grad():
                single = self.network(torch.from_numpy(states), levels).numpy()
                double = exact(torch.from_numpy(states).double(), levels.double()).numpy()
            length = np.sqrt((double**2).sum(1).mean())
            for name in ["written", "dynamo", "script"]:
                text = klaim("denoise", f"network:path={self.place / name}.onnx", "--source", SOURCE, "--states",
                             self.place / "states.npy", "--snr", repr(sigma**-2), "--format", "csv")
                found = np.array(list(csv.reader(io.StringIO(text)))[1:], dtype=float)
                self.assertEqual(found.shape, states.shape)
                for expected in (single, double):
                    apart = np.sqrt(((found - expected) ** 2).sum(1).max()) / length
                    self.assertLess(apart, 1e-6, f"{name} at sigma {sigma}")

    def test_every_form_has_the_same_loss(self):
        (self.place / "x0.onnx").write_bytes(onnx_file(self.network))
        specs = [f"network:path={self.place}/x0.onnx"]
        for form, words in [("eps", "input=x_t,noise=alpha_bar"), ("v", "input=x_t,noise=logsnr"),
                            ("flow", "input=flow,noise=t")]:
            path = self.place / f"{form}.onnx"
            state, noise = words.replace("input=", "").replace("noise=", "").split(",")
            level = torch.rand(3) * 0.8 + 0.1
            export(Given(self.network, form), (torch.randn(3, DIM), level), [state, noise], path, False)
            specs.append(f"network:path={path},{words},output={form}")
        for snr in [0.01, 0.7, 60.0]:
            losses = []
            for spec in specs:
                text = klaim("estimate", "loss", "--source", SOURCE, "--snr", snr, "--denoiser", spec, "--samples",
                             4096, "--format", "json")
                row = json.loads(text)["rows"][0]
                self.assertGreater(row["bound"], 0)
                self.assertLess(row["bound"], 1e-4 * row["value"])
                losses.append(row["value"])
            for spec, loss in zip(specs, losses):
                self.assertLess(abs(loss / losses[0] - 1), 1e-5, f"{spec} at {snr}: {losses}")


if __name__ == "__main__":
    unittest.main()
