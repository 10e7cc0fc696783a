"""What figures of a record may be: what can't have been measured is refused where it is read.

A record may come from anywhere, so that nothing that computes with it has to look.
"""

from typing import Annotated

from msgspec import Meta

MOST = 100_000
Count = Annotated[int, Meta(ge=0, le=2**50)]
# Of what is listed or counted through.
Size = Annotated[int, Meta(ge=1, le=MOST)]
Positive = Annotated[int, Meta(ge=1, le=2**50)]
Seconds = Annotated[float, Meta(ge=0, le=1e8)]
PositiveSeconds = Annotated[float, Meta(ge=1e-6, le=1e8)]
Share = Annotated[float, Meta(ge=0, le=1)]
Figure = Annotated[float, Meta(ge=-1e8, le=1e8)]
Workload = Annotated[str, Meta(pattern=r"^(train|predict)\Z")]
