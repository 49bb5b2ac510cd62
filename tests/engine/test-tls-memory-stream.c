/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/client/tls-memory-stream-private.h"
#include "engine/tls/tls-buffer-private.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  EngineTlsBufferPool pool;
  EngineTlsMemoryStream *stream;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  int ours; /* what the engine reads, as a copy of the socket's */
  int theirs;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocket) socket = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), ==, 0);
  f->theirs = fds[1];
  f->ours = dup (fds[0]);
  socket = g_socket_new_from_fd (fds[0], NULL);
  f->stream = engine_tls_memory_stream_new (socket);
  f->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (G_IO_STREAM (f->stream)));
  f->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (G_IO_STREAM (f->stream)));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_object (&f->stream);
  engine_tls_buffer_pool_clear (&f->pool);
  close (f->ours);
  close (f->theirs);
}

static void
expect_read (Fixture *f, const char *text)
{
  g_autoptr (GError) error = NULL;
  char buffer[64];
  gssize got = g_pollable_input_stream_read_nonblocking (f->input, buffer, sizeof buffer, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (buffer, (gsize) got, text, strlen (text));
}

static void
expect_no_read (Fixture *f, int code)
{
  g_autoptr (GError) error = NULL;
  char byte;

  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (f->input, &byte, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, code);
}

static void
expect_write (Fixture *f, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_pollable_output_stream_write_nonblocking (f->output, text, strlen (text), NULL, &error), ==,
                   (gssize) strlen (text));
  g_assert_no_error (error);
}

static void
expect_arrived (Fixture *f, const char *text)
{
  char buffer[64];
  gssize got = recv (f->theirs, buffer, sizeof buffer, MSG_DONTWAIT);

  g_assert_cmpmem (buffer, (gsize) MAX (got, 0), text, strlen (text));
}

/* During the handshake: the socket, and whoever reads or writes may wait. */
static void
test_socket (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  char buffer[64];

  g_assert_false (g_pollable_input_stream_is_readable (f->input));
  g_assert_true (g_pollable_output_stream_is_writable (f->output));
  expect_no_read (f, G_IO_ERROR_WOULD_BLOCK);
  send (f->theirs, "hello", 5, 0);
  g_assert_true (g_pollable_input_stream_is_readable (f->input));
  expect_read (f, "hello");
  send (f->theirs, "again", 5, 0);
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (f->input), buffer, sizeof buffer, NULL, &error), ==, 5);
  expect_write (f, "answer");
  expect_arrived (f, "answer");
  g_assert_cmpint (g_output_stream_write (G_OUTPUT_STREAM (f->output), "more", 4, NULL, &error), ==, 4);
  expect_arrived (f, "more");
  g_assert_no_error (error);
}

/* After it: memory, and nobody waits. */
static void
test_memory (Fixture *f, gconstpointer data)
{
  EngineTlsBuffer *tls_buffer = engine_tls_memory_stream_get_buffer (f->stream);
  g_autoptr (GError) error = NULL;
  char byte;

  engine_tls_memory_stream_use_memory (f->stream, &f->pool);
  send (f->theirs, "hello", 5, 0);
  g_assert_false (g_pollable_input_stream_is_readable (f->input));
  expect_no_read (f, G_IO_ERROR_WOULD_BLOCK);
  g_assert_cmpint (engine_tls_buffer_receive (tls_buffer, f->ours, 100), ==, 5);
  g_assert_true (g_pollable_input_stream_is_readable (f->input));
  expect_read (f, "hello");
  expect_no_read (f, G_IO_ERROR_WOULD_BLOCK);

  g_assert_true (g_pollable_output_stream_is_writable (f->output));
  expect_write (f, "answer");
  expect_arrived (f, "");
  g_assert_cmpint (engine_tls_buffer_flush (tls_buffer, f->ours), ==, 0);
  expect_arrived (f, "answer");

  /* Whoever would wait, such as a second handshake, is refused. */
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (f->input), &byte, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);

  shutdown (f->theirs, SHUT_WR);
  g_assert_cmpint (engine_tls_buffer_receive (tls_buffer, f->ours, 100), ==, 0);
  g_assert_true (g_pollable_input_stream_is_readable (f->input));
  expect_read (f, "");
}

static gpointer
write_in_thread (gpointer stream)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_output_stream_write (stream, "hello", 5, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);

  return NULL;
}

/* A thread that GIO gives to a second handshake would write to memory that the engine works on. */
static void
test_other_thread (Fixture *f, gconstpointer data)
{
  EngineTlsBuffer *tls_buffer = engine_tls_memory_stream_get_buffer (f->stream);
  char byte;

  engine_tls_memory_stream_use_memory (f->stream, &f->pool);
  g_thread_join (g_thread_new ("handshake", write_in_thread, f->output));
  g_assert_cmpuint (engine_tls_buffer_waiting (tls_buffer), ==, 0);
  /* The engine is told by the end of the socket. */
  g_assert_cmpint (recv (f->theirs, &byte, 1, 0), ==, 0);
}

/* When the connection has gone; with something in the buffers. */
static void
test_detached (Fixture *f, gconstpointer after_handshake)
{
  g_autoptr (GError) error = NULL;
  char byte;

  if (after_handshake != NULL)
    {
      engine_tls_memory_stream_use_memory (f->stream, &f->pool);
      send (f->theirs, "hello", 5, 0);
      engine_tls_buffer_receive (engine_tls_memory_stream_get_buffer (f->stream), f->ours, 100);
      expect_write (f, "answer");
    }
  engine_tls_memory_stream_detach (f->stream);
  expect_no_read (f, G_IO_ERROR_CLOSED);
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (f->input), &byte, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_cmpint (g_output_stream_write (G_OUTPUT_STREAM (f->output), "x", 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_cmpint (g_pollable_output_stream_write_nonblocking (f->output, "x", 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  expect_arrived (f, "");
}

/* The socket is the engine's to close. */
static void
test_close (Fixture *f, gconstpointer data)
{
  char byte;

  g_assert_true (g_io_stream_close (G_IO_STREAM (f->stream), NULL, NULL));
  send (f->theirs, "x", 1, 0);
  g_assert_cmpint (recv (f->ours, &byte, 1, 0), ==, 1);
  g_clear_object (&f->stream);
  send (f->theirs, "x", 1, 0);
  g_assert_cmpint (recv (f->ours, &byte, 1, 0), ==, 1);
}

static gboolean
note_ready (GObject *stream, gpointer count)
{
  ++*(guint *) count;

  return G_SOURCE_REMOVE;
}

static void
test_sources (Fixture *f, gconstpointer data)
{
  g_autoptr (GSource) readable = g_pollable_input_stream_create_source (f->input, NULL);
  g_autoptr (GSource) writable = g_pollable_output_stream_create_source (f->output, NULL);
  guint ready_to_read = 0;
  guint ready_to_write = 0;

  g_source_set_callback (readable, G_SOURCE_FUNC (note_ready), &ready_to_read, NULL);
  g_source_set_callback (writable, G_SOURCE_FUNC (note_ready), &ready_to_write, NULL);
  g_source_attach (readable, NULL);
  g_source_attach (writable, NULL);
  while (ready_to_write == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (ready_to_read, ==, 0);
  send (f->theirs, "x", 1, 0);
  while (ready_to_read == 0)
    g_main_context_iteration (NULL, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/engine/tls-stream/socket", Fixture, NULL, set_up, test_socket, tear_down);
  g_test_add ("/engine/tls-stream/memory", Fixture, NULL, set_up, test_memory, tear_down);
  g_test_add ("/engine/tls-stream/other-thread", Fixture, NULL, set_up, test_other_thread, tear_down);
  g_test_add ("/engine/tls-stream/detached/handshake", Fixture, NULL, set_up, test_detached, tear_down);
  g_test_add ("/engine/tls-stream/detached/secured", Fixture, GINT_TO_POINTER (1), set_up, test_detached, tear_down);
  g_test_add ("/engine/tls-stream/close", Fixture, NULL, set_up, test_close, tear_down);
  g_test_add ("/engine/tls-stream/sources", Fixture, NULL, set_up, test_sources, tear_down);

  return g_test_run ();
}
