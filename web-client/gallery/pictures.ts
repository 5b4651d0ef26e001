// Drawn rooms in place of cameras, so that plates and states are judged over pictures, bright ones among them.

import type { Outlets } from '../src/media/outlets.ts';
import type { State } from '../src/store/state.ts';

function paint(canvas: HTMLCanvasElement, seed: number, sheet: boolean): void {
  const c = canvas.getContext('2d');
  if (c === null) return;
  const { width, height } = canvas;
  if (sheet) {
    c.fillStyle = '#ffffff';
    c.fillRect(0, 0, width, height);
    c.fillStyle = '#0b3a6b';
    c.font = '600 54px sans-serif';
    c.fillText('Giải ngân vốn đầu tư công quý IV', 80, 130);
    for (let row = 0; row < 6; row += 1) {
      c.fillStyle = row % 2 === 0 ? '#d7dfe8' : '#b9c7d6';
      c.fillRect(80, 200 + row * 78, 300 + ((row * 191) % 700), 46);
    }
    return;
  }
  const hue = (seed * 47) % 360;
  c.fillStyle = `hsl(${hue} 24% ${seed % 3 === 0 ? 84 : 62}%)`;
  c.fillRect(0, 0, width, height);
  c.fillStyle = '#9b2c22';
  c.fillRect(width * 0.3, height * 0.06, width * 0.4, height * 0.13);
  c.fillStyle = `hsl(${hue} 22% 34%)`;
  for (let person = 0; person < 5; person += 1) {
    const x = width * (0.14 + person * 0.18);
    c.beginPath();
    c.arc(x, height * 0.47, height * 0.075, 0, 7);
    c.fill();
    c.beginPath();
    c.ellipse(x, height * 0.75, height * 0.15, height * 0.19, 0, 0, 7);
    c.fill();
  }
  c.fillStyle = '#5a4028';
  c.fillRect(0, height * 0.74, width, height * 0.26);
  c.fillStyle = '#f3f6f9';
  c.fillRect(width * 0.08, height * 0.8, width * 0.84, height * 0.05);
}

function play(element: HTMLVideoElement, seed: number, sheet = false): () => void {
  const canvas = document.createElement('canvas');
  canvas.width = 1280;
  canvas.height = 720;
  paint(canvas, seed, sheet);
  const timer = setInterval(() => {
    paint(canvas, seed, sheet);
  }, 200);
  element.srcObject = canvas.captureStream(5);
  void element.play();
  return () => {
    clearInterval(timer);
  };
}

export function drawnOutlets(state: () => State): Outlets {
  return {
    slot: (element, name) => {
      const { call } = state();
      const seat = call.phase === 'live' ? call.slots.get(name)?.shown?.seat : undefined;
      const seed = [...(seat ?? name)].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
      return play(element, seed, name === 'slides');
    },
    own: (element) => play(element, 5),
  };
}
