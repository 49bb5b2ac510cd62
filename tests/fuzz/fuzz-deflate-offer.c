/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "head-arrival.h"
#include "target.h"
#include "wire/deflate-offer-private.h"

#include <string.h>

/* The negotiation of permessage-deflate: what a server accepts a client can use, and
 * what a client offers a server accepts.
 *
 * Input: a byte of settings, the size of the window, and the value of
 * Sec-WebSocket-Extensions. */

#define OPTION_ENABLED 0x01
#define OPTION_TAKEOVER 0x02

static const char extensions[] = "Sec-WebSocket-Extensions";

/* A head with that value; COMPLETE unless it can't stand in any. */
static void
make_head (HeadArrival *arrival, WireHeadKind kind, const char *value)
{
  g_autofree char *text = g_strdup_printf ("%s%s: %s\r\n\r\n",
                                           kind == WIRE_HEAD_REQUEST ? "GET / HTTP/1.1\r\nHost: a\r\n"
                                                                     : "HTTP/1.1 101 Switching Protocols\r\n",
                                           extensions, value);
  const FuzzInput input = { (const guint8 *) text, strlen (text) };

  head_arrival_run (arrival, kind, &input);
}

static void
check_bits (guint bits)
{
  g_assert_true (bits == 0 || (bits >= WIRE_DEFLATE_BITS_MIN && bits <= WIRE_DEFLATE_BITS_MAX));
}

static void
check_same (const WireDeflateTerms *one, const WireDeflateTerms *other)
{
  g_assert_cmpuint (one->server_bits, ==, other->server_bits);
  g_assert_cmpuint (one->client_bits, ==, other->client_bits);
  g_assert_cmpint (one->server_resets != 0, ==, other->server_resets != 0);
  g_assert_cmpint (one->client_resets != 0, ==, other->client_resets != 0);
}

/* The client reads the same out of the server's answer. */
static void
check_answer (const WireDeflateTerms *terms)
{
  g_autoptr (GString) value = g_string_new (NULL);
  g_auto (HeadArrival) arrival = { 0 };
  WireDeflateTerms understood = { 0 };
  WireRefusal refusal;
  gboolean accepted;

  check_bits (terms->server_bits);
  check_bits (terms->client_bits);
  wire_deflate_format (value, terms);
  make_head (&arrival, WIRE_HEAD_RESPONSE, value->str);
  g_assert_cmpint (arrival.result, ==, WIRE_HEAD_COMPLETE);
  g_assert_true (wire_deflate_check (&arrival.head, TRUE, &accepted, &understood, &refusal));
  g_assert_true (accepted);
  check_same (&understood, terms);
}

static void
check_accept (const char *value, const WireDeflateSettings *settings)
{
  g_auto (HeadArrival) arrival = { 0 };
  WireDeflateTerms terms = { 0 };
  WireRefusal refusal = { 0 };
  gboolean accepted;

  make_head (&arrival, WIRE_HEAD_REQUEST, value);
  if (arrival.result != WIRE_HEAD_COMPLETE)
    return;

  if (!wire_deflate_accept (&arrival.head, settings, &accepted, &terms, &refusal))
    {
      head_arrival_check_refusal (WIRE_HEAD_REQUEST, &refusal);
      return;
    }
  if (!accepted)
    return;
  g_assert_true (settings->enabled);
  if (!settings->takeover)
    g_assert_true (terms.server_resets && terms.client_resets);
  if (terms.server_bits != 0)
    g_assert_cmpuint (terms.server_bits, <=, settings->window_bits);
  check_answer (&terms);
}

/* A server of ours accepts what a client of ours offers. */
static void
check_offer (const WireDeflateSettings *settings)
{
  g_autoptr (GString) value = g_string_new (NULL);
  WireDeflateSettings server = { .enabled = TRUE, .takeover = TRUE, .window_bits = WIRE_DEFLATE_BITS_MAX };
  g_auto (HeadArrival) arrival = { 0 };
  WireDeflateTerms terms = { 0 };
  WireRefusal refusal;
  gboolean accepted;

  wire_deflate_offer (value, settings);
  make_head (&arrival, WIRE_HEAD_REQUEST, value->str);
  g_assert_cmpint (arrival.result, ==, WIRE_HEAD_COMPLETE);
  g_assert_true (wire_deflate_accept (&arrival.head, &server, &accepted, &terms, &refusal));
  g_assert_true (accepted);
  if (!settings->takeover)
    g_assert_true (terms.server_resets && terms.client_resets);
  if (settings->window_bits < WIRE_DEFLATE_BITS_MAX)
    g_assert_cmpuint (terms.server_bits, ==, settings->window_bits);
  check_answer (&terms);
}

/* An answer that a client accepts says the same when it is written again. */
static void
check_check (const char *value)
{
  g_auto (HeadArrival) arrival = { 0 };
  WireDeflateTerms terms = { 0 };
  WireRefusal refusal = { 0 };
  gboolean accepted;

  make_head (&arrival, WIRE_HEAD_RESPONSE, value);
  if (arrival.result != WIRE_HEAD_COMPLETE)
    return;

  g_assert_false (wire_deflate_check (&arrival.head, FALSE, &accepted, &terms, &refusal));
  if (wire_deflate_check (&arrival.head, TRUE, &accepted, &terms, &refusal))
    check_answer (&terms);
  else
    head_arrival_check_refusal (WIRE_HEAD_RESPONSE, &refusal);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzInput input = { data, size };
  guint8 options = fuzz_input_byte (&input);
  const guint8 window = fuzz_input_byte (&input) % (WIRE_DEFLATE_BITS_MAX - WIRE_DEFLATE_BITS_SENDER_MIN + 1);
  const WireDeflateSettings settings = {
    .enabled = (options & OPTION_ENABLED) != 0,
    .takeover = (options & OPTION_TAKEOVER) != 0,
    .window_bits = (guint8) (WIRE_DEFLATE_BITS_SENDER_MIN + window),
    .level = 6,
    .memory_level = 8,
  };
  g_autofree char *value = fuzz_input_text (&input);

  check_accept (value, &settings);
  check_check (value);
  check_offer (&settings);

  return 0;
}
