// Keys of the meeting room. Space held speaks, but only where it has no other meaning; whatever takes the focus or
// hides the page closes the microphone again, because the key's release is then never heard of.

import type { Actions } from '../../store/actions.ts';

export type KeyboardHost = {
  readonly actions: Pick<
    Actions,
    | 'openMicrophone'
    | 'closeMicrophone'
    | 'cameraOn'
    | 'cameraOff'
    | 'register'
    | 'cancelRegistration'
    | 'startPresenting'
    | 'stopPresenting'
  >;
  /** Single letters may be switched off (WCAG 2.1.4), and are off while a dialog is open. */
  readonly letters: boolean;
  readonly openDialog: (name: 'shortcuts' | 'register') => void;
};

/** Whether the focus is where keys belong to the control. */
function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return (
    target.closest('input, textarea, select, button, a, [role="treegrid"], [role="menu"], dialog') !== null
  );
}

export function keyboard(host: () => KeyboardHost): (document: Document) => () => void {
  return (document) => {
    let holding = false;

    const release = (): void => {
      if (!holding) return;
      holding = false;
      host().actions.closeMicrophone?.();
    };

    const down = (event: KeyboardEvent): void => {
      const { actions, letters, openDialog } = host();
      if (event.ctrlKey || event.altKey || event.metaKey || isTaken(event.target)) return;
      if (event.key === ' ') {
        event.preventDefault();
        if (!letters || event.repeat || holding || actions.openMicrophone === undefined) return;
        holding = true;
        actions.openMicrophone();
        return;
      }
      if (event.repeat || !letters) return;
      switch (event.key.toLowerCase()) {
        case 'm':
          (actions.openMicrophone ?? actions.closeMicrophone)?.();
          break;
        case 'v':
          (actions.cameraOn ?? actions.cameraOff)?.();
          break;
        case 'h':
          if (actions.register !== undefined) openDialog('register');
          else actions.cancelRegistration?.();
          break;
        case 'p':
          (actions.startPresenting ?? actions.stopPresenting)?.();
          break;
        case 'f':
          toggleFullScreen(document);
          break;
        case '?':
          openDialog('shortcuts');
          break;
        default:
          return;
      }
      event.preventDefault();
    };

    const up = (event: KeyboardEvent): void => {
      if (event.key === ' ') release();
    };
    const hidden = (): void => {
      if (document.hidden) release();
    };

    document.addEventListener('keydown', down);
    document.addEventListener('keyup', up);
    document.addEventListener('visibilitychange', hidden);
    document.defaultView?.addEventListener('blur', release);
    return () => {
      release();
      document.removeEventListener('keydown', down);
      document.removeEventListener('keyup', up);
      document.removeEventListener('visibilitychange', hidden);
      document.defaultView?.removeEventListener('blur', release);
    };
  };
}

/** Also true of a browser that was started without its bars. */
export function fillsScreen(document: Document): boolean {
  const view = document.defaultView;
  return (
    document.fullscreenElement !== null || view?.matchMedia('(display-mode: fullscreen)').matches === true
  );
}

export function toggleFullScreen(document: Document): void {
  if (document.fullscreenElement !== null) void document.exitFullscreen();
  // Browsers that refuse (a phone, a policy) leave the page as it is.
  else document.documentElement.requestFullscreen().catch(() => undefined);
}
