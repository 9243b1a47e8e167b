"""The rules of the house that no other tool holds."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
TOP = {"README.md", "LICENSE", "Makefile", "requirements.txt", "notebooks", "lib", "data", "tests", "binder"}
TORCH_HOST = "download." + "pytorch.org"
REGISTRIES = ("pypi." + "org", "pythonhosted." + "org", "npmjs." + "org", "deb.debian." + "org", "anaconda." + "org")
IMPORT = "import time; begun = time.perf_counter(); import {}; print(time.perf_counter() - begun)"


def shipped() -> list[Path]:
    """The files that git knows; without git, those that are there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this copy has no git")
    return [REPOSITORY / name for name in listed.stdout.split("\0") if name and (REPOSITORY / name).is_file()]


def written() -> dict[str, str]:
    """The texts among them, by path."""
    found = {}
    for path in shipped():
        try:
            found[path.relative_to(REPOSITORY).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def test_the_top_level_is_as_designed():
    top = {path.relative_to(REPOSITORY).parts[0] for path in shipped()}
    assert {name for name in top if not name.startswith(".")} == TOP


def test_nothing_is_left_to_be_done():
    mark = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|XX" + r"X)\b")
    assert not [name for name, text in written().items() if mark.search(text)]


def test_no_registry_is_named_and_the_index_of_torch_where_it_is_used_only():
    texts = written()
    assert not [name for name, text in texts.items() if any(host in text for host in REGISTRIES)]
    naming = {name for name, text in texts.items() if TORCH_HOST in text}
    assert naming <= {"Makefile", "README.md", "binder/requirements.txt"}


def test_every_requirement_has_one_exact_version():
    for name in ("requirements.txt", "tests/requirements.txt"):
        lines = [line for line in (REPOSITORY / name).read_text().splitlines() if line and not line.startswith("#")]
        loose = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_-]+==[0-9][0-9.]*", line)]
        assert loose == (["-e ./lib"] if name == "requirements.txt" else [])


def test_readme_says_why_each_requirement_is_there():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    names = [line.split("==")[0] for line in lines if "==" in line]
    assert not [name for name in names if f"| {name} |" not in readme]


def test_ci_does_nothing_but_make_test_after_it_has_seen_to_chromium():
    lines = [line for line in (REPOSITORY / ".ci" / "run").read_text().splitlines() if not line.startswith("#")]
    begin, *chromium, end = lines
    assert [begin, end] == ['cd "$(dirname "$0")/.." || exit 1', "CHROMIUM_WANTED=1 exec make test </dev/null"]
    assert [chromium[0][:3], chromium[-1]] == ["if ", "fi"]
    assert all(line.startswith("\tapt-get install -qq -y chromium ") for line in chromium[1:-1])


def test_every_room_of_the_library_has_its_tests():
    rooms = {path.parent.name for path in (REPOSITORY / "lib" / "unrolled").glob("*/__init__.py")}
    assert {room for room in rooms if not any((REPOSITORY / "tests" / room).rglob("test_*.py"))} == set()


def test_no_module_is_named_utils():
    assert not [path for path in shipped() if re.fullmatch(r"(utils?|helpers?|common|misc)(\.py)?", path.name)]


@pytest.mark.parametrize("imported", ["unrolled", "unrolled.layers", "unrolled.layers, unrolled.gradients"])
def test_importing_the_library_adds_little_to_importing_torch(imported):
    runs = [
        subprocess.run(
            [sys.executable, "-c", f"import torch; {IMPORT.format(imported)}"],
            capture_output=True,
            text=True,
            check=True,
        )
        for _ in range(3)
    ]
    assert min(float(run.stdout) for run in runs) < 0.3


def test_importing_the_library_alone_does_not_even_import_torch():
    command = [sys.executable, "-c", "import sys, unrolled; sys.exit('torch' in sys.modules)"]
    assert subprocess.run(command, check=False).returncode == 0


def others() -> list[str]:
    """The other Pythons of this machine that are new enough and run."""
    found = []
    for minor in range(11, 16):
        version = f"3.{minor}"
        if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
            continue
        try:
            works = subprocess.run([f"python{version}", "-c", ""], capture_output=True, check=False).returncode == 0
        except OSError:
            continue
        found += [f"python{version}"] if works else []
    return found


@pytest.mark.parametrize("python", others())
def test_other_pythons_read_the_library_and_its_doctor_says_what_they_lack(python, tmp_path):
    lib = REPOSITORY / "lib"
    compiled = [python, "-X", f"pycache_prefix={tmp_path}", "-m", "compileall", "-q", lib / "unrolled"]
    assert subprocess.run(compiled, capture_output=True, check=False).returncode == 0
    asked = [python, "-X", f"pycache_prefix={tmp_path}", "-S", "-m", "unrolled", "doctor"]
    done = subprocess.run(asked, cwd=lib, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "torch is not installed" in done.stdout
