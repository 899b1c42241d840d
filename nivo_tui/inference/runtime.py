"""Where models run: the choice of execution provider, and sessions that survive its failure.

CUDA is asked for only when it can be there (ONNX Runtime writes native error lines to the terminal
otherwise), proved by an inference, and what is reported is what ran.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import logging
import re
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nivo_tui.errors import PackError, SettingsError

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
_FATAL_ONLY = 4  # ONNX Runtime's log severity: it prints nothing of its own

log = logging.getLogger(__name__)

# A convolution of ones over a 3x3 input, ONNX IR 7: it needs cuDNN, and answers 9.
_PROOF_MODEL = (
    b'\x08\x07:\x83\x01\n\x0f\n\x01x\n\x01w\x12\x01y"\x04Conv\x12\x01p*3\x08\x01\x08\x01\x08\x03\x08\x03'
    b'\x10\x01"$' + b"\x00\x00\x80?" * 9 + b"B\x01wZ\x1b\n\x01x\x12\x16\n\x14\x08\x01\x12\x10\n\x02\x08\x01"
    b"\n\x02\x08\x01\n\x02\x08\x03\n\x02\x08\x03b\x1b\n\x01y\x12\x16\n\x14\x08\x01\x12\x10\n\x02\x08\x01"
    b"\n\x02\x08\x01\n\x02\x08\x01\n\x02\x08\x01B\x04\n\x00\x10\r"
)


@dataclass(frozen=True, slots=True)
class Provider:
    """What runs the models: ONNX Runtime's name for it, and why it is this one.

    `device` is "cpu" or "cuda:N".
    """

    name: str
    detail: str
    device: str = "cpu"


class Candidate(Protocol):
    """One execution provider that might run the models.

    A provider that comes as a plugin library registers it in `refusal` and selects its devices in `open`
    through `SessionOptions.add_provider_for_devices`.
    """

    name: str
    device: str

    def refusal(self) -> str | None:
        """Why this provider cannot be asked for here; None where it can."""
        ...

    def open(self, model: str | bytes) -> Any:
        """An ONNX Runtime session on this provider. Whatever the runtime raises passes through."""
        ...


def nvidia_driver_loads() -> bool:
    """Whether the NVIDIA driver's own library is on this machine and can be loaded."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


class CpuCandidate:
    """The CPU provider: one thread for each call, because the callers are threads already."""

    name = CPU
    device = "cpu"

    def __init__(self, runtime: Any) -> None:
        self._runtime = runtime

    def refusal(self) -> str | None:
        return None

    def open(self, model: str | bytes) -> Any:
        return self._runtime.InferenceSession(model, sess_options=_options(self._runtime), providers=[CPU])


class CudaCandidate:
    """The CUDA provider on GPU `index`, with at most `memory_limit` bytes for its arena."""

    name = CUDA

    def __init__(
        self, runtime: Any, index: int, memory_limit: int | None, driver_loads: Callable[[], bool]
    ) -> None:
        self.device = f"cuda:{index}"
        self._runtime = runtime
        self._driver_loads = driver_loads
        self._settings = {
            "device_id": str(index),
            "cudnn_conv_algo_search": "HEURISTIC",
            "arena_extend_strategy": "kSameAsRequested",
        }
        if memory_limit is not None:
            self._settings["gpu_mem_limit"] = str(memory_limit)

    def refusal(self) -> str | None:
        if CUDA not in self._runtime.get_available_providers():
            return "the installed ONNX Runtime is built without CUDA"
        if not self._driver_loads():
            return "no NVIDIA driver library"
        return None

    def open(self, model: str | bytes) -> Any:
        return self._runtime.InferenceSession(
            model, sess_options=_options(self._runtime), providers=[(CUDA, self._settings), CPU]
        )


def choose_provider(
    device: str = "auto",
    *,
    memory_limit: int | None = None,
    runtime: Any | None = None,
    driver_loads: Callable[[], bool] = nvidia_driver_loads,
) -> Provider:
    """The provider that runs models on this machine, proved by an inference.

    `device` is "auto", "cpu", "cuda" or "cuda:N"; `memory_limit` is in bytes of GPU memory.
    Raises SettingsError for any other device, PackError where ONNX Runtime cannot be imported.
    """
    return Backend(device, memory_limit=memory_limit, runtime=runtime, driver_loads=driver_loads).provider


class Backend:
    """Opens models on the best provider there is; moves all of them to the CPU once when it fails."""

    def __init__(
        self,
        device: str = "auto",
        *,
        memory_limit: int | None = None,
        runtime: Any | None = None,
        driver_loads: Callable[[], bool] = nvidia_driver_loads,
        report: Callable[[str], None] | None = None,
    ) -> None:
        index = _gpu_index(device)
        self._runtime = runtime if runtime is not None else load_runtime()
        self._runtime.set_default_logger_severity(_FATAL_ONLY)
        self._report = report
        self._lock = threading.Lock()
        self._cpu = CpuCandidate(self._runtime)
        candidates: list[Candidate] = []
        if index is not None:
            candidates.append(CudaCandidate(self._runtime, index, memory_limit, driver_loads))
        self._chosen, self._provider = self._choose(candidates, "asked for" if index is None else "")

    @property
    def provider(self) -> Provider:
        """What runs the models now."""
        return self._provider

    def load(self, path: Path) -> Model:
        """The model in `path`, on the chosen provider. Raises PackError where it cannot be loaded."""
        return Model(path, self)

    def open(self, path: Path) -> tuple[Any, str]:
        """A session for `path`, and the name of the provider that it runs on."""
        with self._lock:
            chosen = self._chosen
        if chosen is not self._cpu:
            try:
                session = chosen.open(str(path))
                _require_provider(session, chosen.name)
            except Exception as error:  # the runtime has no common error class
                self.fail_over(chosen.name, error)
            else:
                return session, chosen.name
        try:
            return self._cpu.open(str(path)), CPU
        except Exception as error:
            raise PackError(f"{path.name} cannot be loaded: {_first_line(error)}") from error

    def fail_over(self, name: str, error: Exception) -> None:
        """Moves the work from provider `name` to the CPU; says so the first time."""
        with self._lock:
            if self._chosen is self._cpu or self._chosen.name != name:
                return
            device = self._chosen.device
            self._chosen = self._cpu
            self._provider = Provider(CPU, f"{device} failed: {_first_line(error)}")
        message = f"{device} failed, the CPU goes on: {_first_line(error)}"
        log.warning(message)
        if self._report is not None:
            self._report(message)

    def _choose(self, candidates: Sequence[Candidate], reason: str) -> tuple[Candidate, Provider]:
        reasons = [reason] if reason else []
        for candidate in candidates:
            refusal = candidate.refusal()
            if refusal is None:
                _preload_cuda_libraries(self._runtime)
                refusal = _disproof(candidate)
            if refusal is None:
                return candidate, Provider(candidate.name, "proved by an inference", candidate.device)
            reasons.append(f"{candidate.device} not used: {refusal}")
        return self._cpu, Provider(CPU, "; ".join(reasons))


class Model:
    """One ONNX graph that any number of threads may run at once."""

    def __init__(self, path: Path, backend: Backend) -> None:
        self.path = path
        self._backend = backend
        self._lock = threading.Lock()
        self._session, self._provider = backend.open(path)
        first = self._session.get_inputs()[0]
        if first.type != "tensor(float)":
            raise PackError(f"{path.name} takes {first.type}, not 32-bit floats")
        self._input = first.name
        self.input_shape: tuple[int | str | None, ...] = tuple(first.shape)
        self.outputs: tuple[str, ...] = tuple(output.name for output in self._session.get_outputs())

    @property
    def fixed_input_size(self) -> tuple[int, int] | None:
        """The (width, height) an image network insists on, None where it takes any."""
        height, width = self.input_shape[-2:]
        return (width, height) if isinstance(width, int) and isinstance(height, int) else None

    @property
    def prefers_few_shapes(self) -> bool:
        """Whether every new input shape costs a search for algorithms."""
        return self._provider != CPU

    def run(self, tensor: Any) -> list[Any]:
        """All outputs for one input tensor. Raises PackError where the network fails on the CPU too."""
        session, provider = self._session, self._provider
        if provider != CPU and self._backend.provider.name == CPU:
            session, provider = self._moved(session)
        try:
            return list(session.run(None, {self._input: tensor}))
        except Exception as error:  # the runtime has no common error class
            if provider == CPU:
                raise PackError(f"{self.path.name} failed: {_first_line(error)}") from error
            self._backend.fail_over(provider, error)
        session, _ = self._moved(session)
        try:
            return list(session.run(None, {self._input: tensor}))
        except Exception as error:
            raise PackError(f"{self.path.name} failed: {_first_line(error)}") from error

    def _moved(self, failed: Any) -> tuple[Any, str]:
        """The session that took the place of `failed`, opened by the first thread that comes here."""
        with self._lock:
            if self._session is failed:
                self._session, self._provider = self._backend.open(self.path)
            return self._session, self._provider


def load_runtime() -> Any:
    """The onnxruntime module. Raises PackError with the remedy where it is missing or damaged."""
    try:
        import onnxruntime
    except ImportError as error:
        raise PackError(f"ONNX Runtime cannot be imported ({error}): reinstall nivo-tui") from error
    if not hasattr(onnxruntime, "InferenceSession"):
        # onnxruntime and onnxruntime-gpu share one folder: removing one of the two breaks the other.
        raise PackError(
            "ONNX Runtime is damaged, most likely by two of its packages installed over each other: "
            "uninstall onnxruntime and onnxruntime-gpu, then reinstall nivo-tui"
        )
    return onnxruntime


def _gpu_index(device: str) -> int | None:
    """The GPU that `device` allows; None for the CPU alone."""
    if device == "cpu":
        return None
    if device in ("auto", "cuda"):
        return 0
    match = re.fullmatch(r"cuda:(\d{1,3})", device)
    if match is None:
        raise SettingsError(f"device is {device!r}: it can be auto, cpu, cuda or cuda:N")
    return int(match.group(1))


def _options(runtime: Any) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _FATAL_ONLY
    return options


def _disproof(candidate: Candidate) -> str | None:
    """Why a tiny inference on `candidate` failed; None where its answer is right."""
    import numpy as np

    try:
        session = candidate.open(_PROOF_MODEL)
        _require_provider(session, candidate.name)
        answer = session.run(None, {"x": np.ones((1, 1, 3, 3), np.float32)})
        if not np.allclose(answer[0], 9.0):
            return "its arithmetic is wrong"
    except Exception as error:  # the runtime has no common error class
        return _first_line(error)
    return None


def _require_provider(session: Any, name: str) -> None:
    ran = session.get_providers()
    if name not in ran:
        raise RuntimeError(f"ONNX Runtime fell back to {', '.join(ran)}")


def _preload_cuda_libraries(runtime: Any) -> None:
    """Lets ONNX Runtime find CUDA and cuDNN in the NVIDIA wheels of this environment, without a word."""
    preload: Callable[[], None] | None = getattr(runtime, "preload_dlls", None)
    if preload is None:
        return
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
        preload()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
