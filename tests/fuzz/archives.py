"""Draw odd and damaged ``.npz`` archives, and give them to ``--data``."""

import functools
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from fuzz import _odd
from fuzz._calling import Call
from fuzz._promise import Step
from fuzz._scene import Scene

_BOMB_BYTES = 2**31 + 2**20
_CHUNK = bytes(2**20)


@dataclass(frozen=True)
class Member:
    """Hold a file of an archive: what its header declares, and the bytes that follow the header."""

    name: str
    dtype: str
    shape: str
    order: str
    version: bytes
    fill: int
    size: int
    magic: bytes
    deflated: bool

    def header(self) -> bytes:
        """Return the header of an ``.npy`` file."""
        text = (
            f"{{'descr': {self.dtype}, 'fortran_order': {self.order}, 'shape': {self.shape}, }}\n"
        )
        raw = text.encode("utf-8", "replace")
        length = struct.pack("<I" if self.version[:1] in (b"\2", b"\3") else "<H", len(raw) % 2**16)
        return self.magic + self.version + length + raw


@dataclass(frozen=True)
class Damage:
    """Damage the bytes of an archive."""

    what: str
    at: int
    value: int

    def __call__(self, content: bytes) -> bytes:
        """Return the damaged bytes."""
        at = self.at % (len(content) or 1)
        if self.what == "cut":
            return content[:at]
        if self.what == "front":
            return b"MZ junk" * (self.value % 50) + content
        if self.what == "byte":
            return content[:at] + bytes([self.value % 256]) + content[at + 1 :]
        return _patched(content, self.what, self.value)


# The fields of a ZIP header: offset in the local header, offset in the directory, struct format.
_FIELDS = {
    "flags": (6, 8, "<H"),
    "method": (8, 10, "<H"),
    "checksum": (14, 16, "<I"),
    "packed size": (18, 20, "<I"),
    "size": (22, 24, "<I"),
    "name length": (26, 28, "<H"),
}


def _patched(content: bytes, field: str, value: int) -> bytes:
    local, central, how = _FIELDS[field]
    packed = struct.pack(how, value % 2 ** (8 * struct.calcsize(how)))
    changed = bytearray(content)
    for magic, offset in ((b"PK\3\4", local), (b"PK\1\2", central)):
        found = content.find(magic)
        while found >= 0:
            changed[found + offset : found + offset + len(packed)] = packed
            found = content.find(magic, found + 4)
    return bytes(changed[: len(content)])


@functools.cache
def _bomb(size: int) -> tuple[bytes, int]:
    """Return ``size`` deflated zeros, and how many zeros they unpack to."""
    press = zlib.compressobj(1, zlib.DEFLATED, -15)
    made = [press.compress(_CHUNK) for _ in range(size // len(_CHUNK))]
    return b"".join([*made, press.flush()]), size


def _bomb_archive(names: tuple[str, ...], header: bytes) -> bytes:
    """Return an archive whose files unpack to gigabytes; only its checksums are wrong."""
    packed, size = _bomb(_BOMB_BYTES)
    press = zlib.compressobj(1, zlib.DEFLATED, -15)
    packed = press.compress(header) + press.flush(zlib.Z_FULL_FLUSH) + packed
    size += len(header)
    parts, directory, offset = [], [], 0
    for name in names:
        raw = f"{name}.npy".encode()
        about = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(packed), size, len(raw), 0)
        local = b"PK\3\4" + about + raw + packed
        directory.append(
            b"PK\1\2"
            + struct.pack("<H", 20)
            + about
            + struct.pack("<HHHII", 0, 0, 0, 0, offset)
            + raw
        )
        parts.append(local)
        offset += len(local)
    central = b"".join(directory)
    end = struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(central), offset, 0)
    return b"".join([*parts, central, b"PK\5\6", end])


@dataclass(frozen=True)
class ArchiveCase:
    """Hold an archive and the command that reads it."""

    members: tuple[Member, ...]
    damages: tuple[Damage, ...]
    place: str
    name: str
    command: str
    more: tuple[str, ...]

    def lay(self, scene: Scene) -> list[Step]:
        """Write the archive, and return the command to run."""
        path = scene.work / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.place in _NOT_ARCHIVES:
            _NOT_ARCHIVES[self.place](path)
        elif self.place == "bomb":
            samples = _BOMB_BYTES // 784
            shape = f"({samples}, 28, 28)"
            header = Member("", "'|u1'", shape, "False", b"\1\0", 0, 0, b"\x93NUMPY", True).header()
            path.write_bytes(_bomb_archive(("x_train", "x_test"), header))
        else:
            path.write_bytes(self.content())
        arguments = (self.command, "--dry-run", "--data", str(path), "--backend", "jax", *self.more)
        call = Call(arguments, scene.environment(), str(scene.work), str(scene.room))
        return [Step(call)]

    def content(self) -> bytes:
        """Return the bytes of the archive."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for member in self.members:
                how = zipfile.ZIP_DEFLATED if member.deflated else zipfile.ZIP_STORED
                body = member.header() + bytes([member.fill]) * member.size
                # Duplicate names are intended.
                info = zipfile.ZipInfo(member.name[:20_000] or "x")
                archive.writestr(info, body, compress_type=how)
        content = file.getvalue()
        for damage in self.damages:
            content = damage(content)
        return content


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**42)


_NOT_ARCHIVES: dict[str, Callable[[Path], object]] = {
    "fifo": os.mkfifo,
    "folder": Path.mkdir,
    "loop": lambda path: path.symlink_to(path.name),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "sparse": _sparse,
    "missing": lambda path: None,
    "empty": Path.touch,
    "text": lambda path: path.write_text("no archive\n"),
    "npy": lambda path: path.write_bytes(b"\x93NUMPY\1\0v\0{'descr': '|u1', 'shape': (1,)}"),
    "pickle": lambda path: path.write_bytes(b"cos\nsystem\n(S'touch ran'\ntR."),
}
_DTYPES = ["'|u1'", "'<f4'", "'<f8'", "'<f2'", "'|O'", "'<U9'", "'|b1'", "'<i8'", "'|V0'", "'<c16'"]
_DTYPES += [
    "[('a', '|u1')]",
    "'<M8[s]'",
    "'|u1' * 9",
    "'x'",
    "[('a', '|O')]",
    "'<f16'",
    "('|u1', 3)",
]
_SHAPES = ["(40, 28, 28)", "(40, 784)", "(0, 28, 28)", "(40, 28, 28, 1)", "()", "(-1, 28, 28)"]
_SHAPES += ["(10**30, 28, 28)", "(10**9, 28, 28)", "(2**40, 28, 28)", "(4.0, 28, 28)", "None"]
_SHAPES += ["(40, 28, 28" + ", 1" * 70 + ")", "(" * 3000 + ")" * 3000, "(True, 28, 28)"]
_SHAPES += ["(2**31, 28, 0)", "(3000000, 28, 28)", "(1000000000000000000000, 28, 28)"]
MEMBERS = st.builds(
    Member,
    st.sampled_from(["x_train.npy", "x_test.npy", "y_test.npy", "x_train", "x_test", "../x.npy"])
    | _odd.texts(),
    st.sampled_from(_DTYPES[:1] * 8 + _DTYPES),
    st.sampled_from(_SHAPES[:1] * 8 + _SHAPES),
    st.sampled_from(["False", "False", "True", "None", "2"]),
    st.sampled_from([b"\1\0"] * 6 + [b"\2\0", b"\3\0", b"\4\0", b"\0\0", b"\xff\xff"]),
    st.sampled_from([0, 0, 1, 127, 255]),
    st.sampled_from([31360] * 6 + [0, 1, 31359, 31361, 125_440, 250_880, 2**21]),
    st.sampled_from([b"\x93NUMPY"] * 8 + [b"", b"\x93NUMP", b"PK\3\4"]),
    st.booleans(),
)
# The samples of a good archive: enough for the largest batch size of all presets.
_GOOD_SAMPLES = 512
_GOOD_SHAPE, _GOOD_BYTES = f"({_GOOD_SAMPLES}, 28, 28)", _GOOD_SAMPLES * 784
_GOOD = Member(
    "x_train.npy",
    "'|u1'",
    _GOOD_SHAPE,
    "False",
    b"\1\0",
    0,
    _GOOD_BYTES,
    b"\x93NUMPY",
    True,
)
_GOOD_TEST = Member("x_test.npy", *list(vars(_GOOD).values())[1:])


@st.composite
def _members(draw: st.DrawFn) -> tuple[Member, ...]:
    """Draw good members, odd members, or both, in any order."""
    good = [_GOOD, _GOOD_TEST]
    odd = draw(st.lists(MEMBERS, max_size=3))
    kept = draw(st.sampled_from([good, good, good[:1], good[1:], []]))
    return tuple(draw(st.permutations([*kept, *odd])))


DAMAGES = st.builds(
    Damage,
    st.sampled_from(["cut", "front", "byte", "byte", *_FIELDS]),
    st.integers(0, 40_000),
    st.sampled_from([0, 1, 8, 9, 12, 14, 95, 255, 2**15, 2**16 - 1, 2**31, 2**32 - 1]),
)
PLACES = ["archive"] * 30 + ["bomb", *_NOT_ARCHIVES]
CASES = st.builds(
    ArchiveCase,
    _members(),
    st.lists(DAMAGES, max_size=2).map(tuple) | st.just(()),
    st.sampled_from(PLACES),
    st.sampled_from(["x.npz"] * 5 + ["\u202ex.npz", "a\nb.npz", "\x1b[31m.npz", "\udcff.npz"]),
    st.sampled_from(["run", "run", "parity", "memory"]),
    st.sampled_from([(), ("--train-samples", "32")]).filter(bool) | st.just(()),
)
