"""Hash passwords by argon2id, with the parameters of OWASP (m = 19 MiB, t = 2, p = 1)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Checked where there is no account, so that the answer takes as long as for a wrong password. Made
# beforehand with the same parameters: at import it would cost every process a tenth of a second.
_DUMMY = (
    "$argon2id$v=19$m=19456,t=2,p=1$HUXnbI72XJkNP60Qh6Alpw"
    "$EchElHbdZsfZ/h0nJ0Y0B0MiYI0+nJyjG8IAOEcKnH4"
)


def hash_password(password: str) -> str:
    """Encoded hash with its salt and parameters."""
    return _HASHER.hash(password)


def is_password(password: str, encoded: str | None) -> bool:
    """Whether the password belongs to the hash; None takes equally long and is never right."""
    try:
        is_right = _HASHER.verify(encoded or _DUMMY, password)
    except (VerificationError, InvalidHashError):
        return False
    return is_right and bool(encoded)
