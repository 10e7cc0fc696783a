"""Test contenders with settings: how they are parsed, named, and refused."""

import shutil

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aebench import backends
from aebench.backends import inputs
from aebench.bench.errors import BadInputError
from aebench.bench.plan.contenders import baselines, find
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.plan.settings import PRECISIONS, check, parse_settings, split_contenders
from aebench.bench.protocol.settings import ContenderSettings
from aebench.reports.record import ContenderInfo
from helpers.images import COUNTS

WORDS = ["jax", "torch:jit", "jax@/bin/sh", "steps=2", "jax:steps=", "@", ":", ",", "\udcff", "²"]


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """Replace the check for installed backends, since nothing is run here."""
    monkeypatch.setattr(backends, "installed_version", lambda name: "1.0")


@given(
    st.builds(
        ContenderSettings,
        st.sampled_from([None, True, False]),
        st.integers(1, 1000),
        st.sampled_from(["", *PRECISIONS]),
        cache=st.booleans(),
        input=st.sampled_from(["", *inputs.NAMES]),
        switch=st.sampled_from(["", *backends.load("jax").SWITCHES]),
    )
)
def test_settings_are_read_as_they_are_written(settings):
    assert parse_settings("jax", str(settings)) == settings
    assert ContenderSettings.from_dict(settings.to_dict()) == settings
    # A record stores settings in the form of to_dict.
    info = ContenderInfo("x", "jax", "1", settings=settings.to_dict())
    assert msgspec.json.decode(msgspec.json.encode(info), type=ContenderInfo) == info


def test_contenders_are_named_by_what_was_asked():
    found = find(["jax", "jax:nojit", "tensorflow:steps=32,jit", "native-jax", "gemm"])
    assert [(each.name, each.backend, each.settings) for each in found] == [
        ("jax", "jax", {}),
        ("jax:nojit", "jax", {"jit": "off"}),
        ("tensorflow:jit,steps=32", "tensorflow", {"jit": "on", "steps": "32"}),
        ("native-jax", "native-jax", {}),
        ("gemm", "gemm", {}),
    ]
    assert not any(each.baseline for each in found)


def test_a_contender_asked_for_twice_is_measured_once():
    assert [each.name for each in find(["jax", "jax:steps=1", "jax"])] == ["jax"]


@pytest.mark.parametrize(
    ("text", "contenders"),
    [
        ("jax,torch", ["jax", "torch"]),
        ("tensorflow:jit,steps=32,jax", ["tensorflow:jit,steps=32", "jax"]),
        ("jax:steps=2,precision=float32@/p,torch", ["jax:steps=2,precision=float32@/p", "torch"]),
        ("jax:jit@/p,nojit", ["jax:jit@/p", "nojit"]),
        ("jax,steps=2", ["jax", "steps=2"]),
        (",jax,", ["jax"]),
        ("", []),
    ],
)
def test_contenders_are_split_at_the_commas_between_them(text, contenders):
    assert split_contenders(text) == contenders


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("jax:fast", "'fast' is not a setting of jax: use jit, nojit, steps=N, precision=NAME"),
        ("jax:steps=0", "'jax:steps=0' can't be: steps must be a whole number from 1"),
        ("jax:steps=many", "steps must be a whole number from 1 to 10,000"),
        ("jax:jit,nojit", "'jax:jit,nojit' says both jit and nojit"),
        ("jax:precision=double", "precision=double' is not a precision: use float32"),
        (
            "torch:steps=32",
            "torch:steps=32 isn't supported: Keras runs one step per call on PyTorch",
        ),
        ("tensorflow:cache", "tensorflow keeps no compiled code on the disk: leave cache out"),
        ("torch:cache", "PyTorch compiles nothing without jit: use torch:jit,cache"),
        ("jax:cache=on", "'cache=on' is not a setting of jax"),
        ("jax:input=hdf5", "'jax:input=hdf5' is not an input path: use tf-data, pydataset, datal"),
        ("jax:switch=turbo", "is not a switch of jax: use single-thread-eigen, wide-vectors."),
        ("numpy:switch=mkl-avx2", "is not a switch of numpy: it has none."),
        ("torch:switch=cpp-wrapper", "is for torch.compile: use torch:jit,switch=cpp-wrapper."),
        ("torch:jit,switch=cuda-graphs", "CUDA graphs need a GPU of NVIDIA"),
        ("native-jax:jit", "native-jax:jit isn't supported: a baseline takes no setting but"),
        ("gemm:precision=mixed_float16", "a baseline takes no setting but precision=float32"),
        (
            "native-theano",
            "'native-theano' is not a backend: use jax, numpy, openvino, tensorflow, torch, ",
        ),
        ("jax:jit@", "names no interpreter"),
        ("gemm", "gemm trains nothing: give a contender beside it"),
        ("jax:steps=99999999999999999999", "steps must be a whole number from 1 to 10,000"),
        ("jax:steps=" + "9" * 4000, "steps must be a whole number from 1 to 10,000"),
        ("jax:steps=²", "steps must be a whole number from 1 to 10,000"),
        ("jax:steps=٣", "steps must be a whole number from 1 to 10,000"),
        ("jax:steps=10001", "steps must be a whole number from 1 to 10,000"),
        ("jax:\x1b[31m\u202e", r"'\x1b[31m\u202e' is not a setting of jax"),
        ("\u2028", r"'\u2028' is not a backend"),
        ("j" * 10**6, "is too long for a contender: it may have 4,096 characters"),
        ("jax@~nouser/python", "there is no interpreter '~nouser/python' for jax"),
        ("jax@" + "a" * 300, "there is no interpreter 'aaa"),
        ("jax@nu\0ll", r"there is no interpreter 'nu\x00ll'"),
        ("jax@\udcff", r"'\udcff' is no name in UTF-8"),
        ("jax@/", "there is no interpreter '/' for jax"),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_reason(asked, reason):
    with pytest.raises(BadInputError) as error:
        find([asked])
    assert reason in str(error.value)
    assert len(str(error.value)) < 300
    assert str(error.value).isprintable()


@given(st.lists(st.text() | st.sampled_from(WORDS), min_size=1, max_size=4))
@hypothesis_settings(max_examples=300, deadline=None)
def test_whatever_is_asked_for_it_is_had_or_refused_in_a_sentence(words):
    try:
        find(words, run=False)
    except BadInputError as error:
        assert str(error).isprintable() and len(str(error)) < 300


def test_words_without_an_end_are_refused_soon():
    with pytest.raises(BadInputError, match="too long for a contender"):
        find(split_contenders("jax:jit" + ",steps=1" * 20_000))


def test_links_that_lead_nowhere_are_no_interpreters(tmp_path, monkeypatch):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(BadInputError, match="there is no interpreter"):
        find([f"jax@{tmp_path}/loop"])
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(BadInputError, match="there is no interpreter"):
        find(["jax@bin/python"])


@given(st.dictionaries(st.sampled_from(["jit", "steps", "precision", "x"]), st.text(max_size=9)))
@hypothesis_settings(deadline=None)
def test_settings_of_a_record_are_what_is_written_or_refused(told):
    try:
        check("jax", told)
    except BadInputError:
        return
    assert ContenderSettings.from_dict(told).to_dict() == told


def test_a_setting_without_a_contender_is_refused():
    with pytest.raises(BadInputError, match="'steps=32' is not a backend"):
        find(["jax", "steps=32"])


def test_torch_compile_wants_a_compiler(monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(
        BadInputError, match=r"torch:jit isn't supported: torch\.compile needs a C\+\+"
    ):
        find(["torch:jit"])
    monkeypatch.setenv("CXX", "clang++-19")
    assert find(["torch:jit"])[0].settings == {"jit": "on"}


def test_baselines_are_the_contenders_frameworks_and_gemm():
    found = find(["jax", "jax:nojit", "torch"])
    added = baselines(found)
    assert [each.name for each in added] == ["native-jax", "native-torch", "gemm"]
    assert all(each.baseline for each in added)
    # A baseline that the user asked for isn't added a second time.
    assert [each.name for each in baselines(find(["jax", "native-jax"]))] == ["gemm"]


def test_baselines_compute_in_float32_where_all_contenders_are_asked_to():
    found = find(["jax:precision=float32", "torch:precision=float32"])
    added = baselines(found)
    names = ["native-jax:precision=float32", "native-torch:precision=float32", "gemm"]
    assert [each.name for each in added] == names
    assert added[0].settings == {"precision": "float32"}
    # They are what the words of the command line would give.
    assert find(["jax", names[0]])[1].settings == added[0].settings
    assert baselines(find(["jax:precision=float32", "torch"]))[0].name == "native-jax"


def test_baselines_have_neither_footprint_nor_quality():
    plan = plan_from_request(
        Request(backends=["jax", "torch"], models=["ae400"], baselines=True), COUNTS
    )
    names = [each.name for each in plan.in_blocks]
    controls = ["jax A/A", "torch A/A"]
    assert names == ["jax", "torch", "native-jax", "native-torch", "gemm", *controls]
    whose = {
        name: [task.contender for task in plan.tasks() if task.pass_name == name]
        for name in ("parity", "footprint", "quality")
    }
    assert whose["parity"] == ["jax", "torch", "native-jax", "native-torch"]
    assert whose["footprint"] == whose["quality"] == ["jax", "torch"]


@pytest.mark.parametrize(
    ("preset", "asked", "there"),
    [("quick", None, False), ("publish", None, True), ("publish", False, False)],
)
def test_publish_has_baselines_unless_told_otherwise(preset, asked, there):
    plan = plan_from_request(Request(preset=preset, backends=["jax"], baselines=asked), COUNTS)
    assert any(each.baseline for each in plan.contenders) == there


def test_speed_never_comes_without_parity():
    plan = plan_from_request(Request(backends=["jax"], passes=["speed"]), COUNTS)
    assert plan.info.passes == ["parity", "speed"]
    assert plan_from_request(Request(backends=["jax"], passes=["quality"]), COUNTS).info.passes == [
        "quality"
    ]


@pytest.mark.parametrize(
    ("asked", "reference"),
    [
        (["torch", "jax:nojit"], "jax:nojit"),
        (["native-jax", "torch"], "torch"),
        (["native-torch", "native-jax"], "native-jax"),
    ],
)
def test_the_reference_is_one_of_keras_if_there_is_one(asked, reference):
    assert plan_from_request(Request(backends=asked), COUNTS).info.reference == reference


def test_gemm_is_no_reference():
    with pytest.raises(BadInputError, match="--reference 'gemm' is not among"):
        plan_from_request(Request(backends=["jax", "gemm"], reference="gemm"), COUNTS)
