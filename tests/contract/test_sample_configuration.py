# SPDX-License-Identifier: Apache-2.0
"""The sample configuration that ``tox -e genconfig`` writes: complete, and itself readable."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest
from oslo_config import cfg

from watcher.conf import opts

ROOT = pathlib.Path(__file__).parents[2]
GENERATOR = ROOT / "etc/watcher/oslo-config-generator/watcher.conf"
UNUSED = {"oslo.concurrency", "oslo.service.service"}
"""Published namespaces of libraries that we do not use; ``cotyledon`` has what is read of them."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    made: pathlib.Path = tmp_path_factory.mktemp("sample") / "watcher.conf.sample"
    command = [pathlib.Path(sys.executable).parent / "oslo-config-generator"]
    done = subprocess.run(
        [*command, "--config-file", GENERATOR, "--output-file", made],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return made


def test_the_sample_is_a_configuration(sample: pathlib.Path) -> None:
    cfg.ConfigOpts()(["--config-file", str(sample)], default_config_files=[])


def test_every_option_of_ours_is_in_its_group(sample: pathlib.Path) -> None:
    text = sample.read_text()
    sections = dict(zip(*[iter(re.split(r"^\[(.+)\]$", text, flags=re.M)[1:])] * 2, strict=True))
    missing = {
        f"{group}.{option.name}"
        for group, listed in opts.list_opts()
        for option in listed
        if not re.search(rf"^#{option.dest} =", sections.get(str(group), ""), re.M)
    }
    assert missing == set()


@pytest.mark.parametrize("name", ["graceful_shutdown_timeout", "max_request_body_size", "backends"])
def test_what_libraries_read_for_us_is_in_it(sample: pathlib.Path, name: str) -> None:
    assert re.search(rf"^#{name} =", sample.read_text(), re.M)


def test_no_library_is_in_it_that_is_not_used() -> None:
    assert not UNUSED & set(re.findall(r"^namespace = (\S+)$", GENERATOR.read_text(), re.M))
