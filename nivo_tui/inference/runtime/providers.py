"""ONNX Runtime's execution providers: which might run the models here, and which prove that they can.

A provider is asked for only where it can be there: ONNX Runtime writes native error lines otherwise. Then
it has to answer a tiny inference, and is read back from the session.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nivo_tui.errors import PackError, SettingsError
from nivo_tui.inference.runtime.candidates import (
    FATAL_ONLY,
    NO_DRIVER,
    Candidate,
    CpuCandidate,
    CudaCandidate,
    Machine,
    PluginCandidate,
    TensorrtCandidate,
    first_line,
    require_provider,
)
from nivo_tui.platform.packages import clash

# A convolution of ones over a 3x3 input, ONNX IR 7: it needs cuDNN, and answers 9.
PROOF_MODEL = (
    b'\x08\x07:\x83\x01\n\x0f\n\x01x\n\x01w\x12\x01y"\x04Conv\x12\x01p*3\x08\x01\x08\x01\x08\x03\x08\x03'
    b'\x10\x01"$' + b"\x00\x00\x80?" * 9 + b"B\x01wZ\x1b\n\x01x\x12\x16\n\x14\x08\x01\x12\x10\n\x02\x08\x01"
    b"\n\x02\x08\x01\n\x02\x08\x03\n\x02\x08\x03b\x1b\n\x01y\x12\x16\n\x14\x08\x01\x12\x10\n\x02\x08\x01"
    b"\n\x02\x08\x01\n\x02\x08\x01\n\x02\x08\x01B\x04\n\x00\x10\r"
)


@dataclass(frozen=True, slots=True)
class Provider:
    """What runs the models: ONNX Runtime's name for it, and why it is this one.

    `device` is "cpu", "cuda:N", "tensorrt:N" or "PLUGIN:N".
    """

    name: str
    detail: str
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether models can run on a device here, with the reason. `device` is what the setting takes."""

    device: str
    usable: bool
    reason: str
    remedy: str | None = None


def candidates(device: str, machine: Machine) -> tuple[Candidate, ...]:
    """What `device` allows beside the CPU, the best first.

    Raises SettingsError for a device that is none.
    """
    if device == "cpu":
        return ()
    if device == "auto":
        return (CudaCandidate(machine, 0),)
    match = re.fullmatch(r"([a-z][a-z0-9_-]*?)(?::(\d{1,3}))?", device)
    if match is not None:
        name, index = match[1].replace("_", "-"), int(match[2] or 0)
        if name == "cuda":
            return (CudaCandidate(machine, index),)
        if name == "tensorrt":
            return (TensorrtCandidate(machine, index),)
        for plugin in machine.plugins():
            if plugin.name == name:
                return (PluginCandidate(machine, plugin, index),)
    names = ["auto", "cpu", "cuda[:N]", "tensorrt[:N]", *(f"{p.name}[:N]" for p in machine.plugins())]
    raise SettingsError(f"device is {device!r}: it can be {', '.join(names[:-1])} or {names[-1]}")


def available_providers(machine: Machine | None = None) -> Iterator[Availability]:
    """Every device that models might run on here, each tried as it would be for a scan, the CPU last.

    Raises PackError where ONNX Runtime itself cannot be imported.
    """
    machine = machine or Machine(load_runtime())
    machine.runtime.set_default_logger_severity(FATAL_ONLY)
    tried: list[Candidate] = [CudaCandidate(machine, 0), TensorrtCandidate(machine, 0)]
    tried += [PluginCandidate(machine, plugin, 0) for plugin in machine.plugins()]
    tried.append(CpuCandidate(machine))
    for candidate in tried:
        problem = disproof(candidate)
        if problem is None:
            yield Availability(candidate.device, True, f"{candidate.name}, proved by an inference")
        else:
            # Without the driver there is no such GPU, and nothing that could be installed.
            remedy = None if problem == NO_DRIVER else candidate.remedy
            yield Availability(candidate.device, False, problem, remedy)


def disproof(candidate: Candidate) -> str | None:
    """Why `candidate` cannot run a tiny inference here; None where its answer is right."""
    refusal = candidate.refusal()
    if refusal is not None:
        return refusal
    import numpy as np

    try:
        session = candidate.open(PROOF_MODEL)
        require_provider(session, candidate.name)
        answer = session.run(None, {"x": np.ones((1, 1, 3, 3), np.float32)})
        if not np.allclose(answer[0], 9.0):
            return "its arithmetic is wrong"
    except Exception as error:  # the runtime has no common error class
        return first_line(error)
    return None


def load_runtime() -> Any:
    """The onnxruntime module. Raises PackError with the remedy where it is missing or damaged."""
    try:
        import onnxruntime
    except Exception as error:  # what is left of a damaged installation raises anything
        raise PackError(_installation_problem(f"cannot be imported ({first_line(error)})")) from error
    if not hasattr(onnxruntime, "InferenceSession"):
        raise PackError(_installation_problem("is damaged"))
    return onnxruntime


def _installation_problem(what: str) -> str:
    return f"ONNX Runtime {what}: {clash() or 'reinstall nivo-tui'}"
