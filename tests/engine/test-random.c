/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/base/random-private.h"

/* Every length that a block has room for, beyond its end. */
static void
test_lengths (void)
{
  EngineRandom random = { 0 };
  guint8 out[ENGINE_RANDOM_BLOCK + 1];

  for (gsize length = 0; length <= ENGINE_RANDOM_BLOCK; length++)
    {
      out[length] = 0xa5;
      g_assert_true (engine_random_draw (&random, out, length));
      g_assert_cmpuint (out[length], ==, 0xa5);
    }
}

/* No key is handed out twice: of 10,000 with 64 bits no two are the same. */
static void
test_no_repetition (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  EngineRandom random = { 0 };

  for (guint i = 0; i < 10000; i++)
    {
      guint64 key;

      g_assert_true (engine_random_draw (&random, &key, sizeof key));
      g_assert_true (g_hash_table_add (seen, g_memdup2 (&key, sizeof key)));
    }
}

/* Each bit comes as often as not. Of 80,000 draws an even coin deviates by 1,000
 * (7 standard deviations) less than once in 10^11 times. */
static void
test_even (void)
{
  guint counts[8] = { 0 };
  EngineRandom random = { 0 };

  for (guint i = 0; i < 80000; i++)
    {
      guint8 byte;

      g_assert_true (engine_random_draw (&random, &byte, 1));
      for (guint bit = 0; bit < 8; bit++)
        counts[bit] += byte >> bit & 1;
    }
  for (guint bit = 0; bit < 8; bit++)
    {
      g_assert_cmpuint (counts[bit], >, 39000);
      g_assert_cmpuint (counts[bit], <, 41000);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/random/lengths", test_lengths);
  g_test_add_func ("/engine/random/no-repetition", test_no_repetition);
  g_test_add_func ("/engine/random/even", test_even);

  return g_test_run ();
}
