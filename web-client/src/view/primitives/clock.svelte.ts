import { onMount } from 'svelte';

/** The node's time in milliseconds, renewed every second while the component is on the page. */
export function ticking(nodeNow: () => number): { readonly now: number } {
  let now = $state(nodeNow());
  onMount(() => {
    const timer = setInterval(() => (now = nodeNow()), 1000);
    return () => clearInterval(timer);
  });
  return {
    get now() {
      return now;
    },
  };
}
