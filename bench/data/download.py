"""Download a file within a time limit, and keep it only if it is whole and has the right hash."""

import re
import time
from pathlib import Path

import pooch
import requests
import urllib3
from rich.progress import DownloadColumn, Progress, TransferSpeedColumn

from aebench.bench.data.archive import MOST_BYTES
from aebench.reports.files import size
from aebench.reports.sanitize import reason

FETCH_SECONDS = 60.0
SILENCE_SECONDS = 5.0


class FetchError(Exception):
    """A failed download; the message is the reason."""


def fetch(
    url: str, known_hash: str, target: Path, seconds: float = FETCH_SECONDS, show: bool = True
) -> Path:
    """Download a file; if the download fails, no part of the file is left.

    Parameters
    ----------
    url : str
        The file's address.
    known_hash : str
        The file's hash in pooch's form: SHA-256, or ``md5:`` followed by the MD5.
    target : Path
        The path to save the file at.
    seconds : float
        The time limit for the whole download.
    show : bool
        Whether to show a progress bar (on stderr).

    Returns
    -------
    Path
        ``target``.

    Raises
    ------
    FetchError
        If the download fails, takes too long, or gives a file with another hash.
    """
    deadline = time.monotonic() + seconds

    def download(url: str, output_file: str, _: object) -> None:
        columns = (*Progress.get_default_columns(), DownloadColumn(), TransferSpeedColumn())
        with (
            requests.get(url, stream=True, timeout=min(SILENCE_SECONDS, seconds)) as response,
            Progress(*columns, transient=True, disable=not show) as progress,
            Path(output_file).open("wb") as file,
        ):
            response.raise_for_status()
            length = response.headers.get("content-length", "")
            expected_bytes = int(length) if re.fullmatch("[0-9]{1,18}", length) else None
            bar = progress.add_task(target.name, total=expected_bytes)
            left_bytes = MOST_BYTES
            # read1 returns what has arrived: a slow server can't delay the check of the deadline.
            while piece := response.raw.read1(65536):
                left_bytes -= len(piece)
                if left_bytes < 0:
                    raise FetchError(f"it is larger than {size(MOST_BYTES)}")
                file.write(piece)
                progress.advance(bar, len(piece))
                if time.monotonic() > deadline:
                    raise FetchError(f"it took longer than {seconds:g} s")

    pooch.get_logger().setLevel("WARNING")  # the progress bar shows what pooch would log
    try:
        # pooch writes to a temporary file, and moves it to the target if the hash is right.
        pooch.retrieve(url, known_hash, target.name, target.parent, downloader=download)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise FetchError(_in_short(error)) from error
    except OSError as error:
        raise FetchError(reason(error)) from error
    except ValueError as error:
        raise FetchError("the downloaded file has the wrong hash") from error
    except Exception as error:
        if isinstance(error, FetchError):
            raise
        raise FetchError(type(error).__name__) from error
    return target


def _in_short(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    # The body is read from urllib3 directly, and requests doesn't wrap urllib3's errors then.
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return "the server was silent"
    if isinstance(error, urllib3.exceptions.HTTPError):
        return "the connection broke"
    return "no connection"
