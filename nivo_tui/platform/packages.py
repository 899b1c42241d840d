"""Which of the packages that share one folder are installed: two of them damage each other."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

RUNTIMES = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "onnxruntime-openvino",
    "onnxruntime-rocm",
    "onnxruntime-migraphx",
    "onnxruntime-qnn",
    "onnxruntime-cann",
    "onnxruntime-azure",
    "onnxruntime-coreml",
    "onnxruntime-silicon",
    "onnxruntime-training",
    "ort-nightly",
    "ort-nightly-gpu",
)
"""Distributions that all install the module `onnxruntime`."""


def installed(names: Sequence[str]) -> dict[str, str]:
    """Which of these distributions are installed, with their versions."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def named(found: dict[str, str]) -> str:
    """The distributions with their versions, in words."""
    return " and ".join(f"{name} {number}" for name, number in found.items())


def runtime_for_here() -> str:
    """The one distribution of ONNX Runtime that this project depends on, on this system."""
    has_gpu_wheel = sys.platform != "darwin" and platform.machine().lower() in ("x86_64", "amd64")
    return "onnxruntime-gpu" if has_gpu_wheel else "onnxruntime"


def instead_of(found: Sequence[str], wanted: str) -> str:
    """The command that puts `wanted` alone in the place of the distributions in `found`."""
    return f"pip uninstall -y {' '.join(found)} && pip install --no-cache-dir {wanted}"


def is_whole(module: str) -> bool:
    """Whether a top-level module can be found with its code; nothing is imported.

    What is left where one of two distributions over one folder was uninstalled has no code.
    """
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return False
    return spec is not None and spec.origin is not None


def clash() -> str | None:
    """What is wrong with the installed ONNX Runtime, in one line with the way out; None where it is whole."""
    found = installed(RUNTIMES)
    fix = instead_of(list(found), runtime_for_here())
    if len(found) > 1:
        return f"{named(found)} are installed over each other, so the GPU may be lost: {fix}"
    if found and not is_whole("onnxruntime"):
        return f"{named(found)} is damaged, parts of it were uninstalled with another package: {fix}"
    return None
