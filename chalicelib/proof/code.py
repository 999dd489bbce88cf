"""The typed code: how people may write it. Pure rules."""

import re
import unicodedata

_SHAPE = re.compile(r"[BCGHKMNPQRTVXZ2-9]{8}")


def folded_code(typed: str) -> str | None:
    """What was typed as eight capitals and digits, whatever its case, accents, dashes or spaces; None if no code."""
    plain = unicodedata.normalize("NFKD", typed[:64])
    kept = "".join(each for each in plain if not unicodedata.combining(each) and each not in " -–—.\u00a0\t\r\n")
    return kept.upper() if _SHAPE.fullmatch(kept.upper()) else None
