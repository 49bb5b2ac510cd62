/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/error-private.h"
#include "engine/base/poller-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/scope-private.h"
#include "classic-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long the end of the loop, with its callbacks, is waited for. */
#define FORK_END_MS 5000

static gboolean
fork_watch (struct libwebsocket_context *context, EngineWatch *watch, int fd)
{
  engine_watch_init (watch, ENGINE_WATCH_PARENT, fd);

  return engine_poller_set (context->epoll_fd, watch, EPOLLIN);
}

/* The loop ends with its parent. Its siblings may hold copies of all descriptors, so
 * only the process itself can tell. */
static void
fork_watch_parent (struct libwebsocket_context *context, pid_t parent, int hang_up_pipe)
{
  int fd = (int) syscall (SYS_pidfd_open, parent, 0);

  /* Or a kernel before 5.3, or one that forbids it. */
  if (fd < 0 || !fork_watch (context, &context->parent, fd))
    prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (!fork_watch (context, &context->hang_up_pipe, hang_up_pipe))
    {
      g_message (_("The service loop could not be told to end, and does so now: %s"), g_strerror (errno));
      context->parent_gone = TRUE;
    }

  if (getppid () != parent)
    context->parent_gone = TRUE;
}

static G_NORETURN void
fork_run_loop (struct libwebsocket_context *context, pid_t parent, int hang_up_pipe)
{
  classic_context (context)->hang_up_pipe = -1;
  if (engine_context_adopt (context))
    {
      fork_watch_parent (context, parent, hang_up_pipe);
      while (libwebsocket_service (context, -1) >= 0)
        ;
      libwebsocket_context_destroy (context);
    }

  /* The exit handlers are the parent's; what the callbacks have printed is ours. */
  fflush (NULL);
  _exit (0);
}

/**
 * libwebsockets_fork_service_loop:
 * @context: a context
 *
 * Forks a process that runs the service loop, for programs that do something else in
 * theirs. All callbacks happen in the new process. The program goes on to use
 * libwebsockets_broadcast(); so may all other processes that it forks.
 *
 * The loop ends when its parent does, or destroys the context. Clients are best connected
 * from its callbacks: a TLS handshake that is under way when the process forks can't go on in
 * the new one.
 *
 * Returns: 0 in the calling process, -1 if no process could be made; the new
 *   process does not return
 *
 * Since: 1.0
 */
int
libwebsockets_fork_service_loop (struct libwebsocket_context *context)
{
  ClassicContext *classic;
  pid_t parent = getpid ();
  int hang_up_pipe[2];
  pid_t child;

  g_return_val_if_fail (context != NULL, -1);

  classic = classic_context (context);
  if (!engine_context_is_ours (context) || context->depth > 0)
    return classic_failure (G_STRFUNC, g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_INVALID,
                                                            _("The service loop runs already")));
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, hang_up_pipe) != 0)
    return classic_failure (G_STRFUNC, g_error_new (ENGINE_ERROR, ENGINE_ERROR_SYSTEM,
                                                    _("No line to the service process: %s"), g_strerror (errno)));

  /* Or what is still in the buffers of stdio would be written twice. */
  fflush (NULL);
  child = fork ();
  if (child == 0)
    {
      close (hang_up_pipe[0]);
      fork_run_loop (context, parent, hang_up_pipe[1]);
    }

  close (hang_up_pipe[1]);
  if (child < 0)
    {
      int failure = errno;

      close (hang_up_pipe[0]);
      return classic_failure (G_STRFUNC, g_error_new (ENGINE_ERROR, ENGINE_ERROR_SYSTEM,
                                                      _("No process for the service loop: %s"), g_strerror (failure)));
    }

  classic->hang_up_pipe = hang_up_pipe[0];
  classic->loop = child;
  classic->loop_parent = parent;
  g_atomic_int_set (&context->shared->service_pid, child);

  return 0;
}

/* The other end hangs up when the process is gone. Signals that come meanwhile, however many, don't make it longer. */
static gboolean
fork_wait_for_end (int hang_up_pipe)
{
  const gint64 end = g_get_monotonic_time () + FORK_END_MS * G_TIME_SPAN_MILLISECOND;
  struct pollfd ended = { .fd = hang_up_pipe, .events = POLLIN };
  int count;

  do
    {
      const gint64 left = MAX (end - g_get_monotonic_time (), 0);

      count = poll (&ended, 1, (int) (left / G_TIME_SPAN_MILLISECOND));
    }
  while (count < 0 && errno == EINTR);

  return count == 1;
}

void
classic_end_loop (ClassicContext *classic)
{
  if (classic->hang_up_pipe < 0)
    return;

  if (classic->loop_parent == getpid ())
    {
      shutdown (classic->hang_up_pipe, SHUT_WR);
      if (!fork_wait_for_end (classic->hang_up_pipe))
        kill (classic->loop, SIGKILL);
      /* A program that reaps all its children may have been quicker. */
      while (waitpid (classic->loop, NULL, 0) < 0 && errno == EINTR)
        ;
    }
  close (classic->hang_up_pipe);
  classic->hang_up_pipe = -1;
}
