"""Which devices may run models: TensorRT, plugin packages, and what is said of each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nivo_tui.errors import PackError, SettingsError
from nivo_tui.inference.runtime import providers
from nivo_tui.inference.runtime.backend import Backend
from nivo_tui.inference.runtime.candidates import CPU, CUDA, TENSORRT, Machine, TensorrtCandidate
from nivo_tui.inference.runtime.plugins import installed_plugins
from nivo_tui.inference.runtime.providers import Availability, available_providers, candidates, disproof

from .fake_plugins import PluginRuntime, write_package
from .tiny import FakeRuntime

WEBGPU = "WebGpuExecutionProvider"
TWO_GPUS = ((WEBGPU, "CPU"), (WEBGPU, "GPU"), (WEBGPU, "GPU"))


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("onnxruntime_ep_")]:
        del sys.modules[name]


def backend(runtime: FakeRuntime, device: str, driver: bool = True) -> Backend:
    return Backend(device, runtime=runtime, driver_loads=lambda: driver)


class TensorrtRuntime(FakeRuntime):
    def get_available_providers(self) -> list[str]:
        return [TENSORRT, *super().get_available_providers()]


def test_a_plugin_package_runs_models_when_it_is_asked_for(packages: Path) -> None:
    write_package(packages, "webgpu", WEBGPU)
    runtime = PluginRuntime(TWO_GPUS)
    place = backend(runtime, "webgpu")
    assert (place.provider.name, place.provider.device) == (WEBGPU, "webgpu:0")
    assert place.provider.detail == "proved by an inference"
    assert list(runtime.registered.values()) == ["/lib/webgpu.so"]
    place.load(Path("model.onnx")).run(None)
    assert runtime.runs[-1] == ("model.onnx", WEBGPU)


def test_a_plugin_is_never_taken_unasked(packages: Path) -> None:
    write_package(packages, "webgpu", WEBGPU)
    runtime = PluginRuntime(TWO_GPUS)
    assert backend(runtime, "auto").provider.name == CPU
    assert runtime.registered == {}


@pytest.mark.parametrize(("device", "number"), [("webgpu", 2), ("webgpu:1", 3), ("webgpu:2", 1)])
def test_accelerators_are_counted_first(packages: Path, device: str, number: int) -> None:
    write_package(packages, "webgpu", WEBGPU)
    runtime = PluginRuntime(TWO_GPUS)
    assert backend(runtime, device).provider.name == WEBGPU
    assert [chosen.number for chosen in runtime.options[0].devices] == [number]


def test_a_second_backend_finds_the_library_registered(packages: Path) -> None:
    write_package(packages, "webgpu", WEBGPU)
    runtime = PluginRuntime(TWO_GPUS)
    assert [backend(runtime, "webgpu").provider.name for _ in range(2)] == [WEBGPU, WEBGPU]


@pytest.mark.parametrize(
    ("runtime", "device", "reason"),
    [
        (PluginRuntime(), "webgpu", "it finds no device here"),
        (PluginRuntime(TWO_GPUS), "webgpu:3", "it finds 3 devices here"),
        (PluginRuntime(error=RuntimeError("libvulkan.so.1: no such file\nmore")), "webgpu", "libvulkan"),
        (FakeRuntime(), "webgpu", "takes no plugin providers"),
    ],
)
def test_a_plugin_that_cannot_be_used_leaves_the_work_to_the_cpu(
    packages: Path, runtime: FakeRuntime, device: str, reason: str
) -> None:
    write_package(packages, "webgpu", WEBGPU)
    provider = backend(runtime, device).provider
    assert provider.name == CPU
    assert reason in provider.detail
    assert "\n" not in provider.detail


def test_a_plugin_package_that_cannot_be_imported_is_a_reason_too(packages: Path) -> None:
    write_package(packages, "webgpu", WEBGPU, broken="built for another Python")
    provider = backend(PluginRuntime(TWO_GPUS), "webgpu").provider
    assert (provider.name, "another Python" in provider.detail) == (CPU, True)


def test_a_plugin_of_nvidia_is_not_loaded_without_the_driver(packages: Path) -> None:
    write_package(packages, "nv_tensorrt_rtx", "NvTensorRTRTXExecutionProvider")
    runtime = PluginRuntime([("NvTensorRTRTXExecutionProvider", "GPU")])
    assert "no NVIDIA driver" in backend(runtime, "nv_tensorrt_rtx", driver=False).provider.detail
    assert "onnxruntime_ep_nv_tensorrt_rtx" not in sys.modules
    assert backend(runtime, "nv-tensorrt-rtx:0").provider.device == "nv-tensorrt-rtx:0"


def test_a_plugin_that_gives_up_at_a_photo_moves_to_the_cpu(packages: Path) -> None:
    write_package(packages, "webgpu", WEBGPU)
    runtime = PluginRuntime(TWO_GPUS)
    place = backend(runtime, "webgpu")
    model = place.load(Path("model.onnx"))
    runtime.run_errors[WEBGPU] = RuntimeError("device lost")
    assert model.run(None)[0].item() == 9.0
    assert place.provider.name == CPU
    assert place.provider.detail == "webgpu:0 failed: device lost"


def test_a_device_that_is_none_is_answered_with_those_there_are(packages: Path) -> None:
    write_package(packages, "webgpu", WEBGPU)
    with pytest.raises(SettingsError, match=r"auto, cpu, cuda\[:N\], tensorrt\[:N\] or webgpu\[:N\]"):
        backend(PluginRuntime(), "openvino")
    assert [plugin.distribution for plugin in installed_plugins()] == ["onnxruntime-ep-webgpu"]


def test_tensorrt_is_asked_for_with_cuda_behind_it_and_keeps_its_engines(tmp_path: Path) -> None:
    cache = tmp_path / "home" / "engines"
    runtime = TensorrtRuntime()
    machine = Machine(runtime, 1 << 30, cache, driver_loads=lambda: True)
    assert disproof(TensorrtCandidate(machine, 1, library_loads=lambda: True)) is None
    settings = runtime.sessions[0].settings
    assert runtime.sessions[0].providers == [TENSORRT, CUDA, CPU]
    assert settings["device_id"] == "1"
    assert settings["trt_fp16_enable"] == "False"
    assert settings["trt_max_workspace_size"] == str(1 << 30)
    assert settings["trt_engine_cache_path"] == str(cache)
    assert cache.is_dir()


def test_tensorrt_without_room_for_its_engines_works_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    runtime = TensorrtRuntime()
    machine = Machine(runtime, None, tmp_path / "file" / "engines", driver_loads=lambda: True)
    assert disproof(TensorrtCandidate(machine, 0, library_loads=lambda: True)) is None
    assert "trt_engine_cache_enable" not in runtime.sessions[0].settings


@pytest.mark.parametrize(
    ("runtime", "driver", "library", "reason"),
    [
        (TensorrtRuntime(), False, True, "no NVIDIA driver library"),
        (FakeRuntime(), True, True, "built without TensorRT"),
        (FakeRuntime(with_cuda=False), True, True, "built without CUDA"),
        (TensorrtRuntime(), True, False, "TensorRT 10 library"),
    ],
)
def test_tensorrt_is_not_asked_for_where_it_cannot_be(
    runtime: FakeRuntime, driver: bool, library: bool, reason: str
) -> None:
    machine = Machine(runtime, driver_loads=lambda: driver)
    assert reason in str(disproof(TensorrtCandidate(machine, 0, library_loads=lambda: library)))
    assert runtime.sessions == []


def test_the_names_of_devices() -> None:
    machine = Machine(FakeRuntime(), plugins=tuple)
    asked = ("auto", "cpu", "cuda", "cuda:3", "tensorrt", "tensorrt:1")
    assert [[c.device for c in candidates(device, machine)] for device in asked] == [
        ["cuda:0"], [], ["cuda:0"], ["cuda:3"], ["tensorrt:0"], ["tensorrt:1"],
    ]  # fmt: skip


def test_every_device_is_listed_with_its_reason(packages: Path) -> None:
    write_package(packages, "openvino", "OpenVINOExecutionProvider")
    write_package(packages, "webgpu", WEBGPU)
    found = list(available_providers(Machine(PluginRuntime(TWO_GPUS), driver_loads=lambda: False)))
    assert [(one.device, one.usable) for one in found] == [
        ("cuda:0", False), ("tensorrt:0", False), ("openvino:0", False), ("webgpu:0", True), ("cpu", True),
    ]  # fmt: skip
    assert found[0] == Availability("cuda:0", False, "no NVIDIA driver library")
    assert "onnxruntime-ep-openvino" in str(found[2].remedy)
    assert found[3].reason == f"{WEBGPU}, proved by an inference"


def test_every_device_of_this_machine_is_tried_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    found = {one.device: one for one in available_providers()}
    assert found["cpu"].usable
    assert all(one.reason for one in found.values())
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


@pytest.mark.parametrize(
    "line", [None, "onnxruntime 1 and onnxruntime-gpu 1 are installed over each other: fix"]
)
def test_a_damaged_runtime_says_what_to_do(monkeypatch: pytest.MonkeyPatch, line: str | None) -> None:
    empty = type(sys)("onnxruntime")
    monkeypatch.setitem(sys.modules, "onnxruntime", empty)
    monkeypatch.setattr(providers, "clash", lambda: line)
    with pytest.raises(PackError, match=f"ONNX Runtime is damaged: {line or 'reinstall nivo-tui'}"):
        providers.load_runtime()
