/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-qt PORT [CERTIFICATE KEY]: Qt WebSockets as a server of the benchmarks. On the
 * path /fan each message goes to all connections on /fan, on any other it is echoed.
 */
#include <QCoreApplication>
#include <QFile>
#include <QSet>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QWebSocket>
#include <QWebSocketServer>
#include <sys/resource.h>

static const int PENDING_MAX = 100000;

static QSet<QWebSocket *> fans;

static QByteArray
contents (const char *name)
{
  QFile file (QString::fromLocal8Bit (name));

  return file.open (QIODevice::ReadOnly) ? file.readAll () : QByteArray ();
}

static QSslConfiguration
configuration (const char *certificate, const char *key)
{
  QSslConfiguration configuration = QSslConfiguration::defaultConfiguration ();

  configuration.setLocalCertificate (QSslCertificate (contents (certificate)));
  configuration.setPrivateKey (QSslKey (contents (key), QSsl::Ec));
  configuration.setPeerVerifyMode (QSslSocket::VerifyNone);

  return configuration;
}

static void
on_text (QWebSocket *socket, bool fan, const QString &message)
{
  if (!fan)
    socket->sendTextMessage (message);
  else
    for (QWebSocket *other : fans)
      other->sendTextMessage (message);
}

static void
on_binary (QWebSocket *socket, bool fan, const QByteArray &message)
{
  if (!fan)
    socket->sendBinaryMessage (message);
  else
    for (QWebSocket *other : fans)
      other->sendBinaryMessage (message);
}

static void
welcome (QWebSocket *socket)
{
  bool fan = socket->requestUrl ().path () == QStringLiteral ("/fan");

  if (fan)
    fans.insert (socket);
  QObject::connect (socket, &QWebSocket::textMessageReceived,
                    [socket, fan] (const QString &message) { on_text (socket, fan, message); });
  QObject::connect (socket, &QWebSocket::binaryMessageReceived,
                    [socket, fan] (const QByteArray &message) { on_binary (socket, fan, message); });
  QObject::connect (socket, &QWebSocket::disconnected, [socket] {
    fans.remove (socket);
    socket->deleteLater ();
  });
}

int
main (int argc, char **argv)
{
  QCoreApplication app (argc, argv);
  bool secure = argc == 4;
  QWebSocketServer server ("bench", secure ? QWebSocketServer::SecureMode : QWebSocketServer::NonSecureMode);
  struct rlimit files = {};

  if (argc != 2 && !secure)
    {
      fprintf (stderr, "Usage: bench-qt PORT [CERTIFICATE KEY]\n");
      return 2;
    }
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);

  if (secure)
    server.setSslConfiguration (configuration (argv[2], argv[3]));
  server.setMaxPendingConnections (PENDING_MAX);
  QObject::connect (&server, &QWebSocketServer::newConnection, [&server] {
    while (QWebSocket *socket = server.nextPendingConnection ())
      welcome (socket);
  });
  if (!server.listen (QHostAddress::LocalHost, static_cast<quint16> (atoi (argv[1]))))
    return 1;

  return app.exec ();
}
