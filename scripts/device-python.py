"""A PyTorch model on the device as a denoiser of the Python package, and estimates of the package on the device.

Prints JSON lines; exit status 1 where a figure is not klaim's own.
"""
import json
import math
import sys
import time

import klaim
import torch

SOURCE = "codebook:atoms=256,dim=32,seed=3"
SNRS = [0.1, 1.0, 10.0]


def say(what, holds, **figures):
    print(json.dumps({"what": what, "holds": bool(holds), **figures}), flush=True)
    return bool(holds)


def farthest(found, expected):
    """Largest relative difference; infinite where one is no number."""
    apart = [abs(a - b) / b for a, b in zip(found, expected, strict=True)]
    return max(apart) if all(math.isfinite(x) for x in apart) else math.inf


def shrink(y, snr):
    """The identity's estimate, through the device and back."""
    return torch.as_tensor(y, device="cuda").mul(1.0).cpu().numpy()


class Model(torch.nn.Module):
    """Three layers of 512 in f32, as a small learned denoiser has them."""

    def __init__(self, dim):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(dim + 1, 512), torch.nn.SiLU(), torch.nn.Linear(512, 512), torch.nn.SiLU(), torch.nn.Linear(512, dim)
        )

    def forward(self, y, level):
        return self.layers(torch.cat([y, level.expand(len(y), 1)], 1))


def main():
    holds = []
    own = klaim.estimate("loss", SOURCE, snr=SNRS, denoiser="identity", samples=65536, method="monte-carlo")
    found = klaim.estimate("loss", SOURCE, snr=SNRS, denoiser=klaim.Denoiser(shrink), samples=65536)
    off = farthest(found.value, own.value)
    holds.append(say("identity through PyTorch on the device", off < 1e-12, relative=float(off)))

    torch.manual_seed(0)
    model = Model(32).cuda().eval()
    host = Model(32).eval()
    host.load_state_dict(model.state_dict())

    def through(model, device):
        @torch.no_grad()
        def run(y, snr):
            states = torch.as_tensor(y, dtype=torch.float32, device=device)
            level = torch.log(torch.tensor([[snr]], dtype=torch.float32, device=device))
            return model(states, level).double().cpu().numpy()

        return run

    losses, rates = [], []
    for module, device in [(model, "cuda"), (host, "cpu")]:
        denoiser = klaim.Denoiser(through(module, device))
        klaim.estimate("loss", SOURCE, snr=SNRS, denoiser=denoiser, samples=2048)
        start = time.perf_counter()
        losses.append(klaim.estimate("loss", SOURCE, snr=SNRS, denoiser=denoiser, samples=65536).value)
        rates.append(len(SNRS) * 65536 / (time.perf_counter() - start))
    off = farthest(*losses)
    holds.append(say("a model on the device and on the CPU", off < 1e-3, relative=float(off), states_per_s_device=rates[0], states_per_s_cpu=rates[1]))

    cpu = klaim.estimate("mmse", SOURCE, snr=SNRS, samples=65536, method="monte-carlo")
    device = klaim.estimate("mmse", SOURCE, snr=SNRS, samples=65536, method="monte-carlo", backend="cuda")
    off = farthest(device.value, cpu.value)
    holds.append(say("mmse with backend='cuda'", off < 1e-9, relative=float(off)))
    return 0 if all(holds) else 1


sys.exit(main())
