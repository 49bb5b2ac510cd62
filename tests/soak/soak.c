/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Many clients at one server for a long time: most of them rude, some honest, half of both by
 * TLS. What the server occupies must not grow after a while, at the end no descriptor may be
 * left, and of the honest ones nothing may be lost.
 */
#include "honest.h"
#include "rude.h"
#include "server.h"

#include "../tls/identity.h"

#include <stdlib.h>
#include <sys/resource.h>

/* Of so many clients one is honest. */
#define HONEST_PART 5

/* The first part of the time, in which the allocator finds its level. */
#define WARM_UP_PART 4
#define WARM_UP_MAX_SECONDS 300

/* What memory may have on top of the peak of that time: by its chances so many clients
 * leave at most so much more at once. */
#define MEMORY_SLACK_PERCENT 25
#define MEMORY_SLACK_BYTES (8 * 1024 * 1024)

/* Every client has at most one connection, and perhaps one that lingers. */
#define DESCRIPTORS_FACTOR 2

/* How long the end may take, after the last client has gone. */
#define END_SECONDS 60

typedef struct {
  guint seconds;
  guint connections;
  guint interval;
  Server server;
  guint idle_descriptors;       /* of the server without clients */
  gint64 begin;
  gsize peak;                   /* of memory, in the warm-up */
  gsize highest;                /* ... and after it */
  guint most_descriptors;
  guint64 rude_connections;
  HonestCount count;
  GPtrArray *honest;
  GPtrArray *rude;
  GMainLoop *loop;
  gboolean grown;
} Soak;

/* Tools that check memory hold back what was freed. */
static gboolean
memory_tells (void)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
  return FALSE;
#else
  const char *preloaded = g_getenv ("LD_PRELOAD");

  return preloaded == NULL || g_strstr_len (preloaded, -1, "vgpreload") == NULL;
#endif
}

static double
mebibytes (gsize bytes)
{
  return (double) bytes / (1024 * 1024);
}

static gsize
memory_limit (Soak *soak)
{
  return soak->peak / 100 * (100 + MEMORY_SLACK_PERCENT) + MEMORY_SLACK_BYTES;
}

static void
soak_judge (Soak *soak, guint passed, gsize memory, guint descriptors)
{
  guint warm_up = MIN (soak->seconds / WARM_UP_PART, WARM_UP_MAX_SECONDS);

  soak->most_descriptors = MAX (soak->most_descriptors, descriptors);
  if (passed <= warm_up)
    soak->peak = MAX (soak->peak, memory);
  else
    soak->highest = MAX (soak->highest, memory);

  if (descriptors > soak->idle_descriptors + soak->connections * DESCRIPTORS_FACTOR)
    soak->grown = TRUE;
  if (passed > warm_up && memory > memory_limit (soak) && memory_tells ())
    soak->grown = TRUE;
}

static gboolean
on_interval (gpointer data)
{
  Soak *soak = data;
  guint passed = (guint) ((g_get_monotonic_time () - soak->begin) / G_USEC_PER_SEC);
  gsize memory = server_get_memory (&soak->server);
  guint descriptors = server_get_descriptors (&soak->server);

  soak_judge (soak, passed, memory, descriptors);
  g_print ("%5u s: memory %.1f MiB, descriptors %u, rude connections %" G_GUINT64_FORMAT
           ", honest messages %" G_GUINT64_FORMAT " sent, %" G_GUINT64_FORMAT " back, %" G_GUINT64_FORMAT
           " lost, %" G_GUINT64_FORMAT " wrong\n",
           passed, mebibytes (memory), descriptors, soak->rude_connections, soak->count.sent, soak->count.received,
           soak->count.lost, soak->count.wrong);
  if (passed >= soak->seconds || memory == 0)
    g_main_loop_quit (soak->loop);

  return G_SOURCE_CONTINUE;
}

static gboolean
wake_up (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Says farewell to all. Returns whether the server came back to what it had before. */
static gboolean
soak_end (Soak *soak)
{
  gint64 end = g_get_monotonic_time () + END_SECONDS * G_USEC_PER_SEC;
  guint alarm = g_timeout_add (100, wake_up, NULL);
  gboolean finished = FALSE;

  g_ptr_array_set_size (soak->rude, 0);
  g_ptr_array_foreach (soak->honest, (GFunc) (void (*) (void)) honest_finish, NULL);
  while (!finished && g_get_monotonic_time () < end)
    {
      g_main_context_iteration (NULL, TRUE);
      finished = server_get_descriptors (&soak->server) <= soak->idle_descriptors;
      for (guint i = 0; i < soak->honest->len; i++)
        finished = finished && honest_is_finished (soak->honest->pdata[i]);
    }
  g_source_remove (alarm);

  return finished;
}

static void
soak_run (Soak *soak, LwsgContext *context)
{
  guint honest = MAX (soak->connections / HONEST_PART, 1);
  guint timer;

  soak->honest = g_ptr_array_new_with_free_func ((GDestroyNotify) honest_free);
  soak->rude = g_ptr_array_new_with_free_func ((GDestroyNotify) rude_free);
  soak->begin = g_get_monotonic_time ();
  for (guint i = 0; i < soak->connections; i++)
    if (i < honest)
      g_ptr_array_add (soak->honest,
                       honest_new (context, i % 2 == SERVER_TLS, soak->server.ports[i % 2], &soak->count));
    else
      g_ptr_array_add (soak->rude, rude_new (soak->server.ports[i % 2], &soak->rude_connections));

  timer = g_timeout_add_seconds (soak->interval, on_interval, soak);
  g_main_loop_run (soak->loop);
  g_source_remove (timer);
}

static gboolean
soak_report (Soak *soak, gboolean finished, int status)
{
  const HonestCount *count = &soak->count;
  gboolean good = finished && status == 0 && !soak->grown && count->lost == 0 && count->wrong == 0 &&
                  count->failed == 0 && count->sent == count->received && count->sent > 0;

  g_print ("memory: %.1f MiB at most in the warm-up, %.1f MiB after it (limit %.1f MiB%s)\n", mebibytes (soak->peak),
           mebibytes (soak->highest), mebibytes (memory_limit (soak)), memory_tells () ? "" : ", not checked");
  g_print ("descriptors: %u without clients, %u at most, at the end %s\n", soak->idle_descriptors,
           soak->most_descriptors, finished ? "as before" : "NOT as before, or honest clients did not finish");
  g_print ("honest: %" G_GUINT64_FORMAT " messages sent, %" G_GUINT64_FORMAT " came back, %" G_GUINT64_FORMAT
           " lost, %" G_GUINT64_FORMAT " wrong, %" G_GUINT64_FORMAT " connections failed\n",
           count->sent, count->received, count->lost, count->wrong, count->failed);
  g_print ("server: exit status %d\n%s\n", status, good ? "passed" : "FAILED");

  return good;
}

static void
raise_descriptors (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

int
main (int argc, char **argv)
{
  Soak soak = { .seconds = 1800, .connections = 1000, .interval = 10 };
  const GOptionEntry entries[] = {
    { "seconds", 's', 0, G_OPTION_ARG_INT, &soak.seconds, "How long (1800)", "N" },
    { "connections", 'c', 0, G_OPTION_ARG_INT, &soak.connections, "Of how many clients (1000)", "N" },
    { "interval", 'i', 0, G_OPTION_ARG_INT, &soak.interval, "Between two lines, in seconds (10)", "N" },
    { NULL },
  };
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = NULL;
  LwsgContext *context;
  gboolean finished;
  int status;

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }

  raise_descriptors ();
  /* Known to both processes, and before threads are at work. */
  identity_get_certificate (IDENTITY_SERVER);
  server_start (&soak.server);
  soak.idle_descriptors = server_get_descriptors (&soak.server);
  soak.loop = g_main_loop_new (NULL, FALSE);
  context = lwsg_context_new ();
  lwsg_context_set_proxy_resolver (context, NULL);
  database = identity_trusting (IDENTITY_ROOT);
  lwsg_context_set_tls_database (context, database);

  soak_run (&soak, context);
  finished = soak_end (&soak);
  g_ptr_array_unref (soak.honest);
  g_ptr_array_unref (soak.rude);
  lwsg_context_close (context);
  g_object_unref (context);
  g_main_loop_unref (soak.loop);
  status = server_stop (&soak.server);

  return soak_report (&soak, finished, status) ? EXIT_SUCCESS : EXIT_FAILURE;
}
