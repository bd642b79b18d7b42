"""Makes the component: `ordergate-build src/adapter.py dist/my-adapter.wasm`. The first file has a class `Adapter`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# Where the contract lies: beside the SDK, in Ordergate and in every adapter that was made by `ordergate adapter new`.
_WIT = _PACKAGE.parent.parent.parent / "wit"

_USAGE = "usage: ordergate-build SOURCE TARGET\nexample: ordergate-build src/adapter.py dist/my-adapter.wasm"

_ENTRY = """\
from {module} import {name}
from ordergate_sdk.component import component
globals().update(component({name}))
"""


def main() -> int:
    """The command."""
    if len(sys.argv) != 3:
        print(_USAGE, file=sys.stderr)
        return 64
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    if not source.is_file():
        print(f"ordergate-build: there is no file {source}", file=sys.stderr)
        return 64
    target.parent.mkdir(parents=True, exist_ok=True)
    code = build(source, target)
    if code == 0:
        print(f"{target}: {target.stat().st_size} bytes", file=sys.stderr)
    return code


def build(source: Path, target: Path) -> int:
    """Puts Python beneath the class `Adapter` of `source`. The exit code."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ordergate_entry.py").write_text(_ENTRY.format(module=source.stem, name="Adapter"))
        paths = [option for path in (folder, source.parent, _PACKAGE.parent) for option in ("-p", str(path))]
        # Without WASI there are no sockets, files and clocks to be refused by the host.
        command = ["-d", str(_WIT), "-w", "adapter", "-q", "componentize", "--stub-wasi", *paths, "-o", str(target), "ordergate_entry"]
        return subprocess.run([_componentize(), *command], check=False).returncode


def _componentize() -> str:
    """The program beside this Python, also when that is not in PATH."""
    beside = Path(sys.executable).parent / "componentize-py"
    return os.fspath(beside) if beside.is_file() else "componentize-py"
