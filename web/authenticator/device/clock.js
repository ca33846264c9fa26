// The server's clock: what is signed bears its time, and what expires does so by it, however wrong the phone's own clock is.

const TRY_MS = 10_000;

let aheadMs = 0;
/** @type {string | null} */
let pushKey = null;

/** Milliseconds since 1970 by the server's clock, as far as it is known. */
export const now = () => Date.now() + aheadMs;

/** What pushes have to be subscribed with, as the server said last. */
export const pushPublicKey = () => pushKey;

/** Asks the server for its time. Throws where it cannot be reached, or does not say it: a proxy's page is not the server's word. */
export async function synchronise() {
  const sent = Date.now();
  const answer = await fetch('/device/v1/server', { cache: 'no-store', signal: AbortSignal.timeout(TRY_MS) });
  if (!answer.ok) throw new Error(`the server does not say its time: ${answer.status}`);
  const said = await answer.json();
  if (!Number.isFinite(said?.time_ms)) throw new Error('the server does not say its time');
  // The answer's time lies in the middle between asking and hearing, as well as anybody can know.
  aheadMs = said.time_ms - (sent + Date.now()) / 2;
  pushKey = said.push_public_key ?? null;
}
