/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/connection/end-private.h"
#include "engine/http/http-response-private.h"
#include "engine/websocket/open-private.h"
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "owner.h"

/* Answers to plain HTTP requests. */

#define MIB (1024 * 1024)
#define GET "GET / HTTP/1.1"

/* What a request is answered with. */
typedef struct {
  const char *path;             /* a file, or NULL */
  const char *raw;              /* bytes, or NULL */
  gboolean later;               /* in the writable callback */
  gboolean end;                 /* says that nothing more will come */
  GError *error;
} Answer;

static void
answer (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  Answer *with = owner->hook_data;

  if (event != OWNER_REQUEST && event != OWNER_WRITABLE)
    return;
  if (with->later && event == OWNER_REQUEST)
    {
      engine_connection_request_writable (connection);
      return;
    }

  g_clear_error (&with->error);
  if (with->path != NULL)
    engine_http_response_file (connection, with->path, "text/plain", NULL, &with->error);
  if (with->raw != NULL)
    engine_http_response_write (connection, (const guint8 *) with->raw, strlen (with->raw), &with->error);
  if (with->end)
    engine_connection_close (connection, WIRE_CLOSE_NORMAL, NULL, 0);
}

static Owner *
owner_new_answering (Answer *with)
{
  Owner *owner = owner_new ();

  owner->hook = answer;
  owner->hook_data = with;

  return owner;
}

/* Checks the one header that every answer of ours has (RFC 9110 section 6.6.1). */
static void
expect_date (const char *head)
{
  const char *date = strstr (head, "\r\nDate: ");

  g_assert_nonnull (date);
  g_assert_null (strstr (date + 1, "\r\nDate: "));
  date += strlen ("\r\nDate: ");
  g_assert_cmpuint (strcspn (date, "\r"), ==, strlen ("Sun, 06 Nov 1994 08:49:37 GMT"));
  g_assert_true (g_str_has_prefix (date + strlen ("Sun, 06 Nov 1994 08:49:37"), " GMT\r\n"));
}

static void
ask (RawPeer *peer, const char *request_line, const char *headers)
{
  g_autofree char *request = g_strdup_printf ("%s\r\nHost: localhost\r\n%s\r\n", request_line, headers);

  raw_peer_send_text (peer, request);
}

static void
expect_body (RawPeer *peer, const void *body, gsize length)
{
  g_autofree guint8 *got = g_malloc (length + 1);

  raw_peer_read (peer, length, got);
  g_assert_cmpmem (got, length, body, length);
}

/* Reads a head and checks its status and length; -1: has none. */
static char *
expect_head (RawPeer *peer, guint status, gint64 length)
{
  char *head = raw_peer_read_head (peer);
  g_autofree char *line = g_strdup_printf ("HTTP/1.1 %u ", status);
  g_autofree char *header = g_strdup_printf ("\r\nContent-Length: %" G_GINT64_FORMAT "\r\n", length);

  g_assert_true (g_str_has_prefix (head, line));
  if (length >= 0)
    g_assert_nonnull (strstr (head, header));
  else
    g_assert_null (strstr (head, "Content-Length"));

  return head;
}

/* --- files */

/* A file with a pattern in it, in a directory of its own. */
static char *
file_new (gsize length, guint8 **contents)
{
  g_autofree char *directory = g_dir_make_tmp ("lws-glib-reply-XXXXXX", NULL);
  char *path = g_build_filename (directory, "file", NULL);

  *contents = g_malloc (length + 1);
  for (gsize i = 0; i < length; i++)
    (*contents)[i] = (guint8) (i * 3 + i / 253);
  g_assert_true (g_file_set_contents (path, (char *) *contents, (gssize) length, NULL));

  return path;
}

static void
file_remove (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);

  g_remove (path);
  g_rmdir (directory);
}

/* Around the size up to which a file leaves with its head, and well above it. */
static const gsize file_sizes[] = { 0, 1, 12 * 1024 - 1, 12 * 1024, 12 * 1024 + 1, 64 * 1024, MIB, MIB + 1, 3 * MIB };

static void
test_file_sizes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (file_sizes); i++)
    {
      g_autofree guint8 *contents = NULL;
      g_autofree char *path = file_new (file_sizes[i], &contents);
      Answer with = { .path = path };
      g_autoptr (Owner) owner = owner_new_answering (&with);
      g_autoptr (RawPeer) peer = owner_connect (owner);

      /* Twice on the same connection: it stays open. */
      for (guint n = 0; n < 2; n++)
        {
          g_autofree char *head = NULL;

          ask (peer, "GET /file HTTP/1.1", "");
          head = expect_head (peer, 200, (gint64) file_sizes[i]);
          g_assert_nonnull (strstr (head, "\r\nContent-Type: text/plain\r\n"));
          g_assert_nonnull (strstr (head, "\r\nConnection: keep-alive\r\n"));
          expect_date (head);
          expect_body (peer, contents, file_sizes[i]);
        }
      g_assert_no_error (with.error);
      file_remove (path);
    }
}

/* All that waits is in the kernel and in the file, and others are served meanwhile. */
static void
test_file_slow_reader (void)
{
  gsize length = 20 * MIB;
  g_autofree guint8 *contents = NULL;
  g_autofree char *path = file_new (length, &contents);
  Answer with = { .path = path };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = raw_peer_connect_small (owner->port, 4096, owner_turn, owner);
  g_autoptr (RawPeer) other = owner_connect (owner);
  g_autofree char *head = NULL;

  ask (peer, "GET /file HTTP/1.1", "Connection: close\r\n");
  owner_wait (owner, OWNER_REQUEST, 1);
  owner_settle (owner);
  g_assert_cmpuint (owner->context->first->output.bytes, <, 1024);
  raw_peer_upgrade (other);

  head = expect_head (peer, 200, (gint64) length);
  g_assert_nonnull (strstr (head, "\r\nConnection: close\r\n"));
  expect_body (peer, contents, length);
  raw_peer_expect_end (peer);
  file_remove (path);
}

static void
test_file_never_taken (void)
{
  g_autofree guint8 *contents = NULL;
  g_autofree char *path = file_new (20 * MIB, &contents);
  Answer with = { .path = path };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = raw_peer_connect_small (owner->port, 4096, owner_turn, owner);

  ask (peer, "GET /file HTTP/1.1", "");
  owner_wait (owner, OWNER_REQUEST, 1);
  owner_settle (owner);
  owner_advance (owner, owner->context->limits.response_ticks + 1);
  owner_wait (owner, OWNER_RELEASED, 1);
  raw_peer_expect_lost (peer);
  file_remove (path);
}

/* A client that has this version of a file is told so. */
static void
test_file_known (void)
{
  g_autofree guint8 *contents = NULL;
  g_autofree char *path = file_new (1000, &contents);
  Answer with = { .path = path };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);
  static const char *const methods[] = { "GET / HTTP/1.1", "HEAD / HTTP/1.1" };
  g_autofree char *head = NULL;
  g_autofree char *date = NULL;
  g_autofree char *known = NULL;
  g_autofree char *tagged = NULL;

  ask (peer, GET, "");
  head = expect_head (peer, 200, 1000);
  expect_body (peer, contents, 1000);
  date = g_strndup (strstr (head, "\r\nLast-Modified: ") + strlen ("\r\nLast-Modified: "), 29);
  g_assert_true (g_str_has_suffix (date, " GMT"));
  known = g_strconcat ("If-Modified-Since: ", date, "\r\n", NULL);
  tagged = g_strconcat (known, "If-None-Match: \"x\"\r\n", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autofree char *same = NULL;

      ask (peer, methods[i], known);
      same = expect_head (peer, 304, -1);
      g_assert_nonnull (strstr (same, date));
      expect_date (same);
      g_assert_nonnull (strstr (same, "\r\nX-Content-Type-Options: nosniff\r\n"));
      g_assert_null (strstr (same, "Content-Type: "));
    }

  /* Another date, no date, or a tag, which we never gave. */
  ask (peer, GET, "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  g_free (expect_head (peer, 200, 1000));
  expect_body (peer, contents, 1000);
  ask (peer, GET, "If-Modified-Since: yesterday, or the day before that, or before\r\n");
  g_free (expect_head (peer, 200, 1000));
  expect_body (peer, contents, 1000);
  ask (peer, GET, tagged);
  g_free (expect_head (peer, 200, 1000));
  expect_body (peer, contents, 1000);
  file_remove (path);
}

/* There are none: who asks for a part gets all (RFC 9110 section 14.2). */
static void
test_file_ranges (void)
{
  g_autofree guint8 *contents = NULL;
  g_autofree char *path = file_new (1000, &contents);
  Answer with = { .path = path };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);
  static const char *const ranges[] = {
    "Range: bytes=0-9\r\n", "Range: bytes=-1\r\n", "Range: bytes=18446744073709551615-\r\n",
    "Range: bytes=0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0\r\n", "Range: nonsense\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
    {
      ask (peer, GET, ranges[i]);
      g_free (expect_head (peer, 200, 1000));
      expect_body (peer, contents, 1000);
    }
  file_remove (path);
}

/* What was promised can't be kept: the peer must see that it was cut off. */
static void
test_file_shrinks (void)
{
  gsize length = 20 * MIB;
  g_autofree guint8 *contents = NULL;
  g_autofree char *path = file_new (length, &contents);
  Answer with = { .path = path };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = raw_peer_connect_small (owner->port, 4096, owner_turn, owner);

  ask (peer, "GET /file HTTP/1.1", "");
  owner_wait (owner, OWNER_REQUEST, 1);
  owner_settle (owner);
  g_assert_cmpint (truncate (path, MIB), ==, 0);
  while (!peer->ended && !peer->reset)
    raw_peer_pump (peer);
  owner_wait (owner, OWNER_RELEASED, 1);

  g_assert_cmpuint (peer->input->len, <, length);
  file_remove (path);
}

static void
test_file_head_only (void)
{
  g_autofree guint8 *contents = NULL;
  g_autofree char *path = file_new (5000, &contents);
  Answer with = { .path = path };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *head = NULL;
  g_autofree char *next = NULL;

  ask (peer, "HEAD /file HTTP/1.1", "");
  ask (peer, "GET /file HTTP/1.1", "");
  head = expect_head (peer, 200, 5000);
  next = expect_head (peer, 200, 5000);
  g_assert_cmpstr (head, ==, next);
  expect_body (peer, contents, 5000);
  file_remove (path);
}

static void
test_file_missing (void)
{
  Answer with = { .path = "/nonexistent/file" };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);

  ask (peer, "GET /file HTTP/1.1", "");
  raw_peer_expect_refusal (peer, 404);
  g_assert_error (with.error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM);
  g_assert_nonnull (strstr (with.error->message, "/nonexistent/file"));
  g_clear_error (&with.error);
}

static void
test_file_directory (void)
{
  Answer with = { .path = "/" };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);

  ask (peer, "GET /file HTTP/1.1", "");
  raw_peer_expect_refusal (peer, 403);
  g_assert_error (with.error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM);
  g_clear_error (&with.error);
}

/* --- bytes of the owner's */

typedef struct {
  const char *name;
  const char *request;
  const char *headers;
  const char *raw;              /* the answer; NULL: none */
  gboolean later;
  gboolean end;
  const char *received;         /* NULL: as it was given */
  gboolean kept;                /* the connection is used for another request */
} RawCase;

#define OK "HTTP/1.1 200 OK\r\n"

static const RawCase raw_cases[] = {
  { "with-length", GET, "", OK "Content-Length: 2\r\n\r\nhi", .kept = TRUE },
  { "with-length-later", GET, "", OK "Content-Length: 2\r\n\r\nhi", .later = TRUE, .kept = TRUE },
  { "without-length", GET, "", OK "\r\nhi" },
  { "empty", GET, "", OK "Content-Length: 0\r\n\r\n", .kept = TRUE },
  { "no-content", GET, "", "HTTP/1.1 204 No Content\r\n\r\n", .kept = TRUE },
  { "not-modified", GET, "", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", .kept = TRUE },
  { "shorter-than-announced", GET, "", OK "Content-Length: 3\r\n\r\nhi" },
  { "longer-than-announced", GET, "", OK "Content-Length: 1\r\n\r\nhi" },
  { "chunked", GET, "", OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n" },
  { "says-close", GET, "", OK "Content-Length: 2\r\nConnection: close\r\n\r\nhi" },
  { "asked-to-close", GET, "Connection: close\r\n", OK "Content-Length: 2\r\n\r\nhi" },
  { "http-1.0", "GET / HTTP/1.0", "", OK "Content-Length: 2\r\n\r\nhi" },
  { "answer-of-http-1.0", GET, "", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi" },
  { "head-only", "HEAD / HTTP/1.1", "", OK "Content-Length: 2\r\n\r\n", .kept = TRUE },
  /* Of HEAD the classic API tells its programs nothing: they give a body. */
  { "head-with-body", "HEAD / HTTP/1.1", "", OK "Content-Length: 2\r\n\r\nhi",
    .received = OK "Content-Length: 2\r\n\r\n", .kept = TRUE },
  { "head-without-length", "HEAD / HTTP/1.1", "", OK "\r\nhi", .received = OK "\r\n", .kept = TRUE },
  { "head-chunked", "HEAD / HTTP/1.1", "", OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    .received = OK "Transfer-Encoding: chunked\r\n\r\n" },
  { "no-content-with-body", GET, "", "HTTP/1.1 204 No Content\r\n\r\nhi", .received = "HTTP/1.1 204 No Content\r\n\r\n",
    .kept = TRUE },
  { "no-head", GET, "", "hello" },
  { "half-a-head", GET, "", OK "Content-Length: 2\r\n" },
  { "ended", GET, "", OK "Content-Length: 2\r\n\r\nhi", .end = TRUE },
  { "ended-without-answer", GET, "", NULL, .end = TRUE, .received = "" },
};

static void
test_raw (gconstpointer data)
{
  const RawCase *test = data;
  const char *received = test->received != NULL ? test->received : test->raw;
  Answer with = { .raw = test->raw, .later = test->later, .end = test->end };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);

  ask (peer, test->request, test->headers);
  expect_body (peer, received, strlen (received));
  if (test->kept)
    {
      ask (peer, test->request, test->headers);
      expect_body (peer, received, strlen (received));
      g_assert_false (peer->ended);
    }
  else
    raw_peer_expect_end (peer);
  g_assert_no_error (with.error);
}

static void
answer_bytewise (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  const char *text = owner->hook_data;

  for (; event == OWNER_REQUEST && *text != '\0'; text++)
    g_assert_true (engine_http_response_write (connection, (const guint8 *) text, 1, NULL));
}

static void
test_raw_bytewise (void)
{
  const char *text = OK "Content-Length: 2\r\n\r\nhi";
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  owner->hook = answer_bytewise;
  owner->hook_data = (gpointer) text;
  for (guint i = 0; i < 3; i++)
    {
      ask (peer, GET, "");
      expect_body (peer, text, strlen (text));
    }
  for (guint i = 0; i < 3; i++)
    {
      ask (peer, "HEAD / HTTP/1.1", "");
      expect_body (peer, text, strlen (text) - strlen ("hi"));
    }
  g_assert_false (peer->ended);
}

static void
write_until_full (Owner *owner, OwnerEvent event, EngineConnection *connection, gconstpointer detail)
{
  static const guint8 bytes[64 * 1024];
  guint *written = owner->hook_data;
  g_autoptr (GError) error = NULL;

  if (event != OWNER_REQUEST && event != OWNER_WRITABLE)
    return;

  if (event == OWNER_REQUEST)
    engine_http_response_write (connection, (const guint8 *) OK "\r\n", strlen (OK "\r\n"), NULL);
  while (*written < 1000 && engine_http_response_write (connection, bytes, sizeof bytes, &error))
    (*written)++;
  if (*written == 1000)
    return;
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_FULL);
  engine_connection_request_writable (connection);
}

/* A long answer, piece by piece as the peer takes it. */
static void
test_raw_streamed (void)
{
  guint written = 0;
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *head = NULL;
  gsize left = 1000 * 64 * 1024;

  owner->context->limits.output_limit = MIB;
  owner->hook = write_until_full;
  owner->hook_data = &written;
  ask (peer, GET, "");
  head = expect_head (peer, 200, -1);
  while (left > 0)
    {
      gsize step = MIN (left, MIB);
      g_autofree guint8 *bytes = g_malloc (step);

      raw_peer_read (peer, step, bytes);
      left -= step;
    }
  raw_peer_expect_end (peer);
  g_assert_cmpuint (owner->counts[OWNER_WRITABLE], >, 1);
}

/* --- requests */

static void
test_unanswered (void)
{
  g_autoptr (Owner) owner = owner_new ();
  g_autoptr (RawPeer) peer = owner_connect (owner);

  ask (peer, GET, "");
  raw_peer_expect_refusal (peer, 404);
}

static const struct {
  const char *name;
  const char *headers;
  guint status;
} body_cases[] = {
  { "length", "Content-Length: 5\r\n", 413 },
  { "chunked", "Transfer-Encoding: chunked\r\n", 413 },
  { "both", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400 },
  { "no-number", "Content-Length: 5a\r\n", 400 },
  { "two-lengths", "Content-Length: 5\r\nContent-Length: 6\r\n", 400 },
};

/* A body is read by nobody, and nothing behind it is taken for a request. */
static void
test_body (gconstpointer data)
{
  guint index = GPOINTER_TO_UINT (data);
  Answer with = { .raw = OK "Content-Length: 0\r\n\r\n" };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);

  ask (peer, "POST / HTTP/1.1", body_cases[index].headers);
  ask (peer, GET, "");
  raw_peer_expect_refusal (peer, body_cases[index].status);
  g_assert_cmpuint (owner->counts[OWNER_REQUEST], ==, 0);
}

/* Asked in one packet, answered in order. */
static void
test_pipelined (void)
{
  g_autofree guint8 *contents = NULL;
  g_autofree char *path = file_new (100000, &contents);
  Answer with = { .path = path };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autoptr (GString) requests = g_string_new (NULL);

  for (guint i = 0; i < 20; i++)
    g_string_append (requests, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  g_string_append (requests, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  g_string_append (requests, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  raw_peer_send (peer, requests->str, requests->len);
  for (guint i = 0; i < 21; i++)
    {
      g_autofree char *head = expect_head (peer, 200, 100000);

      expect_body (peer, contents, 100000);
    }
  raw_peer_expect_end (peer);
  g_assert_cmpuint (owner->counts[OWNER_REQUEST], ==, 21);
  file_remove (path);
}

static void
test_upgrade_after_reply (void)
{
  Answer with = { .raw = OK "Content-Length: 0\r\n\r\n" };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *head = NULL;

  ask (peer, GET, "");
  head = expect_head (peer, 200, 0);
  raw_peer_upgrade (peer);
  g_assert_cmpstr (owner->log->str, ==, "opened /\n");
}

/* The bad upgrade that comes after a good answer. */
static void
test_bad_upgrade_after_reply (void)
{
  Answer with = { .raw = OK "Content-Length: 0\r\n\r\n" };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *head = NULL;

  ask (peer, GET, "");
  head = expect_head (peer, 200, 0);
  ask (peer, GET, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
  raw_peer_expect_refusal (peer, 400);
}

static void
test_keep_alive_limit (void)
{
  Answer with = { .raw = OK "Content-Length: 0\r\n\r\n" };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *head = NULL;

  ask (peer, GET, "");
  head = expect_head (peer, 200, 0);
  g_test_expect_message ("lws-glib", G_LOG_LEVEL_DEBUG, "The client sent no request within 15 s");
  owner_pass_deadline (owner, owner->context->limits.keep_alive_ticks, OWNER_RELEASED);
  g_test_assert_expected_messages ();
  raw_peer_expect_end (peer);
  g_assert_cmpuint (owner->counts[OWNER_RELEASED], ==, 1);
}

/* It may also leave by itself. */
static void
test_keep_alive_left (void)
{
  Answer with = { .raw = OK "Content-Length: 0\r\n\r\n" };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);
  g_autofree char *head = NULL;

  ask (peer, GET, "");
  head = expect_head (peer, 200, 0);
  g_test_expect_message ("lws-glib", G_LOG_LEVEL_DEBUG, "The client closed the connection without a whole request");
  raw_peer_shutdown (peer);
  raw_peer_expect_end (peer);
  g_test_assert_expected_messages ();
}

/* A client that has said all it has to say still gets its answers. */
static void
test_half_closed (void)
{
  Answer with = { .raw = OK "Content-Length: 2\r\n\r\nhi", .later = TRUE };
  g_autoptr (Owner) owner = owner_new_answering (&with);
  g_autoptr (RawPeer) peer = owner_connect (owner);

  ask (peer, GET, "");
  ask (peer, GET, "");
  raw_peer_shutdown (peer);
  expect_body (peer, with.raw, strlen (with.raw));
  expect_body (peer, with.raw, strlen (with.raw));
  raw_peer_expect_end (peer);
  owner_wait (owner, OWNER_RELEASED, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/reply/file/sizes", test_file_sizes);
  g_test_add_func ("/engine/reply/file/slow-reader", test_file_slow_reader);
  g_test_add_func ("/engine/reply/file/never-taken", test_file_never_taken);
  g_test_add_func ("/engine/reply/file/known", test_file_known);
  g_test_add_func ("/engine/reply/file/ranges", test_file_ranges);
  g_test_add_func ("/engine/reply/file/shrinks", test_file_shrinks);
  g_test_add_func ("/engine/reply/file/head-only", test_file_head_only);
  g_test_add_func ("/engine/reply/file/missing", test_file_missing);
  g_test_add_func ("/engine/reply/file/directory", test_file_directory);
  for (gsize i = 0; i < G_N_ELEMENTS (raw_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/reply/raw/", raw_cases[i].name, NULL);

      g_test_add_data_func (path, &raw_cases[i], test_raw);
    }
  g_test_add_func ("/engine/reply/raw/bytewise", test_raw_bytewise);
  g_test_add_func ("/engine/reply/raw/streamed", test_raw_streamed);
  g_test_add_func ("/engine/reply/unanswered", test_unanswered);
  for (guint i = 0; i < G_N_ELEMENTS (body_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/reply/body/", body_cases[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_body);
    }
  g_test_add_func ("/engine/reply/pipelined", test_pipelined);
  g_test_add_func ("/engine/reply/upgrade-after-reply", test_upgrade_after_reply);
  g_test_add_func ("/engine/reply/bad-upgrade-after-reply", test_bad_upgrade_after_reply);
  g_test_add_func ("/engine/reply/keep-alive-limit", test_keep_alive_limit);
  g_test_add_func ("/engine/reply/keep-alive-left", test_keep_alive_left);
  g_test_add_func ("/engine/reply/half-closed", test_half_closed);

  return g_test_run ();
}
