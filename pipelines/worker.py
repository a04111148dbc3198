"""`tamis-worker`: a Beam SDK worker as a process, where Tamis is installed on the engine's machines.

Engines start it for environments of the type PROCESS, in place of the binary that Beam's container images
carry. It asks the engine for the job's options, as that binary does, and becomes the worker; nothing is
staged, since what it runs is what is installed beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.deathwatch import say_farewell, watch_over_parent
from pipelines.footprint import settle_in


def main(arguments: Sequence[str] | None = None) -> int:
    """Work until the engine ends it; give the exit code."""
    given = _parse(sys.argv[1:] if arguments is None else arguments)
    watch_over_parent()
    settle_in()
    try:
        _work(given)
    finally:
        say_farewell()
    return 0


def _work(given: argparse.Namespace) -> None:
    os.environ.update(environment_of(given.id, _ask(given.provision_endpoint, given.id)))
    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main([])


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tamis-worker", description=__doc__.split("\n")[0])
    parser.add_argument("--id", required=True, help="name that the engine gave the worker")
    parser.add_argument(
        "--provision_endpoint", required=True, help="address of the engine's provision service"
    )
    # Prism quotes what it hands over, as if a shell were to read it.
    given, _ = parser.parse_known_args([argument.replace("'", "") for argument in arguments])
    return given


def _ask(endpoint: str, worker: str) -> Any:
    """What the engine has to say to a worker: the job's options and whom to talk to."""
    import grpc
    from apache_beam.portability.api import beam_provision_api_pb2, beam_provision_api_pb2_grpc

    with grpc.insecure_channel(endpoint) as channel:
        service = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
        request = beam_provision_api_pb2.GetProvisionInfoRequest()
        return service.GetProvisionInfo(request, metadata=[("worker_id", worker)], wait_for_ready=True).info


def environment_of(worker: str, info: Any) -> Mapping[str, str]:
    """The variables that Beam's worker reads, from the engine's provision info."""
    from google.protobuf import json_format, text_format

    options = json_format.MessageToDict(info.pipeline_options)
    endpoints = {
        "LOGGING_API_SERVICE_DESCRIPTOR": info.logging_endpoint,
        "CONTROL_API_SERVICE_DESCRIPTOR": info.control_endpoint,
        "STATUS_API_SERVICE_DESCRIPTOR": info.status_endpoint,
    }
    return {
        "WORKER_ID": worker,
        "PIPELINE_OPTIONS": json.dumps(options),
        "RUNNER_CAPABILITIES": " ".join(info.runner_capabilities),
        **{name: text_format.MessageToString(one) for name, one in endpoints.items() if one.url},
    }


if __name__ == "__main__":
    sys.exit(main())
