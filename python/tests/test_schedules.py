"""Schedules from a loss: the program's to the bit, and in diffusers."""

import json
import math

import klaim
import numpy as np
import pytest

SIGMAS = np.geomspace(0.02, 20, 40)
LOSS = {"sigma": SIGMAS, "x0": SIGMAS**2 / (1 + SIGMAS**2), "std_err": 0.02 * SIGMAS**2 / (1 + SIGMAS**2)}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("loss") / "loss.csv"
    rows = zip(*(map(repr, map(float, column)) for column in LOSS.values()))
    path.write_text("\n".join([",".join(LOSS), *map(",".join, rows)]) + "\n")
    return path


@pytest.mark.parametrize("options", [{"solver": "ddim"}, {"solver": "euler", "end": "keep"}, {"smoothness": 12.0},
                                     {"regularize": "softlog", "lambda_": 2.0, "candidates": 64}])
def test_schedules_are_the_programs(options, file, program):
    words = ["schedule", "las", "--loss", file, "--steps", 6]
    for key, value in options.items():
        words += [f"--{key.rstrip('_')}", value]
    expected = json.loads(program(*words, "--format", "json").stdout)
    given = [klaim.schedule(loss=loss, steps=6, **options) for loss in (file, str(file), LOSS)]
    for found in given:
        assert {k: v for k, v in found.row.items() if k != "curve"} == {
            k: v for k, v in expected.items() if k != "curve"}
        assert found.steps == 6 and len(found) == 7 and np.all(np.diff(found.snr) > 0)
        assert found.sigmas.tolist() == json.loads(program(*words, "--format", "k-diffusion").stdout)
        assert found.bands.shape == (7, 2) and found.certificate["excess"] <= found.certificate["excess_geometric"]


def test_a_data_frame_is_a_loss():
    pandas = pytest.importorskip("pandas")
    assert klaim.schedule(loss=pandas.DataFrame(LOSS), steps=6).row == klaim.schedule(loss=LOSS, steps=6).row


def test_models_and_forms(program, file):
    file = file.with_name("eps.csv")
    eps = {"sigma": SIGMAS, "eps": 1 / (1 + SIGMAS**2)}
    file.write_text("\n".join(["sigma,eps", *(f"{float(s)!r},{float(e)!r}" for s, e in zip(*eps.values()))]) + "\n")
    words = ["schedule", "las", "--loss", file, "--model", "sd15", "--steps", 5, "--sigma", "ratio"]
    found = klaim.schedule(loss=eps, model="sd15", steps=5, sigma="ratio")
    assert found.row["curve"] == "loss.csv" and "las on loss.csv" in str(found)
    for form in ("diffusers", "diffusers-sigmas", "k-diffusion", "comfyui", "a1111", "edm", "csv"):
        assert found.format(form) == program(*words, "--format", form).stdout, form
    assert found.format("npy")[:6] == b"\x93NUMPY"
    assert "<svg" in found.svg() and "<svg" in found._repr_html_() and "las" in str(found)
    assert found.told.tolist() == json.loads(found.format("diffusers-sigmas"))
    with pytest.raises(klaim.UnknownNameError, match="form of a schedule"):
        found.format("diffuser")


def test_rules_and_sources_need_no_loss():
    found = klaim.schedule("karras:rho=7", steps=4, sigma_max=80.0, sigma_min=0.002)
    assert math.isclose(found.sigmas[0], 80, rel_tol=1e-12) and found.cost is None and found.bands is None
    with pytest.raises(klaim.InvalidValueError, match="no curve"):
        found.svg()
    of_a_law = klaim.schedule(source=klaim.Source.from_atoms([-1.0, 1.0]), steps=4, snr_min=0.01, snr_max=100.0)
    assert of_a_law.row["snr"] == klaim.schedule(source="bpsk", steps=4, snr_min=0.01, snr_max=100.0).row["snr"]
    with pytest.raises(klaim.InvalidValueError, match="unequal lengths: snr 2, x0 3"):
        klaim.schedule(loss={"snr": [1, 2], "x0": [1, 2, 3]}, steps=2)
    with pytest.raises(klaim.UnknownNameError):
        klaim.schedule("karas:rho=7", steps=4, snr_min=1.0, snr_max=2.0)


def test_caveats_are_warnings():
    with pytest.warns(klaim.Note, match="raw axis lost"):
        klaim.schedule(loss=LOSS, steps=6, regularize="raw")


def test_a_plot_is_drawn():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = klaim.schedule(loss=LOSS, steps=6).plot()
    assert axes.get_yscale() == "log" and len(axes.get_lines()[0].get_xdata()) == 7


@pytest.fixture(scope="module")
def pipeline():
    torch = pytest.importorskip("torch")
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    unet = diffusers.UNet2DModel(
        sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, norm_num_groups=4, block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D")).eval()
    scheduler = diffusers.DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
    pipe = diffusers.DDIMPipeline(unet, scheduler)
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.mark.filterwarnings("ignore")
def test_a_pipeline_is_recorded_scheduled_and_called(pipeline, tmp_path):
    import torch

    batches = [torch.randn(8, 1, 8, 8) for _ in range(2)]
    loss = klaim.record_loss(pipeline, batches, tmp_path / "loss.csv", levels=30)
    assert set(loss) == {"snr", "eps", "std_err", "count"} and len(loss["snr"]) == 30
    schedule = klaim.schedule(loss=loss, model="sd15", steps=6, solver="ddim")
    with schedule.apply(pipeline) as levels:
        images = pipeline(output_type="np", **levels).images
    assert np.isfinite(images).all()
    scheduler, timesteps = schedule.scheduler_and_timesteps(pipeline.scheduler)
    assert len(timesteps) == 6 and len(scheduler.timesteps) == 6
    assert len(schedule.timesteps(pipeline.scheduler)) == 6
