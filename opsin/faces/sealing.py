"""Encryption of a gallery with a passphrase: scrypt (RFC 7914) and AES-256-GCM."""

import os
from dataclasses import dataclass
from typing import Any

from opsin.core import ModelFileError, OpsinError

_N, _R, _P = 2**15, 8, 1
"""Cost of scrypt: 32 MiB and about a tenth of a second."""
_SALT, _NONCE = 16, 12


@dataclass(frozen=True)
class Sealed:
    """Encrypted bytes.

    Attributes:
        salt: Salt of the key.
        nonce: Nonce of the cipher, new for each encryption.
        content: Encrypted bytes with their tag.
    """

    salt: bytes
    nonce: bytes
    content: bytes

    def to_json(self) -> dict[str, str]:
        """Returns salt and nonce in hexadecimal."""
        return {"cipher": "scrypt+aes-256-gcm", "salt": self.salt.hex(), "nonce": self.nonce.hex()}


def seal(content: bytes, passphrase: str) -> Sealed:
    """Encrypts bytes.

    Args:
        content: Bytes.
        passphrase: Passphrase, not empty.

    Raises:
        OpsinError: The package cryptography is not installed, or the passphrase is empty.
    """
    if not passphrase:
        raise OpsinError("the passphrase is empty. Expected one or more characters.")
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    return Sealed(salt, nonce, _cipher(passphrase, salt).encrypt(nonce, content, None))


def unseal(sealed: Sealed, passphrase: str) -> bytes:
    """Decrypts bytes.

    Raises:
        ModelFileError: The passphrase is another one, or the bytes were changed.
        OpsinError: The package cryptography is not installed.
    """
    cipher = _cipher(passphrase, sealed.salt)
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(sealed.nonce, sealed.content, None)
    except (InvalidTag, ValueError) as error:
        raise ModelFileError(
            "the passphrase does not open the gallery. Expected the one it was written with."
        ) from error


def _cipher(passphrase: str, salt: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    except ImportError as error:
        raise OpsinError(
            f"encrypted galleries need the package cryptography ({error}). "
            "Fix: pip install '.[faces]' in a clone of Opsin."
        ) from error
    return AESGCM(Scrypt(salt=salt, length=32, n=_N, r=_R, p=_P).derive(passphrase.encode()))
