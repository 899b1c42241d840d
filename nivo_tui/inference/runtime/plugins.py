"""Execution providers that come as packages beside ONNX Runtime: onnxruntime-ep-webgpu and others.

Such a package holds a module `onnxruntime_ep_NAME` with `get_library_path()` and `get_ep_names()`; the
library is registered with ONNX Runtime 1.23 or newer and reports the devices that it can use
(https://onnxruntime.ai/docs/execution-providers/plugin-ep-libraries/usage.html).
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Any

_PREFIX = "onnxruntime_ep_"
_BEST_FIRST = ("GPU", "NPU", "CPU")


@dataclass(frozen=True, slots=True)
class Plugin:
    """An installed plugin package, not yet loaded. `name` is the device's in the settings: "webgpu"."""

    module: str

    @property
    def name(self) -> str:
        return self.module.removeprefix(_PREFIX).replace("_", "-")

    @property
    def distribution(self) -> str:
        """The package's name as it is installed."""
        return self.module.replace("_", "-")

    @property
    def needs_nvidia(self) -> bool:
        """Whether its library can only be loaded beside NVIDIA's driver."""
        return "cuda" in self.name or "tensorrt" in self.name

    def devices(self, runtime: Any) -> list[Any]:
        """The devices it can use here (OrtEpDevice), accelerators first; its library is registered once.

        Raises RuntimeError where `runtime` takes no plugins, and whatever the package or its library raises.
        """
        if not hasattr(runtime, "register_execution_provider_library"):
            raise RuntimeError("the installed ONNX Runtime takes no plugin providers")
        package = importlib.import_module(self.module)
        names = set(package.get_ep_names())
        try:
            runtime.register_execution_provider_library(self.module, str(package.get_library_path()))
        except Exception as error:  # the runtime has no error class for "it is there already"
            if "already registered" not in str(error):
                raise
        found = [device for device in runtime.get_ep_devices() if device.ep_name in names]
        return sorted(found, key=lambda device: _rank(device.device.type.name))


def installed_plugins() -> tuple[Plugin, ...]:
    """The plugin packages of this environment, by name; none is imported."""
    names = {module.name for module in pkgutil.iter_modules() if module.name.startswith(_PREFIX)}
    return tuple(Plugin(name) for name in sorted(names))


def _rank(kind: str) -> int:
    return _BEST_FIRST.index(kind) if kind in _BEST_FIRST else len(_BEST_FIRST)
