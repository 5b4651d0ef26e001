// Debian's browsers with fake devices. Firefox gets one process per participant: pages behind the front one are
// throttled there, and a throttled camera is not a camera.

import { chromium, firefox, type Browser } from '@playwright/test';

export type BrowserName = 'chromium' | 'firefox';

/** What a person answers when the browser asks for camera and microphone. */
export type Permission = 'granted' | 'denied';

export async function launch(name: BrowserName, permission: Permission = 'granted'): Promise<Browser> {
  return name === 'chromium' ? await launchChromium(permission) : await launchFirefox(permission);
}

async function launchChromium(permission: Permission): Promise<Browser> {
  const answer = permission === 'granted' ? '--use-fake-ui-for-media-stream' : '--deny-permission-prompts';
  return await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      // CI runs as root, where Chromium's sandbox does not start.
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      answer,
      '--autoplay-policy=no-user-gesture-required',
      // The node is on this machine.
      '--allow-loopback-in-peer-connection',
    ],
  });
}

async function launchFirefox(permission: Permission): Promise<Browser> {
  const denied =
    permission === 'denied' ? { 'permissions.default.camera': 2, 'permissions.default.microphone': 2 } : {};
  return await firefox.launch({
    channel: 'moz-firefox',
    executablePath: '/usr/bin/firefox-esr',
    firefoxUserPrefs: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': permission === 'granted',
      'media.autoplay.default': 0,
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      ...denied,
    },
  });
}
