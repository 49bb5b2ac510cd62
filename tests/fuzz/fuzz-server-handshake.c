/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "head-arrival.h"
#include "target.h"
#include "wire/handshake-private.h"

#include <string.h>

/* A server's side of the handshake: a request that is accepted keeps all rules, and
 * a client takes the answer.
 *
 * Input: a request. */

#define HEAD_INPUT_MAX 4096

static void
check_key (const char *key, const char *accept)
{
  g_autofree char *text = g_strconcat (key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", NULL);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize digest_size = sizeof digest;
  g_autofree char *expected = NULL;
  gsize nonce_size;
  g_autofree guchar *nonce = g_base64_decode (key, &nonce_size);
  g_autofree char *again = g_base64_encode (nonce, nonce_size);

  g_assert_cmpuint (nonce_size, ==, WIRE_NONCE_SIZE);
  g_assert_cmpstr (again, ==, key);

  g_checksum_update (checksum, (const guchar *) text, -1);
  g_checksum_get_digest (checksum, digest, &digest_size);
  expected = g_base64_encode (digest, digest_size);
  g_assert_cmpstr (accept, ==, expected);
}

static GPtrArray *
read_offers (const WireHead *head)
{
  GPtrArray *offers = g_ptr_array_new_with_free_func (g_free);
  WireOfferIter iter = { 0 };
  const char *token;
  gsize length;

  while (wire_offer_next (head, &iter, &token, &length))
    {
      char *offer = g_strndup (token, length);

      g_assert_true (wire_is_token (token, length));
      g_assert_false (g_ptr_array_find_with_equal_func (offers, offer, g_str_equal, NULL));
      g_ptr_array_add (offers, offer);
    }

  return offers;
}

/* A client that sent this request reads the answer that chooses the last offer. */
static void
check_answer (const WireServerHandshake *handshake, const char *key, GPtrArray *offers)
{
  const char *chosen = offers->len > 0 ? offers->pdata[offers->len - 1] : NULL;
  g_autoptr (GString) answer = g_string_new (NULL);
  WireClientHandshake client = { .target = "/", .host = "host", .subprotocols = chosen };
  g_auto (HeadArrival) arrival = { 0 };
  const char *subprotocol = NULL;
  WireRefusal refusal;
  FuzzInput input;

  memcpy (client.key, key, WIRE_KEY_SIZE);
  wire_server_handshake_accept (answer, handshake, chosen, NULL);
  input = (FuzzInput) { (const guint8 *) answer->str, answer->len };
  head_arrival_run (&arrival, WIRE_HEAD_RESPONSE, &input);
  /* Only a name that is far too long for any head can be in the way. */
  if (answer->len > WIRE_HEAD_MAX_SIZE)
    return;

  g_assert_cmpint (arrival.result, ==, WIRE_HEAD_COMPLETE);
  g_assert_cmpuint (arrival.scanned, ==, answer->len);
  g_assert_true (wire_client_handshake_check (&client, &arrival.head, &subprotocol, &refusal));
  g_assert_cmpstr (subprotocol, ==, chosen);
}

static void
check_accepted (const WireHead *head, const WireServerHandshake *handshake)
{
  const char *key = wire_head_get (head, "Sec-WebSocket-Key");
  g_autoptr (GPtrArray) offers = read_offers (head);

  g_assert_cmpstr (head->method, ==, "GET");
  g_assert_cmpuint (head->minor_version, ==, 1);
  g_assert_cmpstr (handshake->target, ==, head->target);
  g_assert_cmpuint (strlen (handshake->host), >, 0);
  g_assert_true (handshake->version == 13 || handshake->version == 8 || handshake->version == 7);
  g_assert_true (wire_head_wants_upgrade (head));
  g_assert_true (wire_head_has_token (head, "Connection", "Upgrade"));
  check_key (key, handshake->accept);
  check_answer (handshake, key, offers);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzInput input = { data, MIN (size, HEAD_INPUT_MAX) };
  g_auto (HeadArrival) arrival = { 0 };
  WireServerHandshake handshake;
  WireRefusal refusal = { 0 };

  head_arrival_run (&arrival, WIRE_HEAD_REQUEST, &input);
  if (arrival.result != WIRE_HEAD_COMPLETE)
    return 0;

  if (wire_server_handshake_check (&arrival.head, &handshake, &refusal))
    check_accepted (&arrival.head, &handshake);
  else
    head_arrival_check_refusal (WIRE_HEAD_REQUEST, &refusal);

  return 0;
}
