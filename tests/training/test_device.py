import random

import numpy
import pytest
import torch
from unrolled.training import fast_dtype, pick_device, seed_everything


def test_a_seed_gives_the_same_numbers_again_in_all_three_places():
    def numbers():
        return random.random(), numpy.random.rand(), torch.rand(1).item()

    seed_everything(4)
    first = numbers()
    assert numbers() != first
    seed_everything(4)
    assert numbers() == first
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(("cuda", "mps", "expected"), [(1, 1, "cuda"), (0, 1, "mps"), (0, 0, "cpu")])
def test_the_fastest_device_is_picked(monkeypatch, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(cuda))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: bool(mps))
    assert pick_device() == torch.device(expected)


@pytest.mark.parametrize(
    ("device", "able", "expected"),
    [
        ("cpu", {"avx512_bf16": True}, torch.bfloat16),
        ("cpu", {"avx512_bf16": False, "amx_bf16": True}, torch.bfloat16),
        ("cpu", {"avx512_bf16": False, "amx_bf16": False}, None),
        ("cpu", {"architecture": "aarch64"}, None),
        ("cuda", True, torch.bfloat16),
        ("cuda", False, None),
        ("mps", {"avx512_bf16": True}, None),
    ],
)
def test_the_fast_type_is_one_that_the_device_multiplies_itself(monkeypatch, device, able, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: able)
    assert fast_dtype(device) == expected


def test_the_device_that_is_picked_can_be_used():
    assert torch.ones(2, device=pick_device()).sum().item() == 2


def test_torch_is_set_to_one_thread():
    torch.set_num_threads(2)
    seed_everything(0)
    assert torch.get_num_threads() == 1
