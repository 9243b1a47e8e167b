"""The doctor finds what is wrong, and says it in words: each check against an installation broken on purpose."""

import sys
from importlib import metadata
from types import SimpleNamespace

import psutil
import pytest
import torch
from jupyter_client import kernelspec
from unrolled import doctor
from unrolled.data import files


@pytest.fixture
def pins(tmp_path, monkeypatch):
    """requirements.txt of another copy, to be written by the test."""
    monkeypatch.setattr(files, "folder", lambda: tmp_path / "data")
    return tmp_path / "requirements.txt"


def test_this_python_is_new_enough():
    assert doctor.python().well


def test_an_old_python_is_told(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    found = doctor.python()
    assert not found.well
    assert "Python 3.10.4" in found.sentence
    assert "3.11 or newer" in found.sentence


def test_the_versions_here_are_those_of_requirements():
    assert doctor.versions().well, doctor.versions().sentence


def test_a_version_that_differs_is_told_with_the_one_wanted(pins):
    pins.write_text("torch==0.4.1\nnumpy==1.0  # old\n")
    found = doctor.versions()
    assert not found.well
    assert f"torch is {metadata.version('torch')}, wanted is 0.4.1" in found.sentence
    assert "wanted is 1.0." in found.sentence


def test_a_package_that_is_missing_is_told(pins):
    pins.write_text("no-such-package==1.0\n")
    assert "no-such-package is not installed" in doctor.versions().sentence


def test_a_build_of_torch_for_another_device_counts_as_the_same(pins, monkeypatch):
    pins.write_text("torch==2.13.0\n")
    monkeypatch.setattr(metadata, "version", lambda name: "2.13.0+cu130")
    assert doctor.versions().well


def test_a_copy_without_requirements_is_told(pins):
    assert "requirements.txt is missing" in doctor.versions().sentence


def test_devices_are_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: "Some card")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert doctor.devices().well
    assert all(word in doctor.devices().sentence for word in ("cpu (", "cuda:0 (Some card)", "mps"))


@pytest.mark.parametrize(
    ("total", "free", "well", "word"),
    [
        (8e9, 4e9, True, "8.0 GB"),
        (2e9, 1.5e9, True, "2.0 GB"),
        (2e9, 0.5e9, True, "shut down"),
        (1e9, 1e9, False, "2 GB"),
    ],
)
def test_memory_is_weighed(monkeypatch, total, free, well, word):
    monkeypatch.setattr(doctor, "_group", lambda path: None)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=total, available=free))
    assert doctor.memory().well is well
    assert word in doctor.memory().sentence


def test_a_container_may_have_less_memory_than_its_machine(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=64e9, available=60e9))
    monkeypatch.setattr(doctor, "_group", lambda path: {"x": 1e9, "t": 0.25e9}[path[-1]])
    assert doctor.memory() == (False, "Memory: 1.0 GB, 0.8 GB of it free: the course needs 2 GB.")


def test_a_limit_of_no_number_is_no_limit(tmp_path):
    (tmp_path / "memory.max").write_text("max\n")
    assert doctor._group(str(tmp_path / "memory.max")) is None
    assert doctor._group(str(tmp_path / "memory.none")) is None


def test_the_kernel_here_is_this_python():
    assert doctor.kernel().well, doctor.kernel().sentence


def spec(monkeypatch, answer):
    monkeypatch.setattr(kernelspec.KernelSpecManager, "get_kernel_spec", lambda self, name: answer(name))


def test_a_kernel_of_another_python_is_told(monkeypatch):
    spec(monkeypatch, lambda name: SimpleNamespace(argv=["/opt/other/bin/python", "-m", "ipykernel_launcher"]))
    assert not doctor.kernel().well
    assert "python3 starts /opt/other/bin/python" in doctor.kernel().sentence


@pytest.mark.parametrize("program", ["python", "python3", sys.executable])
def test_a_kernel_named_in_any_way_that_means_this_python_is_well(monkeypatch, program):
    spec(monkeypatch, lambda name: SimpleNamespace(argv=[program]))
    assert doctor.kernel().well


def test_a_missing_kernel_is_told(monkeypatch):
    def none(name):
        raise kernelspec.NoSuchKernel(name)

    spec(monkeypatch, none)
    assert "there is no kernel python3" in doctor.kernel().sentence


def test_jupyterlab_is_here_with_live_controls():
    assert doctor.lab().well, doctor.lab().sentence


def test_a_missing_extension_is_told(monkeypatch):
    monkeypatch.setattr(doctor, "WIDGETS", ("no-such-extension",))
    assert "lacks no-such-extension" in doctor.lab().sentence


@pytest.mark.parametrize(("name", "check"), [("jupyterlab", "lab"), ("torch", "devices"), ("ipykernel", "kernel")])
def test_what_cannot_be_imported_is_a_finding_and_not_a_traceback(monkeypatch, name, check):
    monkeypatch.setitem(sys.modules, name, None)
    found = doctor._run(getattr(doctor, check))
    assert not found.well
    assert found.sentence.startswith(f"{check.capitalize()}: ModuleNotFoundError")
    assert "pip install -r requirements.txt" in found.sentence


def test_damaged_data_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "folder", lambda: tmp_path)
    (tmp_path / "README.md").write_text(f"| `results/03_adding.json` | made | MIT | `{'0' * 64}` |\n")
    assert not doctor.data().well
    assert "data/results/03_adding.json is missing." in doctor.data().sentence


def test_the_report_counts_what_is_wrong_and_returns_it(monkeypatch, capsys):
    checks = (lambda: doctor.Finding(True, "Fine"), lambda: doctor.Finding(False, "Broken"))
    monkeypatch.setattr(doctor, "CHECKS", checks)
    assert doctor.report() == 1
    assert capsys.readouterr().out == "ok     Fine\nWRONG  Broken\n1 of 2 checks found something wrong.\n"


def test_the_report_says_so_when_all_is_well(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "CHECKS", (lambda: doctor.Finding(True, "Fine"),))
    assert doctor.report() == 0
    assert capsys.readouterr().out.endswith("All is well.\n")


def test_this_installation_is_well():
    assert [found.sentence for found in doctor.examine() if not found.well] == []


def test_every_check_is_in_the_list():
    functions = [
        each for each in vars(doctor).values() if callable(each) and getattr(each, "__module__", "") == doctor.__name__
    ]
    found = {each for each in functions if getattr(each, "__annotations__", {}).get("return") is doctor.Finding}
    assert found - {doctor._run} == set(doctor.CHECKS)


def test_a_patch_release_of_a_pinned_package_is_told(monkeypatch):
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "2.13.1")
    assert doctor._against_pin("torch", "2.13.0")
