"""A real server process over HTTP that is killed and started again, on one port and one state folder."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import anyio
from tests.faults.connections import Door
from tests.faults.zygote import Zygote
from tests.live.patience import until
from tests.served import bearing_secret

_LOOK_SECONDS = 0.005
_UP_SECONDS = 20.0


@dataclass(eq=False)
class KilledServer:
    """The server; what it says on standard error is kept in files beside its state.

    Args:
        zygote: forks it.
        folder: for its state and what it says.
        key: of the account.
        base_url: of the service.

    Attributes:
        webhooks: whether it has a public address, its own.
        starts: how often it was started.
    """

    zygote: Zygote
    folder: Path
    key: str
    base_url: str
    webhooks: bool = False
    starts: int = 0
    _number: int = 0
    _door: Door = field(default_factory=Door)  # keeps the port ours while no server has it

    def __post_init__(self) -> None:
        self._door.shut()

    async def __aenter__(self) -> Self:
        await self.start()
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()
        self._door.close()

    @property
    def port(self) -> int:
        return self._door.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def secret(self) -> dict[str, str]:
        """The header that its hosts need, once it has been up."""
        return bearing_secret(self.folder / "state")

    @property
    def state_file(self) -> Path:
        return self.folder / "state" / "state.sqlite3"

    async def start(self) -> None:
        """Start it; it need not be up when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.starts += 1
        stderr = os.open(self.folder / f"stderr-{self.starts}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDWR)
        arguments = ("--transport", "http", "--port", f"{self.port}")
        try:
            self._number = await anyio.to_thread.run_sync(
                lambda: self.zygote.fork(self._environment(), nothing, nothing, stderr, *arguments)
            )
        finally:
            os.close(nothing)
            os.close(stderr)

    async def kill(self) -> None:
        """End it with -9."""
        await anyio.to_thread.run_sync(self.zygote.kill, self._number)

    async def up(self) -> None:
        """Wait until it takes connections."""
        with anyio.fail_after(_UP_SECONDS):
            while True:
                try:
                    await (await anyio.connect_tcp("127.0.0.1", self.port)).aclose()
                except OSError:
                    await anyio.sleep(_LOOK_SECONDS)
                else:
                    return

    async def kill_at(self, moments: list[float], progress: Callable[[], float], chance: random.Random) -> None:
        """Kill it and start it again whenever the work is done to one of these parts."""
        for moment in sorted(moments):
            await until(lambda moment=moment: progress() >= moment)
            await anyio.sleep(chance.uniform(0, 0.05))  # the moment is what this is about
            await self.kill()
            await anyio.sleep(chance.choice([0.0, 0.0, chance.uniform(0, 1.0)]))
            await self.start()
            if chance.random() < 4 / 5:  # else it may be killed while it starts
                await self.up()

    def _environment(self) -> dict[str, str]:
        own = {
            "API_KEY": self.key,
            "BASE_URL": self.base_url,
            "STATE_DIR": str(self.folder / "state"),
            "RATE_LIMIT": "100000/60",
            "LOG_LEVEL": "DEBUG",
        }
        own |= {"PUBLIC_URL": self.url} if self.webhooks else {}
        return {f"TEXTREQUEST_{name}": value for name, value in own.items()}
