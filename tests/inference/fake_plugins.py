"""A stand-in for an ONNX Runtime that takes plugin providers, and for the packages that bring them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .tiny import FakeRuntime, FakeSession


def write_package(folder: Path, name: str, provider: str, broken: str | None = None) -> None:
    """An installed `onnxruntime_ep_NAME` in `folder`; `broken` is an error that its import raises."""
    package = folder / f"onnxruntime_ep_{name}"
    package.mkdir()
    code = f"""
def get_library_path():
    return "/lib/{name}.so"

def get_ep_names():
    return ["{provider}"]
"""
    (package / "__init__.py").write_text(f"raise ImportError({broken!r})" if broken else code)


class PluginRuntime(FakeRuntime):
    """Reports `devices` (provider name, kind) once their library is registered."""

    def __init__(self, devices: Sequence[tuple[str, str]] = (), error: Exception | None = None) -> None:
        super().__init__(with_cuda=False)
        self.registered: dict[str, str] = {}
        self._error = error
        self._devices = devices

    def register_execution_provider_library(self, name: str, path: str) -> None:
        if self._error is not None:
            raise self._error
        if name in self.registered:
            raise RuntimeError(f"EP library is already registered under {name}")
        self.registered[name] = path

    def get_ep_devices(self) -> list[Any]:
        kinds = [("CPUExecutionProvider", "CPU"), *(self._devices if self.registered else ())]
        return [
            SimpleNamespace(
                ep_name=name, number=number, device=SimpleNamespace(type=SimpleNamespace(name=kind))
            )
            for number, (name, kind) in enumerate(kinds)
        ]

    def SessionOptions(self) -> Any:
        options = SimpleNamespace(devices=[])
        options.add_provider_for_devices = lambda devices, _settings: options.devices.extend(devices)
        return options

    def InferenceSession(
        self, model: Any, sess_options: Any, providers: Sequence[Any] | None = None
    ) -> FakeSession:
        chosen = [device.ep_name for device in sess_options.devices]
        assert (providers is None) == bool(chosen), "ONNX Runtime ignores devices where providers are named"
        return super().InferenceSession(model, sess_options, providers or [*chosen, "CPUExecutionProvider"])
