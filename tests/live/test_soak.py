"""What `make soak` does for minutes, for seconds: a server that is killed again and again loses and repeats no text."""

import sys
from pathlib import Path

import anyio
import pytest
from tests.faults.zygote import Zygote
from tests.live.soak import Soak

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")

TEXTS = 600
KILLS = 3


async def test_a_live_server_that_is_killed_again_and_again_tells_every_text_once(tmp_path: Path):
    with Zygote(patient=True) as zygote:
        soak = Soak(zygote, tmp_path, TEXTS, KILLS, seed=1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(soak.webhooks)
            tasks.start_soon(soak.polling)

    assert soak.found == []
    for counts in soak.counts.values():
        assert (counts["texts"], counts["kills"]) == (TEXTS, KILLS)
        assert (counts["in the log"], counts["told"]) == (TEXTS, TEXTS)
