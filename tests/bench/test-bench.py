# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The benchmarks' own tool: every workload runs, and what it reports has the right shape. How
fast anything is doesn't matter here.

   test-bench.py FOLDER-OF-THE-BENCHMARKS BUILD-FOLDER
"""

import os
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import tap

BENCH, BUILD = sys.argv[1:]
sys.path.insert(0, os.path.join(BENCH, 'driver'))

# pylint: disable=wrong-import-position
import certificate  # noqa: E402
import machine  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
import runs  # noqa: E402
import servers  # noqa: E402
import table  # noqa: E402
import workloads  # noqa: E402

SECONDS = 0.02
NEVER_NULL = 'cpu_us_per_message', 'cpu_us_per_handshake', 'messages_per_second', 'latency_us_p50', 'worst_tick_ms'


def measured(bench, workload, server):
    """The numbers of a tiny run. One that was too short for an answer is made longer."""
    for factor in (1, 10, 100):
        bench.seconds = SECONDS * factor
        try:
            return bench.run(server, workloads.tiny(workload))
        except runs.Skip as why:
            raise tap.Skip(str(why)) from None
        except runs.Failure as why:
            if 'answered nothing' not in str(why) or factor == 100:
                raise
    return None


def check_run(bench, workload, server):
    values = measured(bench, workload, server)
    for line in workload.lines:
        assert line.metric in values, f'{line.metric} is missing among {sorted(values)}'
        assert values[line.metric] >= 0, f'{line.metric}: {values[line.metric]}'
        assert values[line.metric] > 0 or line.metric not in NEVER_NULL, f'{line.metric} is 0'
    if 'latency_us_p50' in values:
        assert values['latency_us_p50'] <= values['latency_us_p99'] <= values['latency_us_p999'], values


def check_numbers():
    shown = [table.number(value, 3) for value in (None, 0, 0.01234, 1.5, 15.55, 9870.4, 1234567)]
    assert shown == ['–', '0', '0.0123', '1.50', '15.6', '9,870', '1,234,567'], shown


def check_medians():
    cell = results.Cell.of([{'a': 3, 'b': 1}, {'a': 1}, {'a': 2}], [])
    assert cell.values == {'a': 2, 'b': 1}, cell.values
    cell = results.Cell.of([], ['skipped: no network'])
    assert cell.word == 'skipped: no network' and not cell.values


def check_fitted():
    talking = next(workload for workload in workloads.WORKLOADS if workload.name == 'beside-20000')
    assert talking.fitted(talking.files) is talking
    fewer = talking.fitted(20000)
    assert fewer.files == 20000 and fewer.options['idle'] == 20000 - workloads.OTHER_FILES - 1, fewer
    assert talking.fitted(10000) is None


def made_up():
    """Results of all workloads without a run; one server has none."""
    gathered = results.Results(machine.describe(), 1, 1)
    for workload in workloads.WORKLOADS:
        for place, server in enumerate(servers.SERVERS):
            if not workload.suits(server):
                continue
            values = {line.metric: place + 1.0 for line in workload.lines}
            if server.name == 'qt':
                gathered.add(workload, server, [], ['skipped: <too> large'])
            else:
                gathered.add(workload, server, [values], [])
    return gathered


def check_report():
    gathered = made_up()
    gathered.notes['idle-20000'] = 'fewer than <20,000>'
    with tempfile.TemporaryDirectory() as folder:
        report.write(gathered, folder)
        for group, title in workloads.GROUPS.items():
            drawing = ElementTree.parse(os.path.join(folder, f'performance-{group}.svg')).getroot()
            texts = [element.text for element in drawing.iter() if element.tag.endswith('text')]
            assert title in texts, f'{group}: {texts}'
            assert 'lws-glib object' in texts, f'{group}: {texts}'
        page = ElementTree.parse(os.path.join(folder, 'performance-results.xml')).getroot()
        assert len(page.findall('refsect1//tgroup')) == len(workloads.GROUPS)
        with open(os.path.join(folder, 'results.md'), encoding='utf-8') as file:
            text = file.read()
        assert 'Qt: skipped: <too> large' in text and 'fewer than <20,000> (idle-20000)' in text
        notes = [''.join(item.itertext()) for item in page.findall('refsect1/itemizedlist/listitem')]
        assert 'fewer than <20,000> (idle-20000)' in notes, notes
        again = results.Results.load(os.path.join(folder, report.NUMBERS))
        assert table.markdown(again, {}) == table.markdown(gathered, {})


def check_readme():
    gathered = made_up()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'README.md')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(f'before\n{report.MARKS[0]}\nold\n{report.MARKS[1]}\nafter\n')
        for _ in range(2):
            report.write_readme(gathered, path)
        with open(path, encoding='utf-8') as file:
            text = file.read()
    assert text.startswith(f'before\n{report.MARKS[0]}\n') and text.endswith(f'{report.MARKS[1]}\nafter\n'), text
    assert 'old' not in text and text.count('64 B, 64 connections (µs)') == 1, text


def run_cases(bench):
    for workload in workloads.WORKLOADS:
        for name in servers.OURS:
            server = servers.by_name(name)
            # One of ours is enough for what differs by an option of the load only.
            if workload.suits(server) and (name == 'object' or workload in workloads.PLAIN[:4]
                                           or workload.load in ('client', 'fan', 'fetch')):
                yield (f'/bench/{workload.name}/{name}',
                       lambda workload=workload, server=server: check_run(bench, workload, server))


def main():
    with tempfile.TemporaryDirectory() as scratch:
        workloads.make_files(os.path.join(scratch, 'files'))
        bench = runs.Bench(BUILD, scratch, certificate.make(scratch), SECONDS)
        return tap.run([
            ('/bench/numbers', check_numbers),
            ('/bench/medians', check_medians),
            ('/bench/fitted', check_fitted),
            ('/bench/report', check_report),
            ('/bench/readme', check_readme),
            *run_cases(bench),
        ])


if __name__ == '__main__':
    sys.exit(main())
