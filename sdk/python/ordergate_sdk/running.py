"""An adapter at work: it is configured once, its operations are called, and their answers are checked against the contract."""

from __future__ import annotations

import json
from typing import Any

from .adapter import Adapter
from .checking import check
from .failure import Failure
from .host import connected
from .operations import OPERATIONS, is_implemented
from .records.descriptor import Description


class Running:
    """Runs an adapter's class."""

    def __init__(self, kind: type[Adapter]) -> None:
        self._kind = kind
        self._adapter: Adapter | None = None

    def configure(self) -> Adapter:
        """Makes the adapter from its settings."""
        self._adapter = self._kind(json.loads(connected().settings()))
        return self._adapter

    def describe(self) -> Description:
        """What the adapter says of itself. When its settings are refused, only their schema."""
        try:
            description = self._configured().describe()
            description.capabilities = description.capabilities or self._implemented()
        except Failure:
            description = Description(name="", version="")
        if self._kind.settings_schema is not None and not description.settings_schema:
            description.settings_schema = json.dumps(self._kind.settings_schema)
        return check(Description, description, "description")

    def call(self, name: str, *args: Any) -> Any:
        """Calls an operation: its checked answer, or a raised `Failure`. In a batch every item has an answer or a `Failure`."""
        operation = OPERATIONS[name]
        if operation.is_batch:
            return self._call_batch(name, *args)
        return check(operation.answer, self._run(name, args), name)

    def _call_batch(self, name: str, ctx: Any, query: Any) -> list[Any]:
        try:
            answers = self._run(name, (ctx, query))
        except Failure as failure:
            # What fails as a whole has failed for every item.
            return [failure for _ in query.items]
        if not isinstance(answers, list) or len(answers) != len(query.items):
            raise TypeError(f"{name} must answer one result per item: {len(query.items)} were asked")
        for index, answer in enumerate(answers):
            if not isinstance(answer, Failure):
                check(OPERATIONS[name].answer, answer, f"{name}[{index}]")
        return answers

    def _run(self, name: str, args: tuple[Any, ...]) -> Any:
        return getattr(self._ready(), OPERATIONS[name].method)(*args)

    def _ready(self) -> Adapter:
        """Settings that do not fit are not the caller's fault, and nothing was sent."""
        try:
            return self._configured()
        except Failure as failure:
            failure.code = "unavailable"
            raise

    def _configured(self) -> Adapter:
        return self._adapter or self.configure()

    def _implemented(self) -> list[str]:
        return [name for name, operation in OPERATIONS.items() if is_implemented(getattr(self._kind, operation.method))]
