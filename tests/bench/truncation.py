"""Say the bit that was heard three steps ago, learned with windows of several lengths.

    nice -n 10 python tests/bench/truncation.py        about two minutes on one free core

writes data/results/02_truncation.json, per seed: "right", the share of right answers per window (and with the state
set to zero at every window of 4); "held", the share that the best linear reading of the states gets right, after
training and before it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from unrolled.data import files

SEEDS = (0, 1, 2, 3, 4)
WINDOWS = (1, 2, 3, 4, 6, 12)
LAG, LENGTH, HIDDEN, BATCH, STEPS, RATE = 3, 12, 32, 32, 200, 1e-2


def bits(count: int) -> Tensor:
    return torch.randint(2, (count, LENGTH, 1)).float() * 2 - 1


def states(rnn: nn.RNN, x: Tensor, window: int, *, keep: bool = True) -> Tensor:
    """All states (B, T, H), the state detached where a window begins, or set to zero there."""
    h, parts = x.new_zeros(1, len(x), HIDDEN), []
    for part in x.split(window, dim=1):
        run, h = rnn(part, h.detach() if keep else torch.zeros_like(h))
        parts.append(run)
    return torch.cat(parts, dim=1)


def train(window: int, seed: int, *, keep: bool = True, steps: int = STEPS) -> nn.ModuleList:
    torch.manual_seed(seed)
    model = nn.ModuleList([nn.RNN(1, HIDDEN, batch_first=True), nn.Linear(HIDDEN, 1)])
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    for _ in range(steps):
        x = bits(BATCH)
        optimiser.zero_grad()
        said = model[1](states(model[0], x, window, keep=keep))[:, LAG:]
        F.soft_margin_loss(said, x[:, :-LAG]).backward()
        optimiser.step()
    return model


@torch.no_grad()
def right(model: nn.ModuleList, window: int, *, keep: bool = True) -> float:
    x = bits(1000)
    said = model[1](states(model[0], x, window, keep=keep))[:, LAG:]
    return (said.sign() == x[:, :-LAG]).float().mean().item()


@torch.no_grad()
def held(model: nn.ModuleList) -> float:
    """Fitted by least squares on 1,000 sequences, tried on 1,000 others."""
    known, fresh = (bits(1000) for _ in range(2))
    X, Y = (states(model[0], x, LENGTH)[:, LAG:].reshape(-1, HIDDEN).double() for x in (known, fresh))
    reading = torch.linalg.lstsq(X, known[:, :-LAG].reshape(-1, 1).double()).solution
    return ((Y @ reading).sign() == fresh[:, :-LAG].reshape(-1, 1)).float().mean().item()


def main() -> None:
    torch.set_num_threads(1)
    models = {str(window): [train(window, seed) for seed in SEEDS] for window in WINDOWS}
    reset = [train(4, seed, keep=False) for seed in SEEDS]
    values = {
        "right": {window: [round(right(m, int(window)), 3) for m in group] for window, group in models.items()}
        | {"4, state set to zero": [round(right(m, 4, keep=False), 3) for m in reset]},
        "held": {window: [round(held(m), 3) for m in group] for window, group in models.items()}
        | {"untrained": [round(held(train(1, seed, steps=0)), 3) for seed in SEEDS]},
    }
    print(values)
    files.save_results("02_truncation", command="python tests/bench/truncation.py", seeds=SEEDS, values=values)


if __name__ == "__main__":
    main()
