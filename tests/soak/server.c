/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "server.h"

#include "../tls/identity.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <lws-glib/lws-glib.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- in the server's process */

/* What a client that does not read may leave waiting here. */
#define SERVER_OUTPUT_MAX (256 * 1024)

static void
on_opened (LwsgProtocol *protocol, LwsgConnection *connection, gpointer data)
{
  lwsg_connection_set_max_buffered_amount (connection, SERVER_OUTPUT_MAX);
}

static void
on_message (LwsgProtocol *protocol, LwsgConnection *connection, LwsgMessage *message, gpointer data)
{
  /* It may have gone meanwhile. */
  lwsg_connection_send (connection, lwsg_message_get_message_type (message), lwsg_message_get_bytes (message), NULL);
}

static gboolean
on_leash (int fd, GIOCondition condition, gpointer data)
{
  g_main_loop_quit (data);

  return G_SOURCE_REMOVE;
}

static LwsgContext *
make_context (ServerKind kind, guint *port)
{
  LwsgContext *context = lwsg_context_new ();
  LwsgProtocol *echo = lwsg_context_add_protocol (context, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (echo);
  g_signal_connect (echo, "opened", G_CALLBACK (on_opened), NULL);
  g_signal_connect (echo, "message", G_CALLBACK (on_message), NULL);
  if (kind == SERVER_TLS)
    lwsg_context_set_tls_certificate (context, identity_get_certificate (IDENTITY_SERVER), &error);
  g_assert_no_error (error);
  *port = lwsg_context_listen (context, "127.0.0.1", 0, &error);
  g_assert_no_error (error);

  return context;
}

static G_NORETURN void
serve (int hang_up_pipe, int tell)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  LwsgContext *contexts[SERVER_N_KINDS];
  guint ports[SERVER_N_KINDS];

  for (guint kind = 0; kind < SERVER_N_KINDS; kind++)
    contexts[kind] = make_context ((ServerKind) kind, &ports[kind]);
  g_assert_cmpint (write (tell, ports, sizeof ports), ==, sizeof ports);
  close (tell);

  g_unix_fd_add (hang_up_pipe, G_IO_HUP, on_leash, loop);
  g_main_loop_run (loop);
  for (guint kind = 0; kind < SERVER_N_KINDS; kind++)
    {
      lwsg_context_close (contexts[kind]);
      g_object_unref (contexts[kind]);
    }
  g_clear_pointer (&loop, g_main_loop_unref);
  exit (0);
}

/* --- in the test's */

void
server_start (Server *server)
{
  int hang_up_pipe[2];
  int told[2];

  g_assert_cmpint (pipe2 (hang_up_pipe, O_CLOEXEC), ==, 0);
  g_assert_cmpint (pipe2 (told, O_CLOEXEC), ==, 0);
  server->pid = fork ();
  g_assert_cmpint (server->pid, >=, 0);
  if (server->pid == 0)
    {
      close (hang_up_pipe[1]);
      close (told[0]);
      serve (hang_up_pipe[0], told[1]);
    }

  close (hang_up_pipe[0]);
  close (told[1]);
  server->hang_up_pipe = hang_up_pipe[1];
  g_assert_cmpint (read (told[0], server->ports, sizeof server->ports), ==, sizeof server->ports);
  close (told[0]);
}

gsize
server_get_memory (const Server *server)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/statm", (int) server->pid);
  g_autofree char *content = NULL;
  g_auto (GStrv) words = NULL;

  /* It has crashed: its end will tell. */
  if (!g_file_get_contents (path, &content, NULL, NULL))
    return 0;
  words = g_strsplit (content, " ", 3);

  return g_ascii_strtoull (words[1], NULL, 10) * (gsize) sysconf (_SC_PAGESIZE);
}

guint
server_get_descriptors (const Server *server)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd", (int) server->pid);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  guint count = 0;

  while (directory != NULL && g_dir_read_name (directory) != NULL)
    count++;

  return count;
}

int
server_stop (Server *server)
{
  int status;

  close (server->hang_up_pipe);
  g_assert_cmpint (waitpid (server->pid, &status, 0), ==, server->pid);

  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}
