"""Several processes that train one model: each takes its rows of every batch, and the gradients are averaged.

    torchrun --nproc_per_node=2 -m unrolled train language --text novel.txt --epochs 3

Every process makes the same batch, from the same random numbers, and keeps rows rank, rank + world, …; so what is
learned is what one process would have learned from the whole batch (without dropout, up to rounding). Dropout draws
from numbers of its own in each process, so that the batches stay the same.
Source: Li et al. (2020), "PyTorch Distributed", arXiv:2006.15704.
"""

import os
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from unrolled.training.stream import mapped


def begin(device: torch.device | str) -> torch.device:
    """Join the other processes, where torchrun has started several; gives the device of this one."""
    device = torch.device(device)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return device
    if device.type == "cuda":  # each its own card; the clock's number stays on the processor
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    if not distributed.is_initialized():
        distributed.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    return device


def end() -> None:
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def world() -> int:
    """How many processes there are."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def rank() -> int:
    """Which of them this is; 0 writes files and speaks."""
    return distributed.get_rank() if world() > 1 else 0


def agreed(value: float) -> float:
    """The first process's value, in all of them: a clock must not end one and let the others wait."""
    if world() == 1:
        return value
    tensor = torch.tensor([value], dtype=torch.float64)
    distributed.broadcast(tensor, src=0)
    return tensor.item()


def spread(model: nn.Module, loss: Callable, count: Callable[[Any], int] | None, done: int = 0) -> Callable:
    """The loss as it is, or over several processes."""
    return loss if world() == 1 else Spread(model, loss, count, done)


class Spread:
    """A loss over several processes, in place of `loss`; its value is that of the whole batch, in each of them.

    `count(batch)` says over how many things the loss is a mean (rows unless given), so that unequal shares count right.
    done: the steps that were taken before, in a run that is taken up; dropout draws from other numbers in each.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[nn.Module, Any], Tensor],
        count: Callable[[Any], int] | None,
        done: int = 0,
    ):
        self.model, self.loss, self.count = DistributedDataParallel(model), loss, count or rows
        self.calls = done

    def __call__(self, _model: nn.Module, batch: Any) -> Tensor:
        idle = rank() >= rows(batch)  # in a last small batch: it reads a row, which doesn't count
        mine = mapped(batch, lambda tensor: tensor[:1] if idle else tensor[rank() :: world()])
        share = 0 if idle else self.count(mine) * world() / self.count(batch)  # gradients are averaged afterwards
        card = [torch.cuda.current_device()] if next(self.model.parameters()).is_cuda else []
        with torch.random.fork_rng(card):  # rows differ in number, and so would what dropout leaves to draw next
            torch.manual_seed(torch.initial_seed() + self.calls * world() + rank())
            local = self.loss(self.model, mine) * share
        self.calls += 1
        whole = local.detach().clone()
        distributed.all_reduce(whole)
        return local + (whole / world() - local.detach())


def rows(batch: Any) -> int:
    """Of the first tensor in it."""
    found: list[int] = []
    mapped(batch, lambda tensor: found.append(len(tensor)) or tensor)
    return found[0]
