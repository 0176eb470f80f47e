/** The page: a model from an address or from files, a text, its label and how sure it is. */
import type { LoadEvent, Prediction } from 'bertune/web';
import { filesOf } from './dropped.js';
import type { Answer, Question } from './messages.js';

/** The element of that id, which is of that kind. */
function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new TypeError(`the page has no ${kind.name} with the id ${id}`);
}

const model = element('model', HTMLElement);
const url = element('url', HTMLInputElement);
const files = element('files', HTMLInputElement);
const text = element('text', HTMLTextAreaElement);
const button = model.querySelector('button')!;

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const ask = (question: Question): void => {
  worker.postMessage(question);
};

/** The text that is being computed, and whether another was typed meanwhile. */
let computing = false;
let changed = false;
/** Files that were chosen have to be chosen again; what came from an address is kept. */
let fromAddress = false;

function load(source: string | ReadonlyMap<string, File>): void {
  fromAddress = typeof source === 'string';
  setState('loading', 'Loading the model.');
  ask({ type: 'load', source });
}

function predict(): void {
  changed = computing;
  if (computing || model.dataset['state'] !== 'ready') return;
  if (text.value.trim() === '') {
    element('result', HTMLElement).hidden = true;
    return;
  }
  computing = true;
  ask({ type: 'predict', text: text.value });
}

worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
  if (data.type === 'event') showEvent(data.event);
  else if (data.type === 'failed') {
    computing = false;
    setState('failed', data.message);
  } else if (data.type === 'loaded') {
    const kept = fromAddress ? ' It is kept, and works without a network from now on.' : '';
    setState('ready', `Ready: ${data.labels.join(', ')}.${kept}`);
    predict();
  } else {
    computing = false;
    showPrediction(data.prediction, data.milliseconds);
    if (changed) predict();
  }
});

worker.addEventListener('error', (event) => {
  setState('failed', `The model's thread can't be started: ${event.message}`);
});

function setState(state: 'loading' | 'ready' | 'failed', message: string): void {
  model.dataset['state'] = state;
  element('status', HTMLElement).textContent = message;
  element('progress-box', HTMLElement).hidden = state !== 'loading';
  element('progress', HTMLProgressElement).removeAttribute('value');
  element('progress-label', HTMLElement).textContent = 'Loading';
  button.disabled = state === 'loading';
  files.disabled = state === 'loading';
  text.disabled = state !== 'ready';
  text.placeholder = state === 'ready' ? 'Type a text.' : 'Load a model first.';
}

function showEvent(event: LoadEvent): void {
  if (event.type === 'note') element('status', HTMLElement).textContent = event.message;
  if (event.type !== 'download') return;
  const progress = element('progress', HTMLProgressElement);
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  const { file, done, total } = event;
  if (total === undefined) progress.removeAttribute('value');
  else progress.value = done / total;
  element('progress-label', HTMLElement).textContent =
    `${file}: ${megabytes(done)}${total === undefined ? '' : ` of ${megabytes(total)}`} MB`;
}

function showPrediction({ label, scores }: Prediction, milliseconds: number): void {
  element('result', HTMLElement).hidden = false;
  element('label', HTMLElement).textContent = label;
  element('scores', HTMLElement).replaceChildren(
    ...Object.entries(scores)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 10)
      .map(([name, score]) => row(name, score, name === label)),
  );
  element('time', HTMLElement).textContent = `Computed on this device in ${milliseconds.toFixed(0)} ms.`;
}

function row(name: string, score: number, isBest: boolean): HTMLLIElement {
  const item = document.createElement('li');
  if (isBest) item.className = 'best';
  const percent = `${(100 * score).toFixed(1)} %`;
  const part = (className: string, content: string): HTMLSpanElement =>
    Object.assign(document.createElement('span'), { className, textContent: content });
  const meter = Object.assign(document.createElement('meter'), {
    max: 1,
    value: score,
    textContent: percent,
  });
  meter.setAttribute('aria-label', name);
  item.append(part('name', name), part('percent', percent), meter);
  return item;
}

element('from-url', HTMLElement).addEventListener('submit', (event) => {
  event.preventDefault();
  load(new URL(url.value, location.href).href);
});
files.addEventListener('change', () => {
  if (files.files?.length) load(new Map([...files.files].map((file) => [file.name, file])));
});
text.addEventListener('input', predict);

for (const type of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    model.classList.toggle('over', type === 'dragover');
  });
}
document.addEventListener('drop', (event) => {
  if (!event.dataTransfer) return;
  void filesOf(event.dataTransfer).then((dropped) => {
    if (dropped.size > 0) load(dropped);
  });
});

// The page itself without a network; the model is kept by bertune.
if ('serviceWorker' in navigator) void navigator.serviceWorker.register('./service-worker.js');

const asked = new URLSearchParams(location.search).get('model');
if (asked !== null) {
  url.value = asked;
  load(new URL(asked, location.href).href);
}
