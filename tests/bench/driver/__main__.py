# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares servers with one another. tests/bench/run.sh starts it."""

import argparse
import os
import resource
import sys
import tempfile

import certificate
import machine
import report
import results
import runs
import servers
import table
import workloads

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.dirname(HERE)
SOURCE = os.path.dirname(os.path.dirname(BENCH))

SECONDS, ROUNDS = 2.0, 5
QUICK_SECONDS, QUICK_ROUNDS = 0.5, 1


def parse():
    parser = argparse.ArgumentParser(
        prog='sh tests/bench/run.sh', formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Measures servers and clients beside one another, on the loopback interface.',
        epilog=f"""workloads: {', '.join(workloads.NAMES)}
servers: {', '.join(server.name for server in servers.SERVERS)}

What is not installed is skipped with a word; so is nginx, whose package starts a server of
its own: install nginx-light by hand.""")
    parser.add_argument('--quick', action='store_true', help='short runs, once each')
    parser.add_argument('-n', dest='rounds', type=int, metavar='ROUNDS', help=f'to take the median of ({ROUNDS})')
    parser.add_argument('--seconds', type=float, metavar='S', help=f'of each run ({SECONDS:g})')
    parser.add_argument('--only', action='append', metavar='WORKLOAD', help='or a group of them; may be repeated')
    parser.add_argument('--servers', metavar='LIST', help='names with commas between them')
    parser.add_argument('--output', metavar='FOLDER', help='for numbers, tables and charts (in the build folder)')
    parser.add_argument('--publish', action='store_true', help='write tests/bench/results and the README, too')
    parser.add_argument('--again', action='store_true', help='measure nothing, write from the numbers that are there')
    parser.add_argument('--build', default=os.path.join(SOURCE, '_build-bench'), metavar='FOLDER',
                        help='the build folder')
    options = parser.parse_args()
    options.seconds = options.seconds or (QUICK_SECONDS if options.quick else SECONDS)
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    options.output = options.output or os.path.join(options.build, 'results')
    options.some_servers = choose_servers(parser, options.servers)
    options.some_workloads = choose_workloads(parser, options.only)
    return options


def choose_servers(parser, text):
    if text is None:
        return servers.SERVERS
    names = text.split(',')
    for name in names:
        if name not in [server.name for server in servers.SERVERS]:
            parser.error(f'there is no server "{name}"')
    return [server for server in servers.SERVERS if server.name in names]


def choose_workloads(parser, only):
    if only is None:
        return workloads.WORKLOADS
    for name in only:
        if name not in workloads.NAMES and name not in workloads.GROUPS:
            parser.error(f'there is no workload "{name}"')
    return [workload for workload in workloads.WORKLOADS if workload.name in only or workload.group in only]


def raise_limit(wanted):
    """The number of files that a process may open, once it has been raised as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, wanted))
            hard = wanted
        except (OSError, ValueError):
            pass
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return wanted if hard == resource.RLIM_INFINITY else hard


def show(workload, gathered):
    """What came of a workload, a line for each server."""
    print(f'{workload.name}')
    for name, cell in gathered.cells[workload.name].items():
        server = servers.by_name(name)
        values = [(line, gathered.value(workload, server, line)) for line in workload.lines]
        texts = [f'{line.metric} {table.number(value, line.unit.digits)} {line.unit.name}' for line, value in values]
        print(f"  {server.title:18} {cell.word or ', '.join(texts)}", flush=True)


def measure_one(bench, gathered, workload, some, limit):
    fitted = workload.fitted(limit)
    if fitted is None:
        for server in some:
            gathered.add(workload, server, [], [f'skipped: only {limit:,} files may be open'])
        return
    if fitted is not workload:
        gathered.notes[workload.name] = (f'{fitted.connections_all:,} connections instead of '
                                         f'{workload.connections_all:,}: only {limit:,} files may be open')
    results.measure(bench, fitted, some, gathered.rounds,
                    lambda server, measured, words: gathered.add(workload, server, measured, words))


def measure(options, scratch):
    gathered = results.Results(machine.describe(), options.rounds, options.seconds)
    limit = raise_limit(max(workload.files for workload in options.some_workloads))
    bench = runs.Bench(options.build, scratch, certificate.make(scratch), options.seconds)
    workloads.make_files(os.path.join(scratch, 'files'))
    for workload in options.some_workloads:
        some = [server for server in options.some_servers if workload.suits(server)]
        if not some:
            continue
        measure_one(bench, gathered, workload, some, limit)
        show(workload, gathered)
        report.write(gathered, options.output)
    return gathered


def main():
    options = parse()
    if options.again:
        gathered = results.Results.load(os.path.join(options.output, report.NUMBERS))
        report.write(gathered, options.output)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            gathered = measure(options, scratch)
    if options.publish:
        report.write(gathered, os.path.join(BENCH, 'results'))
        report.write_readme(gathered, os.path.join(SOURCE, 'README.md'))
    print(f'Numbers, tables and charts are in {options.output}.')
    return 0


if __name__ == '__main__':
    sys.exit(main())
