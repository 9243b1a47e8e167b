import pytest
import torch
from torch import nn
from torch.nn import functional as F
from unrolled.data import lookup
from unrolled.models.lookup import Lookup, share_right
from unrolled.training import fit


def torchs_own(model: Lookup, x: torch.Tensor, written: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """The same reader, said with torch's functions."""
    cells = F.embedding(x, model.embedding.W_e)
    if not isinstance(model.positions, nn.Identity):
        cells = cells + model.positions.W_p[: x.shape[1]]
    if model.encoder is not None:
        cells = cells + model.encoder.to_torch()(cells, cells, cells)[0]
    asking = model.places.W_e.repeat(len(x), 1, 1) if written is None else F.embedding(written, model.embedding.W_e)
    if not model.scaled:
        asking = asking * (model.attention.embed_dim // model.attention.num_heads) ** 0.5
    output, weights = model.attention.to_torch()(asking, cells, cells, average_attn_weights=False)
    return F.linear(output, model.W_y.T, model.b_y), weights


@pytest.mark.parametrize("query", ["place", "written"])
@pytest.mark.parametrize(
    "options", [{}, {"num_heads": 4}, {"positions": False}, {"scaled": False, "num_heads": 2}, {"encoder": True}]
)
def test_the_reader_is_what_torch_computes_with_the_same_weights(query, options, relative_difference):
    model = Lookup(26, 7, query, embed_dim=8, **options).double()
    batch = lookup.sample("sort", 5, 7)
    written = lookup.written(batch.y) if query == "written" else None
    reading = model(batch.x, written)
    y, weights = torchs_own(model, batch.x, written)
    assert reading.weights.shape == (5, options.get("num_heads", 1), 7, 7)
    assert relative_difference(reading.y, y) < 1e-9
    assert relative_difference(reading.weights, weights) < 1e-9


def test_the_number_of_outputs_need_not_be_that_of_the_cells():
    assert Lookup(52, 9, outputs=1)(torch.zeros(3, 9, dtype=torch.long)).y.shape == (3, 1, 52)


def test_it_learns_to_reverse_and_looks_at_the_right_cell():
    generator = torch.Generator().manual_seed(0)
    model = Lookup(26, 6)
    fit(
        model,
        lambda: lookup.sample("reverse", 64, 6, generator),
        lambda model, batch: F.cross_entropy(model(batch.x).y.flatten(0, 1), batch.y.flatten()),
        steps=100,
        lr=3e-3,
        progress=False,
    )
    fresh = lookup.sample("reverse", 300, 6)
    assert share_right(model(fresh.x).weights[:, 0], fresh.where) >= 0.99


def test_what_is_to_be_written_later_cannot_leak_into_a_step():
    model = Lookup(26, 6, "written", embed_dim=8)
    batch = lookup.sample("sort", 4, 6)
    other = batch.y.clone()
    other[:, 3:] = 0
    one, two = (model(batch.x, lookup.written(y)).y for y in (batch.y, other))
    assert one[:, :4].equal(two[:, :4])
    assert not one[:, 4:].equal(two[:, 4:])


def test_a_mask_says_which_cells_a_step_may_look_at():
    mask = torch.ones(4, 4, dtype=torch.bool).tril()
    assert Lookup(26, 4, embed_dim=8)(torch.zeros(2, 4, dtype=torch.long), mask=mask).weights[..., ~mask].eq(0).all()


def test_the_share_of_right_rows_is_counted_by_hand():
    weights = torch.tensor([[[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]])  # strongest: 0, 2
    assert share_right(weights, torch.tensor([[0, 1]])) == 0.5
    assert share_right(weights, torch.tensor([[0, 2]])) == 1.0


def test_a_query_of_another_kind_and_a_missing_or_unwanted_input_are_refused():
    x = torch.zeros(2, 4, dtype=torch.long)
    with pytest.raises(ValueError, match="query is 'symbol'; one of place, written"):
        Lookup(26, 4, "symbol")
    with pytest.raises(ValueError, match="written is missing"):
        Lookup(26, 4, "written")(x)
    with pytest.raises(ValueError, match="written came"):
        Lookup(26, 4)(x, x)


def test_an_encoder_looks_at_all_cells_whatever_the_mask_of_the_reader():
    x, mask = torch.randint(26, (2, 4)), torch.ones(4, 4, dtype=torch.bool).tril()
    model = Lookup(26, 4, embed_dim=8, encoder=True)
    other = x.clone()
    other[:, 3] = (x[:, 3] + 1) % 26
    assert not model(x, mask=mask).y[:, 0].equal(model(other, mask=mask).y[:, 0])


def test_a_lookups_output_starts_at_the_size_of_its_input():
    assert abs(Lookup(200, 4, embed_dim=100).W_y.std().item() - 0.1) < 0.005


def test_weights_with_their_heads_are_refused_and_not_spread():
    weights, where = torch.rand(2, 1, 3, 4), torch.zeros(2, 3, dtype=torch.long)
    with pytest.raises(ValueError, match=r"\(2, 1, 3, 4\) and \(2, 3\) came"):
        share_right(weights, where)
