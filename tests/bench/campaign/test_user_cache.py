from pathlib import Path

from aebench.bench.campaign import user_cache


def test_the_folder_is_the_user_s_or_the_one_that_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))

    def folder(**environment):
        return user_cache.folder(environment, "parity")

    assert folder() == tmp_path / ".cache" / "aebench" / "parity"
    assert folder(XDG_CACHE_HOME="/x") == Path("/x/aebench/parity")
    assert folder(XDG_CACHE_HOME="x") == folder()
    assert folder(AEBENCH_CACHE="y", XDG_CACHE_HOME="/x") == Path("y/parity")
    assert folder(AEBENCH_CACHE="off") is None


def test_a_file_is_whole_or_left_out(tmp_path):
    path = tmp_path / "new" / "file"
    user_cache.write(path, b"first")
    user_cache.write(path, b"second")
    assert [each.read_bytes() for each in path.parent.iterdir()] == [b"second"]
    user_cache.write(path / "inside-a-file", b"third")
    assert [each.read_bytes() for each in path.parent.iterdir()] == [b"second"]
