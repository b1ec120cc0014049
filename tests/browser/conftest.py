"""One browser for all tests; where the machine has none, they say so and are skipped, but not in CI."""

import os
from collections.abc import Generator

import pytest
from tests.browser.chromium import Chromium, browser, program


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Generator[Chromium]:
    if program() is None:
        missing = "there is no Chromium here; `make browser` installs Debian's where apt is there"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    with browser(tmp_path_factory.mktemp("profile"), "--host-resolver-rules=MAP evil.example 127.0.0.1") as started:
        yield started
