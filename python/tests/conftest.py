"""What the tests share: the program of the same package, in a process of its own."""

import json
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def program():
    """Runs `python -m klaim`; its finished process."""

    def run(*words, **options):
        command = [sys.executable, "-m", "klaim", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)

    return run


@pytest.fixture(scope="session")
def printed(program):
    """What the program prints with `--format json`."""

    def run(*words):
        done = program(*words, "--format", "json", "--quiet")
        assert done.returncode in (0, 1, 3), done.stderr
        return json.loads(done.stdout)

    return run
