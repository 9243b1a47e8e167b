"""What is wrong with an installation, in words: `python -m unrolled doctor`.

Each check is a function without arguments that returns a `Finding`; one that fails to run is a finding too.
"""

import importlib
import os
import re
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from unrolled.data import files

OLDEST = (3, 11)
MEMORY = 1.9e9  # bytes; a machine sold with 2 GB shows a little less
WIDGETS = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s#;]+)", re.MULTILINE)
INSTALL = "Run `make lab` again, or: python -m pip install -r requirements.txt"


class Finding(NamedTuple):
    """What a check found: whether it is well, and a sentence."""

    well: bool
    sentence: str


def python() -> Finding:
    """Python itself is new enough."""
    here = f"Python {'.'.join(map(str, sys.version_info[:3]))}, {sys.executable}"
    if sys.version_info[:2] < OLDEST:
        return Finding(False, f"{here}: the course needs {'.'.join(map(str, OLDEST))} or newer.")
    return Finding(True, here)


def versions() -> Finding:
    """Every package of requirements.txt is installed in its version; torch's +cpu or +cu130 counts as the same."""
    path = files.folder().parent / "requirements.txt"
    if not path.is_file():
        return Finding(False, f"{path} is missing: the copy of the course is not whole.")
    pins = {pin["name"]: pin["version"] for pin in PIN.finditer(path.read_text(encoding="utf-8"))}
    wrong = [told for name, version in pins.items() if (told := _against_pin(name, version))]
    if wrong:
        return Finding(False, f"Packages: {'; '.join(wrong)}. {INSTALL}")
    return Finding(True, f"Packages: all {len(pins)} of requirements.txt in their versions")


def devices() -> Finding:
    """What torch can compute on; the processor alone is enough."""
    import torch

    found = [f"cpu ({os.cpu_count()} cores)"]
    if torch.cuda.is_available():
        found += [f"cuda:{i} ({torch.cuda.get_device_name(i)})" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return Finding(True, f"Devices: {', '.join(found)}")


def memory() -> Finding:
    """There are 2 GB, also where a container has less than its machine."""
    total, free = _memory()
    told = f"Memory: {total / 1e9:.1f} GB, {free / 1e9:.1f} GB of it free"
    if total < MEMORY:
        return Finding(False, f"{told}: the course needs 2 GB.")
    return Finding(True, told if free >= 1e9 else f"{told}; shut down other notebooks before you open one")


def kernel() -> Finding:
    """The kernel `python3`, which all notebooks ask for, is this Python."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding(False, f"Kernel: there is no kernel python3. {INSTALL}")
    importlib.import_module("ipykernel")
    bare = Path(program).parent == Path()  # a bare name is replaced by this Python when a kernel starts
    if not bare and Path(program).parent != Path(sys.executable).parent:
        return Finding(False, f"Kernel: python3 starts {program}, not {sys.executable}: notebooks would miss packages.")
    return Finding(True, "Kernel: python3 starts this Python")


def lab() -> Finding:
    """JupyterLab can be imported, and finds what draws the live controls."""
    version = importlib.import_module("jupyterlab").__version__
    from jupyter_core.paths import jupyter_path

    places = [Path(place) for place in jupyter_path("labextensions")]
    missing = [name for name in WIDGETS if not any((place / name / "package.json").is_file() for place in places)]
    if missing:
        return Finding(False, f"JupyterLab {version} lacks {', '.join(missing)}: no live controls. {INSTALL}")
    return Finding(True, f"JupyterLab {version}, with live controls")


def data() -> Finding:
    """`data/` is complete, by the checksums in its README."""
    wrong = files.damage()
    if wrong:
        return Finding(False, f"Data: {' '.join(wrong)} `git status` shows what changed.")
    return Finding(True, f"Data: {len(files.shipped())} files, all as shipped")


CHECKS: tuple[Callable[[], Finding], ...] = (python, versions, devices, memory, kernel, lab, data)


def examine() -> list[Finding]:
    """Every check, in order."""
    return [_run(check) for check in CHECKS]


def report() -> int:
    """Print what was found; returns how much is wrong."""
    findings = examine()
    for finding in findings:
        print(f"{'ok   ' if finding.well else 'WRONG'}  {finding.sentence}")
    wrong = sum(not finding.well for finding in findings)
    print("All is well." if not wrong else f"{wrong} of {len(findings)} checks found something wrong.")
    return wrong


def _run(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:
        return Finding(False, f"{check.__name__.capitalize()}: {type(error).__name__}: {error}. {INSTALL}")


def _against_pin(name: str, version: str) -> str:
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is not installed"
    return "" if installed.split("+")[0] == version else f"{name} is {installed}, wanted is {version}"


def _memory() -> tuple[float, float]:
    """Bytes in all and free: the machine's, or less where a control group (Linux containers) allows less."""
    import psutil

    machine = psutil.virtual_memory()
    limit, used = (_group(f"/sys/fs/cgroup/memory.{name}") for name in ("max", "current"))
    if limit is None or used is None or limit > machine.total:
        return machine.total, machine.available
    return limit, min(limit - used, machine.available)


def _group(path: str) -> float | None:
    try:
        return float(Path(path).read_text())  # "max" where there is no limit
    except (OSError, ValueError):
        return None
