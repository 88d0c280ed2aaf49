"""What seals stored tokens: keys from the environment, else a key file of our own.

The tokens in the database are worth nothing without a key, and the key nothing without them.
"""

import base64
import hashlib
import os
import uuid
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from runtime.telemetry.redact import LEARNED
from runtime.usual_names import SECRET_KEYS
from schemas.errors import ConfigError, Denied

KEY_FILE = "ticketsync.key"
SHORTEST = 32
_LOST = (
    "what is stored cannot be opened: its key is not in {where}; put the key back, "
    "or run `ticketsync auth TRACKER` again"
)


class Sealing:
    """Seals and unseals with a ring of keys, newest first.

    `keys` are those of the environment; without any, the file is read, and made at first need. It
    is read anew for each use, since another process may have rotated it.
    """

    def __init__(self, keys: str, file: Path) -> None:
        self._keys = keys
        self._file = file

    def __repr__(self) -> str:
        return "Sealing(…)"

    @property
    def in_environment(self) -> bool:
        """Whether the keys are the environment's, which only a person can change."""
        return bool(self._keys.strip())

    @property
    def file(self) -> Path:
        """Where the key file is, or would be."""
        return self._file

    @property
    def _where(self) -> str:
        if self.in_environment:
            return SECRET_KEYS
        return f"{self._file} (where several hosts run, set {SECRET_KEYS})"

    def seal(self, plain: bytes) -> bytes:
        """Encrypts with the newest key."""
        return self._ring(make=True).encrypt(plain)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypts with any key; Denied when none of them fits."""
        try:
            return self._ring(make=False).decrypt(sealed)
        except InvalidToken:
            raise Denied(_LOST.format(where=self._where)) from None

    def rotate(self) -> None:
        """Puts a new key in front of the file's; the one before stays, for who just used it."""
        before = self._lines()
        fresh = [Fernet.generate_key().decode(), *before]
        beside = self._file.with_name(f".{self._file.name}.{uuid.uuid4().hex}")
        _written(beside, "".join(f"{key}\n" for key in fresh))
        beside.replace(self._file)

    def forget(self) -> None:
        """Drops all keys of the file but the newest two, once everything is sealed anew."""
        kept = self._lines()[:2]
        beside = self._file.with_name(f".{self._file.name}.{uuid.uuid4().hex}")
        _written(beside, "".join(f"{key}\n" for key in kept))
        beside.replace(self._file)

    def values(self) -> frozenset[str]:
        """The keys themselves, to be struck out of whatever leaves the process."""
        return frozenset(self._keys.replace(",", " ").split() or self._lines())

    def _ring(self, *, make: bool) -> MultiFernet:
        if self.in_environment:
            return ring(self._keys.split(","), SECRET_KEYS)
        if make and not self._file.exists():
            self._make()
        lines = self._lines()
        if not lines:
            raise Denied(_LOST.format(where=self._where))
        LEARNED.add(*lines)
        return ring(lines, str(self._file))

    def _lines(self) -> list[str]:
        try:
            return self._file.read_text(encoding="ascii").split()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{self._file}: cannot be read as a key file") from None

    def _make(self) -> None:
        """Whole or not at all, and never over one that somebody else has just made."""
        beside = self._file.with_name(f".{self._file.name}.{uuid.uuid4().hex}")
        _written(beside, f"{Fernet.generate_key().decode()}\n")
        try:
            os.link(beside, self._file)
        except FileExistsError:
            return
        except OSError as error:
            raise ConfigError(f"{self._file}: cannot be written: {error.strerror}") from None
        finally:
            beside.unlink()


def ring(keys: list[str], where: str) -> MultiFernet:
    """The keys as one cipher. Raises ConfigError, which names the place and no key."""
    try:
        return MultiFernet([_cipher(key.strip()) for key in keys if key.strip()])
    except ValueError:
        raise ConfigError(
            f"{where} must hold keys of at least {SHORTEST} letters and digits, like those of "
            "`openssl rand -hex 32`"
        ) from None


def _cipher(key: str) -> Fernet:
    """A Fernet key as it is; any other long text by its hash, as platforms make secrets."""
    try:
        return Fernet(key)
    except ValueError:
        if len(key) < SHORTEST or not key.isascii():
            raise
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode("ascii")).digest()))


def _written(file: Path, text: str) -> None:
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise ConfigError(
            f"{file.parent}: no key file can be written: {error.strerror}; set {SECRET_KEYS}"
        ) from None
