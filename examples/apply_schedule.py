"""Give a diffusers scheduler the schedule that `klaim schedule … --format diffusers` wrote.

    scheduler, model_timesteps = apply_schedule(pipeline.scheduler, json.load(open("schedule.json")))
    for t, model_t in zip(scheduler.timesteps, model_timesteps):  # they differ for DDIM alone
        x = scheduler.step(model(x, model_t).sample, t, x).prev_sample
"""

import inspect

import numpy


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
        own = dict(num_train_timesteps=count, trained_betas=schedule["trained_betas"], timestep_spacing="leading",
                   steps_offset=0, set_alpha_to_one=True, rescale_betas_zero_snr=False)
        scheduler = type(scheduler).from_config(scheduler.config, **own)
        scheduler.set_timesteps(count)
        return scheduler, schedule["timesteps"]
    else:
        raise TypeError(f"{name}.set_timesteps takes no schedule: use DPMSolverMultistepScheduler or EulerDiscreteScheduler")
    return scheduler, scheduler.timesteps
