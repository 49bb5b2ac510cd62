# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Results of all runs, and the medians that are shown."""

import json
import statistics
import time

import runs


# Seconds. What takes so long, such as opening 20,000 connections with libraries that look at each of them
# in each turn, is not done again.
REPEATED_MAX = 30


class Cell:
    """What a workload gave with one server: medians, or the reason why there are none."""

    def __init__(self, values=None, word=None):
        self.values = values or {}
        self.word = word

    @classmethod
    def of(cls, measured, words):
        if not measured:
            return cls(word=words[0] if words else 'not run')
        names = {name for values in measured for name in values}
        return cls({name: statistics.median(values[name] for values in measured if name in values)
                    for name in sorted(names)})

    def to_json(self):
        return {'skipped': self.word} if self.word else self.values

    @classmethod
    def from_json(cls, data):
        return cls(word=data['skipped']) if 'skipped' in data else cls(data)


class Results:
    def __init__(self, machine, rounds, seconds):
        self.machine = machine
        self.rounds = rounds
        self.seconds = seconds
        self.cells = {}     # workload's name -> server's name -> Cell
        self.notes = {}     # workload's name -> what was different with all servers

    def add(self, workload, server, measured, words):
        self.cells.setdefault(workload.name, {})[server.name] = Cell.of(measured, words)

    def value(self, workload, server, line):
        """In the line's unit, or None."""
        cell = self.cells.get(workload.name, {}).get(server.name)
        value = cell.values.get(line.metric) if cell else None
        return None if value is None else value / line.unit.scale

    def save(self, path):
        data = {'machine': self.machine, 'rounds': self.rounds, 'seconds': self.seconds,
                'notes': self.notes,
                'workloads': {workload: {server: cell.to_json() for server, cell in row.items()}
                              for workload, row in self.cells.items()}}
        with open(path, 'w', encoding='utf-8') as file:
            json.dump(data, file, indent=1, ensure_ascii=False)
            file.write('\n')

    @classmethod
    def load(cls, path):
        with open(path, encoding='utf-8') as file:
            data = json.load(file)
        self = cls(data['machine'], data['rounds'], data['seconds'])
        self.notes = data.get('notes', {})
        self.cells = {workload: {server: Cell.from_json(cell) for server, cell in row.items()}
                      for workload, row in data['workloads'].items()}
        return self


def measure(bench, workload, some, rounds, cell_done):
    """Runs a workload with some servers in turn, again and again; each round begins with another one. What takes
    very long is run once."""
    measured = {server.name: [] for server in some}
    words = {server.name: [] for server in some}
    ended = set()
    for number in range(rounds):
        shift = number % len(some)
        for server in some[shift:] + some[:shift]:
            if server.name in ended:
                continue
            start = time.monotonic()
            try:
                measured[server.name].append(bench.run(server, workload))
            except runs.Skip as why:
                words[server.name].append(f'skipped: {why}')
                ended.add(server.name)
            except runs.Failure as why:
                words[server.name].append(f'failed: {why}')
            if time.monotonic() - start > REPEATED_MAX:
                ended.add(server.name)
    for server in some:
        cell_done(server, measured[server.name], words[server.name])
