"""The order of an epoch."""

from hypothesis import given
from hypothesis import strategies as st

from vqaprep.shards.order import SampleOrder, epoch_order

counts = st.integers(1, 200)


@given(num=counts, seed=st.integers(0, 5), epoch=st.integers(0, 5))
def test_an_epoch_sees_everything_once(num: int, seed: int, epoch: int) -> None:
    assert sorted(epoch_order(num, seed, epoch)) == list(range(num))


def test_epochs_and_seeds_differ() -> None:
    orders = {tuple(epoch_order(50, seed, epoch)) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9


@given(num=counts, batch=st.integers(1, 7), ranks=st.integers(1, 4))
def test_ranks_share_an_epoch(num: int, batch: int, ranks: int) -> None:
    orders = [SampleOrder(num=num, seed=1, epoch=2, batch=batch, rank=rank, world_size=ranks) for rank in range(ranks)]
    batches = [list(order) for order in orders]
    assert [len(order) for order in orders] == [len(found) for found in batches]
    assert all(len(found) == batch for part in batches for found in part)
    seen = sorted(i for part in batches for found in part for i in found)
    assert len(set(seen)) == len(seen) == num // (batch * ranks) * batch * ranks


@given(num=counts, batch=st.integers(1, 7), ranks=st.integers(1, 4))
def test_what_fills_no_whole_step_is_the_last_one_alike_on_all_ranks(num: int, batch: int, ranks: int) -> None:
    how = {"num": num, "seed": 1, "epoch": 2, "batch": batch, "world_size": ranks}
    orders = [SampleOrder(**how, rank=rank, drop_last=False) for rank in range(ranks)]
    batches = [list(order) for order in orders]
    assert [len(order) for order in orders] == [len(found) for found in batches]
    assert all([len(found) for found in part] == [len(found) for found in batches[0]] for part in batches)
    assert all(len(found) == batch for part in batches for found in part[:-1])
    seen = [i for part in batches for found in part for i in found]
    assert len(set(seen)) == len(seen) == num - num % ranks


@given(steps=st.integers(0, 3), ranks=st.integers(1, 3))
def test_a_resumed_epoch_sees_the_rest_even_with_other_ranks(steps: int, ranks: int) -> None:
    before = list(SampleOrder(num=108, seed=1, epoch=0, batch=36))[:steps]
    after = [
        i
        for rank in range(ranks)
        for found in SampleOrder(num=108, seed=1, epoch=0, batch=3, rank=rank, world_size=ranks, start=36 * steps)
        for i in found
    ]
    assert sorted([i for found in before for i in found] + after) == list(range(108))


def test_resume_continues_the_very_same_batches() -> None:
    whole = list(SampleOrder(num=100, seed=3, epoch=1, batch=4, rank=1, world_size=2))
    rest = list(SampleOrder(num=100, seed=3, epoch=1, batch=4, rank=1, world_size=2, start=5 * 8))
    assert rest == whole[5:]
