/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "head-arrival.h"
#include "target.h"
#include "wire/handshake-private.h"
#include "wire/http-target-private.h"

#include <string.h>

/* A client's side of the handshake: a request that the program may send breaks no
 * head, and an answer that is accepted keeps all rules.
 *
 * Input: target, host, origin, subprotocols and one more header, each up to a newline
 * and absent if empty; then the answer of the server. */

#define HEAD_INPUT_MAX 4096

/* Whose key is that of the example in RFC 6455 section 1.3. */
static const guint8 nonce[WIRE_NONCE_SIZE + 1] = "the sample nonce";

#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* A field that is not a string at all (NUL) is none of ours. */
static char *
take_field (FuzzInput *input)
{
  FuzzInput field = fuzz_input_take_until (input, '\n');

  return field.length == 0 || fuzz_input_has_nul (&field) ? NULL : fuzz_input_text (&field);
}

/* The server of a client that obeys our own rules for requests understands it. */
static void
check_request (const WireClientHandshake *handshake, const GString *request)
{
  const FuzzInput input = { (const guint8 *) request->str, request->len };
  g_auto (HeadArrival) arrival = { 0 };
  WireServerHandshake server;
  WireRefusal refusal;

  /* A path with dots in it is sent as it is, and refused. */
  if (request->len >= WIRE_HEAD_MAX_SIZE || !wire_target_check ("GET", handshake->target, &refusal))
    return;

  head_arrival_run (&arrival, WIRE_HEAD_REQUEST, &input);
  g_assert_cmpint (arrival.result, ==, WIRE_HEAD_COMPLETE);
  g_assert_cmpuint (arrival.scanned, ==, request->len);
  g_assert_true (wire_server_handshake_check (&arrival.head, &server, &refusal));
  g_assert_cmpstr (server.target, ==, handshake->target);
  g_assert_cmpstr (server.host, ==, handshake->host);
  if (handshake->origin != NULL)
    g_assert_cmpstr (server.origin, ==, handshake->origin);
}

static void
check_accepted (const WireClientHandshake *handshake, const WireHead *head, const char *subprotocol)
{
  const char *cursor = handshake->subprotocols;
  const char *token;
  gsize length;
  gboolean asked = FALSE;

  g_assert_cmpuint (head->status, ==, 101);
  g_assert_cmpstr (wire_head_get (head, "Sec-WebSocket-Accept"), ==, ACCEPT);
  g_assert_null (wire_head_get (head, "Sec-WebSocket-Extensions"));
  while (cursor != NULL && wire_token_next (&cursor, &token, &length))
    asked |= subprotocol != NULL && strlen (subprotocol) == length && memcmp (token, subprotocol, length) == 0;
  g_assert_cmpint (asked, ==, subprotocol != NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzInput input = { data, MIN (size, HEAD_INPUT_MAX) };
  g_autofree char *target = take_field (&input);
  g_autofree char *host = take_field (&input);
  g_autofree char *origin = take_field (&input);
  g_autofree char *subprotocols = take_field (&input);
  g_autofree char *header = take_field (&input);
  const char *const headers[] = { header, NULL };
  WireClientHandshake handshake = {
    .target = target != NULL ? target : "/",
    .host = host != NULL ? host : "host",
    .origin = origin,
    .subprotocols = subprotocols,
    .headers = headers,
  };
  g_autoptr (GString) request = g_string_new (NULL);
  g_auto (HeadArrival) arrival = { 0 };
  const char *subprotocol = NULL;
  WireRefusal refusal = { 0 };

  wire_client_handshake_set_key (&handshake, nonce);
  if (!wire_client_handshake_request (request, &handshake, &refusal))
    {
      g_assert_cmpuint (request->len, ==, 0);
      head_arrival_check_refusal (WIRE_HEAD_RESPONSE, &refusal);
      return 0;
    }
  check_request (&handshake, request);

  head_arrival_run (&arrival, WIRE_HEAD_RESPONSE, &input);
  if (arrival.result != WIRE_HEAD_COMPLETE)
    return 0;
  if (wire_client_handshake_check (&handshake, &arrival.head, &subprotocol, &refusal))
    check_accepted (&handshake, &arrival.head, subprotocol);
  else if (arrival.head.status != 101)
    g_assert_cmpuint (refusal.status, ==, arrival.head.status);

  return 0;
}
