"""Chapter 4: its kernel runs, its arithmetic is right and its captions are true."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from benchmarks import gpu
from course_lib.editions.library import ROOT
from course_lib.publish import execute
from tests.book.chapter import load, run_solution, text
from tests.book.executed import as_array, figure_data, notebook

PAGE = "04_gpus"
chapter = load(PAGE)
TEXT = text(PAGE)
PROGRAM = (ROOT / "book" / "data" / "vector_add.cu").read_text(encoding="utf-8")
CPU = torch.device("cpu")


# The CUDA program


def on_the_cpu(program: str, folder: Path) -> Path:
    """The program, compiled for the CPU with a memory checker: a kernel for each thread in turn."""
    launch = re.compile(r"(\w+)<<<(.+?), (.+?)>>>\((.*?)\);")
    source, found = launch.subn(r"on_every_thread(\2, \3, [&] { \1(\4); });", program)
    assert found == 1
    header = (ROOT / "tests" / "book" / "cuda_on_cpu.h").read_text(encoding="utf-8")
    (folder / "program.cpp").write_text(header + source, encoding="utf-8")
    options = ["-std=c++17", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
    subprocess.run(["g++", *options, "program.cpp", "-o", "program"], cwd=folder, check=True)
    return folder / "program"


def run(program: Path, n: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, str(n)], capture_output=True, text=True, check=False)


needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")


@needs_compiler
def test_program_adds_within_its_memory_and_hears_that_no_block_is_refused(tmp_path):
    program = on_the_cpu(PROGRAM, tmp_path)
    for n in (1, 2, 255, 256, 257, 1000, 1024, 1025, 100_003):
        done = run(program, n)
        assert (done.returncode, done.stdout) == (0, "no error, 0 wrong sums\n"), done.stderr
    no_block = run(program, 0)
    assert no_block.returncode == 1
    assert no_block.stdout == "invalid configuration argument, 0 wrong sums\n"


@needs_compiler
def test_without_the_bounds_check_the_program_leaves_its_memory(tmp_path):
    program = on_the_cpu(PROGRAM.replace("if (i < n)\n", ""), tmp_path)
    assert run(program, 256).returncode == 0
    assert "heap-buffer-overflow" in run(program, 257).stderr


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong", "output"),
    [
        ("(n + threads - 1) / threads", "n / threads", "no error, 232 wrong sums\n"),
        ("threads = 256", "threads = 2000", "invalid configuration argument, 1000 wrong sums\n"),
        ("blockIdx.x * blockDim.x + threadIdx.x", "threadIdx.x", "no error, 744 wrong sums\n"),
    ],
)
def test_a_mistake_in_the_program_shows(tmp_path, right, wrong, output):
    assert right in PROGRAM
    done = run(on_the_cpu(PROGRAM.replace(right, wrong), tmp_path), 1000)
    # c is full of zeros, and a[i] + b[i] is nowhere zero
    assert (done.returncode, done.stdout) == (1, output)


@pytest.mark.skipif(shutil.which("nvcc") is None, reason="no CUDA compiler")
def test_program_compiles_for_a_gpu(tmp_path):
    source = ROOT / "book" / "data" / "vector_add.cu"
    command = ["nvcc", "-Werror", "all-warnings", "-ptx", source, "-o", tmp_path / "program.ptx"]
    subprocess.run(command, check=True)
    code = (tmp_path / "program.ptx").read_text()
    assert code.count("ld.global.f32") == 2
    assert code.count("add.f32") == code.count("st.global.f32") == 1


def test_lines_are_explained_by_their_numbers():
    lines = dict(enumerate(PROGRAM.splitlines(), start=1))
    for number, words in {
        3: "__global__",
        5: "threadIdx.x",
        6: "if (i < n)",
        7: "c[i] = a[i] + b[i];",
        14: "int main",
        18: "std::vector",
        24: "*d_a",
        27: "cudaMalloc",
        28: "cudaMemcpyHostToDevice",
        29: "cudaMemcpyHostToDevice",
        33: "<<<blocks, threads>>>",
        34: "cudaGetLastError",
        36: "cudaMemcpyDeviceToHost",
        39: "cudaFree",
        41: "wrong",
        45: "return",
    }.items():
        assert words in lines[number]
    assert len(lines) == 46
    assert TEXT.count(":lines: 3-8\n") == TEXT.count(":lines: 14-46\n") == 1


def test_kernel_in_python_has_the_lines_of_the_kernel():
    body = [line.strip(" ;") for line in PROGRAM.splitlines()[4:7]]
    index, check, addition = body
    source = TEXT[TEXT.index("def vector_add(") : TEXT.index("def launch(")]
    written = index.removeprefix("int ").replace("blockIdx.x * blockDim.x + threadIdx.x", "{}")
    assert written.format("block * block_dim + thread") in source
    assert f"{check.replace('(', '').replace(')', '')}:" in source
    assert addition in source


# The kernel in Python


@pytest.mark.parametrize("n", [1, 7, 8, 9, 255, 256, 257, 1000, 1024, 1025])
@pytest.mark.parametrize("block_dim", [1, 8, 256, 1024])
def test_every_element_is_added_once_whatever_the_block(n, block_dim):
    touches: Counter[int] = Counter()

    def counting(block, block_dim, thread, a, b, c, n):
        i = block * block_dim + thread
        touches[i] += i < n
        chapter.vector_add(block, block_dim, thread, a, b, c, n)

    grid_dim = chapter.blocks_for(n, block_dim)
    sums = chapter.add_on_grid(n, grid_dim, block_dim, kernel=counting)
    assert sums == (torch.arange(n) + 0.5).tolist()
    assert [touches[i] for i in range(n)] == [1] * n
    idle = sum(count == 0 for count in touches.values())
    assert idle == grid_dim * block_dim - n < block_dim


def test_mistakes_of_the_page_fail_as_it_says():
    assert chapter.add_on_grid(1000, 1000 // 256, 256).count(None) == 232
    with pytest.raises(IndexError):
        chapter.add_on_grid(1000, 4, 256, kernel=chapter.unchecked_add)
    for shape in ((1, 2000), (0, 256)):
        with pytest.raises(ValueError, match="invalid configuration"):
            chapter.add_on_grid(1000, *shape)


def test_order_does_not_matter_to_the_addition_and_does_to_the_running_sum():
    ones = [1] * 40
    assert chapter.results(chapter.vector_add, (ones, ones)) == {(2,) * 40}
    sums = chapter.results(chapter.running_sum, (ones,))
    assert len(sums) > 10
    assert tuple(range(1, 41)) not in sums


def test_other_seeds_give_other_data():
    def order(seed):
        found = []
        chapter.launch(lambda b, d, t: found.append((b, t)), 3, 4, seed=seed)
        return found

    assert order(1) == order(1) != order(2)
    assert sorted(order(1)) == sorted(order(2))
    assert not torch.equal(*(chapter.random_matrix(4, 4, seed) for seed in (1, 2)))


def test_all_cores_give_the_result_of_one():
    for n in (1, 3, 8, 65):
        a, b = (chapter.random_matrix(n, n, seed).numpy() for seed in (1, 2))
        c = np.empty_like(a)
        chapter.multiply_on_all_cores(a, b, c)
        np.testing.assert_allclose(c, a @ b, rtol=1e-5)
        loop = chapter.multiply_by_loop(a.tolist(), b.tolist())
        np.testing.assert_allclose(loop, a @ b, rtol=1e-5)
        a, b, c = a[0], b[0], np.empty_like(a[0])
        chapter.add_on_all_cores(a, b, c)
        np.testing.assert_array_equal(c, a + b)
        np.testing.assert_allclose(chapter.add_by_loop(a.tolist(), b.tolist()), a + b, rtol=1e-6)


# The arithmetic


def test_numbers_of_the_slide_follow_from_the_hardware():
    assert round(chapter.GPU_FLOPS / 1e12, 2) == 11.75
    assert round(chapter.TENSOR_FLOPS / 1e12) == 108  # the slide cuts 107.6 off
    assert round(chapter.GPU_MEMORY / 1e9) == 616
    assert round(chapter.CPU_MEMORY / 1e9) == 85


def test_ratios_in_the_text_are_those_of_the_table():
    cpu, card, tensor = chapter.CHIPS.values()
    assert [cpu["flops"], cpu["memory"], cpu["price"]] == [1.8e12, 70e9, 2000]
    for number, quotient in (
        ("6.5", card["flops"] / cpu["flops"]),
        ("59", tensor["flops"] / cpu["flops"]),
        ("8.8", card["memory"] / cpu["memory"]),
        ("0.9", cpu["flops"] / cpu["price"] / 1e9),
        ("11.7", card["flops"] / card["price"] / 1e9),
        ("26", cpu["flops"] / cpu["memory"]),
        ("19", card["flops"] / card["memory"]),
        ("174", tensor["flops"] / tensor["memory"]),
    ):
        digits = len(number.partition(".")[2])
        assert f"{quotient:.{digits}f}" == number
        assert number in TEXT
    assert round(card["flops"] / card["price"] / (cpu["flops"] / cpu["price"])) == 13


def test_intensities_by_hand_are_right():
    for cost, flop, moved, by_hand in (
        (chapter.addition_cost(1000), 1000, 12_000, 1 / 12),
        (chapter.product_cost(4, 4, 1), 32, 96, 1 / 3),
        (chapter.product_cost(6, 6, 6), 432, 432, 1),
    ):
        assert cost == (flop, moved)
        assert chapter.intensity(*cost) == by_hand
    assert chapter.intensity(*chapter.product_cost(600, 600, 600)) == 100


def test_flop_are_those_that_torch_counts():
    for m, k, n in ((4, 4, 1), (6, 6, 6), (3, 5, 7)):
        assert chapter.product_cost(m, k, n)[0] == chapter.counted_by_torch((m, k), (k, n))


def test_roofline_has_its_ridge_where_both_bounds_meet():
    flops, memory = 11.7e12, 616e9
    ridge = flops / memory
    assert chapter.roofline(ridge, flops, memory) == pytest.approx(flops)
    assert chapter.roofline(ridge / 2, flops, memory) == pytest.approx(flops / 2)
    assert chapter.roofline(ridge * 2, flops, memory) == flops


def test_copies_of_an_addition_never_pay_and_those_of_a_product_do_from_some_size():
    assert round(chapter.SLOT / 1e9, 2) == 15.75
    cpu, card = chapter.CHIPS["CPU"], chapter.CHIPS["GPU"]
    assert chapter.SHARES["copies alone"] > chapter.SHARES["on the CPU"]
    n = chapter.PAYS_FROM
    pays = [
        chapter.product_seconds(k, card, chapter.SLOT) < chapter.product_seconds(k, cpu)
        for k in (n - 1, n, 10 * n)
    ]
    assert pays == [False, True, True]
    by_hand = 6 / chapter.SLOT / (1 / 1.8e12 - 1 / 11.7e12)  # both compute-bound
    assert abs(n - by_hand) <= 1


def test_half_precision_does_what_the_table_says():
    half = chapter.half
    assert (half(2048) + half(1)).item() == 2048
    assert (half(300) ** 2).item() == float("inf")
    assert (half(1e-4) ** 2).item() == 0
    assert torch.finfo(torch.float16).max == 65504
    assert torch.finfo(torch.float16).smallest_normal / 2**10 == pytest.approx(6e-8, rel=0.01)
    assert chapter.rescued_product() == pytest.approx(1e-8, rel=0.01)


def test_fit_of_a_step_finds_its_two_numbers():
    batches = np.array(chapter.BATCHES)
    found = chapter.flat_then_linear(batches, 2e-4 + 3e-6 * batches)
    np.testing.assert_allclose(found, [2e-4, 3e-6])


# The clock


def test_seconds_are_those_of_one_call():
    calls = []
    measured = chapter.seconds(lambda: calls.append(1), least=1e-4)
    assert measured.shape == (chapter.REPEATS,)
    assert (measured > 0).all()
    assert measured.min() < 1e-5
    assert len(calls) > chapter.REPEATS


def test_compared_jobs_take_turns_in_an_order_of_its_own_each_time():
    calls = []
    jobs = [lambda name=name: calls.append(name) for name in "abcdefgh"]
    measured = chapter.seconds_in_turns(jobs, least=0)
    assert measured.shape == (8, chapter.REPEATS)
    untimed, timed = "".join(calls[::2]), "".join(calls[1::2])
    assert untimed == timed
    turns = [timed[at : at + 8] for at in range(0, len(timed), 8)]
    assert len(turns) == 1 + chapter.REPEATS  # to count, to measure
    assert {"".join(sorted(turn)) for turn in turns} == {"abcdefgh"}
    assert len(set(turns)) == len(turns)


def test_a_time_is_that_of_its_own_job():
    now = [0.0]

    def job(takes):
        now[0] += takes

    takes = [1.0, 2.0, 4.0, 8.0]
    jobs = [lambda takes=takes: job(takes) for takes in takes]
    measured = chapter.seconds_in_turns(jobs, clock=lambda: now[0])
    assert measured.tolist() == [[one] * chapter.REPEATS for one in takes]


# The recorded run


@pytest.fixture(scope="module")
def small_run():
    """A run of the recorder on the CPU, with torch's addition in the kernel's place."""

    def kernel(a, b, c):
        return torch.add(a, b, out=c)

    where = {
        "date": "2001-02-03",
        "machine": {"gpu": "Some card"},
        "versions": {"torch": "9.9", "cuda": "8.8", "driver": "7.7"},
    }
    return where | gpu.measure(CPU, kernel, (16, 1000), (8, 16), (1, 4))


def test_recorder_measures_every_program_at_every_size(small_run):
    for name, programs in (
        ("vector_add", ("kernel", "torch", "with_copies")),
        ("matmul", ("float32", "float16")),
        ("step", ("seconds",)),
    ):
        table = small_run[name]
        assert set(table) == {"size", *programs}
        for program in programs:
            times = np.array(table[program])
            assert times.shape == (len(table["size"]), gpu.REPEATS)
            assert (times > 0).all()


def test_recorder_refuses_a_kernel_that_adds_wrong():
    def forgets_the_tail(a, b, c):
        torch.add(a[:-1], b[:-1], out=c[:-1])

    with pytest.raises(AssertionError):
        gpu.additions(100, CPU, forgets_the_tail)


def test_recorder_times_the_network_of_the_page():
    assert gpu.LAYERS == chapter.LAYERS
    assert gpu.REPEATS == chapter.REPEATS


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_recorder_writes_nothing_without_a_gpu(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "DATA", tmp_path)
    with pytest.raises(SystemExit, match="nothing recorded"):
        gpu.main()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_kernel_adds_on_a_gpu():
    gpu.additions(1000, torch.device("cuda"), gpu.compiled())


def test_page_says_that_no_run_is_recorded_or_which_one(small_run, tmp_path):
    assert chapter.recorded(tmp_path / "none.json") is None
    assert "No run on a GPU has been recorded" in chapter.spoken(None)
    said = chapter.spoken(small_run)
    for words in ("not made by this build", "Some card", "2001-02-03", "9.9", "8.8", "7.7"):
        assert words in said
    fastest = 1e3 * min(small_run["vector_add"]["kernel"][-1])
    assert f"| our kernel | 1,000 | {fastest:.3g} |" in said


def test_figures_draw_a_recorded_run(small_run):
    fig, ax = chapter.new()
    assert chapter.recorded_lines(ax, None, "matmul", {"float32": "GPU"}) == {}
    assert not ax.lines
    data = chapter.recorded_lines(ax, small_run, "matmul", {"float32": "GPU"})
    assert data == {"recorded float32": small_run["matmul"]["float32"]}
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.min(data["recorded float32"], axis=1))
    plt.close(fig)


def test_a_new_record_makes_kept_outputs_stale(tmp_path):
    before = execute.cache_folder(tmp_path)
    (tmp_path / "book" / "data").mkdir(parents=True)
    assert execute.cache_folder(tmp_path) == before
    (tmp_path / "book" / "data" / "gpu_run.json").write_text("{}")
    assert execute.cache_folder(tmp_path) != before


@pytest.mark.book
def test_built_page_says_what_is_recorded():
    run = chapter.recorded(ROOT / "book" / "data" / "gpu_run.json")
    said = [
        output["data"]["text/markdown"]
        for cell in notebook(PAGE).cells
        for output in cell.get("outputs", [])
        if "text/markdown" in output.get("data", {})
    ]
    assert said == [chapter.spoken(run)]


# The solutions


def test_kernel_of_the_exercise_multiplies():
    a, b = ([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]])
    c = [[0.0, 0.0], [0.0, 0.0]]
    chapter.launch(run_solution(PAGE, "ex-4-product")["multiply"], 2, 3, a, b, c, 2)
    assert c == (torch.tensor(a) @ torch.tensor(b)).tolist()


def test_strides_of_the_exercise_cover_each_element_once():
    coverage = run_solution(PAGE, "ex-4-coverage")["coverage"]
    for n in (1, 8, 9, 100):
        for shape in ((1, 1), (3, 4), (2, 64)):
            assert coverage(n, *shape, stride=True) == [1] * n


# The captions


@pytest.mark.book
def test_figure_1_tensor_cores_lift_products_and_not_additions():
    data = figure_data("F-4.1")
    roofs = {name: as_array(roof) for name, roof in data["roofs"].items()}
    slanted = data["intensity"] < 11.7e12 / 616e9
    gain = roofs["GPU, tensor cores"] / roofs["GPU"]
    np.testing.assert_allclose(gain[slanted], 1)
    assert gain[-1] == pytest.approx(107 / 11.7)
    programs = data["programs"]
    for name in ("addition", "matrix · vector"):
        assert programs[name] < 70e9 and programs[name] < min(26, 19)
    assert programs["$n$ = 1024"] > 107e12 / 616e9 - 4
    assert programs["$n$ = 4096"] > 174


@pytest.mark.book
def test_figure_1_a_larger_batch_does_more_per_second_and_stays_below_the_roof():
    data = figure_data("F-4.1")
    best = data["layer_flops"].max(axis=1)
    assert data["layer_flops"].shape == (9, 11)
    assert best[-1] > 3 * best[0]
    roof = chapter.roofline(data["layer_intensity"], data["own_flops"], data["own_memory"])
    assert (best < 2 * roof).all()  # a ceiling is measured as well; a byte miscounted shows


@pytest.mark.book
def test_figure_2_loops_are_far_above_and_all_lines_end_like_a_cube():
    data = figure_data("F-4.2")
    best = {name: as_array(data[name]).min(axis=1) for name in ("loop", "one core", "all cores")}
    shared = list(data["sizes"]).index(data["loop_sizes"][-1])
    assert best["loop"][-1] > 300 * best["one core"][shared]
    assert 4 < best["loop"][-1] / best["loop"][-2] < 16
    assert 4 < best["one core"][-1] / best["one core"][-2] < 16
    assert best["all cores"][0] > 2 * best["one core"][0]
    handicap = best["all cores"] / best["one core"]  # on the wall: other programs lengthen it
    assert handicap[-1] < handicap[0] / 5


@pytest.mark.book
def test_figure_3_a_step_is_flat_and_then_linear():
    data = figure_data("F-4.3")
    best = data["seconds"].min(axis=1)
    batches = data["batches"]
    turn = data["fixed"] / data["each"]
    assert best[batches <= turn / 8].max() < 1.5 * best[0]
    far = best[batches >= 16 * turn]
    assert len(far) >= 2
    assert 1.5 < far[1] / far[0] < 3
    fit = data["fixed"] + data["each"] * batches
    assert (np.abs(fit / best - 1) < 0.5).all()


@pytest.mark.book
def test_figure_4_the_loop_pays_for_every_element_and_numpy_for_the_call():
    data = figure_data("F-4.4")
    best = {name: as_array(data[name]).min(axis=1) for name in ("loop", "one core", "all cores")}
    assert 30 < best["loop"][-1] / best["loop"][1] / 100 < 300
    assert best["one core"][2] < 5 * best["one core"][0]
    assert best["loop"][-1] > 50 * best["one core"][len(best["loop"]) - 1]
    assert best["all cores"][0] > 5 * best["one core"][0]


@pytest.mark.book
def test_figure_5_rounding_up_covers_and_rounding_down_leaves_out():
    data = figure_data("F-4.5")
    n = int(data["n"])
    everyone = set(range(n))
    assert sorted(data["<<<3, 4>>>"].ravel()) == list(range(12))
    assert everyone - set(data["<<<2, 4>>>"].ravel()) == {8, 9}
    assert sorted(data["order"]) == list(range(12)) != list(data["order"])
