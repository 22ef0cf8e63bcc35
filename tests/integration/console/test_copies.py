"""Copies at the console: asked for and written down as the person signed in, and by nobody else."""

from uuid import uuid4

import pytest

from tests.integration.console.conftest import House
from tests.integration.console.test_door import csrf_of

_FORM = {"served_at": "2012-02-22T10:20", "served_by": "desk 4", "language": "es", "manner": "in_person"}


async def test_an_operator_alone_writes_down_and_says_who_and_when(house: House) -> None:
    """What is missing is told before anything is sent; a service that is away is told as that."""
    path = f"/cases/{uuid4()}/copies/CT0009300/{uuid4()}"
    browser = await house.signed_in("operator")
    csrf = csrf_of((await browser.get("/account")).text)
    for wrong in ({"served_by": " "}, {"served_at": "at noon"}):
        assert (await browser.post(path, data={**_FORM, "csrf": csrf, **wrong})).status_code == 422
    assert (await browser.post(path, data={**_FORM, "csrf": csrf})).status_code == 503
    assert (await browser.post(path, data=_FORM)).status_code == 403
    auditor = await house.signed_in("auditor")
    csrf = csrf_of((await auditor.get("/account")).text)
    assert (await auditor.post(path, data={**_FORM, "csrf": csrf})).status_code == 403


@pytest.mark.parametrize(("name", "status"), [("operator", 503), ("auditor", 503), ("reviewer", 403)])
async def test_a_copy_is_fetched_as_the_person(house: House, name: str, status: int) -> None:
    """By those who may read the jail's feed; here its service is away."""
    browser = await house.signed_in(name)
    assert (await browser.get(f"/cases/{uuid4()}/copies/CT0009300/{uuid4()}?language=es")).status_code == status
