"""Give a diffusers pipeline, or a scheduler of your own loop, the schedule that `klaim schedule … --format diffusers` wrote.

    with scheduled(pipe, "schedule.json") as levels:
        image = pipe(prompt, **levels).images[0]

Leaving the block checks that the model was called at the levels of the schedule, and raises where it was not.

    scheduler, model_timesteps = apply_schedule(pipe.scheduler, json.load(open("schedule.json")))
    for t, model_t in zip(scheduler.timesteps, model_timesteps):  # they differ for DDIM alone
        x = scheduler.step(model(x, model_t).sample, t, x).prev_sample
"""

import contextlib
import inspect
import json

import numpy

# Schedulers that a table of K trained betas makes visit exactly those levels, and how they space K of K timesteps.
OF_BETAS = {"DDIMScheduler": "leading", "DDPMScheduler": "leading", "DPMSolverMultistepScheduler": "trailing",
            "DEISMultistepScheduler": "trailing", "UniPCMultistepScheduler": "trailing",
            "EulerAncestralDiscreteScheduler": "trailing"}
# Schedulers that take sigmas, and step through them.
OF_SIGMAS = ("EulerDiscreteScheduler",)
OF_FLOW = ("FlowMatchEulerDiscreteScheduler",)
# Schedulers keep their levels in single precision: 2e-6 is what was seen.
SINGLE = 1e-5


def _with_betas(scheduler, schedule):
    """The scheduler of a diffusion whose own timesteps are the schedule's levels."""
    takes = inspect.signature(type(scheduler).__init__).parameters
    own = dict(num_train_timesteps=schedule["num_inference_steps"], trained_betas=schedule["trained_betas"],
               timestep_spacing=OF_BETAS[type(scheduler).__name__], steps_offset=0, set_alpha_to_one=True,
               rescale_betas_zero_snr=False, use_karras_sigmas=False, use_lu_lambdas=False, final_sigmas_type="zero",
               use_exponential_sigmas=False, use_beta_sigmas=False)
    return type(scheduler).from_config(scheduler.config, **{key: own[key] for key in own if key in takes})


def apply_schedule(scheduler, schedule):
    """The scheduler with the schedule's noise levels, and the timesteps to call the model with."""
    takes = inspect.signature(scheduler.set_timesteps).parameters
    name, count = type(scheduler).__name__, schedule["num_inference_steps"]
    if "FlowMatch" in name or getattr(scheduler.config, "use_flow_sigmas", False):
        # The scheduler shifts what it is given: give what it shifts to ours.
        shift = getattr(scheduler.config, "shift", None) or getattr(scheduler.config, "flow_shift", None) or 1.0
        flow = numpy.array(schedule["flow_sigmas"])
        scheduler.set_timesteps(sigmas=flow / (shift - (shift - 1) * flow))
    elif "sigmas" in takes and "timesteps" in takes:
        scheduler.set_timesteps(sigmas=schedule["sigmas"])
    elif "timesteps" in takes:
        scheduler.set_timesteps(timesteps=schedule["timesteps"])
    elif name == "DDIMScheduler":
        # Its step ignores the timesteps: a diffusion whose own timesteps are the schedule's is exact.
        scheduler = _with_betas(scheduler, schedule)
        scheduler.set_timesteps(count)
        return scheduler, schedule["timesteps"]
    else:
        raise TypeError(f"{name}.set_timesteps takes no schedule: use DPMSolverMultistepScheduler or EulerDiscreteScheduler")
    return scheduler, scheduler.timesteps


def _close(found, asked, what):
    found, asked = numpy.asarray(found, dtype=float), numpy.asarray(asked, dtype=float)
    if found.shape != asked.shape or not numpy.allclose(found, asked, rtol=SINGLE, atol=1e-9):
        raise RuntimeError(f"{what} {found.tolist()}, and not at the schedule's {asked.tolist()}: the pipeline has set "
                           "other timesteps of its own, so what it returned is not of this schedule")


class _Calls:
    """The timesteps that a network is called with, each once however often a step calls; `told` replaces them."""

    def __init__(self, told=None):
        self.seen, self.told = [], told

    def __call__(self, module, arguments, keywords):
        arguments, keywords = list(arguments), dict(keywords)
        holder, key = (keywords, "timestep") if "timestep" in keywords else (arguments, 1)
        t = holder[key]
        if self.told is not None:
            value = self.told[int(t.flatten()[0] if hasattr(t, "flatten") else t)]
            holder[key] = t * 0.0 + value if hasattr(t, "dtype") and t.dtype.is_floating_point else value
            t = value
        t = float(t.flatten()[0]) if hasattr(t, "flatten") else float(t)
        if not self.seen or self.seen[-1] != t:
            self.seen.append(t)
        return tuple(arguments), keywords


@contextlib.contextmanager
def scheduled(pipe, schedule):
    """What to call the pipeline with, its scheduler being the schedule's inside the block."""
    if not isinstance(schedule, dict):
        with open(schedule) as file:
            schedule = json.load(file)
    before, name, count = pipe.scheduler, type(pipe.scheduler).__name__, schedule["num_inference_steps"]
    takes = inspect.signature(type(pipe).__call__).parameters
    calls = _Calls()
    if name in OF_FLOW and "sigmas" in takes:
        # Without a shift of its own, fixed or by the size of the picture, the levels are those that it is given.
        pipe.scheduler = type(before).from_config(before.config, shift=1.0, use_dynamic_shifting=False, shift_terminal=None,
                                                  use_karras_sigmas=False, use_exponential_sigmas=False,
                                                  use_beta_sigmas=False)
        levels = dict(sigmas=schedule["flow_sigmas"], num_inference_steps=count)
    elif name in OF_SIGMAS and "sigmas" in takes:
        levels = dict(sigmas=schedule["sigmas"])
    elif name in OF_BETAS and "model_timesteps" in schedule:
        pipe.scheduler = _with_betas(before, schedule)
        levels, calls = dict(num_inference_steps=count), _Calls(schedule["model_timesteps"][::-1])
    else:
        raise TypeError(f"{type(pipe).__name__} with {name} cannot be given a schedule: with noise levels of sigma take "
                        f"{', '.join(OF_SIGMAS)} or one of {', '.join(OF_BETAS)} (and --model or --beta-schedule), for a flow "
                        f"{', '.join(OF_FLOW)}")
    network = getattr(pipe, "unet", None) or pipe.transformer
    hook = network.register_forward_pre_hook(calls, with_kwargs=True)
    try:
        yield levels
        own = pipe.scheduler
        if name in OF_FLOW:
            told = numpy.array(calls.seen)
            told = told / own.config.num_train_timesteps if told.max() > 1 else told
            _close(told, schedule["flow_sigmas"], "the network was called at the times")
            _close(own.sigmas[:-1], schedule["flow_sigmas"], "the samples were at the times")
        else:
            asked = numpy.array(schedule["sigmas"][:count])
            ratio = lambda bars: ((1 - bars.double()) / bars.double()).sqrt().numpy()
            table = numpy.log(ratio(before.alphas_cumprod))
            told = numpy.exp(numpy.interp(calls.seen, numpy.arange(len(table)), table))
            _close(told, asked, "the network was told the noise levels")
            sampled = own.sigmas[:-1] if hasattr(own, "sigmas") else ratio(own.alphas_cumprod)[::-1]
            _close(sampled, asked, "the samples were at the noise levels")
    finally:
        hook.remove()
        pipe.scheduler = before
