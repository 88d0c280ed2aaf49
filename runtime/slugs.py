"""The address form of a name: what stands in a webhook URL, a folder and a log file."""

import hashlib

from slugify import slugify


def slug_of(name: str) -> str:
    """Lower-case ASCII words joined by hyphens; never empty, even for a name of emoji alone."""
    found = slugify(name, max_length=80, word_boundary=True)
    if found:
        return found
    return f"source-{hashlib.blake2b(name.encode(errors='replace'), digest_size=4).hexdigest()}"
