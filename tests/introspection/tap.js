// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// Test cases written for GJS, reported as TAP.

import GLib from 'gi://GLib';
import {exit} from 'system';

const LIMIT = 60; // seconds, for one case

// Thrown by a case that can't run, with the reason.
export class Skip extends Error {}

export function ok(value, what = 'it is not so') {
  if (!value)
    throw new Error(what);
}

// For numbers, strings, and what can be written down in JSON.
export function equal(actual, expected) {
  const [is, shallBe] = [actual, expected].map(value => JSON.stringify(value) ?? String(value));

  ok(Object.is(actual, expected) || is === shallBe, `it is ${is.slice(0, 200)} instead of ${shallBe.slice(0, 200)}`);
}

// The error of a call, which must be of that domain and code.
export async function fails(call, domain, code) {
  let error = null;

  try {
    await call();
  } catch (caught) {
    error = caught;
  }
  ok(error !== null, 'it did not fail');
  if (!(error instanceof GLib.Error) || !error.matches(domain, code))
    throw error;
  ok(error instanceof domain && error.code === code && error.message !== '', `not a proper error: ${error}`);

  return error;
}

// The arguments of the next emission of a signal, without its object.
export function emission(object, signal) {
  return new Promise(resolve => {
    const id = object.connect(signal, (_object, ...parameters) => {
      object.disconnect(id);
      resolve(parameters);
    });
  });
}

// A turn of the main loop, after everything else that is to be done.
export function turn() {
  return new Promise(resolve => GLib.idle_add(GLib.PRIORITY_LOW, () => {
    resolve();
    return GLib.SOURCE_REMOVE;
  }));
}

export async function until(condition) {
  while (!condition())
    await turn();
}

function withLimit(promise) {
  let id = 0;
  const limit = new Promise((_resolve, reject) => {
    id = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, LIMIT, () => {
      id = 0;
      reject(new Error('it takes too long'));
      return GLib.SOURCE_REMOVE;
    });
  });

  return Promise.race([promise, limit]).finally(() => id !== 0 && GLib.source_remove(id));
}

async function runAll(cases) {
  let failed = 0;

  print(`1..${cases.length}`);
  for (const [index, [name, test]] of cases.entries()) {
    try {
      await withLimit(test());
      print(`ok ${index + 1} ${name}`);
    } catch (error) {
      if (error instanceof Skip) {
        print(`ok ${index + 1} ${name} # SKIP ${error.message}`);
        continue;
      }
      failed++;
      printerr(`${name}: ${error}\n${error.stack}`);
      print(`not ok ${index + 1} ${name}`);
    }
  }

  return failed;
}

// Runs [name, async function] pairs one after the other, and ends the process.
export function run(cases) {
  const loop = new GLib.MainLoop(null, false);
  let failed = 1;

  runAll(cases).then(count => {
    failed = count;
  }).finally(() => loop.quit());
  loop.run();
  exit(failed > 0 ? 1 : 0);
}
