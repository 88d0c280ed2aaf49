"""How blocks of Markdown stand inside of other blocks."""


def prefixed(text: str, prefix: str) -> str:
    """Every line behind a prefix; an empty line keeps only what of it is visible."""
    bare = prefix.rstrip()
    return "\n".join([prefix + line if line else bare for line in text.split("\n")])


def item(marker: str, text: str) -> str:
    """A list item: the marker, then everything below at its width."""
    first, *rest = prefixed(text, " " * len(marker)).split("\n")
    return "\n".join([f"{marker}{first[len(marker) :]}".rstrip(), *rest])
