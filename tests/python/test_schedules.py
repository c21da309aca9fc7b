"""Schedules from `klaim` in the samplers they are for: diffusers and k-diffusion, with a tiny random network."""

import json
import math
import os
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

import numpy as np
import torch
from diffusers import (DDIMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler,
                       FlowMatchEulerDiscreteScheduler, UNet2DModel, UniPCMultistepScheduler)

from apply_schedule import apply_schedule
from record_loss import record_loss

STEPS = 8
# Schedulers keep their noise levels in single precision, made of products of 1 - β.
SINGLE = 2e-5
BETAS = dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)


def klaim(*arguments):
    """What the program prints."""
    command = [os.environ["KLAIM"], "schedule", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def import_k_diffusion_sampling():
    """k_diffusion.sampling without the package's own imports, which are for training."""
    root = next(Path(p) / "k_diffusion" for p in sys.path if (Path(p) / "k_diffusion").is_dir())
    package = types.ModuleType("k_diffusion")
    package.__path__ = [str(root)]
    sys.modules["k_diffusion"] = package
    from k_diffusion import sampling
    return sampling


class Schedules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        torch.set_num_threads(2)
        cls.model = UNet2DModel(sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, norm_num_groups=4,
                                block_out_channels=(8, 16), down_block_types=("DownBlock2D", "DownBlock2D"),
                                up_block_types=("UpBlock2D", "UpBlock2D")).eval()
        cls.folder = tempfile.TemporaryDirectory()
        cls.loss = Path(cls.folder.name) / "loss.csv"
        batches = [torch.randn(16, 1, 8, 8) for _ in range(2)]
        record_loss(cls.model, DDIMScheduler(**BETAS), batches, cls.loss, levels=40)
        cls.las = ["las", "--loss", cls.loss, "--steps", STEPS, "--beta-schedule", "scaled_linear"]
        cls.schedule = json.loads(klaim(*cls.las, "--solver", "ddim", "--format", "diffusers"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_to_the_end(self, scheduler, timesteps):
        x = torch.randn(2, 1, 8, 8) * float(scheduler.init_noise_sigma)
        for t, model_t in zip(scheduler.timesteps, timesteps, strict=True):
            with torch.no_grad():
                x = scheduler.step(self.model(scheduler.scale_model_input(x, t), model_t).sample, t, x).prev_sample
        self.assertTrue(torch.isfinite(x).all())
        return x

    def assert_close(self, found, expected, tolerance=SINGLE):
        np.testing.assert_allclose(np.asarray(found, dtype=float), expected, rtol=tolerance, atol=1e-12)

    def test_recorded_losses_are_read(self):
        header = self.loss.read_text().splitlines()[0]
        self.assertEqual(header, "snr,eps,std_err,count")
        value = json.loads(klaim(*self.las, "--format", "json"))
        self.assertEqual(len(value["bands"]), STEPS + 1)
        self.assertLessEqual(value["cost"], value["cost_geometric"] * 1.0000001)

    def test_dpm_solver_has_our_noise_levels(self):
        scheduler, timesteps = apply_schedule(DPMSolverMultistepScheduler(algorithm_type="dpmsolver++", **BETAS), self.schedule)
        self.assertEqual(scheduler.timesteps.tolist(), self.schedule["timesteps"])
        self.assert_close(scheduler.sigmas, self.schedule["timestep_sigmas"])
        # Whole timesteps are as near as they can be: half a timestep is at most 2 % in sigma here, 8 % at the clean end.
        self.assert_close(self.schedule["timestep_sigmas"], self.schedule["sigmas"], 0.08)
        self.run_to_the_end(scheduler, timesteps)

    def test_ddim_has_our_noise_levels(self):
        scheduler, timesteps = apply_schedule(DDIMScheduler(clip_sample=False, **BETAS), self.schedule)
        own = ((1 - scheduler.alphas_cumprod) / scheduler.alphas_cumprod).sqrt().flip(0)
        self.assert_close(own, self.schedule["sigmas"][:-1])
        torch.manual_seed(1)
        found = self.run_to_the_end(scheduler, timesteps)
        # DDIM written out: x = αX + σε, the same ε̂ from one level to the next, 1 at the end.
        torch.manual_seed(1)
        x = torch.randn(2, 1, 8, 8)
        levels = [(1 / math.sqrt(1 + s * s), s / math.sqrt(1 + s * s)) for s in self.schedule["sigmas"]]
        for (alpha, sigma), (after, left), t in zip(levels, levels[1:], timesteps):
            with torch.no_grad():
                eps = self.model(x, t).sample
            x = after * (x - sigma * eps) / alpha + left * eps
        self.assert_close(found, x.numpy(), 2e-3)

    def test_euler_has_our_noise_levels(self):
        scheduler, timesteps = apply_schedule(EulerDiscreteScheduler(**BETAS), self.schedule)
        self.assert_close(scheduler.sigmas, self.schedule["sigmas"])
        self.run_to_the_end(scheduler, timesteps)

    def test_flow_matching_has_our_noise_levels(self):
        flow = [*self.schedule["flow_sigmas"], 0.0]
        unipc = UniPCMultistepScheduler(use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=2.0)
        for scheduler in [FlowMatchEulerDiscreteScheduler(), FlowMatchEulerDiscreteScheduler(shift=3.0), unipc]:
            scheduler, timesteps = apply_schedule(scheduler, self.schedule)
            self.assert_close(scheduler.sigmas, flow)
            x = torch.randn(2, 1, 8, 8)
            for t in timesteps:
                with torch.no_grad():
                    x = scheduler.step(self.model(x, t).sample, t, x).prev_sample
            self.assertTrue(torch.isfinite(x).all())

    def test_a_scheduler_without_a_way_in_says_so(self):
        with self.assertRaises(TypeError):
            apply_schedule(UniPCMultistepScheduler(**BETAS), self.schedule)

    def test_k_diffusion_takes_the_array(self):
        sampling = import_k_diffusion_sampling()
        sigmas = torch.tensor(json.loads(klaim(*self.las, "--format", "k-diffusion")))
        self.assertEqual(len(sigmas), STEPS + 1)
        for sampler in [sampling.sample_euler, sampling.sample_dpmpp_2m, sampling.sample_heun]:
            seen = []

            def denoise(x, sigma, **_):
                seen.append(sigma[0].item())
                return x / (1 + sigma[:, None] ** 2)

            x = sampler(denoise, torch.randn(4, 3) * sigmas[0], sigmas, disable=True)
            self.assertTrue(torch.isfinite(x).all())
            self.assertEqual(sorted(set(seen), reverse=True), sigmas[:-1].tolist())

    def test_the_arctan_law_is_what_it_says(self):
        """DDIM for N(0, c²I) on the arctan grid: each step multiplies the standard deviation by cos Δθ."""
        sampling = import_k_diffusion_sampling()
        c, ends, steps = 1.3, (80.0, 0.01), 9
        rule = ["arctan:scale=1.3", "--steps", steps, "--snr-min", ends[0] ** -2, "--snr-max", ends[1] ** -2]
        sigmas = torch.tensor(json.loads(klaim(*rule, "--format", "k-diffusion", "--end", "keep")), dtype=torch.float64)

        def denoise(x, sigma, **_):
            return x * c * c / (c * c + sigma[:, None] ** 2)

        x = sampling.sample_euler(denoise, torch.ones(1, 1, dtype=torch.float64), sigmas, disable=True)
        exact = math.sqrt((c * c + ends[1] ** 2) / (c * c + ends[0] ** 2))
        angle = math.atan(ends[0] / c) - math.atan(ends[1] / c)
        self.assertAlmostEqual(x.item() / exact, math.cos(angle / steps) ** steps, places=12)
        # The golden value of nine steps, to its ten digits.
        self.assertAlmostEqual(x.item() / exact, 0.8749479245, places=9)

    def test_arrays_are_the_same_in_numpy(self):
        path = Path(self.folder.name) / "sigmas.npy"
        klaim(*self.las, "--format", "npy", "--out", path)
        self.assertEqual(np.load(path).tolist(), json.loads(klaim(*self.las, "--format", "edm")))


if __name__ == "__main__":
    unittest.main()
