// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// TLS as JavaScript has it.
//
//   test-gjs-tls.js PYTHON CERTIFICATE-SCRIPT

import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Gio from 'gi://Gio';
import Lwsg from 'gi://Lwsg?version=1.0';
import {programArgs} from 'system';

import './pair.js';
import {emission, equal, fails, ok, run, Skip} from './tap.js';

const {BAD_IDENTITY, NO_FLAGS, UNKNOWN_CA} = Gio.TlsCertificateFlags;

// The paths of a certificate that is its own authority, and of its key.
async function withFiles(hosts, use) {
  if (GLib.find_program_in_path('openssl') === null)
    throw new Skip('openssl is not installed');

  const directory = GLib.Dir.make_tmp('lws-glib-gjs-XXXXXX');
  const files = ['pem', 'key'].map(suffix => GLib.build_filenamev([directory, `machine.${suffix}`]));

  try {
    const script = Gio.Subprocess.new([...programArgs, directory, 'machine', ...hosts], Gio.SubprocessFlags.NONE);

    ok(script.wait_check(null));
    await use(...files);
  } finally {
    for (const path of [...files, directory])
      Gio.File.new_for_path(path).delete(null);
  }
}

function serve(certificate, key) {
  const context = new Lwsg.Context({tlsCertificate: Gio.TlsCertificate.new_from_files(certificate, key)});
  const protocol = context.add_protocol('echo');

  protocol.connect('message', (_protocol, connection, message) => connection.send_text(message.get_text()));
  return {context, protocol, port: context.listen('127.0.0.1', 0)};
}

async function checkEcho(connection) {
  connection.send_text('through TLS');
  equal((await connection.receive_async(null)).get_text(), 'through TLS');
}

function trust() {
  return withFiles(['localhost'], async (certificate, key) => {
    const {context, protocol, port} = serve(certificate, key);
    const client = new Lwsg.Context({tlsDatabase: Gio.TlsFileDatabase.new(certificate), proxyResolver: null});
    const opened = emission(protocol, 'opened');
    const connection = await client.connect_async(`wss://localhost:${port}/`, ['echo'], null);
    const [server] = await opened;

    await checkEcho(connection);
    ok(connection.tlsPeerCertificate instanceof Gio.TlsCertificate);
    ok(connection.tlsPeerCertificate.is_same(context.tlsCertificate));
    equal(connection.tlsPeerCertificateErrors, NO_FLAGS);
    equal(connection.tlsProtocolVersion, Gio.TlsProtocolVersion.TLS_1_3);
    equal(connection.tlsCiphersuiteName, server.tlsCiphersuiteName);
    equal(server.tlsPeerCertificate, null);
    client.close();
    context.close();
  });
}

function decisions() {
  return withFiles(['elsewhere.example'], async (certificate, key) => {
    const {context, port} = serve(certificate, key);
    const client = new Lwsg.Context();
    const connect = () => client.connect_async(`wss://localhost:${port}/`, ['echo'], null);
    const asked = [];
    let answer = false;

    client.set_proxy_resolver(null);
    await fails(connect, Gio.TlsError, Gio.TlsError.BAD_CERTIFICATE);
    client.connect('accept-certificate', (_client, host, shown, errors) => {
      ok(shown instanceof Gio.TlsCertificate);
      asked.push([host, errors]);
      return answer;
    });
    await fails(connect, Gio.TlsError, Gio.TlsError.BAD_CERTIFICATE);
    answer = true;

    const connection = await connect();

    await checkEcho(connection);
    equal(asked, Array(2).fill(['localhost', UNKNOWN_CA | BAD_IDENTITY]));
    equal(connection.tlsPeerCertificateErrors, UNKNOWN_CA | BAD_IDENTITY);
    client.close();
    context.close();
  });
}

const Wallet = GObject.registerClass(class Wallet extends Gio.TlsInteraction {
  vfunc_request_certificate(connection, _flags, _cancellable) {
    connection.set_certificate(this.certificate);
    return Gio.TlsInteractionResult.HANDLED;
  }
});

function clientCertificates() {
  return withFiles(['localhost'], async (certificate, key) => {
    const {context, protocol, port} = serve(certificate, key);
    const trusted = Gio.TlsFileDatabase.new(certificate);
    const client = new Lwsg.Context({tlsDatabase: trusted, tlsInteraction: new Wallet(), proxyResolver: null});

    context.tlsAuthenticationMode = Gio.TlsAuthenticationMode.REQUIRED;
    context.tlsDatabase = trusted;
    client.tlsInteraction.certificate = context.tlsCertificate;
    equal(context.tlsAuthenticationMode, Gio.TlsAuthenticationMode.REQUIRED);

    const opened = emission(protocol, 'opened');

    await checkEcho(await client.connect_async(`wss://localhost:${port}/`, ['echo'], null));
    const [server] = await opened;

    ok(server.tlsPeerCertificate.is_same(context.tlsCertificate));
    client.close();
    context.close();
  });
}

async function errors() {
  const context = new Lwsg.Context();

  equal(context.tlsCertificate, null);
  equal(context.tlsDatabase, null);
  await withFiles(['localhost'], async certificate => {
    const withoutKey = Gio.TlsCertificate.new_from_file(certificate);

    for (const name of ['set_tls_certificate', 'add_tls_certificate'])
      await fails(() => context[name](withoutKey), Gio.TlsError, Gio.TlsError.BAD_CERTIFICATE);
  });
  context.close();
}

run(Object.entries({trust, decisions, clientCertificates, errors}).map(
  ([name, test]) => [`/introspection/gjs/tls/${name}`, test]));
