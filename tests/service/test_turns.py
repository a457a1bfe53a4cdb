"""Turns are shared among clients, whatever the work is."""

import asyncio

import pytest

from service import errors
from service.store.turns import Turns


def make(most: int = 1, queue_length: int = 2, queue_s: float = 5, client_share_s: float = 60) -> Turns:
    return Turns(most, queue_length=queue_length, queue_s=queue_s, client_share_s=client_share_s)


async def wait(turns: Turns, client: str, order: list[str]) -> None:
    began = await turns.take(client)
    order.append(client)
    turns.give_back(client, began)


def test_who_used_least_goes_first() -> None:
    async def run() -> list[str]:
        turns, order = make(), list[str]()
        began = await turns.take("used")
        await asyncio.sleep(0.01)
        waiting = [asyncio.create_task(wait(turns, client, order)) for client in ("used", "fresh")]
        await asyncio.sleep(0)
        assert turns.waiting == 2
        turns.give_back("used", began)
        await asyncio.gather(*waiting)
        return order

    assert asyncio.run(run()) == ["fresh", "used"]


def test_where_too_many_wait_who_used_most_gives_way() -> None:
    async def run() -> tuple[list[str], BaseException]:
        turns, order = make(queue_length=1), list[str]()
        began = await turns.take("used")
        await asyncio.sleep(0.01)
        used = asyncio.create_task(wait(turns, "used", order))
        await asyncio.sleep(0)
        fresh = asyncio.create_task(wait(turns, "fresh", order))
        await asyncio.sleep(0)
        turns.give_back("used", began)
        await fresh
        (outcome,) = await asyncio.gather(used, return_exceptions=True)
        assert outcome is not None
        return order, outcome

    order, outcome = asyncio.run(run())
    assert order == ["fresh"]
    assert isinstance(outcome, errors.ShareExceededError)


@pytest.mark.parametrize("queue_length", [0, 1])
def test_who_cannot_have_a_turn_is_told_when_to_come_back(queue_length: int) -> None:
    async def run() -> None:
        turns = make(queue_length=queue_length, queue_s=0.01)
        began = await turns.take("")
        with pytest.raises(errors.PoolBusyError) as caught:
            await turns.take("")
        assert caught.value.headers == {"Retry-After": "1"}
        assert turns.waiting == 0
        turns.give_back("", began)
        await turns.take("")

    asyncio.run(run())


def test_a_turn_given_to_someone_who_has_left_is_not_lost() -> None:
    async def run() -> None:
        turns = make()
        began = await turns.take("first")
        leaving = asyncio.create_task(turns.take("second"))
        await asyncio.sleep(0)
        turns.give_back("first", began)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await asyncio.wait_for(turns.take("third"), 5)

    asyncio.run(run())
