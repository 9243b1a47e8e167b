"""The whole transformer against torch's, its cache, and what it shows; what it has in common with `Seq2Seq` is tested
beside that."""

import pytest
import torch
from torch import nn
from unrolled.layers import SinusoidalPositions
from unrolled.models.seq2seq import BEGIN
from unrolled.models.translator import Translator


def model(target_size=7, layers=2, **options):
    made = Translator(9, target_size, 8, 2, layers, hidden_size=12, **options).double()
    for name, weight in made.named_parameters():
        nn.init.normal_(weight, 1.0 if "norm" in name and "weight" in name else 0.0, 0.4)
    return made


def sources():
    """Sources (3, 6), the padding of which is noise, and their lengths."""
    return torch.randint(9, (3, 6)), torch.tensor([6, 2, 4])


def test_it_equals_torchs_transformer(relative_difference):
    made, (source, lengths), target = model(), sources(), torch.randint(7, (3, 5))
    settings = {"activation": "gelu", "norm_first": True, "batch_first": True, "dropout": 0.0}
    sizes = (8, 2, 12)
    reader = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(*sizes, **settings), 2, made.memory_norm, enable_nested_tensor=False
    )
    writer = nn.TransformerDecoder(nn.TransformerDecoderLayer(*sizes, **settings), 2, made.norm)
    for ours, theirs in ((made.encoder, reader), (made.decoder, writer)):
        for number, block in enumerate(ours):
            theirs.layers[number] = block.to_torch()
    places = SinusoidalPositions(8).table(6)
    padding = torch.arange(6) >= lengths[:, None]
    before = nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    m = reader(made.source.W_e[source] + places, src_key_padding_mask=padding)
    out = writer(
        made.target.W_e[target] + places[:5], m, tgt_mask=before, memory_key_padding_mask=padding.double() * -1e9
    )
    assert relative_difference(made(source, lengths, target).logits, out @ made.W_y + made.b_y) < 1e-9


def test_several_steps_at_a_time_are_all_at_once(relative_difference):
    made, (source, lengths), target = model(), sources(), torch.randint(7, (3, 5))
    memory, h, parts = made.encode(source, lengths), None, []
    for piece in target.split([2, 3], dim=1):
        written = made.decode(piece, memory, h)
        h = written.h
        parts.append(written.logits)
    assert relative_difference(torch.cat(parts, dim=1), made(source, lengths, target).logits) < 1e-12


def test_no_step_sees_what_comes_after_it():
    made, (source, lengths), target = model(), sources(), torch.randint(7, (3, 5))
    changed = target.clone()
    changed[:, 3:] = (target[:, 3:] + 1) % 7
    one, other = (made(source, lengths, each).logits[:, :3] for each in (target, changed))
    assert torch.equal(one, other)


def test_the_weights_it_shows_are_those_of_the_layer_and_head_that_are_named(relative_difference):
    made, (source, lengths), target = model(), sources(), torch.randint(7, (3, 5))
    written = made(source, lengths, target)
    assert written.across.shape == (3, 2, 2, 5, 6)
    assert relative_difference(written.weights, written.across[:, -1].mean(dim=1)) < 1e-12
    made.shows = (0, 1)
    assert torch.equal(made(source, lengths, target).weights, written.across[:, 0, 1])


def test_queries_and_keys_give_the_weights_back(relative_difference):
    made, target = model(), torch.randint(3, 7, (4,))
    source = torch.randint(9, (5,))
    q, k = made.asked(source, target)
    read = torch.cat([torch.tensor([BEGIN]), target[:-1]])[None]
    across = made(source[None], torch.tensor([5]), read).across[0]
    assert relative_difference((q @ k.mT / 4**0.5).softmax(dim=-1), across) < 1e-12


@pytest.mark.parametrize("shows", [(2, 0), (0, 2), (-1, 0), (0, -1)])
def test_a_layer_or_head_that_is_not_there_cannot_be_shown(shows):
    with pytest.raises(ValueError, match=r"shows is \(.*; a layer from 0 to 1 and a head from 0 to 1 are wanted"):
        model(shows=shows)
    assert model(shows=(1, 1)).shows == (1, 1)
