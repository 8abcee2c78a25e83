"""The bucket: requests signed as S3 documents it, against a pretend bucket that checks every signature."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.bucket import BucketError, BucketStore
from bot.signing import BucketKey, encoded, signed
from tests.fakes import FakeClock

EXAMPLE = BucketKey("us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
EXAMPLE_TIME = datetime(2013, 5, 24, tzinfo=UTC)
KEY = "ab/" + "ab" * 32 + ".jpg"
OTHER = "cd/" + "cd" * 32
FORM = f"forms/{'c' * 64}.docx"


@pytest.mark.parametrize(
    ("method", "url", "more", "signature"),
    [
        ("GET", "https://examplebucket.s3.amazonaws.com/test.txt", {"Range": "bytes=0-9"},
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        ("GET", "https://examplebucket.s3.amazonaws.com/?lifecycle", {},
         "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("GET", "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J", {},
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)  # fmt: skip
def test_amazons_own_examples_come_out(method: str, url: str, more: dict[str, str], signature: str) -> None:
    headers = signed(method, url, EXAMPLE, EXAMPLE_TIME, b"", more)
    assert headers["authorization"].endswith(f"Signature={signature}")


class PretendBucket:
    """Computes the signature from what arrived, by the letter of the documentation, apart from the code under test."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.page = 1
        app = web.Application(client_max_size=20_000_000)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._is_right(request, body):
            return web.Response(status=403, text="<Code>SignatureDoesNotMatch</Code>")
        bucket, _, key = request.path.lstrip("/").partition("/")
        if bucket != "citizens":
            return web.Response(status=404)
        if not key:
            return self._list(request.query.get("continuation-token", "0"))
        if request.method == "PUT":
            self.objects[key] = (body, "2026-11-20T00:00:00.000Z")
            return web.Response()
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return web.Response(status=204)
        return web.Response(body=self.objects[key][0]) if key in self.objects else web.Response(status=404)

    def _list(self, token: str) -> web.Response:
        start = int(token.partition("+")[0])
        names = sorted(self.objects)
        entries = "".join(
            f"<Contents><Key>{name}</Key><LastModified>{self.objects[name][1]}</LastModified></Contents>"
            for name in names[start : start + self.page]
        )
        more = start + self.page < len(names)
        end = f"<NextContinuationToken>{start + self.page}+/=</NextContinuationToken>" if more else ""
        return web.Response(text=f"<ListBucketResult>{entries}{end}</ListBucketResult>", content_type="application/xml")

    def _is_right(self, request: web.Request, body: bytes) -> bool:
        digest = hashlib.sha256(body).hexdigest()
        if request.headers.get("x-amz-content-sha256") != digest:
            return False
        fields = dict(
            part.strip().split("=", 1) for part in request.headers["authorization"].partition(" ")[2].split(",")
        )
        names = fields["SignedHeaders"].split(";")
        path, _, query = request.raw_path.partition("?")
        canonical = (
            f"{request.method}\n{path}\n{'&'.join(sorted(query.split('&')))}\n"
            + "".join(f"{name}:{request.headers[name].strip()}\n" for name in names)
            + f"\n{fields['SignedHeaders']}\n{digest}"
        )
        day, region, service, last = fields["Credential"].split("/")[1:]
        stamp = request.headers["x-amz-date"]
        text = (
            f"AWS4-HMAC-SHA256\n{stamp}\n{day}/{region}/{service}/{last}\n"
            f"{hashlib.sha256(canonical.encode()).hexdigest()}"
        )
        key = f"AWS4{self.secret}".encode()
        for part in (day, region, service, last):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, fields["Signature"])


@pytest.fixture
async def bucket() -> AsyncIterator[PretendBucket]:
    bucket = PretendBucket("right secret")
    await bucket.server.start_server()
    yield bucket
    await bucket.server.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def store(bucket: PretendBucket, session: aiohttp.ClientSession, clock: FakeClock, secret: str) -> BucketStore:
    url = str(bucket.server.make_url("/citizens"))
    return BucketStore(session, url, BucketKey("vn-hcm", "key-id", secret), clock)


async def test_a_file_is_put_read_listed_and_deleted(
    bucket: PretendBucket, session: aiohttp.ClientSession, clock: FakeClock
) -> None:
    own = store(bucket, session, clock, "right secret")
    await own.put(KEY, b"content")
    await own.put(OTHER, b"")
    await own.put(FORM, b"form")
    assert await own.open(FORM) == b"form"
    bucket.objects["somebody/else.txt"] = (b"x", "2020-01-01T00:00:00.000Z")
    assert await own.open(KEY) == b"content"
    assert await own.keys(timedelta(hours=1)) == [KEY, OTHER]
    assert await own.keys(timedelta(days=30)) == []
    for _ in range(2):
        await own.delete(KEY)
    with pytest.raises(LookupError):
        await own.open(KEY)
    assert list(bucket.objects) == [OTHER, FORM, "somebody/else.txt"]


async def test_a_wrong_secret_is_refused_and_a_foreign_key_never_asked_for(
    bucket: PretendBucket, session: aiohttp.ClientSession, clock: FakeClock
) -> None:
    own = store(bucket, session, clock, "wrong secret")
    with pytest.raises(BucketError, match="403"):
        await own.put(KEY, b"content")
    for key in ("../x", "/etc/passwd", ""):
        with pytest.raises(ValueError, match="key"):
            await own.open(key)
    assert "wrong secret" not in repr(BucketKey("r", "k", "wrong secret"))


def test_query_values_are_encoded_as_s3_reads_them() -> None:
    assert unquote(encoded("a+/=b c~")) == "a+/=b c~"
    assert encoded("+/= ~") == "%2B%2F%3D%20~"
