import socket
import threading

import pytest

from bench.channel import Channel, ChannelClosedError


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


def test_not_a_number_is_never_sent(pair):
    with pytest.raises(ValueError):
        pair[0].send({"loss": float("nan")})
