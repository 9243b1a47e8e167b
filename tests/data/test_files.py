"""What the course ships is found from the package, named by chapter, and held to its checksums."""

import json
import shutil

import pytest
from unrolled.data import files

VALUES = {"lstm": [0.1, 0.2, 0.3], "text": "Zürich"}


@pytest.fixture
def ship(tmp_path, monkeypatch):
    """An empty data folder with a README, in place of the real one."""
    monkeypatch.setattr(files, "folder", lambda: tmp_path)
    (tmp_path / "README.md").write_text("# Data\n\n| file | source | licence | checksum |\n|---|---|---|---|\n")
    return tmp_path


def test_data_lies_beside_lib_whatever_the_current_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert (files.folder() / "README.md").is_file()
    assert (files.folder().parent / "lib" / "unrolled").is_dir()


def test_results_come_back_as_they_were_saved(ship):
    files.save_results("03_adding", command="python tests/bench/adding.py", seeds=(0, 1, 2), values=VALUES)
    found = files.results("03_adding")
    assert found["command"] == "python tests/bench/adding.py"
    assert found["seeds"] == [0, 1, 2]
    assert found["values"] == VALUES
    assert {"python", "torch", "numpy"} <= set(found["versions"])


@pytest.mark.parametrize("name", ["adding", "3_adding", "03 adding", "../03_adding", "03_Adding", ""])
def test_a_name_without_its_chapter_is_refused(name):
    with pytest.raises(ValueError, match="03_adding_problem"):
        files.checkpoint(name)


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(TypeError, match="not int"):
        files.checkpoint(3)


def test_results_that_are_not_there_name_those_that_are(ship):
    files.save_results("03_adding", command="c", seeds=[0], values=VALUES)
    with pytest.raises(ValueError, match=r"03_addin.*has 03_adding"):
        files.results("03_addin")


@pytest.mark.parametrize("text", ["{", "[]", '{"values": {}}'])
def test_damaged_results_say_which_file(ship, text):
    (ship / "results").mkdir()
    (ship / "results" / "03_adding.json").write_text(text)
    with pytest.raises(ValueError, match=r"data/results/03_adding\.json"):
        files.results("03_adding")


def test_results_say_what_made_them(ship):
    with pytest.raises(ValueError, match="command is empty"):
        files.save_results("03_adding", command="", seeds=[0], values=VALUES)


@pytest.mark.parametrize("value", [float("nan"), {1, 2}])
def test_what_json_cannot_hold_is_refused_and_nothing_is_written(ship, value):
    with pytest.raises(ValueError, match="finite numbers"):
        files.save_results("03_adding", command="c", seeds=[0], values={"a": value})
    assert not (ship / "results" / "03_adding.json").exists()


def test_a_new_file_gets_a_row_with_the_command_that_made_it(ship):
    files.save_results("03_adding", command="python tests/bench/adding.py", seeds=[0], values=VALUES)
    assert files.damage() == ["data/results/03_adding.json has no row in data/README.md."]
    assert files.refresh() == ["results/03_adding.json"]
    assert files.damage() == []
    assert "python tests/bench/adding.py" in (ship / "README.md").read_text()
    assert files.refresh() == []


def test_a_changed_file_is_told_and_keeps_the_rest_of_its_row(ship):
    files.save_results("03_adding", command="first", seeds=[0], values=VALUES)
    files.refresh()
    readme = ship / "README.md"
    readme.write_text(readme.read_text().replace("MIT, as the course", "of another kind"))
    files.save_results("03_adding", command="second", seeds=[0], values=VALUES)
    assert files.damage() == ["data/results/03_adding.json is not the file that was shipped."]
    assert files.refresh() == ["results/03_adding.json"]
    assert "`second` | of another kind |" in readme.read_text()
    assert files.damage() == []


def test_a_checkpoint_is_made_by_the_command_of_the_results_of_its_name_even_if_these_come_later(ship):
    checkpoint = files.checkpoint("03_adding")
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(b"weights")
    files.refresh()
    assert "not said yet" in (ship / "README.md").read_text()
    files.save_results("03_adding", command="python adding.py", seeds=[0], values=VALUES)
    files.refresh()
    assert "not said yet" not in (ship / "README.md").read_text()
    assert (ship / "README.md").read_text().count("`python adding.py`") == 2


def test_a_missing_file_is_told_and_its_row_goes_on_refresh(ship):
    path = files.save_results("03_adding", command="c", seeds=[0], values=VALUES)
    files.refresh()
    path.unlink()
    assert files.damage() == ["data/results/03_adding.json is missing."]
    files.refresh()
    assert "03_adding" not in (ship / "README.md").read_text()


def test_without_its_readme_the_data_cannot_be_vouched_for(ship):
    (ship / "README.md").unlink()
    assert "README.md is missing" in files.damage()[0]


def test_the_data_of_this_copy_are_whole_and_their_source_is_told():
    assert files.damage() == [], "python -m unrolled.data.files brings the table up to date"
    assert files.UNSAID not in (files.folder() / "README.md").read_text(encoding="utf-8")


def test_damage_is_found_in_a_copy_of_the_real_data(tmp_path, monkeypatch):
    copy = tmp_path / "data"
    shutil.copytree(files.folder(), copy)
    monkeypatch.setattr(files, "folder", lambda: copy)
    files.refresh()
    (copy / "results").mkdir(exist_ok=True)
    (copy / "results" / "99_stray.json").write_text(json.dumps({}))
    assert files.damage() == ["data/results/99_stray.json has no row in data/README.md."]


def test_the_whole_checksum_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "folder", lambda: tmp_path)
    (tmp_path / "results").mkdir()
    about = {"command": "c", "versions": {}, "seeds": [], "values": {}}
    (tmp_path / "results" / "99_a.json").write_text(json.dumps(about))
    table = tmp_path / "README.md"
    table.write_text("# Data\n")
    files.refresh()
    checksum = files.noted()["results/99_a.json"]
    another = checksum[:-1] + ("1" if checksum[-1] == "0" else "0")
    table.write_text(table.read_text().replace(checksum, another))
    assert files.damage()
