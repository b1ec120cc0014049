"""Pictures and films: what is taken, and that a text carries nothing else."""

from typing import Any

import pytest
from tests.sandbox.service import MARIA, Service


async def test_three_uploaded_files_go_along_and_a_fourth_does_not(service: Service):
    urls = [
        (await service.api.post("/mms", files={"file": ("f", b"x", kind)})).json()["url"]
        for kind in ("image/gif", "image/jpeg", "image/png", "video/mp4")
    ]

    taken = await service.send(MARIA, mms_media=urls[:3])
    refused = await service.send(MARIA, mms_media=urls)

    assert taken.json()["mms_media"] == urls[:3]
    assert refused.status_code == 400


@pytest.mark.parametrize(("name", "kind"), [("a.JPG", "image/jpeg"), ("b.c.png", "image/png"), ("d.mp4", "video/mp4")])
async def test_a_part_without_a_content_type_is_known_by_its_name(service: Service, name: str, kind: str):
    part = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\nx\r\n--b--\r\n'

    answer = await service.api.post(
        "/mms", content=part.encode(), headers={"content-type": "multipart/form-data; boundary=b"}
    )

    assert (answer.status_code, answer.json()["mime_type"]) == (200, kind)


@pytest.mark.parametrize("files", [{"file": ("a.pdf", b"x", "application/pdf")}, {"file": ("a.png", b"", "image/png")}])
async def test_an_upload_of_nothing_or_of_another_kind_is_a_400(service: Service, files: Any):
    answer = await service.api.post("/mms", files=files)

    assert answer.status_code == 400
    assert service.account.media == set()


async def test_an_upload_without_a_file_is_a_400(service: Service):
    as_form = await service.api.post("/mms", files={"other": ("a.png", b"x", "image/png")})
    as_json = await service.api.post("/mms", json={})
    broken = await service.api.post("/mms", content=b"x", headers={"content-type": "multipart/form-data"})

    assert {as_form.status_code, as_json.status_code, broken.status_code} == {400}
