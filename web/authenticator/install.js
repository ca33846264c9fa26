// Installing the app: browsers that offer it say so by an event, which has to be kept until the user wants it.

/** @type {(Event & { prompt: () => Promise<unknown> }) | null} */
let offered = null;

/** Listens for the browser's offer, from the start. */
export function awaitOffer() {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offered = /** @type {any} */ (event);
  });
}

/** Whether the app runs as one of the phone's apps. */
export const isInstalled = () => matchMedia('(display-mode: standalone)').matches || Reflect.get(navigator, 'standalone') === true;

/** What installs the app, where the browser offers that. */
export const install = () => (offered ? () => offered?.prompt() : null);
