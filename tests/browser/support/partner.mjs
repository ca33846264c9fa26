// The partner's website: serves the pages a test hands it, under a strict policy, and keeps what forms send.
import { createServer } from 'node:http';

/**
 * A policy that allows the challenge's server and nothing more.
 * @param {string} base the server's address
 */
export const strictPolicy = (base) => [
  "default-src 'none'", `script-src ${base}`, `connect-src ${base}`, `frame-src ${base}`, "form-action 'self'",
  "base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
].join('; ');

/** @returns a running website: `port`, `serve(path, html, policy)`, `received`, `close` */
export async function startPartner() {
  const site = { pages: new Map(), received: [] };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://partner');
    if (request.method === 'POST') {
      let text = '';
      for await (const chunk of request) text += chunk;
      site.received.push(Object.fromEntries(new URLSearchParams(text)));
      if (pathname === '/slow') await new Promise((resolve) => { setTimeout(resolve, 1500); });
      if (pathname === '/nothing') return response.writeHead(204).end();
      return response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Thanks</title><p id="thanks">Thanks');
    }
    const page = site.pages.get(pathname);
    if (!page) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...page.headers });
    return response.end(page.html);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  site.port = server.address().port;
  site.serve = (path, html, policy) => {
    site.pages.set(path, { html, headers: policy ? { 'Content-Security-Policy': policy } : {} });
  };
  site.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return site;
}
