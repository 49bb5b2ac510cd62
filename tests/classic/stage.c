/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "stage.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Somebody else may take the port before we do; not so often. */
#define STAGE_PORT_TRIES 20

guint16
stage_free_port (void)
{
  struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0)
    {
      address = (struct sockaddr_in6){ .sin6_family = AF_INET };
      length = sizeof (struct sockaddr_in);
      fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    }
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &length), ==, 0);
  close (fd);

  /* The port stands at the same place for both families. */
  return ntohs (address.sin6_port);
}

struct libwebsocket_context *
stage_listen (struct libwebsocket_protocols *protocols, guint16 *port)
{
  struct libwebsocket_context *context = NULL;

  for (guint i = 0; i < STAGE_PORT_TRIES && context == NULL; i++)
    {
      *port = stage_free_port ();
      context = libwebsocket_create_context (*port, protocols, NULL, NULL, -1, -1);
    }
  g_assert_nonnull (context);

  return context;
}

gint64
stage_deadline (void)
{
  return g_get_monotonic_time () + STAGE_PATIENCE_SECONDS * (stage_is_slow () ? 5 : 1) * G_TIME_SPAN_SECOND;
}

void
stage_turn (struct libwebsocket_context *context, gint64 deadline)
{
  g_assert_cmpint (libwebsocket_service (context, STAGE_TURN_MS), ==, 0);
  g_assert_cmpint (g_get_monotonic_time (), <, deadline);
}

void
stage_serve_turns (struct libwebsocket_context *context, guint turns)
{
  for (guint i = 0; i < turns; i++)
    g_assert_cmpint (libwebsocket_service (context, STAGE_TURN_MS), ==, 0);
}

int
stage_write (struct libwebsocket *wsi, const void *bytes, gsize length, int protocol)
{
  g_autofree unsigned char *buffer = g_malloc (STAGE_PADDED (length));

  memcpy (STAGE_PAYLOAD (buffer), bytes, length);

  return libwebsocket_write (wsi, STAGE_PAYLOAD (buffer), length, (enum libwebsocket_write_protocol) protocol);
}

int
stage_write_text (struct libwebsocket *wsi, const char *text)
{
  return stage_write (wsi, text, strlen (text), LWS_WRITE_TEXT);
}

pid_t
stage_fork (StageChildFunc func, gpointer data)
{
  pid_t child = fork ();

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    _exit (func (data));

  return child;
}

void
stage_expect_exit (pid_t child, struct libwebsocket_context *context)
{
  int status = -1;

  if (context != NULL)
    STAGE_SERVE_UNTIL (context, waitpid (child, &status, WNOHANG) == child);
  else
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

gboolean
stage_is_slow (void)
{
  /* How valgrind gets into a program. */
  const char *preloaded = g_getenv ("LD_PRELOAD");

  return preloaded != NULL && strstr (preloaded, "vgpreload") != NULL;
}

gboolean
stage_has_pidfd (void)
{
  int fd = (int) syscall (SYS_pidfd_open, getpid (), 0);

  if (fd >= 0)
    close (fd);

  return fd >= 0;
}

gboolean
stage_memory_is_checked (void)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
  return TRUE;
#else
  return stage_is_slow ();
#endif
}

gsize
stage_resident_memory (void)
{
  FILE *file = fopen ("/proc/self/statm", "r");
  unsigned long pages = 0;

  g_assert_nonnull (file);
  g_assert_cmpint (fscanf (file, "%*u %lu", &pages), ==, 1);
  fclose (file);

  return pages * (gsize) sysconf (_SC_PAGESIZE);
}
