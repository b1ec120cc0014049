"""A server over HTTP for judges that bring its secret."""

from collections.abc import Generator
from contextlib import ExitStack

import pytest
from tests.served import address_of, bearing_secret, real_account, running


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, dict[str, str]]]:
    """The address of a server of an account of the pretend service, and the header that it wants."""
    folder = tmp_path_factory.mktemp("state")
    with ExitStack() as servers:
        service = servers.enter_context(running("sandbox", "--port", "0"))
        assert service.stderr is not None
        *_, url, _, _, key = service.stderr.readline().split()
        account = real_account(url, folder) | {"TEXTREQUEST_API_KEY": key}
        served = servers.enter_context(running("serve", "--transport", "http", "--port", "0", environment=account))
        yield address_of(served), bearing_secret(folder)
