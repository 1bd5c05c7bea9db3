"""The jobs of docs/writing-jobs.md, run as processes: what they do, what they report, and how they stop.

The shell job also runs on a real kubelet (e2e/test_guide.py).
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from dev.cluster.waiting import tries
from dev.harness.guide import blocks, python_job, shell_job
from queuedjob.api.kinds.queuedjob import JobSpec, JobTerms
from queuedjob.policy.failure.termination_message import TerminationMessage, read_termination_message

KEY: Final = "invoice-42"
PATIENCE: Final = 30.0
"""Seconds after which an expected event counts as missed."""


@dataclass
class Service:
    """The service that the Python job delivers to. It answers the n-th order with `answers[n]`, or with 200."""

    answers: dict[int, int] = field(default_factory=dict)
    hangs: bool = False
    came: list[tuple[str, Any]] = field(default_factory=list)
    """Idempotency key and body of each request."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/orders"

    @contextmanager
    def open(self) -> Iterator["Service"]:
        outer, released = self, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.came.append((self.headers["Idempotency-Key"], json.loads(body)))
                if outer.hangs:
                    released.wait(PATIENCE)
                self.send_response(outer.answers.get(len(outer.came), 200))
                self.send_header("Retry-After", "7")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_port
            serving = threading.Thread(target=server.serve_forever)
            serving.start()
            try:
                yield self
            finally:
                released.set()
                server.shutdown()
                serving.join()


@dataclass(frozen=True)
class Place:
    """The folder in which a job runs, with its termination message and its heartbeat."""

    folder: Path

    @property
    def log(self) -> Path:
        """The file of the termination message."""
        return self.folder / "termination-log"

    @property
    def heartbeat(self) -> Path:
        return self.folder / "heartbeat"

    @property
    def said(self) -> dict[str, Any]:
        """The last line of the termination message, which counts. The operator can use all of the message."""
        assert self.heard.ignored == ()
        found: dict[str, Any] = json.loads(self.log.read_text().splitlines()[-1])
        return found

    @property
    def heard(self) -> TerminationMessage:
        """The termination message as the operator reads it."""
        return read_termination_message(self.log.read_text())

    def start(self, argv: list[str], **environment: str) -> "subprocess.Popen[str]":
        given = {
            "PATH": os.environ["PATH"],
            "TERMINATION_LOG": str(self.log),
            "QUEUEDJOB_HEARTBEAT": str(self.heartbeat),
            "QUEUEDJOB_IDEMPOTENCY_KEY": KEY,
            **environment,
        }
        return subprocess.Popen(
            argv, env=given, cwd=self.folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def start_python(place: Place, service: str, orders: list[Any] | None = None, **given: str) -> "subprocess.Popen[str]":
    payload = place.folder / "payload.json"
    payload.write_text(json.dumps({"service": service, "orders": orders if orders is not None else [10, 11, 12]}))
    program = place.folder / "program.py"
    program.write_text(python_job())
    return place.start([sys.executable, "-I", str(program)], QUEUEDJOB_PAYLOAD=str(payload), **given)


def ended(job: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code and stderr."""
    _, complaints = job.communicate(timeout=PATIENCE)
    return job.returncode, complaints


def until(what: str, holds: Any) -> None:  # noqa: ANN401 - a condition
    for _ in tries(PATIENCE):
        if holds():
            return
    raise AssertionError(what)


def test_the_python_job_works_reports_its_result_and_writes_its_heartbeat(place: Place) -> None:
    with Service().open() as service:
        assert ended(start_python(place, service.url)) == (0, "")
    assert service.came == [(f"{KEY}/0", 10), (f"{KEY}/1", 11), (f"{KEY}/2", 12)]
    assert place.said == {"checkpoint": 3, "progress": {"done": 3, "total": 3}, "result": {"delivered": 3}}
    assert place.heartbeat.exists()


def test_the_python_job_goes_on_at_its_checkpoint(place: Place) -> None:
    with Service().open() as service:
        assert ended(start_python(place, service.url, QUEUEDJOB_CHECKPOINT="2")) == (0, "")
    assert service.came == [(f"{KEY}/2", 12)]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        pytest.param(503, 75, {"class": "Transient", "reason": "Http503"}, id="busy"),
        pytest.param(429, 75, {"class": "RateLimited", "reason": "Http429", "retryAfter": "7s"}, id="rate limited"),
        pytest.param(404, 65, {"class": "Permanent", "reason": "Http404"}, id="refused for good"),
    ],
)
def test_the_answer_of_the_service_becomes_a_class_and_the_checkpoint_stays(
    place: Place, status: int, code: int, words: dict[str, str]
) -> None:
    with Service(answers={2: status}).open() as service:
        assert ended(start_python(place, service.url)) == (code, "")
    assert place.said.items() >= {**words, "checkpoint": 1}.items()
    heard = place.heard
    assert (heard.failure and heard.failure.name, heard.reason) == (words["class"], words["reason"])
    assert heard.retry_after == (7.0 if "retryAfter" in words else None)
    assert str(status) in place.said["message"]


def test_a_service_that_is_not_there_is_transient(place: Place) -> None:
    with Service().open() as service:
        pass
    assert ended(start_python(place, service.url)) == (75, "")
    assert (place.said["class"], place.said["reason"]) == ("Transient", "ServiceUnreachable")


def test_the_python_job_stops_on_sigterm_though_the_service_hangs(place: Place) -> None:
    with Service(hangs=True).open() as service:
        job = start_python(place, service.url)
        until("an order has come", lambda: service.came)
        job.send_signal(signal.SIGTERM)
        assert ended(job) == (143, "")
    assert place.said == {"checkpoint": 0, "progress": {"done": 0, "total": 3}, "reason": "Interrupted"}


def test_an_unexpected_error_ends_the_python_job_with_a_traceback(place: Place) -> None:
    job = start_python(place, "http://127.0.0.1:9/", QUEUEDJOB_CHECKPOINT="no JSON")
    code, complaints = ended(job)
    assert code == 1
    assert complaints.startswith("Traceback (most recent call last):")


def start_shell(place: Place, total: int, **given: str) -> "subprocess.Popen[str]":
    (container,) = shell_job()["spec"]["template"]["spec"]["containers"]
    (script,) = container["args"]
    assert "/dev/termination-log" in script
    return place.start(
        [*container["command"], script.replace("/dev/termination-log", str(place.log))], TOTAL=str(total), **given
    )


def test_the_shell_job_works_reports_its_result_and_writes_its_heartbeat(place: Place) -> None:
    assert ended(start_shell(place, 3)) == (0, "")
    assert place.said == {"checkpoint": 3, "progress": {"done": 3, "total": 3}, "result": {"records": 3}}
    assert place.heartbeat.exists()


def test_the_shell_job_goes_on_at_its_checkpoint(place: Place) -> None:
    assert ended(start_shell(place, 3, QUEUEDJOB_CHECKPOINT="2")) == (0, "")
    assert len(place.log.read_text().splitlines()) == 2
    assert place.said["checkpoint"] == 3


def test_the_shell_job_stops_on_sigterm_and_leaves_its_checkpoint(place: Place) -> None:
    job = start_shell(place, 100_000)
    until("a record is done", place.log.exists)
    job.send_signal(signal.SIGTERM)
    assert ended(job) == (143, "")
    assert place.said["reason"] == "Interrupted"
    assert place.said["checkpoint"] == len(place.log.read_text().splitlines()) - 1


def test_the_spec_fragments_of_the_guide_are_valid() -> None:
    fragments = [found for found in map(yaml.safe_load, blocks("yaml")) if "kind" not in found]
    assert fragments
    for fragment in fragments:
        terms = JobTerms.model_validate(fragment)
        assert set(fragment) <= {str(field.alias) for field in JobTerms.model_fields.values()}
        assert terms != JobTerms()


def test_the_shell_job_is_a_job_for_any_image_with_a_shell() -> None:
    spec = JobSpec.model_validate(shell_job()["spec"])
    (container,) = spec.template["spec"]["containers"]
    assert container["image"].startswith("busybox")
