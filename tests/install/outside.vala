/* lws-glib: WebSockets for the GLib main loop
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program outside of the project: a server and a client that say hello.
 */
int failures = 1;

async void say_hello (Lwsg.Context context, uint port)
  {
    try
      {
        var connection = yield context.connect_async (@"ws://127.0.0.1:$port/", { "echo" }, null);
        connection.send_text ("hello");
        var message = yield connection.receive_async (null);
        yield connection.close_async (Lwsg.CloseCode.NORMAL, null, null);
        if (message.get_text () == "hello")
          failures = 0;
      }
    catch (GLib.Error error)
      {
        printerr ("%s\n", error.message);
      }
  }

int main ()
  {
    var loop = new MainLoop ();
    var context = new Lwsg.Context ();
    context.proxy_resolver = null;

    try
      {
        context.add_protocol ("echo").message.connect ((protocol, connection, message) => {
          try
            {
              connection.send_text (message.get_text ());
            }
          catch (GLib.Error error)
            {
              failures++;
            }
        });
        say_hello.begin (context, context.listen ("127.0.0.1", 0), () => loop.quit ());
        loop.run ();
      }
    catch (GLib.Error error)
      {
        printerr ("%s\n", error.message);
      }
    return failures;
  }
