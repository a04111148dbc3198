"""`tamis-worker`: what an engine says of a job, as Beam's worker reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from apache_beam.portability.api import beam_provision_api_pb2 as messages
from apache_beam.portability.api import beam_provision_api_pb2_grpc as services
from apache_beam.runners.worker import sdk_worker_main
from google.protobuf import struct_pb2

from pipelines import worker


class Provision(services.ProvisionServiceServicer):
    """A provision service that knows one job."""

    def __init__(self) -> None:
        self.workers: list[str] = []

    def GetProvisionInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 — Beam's name
        del request
        self.workers += [str(value) for key, value in context.invocation_metadata() if key == "worker_id"]
        options = struct_pb2.Struct()
        options.update({"beam:option:s3_endpoint_url:v1": "http://store"})
        info = messages.ProvisionInfo(pipeline_options=options, runner_capabilities=["one", "two"])
        info.control_endpoint.url, info.logging_endpoint.url = "here:1", "here:2"
        return messages.GetProvisionInfoResponse(info=info)


@pytest.fixture
def provision() -> Iterator[tuple[str, Provision]]:
    """Address of a provision service, and the service."""
    service, server = Provision(), grpc.server(ThreadPoolExecutor(1))
    services.add_ProvisionServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}", service
    server.stop(None).wait()


def test_worker_becomes_beams_with_what_the_engine_says(
    provision: tuple[str, Provision], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[dict[str, str]] = []
    environment: dict[str, str] = {}
    monkeypatch.setattr(worker.os, "environ", environment)
    monkeypatch.setattr(sdk_worker_main, "main", lambda _: started.append(dict(environment)))
    address, service = provision
    given = ["--id='1-3'", "--logging_endpoint=here:2", f"--provision_endpoint={address}"]
    assert worker.main(given) == 0
    assert service.workers == ["1-3"]
    (found,) = started
    assert found["WORKER_ID"] == "1-3"
    assert json.loads(found["PIPELINE_OPTIONS"]) == {"beam:option:s3_endpoint_url:v1": "http://store"}
    assert found["CONTROL_API_SERVICE_DESCRIPTOR"].strip() == 'url: "here:1"'
    assert found["LOGGING_API_SERVICE_DESCRIPTOR"].strip() == 'url: "here:2"'
    assert "STATUS_API_SERVICE_DESCRIPTOR" not in found
    assert found["RUNNER_CAPABILITIES"] == "one two"


@pytest.mark.parametrize("given", [[], ["--id=1"], ["--provision_endpoint=here:1"]])
def test_worker_says_what_it_needs(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        worker.main(given)
    assert "the following arguments are required" in capsys.readouterr().err
