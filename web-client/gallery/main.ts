// Every screen without a server: `npm run dev`, then `/gallery/?screen=host&lang=en`. Not part of the build.

import { mount } from 'svelte';
import { actionsOf } from '../src/store/available.ts';
import type { Event } from '../src/store/events.ts';
import { reduce } from '../src/store/reduce.ts';
import type { App as AppStore, Shown } from '../src/store/shown.ts';
import type { State } from '../src/store/state.ts';
import App from '../src/view/App.svelte';
import { meetingId, NOW } from './people.ts';
import { drawnOutlets } from './pictures.ts';
import { screens } from './screens.ts';

const wanted = new URLSearchParams(location.search);
const first = screens[wanted.get('screen') ?? ''];
const target = document.getElementById('app');
if (target === null) throw new Error('the page has no place for the gallery');

if (first === undefined) {
  for (const name of Object.keys(screens)) {
    for (const lang of ['vi', 'en']) {
      const link = document.createElement('a');
      link.href = `?screen=${name}&lang=${lang}`;
      link.textContent = `${name} ${lang} `;
      target.append(link);
    }
    target.append(document.createElement('br'));
  }
} else {
  show(target, {
    ...first,
    settings: { ...first.settings, language: wanted.get('lang') === 'en' ? 'en' : 'vi' },
  });
}

function show(place: HTMLElement, initial: State): void {
  let state = initial;
  const listeners = new Set<(shown: Shown) => void>();
  // Effects are left undone: there is nobody to carry them out.
  const dispatch = (event: Event): void => {
    state = reduce(state, event, NOW * 1000).state;
    for (const listener of listeners) listener(shown());
  };
  const shown = (): Shown => ({ state, actions: actionsOf(state, dispatch, () => meetingId) });
  const app: AppStore = {
    subscribe: (run) => {
      listeners.add(run);
      run(shown());
      return () => listeners.delete(run);
    },
    outlets: drawnOutlets(() => state),
    nodeNow: () => NOW * 1000,
  };
  mount(App, { target: place, props: { app } });
}
