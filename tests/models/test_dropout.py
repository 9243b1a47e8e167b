"""Where dropout falls in each model: at the words, in every part of every block, before the output; nowhere else."""

import pytest
import torch
from torch import nn
from unrolled.models.seq2seq import Seq2Seq
from unrolled.models.text_classifier import TextClassifier, TransformerClassifier
from unrolled.models.transformer import Transformer
from unrolled.models.translator import Translator

SOURCE, TARGET, LENGTHS = torch.full((2, 5), 3), torch.full((2, 4), 3), torch.tensor([5, 3])
READ, WRITTEN = (2, 5, 8), (2, 4, 8)  # the shapes of what stands for every word of either
FALLS = {  # the model, what it is given, and the shapes of all on which dropout falls
    "Seq2Seq": (
        lambda: Seq2Seq(9, 7, 8, 6, dropout=0.5),
        (SOURCE, LENGTHS, TARGET),
        [READ, WRITTEN, (2, 4, 6)],
    ),
    "Translator": (
        lambda: Translator(9, 7, 8, 2, 2, dropout=0.5),
        (SOURCE, LENGTHS, TARGET),
        [READ, *[READ] * 2 * 2, WRITTEN, *[WRITTEN] * 2 * 3],
    ),
    "TextClassifier": (lambda: TextClassifier(9, 8, 6, 2, dropout=0.5), (SOURCE, LENGTHS), [READ, (2, 6)]),
    "TransformerClassifier": (
        lambda: TransformerClassifier(9, 8, 2, 2, 2, dropout=0.5),
        (SOURCE, LENGTHS),
        [READ, *[READ] * 2 * 2, (2, 8)],
    ),
    "Transformer": (lambda: Transformer(9, 8, 2, 3, 6, dropout=0.5), (SOURCE,), [READ, *[READ] * 3 * 2]),
}


@pytest.mark.parametrize("name", FALLS)
def test_dropout_falls_where_it_should_and_only_in_training(name):
    make, given, wanted = FALLS[name]
    made, fell = make(), []
    for part in made.modules():
        if isinstance(part, nn.Dropout):
            part.register_forward_hook(lambda part, given, out: fell.append((tuple(out.shape), part.p, part.training)))
    made(*given)
    assert fell == [(shape, 0.5, True) for shape in wanted]
    fell.clear()
    made.eval()(*given)
    assert not any(training for *_, training in fell)
