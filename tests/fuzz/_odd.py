"""Draw odd values that any input may hold."""

from hypothesis import strategies as st

# Control characters, marks that reverse or break a line, wide and unassigned characters.
CHARACTERS = (
    "aé×=@:,./~-_ $%'\"<>&[]{}|\\\t\n\r\x00\x07\x1b\x7f\x85\u00ad\u200d\u202e\u2028\u2029\u2066"
)
CHARACTERS += "\ufeff\ue000\uffff中😀²٣"
FIXED = [
    "",
    " ",
    ".",
    "..",
    "/",
    "~",
    "~nouser",
    "~nouser/x",
    "../outside/precious.txt",
    "/dev/null",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe",
    "one\u2028two",
    "[bold]x[/bold]",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "=1+1",
    "$x^2$",
    "$\\frac$",
    "-",
    "--",
    "None",
    "nan",
    "A" * 300,
]


def texts(surrogates: str = "") -> st.SearchStrategy[str]:
    """Draw texts: odd words, odd characters, and sometimes very long texts."""
    character = st.sampled_from(CHARACTERS + surrogates)
    return st.one_of(
        st.sampled_from(FIXED),
        st.text(character, max_size=12),
        st.builds(lambda one, times: one * times, character, st.sampled_from([255, 4097, 70_000])),
    )


def argument_texts() -> st.SearchStrategy[str]:
    """Draw texts for a command line or an environment: without NUL, and with bytes not in UTF-8."""
    return texts("\udcff\udc80").map(as_argument)


def as_argument(text: str) -> str:
    """Return a text without the characters that no argument of a program can hold."""
    kept = (letter for letter in text if letter != "\0" and not "\ud800" <= letter < "\udc80")
    return "".join(kept)[:100_000]


NUMBERS: list[object] = [0, 1, -1, 2, 7, 1000, 100_000, 100_001, 2**31, 2**50, 2**53 + 1, 2**63]
NUMBERS += [2**64, 10**400, 0.0, -0.0, 0.5, 1e-6, 1e-320, 1e8, 1e308, -1e308]
NUMBERS += [float("nan"), float("inf"), float("-inf")]
NUMBER_TEXTS = [str(number) for number in NUMBERS if number != 10**400]
NUMBER_TEXTS += ["", "-", "1_000", "٣", "²", "0x10", "1e3", "1e999", " 5", "+5", "5 ", "9" * 5000]
