"""Claims, reports, probes."""

import csv
import io
import json
import math

import klaim
import numpy as np
import pytest

# Small ones, of every relation; measured and proved.
CLAIMS = ["two-points", "rare-events", "entropy-bound", "renyi-bound", "kl-rate"]
OWN = """
id       = "mine"
lhs      = "snr^2 * mmse_slope"
relation = "<="
rhs      = "C * shannon^1.5"
constants = { C = 0.9 }
over     = { source = ["simplex:atoms=4", "simplex:atoms=16"], snr = [0.5, 2, 20] }
[[control]]
why       = "the simplex needs C > 0.3"
constants = { C = 0.2 }
"""
KEYS = {
    "id": "mine",
    "lhs": "snr^2 * mmse_slope",
    "relation": "<=",
    "rhs": "C * shannon^1.5",
    "constants": {"C": 0.9},
    "over": {"source": ["simplex:atoms=4", "simplex:atoms=16"], "snr": np.array([0.5, 2, 20])},
    "control": [{"why": "the simplex needs C > 0.3", "constants": {"C": 0.2}}],
}


def chosen():
    """Ten built-in claims, the ones above among them."""
    rest = [name for name in klaim.listed("claims") if name not in CLAIMS]
    return CLAIMS + rest[:: len(rest) // 5][:5]


@pytest.mark.parametrize("name", chosen())
def test_claims_are_the_programs(name, program, tmp_path):
    done = program("verify", name, "--out", tmp_path / "run", "--budget", "8192", "--quiet")
    assert done.returncode in (0, 1, 3), done.stderr
    report = klaim.verify(name, budget=8192)
    assert report.csv() == (tmp_path / "run" / "results.csv").read_text()
    assert report.exit == done.returncode
    assert len(report.claims) == 1 and report[name].cases


def test_text_dictionary_and_file_are_one_claim(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    reports = [klaim.verify(claim, budget=8192) for claim in (OWN, KEYS, path, str(path))]
    tables = [list(csv.DictReader(io.StringIO(report.csv()))) for report in reports]
    for table in tables:
        for row in table:
            row.pop("replay")
    assert tables[0] == tables[1] == tables[2] == tables[3] and len(tables[0]) == 12
    assert [claim.verdict for claim in reports[0]] == ["supported"]
    assert reports[0]["mine"].controls[0]["verdict"] == "refuted" and reports[0].exit == 0


def test_a_report_is_a_table_a_card_and_files(tmp_path):
    report = klaim.verify(OWN, budget=8192)
    claim = report["mine"]
    assert claim.tightest["ratio"] < 1 and claim.ok and claim.evidence == "measured"
    card = report._repr_html_()
    assert "✓ supported" in card and "✗ refuted" in card and "<svg" in card and "C · shannon" not in card
    assert claim.latex().count("\\toprule") == 1 and "| case |" in claim.markdown()
    for form in ("svg", "pdf", "tex", "md", "csv", "bib"):
        claim.save(tmp_path / f"mine.{form}")
        assert (tmp_path / f"mine.{form}").stat().st_size > 50
    with pytest.raises(klaim.UnknownNameError, match="form of a claim"):
        claim.save(tmp_path / "mine.docx")
    report.write(tmp_path / "run")
    again = klaim.Report.read(tmp_path / "run")
    assert again.csv() == report.csv() and "mine" in again.html()
    with pytest.raises(klaim.UnknownNameError, match="did you mean `mine`"):
        report["mime"]


def test_a_data_frame_has_the_bits():
    pandas = pytest.importorskip("pandas")
    report = klaim.verify(OWN, budget=8192)
    frame = report.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and frame["believed"].dtype == bool
    expected = [float(row["lhs"]) for row in csv.DictReader(io.StringIO(report.csv()))]
    assert frame["lhs"].tolist() == expected


def test_a_proof_comes_with_its_certificate():
    report = klaim.verify({"id": "proved", "lhs": "mmse", "relation": "<=", "rhs": "1.01",
                           "over": {"source": ["bpsk"], "snr": {"all": [0, math.inf]}}})
    assert report["proved"].evidence == "proved" and report["proved"].verdict == "supported"
    assert len(report.certificates) == 1 and "supported" in report._repr_html_()


def test_out_is_a_run_directory_that_goes_on(tmp_path):
    report = klaim.verify(OWN, budget=8192, out=tmp_path / "run")
    assert {"index.html", "results.csv", "report.json", "run.toml"} <= {p.name for p in (tmp_path / "run").iterdir()}
    again = klaim.verify(OWN, budget=8192, out=tmp_path / "run", resume=True)
    assert again.csv() == report.csv()
    replayed = next(case for case in report["mine"].cases)["replay"]
    assert str(tmp_path / "run") in replayed


def test_a_probe_is_the_programs(printed, tmp_path):
    options = {"source": "bernoulli:p={p}", "budget": 8192, "width": 0.1}
    found = klaim.probe("rare-events", vary={"p": "1e-3..0.5/5"}, **options)
    expected = printed("probe", "rare-events", "--source", "bernoulli:p={p}", "--vary", "p=1e-3..0.5/5", "--budget",
                       "8192", "--width", "0.1", "--out", tmp_path / "probe")
    for side in (found.row, expected):
        side["run"].pop("command"), side["run"].pop("date")
    text = json.dumps(found.row, sort_keys=True).replace("Infinity", '"inf"')
    assert text == json.dumps(expected, sort_keys=True)
    assert found.boundaries and found.findings and "rare-events" in repr(found)
    assert len(found.map) == found.csv().count("\n") - 1 and "<ul>" in found._repr_html_()


def test_a_search_finds_a_law():
    found = klaim.probe(OWN, search=4, atoms=3, dim=1, budget=2048)
    assert found.search["law"] or found.search
