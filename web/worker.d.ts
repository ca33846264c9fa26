// What the server writes at the head of the service worker, for `tsc --checkJs` alone.
declare const PRECACHE: { version: string; files: [path: string, integrity: string][] };
