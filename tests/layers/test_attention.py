"""Attention against torch's scaled_dot_product_attention, several heads against nn.MultiheadAttention."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from unrolled.layers import MultiHeadAttention, attention, causal_mask, padding_mask

SIZES = [(1, 1, 1, 2, 1), (2, 3, 5, 4, 2), (3, 4, 1, 6, 3), (2, 1, 6, 8, 4)]  # B, T, S, D, N
MASKS = ["none", "(T, S)", "(B, T, S)", "(B, 1, S)", "(B, N, T, S)", "causal"]


def some_mask(kind: str, B: int, T: int, S: int, N: int, device) -> torch.Tensor | None:
    """A mask of that kind; every kind but the causal leaves some query with nothing to attend to."""
    if kind == "none":
        return None
    if kind == "causal":
        return causal_mask(max(T, S), device)[:T, :S]
    shape = {"(T, S)": (T, S), "(B, T, S)": (B, T, S), "(B, 1, S)": (B, 1, S), "(B, N, T, S)": (B, N, T, S)}[kind]
    mask = torch.rand(shape, device=device) < 0.6
    mask[..., 0, :] = False
    return mask


def spread(mask: torch.Tensor | None) -> torch.Tensor | None:
    """The mask as torch wants it, with an axis for the heads."""
    return mask.unsqueeze(1) if mask is not None and mask.ndim == 3 else mask


@pytest.mark.parametrize(("sizes", "kind"), list(itertools.product(SIZES, MASKS)))
def test_attention_equals_torchs_outputs_and_gradients(sizes, kind, device, relative_difference):
    B, T, S, D, N = sizes
    options = {"dtype": torch.float64, "device": device}
    ours = [torch.randn(B, N, n, d, **options).requires_grad_() for n, d in [(T, D), (S, D), (S, D + 1)]]
    torchs = [x.detach().clone().requires_grad_() for x in ours]
    mask = spread(some_mask(kind, B, T, S, N, device))
    attended = attention(*ours, mask)
    reference = scaled_dot_product_attention(*torchs, attn_mask=mask)
    assert relative_difference(attended.output, reference) < 1e-9
    weighting = torch.randn_like(reference)
    (attended.output * weighting).sum().backward()
    (reference * weighting).sum().backward()
    for a, b in zip(ours, torchs, strict=True):
        assert relative_difference(a.grad, b.grad) < 1e-9


@pytest.mark.parametrize(("sizes", "kind", "batch_first"), list(itertools.product(SIZES, MASKS, [True, False])))
def test_several_heads_equal_torchs_outputs_weights_and_gradients(sizes, kind, batch_first, relative_difference):
    B, T, S, D, N = sizes
    D *= N
    module = nn.MultiheadAttention(D, N, batch_first=batch_first).double()
    nn.init.normal_(module.in_proj_bias)
    nn.init.normal_(module.out_proj.bias)
    layer = MultiHeadAttention.from_torch(module)
    x, context = torch.randn(B, T, D).double().requires_grad_(), torch.randn(B, S, D).double().requires_grad_()
    x2, context2 = x.detach().clone().requires_grad_(), context.detach().clone().requires_grad_()
    mask = some_mask(kind, B, T, S, N, "cpu")
    if mask is not None:
        mask[..., 0] = True  # torch's module gives NaN for a query with nothing to attend to
    attended = layer(x, context, mask)

    blocks = None if mask is None else ~spread(mask).expand(B, N, T, S).flatten(0, 1)  # torch: True blocks
    q, kv = (x2, context2) if batch_first else (x2.transpose(0, 1), context2.transpose(0, 1))
    output, weights = module(q, kv, kv, attn_mask=blocks, average_attn_weights=False)
    output = output if batch_first else output.transpose(0, 1)
    assert relative_difference(attended.output, output) < 1e-9
    assert relative_difference(attended.weights, weights) < 1e-9

    weighting = torch.randn_like(output)
    (attended.output * weighting).sum().backward()
    (output * weighting).sum().backward()
    assert relative_difference(x.grad, x2.grad) < 1e-9
    assert relative_difference(context.grad, context2.grad) < 1e-9
    ours = [getattr(layer, f"W_{n}").grad for n in "qkvo"]
    torchs = [*module.in_proj_weight.grad.chunk(3), module.out_proj.weight.grad]
    for a, b in zip(ours, torchs, strict=True):
        assert relative_difference(a, b.mT) < 1e-9
    biases = [layer.b_q.grad, layer.b_v.grad, layer.b_o.grad]  # that of b_k is zero: it shifts a whole row
    torchs = [*module.in_proj_bias.grad.chunk(3)[::2], module.out_proj.bias.grad]
    for a, b in zip(biases, torchs, strict=True):
        assert relative_difference(a, b) < 1e-9


def test_weights_survive_the_way_to_torch_and_back_to_the_last_bit():
    for dtype in [torch.float32, torch.float64]:
        module = nn.MultiheadAttention(6, 3).to(dtype)
        nn.init.normal_(module.in_proj_bias)
        back = MultiHeadAttention.from_torch(module).to_torch()
        assert back.batch_first
        for name, weight in module.named_parameters():
            returned = dict(back.named_parameters())[name]
            assert torch.equal(returned, weight)
            assert returned.dtype == dtype


def test_the_way_to_torch_and_back_draws_no_random_number_and_keeps_what_is_frozen():
    module = nn.MultiheadAttention(6, 3)
    module.out_proj.weight.requires_grad_(False)
    module.in_proj_bias.requires_grad_(False)
    before = torch.get_rng_state()
    layer = MultiHeadAttention.from_torch(module)
    back = layer.to_torch()
    assert torch.equal(torch.get_rng_state(), before)
    frozen = {name for name, weight in layer.named_parameters() if not weight.requires_grad}
    assert frozen == {"W_o", "b_q", "b_k", "b_v"}
    frozen = {name for name, weight in back.named_parameters() if not weight.requires_grad}
    assert frozen == {"out_proj.weight", "in_proj_bias"}


def test_weights_start_as_xaviers_and_biases_at_0():
    D = 64
    layer = MultiHeadAttention(D, 4)
    bound = (6 / (2 * D)) ** 0.5
    for name in "qkvo":
        W = getattr(layer, f"W_{name}").detach()
        assert 0.99 * bound < W.abs().max() <= bound
        assert abs(W.mean()) < 0.02 * bound
        assert abs(W.std() / (bound / 3**0.5) - 1) < 0.05
        assert (getattr(layer, f"b_{name}") == 0).all()


def test_under_autocast_several_heads_take_what_a_linear_layer_gives():
    linear, layer, x = nn.Linear(4, 8), MultiHeadAttention(8, 2), torch.randn(2, 5, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = layer(linear(x), mask=causal_mask(5)).output
        q = linear(x)
        assert attention(q, q.float(), q).output.shape == (2, 5, 8)
    torch.testing.assert_close(output.float(), layer(linear(x), mask=causal_mask(5)).output, rtol=0.1, atol=0.05)


def test_several_heads_printed_show_their_sizes():
    assert repr(MultiHeadAttention(8, 2)) == "MultiHeadAttention(8, 2)"


@pytest.mark.parametrize(
    ("lengths", "longest", "error", "sentence"),
    [
        ([1, 2], None, TypeError, "lengths must be a tensor of whole numbers; a list came"),
        (torch.tensor([1.0, 2.0]), None, TypeError, "lengths must hold whole numbers"),
        (torch.tensor([], dtype=torch.long), None, ValueError, r"lengths must have shape \(B,\).*; \(0,\) came"),
        (torch.tensor(3), None, ValueError, r"lengths must have shape \(B,\).*; \(\) came"),
        (torch.tensor([0, 0]), None, ValueError, "the longest of lengths must be a whole number of at least 1; 0 came"),
        (torch.tensor([0, 0]), 0, ValueError, "longest must be a whole number of at least 1; 0 came"),
        (torch.tensor([2, -1]), None, ValueError, "lengths must lie between 0 and 2; -1 came"),
    ],
)
def test_lengths_that_make_no_mask_get_a_sentence(lengths, longest, error, sentence):
    with pytest.raises(error, match=sentence):
        padding_mask(lengths, longest)


def test_a_query_that_may_attend_to_nothing_gets_zeros_and_finite_gradients():
    q, k, v = (torch.randn(2, 3, 4, requires_grad=True) for _ in range(3))
    mask = torch.ones(2, 3, 3, dtype=torch.bool)
    mask[0] = False
    mask[1, 1] = False
    attended = attention(q, k, v, mask)
    assert (attended.weights[0] == 0).all()
    assert (attended.output[0] == 0).all()
    assert (attended.output[1, 1] == 0).all()
    assert torch.allclose(attended.weights[1, 0].sum(), torch.tensor(1.0))
    attended.output.square().sum().backward()
    assert all(x.grad.isfinite().all() for x in (q, k, v))
    layer = MultiHeadAttention(4, 2)
    output = layer(torch.randn(2, 3, 4), mask=mask).output
    assert torch.allclose(output[0], layer.b_o.expand(3, 4))


def test_scores_are_scaled_and_come_before_the_mask():
    q, k, v = torch.randn(3, 5, 16).double().unbind()
    attended = attention(q, k, v, causal_mask(5))
    assert torch.allclose(attended.scores, q @ k.T / 4)
    assert (attended.weights.triu(1) == 0).all()
    assert torch.allclose(attended.weights.sum(-1), torch.ones(5).double())


def test_in_half_precision_scores_are_scaled_before_they_can_overflow(device):
    q = k = torch.full((3, 64), 60.0, dtype=torch.float16, device=device)  # 64·60² is past float16's largest, 65,504
    attended = attention(q, k, torch.ones(3, 2, dtype=torch.float16, device=device))
    assert attended.scores.eq(64 * 60**2 / 8).all()
    assert attended.output.eq(1).all()


def test_a_causal_mask_hides_the_future_and_a_padding_mask_the_padding():
    layer, x = MultiHeadAttention(8, 2), torch.randn(2, 6, 8)
    altered = x.clone()
    altered[:, 4:] += 1
    before, after = layer(x, mask=causal_mask(6)).output, layer(altered, mask=causal_mask(6)).output
    assert torch.equal(before[:, :4], after[:, :4])
    assert not torch.allclose(before[:, 4:], after[:, 4:])
    mask = padding_mask(torch.tensor([4, 6]))
    assert mask.tolist() == [[[True] * 4 + [False] * 2], [[True] * 6]]
    before, after = layer(x, mask=mask).output, layer(x, altered, mask).output
    assert torch.equal(before[0], after[0])
    assert not torch.allclose(before[1], after[1])
    assert padding_mask(torch.tensor([2, 0]), 3).tolist() == [[[True, True, False]], [[False] * 3]]


def test_heads_cut_columns_not_steps():
    x = torch.arange(12.0).view(1, 3, 4)
    assert MultiHeadAttention(4, 2).heads(x)[0, 1].tolist() == [[2, 3], [6, 7], [10, 11]]


def test_without_positions_the_order_of_keys_is_not_seen(relative_difference):
    layer, x, context = MultiHeadAttention(8, 2).double(), torch.randn(2, 3, 8).double(), torch.randn(2, 5, 8).double()
    order = torch.tensor([3, 0, 4, 1, 2])
    assert relative_difference(layer(x, context[:, order]).output, layer(x, context).output) < 1e-12


Q = torch.zeros(2, 3, 4)
BAD_INPUT = {
    "features": (Q, torch.zeros(2, 5, 6), torch.zeros(2, 5, 4), None, ValueError, "same number of features; 4 and 6"),
    "steps": (Q, torch.zeros(2, 5, 4), torch.zeros(2, 6, 4), None, ValueError, "same number of steps; 5 and 6"),
    "empty": (Q, torch.zeros(2, 0, 4), torch.zeros(2, 0, 4), None, ValueError, r"k must be a tensor.*\(2, 0, 4\) came"),
    "list": (Q, [[1.0]], Q, None, ValueError, r"k must be a tensor.*a list came"),
    "dtype": (Q, Q.double(), Q, None, TypeError, "share one float dtype; torch.float32, torch.float64"),
    "whole numbers": (Q.long(), Q.long(), Q.long(), None, TypeError, "share one float dtype"),
    "float mask": (Q, Q, Q, torch.ones(3, 3), TypeError, "mask must be a boolean tensor.*torch.float32 came"),
    "list mask": (Q, Q, Q, [True], TypeError, "mask must be a boolean tensor.*a list came"),
    "mask's shape": (Q, Q, Q, torch.ones(4, 3).bool(), ValueError, r"broadcast to the scores \(2, 3, 3\); \(4, 3\)"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_gets_a_sentence(case):
    *inputs, error, sentence = BAD_INPUT[case]
    with pytest.raises(error, match=sentence):
        attention(*inputs)


def test_bad_input_to_several_heads_gets_a_sentence():
    with pytest.raises(ValueError, match="embed_dim must be a multiple of num_heads; 6 and 4 came"):
        MultiHeadAttention(6, 4)
    layer = MultiHeadAttention(6, 3)
    with pytest.raises(ValueError, match=r"x must have shape \(B, T, 6\); \(2, 3, 5\) came"):
        layer(torch.zeros(2, 3, 5))
    with pytest.raises(ValueError, match=r"context must have shape \(2, S, 6\); \(3, 3, 6\) came"):
        layer(torch.zeros(2, 3, 6), torch.zeros(3, 3, 6))
    with pytest.raises(TypeError, match="mask must be a boolean tensor"):
        layer(torch.zeros(2, 3, 6), mask=[[True]])
    with pytest.raises(ValueError, match="lengths must lie between 0 and 3; 4 came"):
        padding_mask(torch.tensor([4]), 3)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bias": False}, "bias=True; bias=False came"),
        ({"add_bias_kv": True}, "add_bias_kv=False; add_bias_kv=True came"),
        ({"add_zero_attn": True}, "add_zero_attn=False; add_zero_attn=True came"),
        ({"kdim": 5}, "kdim=6; kdim=5 came"),
        ({"vdim": 5}, "vdim=6; vdim=5 came"),
        ({"dropout": 0.1}, "dropout=0.0; dropout=0.1 came"),
    ],
)
def test_what_from_torch_cannot_take_it_refuses_by_name(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        MultiHeadAttention.from_torch(nn.MultiheadAttention(6, 3, **options))
    with pytest.raises(TypeError, match=r"wants a torch\.nn\.MultiheadAttention; a Linear came"):
        MultiHeadAttention.from_torch(nn.Linear(3, 3))


def test_blocked_cells_get_nothing_however_low_the_rest():
    q, k = torch.tensor([[3e4]]), torch.tensor([[1.0], [-1.0]])
    assert attention(q, k, torch.eye(2), torch.tensor([[False, True]])).weights.tolist() == [[0.0, 1.0]]
    assert attention(q, k, torch.eye(2), torch.tensor([[False, True]])).output.tolist() == [[0.0, 1.0]]


def test_q_k_v_in_one_parameter_are_frozen_only_if_all_three_are():
    layer = MultiHeadAttention(4, 2)
    layer.W_q.requires_grad_(False)
    assert layer.to_torch().in_proj_weight.requires_grad
    layer.W_k.requires_grad_(False), layer.W_v.requires_grad_(False)
    assert not layer.to_torch().in_proj_weight.requires_grad
