"""The choice of provider and the move to the CPU, with a stand-in for ONNX Runtime."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from nivo_tui.errors import PackError, SettingsError
from nivo_tui.inference.runtime import CPU, CUDA, Backend, choose_provider

from .tiny import FakeRuntime, recogniser

MODEL = Path("model.onnx")
INPUT = np.zeros((1, 1, 3, 3), np.float32)


def backend(runtime: FakeRuntime, device: str = "auto", driver: bool = True, **options: object) -> Backend:
    return Backend(device, runtime=runtime, driver_loads=lambda: driver, **options)  # type: ignore[arg-type]


def test_cuda_is_used_when_an_inference_proves_it() -> None:
    runtime = FakeRuntime()
    provider = backend(runtime).provider
    assert (provider.name, provider.device) == (CUDA, "cuda:0")
    assert [name for _, name in runtime.runs] == [CUDA]


def test_without_the_driver_cuda_is_never_asked_for() -> None:
    runtime = FakeRuntime()
    provider = backend(runtime, driver=False).provider
    assert provider.name == CPU
    assert "no NVIDIA driver library" in provider.detail
    assert runtime.sessions == []


def test_a_runtime_built_without_cuda_says_so() -> None:
    provider = backend(FakeRuntime(with_cuda=False)).provider
    assert provider.name == CPU
    assert "without CUDA" in provider.detail


def test_cpu_asks_for_nothing_else() -> None:
    runtime = FakeRuntime()
    assert backend(runtime, "cpu").provider.name == CPU
    assert runtime.sessions == []


def test_a_silent_fall_back_of_the_runtime_is_seen() -> None:
    runtime = FakeRuntime()
    runtime.falls_back = True
    provider = backend(runtime).provider
    assert provider.name == CPU
    assert "fell back" in provider.detail


@pytest.mark.parametrize("stage", ["open_errors", "run_errors"])
def test_cuda_that_fails_its_proof_is_not_used(stage: str) -> None:
    runtime = FakeRuntime()
    getattr(runtime, stage)[CUDA] = RuntimeError("CUDNN_STATUS_NOT_INITIALIZED\nlong native trace")
    provider = backend(runtime).provider
    assert provider.name == CPU
    assert "CUDNN_STATUS_NOT_INITIALIZED" in provider.detail
    assert "\n" not in provider.detail


def test_wrong_arithmetic_is_no_proof() -> None:
    runtime = FakeRuntime()
    runtime.answer = 8.0
    assert "arithmetic" in backend(runtime).provider.detail


def test_device_number_and_memory_limit_reach_the_session() -> None:
    runtime = FakeRuntime()
    provider = backend(runtime, "cuda:2", memory_limit=3 << 30).provider
    assert provider.device == "cuda:2"
    settings = runtime.sessions[0].settings
    assert settings["device_id"] == "2"
    assert settings["gpu_mem_limit"] == str(3 << 30)
    assert settings["cudnn_conv_algo_search"] == "HEURISTIC"


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:-1", "CPU", ""])
def test_an_unknown_device_is_a_settings_error(device: str) -> None:
    with pytest.raises(SettingsError, match="auto, cpu, cuda"):
        choose_provider(device, runtime=FakeRuntime())


def test_sessions_use_one_thread_and_print_nothing() -> None:
    runtime = FakeRuntime()
    backend(runtime, "cpu").load(MODEL)
    options = runtime.options[0]
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.execution_mode == "sequential"
    assert runtime.severity == options.log_severity_level == 4


def test_a_cuda_error_moves_all_models_to_the_cpu_once_and_runs_again() -> None:
    runtime = FakeRuntime()
    said: list[str] = []
    place = backend(runtime, report=said.append)
    first, second = place.load(MODEL), place.load(Path("other.onnx"))
    runtime.run_errors[CUDA] = RuntimeError("CUDA failure 700: an illegal memory access")
    assert first.run(INPUT)[0].item() == 9.0
    assert second.run(INPUT)[0].item() == 9.0
    assert place.provider.name == CPU
    assert "illegal memory access" in place.provider.detail
    assert len(said) == 1
    assert "CPU goes on" in said[0]
    # The second model did not try CUDA again.
    assert runtime.runs[-1] == ("other.onnx", CPU)
    assert ("other.onnx", CUDA) not in runtime.runs


def test_many_threads_move_a_model_once() -> None:
    runtime = FakeRuntime()
    said: list[str] = []
    place = backend(runtime, report=said.append)
    model = place.load(MODEL)
    runtime.run_errors[CUDA] = RuntimeError("out of memory")
    gate = threading.Barrier(8)
    answers: list[float] = []

    def work() -> None:
        gate.wait()
        answers.append(model.run(INPUT)[0].item())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [9.0] * 8
    assert len(said) == 1
    assert [session.providers[0] for session in runtime.sessions].count(CPU) == 1


def test_a_model_that_cannot_be_opened_on_cuda_opens_on_the_cpu() -> None:
    runtime = FakeRuntime()
    place = backend(runtime)
    runtime.open_errors[CUDA] = RuntimeError("no kernel")
    assert place.load(MODEL).run(INPUT)[0].item() == 9.0
    assert place.provider.name == CPU


def test_an_error_on_the_cpu_is_a_pack_error_in_one_line() -> None:
    runtime = FakeRuntime()
    model = backend(runtime, "cpu").load(MODEL)
    runtime.run_errors[CPU] = RuntimeError("bad shape\nmore")
    with pytest.raises(PackError, match=r"^model\.onnx failed: bad shape$"):
        model.run(INPUT)


def test_a_damaged_file_is_a_pack_error_with_the_real_runtime(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no model at all")
    with pytest.raises(PackError, match=r"damaged\.onnx cannot be loaded"):
        Backend("cpu").load(damaged)


def test_the_real_runtime_answers_and_its_proof_model_is_valid(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = Backend("auto")
    model = place.load(recogniser(tmp_path / "r.onnx", 64))
    assert model.outputs == ("vector",)
    assert model.fixed_input_size == (112, 112)
    assert model.run(np.zeros((1, 3, 112, 112), np.float32))[0].shape[-1] == 64
    assert place.provider.name in (CPU, CUDA)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_the_proof_model_answers_nine_on_the_real_runtime() -> None:
    import onnxruntime

    from nivo_tui.inference.runtime import _PROOF_MODEL

    session = onnxruntime.InferenceSession(_PROOF_MODEL, providers=[CPU])
    assert session.run(None, {"x": np.ones((1, 1, 3, 3), np.float32)})[0].item() == 9.0
