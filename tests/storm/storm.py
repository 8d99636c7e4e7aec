#!/usr/bin/env python3
"""A storm of alerts on a program that is killed again and again, and a count of what became of them.

    python3 tests/storm/storm.py --program target/release/commandpost --alerts 100000 --kills 10

Several monitors post distinct alerts, each in its own words, while the program gets SIGKILL and is started anew. What was
answered with 2xx is written down here; at the end the program's database is read, which knows nothing of this list. Every alert
that was answered must be there once; none may be there twice, or that nobody sent. What was not answered may be there (its answer
was lost) or not. Some monitors try again until they are answered, as Alertmanager does; some never do, as Uptime Kuma.

It needs nothing but Python 3 and shares no code with the program. It prints its counts and its seed; exit code 0: all is
well, 1: an alert is lost or twice, 2: it could not be tried.
"""

import argparse
import collections
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

MARK = re.compile(r"tk(\d+)kt")
PATIENCE = 120
GROUPS = 40


def mark(n):
    return f"tk{n}kt"


def alertmanager(numbers, dice):
    group = f"Storm{dice.randrange(GROUPS)}"
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": group, "instance": mark(n), "severity": "critical"},
            "annotations": {"summary": f"{group} on {mark(n)}"},
            "startsAt": "2026-01-02T03:04:05Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": f"{n:016x}",
        }
        for n in numbers
    ]
    return {
        "version": "4", "groupKey": '{}:{alertname="%s"}' % group, "truncatedAlerts": 0, "status": "firing",
        "receiver": "storm", "groupLabels": {"alertname": group}, "commonLabels": {"alertname": group},
        "commonAnnotations": {}, "externalURL": "http://alertmanager.example", "alerts": alerts,
    }


def pagerduty(numbers, dice):
    return {
        "routing_key": "storm", "event_action": "trigger", "dedup_key": mark(numbers[0]),
        "payload": {"summary": f"storm {mark(numbers[0])}", "source": f"host{dice.randrange(GROUPS)}", "severity": "error"},
    }


def nagios(numbers, dice):
    return {
        "type": "PROBLEM", "host": f"host{dice.randrange(GROUPS)}", "service": mark(numbers[0]), "state": "CRITICAL",
        "output": "it storms", "time": "1795205588",
    }


def generic(numbers, dice):
    return {
        "id": mark(numbers[0]), "title": f"storm {mark(numbers[0])}", "status": "firing", "severity": "warning",
        "service": f"service{dice.randrange(GROUPS)}",
    }


# Name of the hook: how its body is made, alerts in it at most, whether the sender tries again.
MONITORS = {
    "alertmanager": (alertmanager, 20, True),
    "pagerduty": (pagerduty, 1, True),
    "nagios": (nagios, 1, True),
    "generic": (generic, 1, False),
}


class Program:
    """The program under test, on a data directory and a port of its own."""

    def __init__(self, path, home):
        self.path, self.home = path, home
        self.data = os.path.join(home, "data")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.child = None
        settings = os.path.join(home, "commandpost.toml")
        with open(settings, "w", encoding="utf-8"):
            pass
        self.command = [path, "--config", settings, "--data-dir", self.data, "serve", "--listen", f"127.0.0.1:{self.port}"]

    def start(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COMMANDPOST_")}
        log = open(os.path.join(self.home, "log"), "ab")
        self.child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        log.close()
        begun = time.monotonic()
        while True:
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            if self.child.poll() is not None or time.monotonic() - begun > PATIENCE:
                with open(os.path.join(self.home, "log"), encoding="utf-8", errors="replace") as log:
                    raise RuntimeError(f"the program does not become ready:\n{log.read()[-2000:]}")
            time.sleep(0.02)

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        """An orderly end, after which everything stands where it belongs."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(timeout=PATIENCE)

    def end(self):
        if self.child and self.child.poll() is None:
            self.kill()


class Ledger:
    """What was sent and what was answered, as the monitors know it."""

    def __init__(self, alerts):
        self.lock = threading.Lock()
        self.next, self.alerts = 0, alerts
        self.answered, self.requests = set(), 0
        self.statuses = collections.Counter()
        self.lost = 0

    def take(self, most, dice):
        """The numbers of the next alerts, each given out once."""
        with self.lock:
            count = min(dice.randint(1, most), self.alerts - self.next)
            numbers = list(range(self.next, self.next + count))
            self.next += count
            return numbers

    def was_answered(self, numbers, status):
        with self.lock:
            self.requests += 1
            self.statuses[status] += 1
            if 200 <= status < 300:
                self.answered.update(numbers)

    def was_lost(self):
        with self.lock:
            self.lost += 1

    def progress(self):
        with self.lock:
            return self.next


class Monitor(threading.Thread):
    def __init__(self, name, seed, port, ledger):
        super().__init__(name=name, daemon=True)
        self.hook, self.port, self.ledger = name, port, ledger
        self.dice = random.Random(seed)
        self.connection = None

    def post(self, body):
        """The answer's status; None where there was none."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.connection.request("POST", f"/hooks/{self.hook}", body, {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            if self.connection:
                self.connection.close()
            self.connection = None
            return None

    def run(self):
        make, most, tries_again = MONITORS[self.hook]
        while numbers := self.ledger.take(most, self.dice):
            body = json.dumps(make(numbers, self.dice)).encode()
            # Now and then twice, though it was answered: a sender that repeats itself.
            repeats = self.dice.random() < 0.05
            while True:
                status = self.post(body)
                if status is None:
                    self.ledger.was_lost()
                else:
                    self.ledger.was_answered(numbers, status)
                    if 200 <= status < 300:
                        if not repeats:
                            break
                        repeats = False
                        continue
                time.sleep(0.05)
                if not tries_again:
                    break


def stored(file):
    """How often each alert stands in the database, and how many alerts its situations count."""
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    counts, strangers = collections.Counter(), 0
    for (alert,) in database.execute("SELECT alert FROM alerts"):
        found = MARK.search(json.loads(alert)["title"])
        if found:
            counts[int(found.group(1))] += 1
        else:
            strangers += 1
    (sound,) = database.execute("PRAGMA integrity_check").fetchone()
    in_situations = sum(json.loads(state)["total"] for (state,) in database.execute("SELECT state FROM situations"))
    database.close()
    return counts, strangers, in_situations, sound


def storm(options, home):
    dice = random.Random(options.seed)
    program = Program(os.path.abspath(options.program), home)
    ledger = Ledger(options.alerts)
    try:
        program.start()
        begun = time.monotonic()
        monitors = [
            Monitor(name, dice.random(), program.port, ledger)
            for name in MONITORS
            for _ in range(options.threads)
        ]
        for monitor in monitors:
            monitor.start()
        step = options.alerts / (options.kills + 1)
        for kill in range(options.kills):
            at = step * (kill + dice.uniform(0.5, 1.3))
            while ledger.progress() < at and any(monitor.is_alive() for monitor in monitors):
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 0.05))
            program.kill()
            time.sleep(dice.uniform(0, 0.2))
            program.start()
        for monitor in monitors:
            monitor.join(timeout=600)
            if monitor.is_alive():
                print(f"{monitor.name} was not answered in ten minutes")
                return 1
        took = time.monotonic() - begun
        if program.stop() != 0:
            print("the program did not end in order")
            return 1
    finally:
        program.end()
    counts, strangers, in_situations, sound = stored(os.path.join(program.data, "commandpost.db"))

    answered = ledger.answered
    missing = sorted(n for n in answered if counts[n] == 0)
    twice = sorted(n for n, times in counts.items() if times > 1)
    unsent = sorted(n for n in counts if n >= options.alerts)
    others = set(range(options.alerts)) - answered
    there = sum(1 for n in others if counts[n] == 1)
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(ledger.statuses.items()))
    print(f"seed {options.seed}: {options.alerts} alerts of {len(MONITORS)} senders, killed {options.kills} times, {took:.1f} s")
    print(f"requests answered: {ledger.requests} ({statuses}); connections that broke or were refused: {ledger.lost}")
    print(f"alerts answered 2xx: {len(answered)}; of these missing: {len(missing)}, there twice: {len(twice)}")
    print(f"alerts not answered 2xx: {len(others)}; of these there all the same: {there}")
    print(f"alerts there that nobody sent: {strangers + len(unsent)}")
    print(f"alerts counted by situations: {in_situations} of {sum(counts.values())}; the database is {sound}")
    if missing or twice:
        print(f"for example missing: {missing[:5]}, twice: {twice[:5]}")
    wrong = [status for status in ledger.statuses if not (200 <= status < 300 or status == 503)]
    if wrong:
        print(f"answers that a storm must not get: {wrong}")
    is_well = not (missing or twice or strangers or unsent or wrong) and sound == "ok"
    is_well = is_well and in_situations == sum(counts.values())
    print("all is well" if is_well else "NOT well")
    return 0 if is_well else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", required=True, help="the program's file")
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--threads", type=int, default=4, help="of each sender")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    if not os.access(options.program, os.X_OK):
        print(f"{options.program} is no program that can be run", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="storm") as home:
        try:
            return storm(options, home)
        except (RuntimeError, OSError) as error:
            print(f"seed {options.seed}: could not be tried: {error}", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())
