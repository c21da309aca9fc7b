"""The notebooks run from their first cell to their last."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "notebooks"
SECONDS = 180


@pytest.mark.parametrize("name", ["referee", "theorist", "practitioner"])
def test_notebooks_run(name, tmp_path):
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    if name == "practitioner":
        pytest.importorskip("diffusers")
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "outputs are stripped: they are made here"
    client.NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": tmp_path}}).execute()
    nbformat.write(notebook, tmp_path / f"{name}.ipynb")
