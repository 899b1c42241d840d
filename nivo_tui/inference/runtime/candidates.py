"""ONNX Runtime's execution providers: what each needs to be asked for, and how its sessions are opened."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.util
import io
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nivo_tui.inference.runtime.plugins import Plugin, installed_plugins

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
_SAME_AS_REQUESTED = 1  # of the strategies by which an arena grows
FATAL_ONLY = 4  # ONNX Runtime's log severity: it prints nothing of its own

_TENSORRT_LIBRARIES = ("libnvinfer.so.10", "nvinfer_10.dll")
NO_DRIVER = "no NVIDIA driver library"

# Where in its C++ source ONNX Runtime raised an error, which it puts before what it says: a file and line,
# then the function, by its name alone or with all of its types.
_SOURCE = re.compile(
    r"(?:(?:\b[A-Za-z]:)?[^\s:]*[/\\])?\w+\.(?:cc|cpp|cu|cuh|h|hpp):\d+ "
    r"(?:[^()]*?\bonnxruntime::(?:[^()\s]|, )*(?:\(\))?\((?:[^()]|\([^()]*\))*\)(?: const)?"
    r"(?: \[with [^\]]*\])? "
    r"|operator\(\) |[\w:~<>]+ )?"
)


def nvidia_driver_loads() -> bool:
    """Whether the NVIDIA driver's own library is on this machine and can be loaded."""
    return _loads("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")


@dataclass(frozen=True, slots=True)
class Machine:
    """What candidates are made from: ONNX Runtime, what is asked of it, and what there is beside it.

    `memory_limit` is in bytes of GPU memory; `engine_cache` is where TensorRT keeps what it built.
    """

    runtime: Any
    memory_limit: int | None = None
    engine_cache: Path | None = None
    driver_loads: Callable[[], bool] = nvidia_driver_loads
    plugins: Callable[[], Sequence[Plugin]] = installed_plugins


class Candidate(Protocol):
    """One execution provider that might run the models.

    `name` is ONNX Runtime's for it; that of a plugin is known once `refusal` was asked. `device` is what the
    setting calls it, "cuda:0".
    """

    @property
    def name(self) -> str: ...

    @property
    def device(self) -> str: ...

    @property
    def remedy(self) -> str:
        """What to do where it ought to work here and does not."""
        ...

    def refusal(self) -> str | None:
        """Why this provider cannot be asked for here; None where it can."""
        ...

    def open(self, model: str | bytes) -> Any:
        """An ONNX Runtime session on this provider. Whatever the runtime raises passes through."""
        ...


class CpuCandidate:
    """The CPU provider: one thread for each call, because the callers are threads already."""

    name = CPU
    device = "cpu"
    remedy = "install nivo-tui again in a new environment"

    def __init__(self, machine: Machine) -> None:
        self._runtime = machine.runtime
        self._shares_memory = _share_arena(machine.runtime)

    def refusal(self) -> str | None:
        return None

    def open(self, model: str | bytes) -> Any:
        options = session_options(self._runtime)
        # Pictures come in many sizes: a plan for each of them keeps its room and saves no time.
        options.enable_mem_pattern = False
        if self._shares_memory:
            options.add_session_config_entry("session.use_env_allocators", "1")
        return self._runtime.InferenceSession(model, sess_options=options, providers=[CPU])


class CudaCandidate:
    """The CUDA provider on GPU `index`."""

    name = CUDA
    remedy = "install the GPU's driver, then its libraries: pip install 'nivo-tui[cuda]'"

    def __init__(self, machine: Machine, index: int) -> None:
        self.device = f"cuda:{index}"
        self._machine = machine
        self.settings = {
            "device_id": str(index),
            "cudnn_conv_algo_search": "HEURISTIC",
            "arena_extend_strategy": "kSameAsRequested",
        }
        if machine.memory_limit is not None:
            self.settings["gpu_mem_limit"] = str(machine.memory_limit)

    def refusal(self) -> str | None:
        if not self._machine.driver_loads():
            return NO_DRIVER
        if CUDA not in self._machine.runtime.get_available_providers():
            return "the installed ONNX Runtime is built without CUDA"
        _preload_cuda_libraries(self._machine.runtime)
        return None

    def open(self, model: str | bytes) -> Any:
        runtime = self._machine.runtime
        providers = [(CUDA, self.settings), CPU]
        return _opened(runtime, model, sess_options=session_options(runtime), providers=providers)


class TensorrtCandidate:
    """The TensorRT provider on GPU `index`, with CUDA for what it cannot do; 32-bit arithmetic throughout.

    It builds an engine for each graph, which takes minutes: the engines are kept in the machine's
    `engine_cache`.
    """

    name = TENSORRT
    remedy = "install the GPU's driver, then its libraries: pip install 'nivo-tui[cuda]' tensorrt"

    def __init__(self, machine: Machine, index: int, library_loads: Callable[[], bool] | None = None) -> None:
        self.device = f"tensorrt:{index}"
        self._machine = machine
        self._cuda = CudaCandidate(machine, index)
        self._library_loads = library_loads or _tensorrt_loads

    def refusal(self) -> str | None:
        reason = self._cuda.refusal()
        if reason is not None:
            return reason
        if TENSORRT not in self._machine.runtime.get_available_providers():
            return "the installed ONNX Runtime is built without TensorRT"
        return None if self._library_loads() else "the TensorRT 10 library cannot be loaded"

    def open(self, model: str | bytes) -> Any:
        runtime = self._machine.runtime
        providers = [(TENSORRT, self._settings()), (CUDA, self._cuda.settings), CPU]
        return _opened(runtime, model, sess_options=session_options(runtime), providers=providers)

    def _settings(self) -> dict[str, str]:
        settings = {"device_id": self._cuda.settings["device_id"], "trt_fp16_enable": "False"}
        if self._machine.memory_limit is not None:
            settings["trt_max_workspace_size"] = str(self._machine.memory_limit)
        cache = self._machine.engine_cache
        if cache is not None:
            with contextlib.suppress(OSError):
                cache.mkdir(parents=True, exist_ok=True)
                settings |= {
                    "trt_engine_cache_enable": "True",
                    "trt_engine_cache_path": str(cache),
                    "trt_timing_cache_enable": "True",
                    "trt_timing_cache_path": str(cache),
                }
        return settings


class PluginCandidate:
    """A provider that an installed package brings as a library, on the device number `index` it reports."""

    def __init__(self, machine: Machine, plugin: Plugin, index: int) -> None:
        self.device = f"{plugin.name}:{index}"
        self.remedy = f"see what the package {plugin.distribution} needs"
        self._machine = machine
        self._plugin = plugin
        self._index = index
        self._device: Any = None

    @property
    def name(self) -> str:
        return self._plugin.name if self._device is None else str(self._device.ep_name)

    def refusal(self) -> str | None:
        if self._plugin.needs_nvidia and not self._machine.driver_loads():
            return NO_DRIVER
        try:
            devices = self._plugin.devices(self._machine.runtime)
        except Exception as error:  # a foreign package and the library it brings
            return first_line(error)
        if not devices:
            return "it finds no device here"
        if self._index >= len(devices):
            return f"it finds {len(devices)} device{'s' if len(devices) > 1 else ''} here, counted from 0"
        self._device = devices[self._index]
        return None

    def open(self, model: str | bytes) -> Any:
        runtime = self._machine.runtime
        options = session_options(runtime)
        options.add_provider_for_devices([self._device], {})
        return _opened(runtime, model, sess_options=options)


def _opened(runtime: Any, model: str | bytes, **arguments: Any) -> Any:
    """A session; what ONNX Runtime prints where its provider fails does not reach the caller's output."""
    with contextlib.redirect_stdout(io.StringIO()):
        return runtime.InferenceSession(model, **arguments)


def require_provider(session: Any, name: str) -> None:
    """Raises RuntimeError where `session` does not run on provider `name`."""
    ran = session.get_providers()
    if name not in ran:
        missing = _missing_library(name)
        raise RuntimeError(f"ONNX Runtime fell back to {', '.join(ran)}{f' ({missing})' if missing else ''}")


def session_options(runtime: Any) -> Any:
    """The options of every session: one thread a call, and not a word."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = FATAL_ONLY
    return options


def first_line(error: Exception) -> str:
    """What an error says, in one line of at most 300 characters, without places in ONNX Runtime's source."""
    lines = str(error).strip().splitlines()
    return _SOURCE.sub("", lines[0][:2000])[:300] if lines else type(error).__name__


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True


def _missing_library(provider: str) -> str | None:
    """What ONNX Runtime's library for `provider` lacks, as the system's loader tells it: the runtime keeps it
    to its log.
    """
    found = importlib.util.find_spec("onnxruntime")
    if found is None or found.origin is None:
        return None
    form = "onnxruntime_providers_{}.dll" if sys.platform == "win32" else "libonnxruntime_providers_{}.so"
    name = provider.removesuffix("ExecutionProvider").lower()
    path = Path(found.origin).parent / "capi" / form.format(name)
    if not path.is_file():
        return None
    try:
        _loads(str(path.with_name(form.format("shared"))))
        ctypes.CDLL(str(path))
    except OSError as error:
        return first_line(error)
    return None


def _tensorrt_loads() -> bool:
    """Whether TensorRT's library loads: from the system, else from the wheel tensorrt-libs."""
    library = _TENSORRT_LIBRARIES[sys.platform == "win32"]
    if _loads(library):
        return True
    found = importlib.util.find_spec("tensorrt_libs")
    folders = found.submodule_search_locations if found is not None else None
    # Once it is in this process, ONNX Runtime's own library finds it by its name.
    return any(_loads(str(Path(folder) / library)) for folder in folders or ())


@functools.cache
def _share_arena(runtime: Any) -> bool:
    """Lets all sessions of this process take memory from one arena, which grows by what is asked for.

    Each would keep an arena of its own otherwise, larger than it ever needs. False where this runtime
    cannot.
    """
    if not hasattr(runtime, "create_and_register_allocator"):
        return False
    place = (runtime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, runtime.OrtMemType.DEFAULT)
    # No limit; extended by as much as is asked for; the rest as ONNX Runtime thinks best.
    arena = runtime.OrtArenaCfg(0, _SAME_AS_REQUESTED, -1, -1)
    runtime.create_and_register_allocator(runtime.OrtMemoryInfo("Cpu", *place), arena)
    return True


def _preload_cuda_libraries(runtime: Any) -> None:
    """Lets ONNX Runtime find CUDA and cuDNN in the NVIDIA wheels of this environment, without a word."""
    preload: Callable[[], None] | None = getattr(runtime, "preload_dlls", None)
    if preload is None:
        return
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
        preload()
