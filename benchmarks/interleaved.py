"""Interleaved measurement: each program has a process of its own for all rounds and is idle while others run.

A worker (benchmarks/workers) builds and warms up its work once. A round measures each worker for a second or so, in
reverse order every second round, so that other load on the machine affects all alike. Ratios are computed within a
round.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PEERS = str(Path(os.environ.get("OPSIN_PEERS", HERE.parent / ".venv-peers")) / "bin" / "python")
OPSIN = sys.executable


@dataclass
class Worker:
    """A process that measures its speed on request; one that fails reports the error and is not measured again."""

    name: str
    python: str
    program: str
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [self.python, str(HERE / "workers" / self.program), *self.arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **self.environment},
        )  # fmt: skip

    def measure(self, case: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Returns the measurements: `rate` (items per second), `p50`, `p99` (milliseconds per call); or an `error`."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({**case, "seconds": seconds}) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            self.log.seek(0)
            lines = self.log.read().strip().splitlines() or ["the process ended without a message"]
            return {"error": lines[-1]}

    def stop(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.wait()


def rounds_of(
    workers: list[Worker], case: dict[str, Any], rounds: int, seconds: float
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """Returns the measurements of each worker in each round, and the errors of those that failed."""
    errors = {worker.name: reply["error"] for worker in workers if "error" in (reply := worker.measure(case, 0.0))}
    able = [worker for worker in workers if worker.name not in errors]
    found: dict[str, list[dict[str, Any]]] = {worker.name: [] for worker in able}
    for number in range(rounds):
        for worker in able[:: -1 if number % 2 else 1]:
            found[worker.name].append(worker.measure(case, seconds))
    return found, errors


Command = tuple[str, str, str, tuple[str, ...]]
"""Arguments of `Worker`: name, python, program and arguments."""


def compare(
    result_name: str,
    cases: dict[str, dict[str, Any]],
    own: Command,
    peers: dict[str, list[Command]],
    description: str | None,
) -> None:
    """Measures images per second and peak memory of `own` and of each variant of the peers; prints and records them.

    The command line options are `--rounds` and `--seconds`.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    rounds, seconds = options.rounds, options.seconds
    result: dict[str, Any] = {"rounds": rounds, "seconds_a_turn": seconds}
    for name, case in cases.items():  # fresh processes, so that memory is that of the case alone
        workers = [Worker(*command) for command in (own, *(form for forms in peers.values() for form in forms))]
        try:
            found, errors = rounds_of(workers, case, rounds, seconds)
        finally:
            for worker in workers:
                worker.stop()
        print(f"\n{name}", flush=True)
        report: dict[str, Any] = {"not_measured": errors}
        for other, runs in found.items():
            speeds, memory = ([run[key] for run in runs] for key in ("rate", "peak_mib"))
            report[other] = {"images_per_second": spread(speeds), "peak_mib": max(memory)}
            print(f"  {other:20} {shown(spread(speeds)):30} images/s, {max(memory):,.0f} MiB peak", flush=True)
        for peer, forms in peers.items():
            able = [form[0] for form in forms if form[0] in found]
            if own[0] in found and able:
                report[f"times_{peer}"] = ratio(found, own[0], able)
                print(f"  {shown(report[f'times_{peer}'])} times the better {peer}", flush=True)
        result[name] = report
        record(result_name, result)


def spread(values: list[float]) -> dict[str, float]:
    """Returns median, minimum and maximum, rounded to four digits."""
    return {name: float(f"{take(values):.4g}") for name, take in
            (("median", statistics.median), ("min", min), ("max", max))}  # fmt: skip


def ratio(found: dict[str, list[dict[str, Any]]], one: str, others: list[str], key: str = "rate") -> dict[str, float]:
    """Returns the speed of `one` relative to the best of the others, by round; `key` is rate, p50 or p99."""
    best = max if key == "rate" else min
    pairs = [(run[key], best(found[other][number][key] for other in others)) for number, run in enumerate(found[one])]
    return spread([own / peer if key == "rate" else peer / own for own, peer in pairs])


def shown(value: dict[str, float], unit: str = "") -> str:
    """Formats a spread as text."""
    return f"{value['median']:,.4g}{unit} ({value['min']:,.4g} to {value['max']:,.4g})"


def record(name: str, result: dict[str, Any]) -> None:
    """Writes benchmarks/results/<name>.json, starting with the machine and the versions."""
    path = HERE / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    content = {"command": " ".join(["python", *sys.argv]), "machine": machine(), "versions": versions(), **result}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def machine() -> str:
    """Returns processor, cores and memory."""
    cpu_info = Path("/proc/cpuinfo")
    lines = cpu_info.read_text().splitlines() if cpu_info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")] or [platform.processor()]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{names[0]}, {os.cpu_count()} cores, {memory:.0f} GiB"


def versions() -> dict[str, str]:
    """Returns the versions of the packages in Opsin's environment and in the peers'."""
    program = (
        "import platform, importlib.metadata as m, json\n"
        "found = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
        "names = 'torch keras tensorflow-cpu tensorflow_cpu jax openvino onnxruntime monai ultralytics'\n"
        "names += ' numpy pillow simplejpeg'\n"
        "print(json.dumps({'python': platform.python_version(), **{n: found[n] for n in names.split() if n in found}}))"
    )
    found: dict[str, str] = {}
    for environment, python in (("opsin", OPSIN), ("peers", PEERS)):
        if not Path(python).exists():
            continue
        ran = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
        found |= {f"{environment}: {name}": version for name, version in json.loads(ran.stdout).items()}
    return found
