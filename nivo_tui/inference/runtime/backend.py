"""Models on the best execution provider there is, which survive its failure."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nivo_tui.errors import PackError
from nivo_tui.inference.runtime.candidates import (
    CPU,
    CUDA,
    FATAL_ONLY,
    TENSORRT,
    Candidate,
    CpuCandidate,
    Machine,
    first_line,
    nvidia_driver_loads,
    require_provider,
)
from nivo_tui.inference.runtime.plugins import Plugin, installed_plugins
from nivo_tui.inference.runtime.providers import Provider, candidates, disproof, load_runtime

__all__ = [
    "CPU",
    "CUDA",
    "TENSORRT",
    "Backend",
    "Model",
    "ModelInput",
    "Provider",
    "choose_provider",
    "load_runtime",
    "nvidia_driver_loads",
    "reading_outputs",
]

FLOATS = ("tensor(float)",)
"""The input types of image networks: 32-bit floats alone."""

log = logging.getLogger(__name__)


def choose_provider(
    device: str = "auto",
    *,
    memory_limit: int | None = None,
    engine_cache: Path | None = None,
    runtime: Any | None = None,
    driver_loads: Callable[[], bool] = nvidia_driver_loads,
) -> Provider:
    """The provider that runs models on this machine, proved by an inference. As `Backend` chooses it."""
    return Backend(
        device,
        memory_limit=memory_limit,
        engine_cache=engine_cache,
        runtime=runtime,
        driver_loads=driver_loads,
    ).provider


class Backend:
    """Opens models on the best provider there is; moves all of them to the CPU once when it fails.

    `device` is "auto" (CUDA where it proves itself, else the CPU), "cpu", "cuda", "tensorrt" or the name of
    an installed plugin provider such as "webgpu", each but the first two also with ":N". Where the device
    cannot be used the CPU takes its place, and `provider.detail` says why. `memory_limit` is in bytes of GPU
    memory; `engine_cache` a folder for TensorRT's engines. `report` gets the line about a move to the CPU.
    Raises SettingsError for a device that is none, PackError where ONNX Runtime cannot be imported.
    """

    def __init__(
        self,
        device: str = "auto",
        *,
        memory_limit: int | None = None,
        engine_cache: Path | None = None,
        runtime: Any | None = None,
        driver_loads: Callable[[], bool] = nvidia_driver_loads,
        plugins: Callable[[], Sequence[Plugin]] = installed_plugins,
        report: Callable[[str], None] | None = None,
    ) -> None:
        module = runtime if runtime is not None else load_runtime()
        module.set_default_logger_severity(FATAL_ONLY)
        machine = Machine(module, memory_limit, engine_cache, driver_loads, plugins)
        self._report = report
        self._lock = threading.Lock()
        self._cpu = CpuCandidate(machine)
        self._chosen, self._provider = self._choose(device, candidates(device, machine))

    @property
    def provider(self) -> Provider:
        """What runs the models now."""
        return self._provider

    def load(self, path: Path, types: Collection[str] = FLOATS, data: bytes | None = None) -> Model:
        """The model in `path`, on the chosen provider; its first input is of one of ONNX Runtime's `types`.

        `data` is what is loaded in the place of the file's own bytes. Raises PackError where it cannot be
        loaded.
        """
        return Model(path, self, types, data)

    def open(self, path: Path, data: bytes | None = None) -> tuple[Any, str]:
        """A session for `path`, and the name of the provider that it runs on.

        Where the chosen provider cannot open what the CPU can, everything moves to the CPU.
        """
        with self._lock:
            chosen = self._chosen
        if chosen is self._cpu:
            return self.open_on_cpu(path, data), CPU
        try:
            session = chosen.open(data or _source(path))
            require_provider(session, chosen.name)
        except Exception as error:  # the runtime has no common error class
            session = self.open_on_cpu(path, data)
            self.fail_over(chosen.name, error)
            return session, CPU
        return session, chosen.name

    def open_on_cpu(self, path: Path, data: bytes | None = None) -> Any:
        """A session for `path` on the CPU. Raises PackError where the file is at fault."""
        try:
            return self._cpu.open(data or _source(path))
        except Exception as error:  # the runtime has no common error class
            raise PackError(f"{path.name} cannot be loaded: {first_line(error)}") from error

    def fail_over(self, name: str, error: Exception) -> None:
        """Moves the work from provider `name` to the CPU; says so the first time."""
        with self._lock:
            if self._chosen is self._cpu or self._chosen.name != name:
                return
            device = self._chosen.device
            self._chosen = self._cpu
            self._provider = Provider(CPU, f"{device} failed: {first_line(error)}")
        message = f"{device} failed, the CPU goes on: {first_line(error)}"
        log.warning(message)
        if self._report is not None:
            self._report(message)

    def _choose(self, device: str, tried: Sequence[Candidate]) -> tuple[Candidate, Provider]:
        reasons = ["asked for"] if device == "cpu" else []
        for candidate in tried:
            problem = disproof(candidate)
            if problem is None:
                return candidate, Provider(candidate.name, "proved by an inference", candidate.device)
            reasons.append(f"{candidate.device} not used: {problem}")
        return self._cpu, Provider(CPU, "; ".join(reasons))


@dataclass(frozen=True, slots=True)
class ModelInput:
    """An input that a graph declares: ONNX Runtime's type such as "tensor(float)", and its shape."""

    name: str
    type: str
    shape: tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a model runs now. Replaced as a whole, so that threads never see half of it."""

    session: Any
    provider: str


class Model:
    """One ONNX graph that any number of threads may run at once."""

    def __init__(
        self, path: Path, backend: Backend, types: Collection[str] = FLOATS, data: bytes | None = None
    ) -> None:
        self.path = path
        self._backend = backend
        self._lock = threading.Lock()
        self._place = _Place(*backend.open(path, data))
        on_cpu = self._place.provider == CPU
        self._spare: _Place | None = self._place if on_cpu else None
        self._data = None if on_cpu else data
        session = self._place.session
        try:
            declared = [(one.name, one.type, tuple(one.shape)) for one in session.get_inputs()]
            self.outputs: tuple[str, ...] = tuple(output.name for output in session.get_outputs())
        except UnicodeDecodeError as error:
            raise PackError(f"{path.name}: a name in its graph is not UTF-8") from error
        self.inputs = tuple(ModelInput(*one) for one in declared)
        if not self.inputs:
            raise PackError(f"{path.name} takes no input")
        first = self.inputs[0]
        if first.type not in types:
            wanted = "32-bit floats" if types is FLOATS else " or ".join(types)
            raise PackError(f"{path.name} takes {first.type}, not {wanted}")
        self.input_shape = first.shape

    @property
    def fixed_input_size(self) -> tuple[int, int] | None:
        """The (width, height) an image network insists on, None where it takes any."""
        height, width = self.input_shape[-2:]
        return (width, height) if isinstance(width, int) and isinstance(height, int) else None

    @property
    def takes_batches(self) -> bool:
        """Whether its first side is free, so that several pictures go in one call."""
        return not isinstance(self.input_shape[0], int)

    @property
    def prefers_few_shapes(self) -> bool:
        """Whether every new input shape costs a search for algorithms."""
        return self._place.provider != CPU

    def run(self, tensor: Any) -> list[Any]:
        """All outputs for one input tensor. Raises PackError where the network fails on the CPU too."""
        return self.run_with({self.inputs[0].name: tensor})

    def run_with(self, feeds: Mapping[str, Any]) -> list[Any]:
        """All outputs for input tensors by name. Raises PackError where the network fails on the CPU too."""
        place = self._place
        if place.provider != CPU and self._backend.provider.name == CPU:
            place = self._place = self._on_cpu()
        try:
            return list(place.session.run(None, feeds))
        except Exception as error:  # the runtime has no common error class
            if place.provider == CPU:
                raise self._failed(error) from error
            return self._run_again(feeds, place.provider, error)

    def _run_again(self, feeds: Mapping[str, Any], provider: str, error: Exception) -> list[Any]:
        """What the CPU answers. Only where it does was `provider` at fault, and is left for good."""
        place = self._on_cpu()
        try:
            answer = list(place.session.run(None, feeds))
        except Exception as same:  # the runtime has no common error class
            raise self._failed(same) from error
        self._backend.fail_over(provider, error)
        self._place = place
        return answer

    def _on_cpu(self) -> _Place:
        """The session on the CPU, opened by the first thread that needs it."""
        with self._lock:
            if self._spare is None:
                self._spare = _Place(self._backend.open_on_cpu(self.path, self._data), CPU)
            return self._spare

    def _failed(self, error: Exception) -> PackError:
        return PackError(f"{self.path.name} failed: {first_line(error)}")


@contextlib.contextmanager
def reading_outputs(path: Path) -> Iterator[None]:
    """Around the code that reads what the network in `path` answered, which may have any type and shape.

    Raises PackError where that code cannot make anything of it.
    """
    try:
        yield
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise PackError(
            f"{path.name}: its outputs are not what its kind gives ({first_line(error)})"
        ) from error


def _source(path: Path) -> str | bytes:
    """What ONNX Runtime opens: the path, or the file's bytes where the path is not UTF-8."""
    name = str(path)
    try:
        name.encode()
    except UnicodeEncodeError:
        return path.read_bytes()
    return name
