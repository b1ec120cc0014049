"""What tests of real servers under faults begin with: a service that fails as told, and an account of it."""

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.faults.host import Account
from tests.faults.lab import Lab, run_lab
from tests.faults.zygote import Zygote


@pytest.fixture
def lab() -> Generator[Lab]:
    with run_lab() as opened:
        yield opened


@pytest.fixture
def account(zygote: Zygote, lab: Lab, tmp_path: Path) -> Account:
    return Account(zygote, lab.base_url, lab.key, tmp_path)
