/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "head-reader.h"
#include "wire/deflate-offer-private.h"

#define PMD "permessage-deflate"
#define S_RESETS "; server_no_context_takeover"
#define C_RESETS "; client_no_context_takeover"
#define S_BITS "; server_max_window_bits"
#define C_BITS "; client_max_window_bits"

static const WireDeflateSettings liberal = { .enabled = TRUE, .takeover = TRUE, .window_bits = 15 };
static const WireDeflateSettings sparing = { .enabled = TRUE, .takeover = FALSE, .window_bits = 10 };
static const WireDeflateSettings disabled = { .window_bits = 15 };

/* --- server */

#define DECLINED ""
#define REFUSED NULL

/* What is answered to an offer, by who grants all and who wants little memory. */
static const struct {
  const char *offer;
  const char *liberal;
  const char *sparing;
} offers[] = {
  { PMD, PMD, PMD S_RESETS C_RESETS },
  { PMD S_RESETS, PMD S_RESETS, PMD S_RESETS C_RESETS },
  { PMD C_RESETS, PMD C_RESETS, PMD S_RESETS C_RESETS },
  { PMD C_BITS, PMD C_BITS "=15", PMD S_RESETS C_RESETS C_BITS "=10" },
  { PMD C_BITS "=8", PMD C_BITS "=8", PMD S_RESETS C_RESETS C_BITS "=8" },
  { PMD C_BITS "=9", PMD C_BITS "=9", PMD S_RESETS C_RESETS C_BITS "=9" },
  { PMD C_BITS "=15", PMD C_BITS "=15", PMD S_RESETS C_RESETS C_BITS "=10" },
  { PMD S_BITS "=8", PMD S_BITS "=8", PMD S_RESETS C_RESETS S_BITS "=8" },
  { PMD S_BITS "=12", PMD S_BITS "=12", PMD S_RESETS C_RESETS S_BITS "=10" },
  { PMD S_BITS "=15", PMD S_BITS "=15", PMD S_RESETS C_RESETS S_BITS "=10" },
  { PMD S_BITS "=\"12\"", PMD S_BITS "=12", PMD S_RESETS C_RESETS S_BITS "=10" },
  { PMD C_BITS "=9" S_BITS "=11" C_RESETS S_RESETS, PMD S_RESETS C_RESETS S_BITS "=11" C_BITS "=9",
    PMD S_RESETS C_RESETS S_BITS "=10" C_BITS "=9" },

  /* a bad parameter */
  { PMD S_BITS, DECLINED, DECLINED },
  { PMD S_BITS "=7", DECLINED, DECLINED },
  { PMD S_BITS "=16", DECLINED, DECLINED },
  { PMD S_BITS "=08", DECLINED, DECLINED },
  { PMD S_BITS "=0", DECLINED, DECLINED },
  { PMD S_BITS "=-9", DECLINED, DECLINED },
  { PMD S_BITS "=x", DECLINED, DECLINED },
  { PMD S_BITS "=100", DECLINED, DECLINED },
  { PMD S_BITS "=1000000000000000000000000000000000000012", DECLINED, DECLINED },
  { PMD C_BITS "=7", DECLINED, DECLINED },
  { PMD C_BITS "=16", DECLINED, DECLINED },
  { PMD C_BITS "=010", DECLINED, DECLINED },
  { PMD S_RESETS "=1", DECLINED, DECLINED },
  { PMD S_RESETS "=15", DECLINED, DECLINED },
  { PMD C_RESETS "=true", DECLINED, DECLINED },
  { PMD S_RESETS S_RESETS, DECLINED, DECLINED },
  { PMD C_RESETS C_RESETS, DECLINED, DECLINED },
  { PMD S_BITS "=12" S_BITS "=12", DECLINED, DECLINED },
  { PMD C_BITS C_BITS "=12", DECLINED, DECLINED },
  { PMD "; unknown", DECLINED, DECLINED },
  { PMD "; unknown=12", DECLINED, DECLINED },
  { PMD "; Server_no_context_takeover", DECLINED, DECLINED },
  { PMD S_RESETS C_RESETS S_BITS "=9" C_BITS "=9" "; unknown", DECLINED, DECLINED },
  { "Permessage-Deflate", DECLINED, DECLINED },
  { "x-webkit-deflate-frame", DECLINED, DECLINED },

  /* several */
  { "x-other, " PMD, PMD, PMD S_RESETS C_RESETS },
  { PMD S_BITS "=16, " PMD "; unknown, " PMD C_BITS, PMD C_BITS "=15", PMD S_RESETS C_RESETS C_BITS "=10" },
  { PMD S_BITS "=9, " PMD, PMD S_BITS "=9", PMD S_RESETS C_RESETS S_BITS "=9" },
  { PMD ", " PMD S_BITS "=9", PMD, PMD S_RESETS C_RESETS },
  { PMD "; unknown\r\nSec-WebSocket-Extensions: x-other; y=\"z\"\r\nSec-WebSocket-Extensions: " PMD, PMD,
    PMD S_RESETS C_RESETS },

  /* broken, wherever it is */
  { "", REFUSED, REFUSED },
  { PMD ";", REFUSED, REFUSED },
  { PMD ", a b", REFUSED, REFUSED },
  { PMD S_BITS "=\"12", REFUSED, REFUSED },
};

static char *
answer_to (const char *offer, const WireDeflateSettings *settings)
{
  g_autofree char *request =
    g_strconcat ("GET / HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Extensions: ", offer, "\r\n\r\n", NULL);
  GString *answer = g_string_new (NULL);
  HeadReading reading;
  WireDeflateTerms terms;
  WireRefusal refusal = { 0 };
  gboolean accepted;

  head_reading_run (&reading, WIRE_HEAD_REQUEST, request, strlen (request), HEAD_READING_WHOLE);
  g_assert_true (reading.parsed);
  if (!wire_deflate_accept (&reading.head, settings, &accepted, &terms, &refusal))
    {
      g_assert_cmpuint (refusal.status, ==, 400);
      g_string_free (g_steal_pointer (&answer), TRUE);
    }
  else if (accepted)
    wire_deflate_format (answer, &terms);
  head_reading_clear (&reading);

  return answer != NULL ? g_string_free (answer, FALSE) : NULL;
}

static void
test_accept (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autofree char *by_liberal = answer_to (offers[i].offer, &liberal);
  g_autofree char *by_sparing = answer_to (offers[i].offer, &sparing);
  g_autofree char *by_disabled = answer_to (offers[i].offer, &disabled);

  g_assert_cmpstr (by_liberal, ==, offers[i].liberal);
  g_assert_cmpstr (by_sparing, ==, offers[i].sparing);
  g_assert_cmpstr (by_disabled, ==, offers[i].liberal != REFUSED ? DECLINED : REFUSED);
}

/* --- client */

static void
test_offer (void)
{
  GString *text = g_string_new (NULL);

  wire_deflate_offer (text, &liberal);
  g_assert_cmpstr (text->str, ==, PMD C_BITS);
  g_string_truncate (text, 0);
  wire_deflate_offer (text, &sparing);
  g_assert_cmpstr (text->str, ==, PMD S_RESETS C_RESETS S_BITS "=10" C_BITS ", " PMD C_BITS);
  g_string_free (text, TRUE);
}

static const struct {
  const char *header;           /* NULL: none */
  const char *terms;            /* DECLINED where there is none, REFUSED if that is no answer */
} answers[] = {
  { NULL, DECLINED },
  { PMD, PMD },
  { PMD S_RESETS C_RESETS S_BITS "=8" C_BITS "=8", PMD S_RESETS C_RESETS S_BITS "=8" C_BITS "=8" },
  { PMD C_BITS "=\"15\"", PMD C_BITS "=15" },
  { PMD C_BITS, REFUSED },
  { PMD S_BITS, REFUSED },
  { PMD S_BITS "=16", REFUSED },
  { PMD C_BITS "=7", REFUSED },
  { PMD S_RESETS "=1", REFUSED },
  { PMD S_RESETS S_RESETS, REFUSED },
  { PMD "; unknown", REFUSED },
  { PMD ", " PMD, REFUSED },
  { PMD ", x-other", REFUSED },
  { PMD "\r\nSec-WebSocket-Extensions: " PMD, REFUSED },
  { "x-other", REFUSED },
  { "PERMESSAGE-DEFLATE", REFUSED },
  { "", REFUSED },
  { PMD ";", REFUSED },
};

static void
check_answer (const char *header, gboolean offered, const char *expected)
{
  g_autofree char *response = header != NULL ? g_strconcat ("HTTP/1.1 101 x\r\nSec-WebSocket-Extensions: ", header,
                                                            "\r\n\r\n", NULL)
                                             : g_strdup ("HTTP/1.1 101 x\r\n\r\n");
  GString *text = g_string_new (NULL);
  HeadReading reading;
  WireDeflateTerms terms;
  WireRefusal refusal = { .status = 999 };
  gboolean accepted;

  head_reading_run (&reading, WIRE_HEAD_RESPONSE, response, strlen (response), HEAD_READING_WHOLE);
  g_assert_true (reading.parsed);
  if (!wire_deflate_check (&reading.head, offered, &accepted, &terms, &refusal))
    {
      g_assert_cmpstr (expected, ==, REFUSED);
      g_assert_cmpuint (refusal.status, ==, 0);
      g_assert_nonnull (strstr (refusal.text, "xtension"));
    }
  else
    {
      if (accepted)
        wire_deflate_format (text, &terms);
      g_assert_cmpstr (text->str, ==, expected);
    }
  g_string_free (text, TRUE);
  head_reading_clear (&reading);
}

static void
test_check (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);

  check_answer (answers[i].header, TRUE, answers[i].terms);
  check_answer (answers[i].header, FALSE, answers[i].header != NULL ? REFUSED : DECLINED);
}

static void
add_table (const char *name, guint count, GTestDataFunc func)
{
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *path = g_strdup_printf ("/wire/deflate-offer/%s/%u", name, i);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), func);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_table ("accept", G_N_ELEMENTS (offers), test_accept);
  g_test_add_func ("/wire/deflate-offer/offer", test_offer);
  add_table ("check", G_N_ELEMENTS (answers), test_check);

  return g_test_run ();
}
