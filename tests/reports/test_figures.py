"""Test the figures: their content, hostile text in them, and their contrast in grey."""

from xml.etree import ElementTree

import matplotlib
import matplotlib.pyplot as plt
import msgspec
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from aebench.reports import figures, record
from aebench.reports.figures.footprint import cold_start
from aebench.reports.figures.loss import loss
from aebench.reports.figures.machines import machines
from aebench.reports.figures.memory_curve import curve
from aebench.reports.figures.profile import profile
from aebench.reports.figures.ratios import ratios, ticks
from aebench.reports.figures.style import GREYS, MOST_ROWS, label, style
from aebench.reports.figures.throughput import throughput
from aebench.reports.statistics import Estimate
from aebench.reports.studies.autoencoder.digits_figure import digits
from aebench.reports.studies.autoencoder.results import results_of
from aebench.reports.summary import summarise
from helpers import other_runs, sample

HOSTILE = r"_$\frac{1}{$ \x $x^$ " + "\x1b[31m<script>" + "W" * 500 + "\u0378"
NAMES = [
    *("ratios", "throughput", "memory", "cold-start", "loss", "cost", "profile", "memory-curve"),
    "digits",
]


@pytest.fixture
def figure():
    made = plt.figure(layout="constrained")
    yield made
    plt.close(made)


def test_every_figure_is_drawn_twice_alike(tmp_path):
    summary = summarise(sample.make())
    for folder in ("one", "two"):
        drawn = figures.write(summary, tmp_path / folder)
        assert [figure.name for figure in drawn] == NAMES
    for name in NAMES:
        one, two = (tmp_path / folder / f"{name}.svg" for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), name


def test_nothing_is_drawn_of_nothing(tmp_path):
    made = sample.make()
    made.events = []
    assert figures.write(summarise(made), tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_text_of_a_record_is_text(tmp_path, recwarn):
    # As mathematics the text would raise, a leading underscore would vanish, and 500 letters would
    # leave no room for the figure.
    drawn = figures.write(summarise(sample.make(HOSTILE)), tmp_path)
    assert [figure.name for figure in drawn] == NAMES
    assert not recwarn.list
    for name in NAMES:
        root = ElementTree.parse(tmp_path / f"{name}.svg").getroot()
        # The width is in points; an inch has 72.
        assert root.get("width") == "576pt"
        assert float(root.get("height").removesuffix("pt")) < 576
    assert not matplotlib.cbook.is_math_text(label(HOSTILE))
    assert label("a$b") == r"a\$b" and label("_a") == " _a"


def test_images_are_drawn_as_they_were_recorded(figure):
    caption = digits(summarise(sample.make()), figure)
    assert "jax, seed 0" in caption
    original, made = (axes.get_images()[0].get_array() for axes in figure.axes)
    one = np.frombuffer(sample.EXAMPLES, np.uint8).reshape(2, 28, 28)
    assert np.array_equal(original, np.concatenate([one[0], one[1]], axis=1))
    turned = np.frombuffer(sample.EXAMPLES[::-1], np.uint8).reshape(2, 28, 28)
    assert np.array_equal(made, np.concatenate([turned[0], turned[1]], axis=1))
    assert figure.axes[1].get_ylabel() == "ae400\n0.2100"


@pytest.mark.parametrize(
    "change",
    [
        {"image_shape": [28, 27]},
        {"image_shape": [10**9, 10**9]},
        {"image_shape": [-28, -28]},
        {"image_shape": []},
        {"examples": list(range(10**6))},
        {"examples": []},
        {"example_pixels": b""},
    ],
)
def test_pixels_that_are_not_what_the_record_says_are_no_picture(change):
    made = sample.make()
    data = msgspec.structs.replace(made.header.data, **change)
    made.header = msgspec.structs.replace(made.header, data=data)
    assert results_of(summarise(made)).digits == []


def test_reconstructions_of_another_size_are_left_out():
    made = sample.make()
    made.events = [
        msgspec.structs.replace(each, pixels=b"123")
        if type(each).__name__ == "Reconstructions" and each.contender == "jax"
        else each
        for each in made.events
    ]
    assert [each.contender for each in results_of(summarise(made)).digits] == ["", "torch"]


def test_seeds_make_a_band(figure):
    made = sample.make()
    made.events += [
        msgspec.structs.replace(each, seed=1, test_loss=each.test_loss + 0.01)
        for each in made.events
        if type(each).__name__ == "QualityEpoch" and each.contender == "jax"
    ]
    caption = loss(summarise(made), figure)
    assert "bands: from the least to the most of the seeds" in caption
    (band,) = figure.axes[0].collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0.21, 0.26))


def test_a_panel_has_intervals_and_a_hollow_control(figure):
    throughput(summarise(sample.make()), figure)
    (axes,) = figure.axes
    bars = {each.get_label(): each for each in axes.containers}
    assert list(bars) == ["jax", "torch", "jax A/A"]
    line, _, (interval,) = bars["jax"].lines
    shown = summarise(sample.make()).speed[0].rows[0].samples_per_second
    assert line.get_ydata() == pytest.approx([shown.value])
    ends = interval.get_segments()[0][:, 1]
    assert ends == pytest.approx([shown.low, shown.high])
    assert bars["jax A/A"].lines[0].get_markerfacecolor() == "none"


def test_points_lie_at_the_batch_size_that_they_belong_to(figure):
    summary = summarise(sample.make())
    (cell,) = summary.speed
    cells = [cell, msgspec.structs.replace(cell, batch_size=500)]
    throughput(msgspec.structs.replace(summary, speed=cells), figure)
    (axes,) = figure.axes
    found = {x for bars in axes.containers for x in bars.lines[0].get_xdata()}
    assert found == {0, 1}
    assert [each.get_text() for each in axes.get_xticklabels()] == ["32", "500"]


def test_ratios_have_their_intervals_on_a_logarithmic_axis(figure):
    caption = ratios(summarise(sample.make()), figure)
    assert caption == "Time relative to jax, with 95 % intervals"
    (axes,) = figure.axes
    assert axes.get_xscale() == "log" and 1.0 in axes.get_xticks()
    (torch,) = axes.containers  # the reference is the line at 1, and controls have no row
    line, _, (interval,) = torch.lines
    assert line.get_xdata() == pytest.approx([3.996], rel=1e-4)
    assert interval.get_segments()[0][:, 0] == pytest.approx([3.99578, 3.99622], rel=1e-5)


def test_calm_blocks_have_a_row_where_they_part(figure):
    summary = summarise(sample.make())
    (cell,) = summary.speed
    jax, torch, *others = cell.rows
    for calm, count in ((torch.times_reference, 1), (Estimate(3.0, 2.9, 3.1), 2)):
        row = msgspec.structs.replace(torch, times_reference_calm=calm)
        parted = msgspec.structs.replace(cell, rows=[jax, row, *others])
        figure.clear()
        caption = ratios(msgspec.structs.replace(summary, speed=[parted]), figure)
        assert len(figure.axes[0].containers) == count
        assert ("hollow: of steps in calm blocks" in caption) is (count == 2)


@pytest.mark.parametrize("high", [1.0, 1.02, 1.3, 2, 7, 30, 1000, 1e5])
def test_an_axis_of_ratios_has_1_and_few_round_numbers(high):
    found = ticks(0.9, high)
    assert 1.0 in found and len(found) <= 9
    assert len(found) >= 2 or high <= 1.02


def test_what_belongs_to_a_contender_is_marked_in_the_file(tmp_path):
    figures.write(summarise(sample.make(HOSTILE)), tmp_path)
    for name in NAMES:
        text = (tmp_path / f"{name}.svg").read_text()
        assert "aebench:" not in text and "<!--" not in text
        root = ElementTree.fromstring(text)
        marked = {each.get("data-contender") for each in root.iter()} - {None}
        expected = {"digits": set(), "memory-curve": set(), "ratios": {"torch"}}
        assert marked == expected.get(name, marked | {"jax", "torch"}), name


def test_a_model_without_a_workload_has_an_empty_panel(figure):
    summary = summarise(sample.make())
    (cell,) = summary.speed
    cells = [cell, msgspec.structs.replace(cell, model="ae800", workload="predict")]
    throughput(msgspec.structs.replace(summary, speed=cells), figure)
    assert [len(axes.containers) for axes in figure.axes] == [3, 0, 0, 3]


def test_more_than_is_legible_is_left_to_the_tables(tmp_path):
    summary = summarise(sample.make())
    starts = [
        msgspec.structs.replace(summary.footprint[0], model=f"ae{width}")
        for width in range(1, 1001)
    ]
    drawn = figures.write(msgspec.structs.replace(summary, footprint=starts), tmp_path)
    captions = {figure.name: figure.caption for figure in drawn}
    assert captions["memory"].endswith(f"(the first {MOST_ROWS} of 1,000)")


def grey(colour) -> float:
    """Return the luminance of a colour, as on a grey printer (ITU-R BT.709)."""
    return float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))


def test_contenders_differ_in_marker_and_phases_in_grey():
    backends = ["jax", "torch", "tensorflow"]
    names = [*backends, *(f"native-{each}" for each in backends), "gemm"]
    markers = [style(name)[1] for name in names]
    assert len(set(markers)) == len(names)
    assert style("jax:steps=4")[1] not in markers
    steps = np.diff([grey(each) for each in GREYS])
    assert np.all(steps < -0.08)


def test_a_curve_that_cannot_be_is_drawn_as_far_as_it_goes(figure):
    made = sample.make()
    made.events = [
        msgspec.structs.replace(each, seconds=each.seconds[:1])
        if isinstance(each, record.MemoryCurve)
        else each
        for each in made.events
    ]
    assert curve(summarise(made), figure)
    assert len(figure.axes[0].lines[0].get_xdata()) == 1
    (legend,) = figure.legends
    assert [each.get_text() for each in legend.texts] == [
        "proportional, sampled",
        "resident, peak of each phase",
    ]


def test_one_cold_start_alone_has_room_for_the_names_of_its_phases(figure):
    summary = summarise(sample.make())
    names = ("python", "import", "data", "build", "step 1", "steady", "predict 1")
    alone = msgspec.structs.replace(summary.footprint[0], phase_seconds=dict.fromkeys(names, 1.0))
    assert cold_start(msgspec.structs.replace(summary, footprint=[alone]), figure)
    figure.canvas.draw()
    named = figure.axes[0].get_legend().get_window_extent()
    assert named.y0 >= 0 and named.y1 <= figure.bbox.y1


def test_the_parts_of_a_step_are_drawn_in_milliseconds_and_as_shares(figure):
    summary = summarise(sample.make())
    profile(summary, figure)
    milliseconds, shares = figure.axes
    for row, each in enumerate(row for row in summary.profile if row.steps):
        step = each.traced_step_seconds
        parts = [bars[row].get_width() for bars in milliseconds.containers]
        assert sum(parts) == pytest.approx(1000 * step)
        assert [bars[row].get_width() for bars in shares.containers] == pytest.approx(
            [part / (10 * step) for part in parts]
        )
        assert each.contender in milliseconds.get_yticklabels()[row].get_text()


def test_machines_are_drawn_with_their_mean_only_where_there_are_several(figure):
    assert machines(summarise(sample.make()), figure) == ""
    one, two, three = (
        other_runs.run(number, {"torch": factor}, processor=f"Processor {number}")
        for number, factor in enumerate((1, 1.3, 1.1))
    )
    assert "diamond" not in machines(summarise(one, two), figure)
    figure.clear()
    caption = machines(summarise(one, two, three), figure)
    assert "by machine" in caption and "diamond: the mean" in caption
    (axes,) = figure.axes
    assert [each.get_text() for each in axes.get_yticklabels()][-1] == "all, torch"


def test_many_machines_are_drawn_without_names_in_the_order_of_their_ratios(figure):
    many = [
        other_runs.run(number, {"torch": 1 + number % 7 / 10}, processor=f"Processor {number}")
        for number in range(40)
    ]
    machines(summarise(*many), figure)
    (axes,) = figure.axes
    assert [each.get_text() for each in axes.get_yticklabels()] == ["all, torch"]
    values = axes.lines[0].get_xdata()
    places = axes.lines[0].get_ydata()
    ordered = [value for _, value in sorted(zip(places, values, strict=True))]
    assert ordered == sorted(values)


def test_a_panel_of_throughput_has_a_limit(figure, monkeypatch):
    monkeypatch.setattr("aebench.reports.figures.throughput._MOST_CELLS", 1)
    one, two = (other_runs.run(number, processor=f"Processor {number}") for number in range(2))
    assert "at most 1 cells in a panel" in throughput(summarise(one, two), figure)
    assert len(figure.axes[0].get_xticklabels()) == 1
