"""A small client of a language server: what an editor asks for when a person types or points."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

_PATIENCE = 20.0  # seconds


class LanguageServer:
    """The language server tombi with one document open."""

    def __init__(self, command: str, document: Path) -> None:
        self._uri = document.as_uri()
        pipe = subprocess.PIPE
        arguments = [command, "lsp", "--offline"]
        self._process = subprocess.Popen(
            arguments, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=document.parent
        )
        self._count = 0
        root = document.parent.as_uri()
        abilities = {
            "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
            "hover": {"contentFormat": ["markdown"]},
        }
        folders = [{"uri": root, "name": "scenarios"}]
        initial = {"processId": os.getpid(), "rootUri": root, "workspaceFolders": folders}
        self._ask("initialize", {**initial, "capabilities": {"textDocument": abilities}})
        self._send({"method": "initialized", "params": {}})
        opened = {"uri": self._uri, "languageId": "toml", "version": 1, "text": document.read_text(encoding="utf-8")}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})

    def hover(self, line: int, character: int) -> str:
        """Return the text that is shown at a place; lines count from 0."""
        answer = self._patiently("textDocument/hover", line, character)
        return str(answer["contents"]["value"]) if answer else ""

    def completions(self, line: int, character: int) -> list[str]:
        """Return the names that are offered at a place."""
        answer = self._patiently("textDocument/completion", line, character)
        items = answer if isinstance(answer, list) else (answer or {}).get("items", [])
        return [item["label"] for item in items]

    def _patiently(self, method: str, line: int, character: int) -> Any:
        """Ask until there is an answer: the server reads the document and the schema on its own time."""
        end = time.monotonic() + _PATIENCE
        while True:
            answer = self._ask(method, self._place(line, character))
            if answer or time.monotonic() > end:
                return answer
            time.sleep(0.05)

    def _place(self, line: int, character: int) -> dict[str, Any]:
        return {"textDocument": {"uri": self._uri}, "position": {"line": line, "character": character}}

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self._count += 1
        self._send({"id": self._count, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._count and "method" not in message:
                return message.get("result")
            if "method" in message and "id" in message:
                self._send({"id": message["id"], "result": None})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        assert length, "the server has ended"
        content: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return content

    def __enter__(self) -> LanguageServer:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()
