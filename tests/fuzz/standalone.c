/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mutator.h"
#include "target.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Runs a target without libFuzzer: as a test, over its corpus and variations of it;
 * or over the files that are named as arguments.
 *
 * The environment may ask for more than the test does: FUZZ_ITERATIONS, FUZZ_SECONDS
 * and FUZZ_SEED. */

#define ITERATIONS 10000
#define SEED 20110119

/* No input takes a second; a machine may be slow, and valgrind is. */
#define HANG_SECONDS 300

static struct {
  const char *target;           /* the name of the program without "fuzz-" */
  GPtrArray *corpus;
  const guint8 *data;           /* the input under way */
  gsize size;
  char path[PATH_MAX];          /* where it is kept if it fails */
  char advice[2 * PATH_MAX];
} run;

/* --- inputs that fail */

/* From inside a signal: nothing but system calls. */
static void
keep_input (void)
{
  int fd = run.data != NULL ? open (run.path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;

  if (fd < 0)
    return;
  if (write (fd, run.data, run.size) == (gssize) run.size &&
      write (STDERR_FILENO, run.advice, strlen (run.advice)) > 0)
    run.data = NULL;
  close (fd);
}

static void
on_signal (int signal_number)
{
  keep_input ();
  signal (signal_number == SIGALRM ? SIGABRT : signal_number, SIG_DFL);
  raise (signal_number == SIGALRM ? SIGABRT : signal_number);
}

/* Of the sanitizers, where there are any. */
void __sanitizer_set_death_callback (void (*callback) (void)) __attribute__ ((weak));

static void
watch_for_death (void)
{
  static const int signals[] = { SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP };

  if (__sanitizer_set_death_callback != NULL)
    __sanitizer_set_death_callback (keep_input);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    if (__sanitizer_set_death_callback == NULL || signals[i] == SIGABRT || signals[i] == SIGALRM)
      signal (signals[i], on_signal);
}

/* --- running */

static void
run_input (const guint8 *data, gsize size, const char *what)
{
  /* A copy of the exact size: a read beyond it is seen. */
  g_autofree guint8 *copy = g_memdup2 (data, size);

  g_snprintf (run.advice, sizeof run.advice, "# %s fails; kept as %s, to be given to this program as its argument\n",
              what, run.path);
  run.data = copy != NULL ? copy : (const guint8 *) "";
  run.size = size;
  alarm (HANG_SECONDS);
  LLVMFuzzerTestOneInput (run.data, run.size);
  alarm (0);
  run.data = NULL;
}

static guint
get_number (const char *variable, guint standard)
{
  const char *value = g_getenv (variable);

  return value != NULL ? (guint) g_ascii_strtoull (value, NULL, 10) : standard;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
test_corpus (void)
{
  g_autofree char *directory = g_test_build_filename (G_TEST_DIST, "corpus", run.target, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (directory, name, NULL));
  g_assert_cmpuint (names->len, >, 0);
  /* What variations are made of must not depend on the file system. */
  g_ptr_array_sort (names, compare_names);

  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *contents = NULL;
      gsize length;

      g_file_get_contents (names->pdata[i], &contents, &length, &error);
      g_assert_no_error (error);
      run_input ((const guint8 *) contents, length, names->pdata[i]);
      g_ptr_array_add (run.corpus, g_bytes_new_take (g_steal_pointer (&contents), length));
    }
}

static void
test_variations (void)
{
  guint seconds = get_number ("FUZZ_SECONDS", 0);
  guint iterations = get_number ("FUZZ_ITERATIONS", seconds > 0 ? G_MAXUINT : ITERATIONS);
  guint seed = get_number ("FUZZ_SEED", SEED);
  gint64 end = seconds > 0 ? g_get_real_time () + seconds * G_USEC_PER_SEC : G_MAXINT64;
  guint i;

  if (run.corpus->len == 0)
    {
      g_test_skip ("The corpus was not read");
      return;
    }

  for (i = 0; i < iterations && g_get_real_time () < end; i++)
    {
      g_autoptr (GByteArray) bytes = mutator_make (run.corpus, seed, i);
      g_autofree char *what = g_strdup_printf ("Variation %u of seed %u", i, seed);

      run_input (bytes->data, bytes->len, what);
    }
  g_test_message ("%u variations of seed %u", i, seed);
}

static int
run_files (int count, char **paths)
{
  for (int i = 0; i < count; i++)
    {
      g_autofree char *contents = NULL;
      g_autoptr (GError) error = NULL;
      gsize length;

      if (!g_file_get_contents (paths[i], &contents, &length, &error))
        {
          g_printerr ("%s\n", error->message);
          return EXIT_FAILURE;
        }
      LLVMFuzzerTestOneInput ((const guint8 *) contents, length);
    }

  return EXIT_SUCCESS;
}

/* Of most inputs there would be something to tell. */
static void
ignore_debugging (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
}

int
main (int argc, char **argv)
{
  g_autofree char *name = g_path_get_basename (argv[0]);
  int status;

  g_test_init (&argc, &argv, NULL);
  g_log_set_handler (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, ignore_debugging, NULL);
  if (argc > 1)
    return run_files (argc - 1, argv + 1);

  run.target = g_str_has_prefix (name, "fuzz-") ? name + strlen ("fuzz-") : name;
  run.corpus = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_snprintf (run.path, sizeof run.path, "%s/failed-%s", g_get_tmp_dir (), run.target);
  watch_for_death ();
  g_test_add_func ("/fuzz/corpus", test_corpus);
  g_test_add_func ("/fuzz/variations", test_variations);
  status = g_test_run ();
  g_ptr_array_unref (run.corpus);

  return status;
}
