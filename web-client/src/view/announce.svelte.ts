/** What the polite live region says next; views that have no notice of their own write here. */
class Announcer {
  polite = $state('');

  say(sentence: string): void {
    this.polite = sentence;
  }
}

export const announcer = new Announcer();
