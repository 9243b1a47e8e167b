import math

import pytest
import torch
from unrolled.training import distribution, draw, generate
from unrolled.training.sample import keep_nucleus

LOGITS = torch.tensor([0.4, 0.1, 0.3, 0.2], dtype=torch.float64).log()


def test_a_temperature_of_1_changes_nothing():
    torch.testing.assert_close(distribution(LOGITS), LOGITS.exp())


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_a_temperature_raises_probabilities_to_its_inverse(temperature):
    powers = LOGITS.exp() ** (1 / temperature)
    torch.testing.assert_close(distribution(LOGITS, temperature), powers / powers.sum())


def test_a_temperature_of_0_takes_the_likeliest():
    assert distribution(LOGITS, 0).tolist() == [1, 0, 0, 0]
    assert distribution(torch.tensor([[0.0, 2.0], [3.0, 1.0]]), 0).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("temperature", [1e-3, 1e-38, 1e-45, 1e-300])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_a_temperature_near_0_takes_the_likeliest_too(temperature, dtype):
    logits = torch.tensor([300.0, -torch.inf, 301.0, 299.0], dtype=dtype)
    assert distribution(logits, temperature).tolist() == [0, 0, 1, 0]


def test_top_k_keeps_the_k_likeliest_in_proportion():
    torch.testing.assert_close(distribution(LOGITS, top_k=2), torch.tensor([4 / 7, 0, 3 / 7, 0]).double())
    assert distribution(LOGITS, top_k=1).tolist() == [1, 0, 0, 0]
    torch.testing.assert_close(distribution(LOGITS, top_k=9), LOGITS.exp())


def test_top_k_keeps_k_of_equal_ones():
    assert distribution(torch.zeros(5), top_k=2).gt(0).sum() == 2


@pytest.mark.parametrize(
    ("mass", "kept"),
    [
        (0.3, [1, 0, 0, 0]),
        (0.41, [4 / 7, 0, 3 / 7, 0]),
        (0.69, [4 / 7, 0, 3 / 7, 0]),
        (0.71, [4 / 9, 0, 3 / 9, 2 / 9]),
        (1.0, [0.4, 0.1, 0.3, 0.2]),
    ],
)
def test_a_nucleus_is_the_smallest_set_that_reaches_its_mass(mass, kept):
    torch.testing.assert_close(distribution(LOGITS, nucleus=mass), torch.tensor(kept, dtype=torch.float64))


def test_the_nucleus_is_measured_after_temperature_and_top_k():
    powers = torch.tensor([0.16, 0.01, 0.09, 0.04], dtype=torch.float64)  # temperature 1/2
    expected = torch.tensor([0.16, 0, 0.09, 0], dtype=torch.float64) / 0.25
    assert powers[0] / powers.sum() < 0.56 < powers[0] / (powers[0] + powers[2])  # top-k first, or one more would stay
    torch.testing.assert_close(distribution(LOGITS, temperature=0.5, top_k=2, nucleus=0.8), expected)
    assert distribution(LOGITS, temperature=0.5, top_k=2, nucleus=0.56).tolist() == [1, 0, 0, 0]


def test_drawing_meets_the_probabilities():
    p = distribution(LOGITS, nucleus=0.75).expand(30_000, 4)
    counts = draw(p).bincount(minlength=4) / 30_000
    assert counts.tolist() == pytest.approx([4 / 9, 0, 3 / 9, 2 / 9], abs=0.01)


def test_drawing_is_torchs_own_and_keeps_the_shape():
    p = torch.rand(2, 3, 5)
    ours = draw(p, torch.Generator().manual_seed(1))
    theirs = torch.multinomial(p.reshape(6, 5), 1, generator=torch.Generator().manual_seed(1)).reshape(2, 3)
    assert ours.equal(theirs)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"temperature": -1}, "temperature is -1"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"temperature": math.inf}, "temperature is inf"),
        ({"top_k": 0}, "top_k is 0"),
        ({"nucleus": 0.0}, "nucleus is 0.0"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        distribution(LOGITS, **options)


def one_more(tokens, state):
    """A model that has seen the tokens in `state` and wants the last one plus 1, of 10."""
    seen = tokens.tolist() if state is None else state + tokens.tolist()
    logits = torch.full((10,), -torch.inf)
    logits[(seen[-1] + 1) % 10] = 0
    return logits, seen


def test_a_text_grows_token_by_token_and_each_is_read_once():
    read = []

    def watched(tokens, state):
        read.append(tokens.tolist())
        return one_more(tokens, state)

    assert generate(watched, torch.tensor([3, 7]), 4).tolist() == [3, 7, 8, 9, 0, 1]
    assert read == [[3, 7], [8], [9], [0]]


def test_a_stop_token_ends_the_text_and_is_part_of_it():
    assert generate(one_more, torch.tensor([3]), 100, stop=6).tolist() == [3, 4, 5, 6]


def test_a_generator_gives_the_same_text_again():
    def anything(tokens, state):
        return torch.zeros(50), None

    one, two = (generate(anything, torch.tensor([0]), 20, generator=torch.Generator().manual_seed(2)) for _ in range(2))
    assert one.equal(two)
    assert not one.equal(generate(anything, torch.tensor([0]), 20))


def test_the_settings_reach_the_distribution():
    def two_ways(tokens, state):
        return torch.tensor([1.0, 0.9, 0.0]), None

    for options in ({"temperature": 0}, {"top_k": 1}, {"nucleus": 0.1}):
        assert generate(two_ways, torch.tensor([2]), 30, **options).tolist() == [2] + [0] * 30
    assert set(generate(two_ways, torch.tensor([2]), 60, top_k=2).tolist()[1:]) == {0, 1}


@pytest.mark.parametrize("prompt", [torch.tensor([], dtype=torch.long), torch.tensor([[1]])])
def test_a_prompt_has_at_least_one_token(prompt):
    with pytest.raises(ValueError, match="prompt has shape"):
        generate(one_more, prompt, 3)


def test_a_nucleus_that_is_reached_exactly_takes_no_more():
    assert keep_nucleus(torch.tensor([0.5, 0.25, 0.25]), 0.5).tolist() == [1, 0, 0]
