"""Test compressed records: read like plain ones, within the same limits, never appended to."""

import io

import pytest
import zstandard

from aebench.reports import compressed, publish, reading
from aebench.reports.compressed import compress, open_record
from aebench.reports.journal import Journal, RecordError, load, load_all
from helpers.written import written


def packed(path):
    """Compress a record to a file beside it, and return that file's path."""
    target = path.with_name(f"{path.name}.zst")
    compress(io.BytesIO(path.read_bytes()), target)
    return target


def test_a_compressed_record_is_read_like_the_plain_one(tmp_path):
    plain = written(tmp_path / "run")
    copy = packed(plain)
    with open_record(copy, 2**30) as file:
        assert file.read() == plain.read_bytes()
    assert load(copy) == load(plain)
    assert load(copy).read_bytes == plain.stat().st_size
    assert len(load_all([plain, copy])) == 1
    plain.unlink()
    assert load(tmp_path / "run").damage == ""


@pytest.mark.parametrize("left", [0.3, 0.6, 0.9])
def test_a_compressed_record_that_was_cut_off_is_read_up_to_there(tmp_path, left):
    copy = packed(written(tmp_path / "run"))
    content = copy.read_bytes()
    # A part of a single block can't be unpacked: blocks end where the writer flushes.
    with open_record(copy, 2**30) as file:
        lines = file.readlines()
    packer = zstandard.ZstdCompressor().compressobj()
    content = b"".join(
        packer.compress(line) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for line in lines
    )
    copy.write_bytes(content[: int(left * len(content))])
    record = load(copy)
    assert record.damage.endswith("its compressed bytes are cut off")
    assert 0 < len(record.events) < len(lines)


def test_a_compressed_record_with_damaged_bytes_says_so(tmp_path):
    copy = packed(written(tmp_path / "run"))
    content = bytearray(copy.read_bytes())
    content[-1] ^= 0xFF  # a bit of the checksum
    copy.write_bytes(content)
    assert load(copy).damage.endswith("its compressed bytes are damaged")


def test_more_unpacked_bytes_than_are_read_are_refused(tmp_path, monkeypatch):
    plain = written(tmp_path / "run")
    content = plain.read_bytes() + b"\0" * 2**23
    bomb = tmp_path / "bomb.jsonl.zst"
    compress(io.BytesIO(content), bomb)
    assert bomb.stat().st_size < 2**17
    monkeypatch.setattr(reading, "MOST_RECORD_BYTES", 2**20)
    with pytest.raises(RecordError, match="unpacked it is larger than 1 MiB"):
        load(bomb)


def test_a_compressed_record_is_not_resumed(tmp_path):
    copy = packed(written(tmp_path / "run"))
    with pytest.raises(RecordError, match="unpack it first, with zstd -d") as caught:
        Journal.resume(copy)
    assert str(caught.value).count(".\n") == 0


def test_a_report_keeps_the_bytes_of_a_record_and_is_made_again_from_them(tmp_path):
    plain = written(tmp_path / "run")
    out = tmp_path / "report"
    publish.write([plain], out)
    (copy,) = (out / "records").iterdir()
    with open_record(copy, 2**30) as file:
        assert file.read() == plain.read_bytes()
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert publish.write([copy], out).left_out == []
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_a_compressed_file_is_told_by_its_bytes(tmp_path):
    path = packed(written(tmp_path / "run"))
    renamed = path.rename(tmp_path / "record.jsonl")
    with renamed.open("rb") as file:
        assert compressed.is_compressed(file)
    assert load(renamed).damage == ""
