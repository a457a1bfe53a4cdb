"""The readers' pool: short queries may stand behind one another, but never behind a long one; shares among clients."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from service import errors
from service.store.embedded import EmbeddedStore, open_embedded
from service.store.pool import PoolSettings
from service.store.protocol import Query
from service.store.shares import Shares

LONG = "SELECT (COUNT(*) AS ?n) { %s }" % " ".join(  # noqa: UP031
    f"VALUES ?v{n} {{ {' '.join(map(str, range(3000)))} }}" for n in range(3)
)
Work = Callable[[EmbeddedStore], Awaitable[None]]


def ask(text: str = "ASK {}", client: str = "a", timeout_s: float = 5.0) -> Query:
    return Query(text, "text/csv", None, timeout_s, 1 << 20, client=client)


def run(settings: PoolSettings, work: Work) -> None:
    """Open a store in memory, do something with it, close it."""

    async def within() -> None:
        store = open_embedded(None, pool=settings, base="http://e/", prefixes={})
        await store.start()
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(within())


async def make_brisk(store: EmbeddedStore, client: str = "a") -> None:
    """Let the readers become known for short queries."""
    for _ in range(30):
        await asyncio.gather(*(store.query(ask(client=client)) for _ in range(4)))


def test_many_short_queries_share_few_readers() -> None:
    async def work(store: EmbeddedStore) -> None:
        answers = await asyncio.gather(*(store.query(ask()) for _ in range(200)))
        assert {answer.read() for answer in answers} == {b"true"}

    run(PoolSettings(workers=2, queue_length=200), work)


def test_results_come_to_those_who_asked() -> None:
    async def work(store: EmbeddedStore) -> None:
        await make_brisk(store)
        answers = await asyncio.gather(*(store.query(ask(f"SELECT ({n} AS ?n) {{}}")) for n in range(100)))
        assert [answer.read() for answer in answers] == [b"n\r\n%d\r\n" % n for n in range(100)]

    run(PoolSettings(workers=2, queue_length=100), work)


def test_short_queries_do_not_wait_behind_a_long_one() -> None:
    async def work(store: EmbeddedStore) -> None:
        await make_brisk(store)
        long = asyncio.ensure_future(store.query(ask(LONG, timeout_s=4)))
        shorts = [asyncio.ensure_future(store.query(ask())) for _ in range(20)]
        done, _ = await asyncio.wait(shorts, timeout=3)
        assert len(done) == 20
        assert not long.done()
        with pytest.raises(errors.DeadlineExceededError):
            await long

    run(PoolSettings(workers=2), work)


def test_what_stood_behind_a_query_that_ends_its_reader_is_done_by_others() -> None:
    async def work(store: EmbeddedStore) -> None:
        await make_brisk(store)
        late = [asyncio.ensure_future(store.query(ask(LONG, timeout_s=0.005))) for _ in range(2)]
        shorts = [asyncio.ensure_future(store.query(ask())) for _ in range(10)]
        outcomes = await asyncio.gather(*late, *shorts, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes[:2]] == [errors.DeadlineExceededError] * 2
        assert [answer.read() for answer in outcomes[2:]] == [b"true"] * 10  # type: ignore[union-attr]

    run(PoolSettings(workers=2), work)


def test_a_query_that_is_given_up_leaves_the_others_alone() -> None:
    async def work(store: EmbeddedStore) -> None:
        await make_brisk(store)
        queries = [asyncio.ensure_future(store.query(ask(f"SELECT ({n} AS ?n) {{}}"))) for n in range(12)]
        await asyncio.sleep(0)
        for query in queries[1::3]:
            query.cancel()
        outcomes = await asyncio.gather(*queries, return_exceptions=True)
        for n, outcome in enumerate(outcomes):
            if n % 3 == 1:
                assert isinstance(outcome, asyncio.CancelledError)
            else:
                assert outcome.read() == b"n\r\n%d\r\n" % n  # type: ignore[union-attr]
        assert (await store.query(ask())).read() == b"true"

    run(PoolSettings(workers=1), work)


def test_no_client_holds_every_reader() -> None:
    async def work(store: EmbeddedStore) -> None:
        hogs = [asyncio.ensure_future(store.query(ask(LONG, "hog", timeout_s=3))) for _ in range(4)]
        await asyncio.sleep(0.2)
        began = time.monotonic()
        assert (await store.query(ask(client="other"))).read() == b"true"
        assert time.monotonic() - began < 2, "the other client waited for the hog"
        for hog in hogs:
            hog.cancel()
        await asyncio.gather(*hogs, return_exceptions=True)

    run(PoolSettings(workers=2, client_share_s=60), work)


def test_a_full_queue_gives_way_to_who_used_less() -> None:
    async def work(store: EmbeddedStore) -> None:
        assert (await store.query(ask())).read() == b"true"
        hogs = [asyncio.ensure_future(store.query(ask(LONG, "hog", timeout_s=3))) for _ in range(4)]
        await asyncio.sleep(0.1)
        other = [asyncio.ensure_future(store.query(ask(LONG, "other", timeout_s=1))) for _ in range(2)]
        await asyncio.sleep(0.1)
        sent_away = [hog for hog in hogs if hog.done()]
        for query in (*hogs, *other):
            query.cancel()
        outcomes = await asyncio.gather(*hogs, *other, return_exceptions=True)
        assert len(sent_away) == 2, "the last queries of the hog give way to those of the other"
        assert sum(isinstance(outcome, errors.ShareExceededError) for outcome in outcomes) == 2

    run(PoolSettings(workers=1, queue_length=3, client_share_s=60), work)


def test_a_bucket_leaks_a_second_a_second() -> None:
    now = [100.0]
    shares = Shares(10, lambda: now[0])
    began = shares.begin("a")
    now[0] += 12
    assert (shares.used_s("a"), shares.running("a"), shares.is_over("a")) == (12, 1, True)
    shares.end("a", began)
    now[0] += 1
    assert (shares.used_s("a"), shares.wait_s("a"), shares.running("a")) == (11, 1, 0)
    now[0] += 20
    assert (shares.used_s("a"), shares.is_over("a")) == (0, False)


def test_nobody_has_no_bucket() -> None:
    shares = Shares(10)
    shares.begin("")
    assert (shares.running(""), shares.used_s(""), shares.hungriest(["", "b"])) == (0, 0, "b")
