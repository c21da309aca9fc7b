"""Record the loss curve of a diffusers model for `klaim schedule las --loss loss.csv`.

    record_loss(unet, scheduler, batches, "loss.csv")       # batches: tensors of training data, a few hundred samples in all
"""

import csv

import torch

COLUMN = {"epsilon": "eps", "v_prediction": "v", "sample": "x0"}


@torch.no_grad()
def record_loss(model, scheduler, batches, path, levels=100, **conditioning):
    """Mean squared error per coordinate and its standard error at `levels` noise levels, one row each."""
    kind = scheduler.config.prediction_type
    alpha_bar = scheduler.alphas_cumprod.double()
    steps = torch.linspace(0, len(alpha_bar) - 1, levels).round().long().unique()
    errors = [[] for _ in steps]
    for x0 in batches:
        for k, step in enumerate(steps):
            noise, t = torch.randn_like(x0), step.repeat(len(x0)).to(x0.device)
            target = {"epsilon": noise, "sample": x0}.get(kind)
            target = scheduler.get_velocity(x0, noise, t) if target is None else target
            error = model(scheduler.add_noise(x0, noise, t), t, **conditioning).sample - target
            errors[k] += error.double().square().flatten(1).mean(1).tolist()
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["snr", COLUMN[kind], "std_err", "count"])
        for step, values in zip(steps, map(torch.tensor, errors)):
            snr = (alpha_bar[step] / (1 - alpha_bar[step])).item()
            rows.writerow([snr, values.mean().item(), (values.std() / len(values) ** 0.5).item(), len(values)])
