"""What is not seen at the ends of a text."""

# Blanks, and characters of no width, which come along when a text is copied from a page.
_BLANK = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff"
)


def trimmed(text: str) -> str:
    return text.strip(_BLANK)
