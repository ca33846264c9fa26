/**
 * ocapi.js: the Ocapi challenge on a partner's web page.
 *
 *   <script src="https://SERVER/ocapi/VERSION/ocapi.js" integrity="sha384-…" crossorigin="anonymous"></script>
 *   <form method="post"> … <ocapi-challenge public-id="shop"></ocapi-challenge> <button>Send</button> </form>
 *
 * The element fetches a challenge, lets the visitor confirm, answers, and puts the challenge's id into
 * the form as `ocapi-challenge`. Until the answer was right the form cannot be sent. Nothing is decided
 * here: the website's server has to check the id with the Ocapi server.
 * Of the four kinds of challenge `pow` is worked out by the browser, and the visitor is asked the others:
 * to choose pictures, to copy text, to type a code that can be heard, too. From each `pow` is one press away.
 *
 * Attributes  public-id  the site's public id (required)
 *             base       the Ocapi server; by default the one this script came from
 *             start      when the work begins: click (default), load, focus, submit
 *             name       the field's name, by default ocapi-challenge
 *             kind, lang (en, fr, de, es), theme (auto, light, dark)
 * Events      ocapi-state {state}, ocapi-valid {id}, ocapi-invalid, ocapi-expired, ocapi-error {reason}
 * Methods     solve(), reset()      Properties  state, value
 * By script   ocapi.render(elementOrSelector, {publicId, …}) returns the element.
 *
 * One file without dependencies. It needs no inline style, no eval, no blob and no HTML parsing, so that
 * a policy that allows the server for script-src, connect-src and frame-src is enough; with media-src the
 * sound of a code has the browser's own controls.
 */
(() => {
  'use strict';

  const VERSION = '1.0.0';
  const TAG = 'ocapi-challenge';

  /** What a challenge's life takes, in milliseconds. The server has the last word. */
  const UNANSWERED_LIFE = 5 * 60_000;
  const VALID_LIFE = 10 * 60_000;
  /** A confirmation is renewed so long before the server forgets it, so that a form sent now still counts. */
  const RENEW_BEFORE = 60_000;
  /** With less time left than this, work on a challenge is not begun. */
  const WORTH_BEGINNING = 20_000;
  /** The same for a question that a person is to answer. */
  const WORTH_ASKING = 150_000;
  const REQUEST_TIMEOUT = 15_000;
  /** Pictures come together, and share a slow line. */
  const PICTURE_TIMEOUT = 60_000;
  /** The solver's page answers at once when it is there; what loads and is silent is not it. */
  const FRAME_TIMEOUT = 5_000;
  /** Renewals of a confirmation without any sign of the visitor; after them it waits for one. */
  const IDLE_RENEWALS = 3;
  /** Expired or spent answers in a row, after which the visitor is asked to try again. */
  const FUTILE_ROUNDS = 3;
  /** After a form was sent and the page is still here: when its challenge is replaced. */
  const RENEW_AFTER_SUBMIT = 8_000;
  const RENEW_AFTER_READ = 3_000;

  /**
   * @typedef {'idle'|'loading'|'ready'|'solving'|'asking'|'checking'|'valid'|'used'|'invalid'|'expired'|'limited'
   *   |'unreachable'|'failed'|'misconfigured'} State
   * @typedef {object} PowParameters
   * @property {string} algorithm @property {number} cost @property {number} [keyLength]
   * @property {string} keyPrefix @property {string} nonce @property {string} salt
   * @property {number} [memoryCost] @property {number} [parallelism]
   * @typedef {{id: string, url: string, alt: string}} Image
   * @typedef {object} Challenge
   * @property {string} id @property {string} kind @property {string} expires_at
   * @property {string[]} [kinds] @property {PowParameters} [parameters]
   * @property {string} [question] @property {string} [lang] the question's language
   * @property {Image[]} [images] @property {string} [audio] an address, as those of images are
   * @typedef {object} Task what a kind needs to bring forth an answer
   * @property {Challenge} challenge @property {AbortSignal} signal @property {string} base
   * @property {HTMLElement} place for what nobody sees
   * @property {(share: number) => void} progress takes a share from 0 to 1
   * @property {Words} words
   * @property {(question: HTMLElement, first: HTMLElement) => void} show puts a question, and its first field, before the visitor
   * @property {() => void} another when the visitor wants another challenge of the kind
   * @typedef {object} Kind
   * @property {boolean} asks whether the visitor has to do something
   * @property {(task: Task) => Promise<unknown>} answer
   * @typedef {object} Fields what a question consists of beside its text
   * @property {HTMLElement[]} parts @property {HTMLElement} first
   * @property {() => unknown} read gives the answer, or undefined while there is none
   * @property {string} hint @property {string} wanting what to say when there is no answer
   * @property {() => void} [silence]
   * @typedef {{counter: number, derivedKey: string}} Solution
   * @typedef {HTMLButtonElement | HTMLInputElement} SubmitButton
   * @typedef {{submitter: SubmitButton | null}} Way how a form is sent; a script may do it without a button
   * @typedef {{publicId?: string, base?: string, start?: string, name?: string, kind?: string, lang?: string,
   *   theme?: string}} RenderOptions
   */

  // ---------------------------------------------------------------------------------------- words

  const ENGLISH = {
    label: 'I am not a robot',
    loading: 'Loading…',
    ready: 'Tick the box to confirm.',
    solving: 'Your browser is solving a small task. This takes a few seconds.',
    checking: 'Checking…',
    valid: 'Confirmed.',
    used: 'Sent.',
    invalid: 'That was not right. Please try again.',
    expired: 'The confirmation has expired and will be renewed.',
    limited: 'Too many requests. This goes on by itself in a moment.',
    seconds: '{n} s',
    unreachable: 'The confirmation service cannot be reached, so the form cannot be sent. What you have entered stays.',
    failed: 'The confirmation did not work in this browser, so the form cannot be sent.',
    misconfigured: 'The confirmation is not set up correctly on this website. Please tell its operator.',
    unsupported: 'This browser is too old for the confirmation. Please update it or use another one.',
    retry: 'Try again',
    progress: 'Progress',
    required: 'Please confirm that you are not a robot.',
    wait: 'Please wait until the confirmation is complete.',
    asking: 'Please solve this task, or choose another way below.',
    again_wrong: 'That was not right. Here is another one.',
    again_late: 'Too much time has passed. Here is another one.',
    wanting: 'Please solve the task in the confirmation first.',
    check: 'Check',
    another: 'Another one',
    listen: 'Listen to the code',
    silent: 'The sound cannot be played here.',
    code: 'Code',
    line: 'Text {n}',
    hint_choose: 'To describe the pictures would give them away. If you cannot see them, take the way without a puzzle.',
    hint_copy: 'Capitals do not matter. What cannot be read may be left empty.',
    hint_code: 'Capitals and spaces do not matter.',
    none_choose: 'Choose at least one picture.',
    none_copy: 'Type the text of at least one picture.',
    none_code: 'Type the code.',
    other: 'Another way:',
    kind_pow: 'Without a puzzle: let the browser work',
    kind_classification: 'Choose pictures',
    kind_transcription: 'Copy text from a picture',
    kind_text: 'Type a code',
  };
  /** @typedef {typeof ENGLISH} Words */

  /** @type {Record<string, Words>} */
  const LANGUAGES = {
    en: ENGLISH,
    fr: {
      label: 'Je ne suis pas un robot',
      loading: 'Chargement…',
      ready: 'Cochez la case pour confirmer.',
      solving: 'Votre navigateur effectue un petit calcul. Cela prend quelques secondes.',
      checking: 'Vérification…',
      valid: 'Confirmé.',
      used: 'Envoyé.',
      invalid: 'Ce n’était pas correct. Veuillez réessayer.',
      expired: 'La confirmation a expiré et sera renouvelée.',
      limited: 'Trop de demandes. La suite se fera d’elle-même dans un instant.',
      seconds: '{n} s',
      unreachable:
        'Le service de confirmation est injoignable ; le formulaire ne peut pas être envoyé. Votre saisie est conservée.',
      failed: 'La confirmation n’a pas fonctionné dans ce navigateur ; le formulaire ne peut pas être envoyé.',
      misconfigured: 'La confirmation est mal configurée sur ce site. Veuillez prévenir son responsable.',
      unsupported: 'Ce navigateur est trop ancien pour la confirmation. Mettez-le à jour ou utilisez-en un autre.',
      retry: 'Réessayer',
      progress: 'Avancement',
      required: 'Veuillez confirmer que vous n’êtes pas un robot.',
      wait: 'Veuillez attendre la fin de la confirmation.',
      asking: 'Veuillez résoudre cet exercice, ou choisir une autre voie ci-dessous.',
      again_wrong: 'Ce n’était pas correct. En voici un autre.',
      again_late: 'Trop de temps s’est écoulé. En voici un autre.',
      wanting: 'Veuillez d’abord résoudre l’exercice de la confirmation.',
      check: 'Vérifier',
      another: 'Un autre',
      listen: 'Écouter le code',
      silent: 'Le son ne peut pas être lu ici.',
      code: 'Code',
      line: 'Texte {n}',
      hint_choose: 'Décrire les images les trahirait. Si vous ne les voyez pas, prenez la voie sans énigme.',
      hint_copy: 'Les majuscules sont sans importance. Ce qui est illisible peut rester vide.',
      hint_code: 'Les majuscules et les espaces sont sans importance.',
      none_choose: 'Choisissez au moins une image.',
      none_copy: 'Saisissez le texte d’au moins une image.',
      none_code: 'Saisissez le code.',
      other: 'Une autre voie :',
      kind_pow: 'Sans énigme : laisser le navigateur calculer',
      kind_classification: 'Choisir des images',
      kind_transcription: 'Recopier le texte d’une image',
      kind_text: 'Saisir un code',
    },
    de: {
      label: 'Ich bin kein Roboter',
      loading: 'Wird geladen …',
      ready: 'Haken Sie das Kästchen an, um zu bestätigen.',
      solving: 'Ihr Browser löst eine kleine Aufgabe. Das dauert einige Sekunden.',
      checking: 'Wird geprüft …',
      valid: 'Bestätigt.',
      used: 'Gesendet.',
      invalid: 'Das war nicht richtig. Bitte versuchen Sie es noch einmal.',
      expired: 'Die Bestätigung ist abgelaufen und wird erneuert.',
      limited: 'Zu viele Anfragen. Es geht gleich von selbst weiter.',
      seconds: '{n} s',
      unreachable:
        'Der Bestätigungsdienst ist nicht erreichbar; das Formular kann nicht gesendet werden. Ihre Eingaben bleiben erhalten.',
      failed: 'Die Bestätigung hat in diesem Browser nicht funktioniert; das Formular kann nicht gesendet werden.',
      misconfigured: 'Die Bestätigung ist auf dieser Website falsch eingerichtet. Bitte sagen Sie es dem Betreiber.',
      unsupported: 'Dieser Browser ist zu alt für die Bestätigung. Bitte aktualisieren Sie ihn oder nehmen Sie einen anderen.',
      retry: 'Noch einmal versuchen',
      progress: 'Fortschritt',
      required: 'Bitte bestätigen Sie, dass Sie kein Roboter sind.',
      wait: 'Bitte warten Sie, bis die Bestätigung fertig ist.',
      asking: 'Bitte lösen Sie diese Aufgabe, oder wählen Sie unten einen anderen Weg.',
      again_wrong: 'Das war nicht richtig. Hier ist eine andere Aufgabe.',
      again_late: 'Es ist zu viel Zeit vergangen. Hier ist eine andere Aufgabe.',
      wanting: 'Bitte lösen Sie zuerst die Aufgabe der Bestätigung.',
      check: 'Prüfen',
      another: 'Eine andere Aufgabe',
      listen: 'Code anhören',
      silent: 'Der Ton kann hier nicht abgespielt werden.',
      code: 'Code',
      line: 'Text {n}',
      hint_choose: 'Die Bilder zu beschreiben, verriete sie. Wer sie nicht sieht, nimmt den Weg ohne Rätsel.',
      hint_copy: 'Großschreibung ist gleichgültig. Was nicht lesbar ist, darf leer bleiben.',
      hint_code: 'Großschreibung und Leerzeichen sind gleichgültig.',
      none_choose: 'Wählen Sie mindestens ein Bild.',
      none_copy: 'Geben Sie den Text von mindestens einem Bild ein.',
      none_code: 'Geben Sie den Code ein.',
      other: 'Ein anderer Weg:',
      kind_pow: 'Ohne Rätsel: den Browser rechnen lassen',
      kind_classification: 'Bilder auswählen',
      kind_transcription: 'Text von einem Bild abschreiben',
      kind_text: 'Einen Code eingeben',
    },
    es: {
      label: 'No soy un robot',
      loading: 'Cargando…',
      ready: 'Marque la casilla para confirmar.',
      solving: 'Su navegador resuelve una pequeña tarea. Tarda unos segundos.',
      checking: 'Comprobando…',
      valid: 'Confirmado.',
      used: 'Enviado.',
      invalid: 'No era correcto. Inténtelo de nuevo.',
      expired: 'La confirmación ha caducado y se renovará.',
      limited: 'Demasiadas solicitudes. Continuará por sí solo en un momento.',
      seconds: '{n} s',
      unreachable:
        'No se puede contactar con el servicio de confirmación; el formulario no se puede enviar. Lo que ha escrito se conserva.',
      failed: 'La confirmación no ha funcionado en este navegador; el formulario no se puede enviar.',
      misconfigured: 'La confirmación está mal configurada en este sitio web. Avise a su responsable.',
      unsupported: 'Este navegador es demasiado antiguo para la confirmación. Actualícelo o utilice otro.',
      retry: 'Intentar de nuevo',
      progress: 'Progreso',
      required: 'Confirme que no es un robot.',
      wait: 'Espere a que termine la confirmación.',
      asking: 'Resuelva esta tarea o elija otra vía más abajo.',
      again_wrong: 'No era correcto. Aquí tiene otra tarea.',
      again_late: 'Ha pasado demasiado tiempo. Aquí tiene otra tarea.',
      wanting: 'Resuelva primero la tarea de la confirmación.',
      check: 'Comprobar',
      another: 'Otra tarea',
      listen: 'Escuchar el código',
      silent: 'El sonido no se puede reproducir aquí.',
      code: 'Código',
      line: 'Texto {n}',
      hint_choose: 'Describir las imágenes las delataría. Si no las ve, tome la vía sin acertijos.',
      hint_copy: 'Las mayúsculas no importan. Lo que no se pueda leer puede quedar vacío.',
      hint_code: 'Las mayúsculas y los espacios no importan.',
      none_choose: 'Elija al menos una imagen.',
      none_copy: 'Escriba el texto de al menos una imagen.',
      none_code: 'Escriba el código.',
      other: 'Otra vía:',
      kind_pow: 'Sin acertijos: dejar que el navegador calcule',
      kind_classification: 'Elegir imágenes',
      kind_transcription: 'Copiar el texto de una imagen',
      kind_text: 'Escribir un código',
    },
  };

  /**
   * The language an element speaks: its own `lang`, the nearest one around it, then the visitor's.
   * @param {Element} element
   * @returns {string} a key of LANGUAGES
   */
  function languageOf(element) {
    /** @type {(string | null | undefined)[]} */
    const wishes = [];
    for (let node = /** @type {Element | null} */ (element); node; ) {
      const around = /** @type {Element | null} */ (node.closest('[lang]'));
      if (around) wishes.push(around.getAttribute('lang'));
      const root = (around ?? node).getRootNode();
      node = !around && root instanceof ShadowRoot ? root.host : null;
    }
    wishes.push(...(navigator.languages ?? []), navigator.language);
    for (const wish of wishes) {
      const language = (wish ?? '').toLowerCase().split('-')[0] ?? '';
      if (language in LANGUAGES) return language;
    }
    return 'en';
  }

  // ---------------------------------------------------------------------------------------- looks

  const LIGHT = '--bg:#fff;--text:#1b1f24;--soft:#4a5159;--line:#6b7280;--accent:#0b57d0;--good:#146c2e;--bad:#a8201a;';
  const DARK = '--bg:#1f2328;--text:#eceff2;--soft:#bac2cb;--line:#8b949e;--accent:#8ab4f8;--good:#81c995;--bad:#f4a7a1;';

  const STYLE = `
    :host { ${LIGHT} display: block; max-inline-size: 24rem; margin-block: 1rem; color-scheme: light; }
    :host([theme="dark"]) { ${DARK} color-scheme: dark; }
    @media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { ${DARK} color-scheme: dark; } }
    :host([hidden]), [hidden] { display: none !important; }
    * { box-sizing: border-box; }
    .box { background: var(--bg); color: var(--text); border: 1px solid var(--line); border-radius: .5rem;
      padding: .25rem; font-size: 1rem; line-height: 1.4; text-align: start; overflow-wrap: anywhere; }
    button { font: inherit; color: inherit; background: none; border: 0; border-radius: .375rem; cursor: pointer;
      min-block-size: 2.75rem; padding: .5rem .75rem; text-align: start; }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: -1px; }
    button:disabled, button[aria-disabled="true"] { cursor: default; }
    .control { display: flex; align-items: center; gap: .75rem; inline-size: 100%; font-weight: 600; }
    button:disabled { opacity: .6; }
    .mark { flex: none; display: block; inline-size: 1.75rem; block-size: 1.75rem; border: 2px solid var(--line);
      border-radius: .25rem; background: var(--bg); }
    .control:hover:not(:disabled, [aria-disabled="true"]) .mark { border-color: var(--accent); }
    .mark svg { display: block; inline-size: 100%; block-size: 100%; fill: none; stroke: currentColor;
      stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
    .mark path { display: none; }
    .good .mark { color: var(--good); border-color: var(--good); }
    .good .tick { display: block; }
    .bad .mark { color: var(--bad); border-color: var(--bad); }
    .bad .bang { display: block; }
    .busy .mark { border-radius: 50%; border-color: var(--line); border-block-start-color: var(--accent);
      border-width: 3px; animation: turn 1s linear infinite; }
    @keyframes turn { to { transform: rotate(1turn); } }
    .below { padding: .25rem .75rem .5rem; }
    .below:not(:has(> :not([hidden], :empty))) { display: none; }
    p { margin: 0; font-size: .875rem; color: var(--soft); }
    p, #label, .plain { unicode-bidi: plaintext; }
    :host(:dir(rtl)) :is(p, .plain, legend) { text-align: right; }
    .bad p { color: var(--bad); }
    .good p { color: var(--good); }
    p:empty { display: none; }
    .count { font-variant-numeric: tabular-nums; }
    progress { display: block; inline-size: 100%; block-size: .5rem; margin-block: .5rem .25rem; border: 0;
      border-radius: .25rem; accent-color: var(--accent); overflow: hidden; background: none; appearance: none; }
    progress::-webkit-progress-bar { background: color-mix(in srgb, var(--line) 35%, var(--bg)); }
    progress::-webkit-progress-value { background: var(--accent); transition: inline-size .2s; }
    progress::-moz-progress-bar { background: var(--accent); }
    .plain { border: 1px solid var(--line); margin-block: .5rem .25rem; font-weight: 600; }
    .plain:hover { border-color: var(--accent); }
    fieldset { border: 0; margin: .375rem 0 .5rem; padding: 0; min-inline-size: 0; }
    legend { padding: 0; margin-block: .5rem; font-weight: 600; }
    legend, .field span { unicode-bidi: plaintext; }
    canvas { display: block; max-inline-size: 100%; block-size: auto; background: #fff; border: 1px solid var(--line);
      border-radius: .375rem; margin-block-end: .5rem; }
    .grid { display: grid; gap: .25rem; margin: 0 -.25rem .25rem;
      grid-template-columns: repeat(auto-fill, minmax(max(min(5rem, 100%), 30%), 1fr)); }
    .tile { position: relative; display: block; min-block-size: 2.75rem; cursor: pointer; }
    .tile canvas { inline-size: 100%; border: 4px solid var(--bg); margin: 0; }
    .tile input { position: absolute; inset-block-start: .5rem; inset-inline-start: .5rem; inline-size: 1.5rem;
      block-size: 1.5rem; margin: 0; accent-color: var(--accent); cursor: pointer; }
    .tile:hover canvas { border-color: var(--line); }
    .tile :checked + canvas { border-color: var(--accent); }
    .tile :focus-visible { outline: none; }
    .tile :focus-visible + canvas { outline: 3px solid var(--text); outline-offset: -1px; }
    .field { display: block; margin-block-end: .5rem; font-weight: 600; font-size: .875rem; }
    .field input { display: block; inline-size: 100%; min-block-size: 2.75rem; padding: .25rem .75rem; font: inherit;
      font-size: 1rem; font-weight: 400; color: var(--text); background: var(--bg);
      border: 1px solid var(--line); border-radius: .375rem; }
    .field input:focus-visible { outline: 3px solid var(--accent); outline-offset: -1px; }
    .field input[aria-invalid] { border-color: var(--bad); border-width: 2px; }
    audio { display: block; inline-size: 100%; min-inline-size: 0; margin-block: .5rem; }
    p.wanting { color: var(--bad); font-weight: 600; margin-block-start: .25rem; }
    .ways { display: flex; flex-wrap: wrap; gap: 0 .5rem; }
    .plain.main { background: var(--accent); border-color: var(--accent); color: var(--bg); }
    .plain[aria-disabled="true"] { border-style: dashed; }
    .others { display: flex; flex-wrap: wrap; gap: 0 .5rem; align-items: center; margin-block-start: .25rem; }
    .others p { inline-size: 100%; }
    .others button { font-size: .875rem; text-decoration: underline; padding-inline: .5rem; margin-inline-start: -.5rem; }
    iframe { position: absolute; inline-size: 1px; block-size: 1px; border: 0; clip-path: inset(50%); }
    @media (prefers-reduced-motion: reduce) {
      .busy .mark { animation: none; border-style: dashed; }
      progress::-webkit-progress-value { transition: none; }
    }
    @media (forced-colors: active) {
      .mark, .plain { border-color: ButtonBorder; }
      .busy .mark { border-block-start-color: Highlight; }
      progress { border: 1px solid CanvasText; }
      progress::-webkit-progress-bar { background: Canvas; }
      progress::-webkit-progress-value { background: Highlight; forced-color-adjust: none; }
      progress::-moz-progress-bar { background: Highlight; forced-color-adjust: none; }
      button:focus-visible, .field input:focus-visible, .tile :focus-visible + canvas { outline-color: Highlight; }
      .plain.main { background: ButtonText; color: ButtonFace; forced-color-adjust: none; }
      .tile canvas { border-color: Canvas; }
      .tile :checked + canvas { border-color: Highlight; forced-color-adjust: none; }
    }`;

  /** @type {CSSStyleSheet | undefined} */
  let sheet;

  /** @returns {CSSStyleSheet} one for all elements */
  function styleSheet() {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    return sheet;
  }

  /**
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} name
   * @param {Record<string, string>} attributes
   * @param {(Node | string)[]} children
   * @returns {HTMLElementTagNameMap[K]}
   */
  function make(name, attributes = {}, children = []) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  /** @returns {SVGElement} a tick and an exclamation mark, of which the style shows at most one */
  function signs() {
    const space = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(space, 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    for (const [name, line] of [['tick', 'M5 12.5l4.5 4.5L19 7.5'], ['bang', 'M12 5v8M12 18v.5']]) {
      const path = document.createElementNS(space, 'path');
      path.setAttribute('class', String(name));
      path.setAttribute('d', String(line));
      svg.append(path);
    }
    return svg;
  }

  /** States in which the tick shows, in which the exclamation mark does, and in which the ring turns. */
  const GOOD = ['valid', 'used'];
  const BAD = ['invalid', 'unreachable', 'failed', 'misconfigured'];
  const BUSY = ['loading', 'solving', 'asking', 'checking', 'limited'];
  /** States in which a question stays before the visitor, though it may not take an answer any more. */
  const ASKED = ['loading', 'asking', 'checking', 'limited'];
  /** States that offer a button to try again. */
  const RETRYABLE = ['unreachable', 'failed'];

  /** What the visitor sees: one control, one line of text, and what belongs to some states alone. */
  class View {
    mark = make('span', { class: 'mark', 'aria-hidden': 'true' }, [signs()]);
    label = make('span', { id: 'label' });
    control = make('button', {
      class: 'control', part: 'control', type: 'button', role: 'checkbox', 'aria-checked': 'false',
      'aria-labelledby': 'label', 'aria-describedby': 'status',
    }, [this.mark, this.label]);
    status = make('p', { id: 'status', part: 'status', role: 'status', 'aria-live': 'polite', 'aria-atomic': 'true' });
    count = make('p', { class: 'count', 'aria-hidden': 'true' });
    progress = make('progress', { max: '1' });
    retry = make('button', { class: 'plain', part: 'retry', type: 'button' });
    question = make('div', { part: 'question' });
    place = make('div', { class: 'place' });
    others = make('div', { class: 'others', hidden: '' });
    below = make('div', { class: 'below' }, [
      this.status, this.count, this.progress, this.retry, this.question, this.others, this.place,
    ]);
    box = make('div', { class: 'box', part: 'box' }, [this.control, this.below]);
    /** The first field of the question, while there is one. @type {HTMLElement | null} */
    first = null;
    /** What is offered now, so that buttons are not made anew under somebody's hand. */
    #offered = '';
    #root;

    /** @param {ShadowRoot} root */
    constructor(root) {
      this.#root = root;
      root.adoptedStyleSheets = [styleSheet()];
      root.append(this.box);
    }

    /** Where the visitor goes on. */
    get entry() { return this.first ?? (this.retry.hidden ? this.control : this.retry); }

    /** Takes the visitor to where it goes on, and shows what belongs to it, as far as there is room. */
    enter() {
      this.entry.focus({ preventScroll: true });
      this.box.scrollIntoView({ block: 'nearest' });
      this.entry.scrollIntoView({ block: 'nearest' });
    }

    /** @param {() => void} change after which the focus, if it is here, is not lost */
    #keeping(change) {
      const held = this.#root.activeElement;
      change();
      if (held && (!held.isConnected || held.closest('[hidden]'))) this.enter();
    }

    /** @param {HTMLElement} question @param {HTMLElement} first */
    ask(question, first) {
      this.#keeping(() => {
        this.question.replaceChildren(question);
        this.first = first;
        this.control.hidden = true;
      });
    }

    /**
     * @param {State} state
     * @param {string} text what is said of it
     * @param {Words} words
     * @param {string} language
     * @param {boolean} quiet whether assistive technology is spared the change
     */
    show(state, text, words, language, quiet) {
      this.#keeping(() => this.#show(state, text, words, language, quiet));
    }

    /** @type {View['show']} */
    #show(state, text, words, language, quiet) {
      this.box.lang = language;
      if (!ASKED.includes(state)) {
        this.question.replaceChildren();
        this.first = null;
      }
      this.control.hidden = this.first !== null;
      this.box.className = ['box', GOOD.includes(state) && 'good', BAD.includes(state) && 'bad',
        BUSY.includes(state) && 'busy'].filter(Boolean).join(' ');
      this.label.textContent = words.label;
      const done = GOOD.includes(state);
      this.control.setAttribute('aria-checked', done ? 'true' : BUSY.includes(state) ? 'mixed' : 'false');
      this.control.setAttribute('aria-disabled', String(done || BUSY.includes(state) || state === 'misconfigured'));
      this.status.setAttribute('aria-live', quiet ? 'off' : 'polite');
      if (this.status.textContent !== text) this.status.textContent = text;
      this.count.textContent = '';
      this.progress.hidden = (state !== 'solving' && state !== 'checking') || this.first !== null;
      this.progress.setAttribute('aria-label', words.progress);
      this.progress.value = state === 'checking' ? 1 : 0;
      this.retry.textContent = words.retry;
      this.retry.hidden = !RETRYABLE.includes(state);
    }

    /**
     * The place to change to another kind of task; it stays away while there is nothing to change to.
     * @param {string[]} kinds
     * @param {Words} words
     * @param {(kind: string) => void} choose
     */
    offer(kinds, words, choose) {
      const offered = [words.other, ...kinds].join();
      if (offered === this.#offered) return;
      this.#offered = offered;
      this.#keeping(() => {
        this.others.hidden = kinds.length === 0;
        const buttons = kinds.map((kind) => {
          const name = Object.entries(words).find(([key]) => key === `kind_${kind}`)?.[1] ?? kind;
          const button = make('button', { type: 'button' }, [name]);
          button.addEventListener('click', () => choose(kind));
          return button;
        });
        this.others.replaceChildren(make('p', {}, [words.other]), ...buttons);
      });
    }
  }

  // ----------------------------------------------------------------------------------- the server

  /**
   * Why something did not go on. `expired` stands for every challenge that cannot be answered any more.
   * @typedef {'unreachable'|'limited'|'expired'|'misconfigured'|'failed'} Reason
   */
  class Trouble extends Error {
    /**
     * @param {Reason} reason
     * @param {string} message for the developer's console
     * @param {number} wait milliseconds after which to try again, for `limited`
     */
    constructor(reason, message, wait = 0) {
      super(message);
      this.name = 'OcapiTrouble';
      this.reason = reason;
      this.wait = wait;
    }
  }

  /**
   * @param {Response} response
   * @returns {number} milliseconds; Retry-After is hidden on another origin unless the server exposes it
   */
  function waitOf(response) {
    const told = response.headers.get('Retry-After');
    const seconds = told === null ? 5 : Number(told);
    return (Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), 300) : 5) * 1000;
  }

  /** @param {Response} response */
  async function jsonOf(response) {
    const content = await response.json().catch(() => null);
    if (response.ok && (typeof content !== 'object' || content === null)) {
      throw new Trouble('unreachable', 'the server answered with something that is not JSON');
    }
    return content;
  }

  /**
   * One request. Refusals that mean the same wherever they come from become a Trouble here.
   * @param {string} url
   * @param {AbortSignal} signal
   * @param {unknown} [body] sent as JSON with POST
   * @param {(response: Response) => Promise<any>} [read]
   * @param {number} [within] milliseconds for the whole of it
   * @returns {Promise<{status: number, content: any}>} with status 200, 400, 403, 404, 409 or 410
   */
  async function request(url, signal, body, read = jsonOf, within = REQUEST_TIMEOUT) {
    const limit = new AbortController();
    const stop = () => limit.abort();
    const timer = setTimeout(stop, within);
    signal.addEventListener('abort', stop);
    try {
      const response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
        mode: 'cors', credentials: 'omit', cache: 'no-store', redirect: 'error', signal: limit.signal,
      });
      if (response.status === 429) throw new Trouble('limited', 'too many requests', waitOf(response));
      if (![200, 400, 403, 404, 409, 410].includes(response.status)) {
        throw new Trouble('unreachable', `the server answered ${response.status}`);
      }
      return { status: response.status, content: await read(response) };
    } catch (error) {
      if (error instanceof Trouble) throw error;
      throw new Trouble('unreachable', `no answer from ${url}: ${error}`);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  /**
   * A picture or the sound of a challenge. Where it is gone, so is the challenge.
   * @param {Task} task
   * @param {string} address
   * @returns {Promise<Blob>}
   */
  async function load({ base, signal }, address) {
    const blobOf = (/** @type {Response} */ response) => response.blob();
    const { status, content } = await request(addressOf(base, address), signal, undefined, blobOf, PICTURE_TIMEOUT);
    signal.throwIfAborted();
    if (status === 400 || status === 403) throw new Trouble('failed', `the server answered ${status} for ${address}`);
    if (status !== 200) throw new Trouble('expired', `the server answered ${status} for ${address}`);
    return content;
  }

  /**
   * @param {string} base which may have a path
   * @param {string} address one of the server's, from its root
   */
  const addressOf = (base, address) => new URL(address.startsWith('/') ? base + address : address, `${base}/`).href;

  /**
   * @param {any} content
   * @returns {Challenge}
   */
  function asChallenge(content) {
    if (typeof content?.id !== 'string' || typeof content.kind !== 'string') {
      throw new Trouble('unreachable', 'the server answered with something that is no challenge');
    }
    return content;
  }

  /**
   * How long a challenge just issued may be answered. A visitor's clock may be wrong by years; what cannot be true
   * of a new challenge counts as a whole life, and the server tells when it is over.
   * @param {Challenge} challenge
   * @returns {number} milliseconds
   */
  function lifeOf(challenge) {
    const left = Date.parse(challenge.expires_at) - Date.now();
    return left >= 60_000 && left <= UNANSWERED_LIFE ? left : UNANSWERED_LIFE;
  }

  // ----------------------------------------------------------------------------- PBKDF2/SHA-256

  /** @param {string} hex */
  function bytesOf(hex) {
    if (!/^([0-9a-f]{2})+$/i.test(hex)) throw new Trouble('failed', 'a parameter is not hexadecimal');
    return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
  }

  /** @param {Uint8Array} bytes */
  const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

  /**
   * The first 32 bits of the fractional parts of a root of the first primes (FIPS 180-4, sections 4.2.2, 5.3.3).
   * @param {number} count
   * @param {number} root 2 or 3
   */
  function fractions(count, root) {
    const found = new Int32Array(count);
    for (let n = 2, at = 0; at < count; n++) {
      let prime = true;
      for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
      if (prime) found[at++] = ((n ** (1 / root)) % 1) * 2 ** 32;
    }
    return found;
  }

  const K = fractions(64, 3);
  const INITIAL = fractions(8, 2);

  /**
   * SHA-256's compression function, on 32-bit words. It is where all the time goes: nothing is made or copied in it.
   * @param {Int32Array} from eight words
   * @param {Int32Array} w sixteen words of the message, and room for 48 more
   * @param {Int32Array} to takes eight words; may be `from` or `w`
   */
  function compress(from, w, to) {
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      w[i] = w[i - 16] + w[i - 7] + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
        (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)) | 0;
    }
    let a = from[0], b = from[1], c = from[2], d = from[3], e = from[4], f = from[5], g = from[6], h = from[7];
    for (let i = 0; i < 64; i++) {
      const t = h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
        (g ^ (e & (f ^ g))) + K[i] + w[i] | 0;
      const u = (((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) +
        ((a & b) | (c & (a | b))) | 0;
      h = g; g = f; f = e; e = (d + t) | 0;
      d = c; c = b; b = a; a = (t + u) | 0;
    }
    to[0] = from[0] + a; to[1] = from[1] + b; to[2] = from[2] + c; to[3] = from[3] + d;
    to[4] = from[4] + e; to[5] = from[5] + f; to[6] = from[6] + g; to[7] = from[7] + h;
  }

  /**
   * PBKDF2-HMAC-SHA-256 (RFC 8018, section 5.2) for passwords and salts that fit a block, which those of a
   * challenge do, and for one block of output.
   * @param {Uint8Array} password at most 64 bytes
   * @param {Uint8Array} salt at most 51 bytes
   * @param {number} iterations
   * @returns {Uint8Array} 32 bytes
   */
  function pbkdf2(password, salt, iterations) {
    const key = new Uint8Array(64);
    key.set(password);
    const keyWords = words(key);
    const inner = new Int32Array(8);
    const outer = new Int32Array(8);
    const w = new Int32Array(64);
    for (const [state, pad] of /** @type {[Int32Array, number][]} */ ([[inner, 0x36363636], [outer, 0x5c5c5c5c]])) {
      w.set(keyWords.map((word) => word ^ pad));
      compress(INITIAL, w, state);
    }

    const first = new Uint8Array(64);
    first.set(salt);
    first[salt.length + 3] = 1;
    first[salt.length + 4] = 0x80;
    w.set(words(first));
    w[15] = (64 + salt.length + 4) * 8;
    compress(inner, w, w);
    // From here on every message is one hash long and stands where the last one came out, so its padding is written once.
    w.fill(0, 8, 16);
    w[8] = 0x80000000;
    w[15] = (64 + 32) * 8;
    compress(outer, w, w);
    const sum = w.slice(0, 8);
    for (let i = 1; i < iterations; i++) {
      compress(inner, w, w);
      compress(outer, w, w);
      for (let j = 0; j < 8; j++) sum[j] ^= w[j];
    }
    const out = new DataView(new ArrayBuffer(32));
    sum.forEach((word, i) => out.setInt32(4 * i, word));
    return new Uint8Array(out.buffer);
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {Int32Array} big-endian words
   */
  function words(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Int32Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(4 * i));
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} password
   * @param {Uint8Array<ArrayBuffer>} salt
   * @param {number} iterations
   * @returns {Promise<Uint8Array>} 32 bytes, worked out by the browser off the main thread
   */
  async function nativePbkdf2(password, salt, iterations) {
    const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, 256));
  }

  // A worker of solver.js wants the derivation alone.
  if (typeof document === 'undefined') {
    Object.assign(globalThis, { pbkdf2 });
    return;
  }

  // -------------------------------------------------------------------------------- proof of work

  /** Resolves in a task of its own, without the delay that timers get. */
  const breath = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); resolve(undefined); };
    port2.postMessage(null);
  });

  /**
   * The share to show after so many attempts. When the last one will be is not known, so the bar never arrives.
   * @param {number} attempts
   * @param {number} usual attempts that a challenge takes on average
   */
  const shareOf = (attempts, usual) => 1 - 1 / (1 + attempts / usual) ** 2;

  /** The mean of what the server draws in peace, with PBKDF2, and under attack, with Argon2id. */
  const USUAL_COUNTER = 2500;
  const USUAL_ARGON2ID = 100;

  /**
   * @param {PowParameters} parameters
   * @param {AbortSignal} signal
   * @param {(share: number) => void} progress
   * @returns {Promise<Solution>}
   */
  async function solvePbkdf2(parameters, signal, progress) {
    const nonce = bytesOf(parameters.nonce);
    const salt = bytesOf(parameters.salt);
    const prefix = parameters.keyPrefix.toLowerCase();
    const length = parameters.keyLength ?? 32;
    if (nonce.length > 60 || salt.length > 51 || !(parameters.cost >= 1) || length > 32) {
      throw new Trouble('failed', 'parameters this script does not know');
    }
    /** @param {number} counter */
    const passwordFor = (counter) => {
      const password = new Uint8Array(nonce.length + 4);
      password.set(nonce);
      new DataView(password.buffer).setUint32(nonce.length, counter);
      return password;
    };
    /** @type {Solution | undefined} */
    let solution;
    let next = 0;
    let shown = 0;
    /** @param {number} counter @param {Uint8Array} key */
    const look = (counter, key) => {
      const derivedKey = hexOf(key.subarray(0, length));
      if (derivedKey.startsWith(prefix)) solution ??= { counter, derivedKey };
      if (performance.now() - shown > 100) {
        shown = performance.now();
        progress(shareOf(counter, USUAL_COUNTER));
      }
    };
    const native = async () => {
      while (!solution && !signal.aborted) {
        const counter = next++;
        look(counter, await nativePbkdf2(passwordFor(counter), salt, parameters.cost));
      }
    };
    const inSlices = async () => {
      for (let began = performance.now(); !solution && !signal.aborted; next++) {
        look(next, pbkdf2(passwordFor(next), salt, parameters.cost));
        if (performance.now() - began > 12) {
          await breath();
          began = performance.now();
        }
      }
    };
    const several = Math.min(Math.max(navigator.hardwareConcurrency || 2, 2), 8);
    await (globalThis.crypto?.subtle ? Promise.all(Array.from({ length: several }, native)) : inSlices());
    signal.throwIfAborted();
    return /** @type {Solution} */ (/** @type {unknown} */ (solution));
  }

  /**
   * What the page cannot do is worked out by a page of the server in a frame nobody sees: there workers can run
   * whatever the policy of the partner's page.
   * @param {Task} task
   * @param {PowParameters} parameters
   * @param {number} usual attempts that such a challenge takes on average
   * @returns {Promise<Solution>}
   */
  function solveInFrame({ base, place, signal, progress }, parameters, usual) {
    const address = new URL(`${base}/ocapi/${VERSION}/solver.html`);
    const frame = make('iframe', { 'aria-hidden': 'true', tabindex: '-1', title: 'Ocapi' });
    const { port1, port2 } = new MessageChannel();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const over = () => {
      clearTimeout(timer);
      port1.close();
      frame.remove();
    };
    return /** @type {Promise<Solution>} */ (new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      timer = setTimeout(() => reject(new Trouble('unreachable', `no answer from ${address}`)), REQUEST_TIMEOUT);
      port1.onmessage = ({ data }) => {
        clearTimeout(timer);
        if (typeof data?.attempts === 'number') progress(shareOf(data.attempts, usual));
        if (data?.solution) resolve(data.solution);
        if (data?.error) reject(new Trouble('failed', String(data.error)));
      };
      // Only a document of the server's origin gets the port, and only who has the port can answer.
      frame.addEventListener('load', () => {
        clearTimeout(timer);
        timer = setTimeout(() => reject(new Trouble('failed', `no answer from ${address}; is it allowed in frame-src?`)), FRAME_TIMEOUT);
        frame.contentWindow?.postMessage({ ocapi: 'solve', parameters }, address.origin, [port2]);
      }, { once: true });
      frame.src = address.href;
      place.append(frame);
    })).finally(over);
  }

  /**
   * Pages that came over plain http have no crypto.subtle. The frame's workers share the slower work out among the
   * processors; where the page's policy keeps the frame out, the page does it alone, in slices.
   * @param {Task} task
   * @param {PowParameters} parameters
   * @returns {Promise<Solution>}
   */
  async function solveOverHttp(task, parameters) {
    try {
      return await solveInFrame(task, parameters, USUAL_COUNTER);
    } catch {
      task.signal.throwIfAborted();
      return solvePbkdf2(parameters, task.signal, task.progress);
    }
  }

  // ---------------------------------------------------------------------------------------- kinds

  /**
   * Draws a picture. From bytes and onto a canvas, so that the page's policy needs no img-src, and that a challenge
   * which is over is told from a server that is gone.
   * @param {Task} task
   * @param {Image} image
   * @param {Record<string, string>} attributes
   */
  async function pictureOf(task, image, attributes) {
    const blob = await load(task, image.url);
    const bitmap = await createImageBitmap(blob).catch((error) => {
      throw new Trouble('failed', `${image.url} is no picture: ${error}`);
    });
    const canvas = make('canvas', { width: String(bitmap.width), height: String(bitmap.height), ...attributes });
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
    bitmap.close();
    return canvas;
  }

  /** @param {Task} task @param {(image: Image) => Record<string, string>} attributes */
  const picturesOf = (task, attributes) =>
    Promise.all((task.challenge.images ?? []).map((image) => pictureOf(task, image, attributes(image))));

  /**
   * A field for text. What visitors type elsewhere is of no use in it; to paste is.
   * @param {string} label
   * @param {Record<string, string>} attributes
   */
  function fieldOf(label, attributes) {
    const input = make('input', {
      type: 'text', autocomplete: 'off', autocapitalize: 'none', autocorrect: 'off', spellcheck: 'false',
      'aria-describedby': 'hint wanting', ...attributes,
    });
    return { input, field: make('label', { class: 'field' }, [make('span', {}, [label]), input]) };
  }

  /**
   * The sound of a code. Where the page's policy keeps the browser's player out (or the player wants of the server what
   * it does not do), the script plays it itself.
   * @param {Task} task
   * @param {string} address
   * @param {(words: string) => void} complain
   */
  function soundOf(task, address, complain) {
    const button = make('button', { class: 'plain', type: 'button' }, [task.words.listen]);
    const place = make('div', {}, [button]);
    /** @type {HTMLAudioElement | undefined} */
    let player;
    /** @type {Promise<{context: AudioContext, sound: AudioBuffer}> | undefined} */
    let bare;
    /** @type {AudioBufferSourceNode | undefined} */
    let source;
    const decode = async () => {
      const context = new AudioContext();
      return { context, sound: await context.decodeAudioData(await (await load(task, address)).arrayBuffer()) };
    };
    const playBare = async () => {
      try {
        const { context, sound } = await (bare ??= decode());
        await context.resume();
        source?.stop();
        source = new AudioBufferSourceNode(context, { buffer: sound });
        source.connect(context.destination);
        source.start();
      } catch {
        bare = undefined;
        if (!task.signal.aborted) complain(task.words.silent);
      }
    };
    const play = () => {
      if (bare) return playBare();
      if (!player) {
        player = make('audio', { controls: '', crossorigin: 'anonymous', src: addressOf(task.base, address) });
        player.addEventListener('error', () => {
          player?.remove();
          player = undefined;
          playBare();
        });
        place.append(player);
      }
      player.currentTime = 0;
      // Where it cannot play, the event above says so.
      player.play().catch(() => {});
    };
    button.addEventListener('click', play);
    const silence = () => {
      button.removeEventListener('click', play);
      player?.pause();
      bare?.then(({ context }) => context.close(), () => {});
    };
    return { place, silence };
  }

  /**
   * Asks the visitor, and waits for the answer. The question stays where it is until the server has spoken; it then
   * takes nothing any more.
   * @param {Task} task
   * @param {(complain: (words: string) => void) => Promise<Fields>} build
   * @returns {Promise<unknown>}
   */
  async function ask({ challenge, words, signal, show, another }, build) {
    const wanting = make('p', { id: 'wanting', class: 'wanting', role: 'alert' });
    const fields = await build((text) => { wanting.textContent = text; });
    signal.throwIfAborted();
    const check = make('button', { class: 'plain main', type: 'button' }, [words.check]);
    const other = make('button', { class: 'plain', type: 'button' }, [words.another]);
    const question = make('fieldset', { 'aria-describedby': 'hint' }, [
      make('legend', challenge.lang ? { lang: challenge.lang } : {}, [challenge.question ?? '']), ...fields.parts,
      make('p', { id: 'hint' }, [fields.hint]), wanting, make('div', { class: 'ways' }, [check, other]),
    ]);
    const inputs = question.querySelectorAll('input');
    let open = true;
    const close = () => {
      open = false;
      fields.silence?.();
      // Not disabled, which would drop the focus.
      for (const button of [check, other]) button.setAttribute('aria-disabled', 'true');
      for (const input of inputs) input.readOnly = true;
    };
    return new Promise((resolve, reject) => {
      const finish = () => {
        if (!open) return;
        const answer = fields.read();
        if (answer !== undefined) {
          close();
          return resolve(answer);
        }
        wanting.textContent = fields.wanting;
        if (fields.first.matches('.field *')) fields.first.setAttribute('aria-invalid', 'true');
        fields.first.focus();
      };
      signal.addEventListener('abort', () => {
        close();
        reject(signal.reason);
      }, { once: true });
      check.addEventListener('click', finish);
      other.addEventListener('click', () => open && another());
      question.addEventListener('click', (event) => !open && event.preventDefault());
      question.addEventListener('input', () => {
        wanting.textContent = '';
        fields.first.removeAttribute('aria-invalid');
      });
      question.addEventListener('keydown', (event) => {
        const field = /** @type {Element} */ (event.target).matches('.field input');
        if (!field || event.key !== 'Enter' || event.isComposing) return;
        event.preventDefault();
        // Whoever has filled in the first of two is not done.
        const here = /** @type {HTMLInputElement} */ (event.target);
        const empty = [...inputs].find((input) => !input.value && here.compareDocumentPosition(input) & Node.DOCUMENT_POSITION_FOLLOWING);
        if (empty && open) empty.focus();
        else finish();
      });
      show(question, fields.first);
    });
  }

  /** A picture that cannot be missing. @param {Challenge} challenge @param {number} least */
  function wantImages(challenge, least) {
    if ((challenge.images ?? []).length < least) throw new Trouble('failed', 'the challenge has too few images');
  }

  /** @param {Task} task */
  const chooseImages = (task) => ask(task, async () => {
    wantImages(task.challenge, 2);
    const pictures = await picturesOf(task, () => ({ 'aria-hidden': 'true' }));
    const tiles = (task.challenge.images ?? []).map(({ id, alt }, i) => {
      const input = make('input', { type: 'checkbox', value: id, 'aria-label': alt });
      return { input, tile: make('label', { class: 'tile' }, [input, pictures[i]]) };
    });
    const chosen = () => tiles.filter(({ input }) => input.checked).map(({ input }) => input.value);
    return {
      parts: [make('div', { class: 'grid' }, tiles.map(({ tile }) => tile))],
      first: tiles[0].input, hint: task.words.hint_choose, wanting: task.words.none_choose,
      read: () => (chosen().length ? chosen() : undefined),
    };
  });

  /** What was typed; a tab or the like that was pasted with it is a space. @param {HTMLInputElement} input */
  const lineOf = (input) => input.value.replace(/\p{Cc}/gu, ' ');

  /** @param {Task} task */
  const copyText = (task) => ask(task, async () => {
    wantImages(task.challenge, 1);
    const pictures = await picturesOf(task, ({ alt }) => ({ role: 'img', 'aria-label': alt }));
    const lines = (task.challenge.images ?? []).map(({ id }, i) => ({
      id, ...fieldOf(task.words.line.replace('{n}', String(i + 1)), { maxlength: '200', dir: 'auto' }),
    }));
    return {
      parts: lines.flatMap(({ field }, i) => [pictures[i], field]),
      first: lines[0].input, hint: task.words.hint_copy, wanting: task.words.none_copy,
      read: () => (lines.some(({ input }) => lineOf(input).trim())
        ? Object.fromEntries(lines.map(({ id, input }) => [id, lineOf(input)])) : undefined),
    };
  });

  /** @param {Task} task */
  const typeCode = (task) => ask(task, async (complain) => {
    wantImages(task.challenge, 1);
    const pictures = await picturesOf(task, ({ alt }) => ({ role: 'img', 'aria-label': alt }));
    const { input, field } = fieldOf(task.words.code, { maxlength: '64', dir: 'ltr' });
    const sound = task.challenge.audio ? soundOf(task, task.challenge.audio, complain) : undefined;
    return {
      parts: [...pictures, ...(sound ? [sound.place] : []), field],
      first: input, hint: task.words.hint_code, wanting: task.words.none_code,
      read: () => (lineOf(input).trim() ? lineOf(input) : undefined), ...(sound && { silence: sound.silence }),
    };
  });

  /** Every kind of challenge this script can answer. */
  const KINDS = new Map(/** @type {[string, Kind][]} */ ([
    ['classification', { asks: true, answer: chooseImages }],
    ['transcription', { asks: true, answer: copyText }],
    ['text', { asks: true, answer: typeCode }],
    ['pow', {
      asks: false,
      async answer(task) {
        const { parameters } = task.challenge;
        if (parameters?.algorithm === 'PBKDF2/SHA-256') {
          return globalThis.crypto?.subtle ? solvePbkdf2(parameters, task.signal, task.progress) : solveOverHttp(task, parameters);
        }
        if (parameters?.algorithm === 'ARGON2ID') return solveInFrame(task, parameters, USUAL_ARGON2ID);
        throw new Trouble('failed', `unknown algorithm ${parameters?.algorithm}`);
      },
    }],
  ]));

  /** @param {Challenge | null} challenge whether it asks the visitor */
  const asks = (challenge) => KINDS.get(challenge?.kind ?? '')?.asks ?? false;

  // -------------------------------------------------------------------------------------- element

  /** @param {string} address an address of this script @returns {string} the server's base without a slash at the end */
  function baseOf(address) {
    const url = new URL(address);
    return url.origin + url.pathname.replace(/(\/ocapi\/[^/]+)?\/[^/]*$/, '');
  }

  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript) ??
    /** @type {HTMLScriptElement | null} */ (document.querySelector('script[src$="/ocapi.js"]'));
  const SCRIPT_BASE = script?.src ? baseOf(script.src) : '';

  /** Forms that a script sends at this moment. @type {WeakMap<HTMLFormElement, Way>} */
  const REQUESTED = new WeakMap();

  /**
   * `requestSubmit()` raises `invalid` as `checkValidity()` does, and nothing tells them apart but who was called.
   * @param {HTMLFormElement} form
   */
  function noticeRequests(form) {
    if (Object.hasOwn(form, 'requestSubmit')) return;
    const value = (/** @type {SubmitButton | null} */ submitter = null) => {
      REQUESTED.set(form, { submitter });
      try {
        HTMLFormElement.prototype.requestSubmit.call(form, submitter);
      } finally {
        REQUESTED.delete(form);
      }
    };
    Reflect.defineProperty(form, 'requestSubmit', { value, configurable: true, writable: true });
  }

  class OcapiChallenge extends HTMLElement {
    static formAssociated = true;
    static observedAttributes = ['public-id', 'base', 'kind', 'name', 'lang', 'theme'];

    #internals = this.attachInternals();
    #view = new View(this.attachShadow({ mode: 'open', delegatesFocus: true }));
    /** @type {State} */
    #state = 'idle';
    /** @type {Challenge | null} */
    #challenge = null;
    /** An answer that is worked out but not yet delivered. @type {unknown} */
    #answer = undefined;
    /** Milliseconds of Date.now() after which what is held is stale. */
    #deadline = 0;
    /** Whether the visitor has confirmed, or the page does it for them. */
    #confirmed = false;
    /** Whether what happens now was not asked for by the visitor, so that it is not announced. */
    #quiet = true;
    /** Whether an expired challenge waits for a sign of the visitor. */
    #waiting = false;
    /** Whether the challenge has been put into a form that is on its way. */
    #sending = false;
    /** Whether the page took the value since the challenge became valid. */
    #taken = false;
    /** Whether somebody may have seen the element, or asked for it. Before that no challenge is fetched. */
    #seen = false;
    /** What solve() promised. @type {{resolve: (id: string) => void, reject: (why: Error) => void}[]} */
    #promised = [];
    #idleRenewals = 0;
    #futile = 0;
    /** The kind the visitor changed to. */
    #chosen = '';
    /** Of each kind the last challenge that asked: another one shows other pictures. @type {Map<string, Challenge>} */
    #series = new Map();
    /** The kind that asked last. */
    #asked = '';
    /** Why the visitor is asked again. @type {'' | 'wrong' | 'late'} */
    #again = '';
    #run = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #expiry;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #afterSubmit;
    #outside = new AbortController();
    #ofForm = new AbortController();
    /** The form's button whose click is being handled. @type {SubmitButton | null} */
    #submitter = null;
    /** How the form is to be sent when the answer is there, for `start="submit"`. @type {Way | null} */
    #resume = null;

    constructor() {
      super();
      this.#view.control.addEventListener('click', () => this.#confirm());
      this.#view.retry.addEventListener('click', () => this.#confirm());
      this.addEventListener('invalid', (event) => this.#whenRefused(event));
      // A click on a label of the page arrives at the element itself.
      this.addEventListener('click', (event) => event.composedPath()[0] === this && this.#confirm());
    }

    // ------------------------------------------------------------------------------- for the page

    get state() { return this.#state; }
    /** The id of the challenge, once it is valid; an empty string before. */
    get value() {
      if (!GOOD.includes(this.#state)) return '';
      this.#taken = true;
      return this.#challenge?.id ?? '';
    }
    get name() { return this.getAttribute('name') || TAG; }
    set name(name) { this.setAttribute('name', name); }
    get type() { return TAG; }
    get form() { return this.#internals.form; }
    get labels() { return this.#internals.labels; }
    get validity() { return this.#internals.validity; }
    get validationMessage() { return this.#internals.validationMessage; }
    get willValidate() { return this.#internals.willValidate; }
    checkValidity() { return this.#internals.checkValidity(); }
    reportValidity() { return this.#internals.reportValidity(); }

    /**
     * Does what a click on the control does.
     * @returns {Promise<string>} the id; rejected when it cannot go on without the visitor
     */
    solve() {
      if (!this.isConnected) return Promise.reject(new Trouble('failed', 'the element is not in a document'));
      if (this.#state === 'valid') return Promise.resolve(this.value);
      if (this.#state === 'misconfigured') return Promise.reject(new Trouble('misconfigured', 'see the earlier ocapi-error'));
      if (this.#state === 'used') this.reset();
      return new Promise((resolve, reject) => {
        this.#promised.push({ resolve, reject });
        this.#confirm();
      });
    }

    /** Begins again with a challenge that nobody has answered. */
    reset() {
      this.#breakPromises('the challenge was reset');
      this.#quiet = true;
      this.#again = '';
      this.#confirmed = this.getAttribute('start') === 'load';
      this.#renew();
    }

    // ---------------------------------------------------------------------------- for the browser

    connectedCallback() {
      const outside = this.#outside = new AbortController();
      const { signal } = outside;
      window.addEventListener('pageshow', (event) => event.persisted && this.#whenBack(), { signal });
      window.addEventListener('online', () => this.#state === 'unreachable' && this.#advance(), { signal });
      for (const sign of ['pointerdown', 'keydown', 'focusin']) {
        document.addEventListener(sign, (event) => this.#whenActive(event), { signal, passive: true, capture: true });
      }
      document.addEventListener('visibilitychange', () => {
        if (document.visibilityState !== 'visible') return;
        if (this.#deadline && Date.now() >= this.#deadline) this.#lapse();
        else if (this.#waiting) this.#whenActive();
      }, { signal });
      document.addEventListener('click', (event) => this.#whenClicked(event), { signal, capture: true });
      this.#render();
      if (this.getAttribute('start') === 'load') this.#confirmed = true;
      this.#seen ||= this.#confirmed || typeof IntersectionObserver === 'undefined';
      // Attributes that a script sets right after creating the element belong to the first request.
      queueMicrotask(() => {
        if (signal.aborted) return;
        if (this.#state === 'valid' && Date.now() < this.#deadline) this.#arm(this.#deadline - Date.now());
        else if (!BUSY.includes(this.#state)) this.#advance();
        if (!this.#seen) this.#watch(signal);
      });
    }

    /**
     * Waits until the element shows. Most visitors never come to a form at the foot of a page, and a challenge that
     * nobody answers counts against the site.
     * @param {AbortSignal} signal
     */
    #watch(signal) {
      const observer = new IntersectionObserver((entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        this.#show();
      });
      signal.addEventListener('abort', () => observer.disconnect(), { once: true });
      observer.observe(this);
    }

    #show() {
      this.#seen = true;
      if (this.#state === 'idle') this.#advance();
    }

    disconnectedCallback() {
      this.#outside.abort();
      this.#run.abort();
      this.#run = new AbortController();
      clearTimeout(this.#expiry);
      clearTimeout(this.#afterSubmit);
      const spent = this.#isSpent();
      if (this.#state !== 'valid' || spent) {
        this.#drop();
        if (spent) this.#confirmed = false;
        this.#seen = false;
        this.#become('idle');
      }
      // A move within the page comes here as well, and what is promised goes on after it.
      if (!this.isConnected) this.#breakPromises('the element was removed from the document');
    }

    /** @param {string} name @param {string | null} before @param {string | null} after */
    attributeChangedCallback(name, before, after) {
      if (before === after || !this.isConnected) return;
      if (['public-id', 'base', 'kind'].includes(name) && this.#state !== 'idle') {
        // To pow a visitor can always change, and has a reason for it.
        if (this.#chosen !== 'pow') this.#chosen = '';
        this.reset();
      } else if (name === 'lang' && this.#state === 'asking') this.#renew();
      else this.#render();
    }

    /** @param {HTMLFormElement | null} form */
    formAssociatedCallback(form) {
      this.#ofForm.abort();
      this.#ofForm = new AbortController();
      if (!form) return;
      const { signal } = this.#ofForm;
      queueMicrotask(() => this.getAttribute('start') === 'submit' && noticeRequests(form));
      form.addEventListener('submit', (event) => this.#whenSent(event), { signal });
      form.addEventListener('formdata', () => { this.#taken ||= GOOD.includes(this.#state); }, { signal });
    }

    /** @param {boolean} disabled */
    formDisabledCallback(disabled) {
      this.#view.control.disabled = disabled;
      this.#view.question.inert = disabled;
    }

    formResetCallback() { this.reset(); }

    // ------------------------------------------------------------------------------- what happens

    #confirm() {
      if (GOOD.includes(this.#state) || this.#state === 'misconfigured') return;
      this.#quiet = false;
      this.#confirmed = true;
      this.#seen = true;
      this.#idleRenewals = 0;
      this.#futile = 0;
      // What is under way goes on and takes notice of the confirmation itself.
      if (this.#state === 'asking') this.#view.enter();
      else if (!BUSY.includes(this.#state)) this.#advance();
    }

    /** Forgets the challenge, and what was made of it. */
    #drop() {
      this.#challenge = null;
      this.#answer = undefined;
      this.#deadline = 0;
      this.#sending = false;
      this.#taken = false;
      this.#waiting = false;
    }

    /** Drops the challenge and fetches another. */
    #renew() {
      this.#drop();
      clearTimeout(this.#afterSubmit);
      this.#advance();
    }

    /** Goes as far as it can: a challenge, the answer once confirmed, the server's word. */
    async #advance() {
      this.#run.abort();
      const run = this.#run = new AbortController();
      if (!this.isConnected || !this.#seen) return this.#become('idle');
      try {
        const worth = asks(this.#challenge) ? WORTH_ASKING : WORTH_BEGINNING;
        const begun = this.#answer === undefined ? worth : 0;
        if (!this.#challenge || !KINDS.has(this.#challenge.kind) || Date.now() > this.#deadline - begun) {
          this.#become('loading');
          this.#take(await this.#fetch(this.#chosen || this.getAttribute('kind') || '', run.signal));
        }
        const challenge = /** @type {Challenge} */ (this.#challenge);
        if (!this.#confirmed) return this.#become('ready');
        if (this.#answer === undefined) {
          this.#become(asks(challenge) ? 'loading' : 'solving');
          this.#answer = await KINDS.get(challenge.kind)?.answer({
            challenge, signal: run.signal, base: this.#base(), place: this.#view.place, words: this.#speech().words,
            progress: (share) => { this.#view.progress.value = share; },
            show: (question, first) => this.#ask(question, first),
            another: () => this.#turnTo(this.#chosen),
          });
          run.signal.throwIfAborted();
        }
        this.#become('checking');
        await this.#deliver(challenge, run.signal);
      } catch (error) {
        if (!run.signal.aborted) this.#whenTroubled(error instanceof Trouble ? error : new Trouble('failed', String(error)));
      }
    }

    /**
     * Puts a question before the visitor, and takes them to it where they wait for it rather than do something else.
     * @param {HTMLElement} question
     * @param {HTMLElement} first
     */
    #ask(question, first) {
      const idle = [null, document.body].includes(/** @type {HTMLElement | null} */ (document.activeElement));
      const wanted = !this.#quiet && (idle || this.#resume !== null || this.matches(':focus-within'));
      this.#view.ask(question, first);
      this.#become('asking');
      if (wanted) this.#view.enter();
    }

    /** The visitor wants a challenge of that kind. @param {string} kind empty for the site's first */
    #turnTo(kind) {
      this.#chosen = kind;
      this.#again = '';
      this.#quiet = false;
      this.#confirmed = true;
      this.#seen = true;
      this.#futile = 0;
      this.#renew();
    }

    /**
     * @param {string} kind empty for the site's first
     * @param {AbortSignal} signal
     * @returns {Promise<Challenge>}
     */
    async #fetch(kind, signal) {
      const site = this.getAttribute('public-id');
      if (!site || !this.#base()) throw new Trouble('misconfigured', 'public-id is missing, or base');
      const after = this.#series.get(kind || this.#asked)?.id ?? '';
      const query = new URLSearchParams({ ...(kind && { kind }), lang: languageOf(this), ...(after && { after }) });
      const { status, content } = await request(`${this.#base()}/ocapi/v2/challenge/${encodeURIComponent(site)}?${query}`, signal);
      signal.throwIfAborted();
      if (status === 400 && after) {
        // A server that has other keys by now does not know the challenge.
        this.#series.delete(kind || this.#asked);
        return this.#fetch(kind, signal);
      }
      if (status === 400 && kind && kind === this.#chosen) {
        // What the visitor chose is not there any more; what the page wants may be.
        this.#chosen = '';
        return this.#fetch(this.getAttribute('kind') ?? '', signal);
      }
      if (status !== 200) throw new Trouble('misconfigured', content?.detail ?? `the server answered ${status}`);
      const challenge = asChallenge(content);
      if (KINDS.has(challenge.kind)) return challenge;
      if (kind === 'pow') throw new Trouble('misconfigured', `kind ${challenge.kind} instead of pow`);
      return this.#fetch('pow', signal);
    }

    /** @param {Challenge} challenge */
    #take(challenge) {
      this.#challenge = challenge;
      this.#answer = undefined;
      this.#sending = false;
      this.#taken = false;
      this.#arm(lifeOf(challenge));
      if (!asks(challenge)) return;
      this.#asked = challenge.kind;
      this.#series.set(challenge.kind, challenge);
    }

    /**
     * @param {Challenge} challenge
     * @param {AbortSignal} signal
     */
    async #deliver(challenge, signal) {
      const { status, content } = await request(
        `${this.#base()}/ocapi/v2/challenge/${encodeURIComponent(challenge.id)}`, signal, { answer: this.#answer });
      signal.throwIfAborted();
      if (status === 400) {
        this.#drop();
        throw new Trouble('failed', content?.detail ?? 'the server did not understand the answer');
      }
      if (status === 403) throw new Trouble('misconfigured', content?.detail ?? 'the server does not know this website');
      if (status !== 200) throw new Trouble('expired', `the server answered ${status}`);
      if (content.state === 'valid') {
        this.#futile = 0;
        this.#again = '';
        this.#answer = undefined;
        this.#arm(VALID_LIFE - RENEW_BEFORE);
        this.#become('valid');
        this.#tell('ocapi-valid', { id: challenge.id });
        this.#sendWhatWaited();
      } else if (content.state === 'invalid') {
        if (content.next) this.#take(asChallenge(content.next));
        else this.#challenge = null;
        this.#answer = undefined;
        this.#quiet = false;
        if (asks(challenge)) {
          // Whoever answers a question is there, and is asked the next one without another click.
          this.#again = 'wrong';
          this.#tell('ocapi-invalid', {});
          this.#advance();
          return;
        }
        this.#confirmed = false;
        this.#become('invalid');
        this.#tell('ocapi-invalid', {});
      } else {
        throw new Trouble('unreachable', `the server answered with state ${content.state}`);
      }
    }

    /** @param {Trouble} trouble */
    #whenTroubled(trouble) {
      if (trouble.reason === 'limited') {
        this.#become('limited');
        this.#countDown(Date.now() + trouble.wait, this.#run.signal);
      } else if (trouble.reason === 'expired') {
        this.#again = 'late';
        this.#become('expired');
        this.#tell('ocapi-expired', {});
        if (++this.#futile < FUTILE_ROUNDS) return this.#renew();
        this.#challenge = null;
        this.#answer = undefined;
        this.#become('failed');
      } else {
        this.#quiet = false;
        this.#resume = null;
        this.#become(trouble.reason);
      }
      this.#tell('ocapi-error', { reason: trouble.reason, message: trouble.message });
    }

    /**
     * @param {number} until milliseconds of Date.now()
     * @param {AbortSignal} signal
     */
    #countDown(until, signal) {
      const { words } = this.#speech();
      const left = Math.ceil((until - Date.now()) / 1000);
      this.#view.count.textContent = words.seconds.replace('{n}', String(Math.max(left, 0)));
      setTimeout(() => {
        if (signal.aborted) return;
        if (Date.now() >= until) this.#advance();
        else this.#countDown(until, signal);
      }, Math.min(1000, Math.max(until - Date.now(), 0)));
    }

    /** @param {number} life milliseconds until what is held is stale */
    #arm(life) {
      this.#deadline = Date.now() + life;
      clearTimeout(this.#expiry);
      this.#expiry = setTimeout(() => this.#lapse(), life);
    }

    /** The time is over. What is on its way to the server goes on: the server says whether it came too late. */
    #lapse() {
      clearTimeout(this.#expiry);
      if (['loading', 'solving', 'checking', 'limited'].includes(this.#state)) return;
      this.#run.abort();
      // Somebody who is at the question gets another at once, and is told why; else nobody is asked who is not there.
      const attended = this.#state === 'asking' && this.matches(':focus-within');
      const unattended = asks(this.#challenge) && !attended;
      this.#challenge = null;
      this.#answer = undefined;
      this.#deadline = 0;
      this.#quiet = !attended;
      if (this.#confirmed) this.#again = 'late';
      this.#become('expired');
      this.#tell('ocapi-expired', {});
      // A confirmation is worth renewing for a while; a challenge that nobody looked at is not, before somebody does.
      if (this.#confirmed && !unattended && document.visibilityState === 'visible' && this.#idleRenewals < IDLE_RENEWALS) {
        this.#idleRenewals++;
        this.#renew();
      } else {
        this.#waiting = true;
      }
    }

    /** @param {Event} [event] */
    #whenActive(event) {
      this.#idleRenewals = 0;
      if (this.#waiting) return this.#renew();
      if (event?.type !== 'focusin') return;
      const target = /** @type {Node} */ (event.target);
      if (target === this) return this.#show();
      if (this.getAttribute('start') === 'focus' && !this.#confirmed && this.form?.contains(target)) {
        this.#quiet = true;
        this.#confirmed = true;
        this.#seen = true;
        if (!BUSY.includes(this.#state)) this.#advance();
      }
    }

    /** The page comes back as it was left: what it had sent or read, or what became stale, is not offered again. */
    #whenBack() {
      if (this.#isSpent() || Date.now() >= this.#deadline) this.reset();
    }

    /** Whether the challenge may have left this page. `form.submit()` makes no event but the reading of the fields. */
    #isSpent() { return this.#sending || this.#taken || this.#state === 'used'; }

    /**
     * A form goes out with a challenge once. What the page does with a submission that it prevented is not known;
     * if it took the value, another challenge is made ready.
     * @param {SubmitEvent} event
     */
    #whenSent(event) {
      if (!GOOD.includes(this.#state)) return this.#whenSentAnyway(event);
      if (this.#sending && !event.defaultPrevented) return event.preventDefault();
      const id = this.#challenge?.id;
      this.#sending = !event.defaultPrevented;
      setTimeout(() => {
        if (this.#challenge?.id !== id) return;
        this.#sending = !event.defaultPrevented;
        if (this.#sending) this.#become('used');
        clearTimeout(this.#afterSubmit);
        this.#afterSubmit = setTimeout(() => {
          if (this.#challenge?.id !== id || !(this.#sending || this.#taken)) return;
          this.#quiet = true;
          if (this.#sending) this.reset();
          else this.#renew();
        }, this.#sending ? RENEW_AFTER_SUBMIT : RENEW_AFTER_READ);
      });
    }

    /**
     * The browser did not look whether the form is valid: it has `novalidate`, or the button `formnovalidate`, which
     * is for what needs no confirmation, such as to save a draft.
     * @param {SubmitEvent} event
     */
    #whenSentAnyway(event) {
      const submitter = /** @type {SubmitButton | null} */ (event.submitter);
      if (event.defaultPrevented || submitter?.formNoValidate || !this.willValidate) return;
      event.preventDefault();
      if (!this.#begin({ submitter })) this.reportValidity();
    }

    /**
     * The form was not sent because this element is not valid. A page that only looks whether its form is valid
     * begins nothing.
     * @param {Event} event
     */
    #whenRefused(event) {
      const way = this.#submitter ? { submitter: this.#submitter } : this.form && REQUESTED.get(this.form);
      if (way && this.#begin(way)) event.preventDefault();
    }

    /**
     * With `start="submit"` the work begins when the form is sent, and the form goes out when it is done.
     * @param {Way} way
     * @returns {boolean} whether it begins
     */
    #begin(way) {
      if (this.getAttribute('start') !== 'submit' || (BAD.includes(this.#state) && this.#state !== 'invalid')) return false;
      this.#resume = way;
      this.#confirm();
      return true;
    }

    #sendWhatWaited() {
      const submitter = this.#resume?.submitter ?? null;
      const waits = this.#resume !== null;
      this.#resume = null;
      if (waits && this.form && (!submitter || submitter.form === this.form)) this.form.requestSubmit(submitter);
    }

    /** @param {Event} event */
    #whenClicked(event) {
      const button = /** @type {Element} */ (event.composedPath()[0]).closest?.('button, input');
      const submits = (button instanceof HTMLButtonElement || button instanceof HTMLInputElement) &&
        ['submit', 'image'].includes(button.type) && button.form === this.form;
      this.#submitter = submits ? button : null;
      setTimeout(() => { this.#submitter = null; });
    }

    // ------------------------------------------------------------------------------------ showing

    #base() {
      const own = this.getAttribute('base');
      return own === null ? SCRIPT_BASE : new URL(own, document.baseURI).href.replace(/[?#].*$/, '').replace(/\/+$/, '');
    }

    #speech() {
      const language = languageOf(this);
      return { language, words: LANGUAGES[language] ?? ENGLISH };
    }

    /** @param {State} state */
    #become(state) {
      const changed = this.#state !== state;
      this.#state = state;
      this.#render();
      if (changed) this.#tell('ocapi-state', { state });
      if (this.#state === 'valid') for (const { resolve } of this.#promised.splice(0)) resolve(this.value);
      else if (BAD.includes(this.#state)) this.#breakPromises(this.#state);
    }

    /** @param {string} why */
    #breakPromises(why) {
      for (const { reject } of this.#promised.splice(0)) reject(new Trouble('failed', why));
    }

    #render() {
      const { language, words } = this.#speech();
      const id = GOOD.includes(this.#state) ? this.#challenge?.id : undefined;
      const field = new FormData();
      if (id) field.append(this.name, id);
      this.#internals.setFormValue(id ? field : null);
      this.#view.show(this.#state, this.#text(words), words, language, this.#quiet);
      this.#offerKinds(words);
      if (id) this.#internals.setValidity({});
      else this.#internals.setValidity({ valueMissing: true }, this.#complaint(words), this.#view.entry);
    }

    /** @param {Words} words @returns {string} what is said of the state */
    #text(words) {
      const state = this.#state;
      if (state === 'idle' || (state === 'expired' && !this.#confirmed)) return words.ready;
      // The same words from the moment on in which it is known, so that they are told once.
      const coming = KINDS.get(this.#chosen || this.#asked)?.asks;
      const again = state === 'asking' || (state === 'loading' && coming);
      return again && this.#confirmed && this.#again ? words[`again_${this.#again}`] : words[state];
    }

    /** @param {Words} words @returns {string} why the form cannot be sent now */
    #complaint(words) {
      if (['unreachable', 'failed', 'misconfigured', 'limited', 'invalid'].includes(this.#state)) {
        return words[/** @type {'failed'} */ (this.#state)];
      }
      if (this.#state === 'asking') return words.wanting;
      return this.#confirmed ? words.wait : words.required;
    }

    /** The way without a puzzle comes first, whatever the site has chosen. @param {Words} words */
    #offerKinds(words) {
      const current = this.#challenge?.kind ?? '';
      if (!current && this.#state === 'loading') return;
      const listed = [...(asks(this.#challenge) ? ['pow'] : []), ...(this.#challenge?.kinds ?? [])];
      const others = [...new Set(listed)].filter((kind) => kind !== current && KINDS.has(kind));
      const over = [...GOOD, 'idle', 'misconfigured'].includes(this.#state);
      this.#view.offer(over ? [] : others, words, (kind) => this.#turnTo(kind));
    }

    /** @param {string} name @param {object} detail */
    #tell(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
    }
  }

  // ------------------------------------------------------------------------------- for the script

  /**
   * Puts an element into the page.
   * @param {Element | string} target an element or a selector
   * @param {RenderOptions} options
   * @returns {HTMLElement}
   */
  function render(target, options) {
    const place = typeof target === 'string' ? document.querySelector(target) : target;
    if (!place) throw new TypeError(`ocapi.render: nothing matches ${target}`);
    if (!options?.publicId) throw new TypeError('ocapi.render: publicId is missing');
    const element = document.createElement(TAG);
    for (const [option, value] of Object.entries(options)) {
      if (value) element.setAttribute(option === 'publicId' ? 'public-id' : option, value);
    }
    place.append(element);
    return element;
  }

  const able = 'attachInternals' in HTMLElement.prototype && 'adoptedStyleSheets' in Document.prototype &&
    'throwIfAborted' in AbortSignal.prototype && 'requestSubmit' in HTMLFormElement.prototype;

  /** Says in its place that this browser is too old; the form has no field then, and the server declines it. */
  class TooOld extends HTMLElement {
    connectedCallback() {
      this.textContent = (LANGUAGES[languageOf(this)] ?? ENGLISH).unsupported;
      this.setAttribute('role', 'alert');
    }
  }

  if (!customElements.get(TAG)) {
    customElements.define(TAG, able ? OcapiChallenge : TooOld);
    Object.defineProperty(globalThis, 'ocapi', {
      value: Object.freeze({ version: VERSION, render }), configurable: true,
    });
  }
})();
