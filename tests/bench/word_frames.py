"""How the shipped word vectors came about: the first seed of next_word.py trained again, and looked at on the way.

    nice -n 10 python tests/bench/word_frames.py

writes data/checkpoints/05_word_frames.safetensors: for each moment of ROUNDS, in rounds through the text, the rows of
the 300 words that page 05 draws, (F, 300, 64) in half precision; last the rows that ship. Half a minute on one core.
Says how far its last rows are from those of 05_words.safetensors, and writes nothing where they are another run's.
"""

import torch
from next_word import DRAWN, DROPOUT, EMBED, HIDDEN, SEEDS, SMALL, texts, trained
from safetensors.torch import save_file
from torch import Tensor
from unrolled.data import files
from unrolled.models.language_model import LanguageModel
from unrolled.training import load, seed_everything

ROUNDS = (0, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 2, 3, 4, 6, 8)


def first_rows(words: int) -> Tensor:
    """W_e before the first step."""
    seed_everything(SEEDS[0])
    return LanguageModel(words, EMBED, HIDDEN, "lstm", DROPOUT).embedding.W_e.detach() * SMALL


def main() -> None:
    torch.set_num_threads(1)
    text = texts()
    chosen = [n for n, word in enumerate(text.vocabulary.words) if word.isalpha() and len(word) > 1][:DRAWN]
    frames, due = [first_rows(len(text.vocabulary))[chosen]], list(ROUNDS[1:])

    def look(model: LanguageModel, done: float) -> None:
        if due and done >= due[0]:
            frames.append(model.embedding.W_e.detach()[chosen].clone())
            due.pop(0)

    model, _ = trained(text, SEEDS[0], look=look)
    shipped = LanguageModel(len(text.vocabulary), EMBED, HIDDEN)
    load(files.checkpoint("05_words"), shipped)
    apart = (model.embedding.W_e - shipped.embedding.W_e).abs().max().item()
    print(f"largest difference to the rows that ship: {apart:.2g}")
    if apart > 1e-3:
        raise SystemExit("these are not the rows that ship; run next_word.py first, on this machine")
    frames.append(shipped.embedding.W_e.detach()[chosen])
    about = {"rounds": str([*ROUNDS, "best"])}
    save_file({"W_e": torch.stack(frames).half()}, files.checkpoint("05_word_frames"), metadata=about)


if __name__ == "__main__":
    main()
