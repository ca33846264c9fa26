// A proxy between the app and the server, which can be told to misbehave: to be down, to hold streams back, to lose answers, or to
// serve another version of the app.
import { createHash } from 'node:crypto';
import { createServer, request as ask } from 'node:http';

const hashOf = (bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;

/**
 * `changes` are files of the app by path, as texts, which make another version; `down`, `holdStreams`, `loseDecisions` and `torn` (files
 * that are not what the list of the version says) are knobs. `streams` counts the event streams that are open.
 */
export async function startProxy(target) {
  const proxy = { down: false, holdStreams: false, loseDecisions: 0, changes: {}, torn: new Set(), streams: 0, requests: [], queries: [], forwardedFor: null };
  const { hostname, port } = new URL(target);
  const upstream = async (path) => Buffer.from(await (await fetch(`${target}${path}`)).arrayBuffer());

  /** The service worker of the version that has the changes. */
  const worker = async () => {
    const text = (await upstream('/app/sw.js')).toString();
    const end = text.indexOf('\n');
    const list = (0, eval)(`(${text.slice(text.indexOf('{'), end).replace(/;$/, '')})`);
    for (const file of list.files) if (file[0] in proxy.changes) file[1] = hashOf(proxy.changes[file[0]]);
    list.version = createHash('sha256').update(JSON.stringify(list.files)).digest('hex').slice(0, 16);
    return `const PRECACHE = ${JSON.stringify(list)};${text.slice(end)}`;
  };

  const server = createServer(async (request, response) => {
    if (proxy.down) return request.socket.destroy();
    const { pathname } = new URL(request.url, target);
    proxy.requests.push(`${request.method} ${pathname}`);
    proxy.queries.push(request.url);
    const path = pathname.replace(/^\/app\//, '') || 'index.html';
    const headers = { ...request.headers, ...(proxy.forwardedFor ? { 'x-forwarded-for': proxy.forwardedFor } : {}) };
    const changed = pathname.startsWith('/app/') && (path in proxy.changes || proxy.torn.has(path) || (path === 'sw.js' && Object.keys(proxy.changes).length > 0));
    if (changed) delete headers['if-none-match'];
    const forwarded = ask({ hostname, port, method: request.method, path: request.url, headers }, async (answer) => {
      if (changed) {
        const body = path === 'sw.js' ? await worker() : proxy.torn.has(path) ? '// torn' : proxy.changes[path];
        answer.resume();
        const { 'content-length': _, etag: __, ...rest } = answer.headers;
        return response.writeHead(200, rest).end(body);
      }
      if (proxy.loseDecisions > 0 && pathname.endsWith('/decision')) {
        proxy.loseDecisions -= 1;
        answer.resume();
        return answer.on('end', () => request.socket.destroy());
      }
      // Whoever asked may be gone by now, and is not told of again.
      if (response.closed || request.socket.destroyed) return answer.destroy();
      if (pathname === '/device/v1/events' && answer.statusCode === 200) {
        proxy.streams += 1;
        response.on('close', () => {
          proxy.streams -= 1;
          answer.destroy();
        });
        if (proxy.holdStreams) return answer.resume();
      }
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      return answer.pipe(response);
    });
    forwarded.on('error', () => request.socket.destroy());
    request.pipe(forwarded);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  proxy.app = `http://localhost:${server.address().port}/app/`;
  /** Cuts every connection, and takes none. */
  proxy.cut = () => {
    proxy.down = true;
    server.closeAllConnections();
  };
  proxy.reset = () => Object.assign(proxy, { down: false, holdStreams: false, loseDecisions: 0, changes: {}, torn: new Set(), requests: [], queries: [], forwardedFor: null });
  proxy.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return proxy;
}
