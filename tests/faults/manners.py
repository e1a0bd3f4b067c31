"""Ways in which a mail server can behave, as data: what it answers, and what must become of the messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.channels.sink import CUT, HALF, HANG

WAITS, UNSURE, FAILS, SENDS = "waits", "unsure", "fails", "sends"
"""All leave once it behaves; some are uncertain, and the others leave; each tried is refused for good; all leave."""

JUNK = "\xff\xfe\x80 \xc3\x28"
NINE = 9.0


@dataclass(frozen=True, slots=True)
class Manner:
    outcome: str
    answers: Mapping[str, str] = field(default_factory=dict)
    slowly: Mapping[str, float] = field(default_factory=dict)
    """Seconds before the answer to a step."""


MANNERS: dict[str, Manner] = {
    "slow": Manner(WAITS, slowly=dict.fromkeys(("BANNER", "EHLO", "MAIL", "RCPT", "DATA", "END"), NINE)),
    "slow at the end": Manner(SENDS, slowly={"END": NINE}),
    "hangs at the banner": Manner(WAITS, {"BANNER": HANG}),
    "hangs at RCPT": Manner(WAITS, {"RCPT": HANG}),
    "hangs after the dot": Manner(UNSURE, {"END": HANG}),
    "451 at RCPT": Manner(WAITS, {"RCPT": "451 later"}),
    "451 after the dot": Manner(WAITS, {"END": "451 later"}),
    "421 at MAIL": Manner(WAITS, {"MAIL": "421 closing down"}),
    "550 at RCPT": Manner(FAILS, {"RCPT": "550 no such person"}),
    "550 after the dot": Manner(FAILS, {"END": "550 not wanted"}),
    "cut before the dot": Manner(UNSURE, {"CONTENT": CUT}),
    "cut after the dot": Manner(UNSURE, {"END": CUT}),
    "half a banner": Manner(WAITS, {"BANNER": f"{HALF}220 si"}),
    "half an answer to the dot": Manner(UNSURE, {"END": f"{HALF}25"}),
    "8-bit banner": Manner(SENDS, {"BANNER": f"220 {JUNK}", "EHLO": f"250 {JUNK}", "RCPT": f"250 {JUNK}"}),
    "8-bit junk at RCPT": Manner(WAITS, {"RCPT": JUNK}),
    "8-bit junk after the dot": Manner(UNSURE, {"END": JUNK}),
}
