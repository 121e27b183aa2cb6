"""Large files for tests and benchmarks, written a piece at a time and in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Final

_FONT: Final = 3
_TREE: Final = 2


def write_long_pdf(file: IO[bytes], pages: Iterable[Sequence[str]]) -> None:
    """Write a PDF with these lines on its pages, in letters of 10 points.

    Its pages have no compression and its structure is the plainest that there is, so that ten
    thousand of them take a second. Lines are of ASCII.

    Source: ISO 32000-1, sections 7.5 (structure of a file) and 9.4 (text).
    """
    offsets: dict[int, int] = {}

    def put(number: int, body: bytes) -> None:
        offsets[number] = file.tell()
        file.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    file.write(b"%PDF-1.4\n")
    put(1, b"<< /Type /Catalog /Pages %d 0 R >>" % _TREE)
    put(_FONT, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    number = _FONT
    leaves = []
    for lines in pages:
        said = b"".join(b"(%b) Tj T*\n" % _escaped(line) for line in lines)
        stream = b"BT /F 10 Tf 12 TL 40 800 Td\n%bET" % said
        put(number + 1, b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream))
        put(
            number + 2,
            b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F %d 0 R >> >> >>" % (_TREE, number + 1, _FONT),
        )
        number += 2
        leaves.append(b"%d 0 R" % number)
    put(_TREE, b"<< /Type /Pages /Count %d /Kids [%b] >>" % (len(leaves), b" ".join(leaves)))
    table = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (number + 1))
    for each in range(1, number + 1):
        file.write(b"%010d 00000 n \n" % offsets[each])
    root = b"trailer\n<< /Size %d /Root 1 0 R >>" % (number + 1)
    file.write(b"%b\nstartxref\n%d\n%%%%EOF\n" % (root, table))


def _escaped(line: str) -> bytes:
    plain = line.encode("ascii", "replace")
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
