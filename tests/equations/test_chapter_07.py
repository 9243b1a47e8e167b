"""The equations of 07, transformers, each written out by itself and held against the library."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode
from unrolled.exercises import transformers as ex
from unrolled.layers import LSTM, TransformerBlock
from unrolled.models.transformer import Transformer, reader
from unrolled.training import generate

D, H = 6, 10


def a_block() -> tuple[TransformerBlock, Tensor]:
    """Two heads, no bias 0 and no scale 1."""
    block = TransformerBlock(D, 2, H).double()
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.5)
    return block, 2 * torch.randn(2, 5, D).double() + 1


def norm(x: Tensor, layer: nn.LayerNorm, over: int = -1, root: float = 0.5, centred: bool = True) -> Tensor:
    mean = x.mean(dim=over, keepdim=True)
    variance = ((x - mean) ** 2).mean(dim=over, keepdim=True)
    return (x - mean * centred) / (variance + 1e-5) ** root * layer.weight + layer.bias


def gelu(x: Tensor) -> Tensor:
    """x times the share of a standard normal below x."""
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def ffn(x: Tensor, block: TransformerBlock) -> Tensor:
    return gelu(x @ block.ffn.W_1 + block.ffn.b_1) @ block.ffn.W_2 + block.ffn.b_2


def heads(x: Tensor, block: TransformerBlock, causal: bool = True) -> Tensor:
    """The attention layer of chapter 06, a head at a time."""
    layer, width, found = block.attention, D // 2, []
    q, k, v = (x @ getattr(layer, f"W_{name}") + getattr(layer, f"b_{name}") for name in "qkv")
    future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    for n in range(2):
        part = slice(width * n, width * (n + 1))
        scores = q[..., part] @ k[..., part].mT / math.sqrt(width)
        weights = torch.where(future & causal, -torch.inf, scores).softmax(dim=-1)
        found.append(weights @ v[..., part])
    return torch.cat(found, dim=-1) @ layer.W_o + layer.b_o


def through(x: Tensor, block: TransformerBlock, causal: bool = True) -> Tensor:
    x = x + heads(norm(x, block.attention_norm), block, causal)
    return x + ffn(norm(x, block.ffn_norm), block)


def test_eq_7_1_a_part_reads_a_normed_copy_and_adds_to_x(equation):
    block, x = a_block()
    with torch.no_grad():
        block.attention.W_o.zero_()
        block.attention.b_o.zero_()  # one part alone is left, the feed-forward layer
    added = ffn(norm(x, block.ffn_norm), block)
    equation(
        formula=x + added,
        library=block(x).output,
        altered={
            "replaced": added,
            "not normed": x + ffn(x, block),
            "normed after": norm(x + ffn(x, block), block.ffn_norm),
            "added to the normed": norm(x, block.ffn_norm) + added,
        },
    )


def test_eq_7_2_each_step_gets_mean_0_and_variance_1_by_itself(equation):
    block, x = a_block()
    layer = block.ffn_norm
    equation(
        formula=norm(x, layer),
        library=layer(x),
        altered={
            "over the steps": norm(x, layer, over=1),
            "over the batch": norm(x, layer, over=0),
            "no root": norm(x, layer, root=1.0),
            "the mean left in": norm(x, layer, centred=False),
            "no scale": (norm(x, layer) - layer.bias) / layer.weight + layer.bias,
            "no shift": norm(x, layer) - layer.bias,
        },
    )


def test_eq_7_3_the_feed_forward_layer_thinks_at_each_step_alone(equation):
    block, x = a_block()
    inside, W_2, b_2 = x @ block.ffn.W_1 + block.ffn.b_1, block.ffn.W_2, block.ffn.b_2
    equation(
        formula=gelu(inside) @ W_2 + b_2,
        library=block.ffn(x),
        altered={
            "nothing between": inside @ W_2 + b_2,
            "relu": inside.clamp(min=0) @ W_2 + b_2,
            "no b_1": gelu(inside - block.ffn.b_1) @ W_2 + b_2,
            "no b_2": gelu(inside) @ W_2,
        },
    )


def test_eq_7_4_the_block_is_attention_and_then_the_feed_forward_layer(equation):
    block, x = a_block()
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    attended = heads(norm(x, block.attention_norm), block)
    side_by_side = x + attended + ffn(norm(x, block.ffn_norm), block)
    after = norm(x + heads(x, block), block.attention_norm)
    equation(
        formula=through(x, block),
        library=block(x, mask).output,
        altered={
            "no mask": through(x, block, causal=False),
            "side by side": side_by_side,
            "norms after the sums": norm(after + ffn(after, block), block.ffn_norm),
            "the feed-forward layer first": (y := x + ffn(norm(x, block.ffn_norm), block))
            + heads(norm(y, block.attention_norm), block),
            "no residual": ffn(norm(attended, block.ffn_norm), block),
        },
    )


def test_eq_7_5_words_and_places_go_in_scores_come_out_by_the_same_table(equation):
    model = Transformer(vocab_size=7, embed_dim=D, num_heads=2, num_layers=2, context=5).double()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    tokens = torch.randint(7, (2, 5))

    def scores(x: Tensor, blocks=tuple(model.blocks), normed: bool = True) -> Tensor:
        for block in blocks:
            x = through(x, block)
        return (norm(x, model.norm) if normed else x) @ model.embedding.W_e.T

    e, P = model.embedding.W_e[tokens], model.positions.W_p
    equation(
        formula=scores(e + P) + model.b_y,
        library=model(tokens).logits,
        altered={
            "no places": scores(e) + model.b_y,
            "one block": scores(e + P, model.blocks[:1]) + model.b_y,
            "blocks in another order": scores(e + P, model.blocks[::-1]) + model.b_y,
            "no last norm": scores(e + P, normed=False) + model.b_y,
            "no b_y": scores(e + P),
        },
    )


def test_eq_7_6_the_loss_of_blanks_is_the_mean_over_the_blanks_alone(equation):
    logits, words = torch.randn(2, 5, 7).double(), torch.randint(7, (2, 5))
    blanks = [(0, 1), (0, 4), (1, 2)]
    p = logits.exp() / logits.exp().sum(dim=-1, keepdim=True)
    each = torch.stack([-torch.log(p[b, t, words[b, t]]) for b, t in blanks])
    every = torch.stack([-torch.log(p[b, t, words[b, t]]) for b in range(2) for t in range(5)])
    blanked = torch.zeros(2, 5, dtype=torch.bool)
    for b, t in blanks:
        blanked[b, t] = True
    equation(
        formula=each.sum() / 3,
        library=F.cross_entropy(logits.flatten(0, 1), ex.blank_out.reference(words, blanked, 7)[1].flatten()),
        altered={"over all words": every.mean(), "a sum": each.sum(), "divided by all": each.sum() / 10},
    )


def multiplied(act) -> Tensor:
    """How many multiplications in matrix products; torch counts each with its addition, as two."""
    with FlopCounterMode(display=False) as counter:
        act()
    return torch.tensor(counter.get_total_flops() / 2, dtype=torch.float64)


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def test_eq_7_7_a_block_multiplies_along_the_length_and_along_its_square(equation):
    T, width = 40, 16
    x = torch.randn(1, T, width)
    equation(
        formula=number(12 * T * width**2 + 2 * T**2 * width),
        library=multiplied(lambda: TransformerBlock(width, 4)(x)),
        altered={
            "no squares": number(12 * T * width**2),
            "each head full size": number(12 * T * width**2 + 8 * T**2 * width),
            "scores alone": number(12 * T * width**2 + T**2 * width),
        },
    )


def test_eq_7_8_an_lstm_multiplies_along_the_length(equation):
    T, width, units = 40, 16, 21
    x = torch.randn(1, T, width)
    equation(
        formula=number(4 * T * units * (width + units)),
        library=multiplied(lambda: LSTM(width, units)(x)),
        altered={"one gate": number(T * units * (width + units)), "no recurrence": number(4 * T * units * width)},
    )


def test_eq_7_9_keys_made_while_writing(equation):
    P, N = 3, 6
    model = Transformer(vocab_size=7, embed_dim=D, num_heads=2, num_layers=2, context=20).double()
    made: list[int] = []
    model.blocks[0].attention_norm.register_forward_pre_hook(lambda layer, given: made.append(given[0].shape[1]))

    def keys(cached: bool) -> Tensor:
        made.clear()
        generate(reader(model, cached), torch.zeros(P, dtype=torch.long), N)
        return number(sum(made))

    again = number(N * P + N * (N - 1) / 2)
    equation(
        formula=number(P + N - 1), library=keys(True), altered={"without a cache": again, "the last": number(P + N)}
    )
    equation(
        formula=again,
        library=keys(False),
        altered={"with the cache": number(P + N - 1), "always all": number(N * (P + N)), "no prompt": number(21)},
    )
