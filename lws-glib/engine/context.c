/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/base/closer-private.h"
#include "engine/base/connection-queue-private.h"
#include "engine/base/error-private.h"
#include "engine/base/fork-private.h"
#include "engine/base/limits-private.h"
#include "engine/base/poller-private.h"
#include "engine/base/random-private.h"
#include "engine/broadcast/mailbox-private.h"
#include "engine/broadcast/process-channel-private.h"
#include "engine/client/connector-private.h"
#include "engine/client/handshake-private.h"
#include "engine/client/tls-handshake-private.h"
#include "engine/connection/admission-private.h"
#include "engine/connection/announce-private.h"
#include "engine/connection/connection-private.h"
#include "engine/connection/context-private.h"
#include "engine/connection/events-private.h"
#include "engine/connection/memory-private.h"
#include "engine/connection/phase-private.h"
#include "engine/connection/scope-private.h"
#include "engine/connection/state-private.h"
#include "engine/connection/write-private.h"
#include "engine/http/http-response-private.h"
#include "engine/output/frame-cache-private.h"
#include "engine/server/handshake-private.h"
#include "engine/server/listener-private.h"
#include "engine/server/tls-handshake-private.h"
#include "engine/tls/tls-settings-private.h"
#include "engine/websocket/close-private.h"
#include "engine/websocket/deflate-private.h"
#include "engine/websocket/open-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/mman.h>
#include <unistd.h>

static void
context_free_protocol (gpointer data)
{
  EngineProtocol *protocol = data;
  EngineContext *context = protocol->context;

  engine_process_channel_close (&protocol->channel, context);
  g_free (protocol->name);
  g_free (protocol);
}

static gboolean
context_open_descriptors (EngineContext *context, GError **error)
{
  context->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (context->epoll_fd < 0)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("No epoll descriptor: %s"), g_strerror (errno));
      return FALSE;
    }
  context->mailbox = engine_mailbox_new (error);
  if (context->mailbox == NULL)
    return FALSE;
  if (!engine_poller_set (engine_context_poller (context), &context->mailbox->watch, EPOLLIN))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("Wake-ups can't be watched: %s"), g_strerror (errno));
      return FALSE;
    }
  if (!engine_random_draw (&context->random, context->ping_payload, sizeof context->ping_payload))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("No random bytes: %s"), g_strerror (errno));
      return FALSE;
    }

  return TRUE;
}

/* --- the end */

/* In a process that has no more than a copy, a thread that doesn't exist here may
 * hold the mutex. */
static void
context_close_mailbox (EngineContext *context)
{
  if (context->mailbox == NULL)
    return;

  if (engine_context_is_copy (context))
    {
      engine_mailbox_abandon (context->mailbox);
      return;
    }
  engine_mailbox_close (context->mailbox);
  engine_mailbox_unref (context->mailbox);
}

/* ... which holds for this one likewise. */
static void
context_free_closer (EngineContext *context, EngineCloser *closer)
{
  if (closer == NULL)
    return;

  if (engine_context_is_copy (context))
    engine_closer_abandon (closer);
  else
    engine_closer_free (closer);
}

static void
context_free (EngineContext *context)
{
  gboolean ours = engine_context_is_ours (context);

  g_ptr_array_foreach (context->listeners, (GFunc) (void (*) (void)) engine_listener_free, NULL);
  g_ptr_array_unref (context->listeners);
  g_ptr_array_unref (context->protocols);
  engine_connection_queue_clear (&context->ready);
  engine_connection_queue_clear (&context->tls_handshakes);
  engine_connection_queue_clear (&context->resumed);
  engine_connection_queue_clear (&context->writable);
  engine_connection_queue_clear (&context->dirty);
  engine_connection_queue_clear (&context->sent);
  engine_connection_queue_clear (&context->ended);
  engine_connection_queue_clear (&context->dead);
  engine_frame_cache_clear (&context->frame_cache);
  engine_admission_clear (&context->admission);
  engine_deflate_clear_shared (context);
  g_free (context->spare_buffer);
  g_free (context->spare_inflated);
  context_close_mailbox (context);
  context_free_closer (context, context->closer);
  context_free_closer (context, context->peer_closer);
  if (context->driver != NULL)
    context->driver->gone (context->driver_data);
  if (context->epoll_fd >= 0)
    close (context->epoll_fd);
  if (context->parent.fd >= 0)
    close (context->parent.fd);
  if (context->hang_up_pipe.fd >= 0)
    close (context->hang_up_pipe.fd);
  if (context->shared != NULL)
    munmap (context->shared, sizeof (EngineShared));

  /* GIO's jobs are cancelled; their answers must not find us. */
  engine_connector_forget (context, ours);
  g_clear_pointer (&context->gio, g_main_context_unref);
  engine_tls_settings_clear (&context->tls);
  context->events->freed (context->owner);
  g_free (context);
}

static void
context_free_parts (EngineConnection *connection)
{
  engine_deflate_clear (connection);
  if (connection->role == WIRE_ROLE_CLIENT)
    engine_connector_release (connection);
  else
    g_clear_pointer (&connection->response, engine_http_response_free);
}

#define CONTEXT_PHASES_OF_BOTH                           \
  [ENGINE_STATE_OPEN] = &engine_phase_open,              \
  [ENGINE_STATE_CLOSING] = &engine_phase_closing,        \
  [ENGINE_STATE_DRAINING] = &engine_phase_draining,      \
  [ENGINE_STATE_LINGERING] = &engine_phase_lingering,    \
  [ENGINE_STATE_CLOSED] = &engine_phase_closed

static const EngineHooks context_hooks = {
  .phases = {
    [WIRE_ROLE_SERVER] = {
      [ENGINE_STATE_TLS_HANDSHAKE] = &engine_phase_server_tls_handshake,
      [ENGINE_STATE_HANDSHAKE] = &engine_phase_server_handshake,
      [ENGINE_STATE_RESPONDING] = &engine_phase_responding,
      CONTEXT_PHASES_OF_BOTH,
    },
    [WIRE_ROLE_CLIENT] = {
      [ENGINE_STATE_CONNECTING] = &engine_phase_connecting,
      [ENGINE_STATE_TLS_HANDSHAKE] = &engine_phase_client_tls_handshake,
      [ENGINE_STATE_HANDSHAKE] = &engine_phase_client_handshake,
      CONTEXT_PHASES_OF_BOTH,
    },
  },
  .free_context = context_free,
  .free_parts = context_free_parts,
  .note_failure = engine_connector_note_failure,
  .announce_failure = engine_connector_announce_failure,
  .handshake_done = engine_listener_handshake_done,
  .forget_shared = engine_deflate_forget_shared,
};

/* --- the beginning */

static void
context_bind_texts (void)
{
  static gsize done;

  if (g_once_init_enter (&done))
    {
      bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
      bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
      g_once_init_leave (&done, 1);
    }
}

EngineContext *
engine_context_new (const EngineEvents *events, gpointer owner, GError **error)
{
  EngineContext *context = g_new0 (EngineContext, 1);

  engine_fork_init ();
  context_bind_texts ();
  context->events = events;
  context->hooks = &context_hooks;
  context->owner = owner;
  context->epoll_fd = -1;
  context->limits = (EngineLimits) ENGINE_LIMITS_DEFAULT;
  context->deflate = (WireDeflateSettings) ENGINE_DEFLATE_DEFAULT;
  context->memory.limit = engine_memory_default ();
  context->frame_cache.memory = &context->memory;
  context->tick_microseconds = ENGINE_TICK_MICROSECONDS;
  context->wheel_start = g_get_monotonic_time ();
  context->pid = getpid ();
  context->fork_generation = engine_fork_generation ();
  context->retry.kind = ENGINE_WATCH_RETRY;
  context->listeners = g_ptr_array_new ();
  context->protocols = g_ptr_array_new_with_free_func (context_free_protocol);
  engine_watch_init (&context->parent, ENGINE_WATCH_PARENT, -1);
  engine_watch_init (&context->hang_up_pipe, ENGINE_WATCH_PARENT, -1);

  /* cppcheck-suppress invalidFunctionArg ; an anonymous mapping has no descriptor */
  context->shared = mmap (NULL, sizeof (EngineShared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (context->shared == MAP_FAILED)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("No memory to share with other processes: %s"),
                   g_strerror (errno));
      context->shared = NULL;
    }
  else
    context->shared->service_pid = context->pid;

  if (context->shared == NULL || !context_open_descriptors (context, error))
    {
      engine_context_destroy (context);
      return NULL;
    }

  return context;
}

EngineProtocol *
engine_context_add_protocol (EngineContext *context, const char *name, gpointer owner, GError **error)
{
  EngineProtocol *protocol = g_new0 (EngineProtocol, 1);

  protocol->context = context;
  protocol->name = g_strdup (name);
  protocol->owner = owner;
  if (!engine_process_channel_open (&protocol->channel, error))
    {
      context_free_protocol (protocol);
      return NULL;
    }
  if (!engine_poller_set (engine_context_poller (context), &protocol->channel.watch, EPOLLIN))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SYSTEM, _("A channel can't be watched: %s"), g_strerror (errno));
      context_free_protocol (protocol);
      return NULL;
    }
  g_ptr_array_add (context->protocols, protocol);

  return protocol;
}

/* --- processes */

static gboolean
context_move_list (int epoll_fd, EngineConnection *first)
{
  gboolean moved = TRUE;

  for (EngineConnection *connection = first; connection != NULL; connection = connection->next)
    moved &= engine_poller_move (epoll_fd, &connection->watch);

  return moved;
}

/* The former epoll descriptor and eventfd are shared with the process that made
 * them: they would tell either of us what the other one does. */
static gboolean
context_move_watches (EngineContext *context)
{
  int epoll_fd = context->epoll_fd;
  gboolean moved = context_move_list (epoll_fd, context->first);

  moved &= engine_poller_move (epoll_fd, &context->parent);
  moved &= engine_poller_move (epoll_fd, &context->hang_up_pipe);
  for (guint i = 0; i < context->listeners->len; i++)
    moved &= engine_poller_move (epoll_fd, &((EngineListener *) context->listeners->pdata[i])->watch);
  for (guint i = 0; i < context->protocols->len; i++)
    {
      EngineProtocol *protocol = context->protocols->pdata[i];

      moved &= engine_poller_move (epoll_fd, &protocol->channel.watch);
      moved &= context_move_list (epoll_fd, protocol->first);
    }

  return moved;
}

/* Has the process that this one was forked from been the last to serve? */
static gboolean
context_may_adopt (EngineContext *context)
{
  return engine_context_is_copy (context) && g_atomic_int_get (&context->shared->service_pid) == context->pid;
}

gboolean
engine_context_take (EngineContext *context)
{
  return engine_context_is_ours (context) || (context_may_adopt (context) && engine_context_adopt (context));
}

gboolean
engine_context_adopt (EngineContext *context)
{
  g_autoptr (GError) error = NULL;

  /* What called for iterations did so in the other process. */
  if (context->driver != NULL)
    context->driver->gone (context->driver_data);
  context->driver = NULL;
  close (context->epoll_fd);
  context->epoll_fd = -1;
  /* Never the same masking keys in two processes. */
  context->random.left = 0;
  /* The parent's mailbox is left to itself: the threads that write to it don't exist
   * here, and one of them may have held its mutex. */
  engine_mailbox_abandon (g_steal_pointer (&context->mailbox));

  g_clear_pointer (&context->closer, engine_closer_abandon);
  g_clear_pointer (&context->peer_closer, engine_closer_abandon);

  context->pid = getpid ();
  context->fork_generation = engine_fork_generation ();
  if (!context_open_descriptors (context, &error) || !context_move_watches (context))
    {
      g_message (_("The service loop can't go on in this process: %s"),
                 error != NULL ? error->message : g_strerror (errno));
      return FALSE;
    }
  g_atomic_int_set (&context->shared->service_pid, context->pid);
  engine_connector_lose_threads (context);

  return TRUE;
}

static void
context_end_list (EngineConnection *first)
{
  for (EngineConnection *connection = first; connection != NULL; connection = connection->next)
    engine_connection_leave (connection);
}

/* In a process that doesn't own the connections: they live on elsewhere, and
 * nobody here is told of an end. */
static void
context_forget_list (EngineConnection *first)
{
  for (EngineConnection *connection = first; connection != NULL; connection = connection->next)
    {
      if (connection->watch.fd >= 0)
        close (connection->watch.fd);
      connection->watch.fd = -1;
      connection->end_told = TRUE;
      if (connection->role == WIRE_ROLE_CLIENT)
        engine_connector_release (connection);
      if (connection->state != ENGINE_STATE_CLOSED)
        engine_connection_enqueue (connection, ENGINE_QUEUE_ENDED);
      connection->state = ENGINE_STATE_CLOSED;
      connection->phase = &engine_phase_closed;
    }
}

void
engine_context_destroy (EngineContext *context)
{
  gboolean ours = engine_context_is_ours (context);

  if (context->destroyed)
    return;
  context->destroyed = TRUE;

  engine_context_hold (context);
  if (ours)
    context_end_list (context->first);
  else
    context_forget_list (context->first);
  for (guint i = 0; i < context->protocols->len; i++)
    {
      EngineProtocol *protocol = context->protocols->pdata[i];

      if (ours)
        context_end_list (protocol->first);
      else
        context_forget_list (protocol->first);
    }
  /* Empties the line of those that said farewell: each of thousands would be looked
   * for in it when it is freed. */
  engine_context_flush (context);
  engine_context_announce (context);
  engine_context_release (context);
}

