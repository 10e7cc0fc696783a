import socket
import threading
import time

import pytest

from aebench.bench.protocol.channel import Channel, ChannelClosedError


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield Channel(ours), theirs
    theirs.close()
    ours.close()


def test_messages_arrive_whole_and_in_order(pair):
    channel, raw = pair
    other = Channel(raw)
    big = {"text": "é" * 200_000}
    sender = threading.Thread(target=lambda: [other.send(big), other.send({"last": 1.5})])
    sender.start()
    assert channel.receive(5) == big
    assert channel.receive(5) == {"last": 1.5}
    sender.join()


def test_silence_closing_and_nonsense_are_told_apart(pair):
    channel, raw = pair
    with pytest.raises(TimeoutError):
        channel.receive(0.05)
    raw.sendall(b"not json\n[1]\n")
    for _ in range(2):
        with pytest.raises(ValueError):
            channel.receive(1)
    raw.close()
    with pytest.raises(ChannelClosedError):
        channel.receive(1)
    with pytest.raises(ChannelClosedError):
        channel.send({})


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"text": "\xff"}',
        b'{"text": "\\ud800"}',
        b'{"seconds": NaN}',
        b'{"seconds": 1e999}',
        b'{"steps": ' + b"9" * 5000 + b"}",
        '{"text": ""}'.encode("utf-16"),
        b"\x00",
        b"",
    ],
)
def test_what_no_record_could_hold_is_nonsense(pair, line):
    channel, raw = pair
    sender = threading.Thread(target=raw.sendall, args=(line + b'\n{"next": 1}\n',))
    sender.start()
    with pytest.raises(ValueError):
        channel.receive(5)
    assert channel.receive(5) == {"next": 1}
    sender.join()


def test_a_message_without_an_end_is_nonsense(pair):
    channel, raw = pair
    sender = threading.Thread(target=_send_for_ever, args=(raw,))
    sender.start()
    with pytest.raises(ValueError, match="without an end"):
        channel.receive(5)
    channel.close()
    sender.join()


def _send_for_ever(raw):
    try:
        while True:
            raw.sendall(b"a" * 2**16)
    except OSError:
        pass


def test_many_small_messages_take_no_longer_than_they_are(pair):
    """Read 300,000 lines (4 MB) that arrive together without scanning the rest for every line."""
    channel, _ = pair
    channel._pending += b'{"step": 1}\n' * 300_000
    began = time.monotonic()
    for _ in range(300_000):
        channel.receive(5)
    assert time.monotonic() - began < 60


def test_halves_of_characters_are_sent_as_question_marks(pair):
    channel, raw = pair
    Channel(raw).send({"error": "no file \udcff"})
    assert channel.receive(5) == {"error": "no file ?"}


def test_not_a_number_is_never_sent(pair):
    with pytest.raises(ValueError):
        pair[0].send({"loss": float("nan")})
