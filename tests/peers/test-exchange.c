/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Random messages between our end and other libraries, both ways at once: whatever is
 * sent arrives, in order, with its type and its borders. So many each way as the
 * environment variable LWS_GLIB_TEST_MESSAGES says.
 */
#include "child.h"

#include <lws-glib/lws-glib.h>
#include <string.h>

#define MESSAGES_DEFAULT 300
#define SIZE_MAX_LOG2 20
#define BLOCK_SIZE (2 << SIZE_MAX_LOG2)
#define CUTS_MAX 5

/* One message in so many milliseconds is slow even under valgrind. */
#define MILLISECONDS_A_MESSAGE 100

typedef struct {
  const PeerLibrary *library;
  gboolean as_server;
} Test;

typedef struct {
  LwsgConnection *connection;
  guint messages;               /* each way */
  guint8 *binary;               /* what messages are cut from */
  guint8 *text;
  guint sent;
  guint received;
  GChecksum *sent_sum;
  GChecksum *received_sum;
  gboolean confirmed;           /* the peer sent what we received */
  gboolean closed;
} Exchange;

static guint
count_messages (void)
{
  const char *count = g_getenv ("LWS_GLIB_TEST_MESSAGES");

  return count != NULL ? (guint) g_ascii_strtoull (count, NULL, 10) : MESSAGES_DEFAULT;
}

/* Type and length count, too. */
static void
sum_message (GChecksum *sum, LwsgMessageType type, const guint8 *payload, gsize length)
{
  guint8 kind = (guint8) type;
  guint64 size = GUINT64_TO_BE ((guint64) length);

  g_checksum_update (sum, &kind, 1);
  g_checksum_update (sum, (const guint8 *) &size, sizeof size);
  g_checksum_update (sum, payload, (gssize) length);
}

/* --- what is sent */

static guint8 *
make_binary (void)
{
  guint8 *block = g_malloc (BLOCK_SIZE);

  for (gsize i = 0; i < BLOCK_SIZE; i++)
    block[i] = (guint8) g_test_rand_int ();

  return block;
}

static guint8 *
make_text (void)
{
  static const char *const characters[] = { "a", "é", "€", "😀" };
  GString *text = g_string_sized_new (BLOCK_SIZE);

  while (text->len < BLOCK_SIZE - 4)
    g_string_append (text, characters[g_test_rand_int_range (0, G_N_ELEMENTS (characters))]);
  while (text->len < BLOCK_SIZE)
    g_string_append_c (text, 'x');

  return (guint8 *) g_string_free (text, FALSE);
}

static gsize
to_character (const guint8 *text, gsize at)
{
  while (at > 0 && at < BLOCK_SIZE && (text[at] & 0xc0) == 0x80)
    at--;

  return at;
}

static int
compare_sizes (gconstpointer a, gconstpointer b)
{
  const gsize *left = a, *right = b;

  return *left < *right ? -1 : *left > *right;
}

static void
send_fragments (LwsgConnection *connection, LwsgMessageType type, GBytes *bytes, guint n_cuts)
{
  gsize length = g_bytes_get_size (bytes), from = 0;
  gsize ends[CUTS_MAX + 1];

  for (guint i = 0; i < n_cuts; i++)
    ends[i] = (gsize) g_test_rand_int_range (0, (gint32) length + 1);
  ends[n_cuts] = length;
  qsort (ends, n_cuts, sizeof ends[0], compare_sizes);
  for (guint i = 0; i <= n_cuts; i++)
    {
      g_autoptr (GBytes) piece = g_bytes_new_from_bytes (bytes, from, ends[i] - from);
      g_autoptr (GError) error = NULL;

      lwsg_connection_send_fragment (connection, type, piece, i == n_cuts, &error);
      g_assert_no_error (error);
      from = ends[i];
    }
}

/* As many small ones as large ones, as logarithms see it. */
static void
send_random (Exchange *exchange)
{
  static const guint cuts[] = { 0, 0, 1, CUTS_MAX };
  LwsgMessageType type = g_test_rand_bit () ? LWSG_MESSAGE_TEXT : LWSG_MESSAGE_BINARY;
  const guint8 *block = type == LWSG_MESSAGE_TEXT ? exchange->text : exchange->binary;
  gsize size = (gsize) g_test_rand_int_range (0, 1 << g_test_rand_int_range (0, SIZE_MAX_LOG2 + 1));
  gsize from = (gsize) g_test_rand_int_range (0, (gint32) (BLOCK_SIZE - size));
  gsize to = from + size;
  g_autoptr (GBytes) bytes = NULL;

  if (type == LWSG_MESSAGE_TEXT)
    {
      from = to_character (block, from);
      to = to_character (block, to);
    }
  bytes = g_bytes_new (block + from, to - from);
  sum_message (exchange->sent_sum, type, block + from, to - from);
  send_fragments (exchange->connection, type, bytes, cuts[g_test_rand_int_range (0, G_N_ELEMENTS (cuts))]);
  exchange->sent++;
}

/* After the last message the peer is told what all of them were. */
static void
on_writable (LwsgConnection *connection, gpointer data)
{
  Exchange *exchange = data;
  g_autoptr (GError) error = NULL;

  if (exchange->sent < exchange->messages)
    {
      send_random (exchange);
      lwsg_connection_request_writable (connection);
      return;
    }
  lwsg_connection_send_text (connection, g_checksum_get_string (exchange->sent_sum), &error);
  g_assert_no_error (error);
}

/* --- what comes */

static void
on_message (LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  Exchange *exchange = data;
  gsize length;
  const guint8 *payload = g_bytes_get_data (lwsg_message_get_bytes (message), &length);

  if (exchange->received < exchange->messages)
    {
      sum_message (exchange->received_sum, lwsg_message_get_message_type (message), payload, length);
      exchange->received++;
      return;
    }
  g_assert_false (exchange->confirmed);
  g_assert_cmpstr (lwsg_message_get_text (message), ==, g_checksum_get_string (exchange->received_sum));
  exchange->confirmed = TRUE;
}

static void
on_closed (LwsgConnection *connection, gpointer data)
{
  Exchange *exchange = data;

  exchange->closed = TRUE;
}

static void
take_connection (Exchange *exchange, LwsgConnection *connection)
{
  g_assert_null (exchange->connection);

  /* Both are asked for it, and neither has a reason to refuse. */
  g_assert_true (g_str_has_prefix (lwsg_connection_get_extensions (connection), "permessage-deflate"));
  exchange->connection = g_object_ref (connection);
  g_signal_connect (connection, "message", G_CALLBACK (on_message), exchange);
  g_signal_connect (connection, "writable", G_CALLBACK (on_writable), exchange);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), exchange);
  lwsg_connection_request_writable (connection);
}

static void
on_opened (LwsgProtocol *protocol, LwsgConnection *connection, gpointer data)
{
  take_connection (data, connection);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LwsgConnection) connection = lwsg_context_connect_finish (LWSG_CONTEXT (source), result, &error);

  g_assert_no_error (error);
  take_connection (data, connection);
}

/* --- the test */

static Exchange *
exchange_new (void)
{
  Exchange *exchange = g_new0 (Exchange, 1);

  exchange->messages = count_messages ();
  exchange->binary = make_binary ();
  exchange->text = make_text ();
  exchange->sent_sum = g_checksum_new (G_CHECKSUM_SHA256);
  exchange->received_sum = g_checksum_new (G_CHECKSUM_SHA256);

  return exchange;
}

static void
exchange_free (Exchange *exchange)
{
  g_clear_object (&exchange->connection);
  g_checksum_free (exchange->sent_sum);
  g_checksum_free (exchange->received_sum);
  g_free (exchange->binary);
  g_free (exchange->text);
  g_free (exchange);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Exchange, exchange_free)

/* The script comes to us; NULL if there is nothing to run it. */
static GSubprocess *
start_client (const PeerLibrary *library, LwsgContext *context, Exchange *exchange)
{
  LwsgProtocol *protocol = lwsg_context_add_protocol (context, NULL, NULL);
  g_autofree char *port = NULL;
  g_autoptr (GError) error = NULL;

  g_signal_connect (protocol, "opened", G_CALLBACK (on_opened), exchange);
  port = g_strdup_printf ("%u", lwsg_context_listen (context, "127.0.0.1", 0, &error));
  g_assert_no_error (error);

  return peer_start (library, "client", "exchange", port, NULL);
}

/* We go to the script, if it says where it is. */
static GSubprocess *
start_server (const PeerLibrary *library, LwsgContext *context, Exchange *exchange)
{
  GSubprocess *script = peer_start (library, "server", "exchange", NULL, NULL);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  g_autofree char *uri = NULL;

  if (script == NULL)
    return NULL;

  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (script));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (output), FALSE);
  line = peer_read_line (NULL, output);
  if (line == NULL)
    return script;
  uri = g_strdup_printf ("ws://127.0.0.1:%.*s/", (int) strcspn (line, " "), line);
  lwsg_context_set_proxy_resolver (context, NULL);
  lwsg_context_connect_async (context, uri, NULL, NULL, on_connected, exchange);

  return script;
}

static void
test_exchange (gconstpointer data)
{
  const Test *test = data;
  g_autoptr (LwsgContext) context = lwsg_context_new ();
  g_autoptr (Exchange) exchange = exchange_new ();
  g_autoptr (GSubprocess) script = test->as_server ? start_client (test->library, context, exchange)
                                                   : start_server (test->library, context, exchange);
  gint64 deadline = peer_deadline () + exchange->messages * (gint64) MILLISECONDS_A_MESSAGE * 1000;
  int status;

  if (script == NULL)
    return;

  while (!exchange->closed && g_subprocess_get_identifier (script) != NULL)
    peer_turn (NULL, deadline);
  status = peer_finish (NULL, script, NULL);
  peer_check_status (test->library, status);
  if (status == PEER_STATUS_MISSING)
    return;

  while (!exchange->closed)
    peer_turn (NULL, deadline);
  g_assert_true (exchange->confirmed);
  g_assert_cmpuint (exchange->sent, ==, exchange->messages);
  /* Scripts say no code, or that all is well. */
  if (lwsg_connection_get_close_code (exchange->connection) != LWSG_CLOSE_NO_STATUS)
    g_assert_cmpuint (lwsg_connection_get_close_code (exchange->connection), ==, LWSG_CLOSE_NORMAL);
  g_test_message ("%u messages each way", exchange->messages);
  lwsg_context_close (context);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < n_peer_libraries; i++)
    for (guint as_server = 0; as_server < 2; as_server++)
      {
        Test test = { &peer_libraries[i], as_server == 1 };
        g_autofree char *path = g_strdup_printf ("/peers/exchange/%s/%s", test.library->name,
                                                 test.as_server ? "server" : "client");

        g_test_add_data_func_full (path, g_memdup2 (&test, sizeof test), test_exchange, g_free);
      }

  return g_test_run ();
}
