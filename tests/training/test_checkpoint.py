import pytest
import safetensors.torch
import torch
from torch import nn
from unrolled.training import fit, load, notes, save


def model(hidden=3):
    return nn.Sequential(nn.Linear(4, hidden), nn.BatchNorm1d(hidden), nn.Linear(hidden, 1))


def test_weights_buffers_and_notes_come_back_to_the_last_bit(tmp_path):
    one, two = model().double(), model().double()
    one(torch.randn(8, 4).double())  # fills the buffers of the batch norm
    path = save(tmp_path / "deep" / "one.safetensors", one, seed=3, score=[0.5, 0.25], name="ß")
    assert load(path, two) == {"seed": 3, "score": [0.5, 0.25], "name": "ß"}
    assert all(a.equal(b) for a, b in zip(two.state_dict().values(), one.state_dict().values(), strict=True))


def test_the_file_is_read_by_safetensors_own_reader(tmp_path):
    one = model()
    assert safetensors.torch.load_file(save(tmp_path / "one.safetensors", one))["0.weight"].equal(one[0].weight)


def test_tied_weights_are_saved(tmp_path):
    def tied():
        net = nn.ModuleDict({"a": nn.Linear(3, 3), "b": nn.Linear(3, 3)})
        net["b"].weight = net["a"].weight
        return net

    one, two = tied(), tied()
    load(save(tmp_path / "tied.safetensors", one), two)
    assert two["b"].weight.equal(one["a"].weight)
    assert two["a"].weight is two["b"].weight


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (lambda: model(5), r"0.weight is \(3, 4\) and \(5, 4\) is wanted; .*, and \d+ more"),
        (lambda: nn.Linear(4, 1), "holds another model, a Sequential; a Linear .* weight is missing"),
        (lambda: nn.Sequential(*list(model())[:2]), "2.weight is not in the model"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused_and_nothing_is_changed(tmp_path, other, sentence):
    path = save(tmp_path / "one.safetensors", model())
    target = other()
    before = {name: tensor.clone() for name, tensor in target.state_dict().items()}
    with pytest.raises(ValueError, match=sentence):
        load(path, target)
    assert all(tensor.equal(before[name]) for name, tensor in target.state_dict().items())


@pytest.mark.parametrize("size", [0, 5, 50, -1])
def test_a_checkpoint_cut_short_anywhere_is_refused(tmp_path, size):
    path = save(tmp_path / "one.safetensors", model())
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=r"one.safetensors .* cut short, or is of another kind"):
        load(path, model())


def test_a_pickle_is_refused(tmp_path):
    path = tmp_path / "one.pt"
    torch.save(model().state_dict(), path)
    with pytest.raises(ValueError, match="of another kind"):
        load(path, model())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no checkpoint .*none.safetensors"):
        load(tmp_path / "none.safetensors", model())


def test_a_file_of_another_hand_has_no_notes(tmp_path):
    one, path = model(), tmp_path / "theirs.safetensors"
    safetensors.torch.save_file(one.state_dict(), path)
    assert load(path, one) == {}
    with pytest.raises(ValueError, match="holds another model, a model of unknown kind; a Sequential"):
        load(path, model(5))


def test_notes_that_json_cannot_hold_are_refused_and_the_old_file_stays(tmp_path):
    path = save(tmp_path / "one.safetensors", model(), seed=1)
    with pytest.raises(ValueError, match="notes must be of the kind that JSON holds"):
        save(path, model(), note=torch.ones(1))
    assert load(path, model()) == {"seed": 1}


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = save(tmp_path / "one.safetensors", model(), seed=1)

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        save(path, model(), seed=2)
    monkeypatch.undo()
    assert load(path, model()) == {"seed": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["one.safetensors"]


def test_a_checkpoint_can_be_read_by_whoever_can_read_its_neighbours(tmp_path):
    save(tmp_path / "model.safetensors", nn.Linear(2, 2))
    (tmp_path / "neighbour").write_text("")
    assert (tmp_path / "model.safetensors").stat().st_mode == (tmp_path / "neighbour").stat().st_mode


def test_the_file_of_a_training_run_is_not_taken_for_weights(tmp_path):
    one, path = nn.Linear(2, 1), tmp_path / "run.safetensors"
    fit(one, [torch.ones(3, 2)], lambda m, x: m(x).sum(), steps=1, lr=0.1, checkpoint=path, progress=False)
    with pytest.raises(ValueError, match=r"holds a training run.* fit\(…, checkpoint=…, resume=True\)"):
        load(path, one)


def test_notes_are_read_without_the_weights(tmp_path):
    """Of a file whose weights are gone beyond the header only the header can be read."""
    path = save(tmp_path / "one.safetensors", model(2000), seed=3)
    assert notes(path) == {"seed": 3}
    read, opened = [], safetensors.safe_open

    class Watched:
        def __init__(self, *given, **options):
            self.file = opened(*given, **options)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def metadata(self):
            return self.file.metadata()

        def get_tensor(self, name):
            read.append(name)
            return self.file.get_tensor(name)

        def keys(self):
            return self.file.keys()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(safetensors, "safe_open", Watched)
        assert notes(path) == {"seed": 3}
        assert not read
        load(path, model(2000))
        assert read


def test_notes_of_what_is_no_checkpoint_are_refused_as_load_does(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no checkpoint"):
        notes(tmp_path / "none.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"cut short")
    with pytest.raises(ValueError, match="cannot be read as a safetensors file"):
        notes(tmp_path / "cut.safetensors")
