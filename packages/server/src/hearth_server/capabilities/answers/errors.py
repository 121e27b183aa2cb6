"""What can go wrong with an answer.

InvalidError
└── BadQuestionError           a question or number that cannot be taken
UnavailableError
└── ModelDownError             the language model does not answer, or answers nonsense
    ├── ModelRefusedError      it refuses: the key, the model's name, the size of the question
    └── ModelCutError          it broke off in the middle of an answer
"""

from __future__ import annotations

from hearth_kit.errors import InvalidError, UnavailableError


class BadQuestionError(InvalidError):
    """The question cannot be taken."""

    code = "bad-question"


class ModelDownError(UnavailableError):
    """The language model does not answer."""

    code = "model-down"


class ModelRefusedError(ModelDownError):
    """The language model refuses."""

    code = "model-refused"


class ModelCutError(ModelDownError):
    """The language model broke off."""

    code = "model-cut"
