"""Programs that are measured in turns: each in a process of its own, alive through all rounds, idle while others run.

A worker (benchmarks/workers) builds and warms its work once; a round then asks each for a second or so, in the other
order every second round, so that whatever else the machine does falls on all alike. Ratios are taken within a round.
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
    """A process that answers questions about its speed; one that fails says why and is asked no more."""

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

    def ask(self, case: dict[str, Any], seconds: float) -> dict[str, Any]:
        """What the worker measured: `rate` (items a second), `p50`, `p99` (milliseconds a call); or an `error`."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({**case, "seconds": seconds}) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            self.log.seek(0)
            lines = self.log.read().strip().splitlines() or ["it ended without a word"]
            return {"error": lines[-1]}

    def stop(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.wait()


def rounds_of(
    workers: list[Worker], case: dict[str, Any], rounds: int, seconds: float
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """What each worker measured in each round, and why some could not."""
    errors = {worker.name: answer["error"] for worker in workers if "error" in (answer := worker.ask(case, 0.0))}
    able = [worker for worker in workers if worker.name not in errors]
    found: dict[str, list[dict[str, Any]]] = {worker.name: [] for worker in able}
    for number in range(rounds):
        for worker in able[:: -1 if number % 2 else 1]:
            found[worker.name].append(worker.ask(case, seconds))
    return found, errors


Told = tuple[str, str, str, tuple[str, ...]]
"""A worker that is yet to be started: its name, python, program and arguments."""


def side_by_side(
    result_name: str,
    cases: dict[str, dict[str, Any]],
    own: Told,
    peers: dict[str, list[Told]],
    description: str | None,
) -> None:
    """Images a second and peak memory of `own` and of each peer in its forms, case by case: printed and recorded.

    The command line says `--rounds` and `--seconds`.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    asked = parser.parse_args()
    rounds, seconds = asked.rounds, asked.seconds
    result: dict[str, Any] = {"rounds": rounds, "seconds_a_turn": seconds}
    for name, case in cases.items():  # fresh processes, so that memory is that of the case alone
        everyone = [Worker(*told) for told in (own, *(form for forms in peers.values() for form in forms))]
        try:
            found, errors = rounds_of(everyone, case, rounds, seconds)
        finally:
            for worker in everyone:
                worker.stop()
        print(f"\n{name}", flush=True)
        report: dict[str, Any] = {"not_measured": errors}
        for other, answers in found.items():
            speeds, memory = ([answer[key] for answer in answers] for key in ("rate", "peak_mib"))
            report[other] = {"images_per_second": spread(speeds), "peak_mib": max(memory)}
            print(f"  {other:20} {shown(spread(speeds)):30} images/s, {max(memory):,.0f} MiB at most", flush=True)
        for peer, forms in peers.items():
            able = [form[0] for form in forms if form[0] in found]
            if own[0] in found and able:
                report[f"times_{peer}"] = ratio(found, own[0], able)
                print(f"  {shown(report[f'times_{peer}'])} times the better {peer}", flush=True)
        result[name] = report
        record(result_name, result)


def spread(values: list[float]) -> dict[str, float]:
    """Median, smallest and largest, in four digits."""
    return {name: float(f"{take(values):.4g}") for name, take in
            (("median", statistics.median), ("min", min), ("max", max))}  # fmt: skip


def ratio(found: dict[str, list[dict[str, Any]]], one: str, others: list[str], key: str = "rate") -> dict[str, float]:
    """How many times faster `one` is than the best of the others, round by round; `key` is rate, or milliseconds."""
    best = max if key == "rate" else min
    pairs = [
        (answer[key], best(found[other][number][key] for other in others)) for number, answer in enumerate(found[one])
    ]
    return spread([own / peer if key == "rate" else peer / own for own, peer in pairs])


def shown(value: dict[str, float], unit: str = "") -> str:
    """A spread as people read it."""
    return f"{value['median']:,.4g}{unit} ({value['min']:,.4g} to {value['max']:,.4g})"


def record(name: str, result: dict[str, Any]) -> None:
    """Writes benchmarks/results/<name>.json, with the machine and the versions in front."""
    path = HERE / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    told = {"command": " ".join(["python", *sys.argv]), "machine": machine(), "versions": versions(), **result}
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def machine() -> str:
    """Processor, cores and memory."""
    told = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in told.read_text().splitlines() if line.startswith("model name")] \
        if told.exists() else [platform.processor()]  # fmt: skip
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{names[0]}, {os.cpu_count()} cores, {memory:.0f} GiB"


def versions() -> dict[str, str]:
    """Of Opsin's environment and the peers'."""
    program = (
        "import platform, importlib.metadata as m, json\n"
        "found = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
        "names = 'torch keras tensorflow-cpu tensorflow_cpu jax openvino onnxruntime monai ultralytics'\n"
        "names += ' numpy pillow simplejpeg'\n"
        "print(json.dumps({'python': platform.python_version(), **{n: found[n] for n in names.split() if n in found}}))"
    )
    told: dict[str, str] = {}
    for place, python in (("opsin", OPSIN), ("peers", PEERS)):
        if not Path(python).exists():
            continue
        ran = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
        told |= {f"{place}: {name}": version for name, version in json.loads(ran.stdout).items()}
    return told
