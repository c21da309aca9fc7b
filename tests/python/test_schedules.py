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
from diffusers import (AutoencoderKL, DDIMPipeline, DDIMScheduler, DDPMPipeline, DDPMScheduler, DEISMultistepScheduler,
                       DPMSolverMultistepScheduler, EulerAncestralDiscreteScheduler, EulerDiscreteScheduler,
                       FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel, PNDMScheduler,
                       SD3Transformer2DModel, StableDiffusion3Pipeline, StableDiffusionPipeline, StableDiffusionXLPipeline,
                       UNet2DConditionModel, UNet2DModel, UniPCMultistepScheduler)

import apply_schedule as apply_schedule_module
from apply_schedule import apply_schedule, scheduled
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


class Pipelines(unittest.TestCase):
    """Pipelines of tiny random networks run our levels: a hook in the network records the levels that it is called at."""

    def setUp(self):
        torch.manual_seed(0)
        torch.set_num_threads(2)

    def schedule(self, model, rule="karras", **ends):
        ends = {"sigma_max": 12, "sigma_min": 0.05, **ends}
        said = [x for key, value in ends.items() for x in (f"--{key.replace('_', '-')}", value)]
        return json.loads(klaim(rule, "--steps", STEPS, "--model", model, *said, "--format", "diffusers"))

    def run_pipeline(self, pipe, schedule, **arguments):
        pipe.set_progress_bar_config(disable=True)
        with scheduled(pipe, schedule) as levels:
            return pipe(**levels, **arguments, output_type="np" if "height" not in arguments else "latent")

    def unconditional(self, pipeline, scheduler):
        return pipeline(unet=Schedules.model, scheduler=scheduler)

    @classmethod
    def setUpClass(cls):
        if not hasattr(Schedules, "model"):
            Schedules.setUpClass()

    def test_ddim_and_ddpm_pipelines(self):
        schedule = self.schedule("sd15")
        self.run_pipeline(self.unconditional(DDIMPipeline, DDIMScheduler(**BETAS)), schedule)
        self.run_pipeline(self.unconditional(DDPMPipeline, DDPMScheduler(**BETAS)), schedule)

    def latent_models(self):
        vae = AutoencoderKL(block_out_channels=(8,), norm_num_groups=4, latent_channels=4, sample_size=16,
                            down_block_types=("DownEncoderBlock2D",), up_block_types=("UpDecoderBlock2D",))
        return vae

    def test_stable_diffusion_pipelines(self):
        unet = UNet2DConditionModel(sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, norm_num_groups=4,
                                    block_out_channels=(8, 16), cross_attention_dim=8, attention_head_dim=2,
                                    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                                    up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"))
        schedule, prompt = self.schedule("sd15"), torch.randn(1, 4, 8)
        told = dict(prompt_embeds=prompt, negative_prompt_embeds=prompt, height=8, width=8)
        for scheduler in [EulerDiscreteScheduler, DDIMScheduler, DPMSolverMultistepScheduler, UniPCMultistepScheduler,
                          DEISMultistepScheduler, EulerAncestralDiscreteScheduler]:
            with self.subTest(scheduler=scheduler.__name__):
                pipe = StableDiffusionPipeline(vae=self.latent_models(), text_encoder=None, tokenizer=None, unet=unet,
                                               scheduler=scheduler(**BETAS), safety_checker=None, feature_extractor=None,
                                               requires_safety_checker=False)
                self.run_pipeline(pipe, schedule, **told)
        pipe.scheduler = PNDMScheduler(**BETAS)
        with self.assertRaises(TypeError):
            self.run_pipeline(pipe, schedule, **told)

    def test_stable_diffusion_xl_pipeline(self):
        unet = UNet2DConditionModel(sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, norm_num_groups=4,
                                    block_out_channels=(8, 16), cross_attention_dim=8, attention_head_dim=2,
                                    addition_embed_type="text_time", addition_time_embed_dim=4,
                                    projection_class_embeddings_input_dim=32, transformer_layers_per_block=1,
                                    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                                    up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"))
        pipe = StableDiffusionXLPipeline(vae=self.latent_models(), text_encoder=None, text_encoder_2=None, tokenizer=None,
                                         tokenizer_2=None, unet=unet, scheduler=EulerDiscreteScheduler(**BETAS))
        prompt, pooled = torch.randn(1, 4, 8), torch.randn(1, 8)
        self.run_pipeline(pipe, self.schedule("sdxl"), prompt_embeds=prompt, negative_prompt_embeds=prompt,
                          pooled_prompt_embeds=pooled, negative_pooled_prompt_embeds=pooled, height=8, width=8)

    def test_stable_diffusion_3_pipeline(self):
        transformer = SD3Transformer2DModel(sample_size=8, patch_size=1, in_channels=4, num_layers=1, attention_head_dim=8,
                                            num_attention_heads=2, joint_attention_dim=8, caption_projection_dim=16,
                                            pooled_projection_dim=8, out_channels=4)
        pipe = StableDiffusion3Pipeline(transformer=transformer, scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
                                        vae=self.latent_models(), text_encoder=None, tokenizer=None, text_encoder_2=None,
                                        tokenizer_2=None, text_encoder_3=None, tokenizer_3=None)
        prompt, pooled = torch.randn(1, 4, 8), torch.randn(1, 8)
        schedule = self.schedule("sd3", "flow:shift=3", sigma_max="inf", sigma_min=0.01)
        self.assertEqual(schedule["flow_sigmas"][0], 1.0)
        self.run_pipeline(pipe, schedule, prompt_embeds=prompt, negative_prompt_embeds=prompt, pooled_prompt_embeds=pooled,
                          negative_pooled_prompt_embeds=pooled, height=8, width=8)

    def test_flux_pipeline(self):
        transformer = FluxTransformer2DModel(patch_size=1, in_channels=16, num_layers=1, num_single_layers=1,
                                             attention_head_dim=16, num_attention_heads=2, joint_attention_dim=8,
                                             pooled_projection_dim=8, axes_dims_rope=[4, 4, 8])
        scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
        pipe = FluxPipeline(scheduler=scheduler, vae=self.latent_models(), text_encoder=None, tokenizer=None,
                            text_encoder_2=None, tokenizer_2=None, transformer=transformer)
        self.run_pipeline(pipe, self.schedule("flux", "flow:shift=3", sigma_max="inf", sigma_min=0.01), height=16, width=16,
                          prompt_embeds=torch.randn(1, 4, 8), pooled_prompt_embeds=torch.randn(1, 8))

    def test_the_list_of_targets_is_that_of_the_example(self):
        listed = json.loads(subprocess.run([os.environ["KLAIM"], "list", "targets", "--format", "json"], check=True,
                                           stdout=subprocess.PIPE).stdout)
        names = {item["name"] for item in listed if item["name"].endswith("Scheduler")}
        self.assertEqual(names, {*apply_schedule_module.OF_SIGMAS, *apply_schedule_module.OF_FLOW,
                                 *apply_schedule_module.OF_BETAS})

    def test_a_pipeline_that_sets_its_own_levels_is_found_out(self):
        pipe = self.unconditional(DDIMPipeline, DDIMScheduler(**BETAS))
        pipe.set_progress_bar_config(disable=True)
        with self.assertRaisesRegex(RuntimeError, "not of this schedule"):
            with scheduled(pipe, self.schedule("sd15")):
                pipe(num_inference_steps=4)
        self.assertEqual(pipe.scheduler.config.num_train_timesteps, 1000)


if __name__ == "__main__":
    unittest.main()
