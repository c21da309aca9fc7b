"""Ceilings of a CUDA device and the posterior sums in PyTorch on it, as JSON lines.

One line a measurement: {"what", "per_s", "unit", ...}. The peers compute klaim's quantities (mmse and information at 32
SNRs) with the noise shared by all SNRs, the best algorithm that PyTorch's own operations allow, eagerly and compiled.
"""
import json
import time

import torch

DEVICE = "cuda"


def rate(work, unit, what, run, **more):
    """Best of three timed groups, after a warm-up; `work` units a call."""
    run()
    torch.cuda.synchronize()
    best = 0.0
    for _ in range(3):
        start, calls = time.perf_counter(), 0
        while time.perf_counter() - start < 0.5:
            run()
            torch.cuda.synchronize()
            calls += 1
        best = max(best, work * calls / (time.perf_counter() - start))
    print(json.dumps({"what": what, "per_s": float(f"{best:.4g}"), "unit": unit, **more}), flush=True)


def ceilings():
    n = 8192
    for name, dtype in [("dgemm", torch.float64), ("sgemm", torch.float32), ("fp16 gemm", torch.float16)]:
        torch.backends.cuda.matmul.allow_tf32 = False
        a, b = (torch.randn(n, n, device=DEVICE, dtype=dtype) for _ in range(2))
        out = torch.empty_like(a)
        rate(2 * n**3, "flop", name, lambda: torch.mm(a, b, out=out))
    x = torch.randn(1 << 28, device=DEVICE, dtype=torch.float64)
    y = torch.empty_like(x)
    rate(2 * 8 * x.numel(), "bytes", "copy", lambda: y.copy_(x))
    for name, dtype in [("exp f64", torch.float64), ("exp f32", torch.float32)]:
        # Small enough for the second-level cache: the rate is the function's, not the memory's.
        x = -30 * torch.rand(1 << 20, device=DEVICE, dtype=dtype)
        y = torch.empty_like(x)

        def many():
            for _ in range(100):
                torch.exp(x, out=y)

        rate(100 * x.numel(), "exp", name, many)


def sums(products, distances, ln_ratio, root):
    """mmse and information of each sample, relative to its source atom."""
    logits = ln_ratio + root * products - 0.5 * root * root * distances
    top = logits.amax(1, keepdim=True)
    weights = torch.exp(logits - top)
    total = weights.sum(1)
    return 0.5 * (weights * distances).sum(1) / total, -(top[:, 0] + torch.log(total))


def peers(atoms, dim, batch, dtype, compiled):
    x = torch.randn(atoms, dim, device=DEVICE, dtype=torch.float64).to(dtype)
    square = (x * x).sum(1)
    roots = torch.logspace(-1.5, 1.5, 32, dtype=torch.float64).tolist()
    step = torch.compile(sums) if compiled else sums

    def run():
        index = torch.randint(atoms, (batch,), device=DEVICE)
        source, noise = x[index], torch.randn(batch, dim, device=DEVICE, dtype=dtype)
        products = noise @ x.T - (noise * source).sum(1, keepdim=True)
        distances = (square + square[index, None] - 2 * source @ x.T).clamp_(min=0)
        for root in roots:
            step(products, distances, 0.0, torch.tensor(root, device=DEVICE, dtype=dtype))

    what = f"PyTorch {'compiled' if compiled else 'eager'}"
    rate(batch, "samples", what, run, atoms=atoms, dim=dim, dtype=str(dtype).removeprefix("torch."))


def main():
    print(json.dumps({"what": "device", "name": torch.cuda.get_device_name(), "torch": torch.__version__}), flush=True)
    ceilings()
    for atoms, dim, batch in [(4096, 64, 4096), (60000, 784, 1024)]:
        for dtype in [torch.float64, torch.float32]:
            for compiled in [False, True]:
                peers(atoms, dim, batch, dtype, compiled)


main()
