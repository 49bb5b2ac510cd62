/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-load WORKLOAD PORT [OPTION...]: the clients of the benchmarks. It owes nothing
 * to the library, so that the load is the same whatever the library does.
 */
#include "work.h"

#include <gio/gio.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

/* As automake's and Meson's tests have it. */
#define STATUS_SKIP 77

static const struct {
  const char *name;
  WorkFunc run;
} works[] = {
  { "echo", work_echo },
  { "fan", work_fan },
  { "idle", work_idle },
  { "upgrade", work_again },
  { "fetch", work_again },
};

static WorkFunc
work_named (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (works); i++)
    if (g_str_equal (name, works[i].name))
      return works[i].run;

  return NULL;
}

static void
raise_limit (void)
{
  struct rlimit files = { 0 };

  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
}

static int
run (const Options *options, WorkFunc work)
{
  g_autoptr (Traffic) traffic = traffic_new (options);
  g_autoptr (Crowd) crowd = crowd_new (traffic, (guint) (options->connections + options->idle));
  g_autoptr (Report) report = report_new ();
  g_autoptr (GError) error = NULL;

  if (work (crowd, report, &error))
    {
      report_print (report);
      return EXIT_SUCCESS;
    }
  g_printerr ("bench-load: %s\n", error->message);

  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED) ? STATUS_SKIP : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;
  WorkFunc work;

  setlocale (LC_ALL, "");
  signal (SIGPIPE, SIG_IGN);
  if (!options_parse (&options, argc, argv, &error))
    {
      g_printerr ("bench-load: %s\n", error->message);
      return 2;
    }
  work = work_named (options.workload);
  if (work == NULL)
    {
      g_printerr ("bench-load: there is no workload \"%s\"\n", options.workload);
      return 2;
    }
  raise_limit ();

  return run (&options, work);
}
