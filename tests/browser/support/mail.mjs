// A mail server that keeps every message for the test that waits for it, and says nothing of its own (RFC 5321, as much as is asked for).
import { createServer } from 'node:net';

/** What stands in a message, quoted-printable undone (RFC 2045, section 6.7). */
function plain(message) {
  const [head, ...rest] = message.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  if (!/quoted-printable/i.test(head)) return message;
  const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return `${head}\r\n\r\n${Buffer.from(bytes, 'latin1')}`;
}

/** A mail server on a free port; `letter()` is the next message, `toml` what it is in the file for `apply`. */
export async function startMail() {
  const letters = [];
  const waiting = [];
  const take = (letter) => (waiting.shift() ?? ((one) => letters.push(one)))(letter);
  const server = createServer((socket) => {
    let text = '';
    let isMessage = false;
    let to = '';
    socket.on('error', () => {});
    socket.write('220 sink\r\n');
    socket.on('data', (bytes) => {
      text += bytes;
      for (;;) {
        const end = text.indexOf(isMessage ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const said = text.slice(0, end);
        text = text.slice(end + (isMessage ? 5 : 2));
        if (isMessage) {
          take({ to, text: plain(said) });
          isMessage = false;
          socket.write('250 taken\r\n');
        } else {
          to = /^RCPT TO:<(.*?)>/i.exec(said)?.[1] ?? to;
          isMessage = /^DATA/i.test(said);
          socket.write(isMessage ? '354 go on\r\n' : '250 OK\r\n');
        }
      }
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address();
  return {
    toml: `[delivery.smtp]\nhost = "127.0.0.1"\nport = ${port}\nsecurity = "none"\nfrom = "Online Bank <codes@bank.example>"\n`,
    /** @returns {Promise<{to: string, text: string}>} */
    letter: () => new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no letter in 90 s')), 90_000);
      const got = (letter) => { clearTimeout(timer); resolve(letter); };
      if (letters.length) got(letters.shift()); else waiting.push(got);
    }),
    close: () => server.close(),
  };
}
