"""What can go wrong with documents.

InvalidError
├── EmptyTextError             nothing to store or to search for
├── TooLargeError              more bytes, text or pages than allowed
├── BadLabelError              a title, tag or number that cannot be taken
├── BadAddressError            an address that is none, or that may not be asked
├── PageRefusedError           a page that is not there, or that its server keeps to itself
└── UnreadableError            the file's content cannot be turned into text
    ├── UnsupportedFormatError
    ├── EncryptedError
    └── ReaderCrashedError     the reader died, or took too much memory or time
NotFoundError
└── DocumentNotFoundError      no such document, or not yours
ConflictError
├── DocumentStateError         not possible in the document's state
└── StaleRunError              another worker has taken the document over
UnavailableError
├── EmbedderDownError          the embedder does not answer; trying again may help
├── RerankerDownError          the reranker cannot be loaded or run
├── ConverterDownError         the service that reads files of this kind does not answer
├── PageDownError              a page's server does not answer; trying again may help
├── ObjectsDownError           originals cannot be read or written
└── VectorsDownError           the index of vectors does not answer
CancelledError
└── IngestCancelledError       a person cancelled the document
"""

from __future__ import annotations

from hearth_kit.errors import (
    CancelledError,
    ConflictError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)


class EmptyTextError(InvalidError):
    """There is no text in it."""

    code = "empty-text"


class TooLargeError(InvalidError):
    """It is larger than allowed."""

    code = "too-large"


class BadLabelError(InvalidError):
    """The value is not allowed here."""

    code = "bad-label"


class BadAddressError(InvalidError):
    """The address may not be asked."""

    code = "bad-address"


class PageRefusedError(InvalidError):
    """The page cannot be had."""

    code = "page-refused"


class UnreadableError(InvalidError):
    """The file cannot be read."""

    code = "unreadable"


class UnsupportedFormatError(UnreadableError):
    """Files of this kind are not supported."""

    code = "unsupported-format"


class EncryptedError(UnreadableError):
    """The file is protected by a password."""

    code = "encrypted"


class ReaderCrashedError(UnreadableError):
    """Reading the file failed and was stopped."""

    code = "reader-crashed"


class DocumentNotFoundError(NotFoundError):
    """There is no such document."""

    code = "document-not-found"


class DocumentStateError(ConflictError):
    """The document's state does not allow this."""

    code = "document-state"


class StaleRunError(ConflictError):
    """Another worker has taken the document over."""

    code = "stale-run"


class EmbedderDownError(UnavailableError):
    """The embedder does not answer."""

    code = "embedder-down"


class RerankerDownError(UnavailableError):
    """The reranker does not answer."""

    code = "reranker-down"


class ConverterDownError(UnavailableError):
    """The service that reads such files does not answer."""

    code = "converter-down"


class PageDownError(UnavailableError):
    """The page's server does not answer."""

    code = "page-down"


class ObjectsDownError(UnavailableError):
    """The original files cannot be reached."""

    code = "objects-down"


class VectorsDownError(UnavailableError):
    """The index of vectors cannot be reached."""

    code = "vectors-down"


class IngestCancelledError(CancelledError):
    """The document was cancelled."""

    code = "ingest-cancelled"
