"""The choice of provider and the move to the CPU, with a stand-in for ONNX Runtime."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from nivo_tui.errors import PackError, SettingsError
from nivo_tui.inference.runtime.backend import CPU, CUDA, Backend, choose_provider
from nivo_tui.inference.runtime.candidates import first_line
from nivo_tui.inference.runtime.providers import PROOF_MODEL

from .tiny import FakeRuntime, FakeSession, recogniser

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


def test_threads_that_fail_at_once_move_a_model_once() -> None:
    runtime = TogetherRuntime(threads=8)
    said: list[str] = []
    place = backend(runtime, report=said.append)
    model = place.load(MODEL)
    runtime.fails = True
    answers: list[float] = []
    threads = [threading.Thread(target=lambda: answers.append(model.run(INPUT)[0].item())) for _ in range(8)]
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

    session = onnxruntime.InferenceSession(PROOF_MODEL, providers=[CPU])
    assert session.run(None, {"x": np.ones((1, 1, 3, 3), np.float32)})[0].item() == 9.0


def test_a_file_at_fault_moves_nothing_off_cuda() -> None:
    runtime = FakeRuntime()
    said: list[str] = []
    place = backend(runtime, report=said.append)
    runtime.open_errors = {name: RuntimeError("truncated") for name in (CUDA, CPU)}
    with pytest.raises(PackError, match=r"^model\.onnx cannot be loaded: truncated$"):
        place.load(MODEL)
    assert place.provider.name == CUDA
    assert said == []


def test_a_photo_that_fails_on_the_cpu_too_moves_nothing_off_cuda() -> None:
    runtime = FakeRuntime()
    said: list[str] = []
    place = backend(runtime, report=said.append)
    model = place.load(MODEL)
    runtime.run_errors = {name: RuntimeError("bad shape") for name in (CUDA, CPU)}
    with pytest.raises(PackError, match=r"^model\.onnx failed: bad shape$"):
        model.run(INPUT)
    runtime.run_errors = {}
    assert model.run(INPUT)[0].item() == 9.0
    assert runtime.runs[-1] == ("model.onnx", CUDA)
    assert said == []


def test_models_of_one_backend_move_together_under_load() -> None:
    runtime = FlakyRuntime(last_good_run=60)
    said: list[str] = []
    place = backend(runtime, report=said.append)
    models = [place.load(Path(f"{number}.onnx")) for number in range(4)]
    gate = threading.Barrier(8)
    answers: list[float] = []

    def work() -> None:
        gate.wait()
        for _ in range(25):
            answers.extend(model.run(INPUT)[0].item() for model in models)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [9.0] * (8 * 25 * 4)
    assert said == ["cuda:0 failed, the CPU goes on: CUDA failure 700"]
    on_cpu = [session.model for session in runtime.sessions if session.providers[0] == CPU]
    assert sorted(on_cpu) == [f"{number}.onnx" for number in range(4)]
    # Nobody went back to CUDA once all had moved.
    assert {name for _, name in runtime.runs[-8 * 4 :]} == {CPU}


def test_a_network_may_take_whole_numbers_where_that_is_expected(tmp_path: Path) -> None:
    path = text_encoder(tmp_path / "text.onnx")
    place = Backend("cpu")
    with pytest.raises(PackError, match=r"text\.onnx takes tensor\(int64\), not 32-bit floats"):
        place.load(path)
    model = place.load(path, types=("tensor(int64)", "tensor(int32)"))
    assert [(one.name, one.type, one.shape) for one in model.inputs] == [
        ("tokens", "tensor(int64)", (1, 3)),
        ("mask", "tensor(int64)", (1, 3)),
    ]
    feeds = {"tokens": np.array([[5, 6, 7]]), "mask": np.array([[1, 1, 0]])}
    assert model.run_with(feeds)[0].tolist() == [[5, 6, 0]]


def test_half_precision_pictures_are_refused_in_one_line(tmp_path: Path) -> None:
    path = one_node(tmp_path / "half.onnx", "Identity", kind=TensorProto.FLOAT16)
    with pytest.raises(PackError, match=r"^half\.onnx takes tensor\(float16\), not 32-bit floats$"):
        Backend("cpu").load(path)


BROKEN = """
import sys
from pathlib import Path
from nivo_tui.errors import PackError
from nivo_tui.inference.runtime.backend import Backend
backend = Backend("auto")
for path in sys.argv[2:]:
    try:
        backend.load(Path(path))
    except PackError as error:
        with open(sys.argv[1], "a") as file:
            print(error, file=file)
"""


def test_native_error_lines_never_reach_the_terminal(tmp_path: Path) -> None:
    whole = recogniser(tmp_path / "whole.onnx").read_bytes()
    truncated = tmp_path / "truncated.onnx"
    truncated.write_bytes(whole[: len(whole) // 2])
    unknown = one_node(tmp_path / "unknown.onnx", "Levitate")
    foreign = one_node(tmp_path / "foreign.onnx", "Levitate", domain="com.example")
    log = tmp_path / "log"
    files = [str(path) for path in (truncated, unknown, foreign)]
    run = subprocess.run(
        [sys.executable, "-c", BROKEN, str(log), *files], capture_output=True, text=True, check=True
    )
    assert (run.stdout, run.stderr) == ("", "")
    lines = log.read_text().splitlines()
    assert [line.split(" cannot be loaded: ")[0] for line in lines] == [Path(file).name for file in files]
    assert "Levitate" in lines[1]
    assert "Levitate" in lines[2]


class TogetherRuntime(FakeRuntime):
    """CUDA fails once as many threads as there are wait for its answer."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.fails = False
        self._all = threading.Barrier(threads)

    def InferenceSession(self, model: Any, sess_options: Any, providers: Sequence[Any]) -> FakeSession:
        session = super().InferenceSession(model, sess_options, providers)
        answer = session.run

        def run(names: None, feeds: dict[str, Any]) -> list[Any]:
            if session.providers[0] == CUDA and self.fails:
                self._all.wait(timeout=30)
                raise RuntimeError("out of memory")
            return answer(names, feeds)

        session.run = run  # type: ignore[method-assign]
        return session


class FlakyRuntime(FakeRuntime):
    """CUDA answers a number of times, then never again."""

    def __init__(self, last_good_run: int) -> None:
        super().__init__()
        self._last_good_run = last_good_run

    def InferenceSession(self, model: Any, sess_options: Any, providers: Sequence[Any]) -> FakeSession:
        session = super().InferenceSession(model, sess_options, providers)
        answer = session.run

        def run(names: None, feeds: dict[str, Any]) -> list[Any]:
            if session.providers[0] == CUDA and len(self.runs) >= self._last_good_run:
                raise RuntimeError("CUDA failure 700\nmore")
            return answer(names, feeds)

        session.run = run  # type: ignore[method-assign]
        return session


def one_node(path: Path, operator: str, kind: int = TensorProto.FLOAT, domain: str = "") -> Path:
    node = helper.make_node(operator, ["picture"], ["answer"], domain=domain)
    ends = [helper.make_tensor_value_info(name, kind, [1, 3, 8, 8]) for name in ("picture", "answer")]
    return save(path, helper.make_graph([node], "one", ends[:1], ends[1:]), domain)


def text_encoder(path: Path) -> Path:
    node = helper.make_node("Mul", ["tokens", "mask"], ["answer"])
    names = ("tokens", "mask", "answer")
    ends = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, 3]) for name in names]
    return save(path, helper.make_graph([node], "text", ends[:2], ends[2:]))


def save(path: Path, graph: onnx.GraphProto, domain: str = "") -> Path:
    opsets = [helper.make_opsetid("", 13), *([helper.make_opsetid(domain, 1)] if domain else [])]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=7), path)
    return path


def test_a_path_that_is_not_utf8_is_loaded(tmp_path: Path) -> None:
    odd = tmp_path / "caf\udce9.onnx"
    content = recogniser(tmp_path / "r.onnx", 64).read_bytes()
    try:
        odd.write_bytes(content)
    except OSError:
        pytest.skip("this file system takes no such name")
    assert Backend("cpu").load(odd).outputs == ("vector",)
    with pytest.raises(PackError, match="cannot be loaded"):
        Backend("cpu").load(tmp_path / "gone\udce9.onnx")


def test_names_in_a_graph_that_are_no_text_are_a_pack_error(tmp_path: Path) -> None:
    path = recogniser(tmp_path / "r.onnx", 64)
    path.write_bytes(path.read_bytes().replace(b"picture", b"pict\xe9\xffe"))
    with pytest.raises(PackError, match=r"r\.onnx"):
        Backend("cpu").load(path)


SAID = "[ONNXRuntimeError] : 1 : FAIL : "
AN_ERROR = [
    (
        "Load model from x.onnx failed:/onnxruntime_src/onnxruntime/core/graph/model.cc:256 "
        "onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::PathString&, const "
        "std::function<bool(const std::string&)>&) Unsupported model IR version: 99 (of 13)\n",
        "Load model from x.onnx failed:Unsupported model IR version: 99 (of 13)",
    ),
    (
        "Exception during initialization: /onnxruntime_src/onnxruntime/core/ops.h:256 "
        "onnxruntime::Div<T>::Div(const onnxruntime::OpKernelInfo&) [with T = int] b[i] was false. Zero",
        "Exception during initialization: b[i] was false. Zero",
    ),
    (
        "Status Message: /onnxruntime_src/core/framework/bfc_arena.cc:360 void* "
        "onnxruntime::BFCArena::Allocate(size_t, bool) const Failed to allocate memory",
        "Status Message: Failed to allocate memory",
    ),
    (
        "Message: element_wise_ops.cc:2256 operator() Integer modulo by zero",
        "Message: Integer modulo by zero",
    ),
    ("Message: element_wise_ops.cc:692 Compute Integer division", "Message: Integer division"),
    (r"D:\a\_work\1\s\onnxruntime\core\model.cc:25 onnxruntime::Model::Model Bad (very)", "Bad (very)"),
    ("Load model from /home/me/x.onnx failed", "Load model from /home/me/x.onnx failed"),
]


@pytest.mark.parametrize(("raised", "told"), AN_ERROR)
def test_an_error_is_told_without_places_in_the_runtimes_source(raised: str, told: str) -> None:
    assert first_line(RuntimeError(SAID + raised)) == SAID + told


def test_the_real_runtimes_source_is_not_told(tmp_path: Path) -> None:
    path = one_node(tmp_path / "new.onnx", "Identity")
    model = onnx.load(path)
    model.ir_version = 99
    onnx.save(model, path)
    with pytest.raises(PackError, match=r"IR version") as caught:
        Backend("cpu").load(path)
    assert not re.search(r"\.cc|onnxruntime::", str(caught.value))


def test_what_the_runtime_prints_when_a_provider_fails_stays_unsaid(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Talkative(FakeRuntime):
        def InferenceSession(self, model: Any, sess_options: Any, providers: Sequence[Any]) -> FakeSession:
            print("EP Error in", providers)
            return super().InferenceSession(model, sess_options, providers)

    assert backend(Talkative()).provider.name == CUDA
    assert capsys.readouterr().out == ""
