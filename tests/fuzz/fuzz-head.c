/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "head-arrival.h"
#include "target.h"
#include "wire/http-target-private.h"

#include <string.h>

/* Heads of HTTP: what was read, written out again, must read the same.
 *
 * Input: a byte, odd for a response; the head and what may follow it. */

/* Byte by byte the time grows with the square of the length. */
#define HEAD_INPUT_MAX 4096

static void
check_header (const WireHeader *header)
{
  g_assert_cmpuint (strlen (header->name), ==, header->name_length);
  g_assert_cmpuint (strlen (header->value), ==, header->value_length);
  g_assert_true (wire_is_token (header->name, header->name_length));
  g_assert_true (wire_is_field_value (header->value));
  if (header->value_length > 0)
    {
      g_assert_false (wire_char_is_blank (header->value[0]));
      g_assert_false (wire_char_is_blank (header->value[header->value_length - 1]));
    }
}

static void
check_fields (const WireHead *head)
{
  g_assert_cmpuint (head->minor_version, <=, 1);
  g_assert_cmpuint (head->n_headers, <=, WIRE_HEAD_MAX_HEADERS);
  for (guint i = 0; i < head->n_headers; i++)
    {
      check_header (&head->headers[i]);
      g_assert_cmpuint (wire_head_find (head, head->headers[i].name, i), ==, i);
      g_assert_nonnull (wire_head_get (head, head->headers[i].name));
    }

  if (head->kind == WIRE_HEAD_RESPONSE)
    {
      g_assert_cmpuint (head->status, >=, 100);
      g_assert_cmpuint (head->status, <=, 999);
      g_assert_true (wire_is_field_value (head->reason));
      return;
    }
  g_assert_true (wire_is_token (head->method, strlen (head->method)));
  g_assert_true (wire_is_visible (head->target));
  g_assert_true (head->target[0] == '/' || strcmp (head->target, "*") == 0);
}

static void
check_meaning (const WireHead *head)
{
  WireRefusal refusal;
  gint64 length;
  gboolean chunked;

  if (wire_head_body (head, &length, &chunked, &refusal))
    g_assert_cmpint (length, >=, chunked ? -1 : length < 0 ? -1 : 0);
  else
    g_assert_cmpuint (refusal.status, ==, 400);

  if (wire_head_has_token (head, "Connection", "close"))
    g_assert_false (wire_head_keeps_alive (head));
}

static GString *
write_head (const WireHead *head)
{
  GString *text = g_string_new (NULL);

  if (head->kind == WIRE_HEAD_REQUEST)
    g_string_append_printf (text, "%s %s HTTP/1.%u\r\n", head->method, head->target, head->minor_version);
  else
    g_string_append_printf (text, "HTTP/1.%u %u %s\r\n", head->minor_version, head->status, head->reason);
  for (guint i = 0; i < head->n_headers; i++)
    g_string_append_printf (text, "%s:%s\r\n", head->headers[i].name, head->headers[i].value);
  g_string_append (text, "\r\n");

  return text;
}

static void
check_same (const WireHead *one, const WireHead *other)
{
  g_assert_cmpuint (one->minor_version, ==, other->minor_version);
  g_assert_cmpuint (one->status, ==, other->status);
  g_assert_cmpstr (one->method, ==, other->method);
  g_assert_cmpstr (one->target, ==, other->target);
  g_assert_cmpstr (one->reason, ==, other->reason);
  g_assert_cmpuint (one->n_headers, ==, other->n_headers);
  for (guint i = 0; i < one->n_headers; i++)
    {
      g_assert_cmpstr (one->headers[i].name, ==, other->headers[i].name);
      g_assert_cmpstr (one->headers[i].value, ==, other->headers[i].value);
    }
}

static void
check_round (const WireHead *head)
{
  g_autoptr (GString) text = write_head (head);
  const FuzzInput input = { (const guint8 *) text->str, text->len };
  g_auto (HeadArrival) arrival = { 0 };

  head_arrival_run (&arrival, head->kind, &input);
  g_assert_cmpint (arrival.result, ==, WIRE_HEAD_COMPLETE);
  g_assert_cmpuint (arrival.scanned, ==, text->len);
  check_same (head, &arrival.head);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  FuzzInput input = { data, size };
  WireHeadKind kind = fuzz_input_byte (&input) & 1 ? WIRE_HEAD_RESPONSE : WIRE_HEAD_REQUEST;
  FuzzInput text = fuzz_input_take (&input, HEAD_INPUT_MAX);
  g_auto (HeadArrival) arrival = { 0 };

  head_arrival_run (&arrival, kind, &text);
  if (arrival.result != WIRE_HEAD_COMPLETE)
    return 0;

  check_fields (&arrival.head);
  check_meaning (&arrival.head);
  check_round (&arrival.head);

  return 0;
}
