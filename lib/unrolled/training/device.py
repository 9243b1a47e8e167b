"""Which device, and which random numbers: chosen once, openly, at the top of a page."""

import random

import numpy
import torch


def pick_device() -> torch.device:
    """The fastest device there is: an NVIDIA card (cuda), an Apple chip (mps), or else the processor (cpu)."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def fast_dtype(device: torch.device | str) -> torch.dtype | None:
    """bfloat16 where the device multiplies such numbers faster than float32, for `fit(autocast=…)`; else None.

    It has float32's range and 8 of its 24 bits of precision. NVIDIA cards multiply it since 2020, some processors
    by AVX512-BF16 or AMX. Not for a recurrent layer on a card: there torch computes it in float16 under autocast,
    whatever type is asked for (its AutocastRNN.cpp), which has not the range.
    """
    device = torch.device(device)
    if device.type == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        able = device.type == "cpu" and any(map(torch.cpu.get_capabilities().get, ("avx512_bf16", "amx_bf16")))
    return torch.bfloat16 if able else None


def seed_everything(seed: int) -> None:
    """Seed Python's, numpy's and torch's global generators, and let torch compute on one thread.

    One thread, because several may add the same numbers in another order and so round differently. On one machine
    a page then gives the same numbers each time. On another processor or version of torch it need not: there they
    agree at first, and after some tens of training steps in a few digits only.
    """
    random.seed(seed)
    numpy.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
