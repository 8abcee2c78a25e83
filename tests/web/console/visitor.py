"""A browser of the console for tests. Every page it opens is also checked for the basics of good HTML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import lxml.html
from aiohttp.test_utils import TestClient

from bot.ports import Clock
from tests.cast import PASSWORD, Person, code_at

INPUTS_WITHOUT_LABEL = {"hidden", "submit", "button", "image", "reset"}


class Page:
    """An answer of the console. `root`: its HTML, already checked; None when it is none or a fragment."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str], path: str) -> None:
        self.status = status
        self.text = text
        self.headers = headers
        self.path = path
        is_page = "text/html" in headers.get("Content-Type", "") and text.lstrip().lower().startswith("<!doctype")
        self.root = lxml.html.document_fromstring(text) if is_page else None
        if self.root is not None:
            check_html(self.root, path)
            check_headers(headers, path)

    @property
    def csrf(self) -> str:
        assert self.root is not None, f"{self.path}: no page ({self.status})"
        return str(self.root.xpath("//meta[@name='csrf-token']/@content")[0])

    @property
    def words(self) -> str:
        """What a person reads, with single spaces."""
        assert self.root is not None, f"{self.path}: no page ({self.status}): {self.text[:200]}"
        return re.sub(r"\s+", " ", self.root.body.text_content())

    @property
    def heading(self) -> str:
        assert self.root is not None
        return str(self.root.xpath("//h1")[0].text_content()).strip()

    @property
    def location(self) -> str | None:
        return self.headers.get("Location")


def check_headers(headers: Mapping[str, str], path: str) -> None:
    assert headers["Cache-Control"] == "no-store", path
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def check_html(root: Any, path: str) -> None:
    """Title, language, one heading, labels, ids, no inline script or style, a token in every form that posts."""
    assert root.get("lang") == "vi", path
    titles = [one.strip() for one in root.xpath("//head/title/text()")]
    assert len(titles) == 1, path
    assert not titles[0].startswith("–"), path
    assert len(root.xpath("//h1")) == 1, path
    twice = [name for name, count in Counter(root.xpath("//@id")).items() if count > 1]
    assert twice == [], f"{path}: ids used twice"
    assert root.xpath("//script[not(@src)] | //style | //*[@style]") == [], f"{path}: inline script or style"
    assert [name for name in root.xpath("//@*/..") for name in name.attrib if name.startswith("on")] == [], path
    for form in root.xpath("//form"):
        if (form.get("method") or "get").lower() == "post":
            assert form.xpath(".//input[@name='csrf' and @type='hidden']"), f"{path}: form without token"
            assert form.get("action"), f"{path}: form without action"
    labelled = set(root.xpath("//label/@for"))
    for control in root.xpath("//input | //select | //textarea"):
        if control.get("type") in INPUTS_WITHOUT_LABEL:
            continue
        named = control.get("id") in labelled or control.get("aria-label") or control.get("aria-labelledby")
        assert named or control.xpath("ancestor::label"), f"{path}: {control.get('name')} has no label"
    for reference in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
        for names in root.xpath(f"//@{reference}"):
            missing = [one for one in names.split() if not root.xpath("//*[@id=$id]", id=one)]
            assert missing == [], f"{path}: {reference} names nothing"
    for link in root.xpath("//a"):
        assert link.get("href"), f"{path}: link without address"
        assert link.text_content().strip() or link.get("aria-label"), f"{path}: link without words"
    for button in root.xpath("//button"):
        assert button.text_content().strip() or button.get("aria-label"), f"{path}: button without words"
    for image in root.xpath("//img"):
        assert image.get("alt") is not None, f"{path}: image without alt"


class Visitor:
    """One browser: its cookies, and the token of the last page."""

    def __init__(self, client: TestClient, clock: Clock) -> None:  # type: ignore[type-arg]
        self._client = client
        self._clock = clock
        self._cookies: dict[str, str] = {}
        self.csrf = ""

    async def get(self, path: str, *, follow: bool = False, headers: Mapping[str, str] | None = None) -> Page:
        page = await self.request("GET", path, headers=headers)
        while follow and page.status in {301, 302, 303} and page.location:
            page = await self.request("GET", page.location)
        return page

    async def post(
        self, path: str, fields: Mapping[str, Any] | None = None, *, headers: Mapping[str, str] | None = None,
        csrf: str | None = None,
    ) -> Page:  # fmt: skip
        """Sends a form with the last page's token, or the one given; '' sends none."""
        token = self.csrf if csrf is None else csrf
        data = [(name, one) for name, value in (fields or {}).items() for one in _each(value)]
        return await self.request("POST", path, data=[*data, *([("csrf", token)] if token else [])], headers=headers)

    async def request(self, method: str, path: str, **options: Any) -> Page:
        options["cookies"] = self._cookies
        async with self._client.request(method, path, allow_redirects=False, **options) as response:
            for name, morsel in response.cookies.items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self._cookies.pop(name, None)
                else:
                    self._cookies[name] = morsel.value
            page = Page(response.status, await response.text(errors="replace"), response.headers, path)
        if page.root is not None:
            self.csrf = page.csrf
        return page

    async def download(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and bytes of a file."""
        async with self._client.get(path, cookies=self._cookies) as response:
            return response.status, response.headers.get("Content-Type", ""), await response.read()

    async def sign_in(self, person: Person, password: str = PASSWORD) -> Page:
        """Signs in as one of the cast, with the code where there is one; the page reached."""
        await self.get("/console/sign-in")
        page = await self.post("/console/sign-in", {"login": person.login, "password": password})
        assert page.status == 303, page.words
        page = await self.get("/console/", follow=True)
        if person.second_factor:
            page = await self.post("/console/code", {"code": code_at(self._clock.now().timestamp())})
            assert page.status == 303, page.words
            page = await self.get("/console/", follow=True)
        return page

    @property
    def token(self) -> str:
        return self._cookies.get("tt_console", "")


def _each(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
