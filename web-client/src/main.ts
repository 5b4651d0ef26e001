// The page's start: the app, the root component, and what technicians may read.

import { mount } from 'svelte';
import { createApp } from './app/app.ts';
import App from './view/App.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('the page has no place for the app');

const { app, inspector } = createApp();
Object.defineProperty(window, 'giaoban', { value: inspector });
mount(App, { target, props: { app } });
